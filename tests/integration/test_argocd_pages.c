/*
 * The pages that stand for the real application: what the login page offers, and what the page of
 * somebody signed in says of rights (argocd.md 1.11). Ids are held on to by the browser tests.
 */
#include "tests/integration/argocd_fixture.h"

#include <string.h>

#include "harness/base/str.h"
#include "tests/support/golden.h"

static void page(struct fx *f, const char *path, const char *patch, struct http_response *ret)
{
    AUTO(xfree) char *token = patch != NULL ? fx_token(f, patch, "rsa-2048-1") : xstrdup("");
    AUTO(xfree) char *cookie = fx_cookie_line(token);
    AUTO(xfree) char *lines = xasprintf("Accept: text/html\n%s", patch != NULL ? cookie : "");
    fx_get(f, path, lines, ret);
    assert_int_equal(ret->status, 200);
    assert_string_equal(fx_header(ret, "Content-Type"), "text/html; charset=utf-8");
}

/* The row of a table that begins with this name, up to its end. Caller frees. */
static char *row_of(const char *body, const char *name)
{
    AUTO(xfree) char *head = xasprintf("scope=\"row\">%s</th>", name);
    const char *at = strstr(body, head);
    if (at == NULL) {
        fail_msg("no row '%s'", name);
        return NULL;
    }
    return xstrndup(at, strcspn(at, "\n"));
}

static void assert_cell(const char *row, const char *action, const char *word)
{
    AUTO(xfree)
    char *cell = xasprintf("class=\"%s\" data-action=\"%s\">%s</td>", word, action, word);
    assert_has(row, cell);
}

static void test_home__who_groups_and_roles(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    page(f, "/", "{\"email\":\"<b>@x\",\"groups\":[\"ArgoCD Viewers\",\"a&b\"]}", &r);
    assert_has(r.body, "<span id=\"who\">&lt;b&gt;@x</span>");
    assert_has(r.body, "<ul id=\"groups\"><li>ArgoCD Viewers</li><li>a&amp;b</li></ul>");
    assert_has(r.body, "<ul id=\"roles\"><li>role:readonly</li></ul>");
    assert_has(r.body, "<a id=\"logout\" href=\"/auth/logout\">Log out</a>");
    assert_has(r.body, "<dd>alice-id</dd>");
    assert_has(r.body, "<dd>2026-01-02T00:00:00Z</dd>");
}

static void test_home__says_yes_and_no_as_the_policy(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    page(f, "/applications", "{\"groups\":[\"ArgoCD Viewers\"]}", &r);
    AUTO(xfree) char *apps = row_of(r.body, "applications");
    AUTO(xfree) char *one = row_of(r.body, "team-a/apps/api");
    AUTO(xfree) char *certificates = row_of(r.body, "certificates");
    assert_cell(apps, "get", "yes");
    assert_cell(apps, "sync", "no");
    assert_cell(one, "logs", "yes");
    assert_cell(one, "exec", "no");
    assert_cell(certificates, "get", "yes");
    assert_cell(certificates, "create", "no");
    page(f, "/applications", "{\"groups\":[\"ArgoCD Admins\"]}", &r);
    AUTO(xfree) char *admin = row_of(r.body, "applications");
    AUTO(xfree) char *extensions = row_of(r.body, "extensions");
    assert_cell(admin, "sync", "yes");
    assert_cell(admin, "action", "yes");
    assert_cell(extensions, "invoke", "no"); /* not even role:admin */
}

/* A right on one project shows in the list of applications, not in the table of everything. */
static void test_home__rights_on_some_objects(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    page(f, "/", "{\"groups\":[\"Team A\"]}", &r);
    AUTO(xfree) char *apps = row_of(r.body, "applications");
    AUTO(xfree) char *web = row_of(r.body, "team-a/web");
    assert_cell(apps, "sync", "no");
    assert_cell(web, "sync", "yes");
    assert_cell(web, "delete", "no");
    assert_false(cstr_contains(r.body, "default/guestbook"));
    page(f, "/", "{\"groups\":[]}", &r);
    assert_has(r.body, "<p class=\"none\" id=\"applications\">none</p>");
}

