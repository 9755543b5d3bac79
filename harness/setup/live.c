/*
 * Which systems are live, and where a mock must listen so that a live one reaches it. Knows the
 * setup alone; that somebody listens there is the world's business.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/setup/setup.h"

/* The flag --dex-server as argocd-cmd-params-cm gives it (argocd.md 2): an address, or a URL. */
static char *dex_server(const struct setup *s)
{
    const char *address = js_get_text(s->argocd.cmd_params, "server.dex.server");
    if (address == NULL || address[0] == '\0')
        return NULL;
    return cstr_contains(address, "://") ? xstrdup(address) : xasprintf("https://%s", address);
}

/* The port of a URL that is an address of this machine; 0 when it is none. */
static uint16_t local_port(const char *url)
{
    AUTO(url_deinit) struct url u = {0};
    if (url == NULL || url_parse(url, &u, NULL) != 0)
        return 0;
    bool v4 = cstr_starts(u.host, "127.") && u.host[strspn(u.host, "0123456789.")] == '\0';
    bool local = v4 || cstr_eq(u.host, "localhost") || cstr_eq(u.host, "::1");
    return local ? u.port : 0;
}

/* Where the setup says that others find a system, when that is on this machine. */
static uint16_t found_at(const struct setup *s, enum system which)
{
    AUTO(xfree) char *dex = dex_server(s);
    return local_port(which == SYSTEM_DEX ? dex : s->authentik.url);
}

bool setup_is_live(const struct setup *s, enum system which)
{
    if (s->live[which].is_live)
        return true;
    return which == SYSTEM_DEX && s->live[SYSTEM_ARGOCD].is_live && found_at(s, SYSTEM_DEX) == 0;
}

bool setup_any_live(const struct setup *s)
{
    for (size_t i = 0; i < SYSTEM_MAX_; i++)
        if (setup_is_live(s, (enum system)i))
            return true;
    return false;
}

uint16_t setup_pinned_port(const struct setup *s, enum system which)
{
    bool argocd = setup_is_live(s, SYSTEM_ARGOCD);
    bool asked = which == SYSTEM_DEX         ? argocd
                 : which == SYSTEM_AUTHENTIK ? argocd || setup_is_live(s, SYSTEM_DEX)
                                             : false; /* Argo CD is asked by browsers alone */
    return asked && !setup_is_live(s, which) ? found_at(s, which) : 0;
}
