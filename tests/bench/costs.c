/*
 * What each operation costs bare: done many times in a row with nothing else running, measured by
 * the process's CPU clock. Signatures go through harness/jose, whose own share is small against
 * them; TLS and HTTP go through the libraries alone (wire.h).
 */
#include "tests/bench/bench.h"

#include "harness/base/clock.h"
#include "harness/crypto/aead.h"
#include "harness/jose/jws.h"
#include "tests/bench/wire.h"

/* As long as the claims of an ID token. */
#define PAYLOAD                                                                                    \
    "{\"iss\":\"https://authentik.company/application/o/argocd/\",\"sub\":"                        \
    "\"a6b1f1d5b5e24f1f8a3f0e8f3f0f7a0b6f3a3f1b\",\"aud\":\"my_client_id\",\"exp\":1767228800,"    \
    "\"iat\":1767225200,\"auth_time\":1767225200,\"acr\":\"goauthentik.io/providers/oauth2/"       \
    "default\",\"nonce\":\"0123456789abcdef\",\"email\":\"alice@company.example\","                \
    "\"email_verified\":false,\"name\":\"Alice Admin\",\"groups\":[\"ArgoCD Admins\"]}"

struct signer {
    struct key *key;
    enum jws_alg alg;
    struct js *header;
    struct jws signed_one;
};

struct costs {
    struct wire *wire;
    struct wire_ours *ours;
    struct signer rsa, rsa4, ec, hmac;
    struct samples us[COST_MAX_];
};

static const char *const names[COST_MAX_] = {
    [COST_RSA_SIGN] = "rsa2048_sign",
    [COST_RSA4_SIGN] = "rsa4096_sign",
    [COST_EC_SIGN] = "p256_sign",
    [COST_RSA_VERIFY] = "rsa2048_verify",
    [COST_EC_VERIFY] = "p256_verify",
    [COST_HMAC] = "hmac",
    [COST_SCRYPT] = "scrypt",
    [COST_HANDSHAKE] = "handshake",
    [COST_HTTPS] = "https_exchange",
    [COST_HTTP] = "http_exchange",
    [COST_OUR_HTTPS] = "our_https_exchange",
    [COST_OUR_HTTP] = "our_http_exchange",
};

const char *cost_name(enum cost c)
{
    return names[c];
}

double cost_us(const struct costs *c, enum cost which)
{
    return samples_median(&c->us[which]);
}

/* ---- one function an operation: does it n times ---- */

static int sign(struct signer *s, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        AUTO(xfree) char *token = NULL;
        if (jws_sign(s->key, s->alg, s->header, str_of(PAYLOAD), &token, err) != 0)
            return -1;
    }
    return 0;
}

static int verify(struct signer *s, size_t n, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        if (jws_verify(&s->signed_one, s->key) != JWS_OK)
            return err_set(err, ERR_INTERNAL, "a signature of our own does not verify");
    return 0;
}

static int rsa_sign(struct costs *c, size_t n, struct err *err)
{
    return sign(&c->rsa, n, err);
}

static int rsa4_sign(struct costs *c, size_t n, struct err *err)
{
    return sign(&c->rsa4, n, err);
}

static int ec_sign(struct costs *c, size_t n, struct err *err)
{
    return sign(&c->ec, n, err);
}

static int hmac(struct costs *c, size_t n, struct err *err)
{
    return sign(&c->hmac, n, err);
}

static int rsa_verify(struct costs *c, size_t n, struct err *err)
{
    return verify(&c->rsa, n, err);
}

static int ec_verify(struct costs *c, size_t n, struct err *err)
{
    return verify(&c->ec, n, err);
}

/* kdf_argocd_key remembers its passwords; this does not. */
static int scrypt(struct costs *c, size_t n, struct err *err)
{
    (void)c;
    const struct kdf_scrypt in = {"password", 8, "salt", 4, 16384, 8, 1};
    uint8_t key[AEAD_KEY];
    for (size_t i = 0; i < n; i++)
        if (kdf_scrypt(&in, key, sizeof(key), err) != 0)
            return -1;
    return 0;
}

