/*
 * A report as a stranger may hand it over: of any size, truncated, of another tool. Every refusal
 * says what the file is and what was wanted.
 */
#include "harness/observe/report.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/observe/calm.h"

#define SCHEMA "rolecall.report/1"
#define WANTED "; wanted is what `rolecall run --report json=FILE` writes"

static int parse(const char *file, struct js **ret, struct err *err)
{
    AUTO(xfree) char *text = NULL;
    size_t len = 0;
    if (file_read(file, REPORT_MAX, &text, &len, err) != 0) {
        if (err != NULL)
            err->code = ERR_USAGE;
        return -1;
    }
    if (len == 0)
        return err_set_at(err, ERR_USAGE, file, 0, 0, "the file is empty" WANTED);
    const struct js_limits limits = {.bytes = REPORT_MAX};
    enum js_fault fault = JS_FAULT_NONE;
    return js_parse_limited((struct str){text, len}, file, &limits, &fault, ret, err) == 0
               ? 0
               : err_wrap(err, "this is no JSON, or only a part of it");
}

static int check_schema(const char *file, const struct js *doc, struct err *err)
{
    if (!js_is(doc, JS_OBJECT))
        return err_set_at(err, ERR_USAGE, file, 0, 0, "this is a JSON %s, no report" WANTED,
                          js_type_name(doc));
    const char *schema = js_get_text(doc, "schema");
    if (schema == NULL)
        return err_set_at(err, ERR_USAGE, file, 0, 0, "this is no report: it has no schema" WANTED);
    if (strcmp(schema, SCHEMA) == 0)
        return 0;
    if (cstr_starts(schema, "rolecall.report/"))
        return err_set_at(err, ERR_USAGE, file, 0, 0,
                          "the report is of schema '%s', this rolecall reads '%s'", schema, SCHEMA);
    return err_set_at(err, ERR_USAGE, file, 0, 0, "this is of schema '%s', not '%s'" WANTED, schema,
                      SCHEMA);
}

static int read_scenarios(const char *file, struct observed_run *r, struct err *err)
{
    const struct js *list = js_get(r->doc, "scenarios");
    if (!js_is(list, JS_ARRAY))
        return err_set_at(err, ERR_USAGE, file, 0, 0, "the report has no list of scenarios");
    r->items = xcalloc(js_len(list) + 1, sizeof(*r->items));
    for (size_t i = 0; i < js_len(list); i++) {
        struct js *s = js_at(list, i);
        struct observed *o = &r->items[r->len++];
        o->id = js_get_text(s, "id");
        o->verdict = js_get_text(s, "verdict");
        o->reason = js_get_text(s, "reason");
        if (js_get(s, "observed") != NULL)
            js_set(s, "observed", calm_redacted(js_get(s, "observed")));
        o->steps = js_get(s, "observed");
        js_remove(s, "trace"); /* most of the report, and not looked at */
        js_remove(s, "steps");
        if (o->id == NULL || o->verdict == NULL)
            return err_set_at(err, ERR_USAGE, file, 0, 0,
                              "scenario %zu of the report has no id or no verdict", i + 1);
        if (!js_is(o->steps, JS_ARRAY))
            return err_set_at(err, ERR_USAGE, file, 0, 0,
                              "scenario '%s' has no observations: the report was written by a "
                              "rolecall that did not record them; run it again",
                              o->id);
    }
    return 0;
}

static void read_setup(struct observed_run *r)
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        const char *name = system_name((enum system)s);
        r->versions[s] = js_text(js_path(r->doc, "setup", "versions", name, NULL));
        r->systems[s] = js_text(js_path(r->doc, "setup", "systems", name, NULL));
    }
    r->seed = js_path(r->doc, "setup", "seed", NULL);
}

/* By id; of the same id as they stand in the report. */
static int by_id(const void *a, const void *b)
{
    const struct observed *const *x = a;
    const struct observed *const *y = b;
    int order = strcmp((*x)->id, (*y)->id);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static void sort(struct observed_run *r)
{
    r->by_id = xcalloc(r->len + 1, sizeof(*r->by_id));
    for (size_t i = 0; i < r->len; i++)
        r->by_id[i] = &r->items[i];
    if (r->len > 0)
        qsort(r->by_id, r->len, sizeof(*r->by_id), by_id);
    for (size_t i = 1; i < r->len; i++) {
        size_t position = (size_t)(r->by_id[i] - r->items);
        if (strcmp(r->by_id[i]->id, r->by_id[i - 1]->id) == 0)
            r->items[position].nth = r->by_id[i - 1]->nth + 1;
    }
}

int observed_read(const char *file, struct observed_run *ret, struct err *err)
{
    AUTO(observed_run_deinit) struct observed_run r = {.file = file};
    if (parse(file, &r.doc, err) != 0 || check_schema(file, r.doc, err) != 0 ||
        read_scenarios(file, &r, err) != 0)
        return -1;
    sort(&r);
    read_setup(&r);
    *ret = r;
    r = (struct observed_run){0};
    return 0;
}

const struct observed *observed_find(const struct observed_run *r, const char *id, size_t nth)
{
    size_t low = 0;
    size_t high = r->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(r->by_id[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool there = nth < r->len - low && strcmp(r->by_id[low + nth]->id, id) == 0;
    return there ? r->by_id[low + nth] : NULL;
}

void observed_run_deinit(struct observed_run *r)
{
    xfree(r->items);
    xfree(r->by_id);
    js_free(r->doc);
    *r = (struct observed_run){0};
}
