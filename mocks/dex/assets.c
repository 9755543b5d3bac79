/*
 * /static and /theme: what Dex's pages link to. The paths are Dex's, the files are our own and
 * small. Go's http.FileServer serves them: a folder shows its list, what is not there is 404.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/dex/dex_int.h"

static const char main_css[] =
    "* { box-sizing: border-box; }\n"
    "body { margin: 0; font: 16px/1.4 sans-serif; }\n"
    ".dex-container { margin: 3em auto; max-width: 26em; text-align: center; }\n"
    ".dex-btn { border: 1px solid #888; border-radius: 3px; padding: 0.5em 1em; width: 100%; }\n"
    ".dex-subtle-text { color: #666; font-size: 0.85em; }\n"
    ".dex-list { text-align: left; }\n"
    ".dex-separator { border: 0; border-top: 1px solid #ccc; }\n"
    ".dex-error-box { background: #a22; color: #fff; margin: 1em 0; padding: 0.5em; }\n";

static const char styles_css[] =
    ".theme-body { background: #eee; color: #333; }\n"
    ".theme-navbar { background: #fff; border-bottom: 1px solid #ccc; height: 3em; }\n"
    ".theme-navbar__logo { height: 2em; margin: 0.5em; width: 2em; }\n"
    ".theme-panel { background: #fff; border: 1px solid #ccc; padding: 2em; }\n"
    ".theme-heading { font-size: 1.2em; margin-top: 0; }\n"
    ".theme-form-row { margin: 0.8em 0; }\n"
    ".theme-form-input { font: inherit; padding: 0.4em; width: 100%; }\n"
    ".theme-btn--primary { background: #2f5d8a; color: #fff; }\n";

/* One blue pixel. */
static const unsigned char pixel_png[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
    0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00,
    0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78,
    0xda, 0x63, 0xd0, 0x8f, 0xed, 0x02, 0x00, 0x01, 0xd5, 0x01, 0x17, 0xa7, 0x4f, 0x8a,
    0xe2, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

struct asset {
    const char *folder;
    const char *name;
    const char *type;
    const void *bytes;
    size_t len;
};

static const struct asset assets[] = {
    {"static", "main.css", "text/css; charset=utf-8", main_css, sizeof main_css - 1},
    {"theme", "favicon.png", "image/png", pixel_png, sizeof pixel_png},
    {"theme", "logo.png", "image/png", pixel_png, sizeof pixel_png},
    {"theme", "styles.css", "text/css; charset=utf-8", styles_css, sizeof styles_css - 1},
    {NULL, NULL, NULL, NULL, 0},
};

static void list(struct http_response *resp, const char *folder)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b,
             "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n");
    for (const struct asset *a = assets; a->folder != NULL; a++) {
        if (cstr_eq(a->folder, folder))
            buf_addf(&b, "<a href=\"%s\">%s</a>\n", a->name, a->name);
    }
    buf_adds(&b, "</pre>\n");
    http_respond(resp, 200, "text/html; charset=utf-8", b.ptr);
}

static void serve(const struct http_request *req, struct http_response *resp, const char *folder)
{
    const char *name = req->captures[0] != NULL ? req->captures[0] : "";
    if (*name == '\0') {
        list(resp, folder);
        return;
    }
    for (const struct asset *a = assets; a->folder != NULL; a++) {
        if (cstr_eq(a->folder, folder) && cstr_eq(a->name, name)) {
            http_respond_bytes(resp, 200, a->type, a->bytes, a->len);
            return;
        }
    }
    http_respond_go_error(resp, 404, "404 page not found");
}

void dex_handle_static(void *ctx, const struct http_request *req, struct http_response *resp)
{
    serve(req, resp, "static");
}

void dex_handle_theme(void *ctx, const struct http_request *req, struct http_response *resp)
{
    serve(req, resp, "theme");
}
