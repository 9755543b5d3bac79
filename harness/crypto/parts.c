/*
 * Keys from and to their numbers, as JWKs carry them. Refusals name the part by its JWK letter, so
 * that a report can point at the member. A private key is tried once against its public half.
 */
#include "harness/crypto/pkey.h"

#include <assert.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "harness/crypto/evp.h"
#include "harness/crypto/pkey_impl.h"

#define RSA_BITS_MIN 2048 /* RFC 7518 3.3 */
#define RSA_BITS_MAX 16384
#define RSA_E_BYTES_MAX 8

static const struct rsa_row {
    enum pkey_part part;
    const char *letter;
    const char *param; /* OpenSSL's */
    bool crt;
} rsa_rows[] = {
    {PKEY_N, "n", OSSL_PKEY_PARAM_RSA_N, false},
    {PKEY_E, "e", OSSL_PKEY_PARAM_RSA_E, false},
    {PKEY_D, "d", OSSL_PKEY_PARAM_RSA_D, false},
    {PKEY_P, "p", OSSL_PKEY_PARAM_RSA_FACTOR1, true},
    {PKEY_Q, "q", OSSL_PKEY_PARAM_RSA_FACTOR2, true},
    {PKEY_DP, "dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, true},
    {PKEY_DQ, "dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, true},
    {PKEY_QI, "qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true},
    {PKEY_PART_MAX_, NULL, NULL, false},
};

void pkey_parts_deinit(struct pkey_parts *parts)
{
    for (int i = 0; i < PKEY_PART_MAX_; i++) {
        xfree(parts->part[i].ptr);
    }
    *parts = (struct pkey_parts){0};
}

/* A number of the key, left-padded to width (0: as short as it is). */
static void take_number(const struct pkey *k, const char *param, size_t width,
                        struct pkey_parts *to, enum pkey_part part)
{
    BIGNUM *bn = NULL;
    int ok = EVP_PKEY_get_bn_param(k->evp, param, &bn);
    assert(ok == 1);
    (void)ok;
    size_t len = width > 0 ? width : (size_t)BN_num_bytes(bn);
    uint8_t *p = xcalloc(len, 1);
    int written = BN_bn2binpad(bn, p, (int)len);
    assert(written == (int)len);
    (void)written;
    BN_free(bn);
    to->part[part].ptr = p;
    to->part[part].len = len;
}

static void take_raw(const struct pkey *k, struct pkey_parts *to)
{
    size_t len = pkey_width(k->kind);
    uint8_t *p = xcalloc(len, 1);
    int ok = EVP_PKEY_get_raw_public_key(k->evp, p, &len);
    assert(ok == 1);
    (void)ok;
    to->part[PKEY_X].ptr = p;
    to->part[PKEY_X].len = len;
}

void pkey_public_parts(const struct pkey *k, struct pkey_parts *ret)
{
    *ret = (struct pkey_parts){.kind = k->kind};
    size_t width = pkey_width(k->kind);
    if (k->kind == PKEY_RSA) {
        take_number(k, OSSL_PKEY_PARAM_RSA_N, 0, ret, PKEY_N);
        take_number(k, OSSL_PKEY_PARAM_RSA_E, 0, ret, PKEY_E);
    } else if (pkey_group_name(k->kind)) {
        take_number(k, OSSL_PKEY_PARAM_EC_PUB_X, width, ret, PKEY_X);
        take_number(k, OSSL_PKEY_PARAM_EC_PUB_Y, width, ret, PKEY_Y);
    } else {
        take_raw(k, ret);
    }
}

static EVP_PKEY *from_params(const char *type, bool is_private, OSSL_PARAM_BLD *bld)
{
    EVP_PKEY *evp = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    int selection = is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1) {
        (void)EVP_PKEY_fromdata(ctx, &evp, selection, params);
    }
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return evp;
}

static bool is_odd(const struct pkey_parts *parts, enum pkey_part part)
{
    return (parts->part[part].ptr[parts->part[part].len - 1] & 1) == 1;
}

/* RFC 7518 6.3: n and e always; of the five CRT numbers all or none. */
static int check_rsa(const struct pkey_parts *parts, struct err *err)
{
    bool crt = false;
    for (const struct rsa_row *r = rsa_rows; r->letter; r++) {
        crt = crt || (r->crt && parts->part[r->part].ptr);
    }
    for (const struct rsa_row *r = rsa_rows; r->letter; r++) {
        bool needed =
            r->part == PKEY_N || r->part == PKEY_E || (r->part == PKEY_D && crt) || (r->crt && crt);
        if (needed && (!parts->part[r->part].ptr || parts->part[r->part].len == 0)) {
            return err_set(err, ERR_PARSE, "member '%s' is missing", r->letter);
        }
        if (parts->part[r->part].len > 0 && parts->part[r->part].ptr[0] == 0) {
            return err_set(err, ERR_PARSE, "member '%s' starts with a zero byte (RFC 7518 2)",
                           r->letter);
        }
    }
    size_t e_len = parts->part[PKEY_E].len;
    if (e_len > RSA_E_BYTES_MAX || !is_odd(parts, PKEY_E) ||
        (e_len == 1 && parts->part[PKEY_E].ptr[0] < 3)) {
        return err_set(err, ERR_PARSE, "member 'e' is no usable exponent");
    }
    if (!is_odd(parts, PKEY_N)) {
        return err_set(err, ERR_PARSE, "member 'n' is even");
    }
    return 0;
}

static int check_rsa_size(int bits, struct err *err)
{
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX) {
        return err_set(err, ERR_PARSE, "member 'n' has %d bits, expected %d to %d (RFC 7518 3.3)",
                       bits, RSA_BITS_MIN, RSA_BITS_MAX);
    }
    return 0;
}

static int rsa_evp(const struct pkey_parts *parts, EVP_PKEY **ret, struct err *err)
{
    if (check_rsa(parts, err) != 0) {
        return -1;
    }
    BIGNUM *numbers[PKEY_PART_MAX_] = {NULL};
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    bool ok = bld;
    for (const struct rsa_row *r = rsa_rows; r->letter; r++) {
        if (parts->part[r->part].ptr) {
            BIGNUM *bn = BN_bin2bn(parts->part[r->part].ptr, (int)parts->part[r->part].len, NULL);
            numbers[r->part] = bn;
            ok = ok && bn && OSSL_PARAM_BLD_push_BN(bld, r->param, bn) == 1;
        }
    }
    int rc = check_rsa_size(numbers[PKEY_N] ? BN_num_bits(numbers[PKEY_N]) : 0, err);
    if (rc == 0) {
        *ret = ok ? from_params("RSA", numbers[PKEY_D], bld) : NULL;
        rc = *ret ? 0 : evp_err(err, "members 'n' and 'e'");
    }
    OSSL_PARAM_BLD_free(bld);
    for (int i = 0; i < PKEY_PART_MAX_; i++) {
        BN_clear_free(numbers[i]);
    }
    return rc;
}

static int check_width(const struct pkey_parts *parts, enum pkey_part part, const char *letter,
                       struct err *err)
{
    size_t width = pkey_width(parts->kind);
    if (!parts->part[part].ptr) {
        return err_set(err, ERR_PARSE, "member '%s' is missing", letter);
    }
    if (parts->part[part].len != width) {
        return err_set(err, ERR_PARSE, "member '%s' has %zu bytes, expected %zu", letter,
                       parts->part[part].len, width);
    }
    return 0;
}

/* RFC 7518 6.2: x, y and d all in the full width of the curve. */
static int ec_evp(const struct pkey_parts *parts, EVP_PKEY **ret, struct err *err)
{
    bool is_private = parts->part[PKEY_D].ptr;
    if (check_width(parts, PKEY_X, "x", err) != 0 || check_width(parts, PKEY_Y, "y", err) != 0 ||
        (is_private && check_width(parts, PKEY_D, "d", err) != 0)) {
        return -1;
    }
    size_t width = pkey_width(parts->kind);
    size_t point_len = 1 + 2 * width;
    AUTO(xfree) char *point = xcalloc(point_len, 1);
    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    (void)memcpy(point + 1, parts->part[PKEY_X].ptr, width);
    (void)memcpy(point + 1 + width, parts->part[PKEY_Y].ptr, width);
    BIGNUM *d = is_private ? BN_bin2bn(parts->part[PKEY_D].ptr, (int)width, NULL) : NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    bool ok =
        bld &&
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                        pkey_group_name(parts->kind), 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, point_len) == 1 &&
        (!d || OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1);
    *ret = ok ? from_params("EC", is_private, bld) : NULL;
    OSSL_PARAM_BLD_free(bld);
    BN_clear_free(d);
    if (!*ret) {
        ERR_clear_error();
        return err_set(err, ERR_PARSE, "members 'x' and 'y' are no point of the curve%s",
                       is_private ? ", or 'd' is out of its range" : "");
    }
    return 0;
}

