/*
 * Facts of the exchanges: what each place of the chain answered, with which fields and cookies, and
 * the way a person's browser was led.
 */
#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/base/vec.h"
#include "harness/http/html.h"
#include "harness/observe/calm.h"
#include "harness/observe/facts.h"

#define EXECUTOR "/api/v3/flows/executor/"
#define CAN_I "/api/v1/account/can-i/"

static struct js *body_json(const struct trace_event *e)
{
    struct js *j = NULL;
    if (e->body == NULL || js_parse((struct str){e->body, e->body_len}, "body", &j, NULL) != 0)
        return NULL;
    if (js_is(j, JS_OBJECT))
        return j;
    return js_free(j);
}

static char *lower(const char *name)
{
    char *copy = xstrdup(name);
    for (char *p = copy; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

/* "argocd.token=…; path=/; HttpOnly": the attributes in any order and case mean the same. A cookie
 * that is taken away says so: its value is empty or its life over. */
static void add_cookie(const char *by, const char *field, struct js *facts)
{
    struct str rest = str_of(field);
    struct str piece = {0};
    AUTO(strlist_deinit) struct strlist attributes = {0};
    AUTO(xfree) char *name = NULL;
    while (str_next(&rest, ';', &piece)) {
        piece = str_trim(piece);
        const char *eq = memchr(piece.ptr, '=', piece.len);
        if (name == NULL) {
            size_t len = eq != NULL ? (size_t)(eq - piece.ptr) : piece.len;
            name = xstrndup(piece.ptr, len);
            if (eq == NULL || eq + 1 == piece.ptr + piece.len)
                strlist_add(&attributes, "(emptied)");
            continue;
        }
        AUTO(xfree) char *text = xstrndup(piece.ptr, piece.len);
        AUTO(xfree) char *small = lower(text);
        strlist_add(&attributes, cstr_starts(small, "expires=") ? "expires" : small);
    }
    strlist_sort(&attributes);
    AUTO(xfree) char *joined = strlist_join(&attributes, "; ");
    if (name != NULL && name[0] != '\0')
        facts_add_of(facts, by, "cookies", name, js_string(joined));
}

static void add_headers(const struct trace_event *e, const struct place *p, struct js *facts)
{
    AUTO(xfree) char *where = xasprintf("%s headers", p->at);
    for (size_t i = 0; i < e->headers.len; i++) {
        AUTO(xfree) char *name = lower(e->headers.items[i].name);
        const char *value = e->headers.items[i].value;
        if (strcmp(name, "set-cookie") == 0)
            add_cookie(p->by, value, facts);
        if (calm_header(name) != NULL)
            continue;
        AUTO(xfree)
        char *calm =
            strcmp(name, "location") == 0 ? calm_location(e->url, value) : calm_text(value);
        facts_add_of(facts, p->by, where, name, js_string(calm));
    }
}

/* Among the fields, as HTTP/2 has it: a place that nobody came by has neither. */
static void add_status(const struct trace_event *e, const struct place *p, struct js *facts)
{
    AUTO(xfree) char *where = xasprintf("%s headers", p->at);
    facts_add_of(facts, p->by, where, ":status",
                 e->status != 0 ? js_int(e->status) : js_string("no answer"));
}

static bool is_html(const struct trace_event *e)
{
    const char *type = params_get_ci(&e->headers, "Content-Type");
    return type != NULL && cstr_starts(type, "text/html");
}

static void add_error(const struct trace_event *e, const struct place *p, struct js *facts)
{
    if (e->status < 400)
        return;
    AUTO(xfree) char *what = xasprintf("%s error", p->at);
    AUTO(js_free) struct js *answer = body_json(e);
    for (struct js_iter it = js_iter(answer); js_next(&it);) {
        struct js *value = calm_member(it.key, it.value);
        if (value != NULL)
            facts_add_of(facts, p->by, what, it.key, value);
    }
    if (answer != NULL || e->body == NULL || e->body_len == 0)
        return;
    AUTO(xfree) char *text = is_html(e) ? html_visible_text(e->body) : xstrdup(e->body);
    AUTO(xfree) char *calm = calm_text(text);
    facts_add_of(facts, p->by, what, "text", js_string(calm));
}

static char *path_of(const char *url)
{
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(url, &u, NULL) != 0)
        return calm_text(url);
    return calm_text(u.path);
}

/* A challenge of authentik's flow executor: its members, but for what is drawn for each. */
static void add_challenge(const struct js *challenge, struct js *facts)
{
    const char *component = js_get_text(challenge, "component");
    AUTO(xfree) char *group = xasprintf("authentik challenge %s", component);
    for (struct js_iter it = js_iter(challenge); js_next(&it);) {
        if (strcmp(it.key, "to") == 0 || strcmp(it.key, "component") == 0)
            continue; /* where it leads is the way's */
        bool plain = js_is(it.value, JS_TRUE) || js_is(it.value, JS_FALSE) ||
                     strcmp(it.key, "response_errors") == 0 ||
                     strcmp(it.key, "error_message") == 0 || strcmp(it.key, "type") == 0;
        struct js *value =
            plain ? js_dup(it.value) : js_stringf("there, %s", js_type_name(it.value));
        facts_add(facts, group, it.key, value);
        /* {"title", "background", …}: which there are */
        for (struct js_iter in = js_iter(it.value);
             strcmp(it.key, "flow_info") == 0 && js_next(&in);) {
            AUTO(xfree) char *name = xasprintf("flow_info.%s", in.key);
            facts_add(facts, group, name, js_stringf("there, %s", js_type_name(in.value)));
        }
    }
}

/* One thing that the browser met, for the list of them; NULL: nothing a person would tell. */
static char *met(const struct trace_event *e, const struct place *p, struct js *facts)
{
    bool executor = strstr(e->url, EXECUTOR) != NULL;
    AUTO(js_free) struct js *challenge = executor ? body_json(e) : NULL;
    const char *component = js_get_text(challenge, "component");
    if (component != NULL) {
        add_challenge(challenge, facts);
        return xasprintf("%s", component);
    }
    if (executor && e->status >= 300 && e->status < 400)
        return NULL; /* the executor leads to itself */
    AUTO(xfree) char *path = path_of(e->url);
    return xasprintf("%s %s %d", p->by, path, e->status);
}

/* Argo CD's can-i: "yes" or "no" for what stands in the path. */
static void add_right(const struct trace_event *e, struct js *facts)
{
    const char *asked = strstr(e->url, CAN_I);
    AUTO(js_free) struct js *answer = asked != NULL && e->status == 200 ? body_json(e) : NULL;
    const char *value = js_get_text(answer, "value");
    if (value != NULL)
        facts_add(facts, "right", asked + strlen(CAN_I), js_string(value));
}

static void observe_exchange(const struct trace_event *e, struct js *facts, struct js *way)
{
    const struct place p = place_of(e->to, e->url);
    if (p.by == NULL || e->to == NULL)
        return;
    if (strstr(e->url, CAN_I) != NULL) { /* rolecall's own question, not the person's way */
        add_right(e, facts);
        return;
    }
    if (e->front) {
        char *line = met(e, &p, facts);
        if (line != NULL)
            js_append(way, js_string(line));
        xfree(line);
    }
    add_status(e, &p, facts);
    if (e->status == 0)
        return;
    add_headers(e, &p, facts);
    add_error(e, &p, facts);
    observe_tokens(e, &p, facts);
}

void observe_wire(const struct trace *t, size_t from, size_t to, struct js *facts)
{
    struct js *way = js_array();
    for (size_t i = from; i < to && i < trace_len(t); i++)
        if (trace_at(t, i)->kind == TRACE_EXCHANGE)
            observe_exchange(trace_at(t, i), facts, way);
    if (js_len(way) > 0)
        facts_add(facts, "way", "pages", js_ref(way));
    js_free(way);
}
