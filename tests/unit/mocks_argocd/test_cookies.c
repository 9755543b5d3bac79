/*
 * The session cookie in pieces: argocd.md 1.8, written and read.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "mocks/argocd/cookies.h"

#define SECURE "path=/; SameSite=lax; httpOnly; Secure"
#define PLAIN "path=/; SameSite=lax; httpOnly"

static char *letters(size_t n)
{
    char *text = xmalloc(n + 1);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + (int)(i % 26));
    text[n] = '\0';
    return text;
}

struct split_row {
    const char *attributes;
    size_t length;
    size_t pieces;
    size_t last; /* length of the last piece */
};

static const struct split_row split_rows[] = {
    {SECURE, 1, 1, 1},       {SECURE, 4038, 1, 4038},       {SECURE, 4039, 2, 1},
    {SECURE, 8076, 2, 4038}, {SECURE, 8077, 3, 1},          {PLAIN, 4046, 1, 4046},
    {PLAIN, 4047, 2, 1},     {SECURE, 4038 * 20, 20, 4038},
};

/* What a browser would send back of the Set-Cookie values. */
static void as_cookies(const struct strlist *set, struct params *ret)
{
    AUTO(params_deinit) struct params headers = {0};
    for (size_t i = 0; i < set->len; i++) {
        AUTO(xfree) char *pair = xstrndup(set->items[i], strcspn(set->items[i], ";"));
        params_add(&headers, "Cookie", pair);
    }
    cookies_read(&headers, ret);
}

static void test_split__sizes_and_back(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(split_rows); i++) {
        const struct split_row *r = &split_rows[i];
        AUTO(xfree) char *token = letters(r->length);
        AUTO(strlist_deinit) struct strlist set = {0};
        AUTO(params_deinit) struct params cookies = {0};
        AUTO(xfree) char *back = NULL;
        struct err err = {0};
        assert_int_equal(cookies_split("argocd.token", token, r->attributes, 20, &set, &err), 0);
        assert_int_equal(set.len, r->pieces);
        for (size_t k = 0; k < set.len; k++)
            assert_true(strlen(set.items[k]) <= 4096);
        const char *value = strchr(set.items[set.len - 1], '=') + 1;
        assert_int_equal(strcspn(value, ";"), r->last);
        as_cookies(&set, &cookies);
        assert_int_equal(cookies_join("argocd.token", &cookies, &back, &err), 0);
        assert_string_equal(back, token);
    }
}

static void test_split__names_and_count(void **state)
{
    AUTO(xfree) char *token = letters(8077);
    AUTO(strlist_deinit) struct strlist set = {0};
    assert_int_equal(cookies_split("argocd.token", token, SECURE, 20, &set, NULL), 0);
    assert_true(cstr_starts(set.items[0], "argocd.token=3:abc"));
    assert_true(cstr_starts(set.items[1], "argocd.token-1="));
    assert_true(cstr_starts(set.items[2], "argocd.token-2="));
    for (size_t i = 0; i < set.len; i++)
        assert_true(cstr_contains(set.items[i], "; " SECURE));
}

static void test_split__too_many(void **state)
{
    AUTO(xfree) char *token = letters(4038 * 20 + 1);
    AUTO(strlist_deinit) struct strlist set = {0};
    struct err err = {0};
    assert_int_equal(cookies_split("argocd.token", token, SECURE, 20, &set, &err), -1);
    assert_string_equal(err.msg,
                        "error creating cookie metadata: the authentication token is 80761 "
                        "characters long and requires 21 cookies but the max number of cookies is "
                        "20. Contact your Argo CD administrator to increase the max number of "
                        "cookies");
    /* ARGOCD_MAX_COOKIE_NUMBER moves the limit both ways. */
    assert_int_equal(cookies_split("argocd.token", token, SECURE, 21, &set, &err), 0);
    assert_int_equal(set.len, 21);
    assert_int_equal(cookies_split("argocd.token", "a.b.c", SECURE, 0, &set, &err), -1);
    assert_true(cstr_contains(err.msg, "5 characters long and requires 1 cookies but the max "
                                       "number of cookies is 0."));
}

struct join_row {
    const char *cookie; /* the Cookie field */
    const char *token;  /* or NULL */
    const char *error;
};

static const struct join_row join_rows[] = {
    {"argocd.token=a.b.c", "a.b.c", NULL},
    {"argocd.token=2:ab; argocd.token-1=cd", "abcd", NULL},
    {"argocd.token-1=cd; other=x; argocd.token=2:ab", "abcd", NULL},
    {"argocd.token=3:ab; argocd.token-2=ef", "abef", NULL},
    {"argocd.token=2:ab; argocd.token-1=cd; argocd.token-2=stale", "abcd", NULL},
    {"argocd.token=0:ab", "ab", NULL},
    {"argocd.token=99999999999:ab", "ab", NULL},
    {"argocd.token=", "", NULL},
    {"argocd.token=old; argocd.token=new", "new", NULL},
    {"argocd.token=\"quoted\"", "quoted", NULL},
    {"other=x", NULL, "failed to retrieve cookie argocd.token"},
    {"argocd.tokens=x", NULL, "failed to retrieve cookie argocd.token"},
    {"argocd.token=1:2:3", NULL, "invalid cookie for key argocd.token"},
    {"argocd.token=x:ab", NULL, "strconv.Atoi: parsing \"x\": invalid syntax"},
    {"argocd.token=:ab", NULL, "strconv.Atoi: parsing \"\": invalid syntax"},
    {"argocd.token=99999999999999999999:ab", NULL,
     "strconv.Atoi: parsing \"99999999999999999999\": value out of range"},
};

static void test_join__table(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(join_rows); i++) {
        const struct join_row *r = &join_rows[i];
        AUTO(params_deinit) struct params headers = {0};
        AUTO(params_deinit) struct params cookies = {0};
        AUTO(xfree) char *token = NULL;
        struct err err = {0};
        params_add(&headers, "cookie", r->cookie);
        cookies_read(&headers, &cookies);
        int rc = cookies_join("argocd.token", &cookies, &token, &err);
        assert_int_equal(rc, r->error == NULL ? 0 : -1);
        if (r->error == NULL)
            assert_string_equal(token, r->token);
        else
            assert_string_equal(err.msg, r->error);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_split__sizes_and_back),
    cmocka_unit_test(test_split__names_and_count),
    cmocka_unit_test(test_split__too_many),
    cmocka_unit_test(test_join__table),
};

int main(void)
{
    return TEST_MAIN(tests);
}
