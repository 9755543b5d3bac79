/*
 * go-oidc's IDTokenVerifier in the order of v3.17 and later (dex.md 5: 8, 9, 10, 2 to 7): JWS form,
 * algorithm, signature, then the claims. Literals are go-oidc's and go-jose's. What a caller
 * compares besides (nonce, at_hash) is the caller's business.
 */
#include "mocks/common/goidc_int.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/common/gotext.h"

#define NBF_LEEWAY_S 300
#define TOKEN_MAX (1024UL * 1024)

static int malformed(struct err *err, const char *text)
{
    return err_set(err, ERR_PARSE, "oidc: malformed jwt: %s", text);
}

/* The three parts, each raw base64url; Go names the byte where a part stops being it. */
static int check_parts(const char *token, struct err *err)
{
    struct str rest = str_of(token);
    struct str part[3] = {{0}};
    size_t n = 0;
    for (const char *c = token; *c != '\0'; c++)
        n += *c == '.';
    if (n != 2 || rest.len > TOKEN_MAX)
        return malformed(err, "go-jose/go-jose: compact JWS format must have three parts");
    for (size_t i = 0; i < 3; i++) {
        uint8_t *bytes = NULL;
        size_t len = 0;
        size_t bad_at = 0;
        str_next(&rest, '.', &part[i]);
        if (part[i].len == 0)
            continue;
        if (b64url_decode(part[i].ptr, part[i].len, &bytes, &len, &bad_at) != 0) {
            AUTO(xfree) char *text = xasprintf("illegal base64 data at input byte %zu", bad_at);
            return malformed(err, text);
        }
        xfree(bytes);
    }
    return 0;
}

/* The protected header; a text that is none gives encoding/json's words. */
static int parse_header(const char *token, struct js **ret, struct err *err)
{
    const char *dot = strchr(token, '.');
    size_t n = dot != NULL ? (size_t)(dot - token) : 0;
    AUTO(xfree) char *text = NULL;
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (b64url_decode(token, n, &bytes, &len, NULL) != 0)
        return malformed(err, "unexpected end of JSON input");
    text = (char *)bytes;
    AUTO(xfree) char *cause = go_json_error(text, len);
    if (cause != NULL)
        return malformed(err, cause);
    struct err parse = {0};
    if (js_parse((struct str){text, len}, "JWS header", ret, &parse) != 0)
        return malformed(err, parse.msg);
    return 0;
}

static int check_alg(const struct goidc *p, const struct js *header, struct err *err)
{
    const char *alg = js_get_text(header, "alg");
    if (alg != NULL && strlist_has(&p->algs, alg))
        return 0;
    AUTO(xfree) char *got = go_quoted(alg != NULL ? alg : "");
    AUTO(xfree) char *expected = go_quote_list(&p->algs);
    AUTO(xfree)
    char *text = xasprintf("unexpected signature algorithm %s; expected %s", got, expected);
    return malformed(err, text);
}

/* A defect takes this algorithm although it is none of the advertised ones. */
static bool alg_is_tolerated(const struct goidc_skip *skip, const char *alg)
{
    return (skip->none && cstr_eq(alg, "none")) || (skip->hs256_public && cstr_eq(alg, "HS256"));
}

int goidc_check_signature(struct goidc *p, const char *token, const struct goidc_skip *skip,
                          struct jws *ret, struct err *err)
{
    AUTO(js_free) struct js *header = NULL;
    if (check_parts(token, err) != 0 || parse_header(token, &header, err) != 0)
        return -1;
    const char *alg = js_get_text(header, "alg");
    if (!skip->alg && !alg_is_tolerated(skip, alg) && check_alg(p, header, err) != 0)
        return -1;
    struct err detail = {0};
    enum jws_problem problem = jws_parse(token, ret, &detail);
    if (problem == JWS_UNENCODED_PAYLOAD) /* a crit that names b64 */
        problem = JWS_CRITICAL_HEADER;
    if (problem == JWS_CRITICAL_HEADER && !skip->signature)
        return err_set(err, ERR_CRYPTO, /* go-jose refuses inside Verify, go-oidc hides why */
                       "failed to verify signature: failed to verify id token signature");
    if (problem != JWS_OK && problem != JWS_NO_ALG && problem != JWS_CRITICAL_HEADER)
        return malformed(err, detail.msg);
    if (skip->signature || (skip->none && cstr_eq(alg, "none")))
        return 0;
    const char *kid = js_get_text(header, "kid");
    if (goidc_keyset_verify(p, ret, kid != NULL ? kid : "", skip, err) != 0)
        return err_wrap(err, "failed to verify signature");
    return 0;
}

