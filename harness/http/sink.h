/*
 * A listener that takes connections and ends each at once, before a byte was exchanged: a port
 * behind which nobody serves. What speaks HTTP, well or badly, is server.h's.
 */
#pragma once

#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct http_sink;

/* Listens as soon as it returns; addr and port as http_listen takes them, and its error texts. */
int http_sink_new(const char *addr, uint16_t port, struct http_sink **ret, struct err *err)
    MUST_USE;
uint16_t http_sink_port(const struct http_sink *s);
struct http_sink *http_sink_free(struct http_sink *s); /* accepts NULL, returns NULL */

DEFINE_AUTO(struct http_sink, http_sink_free)
