/*
 * The frame of the mock's pages: one style for all, readable from 320 pixels on, light or dark as
 * the reader's system has it. Knows no page's contents.
 */
#include "mocks/argocd/page.h"

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/http/html.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<link rel=\"icon\" href=\"data:,\">\n";

static const char style[] =
    "<style>\n"
    ":root{color-scheme:light dark;--page:#e3eaee;--card:#fff;--text:#1d2733;--soft:#55636f;"
    "--line:#d3dce2;--accent:#00707d;--on-accent:#fff;--yes:#0a6640;--yes-back:#dff3e8;"
    "--bad:#a61b1b;--bad-back:#fdeaea}\n"
    "@media (prefers-color-scheme:dark){:root{--page:#10171d;--card:#1a242c;--text:#e6edf2;"
    "--soft:#9fb0bc;--line:#33424d;--accent:#4fc3cf;--on-accent:#06262a;--yes:#7fdcab;"
    "--yes-back:#123527;--bad:#ff9c9c;--bad-back:#3a1b1d}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;font:1rem/1.5 system-ui,\"DejaVu Sans\",sans-serif;background:var(--page);"
    "color:var(--text)}\n"
    "header{background:#0f2733;color:#fff}\n"
    "header>div,main{max-width:62rem;margin:0 auto;padding:0 1rem}\n"
    "header>div{display:flex;align-items:center;justify-content:space-between;gap:1rem;"
    "min-height:3.5rem}\n"
    "header p{margin:0}\n"
    "header b{font-size:1.1rem}\nheader span{color:#b6c9d3;font-size:.85rem}\n"
    "header a{color:#fff}\n"
    "main.narrow{max-width:27rem;padding-top:8vh}\n"
    "section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;"
    "padding:1rem 1.25rem;margin:1rem 0}\n"
    "h1{font-size:1.35rem;line-height:1.3;margin:0 0 .75rem;overflow-wrap:anywhere}\n"
    "h2{font-size:1.1rem;margin:0 0 .25rem}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.4rem 1.25rem;margin:0}\n"
    "dt{color:var(--soft)}\ndd{margin:0;overflow-wrap:anywhere}\n"
    "ul{list-style:none;display:flex;flex-wrap:wrap;gap:.35rem;margin:0;padding:0}\n"
    "ul li{border:1px solid var(--line);border-radius:1rem;padding:0 .7rem}\n"
    ".hint,.none{color:var(--soft)}\n.hint{font-size:.9rem;margin:0 0 .75rem}\n"
    ".error{color:var(--bad);background:var(--bad-back);border-radius:.35rem;padding:.5rem .75rem;"
    "overflow-wrap:anywhere}\n"
    ".button{display:block;width:100%;text-align:center;border:0;border-radius:1.5rem;"
    "padding:.7rem 1.5rem;font:inherit;font-weight:600;text-decoration:none;cursor:pointer;"
    "background:var(--accent);color:var(--on-accent)}\n"
    ".button:focus-visible,a:focus-visible,input:focus-visible{outline:3px solid var(--text);"
    "outline-offset:2px}\n"
    "label{display:block;margin:.75rem 0 .2rem}\n"
    "input{width:100%;font:inherit;padding:.5rem .6rem;border:1px solid var(--soft);"
    "border-radius:.35rem;background:var(--card);color:var(--text)}\n"
    "form .button{margin-top:1rem}\n"
    ".or{display:flex;align-items:center;gap:.75rem;color:var(--soft);margin:1rem 0 0}\n"
    ".or::before,.or::after{content:\"\";flex:1;border-top:1px solid var(--line)}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{padding:.35rem .5rem;border-top:1px solid var(--line);text-align:center}\n"
    "thead th{border-top:0;color:var(--soft);font-weight:600;font-size:.85rem}\n"
    "th[scope=row]{text-align:left;font-weight:600;overflow-wrap:anywhere}\n"
    "td.yes{color:var(--yes);background:var(--yes-back);font-weight:600}\n"
    "td.no{color:var(--soft)}\n"
    "@media (max-width:46rem){\n"
    "dl{grid-template-columns:1fr;gap:0}\ndd{margin-bottom:.6rem}\n"
    "table,tbody,tr,th[scope=row],td{display:block}\n"
    "thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\n"
    "tr{border-top:1px solid var(--line);padding:.5rem 0}\n"
    "th[scope=row]{border:0;padding:0 0 .25rem}\n"
    "td{display:inline-block;border:1px solid var(--line);border-radius:1rem;padding:0 .6rem;"
    "margin:.1rem .2rem .1rem 0;font-size:.9rem}\n"
    "td::before{content:attr(data-action) \": \"}\ntd.unknown{display:none}\n"
    "}\n"
    "</style>\n</head>\n<body>\n";

void page_begin(struct buf *b, const char *title, const char *refresh)
{
    buf_adds(b, head);
    buf_adds(b, "<title>");
    page_add(b, title);
    buf_adds(b, " - Argo CD</title>\n");
    if (refresh != NULL) {
        buf_adds(b, "<meta http-equiv=\"refresh\" content=\"0; url=");
        page_add(b, refresh);
        buf_adds(b, "\">\n");
    }
    buf_adds(b, style);
}

void page_end(struct buf *b)
{
    buf_adds(b, "</main>\n</body>\n</html>\n");
}

void page_add(struct buf *b, const char *text)
{
    AUTO(xfree) char *escaped = html_escape(text);
    buf_adds(b, escaped);
}

char *page_encode(const char *text)
{
    return url_encode(str_of(text), "!'()*");
}
