/*
 * go-jose's ParseSigned (jws.go): which texts are a JWS, and what it says of the others. As Go does
 * it, stray bits of base64url do not matter, white space is dropped, and the JSON form is as good
 * as the compact one. It verifies nothing.
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/goidc_int.h"
#include "mocks/common/gotext.h"

#define TOKEN_MAX (1024UL * 1024)

void goidc_jws_deinit(struct goidc_jws *j)
{
    jws_deinit(&j->jws);
}

static int refuse(struct err *err, char *take_text)
{
    AUTO(xfree) char *text = take_text;
    return err_set(err, ERR_PARSE, "%s", text);
}

/* ---- header ---- */

struct header_text { /* rawHeader.sanitized: members that must be strings */
    const char *member;
    const char *called;
};

static const struct header_text header_texts[] = {
    {"alg", "algorithm"}, {"kid", "key ID"}, {"nonce", "nonce"}, {NULL, NULL}};

static int check_header(const struct js *header, struct err *err)
{
    for (const struct header_text *t = header_texts; t->member != NULL; t++) {
        const struct js *v = js_get(header, t->member);
        if (v == NULL || js_is(v, JS_STRING) || js_is(v, JS_NULL))
            continue;
        AUTO(xfree) char *raw = js_compact(v);
        AUTO(xfree) char *quoted = go_quoted(raw);
        return err_set(err, ERR_PARSE,
                       "failed to unmarshal %s: json: cannot unmarshal %s into Go value of type "
                       "string: %s",
                       t->called, go_json_kind(v), quoted);
    }
    return 0;
}

/* A crit that is no list, or that names anything but b64, fails with every key (crypter.go,
 * supportedCritical). b64 false asks for a payload that is not encoded, which nobody here signs. */
static bool is_critical(const struct js *header)
{
    const struct js *crit = js_get(header, "crit");
    if (crit == NULL || js_is(crit, JS_NULL))
        return false;
    for (size_t i = 0; i < js_len(crit); i++) {
        if (!cstr_eq(js_text(js_at(crit, i)), "b64") || !js_get_bool(header, "b64", true))
            return true;
    }
    return !js_is(crit, JS_ARRAY);
}

static int read_header(struct str bytes, const struct js *unprotected, struct goidc_jws *j,
                       struct err *err)
{
    char *cause = NULL;
    /* No protected header at all is fine, it then has no alg either. */
    struct js *header = bytes.len > 0 ? go_json_parse(bytes, true, &cause) : js_object();
    if (header == NULL)
        return refuse(err, cause);
    j->jws.header = header;
    if (js_is(header, JS_NULL)) {
        js_free(header);
        j->jws.header = js_object();
    } else if (!js_is(header, JS_OBJECT)) {
        return err_set(err, ERR_PARSE,
                       "json: cannot unmarshal %s into Go value of type jose.rawHeader",
                       go_json_kind(header));
    }
    for (struct js_iter it = js_iter(unprotected); js_next(&it);) { /* the protected one wins */
        if (js_get(j->jws.header, it.key) == NULL)
            js_set(j->jws.header, it.key, js_dup(it.value));
    }
    j->critical = is_critical(j->jws.header);
    const char *alg = js_get_text(j->jws.header, "alg");
    if (alg == NULL || !jws_alg_from_name(alg, &j->jws.alg))
        j->jws.alg = JWS_ALG_MAX_;
    return check_header(j->jws.header, err);
}

/* ---- compact form ---- */

/* Without white space; caller frees. NULL when there is none in it. */
static char *stripped(const char *text)
{
    static const char space[] = " \t\n\v\f\r";
    if (text[strcspn(text, space)] == '\0')
        return NULL;
    char *s = xmalloc(strlen(text) + 1);
    size_t n = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr(space, *c) == NULL)
            s[n++] = *c;
    }
    s[n] = '\0';
    return s;
}

static int decode_part(struct str part, char **ret, size_t *ret_len, struct err *err)
{
    char *cause = NULL;
    *ret = go_base64url(part, ret_len, &cause);
    return *ret != NULL ? 0 : refuse(err, cause);
}

