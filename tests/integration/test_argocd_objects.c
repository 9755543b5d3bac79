/*
 * What the API guards, object by object: who sees what, who may change it, and how a refusal reads
 * (argocd.md 4.7, 4.8, 5.7, 5.8). Literals come from tests/data/wire/argocd.tsv.
 */
#include "tests/integration/argocd_fixture.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/jose/jwt.h"

#define APPS "/api/v1/applications"

/* ---- asking as somebody ---- */

/* Header lines of a session in these groups (a JSON list), for any method. Caller frees. */
static char *lines_of(struct fx *f, const char *groups)
{
    AUTO(xfree) char *patch = xasprintf("{\"groups\":%s}", groups);
    AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
    return xasprintf("Content-Type: application/json\nAuthorization: Bearer %s", token);
}

static void ask(struct fx *f, const char *groups, const char *method, const char *path,
                const char *body, struct http_response *ret)
{
    AUTO(xfree) char *lines = lines_of(f, groups);
    fx_do(f, method, path, lines, body, ret);
}

static void expect(struct fx *f, const char *groups, const char *method, const char *path,
                   const char *body, int status, const char *part)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    ask(f, groups, method, path, body, &r);
    if (r.status != status || (part != NULL && !cstr_contains(r.body, part)))
        fail_msg("%s %s as %s: %d %s; expected %d %s", method, path, groups, r.status, r.body,
                 status, part != NULL ? part : "");
}

#define ADMINS "[\"ArgoCD Admins\"]"
#define VIEWERS "[\"ArgoCD Viewers\"]"
#define TEAM "[\"Team A\"]"
#define NOBODY "[]"

/* ---- lists ---- */

struct list_row {
    const char *path;
    const char *groups;
    const char *present; /* in the answer */
    const char *absent;  /* not in it, or NULL */
};

static void test_lists__leave_out_what_is_forbidden(void **state)
{
    static const struct list_row rows[] = {
        {APPS, ADMINS, "\"name\":\"api\",\"namespace\":\"apps\"", NULL},
        {APPS, TEAM, "\"name\":\"web\"", "guestbook"},
        {APPS "?project=team-a", VIEWERS, "\"name\":\"web\"", "guestbook"},
        {APPS "?projects=team-a&projects=default", VIEWERS, "\"name\":\"guestbook\"", NULL},
        {APPS "?name=guestbook", VIEWERS, "\"name\":\"guestbook\"", "helm-guestbook"},
        {APPS "?appNamespace=apps", VIEWERS, "\"name\":\"api\"", "\"web\""},
        {"/api/v1/applicationsets", VIEWERS, "\"name\":\"sets\"", NULL},
        {"/api/v1/applicationsets", TEAM, "\"name\":\"sets\"", NULL},
        {"/api/v1/projects", VIEWERS, "\"name\":\"default\"", NULL},
        {"/api/v1/projects", TEAM, "\"name\":\"team-a\"", "\"name\":\"default\""},
        {"/api/v1/clusters", VIEWERS, "\"server\":\"https://10.0.0.1\"", NULL},
        {"/api/v1/clusters?name=own", VIEWERS, "\"project\":\"team-a\"", "in-cluster"},
        {"/api/v1/repositories", VIEWERS, "https://example.com/a.git", NULL},
        {"/api/v1/repositories?appProject=team-a", VIEWERS, "b.git", "a.git"},
        {"/api/v1/write-repositories", VIEWERS, "a.git", NULL},
        {"/api/v1/certificates", VIEWERS, "\"serverName\":\"github.com\"", NULL},
        {"/api/v1/gpgkeys", VIEWERS, "\"keyID\":\"4AEE18F83AFDEB23\"", NULL},
        {"/api/v1/account", VIEWERS, "\"name\":\"admin\"", NULL},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        ask(f, rows[i].groups, "GET", rows[i].path, NULL, &r);
        if (r.status != 200 || !cstr_contains(r.body, rows[i].present) ||
            (rows[i].absent != NULL && cstr_contains(r.body, rows[i].absent)))
            fail_msg("%s as %s: %d %s", rows[i].path, rows[i].groups, r.status, r.body);
    }
}