/* ---- claims ---- */

static char *field_error(const struct js *v, const char *name, const char *type)
{
    return xasprintf("json: cannot unmarshal %s into Go struct field idToken.%s of type %s",
                     go_json_kind(v), name, type);
}

static char *want_text(const struct js *v, const char *name)
{
    return js_is(v, JS_STRING) ? NULL : field_error(v, name, "string");
}

/* json.Number: a number, or a string that holds one. */
static char *want_time(const struct js *v, const char *name)
{
    int64_t n = 0;
    if (js_is(v, JS_INTEGER) || js_is(v, JS_REAL))
        return NULL;
    if (!js_is(v, JS_STRING))
        return xasprintf("json: cannot unmarshal %s into Go value of type json.Number",
                         go_json_kind(v));
    if (str_to_i64(str_of(js_text(v)), INT64_MIN, INT64_MAX, &n) == 0)
        return NULL;
    AUTO(xfree) char *raw = js_compact(v);
    AUTO(xfree) char *quoted = go_quoted(raw);
    return xasprintf("json: invalid number literal, trying to unmarshal %s into Number", quoted);
}

static char *want_audience(const struct js *v, const char *name)
{
    if (js_is(v, JS_STRING))
        return NULL;
    if (!js_is(v, JS_ARRAY))
        return xasprintf("json: cannot unmarshal %s into Go value of type []string",
                         go_json_kind(v));
    for (size_t i = 0; i < js_len(v); i++) {
        if (!js_is(js_at(v, i), JS_STRING))
            return xasprintf("json: cannot unmarshal %s into Go value of type string",
                             go_json_kind(js_at(v, i)));
    }
    return NULL;
}

static char *want_object(const struct js *v, const char *name)
{
    return js_is(v, JS_OBJECT) ? NULL : field_error(v, name, "map[string]string");
}

struct claim_type {
    const char *name;
    char *(*want)(const struct js *v, const char *name); /* the error, caller frees */
};

static const struct claim_type claim_types[] = {
    {"iss", want_text},
    {"sub", want_text},
    {"aud", want_audience},
    {"exp", want_time},
    {"iat", want_time},
    {"nbf", want_time},
    {"nonce", want_text},
    {"at_hash", want_text},
    {"_claim_names", want_object},
    {"_claim_sources", want_object},
    {NULL, NULL},
};

static char *typed_error(const struct js *claims)
{
    if (!js_is(claims, JS_OBJECT))
        return xasprintf("json: cannot unmarshal %s into Go value of type oidc.idToken",
                         go_json_kind(claims));
    for (const struct claim_type *t = claim_types; t->name != NULL; t++) {
        const struct js *v = js_get(claims, t->name);
        char *error = v != NULL && !js_is(v, JS_NULL) ? t->want(v, t->name) : NULL;
        if (error != NULL)
            return error;
    }
    return NULL;
}

int goidc_decode_claims(const struct jws *j, struct js **ret, struct err *err)
{
    AUTO(js_free) struct js *claims = NULL;
    AUTO(xfree) char *cause = go_json_error(j->payload, j->payload_len);
    struct err parse = {0};
    if (cause == NULL &&
        js_parse((struct str){j->payload, j->payload_len}, "claims", &claims, &parse) != 0)
        cause = xstrdup(parse.msg);
    if (cause == NULL)
        cause = typed_error(claims);
    if (cause != NULL)
        return err_set(err, ERR_PARSE, "oidc: failed to unmarshal claims: %s", cause);
    *ret = claims;
    claims = NULL;
    return 0;
}

/* A NumericDate of any accepted spelling; false when absent. */
static bool get_time(const struct js *claims, const char *name, int64_t *ret)
{
    const struct js *v = js_get(claims, name);
    if (js_number(v, ret) == 0)
        return true;
    if (js_is(v, JS_REAL)) { /* a fraction of a second: Go cuts it off */
        AUTO(xfree) char *text = js_compact(v);
        text[strcspn(text, ".eE")] = '\0';
        return str_to_i64(str_of(text), INT64_MIN, INT64_MAX, ret) == 0;
    }
    return js_is(v, JS_STRING) && str_to_i64(str_of(js_text(v)), INT64_MIN, INT64_MAX, ret) == 0;
}

