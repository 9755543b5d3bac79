/*
 * Whole upgrades of the guide's setup, on rows that a relying party sees: what is found, that its
 * cause is the row, and that the same setup without the row gives nothing. More rows may show than
 * are named here.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/upgrade/internal.h"
#include "tests/unit/run/suite.h"

struct story {
    struct bench_of b;
    struct upgrade_conf conf;
    struct upgrade *u;
};

static void tell(struct story *s, const char *from, const char *to, const char *patch,
                 bool new_provider)
{
    struct err err = {0};
    bench_init(&s->b);
    /* One person is enough: a login on each way. */
    bench_patch(&s->b, "{\"people\": {\"bob\": null, \"carol\": null, \"dave\": null}}");
    bench_patch(&s->b, patch);
    s->conf = (struct upgrade_conf){.setup_doc = s->b.setup,
                                    .setup_source = "guide",
                                    .from = from,
                                    .to = to,
                                    .new_provider = new_provider,
                                    .seed = 1,
                                    .jobs = 1};
    s->u = NULL;
    if (upgrade_run(&s->conf, &s->u, &err) != 0)
        fail_msg("%s", err.msg);
}

static void end(struct story *s)
{
    upgrade_free(s->u);
    bench_deinit(&s->b);
}

static const struct finding *find(const struct story *s, enum harm harm, const char *name)
{
    for (size_t i = 0; i < s->u->findings.len; i++)
        if (s->u->findings.items[i].harm == harm &&
            strcmp(s->u->findings.items[i].first->name, name) == 0)
            return &s->u->findings.items[i];
    return NULL;
}

static void caused_by(const struct story *s, enum harm harm, const char *name, const char *row)
{
    const struct finding *f = find(s, harm, name);
    if (f == NULL) {
        fail_msg("no finding %s %s", harm_name(harm), name);
        return;
    }
    assert_int_equal(f->causes.len, 1);
    assert_string_equal(f->causes.items[0], row);
}

static void test_guide__claims_and_metadata(void **state)
{
    (void)state;
    struct story s;
    tell(&s, "2025.8", "2026.8", "{}", false);
    caused_by(&s, HARM_CLAIMS, "jti", "authentik/jti");
    caused_by(&s, HARM_CLAIMS, "scope", "authentik/access-scope");
    caused_by(&s, HARM_DISCOVERY, "frontchannel_logout_supported", "authentik/frontchannel-keys");
    assert_non_null(find(&s, HARM_IDENTITY, "email_verified"));
    assert_null(find(&s, HARM_BREAKS, "outcome"));
    assert_null(find(&s, HARM_KEYS, "kid")); /* the key is kept */
    assert_int_equal(upgrade_status(s.u), 0);
    end(&s);
}

static void test_guide__the_setup_takes_a_row_out(void **state)
{
    (void)state;
    struct story s;
    tell(&s, "2025.8", "2026.8", "{\"authentik\": {\"quirks\": {\"jti\": false}}}", false);
    assert_null(find(&s, HARM_CLAIMS, "jti"));
    caused_by(&s, HARM_CLAIMS, "scope", "authentik/access-scope");
    end(&s);
}

static void test_same_version__nothing(void **state)
{
    (void)state;
    struct story s;
    tell(&s, "2025.8", "2025.8", "{}", false);
    assert_int_equal(s.u->findings.len, 0);
    assert_int_equal(upgrade_status(s.u), 0);
    AUTO(xfree) char *text = upgrade_text(s.u, false);
    assert_non_null(strstr(text, "nothing changes for this setup"));
    end(&s);
}

#define NO_REDIRECTS "{\"authentik\": {\"provider\": {\"redirect_uris\": null}}}"

static void test_break__no_redirect_uris(void **state)
{
    (void)state;
    struct story s;
    tell(&s, "2026.2", "2026.5", NO_REDIRECTS, false);
    caused_by(&s, HARM_BREAKS, "outcome", "authentik/learns-redirect");
    assert_int_equal(s.u->idle.len, 0);
    assert_int_equal(upgrade_status(s.u), 1);
    assert_int_equal(s.u->findings.items[0].harm, HARM_BREAKS); /* the worst first */
    AUTO(xfree) char *text = upgrade_text(s.u, false);
    assert_non_null(strstr(text, "error: logins or refreshes that worked stop working\n"));
    assert_non_null(strstr(text, "Register the redirect URIs"));
    end(&s);
    tell(&s, "2026.2", "2026.5", "{}", false);
    assert_null(find(&s, HARM_BREAKS, "outcome"));
    end(&s);
}

