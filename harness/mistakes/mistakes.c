/*
 * Every rule in the order of the table, and the mistakes in the order of the files.
 */
#include "harness/mistakes/mistakes.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/mistakes/view.h"

const char *severity_name(enum severity s)
{
    static const char *const names[SEVERITY_MAX_] = {
        [SEVERITY_ERROR] = "error", [SEVERITY_WARNING] = "warning", [SEVERITY_NOTE] = "note"};
    return s < SEVERITY_MAX_ ? names[s] : "";
}

const struct rule *rule_find(const char *id)
{
    for (const struct rule *r = rules; r->id != NULL; r++) {
        if (cstr_eq(r->id, id))
            return r;
    }
    return NULL;
}

/* What the readers noticed. */
static void add_problems(struct view *v)
{
    const struct js *list = js_path(v->doc, "read", "problems", NULL);
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *p = js_at(list, i);
        int64_t line = 0;
        int64_t column = 0;
        v->rule = rule_find(js_get_text(p, "rule"));
        (void)(js_get_number(p, "line", &line) + js_get_number(p, "column", &column));
        if (v->rule != NULL && js_get_text(p, "file") != NULL && js_get_text(p, "text") != NULL)
            say_at(v, js_get_text(p, "file"), (int)line, (int)column, js_get_text(p, "text"));
    }
}

static int in_order(const void *a, const void *b)
{
    const struct mistake *x = a;
    const struct mistake *y = b;
    int file = strcmp(x->file, y->file);
    if (file != 0)
        return file;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return strcmp(x->rule->id, y->rule->id);
}

void mistakes_find(const struct js *doc, struct places *at, struct mistakes *ret)
{
    struct view v;
    *ret = (struct mistakes){.sources = sources_new(at)};
    view_init(&v, doc, at, ret);
    add_problems(&v);
    for (const struct rule *r = rules; r->id != NULL; r++) {
        v.rule = r;
        if (r->find != NULL)
            r->find(&v);
    }
    view_deinit(&v);
    if (ret->len > 1)
        qsort(ret->items, ret->len, sizeof *ret->items, in_order);
}

void mistakes_deinit(struct mistakes *f)
{
    for (size_t i = 0; i < f->len; i++) {
        xfree(f->items[i].file);
        xfree(f->items[i].text);
        xfree(f->items[i].edit.old_text);
        xfree(f->items[i].edit.new_text);
    }
    xfree(f->items);
    sources_free(f->sources);
    *f = (struct mistakes){0};
}

size_t mistakes_count(const struct mistakes *f, enum severity s)
{
    size_t n = 0;
    for (size_t i = 0; i < f->len; i++)
        n += f->items[i].rule->severity == s ? 1 : 0;
    return n;
}
