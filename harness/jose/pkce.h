/*
 * PKCE (RFC 7636).
 */
#pragma once

#include <stdbool.h>

char *pkce_s256(const char *verifier);             /* base64url(SHA-256(ASCII)); caller frees */
bool pkce_verifier_is_valid(const char *verifier); /* RFC 7636 4.1: 43..128 unreserved characters */
/* method "S256" or "plain"; any other is false. Constant-time comparison. */
bool pkce_matches(const char *verifier, const char *challenge, const char *method);
