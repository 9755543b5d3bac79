/*
 * Who gets through /application/o/authorize/, and by which way to the login (authentik.md 3.2 rows
 * 14 to 22, 4.1): bindings, prompt and max_age, login flows, ui_locales.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#define CB "https%3A%2F%2Fargocd.company%2Fapi%2Fdex%2Fcallback"
#define GOOD                                                                                       \
    "/application/o/authorize/?client_id=my_client_id&scope=openid&response_type=code"             \
    "&redirect_uri=" CB

static void sign_in(struct fx *f, const char *user, const char *password)
{
    fx_get(f, "/flows/-/default/authentication/?next=%2F");
    AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
    fx_sign_in(f, to, user, password);
}

/* ------------------------------------------------------------------ bindings */

struct binding_row {
    const char *name;
    struct setup_binding bindings[3]; /* ended by an empty one */
    bool all;
    bool allowed;
};

#define ADMINS                                                                                     \
    {                                                                                              \
        .group = "ArgoCD Admins"                                                                   \
    }
#define NO_ADMINS                                                                                  \
    {                                                                                              \
        .group = "ArgoCD Admins", .negate = true                                                   \
    }
#define VIEWERS                                                                                    \
    {                                                                                              \
        .group = "ArgoCD Viewers"                                                                  \
    }
#define NO_VIEWERS                                                                                 \
    {                                                                                              \
        .group = "ArgoCD Viewers", .negate = true                                                  \
    }

/* For alice, who is in ArgoCD Admins. */
static const struct binding_row bindings[] = {
    {"none", {{0}}, false, true},
    {"her group", {ADMINS}, false, true},
    {"another group", {VIEWERS}, false, false},
    {"another spelling", {{.group = "argocd admins"}}, false, false},
    {"herself", {{.user = "alice"}}, false, true},
    {"somebody else", {{.user = "bob"}}, false, false},
    {"not her group", {NO_ADMINS}, false, false},
    {"not another group", {NO_VIEWERS}, false, true},
    {"not herself", {{.user = "alice", .negate = true}}, false, false},
    {"any of two", {VIEWERS, ADMINS}, false, true},
    {"any of two, neither", {VIEWERS, NO_ADMINS}, false, false},
    {"all of two", {ADMINS, NO_VIEWERS}, true, true},
    {"all of two, one fails", {ADMINS, VIEWERS}, true, false},
    {0}};

static void test_bindings__rows(void **state)
{
    (void)state;
    for (const struct binding_row *r = bindings; r->name != NULL; r++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.bindings = r->bindings;
        while (r->bindings[f.setup.authentik.bindings_len].group != NULL ||
               r->bindings[f.setup.authentik.bindings_len].user != NULL)
            f.setup.authentik.bindings_len++;
        f.setup.authentik.policy_all = r->all;
        fx_start(&f);
        sign_in(&f, "alice", "alice-password");
        fx_get(&f, GOOD "&state=s");
        if (f.resp.status != (r->allowed ? 302 : 200))
            fail_msg("%s: %d", r->name, f.resp.status);
        if (!r->allowed) {
            assert_true(fx_has(&f, fx_literal("authorize.denied-title")));
            assert_true(fx_has(&f, fx_literal("authorize.denied-text")));
            assert_string_equal(fx_header(&f, "Location"), "");
        }
        fx_stop(&f);
    }
}

/* Mistakes of the client come first, then the login, then the bindings; nothing of theirs goes back
 * to the client, whatever prompt says. */
static void test_bindings__in_their_place(void **state)
{
    (void)state;
    static const struct setup_binding viewers[] = {VIEWERS};
    struct fx f;
    fx_init(&f);
    f.setup.authentik.bindings = viewers;
    f.setup.authentik.bindings_len = 1;
    fx_start(&f);
    fx_get(&f, GOOD);
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_LOGIN_FLOW));
    sign_in(&f, "alice", "alice-password");
    fx_get(&f, GOOD "&request=x");
    assert_true(cstr_contains(fx_header(&f, "Location"), "error=request_not_supported"));
    fx_get(&f, GOOD "&prompt=none");
    assert_int_equal(f.resp.status, 200);
    fx_get(&f, GOOD "&prompt=login");
    assert_int_equal(f.resp.status, 200);
    assert_true(fx_logged(&f, "access denied username=alice application=argocd"));
    fx_stop(&f);
}

