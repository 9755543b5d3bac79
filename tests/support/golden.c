/*
 * The files are small; a difference is shown from where it begins.
 */
#include "tests/support/golden.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/file.h"
#include "tests/support/test.h"

static void compare(const char *path, const char *text)
{
    AUTO(xfree) char *wanted = NULL;
    size_t len = 0;
    struct err err = {0};
    if (file_read(path, FILE_MAX_TEXT, &wanted, &len, &err) != 0)
        fail_msg("%s (tests/golden/refresh writes it)", err.msg);
    size_t same = 0;
    while (wanted[same] != '\0' && wanted[same] == text[same])
        same++;
    if (wanted[same] != text[same])
        fail_msg("%s: differs at byte %zu: expected\n%s\nfound\n%s\n(tests/golden/refresh, if it "
                 "is meant)",
                 path, same, wanted + same, text + same);
}

void golden_check(const char *file, const char *text)
{
    struct err err = {0};
    AUTO(xfree) char *relative = xasprintf("../golden/%s", file);
    AUTO(xfree) char *path = test_data(relative);
    if (getenv("ROLECALL_REFRESH") == NULL)
        compare(path, text);
    else if (file_write(path, text, strlen(text), 0644, &err) != 0)
        fail_msg("%s", err.msg);
}
