/*
 * XML written with libxml2's text writer, which does the escaping. What XML 1.0 2.2 cannot hold
 * (control characters, U+FFFE) is replaced before it gets there.
 */
#include "harness/data/xml.h"

#include <assert.h>
#include <libxml/xmlwriter.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/data/utf8.h"

struct xml {
    xmlBufferPtr text;
    xmlTextWriterPtr writer;
};

static void must(bool good)
{
    /* The writer works in memory: it fails only when we call it out of order. */
    assert(good);
    (void)good;
}

static const xmlChar *chars(const char *text)
{
    return (const xmlChar *)text;
}

static void give_back(void *p)
{
    xfree(p);
}

static void set_allocator(void)
{
    (void)xmlMemSetup(give_back, xmalloc, xrealloc, xstrdup);
}

struct xml *xml_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct xml *x = xcalloc(1, sizeof *x);

    (void)pthread_once(&once, set_allocator);
    x->text = xmlBufferCreate();
    x->writer = x->text ? xmlNewTextWriterMemory(x->text, 0) : NULL;
    must(x->writer != NULL);
    must(xmlTextWriterSetIndent(x->writer, 1) >= 0);
    must(xmlTextWriterSetIndentString(x->writer, chars("  ")) >= 0);
    must(xmlTextWriterStartDocument(x->writer, "1.0", "UTF-8", NULL) >= 0);
    return x;
}

struct xml *xml_free(struct xml *x)
{
    if (!x) {
        return NULL;
    }
    xmlFreeTextWriter(x->writer);
    xmlBufferFree(x->text);
    return xfree(x);
}

/* XML 1.0 2.2: Char. */
static bool is_char(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xfffe && c != 0xffff);
}

static char *clean(const char *text)
{
    AUTO(buf_deinit) struct buf out = {0};
    struct str rest = str_of(text);

    buf_init(&out, 3 * BUF_MAX_TEXT);
    while (rest.len > 0) {
        uint32_t c = 0;
        size_t n = utf8_next(rest, &c);
        if (n > 0 && is_char(c)) {
            buf_add(&out, rest.ptr, n);
        } else {
            buf_adds(&out, "\xef\xbf\xbd");
        }
        n = n > 0 ? n : 1;
        rest.ptr += n;
        rest.len -= n;
    }
    return buf_take(&out);
}

void xml_open(struct xml *x, const char *element)
{
    must(xmlTextWriterStartElement(x->writer, chars(element)) >= 0);
}

void xml_attr(struct xml *x, const char *name, const char *value)
{
    AUTO(xfree) char *text = clean(value);

    must(xmlTextWriterWriteAttribute(x->writer, chars(name), chars(text)) >= 0);
}

void xml_attrf(struct xml *x, const char *name, const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf b = {0};
    va_list args;

    buf_init(&b, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&b, fmt, args);
    va_end(args);
    xml_attr(x, name, b.ptr);
}

void xml_text(struct xml *x, const char *text)
{
    AUTO(xfree) char *good = clean(text);

    must(xmlTextWriterWriteString(x->writer, chars(good)) >= 0);
}

void xml_close(struct xml *x)
{
    must(xmlTextWriterEndElement(x->writer) >= 0);
}

char *xml_take(struct xml *x)
{
    must(xmlTextWriterEndDocument(x->writer) >= 0);
    must(xmlTextWriterFlush(x->writer) >= 0);
    return xstrndup((const char *)xmlBufferContent(x->text), (size_t)xmlBufferLength(x->text));
}
