/*
 * The surroundings of the Argo CD tests. The setup is put together by hand, so that these tests
 * stand on the mock alone. The fixture owns everything it lends.
 */
#include "tests/integration/argocd_fixture.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"

/* ---- literals ---- */

const char *wire(const char *id)
{
    static struct params table;
    if (table.len == 0) {
        AUTO(xfree) char *text = test_data_text("wire/argocd.tsv");
        struct str rest = str_of(text);
        struct str line;
        while (str_next(&rest, '\n', &line)) {
            struct str name = {0};
            struct str literal = {0};
            if (!str_next(&line, '\t', &name) || !str_next(&line, '\t', &literal))
                continue;
            AUTO(xfree) char *n = xstrndup(name.ptr, name.len);
            AUTO(buf_deinit) struct buf value = {0};
            buf_init(&value, BUF_MAX_TEXT);
            for (size_t i = 0; i < literal.len; i++) {
                bool feed =
                    literal.ptr[i] == '\\' && i + 1 < literal.len && literal.ptr[i + 1] == 'n';
                buf_addc(&value, feed ? '\n' : literal.ptr[i]);
                i += feed ? 1 : 0;
            }
            params_add(&table, n, value.ptr);
        }
    }
    const char *found = params_get(&table, id);
    if (found == NULL)
        fail_msg("no literal '%s' in wire/argocd.tsv", id);
    return found;
}

/* ---- the scripted Dex ---- */

static void dex_discovery(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct fx_dex *d = ctx;
    pthread_mutex_lock(&d->lock);
    d->discoveries++;
    if (d->discovery_status != 200)
        http_respond(resp, d->discovery_status, "text/plain", "nothing here");
    else
        http_respondf(resp, 200, "application/json",
                      "{\"issuer\":\"%s\",\"authorization_endpoint\":\"%s/auth\","
                      "\"token_endpoint\":\"%s/token\",\"jwks_uri\":\"%s/keys\","
                      "\"response_types_supported\":[\"%s\"],"
                      "\"id_token_signing_alg_values_supported\":[\"RS256\"]}",
                      d->issuer, d->base, d->base, d->base,
                      d->no_code != NULL ? d->no_code : "code");
    pthread_mutex_unlock(&d->lock);
}

static void dex_keys(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct fx_dex *d = ctx;
    pthread_mutex_lock(&d->lock);
    d->key_fetches++;
    AUTO(key_free) struct key *key = key_test(d->key);
    AUTO(js_free) struct js *jwk = jwk_public(key);
    js_set_text(jwk, "kid", "1");
    AUTO(xfree) char *text = js_compact(jwk);
    http_respondf(resp, 200, "application/json", "{\"keys\":[%s]}", text);
    pthread_mutex_unlock(&d->lock);
}

static void dex_token(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct fx_dex *d = ctx;
    const char *basic = params_get_ci(&req->headers, "Authorization");
    pthread_mutex_lock(&d->lock);
    d->token_requests++;
    xfree(d->last_basic);
    xfree(d->last_form);
    d->last_basic = basic != NULL ? xstrdup(basic) : NULL;
    d->last_form = xstrdup(req->body);
    if (d->refuse_basic && basic != NULL)
        http_respond(resp, 401, "application/json", "{\"error\":\"invalid_client\"}");
    else if (d->token_body != NULL)
        http_respond(resp, d->token_status, d->token_type, d->token_body);
    else
        http_respondf(resp, 200, "application/json",
                      "{\"access_token\":\"at\",\"token_type\":\"bearer\",\"expires_in\":86399,"
                      "\"id_token\":\"%s\"}",
                      d->id_token);
    pthread_mutex_unlock(&d->lock);
}

/* /api/dex/status/404 answers 404 "it broke" with a cookie and hop-by-hop fields. */
static void dex_status(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct fx_dex *d = ctx;
    int64_t status = 0;
    AUTO(buf_deinit) struct buf head = {0};
    buf_init(&head, BUF_MAX_TEXT);
    buf_addf(&head, "%s %s?%s\n", req->method, req->path, req->query != NULL ? req->query : "");
    buf_addf(&head, "Host: %s\n", req->host);
    for (size_t i = 0; i < req->headers.len; i++)
        buf_addf(&head, "%s: %s\n", req->headers.items[i].name, req->headers.items[i].value);
    buf_addf(&head, "\n%s", req->body);
    assert_int_equal(str_to_i64(str_of(req->captures[0]), 200, 599, &status), 0);
    pthread_mutex_lock(&d->lock);
    xfree(d->last_echo);
    d->last_echo = buf_take(&head);
    pthread_mutex_unlock(&d->lock);
    params_add(&resp->headers, "X-Dex", "kept");
    params_add(&resp->headers, "Proxy-Authenticate", "dropped");
    http_respond(resp, (int)status, "text/html", "it broke");
}

