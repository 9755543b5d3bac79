/*
 * Expressions of HCL but for texts: lists, objects, "for", calls, references; what has operators.
 */
#include "harness/data/hcl_int.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"

/* From behind an opening to behind the bracket that closes it, texts skipped whole. */
int hcl_skip_balanced(struct hcl_reader *r, struct hcl_mark from)
{
    int depth = 1;
    while (depth > 0) {
        char c = hcl_peek(r, 0);
        if (r->at >= r->text.len)
            return hcl_fail_at(r, from, "this is not closed before the end of the file");
        if (c == '"') {
            AUTO(hcl_expr_free) struct hcl_expr *text = NULL;
            if (hcl_read_quoted(r, &text) != 0)
                return -1;
            continue;
        }
        if (c == '#' || hcl_sees(r, "//") || hcl_sees(r, "/*")) {
            if (hcl_skip_space(r, true) != 0)
                return -1;
            continue;
        }
        depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
        hcl_step(r);
    }
    return 0;
}

struct hcl_expr *hcl_other_from(const struct hcl_reader *r, struct hcl_mark m)
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
    return hcl_expr_new(HCL_OTHER, m, buf_take(&b));
}

/* ---- lists, objects, calls ---- */

/* Is this the "for" of a comprehension? */
static bool sees_for(const struct hcl_reader *r)
{
    return hcl_sees(r, "for") && !hcl_goes_on_name(hcl_peek(r, 3));
}

/* A "," or the end; a line end will do in an object. */
static int read_separator(struct hcl_reader *r, char close, bool line_will_do)
{
    int line = r->line;
    if (hcl_skip_space(r, true) != 0)
        return -1;
    if (hcl_peek(r, 0) == ',') {
        hcl_step(r);
        return hcl_skip_space(r, true);
    }
    if (hcl_peek(r, 0) == close || (line_will_do && r->line > line))
        return 0;
    AUTO(xfree) char *wanted = xasprintf("',' or '%c'", close);
    return hcl_fail_here(r, wanted);
}

/* "a" or "a, b" before "in". */
static int read_for_names(struct hcl_reader *r, struct hcl_expr *e)
{
    struct hcl_mark m = hcl_mark_of(r);
    char *first = hcl_read_name(r, "a name");
    char *second = NULL;
    if (first != NULL && hcl_skip_space(r, true) == 0 && hcl_peek(r, 0) == ',') {
        hcl_step(r);
        second = hcl_skip_space(r, true) == 0 ? hcl_read_name(r, "a name") : NULL;
    }
    hcl_expr_add(e, hcl_expr_new(HCL_TEXT, m, second != NULL ? first : xstrdup("")));
    hcl_expr_add(e, hcl_expr_new(HCL_TEXT, m, second != NULL ? second : first));
    if (first == NULL || hcl_skip_space(r, true) != 0 || !hcl_sees(r, "in") ||
        hcl_goes_on_name(hcl_peek(r, 2)))
        return -1;
    hcl_skip(r, 2);
    return 0;
}

static int read_for_expr(struct hcl_reader *r, struct hcl_expr *e)
{
    struct hcl_expr *value = NULL;
    if (hcl_read_expr(r, true, &value) != 0)
        return -1;
    hcl_expr_add(e, value);
    return hcl_skip_space(r, true);
}

/* "for x in y : z" and "for k, v in y : k => v", up to the bracket; -1 where there is more to it.
 */
static int read_for(struct hcl_reader *r, char close, struct hcl_expr *e)
{
    hcl_skip(r, strlen("for"));
    if (hcl_skip_space(r, true) != 0 || read_for_names(r, e) != 0 || read_for_expr(r, e) != 0 ||
        hcl_peek(r, 0) != ':')
        return -1;
    hcl_step(r);
    if (read_for_expr(r, e) != 0)
        return -1;
    if (close == '}') {
        if (!hcl_sees(r, "=>"))
            return -1;
        hcl_skip(r, 2);
        if (read_for_expr(r, e) != 0)
            return -1;
        struct hcl_expr *key = e->items[3]; /* the value comes before it */
        e->items[3] = e->items[4];
        e->items[4] = key;
    }
    return hcl_peek(r, 0) == close ? 0 : -1;
}

