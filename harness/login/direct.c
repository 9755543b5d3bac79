/*
 * `via: direct`: rolecall itself is the relying party of authentik, without Dex, on the guide's
 * second redirect URI. It does what OIDC Core asks of a client: state, nonce, PKCE, and all
 * of 3.1.3.7.
 */
#include <string.h>

#include "harness/jose/jwk.h"
#include "harness/jose/jws.h"
#include "harness/jose/jwt.h"
#include "harness/jose/pkce.h"
#include "harness/login/agents.h"
#include "mocks/common/goauth2.h"
#include "mocks/common/goidc.h"

#define RP_SCOPES "openid profile email"
#define LIVE_SKEW_S 60

struct rp {
    struct login_agents *agents;
    const char *redirect_uri;
    char *issuer;
    char *state;
    char *nonce;
    char *verifier;
    char *code;
    struct js *tokens;
    struct js *claims;
    struct js *info; /* userinfo's answer */
};

static void rp_deinit(struct rp *rp)
{
    xfree(rp->issuer);
    xfree(rp->state);
    xfree(rp->nonce);
    xfree(rp->verifier);
    xfree(rp->code);
    js_free(rp->tokens);
    js_free(rp->claims);
    js_free(rp->info);
}
DEFINE_AUTO_VALUE(struct rp, rp_deinit)

static bool fires(const struct rp *rp, const char *id)
{
    return fault_fires(rp->agents->conf.faults, id, NULL);
}

static const char *endpoint(const struct rp *rp, const char *name)
{
    const char *url = js_get_text(rp->agents->rp_discovery, name);
    return url != NULL ? url : "";
}

/* OIDC Discovery 4.3: the document's issuer must be the one that was asked. Read once for the
 * scenario. */
static int discover(struct rp *rp, struct login_result *r, bool *ret_done, struct err *err)
{
    struct login_agents *a = rp->agents;
    size_t len = strlen(rp->issuer);
    AUTO(xfree)
    char *url = xasprintf("%.*s/.well-known/openid-configuration",
                          (int)(len > 0 && rp->issuer[len - 1] == '/' ? len - 1 : len), rp->issuer);
    *ret_done = false;
    if (a->rp_discovery != NULL)
        return 0;
    struct js *doc = NULL;
    if (login_get_json(a->rp_client, url, NULL, "authentik", "discovery", &doc, r, ret_done, err) !=
        0)
        return -1;
    if (*ret_done)
        return 0;
    const char *issuer = js_get_text(doc, "issuer");
    if (cstr_eq(issuer, rp->issuer)) {
        a->rp_discovery = doc;
        return 0;
    }
    *ret_done = true;
    login_refuse(r, "rp", "discovery",
                 xasprintf("the issuer of the document is '%s', expected '%s'",
                           issuer != NULL ? issuer : "", rp->issuer));
    js_free(doc);
    return 0;
}

/* What the provider has a mapping for; a refresh token comes for offline_access only. */
static const char *own_scopes(const struct setup_authentik *ak)
{
    bool refreshes = ak->scopes != NULL && cstr_among("offline_access", ak->scopes);
    return refreshes ? RP_SCOPES " offline_access" : RP_SCOPES;
}

/* What the scenario wants otherwise; the relying party then expects that state and nonce back. */
static void change_request(struct rp *rp, const struct js *request, struct params *q)
{
    for (struct js_iter it = js_iter(request); request != NULL && js_next(&it);) {
        char **own = strcmp(it.key, "state") == 0   ? &rp->state
                     : strcmp(it.key, "nonce") == 0 ? &rp->nonce
                                                    : NULL;
        login_change_request(request, it.key, q, own);
    }
}

/* The redirect URI as the request has it, or as a fault makes it. Caller frees. */
static char *redirect_uri(struct rp *rp, const char *fault)
{
    const struct js *with = NULL;
    if (!fault_fires(rp->agents->conf.faults, fault, &with))
        return xstrdup(rp->redirect_uri);
    const char *to = js_get_text(with, "to");
    return to != NULL ? xstrdup(to) : xasprintf("%s/", rp->redirect_uri);
}

