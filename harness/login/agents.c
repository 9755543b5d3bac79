/*
 * The people's agents: making them, running one login of any kind, and keeping what the next step
 * needs.
 */
#include "harness/login/agents.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/url.h"
#include "harness/http/html.h"
#include "harness/jose/jwt.h"
#include "harness/login/choice.h"
#include "harness/login/cli_config.h"

static const char *const via_names[LOGIN_VIA_MAX_] = {
    [LOGIN_UI] = "ui", [LOGIN_CLI] = "cli", [LOGIN_DIRECT] = "direct"};
static const char *const outcome_names[LOGIN_OUTCOME_MAX_] = {
    [LOGIN_SIGNED_IN] = "signed-in", [LOGIN_REFUSED] = "refused", [LOGIN_NO_ANSWER] = "no-answer"};

static int (*const kinds[LOGIN_VIA_MAX_])(struct login_agents *a, const struct login_request *req,
                                          struct browser *b, struct login_result *ret,
                                          struct err *err) = {
    [LOGIN_UI] = login_ui, [LOGIN_CLI] = login_cli, [LOGIN_DIRECT] = login_direct};

const char *login_via_name(enum login_via v)
{
    return via_names[v];
}

const char *login_outcome_name(enum login_outcome o)
{
    return outcome_names[o];
}

/* The world's names as they are now (a restart moves Dex), and the CLI's callback behind them. */
static void sync_names(struct login_agents *a)
{
    const struct http_names *w = world_names(a->conf.world);
    for (size_t i = 0; i < w->len; i++)
        a->names.items[i] = w->items[i];
}

int login_agents_new(const struct login_conf *conf, struct login_agents **ret, struct err *err)
{
    AUTO(login_agents_free) struct login_agents *a = xcalloc(1, sizeof(*a));
    a->conf = *conf;
    size_t len = world_names(conf->world)->len;
    a->names.items = xcalloc(len + 1, sizeof(*a->names.items));
    a->names.len = len + 1;
    a->names.closed = world_names(conf->world)->closed;
    sync_names(a);
    a->names.items[len] = (struct http_name){
        .origin = xstrdup(CALLBACK_ORIGIN),
        .system = "cli",
        .connect_host = xstrdup("127.0.0.1"),
        .connect_port = 8085,
    };
    if (world_client(conf->world, "browser", true, &a->names, &a->browser_client, err) != 0 ||
        world_client(conf->world, "cli", false, &a->names, &a->cli_client, err) != 0 ||
        world_client(conf->world, "rp", false, &a->names, &a->rp_client, err) != 0)
        return -1;
    a->cli_config = cli_config_new(conf->config_path);
    *ret = a;
    a = NULL;
    return 0;
}

void login_lead_callback(struct login_agents *a, const char *origin)
{
    struct http_name *name = &a->names.items[a->names.len - 1];
    xfree(name->origin);
    name->origin = xstrdup(origin);
}

static void last_deinit(struct last_login *l)
{
    xfree(l->token);
    xfree(l->access_token);
    xfree(l->refresh_token);
    xfree(l->refresh_token_before);
    xfree(l->token_url);
    *l = (struct last_login){0};
}

struct login_agents *login_agents_free(struct login_agents *a)
{
    if (a == NULL)
        return NULL;
    http_client_free(a->browser_client);
    http_client_free(a->cli_client);
    http_client_free(a->rp_client);
    while (a->profiles != NULL) {
        struct profile *next = a->profiles->next;
        jar_free(a->profiles->jar);
        xfree(a->profiles->person);
        xfree(a->profiles->codes.last);
        xfree(a->profiles);
        a->profiles = next;
    }
    last_deinit(&a->last);
    cli_config_free(a->cli_config);
    params_deinit(&a->callbacks);
    js_free(a->rp_discovery);
    js_free(a->rp_jwks);
    if (a->names.len > 0) {
        xfree(a->names.items[a->names.len - 1].origin);
        xfree(a->names.items[a->names.len - 1].connect_host);
    }
    xfree(a->names.items);
    return xfree(a);
}

