/*
 * YAML: what was read is printed and read back the same. Reals are left out: they are written with
 * fewer digits than they have.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/data/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(js_free) struct js *j = NULL;
    AUTO(js_free) struct js *typed = NULL;
    AUTO(js_free) struct js *back = NULL;
    AUTO(yaml_places_free) struct yaml_places *places = NULL;
    struct str text = {(const char *)data, size};
    struct err err = {0};

    (void)!yaml_parse(text, "fuzz", 0, YAML_TYPED, &typed, NULL, &err);
    if (yaml_parse(text, "fuzz", 0, YAML_ALL_TEXT, &j, &places, &err) < 0) {
        return 0;
    }
    AUTO(xfree) char *printed = yaml_print(j);
    int rc = yaml_parse(str_of(printed), "printed", 0, YAML_TYPED, &back, NULL, &err);
    assert(rc == 0);
    AUTO(xfree) char *once = js_compact(j);
    AUTO(xfree) char *twice = js_compact(back);
    assert(strcmp(once, twice) == 0);
    return 0;
}
