/*
 * One record of Go's encoding/csv with comma, TrimLeadingSpace and strict quotes. A record may not
 * go over the end of the text: policy lines are single lines.
 */
#include "harness/data/csv.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/data/utf8.h"

#define BARE_QUOTE "bare \" in non-quoted-field"
#define BAD_QUOTE "extraneous or missing \" in quoted-field"

/* The text being read: `at` counts bytes from its start, so that columns come for free. */
struct cursor {
    struct str text;
    size_t at;
};

static int fail(struct err *err, size_t at, const char *what)
{
    return err_set(err, ERR_PARSE, "parse error on line 1, column %zu: %s", at + 1, what);
}

/* Go's unicode.IsSpace. */
static bool is_space(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x09, 0x0d},     {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},
        {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
        {0x205f, 0x205f}, {0x3000, 0x3000}, {0, 0},
    };

    for (size_t i = 0; ranges[i].last > 0; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

static struct str rest_of(const struct cursor *c)
{
    return (struct str){c->text.ptr + c->at, c->text.len - c->at};
}

static void skip_space(struct cursor *c)
{
    for (;;) {
        uint32_t code = 0;
        size_t n = utf8_next(rest_of(c), &code);
        if (n == 0 || !is_space(code)) {
            return;
        }
        c->at += n;
    }
}

/* Text up to the next comma; a quote inside is an error. */
static int read_bare(struct cursor *c, struct strlist *out, bool *ret_more, struct err *err)
{
    struct str rest = rest_of(c);
    const char *comma = rest.len > 0 ? memchr(rest.ptr, ',', rest.len) : NULL;
    size_t n = comma ? (size_t)(comma - rest.ptr) : rest.len;
    const char *quote = n > 0 ? memchr(rest.ptr, '"', n) : NULL;

    if (quote) {
        return fail(err, c->at + (size_t)(quote - rest.ptr), BARE_QUOTE);
    }
    strlist_take(out, xstrndup(rest.ptr, n));
    c->at += n + (comma ? 1 : 0);
    *ret_more = comma != NULL;
    return 0;
}

/* The field after its opening quote: `""` is a quote, and a comma or the end follows the closing
 * one. */
static int read_quoted(struct cursor *c, struct strlist *out, bool *ret_more, struct err *err)
{
    AUTO(buf_deinit) struct buf field = {0};

    buf_init(&field, BUF_MAX_TEXT);
    for (;;) {
        struct str rest = rest_of(c);
        const char *quote = rest.len > 0 ? memchr(rest.ptr, '"', rest.len) : NULL;
        if (!quote) {
            return fail(err, c->text.len, BAD_QUOTE);
        }
        size_t n = (size_t)(quote - rest.ptr);
        buf_add(&field, rest.ptr, n);
        c->at += n + 1;
        char next = c->at < c->text.len ? c->text.ptr[c->at] : '\0';
        if (c->at == c->text.len || next == ',') {
            *ret_more = c->at < c->text.len;
            c->at += *ret_more ? 1 : 0;
            strlist_take(out, buf_take(&field));
            return 0;
        }
        if (next != '"') {
            return fail(err, c->at - 1, BAD_QUOTE);
        }
        buf_addc(&field, '"');
        c->at++;
    }
}

int csv_parse_record(struct str line, struct strlist *ret, struct err *err)
{
    AUTO(strlist_deinit) struct strlist fields = {0};
    struct cursor c = {.text = line};
    bool more = true;

    if (line.len > 0 && memchr(line.ptr, '\0', line.len)) {
        return err_set(err, ERR_PARSE, "parse error on line 1: NUL character");
    }
    while (more) {
        int rc = 0;
        skip_space(&c);
        if (c.at < line.len && line.ptr[c.at] == '"') {
            c.at++;
            rc = read_quoted(&c, &fields, &more, err);
        } else {
            rc = read_bare(&c, &fields, &more, err);
        }
        if (rc < 0) {
            return -1;
        }
    }
    strlist_deinit(ret);
    *ret = fields;
    fields = (struct strlist){0};
    return 0;
}
