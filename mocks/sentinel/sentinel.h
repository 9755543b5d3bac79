/*
 * Sentinels: four servers that are no system at all. One stands in the place of authentik, Dex or
 * Argo CD, and whatever a scenario expects, it must not be satisfied: a verdict that such a server
 * can earn is worth nothing. They know nothing of OIDC; each kind does the same to every request.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/clock.h"
#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/http/server.h"

enum sentinel_kind {
    SENTINEL_NONE,   /* none stands there */
    SENTINEL_CLOSES, /* takes a connection and closes it at once */
    SENTINEL_EMPTY,  /* 200 and an empty body to everything */
    SENTINEL_FAILS,  /* 500 to everything */
    SENTINEL_SILENT, /* takes the request and never answers */
    SENTINEL_MAX_
};

const char *sentinel_name(enum sentinel_kind k); /* "closes" "empty" "500" "silent"; "none" */
/* "argocd, which closes every connection": what it does, to follow the system's name. */
const char *sentinel_does(enum sentinel_kind k);
/* SENTINEL_NONE when no kind has this name. */
enum sentinel_kind sentinel_find(const char *name);

struct sentinel_conf {
    enum sentinel_kind kind; /* not SENTINEL_NONE */
    struct http_host *host;
    const char *addr;     /* "127.0.0.1" */
    uint16_t port;        /* 0 = any */
    struct http_tls *tls; /* NULL = plain HTTP */
    const struct clock *clock;
};

struct sentinel;

/* Serves as soon as it returns. What conf points to outlives it. */
int sentinel_new(const struct sentinel_conf *conf, struct sentinel **ret, struct err *err) MUST_USE;
uint16_t sentinel_port(const struct sentinel *s);
/* Ends it, with the exchanges that wait for an answer. Accepts NULL, returns NULL. */
struct sentinel *sentinel_free(struct sentinel *s);

DEFINE_AUTO(struct sentinel, sentinel_free)
