/*
 * go-oidc's idToken: the claims that it knows, with the types and the texts of encoding/json
 * (dex.md 5, steps 2 and 3). Pure; what the values must be is in goidc_verify.c.
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/goidc_int.h"
#include "mocks/common/gotext.h"

static char *field_error(const struct js *v, const char *name, const char *type)
{
    return xasprintf("json: cannot unmarshal %s into Go struct field idToken.%s of type %s",
                     go_json_kind(v), name, type);
}

static char *want_text(const struct js *v, const char *name)
{
    return js_is(v, JS_STRING) || js_is(v, JS_NULL) ? NULL : field_error(v, name, "string");
}

/* json.Number holds a number, or a string that is spelt like one. */
static struct js *number_of(const struct js *v)
{
    struct js *n = NULL;
    if (js_is(v, JS_INTEGER) || js_is(v, JS_REAL))
        return js_dup(v);
    const char *text = js_text(v);
    if (text == NULL || js_parse(str_of(text), "number", &n, NULL) != 0)
        return NULL;
    bool ok = (js_is(n, JS_INTEGER) || js_is(n, JS_REAL)) && strpbrk(text, " \t\r\n") == NULL;
    return ok ? n : js_free(n);
}

static char *want_time(const struct js *v, const char *name)
{
    AUTO(js_free) struct js *n = number_of(v);
    if (n != NULL)
        return NULL;
    if (js_is(v, JS_NULL)) /* *jsonTime stays nil, jsonTime reads an empty number */
        return strcmp(name, "nbf") == 0
                   ? NULL
                   : xstrdup("strconv.ParseFloat: parsing \"\": invalid syntax");
    if (!js_is(v, JS_STRING))
        return xasprintf("json: cannot unmarshal %s into Go value of type json.Number",
                         go_json_kind(v));
    AUTO(xfree) char *raw = js_compact(v);
    AUTO(xfree) char *quoted = go_quoted(raw);
    return xasprintf("json: invalid number literal, trying to unmarshal %s into Number", quoted);
}

static char *want_audience(const struct js *v, const char *name)
{
    if (js_is(v, JS_STRING) || js_is(v, JS_NULL))
        return NULL;
    if (!js_is(v, JS_ARRAY))
        return xasprintf("json: cannot unmarshal %s into Go value of type []string",
                         go_json_kind(v));
    for (size_t i = 0; i < js_len(v); i++) {
        if (!js_is(js_at(v, i), JS_STRING) && !js_is(js_at(v, i), JS_NULL))
            return xasprintf("json: cannot unmarshal %s into Go value of type string",
                             go_json_kind(js_at(v, i)));
    }
    return NULL;
}

static char *want_map(const struct js *v, const char *name, enum js_type of, const char *type)
{
    if (!js_is(v, JS_OBJECT)) {
        AUTO(xfree) char *map = xasprintf("map[string]%s", type);
        return js_is(v, JS_NULL) ? NULL : field_error(v, name, map);
    }
    for (struct js_iter it = js_iter(v); js_next(&it);) {
        if (!js_is(it.value, of) && !js_is(it.value, JS_NULL))
            return field_error(it.value, name, type);
    }
    return NULL;
}

static char *want_names(const struct js *v, const char *name)
{
    return want_map(v, name, JS_STRING, "string");
}

static char *want_sources(const struct js *v, const char *name)
{
    return want_map(v, name, JS_OBJECT, "oidc.claimSource");
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
    {"_claim_names", want_names},
    {"_claim_sources", want_sources},
    {NULL, NULL},
};

/* Go reads on after a member of the wrong type and tells the first one in the text's order. */
static char *typed_error(const struct js *claims)
{
    if (!js_is(claims, JS_OBJECT))
        return xasprintf("json: cannot unmarshal %s into Go value of type oidc.idToken",
                         go_json_kind(claims));
    for (struct js_iter it = js_iter(claims); js_next(&it);) {
        const struct claim_type *t = claim_types;
        while (t->name != NULL && strcmp(t->name, it.key) != 0)
            t++;
        char *error = t->name != NULL ? t->want(it.value, t->name) : NULL;
        if (error != NULL)
            return error;
    }
    return NULL;
}

int goidc_claims_decode(struct str payload, struct js **ret, struct err *err)
{
    char *error = NULL;
    AUTO(js_free) struct js *claims = go_json_parse(payload, false, &error);
    if (js_is(claims, JS_NULL) && error == NULL) { /* null leaves everything as it was: empty */
        js_free(claims);
        claims = js_object();
    }
    AUTO(xfree) char *cause = error != NULL ? error : typed_error(claims);
    if (cause != NULL)
        return err_set(err, ERR_PARSE, "oidc: failed to unmarshal claims: %s", cause);
    *ret = claims;
    claims = NULL;
    return 0;
}

int goidc_claims_sources(const struct js *claims, struct err *err)
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

void goidc_claims_audience(const struct js *claims, struct strlist *ret)
{
    const struct js *aud = js_get(claims, "aud");
    if (js_is(aud, JS_STRING))
        strlist_add(ret, js_text(aud));
    if (aud != NULL && js_is(aud, JS_NULL)) /* json.Unmarshal of null into a string succeeds */
        strlist_add(ret, "");
    for (size_t i = 0; js_is(aud, JS_ARRAY) && i < js_len(aud); i++) {
        const char *one = js_text(js_at(aud, i));
        strlist_add(ret, one != NULL ? one : "");
    }
}

bool goidc_claims_time(const struct js *claims, const char *name, int64_t *ret_s)
{
    const struct js *v = js_get(claims, name);
    AUTO(js_free) struct js *n = v != NULL ? number_of(v) : NULL;
    if (n == NULL)
        return false;
    if (js_number(n, ret_s) == 0)
        return true;
    AUTO(xfree) char *text = js_compact(n); /* a fraction of a second: Go cuts it off */
    text[cstr_contains(text, "e-") ? 0 : strcspn(text, ".eE")] = '\0';
    if (str_to_i64(str_of(text), INT64_MIN, INT64_MAX, ret_s) != 0)
        *ret_s = 0;
    return true;
}
