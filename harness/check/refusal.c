/*
 * How a refusal is told: to the client through the browser (RFC 6749 4.1.2.1, RFC 9207), and by an
 * endpoint that wants credentials (RFC 6749 5.2, RFC 6750 3).
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"

/* A leg whose authorization response is an error, or a written skip. */
static const struct leg *refused(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    if (l->response != NULL && params_get(&l->response_query, "error") != NULL)
        return l;
    verdict_skip(ret, "%s sent no error to the client in this login", check_of_name(of));
    return NULL;
}

/* RFC 6749 4.1.2.1 and OIDC Core 3.1.2.6. */
void judge_response_error(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const known[] = {"invalid_request",
                                        "unauthorized_client",
                                        "access_denied",
                                        "unsupported_response_type",
                                        "invalid_scope",
                                        "server_error",
                                        "temporarily_unavailable",
                                        "interaction_required",
                                        "login_required",
                                        "account_selection_required",
                                        "consent_required",
                                        "invalid_request_uri",
                                        "invalid_request_object",
                                        "request_not_supported",
                                        "request_uri_not_supported",
                                        "registration_not_supported",
                                        NULL};
    const struct leg *l = refused(v, of, ret);
    if (l == NULL)
        return;
    const char *error = params_get(&l->response_query, "error");
    for (size_t i = 0; known[i] != NULL; i++)
        if (strcmp(known[i], error) == 0) {
            verdict_pass(ret, "%s", error);
            return;
        }
    verdict_fail(ret, "an error that RFC 6749 4.1.2.1 or OIDC Core 3.1.2.6 knows", error);
}

/* %x20-21 / %x23-5B / %x5D-7E: no quotation mark, no backslash, nothing beyond ASCII. */
static bool is_plain(const char *text)
{
    for (const char *p = text; *p != '\0'; p++)
        if (*p < 0x20 || *p > 0x7e || *p == '"' || *p == '\\')
            return false;
    return true;
}

void judge_response_description(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = refused(v, of, ret);
    if (l == NULL)
        return;
    const char *text = params_get(&l->response_query, "error_description");
    if (text == NULL)
        verdict_skip(ret, "there is no error_description");
    else if (is_plain(text))
        verdict_pass(ret, "%s", text);
    else
        verdict_fail(ret, "printable ASCII without quotation marks and backslashes", text);
}

/* RFC 6749 4.1.2: a code, or an error, and not both. */
void judge_response_one(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    if (l->response == NULL) {
        verdict_skip(ret, "%s gave no authorization response in this login", check_of_name(of));
        return;
    }
    bool code = params_get(&l->response_query, "code") != NULL;
    bool error = params_get(&l->response_query, "error") != NULL;
    if (code && error)
        verdict_fail(ret, "a code or an error", "a code and an error");
    else
        verdict_pass(ret, code ? "a code" : "no code");
}

/* RFC 9207 2: who names the issuer names the right one; who promises to name it does. */
void judge_response_iss(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    const char *iss = params_get(&l->response_query, "iss");
    bool promised = js_get_bool(evidence_discovery(v, of)->json,
                                "authorization_response_iss_parameter_supported", false);
    if (l->response == NULL || (iss == NULL && !promised))
        verdict_skip(ret, "%s names no issuer in its responses and does not say it would",
                     check_of_name(of));
    else if (cstr_eq(iss, evidence_issuer(v, of)))
        verdict_pass(ret, "%s", iss);
    else
        verdict_fail(ret, evidence_issuer(v, of), iss != NULL ? iss : "no iss");
}

/* ---- endpoints ---- */

/* RFC 6750 3: a 401 says with which scheme to come, and what was wrong with the token. */
void judge_bearer_challenge(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct trace_event *e = NULL;
    for (size_t n = 0; (e = evidence_exchange(v, check_of_name(of), "userinfo", n)) != NULL; n++) {
        if (e->status != 401)
            continue;
        const char *said = params_get_ci(&e->headers, "WWW-Authenticate");
        bool scheme = said != NULL && strncasecmp(said, "Bearer", 6) == 0;
        if (scheme && cstr_contains(said, "error=\"invalid_token\""))
            verdict_pass(ret, "%s", said);
        else
            verdict_fail(ret, "WWW-Authenticate: Bearer error=\"invalid_token\"",
                         said != NULL ? said : "no WWW-Authenticate");
    }
    if (ret->kind == VERDICT_SKIP)
        verdict_skip(ret, "%s refused no token in this login", check_of_name(of));
}

static bool came_with_basic(const struct trace_event *e)
{
    return cstr_starts(params_get_ci(&e->request_headers, "Authorization"), "Basic ");
}

/* RFC 6749 5.2: who came with the Authorization header and is no client gets 401 and the scheme. */
void judge_client_challenge(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const char *rp = evidence_leg(v, of)->rp;
    const struct trace_event *e = NULL;
    for (size_t n = 0; (e = evidence_exchange(v, check_of_name(of), "token", n)) != NULL; n++) {
        AUTO(js_free) struct js *answer = evidence_json(e);
        if (strcmp(e->from, rp) != 0 || !came_with_basic(e) ||
            !cstr_eq(js_get_text(answer, "error"), "invalid_client"))
            continue;
        const char *said = params_get_ci(&e->headers, "WWW-Authenticate");
        AUTO(xfree)
        char *actual = xasprintf("%d, %s", e->status, said != NULL ? said : "no WWW-Authenticate");
        if (e->status == 401 && said != NULL && strncasecmp(said, "Basic", 5) == 0)
            verdict_pass(ret, "%s", actual);
        else
            verdict_fail(ret, "401, WWW-Authenticate: Basic", actual);
    }
    if (ret->kind == VERDICT_SKIP)
        verdict_skip(ret, "%s refused no client that came with Basic", check_of_name(of));
}
