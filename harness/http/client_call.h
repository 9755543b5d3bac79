/*
 * Inside this unit only: one libcurl handle and one call on it.
 */
#pragma once

#include "harness/base/url.h"
#include "harness/http/client.h"
#include "harness/http/client_verify.h"

#define CLIENT_TIMEOUT_TEXT                                                                        \
    "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"

struct handle;

struct call_target {
    const struct url *url;
    const struct http_name *name; /* NULL: nobody's, connect as usual */
};

/* Is it asked on this machine: loopback, or led to a mock? As Go, no proxy is asked for those. */
bool call_stays_here(const struct call_target *t);
/* conf and trust outlive the handle. */
struct handle *handle_new(const struct http_client_conf *conf, struct http_trust *trust);
struct handle *handle_free(struct handle *h);
/* One exchange; ret is filled as far as it went even on failure. */
int handle_call(struct handle *h, const struct http_request *req, const struct call_target *target,
                struct http_response *ret, struct err *err) MUST_USE;