static void test_home__leaves_no_decisions_in_the_trace(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    page(f, "/", "{}", &r);
    for (size_t i = 0; i < trace_len(f->trace); i++)
        assert_int_not_equal(trace_at(f->trace, i)->kind, TRACE_DECISION);
}

static void test_home__a_broken_policy_is_shown(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    struct err err = {0};
    fx_policy(f, "garbage\n", NULL);
    assert_int_equal(argocd_mock_change(f->mock, &f->setup, &err), 0);
    page(f, "/", "{}", &r);
    assert_has(r.body, "<p class=\"error\" role=\"alert\">error loading RBAC policy: ");
    AUTO(xfree) char *apps = row_of(r.body, "applications");
    assert_cell(apps, "get", "no");
}

static void test_home__anonymous(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    js_set_text(f->cm, "users.anonymous.enabled", "true");
    page(f, "/", NULL, &r);
    assert_has(r.body, "<span id=\"who\">anonymous</span>");
    assert_has(r.body, "<ul id=\"groups\"></ul><span class=\"none\">none</span>");
}

static void test_nobody__goes_where_the_application_goes(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    page(f, "/x", NULL, &r);
    assert_has(r.body, "content=\"0; url=/login?return_url=https%3A%2F%2Fargocd.company%2Fx\"");
    page(f, "/x", "{\"exp\":1767225599}", &r); /* an SSO session that ended */
    assert_has(r.body, "content=\"0; url=/auth/login?return_url=");
}

static void test_login__local_form_only_where_it_is_on(void **state)
{
    struct fx *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    page(f, "/login", NULL, &r);
    assert_has(r.body, "<a class=\"button\" id=\"sso-login\" href=\"/auth/login?return_url=\">");
    assert_has(r.body, "<form id=\"local-login\" method=\"post\" action=\"/api/v1/session\"");
    js_set_text(f->cm, "admin.enabled", "false");
    page(f, "/login", NULL, &r);
    assert_has(r.body, "id=\"sso-login\"");
    assert_false(cstr_contains(r.body, "local-login"));
    js_set_text(f->cm, "dex.config", "");
    page(f, "/login", NULL, &r);
    assert_false(cstr_contains(r.body, "sso-login"));
    assert_has(r.body, wire("ui.disabled"));
}

/* ---- whole, as files ---- */

struct whole {
    const char *file;
    const char *path;
    const char *patch; /* of the token; NULL: nobody */
    int status;
};

static const struct whole wholes[] = {
    {"argocd/login.html", "/login", NULL, 200},
    {"argocd/login-failed.html", "/login?has_sso_error=true&return_url=%2Fx%22", NULL, 200},
    {"argocd/nobody.html", "/applications", NULL, 200},
    {"argocd/home-admin.html", "/", "{\"groups\":[\"ArgoCD Admins\"]}", 200},
    {"argocd/home-viewer.html", "/", "{\"groups\":[\"ArgoCD Viewers\"]}", 200},
    {"argocd/home-no-groups.html", "/", "{\"groups\":null}", 200},
};

static void test_pages__whole(void **state)
{
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(wholes); i++) {
        AUTO(http_response_deinit) struct http_response r = {0};
        page(f, wholes[i].path, wholes[i].patch, &r);
        assert_int_equal(r.status, wholes[i].status);
        golden_check(wholes[i].file, r.body);
    }
}

/* ---- symptoms (argocd.md 9) ---- */

struct symptom {
    const char *row;
    const char *policy;
    const char *default_role;
    const char *patch;
    const char *question;
    const char *answer;
};

