/* Dex's page of connectors: which button is authentik's. */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/login/choice.h"

#define PAGE "https://argocd.company/api/dex/auth?client_id=argo-cd&state=s"
#define LINK(to) "<a href=\"" to "\" target=\"_self\"><button>b</button></a>"

struct row {
    const char *name;
    const char *url, *system;
    int status;
    const char *body;
    const char *to; /* NULL: no choice */
};

static const struct row rows[] = {
    {"the one of two", PAGE, "argocd", 200,
     LINK("/api/dex/auth/keycloak?state=s") LINK("/api/dex/auth/authentik?client_id=a&amp;state=s"),
     "https://argocd.company/api/dex/auth/authentik?client_id=a&state=s"},
    {"a link without a query", PAGE, "argocd", 200, LINK("/api/dex/auth/authentik"),
     "https://argocd.company/api/dex/auth/authentik"},
    {"a link to elsewhere as a whole", PAGE, "argocd", 200,
     LINK("https://other.example/dex/auth/authentik?x"),
     "https://other.example/dex/auth/authentik?x"},
    {"an id that begins alike", PAGE, "argocd", 200, LINK("/api/dex/auth/authentik-old?state=s"),
     NULL},
    {"the id in a query only", PAGE, "argocd", 200, LINK("/api/dex/x?back=/auth/authentik"), NULL},
    {"others alone", PAGE, "argocd", 200, LINK("/api/dex/auth/keycloak?state=s"), NULL},
    {"an open quote", PAGE, "argocd", 200, "<a href=\"/api/dex/auth/authentik",
     "https://argocd.company/api/dex/auth/authentik"},
    {"no page", PAGE, "argocd", 200, NULL, NULL},
    {"an error page", PAGE, "argocd", 500, LINK("/api/dex/auth/authentik?state=s"), NULL},
    {"another place of Dex", "https://argocd.company/api/dex/callback?state=s", "argocd", 200,
     LINK("/api/dex/auth/authentik?state=s"), NULL},
    {"a page of authentik's", "https://authentik.company/auth", "authentik", 200,
     LINK("/api/dex/auth/authentik?state=s"), NULL},
};

static struct setup *guide(void)
{
    AUTO(xfree) char *dir = test_data("../../scenarios/guide");
    AUTO(js_free) struct js *doc = NULL;
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(1, "test");
    struct setup *s = NULL;
    struct err err = {0};
    if (setup_read(dir, &doc, &err) != 0 || setup_build(doc, "guide", rnd, &s, &err) != 0)
        fail_msg("%s", err.msg);
    return s;
}

static void test_choice__rows(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *s = guide();
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(xfree) char *url = xstrdup(rows[i].url);
        AUTO(xfree) char *body = rows[i].body != NULL ? xstrdup(rows[i].body) : NULL;
        struct browser_page page = {.url = url, .system = rows[i].system};
        page.response.status = rows[i].status;
        page.response.body = body;
        page.response.body_len = body != NULL ? strlen(body) : 0;
        AUTO(xfree) char *to = choice_of_authentik(s, &page);
        if (!(to == NULL && rows[i].to == NULL) && !cstr_eq(to, rows[i].to))
            fail_msg("%s: %s", rows[i].name, to != NULL ? to : "no choice");
    }
}

/* Nothing is clicked on a page that was not asked or did not come. */
static void test_choice__not_where_nothing_came(void **state)
{
    (void)state;
    AUTO(setup_free) struct setup *s = guide();
    AUTO(xfree) char *url = xstrdup(PAGE);
    AUTO(xfree) char *body = xstrdup(LINK("/api/dex/auth/authentik"));
    AUTO(xfree) char *problem = xstrdup("cut");
    struct browser_page page = {.url = url, .system = "argocd", .stopped = true};
    page.response.status = 200;
    page.response.body = body;
    assert_null(choice_of_authentik(s, &page));
    page.stopped = false;
    page.problem = problem;
    assert_null(choice_of_authentik(s, &page));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice__rows),
        cmocka_unit_test(test_choice__not_where_nothing_came),
    };
    return TEST_MAIN(tests);
}
