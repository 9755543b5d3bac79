/*
 * Taking a JWT apart as golang-jwt v5 does (argocd.md 4.2: "token is malformed: <detail>").
 * Verifies nothing.
 */
#include "mocks/argocd/jwtparse.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "mocks/common/gotext.h"

static int decode_part(struct str part, const char *what, struct js **ret, struct err *err)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    size_t bad_at = 0;
    if (b64url_decode(part.ptr, part.len, &bytes, &len, &bad_at) != 0)
        return err_set(err, ERR_PARSE,
                       "token is malformed: could not base64 decode %s: illegal base64 data at "
                       "input byte %zu",
                       what, bad_at);
    AUTO(xfree) char *text = (char *)bytes;
    AUTO(xfree) char *cause = go_json_error(text, len);
    AUTO(js_free) struct js *value = NULL;
    struct err parse = {0};
    if (cause == NULL && js_parse((struct str){text, len}, what, &value, &parse) != 0)
        cause = xstrdup(parse.msg);
    if (cause == NULL && !js_is(value, JS_OBJECT))
        cause = xasprintf("json: cannot unmarshal %s into Go value of type %s", go_json_kind(value),
                          cstr_eq(what, "header") ? "map[string]interface {}" : "jwt.MapClaims");
    if (cause != NULL)
        return err_set(err, ERR_PARSE, "token is malformed: could not JSON decode %s: %s", what,
                       cause);
    *ret = value;
    value = NULL;
    return 0;
}

int jwtparse_unverified(const char *token, struct js **ret_header, struct js **ret_claims,
                        struct err *err)
{
    const char *first = strchr(token, '.');
    const char *second = first != NULL ? strchr(first + 1, '.') : NULL;
    if (second == NULL || strchr(second + 1, '.') != NULL)
        return err_set(err, ERR_PARSE,
                       "token is malformed: token contains an invalid number of segments");
    AUTO(js_free) struct js *header = NULL;
    const struct str head = {token, (size_t)(first - token)};
    const struct str body = {first + 1, (size_t)(second - first) - 1};
    if (decode_part(head, "header", &header, err) != 0 ||
        decode_part(body, "claim", ret_claims, err) != 0)
        return -1;
    *ret_header = header;
    header = NULL;
    return 0;
}