/* The parts of j->jws.text, which are two dots' worth. */
static int read_parts(const struct js *unprotected, struct goidc_jws *j, struct err *err)
{
    struct str rest = str_of(j->jws.text);
    struct str part[3] = {{0}};
    AUTO(xfree) char *header = NULL;
    char *signature = NULL;
    size_t header_len = 0;
    for (size_t i = 0; i < 3; i++)
        str_next(&rest, '.', &part[i]);
    j->jws.signing_input = (struct str){j->jws.text, part[0].len + 1 + part[1].len};
    if (decode_part(part[0], &header, &header_len, err) != 0 ||
        decode_part(part[1], &j->jws.payload, &j->jws.payload_len, err) != 0 ||
        decode_part(part[2], &signature, &j->jws.signature_len, err) != 0)
        return -1;
    j->jws.signature = (unsigned char *)signature;
    return read_header((struct str){header, header_len}, unprotected, j, err);
}

static int read_compact(const struct goidc *p, const char *text, struct goidc_jws *j,
                        struct err *err)
{
    size_t dots = 0;
    for (const char *c = text; *c != '\0'; c++)
        dots += *c == '.';
    if (dots != 2 || strlen(text) > TOKEN_MAX)
        return err_set(err, ERR_PARSE, "%s: compact JWS format must have three parts",
                       goidc_jose(p));
    j->jws.text = xstrdup(text);
    j->signatures = 1;
    return read_parts(NULL, j, err);
}

/* ---- JSON form (RFC 7515 7.2) ---- */

static const char *member_text(const struct js *o, const char *name)
{
    const char *s = js_get_text(o, name);
    return s != NULL ? s : "";
}

static int read_json(const struct goidc *p, const char *text, struct goidc_jws *j, struct err *err)
{
    char *cause = NULL;
    AUTO(js_free) struct js *whole = go_json_parse(str_of(text), true, &cause);
    if (whole == NULL)
        return refuse(err, cause);
    const char *payload = js_get_text(whole, "payload");
    if (payload == NULL)
        return err_set(err, ERR_PARSE, "%s: missing payload in JWS message", goidc_jose(p));
    const struct js *list = js_get(whole, "signatures");
    const struct js *one = js_len(list) > 0 ? js_at(list, 0) : whole;
    const char *protected = member_text(one, "protected");
    const char *signature = member_text(one, "signature");
    const char *const parts[] = {protected, payload, signature};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strchr(parts[i], '.') != NULL) /* no dot but those put in below */
            return err_set(err, ERR_PARSE, "illegal base64 data at input byte %zu",
                           strcspn(parts[i], "."));
    }
    j->jws.text = xasprintf("%s.%s.%s", protected, payload, signature);
    j->signatures = js_len(list) > 0 ? js_len(list) : 1;
    return read_parts(js_get(one, "header"), j, err);
}

/* ---- both ---- */

static int check_alg(const struct goidc *p, const struct js *header, const struct strlist *algs,
                     struct err *err)
{
    const char *alg = js_get_text(header, "alg");
    if (algs == NULL || strlist_has(algs, alg != NULL ? alg : ""))
        return 0;
    AUTO(xfree) char *got = go_quoted(alg != NULL ? alg : "");
    AUTO(xfree) char *expected = go_quote_list(algs);
    return err_set(err, ERR_PARSE, "%sunexpected signature algorithm %s; expected %s",
                   p->dialect.alg_by_go_jose ? "go-jose/go-jose: " : "", got, expected);
}

int goidc_jws_parse(const struct goidc *p, const char *text, const struct strlist *algs,
                    struct goidc_jws *ret, struct err *err)
{
    AUTO(goidc_jws_deinit) struct goidc_jws j = {.jws = {.alg = JWS_ALG_MAX_}};
    AUTO(xfree) char *changed = stripped(text);
    const char *t = changed != NULL ? changed : text;
    if ((*t == '{' ? read_json : read_compact)(p, t, &j, err) != 0 ||
        check_alg(p, j.jws.header, algs, err) != 0)
        return -1;
    *ret = j;
    j = (struct goidc_jws){0};
    return 0;
}