static void test_lists__of_nothing(void **state)
{
    static const char *const versioned[] = {APPS, "/api/v1/applicationsets", "/api/v1/projects",
                                            NULL};
    static const char *const plain[] = {"/api/v1/clusters", "/api/v1/repositories",
                                        "/api/v1/write-repositories", NULL};
    struct fx *f = *state;
    for (const char *const *p = versioned; *p != NULL; p++)
        expect(f, NOBODY, "GET", *p, NULL, 200, wire("applications.none"));
    for (const char *const *p = plain; *p != NULL; p++)
        expect(f, NOBODY, "GET", *p, NULL, 200, wire("lists.none"));
    expect(f, NOBODY, "GET", "/api/v1/account", NULL, 200, "{}");
    expect(f, NOBODY, "GET", "/api/v1/certificates", NULL, 403, wire("lists.certificates-denied"));
    expect(f, NOBODY, "GET", "/api/v1/gpgkeys", NULL, 403, wire("lists.gpgkeys-denied"));
}

static void test_lists__need_a_session(void **state)
{
    static const char *const paths[] = {
        APPS, "/api/v1/projects", "/api/v1/clusters", "/api/v1/account", APPS "/guestbook/sync",
        NULL};
    struct fx *f = *state;
    for (const char *const *p = paths; *p != NULL; p++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        bool post = str_ends(str_of(*p), "/sync");
        fx_do(f, post ? "POST" : "GET", *p, "Content-Type: application/json", "{}", &r);
        assert_text(&r, 401, wire("api.no-session"));
    }
}

/* A policy that does not load fails every one of them (5.3). */
static void test_lists__broken_policy(void **state)
{
    static const char *const paths[] = {APPS,
                                        APPS "/guestbook",
                                        "/api/v1/applicationsets",
                                        "/api/v1/projects",
                                        "/api/v1/clusters",
                                        "/api/v1/repositories",
                                        "/api/v1/certificates",
                                        "/api/v1/gpgkeys",
                                        "/api/v1/account",
                                        NULL};
    struct fx *f = *state;
    struct err err = {0};
    fx_policy(f, "garbage\n", NULL);
    assert_int_equal(argocd_mock_change(f->mock, &f->setup, &err), 0);
    for (const char *const *p = paths; *p != NULL; p++) {
        expect(f, ADMINS, "GET", *p, NULL, 500, "\"code\":13");
        expect(f, ADMINS, "GET", *p, NULL, 500, wire("can-i.broken"));
    }
}

/* ---- projects, clusters, accounts ---- */

static void test_projects__one(void **state)
{
    struct fx *f = *state;
    expect(f, VIEWERS, "GET", "/api/v1/projects/team-a", NULL, 200,
           "\"roles\":[{\"name\":\"ci\",\"policies\":[\"p, proj:team-a:ci, applications, sync");
    expect(f, VIEWERS, "GET", "/api/v1/projects/team-a", NULL, 200,
           "\"jwtTokens\":[{\"iat\":1767225600,\"id\":\"token-1\"}],\"groups\":[\"Team A\"]");
    expect(f, VIEWERS, "GET", "/api/v1/projects/team-a/detailed", NULL, 200, "{\"project\":{");
    expect(f, NOBODY, "GET", "/api/v1/projects/team-a", NULL, 403, wire("projects.denied"));
    expect(f, NOBODY, "GET", "/api/v1/projects/nothing", NULL, 403, "permission denied: projects");
    expect(f, VIEWERS, "GET", "/api/v1/projects/nothing", NULL, 404, wire("projects.absent"));
}

#define PROJECT(name_, line_)                                                                      \
    "{\"project\":{\"metadata\":{\"name\":\"" name_ "\"},\"spec\":{\"roles\":[{\"name\":\"r\","    \
    "\"policies\":[\"" line_ "\"]}]}}}"

