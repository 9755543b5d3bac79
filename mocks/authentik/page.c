/*
 * The mock's HTML: one shell with its style inside (no script, nothing fetched), error pages and
 * the page of a flow. Says only what it is given; every text is escaped here.
 */
#include "mocks/authentik/page.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/http/html.h"
#include "mocks/authentik/state.h"

static const char style[] =
    "*{box-sizing:border-box}body{margin:0;min-height:100vh;display:flex;align-items:center;"
    "justify-content:center;background:linear-gradient(150deg,#1c1e29,#3b3f5c 60%,#fd4b2d 220%);"
    "font:16px/1.5 system-ui,sans-serif;color:#1c1e21;padding:1rem}main{background:#fff;"
    "border-radius:6px;padding:2rem;width:26rem;max-width:100%;box-shadow:0 8px 30px #0006}"
    "h1{font-size:1.4rem;margin:0 0 1rem}label{display:block;margin:.8rem 0 .25rem;font-size:.9rem}"
    "input[type=text],input[type=password]{width:100%;padding:.55rem .7rem;font:inherit;"
    "border:1px solid #8a8d90;border-radius:4px}input:focus{outline:2px solid #fd4b2d}"
    "button{margin-top:1.3rem;width:100%;padding:.65rem;border:0;border-radius:4px;font:inherit;"
    "background:#fd4b2d;color:#fff;cursor:pointer}button:hover{background:#d93a1f}"
    ".error{background:#fdeceb;color:#a3110a;border-left:4px solid #c9190b;padding:.5rem .8rem;"
    "margin:.8rem 0}.who{color:#6a6e73}ul{padding-left:1.2rem}footer{margin-top:1.5rem;"
    "font-size:.8rem;color:#6a6e73}";

void ak_page_begin(struct buf *b, const char *title)
{
    AUTO(xfree) char *t = html_escape(title);
    buf_addf(b,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<title>%s - authentik</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n"
             "<h1>%s</h1>\n",
             t, style, t);
}

void ak_page_text(struct buf *b, const char *element, const char *css_class, const char *text)
{
    AUTO(xfree) char *t = html_escape(text);
    if (css_class != NULL)
        buf_addf(b, "<%s class=\"%s\">%s</%s>\n", element, css_class, t, element);
    else
        buf_addf(b, "<%s>%s</%s>\n", element, t, element);
}

void ak_page_hidden(struct buf *b, const char *name, const char *value)
{
    AUTO(xfree) char *n = html_escape(name);
    AUTO(xfree) char *v = html_escape(value);
    buf_addf(b, "<input type=\"hidden\" name=\"%s\" value=\"%s\">\n", n, v);
}

void ak_page_end(struct buf *b, struct http_response *resp, int status)
{
    buf_adds(b, "<footer>Powered by authentik (mock)</footer>\n</main>\n</body>\n</html>\n");
    http_respond_bytes(resp, status, AK_HTML, b->ptr, b->len);
    params_set_ci(&resp->headers, "X-Frame-Options", "SAMEORIGIN");
}

void ak_page_message(struct http_response *resp, int status, const char *title, const char *text)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    ak_page_begin(&b, title);
    ak_page_text(&b, "p", NULL, text);
    ak_page_end(&b, resp, status);
}

/* policies/denied.html: status 200, and nothing goes back to the client (authentik.md 3.2, 17). */
void ak_page_denied(struct http_response *resp, const char *text)
{
    ak_page_message(resp, 200, "Permission denied", text);
}
