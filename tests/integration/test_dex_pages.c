/*
 * Dex's pages whole, each with its status, compared with the files in tests/golden/dex: forms,
 * links, texts, styles.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "tests/support/dex_fixture.h"
#include "tests/support/golden.h"

#define NO_SKIP "{\"oauth2\":{\"skipApprovalScreen\":false}}"
#define OOB "urn:ietf:wg:oauth:2.0:oob"
#define OPEN_CLIENT                                                                                \
    "{\"staticClients\":[{\"id\":\"argo-cd\",\"name\":\"An <open> client\",\"public\":true}]}"
#define DEVICE_CLIENT                                                                              \
    "{\"staticClients\":[{\"id\":\"device\",\"name\":\"A "                                         \
    "<TV>\",\"public\":true,\"redirectURIs\":["                                                    \
    "\"/device/callback\",\"/api/dex/device/callback\"]}]}"
#define TWO_CONNECTORS                                                                             \
    "{\"connectors\":[{\"id\":\"authentik\",\"name\":\"Zed & Co\",\"type\":\"oidc\",\"config\":{"  \
    "\"issuer\":\"" UP_ISSUER "\",\"clientID\":\"c\"}},{\"id\":\"other\",\"name\":\"<Alpha>\","    \
    "\"type\":\"oidc\",\"config\":{\"issuer\":\"" UP_ISSUER "\",\"clientID\":\"c\"}}]}"

/* ---- ways to the pages ---- */

static void choice(struct dex_fixture *f)
{
    dex_restart(f, NULL, TWO_CONNECTORS);
    AUTO(xfree) char *query = dex_auth_query(false, NULL, NULL);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth?%s", query);
    dex_get(f, path);
}

static void titled(struct dex_fixture *f)
{
    dex_restart(f, NULL, "{\"frontend\":{\"issuer\":\"My <issuer>\"}}");
    dex_get(f, "/api/dex/auth?connector_id=bogus");
}

static void approve(struct dex_fixture *f, const char *scope)
{
    dex_restart(f, NULL, NO_SKIP);
    dex_code_with(f, true, "scope", scope);
    AUTO(xfree) char *path = xstrdup(dex_header(f, "Location"));
    dex_get(f, path);
}

static void approval(struct dex_fixture *f)
{
    approve(f, "openid profile email groups offline_access");
}

static void approval_of_nothing(struct dex_fixture *f)
{
    approve(f, "openid");
}

/* The form has no action: it is sent to the page's own address. */
static void rejected(struct dex_fixture *f)
{
    dex_restart(f, NULL, NO_SKIP);
    dex_code_with(f, true, "scope", "openid email");
    AUTO(xfree) char *path = xstrdup(dex_header(f, "Location"));
    AUTO(xfree)
    char *req = xstrndup(strstr(path, "req=") + 4, strcspn(strstr(path, "req=") + 4, "&"));
    AUTO(xfree) char *form = xasprintf("req=%s&approval=rejected", req);
    dex_request(f, "POST", path, form, NULL);
}

static void code_to_copy(struct dex_fixture *f)
{
    dex_restart(f, NULL, OPEN_CLIENT);
    AUTO(params_deinit) struct params p = {0};
    params_add(&p, "client_id", "argo-cd");
    params_add(&p, "redirect_uri", OOB);
    params_add(&p, "response_type", "code");
    params_add(&p, "scope", "openid");
    params_add(&p, "state", "s");
    AUTO(xfree) char *query = params_form(&p);
    AUTO(xfree) char *path = xasprintf("/api/dex/auth/authentik?%s", query);
    dex_say_token(f, NULL);
    dex_get(f, path);
    xfree(f->state);
    f->state = xstrdup(strstr(dex_header(f, "Location"), "&state=") + strlen("&state="));
    dex_callback(f);
}

static void device(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/device");
}

static void device_with_code(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/device?user_code=ABCD-%22EFGH");
}

static void device_wrong_code(struct dex_fixture *f)
{
    dex_request(f, "POST", "/api/dex/device/auth/verify_code", "user_code=ABCD-EFGH", NULL);
}

static void follow(struct dex_fixture *f)
{
    AUTO(xfree) char *location = xstrdup(dex_header(f, "Location"));
    dex_get(f, location);
}

static void device_done(struct dex_fixture *f)
{
    dex_restart(f, NULL, DEVICE_CLIENT);
    dex_request(f, "POST", "/api/dex/device/code", "client_id=device&scope=openid", NULL);
    AUTO(xfree) char *form = xasprintf("user_code=%s", js_get_text(f->json, "user_code"));
    dex_request(f, "POST", "/api/dex/device/auth/verify_code", form, NULL);
    dex_say_token(f, NULL);
    follow(f);
    follow(f);
    const char *state = strstr(dex_header(f, "Location"), "&state=");
    assert_non_null(state);
    xfree(f->state);
    f->state = xstrdup(state + strlen("&state="));
    dex_callback(f);
    follow(f);
}

static void root(struct dex_fixture *f)
{
    dex_get(f, "/api/dex");
}

static void main_css(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/static/main.css");
}

static void styles_css(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/theme/styles.css");
}

static void folder(struct dex_fixture *f)
{
    dex_get(f, "/api/dex/theme/");
}

struct page {
    const char *file;
    int status;
    void (*go)(struct dex_fixture *f);
};

static const struct page pages[] = {
    {"choice.html", 200, choice},
    {"error-titled.html", 400, titled},
    {"approval.html", 200, approval},
    {"approval-of-nothing.html", 200, approval_of_nothing},
    {"approval-rejected.html", 500, rejected},
    {"code-to-copy.html", 200, code_to_copy},
    {"device.html", 200, device},
    {"device-with-code.html", 200, device_with_code},
    {"device-wrong-code.html", 400, device_wrong_code},
    {"device-done.html", 200, device_done},
    {"root.html", 200, root},
    {"main.css", 200, main_css},
    {"styles.css", 200, styles_css},
    {"theme.html", 200, folder},
};
#define PAGES (sizeof(pages) / sizeof(pages[0]))

static void test_pages__whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAGES; i++) {
        void *fixture = NULL;
        AUTO(xfree) char *file = xasprintf("dex/%s", pages[i].file);
        assert_int_equal(dex_set_up(&fixture), 0);
        struct dex_fixture *f = fixture;
        pages[i].go(f);
        if (f->resp.status != pages[i].status)
            fail_msg("%s: status %d\n%s", file, f->resp.status, f->resp.body);
        golden_check(file, f->resp.body);
        assert_int_equal(dex_tear_down(&fixture), 0);
    }
}

static void test_pixel__whole(void **state)
{
    static const char *const paths[] = {"/api/dex/theme/favicon.png", "/api/dex/theme/logo.png"};
    struct dex_fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(paths); i++) {
        dex_get(f, paths[i]);
        assert_string_equal(dex_header(f, "Content-Type"), "image/png");
        assert_int_equal(f->resp.body_len, 69);
        assert_memory_equal(f->resp.body, "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01",
                            24);
        assert_memory_equal(f->resp.body + 57, "\0\0\0\0IEND\xae\x42\x60\x82", 12);
        /* a zlib stream of three bytes behind a filter byte */
        assert_memory_equal(f->resp.body + 33, "\0\0\0\x0cIDAT\x78\xda\x63\xd0\x8f\xed\x02", 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages__whole),
        cmocka_unit_test_setup_teardown(test_pixel__whole, dex_set_up, dex_tear_down),
    };
    return TEST_MAIN(tests);
}
