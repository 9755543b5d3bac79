/*
 * The REST face of Argo CD's API: grpc-gateway v1 with its table of endpoints, its errors and its
 * JSON (argocd.md 4.2). An endpoint is a function over a call.
 */
#pragma once

#include <stdbool.h>

#include "harness/data/json.h"
#include "harness/http/message.h"
#include "mocks/argocd/server.h"
#include "mocks/argocd/session.h"

#define GATEWAY_ARGS 4

struct call {
    struct mock *m;
    const struct setup *setup; /* as it was when the call began */
    const struct http_request *req;
    struct http_response *resp;
    struct session session;
    char *args[GATEWAY_ARGS]; /* what the pattern captured, decoded */
};

enum grpc_code {
    GRPC_INVALID_ARGUMENT = 3,
    GRPC_NOT_FOUND = 5,
    GRPC_PERMISSION_DENIED = 7,
    GRPC_INTERNAL = 13,
    GRPC_UNAUTHENTICATED = 16,
};

void gateway_error(struct http_response *resp, enum grpc_code code, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void gateway_json(struct http_response *resp, struct js *take);

/* Endpoints, one file a service. */
void endpoint_version(struct call *c);
void endpoint_settings(struct call *c);
void endpoint_userinfo(struct call *c);
void endpoint_can_i(struct call *c);
void endpoint_applications(struct call *c);
void endpoint_application(struct call *c);
void endpoint_sync(struct call *c);

struct js *settings_json(struct call *c); /* caller frees */
