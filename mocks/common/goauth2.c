/*
 * The token request of golang.org/x/oauth2 (internal/token.go): which way the client authenticates,
 * what counts as a failure, and the texts. It does not know what the grant is; the caller owns
 * form, style and answer.
 */
#include "mocks/common/goauth2.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/common/gohttp.h"
#include "mocks/common/gotext.h"

struct attempt {
    struct http_client *client;
    const char *url;
    const char *id;
    const char *secret;
    const struct params *form;
};

/* RFC 6749 2.3.1: id and secret are form-encoded before they go into Basic. */
static char *basic_header(const char *id, const char *secret)
{
    AUTO(xfree) char *user = go_query_escape(id);
    AUTO(xfree) char *password = go_query_escape(secret);
    AUTO(xfree) char *pair = xasprintf("%s:%s", user, password);
    AUTO(xfree) char *encoded = b64_encode(pair, strlen(pair));
    return xasprintf("Basic %s", encoded);
}

static void build_request(const struct attempt *a, enum goauth2_style style,
                          struct http_request *req)
{
    AUTO(params_deinit) struct params form = {0};
    params_copy(&form, a->form);
    http_request_set(req, "POST", a->url);
    if (style == GOAUTH2_BODY) {
        if (*a->id != '\0')
            params_set(&form, "client_id", a->id);
        if (*a->secret != '\0')
            params_set(&form, "client_secret", a->secret);
    }
    params_sort(&form);
    http_request_set_form(req, &form);
    if (style == GOAUTH2_HEADER) {
        AUTO(xfree) char *header = basic_header(a->id, a->secret);
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

static struct js *form_answer(const struct http_response *resp)
{
    AUTO(params_deinit) struct params p = {0};
    params_parse_form(&p, (struct str){resp->body, resp->body_len});
    struct js *j = js_object();
    for (size_t i = 0; i < p.len; i++) {
        if (js_get(j, p.items[i].name) == NULL) /* url.Values.Get: the first wins */
            js_set_text(j, p.items[i].name, p.items[i].value);
    }
    return j;
}

/* The typed members of tokenJSON. NULL when they fit; else encoding/json's text (caller frees). */
static char *type_error(const struct js *answer)
{
    static const char *const texts[] = {
        "access_token", "token_type", "refresh_token", "error", "error_description",
        "error_uri",    NULL};
    if (!js_is(answer, JS_OBJECT))
        return xasprintf("json: cannot unmarshal %s into Go value of type internal.tokenJSON",
                         go_json_kind(answer));
    for (const char *const *t = texts; *t != NULL; t++) {
        const struct js *v = js_get(answer, *t);
        if (v != NULL && !js_is(v, JS_NULL) && !js_is(v, JS_STRING))
            return xasprintf(
                "json: cannot unmarshal %s into Go struct field tokenJSON.%s of type string",
                go_json_kind(v), *t);
    }
    return NULL;
}

static int json_answer(const struct http_response *resp, struct js **ret, struct err *err)
{
    struct str text = {resp->body != NULL ? resp->body : "", resp->body_len};
    AUTO(js_free) struct js *answer = NULL;
    AUTO(xfree) char *cause = go_json_error(text.ptr, text.len);
    struct err parse = {0};
    if (cause == NULL && js_parse(text, "token answer", &answer, &parse) != 0)
        cause = xstrdup(parse.msg);
    if (cause == NULL)
        cause = type_error(answer);
    if (cause == NULL) {
        *ret = answer;
        answer = NULL;
        return 0;
    }
    if (is_failure(resp))
        return retrieve_error(resp, NULL, err);
    return err_set(err, ERR_PARSE, "oauth2: cannot parse json: %s", cause);
}

static int read_answer(const struct http_response *resp, struct js **ret, struct err *err)
{
    AUTO(xfree) char *type = gohttp_media_type(resp);
    AUTO(js_free) struct js *answer = NULL;
    if (cstr_eq(type, "application/x-www-form-urlencoded") || cstr_eq(type, "text/plain"))
        answer = form_answer(resp);
    else if (json_answer(resp, &answer, err) != 0)
        return -1;
    const char *code = js_get_text(answer, "error");
    if (is_failure(resp) || (code != NULL && *code != '\0'))
        return retrieve_error(resp, answer, err);
    const char *token = js_get_text(answer, "access_token");
    if (token == NULL || *token == '\0')
        return err_set(err, ERR_PARSE, "oauth2: server response missing access_token");
    *ret = answer;
    answer = NULL;
    return 0;
}

static int try_style(const struct attempt *a, enum goauth2_style style, struct js **ret,
                     struct err *err)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    build_request(a, style, &req);
    if (gohttp_do(a->client, &req, NULL, &resp, err) != 0)
        return -1;
    return read_answer(&resp, ret, err);
}

int goauth2_token(struct http_client *client, const char *token_url, const char *client_id,
                  const char *client_secret, const struct params *form, enum goauth2_style *style,
                  struct js **ret, struct err *err)
{
    struct attempt a = {
        .client = client,
        .url = token_url,
        .id = client_id,
        .secret = client_secret != NULL ? client_secret : "",
        .form = form,
    };
    if (*style != GOAUTH2_AUTO)
        return try_style(&a, *style, ret, err);
    if (try_style(&a, GOAUTH2_HEADER, ret, err) == 0) {
        *style = GOAUTH2_HEADER;
        return 0;
    }
    /* Any failure at all: the same code goes out again, and the second error is the one told. */
    if (try_style(&a, GOAUTH2_BODY, ret, err) != 0)
        return -1;
    *style = GOAUTH2_BODY;
    return 0;
}
