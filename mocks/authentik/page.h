/*
 * Building blocks of the mock's pages. Internal to mocks/authentik.
 */
#pragma once

#include "harness/base/buf.h"
#include "harness/http/message.h"

void ak_page_begin(struct buf *b, const char *title);
/* <element class="…">text</element>, escaped; css_class may be NULL. */
void ak_page_text(struct buf *b, const char *element, const char *css_class, const char *text);
void ak_page_hidden(struct buf *b, const char *name, const char *value);
/* text escaped for an attribute, without the element around it */
void ak_page_escaped(struct buf *b, const char *text);
void ak_page_end(struct buf *b, struct http_response *resp, int status);
