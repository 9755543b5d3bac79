/*
 * What a provider answers and what it insists on: RFC 6749 4.1.2 and 4.1.3, RFC 7636 4.6, RFC
 * 9700 4.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"
#include "harness/jose/pkce.h"
#include "harness/login/place.h"

static const struct leg *responded(const struct check_view *v, enum check_of of,
                                   struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    if (l->response != NULL)
        return l;
    verdict_skip(ret, "%s gave no authorization response in this login", check_of_name(of));
    return NULL;
}

void judge_response_state(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = responded(v, of, ret);
    if (l == NULL)
        return;
    const char *sent = params_get(&l->query, "state");
    const char *back = params_get(&l->response_query, "state");
    if (sent == NULL)
        verdict_skip(ret, "no state was sent");
    else if (cstr_eq(sent, back))
        verdict_pass(ret, "unchanged");
    else
        verdict_fail(ret, sent, back != NULL ? back : "no state");
}

/* RFC 6749 10.10: at least 128 bits. 25 characters of Dex's alphabet are 124.9 of them by count, so
 * lengths are compared. */
void judge_response_code(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = responded(v, of, ret);
    if (l == NULL)
        return;
    const char *code = params_get(&l->response_query, "code");
    const char *error = params_get(&l->response_query, "error");
    if (error != NULL)
        verdict_skip(ret, "the response is an error: %s", error);
    else if (code != NULL && strlen(code) >= 22)
        verdict_pass(ret, "%zu characters", strlen(code));
    else {
        AUTO(xfree)
        char *actual =
            code == NULL ? xstrdup("no code") : xasprintf("%zu characters", strlen(code));
        verdict_fail(ret, "a code of at least 22 characters", actual);
    }
}

/* Of authentik's client as the setup registers it, of Dex's as Argo CD generates it. */
static bool is_registered(const struct check_view *v, enum check_of of, const char *client,
                          const char *to)
{
    const struct setup_authentik *a = &v->setup->authentik;
    const struct js *clients = js_get(v->setup->argocd.dex_generated, "staticClients");
    for (size_t i = 0; of == CHECK_OF_AUTHENTIK && i < a->redirects_len; i++)
        if (!a->redirects[i].logout && setup_redirect_matches(&a->redirects[i], to))
            return true;
    for (size_t c = 0; of != CHECK_OF_AUTHENTIK && c < js_len(clients); c++) {
        const struct js *uris = js_get(js_at(clients, c), "redirectURIs");
        bool own = cstr_eq(js_get_text(js_at(clients, c), "id"), client);
        for (size_t i = 0; own && i < js_len(uris); i++)
            if (cstr_eq(js_text(js_at(uris, i)), to))
                return true;
    }
    return false;
}

/* The response goes to a registered redirect URI only (RFC 9700 2.1). */
void judge_response_redirect_uri(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = responded(v, of, ret);
    if (l == NULL)
        return;
    AUTO(xfree) char *to = xstrndup(l->response, strcspn(l->response, "?#"));
    const char *client = params_get(&l->query, "client_id");
    if (is_registered(v, of, client, to)) {
        verdict_pass(ret, "%s", to);
        return;
    }
    AUTO(xfree)
    char *expected =
        xasprintf("a redirect URI registered for %s", client != NULL ? client : "the client");
    verdict_fail(ret, expected, to);
}

/* The state of the callback as it was delivered to the relying party. Caller frees. */
static char *delivered_state(const struct check_view *v, const struct leg *l, bool *ret_seen)
{
    const char *at = strcmp(l->rp, "cli") == 0 ? "listener" : "callback";
    const struct trace_event *e = evidence_exchange(v, l->rp, at, 0);
    AUTO(params_deinit) struct params q = {0};
    *ret_seen = e != NULL && e->front;
    if (!*ret_seen)
        return NULL;
    evidence_query(e->url, &q);
    const char *state = params_get(&q, "state");
    return state != NULL ? xstrdup(state) : NULL;
}

/* The relying party went on after this callback: it asked for a token. */
static bool went_on(const struct leg *l)
{
    return l->token != NULL;
}

/* RFC 6749 10.12: a callback whose state is not the one that was sent is refused. */
void judge_state_checked(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    bool of_authentik = of == CHECK_OF_RP || of == CHECK_OF_DEX;
    const struct leg *l = evidence_leg(v, of_authentik ? CHECK_OF_AUTHENTIK : CHECK_OF_DEX);
    bool seen = false;
    if (l->request == NULL || strcmp(l->rp, check_of_name(of)) != 0) {
        verdict_skip(ret, "%s was no relying party in this login", check_of_name(of));
        return;
    }
    AUTO(xfree) char *state = delivered_state(v, l, &seen);
    const char *sent = params_get(&l->query, "state");
    if (!seen)
        verdict_skip(ret, "no callback was delivered to %s", check_of_name(of));
    else if (sent == NULL)
        verdict_skip(ret, "%s sent no state", check_of_name(of));
    else if (cstr_eq(sent, state))
        verdict_pass(ret, "the state was the one that was sent");
    else if (!went_on(l))
        verdict_pass(ret, "another state was refused");
    else
        verdict_fail(ret, "a refusal of a state that was not sent", "the code was redeemed");
}

