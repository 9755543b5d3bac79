/*
 * JWE compact serialisation: strict reading, encrypting, decrypting. What can be known without the
 * key is refused first, each with its own reason; with the key there is one reason only.
 */
#include "harness/jose/jwe.h"

#include <assert.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/crypto/content.h"
#include "harness/crypto/pkey.h"
#include "harness/crypto/random.h"
#include "harness/jose/compact.h"
#include "harness/jose/key_impl.h"

static const struct alg_row {
    const char *name;
    enum hash_alg hash;
} algs[JWE_ALG_MAX_] = {
    [JWE_RSA_OAEP] = {"RSA-OAEP", HASH_SHA1},
    [JWE_RSA_OAEP_256] = {"RSA-OAEP-256", HASH_SHA256},
};

static const struct enc_row {
    const char *name;
    enum content_alg content;
} encs[JWE_ENC_MAX_] = {
    [JWE_A128CBC_HS256] = {"A128CBC-HS256", CONTENT_A128CBC_HS256},
    [JWE_A192CBC_HS384] = {"A192CBC-HS384", CONTENT_A192CBC_HS384},
    [JWE_A256CBC_HS512] = {"A256CBC-HS512", CONTENT_A256CBC_HS512},
    [JWE_A128GCM] = {"A128GCM", CONTENT_A128GCM},
    [JWE_A192GCM] = {"A192GCM", CONTENT_A192GCM},
    [JWE_A256GCM] = {"A256GCM", CONTENT_A256GCM},
};

static const char *const problem_texts[JWE_PROBLEM_MAX_] = {
    [JWE_OK] = "ok",
    [JWE_TOO_LONG] = "too long",
    [JWE_NOT_FIVE_PARTS] = "not five parts",
    [JWE_BAD_BASE64] = "bad base64url",
    [JWE_PADDED_BASE64] = "padded base64url",
    [JWE_WHITE_SPACE] = "white space in base64url",
    [JWE_PLAIN_BASE64] = "base64 instead of base64url",
    [JWE_STRAY_BITS] = "stray bits at the end of base64url",
    [JWE_BAD_HEADER] = "bad header",
    [JWE_DUPLICATE_MEMBER] = "member twice in the header",
    [JWE_DEEP_HEADER] = "header nested too deep",
    [JWE_LONG_HEADER] = "header too long",
    [JWE_NO_ALG] = "no alg in the header",
    [JWE_NO_ENC] = "no enc in the header",
    [JWE_CRITICAL_HEADER] = "critical header parameters",
    [JWE_COMPRESSED] = "compressed content",
    [JWE_EMBEDDED_KEY] = "key inside the token",
    [JWE_UNKNOWN_ALG] = "unknown key encryption",
    [JWE_UNKNOWN_ENC] = "unknown content encryption",
    [JWE_BAD_IV_SIZE] = "initialisation vector of a wrong size",
    [JWE_BAD_TAG_SIZE] = "authentication tag of a wrong size",
    [JWE_BAD_CONTENT_SIZE] = "cipher text of an impossible size",
    [JWE_WRONG_KEY_TYPE] = "key does not fit the algorithm",
    [JWE_PUBLIC_KEY] = "a public key decrypts nothing",
    [JWE_NOT_AUTHENTIC] = "does not decrypt",
};

static const enum jwe_problem of_compact[COMPACT_MAX_] = {
    [COMPACT_OK] = JWE_OK,
    [COMPACT_TOO_LONG] = JWE_TOO_LONG,
    [COMPACT_PARTS] = JWE_NOT_FIVE_PARTS,
    [COMPACT_PADDED] = JWE_PADDED_BASE64,
    [COMPACT_WHITE_SPACE] = JWE_WHITE_SPACE,
    [COMPACT_PLAIN_BASE64] = JWE_PLAIN_BASE64,
    [COMPACT_STRAY_BITS] = JWE_STRAY_BITS,
    [COMPACT_BASE64] = JWE_BAD_BASE64,
    [COMPACT_HEADER] = JWE_BAD_HEADER,
    [COMPACT_DUPLICATE] = JWE_DUPLICATE_MEMBER,
    [COMPACT_DEEP] = JWE_DEEP_HEADER,
    [COMPACT_LONG_HEADER] = JWE_LONG_HEADER,
};

const char *jwe_problem_text(enum jwe_problem p)
{
    assert(p < JWE_PROBLEM_MAX_);
    return problem_texts[p];
}

const char *jwe_alg_name(enum jwe_alg alg)
{
    return alg < JWE_ALG_MAX_ ? algs[alg].name : "unknown";
}

const char *jwe_enc_name(enum jwe_enc enc)
{
    return enc < JWE_ENC_MAX_ ? encs[enc].name : "unknown";
}

