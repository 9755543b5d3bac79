/*
 * Answers and bodies of the control API: JSON in, JSON out, and refusals that say what was
 * expected.
 */
#include <stdarg.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/control/internal.h"

#define MAX_WORDS 8

static const struct {
    int status;
    const char *word;
} errors[] = {
    {400, "bad-request"},        {401, "unauthorized"}, {403, "forbidden"}, {404, "not-found"},
    {405, "method-not-allowed"}, {413, "too-large"},    {500, "internal"},
};

static const char *word_of(int status)
{
    const char *word = "internal";
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].status == status)
            word = errors[i].word;
    return word;
}

static void respond(struct http_response *resp, int status, const struct js *body)
{
    AUTO(xfree) char *text = js_pretty(body, 2);
    http_respondf(resp, status, "application/json", "%s\n", text);
}

void control_answer(struct http_response *resp, struct js *take)
{
    respond(resp, 200, take);
    js_free(take);
}

void control_refuse(struct http_response *resp, int status, const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf b;
    AUTO(js_free) struct js *o = js_object();
    va_list args;
    buf_init(&b, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&b, fmt, args);
    va_end(args);
    js_set_text(o, "error", word_of(status));
    js_set_text(o, "detail", b.ptr);
    respond(resp, status, o);
}

void control_refuse_err(struct http_response *resp, const struct err *err)
{
    char text[1024];
    bool theirs = err->code == ERR_USAGE || err->code == ERR_PARSE;
    control_refuse(resp, theirs ? 400 : 500, "%s", err_text(err, text, sizeof(text)));
}

void control_refuse_unknown(struct http_response *resp, int status, const char *what,
                            const char *word, const char *const *known)
{
    const char *near = str_nearest(word, known);
    if (near != NULL) {
        control_refuse(resp, status, "unknown %s '%s'; did you mean '%s'?", what, word, near);
        return;
    }
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; known[i] != NULL; i++)
        buf_addf(&b, "%s%s", i == 0 ? "" : ", ", known[i]);
    control_refuse(resp, status, "unknown %s '%s'; there are: %s", what, word,
                   b.len > 0 ? b.ptr : "none");
}

bool control_has_word(const char *list, const char *word)
{
    struct str rest = str_of(list);
    struct str one = {0};
    while (list != NULL && str_next(&rest, ' ', &one))
        if (str_is(one, word))
            return true;
    return false;
}

static void refuse_member(struct http_response *resp, const char *member, const char *members)
{
    AUTO(strlist_deinit) struct strlist words = {0};
    const char *known[MAX_WORDS + 1] = {0};
    struct str rest = str_of(members);
    struct str one = {0};
    while (words.len < MAX_WORDS && str_next(&rest, ' ', &one))
        strlist_take(&words, xstrndup(one.ptr, one.len));
    for (size_t i = 0; i < words.len; i++)
        known[i] = words.items[i];
    control_refuse_unknown(resp, 400, "member", member, known);
}

static bool check_members(const struct js *body, struct http_response *resp, const char *members)
{
    for (struct js_iter it = js_iter(body); js_next(&it);) {
        if (!control_has_word(members, it.key)) {
            refuse_member(resp, it.key, members);
            return false;
        }
        if (js_text(it.value) == NULL) {
            control_refuse(resp, 400, "'%s' is a text, found %s", it.key, js_type_name(it.value));
            return false;
        }
    }
    return true;
}

struct js *control_body(const struct http_request *req, struct http_response *resp,
                        const char *members)
{
    AUTO(js_free) struct js *body = NULL;
    struct err err = {0};
    if (js_parse((struct str){req->body, req->body_len}, "body", &body, &err) != 0) {
        control_refuse_err(resp, &err);
        return NULL;
    }
    if (!js_is(body, JS_OBJECT)) {
        control_refuse(resp, 400, "expected a JSON object, found %s", js_type_name(body));
        return NULL;
    }
    if (!check_members(body, resp, members))
        return NULL;
    struct js *ret = body;
    body = NULL;
    return ret;
}
