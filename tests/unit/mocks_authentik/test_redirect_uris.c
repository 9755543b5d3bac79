/*
 * Which redirect URIs are taken (authentik.md 3.3): strict and regex entries, the lines of before
 * CVE-2024-52289, the list that learns, entries for logout.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#define NEW "2026.2"
#define OLD "2024.8.4"

struct uri_row {
    const char *name;
    const char *version;
    struct setup_redirect entries[3]; /* ended by one without url */
    const char *uri;
    bool taken;
};

static const struct uri_row rows[] = {
    {"strict, equal", NEW, {{.url = "https://rp.example/cb"}}, "https://rp.example/cb", true},
    {"strict, slash more",
     NEW,
     {{.url = "https://rp.example/cb"}},
     "https://rp.example/cb/",
     false},
    {"strict, slash less",
     NEW,
     {{.url = "https://rp.example/cb/"}},
     "https://rp.example/cb",
     false},
    {"strict, host in capitals",
     NEW,
     {{.url = "https://rp.example/cb"}},
     "https://RP.example/cb",
     false},
    {"strict, port written",
     NEW,
     {{.url = "https://rp.example/cb"}},
     "https://rp.example:443/cb",
     false},
    {"strict, query", NEW, {{.url = "https://rp.example/cb"}}, "https://rp.example/cb?a=1", false},
    {"strict, query registered",
     NEW,
     {{.url = "https://rp.example/cb?a=1"}},
     "https://rp.example/cb?a=1",
     true},
    {"strict, fragment", NEW, {{.url = "https://rp.example/cb"}}, "https://rp.example/cb#", false},
    {"strict, http", NEW, {{.url = "https://rp.example/cb"}}, "http://rp.example/cb", false},
    {"strict, loopback by number",
     NEW,
     {{.url = "http://localhost:8085/cb"}},
     "http://127.0.0.1:8085/cb",
     false},
    {"strict, loopback, other port",
     NEW,
     {{.url = "http://127.0.0.1:8085/cb"}},
     "http://127.0.0.1:8086/cb",
     false},
    {"strict is no pattern",
     NEW,
     {{.url = "https://rp.example/.*"}},
     "https://rp.example/cb",
     false},
    {"strict star is a star", NEW, {{.url = "*"}}, "https://rp.example/cb", false},
    {"second entry", NEW, {{.url = "https://a"}, {.url = "https://b"}}, "https://b", true},
    {"regex",
     NEW,
     {{.regex = true, .url = "https://rp-\\d+\\.example/cb"}},
     "https://rp-7.example/cb",
     true},
    {"regex, anchored in front",
     NEW,
     {{.regex = true, .url = "rp\\.example/cb"}},
     "https://rp.example/cb",
     false},
    {"regex, anchored behind",
     NEW,
     {{.regex = true, .url = "https://rp\\.example"}},
     "https://rp.example/cb",
     false},
    {"regex, no line end",
     NEW,
     {{.regex = true, .url = "https://rp\\.example"}},
     "https://rp.example\n",
     false},
    {"regex, case counts",
     NEW,
     {{.regex = true, .url = "https://rp\\.example"}},
     "https://RP.example",
     false},
    {"regex, look-around",
     NEW,
     {{.regex = true, .url = "https://(?!evil)\\w+\\.example"}},
     "https://good.example",
     true},
    {"regex, look-around refuses",
     NEW,
     {{.regex = true, .url = "https://(?!evil)\\w+\\.example"}},
     "https://evil.example",
     false},
    {"invalid regex is skipped",
     NEW,
     {{.regex = true, .url = "("}, {.url = "https://b"}},
     "https://b",
     true},
    {"invalid regex equals nothing",
     NEW,
     {{.regex = true, .url = "https://a/("}},
     "https://a/(",
     false},
    {"logout entry",
     NEW,
     {{.url = "https://out", .logout = true}, {.url = "https://a"}},
     "https://out",
     false},
    {"logout entry beside",
     NEW,
     {{.url = "https://out", .logout = true}, {.url = "https://a"}},
     "https://a",
     true},
    {"old, a dot is any character",
     OLD,
     {{.url = "https://rp.example/cb"}},
     "https://rpXexample/cb",
     true},
    {"old, same", OLD, {{.url = "https://rp.example/cb"}}, "https://rp.example/cb", true},
    {"old, still anchored",
     OLD,
     {{.url = "https://rp.example/cb"}},
     "https://rp.example/cb/",
     false},
    {"old, query is no literal",
     OLD,
     {{.url = "https://rp.example/cb?a=1"}},
     "https://rp.example/cb?a=1",
     false},
    {"old, lines in one entry",
     OLD,
     {{.url = "https://a\nhttps://b  https://c"}},
     "https://b",
     true},
    {"old, lines in one entry, other",
     OLD,
     {{.url = "https://a\nhttps://b"}},
     "https://a https://b",
     false},
    {"old, star alone", OLD, {{.url = "*"}}, "https://anything.example/", true},
    {"old, star beside another", OLD, {{.url = "https://a"}, {.url = "*"}}, "https://other", false},
    {"old, star beside another compares", OLD, {{.url = "https://b"}, {.url = "*"}}, "*", true},
    {"old, broken pattern compares all",
     OLD,
     {{.url = "https://a/("}, {.url = "https://b"}},
     "https://b",
     true},
    {"old, broken pattern no longer matches",
     OLD,
     {{.url = "("}, {.url = "https://b.*"}},
     "https://bb",
     false},
    {"old, match before the broken one",
     OLD,
     {{.url = "https://b.*"}, {.url = "("}},
     "https://bb",
     true},
    {"old, broken itself", OLD, {{.url = "https://a/("}}, "https://a/(", true},
    {0}};

