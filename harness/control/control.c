/*
 * The listener of the control API, its guard, and the table of endpoints. Who has no token, comes
 * from a page of another origin, or reached us under a foreign name (DNS rebinding) learns nothing.
 */
#include "harness/control/control.h"

#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/control/internal.h"
#include "harness/crypto/hash.h"
#include "harness/crypto/random.h"

#define LOOPBACK "127.0.0.1"
#define TOKEN_BYTES 32
#define BODY_MAX (256UL * 1024)
#define READ_MAX (2UL * 1024 * 1024) /* so much is read to be refused in JSON */
#define BEARER "Bearer "

static void get_index(struct control *c, const struct http_request *req,
                      struct http_response *resp);

const struct control_endpoint control_endpoints[] = {
    {"GET", "/", "what there is", NULL, NULL, get_index},
    {"GET", "/state", "versions, setup without its secrets, people, clock, what the mocks keep",
     NULL, NULL, control_get_state},
    {"PATCH", "/setup", "a JSON merge patch on the setup takes effect, or nothing does", NULL,
     "{\"people\": {\"erin\": {\"groups\": [\"ArgoCD Admins\"], \"password\": \"erin7788\"}}}",
     control_patch_setup},
    {"POST", "/rotate-keys", "another signing key at once: authentik or dex", NULL,
     "{\"system\": \"authentik\"}", control_rotate_keys},
    {"POST", "/restart", "the process ends and starts anew: dex or argocd", NULL,
     "{\"system\": \"dex\"}", control_restart},
    {"GET", "/faults", "the faults that are on, and how often each was played", NULL, NULL,
     control_get_faults},
    {"PUT", "/faults", "these faults instead of those that are on, as a scenario has them", NULL,
     "{\"faults\": [{\"id\": \"authentik/id-token.wrong-aud\", \"when\": \"once\"}]}",
     control_put_faults},
    {"DELETE", "/faults", "no fault any more", NULL, NULL, control_delete_faults},
    {"POST", "/clock", "moves the clock of all mocks", NULL, "{\"advance\": \"11m\"}",
     control_clock},
    {"POST", "/revoke", "takes back one token, or all codes and tokens of a person", NULL,
     "{\"person\": \"alice\"} or {\"token\": \"...\"}", control_revoke},
    {"DELETE", "/sessions", "ends the sessions at authentik, of one person or of all", "person",
     NULL, control_drop_sessions},
    {"GET", "/trace",
     "what was observable since an event's number, without its secrets; ask again with `next`",
     "since limit", NULL, control_get_trace},
    {"DELETE", "/trace", "forgets the trace", NULL, NULL, control_delete_trace},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static void get_index(struct control *c, const struct http_request *req, struct http_response *resp)
{
    struct js *o = js_object();
    struct js *list = js_array();
    (void)c;
    (void)req;
    for (const struct control_endpoint *e = control_endpoints; e->path != NULL; e++) {
        struct js *one = js_object();
        js_set_text(one, "method", e->method);
        js_set_text(one, "path", e->path);
        js_set_text(one, "does", e->does);
        if (e->query != NULL)
            js_set_text(one, "query", e->query);
        if (e->body != NULL)
            js_set_text(one, "body", e->body);
        js_append(list, one);
    }
    js_set_text(o, "schema", "rolecall.control/1");
    js_set(o, "endpoints", list);
    control_answer(resp, o);
}

#define HELP_COLUMN 24
#define HELP_WIDTH 80

/* Appends words, breaking lines before they get too long. */
static void add_wrapped(struct buf *b, const char *text)
{
    struct str rest = str_of(text);
    struct str word = {0};
    size_t column = HELP_COLUMN;
    while (str_next(&rest, ' ', &word)) {
        if (column + 1 + word.len > HELP_WIDTH) {
            buf_addf(b, "\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        buf_addf(b, "%s%.*s", column == HELP_COLUMN ? "" : " ", STR_ARG(word));
        column += word.len + (column == HELP_COLUMN ? 0 : 1);
    }
    buf_addc(b, '\n');
}

char *control_help(void)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (const struct control_endpoint *e = control_endpoints; e->path != NULL; e++) {
        buf_addf(&b, "  %-6s %-*s", e->method, HELP_COLUMN - 9, e->path);
        add_wrapped(&b, e->does);
        if (e->query != NULL) {
            AUTO(xfree) char *query = xasprintf("parameters: %s", e->query);
            buf_addf(&b, "%*s", HELP_COLUMN, "");
            add_wrapped(&b, query);
        }
        if (e->body != NULL) {
            buf_addf(&b, "%*s", HELP_COLUMN, "");
            add_wrapped(&b, e->body);
        }
    }
    return buf_take(&b);
}

/* ---- the guard ---- */

static bool is_our_host(const struct control *c, const char *host)
{
    AUTO(xfree) char *name = xasprintf("localhost:%u", http_listener_port(c->listener));
    return strcasecmp(host, c->url + strlen("http://")) == 0 || strcasecmp(host, name) == 0;
}

static bool has_token(const struct control *c, const struct http_request *req)
{
    const char *given = params_get_ci(&req->headers, "Authorization");
    if (given == NULL || strncasecmp(given, BEARER, strlen(BEARER)) != 0)
        return false;
    return secret_text_equal(given + strlen(BEARER), c->token);
}

/* A page in a browser on this machine may send requests here, but not without an Origin (or, by a
 * name that was led here, without that name in Host), and it does not know the token. */
static bool admit(const struct control *c, const struct http_request *req,
                  struct http_response *resp)
{
    if (!is_our_host(c, req->host)) {
        control_refuse(resp, 403, "the Host is '%s'; it must be %s or localhost with its port",
                       req->host, c->url + strlen("http://"));
        return false;
    }
    if (params_get_ci(&req->headers, "Origin") != NULL) {
        control_refuse(resp, 403, "a request with an Origin comes from a web page; none may");
        return false;
    }
    if (!has_token(c, req)) {
        params_set_ci(&resp->headers, "WWW-Authenticate", "Bearer realm=\"rolecall control\"");
        control_refuse(resp, 401,
                       "expected 'Authorization: Bearer TOKEN' with the token of the ready line");
        return false;
    }
    return true;
}

/* ---- dispatch ---- */

/* The methods of a path, for Allow; empty when there is no such path. Caller frees. */
static char *methods_of(const char *path)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, "");
    for (const struct control_endpoint *e = control_endpoints; e->path != NULL; e++)
        if (strcmp(e->path, path) == 0)
            buf_addf(&b, "%s%s", b.len > 0 ? ", " : "", e->method);
    return buf_take(&b);
}

