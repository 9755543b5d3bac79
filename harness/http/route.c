/*
 * Matching of raw paths against patterns. Literal text is compared byte by byte, as the real
 * systems' routers do before they decode; only what is captured is decoded.
 */
#include "harness/http/route.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"

struct captured {
    struct str items[HTTP_CAPTURES];
    size_t len;
    bool rest; /* the last one is what "*" took: it stays raw */
};

/* "GET HEAD" has the word; a route for GET answers HEAD too. */
static bool method_fits(const char *methods, const char *method)
{
    if (methods == NULL)
        return true;
    struct str rest = str_of(methods);
    struct str word;
    while (str_next(&rest, ' ', &word)) {
        if (str_is(word, method) || (str_is(word, "GET") && cstr_eq(method, "HEAD")))
            return true;
    }
    return false;
}

static bool capture(struct captured *c, const char *ptr, size_t len)
{
    if (c->len == HTTP_CAPTURES)
        return false;
    c->items[c->len++] = (struct str){ptr, len};
    return true;
}

static bool path_fits(const char *pattern, const char *path, struct captured *ret)
{
    while (*pattern != '\0') {
        if (pattern[0] == '*' && pattern[1] == '\0') {
            ret->rest = true;
            return capture(ret, path, strlen(path));
        }
        if (pattern[0] == '{' && pattern[1] == '}') {
            size_t len = strcspn(path, "/");
            if (len == 0 || !capture(ret, path, len))
                return false;
            pattern += 2;
            path += len;
            continue;
        }
        if (*pattern != *path)
            return false;
        pattern++;
        path++;
    }
    return *path == '\0';
}

static void keep(struct http_request *req, const struct captured *c)
{
    for (size_t i = 0; i < c->len; i++) {
        if (c->rest && i + 1 == c->len)
            req->captures[i] = xstrndup(c->items[i].ptr, c->items[i].len);
        else
            (void)url_decode(c->items[i], false, &req->captures[i]);
    }
}

const struct http_route *route_find(const struct http_route *routes, struct http_request *req)
{
    for (const struct http_route *r = routes; r != NULL && r->path != NULL; r++) {
        struct captured c = {0};
        if (method_fits(r->methods, req->method) && path_fits(r->path, req->path, &c)) {
            keep(req, &c);
            return r;
        }
    }
    return NULL;
}
