/*
 * The pages whole, as a person without script gets them: every step of every flow, with its fields,
 * its hints and what was wrong, compared with the files in tests/golden/authentik. Style and script
 * are cut out (they say nothing about a step), random values are hidden. tests/golden/refresh
 * writes the files anew.
 */
#include "tests/unit/mocks_authentik/fixture.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/http/html.h"
#include "tests/support/golden.h"

#define SECRET "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
#define LOGIN FX_LOGIN_FLOW "?next=%2F"
#define END_SESSION "/application/o/argocd/end-session/"
#define MAX_HOPS 8

static const char *const codes[] = {"k7m2q9xw", "r4t8n3vb", NULL};
static const char no_script[] = "";

/* ------------------------------------------------------------------ a person with a browser */

static void follow(struct fx *f)
{
    for (int i = 0; i < MAX_HOPS && f->resp.status == 302; i++) {
        AUTO(xfree) char *to = xstrdup(fx_header(f, "Location"));
        if (to[0] != '/')
            return;
        fx_get(f, to);
    }
}

static void open_page(struct fx *f, const char *path)
{
    fx_get(f, path);
    follow(f);
}

/* Fills one field of the page's form in and sends it to the page. */
static void submit(struct fx *f, const char *page, const char *name, const char *value)
{
    AUTO(html_form_deinit) struct html_form form = {0};
    assert_true(html_form(f->resp.body, 0, &form));
    assert_string_equal(form.action, "");
    if (name != NULL)
        params_set(&form.fields, name, value);
    fx_post_form(f, page, &form.fields);
    follow(f);
}

static void begin(struct fx *f, const char *page)
{
    fx_start(f);
    open_page(f, page);
}

static void give_password(struct fx *f, const char *page, const char *password)
{
    submit(f, page, "uid_field", "alice");
    submit(f, page, "password", password);
}

static void sign_in(struct fx *f)
{
    begin(f, LOGIN);
    give_password(f, LOGIN, "alice-password");
}

/* Signed in through the executor; then the authorize request, as far as it leads by itself. */
static char *authorize(struct fx *f, const char *scope, const char *more)
{
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    AUTO(xfree) char *path = fx_authorize_path(scope, more);
    fx_get(f, path);
    char *page = xstrdup(fx_header(f, "Location"));
    follow(f);
    return page;
}

/* ------------------------------------------------------------------ the pages */

static void identification(struct fx *f)
{
    AUTO(xfree) char *path = fx_authorize_path("openid", NULL);
    begin(f, path);
}

static void identification_unnamed(struct fx *f)
{
    f->setup.authentik.app_name = NULL;
    begin(f, LOGIN);
}

static void identification_refused(struct fx *f)
{
    f->setup.authentik.password_in_identification = true;
    begin(f, LOGIN);
    AUTO(html_form_deinit) struct html_form form = {0};
    assert_true(html_form(f->resp.body, 0, &form));
    params_set(&form.fields, "uid_field", "alice");
    params_set(&form.fields, "password", "wrong");
    fx_post_form(f, LOGIN, &form.fields);
}

static void identification_hint(struct fx *f)
{
    f->setup.authentik.password_in_identification = true;
    begin(f, LOGIN "&login_hint=al%22ice");
}

static void password(struct fx *f)
{
    begin(f, LOGIN);
    submit(f, LOGIN, "uid_field", "alice");
}

static void password_wrong(struct fx *f)
{
    password(f);
    submit(f, LOGIN, "password", "wrong");
}

static void password_no_query(struct fx *f)
{
    begin(f, FX_LOGIN_FLOW);
    submit(f, FX_LOGIN_FLOW, "uid_field", "<alice>");
}

static void second_factor_app(struct fx *f)
{
    f->people[0].totp = SECRET;
    sign_in(f);
}

static void second_factor_codes_wrong(struct fx *f)
{
    f->people[0].static_codes = codes;
    sign_in(f);
    submit(f, LOGIN, "code", "000000");
}

static void second_factor_both(struct fx *f)
{
    f->people[0].static_codes = codes;
    f->people[0].totp = SECRET;
    sign_in(f);
}

static void second_factor_setup(struct fx *f)
{
    f->setup.authentik.flow_mfa = "configure";
    sign_in(f);
}

static void second_factor_setup_wrong(struct fx *f)
{
    second_factor_setup(f);
    submit(f, LOGIN, "code", "000000");
}

static void second_factor_denied(struct fx *f)
{
    f->setup.authentik.flow_mfa = "deny";
    sign_in(f);
}