static char *make_authorize_url(struct rp *rp, const struct js *request)
{
    struct login_agents *a = rp->agents;
    rp->state = login_random(a, "rp", "state", RND_ALNUM, 24);
    rp->nonce = login_random(a, "rp", "nonce", RND_ALNUM, 24);
    rp->verifier = login_random(a, "rp", "verifier", RND_ALNUM, 43);
    login_weaken(a->conf.faults, "rp", &rp->verifier, &rp->nonce);
    trace_secret(a->conf.trace, "state", rp->state);
    trace_secret(a->conf.trace, "verifier", rp->verifier);
    AUTO(xfree) char *challenge = pkce_s256(rp->verifier);
    AUTO(xfree) char *redirect = redirect_uri(rp, "rp/redirect-uri.changed");
    AUTO(params_deinit) struct params q = {0};
    params_add(&q, "client_id", world_setup(a->conf.world)->authentik.client_id);
    params_add(&q, "code_challenge", challenge);
    params_add(&q, "code_challenge_method", "S256");
    params_add(&q, "nonce", rp->nonce);
    params_add(&q, "redirect_uri", redirect);
    params_add(&q, "response_type", "code");
    params_add(&q, "scope", own_scopes(&world_setup(a->conf.world)->authentik));
    params_add(&q, "state", rp->state);
    change_request(rp, request, &q);
    if (fires(rp, "rp/verifier.in-url"))
        params_add(&q, "code_verifier", rp->verifier);
    login_spoil_request(a->conf.faults, "rp", &q);
    AUTO(xfree) char *query = params_form(&q);
    return xasprintf("%s?%s", endpoint(rp, "authorization_endpoint"), query);
}

/* rolecall has no page of its own there: that the browser came is what counts. */
static void note_callback(struct rp *rp, const char *url)
{
    struct trace *t = rp->agents->conf.trace;
    size_t seq = trace_exchange_begin(t, "browser", "rp", true, "GET", url, NULL, NULL, 0);
    trace_exchange_end(t, seq, 200, NULL, NULL, 0, NULL, 0);
}

/* The authorization response, which the browser brings to the redirect URI (RFC 6749 4.1.2, 10.12).
 */
static int take_callback(struct rp *rp, struct browser *b, const struct browser_page *page,
                         struct login_result *r, bool *ret_done)
{
    *ret_done = true;
    if (!page->stopped)
        return login_refused_by_page(page, r);
    const struct place at = {"rp", "callback"};
    AUTO(xfree) char *url = browser_tamper(b, page->url, &at);
    note_callback(rp, url);
    const char *mark = strchr(url, '?');
    AUTO(params_deinit) struct params q = {0};
    params_parse_form(&q, str_of(mark != NULL ? mark + 1 : ""));
    const char *error = params_get(&q, "error");
    if (error != NULL) {
        const char *more = params_get(&q, "error_description");
        return login_refuse(r, "authentik", "authorize",
                            xasprintf("%s: %s", error, more != NULL ? more : ""));
    }
    bool checked = !fault_is_on(rp->agents->conf.faults, "rp/state.not-checked") &&
                   !fault_is_on(rp->agents->conf.faults, "rp/state.none");
    if (checked && !cstr_eq(params_get(&q, "state"), rp->state))
        return login_refuse(r, "rp", "callback", xstrdup("the state is not the one that was sent"));
    const char *code = params_get(&q, "code");
    if (code == NULL || code[0] == '\0')
        return login_refuse(r, "rp", "callback", xstrdup("no code in the authorization response"));
    rp->code = xstrdup(code);
    *ret_done = false;
    return 0;
}

static int ask_token(struct rp *rp, const struct params *form, struct js **ret,
                     struct login_result *r, bool *ret_done)
{
    struct login_agents *a = rp->agents;
    const struct setup_authentik *ak = &world_setup(a->conf.world)->authentik;
    const char *secret = fires(rp, "rp/client-secret.wrong") ? "not-the-secret" : ak->client_secret;
    enum goauth2_style style = GOAUTH2_HEADER;
    struct err local = {0};
    AUTO(xfree)
    char *url = fires(rp, "rp/client-secret.in-url")
                    ? xasprintf("%s?client_secret=%s", endpoint(rp, "token_endpoint"), secret)
                    : xstrdup(endpoint(rp, "token_endpoint"));
    *ret_done = false;
    if (goauth2_token(a->rp_client, url, ak->client_id, secret, form, &style, ret, &local) == 0)
        return 0;
    *ret_done = true;
    bool silent = local.code == ERR_NET || local.code == ERR_TLS || local.code == ERR_TIMEOUT;
    char *text = xstrdup(local.msg);
    return silent ? login_no_answer(r, "authentik", "token", text)
                  : login_refuse(r, "authentik", "token", text);
}

