/*
 * Sessions: the cookies, where a login leads, and whether what Argo CD allows is what the policy
 * says.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"

#define COOKIE_MAX 4096U /* RFC 6265 6.1: what a browser must take */

/* The callback's answer that set the session, or a written skip. */
static const struct trace_event *session_answer(const struct check_view *v, struct verdict *ret)
{
    const struct trace_event *e = NULL;
    for (size_t n = 0; (e = evidence_exchange(v, "argocd", "callback", n)) != NULL; n++)
        for (size_t i = 0; i < e->headers.len; i++)
            if (strcasecmp(e->headers.items[i].name, "Set-Cookie") == 0 &&
                cstr_starts(e->headers.items[i].value, "argocd.token"))
                return e;
    verdict_skip(ret, "Argo CD set no session cookie in this login");
    return NULL;
}

/* Token cookies of Argo CD's answer, one after the other from *i; NULL at the end. */
static const char *next_token_cookie(const struct trace_event *e, size_t *i)
{
    while (*i < e->headers.len) {
        const struct param *h = &e->headers.items[(*i)++];
        if (strcasecmp(h->name, "Set-Cookie") == 0 && cstr_starts(h->value, "argocd.token"))
            return h->value;
    }
    return NULL;
}

void judge_cookie_size(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct trace_event *e = session_answer(v, ret);
    size_t i = 0, n = 0;
    if (e == NULL)
        return;
    for (const char *c = next_token_cookie(e, &i); c != NULL; c = next_token_cookie(e, &i), n++)
        if (strlen(c) > COOKIE_MAX) {
            AUTO(xfree) char *actual = xasprintf("%zu bytes", strlen(c));
            verdict_fail(ret, "at most 4096 bytes a cookie", actual);
            return;
        }
    verdict_pass(ret, "%zu cookie(s), none over 4096 bytes", n);
}

/* RFC 9700 4.11: after the login the browser stays at Argo CD. */
void judge_return_url(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct trace_event *e = session_answer(v, ret);
    if (e == NULL)
        return;
    const char *location = params_get_ci(&e->headers, "Location");
    char *to = NULL;
    if (location == NULL || url_resolve(e->url, location, &to, NULL) != 0) {
        verdict_skip(ret, "the callback's answer leads nowhere");
        return;
    }
    AUTO(xfree) char *target = to;
    AUTO(url_deinit) struct url from = {0};
    AUTO(url_deinit) struct url dest = {0};
    bool same = url_parse(e->url, &from, NULL) == 0 && url_parse(target, &dest, NULL) == 0 &&
                strcmp(from.scheme, dest.scheme) == 0 && strcmp(from.host, dest.host) == 0 &&
                from.port == dest.port;
    AUTO(xfree) char *origin = url_origin(&from);
    if (same)
        verdict_pass(ret, "%s", target);
    else
        verdict_fail(ret, origin, target);
}

/* "/api/v1/account/can-i/applications/sync/default/guestbook" cut into its parts, decoded. */
static bool question_of(const char *url, char *ret_parts[3])
{
    static const char marker[] = "/api/v1/account/can-i/";
    const char *at = strstr(url, marker);
    if (at == NULL)
        return false;
    struct str rest = str_of(at + sizeof(marker) - 1);
    rest.len = strcspn(rest.ptr, "?#");
    for (size_t i = 0; i < 2; i++) {
        struct str piece = {0};
        if (!str_next(&rest, '/', &piece))
            piece = STR("");
        url_decode(piece, false, &ret_parts[i]);
    }
    url_decode(rest, false, &ret_parts[2]);
    return true;
}

static void groups_of(const struct check_view *v, struct strlist *ret)
{
    const struct js *groups = js_get(evidence_result(v), "groups");
    for (size_t i = 0; i < js_len(groups); i++)
        strlist_add(ret, js_text(js_at(groups, i)));
}

/* Does the policy allow it? why says by which line. */
static bool policy_allows(const struct check_view *v, char *parts[3], struct rbac_why *ret_why)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    const char *user_id = js_get_text(evidence_result(v), "user_id");
    groups_of(v, &groups);
    return rbac_can_claims(v->setup->argocd.rbac, user_id != NULL ? user_id : "", &groups, parts[0],
                           parts[1], parts[2], ret_why);
}

/* One answer where the policy says `policy`; false when Argo CD said something else. */
static bool agrees(const struct trace_event *e, char *parts[3], bool policy,
                   const struct rbac_why *why, struct verdict *ret)
{
    AUTO(js_free) struct js *answer = evidence_json(e);
    const char *said = js_get_text(answer, "value");
    if (cstr_eq(said, policy ? "yes" : "no"))
        return true;
    AUTO(xfree)
    char *expected =
        xasprintf("%s for %s %s %s (%s%s%s)", policy ? "yes" : "no", parts[1], parts[0], parts[2],
                  why->by, why->place[0] != '\0' ? ", " : "", why->place);
    verdict_fail(ret, expected, said);
    return false;
}

/* All answers to questions where the policy says `policy`. */
static void judge_rights(const struct check_view *v, bool policy, struct verdict *ret)
{
    size_t asked = 0;
    if (v->setup->argocd.rbac == NULL || !evidence_signed_in(v)) {
        verdict_skip(ret, v->setup->argocd.rbac == NULL ? "the policy does not load"
                                                        : "nobody is signed in at Argo CD");
        return;
    }
    bool good = true;
    for (size_t i = v->from; i < v->to && good; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        char *parts[3] = {NULL, NULL, NULL};
        struct rbac_why why = {0};
        if (e->kind != TRACE_EXCHANGE || e->status != 200 || !question_of(e->url, parts))
            continue;
        if (policy_allows(v, parts, &why) == policy) {
            asked++;
            good = agrees(e, parts, policy, &why, ret);
        }
        for (size_t p = 0; p < 3; p++)
            xfree(parts[p]);
    }
    if (asked == 0)
        verdict_skip(ret, "Argo CD was asked nothing that the policy %s after this login",
                     policy ? "allows" : "forbids");
    else if (good)
        verdict_pass(ret, "%zu answer(s) follow the policy", asked);
}

/* Nothing more than the policy allows. */
void judge_rbac_follows_policy(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    judge_rights(v, false, ret);
}

/* And nothing less. */
void judge_rbac_allows_policy(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    judge_rights(v, true, ret);
}

/* argocd.md 4.3, 4.4: who is shown is the person of the token: the e-mail address, else the id. */
void judge_session_identity(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct js *claims = evidence_id_token(v, CHECK_OF_DEX)->claims;
    if (claims == NULL || !evidence_signed_in(v)) {
        verdict_skip(ret, "Argo CD has no session for this login");
        return;
    }
    const char *email = js_get_text(claims, "email");
    const char *id = js_text(js_path(claims, "federated_claims", "user_id", NULL));
    const char *sub = js_get_text(claims, "sub");
    const char *expected = email != NULL && email[0] != '\0' ? email
                           : id != NULL && id[0] != '\0'     ? id
                                                             : sub;
    const char *actual = js_get_text(evidence_result(v), "user");
    if (cstr_eq(expected, actual))
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual != NULL ? actual : "nobody");
}