bool jwe_alg_from_name(const char *name, enum jwe_alg *ret)
{
    for (int i = 0; i < JWE_ALG_MAX_; i++) {
        if (cstr_eq(name, algs[i].name)) {
            *ret = (enum jwe_alg)i;
            return true;
        }
    }
    return false;
}

bool jwe_enc_from_name(const char *name, enum jwe_enc *ret)
{
    for (int i = 0; i < JWE_ENC_MAX_; i++) {
        if (cstr_eq(name, encs[i].name)) {
            *ret = (enum jwe_enc)i;
            return true;
        }
    }
    return false;
}

/* making */

struct made {
    uint8_t *key, *content;
    size_t key_len, content_len;
    uint8_t tag[CONTENT_TAG_MAX];
};

static void made_deinit(struct made *m)
{
    xfree(m->key);
    xfree(m->content);
}

DEFINE_AUTO_VALUE(struct made, made_deinit)

static void take_or_draw(const uint8_t *given, uint8_t *out, size_t n)
{
    if (given) {
        (void)memcpy(out, given, n);
        return;
    }
    random_fill(out, n);
}

static void add_part(struct buf *text, const void *p, size_t n)
{
    AUTO(xfree) char *b64 = b64url_encode(p, n);
    buf_addc(text, '.');
    buf_adds(text, b64);
}

static int seal(const struct pkey *pkey, const struct jwe_how *how, const struct content_in *in,
                struct str plain, struct made *ret, struct err *err)
{
    if (pkey_oaep_seal(pkey, algs[how->alg].hash, in->key, content_key_size(in->alg), &ret->key,
                       &ret->key_len, err) != 0) {
        return -1;
    }
    return content_seal(in, plain.ptr, plain.len, &ret->content, &ret->content_len, ret->tag, err);
}

int jwe_encrypt(const struct key *k, const struct jwe_how *how, const struct js *header,
                struct str plain, char **ret, struct err *err)
{
    const struct pkey *pkey = k ? key_pkey(k) : NULL;
    if (!pkey || pkey_kind(pkey) != PKEY_RSA) {
        return err_set(err, ERR_CRYPTO, "%s cannot encrypt for a key of kind %s",
                       jwe_alg_name(how->alg), k ? key_kind_name(key_kind(k)) : "none");
    }
    enum content_alg content = encs[how->enc].content;
    uint8_t cek[CONTENT_KEY_MAX] = {0};
    uint8_t iv[CONTENT_IV_MAX] = {0};
    AUTO(made_deinit) struct made made = {0};
    AUTO(xfree) char *header_text = js_compact(header);
    AUTO(xfree) char *header_b64 = b64url_encode(header_text, strlen(header_text));
    take_or_draw(how->cek, cek, content_key_size(content));
    take_or_draw(how->iv, iv, content_iv_size(content));
    struct content_in in = {
        .alg = content, .key = cek, .iv = iv, .aad = header_b64, .aad_len = strlen(header_b64)};
    int rc = seal(pkey, how, &in, plain, &made, err);
    explicit_bzero(cek, sizeof cek);
    if (rc != 0) {
        return -1;
    }
    AUTO(buf_deinit) struct buf text = {0};
    buf_init(&text, BUF_MAX_TEXT);
    buf_adds(&text, header_b64);
    add_part(&text, made.key, made.key_len);
    add_part(&text, iv, content_iv_size(content));
    add_part(&text, made.content, made.content_len);
    add_part(&text, made.tag, content_tag_size(content));
    if (!buf_ok(&text)) {
        return err_set(err, ERR_INTERNAL, "token of more than %lu bytes", BUF_MAX_TEXT);
    }
    *ret = buf_take(&text);
    return 0;
}

/* reading */

void jwe_deinit(struct jwe *j)
{
    xfree(j->text);
    (void)js_free(j->header);
    xfree(j->key.ptr);
    xfree(j->iv.ptr);
    xfree(j->content.ptr);
    xfree(j->tag.ptr);
    *j = (struct jwe){0};
}

static enum jwe_problem refuse(enum jwe_problem p, struct err *detail, const char *member)
{
    (void)err_set(detail, ERR_PARSE, "the header has '%s'", member);
    return p;
}

/* The sender's word as JSON text, so that no control character of it reaches a terminal. */
static enum jwe_problem refuse_value(enum jwe_problem p, struct err *detail, const struct jwe *j,
                                     const char *member, const char *expected)
{
    AUTO(xfree) char *text = js_compact(js_get(j->header, member));
    (void)err_set(detail, ERR_PARSE, "%s %.60s, expected %s", member, text, expected);
    return p;
}

static enum jwe_problem read_alg(struct jwe *j, struct err *detail)
{
    const char *name = js_get_text(j->header, "alg");
    if (!name) {
        (void)err_set(detail, ERR_PARSE, "'alg' is missing or no string");
        return JWE_NO_ALG;
    }
    return jwe_alg_from_name(name, &j->alg)
               ? JWE_OK
               : refuse_value(JWE_UNKNOWN_ALG, detail, j, "alg", "RSA-OAEP or RSA-OAEP-256");
}

