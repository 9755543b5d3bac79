/*
 * What a relying party asks: RFC 6749 4.1.1, OIDC Core 3.1.2.1, RFC 7636 4.3, RFC 9700 2.1.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"

/* Of whose requests the check is: the leg where that party is the relying party. */
static const struct leg *request_of(const struct check_view *v, enum check_of of,
                                    struct verdict *ret)
{
    static const enum check_of providers[] = {CHECK_OF_AUTHENTIK, CHECK_OF_DEX};
    for (size_t i = 0; i < 2; i++) {
        const struct leg *l = evidence_leg(v, providers[i]);
        if (l->request != NULL && strcmp(l->rp, check_of_name(of)) == 0)
            return l;
    }
    verdict_skip(ret, "%s made no authorization request in this login", check_of_name(of));
    return NULL;
}

/* A provider that does not offer what a client should use is judged by its own check. */
static bool offers(const struct check_view *v, const struct leg *l, const char *member,
                   const char *value)
{
    enum check_of provider = strcmp(l->provider, "dex") == 0 ? CHECK_OF_DEX : CHECK_OF_AUTHENTIK;
    const struct js *list = js_get(evidence_discovery(v, provider)->json, member);
    for (size_t i = 0; i < js_len(list); i++)
        if (cstr_eq(js_text(js_at(list, i)), value))
            return true;
    return list == NULL;
}

void judge_request_response_type(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = request_of(v, of, ret);
    if (l == NULL)
        return;
    const char *type = params_get(&l->query, "response_type");
    if (cstr_eq(type, "code"))
        verdict_pass(ret, "code");
    else if (!offers(v, l, "response_types_supported", "code"))
        verdict_skip(ret, "%s does not offer the code flow", l->provider);
    else
        verdict_fail(ret, "code", type);
}

static bool has_word(const char *text, const char *word)
{
    struct str rest = str_of(text), piece;
    while (str_next(&rest, ' ', &piece))
        if (str_is(piece, word))
            return true;
    return false;
}

void judge_request_scope(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = request_of(v, of, ret);
    if (l == NULL)
        return;
    const char *scope = params_get(&l->query, "scope");
    /* Dex gives groups for this scope only; authentik's are in profile. */
    bool wants_groups = strcmp(l->provider, "dex") == 0;
    if (!has_word(scope, "openid"))
        verdict_fail(ret, "a scope with openid", scope);
    else if (wants_groups && !has_word(scope, "groups"))
        verdict_fail(ret, "a scope with groups", scope);
    else
        verdict_pass(ret, "%s", scope);
}

/* Long enough not to be guessed, and never the same twice. */
void judge_request_state(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = request_of(v, of, ret);
    if (l == NULL)
        return;
    const char *state = params_get(&l->query, "state");
    if (state == NULL || strlen(state) < 16) {
        AUTO(xfree)
        char *actual =
            state == NULL ? xstrdup("no state") : xasprintf("%zu characters", strlen(state));
        verdict_fail(ret, "a state of at least 16 characters", actual);
        return;
    }
    for (size_t i = 0; i < v->from; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        AUTO(params_deinit) struct params q = {0};
        if (e->kind != TRACE_EXCHANGE || !e->front || strstr(e->url, "client_id=") == NULL)
            continue;
        evidence_query(e->url, &q);
        if (cstr_eq(params_get(&q, "state"), state) &&
            cstr_eq(params_get(&q, "client_id"), params_get(&l->query, "client_id"))) {
            verdict_fail(ret, "a state of its own for each login", "the state of an earlier login");
            return;
        }
    }
    verdict_pass(ret, "%zu characters, not seen before", strlen(state));
}

/* The redirect URI that each relying party has by its configuration (dex.md 1.2, 1.3). Caller
 * frees. */
static char *own_redirect_uri(const struct check_view *v, enum check_of of)
{
    const char *url = v->setup->argocd.url != NULL ? v->setup->argocd.url : "";
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    if (of == CHECK_OF_DEX)
        return xasprintf("%.*s/api/dex/callback", (int)len, url);
    if (of == CHECK_OF_ARGOCD)
        return xasprintf("%.*s/auth/callback", (int)len, url);
    const char *asked = evidence_callback(v);
    return xstrdup(asked != NULL ? asked : "http://localhost:8085/auth/callback");
}