/* A change of the setup counts for the next request of the same session. */
static void test_bindings__change(void **state)
{
    (void)state;
    static const struct setup_binding viewers[] = {VIEWERS};
    struct fx f;
    struct err err = {0};
    fx_init(&f);
    fx_start(&f);
    sign_in(&f, "alice", "alice-password");
    fx_get(&f, GOOD);
    assert_int_equal(f.resp.status, 302);
    struct setup other = f.setup;
    other.authentik.bindings = viewers;
    other.authentik.bindings_len = 1;
    assert_int_equal(authentik_mock_change(f.mock, &other, &err), 0);
    fx_get(&f, GOOD);
    assert_int_equal(f.resp.status, 200);
    fx_stop(&f);
}

/* The flag closes what has no bindings; what has some is theirs. */
static void test_flag__only_without_bindings(void **state)
{
    (void)state;
    static const struct setup_binding admins[] = {ADMINS};
    for (size_t n = 0; n < 2; n++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = "2026.5";
        f.setup.authentik.no_default_access = true;
        f.setup.authentik.bindings = admins;
        f.setup.authentik.bindings_len = n;
        fx_start(&f);
        sign_in(&f, "alice", "alice-password");
        fx_get(&f, GOOD);
        assert_int_equal(f.resp.status, n == 0 ? 200 : 302);
        fx_stop(&f);
    }
}

/* ------------------------------------------------------------------ prompt and max_age */

struct prompt_row {
    const char *name;
    const char *more;
    const char *anonymous; /* where the Location begins, signed in or not; NULL: the login flow */
    const char *signed_in;
    int64_t login_s; /* how long ago */
};

#define LOGIN FX_LOGIN_FLOW
#define CODE FX_CALLBACK "?code="
#define REQUIRED FX_CALLBACK "?error=login_required"
#define CONSENT "/if/flow/default-provider-authorization-implicit-consent/?"

static const struct prompt_row prompts[] = {
    {"nothing", "", LOGIN, CODE},
    {"none", "&prompt=none", REQUIRED, CODE},
    {"login", "&prompt=login", LOGIN, LOGIN},
    {"consent", "&prompt=consent", LOGIN, CONSENT},
    {"none login", "&prompt=none%20login", REQUIRED, LOGIN},
    {"none consent", "&prompt=none%20consent", REQUIRED, CONSENT},
    {"login consent", "&prompt=login%20consent", LOGIN, LOGIN},
    {"select_account", "&prompt=select_account", LOGIN, CODE},
    {"unknown beside none", "&prompt=create%20none", REQUIRED, CODE},
    {"parted by a tab", "&prompt=x%09none", REQUIRED, CODE},
    {"case counts", "&prompt=None", LOGIN, CODE},
    {"empty", "&prompt=", LOGIN, CODE},
    {"the last of two", "&prompt=login&prompt=none", REQUIRED, CODE},
    {"max_age not reached", "&max_age=100", LOGIN, CODE, 100},
    {"max_age passed", "&max_age=99", LOGIN, LOGIN, 100},
    {"max_age 0", "&max_age=0", LOGIN, CODE, 100},
    {"max_age empty", "&max_age=", LOGIN, CODE, 100},
    {"max_age with blanks", "&max_age=%2099%20", LOGIN, LOGIN, 100},
    {"max_age beyond 32 bits", "&max_age=9999999999", LOGIN, CODE, 100},
    {"max_age passed, prompt none", "&max_age=99&prompt=none", REQUIRED, LOGIN, 100},
    {0}};

static void assert_leads(struct fx *f, const struct prompt_row *r, const char *want)
{
    AUTO(xfree) char *path = xasprintf("%s%s", GOOD, r->more);
    fx_get(f, path);
    if (f->resp.status != 302 || !cstr_starts(fx_header(f, "Location"), want))
        fail_msg("%s: %d %s, expected %s", r->name, f->resp.status, fx_header(f, "Location"), want);
}

static void test_prompt__rows(void **state)
{
    (void)state;
    for (const struct prompt_row *r = prompts; r->name != NULL; r++) {
        struct fx f;
        fx_init(&f);
        fx_start(&f);
        assert_leads(&f, r, r->anonymous);
        sign_in(&f, "alice", "alice-password");
        clock_advance_ms(f.clock, r->login_s * 1000);
        assert_leads(&f, r, r->signed_in);
        fx_stop(&f);
    }
}

