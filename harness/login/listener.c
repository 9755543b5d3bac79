/*
 * One callback listener for one CLI login. The handler runs on a worker thread of its site, because
 * it calls the token endpoint while the browser waits for its page.
 */
#include "harness/login/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness/base/buf.h"
#include "harness/http/html.h"
#include "harness/http/server.h"
#include "mocks/common/goauth2.h"
#include "mocks/common/gotext.h"

struct listener {
    struct listener_conf conf;
    pthread_mutex_t lock;
    struct listener_result result;
    int requests;
    int lock_fd; /* the machine's turn on port 8085, or -1 */
    struct http_listener *v4;
    struct http_listener *v6;
};

void listener_result_deinit(struct listener_result *r)
{
    xfree(r->fatal);
    js_free(r->tokens);
    *r = (struct listener_result){0};
}

/* The CLI prints FATA and ends; the browser gets the escaped text with 400 (argocd.md 3.3). */
static void fatal(struct listener *l, struct http_response *resp, const char *by, const char *at,
                  const char *text)
{
    AUTO(xfree) char *escaped = html_escape(text);
    http_respond_go_error(resp, 400, escaped);
    pthread_mutex_lock(&l->lock);
    if (!l->result.answered) {
        l->result.answered = true;
        l->result.fatal = xstrdup(text);
        l->result.by = by;
        l->result.at = at;
    }
    pthread_mutex_unlock(&l->lock);
}

/* map["code":["x" "y"] "state":["z"]] as Go prints a form with %q, keys sorted. */
static char *go_form(const struct params *form)
{
    AUTO(params_deinit) struct params sorted = {0};
    params_copy(&sorted, form);
    params_sort(&sorted);
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, "map[");
    for (size_t i = 0; i < sorted.len; i++) {
        AUTO(xfree) char *name = go_quoted(sorted.items[i].name);
        AUTO(xfree) char *value = go_quoted(sorted.items[i].value);
        bool first = i == 0 || strcmp(sorted.items[i - 1].name, sorted.items[i].name) != 0;
        bool last =
            i + 1 == sorted.len || strcmp(sorted.items[i + 1].name, sorted.items[i].name) != 0;
        if (first)
            buf_addf(&b, "%s%s:[", i > 0 ? " " : "", name);
        buf_addf(&b, "%s%s%s", first ? "" : " ", value, last ? "]" : "");
    }
    buf_addc(&b, ']');
    return buf_take(&b);
}

/* The tokens are the command's, and the browser gets its page. */
static void keep(struct listener *l, struct js **tokens, struct http_response *resp)
{
    http_respond(
        resp, 200, "text/html; charset=utf-8",
        "<div "
        "style=\"height:100px;width:100%;display:flex;justify-content:center;align-items:center;"
        "background-color:#2ecc71;font-family:sans-serif\"><b>Authentication "
        "successful!</b></div>\n"
        "<p>Authentication was successful, you can now return to CLI. This page will close "
        "automatically</p>\n<script>setTimeout(function(){window.close()},4000)</script>\n");
    pthread_mutex_lock(&l->lock);
    if (!l->result.answered) { /* a replayed callback changes nothing any more */
        l->result.answered = true;
        l->result.tokens = *tokens;
        *tokens = NULL;
    }
    pthread_mutex_unlock(&l->lock);
}

static void redeem(struct listener *l, const char *code, struct http_response *resp)
{
    struct login_agents *a = l->conf.agents;
    bool invented = fault_fires(a->conf.faults, "cli/client-secret.invented", NULL);
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "code", code);
    if (l->conf.verifier != NULL)
        params_add(&form, "code_verifier", l->conf.verifier);
    params_add(&form, "grant_type", "authorization_code");
    bool other = fault_fires(a->conf.faults, "cli/token-redirect-uri.changed", NULL);
    params_add(&form, "redirect_uri",
               other ? "http://127.0.0.1:8085/auth/callback" : l->conf.redirect_uri);
    enum goauth2_style style = GOAUTH2_AUTO;
    AUTO(js_free) struct js *tokens = NULL;
    struct err err = {0};
    const char *client = l->conf.client_id;
    const char *secret = invented ? "an-invented-secret" : "";
    if (fault_fires(a->conf.faults, "cli/token-client.other", NULL)) {
        client = "argo-cd";
        secret = world_setup(a->conf.world)->argocd.dex_client_secret;
    }
    if (goauth2_token(a->cli_client, l->conf.token_url, client, secret, &form, &style, &tokens,
                      &err) != 0) {
        l->result.no_answer = err.code == ERR_NET || err.code == ERR_TLS || err.code == ERR_TIMEOUT;
        fatal(l, resp, l->conf.provider, "token", err.msg);
        return;
    }
    if (js_get_text(tokens, "id_token") == NULL) {
        fatal(l, resp, "cli", "token", "no id_token in token response");
        return;
    }
    keep(l, &tokens, resp);
}

static bool is_third(struct listener *l)
{
    pthread_mutex_lock(&l->lock);
    bool third = ++l->requests > 2;
    pthread_mutex_unlock(&l->lock);
    return third;
}

/* Go's Request.FormValue: the body first. */
static const char *form_value(const struct http_request *req, const char *name)
{
    const char *value = http_form(req, name);
    return value != NULL ? value : http_query(req, name);
}

