/*
 * A recursive-descent reader of HCL, straight over the text: the grammar needs one character of
 * lookahead, and templates nest expressions in texts, so tokens apart would only be in the way.
 */
#include "harness/data/hcl.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/data/utf8.h"

#define MAX_DEPTH 64

struct reader {
    const char *name;
    struct str text;
    size_t at;
    int line, column;
    int depth;
    struct err *err;
};

struct mark {
    size_t at;
    int line, column;
};

/* ---- release ---- */

static struct hcl_expr *hcl_expr_free(struct hcl_expr *e)
{
    if (e == NULL)
        return NULL;
    for (size_t i = 0; i < e->len; i++)
        hcl_expr_free(e->items[i]);
    xfree(e->items);
    xfree(e->text);
    return xfree(e);
}

DEFINE_AUTO(struct hcl_expr, hcl_expr_free)

static void body_deinit(struct hcl_body *b)
{
    for (size_t i = 0; i < b->attributes_len; i++) {
        xfree(b->attributes[i].name);
        hcl_expr_free(b->attributes[i].value);
    }
    for (size_t i = 0; i < b->blocks_len; i++) {
        struct hcl_block *block = b->blocks[i];
        for (size_t l = 0; l < block->labels_len; l++)
            xfree(block->labels[l]);
        xfree(block->type);
        body_deinit(&block->body);
        xfree(block);
    }
    map_deinit(&b->by_name);
    xfree(b->attributes);
    xfree(b->blocks);
}

struct hcl_body *hcl_free(struct hcl_body *b)
{
    if (b != NULL)
        body_deinit(b);
    return xfree(b);
}

const struct hcl_expr *hcl_get(const struct hcl_body *b, const char *name)
{
    return map_get(&b->by_name, name);
}

/* ---- characters ---- */

/* The character `ahead` bytes on, 0 past the end (a NUL in the text is refused at the start). */
static char peek(const struct reader *r, size_t ahead)
{
    return r->at + ahead < r->text.len ? r->text.ptr[r->at + ahead] : '\0';
}

static bool sees(const struct reader *r, const char *word)
{
    return str_starts((struct str){r->text.ptr + r->at, r->text.len - r->at}, word);
}

static void step(struct reader *r)
{
    char c = peek(r, 0);
    if (r->at >= r->text.len)
        return;
    r->at++;
    if (c == '\n') {
        r->line++;
        r->column = 1;
    } else if (((unsigned char)peek(r, 0) & 0xc0U) != 0x80U) {
        r->column++; /* a character has one column, however many bytes */
    }
}

static void skip(struct reader *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        step(r);
}

static struct mark mark_of(const struct reader *r)
{
    return (struct mark){r->at, r->line, r->column};
}

static int fail_at(struct reader *r, struct mark m, const char *text)
{
    return err_set_at(r->err, ERR_PARSE, r->name, m.line, m.column, "%s", text);
}

/* "expected X, found Y" at the current place. */
static int fail_here(struct reader *r, const char *wanted)
{
    char c = peek(r, 0);
    struct str rest = {r->text.ptr + r->at, r->text.len - r->at};
    uint32_t code = 0;
    size_t n = rest.len > 0 ? utf8_next(rest, &code) : 0;
    AUTO(xfree)
    char *found = rest.len == 0 ? xstrdup("the end of the file")
                  : c == '\n'   ? xstrdup("the end of the line")
                                : xasprintf("'%.*s'", (int)(n > 0 ? n : 1), rest.ptr);
    AUTO(xfree) char *text = xasprintf("expected %s, found %s", wanted, found);
    return fail_at(r, mark_of(r), text);
}

static void skip_line(struct reader *r)
{
    while (r->at < r->text.len && peek(r, 0) != '\n')
        step(r);
}

static int skip_block_comment(struct reader *r)
{
    struct mark m = mark_of(r);
    skip(r, 2);
    while (!sees(r, "*/")) {
        if (r->at >= r->text.len)
            return fail_at(r, m, "this comment is not closed by '*/'");
        step(r);
    }
    skip(r, 2);
    return 0;
}