/* What is said of the inside of one that is kept as text is nobody's error. */
static int read_comprehension(struct hcl_reader *r, struct hcl_mark m, struct hcl_expr **ret)
{
    struct hcl_mark inside = hcl_mark_of(r);
    struct err *err = r->err;
    char close = r->text.ptr[m.at] == '[' ? ']' : '}';
    if (hcl_skip_balanced(r, m) != 0)
        return -1;
    struct hcl_mark end = hcl_mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *other = hcl_other_from(r, m);
    AUTO(hcl_expr_free) struct hcl_expr *e = hcl_expr_new(HCL_FOR, m, xstrdup(other->text));
    hcl_back_to(r, inside);
    r->err = NULL;
    bool simple = read_for(r, close, e) == 0;
    r->err = err;
    hcl_back_to(r, end);
    *ret = simple ? e : other;
    if (simple)
        e = NULL;
    else
        other = NULL;
    return 0;
}

/* Elements or arguments up to `close`; the opening is behind. */
static int read_items(struct hcl_reader *r, char close, struct hcl_expr *e)
{
    if (hcl_skip_space(r, true) != 0)
        return -1;
    while (hcl_peek(r, 0) != close) {
        struct hcl_expr *item = NULL;
        if (hcl_read_expr(r, true, &item) != 0)
            return -1;
        hcl_expr_add(e, item);
        if (hcl_sees(r, "..."))
            hcl_skip(r, 3);
        if (read_separator(r, close, false) != 0)
            return -1;
    }
    hcl_step(r);
    return 0;
}

static int read_list(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *e = hcl_expr_new(HCL_LIST, m, NULL);
    hcl_step(r);
    if (hcl_skip_space(r, true) != 0)
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
static int read_key(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    if (!hcl_begins_name(hcl_peek(r, 0)))
        return hcl_read_expr(r, true, ret);
    char *name = hcl_read_name(r, "a key");
    if (hcl_peek(r, 0) == '.' || hcl_peek(r, 0) == '(') {
        xfree(name);
        hcl_back_to(r, m);
        return hcl_read_expr(r, true, ret);
    }
    *ret = hcl_expr_new(HCL_TEXT, m, name);
    return 0;
}

static int read_member(struct hcl_reader *r, struct hcl_expr *e)
{
    struct hcl_expr *key = NULL;
    struct hcl_expr *value = NULL;
    if (read_key(r, &key) != 0)
        return -1;
    hcl_expr_add(e, key);
    if (hcl_skip_space(r, true) != 0)
        return -1;
    if (hcl_peek(r, 0) != '=' && hcl_peek(r, 0) != ':')
        return hcl_fail_here(r, "'=' after a key");
    hcl_step(r);
    if (hcl_skip_space(r, true) != 0 || hcl_read_expr(r, false, &value) != 0)
        return -1;
    hcl_expr_add(e, value);
    return read_separator(r, '}', true);
}

static int read_object(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *e = hcl_expr_new(HCL_OBJECT, m, NULL);
    hcl_step(r);
    if (hcl_skip_space(r, true) != 0)
        return -1;
    if (sees_for(r))
        return read_comprehension(r, m, ret);
    while (hcl_peek(r, 0) != '}') {
        if (read_member(r, e) != 0)
            return -1;
    }
    hcl_step(r);
    *ret = e;
    e = NULL;
    return 0;
}

static int read_call(struct hcl_reader *r, struct hcl_mark m, char *take_name,
                     struct hcl_expr **ret)
{
    AUTO(hcl_expr_free) struct hcl_expr *e = hcl_expr_new(HCL_CALL, m, take_name);
    hcl_step(r);
    if (read_items(r, ')', e) != 0)
        return -1;
    *ret = e;
    e = NULL;
    return 0;
}

/* "[0]" or "[\"x\"]" behind a reference. */
static int read_index(struct hcl_reader *r, struct buf *b)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *index = NULL;
    hcl_step(r);
    if (hcl_skip_space(r, true) != 0 || hcl_read_expr(r, true, &index) != 0 ||
        hcl_skip_space(r, true) != 0)
        return -1;
    if (hcl_peek(r, 0) != ']')
        return hcl_fail_at(r, m, "this '[' is not closed by ']'");
    hcl_step(r);
    if (index->kind == HCL_TEXT)
        buf_addf(b, "[\"%s\"]", index->text);
    else if (index->text != NULL)
        buf_addf(b, "[%s]", index->text);
    else
        buf_adds(b, "[?]");
    return 0;
}

