/*
 * A scripted HTTP server on loopback: what each path answers is said by the test, what was asked is
 * kept. Plays authentik for the mock Dex and any provider for the Go client side.
 */
#pragma once

#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/http/client.h"

struct upstream;

/* Listens at once; fails the test when it cannot. The origin is "http://<name>". */
struct upstream *upstream_new(const struct clock *clock, const char *name);
struct upstream *upstream_free(struct upstream *u);
/* The same places over TLS too, at "https://<name>", under an authority that nobody knows. Its
 * certificate as PEM; borrowed. */
const char *upstream_secure(struct upstream *u);
/* The same places at "http://<name>" too. */
void upstream_also(struct upstream *u, const char *name);
const char *upstream_origin(const struct upstream *u);
/* A client whose calls to the origin come here; the test frees it. */
struct http_client *upstream_client(struct upstream *u, const char *party, struct trace *trace);

/* Every request of `path` gets this from now on, until said otherwise. */
void upstream_say(struct upstream *u, const char *path, int status, const char *content_type,
                  const char *body);
/* Only the next request of `path` gets this, before what upstream_say said. */
void upstream_say_once(struct upstream *u, const char *path, int status, const char *content_type,
                       const char *body);
/* The next requests of `path` are redirected (upstream_say takes it back). */
void upstream_redirect(struct upstream *u, const char *path, int status, const char *location);
void upstream_stop(struct upstream *u); /* connections are refused from now on */

size_t upstream_hits(struct upstream *u, const char *path);
/* Body and Authorization of the last request of `path`; "" when there was none. Caller frees. */
char *upstream_last_body(struct upstream *u, const char *path);
char *upstream_last_authorization(struct upstream *u, const char *path);
char *upstream_last_method(struct upstream *u, const char *path);

DEFINE_AUTO(struct upstream, upstream_free)
