/*
 * JWKs to keys and back (RFC 7517, members by RFC 7518 6 and RFC 8037 2). Public keys that were
 * read lately are remembered by their members, because the same JWKS is used for token after token
 * and preparing a key costs more than verifying with it.
 */
#include "harness/jose/jwk.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/crypto/hash.h"
#include "harness/crypto/pkey.h"
#include "harness/jose/jwk_check.h"
#include "harness/jose/key_impl.h"

#define MEMBER_MAX (16UL * 1024)
#define REMEMBERED 64

static const struct member_row {
    const char *name;
    enum pkey_part part;
} members[] = {
    {"n", PKEY_N}, {"e", PKEY_E},   {"d", PKEY_D},          {"p", PKEY_P},
    {"q", PKEY_Q}, {"dp", PKEY_DP}, {"dq", PKEY_DQ},        {"qi", PKEY_QI},
    {"x", PKEY_X}, {"y", PKEY_Y},   {NULL, PKEY_PART_MAX_},
};

/* What makes a kind of key: kty, crv, and the members that are its public half. */
static const struct type_row {
    const char *kty;
    const char *crv; /* NULL = has none */
    enum pkey_kind kind;
    const char *needs[3];
} types[] = {
    {"RSA", NULL, PKEY_RSA, {"n", "e"}},       {"EC", "P-256", PKEY_EC_P256, {"x", "y"}},
    {"EC", "P-384", PKEY_EC_P384, {"x", "y"}}, {"EC", "P-521", PKEY_EC_P521, {"x", "y"}},
    {"OKP", "Ed25519", PKEY_ED25519, {"x"}},   {"OKP", "Ed448", PKEY_ED448, {"x"}},
    {NULL, NULL, PKEY_KIND_MAX_, {NULL}},
};

static enum pkey_part part_of(const char *name)
{
    const struct member_row *m = members;
    while (m->name && strcmp(m->name, name) != 0) {
        m++;
    }
    return m->part;
}

struct js *jwk_public(const struct key *k)
{
    struct js *jwk = js_object();
    const struct pkey *pkey = key_pkey(k);
    if (!pkey) {
        size_t len = 0;
        const uint8_t *secret = key_secret(k, &len);
        AUTO(xfree) char *text = b64url_encode(secret, len);
        js_set_text(jwk, "kty", "oct");
        js_set_text(jwk, "k", text);
        return jwk;
    }
    const struct type_row *t = types;
    while (t->kind != pkey_kind(pkey)) {
        t++;
    }
    AUTO(pkey_parts_deinit) struct pkey_parts parts = {0};
    pkey_public_parts(pkey, &parts);
    js_set_text(jwk, "kty", t->kty);
    if (t->crv) {
        js_set_text(jwk, "crv", t->crv);
    }
    for (size_t i = 0; t->needs[i]; i++) {
        enum pkey_part part = part_of(t->needs[i]);
        AUTO(xfree) char *text = b64url_encode(parts.part[part].ptr, parts.part[part].len);
        js_set_text(jwk, t->needs[i], text);
    }
    return jwk;
}

/* The bytes of a base64url member; absent gives no bytes and success. */
static int read_bytes(const struct js *jwk, const char *name, uint8_t **ret, size_t *ret_len,
                      struct err *err)
{
    const struct js *value = js_get(jwk, name);
    if (!value) {
        return 0;
    }
    const char *text = js_text(value);
    if (!text) {
        return err_set(err, ERR_PARSE, "member '%s' is a JSON %s, expected a string", name,
                       js_type_name(value));
    }
    size_t len = strlen(text);
    size_t bad_at = 0;
    if (len == 0 || len > MEMBER_MAX) {
        return err_set(err, ERR_PARSE, "member '%s' has %zu characters", name, len);
    }
    if (b64url_decode(text, len, ret, ret_len, &bad_at) != 0) {
        return err_set(err, ERR_PARSE, "member '%s' is not base64url at character %zu", name,
                       bad_at);
    }
    return 0;
}

static int read_type(const struct js *jwk, const struct type_row **ret, struct err *err)
{
    const char *kty = js_get_text(jwk, "kty");
    const char *crv = js_get_text(jwk, "crv");
    if (!kty) {
        return err_set(err, ERR_PARSE, "member 'kty' is missing or no string");
    }
    bool known = false;
    for (const struct type_row *t = types; t->kty; t++) {
        known = known || strcmp(t->kty, kty) == 0;
        if (strcmp(t->kty, kty) == 0 && (!t->crv || cstr_eq(t->crv, crv))) {
            *ret = t;
            return 0;
        }
    }
    if (!known) {
        return err_set(err, ERR_PARSE, "member 'kty' is '%.40s', expected RSA, EC, OKP or oct",
                       kty);
    }
    if (!crv) {
        return err_set(err, ERR_PARSE, "member 'crv' is missing or no string");
    }
    return err_set(err, ERR_PARSE, "member 'crv' is '%.40s', not a curve of kty '%.40s'", crv, kty);
}

static int read_secret(const struct js *jwk, struct key **ret, struct err *err)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (read_bytes(jwk, "k", &bytes, &len, err) != 0) {
        return -1;
    }
    if (!bytes) {
        return err_set(err, ERR_PARSE, "member 'k' is missing");
    }
    *ret = key_from_secret(bytes, len);
    explicit_bzero(bytes, len);
    xfree(bytes);
    return 0;
}

