/*
 * /userinfo (dex.md 6.7): gives back the payload of a token of our own, byte by byte.
 */
#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/dex/dex_int.h"

#define INVALID "Invalid bearer token."

static void refuse_token(const struct dex *d, const struct http_request *req,
                         struct http_response *resp, const char *cause)
{
    bool is_generic = dex_quirk(d, DEX_QUIRK_USERINFO_TEXT);
    if (is_generic) /* before, the answer said it */
        dex_log(d, req, DEX_LINE_ID_TOKEN, DEX_FIELDS({"err", cause}));
    dex_oauth_error(resp, 403, "access_denied", is_generic ? INVALID : cause);
}

void dex_handle_userinfo(void *ctx, const struct http_request *req, struct http_response *resp)
{
    static const char scheme[] = "Bearer ";
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    AUTO(js_free) struct js *claims = NULL;
    AUTO(xfree) char *payload = NULL;
    struct err err = {0};
    const char *header = params_get_ci(&req->headers, "Authorization");
    if (header == NULL || strncasecmp(header, scheme, strlen(scheme)) != 0) {
        dex_oauth_error(resp, 401, "access_denied", INVALID);
        params_set_ci(&resp->headers, "WWW-Authenticate", "Bearer");
        return;
    }
    if (dex_verify_own(d, header + strlen(scheme), &claims, &payload, &err) != 0) {
        refuse_token(d, req, resp, err.msg);
        return;
    }
    http_respond(resp, 200, "application/json", payload);
}
