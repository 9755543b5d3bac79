/*
 * Dex's oidc connector (dex.md 4): a relying party of authentik. It knows the identity it makes,
 * not who asked for it.
 */
#pragma once

#include "mocks/common/goidc.h"
#include "mocks/dex/dex_int.h"

/* Reads the options and discovers the provider; -1 and the cause, with "failed to get provider: "
 * in front when it is the provider's. */
int dex_oidc_open(struct dex *d, const struct dex_connector *c, struct dex_oidc **ret,
                  struct err *err) MUST_USE;
struct dex_oidc *dex_oidc_free(struct dex_oidc *o);
/* -1 with the text that ends the start when an option has the wrong type. */
int dex_oidc_check_options(const struct dex *d, const struct js *conf, struct err *err) MUST_USE;

/* The options under their own names; what this version does not know is dropped. Caller frees. */
struct js *dex_oidc_options(const struct dex *d, const struct js *conf);
/* What is checked when the connector is opened: removed options. */
int dex_oidc_check_open(const struct dex *d, const struct js *conf, struct err *err) MUST_USE;
/* rootCAs as one PEM text (caller frees), NULL when there are none; -1 when one is none. */
int dex_oidc_root_cas(const struct js *conf, char **ret_pem, struct err *err) MUST_USE;

DEFINE_AUTO(struct dex_oidc, dex_oidc_free)

/* Where to send the person. verifier is the auth request's PKCE verifier. Caller frees *ret. */
int dex_oidc_login_url(struct dex *d, struct dex_oidc *o, const struct dex_session *s, char **ret,
                       struct err *err) MUST_USE;
/* The callback (dex.md 4.4): code exchange, verification, identity. */
int dex_oidc_callback(struct dex *d, struct dex_oidc *o, const struct dex_session *s,
                      const struct http_request *req, struct dex_identity *ret, struct err *err)
    MUST_USE;
/* The refresh (dex.md 4.7) with authentik's refresh token ("" when none is stored). */
int dex_oidc_refresh(struct dex *d, struct dex_oidc *o, const char *upstream_refresh,
                     struct dex_identity *ret, struct err *err) MUST_USE;
/* Token exchange: an identity from an ID token, or from an access token through userinfo. */
int dex_oidc_token_identity(struct dex *d, struct dex_oidc *o, const char *token, bool is_id_token,
                            struct dex_identity *ret, struct err *err) MUST_USE;

/* ---- claims.c ---- */
struct regex;
struct dex_claim_rules {
    const struct js *conf; /* the connector's options */
    bool has_email_scope;
    bool skip_email_verified;    /* the option, or the defect */
    struct regex *groups_filter; /* NULL = none */
    /* what older versions do otherwise (dex.md 9) */
    const char *subject; /* the user, whatever the claims say; NULL = `sub`, which must be there */
    bool no_groups_string;  /* a groups claim that is one text is none */
    bool no_groups_objects; /* a group that is an object is malformed */
};
/* Steps 8 to 15 of dex.md 4.4. */
int dex_claims_to_identity(const struct dex_claim_rules *rules, const struct js *claims,
                           struct dex_identity *ret, struct err *err) MUST_USE;
/* The go-oidc that this version of Dex is built with (dex.md 5). */
struct goidc_dialect dex_goidc_dialect(const struct dex *d);
