/*
 * The token endpoint's answers: OIDC Core 3.1.3.3, RFC 6749 5.1 and 5.2.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/check/judges.h"
#include "harness/check/seen.h"
#include "harness/jose/jwt.h"

const struct leg *seen_answer(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    if (l->token != NULL && l->token->status == 200 && js_is(l->answer, JS_OBJECT))
        return l;
    verdict_skip(ret,
                 l->token == NULL          ? "no token request to %s was seen"
                 : l->token->status != 200 ? "%s refused the token request"
                                           : "the token answer of %s is no JSON object",
                 check_of_name(of));
    return NULL;
}

/* Also the one to say that the answer is no JSON at all. */
void judge_token_id_token(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *raw = evidence_leg(v, of);
    if (raw->token != NULL && raw->token->status == 200 && !js_is(raw->answer, JS_OBJECT)) {
        verdict_fail(ret, "a JSON object", raw->token->body);
        return;
    }
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    const struct js *token = js_get(l->answer, "id_token");
    const struct id_token *seen = evidence_id_token(v, of);
    if (seen->claims != NULL)
        verdict_pass(ret, "there is an id_token, a JWT");
    else if (seen->text != NULL)
        verdict_fail(ret, "an id_token that is a JWT",
                     seen->problem != JWS_OK ? jws_problem_text(seen->problem)
                                             : "a payload that is no JSON object");
    else
        verdict_fail(ret, "an id_token (a string)",
                     token != NULL ? js_type_name(token) : "no id_token");
}

void judge_token_access_token(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    const char *token = js_get_text(l->answer, "access_token");
    if (token != NULL && token[0] != '\0')
        verdict_pass(ret, "there is an access_token");
    else
        verdict_fail(ret, "an access_token (a string)", "none");
}

void judge_token_type(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    const char *type = js_get_text(l->answer, "token_type");
    if (type != NULL && strcasecmp(type, "Bearer") == 0) /* case-insensitive: RFC 6749 5.1 */
        verdict_pass(ret, "%s", type);
    else
        verdict_fail(ret, "Bearer", type);
}

void judge_token_no_store(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    const char *value = params_get_ci(&l->token->headers, "Cache-Control");
    if (cstr_contains(value, "no-store"))
        verdict_pass(ret, "Cache-Control: %s", value);
    else
        verdict_fail(ret, "Cache-Control: no-store", value != NULL ? value : "no Cache-Control");
}

/* expires_in is the life of the access token; both systems make that a JWT whose exp tells. */
void judge_token_expires_in(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    int64_t seconds = 0, exp = 0;
    if (js_get_number(l->answer, "expires_in", &seconds) != 0 || seconds <= 0) {
        const struct js *found = js_get(l->answer, "expires_in");
        AUTO(xfree) char *text = found != NULL ? js_compact(found) : xstrdup("absent");
        verdict_fail(ret, "a positive number", text);
        return;
    }
    const char *access = js_get_text(l->answer, "access_token");
    AUTO(js_free) struct js *claims = access != NULL ? jwt_claims_unverified(access) : NULL;
    if (js_get_number(claims, "exp", &exp) != 0) {
        verdict_pass(ret, "%lld s", (long long)seconds);
        return;
    }
    int64_t left = exp - l->token->at_ms / 1000;
    AUTO(xfree)
    char *expected = xasprintf("about %lld s, the life of the access token", (long long)left);
    AUTO(xfree) char *actual = xasprintf("%lld s", (long long)seconds);
    if (left - seconds <= 5 && seconds - left <= 5)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual);
}

static bool is_known_error(const char *error)
{
    static const char *const known[] = {"invalid_request",
                                        "invalid_client",
                                        "invalid_grant",
                                        "unauthorized_client",
                                        "unsupported_grant_type",
                                        "invalid_scope",
                                        NULL};
    for (size_t i = 0; error != NULL && known[i] != NULL; i++)
        if (strcmp(known[i], error) == 0)
            return true;
    return false;
}

/* RFC 6749 5.2: a refusal is JSON with an "error" of the known ones. Every refusal counts: clients
 * that do not know how to authenticate try twice. A failure of the server (5xx, and what Argo CD's
 * proxy makes of it) is not what the rule is about. */
void judge_token_error_form(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const char *rp = evidence_leg(v, of)->rp;
    const struct trace_event *e = NULL;
    for (size_t n = 0; (e = evidence_exchange(v, check_of_name(of), "token", n)) != NULL; n++) {
        if (strcmp(e->from, rp) != 0 || e->status < 400 || e->status > 499)
            continue;
        AUTO(js_free) struct js *answer = evidence_json(e);
        const char *error = js_get_text(answer, "error");
        AUTO(xfree) char *actual = xasprintf("%d %s", e->status, error != NULL ? error : e->body);
        if (is_known_error(error) && (e->status == 400 || e->status == 401))
            verdict_pass(ret, "%s", actual);
        else
            verdict_fail(ret, "400 or 401 with JSON whose \"error\" RFC 6749 5.2 knows", actual);
    }
    if (ret->kind == VERDICT_SKIP)
        verdict_skip(ret, "%s refused no token request", check_of_name(of));
}
