/*
 * Argo CD's rule for return_url: the whole table of argocd.md 1.4, and the edges it names.
 */
#include "tests/support/test.h"

#include "mocks/argocd/return_url.h"

struct row {
    const char *name;
    const char *return_url;
    const char *allowed[3];
    bool valid;
};

static const struct row rows[] = {
    {"same origin without path", "https://localhost:4000", {"https://localhost:4000/"}, true},
    {"empty", "", {"https://localhost:4000"}, true},
    {"empty with nothing allowed", "", {NULL}, true},
    {"slash for no path", "https://localhost:4000/", {"https://localhost:4000"}, true},
    {"second of two",
     "https://localhost:4000",
     {"https://wherever:4000", "https://localhost:4000"},
     true},
    {"none of two",
     "https://localhost:4000",
     {"https://wherever:4000", "https://invalid:4000"},
     false},
    {"outside the path",
     "https://localhost:4000/applications",
     {"https://localhost:4000/argocd"},
     false},
    {"inside the path",
     "https://localhost:4000/argocd/applications",
     {"https://localhost:4000/argocd"},
     true},
    {"dots lead out",
     "https://localhost:4000/argocd/../applications",
     {"https://localhost:4000/argocd"},
     false},
    {"other scheme", "http://localhost:4000", {"https://localhost:4000"}, false},
    {"port against none", "https://localhost", {"https://localhost:80"}, false},
    {"line break", "https://localhost:80/argocd\r\n", {"https://localhost:80/argocd\r\n"}, false},
    {"the same without line break",
     "https://localhost:80/argocd",
     {"https://localhost:80/argocd"},
     true},
    {"prefix knows no segments", "https://h/argocdevil", {"https://h/argocd"}, true},
    {"allowed with trailing slash", "https://h/argocd/", {"https://h/argocd/"}, false},
    {"below a trailing slash", "https://h/argocd/x", {"https://h/argocd/"}, true},
    {"relative at login", "/applications", {"https://h"}, false},
    {"relative at the callback", "/applications", {"https://h", "/"}, true},
    {"protocol-relative at the callback", "//evil.example/x", {"https://h", "/"}, false},
    {"host in other case", "https://H/", {"https://h"}, false},
    {"scheme in other case", "HTTPS://h/", {"https://h"}, true},
    {"user info hides nothing", "https://h@evil.example/", {"https://h"}, false},
    {"script", "javascript:alert(1)", {"https://h", "/"}, false},
    {"bad escape", "https://h/%zz", {"https://h"}, false},
    {"good escape", "https://h/%7a", {"https://h"}, true},
    {"bad port", "https://h:4x/", {"https://h:4x"}, false},
};

static void test_return_url(void **state)
{
    const struct row *r = *state;
    const char *const allowed[] = {r->allowed[0], r->allowed[1], r->allowed[2], NULL};
    assert_int_equal(return_url_is_valid(r->return_url, allowed), r->valid);
}

int main(void)
{
    struct CMUnitTest tests[TEST_COUNT(rows)] = {0};
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        union {
            const void *in;
            void *out;
        } row = {.in = &rows[i]};
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = test_return_url, .initial_state = row.out};
    }
    return TEST_MAIN(tests);
}
