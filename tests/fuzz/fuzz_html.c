/*
 * Pages of a login: forms, visible text and references of whatever a server may send.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "harness/base/mem.h"
#include "harness/http/html.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(xfree) char *page = xstrndup((const char *)data, size);

    for (size_t n = 0; n < 4; n++) {
        AUTO(html_form_deinit) struct html_form form = {0};
        if (!html_form(page, n, &form)) {
            break;
        }
        assert(form.action);
        assert(strcmp(form.method, "get") == 0 || strcmp(form.method, "post") == 0);
    }
    AUTO(xfree) char *escaped = html_escape(page);
    AUTO(xfree) char *back = html_unescape(escaped);
    assert(strcmp(back, page) == 0);
    assert(!strpbrk(escaped, "<>\"'"));
    AUTO(xfree) char *visible = html_visible_text(page);
    AUTO(xfree) char *references = html_unescape(page);
    assert(visible && references);
    /* What people see of an escaped text is the text: no tag can come out of it. */
    AUTO(xfree) char *seen = html_visible_text(escaped);
    assert(seen);
    return 0;
}