static struct profile *profile_find(const struct login_agents *a, const char *person)
{
    struct profile *p = a->profiles;
    while (p != NULL && strcmp(p->person, person) != 0)
        p = p->next;
    return p;
}

static struct jar *profile_jar(struct login_agents *a, const struct login_request *req)
{
    struct profile *p = profile_find(a, req->person->id);
    if (p == NULL) {
        p = xcalloc(1, sizeof(*p));
        p->person = xstrdup(req->person->id);
        p->jar = jar_new(a->conf.clock);
        p->next = a->profiles;
        a->profiles = p;
    } else if (req->fresh_browser) {
        jar_free(p->jar);
        p->jar = jar_new(a->conf.clock);
    }
    return p->jar;
}

void login_result_deinit(struct login_result *r)
{
    xfree(r->shown);
    xfree(r->user);
    xfree(r->user_id);
    strlist_deinit(&r->groups);
    xfree(r->session_token);
    xfree(r->refresh_token);
    *r = (struct login_result){0};
}

static void note_begin(struct login_agents *a, const struct login_request *req)
{
    struct js *o = js_object();
    js_set_text(o, "as", req->person->id);
    js_set_text(o, "via", login_via_name(req->via));
    js_set_text(o, "client_id",
                a->conf.world != NULL ? world_setup(a->conf.world)->authentik.client_id : "");
    if (req->sso_port != 0 || req->callback != NULL) {
        AUTO(xfree) char *origin = login_callback_origin(req);
        js_set(o, "callback", js_stringf("%s" CALLBACK_PATH, origin));
    }
    if (req->via == LOGIN_DIRECT && req->redirect_uri != NULL)
        js_set_text(o, "callback", req->redirect_uri);
    trace_data(a->conf.trace, TRACE_LOGIN, "harness", o);
}

void login_note_end(struct login_agents *a, const struct login_result *r)
{
    struct js *o = js_object();
    js_set_text(o, "outcome", login_outcome_name(r->outcome));
    js_set(o, "by", js_string(r->by));
    js_set(o, "at", js_string(r->at));
    js_set(o, "shown", js_string(r->shown));
    js_set(o, "user", js_string(r->user));
    js_set(o, "user_id", js_string(r->user_id));
    js_set(o, "groups", js_texts(&r->groups));
    trace_data(a->conf.trace, TRACE_RESULT, "harness", o);
}

int login_run(struct login_agents *a, const struct login_request *req, struct login_result *ret,
              struct err *err)
{
    sync_names(a);
    AUTO(login_result_deinit) struct login_result r = {.outcome = LOGIN_REFUSED};
    AUTO(browser_deinit)
    struct browser b = {
        .client = a->browser_client,
        .names = &a->names,
        .faults = a->conf.faults,
        .clock = a->conf.clock,
        .trace = a->conf.trace,
        .earlier = &a->callbacks,
    };
    b.jar = profile_jar(a, req);
    a->last.jar = b.jar;
    trace_secret(a->conf.trace, "password", login_password(a, req));
    r.trace_from = trace_len(a->conf.trace);
    note_begin(a, req);
    if (kinds[req->via](a, req, &b, &r, err) != 0)
        return -1;
    for (size_t i = 0; i < b.callbacks.len; i++)
        params_set(&a->callbacks, b.callbacks.items[i].name, b.callbacks.items[i].value);
    login_note_end(a, &r);
    r.trace_to = trace_len(a->conf.trace);
    *ret = r;
    r = (struct login_result){0};
    return 0;
}

int login_refuse(struct login_result *r, const char *by, const char *at, char *take_shown)
{
    r->outcome = LOGIN_REFUSED;
    r->by = by;
    r->at = at;
    xfree(r->shown);
    r->shown = take_shown;
    return 0;
}

