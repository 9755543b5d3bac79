/*
 * Globs: the first line is the pattern, the rest the text. Where a pattern has nothing but letters,
 * stars and question marks, the C library's fnmatch must agree.
 */
#include "tests/fuzz/fuzz.h"

#include <fnmatch.h>
#include <string.h>

#include "harness/rbac/glob.h"

#define MAX_INPUT 4096

static bool is_simple(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f || strchr("[]{}\\!,", s.ptr[i]) != NULL)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MAX_INPUT)
        return 0;
    struct str text = {(const char *)data, size};
    struct str pattern = {0};
    (void)str_next(&text, '\n', &pattern);
    AUTO(glob_free) struct glob *g = glob_new(pattern);
    if (g == NULL)
        return 0;
    bool matches = glob_match(g, text);
    assert(matches == glob_match(g, text));
    if (!is_simple(pattern) || !is_simple(text))
        return 0;
    AUTO(xfree) char *p = xstrndup(pattern.len > 0 ? pattern.ptr : "", pattern.len);
    AUTO(xfree) char *t = xstrndup(text.len > 0 ? text.ptr : "", text.len);
    /* fnmatch takes a pattern without any star for hours when it has many; so do our users not. */
    assert(matches == (fnmatch(p, t, 0) == 0));
    return 0;
}
