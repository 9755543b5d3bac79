/*
 * What argocd-server knows of single sign-on from its start: the URLs, which provider, as which
 * client. Immutable and counted, so that a request keeps the one it began with over a restart.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/http/message.h"
#include "harness/setup/setup.h"
#include "mocks/argocd/options.h"
#include "mocks/argocd/provider.h"
#include "mocks/common/mock.h"

struct sso {
    int refs;            /* by sso_ref and sso_unref only */
    struct strlist urls; /* url first, then additionalUrls */
    struct argocd_options options;
    char *dex_origin;
    bool secure;       /* url is https: cookies are Secure */
    bool configured;   /* /auth/login, /auth/callback and /api/dex/ exist (1.1) */
    bool dex;          /* signing in goes through Dex */
    bool dex_and_oidc; /* both are configured (1.12) */
    char *issuer;
    char *client_id;
    char *client_secret;
    char *secretkey;
    struct strlist scopes;
    struct vec audiences; /* borrowed texts, NULL at the end */
    struct strlist audience_texts;
    bool skip_absent_audience;
    bool audience_checked; /* of sessions; of logins it always was */
    bool pkce;             /* the server sends a challenge */
    bool pkce_browser;     /* the login page does, and redeems the code itself (1.3) */
    char *domain_hint;     /* "" */
    char *logout_url;      /* "" */
    struct js *claims;     /* requestedIDTokenClaims, or NULL */
    struct js *oidc;       /* oidc.config parsed and its $ references resolved, or NULL */
    struct http_client *login_client; /* of the OAuth2 client; borrowed */
    struct http_client *own_client;   /* that one, where oidc.config has a rootCA; or NULL */
    struct provider *login;           /* the OAuth2 client's */
    struct provider *session;         /* the session manager's: its own discovery and keys */
};

struct sso *sso_new(const struct mock_env *env, const struct setup *setup);
struct sso *sso_ref(struct sso *s);
struct sso *sso_unref(struct sso *s); /* accepts NULL, returns NULL */

/* "URL of the request" (1.2): the configured one whose host and path prefix the request has.
 * Borrowed. */
const char *sso_url_for(const struct sso *s, const struct http_request *req);
char *sso_redirect_uri(const struct sso *s, const struct http_request *req); /* caller frees */
/* Whether a login may end there. relative: also below the base href (the callback's rule). */
bool sso_return_url_is_valid(const struct sso *s, const char *return_url, bool relative);
/* The keys that, when they differ, make the server restart: "url", "dex config", …; NULL if none.
 */
const char *sso_changed(const struct setup *before, const struct setup *after);

DEFINE_AUTO(struct sso, sso_unref)
