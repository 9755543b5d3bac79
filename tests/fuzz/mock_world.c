/*
 * The world is made once and anew every few thousand requests, so that what piles up in the mocks'
 * stores stays small. Requests go through the harness's own client over kept connections.
 */
#include "tests/fuzz/mock_world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/world/world.h"

#define MAX_INPUT 65536
#define REQUESTS 4000
#define PASSWORD "correct horse battery staple"

static const char setup_text[] =
    "{\"authentik\":{\"version\":\"2026.2\",\"url\":\"https://authentik.company\","
    "\"application\":{\"slug\":\"argocd\"},\"provider\":{\"client_id\":\"my_client_id\","
    "\"client_secret\":\"secret-of-the-client-0123456789\",\"signing_key\":\"ec\","
    "\"redirect_uris\":[{\"matching_mode\":\"strict\",\"url\":"
    "\"https://argocd.company/api/dex/callback\"},{\"matching_mode\":\"regex\",\"url\":"
    "\"https://[a-z]+\\\\.example/.*\"}],\"scopes\":[\"openid\",\"email\",\"profile\","
    "\"offline_access\"]},\"groups\":[\"ArgoCD Admins\"]},\"argocd\":{\"version\":\"3.5\","
    "\"cm\":{\"url\":\"https://argocd.company\",\"dex.config\":\"connectors:\\n- type: oidc\\n"
    "  id: authentik\\n  name: authentik\\n  config:\\n"
    "    issuer: https://authentik.company/application/o/argocd/\\n    clientID: my_client_id\\n"
    "    clientSecret: secret-of-the-client-0123456789\\n    insecureEnableGroups: true\\n\"},"
    "\"rbac_cm\":{\"policy.csv\":\"g, ArgoCD Admins, role:admin\\n\"},"
    "\"secret\":{\"server.secretkey\":\"key-of-the-server-0123456789abcdef\"}},"
    "\"people\":{\"alice\":{\"groups\":[\"ArgoCD Admins\"],\"password\":\"" PASSWORD "\"}}}";

static const char *const secrets[] = {"secret-of-the-client-0123456789",
                                      "key-of-the-server-0123456789abcdef", PASSWORD, NULL};

static struct mock_world {
    struct js *doc;
    struct clock *clock;
    struct rnd *rnd;
    struct setup *setup;
    struct fault_set *faults;
    struct stage *stage;
    struct world *world;
    struct http_client *client;
    size_t asked;
} w;

static void must(int rc, const struct err *err)
{
    if (rc == 0)
        return;
    fprintf(stderr, "mock world: %s\n", err->msg);
    abort();
}

static void start(void)
{
    struct err err = {0};
    w.clock = clock_new_virtual(CLOCK_START_S);
    w.rnd = rnd_new_seeded(1, "fuzz");
    w.faults = fault_set_new(NULL);
    must(js_parse(str_of(setup_text), "setup", &w.doc, &err), &err);
    must(setup_build(w.doc, "setup", w.rnd, &w.setup, &err), &err);
    must(stage_new(&w.stage, &err), &err);
    const struct world_conf conf = {
        .stage = w.stage, .setup = w.setup, .clock = w.clock, .rnd = w.rnd, .faults = w.faults};
    must(world_new(&conf, &w.world, &err), &err);
    must(world_client(w.world, "browser", true, NULL, &w.client, &err), &err);
    w.asked = 0;
}

static void stop(void)
{
    http_client_free(w.client);
    world_free(w.world);
    stage_free(w.stage);
    fault_set_free(w.faults);
    setup_free(w.setup);
    rnd_free(w.rnd);
    clock_free(w.clock);
    js_free(w.doc);
    w = (struct mock_world){0};
}

static const struct http_name *name_of(enum system system)
{
    const struct http_names *names = world_names(w.world);
    for (size_t i = 0; i < names->len; i++)
        if (strcmp(names->items[i].system, system_name(system)) == 0)
            return &names->items[i];
    abort();
}

/* What would be no HTTP any more is left out: the mocks' parser has targets of its own. */
static bool is_field_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
            return false;
    return s.len > 0;
}

static bool is_method(struct str s)
{
    static const char *const known[] = {"GET",    "POST",    "HEAD",  "PUT",
                                        "DELETE", "OPTIONS", "PATCH", NULL};
    for (size_t i = 0; known[i] != NULL; i++)
        if (str_is(s, known[i]))
            return true;
    return false;
}

/* False for what is no request. */
static bool read_request(enum system system, const char *prefix, struct str in,
                         struct http_request *ret)
{
    struct str line = {0};
    struct str method = {0};
    if (!str_next(&in, '\n', &line))
        return false;
    struct str target = line;
    if (!str_next(&target, ' ', &method) || !is_method(method) || !is_field_text(target) ||
        target.ptr[0] != '/' || memchr(target.ptr, ' ', target.len) != NULL)
        return false;
    AUTO(xfree) char *m = xstrndup(method.ptr, method.len);
    AUTO(xfree)
    char *url = xasprintf("%s%s%.*s", name_of(system)->origin, prefix, (int)target.len, target.ptr);
    http_request_set(ret, m, url);
    while (str_next(&in, '\n', &line) && line.len > 0) {
        struct str value = line;
        struct str name = {0};
        (void)str_next(&value, ':', &name);
        value = str_trim(value);
        if (!is_field_text(name) || !is_field_text(value) || memchr(name.ptr, ' ', name.len) ||
            str_is(name, "Host") || str_is(name, "Content-Length") ||
            str_is(name, "Transfer-Encoding"))
            continue;
        AUTO(xfree) char *n = xstrndup(name.ptr, name.len);
        AUTO(xfree) char *v = xstrndup(value.ptr, value.len);
        params_add(&ret->headers, n, v);
    }
    ret->body = in.len > 0 ? xmemdup(in.ptr, in.len) : NULL;
    ret->body_len = in.len;
    return true;
}

static void judge(const struct http_response *r, struct str sent)
{
    const char *type = params_get_ci(&r->headers, "Content-Type");
    assert(r->status >= 100 && r->status < 600);
    if (type != NULL && cstr_starts(type, "application/json") && r->body_len > 0) {
        AUTO(js_free) struct js *doc = NULL;
        struct err err = {0};
        if (js_parse((struct str){r->body, r->body_len}, "answer", &doc, &err) != 0) {
            fprintf(stderr, "%d %s: %s\n%s\n", r->status, type, err.msg, r->body);
            abort();
        }
        assert(js_get(doc, "id_token") == NULL && js_get(doc, "access_token") == NULL);
    }
    for (size_t i = 0; secrets[i] != NULL && r->body != NULL; i++)
        assert(strstr(r->body, secrets[i]) == NULL ||
               memmem(sent.ptr, sent.len, secrets[i], strlen(secrets[i])) != NULL);
}

void mock_world_ask(enum system system, const char *prefix, const uint8_t *data, size_t size)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    struct str in = {(const char *)data, size};
    struct err err = {0};
    if (size > MAX_INPUT)
        return;
    if (w.world == NULL) {
        start();
        atexit(stop);
    } else if (w.asked++ > REQUESTS) {
        stop();
        start();
    }
    if (!read_request(system, prefix, in, &req))
        return;
    if (http_client_do(w.client, &req, &resp, &err) != 0) {
        /* libcurl and the server's limits refuse some; silence is none of them. */
        assert(err.code != ERR_TIMEOUT);
        return;
    }
    judge(&resp, in);
}
