/*
 * Argo CD's wrapper around go-oidc (argocd.md 1.9): discovery at the first use, tokens verified for
 * each allowed audience, and a new discovery when a signature does not verify.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/clock.h"
#include "harness/base/err.h"
#include "harness/data/json.h"
#include "harness/http/client.h"
#include "mocks/common/goidc.h"

struct provider; /* thread-safe */

struct provider_conf {
    struct http_client *client;
    const char *issuer;         /* copied */
    const char *rewrite_origin; /* static, or NULL */
    const struct clock *clock;
    struct trace *trace;
    struct goidc_dialect dialect;
    bool small_letter; /* "failed to query provider", not "Failed" */
};

struct provider *provider_new(const struct provider_conf *conf);
struct provider *provider_free(struct provider *p);

struct provider_endpoints {
    char *authorization;
    char *token;
    bool code; /* response_types_supported has "code" (InferGrantType) */
};
/* -1: `failed to query provider "<issuer>": <cause>`. A failure is not kept. */
int provider_endpoints(struct provider *p, struct provider_endpoints *ret, struct err *err)
    MUST_USE;
void provider_endpoints_deinit(struct provider_endpoints *e);

struct provider_rules {
    const char *const *audiences; /* NULL-terminated */
    bool skip_absent_audience;
    /* Before all audiences counted: this one alone (NULL: any), and go-oidc's own text. */
    bool bare;
    const char *bare_audience;
    struct goidc_skip skip; /* defects */
};

struct provider_verdict {
    struct js *claims; /* NULL when the token is refused */
    char *why;         /* `failed to verify provider token: …`, or NULL */
    bool expired;      /* the refusal is a token-expired error */
};
void provider_verify(struct provider *p, const char *token, const struct provider_rules *rules,
                     struct provider_verdict *ret);
void provider_verdict_deinit(struct provider_verdict *v);

DEFINE_AUTO(struct provider, provider_free)
DEFINE_AUTO_VALUE(struct provider_endpoints, provider_endpoints_deinit)
DEFINE_AUTO_VALUE(struct provider_verdict, provider_verdict_deinit)