/* Blanks and comments; line ends only where they separate nothing (inside brackets). */
static int skip_space(struct reader *r, bool lines)
{
    for (;;) {
        char c = peek(r, 0);
        if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n'))
            step(r);
        else if (c == '#' || sees(r, "//"))
            skip_line(r);
        else if (!sees(r, "/*"))
            return 0;
        else if (skip_block_comment(r) != 0)
            return -1;
    }
}

static bool begins_name(char c)
{
    return isalpha((unsigned char)c) != 0 || c == '_' || ((unsigned char)c & 0x80U) != 0;
}

static bool goes_on_name(char c)
{
    return begins_name(c) || isdigit((unsigned char)c) != 0 || c == '-';
}

/* An identifier, which may have dashes in it; NULL after the error. Caller frees. */
static char *read_name(struct reader *r, const char *wanted)
{
    size_t from = r->at;
    if (!begins_name(peek(r, 0))) {
        (void)fail_here(r, wanted);
        return NULL;
    }
    while (goes_on_name(peek(r, 0)))
        step(r);
    return xstrndup(r->text.ptr + from, r->at - from);
}

/* ---- expressions ---- */

static struct hcl_expr *expr_new(enum hcl_kind kind, struct mark m, char *take_text)
{
    struct hcl_expr *e = xcalloc(1, sizeof *e);
    e->kind = kind;
    e->line = m.line;
    e->column = m.column;
    e->text = take_text;
    return e;
}

static void expr_add(struct hcl_expr *e, struct hcl_expr *item)
{
    if ((e->len & (e->len - 1)) == 0)
        e->items = xrealloc(e->items, (e->len == 0 ? 1 : e->len * 2) * sizeof(struct hcl_expr *));
    e->items[e->len++] = item;
}

static int read_expr(struct reader *r, bool lines, struct hcl_expr **ret);
static int read_quoted(struct reader *r, struct hcl_expr **ret);

static int put_code(struct reader *r, struct buf *b, int digits)
{
    struct mark m = mark_of(r);
    uint32_t code = 0;
    for (int i = 0; i < digits; i++) {
        char c = peek(r, 0);
        if (isxdigit((unsigned char)c) == 0)
            return fail_at(r, m, "a \\u needs four hexadecimal digits, a \\U eight");
        code =
            code * 16 + (uint32_t)(isdigit((unsigned char)c) != 0 ? c - '0' : (c | 32) - 'a' + 10);
        step(r);
    }
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return fail_at(r, m, "this escape is no character");
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

static int read_escape(struct reader *r, struct buf *b)
{
    static const char letters[] = "nrt\"\\";
    static const char values[] = "\n\r\t\"\\";
    struct mark m = mark_of(r);
    step(r);
    char c = peek(r, 0);
    const char *known = c != '\0' ? strchr(letters, c) : NULL;
    if (known == NULL && c != 'u' && c != 'U')
        return fail_at(r, m, "unknown escape; known are \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN");
    step(r);
    if (known == NULL)
        return put_code(r, b, c == 'u' ? 4 : 8);
    buf_addc(b, values[known - letters]);
    return 0;
}

/* What was text so far becomes a part of the template. */
static void flush(struct hcl_expr *e, struct mark m, struct buf *b)
{
    if (b->len == 0)
        return;
    expr_add(e, expr_new(HCL_TEXT, m, xstrdup(b->ptr)));
    buf_reset(b);
}

/* From behind an opening to behind the bracket that closes it, texts skipped whole. */
static int skip_balanced(struct reader *r, struct mark from)
{
    int depth = 1;
    while (depth > 0) {
        char c = peek(r, 0);
        if (r->at >= r->text.len)
            return fail_at(r, from, "this is not closed before the end of the file");
        if (c == '"') {
            AUTO(hcl_expr_free) struct hcl_expr *text = NULL;
            if (read_quoted(r, &text) != 0)
                return -1;
            continue;
        }
        if (c == '#' || sees(r, "//") || sees(r, "/*")) {
            if (skip_space(r, true) != 0)
                return -1;
            continue;
        }
        depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
        step(r);
    }
    return 0;
}

static struct hcl_expr *other_from(const struct reader *r, struct mark m)
{
    struct str source = str_trim((struct str){r->text.ptr + m.at, r->at - m.at});
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < source.len; i++) { /* in one line, blanks joined */
        bool blank = isspace((unsigned char)source.ptr[i]) != 0;
        if (!blank)
            buf_addc(&b, source.ptr[i]);
        else if (b.len > 0 && b.ptr[b.len - 1] != ' ')
            buf_addc(&b, ' ');
    }
    return expr_new(HCL_OTHER, m, buf_take(&b));
}

