/*
 * The token request of golang.org/x/oauth2 (internal/token.go): which way the client authenticates,
 * what counts as a failure, and the texts. It does not know what the grant is; the caller owns
 * form, style and answer.
 */
#include "mocks/common/goauth2.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/common/gohttp.h"
#include "mocks/common/gotext.h"

#define BODY_MAX (1024UL * 1024)

/* RFC 6749 2.3.1: id and secret are form-encoded before they go into Basic. */
static char *basic_header(const char *id, const char *secret)
{
    AUTO(xfree) char *user = go_query_escape(id);
    AUTO(xfree) char *password = go_query_escape(secret);
    AUTO(xfree) char *pair = xasprintf("%s:%s", user, password);
    AUTO(xfree) char *encoded = b64_encode(pair, strlen(pair));
    return xasprintf("Basic %s", encoded);
}

static void build_request(const struct goauth2_client *c, const struct params *own,
                          enum goauth2_style style, struct http_request *req)
{
    const char *secret = c->secret != NULL ? c->secret : "";
    AUTO(params_deinit) struct params form = {0};
    params_copy(&form, own);
    http_request_set(req, "POST", c->token_url);
    if (style == GOAUTH2_BODY) {
        if (*c->id != '\0')
            params_set(&form, "client_id", c->id);
        if (*secret != '\0')
            params_set(&form, "client_secret", secret);
    }
    params_sort(&form);
    http_request_set_form(req, &form);
    if (style == GOAUTH2_HEADER) {
        AUTO(xfree) char *header = basic_header(c->id, secret);
        params_set_ci(&req->headers, "Authorization", header);
    }
}

static bool is_failure(const struct http_response *resp)
{
    return resp->status < 200 || resp->status > 299;
}

/* RetrieveError.Error() */
static int retrieve_error(const struct http_response *resp, const struct js *answer,
                          struct err *err)
{
    static const char *const members[] = {"error", "error_description", "error_uri", NULL};
    const char *code = js_get_text(answer, "error");
    if (code == NULL || *code == '\0') {
        AUTO(xfree) char *status = gohttp_status(resp);
        return err_set(err, ERR_PARSE, "oauth2: cannot fetch token: %s\nResponse: %s", status,
                       resp->body != NULL ? resp->body : "");
    }
    AUTO(buf_deinit) struct buf text = {0};
    buf_init(&text, BUF_MAX_TEXT);
    buf_adds(&text, "oauth2:");
    for (const char *const *m = members; *m != NULL; m++) {
        const char *value = js_get_text(answer, *m);
        if (value == NULL || *value == '\0')
            continue;
        AUTO(xfree) char *quoted = go_quoted(value);
        buf_addf(&text, " %s", quoted);
    }
    return err_set(err, ERR_PARSE, "%s", text.ptr);
}

/* Before v0.8 tokenJSON did not know the members of an error. */
static bool is_typed(const struct goauth2_client *c, const char *member)
{
    return !c->old_text || !cstr_starts(member, "error");
}

/* expires_in: a number, or a text that is spelt like one. */
static char *expiry_error(const struct js *v)
{
    int64_t n = 0;
    if (v == NULL || js_is(v, JS_NULL) || js_is(v, JS_INTEGER))
        return NULL;
    if (js_is(v, JS_STRING) && str_to_i64(str_of(js_text(v)), INT64_MIN, INT64_MAX, &n) == 0)
        return NULL;
    AUTO(xfree) char *raw = js_compact(v);
    AUTO(xfree) char *quoted = go_quoted(raw);
    if (js_is(v, JS_REAL))
        return xasprintf("strconv.ParseInt: parsing %s: invalid syntax", quoted);
    if (js_is(v, JS_STRING))
        return xasprintf("json: invalid number literal, trying to unmarshal %s into Number",
                         quoted);
    return xasprintf("json: cannot unmarshal %s into Go value of type json.Number",
                     go_json_kind(v));
}

/* The typed members of tokenJSON. NULL when they fit; else encoding/json's text (caller frees). */
static char *type_error(const struct goauth2_client *c, const struct js *answer)
{
    static const char *const texts[] = {
        "access_token", "token_type", "refresh_token", "error", "error_description",
        "error_uri",    NULL};
    if (!js_is(answer, JS_OBJECT))
        return xasprintf("json: cannot unmarshal %s into Go value of type internal.tokenJSON",
                         go_json_kind(answer));
    for (const char *const *t = texts; *t != NULL; t++) {
        const struct js *v = js_get(answer, *t);
        if (v != NULL && is_typed(c, *t) && !js_is(v, JS_NULL) && !js_is(v, JS_STRING))
            return xasprintf(
                "json: cannot unmarshal %s into Go struct field tokenJSON.%s of type string",
                go_json_kind(v), *t);
    }
    return expiry_error(js_get(answer, "expires_in"));
}

