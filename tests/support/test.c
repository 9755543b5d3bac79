/*
 * Helpers shared by the test programs: where the test data lie, what a text holds.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/mem.h"

char *test_data(const char *name)
{
    const char *root = getenv("ROLECALL_ROOT");
    return xasprintf("%s/tests/data/%s", root != NULL ? root : ".", name);
}

char *test_data_text(const char *name)
{
    AUTO(xfree) char *path = test_data(name);
    struct err err = {0};
    char *text = NULL;
    size_t len = 0;
    if (file_read(path, FILE_MAX_TEXT, &text, &len, &err) != 0)
        fail_msg("%s", err.msg);
    return text;
}

void test_has(const char *text, const char *part)
{
    if (text == NULL || strstr(text, part) == NULL)
        fail_msg("expected '%s' within\n%s", part, text != NULL ? text : "(nothing)");
}

void test_lacks(const char *text, const char *part)
{
    if (text == NULL || strstr(text, part) != NULL)
        fail_msg("expected no '%s' within\n%s", part, text != NULL ? text : "(nothing)");
}