static void dex_userinfo(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct fx_dex *d = ctx;
    const char *authorization = params_get_ci(&req->headers, "Authorization");
    pthread_mutex_lock(&d->lock);
    d->userinfo_requests++;
    xfree(d->userinfo_asked);
    d->userinfo_asked =
        xasprintf("%s %s", req->path, authorization != NULL ? authorization : "nobody");
    http_respond(resp, d->userinfo_status, d->userinfo_type,
                 d->userinfo_body != NULL ? d->userinfo_body : "");
    pthread_mutex_unlock(&d->lock);
}

static void dex_absent(void *ctx, const struct http_request *req, struct http_response *resp)
{
    http_respond_go_error(resp, 404, "404 page not found");
}

static const struct http_route dex_routes[] = {
    {NULL, "/api/dex/.well-known/openid-configuration", dex_discovery, false},
    {NULL, "/api/dex/keys", dex_keys, false},
    {NULL, "/api/dex/token", dex_token, false},
    {NULL, "/api/dex/status/{}", dex_status, false},
    {NULL, "/application/o/argocd/.well-known/openid-configuration", dex_discovery, false},
    {NULL, "/application/o/argocd/keys", dex_keys, false},
    {NULL, "/application/o/argocd/token", dex_token, false},
    {NULL, "/application/o/argocd/own", dex_userinfo, false},
    {NULL, "/application/o/userinfo/", dex_userinfo, false},
    {NULL, NULL, NULL, false},
};

/* ---- the setup ---- */

static const char guide_policy[] =
    "g, ArgoCD Admins, role:admin\ng, ArgoCD Viewers, role:readonly\n";

static struct js *parse(const char *text)
{
    struct js *j = NULL;
    struct err err = {0};
    if (js_parse(str_of(text), "test", &j, &err) != 0)
        fail_msg("%s", err.msg);
    return j;
}

/* The version's rows of the built-in policy. */
static const char *fx_builtin(const bool *quirks)
{
    unsigned rows = 0;
    rows |= quirks[ARGOCD_QUIRK_APPSET_ROWS] ? RBAC_ROWS_APPSETS : 0;
    rows |= quirks[ARGOCD_QUIRK_WRITE_REPOSITORY_ROWS] ? RBAC_ROWS_WRITE_REPOSITORIES : 0;
    rows |= quirks[ARGOCD_QUIRK_READONLY_APPSETS] ? RBAC_ROWS_READONLY_APPSETS : 0;
    return rbac_builtin_rows(rows);
}

/* The inventory's projects with the text of their roles. */
static const struct rbac_project *fx_projects(struct fx *f)
{
    const struct setup_inventory *inv = &f->inventory;
    assert_true(inv->projects_len < FX_PROJECTS);
    for (size_t i = 0; i < inv->projects_len; i++) {
        xfree(f->project_texts[i]);
        f->project_texts[i] = rbac_project_text(&inv->projects[i].spec);
        f->projects[i] = (struct rbac_project){inv->projects[i].spec.name, f->project_texts[i]};
    }
    f->projects[inv->projects_len] = (struct rbac_project){0};
    return f->projects;
}

void fx_policy(struct fx *f, const char *policy, const char *default_role)
{
    struct setup_argocd *a = &f->setup.argocd;
    struct err err = {0};
    a->rbac_conf = (struct rbac_conf){
        .builtin = fx_builtin(a->quirks),
        .policy = policy,
        .default_role = default_role,
        .projects = fx_projects(f),
        .lenient_lines = !a->quirks[ARGOCD_QUIRK_STRICT_LINES],
        .deep_roles = !a->quirks[ARGOCD_QUIRK_ROLE_DEPTH],
        .no_appset_projects = !a->quirks[ARGOCD_QUIRK_APPSET_PROJECTS],
    };
    struct rbac *fresh = NULL;
    js_set_text(f->rbac_cm, "policy.csv", policy);
    js_set_text(f->rbac_cm, "policy.default", default_role != NULL ? default_role : "");
    f->setup.argocd.rbac_error = NULL;
    if (rbac_new(&a->rbac_conf, &fresh, &err) != 0)
        f->setup.argocd.rbac_error = "error loading RBAC policy: broken";
    rbac_free(f->rbac);
    f->rbac = fresh;
    f->setup.argocd.rbac = fresh;
}

