/*
 * RFC 6265 5.1 to 5.4 and SameSite, each rule with what it refuses.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "harness/http/jar.h"

struct fixture {
    struct clock *clock;
    struct jar *jar;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->clock = clock_new_virtual(CLOCK_START_S);
    f->jar = jar_new(f->clock);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    jar_free(f->jar);
    clock_free(f->clock);
    xfree(f);
    return 0;
}

static void set(struct fixture *f, const char *url, const char *field)
{
    AUTO(http_response_deinit) struct http_response r = {0};
    params_add(&r.headers, "set-cookie", field);
    jar_store(f->jar, url, &r);
}

static void assert_sent(struct fixture *f, const char *url, const char *expected)
{
    AUTO(xfree) char *got = jar_header(f->jar, url, false, true);
    if (expected == NULL)
        assert_null(got);
    else if (got == NULL)
        fail_msg("nothing is sent to %s", url);
    else
        assert_string_equal(got, expected);
}

struct row {
    const char *name;
    const char *set_at;
    const char *field;
    const char *asked;
    const char *expected; /* the Cookie field, NULL = none */
};

static const struct row ROWS[] = {
    {"plain", "http://a.example/", "n=v", "http://a.example/x", "n=v"},
    {"host in other case", "http://A.Example/", "n=v", "http://a.eXample/x", "n=v"},
    {"ports are ignored", "http://a.example:1/", "n=v", "http://a.example:2/", "n=v"},
    {"5.3 host-only is not for subdomains", "http://a.example/", "n=v", "http://b.a.example/",
     NULL},
    {"5.1.3 domain reaches subdomains", "http://a.example/", "n=v; Domain=a.example",
     "http://b.a.example/", "n=v"},
    {"5.2.3 a leading dot is dropped", "http://b.a.example/", "n=v; Domain=.A.example",
     "http://a.example/", "n=v"},
    {"5.1.3 not a suffix of a label", "http://a.example/", "n=v; Domain=a.example",
     "http://xa.example/", NULL},
    {"5.3 a foreign domain is refused", "http://a.example/", "n=v; Domain=b.example",
     "http://b.example/", NULL},
    {"5.3 a deeper domain is refused", "http://a.example/", "n=v; Domain=x.a.example",
     "http://x.a.example/", NULL},
    {"5.3 a public suffix is refused", "http://a.example/", "n=v; Domain=example",
     "http://b.example/", NULL},
    {"5.3 a public suffix is refused for its own", "http://a.example/", "n=v; Domain=example",
     "http://a.example/", NULL},
    {"5.3 the suffix itself is host-only", "http://localhost/", "n=v; Domain=localhost",
     "http://localhost/", "n=v"},
    {"5.3 and stays host-only", "http://localhost/", "n=v; Domain=localhost", "http://a.localhost/",
     NULL},
    {"5.2.3 an empty domain is host-only", "http://a.example/",
     "n=v; Domain=", "http://b.a.example/", NULL},
    {"5.1.3 an address matches itself", "http://127.0.0.1/", "n=v; Domain=127.0.0.1",
     "http://127.0.0.1/", "n=v"},
    {"5.1.3 a name that ends like an address", "http://1.127.0.0.1/", "n=v; Domain=127.0.0.1",
     "http://2.127.0.0.1/", "n=v"},
    {"5.1.3 no domain of an address", "http://127.0.0.1/", "n=v; Domain=0.0.1", "http://127.0.0.1/",
     NULL},
    {"an IPv6 host", "http://[::1]:80/", "n=v", "http://[::1]/", "n=v"},
    {"5.1.4 default-path is the folder", "http://a.example/d/e", "n=v", "http://a.example/d/x",
     "n=v"},
    {"5.1.4 default-path stops others", "http://a.example/d/e", "n=v", "http://a.example/x", NULL},
    {"5.1.4 default-path of the root", "http://a.example", "n=v", "http://a.example/x", "n=v"},
    {"5.1.4 path prefix at a slash", "http://a.example/", "n=v; Path=/d", "http://a.example/d/e",
     "n=v"},
    {"5.1.4 path itself", "http://a.example/", "n=v; Path=/d", "http://a.example/d?q", "n=v"},
    {"5.1.4 path prefix within a word", "http://a.example/", "n=v; Path=/d", "http://a.example/de",
     NULL},
    {"5.1.4 path with a slash at its end", "http://a.example/", "n=v; Path=/d/",
     "http://a.example/d", NULL},
    {"5.2.4 a relative path is the default", "http://a.example/d/e", "n=v; Path=x",
     "http://a.example/d/", "n=v"},
    {"5.2.4 the last path counts", "http://a.example/", "n=v; Path=/a; path=/b",
     "http://a.example/a", NULL},
    {"5.2.5 secure over https", "https://a.example/", "n=v; Secure", "https://a.example/", "n=v"},
    {"5.2.5 secure not over http", "https://a.example/", "n=v; secure", "http://a.example/", NULL},
    {"6265bis secure not from http", "http://a.example/", "n=v; Secure", "https://a.example/",
     NULL},
    {"5.2.6 http-only is still sent", "http://a.example/", "n=v; HttpOnly", "http://a.example/",
     "n=v"},
    {"5.2 unknown attributes", "http://a.example/", "n=v; What=ever; ; x", "http://a.example/",
     "n=v"},
    {"5.2 blanks are trimmed", "http://a.example/", " n \t= v w ;Path=/", "http://a.example/",
     "n=v w"},
    {"5.2 quotes stay", "http://a.example/", "n=\"v\"", "http://a.example/", "n=\"v\""},
    {"5.2 an equals sign in the value", "http://a.example/", "n=v=w==", "http://a.example/",
     "n=v=w=="},
    {"5.2 an empty value", "http://a.example/", "n=", "http://a.example/", "n="},
    {"5.2 no equals sign", "http://a.example/", "n", "http://a.example/", NULL},
    {"5.2 no name", "http://a.example/", "=v", "http://a.example/", NULL},
    {"6265bis a control character", "http://a.example/", "n=a\x01", "http://a.example/", NULL},
    {"5.2.1 expires later", "http://a.example/", "n=v; Expires=Thu, 01 Jan 2026 00:00:01 GMT",
     "http://a.example/", "n=v"},
    {"5.2.1 expires now", "http://a.example/", "n=v; Expires=Thu, 01 Jan 2026 00:00:00 GMT",
     "http://a.example/", NULL},
    {"5.2.1 an unreadable date is ignored", "http://a.example/", "n=v; Expires=yesterday",
     "http://a.example/", "n=v"},
    {"5.2.2 max-age", "http://a.example/", "n=v; Max-Age=1", "http://a.example/", "n=v"},
    {"5.2.2 max-age zero", "http://a.example/", "n=v; Max-Age=0", "http://a.example/", NULL},
    {"5.2.2 max-age below zero", "http://a.example/", "n=v; Max-Age=-1", "http://a.example/", NULL},
    {"5.2.2 max-age that is no number", "http://a.example/", "n=v; Max-Age=1x", "http://a.example/",
     "n=v"},
    {"5.2.2 max-age beyond all numbers", "http://a.example/",
     "n=v; Max-Age=99999999999999999999999", "http://a.example/", "n=v"},
    {"5.3 max-age outranks expires", "http://a.example/",
     "n=v; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http://a.example/", "n=v"},
    {"5.3 max-age outranks expires, gone", "http://a.example/",
     "n=v; Expires=Thu, 01 Jan 2030 00:00:00 GMT; Max-Age=0", "http://a.example/", NULL},
    {"prefix __Secure- kept", "https://a.example/", "__Secure-n=v; Secure", "https://a.example/",
     "__Secure-n=v"},
    {"prefix __Secure- broken", "https://a.example/", "__Secure-n=v", "https://a.example/", NULL},
    {"prefix __Host- kept", "https://a.example/", "__Host-n=v; Secure; Path=/",
     "https://a.example/", "__Host-n=v"},
    {"prefix __Host- broken", "https://a.example/", "__Host-n=v; Secure; Path=/; Domain=a.example",
     "https://a.example/", NULL},
    {"SameSite None with Secure", "https://a.example/", "n=v; SameSite=None; Secure",
     "https://a.example/", "n=v"},
    {"SameSite None without Secure", "https://a.example/", "n=v; SameSite=None",
     "https://a.example/", NULL},
    {"no URL", "nonsense", "n=v", "nonsense", NULL},
};

