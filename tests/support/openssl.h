/*
 * The `openssl` command as a second opinion on signatures, keys and sealed keys: it signs what the
 * harness verifies and verifies what the harness signs. Works in a folder of its own, which is gone
 * afterwards. Knows JOSE's names and forms, and nothing of harness/crypto or harness/jose but how a
 * key is written as PEM.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/mem.h"
#include "harness/data/json.h"

struct openssl;

struct openssl *openssl_new(void); /* fails the test when there is no room for files */
struct openssl *openssl_free(struct openssl *o);

/* A file of these bytes in the folder; the path belongs to o. */
const char *openssl_file(struct openssl *o, const void *p, size_t n);
const char *openssl_text_file(struct openssl *o, const char *text);
/* The path of a file that is not there yet. */
const char *openssl_new_file(struct openssl *o);
/* The whole file, caller frees; fails the test when it is not there. */
uint8_t *openssl_read(const char *path, size_t *ret_len);
/* Exit status of `openssl WORDS…`; words end with NULL. What it prints is dropped. */
int openssl_run(const char *const *words);

/* A key as `openssl` builds it from the numbers of a public JWK (RSA, EC) alone; path of a PEM.
 * NULL when openssl refuses them. */
const char *openssl_jwk_pem(struct openssl *o, const struct js *jwk);
/* The public key inside x5c[0]; path of a PEM, NULL when openssl refuses it. */
const char *openssl_x5c_pem(struct openssl *o, const struct js *jwk);
/* Whether the two PEM files hold the same text. */
bool openssl_same(const char *a, const char *b);

/* One signature in JOSE's form (ECDSA: r || s). `alg` is JOSE's name; key is the path of a PEM, for
 * HS* of the bytes of the secret. */
struct openssl_signature {
    const char *alg;
    const char *key;
    const void *input;
    size_t input_len;
    uint8_t *signature; /* of openssl_sign: caller frees */
    size_t signature_len;
};

bool openssl_verify(struct openssl *o, const struct openssl_signature *s);
bool openssl_sign(struct openssl *o, struct openssl_signature *s);

DEFINE_AUTO(struct openssl, openssl_free)