static int read_pair(const struct js *jwk, const struct type_row *type, struct key **ret,
                     struct err *err)
{
    AUTO(pkey_parts_deinit) struct pkey_parts parts = {.kind = type->kind};
    if (js_get(jwk, "oth")) {
        return err_set(err, ERR_PARSE, "member 'oth': keys of more than two primes are not read");
    }
    for (const struct member_row *m = members; m->name; m++) {
        if (read_bytes(jwk, m->name, &parts.part[m->part].ptr, &parts.part[m->part].len, err) !=
            0) {
            return -1;
        }
    }
    struct pkey *pkey = NULL;
    if (pkey_from_parts(&parts, &pkey, err) != 0) {
        return -1;
    }
    *ret = key_from_pkey(pkey);
    return 0;
}

/* The public keys read lately; a slot is reused when all are taken. Each row owns its JWK and
 * holds one reference to its key. */
static struct {
    pthread_mutex_t lock;
    size_t next;
    struct {
        char *name; /* the members that make the key, as one text */
        struct key *key;
    } rows[REMEMBERED];
} remembered = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct key *recall(const char *name)
{
    struct key *k = NULL;
    (void)pthread_mutex_lock(&remembered.lock);
    for (size_t i = 0; i < REMEMBERED && !k; i++) {
        if (remembered.rows[i].name && strcmp(remembered.rows[i].name, name) == 0) {
            k = key_ref(remembered.rows[i].key);
        }
    }
    (void)pthread_mutex_unlock(&remembered.lock);
    return k;
}

static void remember(const char *name, const struct key *k)
{
    (void)pthread_mutex_lock(&remembered.lock);
    size_t at = remembered.next % REMEMBERED;
    xfree(remembered.rows[at].name);
    (void)key_free(remembered.rows[at].key);
    remembered.rows[at].name = xstrdup(name);
    remembered.rows[at].key = key_ref(k);
    remembered.next++;
    (void)pthread_mutex_unlock(&remembered.lock);
}

/* NULL unless the JWK holds a public half and no other number of a key. */
static char *public_name(const struct js *jwk, const struct type_row *type)
{
    const char *values[2] = {"", ""};
    for (const struct member_row *m = members; m->name; m++) {
        bool first = strcmp(m->name, type->needs[0]) == 0;
        bool second = cstr_eq(m->name, type->needs[1]);
        if (!first && !second && js_get(jwk, m->name)) {
            return NULL;
        }
        if (first || second) {
            values[first ? 0 : 1] = js_get_text(jwk, m->name);
        }
    }
    if (!values[0] || !values[1] || js_get(jwk, "oth")) {
        return NULL;
    }
    return xasprintf("%s %s %s %s", type->kty, type->crv ? type->crv : "", values[0], values[1]);
}

int jwk_to_key(const struct js *jwk, struct key **ret, struct err *err)
{
    if (!js_is(jwk, JS_OBJECT)) {
        return err_set(err, ERR_PARSE, "a JWK is a JSON object, not a JSON %s", js_type_name(jwk));
    }
    if (cstr_eq(js_get_text(jwk, "kty"), "oct")) {
        return read_secret(jwk, ret, err);
    }
    const struct type_row *type = NULL;
    if (read_type(jwk, &type, err) != 0) {
        return -1;
    }
    AUTO(xfree) char *name = public_name(jwk, type);
    struct key *known = name ? recall(name) : NULL;
    if (known) {
        *ret = known;
        return 0;
    }
    if (read_pair(jwk, type, ret, err) != 0) {
        return -1;
    }
    if (name) {
        remember(name, *ret);
    }
    return 0;
}

/* RFC 7638 3.2, RFC 8037 2: the required members in lexicographic order. */
static const struct thumb_row {
    const char *kty;
    const char *names[5];
} thumbs[] = {
    {"RSA", {"e", "kty", "n"}},
    {"EC", {"crv", "kty", "x", "y"}},
    {"OKP", {"crv", "kty", "x"}},
    {"oct", {"k", "kty"}},
    {NULL, {NULL}},
};

char *jwk_thumbprint(const struct js *jwk)
{
    const struct thumb_row *t = thumbs;
    while (t->kty && !cstr_eq(js_get_text(jwk, "kty"), t->kty)) {
        t++;
    }
    if (!t->kty) {
        return NULL;
    }
    AUTO(js_free) struct js *required = js_object();
    for (size_t i = 0; t->names[i]; i++) {
        const char *value = js_get_text(jwk, t->names[i]);
        if (!value) {
            return NULL;
        }
        js_set_text(required, t->names[i], value);
    }
    AUTO(xfree) char *text = js_compact(required);
    uint8_t digest[HASH_SIZE_MAX] = {0};
    hash_of(HASH_SHA256, text, strlen(text), digest);
    return b64url_encode(digest, hash_size(HASH_SHA256));
}

bool jwks_find(const struct js *jwks, const char *kid, struct vec *ret_jwks)
{
    const struct jwk_want want = {.kid = kid};
    return jwks_select(jwks, &want, ret_jwks);
}
