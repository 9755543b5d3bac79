/*
 * The inside of the mock API server: its state, and what its handlers share. Only files of this
 * folder include it.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "mocks/argocd/argocd.h"
#include "mocks/argocd/provider.h"
#include "mocks/argocd/sso.h"

#define ARGOCD_NAMESPACE "argocd"
#define ARGOCD_TOKEN_COOKIE "argocd.token"
#define ARGOCD_STATE_COOKIE "argocd.oauthstate"

struct revoked {
    char *id;
    int64_t until_s;
};

#define REVOKED_MAX 4096

struct mock {
    struct mock_env env;
    pthread_mutex_t lock;      /* guards what follows; never held while calling another system */
    const struct setup *setup; /* the ConfigMaps as they are now */
    struct sso *sso;           /* what the server read when it started; counted references */
    char *down;                /* why the process ended, or NULL */
    struct vec apps;           /* struct app *: Applications in the cluster (apps.h) */
    char *rootpath;            /* everything is served below it; fixed while it listens */
    struct http_route *routes; /* with the root path in them */
    struct revoked *revoked;   /* in Redis: outlives a restart */
    size_t revoked_len;
    struct js *redis;    /* redis.c */
    struct js *failures; /* in Redis: tries with a wrong password, by name */
};

const struct setup *argocd_setup(struct mock *m);         /* the present one */
bool argocd_quirk(struct mock *m, enum argocd_quirk row); /* does it hold? */
struct sso *argocd_sso(struct mock *m);                   /* a reference; sso_unref */
/* The base href with a slash at its end: what links of pages begin with. Caller frees. */
char *argocd_base(struct mock *m);
/* The present value of an argocd-cm key; "" when absent. Borrowed from the setup. */
const char *argocd_cm(struct mock *m, const char *key);

/* Revoked tokens, by jti or at_hash (1.10). */
void argocd_revoke(struct mock *m, const char *id, int64_t until_s);
bool argocd_is_revoked(struct mock *m, const char *id);

/* A form or query parameter as Go's Request.FormValue: the body first. "" when absent. */
const char *argocd_form_value(const struct http_request *req, const char *name);
/* ServeMux cleans a path that is not clean by redirecting. True when it answered. */
bool argocd_redirects_unclean(struct mock *m, const struct http_request *req,
                              struct http_response *resp);

/* Handlers, one file each. */
void argocd_login(void *ctx, const struct http_request *req, struct http_response *resp);
void argocd_callback(void *ctx, const struct http_request *req, struct http_response *resp);
void argocd_logout(void *ctx, const struct http_request *req, struct http_response *resp);
void argocd_proxy(void *ctx, const struct http_request *req, struct http_response *resp);
void argocd_gateway(void *ctx, const struct http_request *req, struct http_response *resp);
/* A call when argocd_is_grpcweb says so, else a page of the UI. */
void argocd_grpcweb(void *ctx, const struct http_request *req, struct http_response *resp);
void argocd_terminal(void *ctx, const struct http_request *req, struct http_response *resp);
void argocd_extensions(void *ctx, const struct http_request *req, struct http_response *resp);
void argocd_healthz(void *ctx, const struct http_request *req, struct http_response *resp);
void argocd_swagger(void *ctx, const struct http_request *req, struct http_response *resp);
void argocd_ui(void *ctx, const struct http_request *req, struct http_response *resp);
bool argocd_is_grpcweb(const struct http_request *req);