static void stay_signed_in(struct fx *f)
{
    f->setup.authentik.flow_remember_me_s = 3600;
    sign_in(f);
}

static void consent(struct fx *f)
{
    f->setup.authentik.authorization_flow = "explicit";
    fx_start(f);
    AUTO(xfree) char *page = authorize(f, "openid email profile offline_access", NULL);
}

static void consent_to_more(struct fx *f)
{
    f->setup.authentik.authorization_flow = "explicit";
    fx_start(f);
    AUTO(xfree) char *code = fx_code(f, "openid email", NULL);
    assert_int_equal(strlen(code), 32);
    AUTO(xfree) char *path = fx_authorize_path("openid email profile", NULL);
    open_page(f, path);
}

static void consent_wrong_token(struct fx *f)
{
    f->setup.authentik.authorization_flow = "explicit";
    fx_start(f);
    AUTO(xfree) char *page = authorize(f, "openid", NULL);
    submit(f, page, "token", "other");
}

static void not_applicable(struct fx *f)
{
    begin(f, "/if/flow/default-provider-authorization-explicit-consent/");
}

/* An implicit answer in a query has no code to carry: an exception in authentik. */
static void flow_error(struct fx *f)
{
    fx_start(f);
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    fx_get(f, "/application/o/authorize/?client_id=my_client_id&response_type=id_token&nonce=1&"
              "scope=openid&response_mode=query&prompt=consent&redirect_uri=" FX_CALLBACK);
    AUTO(xfree) char *page = xstrdup(fx_header(f, "Location"));
    follow(f);
    submit(f, page, NULL, NULL);
}

static void form_post(struct fx *f)
{
    fx_start(f);
    AUTO(xfree) char *page = authorize(f, "openid", "&response_mode=form_post");
    submit(f, page, NULL, NULL);
}

static void shell(struct fx *f)
{
    static const struct setup_redirect odd[] = {{false, "nowhere"}};
    f->setup.authentik.redirects = odd;
    f->setup.authentik.redirects_len = 1;
    fx_start(f);
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    fx_get(f, "/application/o/authorize/?client_id=my_client_id&response_type=code&scope=openid&"
              "redirect_uri=nowhere&prompt=none+consent");
    AUTO(xfree) char *page = xstrdup(fx_header(f, "Location"));
    follow(f);
    submit(f, page, NULL, NULL);
}

/* The page of a stage that acts by itself. */
static void one_more_step(struct fx *f)
{
    fx_start(f);
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    open_page(f, END_SESSION);
}

static void logged_out(struct fx *f)
{
    f->setup.authentik.invalidation_flow = "default-provider-invalidation-flow";
    one_more_step(f);
    submit(f, "/if/flow/default-provider-invalidation-flow/", NULL, NULL);
}

static void front_channel(struct fx *f, const char *app)
{
    f->setup.authentik.version = "2026.5";
    f->setup.authentik.logout_uri = "https://argocd.company/front?keep=1";
    f->setup.authentik.logout_method = "frontchannel";
    f->setup.authentik.app_name = app;
    one_more_step(f);
}

static void front_channel_logout(struct fx *f)
{
    front_channel(f, "Argo CD");
    submit(f, "/if/flow/default-invalidation-flow/", NULL, NULL);
}

static void front_channel_unnamed(struct fx *f)
{
    front_channel(f, NULL);
    submit(f, "/if/flow/default-invalidation-flow/", NULL, NULL);
}

static void device_code(struct fx *f)
{
    f->setup.authentik.brand_device_code_flow = true;
    fx_start(f);
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    open_page(f, "/device");
}

static void device_code_wrong(struct fx *f)
{
    device_code(f);
    submit(f, "/if/flow/default-device-code-flow/", "code", "12 34");
}

static void device_done(struct fx *f)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "client_id", "my_client_id");
    device_code(f);
    fx_post_form(f, "/application/o/device/", &form);
    AUTO(xfree) char *path = xasprintf("/device?code=%s", fx_text(f, "user_code"));
    fx_get(f, path);
    AUTO(xfree) char *page = xstrdup(fx_header(f, "Location"));
    follow(f);
    submit(f, page, NULL, NULL);
}

static void end_session_2024_8(struct fx *f)
{
    f->setup.authentik.version = "2024.8";
    fx_start(f);
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    open_page(f, END_SESSION);
}

static void end_session_2024_8_unnamed(struct fx *f)
{
    f->setup.authentik.app_name = NULL;
    end_session_2024_8(f);
}

