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
}

void call_answer(struct call *c, struct js *take)
{
    js_free(c->answer);
    c->answer = take;
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
        call_fail(c, GRPC_UNAUTHENTICATED, "%s", c->session.error);
    else
        serve(c);
    if (c->message != NULL)
        trace_log(c->m->env.trace, "argocd", "info", "finished call %s: code = %d desc = %s",
                  c->req->path, (int)c->code, c->message);
}
