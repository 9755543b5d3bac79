/*
 * The little HTML the harness writes and reads: escaping, visible text, and forms of a page.
 */
#pragma once

#include "harness/base/params.h"

char *html_escape(const char *text);   /* & < > " ' as Go's template/html.EscapeString: &amp; &lt;
                                          &gt; &#34; &#39;; caller frees */
char *html_unescape(const char *text); /* numeric and the common named references; caller frees */
char *html_visible_text(const char *page); /* tags, script and style removed, blanks folded,
                                              references decoded; caller frees */

struct html_form {
    char *action;         /* "" = the page itself */
    char *method;         /* "get" or "post" */
    struct params fields; /* inputs with their values, hidden ones too */
};
/* The n-th form of a page; false if there is none. Sizes are capped by the page. */
bool html_form(const char *page, size_t n, struct html_form *ret);
void html_form_deinit(struct html_form *f);

DEFINE_AUTO_VALUE(struct html_form, html_form_deinit)