/* The relying party's own, or a thief's at the browser: not Argo CD's proxy passing the CLI's on.
 */
static bool is_redeemer(const struct leg *l, const char *from)
{
    return strcmp(from, l->rp) == 0 || strcmp(from, "browser") == 0;
}

/* How often a code was redeemed with success, over all token exchanges of this login. */
static int redeemed(const struct check_view *v, enum check_of of, const struct leg *l,
                    const char *code, int *ret_tries)
{
    int good = 0;
    *ret_tries = 0;
    for (size_t n = 0;; n++) {
        const struct trace_event *e = evidence_exchange(v, check_of_name(of), "token", n);
        if (e == NULL)
            return good;
        AUTO(params_deinit) struct params form = {0};
        params_parse_form(&form, (struct str){e->request_body, e->request_body_len});
        if (!is_redeemer(l, e->from) || !cstr_eq(params_get(&form, "code"), code))
            continue;
        ++*ret_tries;
        AUTO(js_free) struct js *answer = e->status == 200 ? evidence_json(e) : NULL;
        good += answer != NULL; /* 200 with nothing in it is no success */
    }
}

void judge_code_single_use(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    const char *code = params_get(&l->token_form, "code");
    int tries = 0;
    int good = code != NULL ? redeemed(v, of, l, code, &tries) : 0;
    if (good == 0)
        verdict_skip(ret, "no code was redeemed");
    else if (good == 1)
        verdict_pass(ret, "redeemed once in %d request(s)", tries);
    else {
        AUTO(xfree) char *actual = xasprintf("redeemed %d times", good);
        verdict_fail(ret, "a code that is good once", actual);
    }
}

/* RFC 6749 4.1.2: the client MUST NOT use a code more than once. What was refused may be tried
 * again with other credentials, as Go's library does. */
void judge_code_redeemed_once(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, CHECK_OF_AUTHENTIK);
    const char *code = params_get(&l->token_form, "code");
    bool worked = false, again = false;
    const struct trace_event *e = NULL;
    if (strcmp(l->rp, check_of_name(of)) != 0 || code == NULL) {
        verdict_skip(ret, "%s redeemed no code", check_of_name(of));
        return;
    }
    for (size_t n = 0; (e = evidence_exchange(v, l->provider, "token", n)) != NULL; n++) {
        AUTO(params_deinit) struct params form = {0};
        params_parse_form(&form, (struct str){e->request_body, e->request_body_len});
        if (strcmp(e->from, l->rp) != 0 || !cstr_eq(params_get(&form, "code"), code))
            continue;
        AUTO(js_free) struct js *answer = e->status == 200 ? evidence_json(e) : NULL;
        again = again || worked;
        worked = worked || js_get_text(answer, "access_token") != NULL;
    }
    if (again)
        verdict_fail(ret, "no further request with a code that was redeemed", "it was sent again");
    else
        verdict_pass(ret, "not sent again");
}

/* RFC 6749 4.1.2: at most 10 minutes. Dex's own rule is 30 (dex.md 2.8). */
void judge_code_short_lived(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = responded(v, of, ret);
    int64_t limit_s =
        of == CHECK_OF_DEX ? INT64_C(30) * 60 : v->setup->authentik.access_code_validity_s;
    if (l == NULL)
        return;
    if (l->token == NULL || l->token->status != 200) {
        verdict_skip(ret, "no code was redeemed");
        return;
    }
    int64_t given_ms = 0;
    const char *code = params_get(&l->response_query, "code");
    for (size_t i = v->from; i < v->to && given_ms == 0 && code != NULL; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        const char *location =
            e->kind == TRACE_EXCHANGE ? params_get_ci(&e->headers, "Location") : NULL;
        if (cstr_contains(location, code) ||
            (e->kind == TRACE_EXCHANGE && cstr_contains(e->body, code)))
            given_ms = e->at_ms;
    }
    int64_t age_s = (l->token->at_ms - given_ms) / 1000;
    AUTO(xfree) char *expected = xasprintf("a code that dies after %lld s", (long long)limit_s);
    AUTO(xfree) char *actual = xasprintf("one of %lld s was redeemed", (long long)age_s);
    if (given_ms == 0)
        verdict_skip(ret, "the answer with the code was not seen");
    else if (age_s <= limit_s)
        verdict_pass(ret, "redeemed after %lld s", (long long)age_s);
    else
        verdict_fail(ret, expected, actual);
}

