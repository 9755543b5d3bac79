/*
 * The world is made once and anew every few thousand requests, so that what piles up in the mocks'
 * stores stays small. Requests go through the harness's own client over kept connections.
 */
#include "tests/fuzz/mock_world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/crypto/totp.h"
#include "harness/http/jar.h"
#include "harness/login/flow.h"
#include "harness/world/world.h"

#define MAX_INPUT 65536
#define REQUESTS 4000
#define PASSWORD "correct horse battery staple"
#define APP_PASSWORD "app-password-of-tina"
#define TOTP_SECRET "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
#define MAX_VERSIONS 32
#define MAX_STEPS 24   /* requests of a walk */
#define MAX_FOLLOWED 4 /* redirects of a step */
#define STEP_MS 200000 /* the clock moves between walks: what is throttled by the hour goes on */

static const char setup_text[] =
    "{\"authentik\":{\"version\":\"2026.2\",\"url\":\"https://authentik.company\","
    "\"brand\":{\"device_code_flow\":true},\"flows\":{\"remember_me\":\"1h\"},"
    "\"application\":{\"slug\":\"argocd\"},\"provider\":{\"client_id\":\"my_client_id\","
    "\"client_secret\":\"secret-of-the-client-0123456789\",\"signing_key\":\"ec\","
    "\"redirect_uris\":[{\"matching_mode\":\"strict\",\"url\":"
    "\"https://argocd.company/api/dex/callback\"},{\"matching_mode\":\"regex\",\"url\":"
    "\"https://[a-z]+\\\\.example/.*\"},{\"matching_mode\":\"regex\",\"url\":"
    "\"https://[a-z]+\\\\.example/bye\",\"redirect_uri_type\":\"logout\"}],"
    "\"authorization_flow\":\"explicit\",\"mappings\":{\"extra\":{\"of\":\"${user.groups}\","
    "\"at\":\"a ${user.email} ${user.attributes.city}\"}},"
    "\"scopes\":[\"openid\",\"email\",\"profile\","
    "\"offline_access\"]},\"groups\":[\"ArgoCD Admins\"]},\"argocd\":{\"version\":\"3.5\","
    "\"cm\":{\"url\":\"https://argocd.company\",\"dex.config\":\"connectors:\\n- type: oidc\\n"
    "  id: authentik\\n  name: authentik\\n  config:\\n"
    "    issuer: https://authentik.company/application/o/argocd/\\n    clientID: my_client_id\\n"
    "    clientSecret: secret-of-the-client-0123456789\\n    insecureEnableGroups: true\\n\"},"
    "\"rbac_cm\":{\"policy.csv\":\"g, ArgoCD Admins, role:admin\\n\"},"
    "\"secret\":{\"server.secretkey\":\"key-of-the-server-0123456789abcdef\"}},"
    "\"people\":{\"alice\":{\"groups\":[\"ArgoCD Admins\"],\"password\":\"" PASSWORD "\"},"
    "\"tina\":{\"groups\":[],\"password\":\"" PASSWORD "\",\"totp\":\"" TOTP_SECRET "\","
    "\"static_codes\":[\"static-code-of-tina\"],\"app_password\":\"" APP_PASSWORD "\"}}}";

static const char *const secrets[] = {"secret-of-the-client-0123456789",
                                      "key-of-the-server-0123456789abcdef",
                                      PASSWORD,
                                      APP_PASSWORD,
                                      TOTP_SECRET,
                                      "static-code-of-tina",
                                      NULL};

/* Who sends one of these may get a token. */
static const char *const credentials[] = {
    "secret-of-the-client-0123456789", PASSWORD, APP_PASSWORD,
    "bXlfY2xpZW50X2lkOnNlY3JldC1vZi10aGUtY2xpZW50LTAxMjM0NTY3ODk=", NULL};

