/*
 * The lean relying party: authorize with the browser's session kept, code, token, verified ID
 * token, userinfo. The same client for our issuer and for any other, so it knows nothing of either;
 * libcurl directly, one handle and one connection a thread, so that what is compared is the
 * servers.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct rp_conf {
    const char *issuer;
    const char *client_id;
    const char *client_secret;
    const char *redirect_uri;
    const char *ca_pem; /* NULL = plain HTTP */
    const char *cookie; /* the signed-in browser's Cookie field, or NULL */
};

struct rp;

/* Reads discovery and keys once. conf is copied. */
int rp_new(const struct rp_conf *conf, struct rp **ret, struct err *err) MUST_USE;
struct rp *rp_free(struct rp *rp);
/* So many logins by so many threads; every one of them must succeed. */
int rp_drive(struct rp *rp, size_t threads, size_t logins, int64_t *ret_wall_ns, struct err *err)
    MUST_USE;

DEFINE_AUTO(struct rp, rp_free)
