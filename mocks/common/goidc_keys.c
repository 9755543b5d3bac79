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

struct goidc_flight {
    int waiting; /* who still looks at it, the one that flies included */
    bool done;
    struct goidc_keys *keys; /* NULL: err */
    struct err err;
};

void goidc_keyset_init(struct goidc_keyset *s)
{
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->landed, NULL);
}

void goidc_keyset_deinit(struct goidc_keyset *s)
{
    keys_free(s->current);
    pthread_cond_destroy(&s->landed);
    pthread_mutex_destroy(&s->lock);
}

static struct goidc_keys *hold(struct goidc_keys *k)
{
    if (k != NULL)
        k->refs++;
    return k;
}

static struct goidc_keys *hold_current(struct goidc_keyset *s)
{
    pthread_mutex_lock(&s->lock);
    struct goidc_keys *k = hold(s->current);
    pthread_mutex_unlock(&s->lock);
    return k;
}

/* With the lock held. */
static void drop(struct goidc_keys *k)
{
    if (k != NULL && --k->refs == 0)
        keys_free(k);
}

static void release(struct goidc_keyset *s, struct goidc_keys *k)
{
    pthread_mutex_lock(&s->lock);
    drop(k);
    pthread_mutex_unlock(&s->lock);
}

/* go-jose compares a certificate with its key while it reads (go-jose jwk.go, UnmarshalJSON). */
static const char *certificate_error(const struct js *jwk, const struct key *key)
{
    enum jwk_problem p = jwk_check_certificates(jwk, key, NULL);
    if (p == JWK_X5C_OTHER_KEY)
        return "invalid JWK, public keys in key and x5c fields do not match";
    if (p == JWK_X5T_OTHER_CERTIFICATE)
        return "invalid JWK, x5c thumbprint does not match x5t value";
    if (p == JWK_X5T_S256_OTHER_CERTIFICATE)
        return "invalid JWK, x5c thumbprint does not match x5t#S256 value";
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

static bool is_known_kty(const char *kty)
{
    static const char *const known[] = {"RSA", "EC", "OKP", "oct", NULL};
    for (const char *const *k = known; *k != NULL; k++) {
        if (cstr_eq(kty, *k))
            return true;
    }
    return false;
}

/* Caller frees. */
static char *key_error(const struct goidc *p, const struct js *jwk, const struct err *err)
{
    const char *kty = js_get_text(jwk, "kty");
    if (is_known_kty(kty))
        return xasprintf("%s: invalid JWK, %s", goidc_jose(p), err->msg);
    if (p->dialect.old_key_text)
        return xasprintf("%s: unknown json web key type '%s'", goidc_jose(p),
                         kty != NULL ? kty : "");
    return xasprintf("%s: unsupported key type/format", goidc_jose(p));
}

/* One key that go-jose cannot read spoils the whole set. */
static int read_keys(const struct goidc *p, const struct js *set, struct goidc_keys *keys,
                     char **ret_cause)
{
    const struct js *list = js_get(set, "keys");
    keys->kids = xcalloc(js_len(list) + 1, sizeof *keys->kids);
    keys->keys = xcalloc(js_len(list) + 1, sizeof *keys->keys);
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *jwk = js_at(list, i);
        const char *kid = js_get_text(jwk, "kid");
        struct err err = {0};
        if (read_key(jwk, &keys->keys[i], &err) != 0) {
            *ret_cause = key_error(p, jwk, &err);
            return -1;
        }
        keys->kids[i] = xstrdup(kid != NULL ? kid : "");
        keys->len = i + 1;
        const char *mismatch = certificate_error(jwk, keys->keys[i]);
        if (mismatch != NULL) {
            *ret_cause = xasprintf("%s: %s", goidc_jose(p), mismatch);
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

static int read_response(const struct goidc *p, const struct http_response *resp,
                         struct goidc_keys **ret, struct err *err)
{
    if (resp->status != 200) {
        AUTO(xfree) char *status = gohttp_status(resp);
        return err_set(err, ERR_NET, "oidc: get keys failed: %s %s", status,
                       resp->body != NULL ? resp->body : "");
    }
    struct str text = {resp->body != NULL ? resp->body : "", resp->body_len};
    char *error = NULL;
    AUTO(js_free) struct js *set = go_json_parse(text, true, &error);
    AUTO(xfree) char *cause = error;
    AUTO(keys_free) struct goidc_keys *keys = xcalloc(1, sizeof *keys);
    if (cause != NULL || read_keys(p, set, keys, &cause) != 0)
        return decode_error(resp, cause, err);
    *ret = keys;
    keys = NULL;
    return 0;
}

static int fetch_now(const struct goidc *p, struct goidc_keys **ret, struct err *err)
{
    AUTO(http_response_deinit) struct http_response resp = {0};
    if (goidc_get(p, p->keys_client, p->jwks_url, NULL, &resp, err) != 0) {
        struct err cause = *err;
        return err_set(err, cause.code, "oidc: get keys failed %s", cause.msg);
    }
    return read_response(p, &resp, ret, err);
}

/* With the lock held: the one that has the flight's result makes it known. */
static void land(struct goidc_keyset *s, struct goidc_flight *f)
{
    f->done = true;
    s->flight = NULL;
    if (f->keys != NULL) {
        f->keys->refs = 1; /* the flight's own */
        drop(s->current);
        s->current = hold(f->keys);
    }
    pthread_cond_broadcast(&s->landed);
}

/* Single flight: whoever comes while one is under way takes its result, good or bad. The keys are
 * held for the caller; NULL and err otherwise. */
static struct goidc_keys *fetch(const struct goidc *p, struct goidc_keyset *s, struct err *err)
{
    pthread_mutex_lock(&s->lock);
    struct goidc_flight *f = s->flight;
    bool is_mine = f == NULL;
    if (is_mine) {
        f = xcalloc(1, sizeof *f);
        s->flight = f;
    }
    f->waiting++;
    if (is_mine) {
        pthread_mutex_unlock(&s->lock);
        (void)!fetch_now(p, &f->keys, &f->err);
        pthread_mutex_lock(&s->lock);
        land(s, f);
    }
    while (!f->done)
        pthread_cond_wait(&s->landed, &s->lock);
    struct goidc_keys *keys = hold(f->keys);
    if (keys == NULL)
        *err = f->err;
    if (--f->waiting == 0) {
        drop(f->keys);
        xfree(f);
    }
    pthread_mutex_unlock(&s->lock);
    return keys;
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

int goidc_keyset_verify(struct goidc *p, const struct jws *j, const struct goidc_skip *skip,
                        struct err *err)
{
    struct goidc_keyset *s = &p->keys;
    const char *kid = js_get_text(j->header, "kid");
    kid = kid != NULL ? kid : "";
    struct goidc_keys *keys = hold_current(s);
    bool ok = any_key_verifies(keys, j, kid, skip);
    bool is_final = skip->keys_for_ever && keys != NULL;
    release(s, keys);
    if (!ok && !is_final) {
        keys = fetch(p, s, err);
        if (keys == NULL) {
            struct err cause = *err;
            return err_set(err, cause.code, "fetching keys %s", cause.msg);
        }
        ok = any_key_verifies(keys, j, kid, skip);
        release(s, keys);
    }
    return ok ? 0 : err_set(err, ERR_CRYPTO, "failed to verify id token signature");
}