static const struct symptom symptoms[] = {
    {"25 no groups", "g, Admins, role:admin\n", NULL, "{\"groups\":null}",
     "applications/get/default/x", "can-i.no"},
    {"25 with a default role", "g, Admins, role:admin\n", "role:readonly", "{\"groups\":null}",
     "applications/get/default/x", "can-i.yes"},
    {"26 another case", "g, argocd admins, role:admin\n", NULL, "{\"groups\":[\"ArgoCD Admins\"]}",
     "applications/get/default/x", "can-i.no"},
    {"26 a role with a blank", "g, ArgoCD Admins, role: admin\n", NULL,
     "{\"groups\":[\"ArgoCD Admins\"]}", "applications/get/default/x", "can-i.no"},
    {"26 quotes are no part of it", "g, \"ArgoCD Admins\", role:admin\n", NULL,
     "{\"groups\":[\"ArgoCD Admins\"]}", "applications/get/default/x", "can-i.yes"},
    {"27 p rows for a group alone", "p, Team, applications, get, */*, allow\n", NULL,
     "{\"groups\":[\"Team\"]}", "applications/get/default/x", "can-i.no"},
    {"27 and with a g row", "p, Team, applications, get, */*, allow\ng, Team, role:none\n", NULL,
     "{\"groups\":[\"Team\"]}", "applications/get/default/x", "can-i.yes"},
    {"28 a deny beside an allow of another group",
     "p, role:no, applications, get, */*, deny\ng, A, role:no\ng, B, role:readonly\n", NULL,
     "{\"groups\":[\"A\",\"B\"]}", "applications/get/default/x", "can-i.yes"},
    {"28 a deny within one",
     "p, role:no, applications, get, */*, deny\ng, A, role:no\n"
     "g, A, role:readonly\n",
     NULL, "{\"groups\":[\"A\"]}", "applications/get/default/x", "can-i.no"},
    {"32 lines with the long sub", "p, CghhbGljZS1pZBIJYXV0aGVudGlr, projects, get, *, allow\n",
     NULL, "{\"groups\":[]}", "projects/get/x", "can-i.no"},
    {"34 logs without a right", "p, alice-id, applications, get, */*, allow\n", NULL,
     "{\"groups\":[]}", "logs/get/default/x", "can-i.no"},
    {"43 a person called admin", "", NULL,
     "{\"groups\":[],\"federated_claims\":{\"user_id\":\"admin\"}}", "clusters/delete/x",
     "can-i.yes"},
    {"43 and one who is not", "", NULL,
     "{\"groups\":[],\"federated_claims\":{\"user_id\":\"administrator\"}}", "clusters/delete/x",
     "can-i.no"},
};

static void test_symptoms__of_rbac(void **state)
{
    struct fx *f = *state;
    for (size_t i = 0; i < TEST_COUNT(symptoms); i++) {
        const struct symptom *s = &symptoms[i];
        AUTO(http_response_deinit) struct http_response r = {0};
        AUTO(xfree) char *token = fx_token(f, s->patch, "rsa-2048-1");
        AUTO(xfree) char *line = fx_bearer_line(token);
        AUTO(xfree) char *path = xasprintf("/api/v1/account/can-i/%s", s->question);
        fx_policy(f, s->policy, s->default_role);
        fx_restart(f);
        fx_get(f, path, line, &r);
        if (!cstr_eq(r.body, wire(s->answer)))
            fail_msg("%s: %d %s", s->row, r.status, r.body);
    }
}

#define FX_TEST(f_) cmocka_unit_test_setup_teardown(f_, fx_setup, fx_teardown)

static const struct CMUnitTest tests[] = {
    FX_TEST(test_pages__whole),
    FX_TEST(test_home__who_groups_and_roles),
    FX_TEST(test_home__says_yes_and_no_as_the_policy),
    FX_TEST(test_home__rights_on_some_objects),
    FX_TEST(test_home__leaves_no_decisions_in_the_trace),
    FX_TEST(test_home__a_broken_policy_is_shown),
    FX_TEST(test_home__anonymous),
    FX_TEST(test_nobody__goes_where_the_application_goes),
    FX_TEST(test_login__local_form_only_where_it_is_on),
    FX_TEST(test_symptoms__of_rbac),
};

int main(void)
{
    return TEST_MAIN(tests);
}