static void test_projects__are_checked_when_written(void **state)
{
    static const char good[] = PROJECT("new", "p, proj:new:r, applications, get, new/*, allow");
    static const char bad[] = PROJECT("new", "p, x, applications, get, new/*, allow");
    struct fx *f = *state;
    expect(f, VIEWERS, "POST", "/api/v1/projects", good, 403,
           "permission denied: projects, create, new");
    expect(f, ADMINS, "POST", "/api/v1/projects", bad, 400, wire("projects.invalid"));
    expect(f, ADMINS, "POST", "/api/v1/projects", good, 501, "argocd.projects.new");
    expect(f, ADMINS, "POST", "/api/v1/projects", "{}", 400, wire("projects.payload"));
    expect(f, ADMINS, "PUT", "/api/v1/projects/nothing", good, 400, "policy subject must be");
    expect(f, VIEWERS, "PUT", "/api/v1/projects/team-a", good, 403,
           "permission denied: projects, update, team-a");
    expect(f, ADMINS, "DELETE", "/api/v1/projects/default", NULL, 400, wire("projects.reserved"));
    expect(f, VIEWERS, "DELETE", "/api/v1/projects/team-a", NULL, 403,
           "permission denied: projects, delete, team-a");
    expect(f, ADMINS, "DELETE", "/api/v1/projects/nothing", NULL, 404, wire("projects.absent"));
    expect(f, ADMINS, "DELETE", "/api/v1/projects/team-a", NULL, 501, "argocd.projects.team-a");
}

static void test_clusters__one(void **state)
{
    struct fx *f = *state;
    expect(f, VIEWERS, "GET", "/api/v1/clusters/in-cluster?id.type=name", NULL, 200,
           "\"server\":\"https://kubernetes.default.svc\"");
    expect(f, NOBODY, "GET", "/api/v1/clusters/in-cluster?id.type=name", NULL, 403,
           wire("clusters.denied"));
    expect(f, ADMINS, "GET", "/api/v1/clusters/nothing?id.type=name", NULL, 403,
           wire("clusters.absent"));
}

static void test_accounts__and_oneself(void **state)
{
    struct fx *f = *state;
    js_set_text(f->cm, "accounts.ci", "apiKey, login");
    js_set_text(f->cm, "accounts.ci.enabled", "false");
    expect(f, VIEWERS, "GET", "/api/v1/account", NULL, 200, wire("accounts.list"));
    expect(f, VIEWERS, "GET", "/api/v1/account/ci", NULL, 200, "\"name\":\"ci\"");
    expect(f, NOBODY, "GET", "/api/v1/account/ci", NULL, 403, wire("accounts.denied"));
    expect(f, VIEWERS, "GET", "/api/v1/account/nobody", NULL, 404, wire("accounts.absent"));
}

/* ---- applications ---- */

static void test_applications__namespaces_are_part_of_the_object(void **state)
{
    struct fx *f = *state;
    fx_policy(f, "p, alice-id, applications, get, team-a/apps/api, allow\n", NULL);
    fx_restart(f);
    expect(f, NOBODY, "GET", APPS "/api?appNamespace=apps", NULL, 200, "\"namespace\":\"apps\"");
    expect(f, NOBODY, "GET", APPS "/api", NULL, 403, wire("applications.denied"));
    expect(f, NOBODY, "GET", APPS "/web", NULL, 403, wire("applications.denied"));
}

/* Only who may create it may put it there, and then it is there. */
static void test_applications__come_and_go(void **state)
{
    static const char app[] = "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"team-a\"}}";
    static const char other[] =
        "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"team-a\",\"x\":1}}";
    static const char lost[] = "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"gone\"}}";
    struct fx *f = *state;
    expect(f, VIEWERS, "POST", APPS, app, 403,
           "permission denied: applications, create, team-a/new");
    expect(f, ADMINS, "POST", APPS, lost, 403, wire("create.no-project"));
    expect(f, ADMINS, "POST", APPS, app, 200, "\"name\":\"new\"");
    expect(f, ADMINS, "POST", APPS, app, 200, "\"name\":\"new\"");
    expect(f, ADMINS, "POST", APPS, other, 400, wire("create.different"));
    expect(f, ADMINS, "POST", APPS "?upsert=true", other, 200, "\"x\":1");
    expect(f, VIEWERS, "GET", APPS "/new?project=team-a", NULL, 200, "\"project\":\"team-a\"");
    expect(f, VIEWERS, "DELETE", APPS "/new", NULL, 403,
           "permission denied: applications, delete, team-a/new");
    expect(f, ADMINS, "DELETE", APPS "/new?propagationPolicy=wild", NULL, 400,
           wire("delete.policy"));
    expect(f, ADMINS, "DELETE", APPS "/new?cascade=false", NULL, 200, "{}");
    expect(f, ADMINS, "GET", APPS "/new?project=team-a", NULL, 404, "not found");
    expect(f, ADMINS, "POST", APPS, "{\"metadata\":{}}", 500, "resource name may not be empty");
    expect(f, ADMINS, "POST", APPS, "[]", 400, "\"code\":3");
}

