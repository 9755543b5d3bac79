/*
 * Findings: changes that are alike, told once.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/observe/change.h"

static bool same_value(const struct js *a, const struct js *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return js_equal(a, b);
}

static bool same_fact(const struct change *a, const struct change *b)
{
    return a->harm == b->harm && strcmp(a->group, b->group) == 0 && strcmp(a->name, b->name) == 0;
}

static bool alike(const struct change *a, const struct change *b)
{
    return same_fact(a, b) && same_value(a->before, b->before) && same_value(a->after, b->after);
}

static struct finding *find(struct findings *f, const struct change *c)
{
    for (size_t i = 0; i < f->len; i++)
        if (alike(f->items[i].first, c))
            return &f->items[i];
    return NULL;
}

static struct finding *add(struct findings *f, struct change *c)
{
    f->items = xrealloc(f->items, (f->len + 1) * sizeof(*f->items));
    f->items[f->len] = (struct finding){.harm = c->harm, .first = c, .values = 1};
    return &f->items[f->len++];
}

static int by_harm(const void *a, const void *b)
{
    const struct finding *x = a;
    const struct finding *y = b;
    if (x->harm != y->harm)
        return x->harm < y->harm ? -1 : 1;
    if (x->changes.len != y->changes.len)
        return x->changes.len > y->changes.len ? -1 : 1;
    int groups = strcmp(x->first->group, y->first->group);
    return groups != 0 ? groups : strcmp(x->first->name, y->first->name);
}

static bool is_outcome(const struct change *c)
{
    return strcmp(c->group, "result") == 0 && strcmp(c->name, "outcome") == 0;
}

/* A scenario may expect of the newest version that something is refused. Where the same breaks a
 * login elsewhere, nobody may be told that it is better. */
static bool breaks_elsewhere(const struct changes *c, const struct change *one)
{
    for (size_t i = 0; i < c->len; i++)
        if (c->items[i].harm == HARM_BREAKS && is_outcome(&c->items[i]) &&
            same_value(c->items[i].before, one->before) &&
            same_value(c->items[i].after, one->after))
            return true;
    return false;
}

/* "The scenario is as expected now" says nothing where its step tells what changed. */
static bool is_told(const struct changes *c, const struct change *one)
{
    if (one->harm != HARM_BETTER || strcmp(one->name, "verdict") != 0)
        return false;
    for (size_t i = 0; i < c->len; i++)
        if (&c->items[i] != one && c->items[i].run == one->run && c->items[i].step == one->step)
            return true;
    return false;
}

void findings_make(const struct changes *c, struct findings *ret)
{
    *ret = (struct findings){0};
    for (size_t i = 0; i < c->len; i++) {
        struct change *one = &c->items[i];
        if (is_told(c, one))
            continue;
        if (one->harm == HARM_BETTER && is_outcome(one) && breaks_elsewhere(c, one))
            one->harm = HARM_BREAKS;
        struct finding *of = find(ret, one);
        if (of == NULL)
            of = add(ret, &c->items[i]);
        vec_push(&of->changes, &c->items[i]);
    }
    if (ret->len > 0)
        qsort(ret->items, ret->len, sizeof(*ret->items), by_harm);
}

static void finding_deinit(struct finding *f)
{
    vec_deinit(&f->changes);
    strlist_deinit(&f->causes);
}

static bool same_causes(const struct finding *a, const struct finding *b)
{
    if (a->causes.len != b->causes.len || a->together != b->together || a->why != b->why)
        return false;
    for (size_t i = 0; i < a->causes.len; i++)
        if (strcmp(a->causes.items[i], b->causes.items[i]) != 0)
            return false;
    return true;
}

static bool same_direction(const struct change *a, const struct change *b)
{
    return (a->before == NULL) == (b->before == NULL) && (a->after == NULL) == (b->after == NULL);
}

static struct finding *host_of(struct findings *f, size_t kept, const struct finding *x)
{
    for (size_t i = 0; i < kept; i++)
        if (same_fact(f->items[i].first, x->first) && same_direction(f->items[i].first, x->first) &&
            same_causes(&f->items[i], x))
            return &f->items[i];
    return NULL;
}

void findings_fold(struct findings *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->len; i++) {
        struct finding *host = host_of(f, kept, &f->items[i]);
        if (host == NULL) {
            f->items[kept++] = f->items[i];
            continue;
        }
        for (size_t c = 0; c < f->items[i].changes.len; c++)
            vec_push(&host->changes, f->items[i].changes.items[c]);
        host->values += f->items[i].values;
        finding_deinit(&f->items[i]);
    }
    f->len = kept;
    if (f->len > 0)
        qsort(f->items, f->len, sizeof(*f->items), by_harm);
}

void findings_deinit(struct findings *f)
{
    for (size_t i = 0; i < f->len; i++)
        finding_deinit(&f->items[i]);
    xfree(f->items);
    *f = (struct findings){0};
}
