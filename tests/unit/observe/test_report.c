/* Reports as strangers hand them over: each bad one with the words it is refused with. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/observe/comparison.h"

#define HEAD                                                                                       \
    "{\"schema\": \"rolecall.report/1\", \"setup\": {\"systems\": {\"authentik\": \"live\"}}, "
#define ONE "\"scenarios\": [{\"id\": \"a\", \"verdict\": \"pass\", \"observed\": "
#define STEP(sub_)                                                                                 \
    "[{\"step\": \"s\", \"kind\": \"login\", \"facts\": {\"result\": {\"outcome\": "               \
    "\"signed-in\"}, \"authentik id token\": {\"sub\": \"" sub_ "\"}}}]"
#define GOOD HEAD ONE STEP("a1") "}]}"
#define OTHER HEAD ONE STEP("a2") "}]}"

struct folder {
    char dir[64];
    char *before;
    char *after;
};

static int set_up(void **state)
{
    struct folder *f = xcalloc(1, sizeof(*f));
    *f = (struct folder){.dir = "/tmp/rolecall-observe-XXXXXX"};
    assert_non_null(mkdtemp(f->dir));
    f->before = xasprintf("%s/before.json", f->dir);
    f->after = xasprintf("%s/after.json", f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *f = *state;
    unlink(f->before);
    unlink(f->after);
    rmdir(f->dir);
    xfree(f->before);
    xfree(f->after);
    xfree(f);
    return 0;
}

static void put(const char *path, const char *text)
{
    assert_int_equal(file_write(path, text, strlen(text), S_IRUSR | S_IWUSR, NULL), 0);
}

static void test_bad__is_refused_with_the_reason(void **state)
{
    const struct folder *f = *state;
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"", "the file is empty"},
        {"hello", "this is no JSON, or only a part of it"},
        {HEAD ONE, "this is no JSON, or only a part of it"}, /* truncated */
        {"[]", "this is a JSON array, no report"},
        {"{}", "it has no schema"},
        {"{\"schema\": \"rolecall.selftest/1\"}", "this is of schema 'rolecall.selftest/1'"},
        {"{\"schema\": \"rolecall.report/2\"}", "this rolecall reads 'rolecall.report/1'"},
        {HEAD "\"scenarios\": {}}", "has no list of scenarios"},
        {HEAD "\"scenarios\": [{\"id\": \"a\"}]}",
         "scenario 1 of the report has no id or no verdict"},
        {HEAD "\"scenarios\": [{\"id\": \"a\", \"verdict\": \"pass\"}]}",
         "scenario 'a' has no observations"},
        {HEAD "\"scenarios\": [7]}", "scenario 1 of the report has no id or no verdict"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(observed_run_deinit) struct observed_run r = {0};
        struct err err = {0};
        char text[1024];
        put(f->before, rows[i].text);
        assert_int_equal(observed_read(f->before, &r, &err), -1);
        assert_true(err.code == ERR_USAGE || err.code == ERR_PARSE);
        err_text(&err, text, sizeof(text));
        if (strstr(text, rows[i].says) == NULL || strstr(text, f->before) == NULL)
            fail_msg("row %zu says '%s'", i, text);
    }
    AUTO(observed_run_deinit) struct observed_run r = {0};
    put(f->before, GOOD);
    assert_int_equal(observed_read(f->before, &r, NULL), 0);
    assert_int_equal(r.len, 1);
    assert_string_equal(observed_find(&r, "a", 0)->verdict, "pass");
    assert_null(observed_find(&r, "b", 0));
    assert_null(observed_find(&r, "a", 1));
}

/* A file that is larger than any report is not read; a hole needs no room on the disk. */
static void test_bad__too_large(void **state)
{
    const struct folder *f = *state;
    AUTO(observed_run_deinit) struct observed_run r = {0};
    struct err err = {0};
    put(f->before, "x");
    assert_int_equal(truncate(f->before, (off_t)REPORT_MAX + 1), 0);
    assert_int_equal(observed_read(f->before, &r, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_non_null(strstr(err.msg, "larger than"));
}

static void test_compare__same_and_other(void **state)
{
    const struct folder *f = *state;
    struct comparison c;
    put(f->before, GOOD);
    put(f->after, GOOD);
    assert_int_equal(comparison_make(f->before, f->after, &c, NULL), 0);
    assert_int_equal(c.findings.len, 0);
    assert_int_equal(comparison_status(&c), 0);
    AUTO(xfree) char *same = comparison_text(&c, false);
    assert_non_null(strstr(same, "nothing changed"));
    comparison_deinit(&c);
    put(f->after, OTHER);
    assert_int_equal(comparison_make(f->before, f->after, &c, NULL), 0);
    assert_int_equal(c.findings.len, 1); /* live on both sides: a subject is a value */
    AUTO(xfree) char *other = comparison_text(&c, false);
    assert_non_null(strstr(other, "  sub: \"a1\" -> \"a2\"\n"));
    comparison_deinit(&c);
}

/* A file that was named twice is compared with its own counterpart. */
static void test_compare__an_id_twice(void **state)
{
    const struct folder *f = *state;
    struct comparison c;
    put(f->before,
        HEAD ONE STEP("a1") "}, {\"id\": \"a\", \"verdict\": \"pass\", \"observed\": " STEP(
            "a2") "}]}");
    assert_int_equal(comparison_make(f->before, f->before, &c, NULL), 0);
    assert_int_equal(c.pairs_len, 2);
    assert_int_equal(c.findings.len, 0);
    comparison_deinit(&c);
    put(f->after, GOOD);
    assert_int_equal(comparison_make(f->before, f->after, &c, NULL), 0);
    assert_int_equal(c.pairs_len, 1);
    assert_int_equal(c.only_before.len, 1);
    comparison_deinit(&c);
}

/* Skipped, broken, or there only once: said, and no finding. */
static void test_compare__what_cannot_be(void **state)
{
    const struct folder *f = *state;
    struct comparison c;
    put(f->before,
        HEAD "\"scenarios\": ["
             "{\"id\": \"gone\", \"verdict\": \"pass\", \"observed\": []},"
             "{\"id\": \"skip\", \"verdict\": \"pass\", \"observed\": " STEP(
                 "a") "},"
                      "{\"id\": \"broke\", \"verdict\": \"pass\", \"observed\": " STEP("a") "}]}");
    put(f->after,
        HEAD "\"scenarios\": ["
             "{\"id\": \"new\", \"verdict\": \"pass\", \"observed\": []},"
             "{\"id\": \"skip\", \"verdict\": \"skip\", \"reason\": \"why\", \"observed\": []},"
             "{\"id\": \"broke\", \"verdict\": \"error\", \"observed\": " STEP("b") "}]}");
    assert_int_equal(comparison_make(f->before, f->after, &c, NULL), 0);
    assert_int_equal(c.findings.len, 0);
    assert_int_equal(c.unjudged.len, 2);
    assert_non_null(strstr(c.unjudged.items[0], "skip: skip in"));
    assert_non_null(strstr(c.unjudged.items[0], "why"));
    assert_true(strlist_has(&c.only_before, "gone"));
    assert_true(strlist_has(&c.only_after, "new"));
    assert_int_equal(comparison_status(&c), 3); /* nothing was compared */
    comparison_deinit(&c);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_bad__is_refused_with_the_reason), TEST(test_bad__too_large),
        TEST(test_compare__same_and_other),         TEST(test_compare__an_id_twice),
        TEST(test_compare__what_cannot_be),
    };
    return TEST_MAIN(tests);
}
