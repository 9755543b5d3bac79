/*
 * The bare wire: TLS handshakes in memory, and exchanges over kept connections with nothing but
 * libcurl and evhttp. These are the floors that the rest is measured against, so they use the
 * libraries directly. An exchange is either a typical one (a URL of 300 bytes, request fields of
 * 550, five response fields of 350, a body of 600: the average of the scenarios login/admin-*) or
 * one of a real login, sent again byte for byte.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/trace/trace.h"

struct wire;

/* A bare server for a document of typical size on a thread of its own, http and https. */
int wire_new(struct wire **ret, struct err *err) MUST_USE;
struct wire *wire_free(struct wire *w);
/* n full TLS 1.3 handshakes, the chain and the name verified. */
int wire_handshakes(struct wire *w, size_t n, struct err *err) MUST_USE;
#define WIRE_AT_ONCE 8
/* n typical exchanges over one kept connection. */
int wire_exchanges(struct wire *w, bool tls, size_t n, struct err *err) MUST_USE;

/* The exchanges of one login, as a trace has them: what every party asked and was answered. */
struct wire_talk;
struct wire_talk *wire_talk_new(const struct trace *t, size_t from, size_t to);
struct wire_talk *wire_talk_free(struct wire_talk *t);
/* Has so many threads hold it n times each, over a kept connection of their own. One replay of a
 * wire at a time. */
int wire_replay(struct wire *w, const struct wire_talk *talk, size_t threads, size_t n,
                struct err *err) MUST_USE;

/* The same document through harness/http. */
struct wire_ours;
int wire_ours_new(struct wire_ours **ret, struct err *err) MUST_USE;
struct wire_ours *wire_ours_free(struct wire_ours *w);
int wire_ours_exchanges(struct wire_ours *w, bool tls, size_t n, struct err *err) MUST_USE;

DEFINE_AUTO(struct wire, wire_free)
DEFINE_AUTO(struct wire_talk, wire_talk_free)
DEFINE_AUTO(struct wire_ours, wire_ours_free)