/* Signed in, prompt=none does not pass a consent stage that is the flow's own. */
static void test_prompt__none_lands_in_an_explicit_flow(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.authorization_flow = "explicit";
    fx_start(&f);
    sign_in(&f, "alice", "alice-password");
    fx_get(&f, GOOD "&prompt=none");
    assert_true(cstr_starts(fx_header(&f, "Location"), fx_literal("authorize.explicit-location")));
    fx_stop(&f);
}

/* One login satisfies both: the old event is remembered when max_age asks. */
static void test_prompt__login_and_max_age_ask_once(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    sign_in(&f, "alice", "alice-password");
    clock_advance_ms(f.clock, 100 * 1000);
    fx_get(&f, GOOD "&prompt=login&max_age=50");
    AUTO(xfree) char *login = xstrdup(fx_header(&f, "Location"));
    assert_true(cstr_starts(login, FX_LOGIN_FLOW));
    fx_sign_in(&f, login, "alice", "alice-password");
    AUTO(xfree) char *to = xstrdup(fx_text(&f, "to"));
    fx_get(&f, to);
    assert_true(cstr_starts(fx_header(&f, "Location"), CODE));
    fx_stop(&f);
}

/* ------------------------------------------------------------------ parameters */

/* Django's QueryDict takes the last of several. */
static void test_parameter__last_one_counts(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, GOOD "&client_id=nobody");
    assert_true(fx_has(&f, fx_literal("authorize.client-title")));
    fx_get(&f, "/application/o/authorize/?client_id=nobody&client_id=my_client_id&response_type=x"
               "&response_type=code&redirect_uri=https%3A%2F%2Fevil.example&redirect_uri=" CB);
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_LOGIN_FLOW));
    fx_stop(&f);
}

/* request_uri and registration are ignored; request is refused only with a value. */
static void test_parameter__ignored(void **state)
{
    (void)state;
    static const char *const ignored[] = {"&request_uri=https%3A%2F%2Frp%2Fr",
                                          "&registration=%7B%7D",
                                          "&request=",
                                          "&claims=%7B%7D",
                                          "&acr_values=x",
                                          "&display=page",
                                          "&id_token_hint=x",
                                          "&code_challenge_method=S512",
                                          "&code_challenge=abc"};
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    sign_in(&f, "alice", "alice-password");
    for (size_t i = 0; i < TEST_COUNT(ignored); i++) {
        AUTO(xfree) char *path = xasprintf("%s%s", GOOD, ignored[i]);
        fx_get(&f, path);
        if (!cstr_starts(fx_header(&f, "Location"), CODE))
            fail_msg("%s: %s", ignored[i], fx_header(&f, "Location"));
    }
    fx_get(&f, GOOD "&request=x");
    assert_true(
        cstr_contains(fx_header(&f, "Location"), fx_literal("authorize.request-not-supported")));
    fx_stop(&f);
}

struct listed_row {
    const char *type;
    const char *grant; /* that it needs (3.2, row 6b) */
    char separator;
};

/* Each type passes with its own grant in the list, and with no other. */
static void test_grant_types__of_each_type(void **state)
{
    (void)state;
    static const struct listed_row rows[] = {
        {"code", "authorization_code", '?'},   {"id_token", "implicit", '#'},
        {"id_token%20token", "implicit", '#'}, {"code%20token", "hybrid", '#'},
        {"code%20id_token", "hybrid", '#'},    {"code%20id_token%20token", "hybrid", '#'},
    };
    static const char *const grants[] = {"authorization_code", "implicit", "hybrid",
                                         "refresh_token"};
    for (size_t g = 0; g < TEST_COUNT(grants); g++) {
        const char *const listed[] = {grants[g], NULL};
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = "2026.5";
        f.setup.authentik.grant_types = listed;
        fx_start(&f);
        for (size_t i = 0; i < TEST_COUNT(rows); i++) {
            AUTO(xfree)
            char *path = xasprintf("%s&nonce=n&response_type=%s", GOOD, rows[i].type);
            AUTO(xfree)
            char *refused = xasprintf(FX_CALLBACK "%c%s", rows[i].separator,
                                      fx_literal("authorize.invalid-request"));
            bool taken = strcmp(rows[i].grant, grants[g]) == 0;
            fx_get(&f, path);
            if (!cstr_starts(fx_header(&f, "Location"), taken ? LOGIN : refused))
                fail_msg("%s with %s: %s", rows[i].type, grants[g], fx_header(&f, "Location"));
        }
        fx_stop(&f);
    }
}