/* What there is to guard: two namespaces, two projects, one of them with a role and its tokens. */
static void make_inventory(struct fx *f)
{
    static const struct setup_app apps[] = {
        {"guestbook", "argocd", "default"},
        {"helm-guestbook", "argocd", "default"},
        {"web", "argocd", "team-a"},
        {"api", "apps", "team-a"},
    };
    static const struct setup_app sets[] = {{"sets", "argocd", "team-a"}};
    static const char *const lines[] = {"p, proj:team-a:ci, applications, sync, team-a/*, allow",
                                        "p, proj:team-a:ci, applications, get, team-a/*, allow",
                                        "p, proj:team-a:ci, applicationsets, get, team-a/*, allow",
                                        NULL};
    static const char *const groups[] = {"Team A", NULL};
    static const struct rbac_role roles[] = {{"ci", lines, groups}};
    static const struct setup_token tokens[] = {{"ci", "token-1", CLOCK_START_S, 0}};
    static const struct setup_project projects[] = {
        {"", {"default", NULL, 0}, NULL, 0},
        {"Team A", {"team-a", roles, 1}, tokens, 1},
    };
    static const struct setup_place clusters[] = {
        {"in-cluster", "https://kubernetes.default.svc", ""},
        {"own", "https://10.0.0.1", "team-a"},
    };
    static const struct setup_place repositories[] = {
        {"examples", "https://example.com/a.git", ""},
        {"own", "https://example.com/b.git", "team-a"},
    };
    static const char *const certificates[] = {"github.com", NULL};
    static const char *const keys[] = {"4AEE18F83AFDEB23", NULL};
    f->inventory = (struct setup_inventory){
        apps,         TEST_COUNT(apps),         sets,         TEST_COUNT(sets),
        projects,     TEST_COUNT(projects),     clusters,     TEST_COUNT(clusters),
        repositories, TEST_COUNT(repositories), certificates, keys,
    };
    f->setup.argocd.inventory = &f->inventory;
}

static void make_setup(struct fx *f)
{
    static const char *const scopes[] = {"groups", NULL};
    static const char *const none[] = {NULL};
    f->cm = parse("{\"url\":\"" FX_URL "\",\"dex.config\":\"connectors:\\n- type: oidc\\n  id: "
                  "authentik\\n  name: authentik\\n  config: {issuer: https://a}\\n\"}");
    f->rbac_cm = js_object();
    f->secret = js_object();
    f->cmd_params = js_object();
    f->env = js_object();
    js_set_text(f->secret, "oidc.authentik.clientSecret", "s3cret\n");
    f->dex_generated = parse("{\"connectors\":[{\"type\":\"oidc\",\"id\":\"authentik\",\"name\":"
                             "\"authentik\"}]}");
    f->setup.argocd = (struct setup_argocd){
        .version = "3.5",
        .url = FX_URL,
        .additional_urls = none,
        .server_secretkey = FX_SECRETKEY,
        .cm = f->cm,
        .rbac_cm = f->rbac_cm,
        .secret = f->secret,
        .cmd_params = f->cmd_params,
        .env = f->env,
        .dex_generated = f->dex_generated,
        .dex_client_secret = "DwKu8DmXIcfo5mLn6t7DDE1oJdXYlT6HI2h3-HXo",
        .rbac_scopes = scopes,
    };
    assert_int_equal(quirks_resolve(quirks_argocd, "3.5", NULL, "", f->setup.argocd.quirks, NULL),
                     0);
    make_inventory(f);
    fx_policy(f, guide_policy, NULL);
}

/* ---- life ---- */

static void start_dex(struct fx *f)
{
    struct err err = {0};
    const struct http_site site = {
        .name = "dex",
        .routes = dex_routes,
        .fallback = dex_absent,
        .ctx = &f->dex,
        .tls = f->tls,
        .clock = f->clock,
    };
    pthread_mutex_init(&f->dex.lock, NULL);
    f->dex.issuer = FX_URL "/api/dex";
    f->dex.base = FX_URL "/api/dex";
    f->dex.discovery_status = 200;
    f->dex.key = "rsa-2048-1";
    if (http_listen(f->host, &site, "127.0.0.1", 0, &f->dex_listener, &err) != 0)
        fail_msg("%s", err.msg);
}