static enum jwe_problem read_enc(struct jwe *j, struct err *detail)
{
    const char *name = js_get_text(j->header, "enc");
    if (!name) {
        (void)err_set(detail, ERR_PARSE, "'enc' is missing or no string");
        return JWE_NO_ENC;
    }
    return jwe_enc_from_name(name, &j->enc)
               ? JWE_OK
               : refuse_value(JWE_UNKNOWN_ENC, detail, j, "enc", "A…CBC-HS… or A…GCM");
}

/* Extensions before algorithms: who does not understand the rules cannot judge the rest. */
static enum jwe_problem read_header(struct jwe *j, struct err *detail)
{
    const char *own = compact_own_key(j->header);
    if (js_get(j->header, "crit")) {
        return refuse(JWE_CRITICAL_HEADER, detail, "crit");
    }
    if (js_get(j->header, "zip")) {
        return refuse(JWE_COMPRESSED, detail, "zip");
    }
    if (own) {
        return refuse(JWE_EMBEDDED_KEY, detail, own);
    }
    enum jwe_problem p = read_alg(j, detail);
    return p == JWE_OK ? read_enc(j, detail) : p;
}

static enum jwe_problem check_sizes(const struct jwe *j, struct err *detail)
{
    enum content_alg content = encs[j->enc].content;
    size_t iv = content_iv_size(content);
    size_t tag = content_tag_size(content);
    if (j->iv.len != iv) {
        (void)err_set(detail, ERR_PARSE, "%zu bytes, expected %zu", j->iv.len, iv);
        return JWE_BAD_IV_SIZE;
    }
    if (j->tag.len != tag) {
        (void)err_set(detail, ERR_PARSE, "%zu bytes, expected %zu", j->tag.len, tag);
        return JWE_BAD_TAG_SIZE;
    }
    if (!content_length_fits(content, j->content.len)) {
        (void)err_set(detail, ERR_PARSE, "%zu bytes are no whole blocks", j->content.len);
        return JWE_BAD_CONTENT_SIZE;
    }
    return JWE_OK;
}

static enum compact_problem decode_parts(struct jwe *j, const struct str parts[5],
                                         struct err *detail)
{
    static const char *const names[] = {"encrypted key", "initialisation vector", "cipher text",
                                        "authentication tag"};
    struct jwe_part *const out[] = {&j->key, &j->iv, &j->content, &j->tag};
    enum compact_problem p = COMPACT_OK;
    for (size_t i = 0; i < 4 && p == COMPACT_OK; i++) {
        p = compact_decode(parts[i + 1], names[i], &out[i]->ptr, &out[i]->len, detail);
    }
    return p;
}

enum jwe_problem jwe_parse(const char *compact, struct jwe *ret, struct err *detail)
{
    struct str parts[5];
    enum compact_problem p = compact_split(compact, 5, parts, detail);
    if (p != COMPACT_OK) {
        return of_compact[p];
    }
    AUTO(jwe_deinit) struct jwe j = {.text = xstrdup(compact)};
    j.aad = (struct str){j.text, parts[0].len};
    p = compact_header(parts[0], &j.header, detail);
    enum jwe_problem problem = p == COMPACT_OK ? read_header(&j, detail) : of_compact[p];
    if (problem == JWE_OK) {
        problem = of_compact[decode_parts(&j, parts, detail)];
    }
    if (problem == JWE_OK) {
        problem = check_sizes(&j, detail);
    }
    if (problem == JWE_OK) {
        *ret = j;
        j = (struct jwe){0};
    }
    return problem;
}

enum jwe_problem jwe_decrypt(const struct jwe *j, const struct key *k, char **ret, size_t *ret_len)
{
    const struct pkey *pkey = k ? key_pkey(k) : NULL;
    uint8_t cek[CONTENT_KEY_MAX] = {0};
    if (!pkey || pkey_kind(pkey) != PKEY_RSA) {
        return JWE_WRONG_KEY_TYPE;
    }
    if (!pkey_is_private(pkey)) {
        return JWE_PUBLIC_KEY;
    }
    struct content_in in = {
        .alg = encs[j->enc].content,
        .key = cek,
        .iv = j->iv.ptr,
        .aad = j->aad.ptr,
        .aad_len = j->aad.len,
    };
    pkey_oaep_open_or_random(pkey, algs[j->alg].hash, j->key.ptr, j->key.len, cek,
                             content_key_size(in.alg));
    bool ok =
        content_open(&in, j->content.ptr, j->content.len, j->tag.ptr, j->tag.len, ret, ret_len);
    explicit_bzero(cek, sizeof cek);
    return ok ? JWE_OK : JWE_NOT_AUTHENTIC;
}
