/*
 * URLs: what parses is the same text again but for the scheme's case and an empty port, and any
 * Location resolves to something with a scheme.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(xfree) char *text = xstrndup(size > 0 ? (const char *)data : "", size);
    AUTO(xfree) char *resolved = NULL;
    AUTO(url_deinit) struct url u = {0};
    AUTO(url_deinit) struct url again = {0};

    if (url_parse(text, &u, NULL) == 0) {
        AUTO(xfree) char *written = url_text(&u);
        int back = url_parse(written, &again, NULL);
        assert(back == 0);
        AUTO(xfree) char *twice = url_text(&again);
        assert(strcmp(written, twice) == 0);
    }
    if (url_resolve("https://argocd.company/auth/login?a=b", text, &resolved, NULL) == 0) {
        assert(strchr(resolved, ':') != NULL);
    }
    return 0;
}
