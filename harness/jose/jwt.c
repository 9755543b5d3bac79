/*
 * JWTs: making one from claims and judging one by rules, in the order of OIDC Core 3.1.3.7. Each
 * rule is a row; the first that fails gives the reason and what was expected and found. A wrong
 * token is a verdict here, never an error.
 */
#include "harness/jose/jwt.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/clock.h"
#include "harness/base/str.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwe.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwk_check.h"

static const char *const reason_names[JWT_REASON_MAX_] = {
    [JWT_OK] = "ok",
    [JWT_MALFORMED] = "malformed",
    [JWT_ENCRYPTED] = "encrypted",
    [JWT_BAD_ALG] = "bad-alg",
    [JWT_NO_KEY] = "no-key",
    [JWT_BAD_SIGNATURE] = "bad-signature",
    [JWT_BAD_ISS] = "bad-iss",
    [JWT_BAD_AUD] = "bad-aud",
    [JWT_BAD_AZP] = "bad-azp",
    [JWT_EXPIRED] = "expired",
    [JWT_NO_EXP] = "no-exp",
    [JWT_NOT_YET] = "not-yet",
    [JWT_NO_IAT] = "no-iat",
    [JWT_IAT_FUTURE] = "iat-future",
    [JWT_BAD_NONCE] = "bad-nonce",
    [JWT_NO_SUB] = "no-sub",
    [JWT_UNSECURED] = "unsecured",
    [JWT_ALG_CONFUSION] = "alg-confusion",
    [JWT_CRITICAL_HEADER] = "critical-header",
    [JWT_UNENCODED_PAYLOAD] = "unencoded-payload",
    [JWT_EMBEDDED_KEY] = "embedded-key",
    [JWT_DUPLICATE_MEMBER] = "duplicate-member",
    [JWT_TOO_DEEP] = "too-deep",
    [JWT_TOO_LONG] = "too-long",
    [JWT_CONTRADICTORY_KEY] = "contradictory-key",
    [JWT_NOT_ENCRYPTED] = "not-encrypted",
    [JWT_UNDECRYPTABLE] = "undecryptable",
};

/* A token's form is malformed in many ways; these have a name of their own. The others are zero,
 * which is JWT_OK, and count as malformed. */
static const enum jwt_reason of_problem[JWS_PROBLEM_MAX_] = {
    [JWS_CRITICAL_HEADER] = JWT_CRITICAL_HEADER,
    [JWS_UNENCODED_PAYLOAD] = JWT_UNENCODED_PAYLOAD,
    [JWS_EMBEDDED_KEY] = JWT_EMBEDDED_KEY,
    [JWS_DUPLICATE_MEMBER] = JWT_DUPLICATE_MEMBER,
    [JWS_DEEP_HEADER] = JWT_TOO_DEEP,
    [JWS_LONG_HEADER] = JWT_TOO_LONG,
    [JWS_TOO_LONG] = JWT_TOO_LONG,
};

static const enum jwt_reason of_fault[JS_FAULT_MAX_] = {
    [JS_FAULT_NONE] = JWT_MALFORMED,
    [JS_FAULT_SYNTAX] = JWT_MALFORMED,
    [JS_FAULT_DUPLICATE] = JWT_DUPLICATE_MEMBER,
    [JS_FAULT_DEEP] = JWT_TOO_DEEP,
    [JS_FAULT_LONG] = JWT_TOO_LONG,
};

static const struct js_limits payload_limits = {1024UL * 1024, 32};

static const char *const default_algs[] = {"RS256", NULL};

const char *jwt_reason_name(enum jwt_reason r)
{
    assert(r < JWT_REASON_MAX_);
    return reason_names[r];
}

int jwt_sign(const struct key *k, enum jws_alg alg, const char *typ, const char *kid,
             const struct js *claims, char **ret, struct err *err)
{
    AUTO(js_free) struct js *header = js_object();
    js_set_text(header, "alg", jws_alg_name(alg));
    if (typ) {
        js_set_text(header, "typ", typ);
    }
    if (kid) {
        js_set_text(header, "kid", kid);
    }
    AUTO(xfree) char *payload = js_compact(claims);
    return jws_sign(k, alg, header, str_of(payload), ret, err);
}

