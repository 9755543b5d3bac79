/*
 * People across, permissions down.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/map.h"
#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "harness/http/html.h"
#include "harness/who/who.h"

/* ---- rows ---- */

struct row {
    const struct js *right; /* of whoever was asked first */
    char *label;
};

struct table {
    const struct js *people;
    struct vec rows; /* struct row * */
    struct map *may; /* of each person, by the label of a right */
    struct strlist labels;
};

static char *label_of(const struct js *right)
{
    bool whole = who_is_whole(right);
    return xasprintf("%-16s %s%s%s", js_get_text(right, "resource"), js_get_text(right, "action"),
                     whole ? "" : " ", whole ? "" : js_get_text(right, "object"));
}

static int by_label(const void *a, const void *b)
{
    const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;
    return strcmp(x->label, y->label);
}

/* What each person may, and the permissions of anybody who was asked about them. */
static void read_rights(struct table *t, size_t person, const char *part, struct map *known)
{
    const struct js *list = js_get(js_at(t->people, person), part);
    for (size_t k = 0; k < js_len(list); k++) {
        struct js *right = js_at(list, k);
        char *label = label_of(right);
        strlist_take(&t->labels, label);
        if (strcmp(part, "may") == 0)
            map_add(&t->may[person], label, right);
        if (!map_add(known, label, right))
            continue;
        struct row *row = xcalloc(1, sizeof *row);
        *row = (struct row){right, label};
        vec_push(&t->rows, row);
    }
}

static bool may(const struct table *t, size_t person, const char *label)
{
    return map_get(&t->may[person], label) != NULL;
}

/* What a line singles out is worth a row where somebody has another answer than on everything. */
static bool says_something(const struct table *t, const struct row *row)
{
    AUTO(xfree)
    char *whole = xasprintf("%-16s %s", js_get_text(row->right, "resource"),
                            js_get_text(row->right, "action"));
    bool differs = who_is_whole(row->right);
    for (size_t i = 0; i < js_len(t->people); i++)
        differs = differs || may(t, i, row->label) != may(t, i, whole);
    return differs;
}

static void table_init(struct table *t, const struct js *all)
{
    AUTO(map_deinit) struct map known = {0};
    struct vec every = {0};
    *t = (struct table){.people = js_get(all, "people")};
    t->may = xcalloc(js_len(t->people) + 1, sizeof *t->may);
    for (size_t i = 0; i < js_len(t->people); i++) {
        read_rights(t, i, "may", &known);
        read_rights(t, i, "may_not", &known);
    }
    every = t->rows;
    t->rows = (struct vec){0};
    for (size_t i = 0; i < every.len; i++) {
        if (says_something(t, every.items[i]))
            vec_push(&t->rows, every.items[i]);
        else
            xfree(every.items[i]);
    }
    vec_deinit(&every);
    if (t->rows.len > 1)
        qsort(t->rows.items, t->rows.len, sizeof *t->rows.items, by_label);
}

static void table_deinit(struct table *t)
{
    for (size_t i = 0; i < js_len(t->people); i++)
        map_deinit(&t->may[i]);
    for (size_t i = 0; i < t->rows.len; i++)
        xfree(t->rows.items[i]);
    vec_deinit(&t->rows);
    strlist_deinit(&t->labels);
    xfree(t->may);
}

DEFINE_AUTO_VALUE(struct table, table_deinit)

static const struct row *row_at(const struct table *t, size_t i)
{
    return t->rows.items[i];
}

/* ---- cells ---- */

static bool is_in(const struct js *person)
{
    return js_get(person, "refused") == NULL;
}

/* Why a column says nothing of rights: no sign-in, or a policy that does not load. Caller frees;
 * NULL: it does. */
static char *trouble_of(const struct js *person)
{
    const struct js *r = js_get(person, "refused");
    const char *log = js_get_text(r, "log");
    const char *policy = js_get_text(person, "policy_error");
    const char *seen = log != NULL ? log : js_get_text(r, "shown");
    const char *outcome =
        cstr_eq(js_get_text(person, "outcome"), "no-answer") ? "no answer" : "refused";
    if (r == NULL)
        return policy != NULL ? xasprintf("the policy does not load: %s", policy) : NULL;
    size_t line = strcspn(seen != NULL ? seen : "", "\n");
    return xasprintf("%s by %s at %s: %.*s", outcome, js_get_text(r, "by"), js_get_text(r, "at"),
                     (int)line, seen != NULL ? seen : "");
}

/* Without blanks at its end. */
static void end_line(struct buf *b)
{
    while (b->len > 0 && b->ptr[b->len - 1] == ' ')
        b->ptr[--b->len] = '\0';
    buf_addc(b, '\n');
}

