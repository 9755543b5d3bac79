/*
 * A scripted site for the tests of this unit: each path has its answers in order (the last one
 * repeats), and what was asked is written down. A browser that knows it as authentik, Argo CD and
 * the CLI's listener.
 */
#pragma once

#include <pthread.h>

#include "harness/base/buf.h"
#include "harness/http/server.h"
#include "harness/login/browser.h"

#define AUTHENTIK "http://authentik.test"
#define ARGOCD "http://argocd.test"
#define CLI "http://localhost:8085"

struct site_answer {
    const char *path;
    int status; /* 0 = 200, or 302 with a location */
    const char *location;
    const char *body;
    const char *cookie;
};

struct site {
    const struct site_answer *script; /* ended by a zero row */
    pthread_mutex_t lock;
    struct buf asked; /* "GET /path?query [cookie] body\n" each */
    struct clock *clock;
    struct trace *trace;
    struct fault_set *faults;
    struct http_host *host;
    struct http_listener *listener;
    struct http_client *client;
    struct http_name items[3];
    struct http_names names;
    struct jar *jar;
    struct browser browser;
};

void site_start(struct site *s, const struct site_answer *script);
void site_stop(struct site *s);
void site_close(struct site *s); /* connections are refused from now on */
/* Puts a fault on; with is JSON text or NULL. */
void site_fault(struct site *s, const char *id, const char *with);
/* How often a path was asked. */
size_t site_count(struct site *s, const char *path);
