/*
 * What a refresh may change and what not: OIDC Core 12.2, RFC 9700 4.14.2. The refreshed ID token
 * is held against the one of the login.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/check/judges.h"
#include "harness/check/seen.h"

/* Both tokens. */
struct pair {
    struct seen now;
    const struct js *then;
};

static bool see_pair(const struct check_view *v, enum check_of of, struct pair *p,
                     struct verdict *ret)
{
    if (!evidence_is_refresh(v)) {
        verdict_skip(ret, "nothing is refreshed in this step");
        return false;
    }
    p->then = evidence_original(v, of);
    if (p->then == NULL)
        verdict_skip(ret, "no ID token of %s was seen before", check_of_name(of));
    return p->then != NULL && seen_id_token(v, of, &p->now, ret);
}

static char *text_of(const struct js *value)
{
    return value == NULL            ? xstrdup("absent")
           : js_text(value) != NULL ? xstrdup(js_text(value))
                                    : js_compact(value);
}

/* The claim is the same as before, or absent in both. */
static void judge_same(const struct check_view *v, enum check_of of, const char *claim,
                       struct verdict *ret)
{
    struct pair p = {0};
    if (!see_pair(v, of, &p, ret))
        return;
    const struct js *before = js_get(p.then, claim), *after = js_get(p.now.claims, claim);
    AUTO(xfree) char *expected = text_of(before);
    AUTO(xfree) char *actual = text_of(after);
    if ((before == NULL && after == NULL) || js_equal(before, after))
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual);
}

void judge_refresh_iss(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    judge_same(v, of, "iss", ret);
}

void judge_refresh_sub(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    judge_same(v, of, "sub", ret);
}

void judge_refresh_azp(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    judge_same(v, of, "azp", ret);
}

static bool has_audience(const struct js *aud, const char *client)
{
    bool found = cstr_eq(js_text(aud), client);
    for (size_t i = 0; !found && i < js_len(aud); i++)
        found = cstr_eq(js_text(js_at(aud, i)), client);
    return found;
}

/* All of the first audience is in the new one. */
void judge_refresh_aud(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct pair p = {0};
    if (!see_pair(v, of, &p, ret))
        return;
    const struct js *before = js_get(p.then, "aud"), *after = js_get(p.now.claims, "aud");
    bool good = js_text(before) == NULL || has_audience(after, js_text(before));
    for (size_t i = 0; good && js_is(before, JS_ARRAY) && i < js_len(before); i++)
        good = has_audience(after, js_text(js_at(before, i)));
    AUTO(xfree) char *expected = text_of(before);
    AUTO(xfree) char *actual = text_of(after);
    if (good)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual);
}

/* The new iat is the time of the refresh, not of the login. */
void judge_refresh_iat(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct pair p = {0};
    int64_t iat = 0;
    char now[CLOCK_TEXT], issued[CLOCK_TEXT];
    if (!see_pair(v, of, &p, ret))
        return;
    AUTO(xfree)
    char *expected = xasprintf("within 5 minutes of %s", clock_rfc3339(p.now.at_s, now));
    if (js_get_number(p.now.claims, "iat", &iat) != 0)
        verdict_fail(ret, expected, "no iat");
    else if (iat > p.now.at_s + SKEW_S || iat < p.now.at_s - SKEW_S)
        verdict_fail(ret, expected, clock_rfc3339(iat, issued));
    else
        verdict_pass(ret, "%s", clock_rfc3339(iat, issued));
}

/* Refreshing is no authentication: the time of the last one stays. It may be left out. */
void judge_refresh_auth_time(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct pair p = {0};
    if (!see_pair(v, of, &p, ret))
        return;
    if (js_get(p.now.claims, "auth_time") == NULL)
        verdict_pass(ret, "no auth_time, none needed");
    else
        judge_same(v, of, "auth_time", ret);
}

/* There should be none; if there is one it is the login's. */
void judge_refresh_nonce(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct pair p = {0};
    if (!see_pair(v, of, &p, ret))
        return;
    if (js_get(p.now.claims, "nonce") == NULL)
        verdict_pass(ret, "no nonce, none needed");
    else
        judge_same(v, of, "nonce", ret);
}

static bool is_token_of(const struct trace_event *e, const struct leg *l)
{
    return e->kind == TRACE_EXCHANGE && e->status == 200 && cstr_eq(e->from, l->rp) &&
           e->request_body != NULL;
}

/* The token was used with success before and another was given for it. */
static bool was_replaced(const struct check_view *v, const struct leg *l, const char *token)
{
    for (size_t i = 0; i < v->from; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (!is_token_of(e, l))
            continue;
        AUTO(params_deinit) struct params form = {0};
        params_parse_form(&form, (struct str){e->request_body, e->request_body_len});
        if (!cstr_eq(params_get(&form, "refresh_token"), token))
            continue;
        AUTO(js_free) struct js *answer = evidence_json(e);
        const char *next = js_get_text(answer, "refresh_token");
        if (next != NULL && strcmp(next, token) != 0)
            return true;
    }
    return false;
}

/* RFC 9700 4.14.2: once replaced, a refresh token is dead. */
void judge_refresh_rotation(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    const char *token = params_get(&l->token_form, "refresh_token");
    if (!evidence_is_refresh(v) || token == NULL)
        verdict_skip(ret, "nobody refreshed at %s in this step", check_of_name(of));
    else if (!was_replaced(v, l, token))
        verdict_pass(ret, "the refresh token was not used before");
    else if (l->token->status != 200)
        verdict_pass(ret, "a used refresh token was refused");
    else
        verdict_fail(ret, "a refusal of a refresh token that was replaced", "new tokens");
}
