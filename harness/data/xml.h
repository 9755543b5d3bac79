/*
 * Writing XML: the only user of libxml2. Characters XML 1.0 cannot hold are replaced by U+FFFD.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct xml;

struct xml *xml_new(void);
struct xml *xml_free(struct xml *x);
void xml_open(struct xml *x, const char *element);
void xml_attr(struct xml *x, const char *name, const char *value);
void xml_attrf(struct xml *x, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void xml_text(struct xml *x, const char *text);
void xml_close(struct xml *x);
char *xml_take(struct xml *x); /* the document, indented, UTF-8; caller frees */

DEFINE_AUTO(struct xml, xml_free)
