/*
 * As much of Go's net/url and path as Argo CD's answers depend on: which texts url.Parse takes, and
 * path.Clean and path.Join. Pure functions.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/mem.h"

struct gourl {
    char *scheme; /* lower case; "" when there is none */
    char *host;   /* host[:port] without user info, percent-decoded; "" */
    char *path;   /* decoded; "" */
    char *query;  /* raw; "" */
};

/* url.Parse: also relative references. False for what it refuses (control characters, bad escapes,
 * bad port, …); nothing is written then. */
bool gourl_parse(const char *text, struct gourl *ret);
void gourl_deinit(struct gourl *u);
/* URL.RequestURI(): escaped path ("/" when empty) and query; caller frees. */
char *gourl_request_uri(const struct gourl *u);
/* URL.EscapedPath() of a decoded path; caller frees. */
char *gourl_escape_path(const char *path);

char *gopath_clean(const char *path);            /* path.Clean; caller frees */
char *gopath_join(const char *a, const char *b); /* path.Join; caller frees */
/* The path ServeMux redirects to: path.Clean, but a trailing slash stays. Caller frees. */
char *gopath_mux_clean(const char *decoded);

DEFINE_AUTO_VALUE(struct gourl, gourl_deinit)
