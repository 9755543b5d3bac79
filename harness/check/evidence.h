/*
 * Finding in a trace what checks judge: requests, answers and tokens by their place in the chain.
 * Nothing here judges.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/params.h"
#include "harness/check/check.h"

/* The n-th exchange of this login with that place (harness/login/place.h), or NULL. */
const struct trace_event *evidence_exchange(const struct check_view *v, const char *by,
                                            const char *at, size_t n);
/* The last exchange with that place that was answered with 200, from the beginning of the trace:
 * documents are cached. */
const struct trace_event *evidence_document(const struct check_view *v, const char *by,
                                            const char *at);
/* The answer's body as JSON; caller frees; NULL if it is none. */
struct js *evidence_json(const struct trace_event *e);
/* The query of a URL. */
void evidence_query(const char *url, struct params *ret);

const char *evidence_via(const struct check_view *v); /* "ui" "cli" "direct" */
const struct js *
evidence_result(const struct check_view *v); /* {outcome, by, at, …} of the login, or NULL */
bool evidence_signed_in(const struct check_view *v);

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

/* of: CHECK_OF_AUTHENTIK or CHECK_OF_DEX. False when the login did not touch that provider (v.rp
 * etc. empty). */
bool evidence_leg(const struct check_view *v, enum check_of of, struct leg *ret);
void leg_deinit(struct leg *l);

/* The ID token that the provider gave in this login: text (caller frees) or NULL. */
char *evidence_id_token(const struct check_view *v, enum check_of of);
/* Client id the token request was made with: from Basic or the body; caller frees; NULL if unknown.
 */
char *evidence_client_id(const struct leg *l, char **ret_secret);
char *evidence_issuer(const struct check_view *v,
                      enum check_of of); /* the issuer the setup says; caller frees */

DEFINE_AUTO_VALUE(struct leg, leg_deinit)
