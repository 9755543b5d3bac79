/*
 * What is run on either side of an upgrade: which rows are turned over, what is kept, what is
 * migrated; and what is refused before anything runs.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/upgrade/internal.h"

struct plan {
    struct js *doc;
    struct upgrade_conf conf;
    struct upgrade *u;
};

static int make(struct plan *p, enum system system, const char *setup, const char *from,
                const char *to, bool new_provider, struct err *err)
{
    *p = (struct plan){0};
    assert_int_equal(js_parse(str_of(setup), "setup", &p->doc, NULL), 0);
    p->conf = (struct upgrade_conf){.setup_doc = p->doc,
                                    .setup_source = "setup.yaml",
                                    .system = system,
                                    .from = from,
                                    .to = to,
                                    .new_provider = new_provider};
    p->u = xcalloc(1, sizeof(*p->u));
    p->u->conf = &p->conf;
    return upgrade_plan(p->u, err);
}

static void plan(struct plan *p, const char *setup, const char *from, const char *to,
                 bool new_provider)
{
    struct err err = {0};
    if (make(p, SYSTEM_AUTHENTIK, setup, from, to, new_provider, &err) != 0)
        fail_msg("%s", err.msg);
}

static void plan_of(struct plan *p, enum system system, const char *setup, const char *from,
                    const char *to)
{
    struct err err = {0};
    if (make(p, system, setup, from, to, false, &err) != 0)
        fail_msg("%s", err.msg);
}

static void done(struct plan *p)
{
    upgrade_free(p->u);
    js_free(p->doc);
}

static void refused(const char *setup, const char *from, const char *to, const char *says)
{
    struct plan p;
    struct err err = {0};
    assert_int_equal(make(&p, SYSTEM_AUTHENTIK, setup, from, to, false, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    if (strstr(err.msg, says) == NULL)
        fail_msg("'%s' does not say '%s'", err.msg, says);
    done(&p);
}

static bool differs(const struct plan *p, const char *row)
{
    for (size_t d = 0; d < p->u->differing_len; d++)
        if (strcmp(p->u->rows[p->u->differing[d]].quirk->id, row) == 0)
            return true;
    return false;
}

/* The patch after the upgrade, with one row turned back or NULL; caller frees. */
static struct js *after(const struct plan *p, const char *row)
{
    AUTO(xfree) char *storage = xcalloc(p->u->differing_len + 1, sizeof(bool));
    bool *set = (bool *)storage;
    for (size_t d = 0; row != NULL && d < p->u->differing_len; d++)
        set[d] = strcmp(p->u->rows[p->u->differing[d]].quirk->id, row) == 0;
    return upgrade_patch_to(p->u, set);
}

static void patch_is(struct js *take, const char *expected)
{
    AUTO(js_free) struct js *patch = take;
    AUTO(xfree) char *text = js_compact(js_get(patch, "authentik"));
    assert_string_equal(text, expected);
}

/* Argo CD's upgrade is its Dex's, too: 3.4 came with 2.45. */
static void test_rows__of_the_dex_that_comes_along(void **state)
{
    (void)state;
    static const struct {
        const char *setup;
        bool comes;
    } cases[] = {
        {"{}", true},
        {"{\"dex\": {\"env\": {}}}", true},
        {"{\"dex\": {\"version\": \"2.45.0\"}}", false}, /* it says which one it is */
        {"{\"dex\": {\"quirks\": {\"upstream-pkce\": true}}}", false},
    };
    for (size_t i = 0; i < TEST_COUNT(cases); i++) {
        struct plan p;
        plan_of(&p, SYSTEM_ARGOCD, cases[i].setup, "3.3", "3.4");
        assert_true(differs(&p, "revoke"));
        assert_false(differs(&p, "user-id"));
        assert_int_equal(differs(&p, "upstream-pkce"), cases[i].comes);
        done(&p);
    }
    struct plan p;
    plan_of(&p, SYSTEM_ARGOCD, "{}", "3.3", "3.4");
    AUTO(js_free) struct js *turned = after(&p, "upstream-pkce");
    AUTO(xfree) char *text = js_compact(turned);
    assert_string_equal(text, "{\"argocd\":{\"version\":\"3.4\",\"quirks\":{}},"
                              "\"dex\":{\"quirks\":{\"upstream-pkce\":false}}}");
    done(&p);
    plan_of(&p, SYSTEM_DEX, "{}", "2.43", "2.45");
    assert_true(differs(&p, "upstream-pkce"));
    assert_false(differs(&p, "revoke"));
    done(&p);
}

