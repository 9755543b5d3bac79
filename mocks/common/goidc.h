/*
 * coreos/go-oidc as Dex 2.45 and Argo CD 3.5 use it (v3.17/v3.18; reference/dex.md part 5):
 * discovery, remote key set with its cache, ID token verification in its order and with its
 * literals. Used by the mock Dex (towards authentik) and the mock Argo CD (towards Dex).
 */
#pragma once

#include "harness/base/clock.h"
#include "harness/base/err.h"
#include "harness/data/json.h"
#include "harness/http/client.h"
#include "mocks/common/fault.h"

/* How the releases of go-oidc and go-jose differ; all zero is the newest known. */
struct goidc_dialect {
    bool claims_first;    /* before v3.17: claims are looked at before the signature */
    bool parse_first;     /* v3.3 and before: the JWS is parsed before its claims are looked at */
    bool old_issuer;      /* before v3.17: the wording of another issuer in discovery */
    bool alg_by_go_oidc;  /* v3.9 and before: it refuses an algorithm itself */
    bool alg_by_go_jose;  /* go-jose v4.0: its name stands before the text */
    bool square;          /* go-oidc v3.5 and before: go-jose calls itself square/go-jose */
    bool old_key_text;    /* before go-jose v4: the wording of an unknown kty */
    int64_t nbf_leeway_s; /* 0 = 300 */
};

struct goidc;
struct jws;
/* harness/jose/jws.h */ /* one provider: discovery document and key cache; thread-safe */

/* Discovery at issuer (one trailing slash trimmed) + /.well-known/openid-configuration.
 * rewrite_origin (may be NULL) replaces scheme and host of every call, path kept (Argo CD towards
 * Dex). issuer_alias may be NULL (dex.md 4.1), and so may dialect (copied). Error text without
 * prefix: `404 Not Found: <body>`, `oidc: issuer URL provided to client ("A") did not match the
 * issuer URL returned by provider
 * ("B")`, `Get "URL": dial tcp …`. */
int goidc_new(struct http_client *client, const char *issuer, const char *rewrite_origin,
              const char *issuer_alias, const struct goidc_dialect *dialect, struct goidc **ret,
              struct err *err) MUST_USE;
struct goidc *goidc_free(struct goidc *p);
const struct js *goidc_document(const struct goidc *p);
const char *goidc_issuer(const struct goidc *p); /* that `iss` must equal */

/* Checks a defect can switch off. */
struct goidc_skip {
    bool signature, issuer, audience, expiry, nbf, alg;
    bool none;          /* an unsigned token is as good as a signed one */
    bool hs256_public;  /* HS256 with the text of a public key as secret: alg confusion */
    bool keys_for_ever; /* keys once read are never read again */
    bool issuer_prefix; /* an iss that only begins like the issuer */
    bool issuer_slash;  /* with or without a slash at the end */
    int64_t leeway_s;   /* an exp so long ago is not yet too late */
};

/* The defects of a relying party: adds to ret what is on of <party>/accept-none and so on. */
void goidc_defects(struct fault_set *faults, const char *party, struct goidc_skip *ret);
extern const struct fault faults_goidc[];
/* The same questions for who verifies without go-oidc. */
bool goidc_issuer_fits(const struct goidc_skip *skip, const char *issuer, const char *iss);

/* Verifies an ID token for one audience: JWS parse and algorithm, signature (cached keys, one JWKS
 * fetch on no match), then claims decode, iss, aud, exp (no leeway), nbf (5 min); in another order
 * in older dialects. 0 and the claims
 * (caller frees), or -1 and go-oidc's text without any outer prefix: `oidc: malformed jwt:
 * unexpected signature algorithm "HS256"; expected ["RS256"]`, `failed to verify signature: failed
 * to verify id token signature`, `oidc: token is expired (Token Expiry: 2026-01-01 00:00:00 +0000
 * UTC)` … */
int goidc_verify(struct goidc *p, const char *token, const char *client_id,
                 const struct clock *clock, const struct goidc_skip *skip, struct js **ret_claims,
                 struct err *err) MUST_USE;

/* oidc.NewVerifier with a key set of the caller's own and SkipClientIDCheck: how a provider looks
 * at its own tokens. */
struct goidc_local {
    const char *issuer;
    struct goidc_dialect dialect;
    /* Does a key of that id verify it? */
    bool (*verifies)(void *ctx, const struct jws *j, const char *kid);
    void *ctx;
};
/* As goidc_verify, RS256 alone and no audience. *ret_payload (may be NULL) is what was signed;
 * caller frees. */
int goidc_verify_local(const struct goidc_local *l, const char *token, const struct clock *clock,
                       struct js **ret_claims, char **ret_payload, struct err *err) MUST_USE;

/* Endpoints of a ProviderConfig instead of the discovered ones (dex.md 4.1
 * providerDiscoveryOverrides; each may be NULL). The algorithm list is then taken unfiltered and
 * the alias no longer counts. Call before the first verification. */
void goidc_override(struct goidc *p, const char *auth_url, const char *token_url,
                    const char *jwks_url);
/* Other clients for the keys and for userinfo than that of discovery; each may be NULL, both
 * outlive p. Call before the first verification. */
void goidc_use_clients(struct goidc *p, struct http_client *keys, struct http_client *userinfo);
/* Endpoints in use; "" when the document names none. Borrowed. */
const char *goidc_auth_url(const struct goidc *p);
const char *goidc_token_url(const struct goidc *p);

/* UserInfo with an access token of that type (NULL = Bearer); an application/jwt answer is
 * verified. 0 and the claims (caller frees), or -1 and go-oidc's text: `401 Unauthorized: <body>`,
 * `oidc: failed to decode userinfo: …`, `oidc: user info endpoint is not supported by this
 * provider`. */
int goidc_userinfo(struct goidc *p, const char *token_type, const char *access_token,
                   struct js **ret_claims, struct err *err) MUST_USE;

DEFINE_AUTO(struct goidc, goidc_free)
