/*
 * The JWKS (authentik.md 8): one signing key with its certificate, a second entry for the
 * encryption key, or {} when there is neither. Made once a key.
 */
#include "harness/base/b64.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwe.h"
#include "harness/jose/jwk.h"
#include "mocks/authentik/faults.h"
#include "mocks/authentik/state.h"

static int set_certificate(struct js *jwk, const struct key *k, struct err *err)
{
    const unsigned char *der = NULL;
    size_t len = 0;
    if (key_certificate(k, "authentik Self-signed Certificate", &der, &len, err) != 0)
        return -1;
    AUTO(xfree) char *text = b64_encode(der, len);
    uint8_t digest[HASH_SIZE_MAX];
    struct js *chain = js_array();
    js_append_text(chain, text);
    js_set(jwk, "x5c", chain);
    hash_of(HASH_SHA1, der, len, digest);
    AUTO(xfree) char *sha1 = b64url_encode(digest, hash_size(HASH_SHA1));
    js_set_text(jwk, "x5t", sha1);
    hash_of(HASH_SHA256, der, len, digest);
    AUTO(xfree) char *sha256 = b64url_encode(digest, hash_size(HASH_SHA256));
    js_set_text(jwk, "x5t#S256", sha256);
    return 0;
}

struct jwk_names {
    const char *alg;
    const char *kid;
    const char *use;
};

/* alg kid kty use, until 2024.8 kid kty alg use (authentik.md 8). For encryption enc stands second
 * (authentik/providers/oauth2/views/jwks.py). */
static void set_names(struct js *jwk, const struct conf *c, const struct jwk_names *n,
                      const char *kty)
{
    bool alg_first = c->quirks[QUIRK_JWKS_ORDER];
    if (alg_first)
        js_set_text(jwk, "alg", n->alg);
    if (cstr_eq(n->use, "enc"))
        js_set_text(jwk, "enc", jwe_enc_name(JWE_A256CBC_HS512));
    js_set_text(jwk, "kid", n->kid);
    js_set_text(jwk, "kty", kty);
    if (!alg_first)
        js_set_text(jwk, "alg", n->alg);
    js_set_text(jwk, "use", n->use);
}

/* RSA: … n e …; EC: … x y crv …, then the certificate. */
static struct js *jwk_of(const struct conf *c, const struct key *key, const struct jwk_names *n,
                         struct err *err)
{
    static const char *const members[] = {"n", "e", "x", "y", "crv"};
    AUTO(js_free) struct js *plain = jwk_public(key);
    struct js *jwk = js_object();
    set_names(jwk, c, n, js_get_text(plain, "kty"));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (js_get_text(plain, members[i]) != NULL)
            js_set_text(jwk, members[i], js_get_text(plain, members[i]));
    if (set_certificate(jwk, key, err) == 0)
        return jwk;
    return js_free(jwk);
}

static int add_jwk(struct js *keys, struct js *jwk)
{
    if (jwk == NULL)
        return -1;
    js_append(keys, jwk);
    return 0;
}

static struct js *build(const struct conf *c, struct err *err)
{
    AUTO(js_free) struct js *keys = js_array();
    struct js *doc = js_object();
    const struct jwk_names sig = {jws_alg_name(c->alg), c->kid, "sig"};
    const struct jwk_names enc = {jwe_alg_name(JWE_RSA_OAEP_256), c->enc_kid, "enc"};
    if (c->kid != NULL && add_jwk(keys, jwk_of(c, c->key, &sig, err)))
        return js_free(doc);
    if (c->enc_key != NULL && add_jwk(keys, jwk_of(c, c->enc_key, &enc, err)))
        return js_free(doc);
    if (js_len(keys) > 0)
        js_set(doc, "keys", js_ref(keys));
    return doc;
}

static void answer(struct mock *m, struct http_response *resp)
{
    struct err err = {0};
    bool due = ak_faults_due(m, FAULT_JWKS);
    if (m->conf.jwks != NULL && !due) {
        http_respond(resp, 200, AK_JSON, m->conf.jwks);
        return;
    }
    struct fault_call call = {.m = m, .doc = build(&m->conf, &err)};
    if (call.doc == NULL) {
        trace_log(m->env.trace, AK_PARTY, "error", "jwks: %s", err.msg);
        ak_server_error(resp);
        return;
    }
    ak_faults_play(FAULT_JWKS, &call);
    AUTO(xfree) char *text = ak_pyjson(call.doc);
    js_free(call.doc);
    http_respond(resp, 200, AK_JSON, text);
    if (!due) {
        m->conf.jwks = text;
        text = NULL;
    }
}

void ak_jwks_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    static const char methods[] = "GET HEAD OPTIONS";
    struct mock *m = ctx;
    if (!ak_method(req, resp, methods))
        return;
    if (cstr_eq(req->method, "OPTIONS")) {
        ak_options(resp, methods);
        return;
    }
    ak_mock_lock(m);
    if (ak_slug_ok(m, req, resp)) {
        answer(m, resp);
        struct fault_call call = {.m = m, .resp = resp};
        ak_faults_play(FAULT_JWKS_RESPONSE, &call);
        params_set_ci(&resp->headers, "Access-Control-Allow-Origin", "*");
    }
    ak_mock_unlock(m);
}