static void add_name(struct fx *f, const char *origin, const char *system, uint16_t port)
{
    f->name_items[f->names.len++] = (struct http_name){
        .origin = xstrdup(origin),
        .system = system,
        .connect_host = xstrdup("127.0.0.1"),
        .connect_port = port,
    };
    f->names.items = f->name_items;
}

static struct http_client *new_client(struct fx *f, const char *party, bool insecure)
{
    struct err err = {0};
    struct http_client *client = NULL;
    const struct http_client_conf conf = {
        .party = party,
        .front = !insecure,
        .names = &f->names,
        .trust = http_ca_trust(f->ca),
        .insecure = insecure,
        .trace = f->trace,
        .connections = 4,
    };
    if (http_client_new(&conf, &client, &err) != 0)
        fail_msg("%s", err.msg);
    return client;
}

static void listen_argocd(struct fx *f)
{
    struct err err = {0};
    struct http_site site = {0};
    const struct mock_env env = {
        .setup = &f->setup,
        .clock = f->clock,
        .rnd = f->rnd,
        .trace = f->trace,
        .faults = f->faults,
        .client = f->outgoing,
    };
    f->mock = argocd_mock_new(&env, &err);
    assert_non_null(f->mock);
    argocd_mock_site(f->mock, &site);
    site.tls = f->tls;
    if (http_listen(f->host, &site, "127.0.0.1", 0, &f->listener, &err) != 0)
        fail_msg("%s", err.msg);
}

static void start_argocd(struct fx *f)
{
    add_name(f, ARGOCD_DEX_ORIGIN, "dex", http_listener_port(f->dex_listener));
    add_name(f, FX_IDP, "authentik", http_listener_port(f->dex_listener));
    f->outgoing = new_client(f, "argocd", true);
    listen_argocd(f);
    add_name(f, FX_URL, "argocd", http_listener_port(f->listener));
    f->client = new_client(f, "browser", false);
}

void fx_relisten(struct fx *f)
{
    f->listener = http_listener_free(f->listener);
    f->mock = argocd_mock_free(f->mock);
    listen_argocd(f);
    f->name_items[2].connect_port = http_listener_port(f->listener);
}

void fx_stop_dex(struct fx *f)
{
    f->dex_listener = http_listener_free(f->dex_listener);
    f->name_items[0].connect_port = TEST_CLOSED_PORT;
    f->name_items[1].connect_port = TEST_CLOSED_PORT;
}

int fx_setup(void **state)
{
    static const char *const hosts[] = {"argocd.company", "argocd-dex-server", "ak.example.com",
                                        NULL};
    struct fx *f = xcalloc(1, sizeof(*f));
    struct err err = {0};
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->rnd = rnd_new_seeded(1, "argocd");
    f->trace = trace_new(f->clock);
    f->faults = fault_set_new(f->trace);
    if (http_host_new(&f->host, &err) != 0 || http_ca_new(hosts, &f->ca, &err) != 0 ||
        http_ca_leaf(f->ca, HTTP_LEAF_GOOD, &f->tls, &err) != 0)
        fail_msg("%s", err.msg);
    make_setup(f);
    start_dex(f);
    start_argocd(f);
    f->dex.id_token = fx_token(f, NULL, "rsa-2048-1");
    f->dex.userinfo_status = 200;
    f->dex.userinfo_type = "application/json";
    *state = f;
    return 0;
}

/* Every line in its log is argocd's own, at one of logrus's levels. */
static void check_log(const struct fx *f)
{
    static const char *const levels[] = {"debug", "info", "warning", "error", "fatal", NULL};
    for (size_t i = 0; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        bool known = e->kind != TRACE_LOG;
        for (const char *const *l = levels; !known && *l != NULL; l++)
            known = cstr_eq(e->level, *l) && cstr_eq(e->from, "argocd");
        if (!known)
            fail_msg("%s logs at level '%s': %s", e->from, e->level, e->text);
    }
}

