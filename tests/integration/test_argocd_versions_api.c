/*
 * The rows of Argo CD's version table that change the API and the policy, by the wire alone: in the
 * releases around each change, and turned over.
 */
#include "tests/integration/argocd_rows.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

#define APPS "/api/v1/applications"
#define CAN_I "/api/v1/account/can-i/"

/* ---- looking ---- */

/* As alice with a patch on her claims: "status body". */
static char *see(struct fx *f, const char *patch, const char *method, const char *path)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
    AUTO(xfree)
    char *lines = xasprintf("Content-Type: application/json\nAuthorization: Bearer %s", token);
    fx_do(f, method, path, lines, strcmp(method, "GET") == 0 ? NULL : "{}", &r);
    return xasprintf("%d %s", r.status, r.body);
}

static char *status(struct fx *f, const char *patch, const char *method, const char *path)
{
    char *seen = see(f, patch, method, path);
    seen[3] = '\0';
    return seen;
}

static void policy(struct fx *f, const char *text)
{
    fx_policy(f, text, NULL);
}

static char *can_i(struct fx *f, const char *groups, const char *question)
{
    AUTO(xfree) char *patch = xasprintf("{\"groups\":%s}", groups);
    AUTO(xfree) char *path = xasprintf(CAN_I "%s", question);
    return see(f, patch, "GET", path);
}

#define YES "200 {\"value\":\"yes\"}"
#define NO "200 {\"value\":\"no\"}"
#define ADMINS "[\"ArgoCD Admins\"]"
#define VIEWERS "[\"ArgoCD Viewers\"]"

static void guide(struct fx *f)
{
    policy(f, "g, ArgoCD Admins, role:admin\ng, ArgoCD Viewers, role:readonly\n");
}

/* ---- identity ---- */

static void by_user_id(struct fx *f)
{
    policy(f, "p, alice-id, projects, get, *, allow\n");
}

static void by_sub(struct fx *f)
{
    policy(f, "p, CghhbGljZS1pZBIJYXV0aGVudGlr, projects, get, *, allow\n");
}

static char *look_project(struct fx *f)
{
    return can_i(f, "[]", "projects/get/x");
}

static char *look_denied_text(struct fx *f)
{
    AUTO(xfree) char *seen = see(f, "{\"groups\":[]}", "GET", "/api/v1/projects/x");
    return xstrdup(cstr_contains(seen, "sub: alice-id,") ? "user id" : "sub");
}

static char *look_odd_groups(struct fx *f)
{
    AUTO(xfree) char *groups = see(f, "{\"groups\":\"ArgoCD Admins\"}", "GET", APPS "/guestbook");
    AUTO(xfree) char *mixed = see(f, "{\"groups\":[\"a\",1]}", "GET", APPS);
    AUTO(xfree) char *email = see(f, "{\"email_verified\":\"true\"}", "GET", APPS "/guestbook");
    AUTO(xfree) char *none = see(f, "{\"groups\":null}", "GET", APPS);
    return xasprintf("%.3s %.3s %.3s %.3s%s", groups, mixed, email, none,
                     cstr_contains(groups, "invalid argo claims") ? " invalid" : "");
}

/* ---- settings, can-i ---- */

static char *look_tracking(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/api/v1/settings", NULL, &r);
    return xstrdup(cstr_contains(r.body, "\"trackingMethod\":\"annotation\"") ? "there" : "absent");
}

static char *look_can_i_appsets(struct fx *f)
{
    return can_i(f, ADMINS, "applicationsets/create/default/x");
}

/* Each word that came with the row, by its status. */
static char *look_can_i_lists(struct fx *f)
{
    static const char *const questions[] = {"applications/action/a/b",
                                            "extensions/invoke/x",
                                            "accounts/get/x",
                                            "gpgkeys/get/x",
                                            "applications/get/x",
                                            "write-repositories/get/x",
                                            NULL};
    AUTO(buf_deinit) struct buf seen = {0};
    buf_init(&seen, BUF_MAX_TEXT);
    for (const char *const *q = questions; *q != NULL; q++) {
        AUTO(xfree) char *answer = can_i(f, ADMINS, *q);
        buf_addf(&seen, "%s%.3s", q == questions ? "" : " ", answer);
    }
    return buf_take(&seen);
}

static void one_app(struct fx *f)
{
    policy(f, "p, alice-id, applications, get, default/guestbook, allow\n"
              "p, CghhbGljZS1pZBIJYXV0aGVudGlr, applications, get, default/guestbook, allow\n");
}