/* A change of project needs create there and update here. */
static void test_applications__change(void **state)
{
    static const char moved[] =
        "{\"metadata\":{\"name\":\"guestbook\"},\"spec\":{\"project\":\"team-a\"}}";
    struct fx *f = *state;
    expect(f, VIEWERS, "PUT", APPS "/guestbook", moved, 403,
           "permission denied: applications, update, team-a/guestbook");
    fx_policy(f,
              "p, alice-id, applications, get, */*, allow\n"
              "p, alice-id, applications, update, */*, allow\n",
              NULL);
    fx_restart(f);
    expect(f, NOBODY, "PUT", APPS "/guestbook", moved, 403,
           "permission denied: applications, create, team-a/guestbook");
    expect(f, NOBODY, "PUT", APPS "/guestbook/spec", "{\"project\":\"default\",\"y\":2}", 200,
           "{\"project\":\"default\",\"y\":2}");
    expect(f, NOBODY, "PATCH", APPS "/guestbook",
           "{\"patchType\":\"merge\",\"patch\":\"{\\\"spec\\\":{\\\"y\\\":3}}\"}", 200, "\"y\":3");
    expect(f, NOBODY, "PATCH", APPS "/guestbook", "{\"patchType\":\"strange\"}", 400,
           "Patch type 'strange' is not supported");
    fx_policy(f, "g, ArgoCD Admins, role:admin\n", NULL);
    fx_restart(f);
    expect(f, ADMINS, "PUT", APPS "/guestbook", moved, 200, "\"project\":\"team-a\"");
    expect(f, ADMINS, "GET", APPS "/guestbook?project=default", NULL, 404, "not found");
}

static void test_applications__sync_and_its_kin(void **state)
{
    struct fx *f = *state;
    fx_policy(f,
              "p, alice-id, applications, get, */*, allow\n"
              "p, alice-id, applications, sync, */*, allow\n",
              NULL);
    js_set_text(f->cm, "application.sync.requireOverridePrivilegeForRevisionSync", "true");
    fx_restart(f);
    expect(f, NOBODY, "POST", APPS "/guestbook/sync", "{}", 200,
           "\"operation\":{\"sync\":{},\"initiatedBy\":{\"username\":\"alice@example.com\"}");
    expect(f, NOBODY, "POST", APPS "/guestbook/sync", "{\"manifests\":[\"{}\"]}", 403,
           "permission denied: applications, override, default/guestbook");
    expect(f, NOBODY, "POST", APPS "/guestbook/sync", "{\"revision\":\"HEAD\"}", 200, "HEAD");
    expect(f, NOBODY, "POST", APPS "/guestbook/sync", "{\"revision\":\"v1\"}", 403,
           "permission denied: applications, override, default/guestbook");
    expect(f, NOBODY, "POST", APPS "/guestbook/rollback", "{\"id\":7}", 400,
           wire("rollback.absent"));
    expect(f, NOBODY, "DELETE", APPS "/guestbook/operation", NULL, 400, wire("terminate.none"));
    expect(f, NOBODY, "POST", APPS "/nothing/rollback", "{}", 403, wire("applications.denied"));
    f->inventory.projects_len = 1; /* no team-a any more */
    expect(f, NOBODY, "POST", APPS "/web/sync", "{}", 400, "references project team-a");
}

/* ---- what applications have ---- */

#define POD "?namespace=guestbook&resourceName=guestbook-0&version=v1&kind=Pod"
#define DEPLOYMENT                                                                                 \
    "?namespace=guestbook&resourceName=guestbook&version=v1&group=apps&kind=Deployment"

