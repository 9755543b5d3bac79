/*
 * Answers of Argo CD compared whole with tests/golden/argocd/answers.txt: status, headers, body,
 * and what it logged and decided meanwhile, request after request, so that no word of them changes
 * unseen. What each is to be is where the rows of the reference are tested.
 */
#include "tests/integration/argocd_fixture.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/jose/jwt.h"
#include "tests/support/golden.h"

struct row {
    const char *who; /* a: admin, v: viewer, n: nobody, t: of team A, by Bearer; c…: by cookie; x:
                        no token; NULL: without */
    const char *method;
    const char *path;
    const char *body;
    const char *headers;
};

/* clang-format off */
static const struct row rows[] = {
    {NULL, "GET", "/api/version", NULL, NULL},
    {NULL, "GET", "/healthz", NULL, NULL},
    {NULL, "GET", "/swagger.json", NULL, NULL},
    {NULL, "GET", "/swagger-ui", NULL, NULL},
    {NULL, "GET", "/api", NULL, NULL},
    {NULL, "GET", "/api/v1/nothing", NULL, NULL},
    {NULL, "GET", "//api/version", NULL, NULL},
    {NULL, "GET", "/api/v1/settings", NULL, NULL},
    {NULL, "POST", "/api/version", "{}", NULL},
    {NULL, "PUT", "/api/v1/settings", "{}", NULL},
    {"x", "GET", "/api/v1/applications", NULL, NULL},
    {"a", "GET", "/api/v1/applications", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook", NULL, NULL},
    {"a", "GET", "/api/v1/applications/web?project=team-a", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook?project=team-a", NULL, NULL},
    {"a", "GET", "/api/v1/applications/api?appNamespace=apps", NULL, NULL},
    {"a", "GET", "/api/v1/applications/nothing?project=default", NULL, NULL},
    {"a", "GET", "/api/v1/applicationsets", NULL, NULL},
    {"a", "GET", "/api/v1/applicationsets/sets", NULL, NULL},
    {"a", "GET", "/api/v1/applicationsets/none", NULL, NULL},
    {"a", "GET", "/api/v1/applicationsets/sets?appsetNamespace=apps", NULL, NULL},
    {"a", "GET", "/api/v1/projects", NULL, NULL},
    {"a", "GET", "/api/v1/projects/team-a", NULL, NULL},
    {"a", "GET", "/api/v1/projects/none", NULL, NULL},
    {"a", "GET", "/api/v1/projects/team-a/detailed", NULL, NULL},
    {"a", "GET", "/api/v1/clusters", NULL, NULL},
    {"a", "GET", "/api/v1/clusters/https%3A%2F%2F10.0.0.1", NULL, NULL},
    {"a", "GET", "/api/v1/clusters/in-cluster?id.type=name", NULL, NULL},
    {"a", "GET", "/api/v1/repositories", NULL, NULL},
    {"a", "GET", "/api/v1/write-repositories", NULL, NULL},
    {"a", "GET", "/api/v1/certificates", NULL, NULL},
    {"a", "GET", "/api/v1/gpgkeys", NULL, NULL},
    {"a", "GET", "/api/v1/gpgkeys/4AEE18F83AFDEB23", NULL, NULL},
    {"a", "GET", "/api/v1/gpgkeys/0000000000000000", NULL, NULL},
    {"a", "GET", "/api/v1/account", NULL, NULL},
    {"a", "GET", "/api/v1/account/admin", NULL, NULL},
    {"a", "GET", "/api/v1/account/nobody", NULL, NULL},
    {"a", "GET", "/api/v1/account/can-i/applications/sync/default/guestbook", NULL, NULL},
    {"a", "GET", "/api/v1/session/userinfo", NULL, NULL},
    {"n", "GET", "/api/v1/applications", NULL, NULL},
    {"n", "GET", "/api/v1/applications/guestbook", NULL, NULL},
    {"n", "GET", "/api/v1/applications/web?project=team-a", NULL, NULL},
    {"n", "GET", "/api/v1/applications/guestbook?project=team-a", NULL, NULL},
    {"n", "GET", "/api/v1/applications/api?appNamespace=apps", NULL, NULL},
    {"n", "GET", "/api/v1/applications/nothing?project=default", NULL, NULL},
    {"n", "GET", "/api/v1/applicationsets", NULL, NULL},
    {"n", "GET", "/api/v1/applicationsets/sets", NULL, NULL},
    {"n", "GET", "/api/v1/applicationsets/none", NULL, NULL},
    {"n", "GET", "/api/v1/applicationsets/sets?appsetNamespace=apps", NULL, NULL},
    {"n", "GET", "/api/v1/projects", NULL, NULL},
    {"n", "GET", "/api/v1/projects/team-a", NULL, NULL},
    {"n", "GET", "/api/v1/projects/none", NULL, NULL},
    {"n", "GET", "/api/v1/projects/team-a/detailed", NULL, NULL},
    {"n", "GET", "/api/v1/clusters", NULL, NULL},
    {"n", "GET", "/api/v1/clusters/https%3A%2F%2F10.0.0.1", NULL, NULL},
    {"n", "GET", "/api/v1/clusters/in-cluster?id.type=name", NULL, NULL},
    {"n", "GET", "/api/v1/repositories", NULL, NULL},
    {"n", "GET", "/api/v1/write-repositories", NULL, NULL},
    {"n", "GET", "/api/v1/certificates", NULL, NULL},
    {"n", "GET", "/api/v1/gpgkeys", NULL, NULL},
    {"n", "GET", "/api/v1/gpgkeys/4AEE18F83AFDEB23", NULL, NULL},
    {"n", "GET", "/api/v1/gpgkeys/0000000000000000", NULL, NULL},
    {"n", "GET", "/api/v1/account", NULL, NULL},
    {"n", "GET", "/api/v1/account/admin", NULL, NULL},
    {"n", "GET", "/api/v1/account/nobody", NULL, NULL},
    {"n", "GET", "/api/v1/account/can-i/applications/sync/default/guestbook", NULL, NULL},
    {"n", "GET", "/api/v1/session/userinfo", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/resource-tree", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/managed-resources", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/manifests", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/events", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/syncwindows", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/logs", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/pods/guestbook-0/logs", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/resource?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/resource?resourceName=nothing&kind=Deployment&group=apps&version=v1", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/resource?resourceName=guestbook&kind=Service&version=v1&namespace=guestbook", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/resource/actions?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/resource/actions?resourceName=guestbook&kind=Service&version=v1&namespace=guestbook", NULL, NULL},
    {"a", "GET", "/api/v1/applications/web/resource-tree?project=team-a", NULL, NULL},
    {"a", "GET", "/api/v1/applications/api/resource-tree?appNamespace=apps", NULL, NULL},
    {"a", "GET", "/api/v1/applications/guestbook/resource-tree?project=team-a", NULL, NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook&patchType=merge", "\"{}\"", NULL},
    {"a", "DELETE", "/api/v1/applications/guestbook/resource?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook", NULL, NULL},
    {"a", "DELETE", "/api/v1/applications/guestbook/resource?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook&force=true&orphan=false", NULL, NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource/actions?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook", "\"restart\"", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource/actions?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook", "\"fly\"", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource/actions?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook", "{}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource/actions?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook", "\"x", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource/actions/v2", "{\"action\":\"restart\",\"resourceName\":\"guestbook\",\"kind\":\"Deployment\",\"group\":\"apps\",\"version\":\"v1\",\"namespace\":\"guestbook\"}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource/actions/v2", "{\"action\":\"fly\",\"resourceName\":\"guestbook\",\"kind\":\"Deployment\",\"group\":\"apps\",\"version\":\"v1\",\"namespace\":\"guestbook\"}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource/actions/v2", "[]", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource/actions/v2", "{\"action\":\"restart\",\"resourceName\":\"guestbook\",\"kind\":\"Deployment\",\"group\":\"apps\",\"version\":\"v1\",\"namespace\":\"guestbook\",\"project\":\"team-a\"}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/resource/actions/v2", "{\"action\":\"restart\",\"resourceName\":\"guestbook\",\"kind\":\"Deployment\",\"group\":\"apps\",\"version\":\"v1\",\"namespace\":\"guestbook\",\"appNamespace\":\"apps\"}", NULL},
    {"v", "POST", "/api/v1/applications/guestbook/resource/actions/v2", "{\"action\":\"restart\",\"resourceName\":\"guestbook\",\"kind\":\"Deployment\",\"group\":\"apps\",\"version\":\"v1\",\"namespace\":\"guestbook\"}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/sync", "{}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/sync", "{\"revision\":\"v2\",\"prune\":true,\"dryRun\":true}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/sync", "{\"manifests\":[\"x\"]}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/sync", "{\"project\":\"team-a\"}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/sync", "{\"appNamespace\":\"apps\"}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/sync", "not json", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/sync", "[]", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/sync", "\"x\"", NULL},
    {"v", "POST", "/api/v1/applications/guestbook/sync", "{}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/rollback", "{}", NULL},
    {"a", "POST", "/api/v1/applications/guestbook/rollback", "{\"id\":7}", NULL},
    {"a", "DELETE", "/api/v1/applications/guestbook/operation", NULL, NULL},
    {"a", "POST", "/api/v1/applications", "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"default\",\"source\":{\"repoURL\":\"https://e/x.git\",\"path\":\"p\",\"targetRevision\":\"v1\"},\"destination\":{\"server\":\"https://kubernetes.default.svc\",\"namespace\":\"n\"}}}", NULL},
    {"a", "GET", "/api/v1/applications/new", NULL, NULL},
    {"a", "POST", "/api/v1/applications/new/sync", "{}", NULL},
    {"a", "POST", "/api/v1/applications", "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"default\",\"x\":1}}", NULL},
    {"a", "POST", "/api/v1/applications?upsert=true", "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"default\",\"source\":{\"path\":\"q\"}}}", NULL},
    {"a", "POST", "/api/v1/applications", "{\"metadata\":{\"name\":\"\"},\"spec\":{\"project\":\"default\"}}", NULL},
    {"a", "POST", "/api/v1/applications", "{\"metadata\":{\"name\":\"other\"},\"spec\":{\"project\":\"none\"}}", NULL},
    {"v", "POST", "/api/v1/applications", "{\"metadata\":{\"name\":\"other\"},\"spec\":{\"project\":\"default\"}}", NULL},
    {"a", "POST", "/api/v1/applications", "{\"metadata\":{\"name\":\"far\",\"namespace\":\"apps\"},\"spec\":{\"project\":\"team-a\"}}", NULL},
    {"a", "GET", "/api/v1/applications/far?appNamespace=apps", NULL, NULL},
    {"a", "PUT", "/api/v1/applications/new", "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"none\"}}", NULL},
    {"a", "PUT", "/api/v1/applications/new", "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"team-a\"}}", NULL},
    {"a", "PUT", "/api/v1/applications/new?project=default", "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"default\"}}", NULL},
    {"v", "PUT", "/api/v1/applications/new", "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":\"default\"}}", NULL},
    {"a", "PUT", "/api/v1/applications/new/spec", "{\"project\":\"default\"}", NULL},
    {"a", "PUT", "/api/v1/applications/new/spec", "{\"project\":\"none\"}", NULL},
    {"a", "PATCH", "/api/v1/applications/new", "{\"patch\":\"{}\",\"patchType\":\"json\"}", NULL},
    {"a", "PATCH", "/api/v1/applications/new", "{\"patch\":\"{}\"}", NULL},
    {"a", "PATCH", "/api/v1/applications/new", "{\"patch\":\"{}\",\"patchType\":\"strategic\"}", NULL},
    {"a", "PATCH", "/api/v1/applications/new", "{\"patch\":\"{\",\"patchType\":\"merge\"}", NULL},
    {"a", "PATCH", "/api/v1/applications/new", "{\"patch\":\"{\\\"spec\\\":{\\\"source\\\":{\\\"path\\\":\\\"z\\\"}}}\",\"patchType\":\"merge\"}", NULL},
    {"a", "PATCH", "/api/v1/applications/new", "{\"patch\":\"{}\",\"patchType\":\"merge\",\"project\":\"team-a\"}", NULL},
    {"a", "PATCH", "/api/v1/applications/new", "{\"patch\":\"{}\",\"patchType\":\"merge\",\"appNamespace\":\"apps\"}", NULL},
    {"a", "DELETE", "/api/v1/applications/new?cascade=false&propagationPolicy=background", NULL, NULL},
    {"a", "DELETE", "/api/v1/applications/new?propagationPolicy=never", NULL, NULL},
    {"a", "DELETE", "/api/v1/applications/new?cascade=true&propagationPolicy=foreground", NULL, NULL},
    {"a", "DELETE", "/api/v1/applications/new?propagationPolicy=background", NULL, NULL},
    {"a", "DELETE", "/api/v1/applications/far?appNamespace=apps&cascade=false", NULL, NULL},
    {"v", "DELETE", "/api/v1/applications/guestbook", NULL, NULL},
    {"t", "GET", "/api/v1/applications/guestbook", NULL, NULL},
    {"t", "GET", "/api/v1/applications/guestbook?project=default", NULL, NULL},
    {"t", "DELETE", "/api/v1/applications/guestbook?project=team-a", NULL, NULL},
    {"a", "POST", "/api/v1/projects", "{\"project\":{\"metadata\":{\"name\":\"fresh\"},\"spec\":{\"description\":\"d\"}}}", NULL},
    {"a", "POST", "/api/v1/projects", "{\"project\":{\"metadata\":{\"name\":\"team-a\"},\"spec\":{}}}", NULL},
    {"v", "POST", "/api/v1/projects", "{\"project\":{\"metadata\":{\"name\":\"fresh\"}}}", NULL},
    {"a", "PUT", "/api/v1/projects/team-a", "{\"project\":{\"metadata\":{\"name\":\"team-a\"},\"spec\":{\"description\":\"changed\"}}}", NULL},
    {"a", "DELETE", "/api/v1/projects/team-a", NULL, NULL},
    {"a", "DELETE", "/api/v1/projects/none", NULL, NULL},
    {"v", "DELETE", "/api/v1/projects/team-a", NULL, NULL},
    {"a", "GET", "/api/v1/account/can-i/flags/get/x", NULL, NULL},
    {"a", "GET", "/api/v1/account/can-i/applications/fly/x", NULL, NULL},
    {"a", "POST", "/api/v1/applications/guestbook/sync", "{}", "Content-Type: text/plain"},
    {NULL, "GET", "/terminal?pod=guestbook-0&container=main&appName=guestbook&projectName=default&namespace=guestbook", NULL, NULL},
    {"cookie-x", "GET", "/terminal?pod=guestbook-0&container=main&appName=guestbook&projectName=default&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?pod=guestbook-0&container=main&appName=guestbook&projectName=default&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?pod=.x&container=main&appName=guestbook&projectName=default&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?pod=guestbook-0&container=_&appName=guestbook&projectName=default&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?pod=guestbook-0&container=main&appName=-&projectName=default&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?pod=guestbook-0&container=main&appName=guestbook&projectName=/&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?pod=guestbook-0&container=main&appName=guestbook&projectName=default&namespace=A_", NULL, NULL},
    {"c", "GET", "/terminal?pod=web-0&container=main&appName=guestbook&projectName=default&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?pod=guestbook-0&container=main&appName=guestbook&projectName=team-a&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?container=main&appName=guestbook&projectName=default&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?pod=guestbook-0&container=main&appName=nothing&projectName=default&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/terminal?pod=guestbook-0&container=main&appName=guestbook&projectName=default&namespace=guestbook&appNamespace=_", NULL, NULL},
    {"cv", "GET", "/terminal?pod=guestbook-0&container=main&appName=guestbook&projectName=default&namespace=guestbook", NULL, NULL},
    {"c", "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: argocd:guestbook\nArgocd-Project-Name: default"},
    {"c", "GET", "/extensions/metrics/x", NULL, "Argocd-Project-Name: default"},
    {"c", "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: guestbook\nArgocd-Project-Name: default"},
    {"c", "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: _:guestbook\nArgocd-Project-Name: default"},
    {"c", "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: argocd:_\nArgocd-Project-Name: default"},
    {"c", "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: argocd:guestbook"},
    {"c", "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: argocd:guestbook\nArgocd-Project-Name: _/"},
    {"c", "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: argocd:web\nArgocd-Project-Name: default"},
    {"c", "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: argocd:guestbook\nArgocd-Project-Name: team-a"},
    {"c", "GET", "/extensions/", "", "Argocd-Application-Name: argocd:guestbook\nArgocd-Project-Name: default"},
    {"c", "GET", "/extensions/none/x", NULL, "Argocd-Application-Name: argocd:guestbook\nArgocd-Project-Name: default"},
    {"cv", "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: argocd:guestbook\nArgocd-Project-Name: default"},
    {NULL, "GET", "/extensions/metrics/x", NULL, "Argocd-Application-Name: argocd:guestbook\nArgocd-Project-Name: default"},
    {NULL, "POST", "/api/v1/session", "{\"username\":\"admin\",\"password\":\"wrong\"}", NULL},
    {NULL, "POST", "/api/v1/session", "{}", NULL},
    {NULL, "POST", "/api/v1/session", "{\"username\":\"nobody\",\"password\":\"x\"}", NULL},
    {NULL, "DELETE", "/api/v1/session", NULL, NULL},
    {NULL, "GET", "/auth/logout", NULL, NULL},
    {"c", "GET", "/auth/logout", NULL, NULL},
    {NULL, "GET", "/auth/callback?code=x&state=y", NULL, NULL},
    {NULL, "GET", "/auth/callback", NULL, NULL},
    {NULL, "GET", "/auth/callback?error=access_denied&error_description=no", NULL, NULL},
    {NULL, "GET", "/auth/login?return_url=https://evil.example/", NULL, NULL},
    {NULL, "GET", "/api/dex/nothing", NULL, NULL},
    {NULL, "GET", "/nowhere", NULL, NULL},
    {NULL, "GET", "/nowhere", NULL, "Accept: text/html"},
    {NULL, NULL, NULL, NULL, NULL},
};
/* clang-format on */

/* ---- asking ---- */

static char *session_line(struct fx *f, const char *who)
{
    static const struct {
        char letter;
        const char *claims;
    } people[] = {
        {'a', "{\"groups\":[\"ArgoCD Admins\"]}"},
        {'v', "{\"groups\":[\"ArgoCD Viewers\"]}"},
        {'t', "{\"groups\":[\"Team A\"]}"},
        {'n', "{\"groups\":[]}"},
    };
    bool cookie = who[0] == 'c';
    char letter = cookie && who[1] == '\0' ? 'a' : who[strlen(who) - 1];
    for (size_t i = 0; i < TEST_COUNT(people); i++) {
        if (people[i].letter != letter)
            continue;
        AUTO(xfree) char *token = fx_token(f, people[i].claims, "rsa-2048-1");
        return cookie ? fx_cookie_line(token) : fx_bearer_line(token);
    }
    return cookie ? fx_cookie_line("a.b.c") : xstrdup("Authorization: Bearer a.b.c");
}

static char *header_lines(struct fx *f, const struct row *r)
{
    AUTO(xfree) char *session = r->who != NULL ? session_line(f, r->who) : xstrdup("");
    bool json = strcmp(r->method, "GET") != 0 && !cstr_contains(r->headers, "Content-Type");
    return xasprintf("%s\n%s\n%s", session, json ? "Content-Type: application/json" : "",
                     r->headers != NULL ? r->headers : "");
}

/* ---- showing ---- */

static void show_events(struct buf *b, const struct fx *f, size_t from)
{
    for (size_t i = from; i < trace_len(f->trace); i++) {
        const struct trace_event *e = trace_at(f->trace, i);
        AUTO(xfree) char *data = e->data != NULL ? js_compact(e->data) : NULL;
        if (e->kind == TRACE_LOG || e->kind == TRACE_NOTE)
            buf_addf(b, "%s %s: %s\n", e->from, e->level != NULL ? e->level : "notes", e->text);
        else if (e->kind == TRACE_DECISION)
            buf_addf(b, "%s decides: %s\n", e->from, data != NULL ? data : "");
    }
}

static void show(struct buf *b, const struct row *r, const struct http_response *resp)
{
    buf_addf(b, "== %s: %s %s %s\n", r->who != NULL ? r->who : "-", r->method, r->path,
             r->body != NULL ? r->body : "");
    buf_addf(b, "%d\n", resp->status);
    for (size_t i = 0; i < resp->headers.len; i++)
        if (strcmp(resp->headers.items[i].name, "Date") != 0)
            buf_addf(b, "%s: %s\n", resp->headers.items[i].name, resp->headers.items[i].value);
    buf_addf(b, "\n%s\n", resp->body != NULL ? resp->body : "");
}

static void test_answers__whole(void **state)
{
    struct fx *f = *state;
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    js_set_text(f->cm, "exec.enabled", "true");
    js_set_text(f->cm, "admin.enabled", "true");
    js_set_text(f->cm, "extension.config", "extensions: [{name: metrics}]");
    fx_restart(f);
    for (const struct row *r = rows; r->method != NULL; r++) {
        AUTO(http_response_deinit) struct http_response resp = {0};
        AUTO(xfree) char *lines = header_lines(f, r);
        size_t from = trace_len(f->trace);
        fx_do(f, r->method, r->path, lines, r->body, &resp);
        trace_settle(f->trace);
        show(&b, r, &resp);
        show_events(&b, f, from);
    }
    AUTO(js_free) struct js *tells = argocd_mock_counts(f->mock);
    AUTO(xfree) char *text = js_pretty(tells, 1);
    buf_addf(&b, "== what it tells of itself\n%s\n", text);
    golden_check("argocd/answers.txt", b.ptr);
}

/* ---- under other configurations ---- */

#define HASH "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i" /* of "abc" */

static void ask_as(struct buf *b, struct fx *f, const char *name, const char *method,
                   const char *path, const char *lines, const char *body)
{
    AUTO(http_response_deinit) struct http_response resp = {0};
    const struct row row = {name, method, path, body, NULL};
    size_t from = trace_len(f->trace);
    fx_do(f, method, path, lines, body, &resp);
    trace_settle(f->trace);
    show(b, &row, &resp);
    show_events(b, f, from);
}

/* A local account's own token, or one that its secret signed with these claims. */
static char *local_line(const char *claims)
{
    AUTO(js_free) struct js *all = NULL;
    AUTO(key_free) struct key *key = key_from_secret(FX_SECRETKEY, strlen(FX_SECRETKEY));
    AUTO(xfree) char *token = NULL;
    assert_int_equal(js_parse(str_of(claims), "claims", &all, NULL), 0);
    assert_int_equal(jwt_sign(key, JWS_HS256, "JWT", NULL, all, &token, NULL), 0);
    return fx_bearer_line(token);
}

static void show_local(struct buf *b, struct fx *f)
{
    static const char *const claims[] = {
        "{\"iss\":\"argocd\",\"sub\":\"admin:login\",\"iat\":1767225600,\"exp\":1767312000,\"jti\":"
        "\"a\"}",
        "{\"iss\":\"argocd\",\"sub\":\"admin:login\",\"nbf\":1767229200,\"exp\":1767312000}",
        "{\"iss\":\"argocd\",\"sub\":\"admin:login\",\"exp\":1}",
        "{\"iss\":\"argocd\",\"sub\":\"admin:login\",\"exp\":\"soon\"}",
        "{\"iss\":\"argocd\",\"sub\":\"nobody:login\",\"exp\":1767312000}",
    };
    static const char *const paths[] = {"/api/v1/account/admin", "/api/v1/account",
                                        "/api/v1/session/userinfo", "/auth/logout", NULL};
    js_set_text(f->secret, "admin.password", HASH);
    js_set_text(f->cm, "admin.enabled", "true");
    js_set_text(f->cm, "users.session.duration", "soon");
    fx_restart(f);
    for (size_t i = 0; i < TEST_COUNT(claims); i++) {
        AUTO(xfree) char *line = local_line(claims[i]);
        AUTO(xfree) char *cookie = xasprintf("Cookie: argocd.token=%s", strrchr(line, ' ') + 1);
        for (const char *const *p = paths; *p != NULL; p++)
            ask_as(b, f, claims[i], "GET", *p, strcmp(*p, "/auth/logout") == 0 ? cookie : line,
                   NULL);
        AUTO(xfree) char *page = xasprintf("%s\nAccept: text/html", cookie);
        ask_as(b, f, claims[i], "GET", "/login", page, NULL);
    }
}

/* An application of a project that is gone, and removing with each policy. */
static void show_orphan(struct buf *b, struct fx *f)
{
    static const struct setup_app apps[] = {{"orphan", "argocd", "gone"},
                                            {"guestbook", "argocd", "default"}};
    static const char *const removals[] = {"?cascade=false&propagationPolicy=background",
                                           "?cascade=no&propagationPolicy=never",
                                           "?propagationPolicy=never",
                                           "?cascade=true&propagationPolicy=foreground",
                                           "?propagationPolicy=background",
                                           NULL};
    AUTO(xfree) char *session = session_line(f, "a");
    AUTO(xfree) char *lines = xasprintf("%s\nContent-Type: application/json", session);
    f->inventory.applications = apps;
    f->inventory.applications_len = TEST_COUNT(apps);
    fx_policy(f, "g, ArgoCD Admins, role:admin\np, role:admin, extensions, invoke, *, allow\n",
              NULL);
    fx_relisten(f);
    ask_as(b, f, "admin", "POST", "/api/v1/applications/orphan/sync", lines, "{}");
    ask_as(b, f, "admin", "GET", "/api/v1/applications?projects=none", lines, NULL);
    ask_as(b, f, "admin", "GET", "/api/v1/applications?projects=default", lines, NULL);
    ask_as(b, f, "admin", "PATCH", "/api/v1/applications/orphan", lines, "[1]");
    for (const char *const *r = removals; *r != NULL; r++) {
        AUTO(xfree) char *path = xasprintf("/api/v1/applications/guestbook%s", *r);
        ask_as(b, f, "admin", "DELETE", path, lines, NULL);
    }
    AUTO(xfree) char *cookie = session_line(f, "c");
    AUTO(xfree)
    char *mismatch = xasprintf("%s\nArgocd-Application-Name: argocd:orphan\nArgocd-Project-Name: "
                               "default",
                               cookie);
    js_set_text(f->cm, "extension.config", "extensions: [{name: metrics}]");
    fx_restart(f);
    ask_as(b, f, "admin", "GET", "/extensions/metrics/x", mismatch, NULL);
    AUTO(xfree) char *text = session_line(f, "a");
    AUTO(xfree) char *typed = xasprintf("%s\nContent-Type: application/json", text);
    ask_as(b, f, "admin", "POST",
           "/api/v1/applications/orphan/resource/"
           "actions?resourceName=orphan&kind=Deployment&group=apps&version=v1&namespace=orphan",
           typed, "\"x");
}

/* Pages: broken policy, nobody may sign in, a provider of its own, PKCE within the browser. */
static void show_pages(struct buf *b, struct fx *f)
{
    AUTO(xfree) char *cookie = session_line(f, "c");
    AUTO(xfree) char *lines = xasprintf("%s\nAccept: text/html", cookie);
    struct err err = {0};
    fx_policy(f, "garbage\n", NULL);
    assert_int_equal(argocd_mock_change(f->mock, &f->setup, &err), 0);
    ask_as(b, f, "a broken policy", "GET", "/", lines, NULL);
    fx_policy(f, "", NULL);
    fx_use_oidc(f, "", false);
    ask_as(b, f, "oidc.config", "GET", "/login", "Accept: text/html", NULL);
    f->setup.argocd.quirks[ARGOCD_QUIRK_PKCE_SERVER] = false;
    f->setup.argocd.quirks[ARGOCD_QUIRK_PKCE_BROWSER] = true;
    fx_use_oidc(f, "enablePKCEAuthentication: true\n", false);
    ask_as(b, f, "PKCE within the browser", "GET", "/login", "Accept: text/html", NULL);
    js_remove(f->cm, "oidc.config");
    js_remove(f->cm, "dex.config");
    js_set_text(f->cm, "admin.enabled", "false");
    f->setup.argocd.dex_generated = NULL;
    fx_restart(f);
    ask_as(b, f, "nobody may sign in", "GET", "/login", "Accept: text/html", NULL);
}

/* What the callback says in the place of the way back: the token, and a cookie that is too much. */
static void show_callback(struct buf *b, struct fx *f)
{
    static const char *const variables[] = {"ARGOCD_SSO_DEBUG", "ARGOCD_MAX_COOKIE_NUMBER"};
    static const char *const values[] = {"1", "0"};
    for (size_t i = 0; i < TEST_COUNT(variables); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(fx_login_deinit) struct fx_login l = {0};
        const struct row row = {variables[i], "GET", "/auth/callback", NULL, NULL};
        js_set_text(f->env, variables[i], values[i]);
        fx_use_oidc(f, "", false);
        xfree(f->dex.token_body);
        f->dex.token_status = 200;
        f->dex.token_type = "application/json";
        f->dex.token_body = xasprintf("{\"access_token\":\"a\",\"id_token\":\"%s\","
                                      "\"refresh_token\":\"r<1\"}",
                                      f->dex.id_token);
        fx_begin(f, "", &l);
        size_t from = trace_len(f->trace);
        fx_finish(f, &l, &r);
        show(b, &row, &r);
        show_events(b, f, from);
        js_remove(f->env, variables[i]);
    }
    ask_as(b, f, "without a code", "GET", "/auth/callback", NULL, NULL);
}

/* Every key that the settings show, set and not, for somebody and for anybody. */
static void show_settings(struct buf *b, struct fx *f)
{
    static const char *const keys[] = {"ga.trackingid",
                                       "ga.anonymizeusers",
                                       "kustomize.buildOptions",
                                       "help.chatUrl",
                                       "help.chatText",
                                       "ui.bannercontent",
                                       "ui.bannerurl",
                                       "ui.bannerpermanent",
                                       "ui.bannerposition",
                                       "ui.cssurl",
                                       "application.instanceLabelKey",
                                       "application.resourceTrackingMethod",
                                       "statusbadge.enabled",
                                       "statusbadge.url",
                                       "exec.enabled",
                                       "installationID",
                                       "passwordPattern"};
    static const char *const values[] = {"true", "false"};
    static const char *const urls[] = {"https://other.company", NULL};
    AUTO(xfree) char *session = session_line(f, "a");
    f->setup.argocd.additional_urls = urls;
    js_set_text(f->cm, "additionalUrls", "- https://other.company\n");
    for (size_t v = 0; v < TEST_COUNT(values); v++) {
        for (size_t i = 0; i < TEST_COUNT(keys); i++)
            js_set_text(f->cm, keys[i], values[v]);
        fx_restart(f);
        ask_as(b, f, values[v], "GET", "/api/v1/settings", session, NULL);
        ask_as(b, f, values[v], "GET", "/api/v1/settings", NULL, NULL);
    }
    ask_as(b, f, "signed in", "GET", "/api/version", session, NULL);
    js_remove(f->cm, "help.chatText");
    f->setup.argocd.version = "2.14";
    fx_use_oidc(f,
                "cliClientID: cli\nrequestedScopes: [openid, groups]\n"
                "enablePKCEAuthentication: true\n"
                "requestedIDTokenClaims: {groups: {essential: true}}\n",
                true);
    ask_as(b, f, "oidc.config", "GET", "/api/v1/settings", NULL, NULL);
    ask_as(b, f, "oidc.config", "GET", "/login", "Accept: text/html", NULL);
    ask_as(b, f, "oidc.config", "GET", "/api/version", NULL, NULL);
    ask_as(b, f, "oidc.config", "GET", "/api/version", session, NULL);
}

/* Tokens that are none, each as somebody's session and as what the callback gets. */
static void show_tokens(struct buf *b, struct fx *f)
{
    static const char *const tokens[] = {
        "abc", "e30.!.c", "W10.e30.c", "eyJhbGciOiJSUzI1NiJ9.W10.c", "eyJhbGciOiJSUzI1NiJ9.bm90.c",
        /* of argocd itself: without a signature, by HS384 */
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJhcmdvY2QiLCJzdWIiOiJhZG1pbjpsb2dpbiJ9.",
        "eyJhbGciOiJIUzM4NCJ9.eyJpc3MiOiJhcmdvY2QiLCJzdWIiOiJhZG1pbjpsb2dpbiJ9.AAAA"};
    static const char *const claims[] = {
        "{\"iss\":\"argocd\",\"sub\":\"proj:team-a:ci\",\"exp\":1767312000}",
        "{\"iss\":\"argocd\",\"sub\":\"proj:team-a:ci\",\"iat\":\"now\"}"};
    for (size_t i = 0; i < TEST_COUNT(tokens); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(fx_login_deinit) struct fx_login l = {0};
        AUTO(xfree) char *line = fx_bearer_line(tokens[i]);
        const struct row row = {tokens[i], "GET", "/auth/callback", NULL, NULL};
        ask_as(b, f, tokens[i], "GET", "/api/v1/applications", line, NULL);
        xfree(f->dex.id_token);
        f->dex.id_token = xstrdup(tokens[i]);
        fx_begin(f, "", &l);
        size_t from = trace_len(f->trace);
        fx_finish(f, &l, &r);
        trace_settle(f->trace);
        show(b, &row, &r);
        show_events(b, f, from);
    }
    for (size_t i = 0; i < TEST_COUNT(claims); i++) {
        AUTO(xfree) char *line = local_line(claims[i]);
        ask_as(b, f, claims[i], "GET", "/api/v1/applications", line, NULL);
    }
}

/* What reaches Dex of a request, and the browser of its answer. */
static void show_proxy(struct buf *b, struct fx *f)
{
    static const char headers[] =
        "Connection: X-Mine\nX-Mine: 1\nX-Kept: 2\nProxy-Connection: a\nKeep-Alive: b\n"
        "Proxy-Authenticate: c\nProxy-Authorization: d\nTe: trailers\nTrailer: e\n"
        "Upgrade: f\nForwarded: g\nX-Forwarded-For: 10.1.1.1\nX-Forwarded-Host: h\n"
        "X-Forwarded-Proto: i\nContent-Type: text/plain";
    for (size_t i = 0; i < 2; i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        const struct row row = {i == 0 ? "3.5" : "3.3", "POST", "/api/dex/status/404", "body",
                                NULL};
        size_t dates = 0;
        f->setup.argocd.quirks[ARGOCD_QUIRK_NO_FORWARDED_FOR] = i == 0;
        fx_restart(f);
        fx_do(f, "POST", "/api/dex/status/404?x=1", headers, "body", &r);
        show(b, &row, &r);
        for (size_t h = 0; h < r.headers.len; h++)
            dates += strcasecmp(r.headers.items[h].name, "Date") == 0 ? 1 : 0;
        buf_addf(b, "%zu Date; Dex got:\n%s\n", dates, f->dex.last_echo);
    }
    ask_as(b, f, "500", "GET", "/api/dex/status/500", NULL, NULL);
}

/* Paths that no route has, and what only some configurations answer. */
static void show_edges(struct buf *b, struct fx *f)
{
    static const char *const policies[] = {
        "p, role:x, applications, delete, */*, allow\ng, ArgoCD Viewers, role:x\n",
        "p, role:x, applications, get, */*, allow\np, role:x, applications, sync, */*, allow\n"
        "g, ArgoCD Viewers, role:x\n"};
    static const char resource[] =
        "/api/v1/applications/guestbook/"
        "resource?resourceName=guestbook&kind=Deployment&group=apps&version=v1&namespace=guestbook";
    static const char made[] = "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":"
                               "\"default\",\"source\":{\"targetRevision\":\"v1\"}}}";
    static const char *const exclusive[] = {"", "false", "true", "maybe"};
    AUTO(xfree) char *admin = session_line(f, "a");
    AUTO(xfree) char *viewer = session_line(f, "v");
    AUTO(xfree) char *a = xasprintf("%s\nContent-Type: application/json", admin);
    AUTO(xfree) char *v = xasprintf("%s\nContent-Type: application/json", viewer);
    ask_as(b, f, "a path that is none", "GET", "/api/v1/%zz", NULL, NULL);
    ask_as(b, f, "HEAD", "HEAD", "/login", "Accept: text/html", NULL);
    ask_as(b, f, "HEAD", "HEAD", "/assets/none.js", NULL, NULL);
    ask_as(b, f, "gateway's own", "GET", "/api/v1/session/userinfo", "Grpc-Metadata-Token: a.b.c",
           NULL);
    ask_as(b, f, "admin", "POST", "/api/v1/applications", a, made);
    fx_policy(f, policies[0], NULL);
    for (size_t i = 0; i < TEST_COUNT(exclusive); i++) {
        js_set_text(f->cm, "server.rbac.disableApplicationFineGrainedRBACInheritance",
                    exclusive[i]);
        fx_restart(f);
        ask_as(b, f, exclusive[i], "DELETE", resource, v, NULL);
    }
    js_set_text(f->cm, "application.sync.requireOverridePrivilegeForRevisionSync", "true");
    fx_policy(f, policies[1], NULL);
    fx_restart(f);
    ask_as(b, f, "its revision", "POST", "/api/v1/applications/new/sync", v,
           "{\"revision\":\"v1\"}");
    ask_as(b, f, "another", "POST", "/api/v1/applications/new/sync", v, "{\"revision\":\"v2\"}");
    ask_as(b, f, "HEAD is another", "POST", "/api/v1/applications/new/sync", v,
           "{\"revision\":\"HEAD\"}");
    fx_policy(f, "g, ArgoCD Admins, role:admin\n", NULL);
    fx_restart(f);
    ask_as(b, f, "in the background", "DELETE",
           "/api/v1/applications/new?propagationPolicy=background", a, NULL);
    AUTO(xfree)
    char *ended = local_line("{\"iss\":\"argocd\",\"sub\":\"admin:login\",\"exp\":1}");
    AUTO(xfree)
    char *page = xasprintf("Accept: text/html\nCookie: argocd.token=%s", strrchr(ended, ' ') + 1);
    ask_as(b, f, "a local session that ended", "GET", "/applications", page, NULL);
    size_t from = trace_len(f->trace);
    js_set_text(f->secret, "admin.password", HASH);
    js_set_text(f->cm, "admin.enabled", "true");
    fx_use_oidc(f, "logoutURL: https://ak.example.com/end\nazure: {useWorkloadIdentity: true}\n",
                false);
    js_set_text(f->cm, "oidc.config",
                "name: A\nissuer: " FX_IDP_ISSUER "\nclientID: abc\nclientSecret: $nothing\n"
                "logoutURL: https://ak.example.com/end\n");
    fx_restart(f);
    trace_settle(f->trace);
    show_events(b, f, from);
    AUTO(xfree)
    char *local = local_line("{\"iss\":\"argocd\",\"sub\":\"admin:login\",\"iat\":1767225600,"
                             "\"exp\":1767312000,\"jti\":\"a\"}");
    AUTO(xfree) char *its = xasprintf("Cookie: argocd.token=%s", strrchr(local, ' ') + 1);
    ask_as(b, f, "a local account's logout", "GET", "/auth/logout", its, NULL);
    js_remove(f->cm, "url");
    f->setup.argocd.url = "";
    fx_restart(f);
    AUTO(xfree) char *cookie = session_line(f, "c");
    ask_as(b, f, "no url", "GET", "/auth/logout", cookie, NULL);
}

static void part_is(void **state, void (*part)(struct buf *b, struct fx *f), const char *file)
{
    struct fx *f = *state;
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    part(&b, f);
    golden_check(file, b.ptr);
}

static void test_answers__local_accounts(void **state)
{
    part_is(state, show_local, "argocd/local.txt");
}

static void test_answers__orphans(void **state)
{
    part_is(state, show_orphan, "argocd/orphans.txt");
}

static void test_answers__pages(void **state)
{
    part_is(state, show_pages, "argocd/pages.txt");
}

static void test_answers__callback(void **state)
{
    part_is(state, show_callback, "argocd/callback.txt");
}

static void test_answers__settings(void **state)
{
    part_is(state, show_settings, "argocd/settings.txt");
}

static void test_answers__tokens(void **state)
{
    part_is(state, show_tokens, "argocd/tokens.txt");
}

static void test_answers__proxy(void **state)
{
    part_is(state, show_proxy, "argocd/proxy.txt");
}

static void test_answers__edges(void **state)
{
    part_is(state, show_edges, "argocd/edges.txt");
}

/* What was made stays until the setup has other applications. */
static void test_applications__go_with_the_setup(void **state)
{
    static const char *const docs[] = {"{\"argocd\":{\"applications\":[\"a\"]}}",
                                       "{\"argocd\":{\"applications\":[\"b\"]}}"};
    static const char made[] = "{\"metadata\":{\"name\":\"new\"},\"spec\":{\"project\":"
                               "\"default\"}}";
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *admin = session_line(f, "a");
    AUTO(xfree) char *lines = xasprintf("%s\nContent-Type: application/json", admin);
    AUTO(js_free) struct js *first = NULL;
    AUTO(js_free) struct js *other = NULL;
    struct setup next = f->setup;
    struct err err = {0};
    assert_int_equal(js_parse(str_of(docs[0]), "doc", &first, NULL), 0);
    assert_int_equal(js_parse(str_of(docs[1]), "doc", &other, NULL), 0);
    f->setup.doc = first;
    fx_restart(f);
    fx_do(f, "POST", "/api/v1/applications", lines, made, &r);
    assert_int_equal(r.status, 200);
    next.doc = first;
    assert_int_equal(argocd_mock_restart(f->mock, &next, &err), 0);
    fx_get(f, "/api/v1/applications/new?project=default", lines, &r);
    assert_int_equal(r.status, 200);
    f->setup.doc = other;
    fx_restart(f);
    fx_get(f, "/api/v1/applications/new?project=default", lines, &r);
    assert_int_equal(r.status, 404);
}

/* Where it is served is fixed while it is served. */
static void test_restart__root_path_stays(void **state)
{
    struct fx *f = *state;
    struct err err = {0};
    js_set_text(f->cmd_params, "server.rootpath", "/tools");
    assert_int_equal(argocd_mock_restart(f->mock, &f->setup, &err), -1);
    assert_string_equal(err.msg,
                        "argocd cannot move from '/' to '/tools/' while it is being served");
    js_remove(f->cmd_params, "server.rootpath");
    assert_int_equal(argocd_mock_restart(f->mock, &f->setup, &err), 0);
}

/* A session that is taken back is refused from then on. */
static void test_revoke__session(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree)
    char *token = fx_token(f, "{\"jti\":\"one\",\"groups\":[\"ArgoCD Admins\"]}", "rsa-2048-1");
    AUTO(xfree) char *line = fx_bearer_line(token);
    const struct mock_revocation what = {.token = token};
    const struct mock_revocation none = {.token = "a.b.c"};
    fx_get(f, "/api/v1/applications", line, &r);
    assert_int_equal(r.status, 200);
    assert_int_equal(argocd_mock_revoke(f->mock, &none), 0);
    assert_int_equal(argocd_mock_revoke(f->mock, &what), 1);
    fx_get(f, "/api/v1/applications", line, &r);
    assert_int_equal(r.status, 401);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_answers__settings, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_answers__tokens, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_answers__proxy, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_answers__edges, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_applications__go_with_the_setup, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_revoke__session, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_restart__root_path_stays, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_answers__local_accounts, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_answers__orphans, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_answers__pages, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_answers__callback, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_answers__whole, fx_setup, fx_teardown),
};

int main(void)
{
    return TEST_MAIN(tests);
}
