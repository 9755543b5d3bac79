/*
 * SessionService: who am I (argocd.md 4.4). Never a 401.
 */
#include "mocks/argocd/call.h"
#include "mocks/argocd/faults.h"

static void set_text(struct js *obj, const char *key, const char *value)
{
    if (value != NULL && value[0] != '\0')
        js_set_text(obj, key, value);
}

void endpoint_userinfo(struct call *c)
{
    const struct js *claims = c->session.claims;
    AUTO(strlist_deinit) struct strlist groups = {0};
    struct js *answer = js_object();
    if (session_logged_in(c->setup, &c->session))
        js_set(answer, "loggedIn", js_bool(true));
    set_text(answer, "username",
             fault_other_user(c->m) ? "somebody.else" : session_username(c->setup, claims));
    set_text(answer, "iss", js_get_text(claims, "iss"));
    session_groups(c->setup, claims, &groups);
    if (groups.len > 0 && !fault_groups_dropped(c->m))
        js_set(answer, "groups", js_texts(&groups));
    call_answer(c, answer);
}