/* "%{…}": a directive, kept as it stands; the whole template then is. */
static int read_directive(struct reader *r, struct hcl_expr *e)
{
    struct mark m = mark_of(r);
    skip(r, 2);
    if (skip_balanced(r, m) != 0)
        return -1;
    expr_add(e, other_from(r, m));
    return 0;
}

static int read_interpolation(struct reader *r, struct hcl_expr *e)
{
    struct mark m = mark_of(r);
    struct hcl_expr *inner = NULL;
    skip(r, 2);
    if (peek(r, 0) == '~')
        step(r);
    if (read_expr(r, true, &inner) != 0)
        return -1;
    expr_add(e, inner);
    if (skip_space(r, true) != 0)
        return -1;
    if (peek(r, 0) == '~')
        step(r);
    if (peek(r, 0) != '}')
        return fail_at(r, m, "this '${' is not closed by '}'");
    step(r);
    return 0;
}

/* "$${" and "%%{" are "${" and "%{" themselves. True when one of all these was taken. */
static int read_special(struct reader *r, struct hcl_expr *e, struct mark m, struct buf *b,
                        bool *ret_taken)
{
    *ret_taken = true;
    if (sees(r, "$${") || sees(r, "%%{")) {
        buf_addc(b, peek(r, 0));
        buf_addc(b, '{');
        skip(r, 3);
        return 0;
    }
    *ret_taken = sees(r, "${") || sees(r, "%{");
    if (!*ret_taken)
        return 0;
    flush(e, m, b);
    return sees(r, "${") ? read_interpolation(r, e) : read_directive(r, e);
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

static int read_quoted(struct reader *r, struct hcl_expr **ret)
{
    struct mark m = mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *e = expr_new(HCL_TEMPLATE, m, NULL);
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    step(r);
    while (peek(r, 0) != '"') {
        bool taken = false;
        if (r->at >= r->text.len || peek(r, 0) == '\n')
            return fail_at(r, m, "this text is not closed by '\"' on its line");
        if (read_special(r, e, m, &b, &taken) != 0)
            return -1;
        if (taken)
            continue;
        if (peek(r, 0) == '\\') {
            if (read_escape(r, &b) != 0)
                return -1;
            continue;
        }
        buf_addc(&b, peek(r, 0));
        step(r);
    }
    step(r);
    flush(e, m, &b);
    *ret = simplified(e);
    e = NULL;
    return 0;
}

/* ---- heredocs ---- */

static bool is_closing(const struct reader *r, size_t at, const char *word)
{
    while (at < r->text.len && (r->text.ptr[at] == ' ' || r->text.ptr[at] == '\t'))
        at++;
    struct str rest = {r->text.ptr + at, r->text.len - at};
    size_t n = strlen(word);
    return str_starts(rest, word) && (rest.len == n || rest.ptr[n] == '\n' || rest.ptr[n] == '\r' ||
                                      strchr(" \t,)]}", rest.ptr[n]) != NULL);
}

/* How far the lines of a "<<-" are all indented. */
static size_t common_indent(const struct reader *r, const char *word)
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

static int read_heredoc_line(struct reader *r, struct hcl_expr *e, struct mark m, struct buf *b)
{
    while (r->at < r->text.len && peek(r, 0) != '\n') {
        bool taken = false;
        if (read_special(r, e, m, b, &taken) != 0)
            return -1;
        if (taken)
            continue;
        if (peek(r, 0) != '\r')
            buf_addc(b, peek(r, 0));
        step(r);
    }
    buf_addc(b, '\n');
    step(r);
    return 0;
}

static int read_heredoc(struct reader *r, struct hcl_expr **ret)
{
    struct mark open = mark_of(r);
    bool cut = sees(r, "<<-");
    skip(r, cut ? 3 : 2);
    AUTO(xfree) char *word = read_name(r, "the word that ends this heredoc");
    if (word == NULL || skip_space(r, false) != 0)
        return -1;
    if (peek(r, 0) != '\n')
        return fail_here(r, "the end of the line after a heredoc's word");
    step(r);
    size_t indent = cut ? common_indent(r, word) : 0;
    struct mark m = mark_of(r);
    m.column += (int)indent;
    AUTO(hcl_expr_free) struct hcl_expr *e = expr_new(HCL_TEMPLATE, m, NULL);
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    while (!is_closing(r, r->at, word)) {
        if (r->at >= r->text.len) {
            AUTO(xfree) char *text = xasprintf("this heredoc is not ended by a line '%s'", word);
            return fail_at(r, open, text);
        }
        for (size_t i = 0; i < indent && (peek(r, 0) == ' ' || peek(r, 0) == '\t'); i++)
            step(r);
        if (read_heredoc_line(r, e, m, &b) != 0)
            return -1;
    }
    while (peek(r, 0) == ' ' || peek(r, 0) == '\t')
        step(r);
    skip(r, strlen(word));
    flush(e, m, &b);
    *ret = simplified(e);
    e = NULL;
    return 0;
}

/* ---- lists, objects, calls ---- */

/* Is this the "for" of a comprehension? */
static bool sees_for(const struct reader *r)
{
    return sees(r, "for") && !goes_on_name(peek(r, 3));
}

/* A "," or the end; a line end will do in an object. */
static int read_separator(struct reader *r, char close, bool line_will_do)
{
    int line = r->line;
    if (skip_space(r, true) != 0)
        return -1;
    if (peek(r, 0) == ',') {
        step(r);
        return skip_space(r, true);
    }
    if (peek(r, 0) == close || (line_will_do && r->line > line))
        return 0;
    AUTO(xfree) char *wanted = xasprintf("',' or '%c'", close);
    return fail_here(r, wanted);
}

static void back_to(struct reader *r, struct mark m)
{
    r->at = m.at;
    r->line = m.line;
    r->column = m.column;
}

/* "a" or "a, b" before "in". */
static int read_for_names(struct reader *r, struct hcl_expr *e)
{
    struct mark m = mark_of(r);
    char *first = read_name(r, "a name");
    char *second = NULL;
    if (first != NULL && skip_space(r, true) == 0 && peek(r, 0) == ',') {
        step(r);
        second = skip_space(r, true) == 0 ? read_name(r, "a name") : NULL;
    }
    expr_add(e, expr_new(HCL_TEXT, m, second != NULL ? first : xstrdup("")));
    expr_add(e, expr_new(HCL_TEXT, m, second != NULL ? second : first));
    if (first == NULL || skip_space(r, true) != 0 || !sees(r, "in") || goes_on_name(peek(r, 2)))
        return -1;
    skip(r, 2);
    return 0;
}

static int read_for_expr(struct reader *r, struct hcl_expr *e)
{
    struct hcl_expr *value = NULL;
    if (read_expr(r, true, &value) != 0)
        return -1;
    expr_add(e, value);
    return skip_space(r, true);
}

/* "for x in y : z" and "for k, v in y : k => v", up to the bracket; -1 where there is more to it.
 */
static int read_for(struct reader *r, char close, struct hcl_expr *e)
{
    skip(r, strlen("for"));
    if (skip_space(r, true) != 0 || read_for_names(r, e) != 0 || read_for_expr(r, e) != 0 ||
        peek(r, 0) != ':')
        return -1;
    step(r);
    if (read_for_expr(r, e) != 0)
        return -1;
    if (close == '}') {
        if (!sees(r, "=>"))
            return -1;
        skip(r, 2);
        if (read_for_expr(r, e) != 0)
            return -1;
        struct hcl_expr *key = e->items[3]; /* the value comes before it */
        e->items[3] = e->items[4];
        e->items[4] = key;
    }
    return peek(r, 0) == close ? 0 : -1;
}

/* What is said of the inside of one that is kept as text is nobody's error. */
static int read_comprehension(struct reader *r, struct mark m, struct hcl_expr **ret)
{
    struct mark inside = mark_of(r);
    struct err *err = r->err;
    char close = r->text.ptr[m.at] == '[' ? ']' : '}';
    if (skip_balanced(r, m) != 0)
        return -1;
    struct mark end = mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *other = other_from(r, m);
    AUTO(hcl_expr_free) struct hcl_expr *e = expr_new(HCL_FOR, m, xstrdup(other->text));
    back_to(r, inside);
    r->err = NULL;
    bool simple = read_for(r, close, e) == 0;
    r->err = err;
    back_to(r, end);
    *ret = simple ? e : other;
    if (simple)
        e = NULL;
    else
        other = NULL;
    return 0;
}

/* Elements or arguments up to `close`; the opening is behind. */
static int read_items(struct reader *r, char close, struct hcl_expr *e)
{
    if (skip_space(r, true) != 0)
        return -1;
    while (peek(r, 0) != close) {
        struct hcl_expr *item = NULL;
        if (read_expr(r, true, &item) != 0)
            return -1;
        expr_add(e, item);
        if (sees(r, "..."))
            skip(r, 3);
        if (read_separator(r, close, false) != 0)
            return -1;
    }
    step(r);
    return 0;
}

static int read_list(struct reader *r, struct hcl_expr **ret)
{
    struct mark m = mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *e = expr_new(HCL_LIST, m, NULL);
    step(r);
    if (skip_space(r, true) != 0)
        return -1;
    if (sees_for(r))
        return read_comprehension(r, m, ret);
    if (read_items(r, ']', e) != 0)
        return -1;
    *ret = e;
    e = NULL;
    return 0;
}

/* A bare word as key is that text; "(x)", texts, calls and what has a "." are expressions. */
static int read_key(struct reader *r, struct hcl_expr **ret)
{
    struct mark m = mark_of(r);
    if (!begins_name(peek(r, 0)))
        return read_expr(r, true, ret);
    char *name = read_name(r, "a key");
    if (peek(r, 0) == '.' || peek(r, 0) == '(') {
        xfree(name);
        back_to(r, m);
        return read_expr(r, true, ret);
    }
    *ret = expr_new(HCL_TEXT, m, name);
    return 0;
}

static int read_member(struct reader *r, struct hcl_expr *e)
{
    struct hcl_expr *key = NULL;
    struct hcl_expr *value = NULL;
    if (read_key(r, &key) != 0)
        return -1;
    expr_add(e, key);
    if (skip_space(r, true) != 0)
        return -1;
    if (peek(r, 0) != '=' && peek(r, 0) != ':')
        return fail_here(r, "'=' after a key");
    step(r);
    if (skip_space(r, true) != 0 || read_expr(r, false, &value) != 0)
        return -1;
    expr_add(e, value);
    return read_separator(r, '}', true);
}

static int read_object(struct reader *r, struct hcl_expr **ret)
{
    struct mark m = mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *e = expr_new(HCL_OBJECT, m, NULL);
    step(r);
    if (skip_space(r, true) != 0)
        return -1;
    if (sees_for(r))
        return read_comprehension(r, m, ret);
    while (peek(r, 0) != '}') {
        if (read_member(r, e) != 0)
            return -1;
    }
    step(r);
    *ret = e;
    e = NULL;
    return 0;
}

static int read_call(struct reader *r, struct mark m, char *take_name, struct hcl_expr **ret)
{
    AUTO(hcl_expr_free) struct hcl_expr *e = expr_new(HCL_CALL, m, take_name);
    step(r);
    if (read_items(r, ')', e) != 0)
        return -1;
    *ret = e;
    e = NULL;
    return 0;
}

/* "[0]" or "[\"x\"]" behind a reference. */
static int read_index(struct reader *r, struct buf *b)
{
    struct mark m = mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *index = NULL;
    step(r);
    if (skip_space(r, true) != 0 || read_expr(r, true, &index) != 0 || skip_space(r, true) != 0)
        return -1;
    if (peek(r, 0) != ']')
        return fail_at(r, m, "this '[' is not closed by ']'");
    step(r);
    if (index->kind == HCL_TEXT)
        buf_addf(b, "[\"%s\"]", index->text);
    else if (index->text != NULL)
        buf_addf(b, "[%s]", index->text);
    else
        buf_adds(b, "[?]");
    return 0;
}

/* ".name", ".0", ".*", "[…]" as long as they go on. A splat makes it another kind. */
static int read_traversal(struct reader *r, struct buf *b, bool *ret_splat)
{
    for (;;) {
        if (peek(r, 0) == '[' && sees(r, "[*]")) {
            *ret_splat = true;
            skip(r, 3);
        } else if (peek(r, 0) == '[') {
            if (read_index(r, b) != 0)
                return -1;
        } else if (peek(r, 0) == '.' && peek(r, 1) == '*') {
            *ret_splat = true;
            skip(r, 2);
        } else if (peek(r, 0) == '.' && goes_on_name(peek(r, 1))) {
            step(r);
            buf_addc(b, '.');
            while (goes_on_name(peek(r, 0))) {
                buf_addc(b, peek(r, 0));
                step(r);
            }
        } else if (peek(r, 0) == '.' && peek(r, 1) != '.') {
            step(r);
            return fail_here(r, "a name behind '.'");
        } else {
            return 0;
        }
    }
}

static int read_reference(struct reader *r, struct hcl_expr **ret)
{
    struct mark m = mark_of(r);
    AUTO(xfree) char *name = read_name(r, "a value");
    AUTO(buf_deinit) struct buf b = {0};
    bool splat = false;
    if (name == NULL)
        return -1;
    while (sees(r, "::")) { /* a provider's function */
        AUTO(xfree) char *first = name;
        skip(r, 2);
        AUTO(xfree) char *second = read_name(r, "a function's name");
        name = second != NULL ? xasprintf("%s::%s", first, second) : NULL;
        if (name == NULL)
            return -1;
    }
    if (peek(r, 0) == '(') {
        char *function = name;
        name = NULL;
        return read_call(r, m, function, ret);
    }
    if (cstr_eq(name, "true") || cstr_eq(name, "false") || cstr_eq(name, "null")) {
        bool null = cstr_eq(name, "null");
        *ret = expr_new(null ? HCL_NULL : HCL_BOOL, m, null ? NULL : xstrdup(name));
        return 0;
    }
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, name);
    if (read_traversal(r, &b, &splat) != 0)
        return -1;
    *ret = splat ? other_from(r, m) : expr_new(HCL_REFERENCE, m, buf_take(&b));
    return 0;
}

