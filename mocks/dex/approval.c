/*
 * /approval (dex.md 2.5): only when the approval screen is not skipped, or a client forces it.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/crypto/hash.h"
#include "harness/http/html.h"
#include "mocks/dex/dex_int.h"

struct access {
    const char *scope;
    const char *text;
};

static const struct access accesses[] = {
    {"offline_access", "Have offline access"},
    {"profile", "View basic profile information"},
    {"email", "View your email address"},
    {"groups", "View your groups"},
    {NULL, NULL},
};

static bool is_encoded(const char *text)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    bool ok = *text != '\0' && b64url_decode(text, strlen(text), &bytes, &len, NULL) == 0;
    xfree(bytes);
    return ok;
}

static bool hmac_fits(const struct dex_session *s, const char *text)
{
    uint8_t mac[HASH_SIZE_MAX];
    hmac_of(HASH_SHA256, s->hmac_key, sizeof s->hmac_key, s->id, strlen(s->id), mac);
    AUTO(xfree) char *expected = b64url_encode(mac, hash_size(HASH_SHA256));
    return secret_text_equal(text, expected);
}

static void add_form(struct buf *b, const char *req_id, const char *approval, const char *label)
{
    buf_addf(b,
             "    <form method=\"post\">\n"
             "      <input type=\"hidden\" name=\"req\" value=\"%s\"/>\n"
             "      <input type=\"hidden\" name=\"approval\" value=\"%s\">\n"
             "      <button type=\"submit\" class=\"dex-btn\">\n"
             "        <span class=\"dex-btn-text\">%s</span>\n"
             "      </button>\n    </form>\n",
             req_id, approval, label);
}

static void show(const struct dex *d, struct http_response *resp, const struct dex_session *s)
{
    AUTO(buf_deinit) struct buf b = {0};
    const struct dex_client *client = dex_client(d, s->client_id);
    AUTO(xfree) char *name = html_escape(client != NULL ? client->name : s->client_id);
    buf_init(&b, BUF_MAX_TEXT);
    buf_addf(&b,
             "<div class=\"theme-panel\">\n  <h2 class=\"theme-heading\">Grant Access</h2>\n"
             "  <hr class=\"dex-separator\">\n  <div>\n"
             "    <div class=\"dex-subtle-text\">%s would like to:</div>\n"
             "    <ul class=\"dex-list\">\n",
             name);
    for (const struct access *a = accesses; a->scope != NULL; a++) {
        if (strlist_has(&s->scopes, a->scope))
            buf_addf(&b, "      <li>%s</li>\n", a->text);
    }
    buf_adds(&b, "    </ul>\n  </div>\n  <hr class=\"dex-separator\">\n");
    add_form(&b, s->id, "approve", "Grant Access");
    add_form(&b, s->id, "rejected", "Cancel");
    buf_adds(&b, "</div>");
    dex_page(resp, 200, b.ptr);
}

static struct dex_session *find(struct dex *d, const char *id)
{
    pthread_mutex_lock(&d->lock);
    const struct dex_session *stored = dex_store_get(d->store, DEX_REQUESTS, id);
    struct dex_session *copy = stored != NULL ? dex_session_dup(stored) : NULL;
    pthread_mutex_unlock(&d->lock);
    return copy;
}

void dex_handle_approval(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    const char *mac = dex_form_value(req, "hmac");
    if (!is_encoded(mac)) {
        dex_error_page(resp, 401, "Unauthorized request");
        return;
    }
    AUTO(dex_session_free) struct dex_session *s = find(d, dex_form_value(req, "req"));
    if (s == NULL) {
        trace_log(d->env->trace, DEX_PARTY, "ERROR", "failed to get auth request err=not found");
        dex_error_page(resp, 500, "Database error.");
    } else if (!s->logged_in) {
        dex_error_page(resp, 500, "Login process not yet finalized.");
    } else if (!hmac_fits(s, mac)) {
        dex_error_page(resp, 401, "Unauthorized request");
    } else if (cstr_eq(req->method, "GET")) {
        show(d, resp, s);
    } else if (!cstr_eq(req->method, "POST")) {
        http_respond(resp, 200, NULL, "");
    } else if (!cstr_eq(dex_form_value(req, "approval"), "approve")) {
        dex_error_page(resp, 500, "Approval rejected.");
    } else {
        dex_send_code(d, req, resp, s);
    }
}
