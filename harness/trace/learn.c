/*
 * Where secrets stand in a trace by convention: header fields, parameters and JSON members. The
 * redactor learns their values here; it then finds them anywhere.
 */
#include "harness/trace/redact.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"

/* Parameter and member names whose values are secrets, and the word their tag begins with. */
static const struct {
    const char *name;
    const char *kind;
} secret_names[] = {
    {"code", "code"},
    {"state", "state"},
    {"access_token", "token"},
    {"id_token", "token"},
    {"refresh_token", "token"},
    {"token", "token"},
    {"code_verifier", "verifier"},
    {"client_secret", "client-secret"},
    {"password", "password"},
    {"secret", "client-secret"},
    {"device_code", "code"},
    {"user_code", "code"},
    {"logout_token", "token"},
    {"id_token_hint", "token"},
    {"client_assertion", "token"},
    {"csrfmiddlewaretoken", "cookie"},
    {NULL, NULL},
};

#define DEEPEST 3   /* forms within forms */
#define SHORTEST 6U /* a shorter value in a well-known place is no secret worth the confusion */

static const char *kind_of(const char *name)
{
    for (size_t i = 0; secret_names[i].name != NULL; i++)
        if (strcmp(secret_names[i].name, name) == 0)
            return secret_names[i].kind;
    return NULL;
}

static void learn_value(struct redactor *r, const char *kind, const char *value)
{
    if (value != NULL && strlen(value) >= SHORTEST)
        redactor_add(r, kind, value);
}

/* A form, and the URLs (next=) and forms (query=) within its values. */
static void learn_form(struct redactor *r, struct str text, int depth)
{
    AUTO(params_deinit) struct params p = {0};
    params_parse_form(&p, text);
    for (size_t i = 0; i < p.len; i++) {
        const char *value = p.items[i].value;
        const char *query = strpbrk(value, "?#");
        const char *kind = kind_of(p.items[i].name);
        if (kind != NULL)
            learn_value(r, kind, value);
        if (depth < DEEPEST && (query != NULL || strchr(value, '=') != NULL))
            learn_form(r, str_of(query != NULL ? query + 1 : value), depth + 1);
    }
}

/* Query and fragment of a URL. */
static void learn_url(struct redactor *r, const char *url)
{
    struct str rest = str_of(url != NULL ? url : "");
    struct str piece = {0};
    bool first = true;
    while (str_next(&rest, '#', &piece)) {
        const char *query = first ? memchr(piece.ptr, '?', piece.len) : piece.ptr - 1;
        if (query != NULL)
            learn_form(r, (struct str){query + 1, piece.len - (size_t)(query + 1 - piece.ptr)}, 0);
        first = false;
    }
}

/* Basic credentials: as they stand, and the secret within them (RFC 6749 2.3.1). */
static void learn_basic(struct redactor *r, const char *credentials)
{
    uint8_t *raw = NULL;
    size_t len = 0;
    learn_value(r, "client-secret", credentials);
    if (b64_decode(credentials, strlen(credentials), &raw, &len) != 0)
        return;
    AUTO(xfree) char *text = xstrndup((const char *)raw, len);
    xfree(raw);
    const char *colon = strchr(text, ':');
    if (colon == NULL)
        return;
    learn_value(r, "client-secret", colon + 1);
    AUTO(params_deinit) struct params form = {0};
    AUTO(xfree) char *pair = xasprintf("s=%s", colon + 1);
    params_parse_form(&form, str_of(pair));
    learn_value(r, "client-secret", params_get(&form, "s"));
}

static void learn_json(struct redactor *r, const struct js *j)
{
    for (struct js_iter it = js_iter(j); js_next(&it);) {
        /* authentik's errors have {"code": "invalid"}: no authorization code travels as JSON */
        const char *kind = strcmp(it.key, "code") == 0 ? NULL : kind_of(it.key);
        if (kind != NULL)
            learn_value(r, kind, js_text(it.value));
        learn_json(r, it.value);
    }
    for (size_t i = 0; js_is(j, JS_ARRAY) && i < js_len(j); i++)
        learn_json(r, js_at(j, i));
}

static void learn_cookies(struct redactor *r, const char *field, bool only_first)
{
    struct str rest = str_of(field);
    struct str piece;
    while (str_next(&rest, ';', &piece)) {
        piece = str_trim(piece);
        const char *eq = memchr(piece.ptr, '=', piece.len);
        if (eq != NULL) {
            AUTO(xfree) char *value = xstrndup(eq + 1, piece.len - (size_t)(eq + 1 - piece.ptr));
            learn_value(r, "cookie", value);
        }
        if (only_first)
            return;
    }
}

static void learn_headers(struct redactor *r, const struct params *headers)
{
    for (size_t i = 0; i < headers->len; i++) {
        const char *name = headers->items[i].name;
        const char *value = headers->items[i].value;
        if (strcasecmp(name, "Authorization") == 0) {
            const char *blank = strchr(value, ' ');
            if (strncasecmp(value, "Basic ", 6) == 0)
                learn_basic(r, value + 6);
            else
                learn_value(r, "token", blank != NULL ? blank + 1 : value);
        } else if (strcasecmp(name, "Cookie") == 0) {
            learn_cookies(r, value, false);
        } else if (strcasecmp(name, "Set-Cookie") == 0) {
            learn_cookies(r, value, true);
        } else if (strcasecmp(name, "Location") == 0 || strcasecmp(name, "Referer") == 0) {
            learn_url(r, value);
        } else if (strcasecmp(name, "X-authentik-CSRF") == 0) {
            learn_value(r, "cookie", value);
        }
    }
}

static void learn_body(struct redactor *r, const struct params *headers, const char *body,
                       size_t len)
{
    const char *type = params_get_ci(headers, "Content-Type");
    if (body == NULL || len == 0 || type == NULL)
        return;
    if (cstr_starts(type, "application/x-www-form-urlencoded"))
        learn_form(r, (struct str){body, len}, 0);
    if (!cstr_starts(type, "application/json"))
        return;
    AUTO(js_free) struct js *j = NULL;
    if (js_parse((struct str){body, len}, "body", &j, NULL) == 0)
        learn_json(r, j);
}

void redactor_learn(struct redactor *r, const struct trace *t)
{
    const char *kind = NULL;
    for (size_t i = 0; i < trace_secrets(t); i++) {
        const char *value = trace_secret_at(t, i, &kind);
        redactor_add(r, kind, value);
    }
    size_t len = trace_len(t);
    for (size_t i = trace_first(t); i < len; i++) {
        const struct trace_event *e = trace_at(t, i);
        if (e->kind != TRACE_EXCHANGE)
            continue;
        learn_url(r, e->url);
        learn_headers(r, &e->request_headers);
        learn_headers(r, &e->headers);
        learn_body(r, &e->request_headers, e->request_body, e->request_body_len);
        learn_body(r, &e->headers, e->body, e->body_len);
    }
}