static int read_number(struct reader *r, struct hcl_expr **ret)
{
    struct mark m = mark_of(r);
    while (isdigit((unsigned char)peek(r, 0)) != 0)
        step(r);
    if (peek(r, 0) == '.' && isdigit((unsigned char)peek(r, 1)) != 0) {
        step(r);
        while (isdigit((unsigned char)peek(r, 0)) != 0)
            step(r);
    }
    if ((peek(r, 0) | 32) == 'e') {
        step(r);
        if (peek(r, 0) == '+' || peek(r, 0) == '-')
            step(r);
        while (isdigit((unsigned char)peek(r, 0)) != 0)
            step(r);
    }
    *ret = expr_new(HCL_NUMBER, m, xstrndup(r->text.ptr + m.at, r->at - m.at));
    return 0;
}

static int read_parentheses(struct reader *r, struct hcl_expr **ret)
{
    struct mark m = mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *inner = NULL;
    step(r);
    if (skip_space(r, true) != 0 || read_expr(r, true, &inner) != 0 || skip_space(r, true) != 0)
        return -1;
    if (peek(r, 0) != ')')
        return fail_at(r, m, "this '(' is not closed by ')'");
    step(r);
    *ret = inner;
    inner = NULL;
    return 0;
}

static int read_primary(struct reader *r, struct hcl_expr **ret)
{
    char c = peek(r, 0);
    if (c == '"')
        return read_quoted(r, ret);
    if (c == '[')
        return read_list(r, ret);
    if (c == '{')
        return read_object(r, ret);
    if (c == '(')
        return read_parentheses(r, ret);
    if (sees(r, "<<"))
        return read_heredoc(r, ret);
    if (isdigit((unsigned char)c) != 0)
        return read_number(r, ret);
    return read_reference(r, ret);
}

