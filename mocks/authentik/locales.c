/*
 * ui_locales (authentik.md 3.2): the first language authentik speaks goes into a cookie and into
 * whatever redirect is answered. The mock's own texts stay English.
 */
#include "mocks/authentik/authorize.h"

#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/url.h"
#include "mocks/authentik/state.h"

/* locale/ of goauthentik/authentik */
static const char *const languages[] = {"cs",    "de", "en", "es",      "fi",      "fr",
                                        "it",    "ja", "ko", "nl",      "pl",      "pt",
                                        "pt-br", "ru", "tr", "zh-hans", "zh-hant", NULL};

/* As Django: without regard to case, and "de-AT" is "de" where there is no other. */
static const char *language_of(struct str tag)
{
    const char *dash = memchr(tag.ptr, '-', tag.len);
    size_t base = dash != NULL ? (size_t)(dash - tag.ptr) : tag.len;
    const char *found = NULL;
    for (const char *const *l = languages; tag.len > 0 && *l != NULL; l++) {
        size_t n = strlen(*l);
        if (n == tag.len && strncasecmp(*l, tag.ptr, n) == 0)
            return *l;
        if (n == base && strncasecmp(*l, tag.ptr, n) == 0)
            found = *l;
    }
    return found;
}

static const char *choose(const char *ui_locales)
{
    struct str rest = str_of(ui_locales);
    struct str tag = {0};
    const char *found = NULL;
    while (found == NULL && str_next(&rest, ' ', &tag))
        found = language_of(tag);
    return found;
}

static void add_pair(struct buf *b, const char *name, const char *value)
{
    AUTO(xfree) char *n = url_encode(str_of(name), "");
    AUTO(xfree) char *v = url_encode(str_of(value), "");
    buf_addf(b, "%s%s=%s", b->len > 0 ? "&" : "", n, v);
}

/* The query is parsed and written anew, %20 for a blank; blank values are lost, and equal names
 * stand together where the first of them stood. */
static char *with_locale(const char *location, const char *language)
{
    size_t fragment = strcspn(location, "#");
    AUTO(xfree) char *before = xstrndup(location, fragment);
    size_t path = strcspn(before, "?");
    AUTO(params_deinit) struct params old = {0};
    if (before[path] == '?')
        params_parse_form(&old, str_of(before + path + 1));
    params_set(&old, "locale", language);
    AUTO(buf_deinit) struct buf query;
    buf_init(&query, BUF_MAX_TEXT);
    for (size_t i = 0; i < old.len; i++)
        for (size_t j = i; j < old.len; j++)
            if (old.items[j].value[0] != '\0' &&
                strcmp(old.items[j].name, old.items[i].name) == 0) {
                add_pair(&query, old.items[j].name, old.items[j].value);
                old.items[j].value[0] = '\0';
            }
    return xasprintf("%.*s?%s%s", (int)path, before, query.ptr, location + fragment);
}

void ak_authz_locales(const struct mock *m, const char *ui_locales, struct http_response *resp)
{
    const char *language = ak_quirk(m, QUIRK_UI_LOCALES) ? choose(ui_locales) : NULL;
    if (language == NULL)
        return;
    params_addf(&resp->headers, "Set-Cookie", "authentik_language=%s; Path=/", language);
    const char *location = params_get_ci(&resp->headers, "Location");
    if (location == NULL)
        return;
    AUTO(xfree) char *to = with_locale(location, language);
    params_set_ci(&resp->headers, "Location", to);
}