/* A name in eight columns, which are characters. */
static void add_head(struct buf *b, const char *name)
{
    size_t columns = 0;
    buf_addc(b, ' ');
    for (const char *p = name; *p != '\0'; p++) {
        columns += ((unsigned char)*p & 0xc0U) != 0x80U ? 1 : 0;
        if (columns > 8)
            return;
        buf_addc(b, *p);
    }
    buf_addf(b, "%*s", (int)(8 - columns), "");
}

static int label_width(const struct table *t)
{
    size_t width = 26;
    for (size_t i = 0; i < t->rows.len; i++)
        width = strlen(row_at(t, i)->label) > width ? strlen(row_at(t, i)->label) : width;
    return (int)width;
}

char *who_matrix_text(const struct js *all)
{
    AUTO(buf_deinit) struct buf b = {0};
    AUTO(table_deinit) struct table t = {0};
    table_init(&t, all);
    int width = label_width(&t);
    buf_init(&b, BUF_MAX_TEXT);
    buf_addf(&b, "%-*s", width, "");
    for (size_t i = 0; i < js_len(t.people); i++)
        add_head(&b, js_get_text(js_at(t.people, i), "person"));
    end_line(&b);
    for (size_t r = 0; r < t.rows.len; r++) {
        const char *label = row_at(&t, r)->label;
        buf_addf(&b, "%-*s", width, label);
        for (size_t i = 0; i < js_len(t.people); i++)
            buf_addf(&b, " %-8s",
                     !is_in(js_at(t.people, i)) ? "refused"
                     : may(&t, i, label)        ? "yes"
                                                : "-");
        end_line(&b);
    }
    for (size_t i = 0; i < js_len(t.people); i++) {
        AUTO(xfree) char *trouble = trouble_of(js_at(t.people, i));
        if (trouble != NULL)
            buf_addf(&b, "%s: %s\n", js_get_text(js_at(t.people, i), "person"), trouble);
    }
    who_add_not_asked(&b, js_at(t.people, 0));
    return buf_take(&b);
}

static void add_cell(struct buf *b, const struct table *t, size_t i, const char *label)
{
    const struct js *person = js_at(t->people, i);
    bool yes = may(t, i, label);
    buf_addf(b, "<td class=\"%s\">%s</td>",
             !is_in(person) ? "refused"
             : yes          ? "yes"
                            : "no",
             !is_in(person) ? "refused"
             : yes          ? "yes"
                            : "&ndash;");
}

char *who_matrix_html(const struct js *all)
{
    AUTO(buf_deinit) struct buf b = {0};
    AUTO(table_deinit) struct table t = {0};
    table_init(&t, all);
    const struct js *people = t.people;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b,
             "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<title>Who may do what</title><style>\n"
             "body{font:15px/1.4 system-ui,sans-serif;margin:2rem}\n"
             "table{border-collapse:collapse}th,td{padding:.2rem .7rem;text-align:left}\n"
             "thead th{border-bottom:2px solid #888}tbody tr:nth-child(even){background:#8881}\n"
             ".yes{color:#0a6b2c;font-weight:600}.no{color:#777}.refused{color:#a40000}\n"
             "</style></head><body>\n<h1>Who may do what</h1>\n<table><thead><tr><th></th>");
    for (size_t i = 0; i < js_len(people); i++) {
        AUTO(xfree) char *name = html_escape(js_get_text(js_at(people, i), "person"));
        buf_addf(&b, "<th scope=\"col\">%s</th>", name);
    }
    buf_adds(&b, "</tr></thead><tbody>\n");
    for (size_t r = 0; r < t.rows.len; r++) {
        const char *label = row_at(&t, r)->label;
        AUTO(xfree) char *name = html_escape(label);
        buf_addf(&b, "<tr><th scope=\"row\">%s</th>", name);
        for (size_t i = 0; i < js_len(people); i++)
            add_cell(&b, &t, i, label);
        buf_adds(&b, "</tr>\n");
    }
    buf_adds(&b, "</tbody></table>\n");
    for (size_t i = 0; i < js_len(people); i++) {
        AUTO(xfree) char *trouble = trouble_of(js_at(people, i));
        AUTO(xfree) char *name = html_escape(js_get_text(js_at(people, i), "person"));
        AUTO(xfree) char *text = html_escape(trouble != NULL ? trouble : "");
        if (trouble != NULL)
            buf_addf(&b, "<p class=\"refused\">%s: %s</p>\n", name, text);
    }
    buf_adds(&b, "</body></html>\n");
    return buf_take(&b);
}

bool who_is_whole(const struct js *right)
{
    const char *object = js_get_text(right, "object");
    return cstr_eq(object, "*") || cstr_eq(object, "*/*");
}

void who_add_not_asked(struct buf *b, const struct js *who)
{
    int64_t n = 0;
    if (js_get_number(who, "not_asked", &n) == 0)
        buf_addf(b, "%lld more that lines of the policy single out; ask with --can\n",
                 (long long)n);
}
