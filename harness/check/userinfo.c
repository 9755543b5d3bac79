/*
 * The userinfo endpoint, where somebody asked it: OIDC Core 5.3. That it is about the same person
 * is judged in chain.c.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/check/claims.h"
#include "harness/check/document.h"
#include "harness/check/judges.h"
#include "harness/check/seen.h"

/* The exchange, or NULL with a skip written. */
static const struct trace_event *asked(const struct check_view *v, enum check_of of,
                                       struct verdict *ret)
{
    const struct trace_event *e = evidence_exchange(v, check_of_name(of), "userinfo", 0);
    if (e == NULL)
        verdict_skip(ret, "nobody asked %s for userinfo in this login", check_of_name(of));
    return e;
}

/* Its answer as a JSON object, or NULL with a skip written. Caller frees. */
static struct js *told(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct trace_event *e = asked(v, of, ret);
    struct js *info = e != NULL && e->status == 200 ? evidence_json(e) : NULL;
    if (js_is(info, JS_OBJECT))
        return info;
    if (e != NULL)
        verdict_skip(ret, "%s gave no userinfo", check_of_name(of));
    return js_free(info);
}

/* The access token in the request is the one that was just given. */
static bool shows_own_token(const struct check_view *v, enum check_of of,
                            const struct trace_event *e)
{
    const char *header = params_get_ci(&e->request_headers, "Authorization");
    const char *given = js_get_text(evidence_leg(v, of)->answer, "access_token");
    return header != NULL && given != NULL && strncasecmp(header, "Bearer ", 7) == 0 &&
           strcmp(header + 7, given) == 0;
}

void judge_userinfo_answers(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct trace_event *e = asked(v, of, ret);
    if (e == NULL)
        return;
    AUTO(xfree) char *actual = xasprintf("%d", e->status);
    if (!claims_has_word(params_get(&evidence_leg(v, of)->query, "scope"), "openid")) {
        verdict_skip(ret, "openid was not asked for, and userinfo is for those who did");
        return;
    }
    if (!shows_own_token(v, of, e) || e->status == 0)
        verdict_skip(ret, e->status == 0 ? "no answer came" : "it was asked without the new token");
    else if (e->status == 200)
        verdict_pass(ret, "200");
    else
        verdict_fail(ret, "200 for the access token that was just given", actual);
}

void judge_userinfo_content_type(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    AUTO(js_free) struct js *info = told(v, of, ret);
    if (info == NULL)
        return;
    const struct trace_event *e = evidence_exchange(v, check_of_name(of), "userinfo", 0);
    const char *type = params_get_ci(&e->headers, "Content-Type");
    if (document_is_of_type(e, "application/json"))
        verdict_pass(ret, "%s", type);
    else
        verdict_fail(ret, "application/json", type != NULL ? type : "no Content-Type");
}

void judge_userinfo_claim_types(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    AUTO(js_free) struct js *info = told(v, of, ret);
    if (info != NULL)
        claims_judge_types(v, info, ret);
}

/* Dex takes the groups of the one or of the other, by its option getUserInfo: a person's rights
 * must not depend on that. */
void judge_userinfo_groups(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    AUTO(js_free) struct js *info = told(v, of, ret);
    struct seen s = {0};
    if (info == NULL || !seen_id_token(v, of, &s, ret))
        return;
    if (!js_is(js_get(s.claims, "groups"), JS_ARRAY)) {
        verdict_skip(ret, "the ID token has no list of groups");
        return;
    }
    AUTO(xfree) char *expected = claims_groups_text(js_get(s.claims, "groups"));
    AUTO(xfree) char *actual = claims_groups_text(js_get(info, "groups"));
    if (strcmp(expected, actual) == 0)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual);
}
