/*
 * Inside this unit only: one server-side TLS session of an http_tls, for the server's connections.
 */
#pragma once

#include "harness/http/tls.h"

struct ssl_st;

/* A new session, owned by the caller (SSL_free); NULL when OpenSSL refuses. */
struct ssl_st *http_tls_session(struct http_tls *t);
