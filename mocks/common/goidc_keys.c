/*
 * go-oidc's RemoteKeySet (oidc/jwks.go): keys fetched lazily, kept without time limit, fetched once
 * more when nothing cached verifies (dex.md 5). It never holds the cache's lock while it asks.
 */
#include "mocks/common/goidc_int.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwk_check.h"
#include "harness/jose/jwk_lenient.h"
#include "mocks/common/gohttp.h"
#include "mocks/common/gotext.h"

static struct goidc_keys *keys_free(struct goidc_keys *k)
{
    if (k == NULL)
        return NULL;
    for (size_t i = 0; i < k->len; i++) {
        xfree(k->kids[i]);
        key_free(k->keys[i]);
    }
    xfree(k->kids);
    xfree(k->keys);
    return xfree(k);
}

DEFINE_AUTO(struct goidc_keys, keys_free)

void goidc_keyset_init(struct goidc_keyset *s)
{
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->fetch, NULL);
}

void goidc_keyset_deinit(struct goidc_keyset *s)
{
    keys_free(s->current);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->fetch);
}

static struct goidc_keys *hold_current(struct goidc_keyset *s, unsigned long *ret_fetched)
{
    pthread_mutex_lock(&s->lock);
    struct goidc_keys *k = s->current;
    if (k != NULL)
        k->refs++;
    *ret_fetched = s->fetched;
    pthread_mutex_unlock(&s->lock);
    return k;
}

static void release(struct goidc_keyset *s, struct goidc_keys *k)
{
    if (k == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    bool last = --k->refs == 0;
    pthread_mutex_unlock(&s->lock);
    if (last)
        keys_free(k);
}

static void replace(struct goidc_keyset *s, struct goidc_keys *take)
{
    pthread_mutex_lock(&s->lock);
    struct goidc_keys *old = s->current;
    s->current = take;
    s->fetched++;
    pthread_mutex_unlock(&s->lock);
    release(s, old);
}

/* go-jose compares a certificate with its key while it reads (go-jose jwk.go, UnmarshalJSON). */
static const char *certificate_error(const struct js *jwk, const struct key *key)
{
    enum jwk_problem p = jwk_check_certificates(jwk, key, NULL);
    if (p == JWK_X5C_OTHER_KEY)
        return "go-jose/go-jose: invalid JWK, public keys in key and x5c fields do not match";
    if (p == JWK_X5T_OTHER_CERTIFICATE)
        return "go-jose/go-jose: invalid JWK, x5c thumbprint does not match x5t value";
    if (p == JWK_X5T_S256_OTHER_CERTIFICATE)
        return "go-jose/go-jose: invalid JWK, x5c thumbprint does not match x5t#S256 value";
    return NULL;
}

#define RSA_BITS_OWN 2048U /* jwk_to_key reads no shorter one */

/* go-jose reads a number whatever zeros stand before it, and a modulus of any length; of a short
 * one nothing is verified here, so the place stays empty. */
static int read_key(const struct js *jwk, struct key **ret, struct err *err)
{
    AUTO(js_free) struct js *trimmed = jwk_trimmed(jwk);
    size_t bits = cstr_eq(js_get_text(jwk, "kty"), "RSA") ? jwk_rsa_bits(jwk) : RSA_BITS_OWN;
    return bits > 0 && bits < RSA_BITS_OWN ? 0 : jwk_to_key(trimmed, ret, err);
}

/* One key that go-jose cannot read spoils the whole set. */
static int read_keys(const struct js *set, struct goidc_keys *keys, char **ret_cause)
{
    static const char *const known[] = {"RSA", "EC", "OKP", "oct", NULL};
    const struct js *list = js_get(set, "keys");
    keys->kids = xcalloc(js_len(list) + 1, sizeof *keys->kids);
    keys->keys = xcalloc(js_len(list) + 1, sizeof *keys->keys);
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *jwk = js_at(list, i);
        const char *kid = js_get_text(jwk, "kid");
        struct err err = {0};
        if (read_key(jwk, &keys->keys[i], &err) != 0) {
            const char *kty = js_get_text(jwk, "kty");
            bool is_known = false;
            for (const char *const *k = known; *k != NULL; k++)
                is_known = is_known || cstr_eq(kty, *k);
            *ret_cause = is_known ? xasprintf("go-jose/go-jose: invalid JWK, %s", err.msg)
                                  : xstrdup("go-jose/go-jose: unsupported key type/format");
            return -1;
        }
        keys->kids[i] = xstrdup(kid != NULL ? kid : "");
        keys->len = i + 1;
        const char *mismatch = certificate_error(jwk, keys->keys[i]);
        if (mismatch != NULL) {
            *ret_cause = xstrdup(mismatch);
            return -1;
        }
    }
    return 0;
}

