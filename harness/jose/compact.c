/*
 * Strict reading of the parts of a token. Every way to be no base64url has its own name, because
 * each is another mistake of whoever made the token, and some libraries accept some of them.
 */
#include "harness/jose/compact.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/mem.h"

static size_t count_parts(const char *text)
{
    size_t n = 1;
    for (const char *at = text; *at; at++) {
        n += *at == '.' ? 1U : 0U;
    }
    return n;
}

enum compact_problem compact_split(const char *text, size_t n, struct str *ret_parts,
                                   struct err *detail)
{
    if (strnlen(text, COMPACT_MAX_TEXT) == COMPACT_MAX_TEXT) {
        (void)err_set(detail, ERR_PARSE, "more than %lu bytes", COMPACT_MAX_TEXT);
        return COMPACT_TOO_LONG;
    }
    if (text[0] == '{') {
        (void)err_set(detail, ERR_PARSE, "a JSON serialisation, expected the compact one");
        return COMPACT_PARTS;
    }
    size_t found = count_parts(text);
    if (found != n) {
        (void)err_set(detail, ERR_PARSE, "%zu parts, expected %zu", found, n);
        return COMPACT_PARTS;
    }
    struct str rest = str_of(text);
    for (size_t i = 0; i < n; i++) {
        (void)str_next(&rest, '.', &ret_parts[i]);
    }
    return COMPACT_OK;
}

static enum compact_problem problem_at(struct str part, size_t at)
{
    char c = part.ptr[at];
    if (c == '=') {
        return COMPACT_PADDED;
    }
    if (strchr(" \t\r\n", c)) {
        return COMPACT_WHITE_SPACE;
    }
    if (c == '+' || c == '/') {
        return COMPACT_PLAIN_BASE64;
    }
    bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
    return letter && part.len % 4 != 1 ? COMPACT_STRAY_BITS : COMPACT_BASE64;
}

enum compact_problem compact_decode(struct str part, const char *name, uint8_t **ret,
                                    size_t *ret_len, struct err *detail)
{
    size_t bad_at = 0;
    if (b64url_decode(part.ptr, part.len, ret, ret_len, &bad_at) == 0) {
        return COMPACT_OK;
    }
    (void)err_set(detail, ERR_PARSE, "the %s is not base64url at byte %zu", name, bad_at);
    return problem_at(part, bad_at);
}

enum compact_problem compact_header(struct str part, struct js **ret, struct err *detail)
{
    static const struct js_limits limits = {COMPACT_MAX_HEADER, COMPACT_MAX_DEPTH};
    static const enum compact_problem of_fault[JS_FAULT_MAX_] = {
        [JS_FAULT_NONE] = COMPACT_HEADER,         [JS_FAULT_SYNTAX] = COMPACT_HEADER,
        [JS_FAULT_DUPLICATE] = COMPACT_DUPLICATE, [JS_FAULT_DEEP] = COMPACT_DEEP,
        [JS_FAULT_LONG] = COMPACT_LONG_HEADER,
    };
    uint8_t *raw = NULL;
    size_t len = 0;
    enum js_fault fault = JS_FAULT_NONE;
    AUTO(js_free) struct js *header = NULL;
    enum compact_problem p = compact_decode(part, "header", &raw, &len, detail);
    if (p != COMPACT_OK) {
        return p;
    }
    int rc = js_parse_limited((struct str){(const char *)raw, len}, "header", &limits, &fault,
                              &header, detail);
    xfree(raw);
    if (rc != 0) {
        return of_fault[fault];
    }
    if (!js_is(header, JS_OBJECT)) {
        (void)err_set(detail, ERR_PARSE, "the header is a JSON %s, expected an object",
                      js_type_name(header));
        return COMPACT_HEADER;
    }
    *ret = header;
    header = NULL;
    return COMPACT_OK;
}

const char *compact_own_key(const struct js *header)
{
    static const char *const names[] = {"jwk", "jku", "x5c", "x5u", NULL};
    size_t i = 0;
    while (names[i] && !js_get(header, names[i])) {
        i++;
    }
    return names[i];
}
