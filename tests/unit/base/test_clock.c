/*
 * Clocks, date texts, and cookie dates by RFC 6265 5.1.1.
 */
#include "tests/support/test.h"

#include "harness/base/clock.h"

static void test_clock__virtual_moves_only_when_moved(void **state)
{
    AUTO(clock_free) struct clock *c = clock_new_virtual(CLOCK_START_S);

    assert_true(clock_is_virtual(c));
    assert_true(clock_now_s(c) == CLOCK_START_S);
    clock_advance_ms(c, 660500);
    assert_true(clock_now_ms(c) == CLOCK_START_S * 1000 + 660500);
    assert_true(clock_now_s(c) == CLOCK_START_S + 660);
}

static void test_clock__wall_has_an_offset(void **state)
{
    AUTO(clock_free) struct clock *now = clock_new_wall(0);
    AUTO(clock_free) struct clock *later = clock_new_wall(3600000);
    int64_t ahead = clock_now_ms(later) - clock_now_ms(now);

    assert_false(clock_is_virtual(now));
    assert_true(ahead > 3590000 && ahead < 3610000);
    clock_advance_ms(later, -3600000);
    ahead = clock_now_ms(later) - clock_now_ms(now);
    assert_true(ahead > -10000 && ahead < 10000);
}

static void test_clock__measures(void **state)
{
    int64_t a = clock_mono_ns();
    int64_t b = clock_mono_ns();

    assert_true(b >= a && a > 0);
    assert_true(clock_cpu_ns() > 0);
}

struct date {
    const char *name;
    int64_t t;
    const char *http;
    const char *rfc3339;
    const char *go;
};

static const struct date dates[] = {
    {"the start of every virtual clock", CLOCK_START_S, "Thu, 01 Jan 2026 00:00:00 GMT",
     "2026-01-01T00:00:00Z", "2026-01-01 00:00:00 +0000 UTC"},
    {"the epoch", 0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z",
     "1970-01-01 00:00:00 +0000 UTC"},
    {"RFC 9110 5.6.7", 784111777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z",
     "1994-11-06 08:49:37 +0000 UTC"},
    {"a leap day", 1709210096, "Thu, 29 Feb 2024 12:34:56 GMT", "2024-02-29T12:34:56Z",
     "2024-02-29 12:34:56 +0000 UTC"},
    {"before the epoch", -1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59Z",
     "1969-12-31 23:59:59 +0000 UTC"},
};

static void test_date(void **state)
{
    const struct date *d = *state;
    char text[CLOCK_TEXT];
    int64_t back = 0;

    assert_string_equal(clock_http_date(d->t, text), d->http);
    assert_int_equal(clock_parse_cookie_date(text, &back), 0);
    assert_true(back == d->t);
    assert_string_equal(clock_rfc3339(d->t, text), d->rfc3339);
    assert_int_equal(clock_parse_rfc3339(d->rfc3339, &back), 0);
    assert_true(back == d->t);
    assert_string_equal(clock_go_time(d->t, text), d->go);
}

struct cookie_date {
    const char *name;
    const char *text;
    int64_t t; /* -1: no date */
};

static const struct cookie_date cookie_dates[] = {
    {"cookie date IMF", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"cookie date RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
    {"cookie date asctime", "Sun Nov  6 08:49:37 1994", 784111777},
    {"cookie date order is free", "1994 nov 8:49:37 6", 784111777},
    {"cookie date two-digit year 69 is 2069", "Sun, 06 Nov 69 08:49:37 GMT", 3150953377},
    {"cookie date two-digit year 70 is 1970", "Fri, 06 Nov 70 08:49:37 GMT", 26729377},
    {"cookie date as Python writes it", "Thu, 01-Jan-2026 00:00:00 GMT", CLOCK_START_S},
    {"cookie date month by its first letters", "6 November 1994 08:49:37", 784111777},
    {"cookie date without time", "Sun, 06 Nov 1994", -1},
    {"cookie date without year", "06 Nov 08:49:37", -1},
    {"cookie date without month", "06 1994 08:49:37", -1},
    {"cookie date hour 24", "06 Nov 1994 24:00:00", -1},
    {"cookie date second 60", "06 Nov 1994 08:49:60", -1},
    {"cookie date day 0", "00 Nov 1994 08:49:37", -1},
    {"cookie date 31 November", "31 Nov 1994 08:49:37", -1},
    {"cookie date 29 February 2025", "29 Feb 2025 00:00:00", -1},
    {"cookie date year 1600", "06 Nov 1600 08:49:37", -1},
    {"cookie date empty", "", -1},
    {"cookie date a number", "1767225600", -1},
};

static void test_cookie_date(void **state)
{
    const struct cookie_date *d = *state;
    int64_t t = 77;

    assert_int_equal(clock_parse_cookie_date(d->text, &t), d->t < 0 ? -1 : 0);
    assert_true(t == (d->t < 0 ? 77 : d->t));
}

static const struct cookie_date rfc3339_times[] = {
    {"", "1994-11-06T08:49:37Z", 784111777},
    {"", "1994-11-06T08:49:37.999Z", 784111777},
    {"", "1994-11-06T10:49:37+02:00", 784111777},
    {"", "1994-11-06T07:19:37-01:30", 784111777},
    {"", "1994-11-06T08:49:37", -1},
    {"", "1994-11-06 08:49:37Z", -1},
    {"", "1994-11-06T08:49:37.Z", -1},
    {"", "1994-11-06T08:49:37+0200", -1},
    {"", "1994-11-06T08:49:37Z ", -1},
    {"", "1994-02-29T08:49:37Z", -1},
    {"", "1994-00-06T08:49:37Z", -1},
    {"", "1994-13-06T08:49:37Z", -1},
    {"", "1994-11-06T24:49:37Z", -1},
    {"", "1994-11-0", -1},
    {"", "", -1},
};

static void test_rfc3339(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rfc3339_times); i++) {
        const struct cookie_date *d = &rfc3339_times[i];
        int64_t t = 77;
        int expected = d->t < 0 ? -1 : 0;

        if (clock_parse_rfc3339(d->text, &t) != expected || t != (d->t < 0 ? 77 : d->t)) {
            fail_msg("'%s' is %lld", d->text, (long long)t);
        }
    }
}

int main(void)
{
    const struct CMUnitTest fixed[] = {
        cmocka_unit_test(test_clock__virtual_moves_only_when_moved),
        cmocka_unit_test(test_clock__wall_has_an_offset),
        cmocka_unit_test(test_clock__measures),
        cmocka_unit_test(test_rfc3339),
    };
    struct CMUnitTest tests[TEST_COUNT(fixed) + TEST_COUNT(dates) + TEST_COUNT(cookie_dates)];
    size_t n = 0;

    for (size_t i = 0; i < TEST_COUNT(fixed); i++) {
        tests[n++] = fixed[i];
    }
    for (size_t i = 0; i < TEST_COUNT(dates); i++) {
        tests[n++] =
            (struct CMUnitTest){dates[i].name, test_date, NULL, NULL, (void *)(uintptr_t)&dates[i]};
    }
    for (size_t i = 0; i < TEST_COUNT(cookie_dates); i++) {
        tests[n++] = (struct CMUnitTest){cookie_dates[i].name, test_cookie_date, NULL, NULL,
                                         (void *)(uintptr_t)&cookie_dates[i]};
    }
    return TEST_MAIN(tests);
}
