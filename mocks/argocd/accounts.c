/*
 * The local accounts of argocd-cm: to list and to get. An account may always see itself (argocd.md
 * 4.8).
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"

#define PREFIX "accounts."

/* "accounts.NAME", and no more dots: a key of one account. */
static const char *account_name(const char *key)
{
    if (!cstr_starts(key, PREFIX) || strchr(key + strlen(PREFIX), '.') != NULL)
        return NULL;
    return key + strlen(PREFIX);
}

static bool is_enabled(const struct js *cm, const char *name)
{
    AUTO(xfree)
    char *key = strcmp(name, "admin") == 0 ? xstrdup("admin.enabled")
                                           : xasprintf(PREFIX "%s.enabled", name);
    return !cstr_eq(js_get_text(cm, key), "false");
}

/* Words between commas. */
static struct js *capabilities(const struct js *cm, const char *name)
{
    AUTO(xfree) char *key = xasprintf(PREFIX "%s", name);
    const char *text = strcmp(name, "admin") == 0 ? "login" : js_get_text(cm, key);
    struct str rest = str_of(text);
    struct str word = {0};
    struct js *list = js_array();
    while (str_next(&rest, ',', &word)) {
        word = str_trim(word);
        js_append(list, js_stringn(word.ptr, word.len));
    }
    return list;
}

/* Zero values are left out, as by can-i's service. */
static struct js *account_json(const struct js *cm, const char *name)
{
    struct js *o = js_object();
    AUTO(js_free) struct js *can = capabilities(cm, name);
    js_set_text(o, "name", name);
    if (is_enabled(cm, name))
        js_set(o, "enabled", js_bool(true));
    if (js_len(can) > 0)
        js_set(o, "capabilities", js_ref(can));
    return o;
}

static bool is_own(const struct call *c, const char *name)
{
    return cstr_eq(js_get_text(c->session.claims, "iss"), "argocd") &&
           cstr_eq(session_user(c->setup, c->session.claims), name);
}

static void all_names(const struct js *cm, struct strlist *ret)
{
    strlist_add(ret, "admin");
    for (struct js_iter it = js_iter(cm); js_next(&it);)
        if (account_name(it.key) != NULL && strcmp(account_name(it.key), "admin") != 0)
            strlist_add(ret, account_name(it.key));
    strlist_sort(ret);
}

void endpoint_accounts(struct call *c)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    AUTO(js_free) struct js *items = js_array();
    all_names(c->setup->argocd.cm, &names);
    for (size_t i = 0; i < names.len; i++) {
        bool allow = is_own(c, names.items[i]);
        if (!allow && !authz_filter(c, "accounts", names.items[i], &allow))
            return;
        if (allow)
            js_append(items, account_json(c->setup->argocd.cm, names.items[i]));
    }
    struct js *answer = js_object();
    if (js_len(items) > 0)
        js_set(answer, "items", js_ref(items));
    call_answer(c, answer);
}

void endpoint_account(struct call *c)
{
    const char *name = c->args[0];
    AUTO(strlist_deinit) struct strlist names = {0};
    AUTO(xfree)
    char *doing = xasprintf("permission denied to get account %s: permission denied for account %s "
                            "with action get",
                            name, name);
    if (!is_own(c, name) && !authz_enforce_within(c, doing, "accounts", "get", name))
        return;
    all_names(c->setup->argocd.cm, &names);
    if (strlist_has(&names, name))
        call_answer(c, account_json(c->setup->argocd.cm, name));
    else
        call_fail(c, GRPC_NOT_FOUND,
                  "failed to get account %s: rpc error: code = NotFound desc = account '%s' does "
                  "not exist",
                  name, name);
}