/* ------------------------------------------------------------------ to the login */

/* Django leaves the slashes of next; the query keeps its own escapes. */
static void test_login__until_2025_10(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    f.setup.authentik.version = "2025.10";
    fx_start(&f);
    fx_get(&f, "/application/o/authorize/?client_id=my_client_id&scope=openid%20email"
               "&response_type=code&redirect_uri=" CB);
    assert_string_equal(fx_header(&f, "Location"),
                        "/flows/-/default/authentication/?next=/application/o/authorize/"
                        "%3Fclient_id%3Dmy_client_id%26scope%3Dopenid%2520email%26response_type"
                        "%3Dcode%26redirect_uri%3Dhttps%253A%252F%252Fargocd.company%252Fapi"
                        "%252Fdex%252Fcallback");
    assert_true(cstr_contains(fx_header(&f, "Set-Cookie"), "authentik_session="));
    AUTO(xfree) char *to = xstrdup(fx_header(&f, "Location"));
    fx_get(&f, to);
    assert_true(
        cstr_starts(fx_header(&f, "Location"), FX_LOGIN_FLOW "?next=%2Fapplication%2Fo%2F"));
    AUTO(xfree) char *login = xstrdup(fx_header(&f, "Location"));
    fx_sign_in(&f, login, "alice", "alice-password");
    AUTO(xfree) char *back = xstrdup(fx_text(&f, "to"));
    fx_get(&f, back);
    assert_true(cstr_starts(fx_header(&f, "Location"), CODE));
    fx_stop(&f);
}

/* The provider's own flow walks like the default one; without /authorize before, nobody is led
 * there, and without the setup there is none. */
static void test_login__own_flow(void **state)
{
    (void)state;
    static const char *const versions[] = {"2025.10", "2026.2"};
    for (size_t i = 0; i < TEST_COUNT(versions); i++) {
        struct fx f;
        fx_init(&f);
        f.setup.authentik.version = versions[i];
        f.setup.authentik.authentication_flow = "company-login";
        fx_start(&f);
        fx_get(&f, "/flows/-/default/authentication/?next=%2F");
        assert_true(cstr_starts(fx_header(&f, "Location"), FX_LOGIN_FLOW));
        fx_get(&f, "/api/v3/flows/executor/default-authentication-flow/?query="); /* a session */
        fx_get(&f, "/flows/-/default/authentication/?next=%2F");
        assert_true(cstr_starts(fx_header(&f, "Location"), FX_LOGIN_FLOW));
        fx_get(&f, GOOD);
        AUTO(xfree) char *to = xstrdup(fx_header(&f, "Location"));
        if (i == 0) {
            fx_get(&f, to);
            xfree(to);
            to = xstrdup(fx_header(&f, "Location"));
        }
        assert_true(cstr_starts(to, "/if/flow/company-login/?"));
        fx_get(&f, to);
        assert_int_equal(f.resp.status, 200);
        fx_sign_in(&f, to, "alice", "alice-password");
        AUTO(xfree) char *back = xstrdup(fx_text(&f, "to"));
        fx_get(&f, back);
        assert_true(cstr_starts(fx_header(&f, "Location"), CODE));
        struct setup other = f.setup;
        struct err err = {0};
        other.authentik.authentication_flow = NULL;
        assert_int_equal(authentik_mock_change(f.mock, &other, &err), 0);
        fx_get(&f, "/if/flow/company-login/");
        assert_int_equal(f.resp.status, 404);
        fx_stop(&f);
    }
}

/* ------------------------------------------------------------------ ui_locales */

struct locale_row {
    const char *asked;
    const char *chosen; /* NULL: none */
};

