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

static bool has_attribute(const char *cookie, const char *attribute)
{
    struct str rest = str_of(cookie), piece;
    while (str_next(&rest, ';', &piece)) {
        piece = str_trim(piece);
        if (piece.len >= strlen(attribute) &&
            strncasecmp(piece.ptr, attribute, strlen(attribute)) == 0)
            return true;
    }
    return false;
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

static void judge_flags(const struct trace_event *e, const char *cookie, struct verdict *ret)
{
    static const char *const wanted[] = {"HttpOnly", "Secure", "SameSite=", NULL};
    bool https = cstr_starts(e->url, "https://");
    for (size_t w = 0; wanted[w] != NULL; w++) {
        if ((strcmp(wanted[w], "Secure") == 0 && !https) || has_attribute(cookie, wanted[w]))
            continue;
        AUTO(xfree) char *actual = xasprintf("without %s", wanted[w]);
        verdict_fail(ret, "HttpOnly, Secure and SameSite", actual);
    }
    verdict_pass(ret, "HttpOnly, Secure and SameSite");
}

/* authentik sets its session on the way, and again when the person has signed in. */
static void judge_authentik_flags(const struct check_view *v, struct verdict *ret)
{
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        for (size_t h = 0; e->kind == TRACE_EXCHANGE && h < e->headers.len; h++)
            if (strcasecmp(e->headers.items[h].name, "Set-Cookie") == 0 &&
                cstr_starts(e->headers.items[h].value, "authentik_session="))
                judge_flags(e, e->headers.items[h].value, ret);
    }
    if (ret->kind == VERDICT_SKIP)
        verdict_skip(ret, "authentik set no session cookie in this login");
}

void judge_cookie_flags(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    if (of == CHECK_OF_AUTHENTIK) {
        judge_authentik_flags(v, ret);
        return;
    }
    const struct trace_event *e = session_answer(v, ret);
    size_t i = 0;
    if (e == NULL)
        return;
    for (const char *c = next_token_cookie(e, &i); c != NULL; c = next_token_cookie(e, &i))
        judge_flags(e, c, ret);
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

/* One answer against the policy; true when they agree. */
static bool agrees(const struct check_view *v, const struct trace_event *e, char *parts[3],
                   struct verdict *ret)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    AUTO(js_free) struct js *answer = evidence_json(e);
    const char *user_id = js_get_text(evidence_result(v), "user_id");
    groups_of(v, &groups);
    struct rbac_why why = {0};
    bool policy = rbac_can_claims(v->setup->argocd.rbac, user_id != NULL ? user_id : "", &groups,
                                  parts[0], parts[1], parts[2], &why);
    const char *said = js_get_text(answer, "value");
    if (cstr_eq(said, policy ? "yes" : "no"))
        return true;
    AUTO(xfree)
    char *expected =
        xasprintf("%s for %s %s %s (%s%s%s)", policy ? "yes" : "no", parts[1], parts[0], parts[2],
                  why.by, why.place[0] != '\0' ? ", " : "", why.place);
    verdict_fail(ret, expected, said);
    return false;
}

void judge_rbac_follows_policy(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    size_t asked = 0;
    if (v->setup->argocd.rbac == NULL || !evidence_signed_in(v)) {
        verdict_skip(ret, v->setup->argocd.rbac == NULL ? "the policy does not load"
                                                        : "nobody is signed in at Argo CD");
        return;
    }
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        char *parts[3] = {NULL, NULL, NULL};
        if (e->kind != TRACE_EXCHANGE || e->status != 200 || !question_of(e->url, parts))
            continue;
        asked++;
        bool good = agrees(v, e, parts, ret);
        for (size_t p = 0; p < 3; p++)
            xfree(parts[p]);
        if (!good)
            return;
    }
    if (asked == 0)
        verdict_skip(ret, "Argo CD was asked nothing after this login");
    else
        verdict_pass(ret, "%zu answer(s) follow the policy", asked);
}
