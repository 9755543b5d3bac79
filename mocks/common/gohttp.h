/*
 * net/http's client as Dex, Argo CD and the CLI use it: redirects followed (ten at most), and the
 * error text `Get "URL": cause` around a transport error.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/http/client.h"
#include "harness/http/message.h"

/* Does req and follows redirects by Go's rules: 301, 302 and 303 turn a POST into a GET without
 * body, 307 and 308 keep both; Authorization stays on the same host only. rewrite_origin (may be
 * NULL) replaces scheme and host of every hop. The first answer that is no redirect is success. */
int gohttp_do(struct http_client *client, const struct http_request *req,
              const char *rewrite_origin, struct http_response *ret, struct err *err) MUST_USE;

/* "404 Not Found" as resp.Status; caller frees. */
char *gohttp_status(const struct http_response *resp);
/* The media type without parameters, lower case; "" when there is none. Caller frees. */
char *gohttp_media_type(const struct http_response *resp);
/* The text of go-oidc's unmarshalResp for a body that is no JSON or of the wrong shape:
 * Content-Type first, then cause. Caller frees. */
char *gohttp_unmarshal_error(const struct http_response *resp, const char *cause);
