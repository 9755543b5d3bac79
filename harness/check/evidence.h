/*
 * Finding in a trace what checks judge: requests, answers and tokens by their place in the chain.
 * All of it is found once for a login and then read by every check. Nothing here judges.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/params.h"
#include "harness/check/check.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jws.h"

/* What was found in the view's login; owns it. The view must outlive it. */
struct evidence *evidence_new(const struct check_view *v);
struct evidence *evidence_free(struct evidence *e);

/* All that follows reads v->evidence; texts and values are borrowed from it. */

/* The n-th exchange of this login with that place (harness/login/place.h), or NULL. */
const struct trace_event *evidence_exchange(const struct check_view *v, const char *by,
                                            const char *at, size_t n);
const char *evidence_via(const struct check_view *v); /* "ui" "cli" "direct" */
/* The redirect URI that the person's own command line asks for, or NULL. */
const char *evidence_callback(const struct check_view *v);
const struct js *
evidence_result(const struct check_view *v); /* {outcome, by, at, …} of the login, or NULL */
bool evidence_signed_in(const struct check_view *v);

/* A view without a login of its own shows the refresh of the one before it: the legs then have the
 * token request only, and no authorization. */
bool evidence_is_refresh(const struct check_view *v);
/* The claims of the ID token that the login before the refresh gave (OIDC Core 12.2); NULL if none
 * was seen. */
const struct js *evidence_original(const struct check_view *v, enum check_of of);

/* A document of a provider: its last answer with 200, from the beginning of the trace, because
 * relying parties keep what they read. */
struct document {
    const struct trace_event *answer; /* NULL: nobody asked */
    struct js *json;                  /* NULL: none, or no JSON */
};
const struct document *evidence_discovery(const struct check_view *v, enum check_of of);
const struct document *evidence_jwks(const struct check_view *v, enum check_of of);

/* One leg: a provider and who asks it. authentik's relying party is dex (ui, cli) or rp (direct);
 * Dex's is argocd (ui) or cli. */
struct leg {
    const char *provider;
    const char *rp;
    const struct trace_event
        *request;        /* the authorization request as the browser carried it; NULL if none */
    struct params query; /* its parameters */
    char *response;      /* the authorization response's URL, or NULL */
    struct params response_query;
    const struct trace_event
        *token; /* the last token exchange (grant authorization_code), or NULL */
    struct params token_form;
    struct js *answer; /* its JSON */
};

/* of: CHECK_OF_AUTHENTIK or CHECK_OF_DEX. Never NULL; without request when the login did not touch
 * that provider. */
const struct leg *evidence_leg(const struct check_view *v, enum check_of of);

/* The ID token that the provider gave in this login. */
struct id_token {
    char *text; /* NULL: none was seen */
    enum jws_problem problem;
    struct jws jws;
    struct js *claims; /* NULL: it is no JWT */
};
const struct id_token *evidence_id_token(const struct check_view *v, enum check_of of);

/* An ID token that the provider gave before this view begins. */
struct earlier_token {
    const char *as;    /* whose login it was, as the harness noted it; borrowed */
    struct js *claims; /* never NULL; the caller frees */
};
/* One after the other, from *i = 0; false at the end. */
bool evidence_next_earlier(const struct check_view *v, enum check_of of, size_t *i,
                           struct earlier_token *ret);
const char *evidence_as(const struct check_view *v); /* whose login this is; NULL if unknown */

const char *evidence_issuer(const struct check_view *v, enum check_of of); /* as the setup says */

/* The helpers below own nothing of the evidence. */

/* The answer's body as JSON; caller frees; NULL if it is none. */
struct js *evidence_json(const struct trace_event *e);
/* The thumbprint of a JWK's first certificate (RFC 7517 4.8, 4.9), base64url; caller frees; NULL
 * when it has none that decodes. */
char *evidence_thumbprint(const struct js *jwk, enum hash_alg alg);
/* The query of a URL. */
void evidence_query(const char *url, struct params *ret);
/* Client id the token request was made with: from Basic or the body; caller frees both; NULL if
 * unknown. */
char *evidence_client_id(const struct leg *l, char **ret_secret);

DEFINE_AUTO(struct evidence, evidence_free)
