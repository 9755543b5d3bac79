/*
 * golang.org/x/oauth2's token request (reference/dex.md 4.5, argocd.md 1.7): Basic first, then the
 * body, the style remembered or not, and its error texts.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/base/params.h"
#include "harness/data/json.h"
#include "harness/http/client.h"

enum goauth2_style { GOAUTH2_AUTO, GOAUTH2_HEADER, GOAUTH2_BODY };

/* Who asks whom. */
struct goauth2_client {
    struct http_client *http;
    const char *token_url;
    const char *id;
    const char *secret; /* NULL = "" */
    bool old_text;      /* before x/oauth2 v0.8: a refusal is told by its body, whatever is in it */
};

/* POSTs the form (sorted, the caller put grant_type and so on in it) with the client's credentials.
 * *style is updated by a first success when it was AUTO and remembering is the caller's (Dex keeps
 * it, Argo CD passes a fresh AUTO each time). 0 and the JSON answer (caller frees); -1 and the text
 * `oauth2: "invalid_grant" "…"`, `oauth2: cannot fetch token: 502 Bad Gateway\nResponse: …`. */
int goauth2_ask(const struct goauth2_client *c, const struct params *form,
                enum goauth2_style *style, struct js **ret, struct err *err) MUST_USE;
/* The same of a client with today's texts. */
int goauth2_token(struct http_client *client, const char *token_url, const char *client_id,
                  const char *client_secret, const struct params *form, enum goauth2_style *style,
                  struct js **ret, struct err *err) MUST_USE;