int login_no_answer(struct login_result *r, const char *by, const char *at, char *take_shown)
{
    login_refuse(r, by, at, take_shown);
    r->outcome = LOGIN_NO_ANSWER;
    return 0;
}

/* A password or TOTP secret for a live system: ROLECALL_PASSWORD_<PERSON> (design.md 4). */
static const char *from_environment(const char *prefix, const char *person)
{
    AUTO(xfree) char *name = xasprintf("%s%s", prefix, person);
    for (char *p = name + strlen(prefix); *p != '\0'; p++)
        *p = (char)(isalnum((unsigned char)*p) ? toupper((unsigned char)*p) : '_');
    return getenv(name);
}

const char *login_password(const struct login_agents *a, const struct login_request *req)
{
    const char *given = NULL;
    if (req->password != NULL)
        return req->password;
    if (world_is_live(a->conf.world, SYSTEM_AUTHENTIK))
        given = from_environment("ROLECALL_PASSWORD_", req->person->id);
    return given != NULL ? given : req->person->password;
}

static const char *totp_secret(const struct login_agents *a, const struct login_request *req)
{
    const char *given = NULL;
    if (world_is_live(a->conf.world, SYSTEM_AUTHENTIK))
        given = from_environment("ROLECALL_TOTP_", req->person->id);
    trace_secret(a->conf.trace, "password", given);
    return given != NULL ? given : req->person->totp;
}

void login_change_request(const struct js *request, const char *name, struct params *query,
                          char **own)
{
    const struct js *value = js_get(request, name);
    const char *text = js_text(value);
    if (value == NULL)
        return;
    if (text == NULL)
        params_remove(query, name);
    else
        params_set(query, name, text);
    if (own == NULL)
        return;
    xfree(*own);
    *own = text != NULL ? xstrdup(text) : NULL;
}

char *login_random(struct login_agents *a, const char *party, const char *purpose,
                   const char *alphabet, size_t n)
{
    return rnd_text(a->conf.rnd, party, purpose, alphabet, n);
}

/* What the person sees: the page's text; Argo CD's own page is drawn by scripts (argocd.md 1.11).
 */
static char *page_shows(const struct browser_page *page)
{
    if (strstr(page->url, "has_sso_error=true") != NULL)
        return xstrdup("Login failed.");
    const char *type = params_get_ci(&page->response.headers, "Content-Type");
    const char *body = page->response.body != NULL ? page->response.body : "";
    bool html = type == NULL || cstr_contains(type, "html");
    char *text = html ? html_visible_text(body) : xstrdup(body);
    if (text[0] != '\0')
        return text;
    xfree(text);
    return xasprintf("%d %s", page->response.status, http_status_text(page->response.status));
}

int login_refused_by_page(const struct browser_page *page, struct login_result *r)
{
    /* Argo CD turns a 500 of Dex into this page: who refused is the hop before (argocd.md 2). */
    bool sso_error = strstr(page->url, "has_sso_error=true") != NULL && page->from_url != NULL;
    struct place place = place_of(page->system, sso_error ? page->from_url : page->url);
    if (page->system == NULL && page->from_system != NULL) /* who led out of the world */
        place = place_of(page->from_system, page->from_url);
    if (page->problem != NULL)
        return login_no_answer(r, place.by, place.at, xstrdup(page->problem));
    return login_refuse(r, place.by, place.at, page_shows(page));
}

static bool is_flow_page(const struct browser_page *p)
{
    return cstr_eq(p->system, "authentik") && !p->stopped && p->problem == NULL &&
           strstr(p->url, "/if/flow/") != NULL && p->response.status == 200;
}

/* From this page to the next; takes `to`. */
static void go_on(const struct browser_page *page, char *to, char **next, char **from)
{
    xfree(*next);
    *next = to;
    xfree(*from);
    *from = xstrdup(page->url);
}