static const struct locale_row locales[] = {{"de", "de"},
                                            {"DE", "de"},
                                            {"de-AT", "de"},
                                            {"tlh%20fr%20de", "fr"},
                                            {"zh-Hans", "zh-hans"},
                                            {"pt-BR", "pt-br"},
                                            {"cs", "cs"},
                                            {"en", "en"},
                                            {"es", "es"},
                                            {"fi", "fi"},
                                            {"fr", "fr"},
                                            {"it", "it"},
                                            {"ja", "ja"},
                                            {"ko", "ko"},
                                            {"nl", "nl"},
                                            {"pl", "pl"},
                                            {"pt", "pt"},
                                            {"pt-PT", "pt"},
                                            {"ru", "ru"},
                                            {"tr", "tr"},
                                            {"zh-Hant", "zh-hant"},
                                            {"zh", NULL},
                                            {"tlh", NULL},
                                            {"", NULL},
                                            {"..%2F..", NULL},
                                            {"deu", NULL},
                                            {0}};

static void test_locales__rows(void **state)
{
    (void)state;
    for (const struct locale_row *r = locales; r->asked != NULL; r++) {
        struct fx f;
        fx_init(&f);
        fx_start(&f);
        AUTO(xfree) char *path = xasprintf("%s&ui_locales=%s", GOOD, r->asked);
        fx_get(&f, path);
        AUTO(xfree) char *locale = fx_param(fx_header(&f, "Location"), "locale");
        const char *cookie = params_get(&f.cookies, "authentik_language");
        if (!cstr_eq(locale, r->chosen != NULL ? r->chosen : "") ||
            (r->chosen != NULL ? !cstr_eq(cookie, r->chosen) : cookie != NULL))
            fail_msg("%s: %s", r->asked, locale);
        fx_stop(&f);
    }
}

/* Whatever redirect is answered, and none. */
static void test_locales__on_every_redirect(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    fx_get(&f, GOOD "&ui_locales=de&prompt=none&state=a%20b");
    assert_true(cstr_contains(fx_header(&f, "Location"), "End-User%20authentication&state=a%20b"));
    assert_true(str_ends(str_of(fx_header(&f, "Location")), "&locale=de"));
    sign_in(&f, "alice", "alice-password");
    fx_get(&f, GOOD "&ui_locales=de");
    assert_true(cstr_starts(fx_header(&f, "Location"), CODE));
    assert_true(str_ends(str_of(fx_header(&f, "Location")), "&locale=de")); /* state= is lost */
    assert_false(cstr_contains(fx_header(&f, "Location"), "state"));
    fx_get(&f, GOOD "&ui_locales=de&response_mode=fragment");
    assert_true(cstr_starts(fx_header(&f, "Location"), FX_CALLBACK "?locale=de#code="));
    assert_true(cstr_contains(fx_header(&f, "Set-Cookie"), fx_literal("cookie.language")));
    fx_get(&f, "/application/o/authorize/?client_id=nobody&ui_locales=de");
    assert_int_equal(f.resp.status, 400);
    assert_string_equal(fx_header(&f, "Location"), "");
    assert_true(cstr_contains(fx_header(&f, "Set-Cookie"), fx_literal("cookie.language")));
    fx_stop(&f);
}

/* The mock's own texts are English whatever the browser speaks. */
static void test_language__of_the_pages(void **state)
{
    (void)state;
    struct fx f;
    fx_init(&f);
    fx_start(&f);
    params_add(&f.send, "Accept-Language", "de-DE,de;q=0.9");
    fx_get(&f, "/application/o/authorize/?client_id=nobody");
    assert_true(fx_has(&f, fx_literal("authorize.client-text")));
    assert_true(fx_has(&f, "<html lang=\"en\">"));
    fx_stop(&f);
}

#define T(name_) cmocka_unit_test(name_)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_bindings__rows),
        T(test_bindings__in_their_place),
        T(test_bindings__change),
        T(test_flag__only_without_bindings),
        T(test_prompt__rows),
        T(test_prompt__none_lands_in_an_explicit_flow),
        T(test_prompt__login_and_max_age_ask_once),
        T(test_parameter__last_one_counts),
        T(test_parameter__ignored),
        T(test_grant_types__of_each_type),
        T(test_login__until_2025_10),
        T(test_login__own_flow),
        T(test_locales__rows),
        T(test_locales__on_every_redirect),
        T(test_language__of_the_pages),
    };
    return TEST_MAIN(tests);
}
