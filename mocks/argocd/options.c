/*
 * Reading argocd-server's flags and environment. What does not parse counts as not given, as Argo
 * CD's own readers of both have it.
 */
#include "mocks/argocd/options.h"

#include <limits.h>
#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/argocd.h"
#include "mocks/argocd/gourl.h"

#define COOKIES 20
#define FAILURES 5
#define WINDOW_S 300

static const char *text_of(const struct js *map, const char *key)
{
    const char *text = js_get_text(map, key);
    return text != NULL ? text : "";
}

/* env.ParseNumFromEnv: out of bounds is the default. */
static int64_t number_of(const struct js *env, const char *name, int64_t otherwise, int64_t least)
{
    int64_t n = 0;
    const char *text = js_get_text(env, name);
    return text != NULL && str_to_i64(str_of(text), least, INT32_MAX, &n) == 0 ? n : otherwise;
}

/* "/x/y" of "x/y/"; "" of "/". Caller frees. */
static char *rooted(const char *path)
{
    while (*path == '/')
        path++;
    size_t n = strlen(path);
    while (n > 0 && path[n - 1] == '/')
        n--;
    return n > 0 ? xasprintf("/%.*s", (int)n, path) : xstrdup("");
}

static bool is_on(const struct setup *setup, const char *key)
{
    return cstr_eq(text_of(setup->argocd.cmd_params, key), "true");
}

bool argocd_verifies_dex(const struct setup *setup)
{
    return is_on(setup, "server.dex.server.strict.tls");
}

bool argocd_dex_is_plain(const struct setup *setup)
{
    return is_on(setup, "dexserver.disable.tls");
}

bool argocd_verifies_provider(const struct setup *setup)
{
    return !cstr_eq(text_of(setup->argocd.cm, "oidc.tls.insecure.skip.verify"), "true");
}

/* A value with a scheme is taken as it is; of it, scheme and host count. */
char *argocd_dex_origin(const struct setup *setup)
{
    const char *live = setup->live[SYSTEM_DEX].url;
    const char *address =
        live != NULL ? live : text_of(setup->argocd.cmd_params, "server.dex.server");
    if (cstr_contains(address, "://"))
        return xstrndup(address, strcspn(strstr(address, "://") + 3, "/") +
                                     (size_t)(strstr(address, "://") - address) + 3);
    return xasprintf("%s://%s", is_on(setup, "server.dex.server.plaintext") ? "http" : "https",
                     address[0] != '\0' ? address : "argocd-dex-server:5556");
}

void argocd_options_read(const struct setup *setup, struct argocd_options *ret)
{
    const struct js *params = setup->argocd.cmd_params;
    const struct js *env = setup->argocd.env;
    const char *rootpath = text_of(params, "server.rootpath");
    const char *basehref = text_of(params, "server.basehref");
    if (basehref[0] == '\0')
        basehref = "/";
    *ret = (struct argocd_options){
        .rootpath = rooted(rootpath),
        .insecure = is_on(setup, "server.insecure"),
        .cookies = (size_t)number_of(env, "ARGOCD_MAX_COOKIE_NUMBER", COOKIES, 0),
        .sso_debug = cstr_eq(js_get_text(env, "ARGOCD_SSO_DEBUG"), "1"),
        .failures = number_of(env, "ARGOCD_SESSION_FAILURE_MAX_FAIL_COUNT", FAILURES, 1),
        .window_s = number_of(env, "ARGOCD_SESSION_FAILURE_WINDOW_SECONDS", WINDOW_S, 0),
    };
    if (rootpath[0] != '\0' && strcmp(basehref, rootpath) != 0)
        ret->conflict =
            xasprintf("--basehref and --rootpath had conflict: basehref: %s rootpath: %s", basehref,
                      rootpath);
    ret->basehref = xstrdup(rootpath[0] != '\0' ? rootpath : basehref);
    AUTO(xfree) char *below = rooted(ret->basehref);
    ret->cookie_path = xstrdup(below[0] != '\0' ? below : "/");
}

void argocd_options_deinit(struct argocd_options *o)
{
    xfree(o->rootpath);
    xfree(o->basehref);
    xfree(o->cookie_path);
    xfree(o->conflict);
    *o = (struct argocd_options){0};
}

char *argocd_options_join(const struct argocd_options *o, const char *path)
{
    return gopath_join(o->basehref, path);
}
