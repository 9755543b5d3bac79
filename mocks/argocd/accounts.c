/*
 * The local accounts of argocd-cm: to list and to get. An account may always see itself (argocd.md
 * 4.8).
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/account_store.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"

/* Zero values are left out, as by can-i's service. */
static struct js *account_json(const struct setup *setup, const char *name)
{
    AUTO(account_deinit) struct account a = {0};
    AUTO(js_free) struct js *can = account_capabilities(setup, name);
    struct js *o = js_object();
    (void)account_find(setup, name, &a);
    js_set_text(o, "name", name);
    if (a.enabled)
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

void endpoint_accounts(struct call *c)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    AUTO(js_free) struct js *items = js_array();
    account_names(c->setup, &names);
    for (size_t i = 0; i < names.len; i++) {
        bool allow = is_own(c, names.items[i]);
        if (!allow && !authz_filter(c, "accounts", names.items[i], &allow))
            return;
        if (allow)
            js_append(items, account_json(c->setup, names.items[i]));
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
    account_names(c->setup, &names);
    if (strlist_has(&names, name))
        call_answer(c, account_json(c->setup, name));
    else
        call_fail(c, GRPC_NOT_FOUND,
                  "failed to get account %s: rpc error: code = NotFound desc = account '%s' does "
                  "not exist",
                  name, name);
}
