/*
 * Cookie dates: a date that was read is written and read back as the same second.
 */
#include "tests/fuzz/fuzz.h"

#include "harness/base/clock.h"
#include "harness/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(xfree) char *text = xstrndup(size > 0 ? (const char *)data : "", size);
    char written[CLOCK_TEXT];
    int64_t t = 0;
    int64_t back = 0;

    if (clock_parse_cookie_date(text, &t) == 0) {
        int rc = clock_parse_cookie_date(clock_http_date(t, written), &back);
        assert(rc == 0 && back == t);
    }
    return 0;
}
