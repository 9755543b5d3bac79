/*
 * Go's net/url parser and path cleaner, reduced to what Argo CD asks of them (argocd.md 1.2, 1.4).
 * Knows nothing of Argo CD. Every result belongs to the caller.
 */
#include "mocks/argocd/gourl.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/base/vec.h"

void gourl_deinit(struct gourl *u)
{
    xfree(u->scheme);
    xfree(u->host);
    xfree(u->path);
    xfree(u->query);
    *u = (struct gourl){0};
}

static bool has_control(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return true;
    return false;
}

/* The scheme before the first ":", if the text begins with one. False: ":x", Go's "missing protocol
 * scheme". */
static bool cut_scheme(struct str *rest, struct str *ret)
{
    *ret = (struct str){rest->ptr, 0};
    for (size_t i = 0; i < rest->len; i++) {
        char c = rest->ptr[i];
        if (c == ':') {
            if (i == 0)
                return false;
            ret->len = i;
            rest->ptr += i + 1;
            rest->len -= i + 1;
            return true;
        }
        bool later = isdigit((unsigned char)c) != 0 || c == '+' || c == '-' || c == '.';
        if (isalpha((unsigned char)c) == 0 && !(later && i > 0))
            return true;
    }
    return true;
}

static struct str before(struct str s, char sep)
{
    const char *at = s.len > 0 ? memchr(s.ptr, sep, s.len) : NULL;
    return (struct str){s.ptr, at != NULL ? (size_t)(at - s.ptr) : s.len};
}

static struct str after_last(struct str s, char sep, struct str *ret_head)
{
    for (size_t i = s.len; i-- > 0;) {
        if (s.ptr[i] != sep)
            continue;
        *ret_head = (struct str){s.ptr, i};
        return (struct str){s.ptr + i + 1, s.len - i - 1};
    }
    *ret_head = (struct str){s.ptr, 0};
    return s;
}

static bool valid_optional_port(struct str s)
{
    if (s.len == 0)
        return true;
    if (s.ptr[0] != ':')
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (isdigit((unsigned char)s.ptr[i]) == 0)
            return false;
    return true;
}

/* What may stand unescaped in a host: unreserved, sub-delims, and :[]<>" (RFC 3986 3.2.2 and what
 * Go leaves for zones). */
static bool host_char(char c)
{
    return (unsigned char)c >= 0x80 || isalnum((unsigned char)c) != 0 ||
           (c != '\0' && strchr("-_.~!$&'()*+,;=:[]<>\"", c) != NULL);
}

static bool decode_host(struct str host, char **ret)
{
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] == '%') {
            /* Only bytes that are not ASCII may be escaped in a host. */
            bool high = i + 2 < host.len && strchr("89abcdefABCDEF", host.ptr[i + 1]) != NULL;
            if (!high)
                return false;
            continue;
        }
        if (!host_char(host.ptr[i]))
            return false;
    }
    if (!url_decode(host, false, ret)) {
        *ret = xfree(*ret);
        return false;
    }
    return true;
}

static bool parse_host(struct str host, char **ret)
{
    struct str head;
    if (host.len > 0 && host.ptr[0] == '[') {
        struct str port = after_last(host, ']', &head);
        if (head.len == 0 || !valid_optional_port(port))
            return false;
    } else if (memchr(host.len > 0 ? host.ptr : "", ':', host.len) != NULL) {
        struct str port = after_last(host, ':', &head);
        if (!valid_optional_port((struct str){port.ptr - 1, port.len + 1}))
            return false;
    }
    return decode_host(host, ret);
}

static bool valid_userinfo(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (isalnum((unsigned char)s.ptr[i]) == 0 &&
            (s.ptr[i] == '\0' || strchr("-._:~!$&'()*+,;=%@", s.ptr[i]) == NULL))
            return false;
    AUTO(xfree) char *decoded = NULL;
    return url_decode(s, false, &decoded);
}

static bool parse_authority(struct str authority, char **ret_host)
{
    struct str user;
    struct str host = after_last(authority, '@', &user);
    return valid_userinfo(user) && parse_host(host, ret_host);
}