static void test_rows__between_the_versions(void **state)
{
    (void)state;
    struct plan p;
    plan(&p, "{}", "2025.12", "2026.2", false);
    assert_true(differs(&p, "jti"));
    assert_false(differs(&p, "sid"));         /* older */
    assert_false(differs(&p, "grant-types")); /* newer */
    assert_false(p.u->downgrade);
    done(&p);
    plan(&p, "{\"authentik\": {\"quirks\": {\"jti\": true}}}", "2025.12", "2026.2", false);
    assert_false(differs(&p, "jti")); /* the setup says so for both */
    done(&p);
    plan(&p, "{}", "2026.2", "2025.12", false);
    assert_true(differs(&p, "jti"));
    assert_true(p.u->downgrade);
    assert_int_equal(p.u->notes.len, 1);
    done(&p);
    plan(&p, "{}", "2026.2", "2026.2", false);
    assert_int_equal(p.u->differing_len, 0);
    assert_false(p.u->downgrade);
    done(&p);
}

static void test_rows__down_to_the_patch(void **state)
{
    (void)state;
    struct plan p;
    plan(&p, "{}", "2026.2.1", "2026.2.2", false);
    assert_int_equal(p.u->differing_len, 1);
    assert_true(differs(&p, "basic-decoded"));
    done(&p);
}

/* A key that exists keeps its kid (authentik.md 6.1); a provider made new has a new one. */
static void test_kept__the_kid(void **state)
{
    (void)state;
    struct plan p;
    plan(&p, "{}", "2025.12", "2026.2", false);
    assert_false(differs(&p, "long-kid"));
    patch_is(after(&p, NULL), "{\"version\":\"2026.2\",\"quirks\":{\"long-kid\":false}}");
    patch_is(after(&p, "jti"),
             "{\"version\":\"2026.2\",\"quirks\":{\"long-kid\":false,\"jti\":false}}");
    patch_is(upgrade_patch_from(p.u), "{\"version\":\"2025.12\",\"quirks\":{\"long-kid\":false}}");
    done(&p);
    plan(&p, "{}", "2025.12", "2026.2", true);
    assert_true(differs(&p, "long-kid"));
    patch_is(after(&p, NULL), "{\"version\":\"2026.2\",\"quirks\":{}}");
    done(&p);
}

#define PROVIDER(members_) "{\"authentik\": {\"provider\": {" members_ "}}}"
#define AFTER "{\"version\":\"2026.5\",\"quirks\":{}"

