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

static bool asks_for_something(const struct dex_session *s)
{
    for (const struct access *a = accesses; a->scope != NULL; a++) {
        if (strlist_has(&s->scopes, a->scope))
            return true;
    }
    return false;
}

static void add_accesses(struct buf *b, const struct dex_session *s, const char *client)
{
    if (!asks_for_something(s)) {
        buf_addf(b,
                 "    <div class=\"dex-subtle-text\">%s has not requested any personal "
                 "information</div>\n",
                 client);
        return;
    }
    buf_addf(b,
             "    <div class=\"dex-subtle-text\">%s would like to:</div>\n"
             "    <ul class=\"dex-list\">\n",
             client);
    for (const struct access *a = accesses; a->scope != NULL; a++) {
        if (strlist_has(&s->scopes, a->scope))
            buf_addf(b, "      <li>%s</li>\n", a->text);
    }
    buf_adds(b, "    </ul>\n");
}

static void show(const struct dex *d, const struct http_request *req, struct http_response *resp,
                 const struct dex_session *s)
{
    AUTO(buf_deinit) struct buf b = {0};
    const struct dex_client *client = dex_client(d, s->client_id);
    AUTO(xfree) char *name = html_escape(client != NULL ? client->name : s->client_id);
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, "<div class=\"theme-panel\">\n"
                 "  <h2 class=\"theme-heading\">Grant Access</h2>\n"
                 "  <hr class=\"dex-separator\">\n  <div>\n");
    add_accesses(&b, s, name);
    buf_adds(&b, "  </div>\n  <hr class=\"dex-separator\">\n");
    add_form(&b, s->id, "approve", "Grant Access");
    add_form(&b, s->id, "rejected", "Cancel");
    buf_adds(&b, "</div>");
    dex_page(d, req, resp, 200, b.ptr);
}

static struct dex_session *find(struct dex *d, const char *id)
{
    pthread_mutex_lock(&d->lock);
    const struct dex_session *stored = dex_store_get(d->store, DEX_REQUESTS, id);
    struct dex_session *copy = stored != NULL ? dex_session_dup(stored) : NULL;
    pthread_mutex_unlock(&d->lock);
    return copy;
}

/* Before 2.36 the page itself was left out here, and a client could not force it. */
static void answer_get(struct dex *d, const struct http_request *req, struct http_response *resp,
                       const struct dex_session *s)
{
    if (!dex_quirk(d, DEX_QUIRK_CODE_DIRECT) && d->config.skip_approval)
        dex_send_code(d, req, resp, s);
    else
        show(d, req, resp, s);
}

static void answer(struct dex *d, const struct http_request *req, struct http_response *resp,
                   const struct dex_session *s)
{
    if (cstr_eq(req->method, "GET"))
        answer_get(d, req, resp, s);
    else if (!cstr_eq(req->method, "POST"))
        http_respond(resp, 200, NULL, "");
    else if (!cstr_eq(dex_form_value(req, "approval"), "approve"))
        dex_error_page(d, req, resp, 500, "Approval rejected.");
    else
        dex_send_code(d, req, resp, s);
}

void dex_handle_approval(void *ctx, const struct http_request *req, struct http_response *resp)
{
    AUTO(dex_leave) struct dex *d = dex_enter(ctx);
    const char *mac = dex_form_value(req, "hmac");
    bool has_hmac = dex_quirk(d, DEX_QUIRK_APPROVAL_HMAC);
    if (has_hmac && !is_encoded(mac)) {
        dex_error_page(d, req, resp, 401, "Unauthorized request");
        return;
    }
    AUTO(dex_session_free) struct dex_session *s = find(d, dex_form_value(req, "req"));
    if (s == NULL) {
        dex_log(d, req, DEX_LINE_APPROVAL_REQUEST, DEX_FIELDS({"err", "not found"}));
        dex_error_page(d, req, resp, 500, "Database error.");
    } else if (!s->logged_in) {
        dex_log(d, req, DEX_LINE_APPROVAL_EARLY, DEX_NO_FIELDS);
        dex_error_page(d, req, resp, 500, "Login process not yet finalized.");
    } else if (has_hmac && !hmac_fits(s, mac)) {
        dex_error_page(d, req, resp, 401, "Unauthorized request");
    } else {
        answer(d, req, resp, s);
    }
}