static int handshake(struct costs *c, size_t n, struct err *err)
{
    return wire_handshakes(c->wire, n, err);
}

static int https(struct costs *c, size_t n, struct err *err)
{
    return wire_exchanges(c->wire, true, n, err);
}

static int http(struct costs *c, size_t n, struct err *err)
{
    return wire_exchanges(c->wire, false, n, err);
}

static int our_https(struct costs *c, size_t n, struct err *err)
{
    return wire_ours_exchanges(c->ours, true, n, err);
}

static int our_http(struct costs *c, size_t n, struct err *err)
{
    return wire_ours_exchanges(c->ours, false, n, err);
}

struct operation {
    enum cost cost;
    size_t times; /* a round */
    size_t each;  /* in one run; divides times */
    int (*run)(struct costs *c, size_t n, struct err *err);
};

static const struct operation operations[] = {
    {COST_RSA_SIGN, 60, 60, rsa_sign},
    {COST_RSA4_SIGN, 8, 8, rsa4_sign},
    {COST_EC_SIGN, 400, 400, ec_sign},
    {COST_RSA_VERIFY, 400, 400, rsa_verify},
    {COST_EC_VERIFY, 200, 200, ec_verify},
    {COST_HMAC, 2000, 2000, hmac},
    {COST_SCRYPT, 1, 1, scrypt},
    {COST_HANDSHAKE, 60, 60, handshake},
    {COST_HTTPS, 1200, 50, https},
    {COST_HTTP, 1200, 50, http},
    {COST_OUR_HTTPS, 600, 50, our_https},
    {COST_OUR_HTTP, 600, 50, our_http},
    {COST_MAX_, 0, 0, NULL},
};

/* In several runs, each by a thread of its own where there are two sides: whether the scheduler
 * puts client and server on one processor or on two halves or doubles what a wake-up costs, so one
 * placement must not speak for all. */
static int run_many(struct costs *c, const struct operation *o, struct err *err)
{
    for (size_t done = 0; done < o->times; done += o->each)
        if (o->run(c, o->each, err) != 0)
            return err_wrap(err, "%s", names[o->cost]);
    return 0;
}

int costs_round(struct costs *c, struct err *err)
{
    for (const struct operation *o = operations; o->run != NULL; o++) {
        int64_t before_ns = clock_cpu_ns();
        if (run_many(c, o, err) != 0)
            return -1;
        double spent_us = (double)(clock_cpu_ns() - before_ns) / 1e3;
        samples_add(&c->us[o->cost], spent_us / (double)o->times);
    }
    return 0;
}

static int signer_init(struct signer *s, struct key *key, enum jws_alg alg, struct err *err)
{
    AUTO(xfree) char *token = NULL;
    s->key = key;
    s->alg = alg;
    s->header = js_object();
    js_set_text(s->header, "alg", jws_alg_name(alg));
    js_set_text(s->header, "typ", "JWT");
    if (jws_sign(s->key, alg, s->header, str_of(PAYLOAD), &token, err) != 0)
        return -1;
    return jws_parse(token, &s->signed_one, err) == JWS_OK ? 0 : -1;
}

static void signer_deinit(struct signer *s)
{
    key_free(s->key);
    js_free(s->header);
    jws_deinit(&s->signed_one);
}

