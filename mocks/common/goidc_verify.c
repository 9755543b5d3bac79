/*
 * go-oidc's IDTokenVerifier (oidc/verify.go): the order of its checks, which differs between
 * releases (dex.md 5), and their literals. What a caller compares besides (nonce, at_hash) is the
 * caller's business.
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/goidc_int.h"
#include "mocks/common/gotext.h"

#define NBF_LEEWAY_S 300

struct work {
    struct goidc *p;
    const char *token;
    const char *client_id;
    int64_t now_s;
    const struct goidc_skip *skip;
    struct goidc_jws jws;
    char *payload; /* parsed aside of the JWS, by older releases */
    size_t payload_len;
    struct js *claims;
};

typedef int (*check)(struct work *w, struct err *err);

/* ---- the form ---- */

/* A defect takes this algorithm although it is none of the advertised ones. */
static bool alg_is_tolerated(const struct goidc_skip *skip, const char *alg)
{
    return skip->alg || (skip->none && cstr_eq(alg, "none")) ||
           (skip->hs256_public && cstr_eq(alg, "HS256"));
}

static bool tolerates_any(const struct goidc_skip *skip)
{
    return skip->alg || skip->none || skip->hs256_public;
}

/* Step 8. Who tolerates something reads the token before the question of its algorithm. */
static int parse(struct work *w, struct err *err)
{
    bool any = w->p->dialect.alg_by_go_oidc;
    if (tolerates_any(w->skip)) {
        struct goidc_jws j = {0};
        any = any || (goidc_jws_parse(w->p, w->token, NULL, &j, NULL) == 0 &&
                      alg_is_tolerated(w->skip, js_get_text(j.jws.header, "alg")));
        goidc_jws_deinit(&j);
    }
    if (goidc_jws_parse(w->p, w->token, any ? NULL : &w->p->algs, &w->jws, err) != 0)
        return err_wrap(err, "oidc: malformed jwt");
    return 0;
}

/* Step 9. That there is none cannot happen: go-jose makes one of whatever it reads. */
static int check_single(struct work *w, struct err *err)
{
    return w->jws.signatures <= 1
               ? 0
               : err_set(err, ERR_PARSE, "oidc: multiple signatures on id token not supported");
}

/* go-oidc up to v3.9, when go-jose could not be told which algorithms are wanted. */
static int check_alg(struct work *w, struct err *err)
{
    const char *alg = js_get_text(w->jws.jws.header, "alg");
    if (!w->p->dialect.alg_by_go_oidc || alg_is_tolerated(w->skip, alg) ||
        strlist_has(&w->p->algs, alg != NULL ? alg : ""))
        return 0;
    AUTO(xfree) char *got = go_quoted(alg != NULL ? alg : "");
    AUTO(xfree) char *expected = go_quote_list(&w->p->algs);
    return err_set(err, ERR_CRYPTO,
                   "oidc: id token signed with unsupported algorithm, expected %s got %s", expected,
                   got);
}

static int verify_locally(const struct goidc_local *l, const struct jws *j, struct err *err)
{
    const char *kid = js_get_text(j->header, "kid");
    if (l->verifies(l->ctx, j, kid != NULL ? kid : ""))
        return 0;
    return err_set(err, ERR_CRYPTO,
                   "failed to verify signature: failed to verify id token signature");
}

/* Step 10. */
static int check_signature(struct work *w, struct err *err)
{
    const char *alg = js_get_text(w->jws.jws.header, "alg");
    if (w->skip->signature || (w->skip->none && cstr_eq(alg, "none")))
        return 0;
    if (w->jws.critical) /* go-jose refuses inside Verify, with every key */
        w->jws.jws.alg = JWS_ALG_MAX_;
    if (w->p->local != NULL)
        return verify_locally(w->p->local, &w->jws.jws, err);
    if (goidc_keyset_verify(w->p, &w->jws.jws, w->skip, err) != 0)
        return err_wrap(err, "failed to verify signature");
    return 0;
}

/* ---- the payload ---- */

/* Step 1, parseJWT: the second of at least two parts. */
static int split_payload(struct work *w, struct err *err)
{
    struct str rest = str_of(w->token);
    struct str part = {0};
    char *cause = NULL;
    str_next(&rest, '.', &part);
    if (strchr(w->token, '.') == NULL)
        return err_set(err, ERR_PARSE,
                       "oidc: malformed jwt: oidc: malformed jwt, expected 3 parts got 1");
    str_next(&rest, '.', &part);
    w->payload = go_base64url(part, &w->payload_len, &cause);
    if (w->payload != NULL)
        return 0;
    err_set(err, ERR_PARSE, "oidc: malformed jwt: oidc: malformed jwt payload: %s", cause);
    xfree(cause);
    return -1;
}

/* Step 11: what was signed is what was looked at. They differ when a JSON form has dots in it. */
static int compare_payloads(struct work *w, struct err *err)
{
    const struct jws *j = &w->jws.jws;
    if (j->payload_len == w->payload_len && memcmp(j->payload, w->payload, w->payload_len) == 0)
        return 0;
    return err_set(err, ERR_CRYPTO,
                   "oidc: internal error, payload parsed did not match previous payload");
}

static int decode(struct work *w, struct err *err)
{
    struct str payload = w->payload != NULL
                             ? (struct str){w->payload, w->payload_len}
                             : (struct str){w->jws.jws.payload, w->jws.jws.payload_len};
    if (goidc_claims_decode(payload, &w->claims, err) != 0)
        return -1;
    return goidc_claims_sources(w->claims, err);
}

/* ---- the claims ---- */