static void test_resources__looked_at(void **state)
{
    struct fx *f = *state;
    expect(f, VIEWERS, "GET", APPS "/guestbook/resource" POD, NULL, 200,
           "{\"manifest\":\"{\\\"apiVersion\\\":\\\"v1\\\",\\\"kind\\\":\\\"Pod\\\"");
    expect(f, VIEWERS, "GET",
           APPS "/guestbook/resource?namespace=guestbook&resourceName=other&kind=Pod", NULL, 400,
           wire("resource.absent"));
    expect(f, NOBODY, "GET", APPS "/guestbook/resource" POD, NULL, 403,
           wire("applications.denied"));
    expect(f, VIEWERS, "GET", APPS "/guestbook/resource-tree", NULL, 200, "\"kind\":\"Pod\"");
    expect(f, VIEWERS, "GET", APPS "/guestbook/managed-resources", NULL, 200, "{\"items\":[");
    expect(f, VIEWERS, "GET", APPS "/guestbook/manifests", NULL, 200, "{\"manifests\":[");
    expect(f, VIEWERS, "GET", APPS "/guestbook/events", NULL, 200, wire("lists.none"));
    expect(f, VIEWERS, "GET", APPS "/guestbook/syncwindows", NULL, 200, "{\"canSync\":true}");
    expect(f, NOBODY, "GET", APPS "/guestbook/manifests", NULL, 403, wire("applications.denied"));
}

struct fine_row {
    const char *policy;
    const char *method;
    const char *resource;
    int status;
};

/* In v3.5 the long form alone counts (5.7). */
static void test_resources__changed(void **state)
{
    static const struct fine_row rows[] = {
        {"delete, default/*", "DELETE", POD, 403},
        {"delete/*, default/*", "DELETE", POD, 200},
        {"delete/*/Pod/*, default/*", "DELETE", POD, 200},
        {"delete//Pod/guestbook/guestbook-0, default/guestbook", "DELETE", POD, 200},
        {"delete//Pod/guestbook/other, default/guestbook", "DELETE", POD, 403},
        {"delete/*/Deployment/*, default/*", "DELETE", POD, 403},
        {"delete/apps/Deployment/*, default/*", "DELETE", DEPLOYMENT, 200},
        {"update, default/*", "POST", DEPLOYMENT, 403},
        {"update/apps/*, default/*", "POST", DEPLOYMENT, 200},
        {"update/apps/*, default/*", "DELETE", DEPLOYMENT, 403},
        {"update/*, team-a/*", "POST", DEPLOYMENT, 403},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree)
        char *policy = xasprintf("p, alice-id, applications, %s, allow\n", rows[i].policy);
        AUTO(xfree) char *path = xasprintf(APPS "/guestbook/resource%s", rows[i].resource);
        fx_policy(f, policy, NULL);
        fx_restart(f);
        expect(f, NOBODY, rows[i].method, path, "{}", rows[i].status,
               rows[i].status == 403 ? wire("applications.denied") : NULL);
    }
}

static void test_resources__acted_on(void **state)
{
    struct fx *f = *state;
    const char *path = APPS "/guestbook/resource/actions" DEPLOYMENT;
    fx_policy(f, "p, alice-id, applications, action/apps/Deployment/restart, default/*, allow\n",
              NULL);
    fx_restart(f);
    expect(f, NOBODY, "POST", path, "\"restart\"", 200, "{}");
    expect(f, NOBODY, "POST", path, "\"pause\"", 403, wire("applications.denied"));
    expect(f, NOBODY, "GET", path, NULL, 403, wire("applications.denied"));
    expect(f, NOBODY, "POST", path, "{}", 400, "\"code\":3");
    expect(f, NOBODY, "POST", APPS "/guestbook/resource/actions/v2",
           "{\"group\":\"apps\",\"kind\":\"Deployment\",\"namespace\":\"guestbook\","
           "\"resourceName\":\"guestbook\",\"action\":\"restart\"}",
           200, "{}");
    fx_policy(f, "g, ArgoCD Admins, role:admin\n", NULL);
    fx_restart(f);
    expect(f, ADMINS, "GET", path, NULL, 200, "{\"actions\":[{\"name\":\"restart\"}]}");
    expect(f, ADMINS, "POST", path, "\"pause\"", 500, wire("action.absent"));
}

