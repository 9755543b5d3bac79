/*
 * Knows the links of Dex's page, not their texts: a theme of one's own keeps the links.
 */
#include "harness/login/choice.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/http/html.h"

static bool is_choice(const struct browser_page *page)
{
    struct place at = place_of(page->system, page->url);
    return page->problem == NULL && !page->stopped && page->response.status == 200 &&
           page->response.body != NULL && strcmp(at.by, "dex") == 0 &&
           strcmp(at.at, "authorize") == 0;
}

/* Is this link "…/auth/ID" or "…/auth/ID?…"? */
static bool leads_to(const char *link, const char *id)
{
    AUTO(xfree) char *segment = url_encode(str_of(id), "$&+:=@");
    AUTO(xfree) char *part = xasprintf("/auth/%s", segment);
    const char *at = strstr(link, part);
    const char *end = at != NULL ? at + strlen(part) : NULL;
    const char *query = strchr(link, '?');
    return end != NULL && (*end == '\0' || *end == '?') && (query == NULL || end <= query);
}

char *choice_of_authentik(const struct setup *s, const struct browser_page *page)
{
    static const char before[] = "href=\"";
    const char *id = is_choice(page) ? js_get_text(setup_authentik_connector(s), "id") : NULL;
    const char *p = id != NULL ? page->response.body : NULL;
    while (p != NULL && (p = strstr(p, before)) != NULL) {
        p += strlen(before);
        AUTO(xfree) char *raw = xstrndup(p, strcspn(p, "\""));
        AUTO(xfree) char *link = html_unescape(raw);
        char *ret = NULL;
        if (leads_to(link, id) && url_resolve(page->url, link, &ret, NULL) == 0)
            return ret;
    }
    return NULL;
}
