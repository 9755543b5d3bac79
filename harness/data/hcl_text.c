/*
 * Texts of HCL: quoted ones with their escapes, heredocs, and the templates that both are.
 */
#include "harness/data/hcl_int.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"

static int put_code(struct hcl_reader *r, struct buf *b, int digits)
{
    struct hcl_mark m = hcl_mark_of(r);
    uint32_t code = 0;
    for (int i = 0; i < digits; i++) {
        char c = hcl_peek(r, 0);
        if (isxdigit((unsigned char)c) == 0)
            return hcl_fail_at(r, m, "a \\u needs four hexadecimal digits, a \\U eight");
        code =
            code * 16 + (uint32_t)(isdigit((unsigned char)c) != 0 ? c - '0' : (c | 32) - 'a' + 10);
        hcl_step(r);
    }
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return hcl_fail_at(r, m, "this escape is no character");
    if (code < 0x80) {
        buf_addc(b, (char)code);
        return 0;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    buf_addc(b, (char)(lead[more] | (code >> (6 * more))));
    for (int i = more - 1; i >= 0; i--)
        buf_addc(b, (char)(0x80U | ((code >> (6 * i)) & 0x3fU)));
    return 0;
}

static int read_escape(struct hcl_reader *r, struct buf *b)
{
    static const char letters[] = "nrt\"\\";
    static const char values[] = "\n\r\t\"\\";
    struct hcl_mark m = hcl_mark_of(r);
    hcl_step(r);
    char c = hcl_peek(r, 0);
    const char *known = c != '\0' ? strchr(letters, c) : NULL;
    if (known == NULL && c != 'u' && c != 'U')
        return hcl_fail_at(r, m,
                           "unknown escape; known are \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN");
    hcl_step(r);
    if (known == NULL)
        return put_code(r, b, c == 'u' ? 4 : 8);
    buf_addc(b, values[known - letters]);
    return 0;
}

/* What was text so far becomes a part of the template. */
static void flush(struct hcl_expr *e, struct hcl_mark m, struct buf *b)
{
    if (b->len == 0)
        return;
    hcl_expr_add(e, hcl_expr_new(HCL_TEXT, m, xstrdup(b->ptr)));
    buf_reset(b);
}

/* "%{…}": a directive, kept as it stands; the whole template then is. */
static int read_directive(struct hcl_reader *r, struct hcl_expr *e)
{
    struct hcl_mark m = hcl_mark_of(r);
    hcl_skip(r, 2);
    if (hcl_skip_balanced(r, m) != 0)
        return -1;
    hcl_expr_add(e, hcl_other_from(r, m));
    return 0;
}

static int read_interpolation(struct hcl_reader *r, struct hcl_expr *e)
{
    struct hcl_mark m = hcl_mark_of(r);
    struct hcl_expr *inner = NULL;
    hcl_skip(r, 2);
    if (hcl_peek(r, 0) == '~')
        hcl_step(r);
    if (hcl_read_expr(r, true, &inner) != 0)
        return -1;
    hcl_expr_add(e, inner);
    if (hcl_skip_space(r, true) != 0)
        return -1;
    if (hcl_peek(r, 0) == '~')
        hcl_step(r);
    if (hcl_peek(r, 0) != '}')
        return hcl_fail_at(r, m, "this '${' is not closed by '}'");
    hcl_step(r);
    return 0;
}

/* "$${" and "%%{" are "${" and "%{" themselves. True when one of all these was taken. */
static int read_special(struct hcl_reader *r, struct hcl_expr *e, struct hcl_mark m, struct buf *b,
                        bool *ret_taken)
{
    *ret_taken = true;
    if (hcl_sees(r, "$${") || hcl_sees(r, "%%{")) {
        buf_addc(b, hcl_peek(r, 0));
        buf_addc(b, '{');
        hcl_skip(r, 3);
        return 0;
    }
    *ret_taken = hcl_sees(r, "${") || hcl_sees(r, "%{");
    if (!*ret_taken)
        return 0;
    flush(e, m, b);
    return hcl_sees(r, "${") ? read_interpolation(r, e) : read_directive(r, e);
}

/* A template of nothing but text is that text. */
static struct hcl_expr *simplified(struct hcl_expr *e)
{
    if (e->len > 1 || (e->len == 1 && e->items[0]->kind != HCL_TEXT))
        return e;
    e->kind = HCL_TEXT;
    e->text = e->len == 1 ? xstrdup(e->items[0]->text) : xstrdup("");
    if (e->len == 1)
        hcl_expr_free(e->items[0]);
    e->len = 0;
    return e;
}

int hcl_read_quoted(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *e = hcl_expr_new(HCL_TEMPLATE, m, NULL);
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    hcl_step(r);
    while (hcl_peek(r, 0) != '"') {
        bool taken = false;
        if (r->at >= r->text.len || hcl_peek(r, 0) == '\n')
            return hcl_fail_at(r, m, "this text is not closed by '\"' on its line");
        if (read_special(r, e, m, &b, &taken) != 0)
            return -1;
        if (taken)
            continue;
        if (hcl_peek(r, 0) == '\\') {
            if (read_escape(r, &b) != 0)
                return -1;
            continue;
        }
        buf_addc(&b, hcl_peek(r, 0));
        hcl_step(r);
    }
    hcl_step(r);
    flush(e, m, &b);
    *ret = simplified(e);
    e = NULL;
    return 0;
}

/* ---- heredocs ---- */

static bool is_closing(const struct hcl_reader *r, size_t at, const char *word)
{
    while (at < r->text.len && (r->text.ptr[at] == ' ' || r->text.ptr[at] == '\t'))
        at++;
    struct str rest = {r->text.ptr + at, r->text.len - at};
    size_t n = strlen(word);
    return str_starts(rest, word) && (rest.len == n || rest.ptr[n] == '\n' || rest.ptr[n] == '\r' ||
                                      strchr(" \t,)]}", rest.ptr[n]) != NULL);
}

/* How far the lines of a "<<-" are all indented. */
static size_t common_indent(const struct hcl_reader *r, const char *word)
{
    size_t least = SIZE_MAX;
    for (size_t at = r->at; at < r->text.len && !is_closing(r, at, word);) {
        const char *end = memchr(r->text.ptr + at, '\n', r->text.len - at);
        size_t next = end != NULL ? (size_t)(end - r->text.ptr) + 1 : r->text.len;
        size_t n = 0;
        while (at + n < next && (r->text.ptr[at + n] == ' ' || r->text.ptr[at + n] == '\t'))
            n++;
        bool empty = at + n + 1 >= next || r->text.ptr[at + n] == '\n';
        least = !empty && n < least ? n : least;
        at = next;
    }
    return least == SIZE_MAX ? 0 : least;
}

static int read_heredoc_line(struct hcl_reader *r, struct hcl_expr *e, struct hcl_mark m,
                             struct buf *b)
{
    while (r->at < r->text.len && hcl_peek(r, 0) != '\n') {
        bool taken = false;
        if (read_special(r, e, m, b, &taken) != 0)
            return -1;
        if (taken)
            continue;
        if (hcl_peek(r, 0) != '\r')
            buf_addc(b, hcl_peek(r, 0));
        hcl_step(r);
    }
    buf_addc(b, '\n');
    hcl_step(r);
    return 0;
}

int hcl_read_heredoc(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct hcl_mark open = hcl_mark_of(r);
    bool cut = hcl_sees(r, "<<-");
    hcl_skip(r, cut ? 3 : 2);
    AUTO(xfree) char *word = hcl_read_name(r, "the word that ends this heredoc");
    if (word == NULL || hcl_skip_space(r, false) != 0)
        return -1;
    if (hcl_peek(r, 0) != '\n')
        return hcl_fail_here(r, "the end of the line after a heredoc's word");
    hcl_step(r);
    size_t indent = cut ? common_indent(r, word) : 0;
    struct hcl_mark m = hcl_mark_of(r);
    m.column += (int)indent;
    AUTO(hcl_expr_free) struct hcl_expr *e = hcl_expr_new(HCL_TEMPLATE, m, NULL);
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    while (!is_closing(r, r->at, word)) {
        if (r->at >= r->text.len) {
            AUTO(xfree) char *text = xasprintf("this heredoc is not ended by a line '%s'", word);
            return hcl_fail_at(r, open, text);
        }
        for (size_t i = 0; i < indent && (hcl_peek(r, 0) == ' ' || hcl_peek(r, 0) == '\t'); i++)
            hcl_step(r);
        if (read_heredoc_line(r, e, m, &b) != 0)
            return -1;
    }
    while (hcl_peek(r, 0) == ' ' || hcl_peek(r, 0) == '\t')
        hcl_step(r);
    hcl_skip(r, strlen(word));
    flush(e, m, &b);
    *ret = simplified(e);
    e = NULL;
    return 0;
}
