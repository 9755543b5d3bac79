/*
 * Known failures: the file's lines and its mistakes with their places, what an entry covers and
 * what it does not, what becomes of entries, and lines to paste that are read back as what they
 * were.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "tests/unit/run/suite.h"

static int read_text(const char *text, struct known_list *ret, struct err *err)
{
    char dir[] = "/tmp/rolecall-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    AUTO(xfree) char *path = path_join(dir, "known");
    assert_int_equal(file_write(path, text, strlen(text), S_IRUSR | S_IWUSR, err), 0);
    int rc = known_read(path, ret, err);
    unlink(path);
    rmdir(dir);
    return rc;
}

static void read_good(const char *text, struct known_list *ret)
{
    struct err err = {0};
    if (read_text(text, ret, &err) != 0)
        fail_msg("%d:%d: %s", err.line, err.column, err.msg);
}

static void same(const char *a, const char *b)
{
    if (b == NULL)
        assert_null(a);
    else
        assert_string_equal(a, b);
}

/* ---- the file ---- */

static void test_read__every_form(void **state)
{
    static const struct {
        const char *line, *scenario, *check, *text;
        int column;
    } rows[] = {
        {"login/a", "login/a", NULL, NULL, 1},
        {"  login/a\t", "login/a", NULL, NULL, 3},
        {"login/a # why", "login/a", NULL, NULL, 1},
        {"login/a#1", "login/a#1", NULL, NULL, 1}, /* no blank before it: part of the name */
        {"login/a authentik/id-token.alg", "login/a", "authentik/id-token.alg", NULL, 1},
        {"login/a \"x # y\" # z", "login/a", NULL, "x # y", 1},
        {"login/a dex/id-token.alg \"a \\\"b\\\" \\u00e9\"", "login/a", "dex/id-token.alg",
         "a \"b\" \xc3\xa9", 1},
        {"\"my own/x y.yaml\" \"t\"", "my own/x y.yaml", NULL, "t", 1},
        {"login/a \"\\\\\"", "login/a", NULL, "\\", 1},
        {"login/a\r", "login/a", NULL, NULL, 1},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(known_list_deinit) struct known_list l = {0};
        AUTO(xfree) char *text = xasprintf("# one\n\n%s\n   # last", rows[i].line);
        read_good(text, &l);
        assert_int_equal(l.len, 1);
        same(l.items[0].scenario, rows[i].scenario);
        same(l.items[0].check, rows[i].check);
        same(l.items[0].text, rows[i].text);
        assert_int_equal(l.items[0].line, 3);
        assert_int_equal(l.items[0].column, rows[i].column);
    }
}

