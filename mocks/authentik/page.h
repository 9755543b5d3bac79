/*
 * Building blocks of the mock's pages. Internal to mocks/authentik.
 */
#pragma once

#include "harness/base/buf.h"
#include "harness/http/message.h"

void page_begin(struct buf *b, const char *title);
/* <element class="…">text</element>, escaped; css_class may be NULL. */
void page_text(struct buf *b, const char *element, const char *css_class, const char *text);
void page_hidden(struct buf *b, const char *name, const char *value);
void page_end(struct buf *b, struct http_response *resp, int status);