static int decode_error(const struct http_response *resp, const char *cause, struct err *err)
{
    AUTO(xfree) char *text = gohttp_unmarshal_error(resp, cause);
    return err_set(err, ERR_NET, "oidc: failed to decode keys: %s %s", text,
                   resp->body != NULL ? resp->body : "");
}

static int read_response(const struct http_response *resp, struct goidc_keys **ret, struct err *err)
{
    if (resp->status != 200) {
        AUTO(xfree) char *status = gohttp_status(resp);
        return err_set(err, ERR_NET, "oidc: get keys failed: %s %s", status,
                       resp->body != NULL ? resp->body : "");
    }
    struct str text = {resp->body != NULL ? resp->body : "", resp->body_len};
    AUTO(js_free) struct js *set = NULL;
    AUTO(xfree) char *cause = go_json_error(text.ptr, text.len);
    struct err parse = {0};
    if (cause == NULL && js_parse(text, "JWKS", &set, &parse) != 0)
        cause = xstrdup(parse.msg);
    AUTO(keys_free) struct goidc_keys *keys = xcalloc(1, sizeof *keys);
    if (cause != NULL || read_keys(set, keys, &cause) != 0)
        return decode_error(resp, cause, err);
    keys->refs = 1;
    *ret = keys;
    keys = NULL;
    return 0;
}

static int fetch_now(struct goidc *p, struct err *err)
{
    AUTO(http_response_deinit) struct http_response resp = {0};
    if (goidc_get(p, p->jwks_url, NULL, &resp, err) != 0)
        return err_wrap(err, "oidc: get keys failed");
    struct goidc_keys *keys = NULL;
    if (read_response(&resp, &keys, err) != 0)
        return -1;
    replace(&p->keys, keys);
    return 0;
}

/* Single flight: who waited for another's fetch takes its result. */
static int fetch(struct goidc *p, unsigned long seen, struct err *err)
{
    struct goidc_keyset *s = &p->keys;
    pthread_mutex_lock(&s->fetch);
    pthread_mutex_lock(&s->lock);
    bool is_newer = s->fetched != seen;
    pthread_mutex_unlock(&s->lock);
    int rc = is_newer ? 0 : fetch_now(p, err);
    pthread_mutex_unlock(&s->fetch);
    return rc;
}

/* The confusion of RFC 8725 2.1: the text of a public key serves as the secret of an HMAC. */
static bool confused(const struct goidc_skip *skip, const struct jws *j, const struct key *k)
{
    AUTO(xfree) char *pem = skip->hs256_public && j->alg == JWS_HS256 ? key_public_pem(k) : NULL;
    if (pem == NULL)
        return false;
    AUTO(key_free) struct key *secret = key_from_secret(pem, strlen(pem));
    return jws_verify(j, secret) == JWS_OK;
}

static bool any_key_verifies(const struct goidc_keys *k, const struct jws *j, const char *kid,
                             const struct goidc_skip *skip)
{
    for (size_t i = 0; k != NULL && i < k->len; i++) {
        if (k->keys[i] != NULL && confused(skip, j, k->keys[i]))
            return true;
        if (k->keys[i] != NULL && jwk_kid_suits(k->kids[i], kid) &&
            jws_verify(j, k->keys[i]) == JWS_OK)
            return true;
    }
    return false;
}

int goidc_keyset_verify(struct goidc *p, const struct jws *j, const char *kid,
                        const struct goidc_skip *skip, struct err *err)
{
    unsigned long seen = 0;
    struct goidc_keys *keys = hold_current(&p->keys, &seen);
    bool ok = any_key_verifies(keys, j, kid, skip);
    bool final = skip->keys_for_ever && keys != NULL;
    release(&p->keys, keys);
    if (ok)
        return 0;
    if (final)
        return err_set(err, ERR_CRYPTO, "failed to verify id token signature");
    if (fetch(p, seen, err) != 0) {
        struct err cause = *err;
        return err_set(err, cause.code, "fetching keys %s", cause.msg);
    }
    keys = hold_current(&p->keys, &seen);
    ok = any_key_verifies(keys, j, kid, skip);
    release(&p->keys, keys);
    return ok ? 0 : err_set(err, ERR_CRYPTO, "failed to verify id token signature");
}
