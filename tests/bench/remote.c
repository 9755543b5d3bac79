/*
 * Starting `serve`, reading its ready line, and signing in there.
 */
#include "tests/bench/remote.h"

#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/login/agents.h"

#define PERSON "alice"

int remote_start(const struct bench_conf *conf, struct remote *r, struct err *err)
{
    AUTO(xfree) char *library = path_join(conf->root, "scenarios");
    AUTO(xfree) char *env = xasprintf("ROLECALL_SCENARIOS=%s", library);
    const char *const argv[] = {conf->program, "serve", "--authentik-port", "0", "--argocd-port",
                                "0",           NULL};
    *r = (struct remote){.process = {.out = -1}};
    if (process_start(&r->process, argv, (const char *const[]){env, NULL}, true, err) != 0)
        return -1;
    AUTO(xfree) char *line = process_line(&r->process);
    r->ready_ns = clock_mono_ns() - r->process.started_ns;
    if (line == NULL)
        return err_set(err, ERR_INTERNAL, "serve ended before it was ready");
    if (js_parse(str_of(line), "the ready line", &r->ready, err) != 0)
        return -1;
    const char *ca_file = js_get_text(r->ready, "ca_file");
    size_t len = 0;
    return ca_file == NULL ? 0 : file_read(ca_file, FILE_MAX_TEXT, &r->ca_pem, &len, err);
}

void remote_end(struct remote *r)
{
    login_agents_free(r->agents);
    world_free(r->world);
    stage_free(r->stage);
    setup_free(r->setup);
    fault_set_free(r->faults);
    rnd_free(r->rnd);
    clock_free(r->clock);
    js_free(r->doc);
    js_free(r->ready);
    xfree(r->ca_pem);
    process_end(&r->process);
    *r = (struct remote){.process = {.out = -1}};
}

const char *remote_issuer(const struct remote *r)
{
    return js_text(js_path(r->ready, "authentik", "issuer", NULL));
}

static const char *client_text(const struct remote *r, const char *member)
{
    const struct js *clients = js_get(r->ready, "clients");
    for (size_t i = 0; i < js_len(clients); i++)
        if (cstr_eq(js_get_text(js_at(clients, i), "of"), "authentik"))
            return js_get_text(js_at(clients, i), member);
    return NULL;
}

const char *remote_client_secret(const struct remote *r)
{
    return client_text(r, "secret");
}

const char *remote_client_id(const struct remote *r)
{
    return client_text(r, "id");
}

int remote_first_answer(struct remote *r, struct err *err)
{
    AUTO(http_client_free) struct http_client *client = NULL;
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(http_trust_free) struct http_trust *trust = NULL;
    if (http_trust_new(r->ca_pem, false, &trust, err) != 0)
        return -1;
    const struct http_client_conf conf = {.party = "rp", .trust = trust};
    AUTO(xfree) char *url = xasprintf("%s.well-known/openid-configuration", remote_issuer(r));
    http_request_set(&req, "GET", url);
    if (http_client_new(&conf, &client, err) != 0 || http_client_do(client, &req, &resp, err) != 0)
        return -1;
    return resp.status == 200 ? 0 : err_set(err, ERR_NET, "%s: %d", url, resp.status);
}

int remote_settle(const struct bench_conf *conf, struct remote *r, struct err *err)
{
    AUTO(xfree) char *dir = path_join(conf->root, "scenarios/guide");
    AUTO(js_free) struct js *guide = NULL;
    if (setup_read(dir, &guide, err) != 0)
        return -1;
    r->doc = js_merge_patch(guide, js_get(r->ready, "setup_patch"));
    r->clock = clock_new_wall(0);
    r->rnd = rnd_new_system();
    r->faults = fault_set_new(NULL);
    if (setup_build(r->doc, dir, r->rnd, &r->setup, err) != 0 || stage_new(&r->stage, err) != 0)
        return -1;
    const struct world_conf world = {
        .stage = r->stage,
        .setup = r->setup,
        .clock = r->clock,
        .rnd = r->rnd,
        .faults = r->faults,
    };
    if (world_new(&world, &r->world, err) != 0)
        return -1;
    const struct login_conf login = {
        .world = r->world,
        .clock = r->clock,
        .rnd = r->rnd,
        .faults = r->faults,
        .callback_port = 0,
    };
    return login_agents_new(&login, &r->agents, err);
}

int remote_sign_in(struct remote *r, enum login_via via, bool fresh, struct err *err)
{
    const struct login_request req = {
        .person = setup_person(r->setup, PERSON), .via = via, .fresh_browser = fresh};
    AUTO(login_result_deinit) struct login_result result = {0};
    if (login_run(r->agents, &req, &result, err) != 0)
        return -1;
    if (result.outcome == LOGIN_SIGNED_IN)
        return 0;
    return err_set(err, ERR_INTERNAL, "a login at serve: %s by %s at %s: %s",
                   login_outcome_name(result.outcome), result.by, result.at, result.shown);
}

char *remote_cookie(struct remote *r)
{
    char *field = jar_header(r->agents->last.jar, remote_issuer(r), false, true);
    return field != NULL ? field : xstrdup("");
}
