/*
 * Expressions of HCL but for texts: lists, objects, "for", calls, references; what has operators.
 */
#include "harness/data/hcl_int.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"

int hcl_skip_quoted(struct hcl_reader *r)
{
    struct hcl_mark m = hcl_mark_of(r);
    hcl_step(r);
    while (hcl_peek(r, 0) != '"') {
        bool special = hcl_sees(r, "${") || hcl_sees(r, "%{");
        bool literal = hcl_sees(r, "$${") || hcl_sees(r, "%%{");
        if (r->at >= r->text.len || hcl_peek(r, 0) == '\n')
            return hcl_fail_at(r, m, "this text is not closed by '\"' on its line");
        struct hcl_mark open = hcl_mark_of(r);
        hcl_skip(r, literal ? 3 : special || hcl_peek(r, 0) == '\\' ? 2 : 1);
        if (special && !literal && hcl_skip_balanced(r, open) != 0)
            return -1;
    }
    hcl_step(r);
    return 0;
}

static int skip_to_close(struct hcl_reader *r, struct hcl_mark from)
{
    int depth = 1;
    while (depth > 0) {
        char c = hcl_peek(r, 0);
        if (r->at >= r->text.len)
            return hcl_fail_at(r, from, "this is not closed before the end of the file");
        if (c == '"' || c == '#' || hcl_sees(r, "//") || hcl_sees(r, "/*")) {
            if ((c == '"' ? hcl_skip_quoted(r) : hcl_skip_space(r, true)) != 0)
                return -1;
            continue;
        }
        depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
        hcl_step(r);
    }
    return 0;
}