static char *look_shortened(struct fx *f)
{
    return can_i(f, "[]", "applications/get/default/argocd/guestbook");
}

/* ---- logs ---- */

static void apps_only(struct fx *f)
{
    policy(f, "p, alice-id, applications, get, */*, allow\n"
              "p, CghhbGljZS1pZBIJYXV0aGVudGlr, applications, get, */*, allow\n");
}

static char *look_logs(struct fx *f)
{
    AUTO(xfree) char *logs = see(f, "{\"groups\":[]}", "GET", APPS "/guestbook/logs");
    AUTO(xfree) char *asked = can_i(f, "[]", "logs/get/default/guestbook");
    js_set_text(f->cm, "server.rbac.log.enforce.enable", "true");
    AUTO(xfree) char *enforced = see(f, "{\"groups\":[]}", "GET", APPS "/guestbook/logs");
    return xasprintf("%.3s %s, with the key %.3s", logs, asked, enforced);
}

/* ---- live resources ---- */

#define POD "?namespace=guestbook&resourceName=guestbook-0&kind=Pod"

static void fine_rights(struct fx *f, const char *action)
{
    AUTO(xfree)
    char *text = xasprintf("p, alice-id, applications, %s, */*, allow\n"
                           "p, CghhbGljZS1pZBIJYXV0aGVudGlr, applications, %s, */*, allow\n",
                           action, action);
    policy(f, text);
}

static void long_form(struct fx *f)
{
    js_set_text(f->cm, "server.rbac.disableApplicationFineGrainedRBACInheritance", "false");
    fine_rights(f, "delete/*/Pod/*");
}

static void short_form(struct fx *f)
{
    fine_rights(f, "delete");
}

static void short_form_by_key(struct fx *f)
{
    bool only = f->setup.argocd.quirks[ARGOCD_QUIRK_FINE_ONLY];
    js_set_text(f->cm, "server.rbac.disableApplicationFineGrainedRBACInheritance",
                only ? "false" : "true");
    fine_rights(f, "delete");
}

static char *look_delete_pod(struct fx *f)
{
    return status(f, "{\"groups\":[]}", "DELETE", APPS "/guestbook/resource" POD);
}

/* Does the key do what it says? */
static char *look_key(struct fx *f)
{
    bool only = f->setup.argocd.quirks[ARGOCD_QUIRK_FINE_ONLY];
    AUTO(xfree) char *seen = look_delete_pod(f);
    return xstrdup(strcmp(seen, only ? "200" : "403") == 0 ? "read" : "not read");
}

/* ---- overrides, extensions ---- */

static void sync_only(struct fx *f)
{
    js_set_text(f->cm, "application.sync.requireOverridePrivilegeForRevisionSync", "true");
    policy(f, "p, alice-id, applications, get, */*, allow\n"
              "p, alice-id, applications, sync, */*, allow\n");
}

static char *look_sync(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    AUTO(xfree) char *lines = xasprintf("Content-Type: application/json\n%s", line);
    fx_do(f, "POST", APPS "/guestbook/sync", lines, "{\"revision\":\"v1\"}", &r);
    return xasprintf("%d", r.status);
}

static void extension(struct fx *f)
{
    js_set_text(f->cm, "extension.config", "extensions: [{name: metrics}]");
}

static char *look_extension(struct fx *f)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    fx_get(f, "/extensions/metrics/x", NULL, &r);
    return xasprintf("%d", r.status);
}

static const struct argocd_row_case api[] = {
    {"user-id", by_user_id, look_project, YES, NO},
    {"user-id", by_sub, look_project, NO, YES},
    {"user-id", NULL, look_denied_text, "user id", "sub"},
    {"invalid-claims", guide, look_odd_groups, "500 500 500 200 invalid", "200 200 200 200"},
    {"tracking-method", NULL, look_tracking, "there", "absent"},
    {"can-i-appsets", guide, look_can_i_appsets, YES,
     "400 {\"error\":\"[clusters projects applications repositories certificates logs exec] does "
     "not contain applicationsets\",\"code\":3,\"message\":\"[clusters projects applications "
     "repositories certificates logs exec] does not contain applicationsets\"}"},
    {"can-i-lists", guide, look_can_i_lists, "200 200 200 200 200 200", "400 400 400 400 200 400"},
    {"can-i-shortens", one_app, look_shortened, YES, NO},
    {"logs-enforced", apps_only, look_logs, "403 " NO ", with the key 403",
     "200 " YES ", with the key 403"},
    {"fine-fallback", long_form, look_delete_pod, "200", "403"},
    {"fine-key", short_form_by_key, look_key, "read", "not read"},
    {"fine-only", short_form, look_delete_pod, "403", "200"},
    {"override-revision", sync_only, look_sync, "403", "200"},
    {"extensions", extension, look_extension, "400", "404"},
};