/* The browser's doing, not the relying party's. */
static bool browser_changed_request(const struct check_view *v)
{
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (e->kind == TRACE_NOTE &&
            cstr_contains(e->text, "browser/authorize.redirect-uri-changed"))
            return true;
    }
    return false;
}

void judge_request_redirect_uri(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = request_of(v, of, ret);
    if (l == NULL)
        return;
    AUTO(xfree) char *expected = own_redirect_uri(v, of);
    const char *found = params_get(&l->query, "redirect_uri");
    if (browser_changed_request(v))
        verdict_skip(ret, "the browser changed the request on its way");
    else if (cstr_eq(expected, found))
        verdict_pass(ret, "%s", found);
    else
        verdict_fail(ret, expected, found);
}

/* RFC 9700 2.1.1: clients use PKCE with S256. */
void judge_request_pkce(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = request_of(v, of, ret);
    if (l == NULL)
        return;
    const char *challenge = params_get(&l->query, "code_challenge");
    const char *method = params_get(&l->query, "code_challenge_method");
    if (challenge != NULL && strlen(challenge) == 43 && cstr_eq(method, "S256"))
        verdict_pass(ret, "S256");
    else if (!offers(v, l, "code_challenge_methods_supported", "S256"))
        verdict_skip(ret, "%s does not offer S256", l->provider);
    else if (!cstr_eq(params_get(&l->query, "response_type"), "code"))
        verdict_skip(ret, "no code is asked for");
    else if (challenge == NULL)
        verdict_fail(ret, "a code_challenge with S256", "no code_challenge");
    else
        verdict_fail(ret, "a code_challenge with S256",
                     method != NULL ? method : "no method (plain)");
}

/* RFC 7636 4.1: 43 to 128 characters of ALPHA / DIGIT / "-" / "." / "_" / "~". */
void judge_request_verifier(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = request_of(v, of, ret);
    if (l == NULL)
        return;
    const char *verifier = params_get(&l->token_form, "code_verifier");
    if (verifier == NULL) {
        verdict_skip(ret, "%s sent no code verifier", check_of_name(of));
        return;
    }
    size_t len = strlen(verifier);
    bool known = strspn(verifier, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-._~") == len;
    AUTO(xfree)
    char *actual = xasprintf("%zu characters%s", len, known ? "" : ", some of them not unreserved");
    if (known && len >= 43 && len <= 128)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, "43 to 128 unreserved characters", actual);
}

/* OIDC Core 15.5.2: a nonce nobody guesses. Dex and Argo CD send none in the code flow. */
void judge_request_nonce(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = request_of(v, of, ret);
    if (l == NULL)
        return;
    const char *nonce = params_get(&l->query, "nonce");
    if (nonce == NULL) {
        verdict_skip(ret, "%s sent no nonce, which the code flow leaves to it", check_of_name(of));
        return;
    }
    AUTO(xfree) char *actual = xasprintf("%zu characters", strlen(nonce));
    if (strlen(nonce) >= 16)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, "a nonce of at least 16 characters", actual);
}

/* OIDC Core 3.1.3.1: the redirect URI of the token request is that of the authorization request. */
void judge_token_request_redirect_uri(const struct check_view *v, enum check_of of,
                                      struct verdict *ret)
{
    const struct leg *l = request_of(v, of, ret);
    if (l == NULL)
        return;
    const char *asked = params_get(&l->query, "redirect_uri");
    const char *sent = params_get(&l->token_form, "redirect_uri");
    if (params_get(&l->token_form, "code") == NULL || asked == NULL)
        verdict_skip(ret, "%s redeemed no code", check_of_name(of));
    else if (browser_changed_request(v))
        verdict_skip(ret, "the browser changed the request on its way");
    else if (cstr_eq(asked, sent))
        verdict_pass(ret, "%s", sent);
    else
        verdict_fail(ret, asked, sent != NULL ? sent : "no redirect_uri");
}