static void test_row(void **state)
{
    struct row row;
    memcpy(&row, *state, sizeof(row));
    struct fixture *f = NULL;
    void *own = NULL;
    setup(&own);
    f = own;
    set(f, row.set_at, row.field);
    assert_sent(f, row.asked, row.expected);
    teardown(&own);
}

struct same_site_row {
    const char *attribute;
    bool cross_site;
    bool top_level_get;
    bool sent;
};

static const struct same_site_row SAME_SITES[] = {
    {"", false, false, true},
    {"", true, true, true},
    {"", true, false, false},
    {"; SameSite=lax", true, true, true},
    {"; SameSite=lax", true, false, false},
    {"; SameSite=Strict", false, false, true},
    {"; SameSite=Strict", true, true, false},
    {"; SameSite=None; Secure", true, false, true},
    {"; SameSite=whatever", true, false, false},
};

static void test_same_site__rows(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(SAME_SITES); i++) {
        const struct same_site_row *row = &SAME_SITES[i];
        AUTO(xfree) char *field = xasprintf("n=v%s", row->attribute);
        set(f, "https://a.example/", field);
        AUTO(xfree)
        char *got = jar_header(f->jar, "https://a.example/", row->cross_site, row->top_level_get);
        assert_int_equal(got != NULL, row->sent);
        jar_remove(f->jar, "n");
    }
}

