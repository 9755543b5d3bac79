/*
 * Reads one account at a time: there are few, and a changed ConfigMap counts at once.
 */
#include "mocks/argocd/account_store.h"

#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/str.h"
#include "mocks/common/gotext.h"

#define PREFIX "accounts."
#define ADMIN "admin"

static const struct capability {
    enum account_capability bit;
    const char *name;
} capabilities[] = {{ACCOUNT_LOGIN, "login"}, {ACCOUNT_API_KEY, "apiKey"}, {0, NULL}};

const char *account_capability_name(enum account_capability c)
{
    const struct capability *k = capabilities;
    while (k->name != NULL && k->bit != c)
        k++;
    return k->name;
}

/* "accounts.NAME" or "accounts.NAME.more" is about NAME; more dots than that are about nobody. */
static struct str name_in(const char *key)
{
    if (!cstr_starts(key, PREFIX))
        return (struct str){0};
    const char *name = key + strlen(PREFIX);
    size_t len = strcspn(name, ".");
    const char *more = name[len] == '.' ? name + len + 1 : "";
    return strchr(more, '.') == NULL ? (struct str){name, len} : (struct str){0};
}

/* Words between commas; those that nobody knows do not count. admin may always log in. */
struct js *account_capabilities(const struct setup *setup, const char *name)
{
    AUTO(xfree) char *key = xasprintf(PREFIX "%s", name);
    struct str rest = str_of(js_get_text(setup->argocd.cm, key));
    struct str word = {0};
    struct js *list = js_array();
    if (strcmp(name, ADMIN) == 0)
        js_append_text(list, account_capability_name(ACCOUNT_LOGIN));
    while (str_next(&rest, ',', &word))
        for (const struct capability *k = capabilities; k->name != NULL; k++)
            if (str_is(str_trim(word), k->name))
                js_append_text(list, k->name);
    return list;
}

static unsigned bits_of(const struct js *list)
{
    unsigned found = 0;
    for (size_t i = 0; i < js_len(list); i++)
        for (const struct capability *k = capabilities; k->name != NULL; k++)
            found |= cstr_eq(js_text(js_at(list, i)), k->name) ? (unsigned)k->bit : 0;
    return found;
}

/* "admin.KEY" or "accounts.NAME.KEY". */
static const char *value_of(const struct js *of, const char *name, const char *key)
{
    AUTO(xfree)
    char *full = xasprintf("%s%s.%s", strcmp(name, ADMIN) == 0 ? "" : PREFIX, name, key);
    return js_get_text(of, full);
}

static bool is_there(const struct js *cm, const char *name)
{
    if (strcmp(name, ADMIN) == 0)
        return true;
    for (struct js_iter it = js_iter(cm); js_next(&it);)
        if (str_is(name_in(it.key), name))
            return true;
    return false;
}

bool account_find(const struct setup *setup, const char *name, struct account *ret)
{
    const struct js *cm = setup->argocd.cm;
    const struct js *secret = setup->argocd.secret;
    *ret = (struct account){.hash = ""};
    if (*name == '\0' || !is_there(cm, name))
        return false;
    const char *hash = value_of(secret, name, "password");
    const char *tokens = value_of(secret, name, "tokens");
    const char *changed = value_of(secret, name, "passwordMtime");
    AUTO(js_free) struct js *can = account_capabilities(setup, name);
    ret->capabilities = bits_of(can);
    ret->enabled = go_bool(value_of(cm, name, "enabled"), true);
    ret->hash = hash != NULL ? hash : "";
    if (changed == NULL || clock_parse_rfc3339(changed, &ret->changed_s) != 0)
        ret->changed_s = 0;
    if (tokens != NULL && js_parse(str_of(tokens), "tokens", &ret->tokens, NULL) != 0)
        ret->tokens = NULL;
    return true;
}

void account_deinit(struct account *a)
{
    js_free(a->tokens);
    *a = (struct account){0};
}

bool account_has_token(const struct account *a, const char *id)
{
    for (size_t i = 0; i < js_len(a->tokens); i++)
        if (cstr_eq(js_get_text(js_at(a->tokens, i), "id"), id))
            return true;
    return false;
}

void account_names(const struct setup *setup, struct strlist *ret)
{
    strlist_add(ret, ADMIN);
    for (struct js_iter it = js_iter(setup->argocd.cm); js_next(&it);) {
        struct str name = name_in(it.key);
        AUTO(xfree) char *text = xstrndup(name.ptr != NULL ? name.ptr : "", name.len);
        if (name.len > 0 && !strlist_has(ret, text))
            strlist_add(ret, text);
    }
    strlist_sort(ret);
}
