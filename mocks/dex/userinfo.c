/*
 * /userinfo (dex.md 6.7): gives back the payload of a token of our own, byte by byte.
 */
#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/dex/dex_int.h"

static void refuse(struct http_response *resp, int status)
{
    dex_oauth_error(resp, status, "access_denied", "Invalid bearer token.");
    params_set_ci(&resp->headers, "WWW-Authenticate", "Bearer");
}

void dex_handle_userinfo(void *ctx, const struct http_request *req, struct http_response *resp)
{
    static const char scheme[] = "Bearer ";
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(js_free) struct js *claims = NULL;
    AUTO(xfree) char *payload = NULL;
    const char *header = params_get_ci(&req->headers, "Authorization");
    if (header == NULL || strncasecmp(header, scheme, strlen(scheme)) != 0) {
        refuse(resp, 401);
        return;
    }
    if (dex_verify_own(d, header + strlen(scheme), &claims, &payload) != 0) {
        trace_log(d->env->trace, DEX_PARTY, "ERROR", "failed to verify ID token err=invalid token");
        refuse(resp, 403);
        return;
    }
    http_respond(resp, 200, "application/json", payload);
}