/* What follows the scheme, without query and fragment. */
static bool parse_hierarchy(struct str rest, struct gourl *u)
{
    if (rest.len > 0 && rest.ptr[0] != '/') {
        if (u->scheme[0] != '\0')
            return true; /* opaque: no host, no path */
        if (memchr(rest.ptr, ':', before(rest, '/').len) != NULL)
            return false; /* first path segment in URL cannot contain colon */
    }
    bool authority = u->scheme[0] != '\0' || !str_starts(rest, "///");
    if (authority && str_starts(rest, "//")) {
        struct str host = before((struct str){rest.ptr + 2, rest.len - 2}, '/');
        rest.ptr = host.ptr + host.len;
        rest.len -= 2 + host.len;
        u->host = xfree(u->host);
        if (!parse_authority(host, &u->host))
            return false;
    }
    u->path = xfree(u->path);
    return url_decode(rest, false, &u->path);
}

static bool parse(struct str rest, struct gourl *u)
{
    struct str scheme;
    struct str main = before(rest, '#');
    AUTO(xfree) char *fragment = NULL;
    if (main.len < rest.len &&
        !url_decode((struct str){main.ptr + main.len + 1, rest.len - main.len - 1}, false,
                    &fragment))
        return false;
    if (!cut_scheme(&main, &scheme))
        return false;
    u->scheme = xstrndup(scheme.ptr, scheme.len);
    for (char *c = u->scheme; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    struct str hierarchy = before(main, '?');
    bool query = hierarchy.len < main.len;
    u->query = query ? xstrndup(hierarchy.ptr + hierarchy.len + 1, main.len - hierarchy.len - 1)
                     : xstrdup("");
    u->host = xstrdup("");
    u->path = xstrdup("");
    return parse_hierarchy(hierarchy, u);
}

bool gourl_parse(const char *text, struct gourl *ret)
{
    AUTO(gourl_deinit) struct gourl u = {0};
    if (has_control(text) || !parse(str_of(text), &u))
        return false;
    *ret = u;
    u = (struct gourl){0};
    return true;
}

char *gourl_escape_path(const char *path)
{
    return url_encode(str_of(path), "$&+,/:;=@");
}

char *gourl_request_uri(const struct gourl *u)
{
    AUTO(xfree) char *path = gourl_escape_path(u->path[0] != '\0' ? u->path : "/");
    return u->query[0] != '\0' ? xasprintf("%s?%s", path, u->query) : xstrdup(path);
}

/* One element of a path onto the stack of those kept. */
static void clean_element(struct strlist *kept, struct str part, bool rooted)
{
    if (part.len == 0 || str_is(part, "."))
        return;
    bool up = str_is(part, "..");
    bool can_drop = kept->len > 0 && !cstr_eq(kept->items[kept->len - 1], "..");
    if (up && can_drop) {
        xfree(kept->items[--kept->len]);
        return;
    }
    if (up && rooted)
        return;
    strlist_take(kept, xstrndup(part.ptr, part.len));
}

char *gopath_clean(const char *path)
{
    AUTO(strlist_deinit) struct strlist kept = {0};
    bool rooted = path[0] == '/';
    struct str rest = str_of(path);
    struct str part;
    while (str_next(&rest, '/', &part))
        clean_element(&kept, part, rooted);
    AUTO(xfree) char *joined = strlist_join(&kept, "/");
    if (!rooted && kept.len == 0)
        return xstrdup(".");
    return xasprintf("%s%s", rooted ? "/" : "", joined);
}

char *gopath_join(const char *a, const char *b)
{
    if (a[0] == '\0' && b[0] == '\0')
        return xstrdup("");
    AUTO(xfree)
    char *both = a[0] == '\0' ? xstrdup(b) : b[0] == '\0' ? xstrdup(a) : xasprintf("%s/%s", a, b);
    return gopath_clean(both);
}

char *gopath_mux_clean(const char *decoded)
{
    AUTO(xfree) char *rooted = xasprintf("%s%s", decoded[0] == '/' ? "" : "/", decoded);
    AUTO(xfree) char *clean = gopath_clean(rooted);
    size_t n = strlen(rooted);
    bool slash = rooted[n - 1] == '/' && !cstr_eq(clean, "/");
    return xasprintf("%s%s", clean, slash ? "/" : "");
}
