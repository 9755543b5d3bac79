/*
 * Where secrets must not be: in addresses, which browsers and servers keep, and in logs (RFC 6749
 * 2.3.1, RFC 6750 5.3, RFC 7636 7.2, RFC 9700 4.3.1, CWE-532).
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"

#define SHORTEST 8 /* what is shorter stands in ordinary texts too */

/* The leg where that party is the relying party; NULL if it is none in this login. */
static const struct leg *leg_of(const struct check_view *v, enum check_of of)
{
    static const enum check_of providers[] = {CHECK_OF_AUTHENTIK, CHECK_OF_DEX};
    for (size_t i = 0; i < 2; i++) {
        const struct leg *l = evidence_leg(v, providers[i]);
        if (l->request != NULL && strcmp(l->rp, check_of_name(of)) == 0)
            return l;
    }
    return NULL;
}

/* As it is, or as a query writes it. */
static bool shows(const char *text, const char *secret)
{
    if (text == NULL || secret == NULL || strlen(secret) < SHORTEST)
        return false;
    if (strstr(text, secret) != NULL)
        return true;
    AUTO(xfree) char *encoded = url_encode_plus(str_of(secret));
    return strstr(text, encoded) != NULL;
}

/* A URL that this party asked, or that its answer led to, with the secret in it; NULL if none has.
 */
static const char *url_with(const struct check_view *v, enum check_of of, const char *secret)
{
    const char *party = check_of_name(of);
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (e->kind != TRACE_EXCHANGE)
            continue;
        if (cstr_eq(e->from, party) && shows(e->url, secret))
            return e->url;
        const char *location =
            cstr_eq(e->to, party) ? params_get_ci(&e->headers, "Location") : NULL;
        if (shows(location, secret))
            return location;
    }
    return NULL;
}

static void fail_for(struct verdict *ret, const char *expected, const char *url)
{
    AUTO(xfree) char *actual = xasprintf("it is in %.*s", (int)strcspn(url, "?#"), url);
    verdict_fail(ret, expected, actual);
}

/* RFC 6749 2.3.1: the parameters can only be in the body and not in the request URI. */
void judge_secret_client(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = leg_of(v, of);
    const char *secret = of == CHECK_OF_ARGOCD ? v->setup->argocd.dex_client_secret
                                               : v->setup->authentik.client_secret;
    if (l == NULL || l->token == NULL || secret == NULL) {
        verdict_skip(ret, "%s made no token request in this login", check_of_name(of));
        return;
    }
    const char *url = url_with(v, of, secret);
    if (url != NULL)
        fail_for(ret, "no address with the client secret", url);
    else
        verdict_pass(ret, "in no address");
}

/* RFC 6750 5.3: bearer tokens are not passed in page URLs. */
void judge_secret_token(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const names[] = {"access_token", "id_token", "refresh_token", NULL};
    enum check_of provider = of == CHECK_OF_RP ? CHECK_OF_AUTHENTIK : CHECK_OF_DEX;
    const struct leg *l = leg_of(v, of);
    const char *url = NULL;
    size_t known = 0;
    for (size_t i = 0; l != NULL && names[i] != NULL && url == NULL; i++) {
        const char *token = js_get_text(l->answer, names[i]);
        known += token != NULL;
        url = url_with(v, of, token);
    }
    const char *session = l != NULL ? evidence_id_token(v, provider)->text : NULL;
    if (url == NULL)
        url = url_with(v, of, session);
    if (url != NULL)
        fail_for(ret, "no address with a token", url);
    else if (known > 0 || session != NULL)
        verdict_pass(ret, "in no address");
    else
        verdict_skip(ret, "%s got no token in this login", check_of_name(of));
}

/* RFC 7636 7.2: whoever sees the request must not learn the verifier. */
void judge_secret_verifier(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = leg_of(v, of);
    if (l == NULL) {
        verdict_skip(ret, "%s made no authorization request in this login", check_of_name(of));
        return;
    }
    const char *verifier = params_get(&l->token_form, "code_verifier");
    bool named = params_get(&l->query, "code_verifier") != NULL;
    bool plain = cstr_eq(params_get(&l->query, "code_challenge_method"), "plain");
    if (!named && (verifier == NULL || plain))
        verdict_skip(ret, plain ? "the challenge is the verifier: another check's business"
                                : "no verifier was used");
    else if (named || shows(l->request->url, verifier))
        fail_for(ret, "a verifier that only the token request has", l->request->url);
    else
        verdict_pass(ret, "only in the token request");
}

/* RFC 9700 4.3.1: what stays in the address bar is in the browser's history. */
void judge_callback_leaves_code(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const char *code = params_get(&evidence_leg(v, CHECK_OF_DEX)->response_query, "code");
    const struct trace_event *e = NULL;
    for (size_t n = 0; (e = evidence_exchange(v, "argocd", "callback", n)) != NULL; n++) {
        const char *location = params_get_ci(&e->headers, "Location");
        if (e->status != 303 || location == NULL || code == NULL)
            continue;
        if (shows(location, code))
            fail_for(ret, "an address without the code after the login", location);
        else
            verdict_pass(ret, "the code is gone");
    }
    if (ret->kind == VERDICT_SKIP)
        verdict_skip(ret, "no callback of Argo CD succeeded in this login");
}

/* Codes are good once and Argo CD logs its callbacks whole (argocd.md 1.6); states are no secrets
 * afterwards. */
static bool must_be_kept(const char *kind)
{
    static const char *const kinds[] = {"token",         "cookie",   "password",
                                        "client-secret", "verifier", NULL};
    for (size_t i = 0; kinds[i] != NULL; i++)
        if (strcmp(kinds[i], kind) == 0)
            return true;
    return false;
}

/* The kind of secret that the line has, or NULL. */
static const char *secret_in(const struct check_view *v, const char *line)
{
    for (size_t i = 0; i < trace_secrets(v->trace); i++) {
        const char *kind = NULL;
        const char *secret = trace_secret_at(v->trace, i, &kind);
        if (must_be_kept(kind) && strlen(secret) >= SHORTEST && cstr_contains(line, secret))
            return kind;
    }
    return NULL;
}

void judge_secret_log(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    size_t lines = 0;
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (e->kind != TRACE_LOG || !cstr_eq(e->from, check_of_name(of)))
            continue;
        lines++;
        const char *kind = secret_in(v, e->text);
        if (kind == NULL)
            continue;
        AUTO(xfree) char *actual = xasprintf("a line with a %s", kind);
        verdict_fail(ret, "no secret in the log", actual);
        return;
    }
    if (lines > 0)
        verdict_pass(ret, "%zu line(s), no secret", lines);
    else
        verdict_skip(ret, "no log of %s was seen in this login", check_of_name(of));
}
