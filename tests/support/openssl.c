/*
 * Spawning `openssl`, with files instead of pipes. The conversions (ECDSA between DER and r || s,
 * numbers to a SubjectPublicKeyInfo) are written out here on purpose: were they the harness's own,
 * a mistake in them would agree with itself.
 */
#include "tests/support/openssl.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/test.h"

#include "harness/base/b64.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/base/vec.h"

struct openssl {
    char *dir;
    struct strlist files;
};

struct openssl *openssl_new(void)
{
    const char *tmp = getenv("TMPDIR");
    struct openssl *o = xcalloc(1, sizeof *o);
    o->dir = xasprintf("%s/openssl_XXXXXX", tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
    assert_non_null(mkdtemp(o->dir));
    return o;
}

struct openssl *openssl_free(struct openssl *o)
{
    if (o == NULL)
        return NULL;
    for (size_t i = 0; i < o->files.len; i++)
        (void)unlink(o->files.items[i]);
    (void)rmdir(o->dir);
    strlist_deinit(&o->files);
    xfree(o->dir);
    return xfree(o);
}

const char *openssl_new_file(struct openssl *o)
{
    AUTO(xfree) char *path = xasprintf("%s/%zu", o->dir, o->files.len);
    strlist_add(&o->files, path);
    return o->files.items[o->files.len - 1];
}

const char *openssl_file(struct openssl *o, const void *p, size_t n)
{
    const char *path = openssl_new_file(o);
    struct err err = {0};
    if (file_write(path, p, n, 0600, &err) != 0)
        fail_msg("%s", err.msg);
    return path;
}

const char *openssl_text_file(struct openssl *o, const char *text)
{
    return openssl_file(o, text, strlen(text));
}

uint8_t *openssl_read(const char *path, size_t *ret_len)
{
    char *text = NULL;
    struct err err = {0};
    if (file_read(path, FILE_MAX_TEXT, &text, ret_len, &err) != 0)
        fail_msg("%s", err.msg);
    return (uint8_t *)text;
}

int openssl_run(const char *const *words)
{
    char *argv[40] = {xstrdup("openssl")};
    size_t n = 1;
    posix_spawn_file_actions_t quiet;
    pid_t pid = 0;
    int status = -1;
    for (; words[n - 1] != NULL; n++) {
        assert_true(n + 1 < TEST_COUNT(argv));
        argv[n] = xstrdup(words[n - 1]);
    }
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    assert_int_equal(posix_spawnp(&pid, "openssl", &quiet, NULL, argv, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    posix_spawn_file_actions_destroy(&quiet);
    for (size_t i = 0; i < n; i++)
        xfree(argv[i]);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* ---- keys ---- */

/* A base64url member in hex; NULL when it is not there. */
static char *member_hex(const struct js *jwk, const char *name)
{
    const char *text = js_get_text(jwk, name);
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (text == NULL || b64url_decode(text, strlen(text), &bytes, &len, NULL) != 0)
        return NULL;
    char *hex = hex_encode(bytes, len);
    xfree(bytes);
    return hex;
}

static const struct {
    const char *crv;
    const char *group;
} groups[] = {{"P-256", "prime256v1"}, {"P-384", "secp384r1"}, {"P-521", "secp521r1"}};

/* The input of `openssl asn1parse -genconf` for a SubjectPublicKeyInfo (RFC 5280 4.1). */
static char *spki_conf(const struct js *jwk)
{
    AUTO(xfree) char *n = member_hex(jwk, "n");
    AUTO(xfree) char *e = member_hex(jwk, "e");
    AUTO(xfree) char *x = member_hex(jwk, "x");
    AUTO(xfree) char *y = member_hex(jwk, "y");
    if (n != NULL && e != NULL)
        return xasprintf("asn1=SEQUENCE:spki\n[spki]\nalgorithm=SEQUENCE:alg\n"
                         "key=BITWRAP,SEQUENCE:rsa\n[alg]\noid=OID:rsaEncryption\nnull=NULL\n"
                         "[rsa]\nn=INTEGER:0x%s\ne=INTEGER:0x%s\n",
                         n, e);
    for (size_t i = 0; x != NULL && y != NULL && i < TEST_COUNT(groups); i++) {
        if (cstr_eq(js_get_text(jwk, "crv"), groups[i].crv))
            return xasprintf("asn1=SEQUENCE:spki\n[spki]\nalgorithm=SEQUENCE:alg\n"
                             "key=FORMAT:HEX,BITSTRING:04%s%s\n[alg]\noid=OID:id-ecPublicKey\n"
                             "group=OID:%s\n",
                             x, y, groups[i].group);
    }
    return NULL;
}

const char *openssl_jwk_pem(struct openssl *o, const struct js *jwk)
{
    AUTO(xfree) char *conf = spki_conf(jwk);
    if (conf == NULL)
        return NULL;
    const char *der = openssl_new_file(o);
    const char *pem = openssl_new_file(o);
    const char *const make[] = {
        "asn1parse", "-genconf", openssl_text_file(o, conf), "-noout", "-out", der, NULL};
    const char *const write[] = {"pkey", "-pubin",  "-inform", "DER", "-in",
                                 der,    "-pubout", "-out",    pem,   NULL};
    return openssl_run(make) == 0 && openssl_run(write) == 0 ? pem : NULL;
}

const char *openssl_x5c_pem(struct openssl *o, const struct js *jwk)
{
    const char *text = js_text(js_at(js_get(jwk, "x5c"), 0));
    const char *pem = openssl_new_file(o);
    if (text == NULL)
        return NULL;
    AUTO(xfree)
    char *armoured =
        xasprintf("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", text);
    const char *const words[] = {
        "x509", "-in", openssl_text_file(o, armoured), "-pubkey", "-noout", "-out", pem, NULL};
    return openssl_run(words) == 0 ? pem : NULL;
}

bool openssl_same(const char *a, const char *b)
{
    size_t a_len = 0;
    size_t b_len = 0;
    AUTO(xfree) char *a_text = (char *)openssl_read(a, &a_len);
    AUTO(xfree) char *b_text = (char *)openssl_read(b, &b_len);
    return a_len > 0 && a_len == b_len && memcmp(a_text, b_text, a_len) == 0;
}

/* ---- ECDSA: DER ↔ r || s ---- */

/* One INTEGER of the number at p (width bytes, big-endian). */
static size_t put_integer(uint8_t *out, const uint8_t *p, size_t width)
{
    while (width > 1 && *p == 0) {
        p++;
        width--;
    }
    size_t pad = *p & 0x80 ? 1 : 0;
    out[0] = 0x02;
    out[1] = (uint8_t)(width + pad);
    out[2] = 0;
    (void)memcpy(out + 2 + pad, p, width);
    return 2 + pad + width;
}

static const char *der_file(struct openssl *o, const uint8_t *fixed, size_t len)
{
    uint8_t body[2 * (3 + 66)] = {0};
    uint8_t der[sizeof body + 3] = {0x30};
    size_t width = len / 2;
    if (len == 0 || len % 2 != 0 || width > 66)
        return openssl_file(o, fixed, len); /* no signature at all: openssl will say so */
    size_t n = put_integer(body, fixed, width);
    n += put_integer(body + n, fixed + width, width);
    size_t head = n < 0x80 ? 2 : 3;
    if (head == 3)
        der[1] = 0x81;
    der[head - 1] = (uint8_t)n;
    (void)memcpy(der + head, body, n);
    return openssl_file(o, der, head + n);
}

/* Reads one INTEGER into width bytes; the bytes it took, 0 when it does not fit. */
static size_t take_integer(const uint8_t *p, size_t left, uint8_t *out, size_t width)
{
    if (left < 2 || p[0] != 0x02 || p[1] >= 0x80 || p[1] + 2U > left)
        return 0;
    size_t n = p[1];
    const uint8_t *number = p + 2;
    while (n > width && *number == 0) {
        number++;
        n--;
    }
    if (n > width)
        return 0;
    (void)memcpy(out + width - n, number, n);
    return 2U + p[1];
}

static bool der_to_fixed(const uint8_t *der, size_t len, size_t width,
                         struct openssl_signature *ret)
{
    size_t head = len > 1 && der[1] == 0x81 ? 3 : 2;
    uint8_t *fixed = xcalloc(2, width);
    size_t r = len > head ? take_integer(der + head, len - head, fixed, width) : 0;
    size_t s = r > 0 ? take_integer(der + head + r, len - head - r, fixed + width, width) : 0;
    if (s == 0 || head + r + s != len) {
        xfree(fixed);
        return false;
    }
    ret->signature = fixed;
    ret->signature_len = 2 * width;
    return true;
}

/* ---- signatures ---- */

enum way { WAY_DIGEST, WAY_PSS, WAY_ECDSA, WAY_EDDSA, WAY_HMAC };

static const struct alg_row {
    const char *alg;
    enum way way;
    const char *digest;
    size_t width; /* of r and s */
} alg_rows[] = {
    {"RS256", WAY_DIGEST, "sha256", 0}, {"RS384", WAY_DIGEST, "sha384", 0},
    {"RS512", WAY_DIGEST, "sha512", 0}, {"PS256", WAY_PSS, "sha256", 0},
    {"PS384", WAY_PSS, "sha384", 0},    {"PS512", WAY_PSS, "sha512", 0},
    {"ES256", WAY_ECDSA, "sha256", 32}, {"ES384", WAY_ECDSA, "sha384", 48},
    {"ES512", WAY_ECDSA, "sha512", 66}, {"EdDSA", WAY_EDDSA, NULL, 0},
    {"HS256", WAY_HMAC, "sha256", 0},   {"HS384", WAY_HMAC, "sha384", 0},
    {"HS512", WAY_HMAC, "sha512", 0},   {NULL, WAY_DIGEST, NULL, 0},
};

static const struct alg_row *row_of(const char *alg)
{
    const struct alg_row *r = alg_rows;
    while (r->alg != NULL && strcmp(r->alg, alg) != 0)
        r++;
    if (r->alg == NULL)
        fail_msg("no way to ask openssl about '%s'", alg);
    return r;
}

/* RFC 7518 3.5: MGF1 with the same hash, a salt of its size, for PSS only. */
static size_t add_pss(const struct alg_row *r, const char **words, size_t n, char **ret_mgf)
{
    if (r->way != WAY_PSS)
        return n;
    *ret_mgf = xasprintf("rsa_mgf1_md:%s", r->digest);
    const char *const more[] = {"-sigopt", "rsa_padding_mode:pss",
                                "-sigopt", "rsa_pss_saltlen:digest",
                                "-sigopt", *ret_mgf};
    for (size_t i = 0; i < TEST_COUNT(more); i++)
        words[n++] = more[i];
    return n;
}

static bool hmac(struct openssl *o, const struct alg_row *r, struct openssl_signature *s)
{
    size_t len = 0;
    AUTO(xfree) char *key = (char *)openssl_read(s->key, &len);
    AUTO(xfree) char *hex = hex_encode(key, len);
    AUTO(xfree) char *option = xasprintf("hexkey:%s", hex);
    const char *out = openssl_new_file(o);
    const char *const words[] = {"mac",
                                 "-digest",
                                 r->digest,
                                 "-macopt",
                                 option,
                                 "-in",
                                 openssl_file(o, s->input, s->input_len),
                                 "-out",
                                 out,
                                 "-binary",
                                 "HMAC",
                                 NULL};
    if (openssl_run(words) != 0)
        return false;
    s->signature = openssl_read(out, &s->signature_len);
    return true;
}

static bool hmac_verify(struct openssl *o, const struct alg_row *r,
                        const struct openssl_signature *s)
{
    struct openssl_signature made = *s;
    if (!hmac(o, r, &made))
        return false;
    bool same = made.signature_len == s->signature_len &&
                memcmp(made.signature, s->signature, made.signature_len) == 0;
    xfree(made.signature);
    return same;
}

bool openssl_verify(struct openssl *o, const struct openssl_signature *s)
{
    const struct alg_row *r = row_of(s->alg);
    if (r->way == WAY_HMAC)
        return hmac_verify(o, r, s);
    const char *in = openssl_file(o, s->input, s->input_len);
    const char *sig = r->way == WAY_ECDSA && s->signature_len == 2 * r->width
                          ? der_file(o, s->signature, s->signature_len)
                          : openssl_file(o, s->signature, s->signature_len);
    if (r->way == WAY_EDDSA) {
        const char *const words[] = {"pkeyutl", "-verify", "-pubin",   "-inkey", s->key, "-rawin",
                                     "-in",     in,        "-sigfile", sig,      NULL};
        return openssl_run(words) == 0;
    }
    AUTO(xfree) char *digest = xasprintf("-%s", r->digest);
    AUTO(xfree) char *mgf = NULL;
    const char *words[20] = {"dgst", digest, "-verify", s->key, "-signature", sig};
    size_t n = add_pss(r, words, 6, &mgf);
    words[n] = in;
    return openssl_run(words) == 0;
}

bool openssl_sign(struct openssl *o, struct openssl_signature *s)
{
    const struct alg_row *r = row_of(s->alg);
    if (r->way == WAY_HMAC)
        return hmac(o, r, s);
    const char *in = openssl_file(o, s->input, s->input_len);
    const char *out = openssl_new_file(o);
    AUTO(xfree) char *mgf = NULL;
    AUTO(xfree) char *digest = xasprintf("-%s", r->digest != NULL ? r->digest : "");
    const char *words[20] = {"dgst", digest, "-sign", s->key, "-out", out};
    size_t n = add_pss(r, words, 6, &mgf);
    words[n] = in;
    const char *const raw[] = {"pkeyutl", "-sign", "-inkey", s->key, "-rawin",
                               "-in",     in,      "-out",   out,    NULL};
    if (openssl_run(r->way == WAY_EDDSA ? raw : words) != 0)
        return false;
    size_t len = 0;
    uint8_t *made = openssl_read(out, &len);
    if (r->way != WAY_ECDSA) {
        s->signature = made;
        s->signature_len = len;
        return true;
    }
    bool ok = der_to_fixed(made, len, r->width, s);
    xfree(made);
    return ok;
}