int hcl_skip_balanced(struct hcl_reader *r, struct hcl_mark from)
{
    if (r->depth >= HCL_MAX_DEPTH)
        return hcl_fail_at(r, from, "nesting deeper than 64 levels");
    r->depth++;
    int rc = skip_to_close(r, from);
    r->depth--;
    return rc;
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

/* "if x" behind the value; without it all are taken. */
static int read_for_condition(struct hcl_reader *r, struct hcl_expr *e)
{
    struct hcl_mark m = hcl_mark_of(r);
    if (!hcl_sees(r, "if") || hcl_goes_on_name(hcl_peek(r, 2))) {
        hcl_expr_add(e, hcl_expr_new(HCL_BOOL, m, xstrdup("true")));
        return 0;
    }
    hcl_skip(r, 2);
    return read_for_expr(r, e);
}

/* "for x in y : z if c" and "for k, v in y : k => v if c", up to the bracket; -1 where there is
 * more to it. */
static int read_for(struct hcl_reader *r, char close, struct hcl_expr *e)
{
    AUTO(hcl_expr_free) struct hcl_expr *key = NULL;
    hcl_skip(r, strlen("for"));
    if (hcl_skip_space(r, true) != 0 || read_for_names(r, e) != 0 || read_for_expr(r, e) != 0 ||
        hcl_peek(r, 0) != ':')
        return -1;
    hcl_step(r);
    if (close == '}') {
        if (hcl_read_expr(r, true, &key) != 0 || hcl_skip_space(r, true) != 0 || !hcl_sees(r, "=>"))
            return -1;
        hcl_skip(r, 2);
    }
    if (read_for_expr(r, e) != 0 || read_for_condition(r, e) != 0)
        return -1;
    if (key != NULL)
        hcl_expr_add(e, key);
    key = NULL;
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
        struct hcl_mark m = hcl_mark_of(r);
        if (hcl_read_expr(r, true, &item) != 0)
            return -1;
        bool expanded = hcl_sees(r, "...");
        struct hcl_expr *whole = expanded ? hcl_expr_new(HCL_EXPANSION, m, NULL) : item;
        hcl_skip(r, expanded ? 3 : 0);
        if (expanded)
            hcl_expr_add(whole, item);
        hcl_expr_add(e, whole);
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

static int read_reference(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(xfree) char *name = hcl_read_name(r, "a value");
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
    *ret = hcl_expr_new(HCL_REFERENCE, m, name);
    name = NULL;
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

/* ---- what is picked out of a value ---- */

#define MAX_PICKS 32 /* splats and indexes that are worked out, one behind the other */

/* What follows the expression so far: `text` is its own behind the last of its picks. */
struct picking {
    struct hcl_expr *e;
    struct buf text;
    bool is_open; /* what follows is added to the text; else it is picked out of the whole */
    int picks;
};

static void settle(struct picking *p)
{
    if (p->text.len == 0)
        return;
    xfree(p->e->text);
    p->e->text = buf_take(&p->text);
}

/* "[0]" and "[\"x\"]" are part of a name; so is "[each.key]", which is replaced by its value. */
static bool add_index(struct picking *p, const struct hcl_expr *index)
{
    if (index->kind == HCL_TEXT)
        buf_addf(&p->text, "[\"%s\"]", index->text);
    else if (index->kind == HCL_NUMBER || index->kind == HCL_REFERENCE)
        buf_addf(&p->text, "[%s]", index->text);
    else
        return false;
    return true;
}

/* The expression so far becomes what is picked from; takes the index, which may be NULL. */
static int wrap(struct hcl_reader *r, struct picking *p, enum hcl_kind kind,
                struct hcl_expr *take_index)
{
    struct hcl_mark m = {0, p->e->line, p->e->column};
    settle(p);
    struct hcl_expr *e = hcl_expr_new(kind, m, NULL);
    hcl_expr_add(e, p->e);
    if (take_index != NULL)
        hcl_expr_add(e, take_index);
    p->e = e;
    p->is_open = true;
    r->beyond = ++p->picks > MAX_PICKS;
    return r->beyond ? -1 : 0;
}

static int read_index(struct hcl_reader *r, struct picking *p)
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
    if (p->is_open && add_index(p, index))
        return 0;
    struct hcl_expr *take = index;
    index = NULL;
    return wrap(r, p, HCL_PICK, take);
}

static int read_attribute_name(struct hcl_reader *r, struct picking *p)
{
    hcl_step(r);
    if (!hcl_goes_on_name(hcl_peek(r, 0)))
        return hcl_fail_here(r, "a name behind '.'");
    if (!p->is_open && wrap(r, p, HCL_PICK, NULL) != 0)
        return -1;
    buf_addc(&p->text, '.');
    while (hcl_goes_on_name(hcl_peek(r, 0))) {
        buf_addc(&p->text, hcl_peek(r, 0));
        hcl_step(r);
    }
    return 0;
}

/* ".name", ".0", "[…]", "[*]" and ".*" as long as they go on. */
static int read_picks(struct hcl_reader *r, struct picking *p)
{
    for (;;) {
        bool splat = hcl_sees(r, "[*]");
        int rc = 0;
        if (splat || hcl_sees(r, ".*")) {
            hcl_skip(r, splat ? 3 : 2);
            rc = wrap(r, p, HCL_SPLAT, NULL);
        } else if (hcl_peek(r, 0) == '[') {
            rc = read_index(r, p);
        } else if (hcl_peek(r, 0) == '.' && hcl_peek(r, 1) != '.') {
            rc = read_attribute_name(r, p);
        } else {
            return 0;
        }
        if (rc != 0)
            return -1;
    }
}

int hcl_read_operand(struct hcl_reader *r, struct hcl_expr **ret)
{
    struct picking p = {0};
    if (read_primary(r, &p.e) != 0)
        return -1;
    buf_init(&p.text, BUF_MAX_TEXT);
    p.is_open = p.e->kind == HCL_REFERENCE;
    if (p.is_open)
        buf_adds(&p.text, p.e->text);
    int rc = read_picks(r, &p);
    settle(&p);
    buf_deinit(&p.text);
    if (rc != 0)
        hcl_expr_free(p.e);
    else
        *ret = p.e;
    return rc;
}