/* Does an operator, a conditional or a traversal of something that is no name follow? A lone "="
 * or ":" or "=>" ends a key. */
static bool sees_operator(const struct reader *r)
{
    static const char *const words[] = {"==", "!=", "<=", ">=", "&&", "||", "+", "-",
                                        "*",  "/",  "%",  "<",  ">",  "?",  NULL};
    if (sees(r, "=>"))
        return false;
    if (peek(r, 0) == '[' || (peek(r, 0) == '.' && !sees(r, "...")))
        return true;
    for (const char *const *w = words; *w != NULL; w++) {
        if (sees(r, *w))
            return true;
    }
    return false;
}

/* The rest of an expression that is not read: up to what separates it. */
static int skip_rest(struct reader *r, bool lines)
{
    int asked = 0; /* "?" whose ":" is still to come */
    for (;;) {
        if (skip_space(r, lines) != 0)
            return -1;
        char c = peek(r, 0);
        struct mark m = mark_of(r);
        if (r->at >= r->text.len || c == '\n' || c == ',' || c == ')' || c == ']' || c == '}')
            return 0;
        if ((c == ':' || (c == '=' && peek(r, 1) != '=')) && asked == 0)
            return 0;
        asked += c == '?' ? 1 : c == ':' ? -1 : 0;
        if (c == '"') {
            AUTO(hcl_expr_free) struct hcl_expr *text = NULL;
            if (read_quoted(r, &text) != 0)
                return -1;
        } else if (c == '(' || c == '[' || c == '{') {
            step(r);
            if (skip_balanced(r, m) != 0)
                return -1;
        } else {
            skip(r, peek(r, 1) == '=' && strchr("=!<>", c) != NULL ? 2 : 1);
        }
    }
}

