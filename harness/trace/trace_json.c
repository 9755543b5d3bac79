/*
 * The trace as JSON, raw: what --trace writes and what reports redact.
 */
#include "harness/trace/trace.h"

static const char *const kind_names[TRACE_KIND_MAX_] = {
    [TRACE_EXCHANGE] = "exchange", [TRACE_LOG] = "log",       [TRACE_DECISION] = "decision",
    [TRACE_LOGIN] = "login",       [TRACE_RESULT] = "result", [TRACE_NOTE] = "note",
};

const char *trace_kind_name(enum trace_kind k)
{
    return kind_names[k];
}

static struct js *headers_json(const struct params *p)
{
    struct js *list = js_array();
    for (size_t i = 0; i < p->len; i++) {
        struct js *pair = js_array();
        js_append_text(pair, p->items[i].name);
        js_append_text(pair, p->items[i].value);
        js_append(list, pair);
    }
    return list;
}

static struct js *exchange_json(const struct trace_event *e)
{
    struct js *o = js_object();
    js_set(o, "to", js_string(e->to));
    js_set_text(o, "channel", e->front ? "front" : "back");
    struct js *request = js_object();
    js_set_text(request, "method", e->method);
    js_set_text(request, "url", e->url);
    js_set(request, "headers", headers_json(&e->request_headers));
    js_set(request, "body", js_stringn(e->request_body, e->request_body_len));
    js_set(o, "request", request);
    if (e->tls != NULL || e->tls_problem != NULL) {
        struct js *tls = js_object();
        js_set(tls, "protocol", js_string(e->tls));
        js_set(tls, "problem", js_string(e->tls_problem));
        js_set(o, "tls", tls);
    }
    if (e->error != NULL)
        js_set_text(o, "error", e->error);
    if (e->lost != NULL)
        js_set_text(o, "lost", e->lost);
    if (e->status != 0) {
        struct js *response = js_object();
        js_set(response, "status", js_int(e->status));
        js_set(response, "headers", headers_json(&e->headers));
        js_set(response, "body", js_stringn(e->body, e->body_len));
        js_set(o, "response", response);
    }
    js_set(o, "took_us", js_int(e->took_us));
    return o;
}

struct js *trace_event_json(const struct trace_event *e)
{
    struct js *o = js_object();
    js_set(o, "seq", js_int((int64_t)e->seq));
    js_set(o, "at_ms", js_int(e->at_ms));
    js_set_text(o, "kind", trace_kind_name(e->kind));
    js_set(o, "from", js_string(e->from));
    if (e->kind == TRACE_EXCHANGE) {
        struct js *rest = exchange_json(e);
        js_merge(o, rest);
        js_free(rest);
    }
    if (e->level != NULL)
        js_set_text(o, "level", e->level);
    if (e->text != NULL)
        js_set_text(o, "text", e->text);
    if (e->data != NULL)
        js_set(o, "data", js_dup(e->data));
    return o;
}

struct js *trace_json(const struct trace *t)
{
    struct js *list = js_array();
    size_t len = trace_len(t);
    for (size_t i = trace_first(t); i < len; i++)
        js_append(list, trace_event_json(trace_at(t, i)));
    return list;
}