static void test_logs__need_their_own_right(void **state)
{
    struct fx *f = *state;
    const char *pod = APPS "/guestbook/pods/guestbook-0/logs";
    expect(f, VIEWERS, "GET", pod, NULL, 200,
           "{\"result\":{\"content\":\"started\",\"timeStamp\":\"2026-01-01T00:00:00Z\","
           "\"last\":false,\"timeStampStr\":\"2026-01-01T00:00:00Z\","
           "\"podName\":\"guestbook-0\"}}\n");
    expect(f, VIEWERS, "GET", APPS "/guestbook/logs?kind=Deployment&resourceName=guestbook", NULL,
           200, "started");
    fx_policy(f, "p, alice-id, applications, get, */*, allow\n", NULL);
    fx_restart(f);
    expect(f, NOBODY, "GET", pod, NULL, 403, wire("logs.denied"));
    fx_policy(f,
              "p, alice-id, applications, get, */*, allow\n"
              "p, alice-id, logs, get, default/guestbook, allow\n",
              NULL);
    fx_restart(f);
    expect(f, NOBODY, "GET", pod, NULL, 200, "started");
    AUTO(http_response_deinit) struct http_response r = {0};
    ask(f, NOBODY, "GET", APPS "/guestbook/logs?podName=other", NULL, &r);
    assert_text(&r, 200, "");
}

/* ---- terminals and extensions ---- */

static void cookie_ask(struct fx *f, const char *path, const char *more, int status,
                       const char *text)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *token = fx_token(f, "{\"groups\":[]}", "rsa-2048-1");
    AUTO(xfree) char *cookie = fx_cookie_line(token);
    AUTO(xfree) char *lines = xasprintf("%s\n%s", cookie, more);
    fx_get(f, path, lines, &r);
    if (r.status != status || (text != NULL && !cstr_contains(r.body, text)))
        fail_msg("%s: %d %s; expected %d %s", path, r.status, r.body, status,
                 text != NULL ? text : "");
}

#define TERMINAL(project_, app_, pod_)                                                             \
    "/terminal?pod=" pod_ "&container=main&appName=" app_ "&projectName=" project_                 \
    "&namespace=guestbook"

static void test_terminal__checks_in_order(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *bearer = fx_bearer_line(f->dex.id_token);
    const char *good = TERMINAL("default", "guestbook", "guestbook-0");
    fx_get(f, good, bearer, &r); /* only the cookie counts */
    assert_go_error(&r, 400, wire("api.no-cookie"));
    fx_get(f, good, "Cookie: argocd.token=a.b.c", &r);
    assert_go_error(&r, 401, wire("api.bad-cookie"));
    cookie_ask(f, good, "", 404, "");
    js_set_text(f->cm, "exec.enabled", "true");
    cookie_ask(f, "/terminal?pod=x", "", 400, wire("terminal.parameters"));
    cookie_ask(f, TERMINAL("default", "guestbook", "No"), "", 400, wire("terminal.pod-name"));
    cookie_ask(f, good, "", 401, "permission denied: applications, get, default/guestbook");
    fx_policy(f, "p, alice-id, applications, get, */*, allow\n", NULL);
    fx_restart(f);
    cookie_ask(f, good, "", 401, wire("terminal.denied"));
    fx_policy(f,
              "p, alice-id, applications, get, */*, allow\n"
              "p, alice-id, exec, create, */*, allow\n",
              NULL);
    fx_restart(f);
    cookie_ask(f, TERMINAL("default", "nothing", "nothing-0"), "", 404, wire("terminal.absent"));
    cookie_ask(f, TERMINAL("team-a", "guestbook", "guestbook-0"), "", 400,
               wire("terminal.project"));
    cookie_ask(f, TERMINAL("default", "guestbook", "other-0"), "", 400, wire("terminal.pod"));
    cookie_ask(f, good, "", 400, "Failed to start terminal session");
}