static int read_whole(struct reader *r, bool lines, struct hcl_expr **ret)
{
    struct mark m = mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *e = NULL;
    bool unary = peek(r, 0) == '!' || peek(r, 0) == '-';
    if (!unary && read_primary(r, &e) != 0)
        return -1;
    struct mark end = mark_of(r);
    if (skip_space(r, lines) != 0)
        return -1;
    if (unary || sees_operator(r)) {
        if (skip_rest(r, lines) != 0)
            return -1;
        *ret = other_from(r, m);
        return 0;
    }
    if (!lines) { /* a comment at the end of the line is the body's */
        back_to(r, end);
    }
    *ret = e;
    e = NULL;
    return 0;
}

static int read_expr(struct reader *r, bool lines, struct hcl_expr **ret)
{
    if (skip_space(r, lines) != 0)
        return -1;
    if (r->depth >= MAX_DEPTH)
        return fail_at(r, mark_of(r), "nesting deeper than 64 levels");
    r->depth++;
    int rc = read_whole(r, lines, ret);
    r->depth--;
    return rc;
}

/* ---- bodies ---- */

static int read_body(struct reader *r, bool nested, struct hcl_body *b);

static int end_of_line(struct reader *r, const char *wanted)
{
    if (skip_space(r, false) != 0)
        return -1;
    if (r->at >= r->text.len || peek(r, 0) == '\n')
        return 0;
    return fail_here(r, wanted);
}

