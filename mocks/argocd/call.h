/*
 * One call of the API, however it came in: who asks, with which arguments, and what comes of it.
 * REST (gateway.c) and gRPC-web (grpcweb.c) both bring calls to the same endpoints.
 */
#pragma once

#include <stdbool.h>

#include "harness/data/json.h"
#include "harness/http/message.h"
#include "mocks/argocd/server.h"
#include "mocks/argocd/session.h"

#define CALL_ARGS 4

enum grpc_code {
    GRPC_OK = 0,
    GRPC_UNKNOWN = 2,
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_NOT_FOUND = 5,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_RESOURCE_EXHAUSTED = 8,
    GRPC_UNIMPLEMENTED = 12,
    GRPC_INTERNAL = 13,
    GRPC_UNAUTHENTICATED = 16,
};

struct call {
    struct mock *m;
    const struct setup *setup; /* as it was when the call began */
    const struct http_request *req;
    struct session session;
    char *args[CALL_ARGS]; /* decoded */
    /* what the endpoint made of it: one of the two */
    struct js *answer;
    char *message;
    enum grpc_code code; /* of the failure */
};

enum call_auth { CALL_AUTH_NONE, CALL_AUTH_OPTIONAL, CALL_AUTH_REQUIRED };

/* Authenticates as the method wants it, then serves or fails with 16. token_header: session.h. */
void call_serve(struct call *c, void (*serve)(struct call *c), enum call_auth auth,
                const char *token_header);
void call_deinit(struct call *c);

/* For endpoints. */
void call_answer(struct call *c, struct js *take);
void call_fail(struct call *c, enum grpc_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Endpoints, one file a service. */
void endpoint_version(struct call *c);
void endpoint_settings(struct call *c);
void endpoint_userinfo(struct call *c);
void endpoint_can_i(struct call *c); /* args: resource, action, object */
void endpoint_applications(struct call *c);
void endpoint_application(struct call *c); /* args: name */
void endpoint_sync(struct call *c);        /* args: name */

struct js *settings_json(struct call *c); /* caller frees */

DEFINE_AUTO_VALUE(struct call, call_deinit)