int fx_teardown(void **state)
{
    struct fx *f = *state;
    trace_settle(f->trace);
    check_log(f);
    http_client_free(f->client);
    http_listener_free(f->listener);
    http_listener_free(f->dex_listener);
    argocd_mock_free(f->mock);
    http_client_free(f->outgoing);
    http_host_free(f->host);
    http_tls_free(f->tls);
    http_ca_free(f->ca);
    fault_set_free(f->faults);
    trace_free(f->trace);
    rnd_free(f->rnd);
    clock_free(f->clock);
    rbac_free(f->rbac);
    for (size_t i = 0; i < FX_PROJECTS; i++)
        xfree(f->project_texts[i]);
    js_free(f->cm);
    js_free(f->rbac_cm);
    js_free(f->secret);
    js_free(f->cmd_params);
    js_free(f->env);
    js_free(f->dex_generated);
    for (size_t i = 0; i < f->names.len; i++) {
        xfree(f->name_items[i].origin);
        xfree(f->name_items[i].connect_host);
    }
    xfree(f->dex.token_body);
    xfree(f->dex.id_token);
    xfree(f->dex.last_basic);
    xfree(f->dex.last_form);
    xfree(f->dex.last_echo);
    xfree(f->dex.userinfo_body);
    xfree(f->dex.userinfo_asked);
    pthread_mutex_destroy(&f->dex.lock);
    xfree(f);
    return 0;
}

void fx_restart(struct fx *f)
{
    struct err err = {0};
    assert_int_equal(argocd_mock_restart(f->mock, &f->setup, &err), 0);
}

void fx_use_oidc(struct fx *f, const char *more, bool dex_too)
{
    AUTO(xfree)
    char *text = xasprintf("name: authentik\nissuer: %s\nclientID: abc\n"
                           "clientSecret: $oidc.authentik.clientSecret\n%s",
                           FX_IDP_ISSUER, more);
    js_set_text(f->cm, "oidc.config", text);
    if (!dex_too)
        f->setup.argocd.dex_generated = NULL;
    f->dex.issuer = FX_IDP_ISSUER;
    f->dex.base = FX_IDP "/application/o/argocd";
    xfree(f->dex.id_token);
    f->dex.id_token = fx_token(f, "{\"iss\":\"" FX_IDP_ISSUER "\",\"aud\":\"abc\"}", "rsa-2048-1");
    fx_restart(f);
}

/* ---- asking ---- */

static void add_lines(struct params *headers, const char *lines)
{
    struct str rest = str_of(lines);
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        const char *colon = line.len > 0 ? memchr(line.ptr, ':', line.len) : NULL;
        if (colon == NULL)
            continue;
        struct str value = {colon + 1, line.len - (size_t)(colon - line.ptr) - 1};
        value = str_trim(value);
        AUTO(xfree) char *n = xstrndup(line.ptr, (size_t)(colon - line.ptr));
        AUTO(xfree) char *v = xstrndup(value.ptr, value.len);
        params_add(headers, n, v);
    }
}

void fx_do(struct fx *f, const char *method, const char *path, const char *headers,
           const char *body, struct http_response *ret)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(xfree) char *url = xasprintf("%s%s", FX_URL, path);
    struct err err = {0};
    http_response_deinit(ret);
    http_request_set(&req, method, url);
    add_lines(&req.headers, headers);
    if (body != NULL) {
        xfree(req.body);
        req.body = xstrdup(body);
        req.body_len = strlen(body);
    }
    if (http_client_do(f->client, &req, ret, &err) != 0)
        fail_msg("%s %s: %s", method, path, err.msg);
}

bool fx_answers(struct fx *f, const char *path, const char *headers)
{
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(xfree) char *url = xasprintf("%s%s", FX_URL, path);
    struct err ignored = {0};
    http_request_set(&req, "GET", url);
    add_lines(&req.headers, headers);
    return http_client_do(f->client, &req, &resp, &ignored) == 0;
}

void fx_get(struct fx *f, const char *path, const char *headers, struct http_response *ret)
{
    fx_do(f, "GET", path, headers, NULL, ret);
}

