/*
 * base64url: what decodes must encode to the same text, because only the canonical spelling passes.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    uint8_t *bytes = NULL;
    size_t n = 0;
    size_t bad = SIZE_MAX;

    if (b64url_decode(text, size, &bytes, &n, &bad) == 0) {
        AUTO(xfree) char *owned = (char *)bytes;
        AUTO(xfree) char *again = b64url_encode(owned, n);
        assert(strlen(again) == size && (size == 0 || memcmp(again, text, size) == 0));
    } else {
        assert(bad < size);
    }
    if (b64_decode(text, size, &bytes, &n) == 0) {
        AUTO(xfree) char *owned = (char *)bytes;
        AUTO(xfree) char *again = b64_encode(owned, n);
        assert(strlen(again) == size && (size == 0 || memcmp(again, text, size) == 0));
    }
    return 0;
}