static int status_of(struct fx *f, const char *uri)
{
    AUTO(params_deinit) struct params q = {0};
    params_add(&q, "client_id", "my_client_id");
    params_add(&q, "response_type", "code");
    params_add(&q, "scope", "openid");
    params_add(&q, "redirect_uri", uri);
    AUTO(xfree) char *text = params_form(&q);
    AUTO(xfree) char *path = xasprintf("/application/o/authorize/?%s", text);
    fx_get(f, path);
    return f->resp.status;
}

static void test_uri__rows(void **state)
{
    (void)state;
    for (const struct uri_row *r = rows; r->name != NULL; r++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = r->version;
        f.setup.authentik.redirects = r->entries;
        f.setup.authentik.redirects_len = r->entries[1].url != NULL ? 2 : 1;
        fx_start(&f);
        int status = status_of(&f, r->uri);
        if (status != (r->taken ? 302 : 400))
            fail_msg("%s: %d", r->name, status);
        if (!r->taken)
            assert_true(fx_has(&f, fx_literal("authorize.redirect-title")));
        fx_stop(&f);
    }
}

/* RFC 3986 schemes that a browser runs, in any case; others are nobody's business. */
static void test_scheme__rows(void **state)
{
    (void)state;
    static const struct setup_redirect any[] = {{.regex = true, .url = ".*"}};
    static const char *const refused[] = {"javascript:x", "JavaScript:x", "data:text/html,x",
                                          "vbscript:x"};
    static const char *const taken[] = {"argocd://cb", "javascripts:x", "http://rp"};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.redirects = any;
    f.setup.authentik.redirects_len = 1;
    fx_start(&f);
    for (size_t i = 0; i < TEST_COUNT(refused); i++)
        assert_int_equal(status_of(&f, refused[i]), 400);
    for (size_t i = 0; i < TEST_COUNT(taken); i++)
        assert_int_equal(status_of(&f, taken[i]), 302);
    fx_stop(&f);
}

static void change(struct fx *f, struct setup *other)
{
    struct err err = {0};
    if (authentik_mock_change(f->mock, other, &err) != 0)
        fail_msg("%s", err.msg);
}

/* The first one stays, over a change of something else, until there is a list. */
static void test_learnt__once_and_kept(void **state)
{
    (void)state;
    static const struct setup_redirect listed[] = {{.url = "https://b"}};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.redirects_len = 0;
    fx_start(&f);
    assert_int_equal(status_of(&f, "https://a"), 302);
    assert_int_equal(status_of(&f, "https://b"), 400);
    struct setup other = f.setup;
    other.authentik.signing_key = "ec";
    change(&f, &other);
    assert_int_equal(status_of(&f, "https://b"), 400);
    assert_int_equal(status_of(&f, "https://a"), 302);
    struct setup with_list = f.setup;
    with_list.authentik.redirects = listed;
    with_list.authentik.redirects_len = 1;
    change(&f, &with_list);
    assert_int_equal(status_of(&f, "https://a"), 400);
    assert_int_equal(status_of(&f, "https://b"), 302);
    fx_stop(&f);
}

/* Learnt in the old form it is a pattern, which may not even fit itself. */
static void test_learnt__as_a_pattern(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = OLD;
    f.setup.authentik.redirects_len = 0;
    fx_start(&f);
    assert_int_equal(status_of(&f, "https://rp.example/cb"), 302);
    assert_int_equal(status_of(&f, "https://rpXexample/cb"), 302);
    fx_stop(&f);
    fx_init(&f);
    f.setup.authentik.version = OLD;
    f.setup.authentik.redirects_len = 0;
    fx_start(&f);
    assert_int_equal(status_of(&f, "https://rp.example/cb?a=1"), 400);
    fx_stop(&f);
}

/* Logout entries make no list of authorization URIs. */
static void test_learnt__beside_logout_entries(void **state)
{
    (void)state;
    static const struct setup_redirect out[] = {{.url = "https://out", .logout = true}};
    static const char *const versions[] = {"2026.2", "2026.5"};
    for (size_t i = 0; i < TEST_COUNT(versions); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = versions[i];
        f.setup.authentik.redirects = out;
        f.setup.authentik.redirects_len = 1;
        fx_start(&f);
        assert_int_equal(status_of(&f, "https://a"), i == 0 ? 302 : 400);
        fx_stop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uri__rows),
        cmocka_unit_test(test_scheme__rows),
        cmocka_unit_test(test_learnt__once_and_kept),
        cmocka_unit_test(test_learnt__as_a_pattern),
        cmocka_unit_test(test_learnt__beside_logout_entries),
    };
    return TEST_MAIN(tests);
}