static int read_attribute(struct reader *r, struct mark m, char **name, struct hcl_body *b)
{
    struct hcl_expr *value = NULL;
    if (hcl_get(b, *name) != NULL) {
        AUTO(xfree) char *text = xasprintf("attribute '%s' is set twice in this block", *name);
        return fail_at(r, m, text);
    }
    step(r);
    if (read_expr(r, false, &value) != 0)
        return -1;
    b->attributes = xrealloc(b->attributes, (b->attributes_len + 1) * sizeof(struct hcl_attribute));
    b->attributes[b->attributes_len++] = (struct hcl_attribute){*name, m.line, m.column, value};
    map_add(&b->by_name, *name, value);
    *name = NULL;
    return 0;
}

static int read_labels(struct reader *r, struct hcl_block *block)
{
    while (peek(r, 0) != '{') {
        AUTO(hcl_expr_free) struct hcl_expr *label = NULL;
        struct mark m = mark_of(r);
        char *text = NULL;
        if (block->labels_len == sizeof block->labels / sizeof block->labels[0])
            return fail_here(r, "'{' after the labels of a block");
        if (peek(r, 0) != '"') {
            text = read_name(r, "'=' for an attribute, or a label or '{' for a block");
            if (text == NULL)
                return -1;
        } else if (read_quoted(r, &label) != 0) {
            return -1;
        } else if (label->kind != HCL_TEXT) {
            return fail_at(r, m, "a label is plain text");
        } else {
            text = xstrdup(label->text);
        }
        block->labels[block->labels_len++] = text;
        if (skip_space(r, false) != 0)
            return -1;
    }
    step(r);
    return 0;
}