char *fx_token(struct fx *f, const char *patch, const char *key_name)
{
    AUTO(js_free)
    struct js *claims =
        parse("{\"iss\":\"" FX_URL "/api/dex\",\"sub\":\"CghhbGljZS1pZBIJYXV0aGVudGlr\","
              "\"aud\":\"argo-cd\",\"email\":\"alice@example.com\",\"email_verified\":true,"
              "\"groups\":[\"ArgoCD Admins\"],\"name\":\"Alice\",\"at_hash\":\"hash-1\","
              "\"federated_claims\":{\"connector_id\":\"authentik\",\"user_id\":\"alice-id\"}}");
    js_set(claims, "iat", js_int(CLOCK_START_S));
    js_set(claims, "exp", js_int(CLOCK_START_S + 86400));
    AUTO(js_free) struct js *change = parse(patch != NULL ? patch : "{}");
    AUTO(js_free) struct js *all = js_merge_patch(claims, change);
    bool hmac = strcmp(key_name, "hmac") == 0;
    AUTO(key_free)
    struct key *key = hmac ? key_from_secret("a client secret", 15) : key_test(key_name);
    struct err err = {0};
    char *token = NULL;
    if (jwt_sign(key, hmac ? JWS_HS256 : JWS_RS256, NULL, "1", all, &token, &err) != 0)
        fail_msg("%s", err.msg);
    return token;
}

char *fx_cookie_line(const char *token)
{
    return xasprintf("Cookie: argocd.token=%s", token);
}

char *fx_bearer_line(const char *token)
{
    return xasprintf("Authorization: Bearer %s", token);
}

void fx_begin(struct fx *f, const char *return_url, struct fx_login *ret)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(params_deinit) struct params query = {0};
    AUTO(url_deinit) struct url u = {0};
    AUTO(xfree) char *encoded = url_encode(str_of(return_url), "");
    AUTO(xfree) char *path = xasprintf("/auth/login?return_url=%s", encoded);
    struct err err = {0};
    fx_get(f, path, NULL, &r);
    assert_int_equal(r.status, 303);
    ret->location = xstrdup(fx_header(&r, "Location"));
    assert_int_equal(url_parse(ret->location, &u, &err), 0);
    params_parse_form(&query, str_of(u.query));
    const char *state = params_get(&query, "state");
    const char *cookie = fx_set_cookie(&r, "argocd.oauthstate=");
    ret->state = xstrdup(state != NULL ? state : "");
    assert_non_null(cookie);
    ret->cookie_line = xasprintf("Cookie: %.*s", (int)strcspn(cookie, ";"), cookie);
}

void fx_login_deinit(struct fx_login *l)
{
    xfree(l->location);
    xfree(l->state);
    xfree(l->cookie_line);
    *l = (struct fx_login){0};
}

void fx_finish(struct fx *f, const struct fx_login *l, struct http_response *ret)
{
    AUTO(xfree) char *path = xasprintf("/auth/callback?code=c0de&state=%s", l->state);
    fx_get(f, path, l->cookie_line, ret);
}

/* ---- looking ---- */

bool fx_logged(const struct fx *f, const char *text)
{
    for (size_t i = 0; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        if (e->kind == TRACE_LOG && cstr_contains(e->text, text))
            return true;
    }
    return false;
}

const struct js *fx_decision(const struct fx *f)
{
    for (size_t i = trace_len(f->trace); i-- > 0;)
        if (trace_at(f->trace, i)->kind == TRACE_DECISION)
            return trace_at(f->trace, i)->data;
    fail_msg("no decision in the trace");
    return NULL;
}

const char *fx_header(const struct http_response *r, const char *name)
{
    const char *value = params_get_ci(&r->headers, name);
    return value != NULL ? value : "";
}

const char *fx_set_cookie(const struct http_response *r, const char *begins)
{
    for (size_t i = 0; i < r->headers.len; i++)
        if (strcasecmp(r->headers.items[i].name, "Set-Cookie") == 0 &&
            cstr_starts(r->headers.items[i].value, begins))
            return r->headers.items[i].value;
    return NULL;
}

void assert_text(const struct http_response *r, int status, const char *body)
{
    assert_string_equal(r->body != NULL ? r->body : "", body);
    assert_int_equal(r->status, status);
}

void assert_go_error(const struct http_response *r, int status, const char *text)
{
    AUTO(xfree) char *line = xasprintf("%s\n", text);
    assert_text(r, status, line);
    assert_string_equal(fx_header(r, "Content-Type"), "text/plain; charset=utf-8");
    assert_string_equal(fx_header(r, "X-Content-Type-Options"), "nosniff");
}

void assert_has(const char *text, const char *part)
{
    if (!cstr_contains(text, part))
        fail_msg("'%s' is not in '%s'", part, text != NULL ? text : "(null)");
}
