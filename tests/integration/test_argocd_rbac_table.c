/*
 * The rows of reference/rbac-cases.tsv that speak of claims, asked over HTTP with a token: each in
 * releases at the edges of those for which it holds. What cannot be asked over REST is refused as
 * argocd.md 4.5 says.
 */
#include "tests/integration/argocd_rows.h"

#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/setup/version.h"

enum column {
    ID,
    POLICY,
    BUILTIN,
    PROJECT_POLICY,
    DEFAULT_ROLE,
    MATCH_MODE,
    KIND,
    SUBJECT,
    GROUPS,
    RESOURCE,
    ACTION,
    OBJECT,
    EXPECT,
    VERSIONS,
    SOURCE,
    COLUMNS
};

struct row {
    char *field[COLUMNS];
};

static const char *const samples[] = {"2.4", "2.5", "2.7", "2.8", "2.14", "3.0", "3.5", NULL};

static void row_deinit(struct row *row)
{
    for (size_t c = 0; c < COLUMNS; c++)
        xfree(row->field[c]);
    *row = (struct row){0};
}

DEFINE_AUTO_VALUE(struct row, row_deinit)

static bool read_row(struct str *rest, struct row *ret)
{
    struct str line = {0};
    struct str field = {0};
    if (!str_next(rest, '\n', &line) || line.len == 0)
        return false;
    for (size_t c = 0; c < COLUMNS && str_next(&line, '\t', &field); c++)
        ret->field[c] = xstrndup(field.ptr, field.len);
    return ret->field[SOURCE] != NULL;
}

/* ---- versions: "v2.4+", "v2.4", "v2.4 - v2.14 …" ---- */

static bool version_at(struct str text, struct setup_version *ret)
{
    size_t n = strspn(text.ptr, "v0123456789.");
    AUTO(xfree) char *one = xstrndup(text.ptr, n < text.len ? n : text.len);
    return version_parse(one, ret) == 0;
}

static bool is_later(const struct setup_version *a, const struct setup_version *b)
{
    return version_least(a, b->major, b->minor, b->patch) &&
           (a->major != b->major || a->minor != b->minor || a->patch != b->patch);
}

static bool holds_in(const struct row *row, const char *version)
{
    const char *text = row->field[VERSIONS];
    const char *dash = strstr(text, " - ");
    struct setup_version v = {0};
    struct setup_version low = {0};
    struct setup_version high = {0};
    assert_int_equal(version_parse(version, &v), 0);
    if (!version_at(str_of(text), &low))
        fail_msg("row %s: versions '%s'", row->field[ID], text);
    if (!version_least(&v, low.major, low.minor, 0))
        return false;
    if (strchr(text, '+') != NULL)
        return true;
    high = low;
    if (dash != NULL && !version_at(str_of(dash + 3), &high))
        fail_msg("row %s: versions '%s'", row->field[ID], text);
    return !is_later(&v, &high);
}

/* ---- asking ---- */

static char *policy_text(const char *name)
{
    if (name[0] == '\0')
        return NULL;
    AUTO(xfree) char *file = xasprintf("rbac/rbac-policies/%s.csv", name);
    return test_data_text(file);
}

/* The row's policy, as this version loads it. */
static void load(struct fx *f, const struct row *row)
{
    struct setup_argocd *a = &f->setup.argocd;
    AUTO(xfree) char *policy = policy_text(row->field[POLICY]);
    AUTO(xfree) char *builtin = policy_text(row->field[BUILTIN]);
    AUTO(xfree) char *project = policy_text(row->field[PROJECT_POLICY]);
    const struct rbac_conf conf = {
        .builtin = builtin,
        .policy = policy,
        .project_policy = project,
        .default_role = row->field[DEFAULT_ROLE],
        .match = cstr_eq(row->field[MATCH_MODE], "regex") ? RBAC_REGEX : RBAC_GLOB,
        .lenient_lines = !a->quirks[ARGOCD_QUIRK_STRICT_LINES],
        .deep_roles = !a->quirks[ARGOCD_QUIRK_ROLE_DEPTH],
        .no_appset_projects = !a->quirks[ARGOCD_QUIRK_APPSET_PROJECTS],
    };
    struct rbac *fresh = NULL;
    struct err err = {0};
    a->rbac_error = rbac_new(&conf, &fresh, &err) == 0 ? NULL : "error loading RBAC policy: so";
    a->rbac = fresh;
    rbac_free(f->rbac);
    f->rbac = fresh;
    assert_int_equal(argocd_mock_change(f->mock, &f->setup, &err), 0);
}

static bool is_word(const char *list, const char *word)
{
    AUTO(xfree) char *with = xasprintf(" %s ", word);
    return strstr(list, with) != NULL;
}