static struct mock_world {
    struct js *doc;
    struct clock *clock;
    struct rnd *rnd;
    struct setup *setup;
    struct fault_set *faults;
    struct stage *stage;
    struct world *world;
    struct http_client *client;
    struct setup *others[MAX_VERSIONS]; /* the same as other versions of authentik, or NULL yet */
    size_t version;                     /* in force; 0 = as in the setup */
    size_t asked;
    bool signed_in; /* the walk has a person sign in, who may get tokens */
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
    for (size_t i = 0; i < MAX_VERSIONS; i++)
        setup_free(w.others[i]);
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

/* A target that names one of the world's systems by its origin. */
static bool is_of_world(struct str target)
{
    const struct http_names *names = world_names(w.world);
    for (size_t i = 0; i < names->len; i++) {
        size_t n = strlen(names->items[i].origin);
        if (target.len > n && memcmp(target.ptr, names->items[i].origin, n) == 0 &&
            target.ptr[n] == '/')
            return true;
    }
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
        memchr(target.ptr, ' ', target.len) != NULL)
        return false;
    bool absolute = is_of_world(target);
    if (!absolute && target.ptr[0] != '/')
        return false;
    AUTO(xfree) char *m = xstrndup(method.ptr, method.len);
    AUTO(xfree)
    char *url = xasprintf("%s%s%.*s", absolute ? "" : name_of(system)->origin,
                          absolute ? "" : prefix, (int)target.len, target.ptr);
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

static bool sent_credentials(struct str sent)
{
    for (size_t i = 0; credentials[i] != NULL; i++)
        if (memmem(sent.ptr, sent.len, credentials[i], strlen(credentials[i])) != NULL)
            return true;
    return false;
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
        bool has_token = js_get(doc, "id_token") != NULL || js_get(doc, "access_token") != NULL;
        assert(!has_token || w.signed_in || sent_credentials(sent));
    }
    for (size_t i = 0; secrets[i] != NULL && r->body != NULL; i++)
        assert(strstr(r->body, secrets[i]) == NULL ||
               memmem(sent.ptr, sent.len, secrets[i], strlen(secrets[i])) != NULL);
}

/* A world that is there and not too full; not while something of the present one is held. */
static void ready(void)
{
    if (w.world == NULL) {
        start();
        atexit(stop);
    } else if (w.asked++ > REQUESTS) {
        stop();
        start();
    }
}

static void ask(const struct http_request *req, struct http_response *resp, struct str sent)
{
    struct err err = {0};
    if (http_client_do(w.client, req, resp, &err) != 0) {
        /* libcurl and the server's limits refuse some; silence is none of them. */
        assert(err.code != ERR_TIMEOUT);
        return;
    }
    judge(resp, sent);
}

/* ---- walks ---- */

struct walk {
    enum system system;
    const char *prefix;
    struct jar *jar;
    struct js *answers; /* members of the JSON answers, parameters of the redirects so far */
};

static void walk_deinit(struct walk *k)
{
    jar_free(k->jar);
    js_free(k->answers);
}

DEFINE_AUTO_VALUE(struct walk, walk_deinit)

static const char *value_of(const struct walk *k, const char *name, char **ret_own)
{
    const char *value = jar_get(k->jar, w.setup->authentik.url, name);
    if (strcmp(name, "totp") == 0)
        value = *ret_own = totp_code(TOTP_SECRET, clock_now_s(w.clock));
    return value != NULL ? value : js_get_text(k->answers, name);
}

/* "@NAME@" by its value, where it has one. */
static char *fill(const struct walk *k, struct str text)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, 4UL * MAX_INPUT);
    struct str piece = {0};
    for (bool named = false; str_next(&text, '@', &piece); named = !named) {
        AUTO(xfree) char *name = xstrndup(piece.ptr, piece.len);
        AUTO(xfree) char *own = NULL;
        const char *value = named ? value_of(k, name, &own) : name;
        buf_adds(&b, value != NULL ? value : name);
        named = named && value == NULL ? false : named; /* an address of mail is no name */
    }
    return buf_take(&b);
}

/* Where somebody was led to, and with which parameters: a code, a state. */
static void remember_address(struct walk *k, const char *url)
{
    const char *query = strchr(url, '?');
    struct str rest = str_of(query != NULL ? query + 1 : "");
    struct str pair = {0};
    while (str_next(&rest, '&', &pair)) {
        struct str value = pair;
        struct str name = {0};
        AUTO(xfree) char *decoded = NULL;
        (void)str_next(&value, '=', &name);
        AUTO(xfree) char *key = xstrndup(name.ptr, name.len);
        (void)url_decode(value, true, &decoded);
        js_set_text(k->answers, key, decoded);
    }
    js_set_text(k->answers, "location", url);
}

static void remember(struct walk *k, const char *url, const struct http_response *resp)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(xfree) char *to = NULL;
    struct err err = {0};
    const char *location = params_get_ci(&resp->headers, "Location");
    jar_store(k->jar, url, resp);
    if (location != NULL && url_resolve(url, location, &to, &err) == 0)
        remember_address(k, to);
    if (resp->body == NULL ||
        js_parse((struct str){resp->body, resp->body_len}, "answer", &doc, NULL) != 0)
        return;
    for (struct js_iter it = js_iter(doc); js_next(&it);)
        js_set(k->answers, it.key, js_dup(it.value));
}