static void test_order__longer_path_then_older(void **state)
{
    struct fixture *f = *state;
    set(f, "http://a.example/", "a=1; Path=/");
    set(f, "http://a.example/", "b=2; Path=/d/e");
    set(f, "http://a.example/", "c=3; Path=/d");
    set(f, "http://a.example/", "d=4; Path=/d");
    set(f, "http://a.example/", "a=5; Path=/");
    set(f, "http://a.example/", "e=6; Path=/");
    assert_sent(f, "http://a.example/d/e/f", "b=2; c=3; d=4; a=5; e=6");
}

static void test_store__same_name_other_path_or_domain_is_another(void **state)
{
    struct fixture *f = *state;
    set(f, "http://x.a.example/", "n=1; Path=/");
    set(f, "http://x.a.example/", "n=2; Path=/p");
    set(f, "http://x.a.example/", "n=3; Path=/; Domain=a.example");
    assert_sent(f, "http://x.a.example/p", "n=2; n=1; n=3");
    set(f, "http://x.a.example/", "n=; Path=/p; Max-Age=0");
    assert_sent(f, "http://x.a.example/p", "n=1; n=3");
}

static void test_store__plain_http_does_not_touch_a_secure_cookie(void **state)
{
    struct fixture *f = *state;
    set(f, "https://a.example/", "n=1; Secure");
    set(f, "http://a.example/", "n=2");
    assert_sent(f, "https://a.example/", "n=1");
}

static void test_expiry__follows_the_scenario_s_clock(void **state)
{
    struct fixture *f = *state;
    set(f, "http://a.example/", "s=session");
    set(f, "http://a.example/", "n=v; Max-Age=300");
    clock_advance_ms(f->clock, 299999);
    assert_sent(f, "http://a.example/", "s=session; n=v");
    assert_non_null(jar_get(f->jar, "http://a.example/", "n"));
    clock_advance_ms(f->clock, 1);
    assert_null(jar_get(f->jar, "http://a.example/", "n"));
    assert_sent(f, "http://a.example/", "s=session");
}

static void test_size__4096_bytes_and_one_more(void **state)
{
    struct fixture *f = *state;
    AUTO(xfree) char *value = xmalloc(4097);
    memset(value, 'v', 4096);
    value[4096] = '\0';
    AUTO(xfree) char *large = xasprintf("n=%s", value);
    set(f, "http://a.example/", large);
    assert_sent(f, "http://a.example/", NULL);
    AUTO(xfree) char *fits = xasprintf("n=%s", value + 1);
    set(f, "http://a.example/", fits);
    assert_sent(f, "http://a.example/", fits);
}

