/*
 * The harness's own certificate authority and leaves, made in memory: P-256, valid two days, the CA
 * name-constrained to the hosts served. A leaf can be made wrong on purpose.
 */
#pragma once

#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct http_ca;
struct http_trust;
struct http_tls; /* a server's certificate and settings (an SSL_CTX); reference-counted */

enum http_leaf_defect {
    HTTP_LEAF_GOOD,
    HTTP_LEAF_EXPIRED,
    HTTP_LEAF_OTHER_NAME,
    HTTP_LEAF_SELF_SIGNED,
    HTTP_LEAF_OTHER_CA,     /* signed by an authority nobody knows */
    HTTP_LEAF_INTERMEDIATE, /* good: signed by an intermediate, which is sent along */
    HTTP_LEAF_INCOMPLETE,   /* the same without the intermediate */
    HTTP_LEAF_OLD_PROTOCOL, /* a good leaf, but the server speaks TLS 1.1 at most */
    HTTP_LEAF_MAX_
};

/* hosts: NULL-terminated DNS names and IP literals. */
int http_ca_new(const char *const *hosts, struct http_ca **ret, struct err *err) MUST_USE;
struct http_ca *http_ca_free(struct http_ca *ca);
const char *http_ca_pem(const struct http_ca *ca);          /* borrowed */
struct http_trust *http_ca_trust(const struct http_ca *ca); /* it alone; borrowed */
/* One leaf that names all hosts of the CA. */
int http_ca_leaf(const struct http_ca *ca, enum http_leaf_defect defect, struct http_tls **ret,
                 struct err *err) MUST_USE;
struct http_tls *http_tls_ref(struct http_tls *t);
struct http_tls *http_tls_free(struct http_tls *t);

DEFINE_AUTO(struct http_ca, http_ca_free)
DEFINE_AUTO(struct http_tls, http_tls_free)
