/*
 * What binds operands of HCL together: operators and the conditional, by how tightly they bind (HCL
 * Native Syntax Specification, "Operations"). What is beyond our means is kept as its source.
 */
#include "harness/data/hcl_int.h"

#include <string.h>

#define MAX_CHAIN 32 /* operators of one expression that are worked out */

static const struct operator
{
    const char *word; /* none is the beginning of one below it */
    int binds;
}
operators[] = {{"||", 1}, {"&&", 2}, {"==", 3}, {"!=", 3}, {">=", 4}, {"<=", 4}, {">", 4},
               {"<", 4},  {"+", 5},  {"-", 5},  {"*", 6},  {"/", 6},  {"%", 6},  {NULL, 0}};

static const struct operator* operator_at(const struct hcl_reader *r)
{
    for (const struct operator* o = operators; o->word != NULL; o++) {
        if (hcl_sees(r, o->word))
            return o;
    }
    return NULL;
}

/* "a == b", "!a", "a ? b : c"; takes the operands, of which the last may be NULL. */
static struct hcl_expr *operation(const char *word, struct hcl_mark m, struct hcl_expr *first,
                                  struct hcl_expr *second, struct hcl_expr *third)
{
    struct hcl_expr *const operands[] = {first, second, third};
    struct hcl_expr *e = hcl_expr_new(HCL_OPERATION, m, NULL);
    hcl_expr_add(e, hcl_expr_new(HCL_TEXT, m, xstrdup(word)));
    for (size_t i = 0; i < sizeof operands / sizeof *operands && operands[i] != NULL; i++)
        hcl_expr_add(e, operands[i]);
    return e;
}

static int read_unary(struct hcl_reader *r, bool lines, struct hcl_expr **ret)
{
    struct hcl_mark m;
    struct hcl_expr *inner = NULL;
    if (hcl_skip_space(r, lines) != 0)
        return -1;
    m = hcl_mark_of(r);
    if (hcl_peek(r, 0) != '!' && hcl_peek(r, 0) != '-')
        return hcl_read_operand(r, ret);
    if (r->depth >= HCL_MAX_DEPTH)
        return hcl_fail_at(r, m, "nesting deeper than 64 levels");
    const char *word = hcl_peek(r, 0) == '!' ? "!" : "-";
    hcl_step(r);
    r->depth++;
    int rc = read_unary(r, lines, &inner);
    r->depth--;
    if (rc == 0)
        *ret = operation(word, m, inner, NULL, NULL);
    return rc;
}

/* The operators behind *left that bind as tightly as that, or tighter; *left becomes the whole. */
static int read_binary(struct hcl_reader *r, bool lines, int binds, struct hcl_expr **left)
{
    struct hcl_mark m = {0, (*left)->line, (*left)->column};
    for (int n = 0;; n++) {
        struct hcl_expr *right = NULL;
        struct hcl_mark end = hcl_mark_of(r);
        if (hcl_skip_space(r, lines) != 0)
            return -1;
        const struct operator* o = hcl_sees(r, "=>") ? NULL : operator_at(r);
        if (o == NULL || o->binds < binds) {
            hcl_back_to(r, end);
            return 0;
        }
        if (n >= MAX_CHAIN) {
            r->beyond = true;
            return -1;
        }
        hcl_skip(r, strlen(o->word));
        if (read_unary(r, lines, &right) != 0)
            return -1;
        if (read_binary(r, lines, o->binds + 1, &right) != 0) {
            hcl_expr_free(right);
            return -1;
        }
        *left = operation(o->word, m, *left, right, NULL);
    }
}

/* "? b : c" behind a condition. */
static int read_conditional(struct hcl_reader *r, bool lines, struct hcl_expr **condition)
{
    struct hcl_mark m = {0, (*condition)->line, (*condition)->column};
    struct hcl_mark end = hcl_mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *yes = NULL;
    struct hcl_expr *no = NULL;
    if (hcl_skip_space(r, lines) != 0)
        return -1;
    if (hcl_peek(r, 0) != '?') {
        hcl_back_to(r, end);
        return 0;
    }
    hcl_step(r);
    if (hcl_read_expr(r, lines, &yes) != 0 || hcl_skip_space(r, lines) != 0)
        return -1;
    if (hcl_peek(r, 0) != ':')
        return hcl_fail_here(r, "':' behind '?'");
    hcl_step(r);
    if (hcl_read_expr(r, lines, &no) != 0)
        return -1;
    *condition = operation("?", m, *condition, yes, no);
    yes = NULL;
    return 0;
}

/* ---- what is beyond our means ---- */

/* Up to what separates it. */
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
            if (hcl_skip_quoted(r) != 0)
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

/* Does more of an expression follow? "=", ":" and "=>" end a key. */
static bool goes_on(const struct hcl_reader *r)
{
    char c = hcl_peek(r, 0);
    bool picks = c == '[' || (c == '.' && !hcl_sees(r, "..."));
    return !hcl_sees(r, "=>") && (operator_at(r) != NULL || picks || c == '?');
}

/* What the operand in *e begins, if there is one yet. */
static int read_operations(struct hcl_reader *r, bool lines, struct hcl_expr **e)
{
    if (*e == NULL && read_unary(r, lines, e) != 0)
        return -1;
    if (read_binary(r, lines, 1, e) != 0 || read_conditional(r, lines, e) != 0)
        return -1;
    struct hcl_mark end = hcl_mark_of(r);
    if (hcl_skip_space(r, lines) != 0)
        return -1;
    r->beyond = goes_on(r);
    hcl_back_to(r, end); /* a comment at the end of the line is the body's */
    return r->beyond ? -1 : 0;
}

static int read_strictly(struct hcl_reader *r, bool lines, struct hcl_expr **e)
{
    struct hcl_mark m = hcl_mark_of(r);
    bool unary = hcl_peek(r, 0) == '!' || hcl_peek(r, 0) == '-';
    if (!unary && hcl_read_operand(r, e) != 0)
        return -1;
    struct hcl_mark end = hcl_mark_of(r);
    if (hcl_skip_space(r, lines) != 0)
        return -1;
    bool more = unary || goes_on(r);
    hcl_back_to(r, end);
    if (!more)
        return 0;
    if (read_operations(r, lines, e) != 0)
        return -1;
    AUTO(hcl_expr_free) struct hcl_expr *source = hcl_other_from(r, m);
    (*e)->text = source->text;
    source->text = NULL;
    return 0;
}

static int read_whole(struct hcl_reader *r, bool lines, struct hcl_expr **ret)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(hcl_expr_free) struct hcl_expr *e = NULL;
    if (read_strictly(r, lines, &e) == 0) {
        *ret = e;
        e = NULL;
        return 0;
    }
    if (!r->beyond)
        return -1;
    r->beyond = false;
    hcl_back_to(r, m);
    if (skip_rest(r, lines) != 0)
        return -1;
    *ret = hcl_other_from(r, m);
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
