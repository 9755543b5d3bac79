/*
 * Where a login may end: Argo CD's rule for return_url (argocd.md 1.4).
 */
#pragma once

#include <stdbool.h>

/* allowed is NULL-terminated. Empty is allowed; scheme and host:port must be equal, and the cleaned
 * path must begin with the allowed one as plain text. */
bool return_url_is_valid(const char *return_url, const char *const *allowed);