#define EXTENSION_HEADERS "Argocd-Application-Name: argocd:guestbook\nArgocd-Project-Name: default"

static void test_extensions__need_invoke(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    cookie_ask(f, "/extensions/metrics/x", EXTENSION_HEADERS, 404, "404 page not found");
    js_set_text(f->cm, "extension.config",
                "extensions: [{name: metrics, backend: {services: [{url: http://m}]}}]");
    fx_get(f, "/extensions/metrics/x", NULL, &r);
    assert_go_error(&r, 400, wire("api.no-cookie"));
    cookie_ask(f, "/extensions/metrics/x", "", 400, wire("extensions.header"));
    cookie_ask(f, "/extensions/metrics/x", "Argocd-Application-Name: guestbook", 400,
               wire("extensions.format"));
    cookie_ask(f, "/extensions/metrics/x", EXTENSION_HEADERS, 401, wire("extensions.denied"));
    fx_policy(f,
              "p, alice-id, applications, get, default/*, allow\n"
              "p, alice-id, extensions, invoke, metrics, allow\n",
              NULL);
    fx_restart(f);
    cookie_ask(f, "/extensions/metrics/x", EXTENSION_HEADERS, 502, "");
    cookie_ask(f, "/extensions/other/x", EXTENSION_HEADERS, 401, wire("extensions.denied"));
    cookie_ask(f, "/extensions/metrics/x",
               "Argocd-Application-Name: argocd:web\nArgocd-Project-Name: default", 401,
               wire("extensions.denied"));
    fx_policy(f,
              "p, alice-id, applications, get, default/*, allow\n"
              "p, alice-id, extensions, invoke, *, allow\n",
              NULL);
    fx_restart(f);
    cookie_ask(f, "/extensions/other/x", EXTENSION_HEADERS, 404, wire("extensions.absent"));
}

/* ---- tokens of project roles ---- */

static char *project_line(const char *sub, const char *id, int64_t iat_s, const char *secret)
{
    AUTO(js_free) struct js *claims = js_object();
    AUTO(key_free) struct key *key = key_from_secret(secret, strlen(secret));
    AUTO(xfree) char *token = NULL;
    struct err err = {0};
    js_set_text(claims, "iss", "argocd");
    js_set_text(claims, "sub", sub);
    js_set_text(claims, "jti", id);
    js_set(claims, "iat", js_int(iat_s));
    if (jwt_sign(key, JWS_HS256, "JWT", NULL, claims, &token, &err) != 0)
        fail_msg("%s", err.msg);
    return xasprintf("Content-Type: application/json\nAuthorization: Bearer %s", token);
}

struct token_row {
    const char *sub;
    const char *id;
    int64_t iat_s;
    const char *secret;
    const char *path;
    int status;
    const char *part; /* id of a literal, or NULL */
};

static void test_project_tokens__listed_and_at_home(void **state)
{
    static const struct token_row rows[] = {
        {"proj:team-a:ci", "token-1", CLOCK_START_S, FX_SECRETKEY, APPS "/web", 200, NULL},
        {"proj:team-a:ci", "token-1", CLOCK_START_S + 1, FX_SECRETKEY, APPS "/web", 200, NULL},
        {"proj:team-a:ci", "other", CLOCK_START_S, FX_SECRETKEY, APPS "/web", 200, NULL},
        {"proj:team-a:ci", "other", CLOCK_START_S + 1, FX_SECRETKEY, APPS "/web", 401,
         "token.not-listed"},
        {"proj:team-a:cd", "token-1", CLOCK_START_S, FX_SECRETKEY, APPS "/web", 401,
         "token.no-role"},
        {"proj:gone:ci", "token-1", CLOCK_START_S, FX_SECRETKEY, APPS "/web", 401,
         "token.no-project"},
        {"proj:team-a:ci", "token-1", CLOCK_START_S, "other", APPS "/web", 401,
         "api.local-signature"},
        {"proj:team-a:ci", "token-1", CLOCK_START_S, FX_SECRETKEY, APPS "/guestbook", 403,
         "applications.denied"},
        {"proj:team-a:ci", "token-1", CLOCK_START_S, FX_SECRETKEY, "/api/v1/projects/team-a", 200,
         NULL},
        {"proj:team-a:ci", "token-1", CLOCK_START_S, FX_SECRETKEY, "/api/v1/projects/default", 403,
         NULL},
    };
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(xfree)
        char *line = project_line(rows[i].sub, rows[i].id, rows[i].iat_s, rows[i].secret);
        fx_get(f, rows[i].path, line, &r);
        if (r.status != rows[i].status ||
            (rows[i].part != NULL && !cstr_contains(r.body, wire(rows[i].part))))
            fail_msg("row %zu: %d %s", i, r.status, r.body);
    }
}