struct js *jwt_claims_unverified(const char *compact)
{
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(js_free) struct js *claims = NULL;
    if (jws_parse(compact, &j, NULL) != JWS_OK ||
        js_parse((struct str){j.payload, j.payload_len}, "payload", &claims, NULL) != 0 ||
        !js_is(claims, JS_OBJECT)) {
        return NULL;
    }
    struct js *handed = claims;
    claims = NULL;
    return handed;
}

/* The text of a report: control characters of the token's author replaced, cut between characters
 * (UTF-8). */
static void put_text(char *out, size_t size, const char *text)
{
    size_t len = strnlen(text, size - 1);
    if (text[len]) {
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    for (size_t i = 0; i < len; i++) {
        bool control = (unsigned char)text[i] < 0x20 || text[i] == 0x7f;
        out[i] = control ? '?' : text[i];
    }
    out[len] = '\0';
}

static enum jwt_reason fail(struct jwt_verdict *v, enum jwt_reason reason, const char *expected,
                            const char *actual)
{
    put_text(v->expected, sizeof v->expected, expected);
    put_text(v->actual, sizeof v->actual, actual);
    return reason;
}

/* A claim as JSON text, or "no aud". */
static char *claim_text(const struct js *claims, const char *name)
{
    const struct js *value = js_get(claims, name);
    return value ? js_compact(value) : xasprintf("no %s", name);
}

static enum jwt_reason fail_claim(struct jwt_verdict *v, enum jwt_reason reason, const char *name,
                                  const char *expected)
{
    AUTO(xfree) char *actual = claim_text(v->claims, name);
    AUTO(xfree) char *wanted = xasprintf("%s %s", name, expected);
    AUTO(xfree)
    char *found = js_get(v->claims, name) ? xasprintf("%s %s", name, actual) : xstrdup(actual);
    return fail(v, reason, wanted, found);
}

static enum jwt_reason fail_detail(struct jwt_verdict *v, enum jwt_reason reason,
                                   const char *expected, const char *problem,
                                   const struct err *detail)
{
    AUTO(xfree)
    char *found = xasprintf("%s%s%s", problem, detail->msg[0] ? ": " : "", detail->msg);
    return fail(v, reason, expected, found);
}

/* Part one: what is encrypted is opened (OIDC Core 3.1.3.7 step 1). */

static bool has_five_parts(const char *compact)
{
    size_t dots = 0;
    for (const char *at = compact; *at; at++) {
        dots += *at == '.' ? 1U : 0U;
    }
    return dots == 4;
}

/* RFC 7519 5.2 wants cty "JWT" of a nested token; authentik says nothing (authentik.md 6.1). */
static enum jwt_reason check_nested(const struct jwe *j, const char *inner, size_t len,
                                    struct jwt_verdict *v)
{
    const struct js *cty = js_get(j->header, "cty");
    const char *name = js_text(cty);
    if (cty && (!name || strcasecmp(name, "JWT") != 0)) {
        AUTO(xfree) char *text = js_compact(cty);
        AUTO(xfree) char *found = xasprintf("cty %s", text);
        return fail(v, JWT_MALFORMED, "cty \"JWT\" or none", found);
    }
    if (strlen(inner) != len || has_five_parts(inner)) {
        return fail(v, JWT_MALFORMED, "a signed token inside the encrypted one",
                    strlen(inner) != len ? "other bytes" : "another encrypted one");
    }
    return JWT_OK;
}

/* *ret_inner stays NULL for a token that is not encrypted and need not be. */
static enum jwt_reason unwrap(const char *compact, const struct jwt_rules *rules, char **ret_inner,
                              struct jwt_verdict *v)
{
    bool encrypted = has_five_parts(compact);
    AUTO(jwe_deinit) struct jwe j = {0};
    AUTO(xfree) char *inner = NULL;
    struct err detail = {0};
    size_t len = 0;
    if (!rules->decryption_key) {
        return encrypted ? fail(v, JWT_ENCRYPTED, "a signed token of three parts",
                                "an encrypted token of five parts")
                         : JWT_OK;
    }
    if (!encrypted) {
        return fail(v, JWT_NOT_ENCRYPTED, "an encrypted token of five parts",
                    "a token that is not encrypted");
    }
    enum jwe_problem p = jwe_parse(compact, &j, &detail);
    if (p == JWE_OK) {
        p = jwe_decrypt(&j, rules->decryption_key, &inner, &len);
    }
    if (p != JWE_OK) {
        return fail_detail(v, JWT_UNDECRYPTABLE, "a compact JWE for the decryption key",
                           jwe_problem_text(p), &detail);
    }
    enum jwt_reason reason = check_nested(&j, inner, len, v);
    if (reason == JWT_OK) {
        *ret_inner = inner;
        inner = NULL;
    }
    return reason;
}

/* Part two: the token is a JWS of an allowed algorithm. */

static enum jwt_reason parse(const char *compact, const struct jwt_rules *rules, struct jws *j,
                             struct jwt_verdict *v)
{
    struct err detail = {0};
    enum js_fault fault = JS_FAULT_NONE;
    enum jws_problem p = jws_parse(compact, j, &detail);
    if (p == JWS_OK) {
        v->header = js_ref(j->header);
        p = rules->ignores_header_keys ? JWS_OK : jws_check_header(j, &detail);
    }
    if (p != JWS_OK) {
        return fail_detail(v, of_problem[p] != JWT_OK ? of_problem[p] : JWT_MALFORMED,
                           "a compact JWS", jws_problem_text(p), &detail);
    }
    if (js_parse_limited((struct str){j->payload, j->payload_len}, "payload", &payload_limits,
                         &fault, &v->claims, &detail) != 0) {
        return fail(v, of_fault[fault], "a JSON object as payload", detail.msg);
    }
    if (!js_is(v->claims, JS_OBJECT)) {
        AUTO(xfree) char *found = xasprintf("a JSON %s", js_type_name(v->claims));
        return fail(v, JWT_MALFORMED, "a JSON object as payload", found);
    }
    return JWT_OK;
}

static enum jwt_reason check_alg(const struct jws *j, const struct jwt_rules *rules,
                                 struct jwt_verdict *v)
{
    const char *name = js_get_text(j->header, "alg");
    const char *const *allowed = rules->algs ? rules->algs : default_algs;
    AUTO(strlist_deinit) struct strlist list = {0};
    for (size_t i = 0; allowed[i]; i++) {
        /* An unsecured token is never valid, whoever lists it (RFC 8725 3.2). */
        if (strcmp(allowed[i], name) == 0 && j->alg != JWS_NONE && j->alg != JWS_ALG_MAX_) {
            return JWT_OK;
        }
        strlist_add(&list, allowed[i]);
    }
    AUTO(xfree) char *names = strlist_join(&list, ", ");
    AUTO(xfree) char *expected = xasprintf("alg %s", names);
    AUTO(xfree) char *found = xasprintf("alg %s", name);
    return fail(v, jws_is_unsecured(j) ? JWT_UNSECURED : JWT_BAD_ALG, expected, found);
}

/* Part three: the signature. */

static bool is_hmac(enum jws_alg alg)
{
    return alg == JWS_HS256 || alg == JWS_HS384 || alg == JWS_HS512;
}

/* The key pair that a verifier without distrust would take for the secret: the one of this kid. */
static const char *pair_of_kid(const struct jws *j, const struct jwt_rules *rules)
{
    AUTO(vec_deinit) struct vec jwks = {0};
    const char *kid = js_get_text(j->header, "kid");
    if (!kid || !jwks_find(rules->jwks, kid, &jwks)) {
        return NULL;
    }
    for (size_t i = 0; i < jwks.len; i++) {
        const char *kty = js_get_text(jwks.items[i], "kty");
        if (kty && strcmp(kty, "oct") != 0) {
            return kty;
        }
    }
    return NULL;
}

static enum jwt_reason verify_secret(const struct jws *j, const struct jwt_rules *rules,
                                     struct jwt_verdict *v)
{
    const char *kty = rules->secret ? NULL : pair_of_kid(j, rules);
    if (kty) {
        AUTO(xfree)
        char *found = xasprintf("%s for the kid of a key of kty %s", jws_alg_name(j->alg), kty);
        return fail(v, JWT_ALG_CONFUSION, "an algorithm of that key", found);
    }
    if (!rules->secret) {
        return fail(v, JWT_NO_KEY, "a shared secret for an HMAC", "no secret is known");
    }
    if (cstr_contains(rules->secret, "-----BEGIN ")) {
        return fail(v, JWT_ALG_CONFUSION, "a shared secret for an HMAC",
                    "a PEM text, which others may know");
    }
    AUTO(key_free) struct key *k = key_from_secret(rules->secret, strlen(rules->secret));
    if (jws_verify(j, k) != JWS_OK) {
        return fail(v, JWT_BAD_SIGNATURE, "an HMAC made with the shared secret", "another one");
    }
    return JWT_OK;
}

/* A key for signatures of this algorithm. */
static struct key *candidate(const struct js *jwk, enum jws_alg alg)
{
    const struct jwk_want want = {.use = "sig", .op = "verify", .alg = jws_alg_name(alg)};
    struct key *k = NULL;
    if (!jwk_suits(jwk, &want) || jwk_to_key(jwk, &k, NULL) != 0) {
        return NULL;
    }
    return jws_alg_fits(alg, k) ? k : key_free(k);
}

/* As go-jose refuses it: a certificate that says otherwise than the numbers. Asked of the one key
 * that verified, because reading a certificate costs more than verifying. */
static enum jwt_reason check_certificates(const struct js *jwk, const struct key *k,
                                          struct jwt_verdict *v)
{
    enum jwk_problem p = jwk_check_certificates(jwk, k, NULL);
    if (p != JWK_X5C_OTHER_KEY && p != JWK_X5T_OTHER_CERTIFICATE &&
        p != JWK_X5T_S256_OTHER_CERTIFICATE) {
        return JWT_OK;
    }
    return fail(v, JWT_CONTRADICTORY_KEY, "a JWK whose certificate is of its key",
                jwk_problem_text(p));
}

static void describe_jwk(struct buf *text, const struct js *jwk)
{
    const char *kid = js_get_text(jwk, "kid");
    const char *kty = js_get_text(jwk, "kty");
    const char *alg = js_get_text(jwk, "alg");
    buf_addf(text, "%s'%s' (%s%s%s)", text->len > 0 ? ", " : "", kid ? kid : "", kty ? kty : "?",
             alg ? " " : "", alg ? alg : "");
}

static enum jwt_reason fail_no_key(const struct jws *j, const struct jwt_rules *rules,
                                   const char *kid, struct jwt_verdict *v)
{
    AUTO(buf_deinit) struct buf found = {0};
    AUTO(vec_deinit) struct vec all = {0};
    buf_init(&found, BUF_MAX_TEXT);
    bool is_set = jwks_find(rules->jwks, NULL, &all);
    for (size_t i = 0; i < all.len; i++) {
        describe_jwk(&found, all.items[i]);
    }
    if (found.len == 0) {
        buf_adds(&found, !rules->jwks ? "no key set is known"
                         : is_set     ? "an empty key set"
                                      : "a document without an array 'keys'");
    }
    AUTO(xfree)
    char *expected = kid ? xasprintf("a key with kid '%s' for %s", kid, jws_alg_name(j->alg))
                         : xasprintf("a key for %s", jws_alg_name(j->alg));
    return fail(v, JWT_NO_KEY, expected, found.ptr);
}

static enum jwt_reason verify_jwks(const struct jws *j, const struct jwt_rules *rules,
                                   struct jwt_verdict *v)
{
    AUTO(vec_deinit) struct vec jwks = {0};
    const char *kid = js_get_text(j->header, "kid");
    size_t tried = 0;
    (void)jwks_find(rules->jwks, kid, &jwks);
    for (size_t i = 0; i < jwks.len; i++) {
        AUTO(key_free) struct key *k = candidate(jwks.items[i], j->alg);
        if (k && jws_verify(j, k) == JWS_OK) {
            return check_certificates(jwks.items[i], k, v);
        }
        tried += k ? 1U : 0U;
    }
    if (tried == 0) {
        return fail_no_key(j, rules, kid, v);
    }
    AUTO(xfree)
    char *expected = kid ? xasprintf("a signature of the key '%s'", kid)
                         : xasprintf("a signature of one of the %zu keys that fit", tried);
    return fail(v, JWT_BAD_SIGNATURE, expected, "a signature that does not verify");
}

/* Part four: the claims. A rule gives JWT_OK when it holds or does not apply. */

static enum jwt_reason check_iss(const struct jwt_rules *rules, struct jwt_verdict *v)
{
    if (!rules->issuer || cstr_eq(js_get_text(v->claims, "iss"), rules->issuer)) {
        return JWT_OK;
    }
    AUTO(xfree) char *expected = xasprintf("\"%s\"", rules->issuer);
    return fail_claim(v, JWT_BAD_ISS, "iss", expected);
}

static enum jwt_reason check_aud(const struct jwt_rules *rules, struct jwt_verdict *v)
{
    const struct js *aud = js_get(v->claims, "aud");
    if (!rules->audience || cstr_eq(js_text(aud), rules->audience)) {
        return JWT_OK;
    }
    for (size_t i = 0; js_is(aud, JS_ARRAY) && i < js_len(aud); i++) {
        if (cstr_eq(js_text(js_at(aud, i)), rules->audience)) {
            return JWT_OK;
        }
    }
    AUTO(xfree) char *expected = xasprintf("\"%s\"", rules->audience);
    return fail_claim(v, JWT_BAD_AUD, "aud", expected);
}

/* OIDC Core 3.1.3.7 steps 4 and 5: asked for with several audiences; when there, it is us. */
static enum jwt_reason check_azp(const struct jwt_rules *rules, struct jwt_verdict *v)
{
    const struct js *azp = js_get(v->claims, "azp");
    const struct js *aud = js_get(v->claims, "aud");
    bool asked = js_is(aud, JS_ARRAY) && js_len(aud) > 1;
    if (!rules->audience || (!azp && !asked) || cstr_eq(js_text(azp), rules->audience)) {
        return JWT_OK;
    }
    AUTO(xfree) char *expected = xasprintf("\"%s\"", rules->audience);
    return fail_claim(v, JWT_BAD_AZP, "azp", expected);
}

/* A NumericDate may have a fraction (RFC 7519 2): it is cut off. */
static int numeric_date(const struct js *claims, const char *name, int64_t *ret)
{
    const struct js *value = js_get(claims, name);
    if (js_number(value, ret) == 0) {
        return 0;
    }
    if (!js_is(value, JS_REAL)) {
        return -1;
    }
    AUTO(xfree) char *text = js_compact(value);
    double seconds = strtod(text, NULL);
    if (!(seconds > -1e15 && seconds < 1e15)) {
        return -1;
    }
    *ret = (int64_t)seconds;
    return 0;
}

static enum jwt_reason fail_time(struct jwt_verdict *v, enum jwt_reason reason, const char *what,
                                 int64_t expected_s, int64_t actual_s)
{
    char expected[CLOCK_TEXT];
    char actual[CLOCK_TEXT];
    char name[8] = {0};
    (void)snprintf(name, sizeof name, "%s", what); /* "exp after" → "exp" */
    name[strcspn(name, " ")] = '\0';
    AUTO(xfree) char *wanted = xasprintf("%s %s", what, clock_rfc3339(expected_s, expected));
    AUTO(xfree) char *found = xasprintf("%s %s", name, clock_rfc3339(actual_s, actual));
    return fail(v, reason, wanted, found);
}

static enum jwt_reason check_exp(const struct jwt_rules *rules, struct jwt_verdict *v)
{
    int64_t exp = 0;
    if (numeric_date(v->claims, "exp", &exp) != 0) {
        return fail_claim(v, JWT_NO_EXP, "exp", "as a number");
    }
    int64_t now = rules->now_s - rules->leeway_s;
    return now < exp ? JWT_OK : fail_time(v, JWT_EXPIRED, "exp after", now, exp);
}

static enum jwt_reason check_nbf(const struct jwt_rules *rules, struct jwt_verdict *v)
{
    int64_t nbf = 0;
    if (!js_get(v->claims, "nbf")) {
        return JWT_OK;
    }
    if (numeric_date(v->claims, "nbf", &nbf) != 0) {
        return fail_claim(v, JWT_NOT_YET, "nbf", "as a number");
    }
    int64_t now = rules->now_s + rules->leeway_s;
    return nbf <= now ? JWT_OK : fail_time(v, JWT_NOT_YET, "nbf not after", now, nbf);
}

static enum jwt_reason check_iat(const struct jwt_rules *rules, struct jwt_verdict *v)
{
    int64_t iat = 0;
    if (numeric_date(v->claims, "iat", &iat) != 0) {
        return fail_claim(v, JWT_NO_IAT, "iat", "as a number");
    }
    int64_t now = rules->now_s + rules->leeway_s;
    return iat <= now ? JWT_OK : fail_time(v, JWT_IAT_FUTURE, "iat not after", now, iat);
}

static enum jwt_reason check_nonce(const struct jwt_rules *rules, struct jwt_verdict *v)
{
    if (!rules->nonce || secret_text_equal(js_get_text(v->claims, "nonce"), rules->nonce)) {
        return JWT_OK;
    }
    AUTO(xfree) char *expected = xasprintf("\"%s\"", rules->nonce);
    return fail_claim(v, JWT_BAD_NONCE, "nonce", expected);
}

static enum jwt_reason check_sub(const struct jwt_rules *rules, struct jwt_verdict *v)
{
    const char *sub = js_get_text(v->claims, "sub");
    return sub && sub[0] ? JWT_OK : fail_claim(v, JWT_NO_SUB, "sub", "as a non-empty string");
}

/* OIDC Core 3.1.3.7: steps 2, 3, 4-5, 9, RFC 7519 4.1.5, 10, 11, and Core 2 for sub. */
static enum jwt_reason (*const claim_rules[])(const struct jwt_rules *, struct jwt_verdict *) = {
    check_iss, check_aud, check_azp, check_exp, check_nbf, check_iat, check_nonce, check_sub, NULL,
};

static enum jwt_reason judge(const char *compact, const struct jwt_rules *rules,
                             struct jwt_verdict *v)
{
    AUTO(jws_deinit) struct jws j = {0};
    AUTO(xfree) char *inner = NULL;
    enum jwt_reason reason = unwrap(compact, rules, &inner, v);
    if (reason == JWT_OK) {
        reason = parse(inner ? inner : compact, rules, &j, v);
    }
    if (reason == JWT_OK) {
        reason = check_alg(&j, rules, v);
    }
    if (reason == JWT_OK) {
        reason = is_hmac(j.alg) ? verify_secret(&j, rules, v) : verify_jwks(&j, rules, v);
    }
    for (size_t i = 0; claim_rules[i] && reason == JWT_OK; i++) {
        reason = claim_rules[i](rules, v);
    }
    return reason;
}

void jwt_verify(const char *compact, const struct jwt_rules *rules, struct jwt_verdict *ret)
{
    *ret = (struct jwt_verdict){0};
    ret->reason = judge(compact, rules, ret);
}

void jwt_verdict_deinit(struct jwt_verdict *v)
{
    v->header = js_free(v->header);
    v->claims = js_free(v->claims);
}

char *jwt_half_hash(enum jws_alg alg, const char *value)
{
    static const enum hash_alg of_alg[JWS_ALG_MAX_] = {
        [JWS_NONE] = HASH_MAX_,    [JWS_HS256] = HASH_SHA256, [JWS_HS384] = HASH_SHA384,
        [JWS_HS512] = HASH_SHA512, [JWS_RS256] = HASH_SHA256, [JWS_RS384] = HASH_SHA384,
        [JWS_RS512] = HASH_SHA512, [JWS_PS256] = HASH_SHA256, [JWS_PS384] = HASH_SHA384,
        [JWS_PS512] = HASH_SHA512, [JWS_ES256] = HASH_SHA256, [JWS_ES384] = HASH_SHA384,
        [JWS_ES512] = HASH_SHA512, [JWS_EDDSA] = HASH_SHA512,
    };
    if (alg >= JWS_ALG_MAX_ || of_alg[alg] == HASH_MAX_) {
        return NULL;
    }
    uint8_t digest[HASH_SIZE_MAX] = {0};
    hash_of(of_alg[alg], value, strlen(value), digest);
    return b64url_encode(digest, hash_size(of_alg[alg]) / 2);
}
