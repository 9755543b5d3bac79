/*
 * How argocd-server was started: its flags, as argocd-cmd-params-cm gives them, and its
 * environment. Read once a start (argocd.md 1.1, 7.5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/setup/setup.h"

struct argocd_options {
    char *rootpath;    /* "" or "/x": everything is served below it */
    char *basehref;    /* as given; the default "/", or the root path */
    char *cookie_path; /* "/" or "/x": what the session cookie's path is */
    bool insecure;     /* --insecure: the cookie of a password login is not Secure */
    size_t cookies;    /* ARGOCD_MAX_COOKIE_NUMBER */
    bool sso_debug;    /* ARGOCD_SSO_DEBUG is "1" */
    int64_t failures;  /* ARGOCD_SESSION_FAILURE_MAX_FAIL_COUNT */
    int64_t window_s;  /* ARGOCD_SESSION_FAILURE_WINDOW_SECONDS; 0 = failures are never forgotten */
    char *conflict;    /* what it logs when base href and root path differ, or NULL */
};

void argocd_options_read(const struct setup *setup, struct argocd_options *ret);
void argocd_options_deinit(struct argocd_options *o);
/* The base href joined with a path, by path.Join. Caller frees. */
char *argocd_options_join(const struct argocd_options *o, const char *path);

DEFINE_AUTO_VALUE(struct argocd_options, argocd_options_deinit)
