/*
 * The bare wire: TLS handshakes in memory, and an exchange over a kept connection with nothing but
 * libcurl and evhttp. These are the floors that the rest is measured against, so they use the
 * libraries directly. The exchange is as large as a login's exchanges are on average (traces of the
 * scenarios login/admin-*): a URL of 300 bytes, request fields of 550, five response fields of 350
 * and a body of 600.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct wire;

/* A bare server for a document of typical size on a thread of its own, http and https. */
int wire_new(struct wire **ret, struct err *err) MUST_USE;
struct wire *wire_free(struct wire *w);
/* n full TLS 1.3 handshakes, the chain and the name verified. */
int wire_handshakes(struct wire *w, size_t n, struct err *err) MUST_USE;
#define WIRE_AT_ONCE 8
/* n exchanges over one kept connection for each of so many threads. */
int wire_exchanges(struct wire *w, bool tls, size_t threads, size_t n, struct err *err) MUST_USE;

/* The same document through harness/http. */
struct wire_ours;
int wire_ours_new(struct wire_ours **ret, struct err *err) MUST_USE;
struct wire_ours *wire_ours_free(struct wire_ours *w);
int wire_ours_exchanges(struct wire_ours *w, bool tls, size_t n, struct err *err) MUST_USE;

DEFINE_AUTO(struct wire, wire_free)
DEFINE_AUTO(struct wire_ours, wire_ours_free)