/* RFC 8037 2: x is the raw public key, d the raw private key. */
static int edwards_evp(const struct pkey_parts *parts, EVP_PKEY **ret, struct err *err)
{
    bool is_private = parts->part[PKEY_D].ptr;
    if (check_width(parts, PKEY_X, "x", err) != 0 ||
        (is_private && check_width(parts, PKEY_D, "d", err) != 0)) {
        return -1;
    }
    const char *type = pkey_type_name(parts->kind);
    size_t width = pkey_width(parts->kind);
    *ret = is_private
               ? EVP_PKEY_new_raw_private_key_ex(NULL, type, NULL, parts->part[PKEY_D].ptr, width)
               : EVP_PKEY_new_raw_public_key_ex(NULL, type, NULL, parts->part[PKEY_X].ptr, width);
    return *ret ? 0 : evp_err(err, "members 'x' and 'd'");
}

/* Whether the private half belongs to the public one. */
static bool halves_match(const struct pkey *k, const struct pkey_parts *parts)
{
    if (pkey_group_name(k->kind) || (k->kind == PKEY_RSA && parts->part[PKEY_P].ptr)) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->evp, NULL);
        bool ok = ctx && EVP_PKEY_pairwise_check(ctx) == 1;
        EVP_PKEY_CTX_free(ctx);
        ERR_clear_error();
        return ok;
    }
    if (k->kind == PKEY_RSA) {
        /* Only n, e and d: OpenSSL's check wants the primes, so try a signature. */
        AUTO(xfree) char *signature = NULL;
        uint8_t *made = NULL;
        size_t len = 0;
        int rc = pkey_sign(k, SIGN_PKCS1, HASH_SHA256, "try", 3, &made, &len, NULL);
        signature = (char *)made;
        return rc == 0 && pkey_verify(k, SIGN_PKCS1, HASH_SHA256, "try", 3, signature, len);
    }
    AUTO(pkey_parts_deinit) struct pkey_parts own = {0};
    pkey_public_parts(k, &own);
    return secret_equal(own.part[PKEY_X].ptr, own.part[PKEY_X].len, parts->part[PKEY_X].ptr,
                        parts->part[PKEY_X].len);
}

int pkey_from_parts(const struct pkey_parts *parts, struct pkey **ret, struct err *err)
{
    assert(parts->kind < PKEY_KIND_MAX_);
    int (*make)(const struct pkey_parts *, EVP_PKEY **, struct err *) =
        parts->kind == PKEY_RSA        ? rsa_evp
        : pkey_group_name(parts->kind) ? ec_evp
                                       : edwards_evp;
    EVP_PKEY *evp = NULL;
    AUTO(pkey_free) struct pkey *k = NULL;
    if (make(parts, &evp, err) != 0 || pkey_wrap(evp, &k, err) != 0) {
        return -1;
    }
    if (k->is_private && !halves_match(k, parts)) {
        return err_set(err, ERR_PARSE, "member 'd' does not belong to the public key");
    }
    *ret = k;
    k = NULL;
    return 0;
}
