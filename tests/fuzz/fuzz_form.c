/*
 * Forms: what was read and written is the same when read and written again.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/base/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(params_deinit) struct params p = {0};
    AUTO(params_deinit) struct params q = {0};

    params_parse_form(&p, (struct str){(const char *)data, size});
    AUTO(xfree) char *once = params_form(&p);
    params_parse_form(&q, str_of(once));
    AUTO(xfree) char *twice = params_form(&q);
    assert(strcmp(once, twice) == 0);
    return 0;
}