static void test_project_tokens__who_they_are(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = project_line("proj:team-a:ci", "token-1", CLOCK_START_S, FX_SECRETKEY);
    fx_get(f, "/api/v1/session/userinfo", line, &r);
    assert_text(&r, 200, "{\"loggedIn\":true,\"username\":\"proj:team-a:ci\",\"iss\":\"argocd\"}");
    fx_do(f, "POST", APPS "/web/sync", line, "{}", &r);
    assert_int_equal(r.status, 200);
    fx_do(f, "DELETE", APPS "/web", line, NULL, &r);
    assert_int_equal(r.status, 403);
    assert_has(r.body, "delete, team-a/web, sub: proj:team-a:ci");
}

/* ---- the log of the policy ---- */

static void test_policy__what_the_log_says(void **state)
{
    static const char *const broken[] = {"p, not, enough", NULL};
    struct fx *f = *state;
    const struct rbac_role role = {"ci", broken, NULL};
    const struct setup_project projects[] = {{"", {"default", NULL, 0}, NULL, 0},
                                             {"", {"team-a", &role, 1}, NULL, 0}};
    f->inventory.projects = projects;
    fx_policy(f,
              "g, a, role:nobody\ng, b, role:other\ng, c, role:mine\ng, d, role:heir\n"
              "g, role:heir, role:mine\np, role:mine, projects, get, *, allow\n",
              NULL);
    fx_restart(f);
    assert_true(fx_logged(f, wire("policy.project-left-out")));
    assert_true(fx_logged(f, wire("policy.undefined-roles")));
}

/* ---- the rest ---- */

static void test_rest__version_health_and_no_swagger(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    fx_get(f, "/api/version", NULL, &r);
    assert_text(&r, 200, wire("api.version"));
    fx_get(f, "/api/version", line, &r);
    assert_has(r.body, "\"Platform\":\"linux/amd64\"");
    fx_get(f, "/healthz", NULL, &r);
    assert_text(&r, 200, wire("healthz.ok"));
    fx_get(f, "/healthz?full=true", NULL, &r);
    assert_text(&r, 200, wire("healthz.ok"));
    fx_get(f, "/swagger.json", "Accept: text/html", &r);
    assert_int_equal(r.status, 404);
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)

static const struct CMUnitTest tests[] = {
    FX_TEST(test_lists__leave_out_what_is_forbidden),
    FX_TEST(test_lists__of_nothing),
    FX_TEST(test_lists__need_a_session),
    FX_TEST(test_lists__broken_policy),
    FX_TEST(test_projects__one),
    FX_TEST(test_projects__are_checked_when_written),
    FX_TEST(test_clusters__one),
    FX_TEST(test_accounts__and_oneself),
    FX_TEST(test_applications__namespaces_are_part_of_the_object),
    FX_TEST(test_applications__come_and_go),
    FX_TEST(test_applications__change),
    FX_TEST(test_applications__sync_and_its_kin),
    FX_TEST(test_resources__looked_at),
    FX_TEST(test_resources__changed),
    FX_TEST(test_resources__acted_on),
    FX_TEST(test_logs__need_their_own_right),
    FX_TEST(test_terminal__checks_in_order),
    FX_TEST(test_extensions__need_invoke),
    FX_TEST(test_project_tokens__listed_and_at_home),
    FX_TEST(test_project_tokens__who_they_are),
    FX_TEST(test_policy__what_the_log_says),
    FX_TEST(test_rest__version_health_and_no_swagger),
};

int main(void)
{
    return TEST_MAIN(tests);
}
