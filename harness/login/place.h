/*
 * Where in the chain a URL is: which system answers there and which place of the login it is
 * (design.md 5).
 */
#pragma once

#include <stdbool.h>

struct place {
    const char *by; /* "authentik" "dex" "argocd" "cli" "rp"; static */
    const char *at; /* "start" "discovery" … ; static */
};

/* system: who answers at the origin ("argocd" for Dex's pages too, which Argo CD proxies). Unknown
 * paths are "api". */
struct place place_of(const char *system, const char *url);
/* Whether an authorization response (code or error) is delivered by asking this URL. */
bool place_is_callback(const struct place *p);
