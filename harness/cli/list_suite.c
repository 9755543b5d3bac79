/*
 * The mapping printed: a module, below it a line a system, at the end how many there are of each
 * kind. It judges nothing; the table is harness/check/suite.c.
 */
#include "harness/cli/list_suite.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "harness/check/suite.h"
#include "harness/data/json.h"

#define WIDTH 80U
#define INDENT 14U

struct counts {
    size_t modules;
    size_t rows;
    size_t by_reason[SUITE_REASON_MAX_];
    size_t by_check;    /* of the covered: with a check, alone or beside a scenario */
    size_t by_scenario; /* with scenarios alone */
};

static bool begins_module(const struct suite_row *row)
{
    return row == suite_rows || strcmp(row[-1].module, row->module) != 0;
}

static struct counts count(void)
{
    struct counts c = {0};
    for (const struct suite_row *row = suite_rows; row->module != NULL; row++) {
        c.modules += begins_module(row);
        c.rows++;
        c.by_reason[row->reason]++;
        c.by_check += row->checks != NULL;
        c.by_scenario += row->checks == NULL && row->scenarios != NULL;
    }
    return c;
}

/* ---- text ---- */

/* Prints words one after the other, a new line before one that would pass the width. */
static void print_words(const char *text, size_t *column)
{
    struct str rest = str_of(text), word = {0};
    while (text != NULL && str_next(&rest, ' ', &word)) {
        if (*column + 1 + word.len > WIDTH) {
            printf("\n%*s", (int)INDENT - 1, "");
            *column = INDENT - 1;
        }
        printf(" %.*s", STR_ARG(word));
        *column += 1 + word.len;
    }
}

static void print_row(const struct suite_row *row)
{
    size_t column = INDENT - 1;
    if (begins_module(row))
        printf("%s\n", row->module);
    printf("  %-11s", row->of);
    print_words(row->checks, &column);
    print_words(row->scenarios, &column);
    if (row->text == NULL) {
        printf("\n");
        return;
    }
    AUTO(xfree)
    char *why = row->reason != SUITE_COVERED
                    ? xasprintf("%s: %s", suite_reason_name(row->reason), row->text)
                    : xasprintf("(%s)", row->text);
    print_words(why, &column);
    printf("\n");
}

static void print_counts(const struct counts *c)
{
    printf("\n%zu modules, %zu times a system that they judge:\n", c->modules, c->rows);
    printf("%5zu by checks\n%5zu by scenarios alone\n", c->by_check, c->by_scenario);
    for (int r = SUITE_COVERED + 1; r < SUITE_REASON_MAX_; r++)
        printf("%5zu %s\n", c->by_reason[r], suite_reason_name((enum suite_reason)r));
}

/* ---- JSON ---- */

static struct js *words_json(const char *text)
{
    struct js *list = js_array();
    struct str rest = str_of(text), word = {0};
    while (text != NULL && str_next(&rest, ' ', &word))
        js_append(list, js_stringn(word.ptr, word.len));
    return list;
}

static struct js *row_json(const struct suite_row *row)
{
    struct js *o = js_object();
    js_set_text(o, "module", row->module);
    js_set_text(o, "role", suite_role_name(row->role));
    js_set_text(o, "of", row->of);
    js_set(o, "checks", words_json(row->checks));
    js_set(o, "scenarios", words_json(row->scenarios));
    js_set_text(o, "reason", suite_reason_name(row->reason));
    js_set(o, "text", js_string(row->text));
    return o;
}

static struct js *counts_json(const struct counts *c)
{
    struct js *o = js_object();
    js_set(o, "modules", js_int((int64_t)c->modules));
    js_set(o, "rows", js_int((int64_t)c->rows));
    js_set(o, "by_checks", js_int((int64_t)c->by_check));
    js_set(o, "by_scenarios_alone", js_int((int64_t)c->by_scenario));
    for (int r = SUITE_COVERED + 1; r < SUITE_REASON_MAX_; r++)
        js_set(o, suite_reason_name((enum suite_reason)r), js_int((int64_t)c->by_reason[r]));
    return o;
}

void list_suite(bool json)
{
    const struct counts c = count();
    AUTO(js_free) struct js *all = js_object();
    struct js *rows = js_array();
    for (const struct suite_row *row = suite_rows; row->module != NULL; row++) {
        if (json)
            js_append(rows, row_json(row));
        else
            print_row(row);
    }
    js_set(all, "modules", rows);
    js_set(all, "counts", counts_json(&c));
    if (!json) {
        print_counts(&c);
        return;
    }
    AUTO(xfree) char *text = js_pretty(all, 2);
    printf("%s\n", text);
}
