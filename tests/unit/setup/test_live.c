/*
 * Which systems are live, and where a mock must listen for them.
 */
#include "tests/support/test.h"

#include "harness/setup/setup.h"

struct row {
    const char *name;
    const char *authentik_url;
    const char *dex_server; /* of argocd-cmd-params-cm, or NULL */
    const char *live;       /* letters of those that the setup names */
    const char *are;        /* letters of those that are */
    int authentik_port, dex_port;
};

#define PUBLIC "https://authentik.company"

static const struct row rows[] = {
    {"nothing", "https://127.0.0.1:9", "https://127.0.0.1:8", "", "", 0, 0},
    {"authentik", "https://127.0.0.1:9", NULL, "k", "k", 0, 0},
    {"argocd_and_dex_behind_it", PUBLIC, NULL, "a", "da", 0, 0},
    {"argocd_and_dex_far_away", PUBLIC, "argocd-dex-server:5556", "a", "da", 0, 0},
    {"argocd_before_our_dex", PUBLIC, "http://127.0.0.1:8", "a", "a", 0, 8},
    {"an_address_without_scheme", PUBLIC, "localhost:8", "a", "a", 0, 8},
    {"ipv6", "http://[::1]:9", NULL, "d", "d", 9, 0},
    {"dex_asks_authentik", "http://127.0.0.1:9/x", NULL, "d", "d", 9, 0},
    {"dex_cannot_ask_it", PUBLIC, NULL, "d", "d", 0, 0},
    {"a_name_like_an_address", "https://127.company.example", NULL, "d", "d", 0, 0},
    {"both_named", "http://localhost:9", "http://127.0.0.1:8", "ad", "da", 9, 0},
    {"all", "https://127.0.0.1:9", "https://127.0.0.1:8", "kda", "kda", 0, 0},
};

static bool has(const char *letters, char letter)
{
    for (; *letters != '\0'; letters++)
        if (*letters == letter)
            return true;
    return false;
}

static void test_row(void **state)
{
    static const char letters[SYSTEM_MAX_] = {'k', 'd', 'a'};
    const struct row *r = *state;
    AUTO(js_free) struct js *params = js_object();
    if (r->dex_server != NULL)
        js_set_text(params, "server.dex.server", r->dex_server);
    struct setup s = {.authentik = {.url = r->authentik_url},
                      .argocd = {.url = "https://localhost:7", .cmd_params = params}};
    for (size_t i = 0; i < SYSTEM_MAX_; i++)
        s.live[i].is_live = has(r->live, letters[i]);
    for (size_t i = 0; i < SYSTEM_MAX_; i++)
        assert_int_equal(setup_is_live(&s, (enum system)i), has(r->are, letters[i]));
    assert_int_equal(setup_any_live(&s), r->are[0] != '\0');
    assert_int_equal(setup_pinned_port(&s, SYSTEM_AUTHENTIK), r->authentik_port);
    assert_int_equal(setup_pinned_port(&s, SYSTEM_DEX), r->dex_port);
    assert_int_equal(setup_pinned_port(&s, SYSTEM_ARGOCD), 0); /* browsers are led to it */
}

int main(void)
{
    static struct row copies[TEST_COUNT(rows)];
    struct CMUnitTest tests[TEST_COUNT(rows)];
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        copies[i] = rows[i];
        tests[i] = (struct CMUnitTest){
            .name = copies[i].name, .test_func = test_row, .initial_state = &copies[i]};
    }
    return TEST_MAIN(tests);
}
