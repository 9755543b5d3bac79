/*
 * A browser's cookie jar by RFC 6265 with SameSite (6265bis) on the scenario's clock.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/http/message.h"

struct jar;

struct jar *jar_new(const struct clock *clock);
struct jar *jar_free(struct jar *j);
/* All Set-Cookie fields of an answer to url (5.2, 5.3: default-path, domain match, Secure only over
 * https, expiry). */
void jar_store(struct jar *j, const char *url, const struct http_response *resp);
/* The Cookie field for a request (5.4), or NULL; caller frees. top_level_get: a navigation by GET,
 * so SameSite=Lax goes along even when cross_site. */
char *jar_header(struct jar *j, const char *url, bool cross_site, bool top_level_get);
const char *jar_get(const struct jar *j, const char *url,
                    const char *name);            /* borrowed value, or NULL */
void jar_remove(struct jar *j, const char *name); /* of every host: a fault of the browser */
void jar_set(struct jar *j, const char *url, const char *name,
             const char *value); /* overwrites the value of a stored cookie */

DEFINE_AUTO(struct jar, jar_free)
