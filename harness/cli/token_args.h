/*
 * What the person gives to `rolecall token`: the token, the time, and what to verify with. For
 * cmd_token.c only. No error text repeats the token.
 */
#pragma once

#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/jose/jwt.h"

struct token_args {
    const char *jwks, *ca, *secret_env, *issuer, *audience, *nonce, *now, *leeway;
    const char *decryption_key;
    struct strlist algs, words;
};

void token_args_deinit(struct token_args *a);
/* The one word, or stdin when it is "-" or absent; caller frees. */
int token_read(const struct token_args *a, char **ret, struct err *err) MUST_USE;
/* --now, or the time it is. */
int token_now(const struct token_args *a, int64_t *ret_s, struct err *err) MUST_USE;
/* All of --jwks, --secret-env, --alg, --now, --leeway and the expected claims. The rules borrow
 * from *ret_jwks (caller frees) and from the arguments. */
int token_rules(const struct token_args *a, struct js **ret_jwks, struct jwt_rules *ret,
                struct err *err) MUST_USE;

/* The private RSA key of --decryption-key: PEM, a JWK, or the only one for encryption of a JWKS.
 * NULL and success when it was not given. Caller frees. */
int token_decryption_key(const struct token_args *a, struct key **ret, struct err *err) MUST_USE;

DEFINE_AUTO_VALUE(struct token_args, token_args_deinit)