/* ".name", ".0", ".*", "[…]" as long as they go on. A splat makes it another kind. */
static int read_traversal(struct hcl_reader *r, struct buf *b, bool *ret_splat)
{
    for (;;) {
        if (hcl_peek(r, 0) == '[' && hcl_sees(r, "[*]")) {
            *ret_splat = true;
            hcl_skip(r, 3);
        } else if (hcl_peek(r, 0) == '[') {
            if (read_index(r, b) != 0)
                return -1;
        } else if (hcl_peek(r, 0) == '.' && hcl_peek(r, 1) == '*') {
            *ret_splat = true;
            hcl_skip(r, 2);
        } else if (hcl_peek(r, 0) == '.' && hcl_goes_on_name(hcl_peek(r, 1))) {
            hcl_step(r);
            buf_addc(b, '.');
            while (hcl_goes_on_name(hcl_peek(r, 0))) {
                buf_addc(b, hcl_peek(r, 0));
                hcl_step(r);
            }
        } else if (hcl_peek(r, 0) == '.' && hcl_peek(r, 1) != '.') {
            hcl_step(r);
            return hcl_fail_here(r, "a name behind '.'");
        } else {
            return 0;
        }
    }
}

static int read_reference(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(xfree) char *name = hcl_read_name(r, "a value");
    AUTO(buf_deinit) struct buf b = {0};
    bool splat = false;
    if (name == NULL)
        return -1;
    while (hcl_sees(r, "::")) { /* a provider's function */
        AUTO(xfree) char *first = name;
        hcl_skip(r, 2);
        AUTO(xfree) char *second = hcl_read_name(r, "a function's name");
        name = second != NULL ? xasprintf("%s::%s", first, second) : NULL;
        if (name == NULL)
            return -1;
    }
    if (hcl_peek(r, 0) == '(') {
        char *function = name;
        name = NULL;
        return read_call(r, m, function, ret);
    }
    if (cstr_eq(name, "true") || cstr_eq(name, "false") || cstr_eq(name, "null")) {
        bool null = cstr_eq(name, "null");
        *ret = hcl_expr_new(null ? HCL_NULL : HCL_BOOL, m, null ? NULL : xstrdup(name));
        return 0;
    }
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, name);
    if (read_traversal(r, &b, &splat) != 0)
        return -1;
    *ret = splat ? hcl_other_from(r, m) : hcl_expr_new(HCL_REFERENCE, m, buf_take(&b));
    return 0;
}

static int read_number(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    while (isdigit((unsigned char)hcl_peek(r, 0)) != 0)
        hcl_step(r);
    if (hcl_peek(r, 0) == '.' && isdigit((unsigned char)hcl_peek(r, 1)) != 0) {
        hcl_step(r);
        while (isdigit((unsigned char)hcl_peek(r, 0)) != 0)
            hcl_step(r);
    }
    if ((hcl_peek(r, 0) | 32) == 'e') {
        hcl_step(r);
        if (hcl_peek(r, 0) == '+' || hcl_peek(r, 0) == '-')
            hcl_step(r);
        while (isdigit((unsigned char)hcl_peek(r, 0)) != 0)
            hcl_step(r);
    }
    *ret = hcl_expr_new(HCL_NUMBER, m, xstrndup(r->text.ptr + m.at, r->at - m.at));
    return 0;
}

