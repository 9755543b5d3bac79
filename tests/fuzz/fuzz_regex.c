/*
 * Patterns: the first line is the pattern, the rest the text. What the gate lets through compiles
 * or is refused, and every match ends.
 */
#include "tests/fuzz/fuzz.h"

#include "harness/data/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum regex_dialect dialects[] = {REGEX_RE2, REGEX_PYTHON};
    struct str text = {size > 0 ? (const char *)data : "", size};
    struct str pattern = {0};

    (void)str_next(&text, '\n', &pattern);
    for (size_t i = 0; i < 2; i++) {
        AUTO(regex_free) struct regex *r = NULL;
        struct err err = {0};
        if (regex_new(pattern, dialects[i], &r, &err) < 0) {
            assert(err.code == ERR_PARSE && err.msg[0] != '\0');
            continue;
        }
        (void)regex_fullmatch(r, text);
        (void)regex_search(r, text);
    }
    return 0;
}