static void test_read__mistakes_with_their_place(void **state)
{
    static const struct {
        const char *line;
        int column;
        const char *text;
    } rows[] = {
        {"login/a authentik/id-token.algo", 9,
         "unknown check 'authentik/id-token.algo'; did you mean 'authentik/id-token.alg'?"},
        {"login/a something", 9, "unknown check 'something'; a text stands in double quotes"},
        {"login/a authentik/id-token.alg HS256", 32,
         "'HS256': the text of an entry stands in double quotes"},
        {"login/a \"a\" \"b\"", 13, "'b': an entry ends after the scenario"},
        {"login/a authentik/id-token.alg \"a\" b", 36, "'b': an entry ends after the scenario"},
        {"login/a \"open", 9, "the text has no closing '\"'"},
        {"login/a \"open\\\"", 9, "the text has no closing '\"'"},
        {"login/a \"a\\q\"", 9, "the text is no JSON string"},
        {"login/a \"a\"b", 12, "a blank is missing after the text"},
        {"login/a \"\"", 9, "an empty text is in everything"},
        {"\"\"", 1, "an empty text is in everything"},
        {"login/a \"a\x01\"", 9, "the text is no JSON string"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(known_list_deinit) struct known_list l = {0};
        AUTO(xfree) char *text = xasprintf("login/b\n%s\n", rows[i].line);
        struct err err = {0};
        assert_int_equal(read_text(text, &l, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
        assert_int_equal(err.line, 2);
        assert_int_equal(err.column, rows[i].column);
        assert_true(cstr_contains(err.file, "/known"));
        if (!cstr_contains(err.msg, rows[i].text))
            fail_msg("expected '%s' within '%s'", rows[i].text, err.msg);
        assert_int_equal(l.len, 0);
    }
}

static void test_read__missing_file(void **state)
{
    AUTO(known_list_deinit) struct known_list l = {0};
    struct err err = {0};
    assert_int_equal(known_read("/no/such", &l, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
}

static void test_ids__unknown_with_place_and_nearest(void **state)
{
    AUTO(strlist_deinit) struct strlist ids = {0};
    AUTO(known_list_deinit) struct known_list good = {0};
    AUTO(known_list_deinit) struct known_list bad = {0};
    AUTO(known_list_deinit) struct known_list far = {0};
    struct err err = {0};
    strlist_add(&ids, "login/admin-ui");
    strlist_add(&ids, "login/viewer-ui");
    read_good("login/admin-ui\n/etc/passwd\n", &good); /* a file that is there may be a scenario */
    assert_int_equal(known_check_ids(&good, &ids, &err), 0);
    read_good("login/viewer-ui\n # x\n  login/admin-uu\n", &bad);
    assert_int_equal(known_check_ids(&bad, &ids, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_int_equal(err.line, 3);
    assert_int_equal(err.column, 3);
    assert_string_equal(err.msg,
                        "unknown scenario 'login/admin-uu'; did you mean 'login/admin-ui'?");
    read_good("frobnicate\n", &far);
    assert_int_equal(known_check_ids(&far, &ids, &err), -1);
    assert_string_equal(err.msg,
                        "unknown scenario 'frobnicate'; `rolecall list scenarios` names them");
}

/* ---- covering ---- */

/* A scenario of two steps: the first passed; the second failed in its outcome and in a check. */
struct failed {
    struct run_difference differences[2];
    struct run_step steps[2];
    struct run_result result;
};

static char outcome[] = "outcome", refused[] = "refused", signed_in[] = "signed-in";
static char what_check[] = "check dex/id-token.alg", check[] = "dex/id-token.alg";
static char rs256[] = "RS256", hs256[] = "HS256";

static void failed_init(struct failed *f)
{
    static char actual[] = "outcome: refused\nrefused by: dex at callback: Login failed.\n"
                           "check dex/id-token.alg: HS256";
    *f = (struct failed){
        .differences = {{outcome, NULL, signed_in, refused}, {what_check, check, rs256, hs256}}};
    f->steps[0].verdict.kind = VERDICT_PASS;
    f->steps[1] = (struct run_step){.verdict = {.kind = VERDICT_FAIL, .actual = actual},
                                    .differences = f->differences,
                                    .differences_len = 2};
    f->result =
        (struct run_result){.id = "s", .verdict = VERDICT_FAIL, .steps = f->steps, .steps_len = 2};
}

static void test_covers__every_difference_or_none(void **state)
{
    static const struct {
        const char *file;
        bool covers;
    } rows[] = {
        {"s", true},
        {"s\nother", true},
        {"other", false},
        {"", false},
        {"s \"refused by: dex\"\ns dex/id-token.alg", true},
        {"s \"outcome: refused\"\ns dex/id-token.alg \"HS256\"", true},
        {"s \"outcome: refused\"", false},                       /* the check is not described */
        {"s dex/id-token.alg", false},                           /* the outcome is not */
        {"s \"refused by: argocd\"\ns dex/id-token.alg", false}, /* another refusal */
        {"s \"refused by: dex\"\ns dex/id-token.alg \"none\"", false},
        {"s \"refused by: dex\"\ns authentik/id-token.alg", false},
        {"s \"HS256\"\ns dex/id-token.alg", true}, /* in the step's actual as it is shown */
        {"other \"refused by: dex\"\nother dex/id-token.alg", false},
    };
    struct failed f;
    failed_init(&f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(known_list_deinit) struct known_list l = {0};
        read_good(rows[i].file, &l);
        if (known_covers(&l, &f.result) != rows[i].covers)
            fail_msg("%s", rows[i].file);
    }
    assert_false(known_covers(NULL, &f.result));
}

static void test_covers__nothing_but_failures(void **state)
{
    AUTO(known_list_deinit) struct known_list l = {0};
    struct failed f;
    failed_init(&f);
    read_good("s", &l);
    for (enum verdict_kind k = VERDICT_SKIP; k < VERDICT_MAX_; k++) {
        f.result.verdict = k;
        assert_int_equal(known_covers(&l, &f.result), k == VERDICT_FAIL);
    }
    f.result.verdict = VERDICT_FAIL;
    f.steps[1].differences_len = 0; /* a failure that nobody can describe is nobody's */
    assert_false(known_covers(&l, &f.result));
}

static void test_judge__what_became_of_each(void **state)
{
    static const struct {
        const char *line;
        enum verdict_kind verdict;
        enum known_state state;
        const char *why;
    } rows[] = {
        {"s", VERDICT_FAIL, KNOWN_FAILED, NULL},
        {"s dex/id-token.alg \"HS\"", VERDICT_FAIL, KNOWN_FAILED, NULL},
        {"s", VERDICT_PASS, KNOWN_STALE, "it no longer fails: the scenario passes"},
        {"s dex/id-token.alg", VERDICT_PASS, KNOWN_STALE,
         "it no longer fails: the scenario passes"},
        {"s dex/id-token.kid", VERDICT_FAIL, KNOWN_STALE,
         "it no longer fails: the scenario fails otherwise, this check does not"},
        {"s dex/id-token.alg \"none\"", VERDICT_FAIL, KNOWN_STALE,
         "it no longer fails so: the text is not in what came"},
        {"s \"argocd at start\"", VERDICT_FAIL, KNOWN_STALE,
         "it no longer fails so: the text is not in what came"},
        {"s", VERDICT_ERROR, KNOWN_NOT_JUDGED, "the scenario ended as error"},
        {"s", VERDICT_SKIP, KNOWN_NOT_JUDGED, "the scenario ended as skip"},
        {"t", VERDICT_FAIL, KNOWN_NOT_SELECTED, "the scenario was not selected"},
    };
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(known_list_deinit) struct known_list l = {0};
        struct failed f;
        failed_init(&f);
        f.result.verdict = rows[i].verdict;
        if (rows[i].verdict != VERDICT_FAIL)
            f.steps[1].differences_len = 0;
        struct run_suite suite = {.results = &f.result, .len = 1};
        read_good(rows[i].line, &l);
        known_judge(&l, &suite);
        assert_int_equal(suite.entries_len, 1);
        assert_int_equal(suite.entries[0].state, rows[i].state);
        same(suite.entries[0].why, rows[i].why);
        assert_int_equal(suite.stale, rows[i].state == KNOWN_STALE);
        assert_true(strlen(known_state_name(rows[i].state)) > 3);
        xfree(suite.entries[0].why);
        xfree(suite.entries);
    }
}

/* ---- lines to paste ---- */

static void test_line__is_read_back(void **state)
{
    static const char *const lines[] = {
        "login/a",
        "login/a \"a # \\\"b\\\"\"",
        "login/a dex/id-token.alg",
        "login/a dex/id-token.alg \"x\"",
        "\"own files/x y.yaml\" dex/id-token.alg \"a\\\\b\"",
        "\"#odd\"",
    };
    for (size_t i = 0; i < TEST_COUNT(lines); i++) {
        AUTO(known_list_deinit) struct known_list l = {0};
        read_good(lines[i], &l);
        AUTO(xfree) char *line = known_line(&l.items[0]);
        assert_string_equal(line, lines[i]);
    }
}

#define SECRET "correct-horse-battery"

static void test_lines__tell_what_stays_the_same(void **state)
{
    static const struct {
        char actual[160];
        const char *line;
    } rows[] = {
        {"HS256", "s dex/id-token.alg \"HS256\""},
        {"first line\nsecond", "s dex/id-token.alg \"first line\""},
        {"the code is " SECRET " here", "s dex/id-token.alg \"the code is\""},
        {"dial tcp 127.0.0.1:40123: refused", "s dex/id-token.alg \"dial tcp 127.0.0.1:\""},
        {"a \"quoted\" \\ word", "s dex/id-token.alg \"a \\\"quoted\\\" \\\\ word\""},
        {SECRET, "s dex/id-token.alg"}, /* nothing to tell: the check alone */
        {"\x01odd", "s dex/id-token.alg"},
        {"caf\xc3\xa9 \xff bad", "s dex/id-token.alg \"caf\xc3\xa9\""},
        {"", "s dex/id-token.alg"},
    };
    AUTO(redactor_free) struct redactor *redactor = redactor_new();
    redactor_add(redactor, "code", SECRET);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        AUTO(strlist_deinit) struct strlist lines = {0};
        AUTO(known_list_deinit) struct known_list l = {0};
        AUTO(xfree) char *actual = xstrdup(rows[i].actual);
        struct failed f;
        failed_init(&f);
        f.differences[0] = (struct run_difference){what_check, check, rs256, actual};
        f.steps[1].differences_len = 1;
        known_lines_for(&f.result, redactor, &lines);
        assert_int_equal(lines.len, 1);
        assert_string_equal(lines.items[0], rows[i].line);
        read_good(lines.items[0], &l);
        assert_true(known_covers(&l, &f.result));
    }
}

static void test_lines__cover_the_failure_they_come_from(void **state)
{
    AUTO(redactor_free) struct redactor *redactor = redactor_new();
    AUTO(strlist_deinit) struct strlist lines = {0};
    AUTO(known_list_deinit) struct known_list l = {0};
    struct failed f;
    failed_init(&f);
    known_lines_for(&f.result, redactor, &lines);
    assert_int_equal(lines.len, 2);
    assert_string_equal(lines.items[0], "s \"refused by: dex at callback: Login failed.\"");
    assert_string_equal(lines.items[1], "s dex/id-token.alg \"HS256\"");
    AUTO(xfree) char *file = strlist_join(&lines, "\n");
    read_good(file, &l);
    assert_true(known_covers(&l, &f.result));
    l.len--;
    assert_false(known_covers(&l, &f.result)); /* each line is needed */
    xfree(l.items[1].scenario);
    xfree(l.items[1].check);
    xfree(l.items[1].text);
    AUTO(strlist_deinit) struct strlist none = {0};
    f.result.verdict = VERDICT_ERROR;
    known_lines_for(&f.result, redactor, &none);
    assert_int_equal(none.len, 0);
}

/* ---- a run ---- */

static void test_run__an_entry_that_no_longer_fails(void **state)
{
    AUTO(known_list_deinit) struct known_list known = {0};
    struct bench_of b;
    bench_init(&b);
    bench_known(&b, &known, "one\ntwo \"roles: [role:admin]\"\n");
    bench_add(&b, "one", GOOD);
    bench_add(&b, "two", BAD);
    bench_run(&b);
    assert_int_equal(b.suite.known, 1);
    assert_int_equal(b.suite.stale, 1);
    assert_int_equal(b.suite.entries[0].state, KNOWN_STALE);
    assert_int_equal(b.suite.entries[1].state, KNOWN_FAILED);
    assert_int_equal(run_exit_status(&b.suite), 1);
    bench_deinit(&b);
}

static void test_run__differences_are_kept_one_by_one(void **state)
{
    struct bench_of b;
    bench_init(&b);
    bench_add(&b, "one",
              "title: t\n" LOGIN_UI_STEP "{outcome: signed-in, roles: [role:readonly], "
              "cannot: [sync applications default/x], checks: {fail: [dex/id-token.alg]}}\n");
    bench_run(&b);
    static const struct {
        const char *what, *check, *actual;
    } rows[] = {{"roles", NULL, "[role:admin]"},
                {"check dex/id-token.alg", "dex/id-token.alg", "pass"},
                {"rights", NULL, "yes"}};
    const struct run_step *s = &b.suite.results[0].steps[0];
    assert_int_equal(s->differences_len, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(s->differences[i].what, rows[i].what);
        same(s->differences[i].check, rows[i].check);
        assert_true(cstr_contains(s->differences[i].actual, rows[i].actual));
        assert_true(cstr_contains(s->verdict.actual, s->differences[i].actual));
        assert_true(cstr_contains(s->verdict.expected, s->differences[i].expected));
    }
    bench_deinit(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read__every_form),
        cmocka_unit_test(test_read__mistakes_with_their_place),
        cmocka_unit_test(test_read__missing_file),
        cmocka_unit_test(test_ids__unknown_with_place_and_nearest),
        cmocka_unit_test(test_covers__every_difference_or_none),
        cmocka_unit_test(test_covers__nothing_but_failures),
        cmocka_unit_test(test_judge__what_became_of_each),
        cmocka_unit_test(test_line__is_read_back),
        cmocka_unit_test(test_lines__tell_what_stays_the_same),
        cmocka_unit_test(test_lines__cover_the_failure_they_come_from),
        cmocka_unit_test(test_run__an_entry_that_no_longer_fails),
        cmocka_unit_test(test_run__differences_are_kept_one_by_one),
    };
    return TEST_MAIN(tests);
}
