/*
 * Argo CD's rule for return_url, with its edges: the prefix knows no segments, and an allowed URL
 * with a trailing slash does not allow itself (argocd.md 1.4).
 */
#include "mocks/argocd/return_url.h"

#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/gourl.h"

static const char *path_of(const struct gourl *u)
{
    return u->path[0] != '\0' ? u->path : "/";
}

static bool allows(const char *allowed, const struct gourl *asked)
{
    AUTO(gourl_deinit) struct gourl a = {0};
    if (!gourl_parse(allowed, &a))
        return false;
    AUTO(xfree) char *clean = gopath_clean(path_of(asked));
    return cstr_eq(a.scheme, asked->scheme) && cstr_eq(a.host, asked->host) &&
           cstr_starts(clean, path_of(&a));
}

bool return_url_is_valid(const char *return_url, const char *const *allowed)
{
    if (return_url == NULL || return_url[0] == '\0')
        return true;
    AUTO(gourl_deinit) struct gourl asked = {0};
    if (!gourl_parse(return_url, &asked) || strpbrk(asked.path, "\r\n") != NULL)
        return false;
    for (; *allowed != NULL; allowed++)
        if (allows(*allowed, &asked))
            return true;
    return false;
}