/* The code again, by somebody who is not the relying party: what is answered concerns the provider
 * only. */
static void steal(struct rp *rp, const struct params *form)
{
    struct login_agents *a = rp->agents;
    const struct setup_authentik *ak = &world_setup(a->conf.world)->authentik;
    enum goauth2_style style = GOAUTH2_HEADER;
    AUTO(js_free) struct js *loot = NULL;
    struct err ignored = {0};
    if (fires(rp, "browser/code.stolen"))
        (void)!goauth2_token(a->browser_client, endpoint(rp, "token_endpoint"), ak->client_id,
                             ak->client_secret, form, &style, &loot, &ignored);
}

static int redeem(struct rp *rp, struct login_result *r, bool *ret_done)
{
    AUTO(xfree) char *redirect = redirect_uri(rp, "rp/token-redirect-uri.changed");
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "code", rp->code);
    if (fires(rp, "rp/verifier.wrong"))
        params_add(&form, "code_verifier", "another-verifier-of-the-right-length-0123456789");
    else if (!fires(rp, "rp/verifier.missing"))
        params_add(&form, "code_verifier", rp->verifier);
    params_add(&form, "grant_type", "authorization_code");
    params_add(&form, "redirect_uri", redirect);
    if (ask_token(rp, &form, &rp->tokens, r, ret_done) != 0 || *ret_done)
        return *ret_done ? 0 : -1;
    steal(rp, &form);
    if (!fires(rp, "rp/code.reused"))
        return 0;
    AUTO(js_free) struct js *again = NULL;
    return ask_token(rp, &form, &again, r, ret_done);
}

static int read_jwks(struct rp *rp, struct login_result *r, bool *ret_done, struct err *err)
{
    struct login_agents *a = rp->agents;
    a->rp_jwks = js_free(a->rp_jwks);
    return login_get_json(a->rp_client, endpoint(rp, "jwks_uri"), NULL, "authentik", "jwks",
                          &a->rp_jwks, r, ret_done, err);
}

/* The algorithms the provider advertises; an RP takes what it registered for (OIDC Core 3.1.3.7
 * step 7). */
static size_t advertised_algs(const struct rp *rp, const char **out, size_t max)
{
    const struct js *list =
        js_get(rp->agents->rp_discovery, "id_token_signing_alg_values_supported");
    size_t n = 0;
    for (size_t i = 0; i < js_len(list) && n + 1 < max; i++) {
        const char *name = js_text(js_at(list, i));
        if (name != NULL && strcmp(name, "none") != 0)
            out[n++] = name;
    }
    out[n] = NULL;
    return n;
}

static void verify_once(struct rp *rp, const char *token, struct jwt_verdict *ret)
{
    const char *algs[16];
    size_t n = advertised_algs(rp, algs, 16);
    const struct setup_authentik *ak = &world_setup(rp->agents->conf.world)->authentik;
    struct fault_set *faults = rp->agents->conf.faults;
    bool claims = !fault_is_on(faults, "rp/skip-claims");
    bool audience = claims && !fault_is_on(faults, "rp/skip-audience");
    bool issuer = claims && !fault_is_on(faults, "rp/skip-issuer");
    struct goidc_skip skip = {0};
    goidc_defects(faults, "rp", &skip);
    AUTO(js_free) struct js *seen = jwt_claims_unverified(token);
    if (goidc_issuer_fits(&skip, rp->issuer, js_get_text(seen, "iss")))
        issuer = false; /* a comparison of its own took it */
    bool nonce = claims && !fault_is_on(faults, "rp/nonce.not-checked");
    const struct jwt_rules rules = {
        .jwks = rp->agents->rp_jwks,
        .secret = ak->client_secret,
        .algs = n > 0 ? algs : NULL,
        .issuer = issuer ? rp->issuer : NULL,
        .audience = audience ? ak->client_id : NULL,
        .nonce = nonce ? rp->nonce : NULL,
        .now_s = clock_now_s(rp->agents->conf.clock),
        /* Mocks share our clock; a live system has its own. */
        .leeway_s = world_is_live(rp->agents->conf.world, SYSTEM_AUTHENTIK) ? LIVE_SKEW_S : 0,
    };
    jwt_verify(token, &rules, ret);
}