static void end_session_refused(struct fx *f)
{
    f->setup.authentik.version = "2026.5";
    fx_start(f);
    fx_sign_in(f, LOGIN, "alice", "alice-password");
    open_page(f, END_SESSION "?id_token_hint=broken");
}

static void overview(struct fx *f)
{
    sign_in(f);
}

static const struct page {
    const char *name;
    void (*go)(struct fx *f);
    int status;
} pages[] = {
    {"identification", identification, 200},
    {"identification-unnamed", identification_unnamed, 200},
    {"identification-refused", identification_refused, 200},
    {"identification-hint", identification_hint, 200},
    {"password", password, 200},
    {"password-wrong", password_wrong, 200},
    {"password-no-query", password_no_query, 200},
    {"second-factor-app", second_factor_app, 200},
    {"second-factor-codes-wrong", second_factor_codes_wrong, 200},
    {"second-factor-both", second_factor_both, 200},
    {"second-factor-setup", second_factor_setup, 200},
    {"second-factor-setup-wrong", second_factor_setup_wrong, 200},
    {"second-factor-denied", second_factor_denied, 200},
    {"stay-signed-in", stay_signed_in, 200},
    {"consent", consent, 200},
    {"consent-to-more", consent_to_more, 200},
    {"consent-wrong-token", consent_wrong_token, 200},
    {"not-applicable", not_applicable, 200},
    {"flow-error", flow_error, 200},
    {"form-post", form_post, 200},
    {"shell", shell, 200},
    {"one-more-step", one_more_step, 200},
    {"logged-out", logged_out, 200},
    {"front-channel-logout", front_channel_logout, 200},
    {"front-channel-unnamed", front_channel_unnamed, 200},
    {"device-code", device_code, 200},
    {"device-code-wrong", device_code_wrong, 200},
    {"device-done", device_done, 200},
    {"end-session-2024.8", end_session_2024_8, 200},
    {"end-session-2024.8-unnamed", end_session_2024_8_unnamed, 200},
    {"end-session-refused", end_session_refused, 400},
    {"overview", overview, 200},
};
#define PAGES (sizeof(pages) / sizeof(pages[0]))

/* ------------------------------------------------------------------ comparing */

/* What follows the mark, up to the end, is left out or shown as a star. */
static const struct hidden {
    const char *mark;
    const char *end;
    const char *shown;
} hidden[] = {
    {"<style>", "<", no_script},
    {"<script>", "</script>", no_script},
    {"name=\"csrfmiddlewaretoken\" value=\"", "\"", "*"},
    {"name=\"token\" value=\"", "\"", "*"},
    {"name=\"code\" value=\"", "\"", "*"},
    {"secret=", "&", "*"},
    {"<p><code>", "<", "*"},
    {"ask for this number:</p>\n<p>", "<", "*"},
    {"sid=", "&", "*"},
    {"127.0.0.1%3A", "%", "*"},
};
#define HIDDEN (sizeof(hidden) / sizeof(hidden[0]))

static const struct hidden *hidden_at(const char *text)
{
    for (size_t i = 0; i < HIDDEN; i++)
        if (cstr_starts(text, hidden[i].mark) && strstr(text, hidden[i].end) != NULL)
            return &hidden[i];
    return NULL;
}

/* The page without what is random; caller frees. */
static char *steady(const char *text)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    while (*text != '\0') {
        const struct hidden *h = hidden_at(text);
        if (h == NULL) {
            buf_addc(&b, *text++);
            continue;
        }
        const char *from = text + strlen(h->mark);
        const char *to = strstr(from, h->end);
        buf_addf(&b, "%s%s", h->mark, to > from ? h->shown : "");
        text = to;
    }
    return xstrdup(b.ptr);
}

static void test_page(void **state)
{
    const struct page *page = *state;
    struct fx f;
    fx_init(&f);
    page->go(&f);
    assert_int_equal(f.resp.status, page->status);
    assert_string_equal(fx_header(&f, "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(fx_header(&f, "X-Frame-Options"), "SAMEORIGIN");
    AUTO(xfree) char *text = steady(f.resp.body);
    AUTO(xfree) char *file = xasprintf("authentik/%s.html", page->name);
    golden_check(file, text);
    fx_stop(&f);
}

int main(void)
{
    struct CMUnitTest tests[PAGES];
    for (size_t i = 0; i < PAGES; i++) {
        union {
            const struct page *from;
            void *to;
        } row = {&pages[i]};
        tests[i] = (struct CMUnitTest){
            .name = pages[i].name, .test_func = test_page, .initial_state = row.to};
    }
    return TEST_MAIN(tests);
}