static int read_parentheses(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *inner = NULL;
    hcl_step(r);
    if (hcl_skip_space(r, true) != 0 || hcl_read_expr(r, true, &inner) != 0 ||
        hcl_skip_space(r, true) != 0)
        return -1;
    if (hcl_peek(r, 0) != ')')
        return hcl_fail_at(r, m, "this '(' is not closed by ')'");
    hcl_step(r);
    *ret = inner;
    inner = NULL;
    return 0;
}

static int read_primary(struct hcl_reader *r, struct hcl_expr **ret)
{
    char c = hcl_peek(r, 0);
    if (c == '"')
        return hcl_read_quoted(r, ret);
    if (c == '[')
        return read_list(r, ret);
    if (c == '{')
        return read_object(r, ret);
    if (c == '(')
        return read_parentheses(r, ret);
    if (hcl_sees(r, "<<"))
        return hcl_read_heredoc(r, ret);
    if (isdigit((unsigned char)c) != 0)
        return read_number(r, ret);
    return read_reference(r, ret);
}

/* Does an operator, a conditional or a traversal of something that is no name follow? A lone "="
 * or ":" or "=>" ends a key. */
static bool sees_operator(const struct hcl_reader *r)
{
    static const char *const words[] = {"==", "!=", "<=", ">=", "&&", "||", "+", "-",
                                        "*",  "/",  "%",  "<",  ">",  "?",  NULL};
    if (hcl_sees(r, "=>"))
        return false;
    if (hcl_peek(r, 0) == '[' || (hcl_peek(r, 0) == '.' && !hcl_sees(r, "...")))
        return true;
    for (const char *const *w = words; *w != NULL; w++) {
        if (hcl_sees(r, *w))
            return true;
    }
    return false;
}

/* The rest of an expression that is not read: up to what separates it. */
static int skip_rest(struct hcl_reader *r, bool lines)
{
    int asked = 0; /* "?" whose ":" is still to come */
    for (;;) {
        if (hcl_skip_space(r, lines) != 0)
            return -1;
        char c = hcl_peek(r, 0);
        struct hcl_mark m = hcl_mark_of(r);
        if (r->at >= r->text.len || c == '\n' || c == ',' || c == ')' || c == ']' || c == '}')
            return 0;
        if ((c == ':' || (c == '=' && hcl_peek(r, 1) != '=')) && asked == 0)
            return 0;
        asked += c == '?' ? 1 : c == ':' ? -1 : 0;
        if (c == '"') {
            AUTO(hcl_expr_free) struct hcl_expr *text = NULL;
            if (hcl_read_quoted(r, &text) != 0)
                return -1;
        } else if (c == '(' || c == '[' || c == '{') {
            hcl_step(r);
            if (hcl_skip_balanced(r, m) != 0)
                return -1;
        } else {
            hcl_skip(r, hcl_peek(r, 1) == '=' && strchr("=!<>", c) != NULL ? 2 : 1);
        }
    }
}

static int read_whole(struct hcl_reader *r, bool lines, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *e = NULL;
    bool unary = hcl_peek(r, 0) == '!' || hcl_peek(r, 0) == '-';
    if (!unary && read_primary(r, &e) != 0)
        return -1;
    struct hcl_mark end = hcl_mark_of(r);
    if (hcl_skip_space(r, lines) != 0)
        return -1;
    if (unary || sees_operator(r)) {
        if (skip_rest(r, lines) != 0)
            return -1;
        *ret = hcl_other_from(r, m);
        return 0;
    }
    if (!lines) { /* a comment at the end of the line is the body's */
        hcl_back_to(r, end);
    }
    *ret = e;
    e = NULL;
    return 0;
}

int hcl_read_expr(struct hcl_reader *r, bool lines, struct hcl_expr **ret)
{
    if (hcl_skip_space(r, lines) != 0)
        return -1;
    if (r->depth >= HCL_MAX_DEPTH)
        return hcl_fail_at(r, hcl_mark_of(r), "nesting deeper than 64 levels");
    r->depth++;
    int rc = read_whole(r, lines, ret);
    r->depth--;
    return rc;
}