static void test_eviction__fifty_a_domain_longest_unused_goes(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 50; i++) {
        AUTO(xfree) char *field = xasprintf("c%d=v; Path=/p%d", i, i);
        set(f, "http://a.example/", field);
    }
    assert_sent(f, "http://a.example/p0", "c0=v");
    set(f, "http://a.example/", "c50=v; Path=/p50");
    assert_sent(f, "http://a.example/p0", "c0=v");
    assert_sent(f, "http://a.example/p1", NULL);
    assert_sent(f, "http://a.example/p2", "c2=v");
    assert_sent(f, "http://a.example/p50", "c50=v");
}

static void test_eviction__three_thousand_in_all(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i <= 3000; i++) {
        AUTO(xfree) char *url = xasprintf("http://h%d.example/", i / 50);
        AUTO(xfree) char *field = xasprintf("c%d=v; Path=/p%d", i, i);
        set(f, url, field);
    }
    assert_sent(f, "http://h0.example/p0", NULL);
    assert_sent(f, "http://h0.example/p1", "c1=v");
    assert_sent(f, "http://h60.example/p3000", "c3000=v");
}

static void test_several__fields_of_one_answer(void **state)
{
    struct fixture *f = *state;
    AUTO(http_response_deinit) struct http_response r = {0};
    params_add(&r.headers, "Set-Cookie", "a=1");
    params_add(&r.headers, "X-Set-Cookie", "b=2");
    params_add(&r.headers, "SET-COOKIE", "c=3");
    jar_store(f->jar, "http://a.example/", &r);
    assert_sent(f, "http://a.example/", "a=1; c=3");
}

static void test_meddling__get_set_and_remove(void **state)
{
    struct fixture *f = *state;
    set(f, "http://a.example/", "n=1; Path=/");
    set(f, "http://a.example/", "n=2; Path=/p");
    set(f, "http://b.example/", "n=3");
    assert_string_equal(jar_get(f->jar, "http://a.example/p", "n"), "2");
    assert_null(jar_get(f->jar, "http://a.example/", "N"));
    jar_set(f->jar, "http://a.example/", "n", "x");
    jar_set(f->jar, "http://a.example/", "absent", "x");
    assert_sent(f, "http://a.example/p", "n=2; n=x");
    jar_remove(f->jar, "n");
    assert_sent(f, "http://a.example/p", NULL);
    assert_sent(f, "http://b.example/", NULL);
}

static const struct CMUnitTest FIXED[] = {
    cmocka_unit_test_setup_teardown(test_same_site__rows, setup, teardown),
    cmocka_unit_test_setup_teardown(test_order__longer_path_then_older, setup, teardown),
    cmocka_unit_test_setup_teardown(test_store__same_name_other_path_or_domain_is_another, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(test_store__plain_http_does_not_touch_a_secure_cookie, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(test_expiry__follows_the_scenario_s_clock, setup, teardown),
    cmocka_unit_test_setup_teardown(test_size__4096_bytes_and_one_more, setup, teardown),
    cmocka_unit_test_setup_teardown(test_eviction__fifty_a_domain_longest_unused_goes, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(test_eviction__three_thousand_in_all, setup, teardown),
    cmocka_unit_test_setup_teardown(test_several__fields_of_one_answer, setup, teardown),
    cmocka_unit_test_setup_teardown(test_meddling__get_set_and_remove, setup, teardown),
};

int main(void)
{
    static struct row rows[TEST_COUNT(ROWS)];
    static struct CMUnitTest tests[TEST_COUNT(ROWS) + TEST_COUNT(FIXED)];
    memcpy(rows, ROWS, sizeof(rows));
    for (size_t i = 0; i < TEST_COUNT(ROWS); i++)
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, &rows[i]};
    memcpy(tests + TEST_COUNT(ROWS), FIXED, sizeof(FIXED));
    return TEST_MAIN(tests);
}