static void on_callback(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct listener *l = ctx;
    struct login_agents *a = l->conf.agents;
    const char *error = form_value(req, "error");
    if (error != NULL && error[0] != '\0') {
        const char *more = form_value(req, "error_description");
        AUTO(xfree) char *text = xasprintf("%s: %s", error, more != NULL ? more : "");
        fatal(l, resp, "cli", "listener", text);
        return;
    }
    if (is_third(l)) {
        fatal(l, resp, "cli", "listener", "Unable to complete login flow: too many redirects");
        return;
    }
    if (req->query_params.len == 0 && req->form_params.len == 0) {
        http_respond(resp, 200, "text/html; charset=utf-8",
                     "<script>window.location.search = window.location.hash.substring(1)</script>");
        return;
    }
    bool checked = !fault_is_on(a->conf.faults, "cli/state.not-checked");
    if (checked && !cstr_eq(form_value(req, "state"), l->conf.state)) {
        fatal(l, resp, "cli", "listener", "Unknown state nonce");
        return;
    }
    const char *id_token = form_value(req, "id_token");
    if (id_token != NULL && id_token[0] != '\0') {
        AUTO(js_free) struct js *tokens = js_object();
        js_set_text(tokens, "id_token", id_token);
        keep(l, &tokens, resp);
        return;
    }
    const char *code = form_value(req, "code");
    if (code == NULL || code[0] == '\0') {
        AUTO(params_deinit) struct params all = {0};
        params_copy(&all, &req->query_params);
        for (size_t i = 0; i < req->form_params.len; i++)
            params_add(&all, req->form_params.items[i].name, req->form_params.items[i].value);
        AUTO(xfree) char *form = go_form(&all);
        AUTO(xfree) char *text = xasprintf("no code in request: %s", form);
        fatal(l, resp, "cli", "listener", text);
        return;
    }
    redeem(l, code, resp);
}

static void on_other(void *ctx, const struct http_request *req, struct http_response *resp)
{
    (void)ctx;
    (void)req;
    http_respond_go_error(resp, 404, "404 page not found");
}

static const struct http_route routes[] = {
    {.path = "/auth/callback", .handler = on_callback, .slow = true},
    {0},
};

/* One login at a time on this machine may have a port like 8085: the others wait here. */
static int take_turn(struct listener *l, uint16_t port, struct err *err)
{
    const char *dir = getenv("XDG_RUNTIME_DIR");
    AUTO(xfree)
    char *path = xasprintf("%s/rolecall-%u.lock", dir != NULL ? dir : "/tmp", (unsigned)port);
    l->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (l->lock_fd < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    if (flock(l->lock_fd, LOCK_EX) != 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    return 0;
}

/* A host without IPv6, or with it switched off, has no ::1; what else fails there is a failure. */
static bool is_absent(const struct err *e)
{
    return cstr_contains(e->msg, "address family not supported by protocol") ||
           cstr_contains(e->msg, "cannot assign requested address");
}

static int begin(const struct listener_conf *conf, uint16_t port, bool turn, struct listener **ret,
                 struct err *err)
{
    AUTO(listener_free) struct listener *l = xcalloc(1, sizeof(*l));
    l->conf = *conf;
    l->lock_fd = -1;
    pthread_mutex_init(&l->lock, NULL);
    if (turn && take_turn(l, port, err) != 0)
        return -1;
    const struct http_site site = {
        .name = "cli callback",
        .routes = routes,
        .fallback = on_other,
        .ctx = l,
        .clock = conf->agents->conf.clock,
    };
    struct http_host *host = world_host(conf->agents->conf.world);
    if (http_listen(host, &site, "127.0.0.1", port, &l->v4, err) != 0)
        return err_wrap(err, "Temporary HTTP server failed");
    /* ::1 too where the host has it: localhost may mean either. */
    struct err v6 = {0};
    if (port != 0 && http_listen(host, &site, "::1", port, &l->v6, &v6) != 0 && !is_absent(&v6)) {
        *err = v6;
        return err_wrap(err, "Temporary HTTP server failed");
    }
    *ret = l;
    l = NULL;
    return 0;
}

int listener_new(const struct listener_conf *conf, uint16_t port, struct listener **ret,
                 struct err *err)
{
    return begin(conf, port, port != 0, ret, err);
}

int listener_retake(const struct listener_conf *conf, uint16_t port, struct listener **ret,
                    struct err *err)
{
    return begin(conf, port, false, ret, err);
}

uint16_t listener_port(const struct listener *l)
{
    return http_listener_port(l->v4);
}

void listener_finish(struct listener *l, struct listener_result *ret)
{
    l->v4 = http_listener_free(l->v4);
    l->v6 = http_listener_free(l->v6);
    *ret = l->result;
    l->result = (struct listener_result){0};
}

struct listener *listener_free(struct listener *l)
{
    if (l == NULL)
        return NULL;
    http_listener_free(l->v4);
    http_listener_free(l->v6);
    if (l->lock_fd >= 0)
        close(l->lock_fd); /* gives up the turn */
    listener_result_deinit(&l->result);
    pthread_mutex_destroy(&l->lock);
    return xfree(l);
}