int login_walk(struct login_agents *a, const struct login_request *req, struct browser *b,
               const char *url, const char *stop, struct browser_page *ret_page,
               struct login_result *r, bool *ret_done, struct err *err)
{
    struct profile *profile = profile_find(a, req->person->id);
    const struct flow_person person = {
        .username = req->person->username,
        .password = login_password(a, req),
        .totp_secret = totp_secret(a, req),
        .static_codes = req->person->static_codes,
        .second_factor = req->second_factor,
        .remember_me = req->remember_me,
        .codes = profile != NULL ? &profile->codes : NULL,
    };
    AUTO(xfree) char *next = xstrdup(url);
    AUTO(xfree) char *from = NULL;
    *ret_done = false;
    for (int flows = 0; flows < 6; flows++) {
        browser_page_deinit(ret_page);
        if (browser_go_from(b, from, next, stop, ret_page, err) != 0)
            return -1;
        char *choice = choice_of_authentik(world_setup(a->conf.world), ret_page);
        if (choice != NULL) {
            go_on(ret_page, choice, &next, &from);
            continue;
        }
        if (!is_flow_page(ret_page))
            return 0;
        AUTO(flow_result_deinit) struct flow_result flow = {0};
        if (flow_run(b, ret_page->url, &person, &flow, err) != 0)
            return -1;
        if (flow.end != FLOW_LEADS_ON) {
            *ret_done = true;
            char *shown = flow.shown;
            flow.shown = NULL;
            return flow.no_answer ? login_no_answer(r, "authentik", flow.at, shown)
                                  : login_refuse(r, "authentik", flow.at, shown);
        }
        go_on(ret_page, flow.to, &next, &from);
        flow.to = NULL;
    }
    *ret_done = true;
    return login_refuse(r, "authentik", "flow",
                        xstrdup("authentik leads from one flow to the next without end"));
}

int login_get_json(struct http_client *client, const char *url, const char *bearer, const char *by,
                   const char *at, struct js **ret, struct login_result *r, bool *ret_done,
                   struct err *err)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    http_request_set(&req, "GET", url);
    if (bearer != NULL)
        params_addf(&req.headers, "Authorization", "Bearer %s", bearer);
    struct err local = {0};
    *ret_done = true;
    if (http_client_do(client, &req, &resp, &local) != 0) {
        if (local.code == ERR_INTERNAL)
            return err_set(err, local.code, "%s", local.msg);
        return login_no_answer(r, by, at, xstrdup(local.msg));
    }
    const char *body = resp.body != NULL ? resp.body : "";
    if (resp.status != 200)
        return login_refuse(
            r, by, at, xasprintf("%d %s: %s", resp.status, http_status_text(resp.status), body));
    if (js_parse((struct str){body, resp.body_len}, url, ret, &local) != 0)
        return login_refuse(r, by, at, xasprintf("no JSON: %s", local.msg));
    *ret_done = false;
    return 0;
}

void login_take_identity(struct login_result *r, const struct js *claims)
{
    const char *id = js_text(js_path(claims, "federated_claims", "user_id", NULL));
    if (id == NULL || id[0] == '\0')
        id = js_get_text(claims, "sub");
    xfree(r->user_id);
    r->user_id = id != NULL ? xstrdup(id) : NULL;
}

void login_read_identity(struct login_result *r)
{
    AUTO(js_free)
    struct js *claims = r->session_token != NULL ? jwt_claims_unverified(r->session_token) : NULL;
    login_take_identity(r, claims);
}

void login_keep(struct login_agents *a, enum login_via via, const struct login_result *r,
                const char *access_token, const char *token_url)
{
    struct jar *jar = a->last.jar;
    last_deinit(&a->last);
    a->last = (struct last_login){
        .via = via,
        .any = true,
        .token = r->session_token != NULL ? xstrdup(r->session_token) : NULL,
        .access_token = access_token != NULL ? xstrdup(access_token) : NULL,
        .refresh_token = r->refresh_token != NULL ? xstrdup(r->refresh_token) : NULL,
        .token_url = token_url != NULL ? xstrdup(token_url) : NULL,
        .jar = jar,
    };
}
