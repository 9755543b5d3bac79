/*
 * From what evhttp parsed to a plain request, with the strictness that evhttp lacks: it accepts
 * requests without Host, with several lengths, and heads of any size (performance.md 4, rule 9).
 */
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include "harness/base/str.h"
#include "harness/http/exchange.h"

struct method_name {
    enum evhttp_cmd_type type;
    const char *name;
};

static const struct method_name METHODS[] = {
    {EVHTTP_REQ_GET, "GET"},     {EVHTTP_REQ_POST, "POST"},       {EVHTTP_REQ_HEAD, "HEAD"},
    {EVHTTP_REQ_PUT, "PUT"},     {EVHTTP_REQ_DELETE, "DELETE"},   {EVHTTP_REQ_OPTIONS, "OPTIONS"},
    {EVHTTP_REQ_TRACE, "TRACE"}, {EVHTTP_REQ_CONNECT, "CONNECT"}, {EVHTTP_REQ_PATCH, "PATCH"},
    {EVHTTP_REQ_GET, NULL},
};

static const char *method_of(const struct evhttp_request *ev)
{
    enum evhttp_cmd_type type = evhttp_request_get_command(ev);
    const struct method_name *m = METHODS;
    while (m->name != NULL && m->type != type)
        m++;
    return m->name == NULL ? "" : m->name;
}

struct head_facts {
    size_t size;
    size_t hosts;
    const char *length;
    bool coded; /* Transfer-Encoding */
    bool bad;
};

/* RFC 9112 6.3: several Content-Length fields that differ are an error, and so is one that is no
 * number, or stands beside a Transfer-Encoding. RFC 9112 5.1: no blank between name and colon. */
static void note_field(struct head_facts *f, const char *name, const char *value)
{
    f->size += strlen(name) + strlen(value) + 4;
    f->bad = f->bad || name[strcspn(name, " \t")] != '\0';
    if (strcasecmp(name, "Host") == 0)
        f->hosts++;
    f->coded = f->coded || strcasecmp(name, "Transfer-Encoding") == 0;
    if (strcasecmp(name, "Content-Length") != 0)
        return;
    bool digits = *value != '\0' && value[strspn(value, "0123456789")] == '\0';
    f->bad = f->bad || !digits || (f->length != NULL && strcmp(f->length, value) != 0);
    f->length = value;
}

static struct head_facts read_fields(struct exchange *x)
{
    struct head_facts f = {0};
    struct evkeyval *field;
    f.size = strlen(evhttp_request_get_uri(x->ev)) + 16;
    TAILQ_FOREACH(field, evhttp_request_get_input_headers(x->ev), next)
    {
        note_field(&f, field->key, field->value);
        params_add(&x->req.headers, field->key, field->value);
    }
    f.bad = f.bad || (f.coded && f.length != NULL);
    return f;
}

/* The target of a request line (RFC 9112 3.2): usually the origin form, else the absolute one. */
static void read_target(struct exchange *x)
{
    struct http_request *r = &x->req;
    const char *target = evhttp_request_get_uri(x->ev);
    const char *after = strstr(target, "://");
    const char *origin_form = target;
    if (target[0] != '/' && after != NULL) {
        origin_form = after + 3 + strcspn(after + 3, "/?");
        r->url = xstrdup(target);
    } else {
        r->url = xasprintf("%s://%s%s", r->tls ? "https" : "http", r->host, target);
    }
    size_t path_len = strcspn(origin_form, "?");
    r->path = path_len == 0 ? xstrdup("/") : xstrndup(origin_form, path_len);
    if (origin_form[path_len] == '?') {
        r->query = xstrdup(origin_form + path_len + 1);
        params_parse_form(&r->query_params, str_of(r->query));
    }
}

static bool is_form(const struct http_request *r)
{
    struct str rest = str_of(params_get_ci(&r->headers, "Content-Type"));
    struct str type;
    if (!str_next(&rest, ';', &type))
        return false;
    type = str_trim(type);
    const char form[] = "application/x-www-form-urlencoded";
    return type.len == sizeof(form) - 1 && strncasecmp(type.ptr, form, type.len) == 0;
}

static void read_body(struct exchange *x)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(x->ev);
    size_t len = evbuffer_get_length(in);
    x->req.body = xmalloc(len + 1);
    if (len > 0)
        evbuffer_remove(in, x->req.body, len);
    x->req.body[len] = '\0';
    x->req.body_len = len;
    if (len > 0 && is_form(&x->req))
        params_parse_form(&x->req.form_params, (struct str){x->req.body, len});
}

static char *peer_of(struct evhttp_request *ev)
{
    char *address = NULL; /* the connection's */
    ev_uint16_t port = 0;
    evhttp_connection_get_peer(evhttp_request_get_connection(ev), &address, &port);
    return xstrdup(address == NULL ? "" : address);
}

int exchange_read(struct exchange *x, const char **ret_text)
{
    const struct http_site *site = &x->listener->site;
    x->req.peer = peer_of(x->ev);
    x->req.tls = site->tls != NULL;
    x->req.method = xstrdup(method_of(x->ev));
    struct head_facts facts = read_fields(x);
    const char *host = params_get_ci(&x->req.headers, "Host");
    x->req.host = xstrdup(host == NULL ? "" : host);
    bool old = x->ev->major < 1 || (x->ev->major == 1 && x->ev->minor == 0);
    *ret_text = "400 Bad Request";
    if (facts.size > site->max_head) {
        *ret_text = "431 Request Header Fields Too Large";
        return 431;
    }
    if (facts.hosts == 0 && !old) {
        *ret_text = "400 Bad Request: missing required Host header";
        return 400;
    }
    if (facts.hosts > 1) {
        *ret_text = "400 Bad Request: too many Host headers";
        return 400;
    }
    if (facts.bad || x->req.method[0] == '\0')
        return 400;
    if (evbuffer_get_length(evhttp_request_get_input_buffer(x->ev)) > site->max_body) {
        *ret_text = "413 Request Entity Too Large";
        return 413;
    }
    read_target(x);
    read_body(x);
    return 0;
}