/* What is wrong with a text that is not what its type says. A failure is told by its status. */
static int parse_error(const struct goauth2_client *c, const struct http_response *resp,
                       const char *what, const char *cause, struct err *err)
{
    if (is_failure(resp))
        return retrieve_error(resp, NULL, err);
    if (c->old_text)
        return err_set(err, ERR_PARSE, "%s", cause);
    return err_set(err, ERR_PARSE, "oauth2: cannot parse %s: %s", what, cause);
}

static int json_answer(const struct goauth2_client *c, const struct http_response *resp,
                       struct js **ret, struct err *err)
{
    struct str text = {resp->body != NULL ? resp->body : "", resp->body_len};
    char *error = NULL;
    AUTO(js_free) struct js *answer = go_json_parse(text, false, &error);
    if (error == NULL && js_is(answer, JS_NULL)) { /* null fills in nothing */
        js_free(answer);
        answer = js_object();
    }
    AUTO(xfree) char *cause = error != NULL ? error : type_error(c, answer);
    if (cause != NULL)
        return parse_error(c, resp, "json", cause, err);
    *ret = answer;
    answer = NULL;
    return 0;
}

static int form_answer(const struct goauth2_client *c, const struct http_response *resp,
                       struct js **ret, struct err *err)
{
    AUTO(params_deinit) struct params p = {0};
    struct str text = {resp->body != NULL ? resp->body : "", resp->body_len};
    AUTO(xfree) char *cause = go_query_error(text);
    if (cause != NULL)
        return parse_error(c, resp, "response", cause, err);
    params_parse_form(&p, text);
    struct js *j = js_object();
    for (size_t i = 0; i < p.len; i++) {
        if (js_get(j, p.items[i].name) == NULL) /* url.Values.Get: the first wins */
            js_set_text(j, p.items[i].name, p.items[i].value);
    }
    *ret = j;
    return 0;
}

static int read_answer(const struct goauth2_client *c, const struct http_response *resp,
                       struct js **ret, struct err *err)
{
    AUTO(xfree) char *type = gohttp_media_type(resp);
    AUTO(js_free) struct js *answer = NULL;
    bool is_form =
        cstr_eq(type, "application/x-www-form-urlencoded") || cstr_eq(type, "text/plain");
    if (c->old_text && is_failure(resp))
        return retrieve_error(resp, NULL, err);
    if ((is_form ? form_answer : json_answer)(c, resp, &answer, err) != 0)
        return -1;
    const char *code = c->old_text ? NULL : js_get_text(answer, "error");
    if (is_failure(resp) || (code != NULL && *code != '\0'))
        return retrieve_error(resp, answer, err);
    const char *token = js_get_text(answer, "access_token");
    if (token == NULL || *token == '\0')
        return err_set(err, ERR_PARSE, "oauth2: server response missing access_token");
    *ret = answer;
    answer = NULL;
    return 0;
}

static int try_style(const struct goauth2_client *c, const struct params *form,
                     enum goauth2_style style, struct js **ret, struct err *err)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    build_request(c, form, style, &req);
    if (gohttp_do(c->http, &req, NULL, &resp, err) != 0)
        return -1;
    if (resp.body_len > BODY_MAX) /* io.LimitReader: what is cut off is mostly no JSON any more */
        resp.body[resp.body_len = BODY_MAX] = '\0';
    return read_answer(c, &resp, ret, err);
}

int goauth2_ask(const struct goauth2_client *c, const struct params *form,
                enum goauth2_style *style, struct js **ret, struct err *err)
{
    if (*style != GOAUTH2_AUTO)
        return try_style(c, form, *style, ret, err);
    if (try_style(c, form, GOAUTH2_HEADER, ret, err) == 0) {
        *style = GOAUTH2_HEADER;
        return 0;
    }
    /* Any failure at all: the same code goes out again, and the second error is the one told. */
    if (try_style(c, form, GOAUTH2_BODY, ret, err) != 0)
        return -1;
    *style = GOAUTH2_BODY;
    return 0;
}

int goauth2_token(struct http_client *client, const char *token_url, const char *client_id,
                  const char *client_secret, const struct params *form, enum goauth2_style *style,
                  struct js **ret, struct err *err)
{
    const struct goauth2_client c = {
        .http = client,
        .token_url = token_url,
        .id = client_id,
        .secret = client_secret,
    };
    return goauth2_ask(&c, form, style, ret, err);
}