static void test_rows__the_api(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(api); i++)
        argocd_rows_check(&api[i]);
}

/* ---- the policy ---- */

static void misfit(struct fx *f)
{
    policy(f, "g, ArgoCD Admins, role:admin\np, a, b, c, d\n");
}

static char *look_misfit(struct fx *f)
{
    if (argocd_mock_down(f->mock) != NULL)
        return xstrdup("down");
    return can_i(f, ADMINS, "applications/get/default/x");
}

static void deep(struct fx *f)
{
    AUTO(buf_deinit) struct buf text = {0};
    buf_init(&text, BUF_MAX_TEXT);
    buf_adds(&text, "g, ArgoCD Admins, r1\n");
    for (int i = 1; i < 11; i++)
        buf_addf(&text, "g, r%d, r%d\n", i, i + 1);
    buf_adds(&text, "p, r11, projects, get, *, allow\n");
    policy(f, text.ptr);
}

static char *look_deep(struct fx *f)
{
    return can_i(f, ADMINS, "projects/get/x");
}

static char *look_admin_appsets(struct fx *f)
{
    AUTO(xfree) char *one = see(f, "{}", "GET", "/api/v1/applicationsets/sets");
    return xasprintf("%.3s", one);
}

static void without_readonly_appsets(struct fx *f)
{
    f->setup.argocd.quirks[ARGOCD_QUIRK_READONLY_APPSETS] = false; /* role:admin would have it */
    guide(f);
}

static char *look_write_repositories(struct fx *f)
{
    return status(f, "{}", "GET", "/api/v1/write-repositories");
}

static char *look_admin_fine(struct fx *f)
{
    js_set_text(f->cm, "server.rbac.disableApplicationFineGrainedRBACInheritance", "true");
    f->setup.argocd.quirks[ARGOCD_QUIRK_FINE_ONLY] = true;
    return status(f, "{}", "DELETE", APPS "/guestbook/resource" POD);
}

static char *look_readonly_appsets(struct fx *f)
{
    AUTO(xfree) char *patch = xasprintf("{\"groups\":%s}", VIEWERS);
    AUTO(xfree) char *seen = see(f, patch, "GET", "/api/v1/applicationsets");
    return xstrdup(cstr_contains(seen, "\"items\":null") ? "none" : "all");
}

/* The role of team-a gives applicationsets of team-a. */
static void only_projects(struct fx *f)
{
    policy(f, "p, x, y, z, o, allow\n");
}

static char *look_project_appsets(struct fx *f)
{
    AUTO(xfree) char *seen = see(f, "{\"groups\":[\"Team A\"]}", "GET", "/api/v1/applicationsets");
    return xstrdup(cstr_contains(seen, "\"items\":null") ? "none" : "own");
}

static void undefined(struct fx *f)
{
    policy(f, "g, a, role:nobody\n");
}

static char *look_undefined(struct fx *f)
{
    return xstrdup(
        fx_logged(f, "user defined roles not found in policies: role:nobody") ? "named" : "silent");
}

static const struct argocd_row_case rows[] = {
    {"strict-lines", misfit, look_misfit, "down", NO},
    {"role-depth", deep, look_deep, NO, YES},
    {"appset-rows", without_readonly_appsets, look_admin_appsets, "200", "403"},
    {"write-repository-rows", guide, look_write_repositories, "200", "404"},
    {"write-repository-rows", guide, look_admin_fine, "200", "403"},
    {"readonly-appsets", guide, look_readonly_appsets, "all", "none"},
    {"appset-projects", only_projects, look_project_appsets, "own", "none"},
    {"undefined-roles", undefined, look_undefined, "named", "silent"},
};

static void test_rows__the_policy(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++)
        argocd_rows_check(&rows[i]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rows__the_api),
    cmocka_unit_test(test_rows__the_policy),
};

int main(void)
{
    return TEST_MAIN(tests);
}