static const char *path_at(const void *ctx, size_t i)
{
    (void)ctx;
    return control_endpoints[i].path;
}

static void refuse_path(const struct http_request *req, struct http_response *resp)
{
    AUTO(xfree) char *methods = methods_of(req->path);
    if (methods[0] != '\0') {
        params_set_ci(&resp->headers, "Allow", methods);
        control_refuse(resp, 405, "%s takes %s, not %s", req->path, methods, req->method);
        return;
    }
    const char *near = str_nearest_of(req->path, path_at, NULL);
    if (near != NULL)
        control_refuse(resp, 404, "unknown path '%s'; did you mean '%s'?", req->path, near);
    else
        control_refuse(resp, 404, "unknown path '%s'; GET / lists them", req->path);
}

static const struct control_endpoint *find(const struct http_request *req)
{
    const struct control_endpoint *e = control_endpoints;
    while (e->path != NULL &&
           (strcmp(e->path, req->path) != 0 || strcmp(e->method, req->method) != 0))
        e++;
    return e->path != NULL ? e : NULL;
}

static bool check_query(const struct control_endpoint *e, const struct http_request *req,
                        struct http_response *resp)
{
    for (size_t i = 0; i < req->query_params.len; i++) {
        const char *name = req->query_params.items[i].name;
        if (control_has_word(e->query, name))
            continue;
        control_refuse(resp, 400, "unknown parameter '%s'; %s takes %s", name, e->path,
                       e->query != NULL ? e->query : "none");
        return false;
    }
    return true;
}

static void dispatch(struct control *c, const struct http_request *req, struct http_response *resp)
{
    params_set_ci(&resp->headers, "Cache-Control", "no-store");
    params_set_ci(&resp->headers, "X-Content-Type-Options", "nosniff");
    if (!admit(c, req, resp))
        return;
    const struct control_endpoint *e = find(req);
    if (e == NULL)
        refuse_path(req, resp);
    else if (req->body_len > BODY_MAX)
        control_refuse(resp, 413, "the body has %zu bytes; %lu are the most", req->body_len,
                       BODY_MAX);
    else if (e->body != NULL && req->body_len == 0)
        control_refuse(resp, 400, "a body is missing; it is like %s", e->body);
    else if (check_query(e, req, resp))
        e->run(c, req, resp);
}

static void serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct control *c = ctx;
    pthread_mutex_lock(&c->lock);
    dispatch(c, req, resp);
    pthread_mutex_unlock(&c->lock);
}

static const struct http_route routes[] = {{NULL, "*", serve, true}, {0}};

/* ---- life ---- */

/* It listens before it knows its port: a request that is that quick waits for the lock. */
static int listen_on(struct control *c, const struct http_site *site, struct err *err)
{
    pthread_mutex_lock(&c->lock);
    int rc =
        http_listen(world_host(c->conf.world), site, LOOPBACK, c->conf.port, &c->listener, err);
    if (rc == 0)
        c->url = xasprintf("http://" LOOPBACK ":%u", http_listener_port(c->listener));
    pthread_mutex_unlock(&c->lock);
    return rc == 0 ? 0 : err_wrap(err, "control");
}

static char *make_token(void)
{
    uint8_t bytes[TOKEN_BYTES];
    random_fill(bytes, sizeof(bytes));
    return b64url_encode(bytes, sizeof(bytes));
}

int control_new(const struct control_conf *conf, struct control **ret, struct err *err)
{
    AUTO(control_free) struct control *c = xcalloc(1, sizeof(*c));
    pthread_mutex_init(&c->lock, NULL);
    c->conf = *conf;
    c->setup = conf->setup;
    c->token = make_token();
    c->tags = redactor_new();
    control_learn(c, c->setup);
    /* One worker: a change is whole before the next request is looked at. */
    const struct http_site site = {
        .name = "control",
        .routes = routes,
        .fallback = serve,
        .ctx = c,
        .workers = 1,
        .clock = conf->clock,
        .max_body = READ_MAX,
    };
    if (listen_on(c, &site, err) != 0)
        return -1;
    *ret = c;
    c = NULL;
    return 0;
}

const char *control_url(const struct control *c)
{
    return c->url;
}

const char *control_token(const struct control *c)
{
    return c->token;
}

void control_stop(struct control *c)
{
    if (c != NULL)
        c->listener = http_listener_free(c->listener);
}

struct control *control_free(struct control *c)
{
    if (c == NULL)
        return NULL;
    control_stop(c);
    setup_free(c->own);
    control_retired_deinit(c);
    redactor_free(c->reader);
    redactor_free(c->tags);
    strlist_deinit(&c->passwords);
    strlist_deinit(&c->secrets);
    xfree(c->url);
    xfree(c->token);
    pthread_mutex_destroy(&c->lock);
    return xfree(c);
}