/* What a client gets that the row would have asked about. */
static int expected_status(const struct fx *f, const struct row *row)
{
    const bool *quirks = f->setup.argocd.quirks;
    const char *last = strrchr(row->field[OBJECT], '/');
    if (strstr(row->field[OBJECT], "//") != NULL)
        return quirks[ARGOCD_QUIRK_MUX_307] ? 307 : 301;
    if (strchr(last != NULL ? last : row->field[OBJECT], ':') != NULL)
        return 404;
    bool action =
        is_word(" get create update delete sync override ", row->field[ACTION]) ||
        (quirks[ARGOCD_QUIRK_CAN_I_LISTS] && is_word(" action invoke ", row->field[ACTION]));
    bool resource =
        is_word(" clusters projects applications repositories certificates logs exec ",
                row->field[RESOURCE]) ||
        (quirks[ARGOCD_QUIRK_CAN_I_APPSETS] &&
         is_word(" applicationsets ", row->field[RESOURCE])) ||
        (quirks[ARGOCD_QUIRK_CAN_I_LISTS] &&
         is_word(" write-repositories accounts gpgkeys extensions ", row->field[RESOURCE]));
    if (!action || !resource)
        return 400;
    return cstr_eq(row->field[EXPECT], "load-error") ? 500 : 200;
}

static void ask(struct fx *f, const struct row *row, const char *version, size_t *asked)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    AUTO(xfree)
    char *patch = xasprintf("{\"sub\":\"%s\",\"federated_claims\":null,\"groups\":%s}",
                            row->field[SUBJECT], row->field[GROUPS]);
    AUTO(xfree) char *token = fx_token(f, patch, "rsa-2048-1");
    AUTO(xfree) char *line = fx_bearer_line(token);
    AUTO(xfree) char *resource = url_encode(str_of(row->field[RESOURCE]), "");
    AUTO(xfree) char *action = url_encode(str_of(row->field[ACTION]), "");
    AUTO(xfree) char *object = url_encode(str_of(row->field[OBJECT]), "/:*");
    AUTO(xfree) char *path = xasprintf("/api/v1/account/can-i/%s/%s/%s", resource, action, object);
    int status = expected_status(f, row);
    /* An action with a slash is a segment more: the object begins earlier, and the word before the
     * slash is what is asked for. */
    if (strchr(row->field[ACTION], '/') != NULL && status == 400)
        return;
    fx_get(f, path, line, &r);
    const char *body = status != 200                          ? ""
                       : cstr_eq(row->field[EXPECT], "allow") ? wire("can-i.yes")
                                                              : wire("can-i.no");
    if (r.status != status || !cstr_contains(r.body, body))
        fail_msg("row %s in %s: %s: %d %s; expected %d %s", row->field[ID], version, path, r.status,
                 r.body, status, body);
    *asked += status == 200 ? 1 : 0;
}

static void test_table__over_http(void **state)
{
    struct fx *f = *state;
    AUTO(xfree) char *text = test_data_text("rbac/rbac-cases.tsv");
    js_set_text(f->cm, "server.rbac.log.enforce.enable", "true");
    for (const char *const *v = samples; *v != NULL; v++) {
        struct str rest = str_of(text);
        struct str head = {0};
        size_t asked = 0;
        size_t rows = 0;
        argocd_rows_version(f, *v, NULL);
        assert_true(str_next(&rest, '\n', &head));
        for (;; rows++) {
            AUTO(row_deinit) struct row row = {0};
            if (!read_row(&rest, &row))
                break;
            if (cstr_eq(row.field[KIND], "claims") && holds_in(&row, *v)) {
                load(f, &row);
                ask(f, &row, *v, &asked);
            }
        }
        assert_int_equal(rows, 207);
        if (asked < 80)
            fail_msg("only %zu rows could be asked in %s", asked, *v);
    }
}

/* Rows whose policy does not load: a running server answers 500 to everything, a starting one ends
 * (5.3). */
static void test_table__load_errors(void **state)
{
    struct fx *f = *state;
    AUTO(xfree) char *text = test_data_text("rbac/rbac-cases.tsv");
    AUTO(xfree) char *line = fx_bearer_line(f->dex.id_token);
    struct str rest = str_of(text);
    size_t broken = 0;
    for (;;) {
        AUTO(row_deinit) struct row row = {0};
        AUTO(http_response_deinit) struct http_response r = {0};
        if (!read_row(&rest, &row))
            break;
        if (!cstr_eq(row.field[EXPECT], "load-error"))
            continue;
        load(f, &row);
        fx_get(f, "/api/v1/account/can-i/projects/get/x", line, &r);
        assert_int_equal(r.status, 500);
        assert_has(r.body, "\"code\":13");
        fx_restart(f);
        assert_non_null(argocd_mock_down(f->mock));
        fx_policy(f, "", NULL);
        fx_restart(f);
        broken++;
    }
    assert_true(broken >= 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_table__over_http, fx_setup, fx_teardown),
    cmocka_unit_test_setup_teardown(test_table__load_errors, fx_setup, fx_teardown),
};

int main(void)
{
    return TEST_MAIN(tests);
}
