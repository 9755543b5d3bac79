/*
 * Inside this unit only: whom a client trusts (http_trust, client.h), and Go's words for a
 * certificate it refuses.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/http/client.h"

struct x509_st; /* OpenSSL's X509 */

/* What is known of the server's certificate after a refused handshake. */
struct verify_result {
    int code;    /* X509_V_ERR_…; 0 = none */
    char *names; /* the names the certificate is valid for, "a, b"; NULL unknown */
    char *host;  /* asked for */
};

/* That one certificate is trusted. */
int trust_of_cert(struct x509_st *cert, struct http_trust **ret, struct err *err) MUST_USE;

/* For CURLOPT_SSL_CTX_FUNCTION: puts the store into a new connection's SSL_CTX and has its verdict
 * written to *result, which outlives the connection. */
void verify_attach(void *ssl_ctx, struct http_trust *trust, struct verify_result *result);
void verify_result_reset(struct verify_result *r);
/* What is wrong with the certificate of a connection that stands (an SSL), as a client that
 * verifies would have said it; NULL = nothing. Caller frees. */
char *verify_look(void *ssl, const char *host);
const char *verify_protocol(void *ssl); /* "TLSv1.3"; static */
/* "tls: failed to verify certificate: x509: …"; caller frees. */
char *verify_text(const struct verify_result *r);