static int read_block(struct reader *r, struct mark m, char **type, struct hcl_body *b)
{
    struct hcl_block *block = xcalloc(1, sizeof *block);
    block->type = *type;
    block->line = m.line;
    block->column = m.column;
    *type = NULL;
    b->blocks = xrealloc(b->blocks, (b->blocks_len + 1) * sizeof(struct hcl_block *));
    b->blocks[b->blocks_len++] = block;
    if (r->depth >= MAX_DEPTH)
        return fail_at(r, m, "nesting deeper than 64 levels");
    if (read_labels(r, block) != 0)
        return -1;
    r->depth++;
    int rc = read_body(r, true, &block->body);
    r->depth--;
    return rc;
}

static int read_item(struct reader *r, bool nested, struct hcl_body *b)
{
    struct mark m = mark_of(r);
    AUTO(xfree)
    char *name = read_name(r, nested ? "an attribute, a block or '}'" : "an attribute or a block");
    if (name == NULL || skip_space(r, false) != 0)
        return -1;
    if (peek(r, 0) == '=' && peek(r, 1) != '=')
        return read_attribute(r, m, &name, b);
    return read_block(r, m, &name, b);
}

/* Up to the "}" of a block, or to the end of the file. "{ a = 1 }" may stand on one line. */
static int read_body(struct reader *r, bool nested, struct hcl_body *b)
{
    struct mark open = mark_of(r);
    for (;;) {
        if (skip_space(r, true) != 0)
            return -1;
        if (nested && peek(r, 0) == '}') {
            step(r);
            return 0;
        }
        if (r->at >= r->text.len)
            return nested ? fail_at(r, open, "this block is not closed by '}'") : 0;
        if (read_item(r, nested, b) != 0 || skip_space(r, false) != 0)
            return -1;
        if (nested && peek(r, 0) == '}')
            continue;
        if (end_of_line(r, "the end of the line") != 0)
            return -1;
    }
}

int hcl_parse(struct str text, const char *name, struct hcl_body **ret, struct err *err)
{
    AUTO(hcl_free) struct hcl_body *b = xcalloc(1, sizeof *b);
    struct reader r = {.name = name, .text = text, .line = 1, .column = 1, .err = err};
    if (text.len > JS_MAX_TEXT)
        return err_set_at(err, ERR_PARSE, name, 0, 0, "a text larger than %lu bytes", JS_MAX_TEXT);
    if (str_starts(text, "\xef\xbb\xbf"))
        r.at = 3;
    size_t valid = utf8_valid_len(text);
    if (valid < text.len) {
        utf8_place(text, valid, &r.line, &r.column);
        return fail_at(&r, mark_of(&r),
                       text.ptr[valid] == '\0' ? "a NUL byte in a text" : "not a text in UTF-8");
    }
    if (read_body(&r, false, b) != 0)
        return -1;
    *ret = b;
    b = NULL;
    return 0;
}
