/*
 * Time-based one-time passwords as authenticator apps make them (RFC 6238, RFC 4226): SHA-1, six
 * digits, 30 seconds.
 */
#pragma once

#include <stdint.h>

#define TOTP_STEP_S 30
#define TOTP_DIGITS 6U

/* The code for a base32 secret at a time; caller frees; NULL if the secret is not base32 (RFC 4648
 * 6; blanks and "=" are skipped, as people paste them). */
char *totp_code(const char *base32_secret, int64_t now_s);