static int check_sources(const struct js *claims, struct err *err)
{
    const struct js *sources = js_get(claims, "_claim_sources");
    for (struct js_iter it = js_iter(js_get(claims, "_claim_names")); js_next(&it);) {
        const char *source = js_text(it.value);
        if (source == NULL || *source == '\0')
            return err_set(err, ERR_PARSE, "oidc: failed to obtain source from claim name");
        if (js_get(sources, source) == NULL)
            return err_set(err, ERR_PARSE, "oidc: source does not exist");
    }
    return 0;
}

static int check_issuer(const struct goidc *p, const struct js *claims,
                        const struct goidc_skip *skip, struct err *err)
{
    const char *iss = js_get_text(claims, "iss");
    if (goidc_issuer_fits(skip, p->issuer, iss))
        return 0;
    AUTO(xfree) char *expected = go_quoted(p->issuer);
    AUTO(xfree) char *got = go_quoted(iss != NULL ? iss : "");
    return err_set(err, ERR_CRYPTO,
                   "oidc: id token issued by a different provider, expected %s got %s", expected,
                   got);
}

static void read_audience(const struct js *claims, struct strlist *ret)
{
    const struct js *aud = js_get(claims, "aud");
    if (js_is(aud, JS_STRING))
        strlist_add(ret, js_text(aud));
    for (size_t i = 0; js_is(aud, JS_ARRAY) && i < js_len(aud); i++)
        strlist_add(ret, js_text(js_at(aud, i)));
}

static int check_audience(const struct js *claims, const char *client_id, struct err *err)
{
    AUTO(strlist_deinit) struct strlist aud = {0};
    read_audience(claims, &aud);
    if (strlist_has(&aud, client_id))
        return 0;
    AUTO(xfree) char *expected = go_quoted(client_id);
    AUTO(xfree) char *got = go_quote_list(&aud);
    return err_set(err, ERR_CRYPTO, "oidc: expected audience %s got %s", expected, got);
}

/* Zero leeway. Real clocks have a fraction, so a token is expired in the very second of its exp. */
static int check_expiry(const struct js *claims, int64_t now_s, struct err *err)
{
    char text[CLOCK_TEXT] = "0001-01-01 00:00:00 +0000 UTC";
    int64_t exp_s = 0;
    if (get_time(claims, "exp", &exp_s)) {
        if (exp_s > now_s)
            return 0;
        clock_go_time(exp_s, text);
    }
    return err_set(err, ERR_CRYPTO, "oidc: token is expired (Token Expiry: %s)", text);
}

static int check_not_before(const struct js *claims, int64_t now_s, struct err *err)
{
    char now_text[CLOCK_TEXT];
    char nbf_text[CLOCK_TEXT];
    int64_t nbf_s = 0;
    if (!get_time(claims, "nbf", &nbf_s) || nbf_s <= now_s + NBF_LEEWAY_S)
        return 0;
    return err_set(err, ERR_CRYPTO, "oidc: current time %s before the nbf (not before) time: %s",
                   clock_go_time(now_s, now_text), clock_go_time(nbf_s, nbf_text));
}

int goidc_verify(struct goidc *p, const char *token, const char *client_id,
                 const struct clock *clock, const struct goidc_skip *skip, struct js **ret_claims,
                 struct err *err)
{
    static const struct goidc_skip nothing = {0};
    const struct goidc_skip *s = skip != NULL ? skip : &nothing;
    AUTO(jws_deinit) struct jws jws = {0};
    AUTO(js_free) struct js *claims = NULL;
    struct err own = {0};
    struct err *e = err != NULL ? err : &own;
    int64_t now_s = clock_now_s(clock);
    if (goidc_check_signature(p, token, s, &jws, e) != 0 ||
        goidc_decode_claims(&jws, &claims, e) != 0 || check_sources(claims, e) != 0)
        return -1;
    if (!s->issuer && check_issuer(p, claims, s, e) != 0)
        return -1;
    if (!s->audience && check_audience(claims, client_id, e) != 0)
        return -1;
    if (!s->expiry && check_expiry(claims, now_s - s->leeway_s, e) != 0)
        return -1;
    if (!s->nbf && check_not_before(claims, now_s, e) != 0)
        return -1;
    *ret_claims = claims;
    claims = NULL;
    return 0;
}
