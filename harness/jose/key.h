/*
 * Keys: loaded from PEM or from a secret, or one of the test keys that ship with the harness. RSA
 * keys are never made at run time (reference/performance.md 1.1).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct key; /* immutable, reference-counted, usable from several threads */

enum key_kind {
    KEY_RSA,
    KEY_EC_P256,
    KEY_EC_P384,
    KEY_EC_P521,
    KEY_ED25519,
    KEY_ED448,
    KEY_SECRET,
    KEY_KIND_MAX_
};

int key_from_pem(const char *pem, struct key **ret, struct err *err)
    MUST_USE; /* private or public, PKCS#8/SPKI/traditional */
struct key *key_from_secret(const void *bytes, size_t n);
/* Test keys compiled in: "rsa-2048-1" … "rsa-2048-8", "rsa-4096-1", "ec-p256-1" … "ec-p256-3",
 * "ec-p384-1", "ec-p521-1", "ed25519-1", "ed448-1". Parsed once for the process, then shared.
 * Asserts that the name exists. Each call gives a reference; the process keeps one of its own, so a
 * caller that lives as long need not give it back. */
struct key *key_test(const char *name);
/* NULL-terminated names of all test keys. */
const char *const *key_test_names(void);
struct key *key_ref(const struct key *k);
struct key *key_free(struct key *k);

enum key_kind key_kind(const struct key *k);
const char *key_kind_name(enum key_kind kind);
bool key_is_private(const struct key *k);
unsigned key_bits(const struct key *k);
char *key_public_pem(const struct key *k);  /* caller frees; NULL for a secret */
char *key_private_pem(const struct key *k); /* PKCS#8, caller frees; NULL when there is none */
/* DER of a self-signed X.509 certificate over the key, subject CN as given, for x5c; made once,
 * kept with the key. Borrowed. */
int key_certificate(const struct key *k, const char *common_name, const unsigned char **ret_der,
                    size_t *ret_len, struct err *err) MUST_USE;

DEFINE_AUTO(struct key, key_free)
