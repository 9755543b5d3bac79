/*
 * Reports for compare: one, a line "--8<--", the other. What is no report is refused with words;
 * what is one can be compared, told and written as JSON, and has nothing against itself.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/file.h"
#include "harness/observe/comparison.h"

#define MARK "\n--8<--\n"
#define MAX_INPUT 65536

static const char *folder(void)
{
    static char dir[] = "/tmp/fuzz_report_XXXXXX";
    static bool made;
    if (!made && mkdtemp(dir) == NULL)
        abort();
    made = true;
    return dir;
}

static void write_part(const char *path, const char *text, size_t len)
{
    struct err err = {0};
    if (file_write(path, len > 0 ? text : "", len, S_IRUSR | S_IWUSR, &err) != 0)
        abort();
}

static void tell(const struct comparison *c)
{
    AUTO(xfree) char *text = comparison_text(c, false);
    AUTO(xfree) char *whole = comparison_text(c, true);
    AUTO(xfree) char *json = comparison_json(c);
    AUTO(js_free) struct js *parsed = NULL;
    assert(strlen(text) > 0 && strlen(whole) > 0);
    assert(js_parse(str_of(json), "compare", &parsed, NULL) == 0);
    int status = comparison_status(c);
    assert(status == 0 || status == 1 || status == 3);
}

static void compare(const char *before, const char *after, bool same)
{
    struct comparison c;
    struct err err = {0};
    if (comparison_make(before, after, &c, &err) != 0) {
        assert(err.msg[0] != '\0');
        return;
    }
    tell(&c);
    assert(!same || c.findings.len == 0);
    comparison_deinit(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MAX_INPUT)
        return 0;
    const char *text = (const char *)data;
    const char *mark = size > 0 ? memmem(text, size, MARK, strlen(MARK)) : NULL;
    size_t first = mark != NULL ? (size_t)(mark - text) : size;
    size_t skip = mark != NULL ? first + strlen(MARK) : size;
    AUTO(xfree) char *before = path_join(folder(), "before.json");
    AUTO(xfree) char *after = path_join(folder(), "after.json");
    write_part(before, text, first);
    write_part(after, text + skip, size - skip);
    compare(before, after, false);
    compare(before, before, true);
    return 0;
}
