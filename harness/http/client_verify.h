/*
 * Inside this unit only: whom the client trusts, and Go's words for a certificate it refuses. The
 * trusted certificates are read once for all connections of a client.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct verify_store;

/* What is known of the server's certificate after a refused handshake. */
struct verify_result {
    int code;    /* X509_V_ERR_…; 0 = none */
    char *names; /* the names the certificate is valid for, "a, b"; NULL unknown */
    char *host;  /* asked for */
};

/* pem NULL = only the system's; system adds the system's to pem. */
int verify_store_new(const char *pem, bool system, struct verify_store **ret, struct err *err)
    MUST_USE;
struct verify_store *verify_store_free(struct verify_store *s);

/* For CURLOPT_SSL_CTX_FUNCTION: puts the store into a new connection's SSL_CTX and has its verdict
 * written to *result, which outlives the connection. */
void verify_attach(void *ssl_ctx, struct verify_store *s, struct verify_result *result);
void verify_result_reset(struct verify_result *r);
/* What is wrong with the certificate of a connection that stands (an SSL), as a client that
 * verifies would have said it; NULL = nothing. Caller frees. */
char *verify_look(void *ssl, const char *host);
const char *verify_protocol(void *ssl); /* "TLSv1.3"; static */
/* "tls: failed to verify certificate: x509: …"; caller frees. */
char *verify_text(const struct verify_result *r);

DEFINE_AUTO(struct verify_store, verify_store_free)
