/*
 * Helpers shared by the test programs: where the test data lie.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

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
