/*
 * The mock's HTML: one shell with its style and a little script inside (nothing is fetched), error
 * pages and the page of a flow. Says only what it is given; every text is escaped here.
 */
#include "mocks/authentik/page.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/http/html.h"
#include "mocks/authentik/state.h"

/* Colours are chosen for a contrast of 4.5 and more (WCAG 2.2, 1.4.3); fits 320 px (1.4.10). */
static const char style[] =
    "*{box-sizing:border-box}html{color-scheme:light}body{margin:0;min-height:100vh;display:flex;"
    "align-items:center;justify-content:center;padding:1rem;font:16px/1.5 system-ui,-apple-system,"
    "\"Segoe UI\",Roboto,\"Liberation Sans\",sans-serif;color:#1d2025;background:#22252f;"
    "background:radial-gradient(90rem 50rem at 15% -10%,#44506e,transparent),"
    "radial-gradient(70rem 45rem at 110% 110%,#7a2f1c,transparent),#22252f}"
    "main{background:#fff;border-radius:10px;padding:2.25rem 2rem 1.5rem;width:27rem;"
    "max-width:100%;box-shadow:0 12px 40px rgba(0,0,0,.35);overflow-wrap:anywhere}"
    "@media(max-width:26rem){body{padding:.5rem;align-items:flex-start}main{padding:1.5rem 1.1rem "
    "1rem}}h1{font-size:1.45rem;line-height:1.25;margin:0 0 "
    ".75rem;text-wrap:balance}p{margin:.5rem 0}"
    "label{display:block;margin:1rem 0 .3rem;font-weight:600;font-size:.95rem}"
    ".hint{color:#555a63;font-size:.9rem;margin:.15rem 0 .6rem}"
    "input[type=text],input[type=password]{width:100%;min-height:2.75rem;padding:.5rem .75rem;"
    "font:inherit;color:inherit;background:#fff;border:1px solid #757b85;border-radius:6px}"
    "input.code{font-size:1.35rem;letter-spacing:.25em;font-family:ui-monospace,\"Liberation "
    "Mono\",monospace}input[aria-invalid=true]{border-color:#b3150d;border-width:2px}"
    ":focus-visible{outline:3px solid #2f6fd6;outline-offset:2px}"
    "button,a.button{display:block;width:100%;min-height:2.9rem;margin-top:1rem;padding:.6rem 1rem;"
    "border:1px solid #b5351a;border-radius:6px;font:inherit;font-weight:600;text-align:center;"
    "text-decoration:none;background:#b5351a;color:#fff;cursor:pointer}"
    "button:hover,a.button:hover{background:#93290f;border-color:#93290f}"
    "button.second,a.second{background:#fff;color:#8f2a12}button.second:hover,a.second:hover"
    "{background:#f6ece9}button[disabled]{opacity:.65;cursor:progress}"
    ".field{position:relative}.field button{position:absolute;right:.25rem;top:0;width:auto;"
    "min-height:2.25rem;margin:.25rem 0;padding:.2rem .6rem;border:0;background:#fff;"
    "color:#3d4450;font-size:.9rem}.field button:hover{background:#eceef1}"
    ".field input{padding-right:4.5rem}"
    ".error{background:#fdeeec;color:#8f100a;border-left:4px solid #b3150d;border-radius:4px;"
    "padding:.6rem .8rem;margin:1rem 0}.error p{margin:.1rem "
    "0}.who{display:flex;flex-wrap:wrap;gap:0 .75rem;"
    "justify-content:space-between;background:#f1f3f5;border-radius:6px;padding:.5rem .8rem;"
    "margin:.75rem 0}.who b{font-weight:600}a{color:#8f2a12}ul{margin:.5rem 0;padding-left:1.3rem}"
    "li{margin:.2rem 0}code{font:1rem/1.6 ui-monospace,\"Liberation Mono\",monospace;background:"
    "#f1f3f5;border-radius:6px;padding:.5rem .8rem;display:block}"
    "footer{margin-top:1.75rem;padding-top:.75rem;border-top:1px solid #e1e4e8;font-size:.8rem;"
    "color:#5d636c}@media(prefers-reduced-motion:no-preference){button,a.button{transition:"
    "background .15s}}@media(forced-colors:active){main,button,a.button{border:1px solid}}";

/* A page works without it: shows a password on demand, keeps a form from being sent twice, and
 * sends by itself what needs no decision (data-auto). */
static const char script[] =
    "for(const f of document.forms){"
    "f.addEventListener('submit',()=>{for(const b of f.querySelectorAll('button[type=submit]'))"
    "setTimeout(()=>{b.disabled=true})});"
    "if(f.hasAttribute('data-auto'))f.requestSubmit()}"
    "addEventListener('pageshow',e=>{if(e.persisted)for(const b of document.querySelectorAll("
    "'button[disabled]'))b.disabled=false});"
    "for(const i of document.querySelectorAll('input[type=password]')){"
    "const b=document.createElement('button');b.type='button';b.textContent='Show';"
    "b.setAttribute('aria-pressed','false');b.setAttribute('aria-controls',i.id);"
    "b.setAttribute('aria-label','Show password');"
    "b.onclick=()=>{const s=i.type==='password';i.type=s?'text':'password';"
    "b.textContent=s?'Hide':'Show';b.setAttribute('aria-pressed',String(s))};"
    "i.parentNode.append(b)}";

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

void ak_page_escaped(struct buf *b, const char *text)
{
    AUTO(xfree) char *t = html_escape(text);
    buf_adds(b, t);
}

void ak_page_hidden(struct buf *b, const char *name, const char *value)
{
    AUTO(xfree) char *n = html_escape(name);
    AUTO(xfree) char *v = html_escape(value);
    buf_addf(b, "<input type=\"hidden\" name=\"%s\" value=\"%s\">\n", n, v);
}

void ak_page_end(struct buf *b, struct http_response *resp, int status)
{
    buf_addf(b,
             "<footer>Powered by authentik (mock)</footer>\n</main>\n<script>%s</script>\n</body>\n"
             "</html>\n",
             script);
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