/* The signature is an HMAC under the text of one of the provider's public keys (RFC 8725 2.1). */
static bool is_confused(const struct rp *rp, const char *token)
{
    AUTO(jws_deinit) struct jws jws = {0};
    const struct js *keys = js_get(rp->agents->rp_jwks, "keys");
    if (jws_parse(token, &jws, NULL) != JWS_OK || jws.alg != JWS_HS256)
        return false;
    for (size_t i = 0; i < js_len(keys); i++) {
        AUTO(key_free) struct key *k = NULL;
        AUTO(xfree)
        char *pem = jwk_to_key(js_at(keys, i), &k, NULL) == 0 ? key_public_pem(k) : NULL;
        AUTO(key_free) struct key *secret = pem != NULL ? key_from_secret(pem, strlen(pem)) : NULL;
        if (secret != NULL && jws_verify(&jws, secret) == JWS_OK)
            return true;
    }
    return false;
}

/* A defect of the relying party lets this reason pass. */
static bool is_tolerated(const struct rp *rp, const char *token, const struct jwt_verdict *v)
{
    struct fault_set *faults = rp->agents->conf.faults;
    struct goidc_skip skip = {0};
    goidc_defects(faults, "rp", &skip);
    bool about_signature = v->reason == JWT_NO_KEY || v->reason == JWT_BAD_SIGNATURE ||
                           v->reason == JWT_BAD_ALG || v->reason == JWT_UNSECURED ||
                           v->reason == JWT_ALG_CONFUSION;
    if (v->reason == JWT_EXPIRED)
        return skip.leeway_s > 0 || fault_is_on(faults, "rp/skip-expiry");
    if (v->reason == JWT_NOT_YET)
        return skip.nbf;
    if (!about_signature)
        return false;
    return fault_is_on(faults, "rp/skip-signature") ||
           (skip.none && cstr_eq(js_get_text(v->header, "alg"), "none")) ||
           (skip.hs256_public && is_confused(rp, token));
}

/* With the keys at hand; once more with fresh keys when they do not fit (a rotated key). */
static int verify(struct rp *rp, const char *token, struct login_result *r, bool *ret_done,
                  struct err *err)
{
    struct goidc_skip skip = {0};
    goidc_defects(rp->agents->conf.faults, "rp", &skip);
    bool final = skip.keys_for_ever && rp->agents->rp_jwks != NULL;
    *ret_done = false;
    if (fires(rp, "rp/keys.not-asked")) {
        rp->claims = jwt_claims_unverified(token);
        return 0;
    }
    if (rp->agents->rp_jwks == NULL && (read_jwks(rp, r, ret_done, err) != 0 || *ret_done))
        return *ret_done ? 0 : -1;
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    verify_once(rp, token, &v);
    if (!final && (v.reason == JWT_NO_KEY || v.reason == JWT_BAD_SIGNATURE)) {
        if (read_jwks(rp, r, ret_done, err) != 0 || *ret_done)
            return *ret_done ? 0 : -1;
        jwt_verdict_deinit(&v);
        v = (struct jwt_verdict){0};
        verify_once(rp, token, &v);
    }
    if (v.reason != JWT_OK && !is_tolerated(rp, token, &v)) {
        *ret_done = true;
        return login_refuse(r, "rp", "token",
                            xasprintf("%s: expected %s, found %s", jwt_reason_name(v.reason),
                                      v.expected, v.actual));
    }
    rp->claims = js_ref(v.claims);
    return 0;
}

int login_direct_verify(struct login_agents *a, const char *id_token, struct login_result *r,
                        bool *ret_done, struct err *err)
{
    AUTO(rp_deinit)
    struct rp rp = {.agents = a, .issuer = setup_authentik_issuer(world_setup(a->conf.world))};
    if (verify(&rp, id_token, r, ret_done, err) != 0 || *ret_done)
        return *ret_done ? 0 : -1;
    AUTO(js_free)
    struct js *first = a->last.token != NULL ? jwt_claims_unverified(a->last.token) : NULL;
    if (fault_is_on(a->conf.faults, "rp/skip-claims") ||
        cstr_eq(js_get_text(first, "sub"), js_get_text(rp.claims, "sub")))
        return 0;
    *ret_done = true;
    return login_refuse(r, "rp", "token",
                        xstrdup("the sub of the refreshed ID token is not that of the login"));
}