static int check_issuer(struct work *w, struct err *err)
{
    const char *iss = js_get_text(w->claims, "iss");
    if (w->skip->issuer || goidc_issuer_fits(w->skip, w->p->issuer, iss))
        return 0;
    AUTO(xfree) char *expected = go_quoted(w->p->issuer);
    AUTO(xfree) char *got = go_quoted(iss != NULL ? iss : "");
    return err_set(err, ERR_CRYPTO,
                   "oidc: id token issued by a different provider, expected %s got %s", expected,
                   got);
}

static int check_audience(struct work *w, struct err *err)
{
    AUTO(strlist_deinit) struct strlist aud = {0};
    if (w->skip->audience)
        return 0;
    if (*w->client_id == '\0')
        return err_set(err, ERR_CRYPTO,
                       "oidc: invalid configuration, clientID must be provided or "
                       "SkipClientIDCheck must be set");
    goidc_claims_audience(w->claims, &aud);
    if (strlist_has(&aud, w->client_id))
        return 0;
    AUTO(xfree) char *expected = go_quoted(w->client_id);
    AUTO(xfree) char *got = go_quote_list(&aud);
    return err_set(err, ERR_CRYPTO, "oidc: expected audience %s got %s", expected, got);
}

/* Zero leeway. Real clocks have a fraction, so a token is expired in the very second of its exp. */
static int check_expiry(struct work *w, struct err *err)
{
    char text[CLOCK_TEXT] = "0001-01-01 00:00:00 +0000 UTC";
    int64_t exp_s = 0;
    if (w->skip->expiry)
        return 0;
    if (goidc_claims_time(w->claims, "exp", &exp_s)) {
        if (exp_s > w->now_s - w->skip->leeway_s)
            return 0;
        clock_go_time(exp_s, text);
    }
    return err_set(err, ERR_CRYPTO, "oidc: token is expired (Token Expiry: %s)", text);
}

static int check_not_before(struct work *w, struct err *err)
{
    char now_text[CLOCK_TEXT];
    char nbf_text[CLOCK_TEXT];
    int64_t leeway_s = w->p->dialect.nbf_leeway_s != 0 ? w->p->dialect.nbf_leeway_s : NBF_LEEWAY_S;
    int64_t nbf_s = 0;
    if (w->skip->nbf || !goidc_claims_time(w->claims, "nbf", &nbf_s) ||
        nbf_s <= w->now_s + leeway_s)
        return 0;
    return err_set(err, ERR_CRYPTO, "oidc: current time %s before the nbf (not before) time: %s",
                   clock_go_time(w->now_s, now_text), clock_go_time(nbf_s, nbf_text));
}

/* ---- the order ---- */

/* v3.17 and later: 8, 9, 10, 2 to 7. */
static const check signature_first[] = {
    parse,        check_single,   check_alg,    check_signature,  decode,
    check_issuer, check_audience, check_expiry, check_not_before, NULL};

/* v3.4 to v3.16: 1 to 11. */
static const check claims_first[] = {
    split_payload, decode,       check_issuer, check_audience,  check_expiry,     check_not_before,
    parse,         check_single, check_alg,    check_signature, compare_payloads, NULL};

/* v3.3 and before. */
static const check parse_first[] = {parse,          split_payload,   decode,           check_issuer,
                                    check_audience, check_expiry,    check_not_before, check_single,
                                    check_alg,      check_signature, compare_payloads, NULL};

static const check *order_of(const struct goidc_dialect *d)
{
    if (!d->claims_first)
        return signature_first;
    return d->parse_first ? parse_first : claims_first;
}

/* Goes through the order; what it made of the token is in w, whatever came. */
static int walk(struct work *w, struct err *err)
{
    struct err own = {0};
    struct err *e = err != NULL ? err : &own;
    int rc = 0;
    for (const check *c = order_of(&w->p->dialect); rc == 0 && *c != NULL; c++)
        rc = (*c)(w, e);
    return rc;
}

static void work_deinit(struct work *w)
{
    goidc_jws_deinit(&w->jws);
    xfree(w->payload);
    js_free(w->claims);
}

int goidc_verify(struct goidc *p, const char *token, const char *client_id,
                 const struct clock *clock, const struct goidc_skip *skip, struct js **ret_claims,
                 struct err *err)
{
    static const struct goidc_skip nothing = {0};
    struct work w = {
        .p = p,
        .token = token,
        .client_id = client_id,
        .now_s = clock_now_s(clock),
        .skip = skip != NULL ? skip : &nothing,
    };
    int rc = walk(&w, err);
    if (rc == 0) {
        *ret_claims = w.claims;
        w.claims = NULL;
    }
    work_deinit(&w);
    return rc;
}

int goidc_verify_local(const struct goidc_local *l, const char *token, const struct clock *clock,
                       struct js **ret_claims, char **ret_payload, struct err *err)
{
    static const struct goidc_skip anybodys = {.audience = true};
    AUTO(xfree) char *issuer = xstrdup(l->issuer);
    struct goidc p = {.dialect = l->dialect, .issuer = issuer, .local = l};
    struct work w = {
        .p = &p, .token = token, .client_id = "", .now_s = clock_now_s(clock), .skip = &anybodys};
    strlist_add(&p.algs, "RS256");
    int rc = walk(&w, err);
    if (rc == 0) {
        *ret_claims = w.claims;
        w.claims = NULL;
        if (ret_payload != NULL)
            *ret_payload = xstrndup(w.jws.jws.payload, w.jws.jws.payload_len);
    }
    work_deinit(&w);
    strlist_deinit(&p.algs);
    return rc;
}
