/*
 * The life of a call: authentication by the rules of its method, and its one result.
 */
#include "mocks/argocd/call.h"

#include <stdarg.h>

#include "harness/base/buf.h"

void call_deinit(struct call *c)
{
    session_deinit(&c->session);
    for (size_t i = 0; i < CALL_ARGS; i++)
        c->args[i] = xfree(c->args[i]);
    c->answer = js_free(c->answer);
    c->message = xfree(c->message);
    c->new_token = xfree(c->new_token);
}

void call_answer(struct call *c, struct js *take)
{
    js_free(c->answer);
    c->answer = take;
}

static void answer_list(struct call *c, struct js *meta, const struct js *items)
{
    struct js *list = js_object();
    js_set(list, "metadata", meta);
    js_set(list, "items", js_len(items) > 0 ? js_dup(items) : js_null());
    call_answer(c, list);
}

void call_answer_list(struct call *c, const struct js *items)
{
    struct js *meta = js_object();
    js_set_text(meta, "resourceVersion", "1");
    answer_list(c, meta, items);
}

void call_answer_plain_list(struct call *c, const struct js *items)
{
    answer_list(c, js_object(), items);
}

void call_fail(struct call *c, enum grpc_code code, const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf text = {0};
    buf_init(&text, BUF_MAX_TEXT);
    va_list args;
    va_start(args, fmt);
    buf_vaddf(&text, fmt, args);
    va_end(args);
    xfree(c->message);
    c->message = buf_take(&text);
    c->code = code;
}

void call_serve(struct call *c, void (*serve)(struct call *c), enum call_auth auth,
                const char *token_header)
{
    if (auth != CALL_AUTH_NONE)
        session_open(c->m, c->req, token_header, &c->session);
    if (auth == CALL_AUTH_REQUIRED && c->session.error != NULL && !c->session.anonymous)
        call_fail(c, c->session.internal ? GRPC_INTERNAL : GRPC_UNAUTHENTICATED, "%s",
                  c->session.error);
    else
        serve(c);
    if (c->new_token == NULL && c->session.renewed != NULL)
        c->new_token = xstrdup(c->session.renewed);
    if (c->message != NULL)
        trace_log(c->m->env.trace, "argocd", "info", "finished call %s: code = %d desc = %s",
                  c->req->path, (int)c->code, c->message);
}

bool call_body(struct call *c, struct js **ret)
{
    struct err err = {0};
    const struct str text = {c->req->body, c->req->body_len};
    if (text.len == 0) {
        *ret = js_object();
        return true;
    }
    if (js_parse(text, "request", ret, &err) == 0 && js_is(*ret, JS_OBJECT))
        return true;
    *ret = js_free(*ret);
    call_fail(c, GRPC_INVALID_ARGUMENT, "%s", err.msg[0] != '\0' ? err.msg : "not an object");
    return false;
}

const char *call_query(const struct call *c, const char *name)
{
    const char *value = http_query(c->req, name);
    return value != NULL ? value : "";
}