/* Existing providers get all grant types (authentik.md 9, 2026.5.0); one made new has none. */
static void test_migration__grant_types(void **state)
{
    (void)state;
    static const struct {
        const char *setup;
        bool new_provider;
        const char *patch;
    } rows[] = {
        {"{}", false, AFTER "}"},
        {"{}", true, AFTER ",\"provider\":{\"grant_types\":[]}}"},
        {PROVIDER("\"grant_types\": []"), false, AFTER ",\"provider\":{\"grant_types\":null}}"},
        {PROVIDER("\"grant_types\": []"), true, AFTER "}"},
        {PROVIDER("\"grant_types\": [\"implicit\"]"), false, AFTER "}"},
        {PROVIDER("\"grant_types\": [\"implicit\"]"), true, AFTER "}"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct plan p;
        plan(&p, rows[i].setup, "2026.2", "2026.5", rows[i].new_provider);
        patch_is(after(&p, NULL), rows[i].patch);
        /* with the row the migration goes, too */
        patch_is(after(&p, "grant-types"),
                 "{\"version\":\"2026.5\",\"quirks\":{\"grant-types\":false}}");
        done(&p);
    }
    struct plan p;
    plan(&p, PROVIDER("\"grant_types\": []"), "2026.5", "2026.8", false);
    patch_is(after(&p, NULL), "{\"version\":\"2026.8\",\"quirks\":{}}"); /* it was so before */
    done(&p);
}

/* Old lines become strict, unless exactly * or .* (authentik.md 3.3, migration 0024). */
static void test_migration__redirects(void **state)
{
    (void)state;
    static const char *const setup =
        PROVIDER("\"redirect_uris\": [{\"matching_mode\": \"regex\", \"url\": \"https://a/.*\"},"
                 "{\"matching_mode\": \"strict\", \"url\": \"https://b\"},"
                 "{\"matching_mode\": \"strict\", \"url\": \"*\"},"
                 "{\"matching_mode\": \"regex\", \"url\": \".*\"}]");
    struct plan p;
    plan(&p, setup, "2024.8.4", "2024.8.5", false);
    AUTO(js_free) struct js *patch = after(&p, NULL);
    AUTO(xfree) char *text = js_compact(js_path(patch, "authentik", "provider", NULL));
    assert_string_equal(text, "{\"redirect_uris\":["
                              "{\"matching_mode\":\"strict\",\"url\":\"https://a/.*\"},"
                              "{\"matching_mode\":\"strict\",\"url\":\"https://b\"},"
                              "{\"matching_mode\":\"regex\",\"url\":\".*\"},"
                              "{\"matching_mode\":\"regex\",\"url\":\".*\"}]}");
    AUTO(js_free) struct js *back = after(&p, "structured-redirects");
    assert_null(js_path(back, "authentik", "provider", NULL));
    done(&p);
    plan(&p, setup, "2024.8.5", "2024.12", false); /* migrated long ago */
    AUTO(js_free) struct js *later = after(&p, NULL);
    assert_null(js_path(later, "authentik", "provider", NULL));
    done(&p);
}

static void test_usage__what_cannot_be(void **state)
{
    (void)state;
    refused("{}", "2025.9", "2026.8", "--from: there is no mock of authentik 2025.9; did you mean");
    refused("{}", "2025.8", "2026.7", "--to: there is no mock of authentik 2026.7; did you mean");
    refused("{}", "2025.8", "latest", "there are 2026.8, 2026.5");
    refused("{\"live\": {\"authentik\": {\"url\": \"https://a\"}}}", "2025.8", "2026.8",
            "this setup has a live authentik");
    refused("{\"live\": {\"argocd\": {\"url\": \"https://a\"}}}", "2025.8", "2026.8",
            "this setup has a live argocd");
}

static void test_usage__systems(void **state)
{
    (void)state;
    enum system s = SYSTEM_MAX_;
    struct err err = {0};
    assert_int_equal(upgrade_system("argocd", &s, &err), 0);
    assert_int_equal(s, SYSTEM_ARGOCD);
    assert_int_equal(upgrade_system("authentic", &s, &err), -1);
    assert_non_null(strstr(err.msg, "did you mean 'authentik'?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows__of_the_dex_that_comes_along),
        cmocka_unit_test(test_rows__between_the_versions),
        cmocka_unit_test(test_rows__down_to_the_patch),
        cmocka_unit_test(test_kept__the_kid),
        cmocka_unit_test(test_migration__grant_types),
        cmocka_unit_test(test_migration__redirects),
        cmocka_unit_test(test_usage__what_cannot_be),
        cmocka_unit_test(test_usage__systems),
    };
    return TEST_MAIN(tests);
}
