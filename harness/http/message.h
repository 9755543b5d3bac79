/*
 * An HTTP request and its answer as plain data, the same on the server's side and on the client's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/params.h"
#include "harness/data/json.h"

#define HTTP_CAPTURES 4

struct http_request {
    char *method;
    char *url;   /* client: the absolute URL. server: scheme://Host/target, as the client must have
                    meant it */
    char *host;  /* server: the Host field (host[:port]) */
    char *path;  /* server: raw path, percent-escapes kept */
    char *query; /* server: raw, without "?"; NULL when absent */
    struct params headers;
    char *body; /* NUL-terminated; "" when none */
    size_t body_len;
    bool tls;
    char *captures[HTTP_CAPTURES]; /* server: decoded "{}" segments of the route, or the rest after
                                      "*" */
    struct params query_params;    /* server: parsed query */
    struct params
        form_params;    /* server: parsed body when it is application/x-www-form-urlencoded */
    const char *client; /* client: party that asks, for the trace (static text) */
    char *peer; /* server: address of the other end of the connection, "127.0.0.1"; "" when it is
                   not known */
    char *id;   /* server: what the site calls it in its log (http_site.begin sets it), or NULL */
};

/* What the server plays instead of a clean answer. */
enum http_fault_kind {
    HTTP_FAULT_NONE,
    HTTP_FAULT_CUT,       /* head and half of the body, then FIN */
    HTTP_FAULT_TRUNCATE,  /* Content-Length larger than the body, then FIN */
    HTTP_FAULT_RESET,     /* TCP reset without an answer */
    HTTP_FAULT_CLOSE,     /* FIN without an answer */
    HTTP_FAULT_MALFORMED, /* a head that is no HTTP */
    HTTP_FAULT_OVERSIZE,  /* a body of http_fault.size bytes */
    HTTP_FAULT_MAX_
};

struct http_fault {
    enum http_fault_kind kind;
    size_t size;
    int64_t delay_ms; /* real time; only with wall clocks */
};

struct http_response {
    int status;
    char *reason; /* NULL = the standard phrase */
    struct params headers;
    char *body; /* NULL = empty */
    size_t body_len;
    struct http_fault fault;
    int64_t took_us;       /* client: real time of the exchange */
    bool fresh_connection; /* client: a new connection was made for it */
    const char *tls;       /* client: "TLSv1.3" (static); NULL = plain, or no handshake */
    char *tls_problem;     /* client: what is wrong with the certificate or the handshake in Go's
                              words, also where the client does not care; NULL = nothing */
    char *lost;            /* client: what broke under the connection to a mock, or NULL */
};

void http_request_deinit(struct http_request *r);
void http_response_deinit(struct http_response *r);

/* Builders for handlers. They replace status, body and Content-Type; other headers stay, so a
 * cookie may be set before or after. */
void http_respond(struct http_response *r, int status, const char *content_type /* NULL = none */,
                  const char *body);
void http_respondf(struct http_response *r, int status, const char *content_type, const char *fmt,
                   ...) PRINTF_LIKE(4, 5);
void http_respond_bytes(struct http_response *r, int status, const char *content_type,
                        const void *p, size_t n);
/* Go http.Error: text/plain; charset=utf-8, X-Content-Type-Options: nosniff, text + newline. */
void http_respond_go_error(struct http_response *r, int status, const char *text);
/* Go http.Redirect for GET (303/302/301/307): Location, text/html anchor body; other methods: no
 * body. A rooted path is cleaned as Go does; a relative one must be made rooted by the caller. */
void http_respond_go_redirect(struct http_response *r, const char *method, int status,
                              const char *location);
const char *http_status_text(int status); /* "See Other"; "" if unknown */

/* Request helpers. */
const char *http_query(const struct http_request *r, const char *name); /* NULL if absent */
const char *http_form(const struct http_request *r, const char *name);
/* A cookie of the request by exact name, RFC 6265 4.2; caller frees; NULL if absent. The first of
 * several wins. */
char *http_request_cookie(const struct http_request *r, const char *name);
/* Basic credentials, decoded from base64 but not percent-decoded. false if the header is absent or
 * not Basic or broken. */
bool http_basic_auth(const struct http_request *r, char **ret_user, char **ret_password);

void http_request_set(struct http_request *r, const char *method, const char *url);
void http_request_set_form(struct http_request *r,
                           const struct params *form); /* body and Content-Type */
void http_request_set_json(struct http_request *r,
                           const struct js *j); /* body and Content-Type: application/json */

DEFINE_AUTO_VALUE(struct http_request, http_request_deinit)
DEFINE_AUTO_VALUE(struct http_response, http_response_deinit)
