/*
 * URLs (RFC 3986): parse, resolve a reference, percent-encode. No normalisation beyond what is
 * named, because redirect URIs and issuers are compared byte by byte.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

struct url {
    char *scheme;   /* lower case */
    char *host;     /* as written, without brackets; "" when none */
    uint16_t port;  /* the default of http/https when none is written, 0 for other schemes */
    bool has_port;  /* a port was written */
    char *path;     /* raw; "" when empty */
    char *query;    /* raw, without "?"; NULL when absent */
    char *fragment; /* raw, without "#"; NULL when absent */
};

int url_parse(const char *text, struct url *ret, struct err *err) MUST_USE; /* absolute URLs only */
void url_deinit(struct url *u);
char *url_origin(const struct url *u);    /* scheme://host[:port] with the port only when it was
                                             written; caller frees */
char *url_authority(const struct url *u); /* host[:port] likewise; caller frees */
char *url_text(const struct url *u);      /* back to text; caller frees */
/* Resolves a Location value against a base (RFC 3986 5.3, dot segments removed as a browser does).
 */
int url_resolve(const char *base, const char *reference, char **ret, struct err *err) MUST_USE;

/* Percent-encodes all but RFC 3986 unreserved and the bytes in `safe`; caller frees. */
char *url_encode(struct str s, const char *safe);
/* Like Python quote_plus(safe=""): blank = "+". */
char *url_encode_plus(struct str s);
/* %XX decoded; plus says whether "+" is a blank. False on a bad escape (the rest stays literal).
 * ret is NUL-terminated. */
bool url_decode(struct str s, bool plus, char **ret);

DEFINE_AUTO_VALUE(struct url, url_deinit)
