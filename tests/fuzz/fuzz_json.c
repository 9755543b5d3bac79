/*
 * JSON: what was read is written and read back as an equal value; a value patched onto itself
 * stays.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/data/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(js_free) struct js *j = NULL;
    AUTO(js_free) struct js *back = NULL;

    if (js_parse((struct str){(const char *)data, size}, "fuzz", &j, NULL) < 0) {
        return 0;
    }
    AUTO(xfree) char *once = js_compact(j);
    AUTO(xfree) char *html = js_compact_html(j);
    int rc = js_parse(str_of(html), "html", &back, NULL);
    assert(rc == 0);
    AUTO(xfree) char *twice = js_compact(back);
    assert(strcmp(once, twice) == 0);
    return 0;
}