/* From userinfo where the provider keeps the claims out of the ID token. */
static void take_identity(struct rp *rp, struct login_result *r)
{
    bool inside = world_setup(rp->agents->conf.world)->authentik.include_claims_in_id_token;
    const struct js *claims = inside ? rp->claims : rp->info;
    const char *user = js_get_text(claims, "preferred_username");
    r->user = user != NULL ? xstrdup(user) : NULL;
    const struct js *groups = js_get(claims, "groups");
    for (size_t i = 0; i < js_len(groups); i++)
        if (js_text(js_at(groups, i)) != NULL)
            strlist_add(&r->groups, js_text(js_at(groups, i)));
    login_take_identity(r, rp->claims);
    r->outcome = LOGIN_SIGNED_IN;
}

/* OIDC Core 5.3.4: the sub of the userinfo answer must be the ID token's. */
static int ask_userinfo(struct rp *rp, struct login_result *r, bool *ret_done, struct err *err)
{
    const char *access = js_get_text(rp->tokens, "access_token");
    if (fires(rp, "rp/userinfo-token.other"))
        access = "a-token-that-nobody-gave";
    bool in_url = fires(rp, "rp/token.in-url");
    AUTO(xfree)
    char *url = in_url ? xasprintf("%s?access_token=%s", endpoint(rp, "userinfo_endpoint"), access)
                       : xstrdup(endpoint(rp, "userinfo_endpoint"));
    if (login_get_json(rp->agents->rp_client, url, in_url ? NULL : access, "authentik", "userinfo",
                       &rp->info, r, ret_done, err) != 0)
        return -1;
    if (*ret_done)
        return 0;
    const char *sub = js_get_text(rp->info, "sub");
    if (fault_is_on(rp->agents->conf.faults, "rp/skip-claims") ||
        fault_is_on(rp->agents->conf.faults, "rp/userinfo.sub-not-compared") ||
        cstr_eq(sub, js_get_text(rp->claims, "sub")))
        return 0;
    *ret_done = true;
    return login_refuse(r, "rp", "userinfo",
                        xstrdup("the sub of userinfo is not the sub of the ID token"));
}

static int after_callback(struct rp *rp, struct login_result *r, struct err *err)
{
    bool done = false;
    if (redeem(rp, r, &done) != 0)
        return -1;
    if (done)
        return 0;
    const char *id_token = js_get_text(rp->tokens, "id_token");
    if (id_token == NULL)
        return login_refuse(r, "rp", "token", xstrdup("no id_token in the token response"));
    if (verify(rp, id_token, r, &done, err) != 0)
        return -1;
    if (!done && ask_userinfo(rp, r, &done, err) != 0)
        return -1;
    if (done)
        return 0;
    const char *refresh = js_get_text(rp->tokens, "refresh_token");
    r->session_token = xstrdup(id_token);
    r->refresh_token = refresh != NULL ? xstrdup(refresh) : NULL;
    login_keep(rp->agents, LOGIN_DIRECT, r, js_get_text(rp->tokens, "access_token"),
               endpoint(rp, "token_endpoint"));
    take_identity(rp, r);
    return 0;
}

int login_direct(struct login_agents *a, const struct login_request *req, struct browser *b,
                 struct login_result *ret, struct err *err)
{
    AUTO(rp_deinit)
    struct rp rp = {.agents = a,
                    .redirect_uri = req->redirect_uri != NULL ? req->redirect_uri : CALLBACK_URL,
                    .issuer = setup_authentik_issuer(world_setup(a->conf.world))};
    bool usual = strcmp(rp.redirect_uri, CALLBACK_URL) == 0;
    AUTO(browser_page_deinit) struct browser_page page = {0};
    bool done = false;
    if (discover(&rp, ret, &done, err) != 0)
        return -1;
    if (done)
        return 0;
    AUTO(xfree) char *url = make_authorize_url(&rp, req->request);
    if (login_walk(a, req, b, url, usual ? CALLBACK_ORIGIN "/" : rp.redirect_uri, &page, ret, &done,
                   err) != 0)
        return -1;
    if (!done && take_callback(&rp, b, &page, ret, &done) != 0)
        return -1;
    return done ? 0 : after_callback(&rp, ret, err);
}
