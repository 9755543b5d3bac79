/*
 * What JWS and JWE share of the compact serialisation (RFC 7515 7.1, RFC 7516 7.1): cutting at the
 * dots, strict base64url, a strict header. For jws.c and jwe.c only; their headers have the words
 * for users.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/data/json.h"

#define COMPACT_MAX_TEXT (1024UL * 1024)
#define COMPACT_MAX_HEADER (64UL * 1024)
#define COMPACT_MAX_DEPTH 16

enum compact_problem {
    COMPACT_OK,
    COMPACT_TOO_LONG,
    COMPACT_PARTS,
    COMPACT_PADDED,
    COMPACT_WHITE_SPACE,
    COMPACT_PLAIN_BASE64 /* + and / of RFC 4648 4 */,
    COMPACT_STRAY_BITS /* RFC 4648 3.5 */,
    COMPACT_BASE64 /* any other letter, an impossible length */,
    COMPACT_HEADER,
    COMPACT_DUPLICATE /* RFC 7515 4: member names are unique */,
    COMPACT_DEEP,
    COMPACT_LONG_HEADER,
    COMPACT_MAX_
};

/* Exactly n parts, borrowed from text. detail may be NULL in all of these. */
enum compact_problem compact_split(const char *text, size_t n, struct str *ret_parts,
                                   struct err *detail);
/* The bytes and a NUL, caller frees; `name` is the part's in the detail. */
enum compact_problem compact_decode(struct str part, const char *name, uint8_t **ret,
                                    size_t *ret_len, struct err *detail);
/* A JSON object. Caller frees. */
enum compact_problem compact_header(struct str part, struct js **ret, struct err *detail);
/* The member by which a header brings a key of its own (jwk, jku, x5c, x5u), or NULL. Such a key is
 * the sender's word and nothing else (RFC 8725 2.10, 3.10). */
const char *compact_own_key(const struct js *header);
