/*
 * The table of places, by path. First match wins.
 */
#include "harness/login/place.h"

#include <string.h>

#include "harness/base/str.h"

enum how { EXACT, PREFIX, SUFFIX };

static const struct {
    const char *system;
    enum how how;
    const char *path;
    struct place place;
} places[] = {
    {"argocd", PREFIX, "/api/dex/.well-known/", {"dex", "discovery"}},
    {"argocd", PREFIX, "/api/dex/auth", {"dex", "authorize"}},
    {"argocd", PREFIX, "/api/dex/approval", {"dex", "authorize"}},
    {"argocd", PREFIX, "/api/dex/callback", {"dex", "callback"}},
    {"argocd", PREFIX, "/api/dex/token", {"dex", "token"}},
    {"argocd", PREFIX, "/api/dex/keys", {"dex", "jwks"}},
    {"argocd", PREFIX, "/api/dex/userinfo", {"dex", "userinfo"}},
    {"argocd", PREFIX, "/api/dex", {"dex", "api"}},
    {"argocd", EXACT, "/auth/login", {"argocd", "start"}},
    {"argocd", EXACT, "/login", {"argocd", "start"}},
    {"argocd", EXACT, "/auth/callback", {"argocd", "callback"}},
    {"argocd", EXACT, "/auth/logout", {"argocd", "session"}},
    {"argocd", PREFIX, "/api/v1/session/", {"argocd", "session"}},
    {"argocd", EXACT, "/api/v1/settings", {"argocd", "start"}},
    {"argocd", PREFIX, "/cluster.SettingsService/", {"argocd", "start"}},
    {"argocd", PREFIX, "/", {"argocd", "api"}},
    {"authentik", EXACT, "/application/o/authorize/", {"authentik", "authorize"}},
    {"authentik", EXACT, "/application/o/token/", {"authentik", "token"}},
    {"authentik", EXACT, "/application/o/userinfo/", {"authentik", "userinfo"}},
    {"authentik", SUFFIX, "/.well-known/openid-configuration", {"authentik", "discovery"}},
    {"authentik", SUFFIX, "/jwks/", {"authentik", "jwks"}},
    {"authentik", SUFFIX, "/end-session/", {"authentik", "session"}},
    {"authentik", PREFIX, "/if/flow/", {"authentik", "flow"}},
    {"authentik", PREFIX, "/flows/", {"authentik", "flow"}},
    {"authentik", PREFIX, "/api/v3/flows/executor/", {"authentik", "flow"}},
    {"authentik", PREFIX, "/", {"authentik", "api"}},
    {"dex", SUFFIX, "/.well-known/openid-configuration", {"dex", "discovery"}},
    {"dex", SUFFIX, "/token", {"dex", "token"}},
    {"dex", SUFFIX, "/keys", {"dex", "jwks"}},
    {"dex", SUFFIX, "/userinfo", {"dex", "userinfo"}},
    {"dex", PREFIX, "/", {"dex", "api"}},
    {"cli", PREFIX, "/", {"cli", "listener"}},
    {"rp", PREFIX, "/", {"rp", "callback"}},
    {NULL, EXACT, NULL, {NULL, NULL}},
};

static bool fits(enum how how, struct str path, const char *wanted)
{
    if (how == EXACT)
        return str_is(path, wanted);
    return how == PREFIX ? str_starts(path, wanted) : str_ends(path, wanted);
}

/* The path as it stands in the URL, "/" when there is none. Checks ask this for every exchange, so
 * nothing is copied. */
static struct str path_of(const char *url)
{
    const char *mark = strstr(url, "://");
    const char *path = mark != NULL ? strpbrk(mark + 3, "/?#") : NULL;
    if (path == NULL || *path != '/')
        return STR("/");
    return (struct str){path, strcspn(path, "?#")};
}

/* The row of a path, the one for any path last; NULL for an unknown system. */
static const struct place *find(const char *system, struct str path)
{
    for (size_t i = 0; system != NULL && places[i].system != NULL; i++)
        if (strcmp(places[i].system, system) == 0 && fits(places[i].how, path, places[i].path))
            return &places[i].place;
    return NULL;
}

/* Argo CD may be served below a path (server.rootpath, argocd.md 8). Its own begin with these. */
static bool is_own(struct str path)
{
    static const char *const own[] = {"/api/", "/auth/", "/login", "/cluster."};
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (str_starts(path, own[i]))
            return true;
    return false;
}

static struct str below_root(struct str path)
{
    struct str rest = path;
    while (!is_own(rest)) {
        const char *next = rest.len > 1 ? memchr(rest.ptr + 1, '/', rest.len - 1) : NULL;
        if (next == NULL)
            return path;
        rest = (struct str){next, rest.len - (size_t)(next - rest.ptr)};
    }
    return rest;
}

struct place place_of(const char *system, const char *url)
{
    const struct str path = path_of(url);
    const struct place *p = find(system, cstr_eq(system, "argocd") ? below_root(path) : path);
    return p != NULL ? *p : (struct place){"browser", "start"};
}

bool place_is_callback(const struct place *p)
{
    return strcmp(p->at, "callback") == 0 || strcmp(p->at, "listener") == 0;
}
