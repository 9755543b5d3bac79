/*
 * grant_type=password: offered only where oauth2.passwordConnector names a connector, and none that
 * this Dex can open asks for passwords; so it ends with the texts of one that is missing or is of
 * another kind.
 */
#include "harness/base/str.h"
#include "mocks/dex/dex_int.h"

void dex_grant_password(struct dex *d, const struct http_request *req, struct http_response *resp,
                        const struct dex_client *client)
{
    AUTO(strlist_deinit) struct strlist scopes = {0};
    struct dex_connector *c = NULL;
    struct err err = {0};
    dex_split_words(dex_form_value(req, "scope"), &scopes);
    AUTO(xfree) char *refusal = dex_scopes_error(d, client, &scopes);
    if (refusal != NULL)
        dex_oauth_error(resp, 400, "invalid_request", refusal);
    else if (dex_connector_get(d, d->config.password_connector, &c, &err) != 0)
        dex_oauth_error(resp, 400, "invalid_request", "Requested connector does not exist.");
    else
        dex_oauth_error(resp, 400, "invalid_request",
                        "Requested password connector does not correct type.");
}