static void test_break__a_new_provider(void **state)
{
    (void)state;
    struct story s;
    tell(&s, "2026.2", "2026.5", "{}", true);
    caused_by(&s, HARM_BREAKS, "outcome", "authentik/grant-types");
    assert_int_equal(upgrade_status(s.u), 1);
    end(&s);
    tell(&s, "2026.2", "2026.5",
         "{\"authentik\": {\"provider\": {\"grant_types\": [\"authorization_code\"]}}}", true);
    assert_null(find(&s, HARM_BREAKS, "outcome"));
    end(&s);
}

static void test_break__regex_redirects_become_strict(void **state)
{
    (void)state;
    struct story s;
    tell(&s, "2024.6", "2024.12",
         "{\"authentik\": {\"provider\": {\"redirect_uris\": [{\"matching_mode\": \"regex\", "
         "\"url\": \"https://argocd.company/.*\"}, {\"matching_mode\": \"strict\", \"url\": "
         "\"http://localhost:8085/auth/callback\"}]}}}",
         false);
    caused_by(&s, HARM_BREAKS, "outcome", "authentik/structured-redirects");
    assert_int_equal(upgrade_status(s.u), 1);
    end(&s);
    tell(&s, "2024.6", "2024.12", "{}", false);
    assert_null(find(&s, HARM_BREAKS, "outcome"));
    end(&s);
}

/* Two rows that must go together: redirect URIs are learnt, and grant types are not looked at. */
static void test_cause__several_rows_together(void **state)
{
    (void)state;
    struct story s;
    tell(&s, "2026.2", "2026.5", NO_REDIRECTS, true);
    const struct finding *f = find(&s, HARM_BREAKS, "outcome");
    assert_true(f != NULL && f->together && f->causes.len == 2 &&
                strlist_has(&f->causes, "authentik/learns-redirect") &&
                strlist_has(&f->causes, "authentik/grant-types"));
    end(&s);
}

static void test_select__only_what_is_about_this_setup(void **state)
{
    (void)state;
    static const char *const texts[] = {
        GOOD,
        "title: t\nsetup: {authentik: {provider: {signing_key: ec}}}\nsteps:\n"
        "  - login: {as: admin, via: ui}\n    expect: {outcome: signed-in}\n",
        "title: t\nfaults: [authentik/id-token.no-kid]\nsteps:\n"
        "  - login: {as: admin, via: ui}\n    expect: {outcome: signed-in}\n",
    };
    struct story s;
    bench_init(&s.b);
    for (size_t i = 0; i < TEST_COUNT(texts); i++)
        bench_add(&s.b, "one", texts[i]);
    s.conf = (struct upgrade_conf){.setup_doc = s.b.setup,
                                   .scenarios = (const struct scenario *const *)s.b.scenarios,
                                   .len = s.b.len};
    s.u = xcalloc(1, sizeof(*s.u));
    s.u->conf = &s.conf;
    assert_int_equal(upgrade_select(s.u, NULL), 0);
    assert_int_equal(s.u->made.len, 12);  /* four people on three ways */
    assert_int_equal(s.u->probes.len, 2); /* the redirect URIs of the guide */
    assert_int_equal(s.u->probes_from, 13);
    assert_int_equal(s.u->scenarios.len, 15);
    assert_ptr_equal(s.u->scenarios.items[12], s.b.scenarios[0]);
    assert_int_equal(s.u->left_out, 2);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guide__claims_and_metadata),
        cmocka_unit_test(test_guide__the_setup_takes_a_row_out),
        cmocka_unit_test(test_same_version__nothing),
        cmocka_unit_test(test_break__no_redirect_uris),
        cmocka_unit_test(test_break__a_new_provider),
        cmocka_unit_test(test_break__regex_redirects_become_strict),
        cmocka_unit_test(test_cause__several_rows_together),
        cmocka_unit_test(test_select__only_what_is_about_this_setup),
    };
    return TEST_MAIN(tests);
}
