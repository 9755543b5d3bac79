/*
 * What the checks of tokens share: the answer of the token endpoint and the ID token in it, or a
 * written skip. Borrowed from the evidence.
 */
#pragma once

#include <stdint.h>

#include "harness/check/evidence.h"

#define SKEW_S 300 /* what peers allow (peers.md A.3) */

/* A leg whose token request was answered with 200 and a JSON object, or NULL with a skip written.
 */
const struct leg *seen_answer(const struct check_view *v, enum check_of of, struct verdict *ret);

/* The ID token of one provider with the leg it came on. */
struct seen {
    const struct leg *leg;
    const struct jws *jws;
    const struct js *claims;
    int64_t at_s; /* when it was given */
};
/* True with the token decoded; otherwise a skip is written. That it is a JWT at all is for
 * token.id-token to judge. */
bool seen_id_token(const struct check_view *v, enum check_of of, struct seen *s,
                   struct verdict *ret);
/* The same for a token of a login only: of a refreshed one the claim is judged by `instead`, which
 * compares it with the first one's (OIDC Core 12.2). */
bool seen_first_id_token(const struct check_view *v, enum check_of of, const char *instead,
                         struct seen *s, struct verdict *ret);
/* The client the token was asked for with. Caller frees. */
char *seen_client(const struct check_view *v, enum check_of of, const struct seen *s);
