/*
 * Starting and stopping the scripted site.
 */
#include "tests/unit/login/site.h"

#include <pthread.h>
#include <string.h>

#include "harness/http/server.h"
#include "tests/support/test.h"

size_t site_count(struct site *s, const char *path)
{
    AUTO(xfree) char *wanted = xasprintf(" %s", path);
    size_t n = 0;
    pthread_mutex_lock(&s->lock);
    for (const char *at = s->asked.ptr; at != NULL && (at = strstr(at, wanted)) != NULL;) {
        at += strlen(wanted);
        n += *at == ' ' || *at == '?';
    }
    pthread_mutex_unlock(&s->lock);
    return n;
}

/* The answer whose turn it is: as many of this path were given before. */
static const struct site_answer *turn(struct site *s, const char *path, size_t before)
{
    const struct site_answer *last = NULL;
    for (const struct site_answer *a = s->script; a->path != NULL; a++) {
        if (strcmp(a->path, path) != 0)
            continue;
        last = a;
        if (before-- == 0)
            break;
    }
    return last;
}

static void on_any(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct site *s = ctx;
    const struct site_answer *a = turn(s, req->path, site_count(s, req->path));
    const char *cookie = params_get_ci(&req->headers, "Cookie");
    const char *csrf = params_get_ci(&req->headers, "X-authentik-CSRF");
    pthread_mutex_lock(&s->lock);
    buf_addf(&s->asked, "%s %s%s%s [%s] csrf=%s %s\n", req->method, req->path,
             req->query != NULL ? "?" : "", req->query != NULL ? req->query : "",
             cookie != NULL ? cookie : "", csrf != NULL ? csrf : "-",
             req->body != NULL ? req->body : "");
    pthread_mutex_unlock(&s->lock);
    if (a == NULL) {
        http_respond_go_error(resp, 404, "404 page not found");
        return;
    }
    int status = a->status != 0 ? a->status : a->location != NULL ? 302 : 200;
    http_respond(resp, status, "text/html", a->body != NULL ? a->body : "");
    if (a->location != NULL)
        params_add(&resp->headers, "Location", a->location);
    if (a->cookie != NULL)
        params_add(&resp->headers, "Set-Cookie", a->cookie);
}

static const struct http_route NO_ROUTES[] = {{0}};

static void make_names(struct site *s)
{
    static char authentik[] = AUTHENTIK, argocd[] = ARGOCD, cli[] = CLI, host[] = "127.0.0.1";
    uint16_t port = http_listener_port(s->listener);
    s->items[0] = (struct http_name){authentik, "authentik", host, port};
    s->items[1] = (struct http_name){argocd, "argocd", host, port};
    s->items[2] = (struct http_name){cli, "cli", host, port};
    s->names = (struct http_names){s->items, 3};
}

void site_start(struct site *s, const struct site_answer *script)
{
    struct err err = {0};
    *s = (struct site){.script = script};
    pthread_mutex_init(&s->lock, NULL);
    buf_init(&s->asked, BUF_MAX_TEXT);
    s->clock = clock_new_virtual(CLOCK_START_S);
    s->trace = trace_new(s->clock);
    s->faults = fault_set_new(s->trace);
    const struct http_site site = {
        .name = "site", .routes = NO_ROUTES, .fallback = on_any, .ctx = s, .clock = s->clock};
    if (http_host_new(&s->host, &err) != 0 ||
        http_listen(s->host, &site, "127.0.0.1", 0, &s->listener, &err) != 0)
        fail_msg("%s", err.msg);
    make_names(s);
    const struct http_client_conf conf = {
        .party = "browser", .front = true, .names = &s->names, .trace = s->trace};
    if (http_client_new(&conf, &s->client, &err) != 0)
        fail_msg("%s", err.msg);
    s->jar = jar_new(s->clock);
    s->browser = (struct browser){.client = s->client,
                                  .names = &s->names,
                                  .jar = s->jar,
                                  .faults = s->faults,
                                  .clock = s->clock,
                                  .trace = s->trace};
}

void site_close(struct site *s)
{
    s->listener = http_listener_free(s->listener);
    for (size_t i = 0; i < s->names.len; i++)
        s->items[i].connect_port = TEST_CLOSED_PORT;
}

void site_stop(struct site *s)
{
    browser_deinit(&s->browser);
    http_client_free(s->client);
    http_listener_free(s->listener);
    http_host_free(s->host);
    jar_free(s->jar);
    fault_set_free(s->faults);
    trace_free(s->trace);
    clock_free(s->clock);
    buf_deinit(&s->asked);
    pthread_mutex_destroy(&s->lock);
}

void site_fault(struct site *s, const char *id, const char *with)
{
    AUTO(js_free) struct js *members = NULL;
    if (with != NULL && js_parse(str_of(with), "with", &members, NULL) != 0)
        fail_msg("bad JSON: %s", with);
    fault_set_add(s->faults, id, 0, members);
}
