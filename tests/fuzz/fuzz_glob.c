/*
 * Globs: the first line is the pattern, the rest the text. Where a pattern has nothing but letters,
 * stars and question marks, the C library's fnmatch must agree, but for the two quirks of gobwas
 * that argocd.md 5.4 lists.
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

/* A whole "?" takes nothing too, and in "ab*bc" the two ends may overlap: both need a text shorter
 * than what the pattern has to see. */
static bool is_quirk(struct str pattern, struct str text)
{
    size_t needed = 0;
    for (size_t i = 0; i < pattern.len; i++)
        needed += pattern.ptr[i] != '*' ? 1 : 0;
    return text.len < needed;
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
    if (!is_simple(pattern) || !is_simple(text) || is_quirk(pattern, text))
        return 0;
    AUTO(xfree) char *p = xstrndup(pattern.len > 0 ? pattern.ptr : "", pattern.len);
    AUTO(xfree) char *t = xstrndup(text.len > 0 ? text.ptr : "", text.len);
    assert(matches == (fnmatch(p, t, 0) == 0));
    return 0;
}
