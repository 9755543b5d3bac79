/*
 * The reports whole, as files: what a person or a machine reads changes only when somebody looked
 * at the difference. tests/golden/refresh writes them anew.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "tests/unit/reports/suite.h"

#define TAG_DIGITS 8

struct golden {
    const char *name; /* of the case */
    const char *format;
    const char *file;
};

static const struct golden rows[] = {
    {"console", "console", "golden/report.txt"},
    {"junit", "junit", "golden/report.junit.xml"},
    {"json", "json", "golden/report.json"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* "[code 94fd903a]": tags are made with a key of the run, so every run has others. */
static void hide_tags(char *text)
{
    for (char *end = strchr(text, ']'); end != NULL; end = strchr(end + 1, ']')) {
        char *digits = end - TAG_DIGITS;
        if (digits <= text || digits[-1] != ' ' || strspn(digits, "0123456789abcdef") != TAG_DIGITS)
            continue;
        memset(digits, '0', TAG_DIGITS);
    }
}

static void compare(const char *path, const char *text)
{
    AUTO(xfree) char *wanted = NULL;
    size_t len = 0;
    struct err err = {0};
    if (file_read(path, FILE_MAX_TEXT, &wanted, &len, &err) != 0)
        fail_msg("%s (tests/golden/refresh writes it)", err.msg);
    struct str a = str_of(wanted);
    struct str b = str_of(text);
    struct str line_a = {0};
    struct str line_b = {0};
    for (int line = 1; a.len > 0 || b.len > 0; line++) {
        (void)str_next(&a, '\n', &line_a);
        (void)str_next(&b, '\n', &line_b);
        if (line_a.len != line_b.len || memcmp(line_a.ptr, line_b.ptr, line_a.len) != 0)
            fail_msg("%s:%d: expected\n  %.*s\nfound\n  %.*s\n(tests/golden/refresh, if it is "
                     "meant)",
                     path, line, STR_ARG(line_a), STR_ARG(line_b));
    }
}

static void test_report(void **state)
{
    const struct golden *row = *state;
    struct err err = {0};
    AUTO(suite_story_free) struct suite_story *s = suite_story_new();
    suite_story_expect(s);
    AUTO(xfree) char *text = report_find(row->format)->render(&s->suite, s->redactor, false);
    AUTO(xfree) char *tests = path_join(getenv("ROLECALL_ROOT"), "tests");
    AUTO(xfree) char *path = path_join(tests, row->file);
    hide_tags(text);
    if (getenv("ROLECALL_REFRESH") == NULL)
        compare(path, text);
    else if (file_write(path, text, strlen(text), 0644, &err) != 0)
        fail_msg("%s", err.msg);
}

int main(void)
{
    struct CMUnitTest tests[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        union {
            const struct golden *from;
            void *to;
        } row = {&rows[i]};
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = test_report, .initial_state = row.to};
    }
    return TEST_MAIN(tests);
}