int costs_new(struct costs **ret, struct err *err)
{
    AUTO(costs_free) struct costs *c = xcalloc(1, sizeof(*c));
    if (signer_init(&c->rsa, key_test("rsa-2048-1"), JWS_RS256, err) != 0 ||
        signer_init(&c->rsa4, key_test("rsa-4096-1"), JWS_RS256, err) != 0 ||
        signer_init(&c->ec, key_test("ec-p256-1"), JWS_ES256, err) != 0 ||
        signer_init(&c->hmac, key_from_secret("0123456789", 10), JWS_HS256, err) != 0 ||
        wire_new(&c->wire, err) != 0 || wire_ours_new(&c->ours, err) != 0)
        return -1;
    /* The first time of anything makes connections and contexts. */
    for (const struct operation *o = operations; o->run != NULL; o++)
        if (o->run(c, 1, err) != 0)
            return -1;
    *ret = c;
    c = NULL;
    return 0;
}

struct costs *costs_free(struct costs *c)
{
    if (c == NULL)
        return NULL;
    signer_deinit(&c->rsa);
    signer_deinit(&c->rsa4);
    signer_deinit(&c->ec);
    signer_deinit(&c->hmac);
    wire_free(c->wire);
    wire_ours_free(c->ours);
    for (int i = 0; i < COST_MAX_; i++)
        samples_deinit(&c->us[i]);
    return xfree(c);
}

/* ---- counted operations ---- */

struct tally tally_now(void)
{
    struct tally t = {0};
    for (int i = 0; i < CRYPTO_OP_MAX_; i++)
        t.ops[i] = crypto_counted((enum crypto_op)i);
    return t;
}

struct tally tally_since(const struct tally *before)
{
    struct tally t = tally_now();
    for (int i = 0; i < CRYPTO_OP_MAX_; i++)
        t.ops[i] -= before->ops[i];
    return t;
}

void tally_add(struct tally *to, const struct tally *more)
{
    for (int i = 0; i < CRYPTO_OP_MAX_; i++)
        to->ops[i] += more->ops[i];
}

uint64_t tally_signs(const struct tally *t)
{
    return t->ops[CRYPTO_SIGN_RSA2048] + t->ops[CRYPTO_SIGN_RSA4096] + t->ops[CRYPTO_SIGN_EC] +
           t->ops[CRYPTO_SIGN_OTHER];
}

uint64_t tally_verifies(const struct tally *t)
{
    return t->ops[CRYPTO_VERIFY_RSA] + t->ops[CRYPTO_VERIFY_EC] + t->ops[CRYPTO_VERIFY_OTHER];
}

/* What is counted as "other" (P-384, PSS, a 3072-bit key) is left out: the floor is never too high
 * by it. Exchanges have a cost of their own. */
static const enum cost cost_of[CRYPTO_OP_MAX_] = {
    [CRYPTO_SIGN_RSA2048] = COST_RSA_SIGN,   [CRYPTO_SIGN_RSA4096] = COST_RSA4_SIGN,
    [CRYPTO_SIGN_EC] = COST_EC_SIGN,         [CRYPTO_SIGN_HMAC] = COST_HMAC,
    [CRYPTO_SIGN_OTHER] = COST_MAX_,         [CRYPTO_VERIFY_RSA] = COST_RSA_VERIFY,
    [CRYPTO_VERIFY_EC] = COST_EC_VERIFY,     [CRYPTO_VERIFY_HMAC] = COST_HMAC,
    [CRYPTO_VERIFY_OTHER] = COST_MAX_,       [CRYPTO_SCRYPT] = COST_SCRYPT,
    [CRYPTO_TLS_HANDSHAKE] = COST_HANDSHAKE, [CRYPTO_HTTP_EXCHANGE] = COST_MAX_,
};

double tally_crypto_us(const struct tally *t, const struct costs *c)
{
    double us = 0;
    for (int i = 0; i < CRYPTO_OP_MAX_; i++)
        if (cost_of[i] != COST_MAX_)
            us += (double)t->ops[i] * cost_us(c, cost_of[i]);
    return us;
}

double tally_floor_us(const struct tally *t, const struct costs *c)
{
    return tally_crypto_us(t, c) + (double)t->ops[CRYPTO_HTTP_EXCHANGE] * cost_us(c, COST_HTTPS);
}