/* One request; the path that it was led to, or NULL. */
static char *walk_ask(struct walk *k, struct str text, struct str sent)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    if (!read_request(k->system, k->prefix, text, &req))
        return NULL;
    AUTO(xfree) char *cookies = jar_header(k->jar, req.url, false, true);
    if (cookies != NULL && params_get_ci(&req.headers, "Cookie") == NULL)
        params_add(&req.headers, "Cookie", cookies);
    w.asked++; /* a full world makes room between two walks: this one's cookies are on its clock */
    ask(&req, &resp, sent);
    remember(k, req.url, &resp);
    if (getenv("PROBE"))
        fprintf(stderr, "%s %s -> %d %.150s\n", req.method, req.url, resp.status,
                resp.body ? resp.body : "");
    const char *location = params_get_ci(&resp.headers, "Location");
    return location != NULL ? xstrdup(location) : NULL;
}

/* A person is led on from where the last answer leads, through whatever login is asked. */
static void walk_sign_in(struct walk *k)
{
    const char *location = js_get_text(k->answers, "location");
    struct browser b = {.client = w.client,
                        .names = world_names(w.world),
                        .jar = k->jar,
                        .faults = w.faults,
                        .clock = w.clock};
    const struct flow_person alice = {.username = "alice", .password = PASSWORD};
    AUTO(xfree) char *at = location != NULL ? xstrdup(location) : NULL;
    struct err err = {0};
    w.signed_in = true;
    w.asked += MAX_FOLLOWED;
    for (int i = 0; i < MAX_FOLLOWED && at != NULL; i++) {
        AUTO(browser_page_deinit) struct browser_page page = {0};
        AUTO(flow_result_deinit) struct flow_result flow = {0};
        must(browser_go(&b, at, "http://localhost:8085/", &page, &err), &err);
        at = xfree(at);
        remember_address(k, page.url);
        if (getenv("PROBE"))
            fprintf(stderr, "  at %s\n", page.url);
        if (page.problem == NULL && strstr(page.url, "/if/flow/") != NULL) {
            must(flow_run(&b, page.url, &alice, &flow, &err), &err);
            at = flow.end == FLOW_LEADS_ON ? xstrdup(flow.to) : NULL;
        }
    }
    browser_deinit(&b);
}

/* The executor answers a stage that is passed by leading to itself. */
static void walk_step(struct walk *k, struct str text, struct str sent)
{
    if (str_is(text, "!sign-in")) {
        walk_sign_in(k);
        return;
    }
    AUTO(xfree) char *filled = fill(k, text);
    AUTO(xfree) char *to = walk_ask(k, str_of(filled), sent);
    for (int i = 0; i < MAX_FOLLOWED && cstr_starts(to, "/api/v3/flows/executor/"); i++) {
        AUTO(xfree) char *next = xasprintf("GET %s\n", to);
        xfree(to);
        to = walk_ask(k, str_of(next), sent);
    }
}

/* The rest behind "#N\n", and N; 0 without it. */
static size_t read_version(struct str *in)
{
    int64_t n = 0;
    struct str rest = *in;
    struct str line = {0};
    if (!str_next(&rest, '\n', &line) || line.len < 2 || line.ptr[0] != '#' ||
        str_to_i64((struct str){line.ptr + 1, line.len - 1}, 0, MAX_VERSIONS - 1, &n) != 0)
        return 0;
    *in = rest;
    return (size_t)n;
}

static void be_version(size_t n)
{
    const char *const *versions = setup_versions(SYSTEM_AUTHENTIK);
    struct err err = {0};
    size_t len = 0;
    while (versions[len] != NULL)
        len++;
    if (n > len || n == w.version)
        return;
    if (n > 0 && w.others[n] == NULL) {
        AUTO(js_free) struct js *doc = js_dup(w.doc);
        js_set_text(js_get(doc, "authentik"), "version", versions[n - 1]);
        must(setup_build(doc, "setup", w.rnd, &w.others[n], &err), &err);
    }
    must(world_change(w.world, n > 0 ? w.others[n] : w.setup, &err), &err);
    w.version = n;
}

void mock_world_walk(enum system system, const char *prefix, const uint8_t *data, size_t size)
{
    struct str in = {(const char *)data, size};
    const struct str sent = in;
    if (size > MAX_INPUT)
        return;
    ready();
    be_version(read_version(&in));
    clock_advance_ms(w.clock, STEP_MS);
    AUTO(walk_deinit)
    struct walk k = {
        .system = system, .prefix = prefix, .jar = jar_new(w.clock), .answers = js_object()};
    w.signed_in = false;
    for (size_t i = 0; i < MAX_STEPS && in.len > 0; i++) {
        const char *mark = memmem(in.ptr, in.len, "\n---\n", 5);
        struct str one = {in.ptr, mark != NULL ? (size_t)(mark - in.ptr) : in.len};
        walk_step(&k, one, sent);
        size_t skip = mark != NULL ? one.len + 5 : one.len;
        in = (struct str){in.ptr + skip, in.len - skip};
    }
}