/* RFC 7636 4.6: a code with a challenge is given only for the verifier that fits. */
void judge_pkce_enforced(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    const char *challenge = params_get(&l->query, "code_challenge");
    const char *method = params_get(&l->query, "code_challenge_method");
    const char *verifier = params_get(&l->token_form, "code_verifier");
    if (challenge == NULL || l->token == NULL || params_get(&l->token_form, "code") == NULL) {
        verdict_skip(ret,
                     challenge == NULL ? "no code_challenge was sent" : "no code was redeemed");
        return;
    }
    bool fits =
        verifier != NULL && pkce_matches(verifier, challenge, method != NULL ? method : "plain");
    if (fits)
        verdict_pass(ret, "the verifier fits the challenge");
    else if (l->token->status != 200)
        verdict_pass(ret, "%s verifier was refused", verifier == NULL ? "a missing" : "a wrong");
    else
        verdict_fail(ret, "a refusal",
                     verifier == NULL ? "tokens without a verifier"
                                      : "tokens for a wrong verifier");
}

/* RFC 6749 4.1.3: a code is good only with the redirect URI it was asked with. Not asked of
 * authentik, which takes any registered one (authentik.md 5.4). */
void judge_code_redirect_uri(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    const char *asked = params_get(&l->query, "redirect_uri");
    const char *sent = params_get(&l->token_form, "redirect_uri");
    if (asked == NULL || params_get(&l->token_form, "code") == NULL)
        verdict_skip(ret, "no code was redeemed");
    else if (cstr_eq(asked, sent))
        verdict_pass(ret, "%s", sent);
    else if (l->token->status != 200)
        verdict_pass(ret, "another redirect URI was refused");
    else
        verdict_fail(ret, asked, sent != NULL ? sent : "tokens without a redirect URI");
}

/* OIDC Core 3.1.2.1: with prompt=consent the person is asked before the client gets anything. */
void judge_prompt_consent(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = responded(v, of, ret);
    if (l == NULL)
        return;
    if (!cstr_contains(params_get(&l->query, "prompt"), "consent")) {
        verdict_skip(ret, "prompt=consent was not sent");
        return;
    }
    const struct trace_event *e = NULL;
    for (size_t n = 0; (e = evidence_exchange(v, check_of_name(of), "flow", n)) != NULL; n++)
        if (cstr_contains(e->body, "ak-stage-consent")) {
            verdict_pass(ret, "the person was asked");
            return;
        }
    verdict_fail(ret, "a consent stage", "none was shown");
}

static const char *secret_of(const struct check_view *v, enum check_of of, const char *client)
{
    if (of == CHECK_OF_AUTHENTIK)
        return v->setup->authentik.client_secret;
    return strcmp(client, "argo-cd") == 0 ? v->setup->argocd.dex_client_secret : "";
}

/* RFC 6749 2.3: who has not the client's secret gets no token. */
void judge_client_auth_enforced(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    AUTO(xfree) char *secret = NULL;
    AUTO(xfree) char *client = evidence_client_id(l, &secret);
    if (client == NULL) {
        verdict_skip(ret, "no token request to %s was seen", check_of_name(of));
        return;
    }
    if (of == CHECK_OF_AUTHENTIK && cstr_eq(v->setup->authentik.client_type, "public")) {
        verdict_skip(ret, "the client is public: there is no secret to ask for (RFC 6749 2.1)");
        return;
    }
    bool is_right = cstr_eq(secret, secret_of(v, of, client));
    if (is_right)
        verdict_pass(ret, "the client's own secret was sent");
    else if (l->token->status != 200)
        verdict_pass(ret, "a wrong secret was refused");
    else
        verdict_fail(ret, "a refusal", "tokens for a wrong secret");
}

/* RFC 6749 10.5: a code is bound to the client that it was given to. */
void judge_code_client(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = evidence_leg(v, of);
    const char *asked = params_get(&l->query, "client_id");
    AUTO(xfree) char *secret = NULL;
    AUTO(xfree) char *client = evidence_client_id(l, &secret);
    if (client == NULL || asked == NULL || params_get(&l->token_form, "code") == NULL)
        verdict_skip(ret, "no code was redeemed");
    else if (strcmp(client, asked) == 0)
        verdict_pass(ret, "%s's own code", client);
    else if (l->token->status != 200)
        verdict_pass(ret, "another client's code was refused");
    else {
        AUTO(xfree) char *actual = xasprintf("tokens for %s", client);
        verdict_fail(ret, "a refusal: the code is another client's", actual);
    }
}
