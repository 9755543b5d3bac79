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
#include "harness/base/lazy.h"
#include "harness/data/utf8.h"

#define SONAME "libxml2.so.2"
#define SYMBOL(member_)                                                                            \
    {                                                                                              \
#member_, offsetof(struct libxml, member_)                                                 \
    }

/* libxml2's functions, loaded when the first document is begun: it brings ICU and libstdc++, and
 * only one report is XML. */
static struct libxml {
    int (*xmlMemSetup)(xmlFreeFunc release, xmlMallocFunc take, xmlReallocFunc resize,
                       xmlStrdupFunc copy);
    xmlBufferPtr (*xmlBufferCreate)(void);
    void (*xmlBufferFree)(xmlBufferPtr b);
    const xmlChar *(*xmlBufferContent)(const xmlBuffer *b);
    int (*xmlBufferLength)(const xmlBuffer *b);
    xmlTextWriterPtr (*xmlNewTextWriterMemory)(xmlBufferPtr b, int compression);
    void (*xmlFreeTextWriter)(xmlTextWriterPtr w);
    int (*xmlTextWriterSetIndent)(xmlTextWriterPtr w, int on);
    int (*xmlTextWriterSetIndentString)(xmlTextWriterPtr w, const xmlChar *text);
    int (*xmlTextWriterStartDocument)(xmlTextWriterPtr w, const char *version, const char *encoding,
                                      const char *standalone);
    int (*xmlTextWriterEndDocument)(xmlTextWriterPtr w);
    int (*xmlTextWriterStartElement)(xmlTextWriterPtr w, const xmlChar *name);
    int (*xmlTextWriterEndElement)(xmlTextWriterPtr w);
    int (*xmlTextWriterWriteAttribute)(xmlTextWriterPtr w, const xmlChar *name,
                                       const xmlChar *value);
    int (*xmlTextWriterWriteString)(xmlTextWriterPtr w, const xmlChar *text);
    int (*xmlTextWriterFlush)(xmlTextWriterPtr w);
} lib;

static void give_back(void *p)
{
    xfree(p);
}

static void load(void)
{
    static const struct lazy_symbol symbols[] = {
        SYMBOL(xmlMemSetup),
        SYMBOL(xmlBufferCreate),
        SYMBOL(xmlBufferFree),
        SYMBOL(xmlBufferContent),
        SYMBOL(xmlBufferLength),
        SYMBOL(xmlNewTextWriterMemory),
        SYMBOL(xmlFreeTextWriter),
        SYMBOL(xmlTextWriterSetIndent),
        SYMBOL(xmlTextWriterSetIndentString),
        SYMBOL(xmlTextWriterStartDocument),
        SYMBOL(xmlTextWriterEndDocument),
        SYMBOL(xmlTextWriterStartElement),
        SYMBOL(xmlTextWriterEndElement),
        SYMBOL(xmlTextWriterWriteAttribute),
        SYMBOL(xmlTextWriterWriteString),
        SYMBOL(xmlTextWriterFlush),
        {NULL, 0},
    };
    lazy_load(SONAME, symbols, &lib);
    (void)lib.xmlMemSetup(give_back, xmalloc, xrealloc, xstrdup);
}

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

struct xml *xml_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct xml *x = xcalloc(1, sizeof *x);

    (void)pthread_once(&once, load);
    x->text = lib.xmlBufferCreate();
    x->writer = x->text ? lib.xmlNewTextWriterMemory(x->text, 0) : NULL;
    must(x->writer != NULL);
    must(lib.xmlTextWriterSetIndent(x->writer, 1) >= 0);
    must(lib.xmlTextWriterSetIndentString(x->writer, chars("  ")) >= 0);
    must(lib.xmlTextWriterStartDocument(x->writer, "1.0", "UTF-8", NULL) >= 0);
    return x;
}

struct xml *xml_free(struct xml *x)
{
    if (!x) {
        return NULL;
    }
    lib.xmlFreeTextWriter(x->writer);
    lib.xmlBufferFree(x->text);
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
    must(lib.xmlTextWriterStartElement(x->writer, chars(element)) >= 0);
}

void xml_attr(struct xml *x, const char *name, const char *value)
{
    AUTO(xfree) char *text = clean(value);

    must(lib.xmlTextWriterWriteAttribute(x->writer, chars(name), chars(text)) >= 0);
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

    must(lib.xmlTextWriterWriteString(x->writer, chars(good)) >= 0);
}

void xml_close(struct xml *x)
{
    must(lib.xmlTextWriterEndElement(x->writer) >= 0);
}

char *xml_take(struct xml *x)
{
    must(lib.xmlTextWriterEndDocument(x->writer) >= 0);
    must(lib.xmlTextWriterFlush(x->writer) >= 0);
    return xstrndup((const char *)lib.xmlBufferContent(x->text),
                    (size_t)lib.xmlBufferLength(x->text));
}
