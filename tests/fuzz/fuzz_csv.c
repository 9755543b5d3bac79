/*
 * Policy lines: a line is read or refused with Go's text, never both.
 */
#include "tests/fuzz/fuzz.h"

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/data/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(strlist_deinit) struct strlist fields = {0};
    struct err err = {0};

    if (csv_parse_record((struct str){(const char *)data, size}, &fields, &err) == 0) {
        assert(fields.len > 0);
    } else {
        assert(fields.len == 0 && cstr_starts(err.msg, "parse error on line 1"));
    }
    return 0;
}
