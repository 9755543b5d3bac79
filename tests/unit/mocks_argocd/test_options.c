/*
 * argocd-server's flags and environment (argocd.md 1.1, 2, 7.5): what each does, what is none, and
 * what is written wrongly.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/argocd.h"
#include "mocks/argocd/options.h"

struct row {
    const char *key; /* of argocd-cmd-params-cm; NULL = none */
    const char *value;
    const char *rootpath, *basehref, *cookie_path, *origin;
    bool insecure, verifies_dex, dex_is_plain;
};

#define DEX "https://argocd-dex-server:5556"

static const struct row rows[] = {
    {NULL, NULL, "", "/", "/", DEX, false, false, false},
    {"server.rootpath", "/argocd/", "/argocd", "/argocd/", "/argocd", DEX, false, false, false},
    {"server.rootpath", "a/b", "/a/b", "a/b", "/a/b", DEX, false, false, false},
    {"server.basehref", "/ui", "", "/ui", "/ui", DEX, false, false, false},
    {"server.insecure", "true", "", "/", "/", DEX, true, false, false},
    {"server.insecure", "yes", "", "/", "/", DEX, false, false, false},
    {"server.dex.server", "dex:1", "", "/", "/", "https://dex:1", false, false, false},
    {"server.dex.server", "http://dex:1/x", "", "/", "/", "http://dex:1", false, false, false},
    {"server.dex.server.plaintext", "true", "", "/", "/", "http://argocd-dex-server:5556", false,
     false, false},
    {"server.dex.server.strict.tls", "true", "", "/", "/", DEX, false, true, false},
    {"dexserver.disable.tls", "true", "", "/", "/", DEX, false, false, true},
};

static void test_options__flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct row *r = &rows[i];
        AUTO(js_free) struct js *params = js_object();
        AUTO(argocd_options_deinit) struct argocd_options o = {0};
        if (r->key != NULL)
            js_set_text(params, r->key, r->value);
        const struct setup setup = {.argocd = {.cmd_params = params}};
        argocd_options_read(&setup, &o);
        AUTO(xfree) char *origin = argocd_dex_origin(&setup);
        assert_string_equal(o.rootpath, r->rootpath);
        assert_string_equal(o.basehref, r->basehref);
        assert_string_equal(o.cookie_path, r->cookie_path);
        assert_string_equal(origin, r->origin);
        assert_true(o.insecure == r->insecure);
        assert_true(argocd_verifies_dex(&setup) == r->verifies_dex);
        assert_true(argocd_dex_is_plain(&setup) == r->dex_is_plain);
        /* The default base href differs from any root path. */
        assert_true((o.conflict != NULL) == (r->rootpath[0] != '\0'));
        assert_int_equal(o.cookies, 20);
    }
}

static void test_options__conflict(void **state)
{
    (void)state;
    AUTO(js_free) struct js *params = js_object();
    AUTO(argocd_options_deinit) struct argocd_options o = {0};
    js_set_text(params, "server.rootpath", "/a");
    js_set_text(params, "server.basehref", "/b");
    const struct setup setup = {.argocd = {.cmd_params = params}};
    argocd_options_read(&setup, &o);
    assert_string_equal(o.conflict,
                        "--basehref and --rootpath had conflict: basehref: /b rootpath: /a");
    assert_string_equal(o.basehref, "/a");
}

static void test_options__provider_and_environment(void **state)
{
    (void)state;
    AUTO(js_free) struct js *cm = js_object();
    AUTO(js_free) struct js *env = js_object();
    AUTO(argocd_options_deinit) struct argocd_options o = {0};
    const struct setup setup = {.argocd = {.cm = cm, .env = env}};
    assert_true(argocd_verifies_provider(&setup));
    js_set_text(cm, "oidc.tls.insecure.skip.verify", "true");
    assert_false(argocd_verifies_provider(&setup));
    js_set_text(env, "ARGOCD_MAX_COOKIE_NUMBER", "3");
    js_set_text(env, "ARGOCD_SESSION_FAILURE_MAX_FAIL_COUNT", "x");
    argocd_options_read(&setup, &o);
    assert_int_equal(o.cookies, 3);
    assert_int_equal(o.failures, 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_options__flags),
    cmocka_unit_test(test_options__conflict),
    cmocka_unit_test(test_options__provider_and_environment),
};

int main(void)
{
    return TEST_MAIN(tests);
}
