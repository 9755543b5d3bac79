/*
 * Name/value pairs in order. The plain functions compare names exactly (queries, forms), the _ci
 * ones ignore ASCII case (header fields).
 */
#include "harness/base/params.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/url.h"

typedef int compare_fn(const char *a, const char *b);

static void add_taken(struct params *p, char *name, char *value)
{
    if (p->len == p->cap) {
        p->cap = p->cap == 0 ? 8 : p->cap * 2;
        p->items = xrealloc(p->items, p->cap * sizeof *p->items);
    }
    p->items[p->len++] = (struct param){name, value};
}

void params_add(struct params *p, const char *name, const char *value)
{
    add_taken(p, xstrdup(name), xstrdup(value ? value : ""));
}

void params_addf(struct params *p, const char *name, const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf b = {0};
    va_list args;

    buf_init(&b, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&b, fmt, args);
    va_end(args);
    add_taken(p, xstrdup(name), buf_take(&b));
}

static void param_deinit(struct param *p)
{
    p->name = xfree(p->name);
    p->value = xfree(p->value);
}

/* Removes all of that name from position `from` on. */
static void remove_from(struct params *p, size_t from, const char *name, compare_fn *compare)
{
    size_t kept = from;

    for (size_t i = from; i < p->len; i++) {
        if (compare(p->items[i].name, name) == 0) {
            param_deinit(&p->items[i]);
        } else {
            p->items[kept++] = p->items[i];
        }
    }
    p->len = kept;
}

static size_t find(const struct params *p, const char *name, compare_fn *compare)
{
    size_t i = 0;

    while (i < p->len && compare(p->items[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* The first of that name keeps its place and takes the value; the others go. */
static void set(struct params *p, const char *name, const char *value, compare_fn *compare)
{
    AUTO(xfree) char *name_copy = xstrdup(name);
    char *copy = xstrdup(value ? value : "");
    size_t i = find(p, name, compare);

    if (i == p->len) {
        add_taken(p, xstrdup(name_copy), copy);
        return;
    }
    xfree(p->items[i].value);
    p->items[i].value = copy;
    remove_from(p, i + 1, name_copy, compare);
}

static void remove_all(struct params *p, const char *name, compare_fn *compare)
{
    AUTO(xfree) char *name_copy = xstrdup(name);

    remove_from(p, 0, name_copy, compare);
}

void params_set(struct params *p, const char *name, const char *value)
{
    set(p, name, value, strcmp);
}

void params_set_ci(struct params *p, const char *name, const char *value)
{
    set(p, name, value, strcasecmp);
}

void params_remove(struct params *p, const char *name)
{
    remove_all(p, name, strcmp);
}

void params_remove_ci(struct params *p, const char *name)
{
    remove_all(p, name, strcasecmp);
}

const char *params_get(const struct params *p, const char *name)
{
    size_t i = find(p, name, strcmp);

    return i < p->len ? p->items[i].value : NULL;
}

const char *params_get_ci(const struct params *p, const char *name)
{
    size_t i = find(p, name, strcasecmp);

    return i < p->len ? p->items[i].value : NULL;
}

size_t params_count(const struct params *p, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < p->len; i++) {
        if (strcmp(p->items[i].name, name) == 0) {
            n++;
        }
    }
    return n;
}

void params_copy(struct params *to, const struct params *from)
{
    size_t n = from->len;

    for (size_t i = 0; i < n; i++) {
        params_add(to, from->items[i].name, from->items[i].value);
    }
}

/* Insertion sort: stable, and these lists are short. */
void params_sort(struct params *p)
{
    for (size_t i = 1; i < p->len; i++) {
        struct param moving = p->items[i];
        size_t at = i;
        while (at > 0 && strcmp(p->items[at - 1].name, moving.name) > 0) {
            p->items[at] = p->items[at - 1];
            at--;
        }
        p->items[at] = moving;
    }
}

void params_deinit(struct params *p)
{
    for (size_t i = 0; i < p->len; i++) {
        param_deinit(&p->items[i]);
    }
    xfree(p->items);
    *p = (struct params){0};
}

static char *form_decode(struct str s)
{
    char *text = NULL;

    /* A bad escape stays as it is: that is what the header promises. */
    (void)url_decode(s, true, &text);
    return text;
}

void params_parse_form(struct params *p, struct str text)
{
    struct str piece;

    while (str_next(&text, '&', &piece)) {
        if (piece.len == 0) {
            continue;
        }
        struct str value = piece;
        struct str name = {0};
        (void)str_next(&value, '=', &name);
        char *decoded = form_decode(name);
        add_taken(p, decoded, value.ptr ? form_decode(value) : xstrdup(""));
    }
}

char *params_form(const struct params *p)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < p->len; i++) {
        AUTO(xfree) char *name = url_encode_plus(str_of(p->items[i].name));
        AUTO(xfree) char *value = url_encode_plus(str_of(p->items[i].value));
        buf_adds(&b, i > 0 ? "&" : "");
        buf_adds(&b, name);
        buf_addc(&b, '=');
        buf_adds(&b, value);
    }
    return buf_take(&b);
}
