/*
 * A recursive-descent reader of HCL, straight over the text: the grammar needs one character of
 * lookahead, and templates nest expressions in texts, so tokens apart would only be in the way.
 * Here: blocks and their bodies.
 */
#include "harness/data/hcl.h"

#include <string.h>

#include "harness/data/hcl_int.h"
#include "harness/data/json.h"
#include "harness/data/utf8.h"

/* ---- release ---- */

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

/* ---- bodies ---- */

static int read_body(struct hcl_reader *r, bool nested, struct hcl_body *b);

static int end_of_line(struct hcl_reader *r, const char *wanted)
{
    if (hcl_skip_space(r, false) != 0)
        return -1;
    if (r->at >= r->text.len || hcl_peek(r, 0) == '\n')
        return 0;
    return hcl_fail_here(r, wanted);
}

static int read_attribute(struct hcl_reader *r, struct hcl_mark m, char **name, struct hcl_body *b)
{
    struct hcl_expr *value = NULL;
    if (hcl_get(b, *name) != NULL) {
        AUTO(xfree) char *text = xasprintf("attribute '%s' is set twice in this block", *name);
        return hcl_fail_at(r, m, text);
    }
    hcl_step(r);
    if (hcl_read_expr(r, false, &value) != 0)
        return -1;
    b->attributes = xrealloc(b->attributes, (b->attributes_len + 1) * sizeof(struct hcl_attribute));
    b->attributes[b->attributes_len++] = (struct hcl_attribute){*name, m.line, m.column, value};
    map_add(&b->by_name, *name, value);
    *name = NULL;
    return 0;
}

static int read_labels(struct hcl_reader *r, struct hcl_block *block)
{
    while (hcl_peek(r, 0) != '{') {
        AUTO(hcl_expr_free) struct hcl_expr *label = NULL;
        struct hcl_mark m = hcl_mark_of(r);
        char *text = NULL;
        if (block->labels_len == sizeof block->labels / sizeof block->labels[0])
            return hcl_fail_here(r, "'{' after the labels of a block");
        if (hcl_peek(r, 0) != '"') {
            text = hcl_read_name(r, "'=' for an attribute, or a label or '{' for a block");
            if (text == NULL)
                return -1;
        } else if (hcl_read_quoted(r, &label) != 0) {
            return -1;
        } else if (label->kind != HCL_TEXT) {
            return hcl_fail_at(r, m, "a label is plain text");
        } else {
            text = xstrdup(label->text);
        }
        block->labels[block->labels_len++] = text;
        if (hcl_skip_space(r, false) != 0)
            return -1;
    }
    hcl_step(r);
    return 0;
}

static int read_block(struct hcl_reader *r, struct hcl_mark m, char **type, struct hcl_body *b)
{
    struct hcl_block *block = xcalloc(1, sizeof *block);
    block->type = *type;
    block->line = m.line;
    block->column = m.column;
    *type = NULL;
    b->blocks = xrealloc(b->blocks, (b->blocks_len + 1) * sizeof(struct hcl_block *));
    b->blocks[b->blocks_len++] = block;
    if (r->depth >= HCL_MAX_DEPTH)
        return hcl_fail_at(r, m, "nesting deeper than 64 levels");
    if (read_labels(r, block) != 0)
        return -1;
    r->depth++;
    int rc = read_body(r, true, &block->body);
    r->depth--;
    return rc;
}

static int read_item(struct hcl_reader *r, bool nested, struct hcl_body *b)
{
    struct hcl_mark m = hcl_mark_of(r);
    AUTO(xfree)
    char *name =
        hcl_read_name(r, nested ? "an attribute, a block or '}'" : "an attribute or a block");
    if (name == NULL || hcl_skip_space(r, false) != 0)
        return -1;
    if (hcl_peek(r, 0) == '=' && hcl_peek(r, 1) != '=')
        return read_attribute(r, m, &name, b);
    return read_block(r, m, &name, b);
}

/* Up to the "}" of a block, or to the end of the file. "{ a = 1 }" may stand on one line. */
static int read_body(struct hcl_reader *r, bool nested, struct hcl_body *b)
{
    struct hcl_mark open = hcl_mark_of(r);
    for (;;) {
        if (hcl_skip_space(r, true) != 0)
            return -1;
        if (nested && hcl_peek(r, 0) == '}') {
            hcl_step(r);
            return 0;
        }
        if (r->at >= r->text.len)
            return nested ? hcl_fail_at(r, open, "this block is not closed by '}'") : 0;
        if (read_item(r, nested, b) != 0 || hcl_skip_space(r, false) != 0)
            return -1;
        if (nested && hcl_peek(r, 0) == '}')
            continue;
        if (end_of_line(r, "the end of the line") != 0)
            return -1;
    }
}

int hcl_parse(struct str text, const char *name, struct hcl_body **ret, struct err *err)
{
    AUTO(hcl_free) struct hcl_body *b = xcalloc(1, sizeof *b);
    struct hcl_reader r = {.name = name, .text = text, .line = 1, .column = 1, .err = err};
    if (text.len > JS_MAX_TEXT)
        return err_set_at(err, ERR_PARSE, name, 0, 0, "a text larger than %lu bytes", JS_MAX_TEXT);
    if (str_starts(text, "\xef\xbb\xbf"))
        r.at = 3;
    size_t valid = utf8_valid_len(text);
    if (valid < text.len) {
        utf8_place(text, valid, &r.line, &r.column);
        return hcl_fail_at(&r, hcl_mark_of(&r),
                           text.ptr[valid] == '\0' ? "a NUL byte in a text"
                                                   : "not a text in UTF-8");
    }
    if (read_body(&r, false, b) != 0)
        return -1;
    *ret = b;
    b = NULL;
    return 0;
}
