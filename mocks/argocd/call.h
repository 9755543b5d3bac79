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
    GRPC_UNKNOWN = 2, /* an error without a code */
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
    char *new_token;     /* becomes the session cookie, or NULL */
    bool streams;        /* answers line by line, and fails in another form (gateway.c) */
};

enum call_auth { CALL_AUTH_NONE, CALL_AUTH_OPTIONAL, CALL_AUTH_REQUIRED };

/* Authenticates as the method wants it, then serves or fails with 16. token_header: session.h. */
void call_serve(struct call *c, void (*serve)(struct call *c), enum call_auth auth,
                const char *token_header);
void call_deinit(struct call *c);

/* For endpoints. */
void call_answer(struct call *c, struct js *take);
/* A list as Kubernetes has them: {"metadata": …, "items": …}; an empty one is null, as the
 * gateway's protobuf hop loses it (4.7). With the version of the cluster's state, where the list
 * has one. */
void call_answer_list(struct call *c, const struct js *items);
void call_answer_plain_list(struct call *c, const struct js *items);
void call_fail(struct call *c, enum grpc_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The JSON of the request's body, {} for none; false after the answer for what is no object. */
bool call_body(struct call *c, struct js **ret);
/* A parameter of the query, "" when absent. Borrowed. */
const char *call_query(const struct call *c, const char *name);

/* Endpoints, one file a service. */
void endpoint_version(struct call *c);
void endpoint_settings(struct call *c);
void endpoint_userinfo(struct call *c);
void endpoint_session_create(struct call *c); /* args or body: username, password, token */
void endpoint_session_delete(struct call *c);
void endpoint_can_i(struct call *c); /* args: resource, action, object */
/* applications.c: the first argument is the name */
void endpoint_applications(struct call *c);
void endpoint_application(struct call *c);
void endpoint_application_create(struct call *c);
void endpoint_application_update(struct call *c);
void endpoint_application_spec(struct call *c);
void endpoint_application_patch(struct call *c);
void endpoint_application_delete(struct call *c);
/* app_operations.c */
void endpoint_sync(struct call *c);
void endpoint_rollback(struct call *c);
void endpoint_terminate(struct call *c);
/* app_resources.c */
void endpoint_resource(struct call *c);
void endpoint_resource_patch(struct call *c);
void endpoint_resource_delete(struct call *c);
void endpoint_resource_actions(struct call *c);
void endpoint_resource_action_run(struct call *c);
void endpoint_resource_action_run_v2(struct call *c);
void endpoint_resource_tree(struct call *c);
void endpoint_managed_resources(struct call *c);
void endpoint_manifests(struct call *c);
void endpoint_events(struct call *c);
void endpoint_sync_windows(struct call *c);
void endpoint_logs(struct call *c); /* args: name, pod */
/* applicationsets.c, projects.c, places.c: list, and one by name */
void endpoint_applicationsets(struct call *c);
void endpoint_applicationset(struct call *c);
void endpoint_projects(struct call *c);
void endpoint_project(struct call *c);
void endpoint_project_detailed(struct call *c);
void endpoint_project_create(struct call *c);
void endpoint_project_update(struct call *c);
void endpoint_project_delete(struct call *c);
void endpoint_clusters(struct call *c);
void endpoint_cluster(struct call *c);
void endpoint_repositories(struct call *c);
void endpoint_write_repositories(struct call *c);
void endpoint_certificates(struct call *c);
void endpoint_gpgkeys(struct call *c);
void endpoint_gpgkey(struct call *c);
/* accounts.c */
void endpoint_accounts(struct call *c);
void endpoint_account(struct call *c);

struct js *settings_json(struct call *c); /* caller frees */

DEFINE_AUTO_VALUE(struct call, call_deinit)
