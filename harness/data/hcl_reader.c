/*
 * What the readers of HCL walk on: characters with their places, blanks and comments, names; and
 * the making of expressions.
 */
#include "harness/data/hcl_int.h"

#include <ctype.h>
#include <string.h>

#include "harness/data/utf8.h"

/* The character `ahead` bytes on, 0 past the end (a NUL in the text is refused at the start). */
char hcl_peek(const struct hcl_reader *r, size_t ahead)
{
    return r->at + ahead < r->text.len ? r->text.ptr[r->at + ahead] : '\0';
}

bool hcl_sees(const struct hcl_reader *r, const char *word)
{
    return str_starts((struct str){r->text.ptr + r->at, r->text.len - r->at}, word);
}

void hcl_step(struct hcl_reader *r)
{
    char c = hcl_peek(r, 0);
    if (r->at >= r->text.len)
        return;
    r->at++;
    if (c == '\n') {
        r->line++;
        r->column = 1;
    } else if (((unsigned char)hcl_peek(r, 0) & 0xc0U) != 0x80U) {
        r->column++; /* a character has one column, however many bytes */
    }
}

void hcl_skip(struct hcl_reader *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hcl_step(r);
}

struct hcl_mark hcl_mark_of(const struct hcl_reader *r)
{
    return (struct hcl_mark){r->at, r->line, r->column};
}

int hcl_fail_at(struct hcl_reader *r, struct hcl_mark m, const char *text)
{
    return err_set_at(r->err, ERR_PARSE, r->name, m.line, m.column, "%s", text);
}

/* "expected X, found Y" at the current place. */
int hcl_fail_here(struct hcl_reader *r, const char *wanted)
{
    char c = hcl_peek(r, 0);
    struct str rest = {r->text.ptr + r->at, r->text.len - r->at};
    uint32_t code = 0;
    size_t n = rest.len > 0 ? utf8_next(rest, &code) : 0;
    AUTO(xfree)
    char *found = rest.len == 0 ? xstrdup("the end of the file")
                  : c == '\n'   ? xstrdup("the end of the line")
                                : xasprintf("'%.*s'", (int)(n > 0 ? n : 1), rest.ptr);
    AUTO(xfree) char *text = xasprintf("expected %s, found %s", wanted, found);
    return hcl_fail_at(r, hcl_mark_of(r), text);
}

static void skip_line(struct hcl_reader *r)
{
    while (r->at < r->text.len && hcl_peek(r, 0) != '\n')
        hcl_step(r);
}

static int skip_block_comment(struct hcl_reader *r)
{
    struct hcl_mark m = hcl_mark_of(r);
    hcl_skip(r, 2);
    while (!hcl_sees(r, "*/")) {
        if (r->at >= r->text.len)
            return hcl_fail_at(r, m, "this comment is not closed by '*/'");
        hcl_step(r);
    }
    hcl_skip(r, 2);
    return 0;
}

/* Blanks and comments; line ends only where they separate nothing (inside brackets). */
int hcl_skip_space(struct hcl_reader *r, bool lines)
{
    for (;;) {
        char c = hcl_peek(r, 0);
        if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n'))
            hcl_step(r);
        else if (c == '#' || hcl_sees(r, "//"))
            skip_line(r);
        else if (!hcl_sees(r, "/*"))
            return 0;
        else if (skip_block_comment(r) != 0)
            return -1;
    }
}

bool hcl_begins_name(char c)
{
    return isalpha((unsigned char)c) != 0 || c == '_' || ((unsigned char)c & 0x80U) != 0;
}

bool hcl_goes_on_name(char c)
{
    return hcl_begins_name(c) || isdigit((unsigned char)c) != 0 || c == '-';
}

/* An identifier, which may have dashes in it; NULL after the error. Caller frees. */
char *hcl_read_name(struct hcl_reader *r, const char *wanted)
{
    size_t from = r->at;
    if (!hcl_begins_name(hcl_peek(r, 0))) {
        (void)hcl_fail_here(r, wanted);
        return NULL;
    }
    while (hcl_goes_on_name(hcl_peek(r, 0)))
        hcl_step(r);
    return xstrndup(r->text.ptr + from, r->at - from);
}

void hcl_back_to(struct hcl_reader *r, struct hcl_mark m)
{
    r->at = m.at;
    r->line = m.line;
    r->column = m.column;
}

/* ---- expressions ---- */

struct hcl_expr *hcl_expr_free(struct hcl_expr *e)
{
    if (e == NULL)
        return NULL;
    for (size_t i = 0; i < e->len; i++)
        hcl_expr_free(e->items[i]);
    xfree(e->items);
    xfree(e->text);
    return xfree(e);
}

struct hcl_expr *hcl_expr_new(enum hcl_kind kind, struct hcl_mark m, char *take_text)
{
    struct hcl_expr *e = xcalloc(1, sizeof *e);
    e->kind = kind;
    e->line = m.line;
    e->column = m.column;
    e->text = take_text;
    return e;
}

void hcl_expr_add(struct hcl_expr *e, struct hcl_expr *item)
{
    if ((e->len & (e->len - 1)) == 0)
        e->items = xrealloc(e->items, (e->len == 0 ? 1 : e->len * 2) * sizeof(struct hcl_expr *));
    e->items[e->len++] = item;
}
