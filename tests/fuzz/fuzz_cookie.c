/*
 * Cookies: the first line is a URL, each further line a Set-Cookie field of its answer; then the
 * jar is asked for that URL and another one.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/http/jar.h"
#include "harness/http/message.h"

static void ask(struct jar *jar, const char *url, bool cross_site)
{
    AUTO(xfree) char *header = jar_header(jar, url, cross_site, true);

    /* A field that could end the head early would let a server write requests. */
    assert(!header || !strpbrk(header, "\r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(clock_free) struct clock *clock = clock_new_virtual(CLOCK_START_S);
    AUTO(jar_free) struct jar *jar = jar_new(clock);
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(xfree) char *text = xstrndup((const char *)data, size);
    struct str rest = str_of(text), line = {0};

    if (!str_next(&rest, '\n', &line)) {
        return 0;
    }
    AUTO(xfree) char *url = xstrndup(line.ptr, line.len);
    while (str_next(&rest, '\n', &line)) {
        AUTO(xfree) char *field = xstrndup(line.ptr, line.len);
        params_add(&resp.headers, "Set-Cookie", field);
    }
    jar_store(jar, url, &resp);
    ask(jar, url, false);
    ask(jar, url, true);
    ask(jar, "https://argocd.company/auth/callback", false);
    clock_advance_ms(clock, INT64_C(86400000));
    ask(jar, url, false);
    jar_set(jar, url, "a", "b");
    (void)jar_get(jar, url, "a");
    jar_remove(jar, "a");
    return 0;
}
