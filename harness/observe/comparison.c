/*
 * Pairing the scenarios of two reports by their ids and comparing what each observed.
 */
#include "harness/observe/comparison.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/observe/text.h"

/* A mock draws who people are from the seed; a live authentik keeps them. */
static bool drawn(const struct observed_run *a, const struct observed_run *b)
{
    bool same = a->seed != NULL && b->seed != NULL && js_equal(a->seed, b->seed);
    bool mock = !cstr_eq(a->systems[SYSTEM_AUTHENTIK], "live") ||
                !cstr_eq(b->systems[SYSTEM_AUTHENTIK], "live");
    return mock && !same;
}

static bool was_run(const struct observed *o)
{
    return js_len(o->steps) > 0 && strcmp(o->verdict, "skip") != 0 &&
           strcmp(o->verdict, "error") != 0;
}

static void add_unjudged(struct comparison *c, const char *file, const struct observed *o)
{
    strlist_take(&c->unjudged,
                 xasprintf("%s: %s in %s%s%s", o->id, o->verdict, file,
                           o->reason != NULL ? ": " : "", o->reason != NULL ? o->reason : ""));
}

static void compare_one(struct comparison *c, const struct observed *before,
                        const struct observed *after)
{
    const struct change_conf conf = {.drawn_subjects = c->drawn_subjects};
    if (!was_run(before) && !was_run(after))
        return;
    if (!was_run(before) || !was_run(after)) {
        add_unjudged(c, was_run(before) ? c->after.file : c->before.file,
                     was_run(before) ? after : before);
        return;
    }
    size_t run = c->pairs_len;
    c->pairs[c->pairs_len++] = before;
    changes_add(&c->changes, &conf, run, before->steps, after->steps);
}

static void compare_all(struct comparison *c)
{
    c->pairs = xcalloc(c->before.len + 1, sizeof(*c->pairs));
    for (size_t i = 0; i < c->before.len; i++) {
        const struct observed *before = &c->before.items[i];
        const struct observed *after = observed_find(&c->after, before->id, before->nth);
        if (after == NULL)
            strlist_add(&c->only_before, before->id);
        else
            compare_one(c, before, after);
    }
    for (size_t i = 0; i < c->after.len; i++) {
        const struct observed *after = &c->after.items[i];
        if (observed_find(&c->before, after->id, after->nth) == NULL)
            strlist_add(&c->only_after, after->id);
    }
}

int comparison_make(const char *before, const char *after, struct comparison *ret, struct err *err)
{
    *ret = (struct comparison){0};
    if (observed_read(before, &ret->before, err) != 0 ||
        observed_read(after, &ret->after, err) != 0) {
        comparison_deinit(ret);
        return -1;
    }
    ret->drawn_subjects = drawn(&ret->before, &ret->after);
    compare_all(ret);
    findings_make(&ret->changes, &ret->findings);
    findings_fold(&ret->findings);
    return 0;
}

void comparison_deinit(struct comparison *c)
{
    findings_deinit(&c->findings);
    changes_deinit(&c->changes);
    strlist_deinit(&c->only_before);
    strlist_deinit(&c->only_after);
    strlist_deinit(&c->unjudged);
    xfree(c->pairs);
    observed_run_deinit(&c->before);
    observed_run_deinit(&c->after);
    *c = (struct comparison){0};
}

int comparison_status(const struct comparison *c)
{
    if (c->changes.steps == 0)
        return 3;
    return findings_break(&c->findings) ? 1 : 0;
}

static const char *scenario_name(const void *ctx, size_t run)
{
    const struct comparison *c = ctx;
    return c->pairs[run]->id;
}

static const char *step_name(const void *ctx, size_t run, size_t step)
{
    const struct comparison *c = ctx;
    const char *text = js_get_text(js_at(c->pairs[run]->steps, step), "step");
    return text != NULL ? text : "?";
}

static struct finding_view view(const struct comparison *c, bool whole)
{
    return (struct finding_view){
        .ctx = c, .scenario = scenario_name, .step = step_name, .whole = whole};
}

static char *systems_text(const struct observed_run *r)
{
    AUTO(strlist_deinit) struct strlist parts = {0};
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        strlist_take(&parts, xasprintf("%s %s (%s)", system_name((enum system)s),
                                       r->versions[s] != NULL ? r->versions[s] : "?",
                                       r->systems[s] != NULL ? r->systems[s] : "?"));
    return strlist_join(&parts, ", ");
}

static void list_text(struct buf *out, const char *lead, const struct strlist *l, bool verbose)
{
    if (l->len == 0)
        return;
    AUTO(strlist_deinit) struct strlist shown = {0};
    size_t most = verbose ? l->len : 3;
    for (size_t i = 0; i < l->len && i < most; i++)
        strlist_add(&shown, l->items[i]);
    if (l->len > most)
        strlist_take(&shown, xasprintf("and %zu more", l->len - most));
    AUTO(xfree) char *joined = strlist_join(&shown, verbose ? "; " : ", ");
    text_field(out, lead, joined);
}

char *comparison_text(const struct comparison *c, bool verbose)
{
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    const struct finding_view v = view(c, verbose);
    AUTO(xfree) char *before = systems_text(&c->before);
    AUTO(xfree) char *after = systems_text(&c->after);
    AUTO(xfree)
    char *compared = xasprintf("%zu scenarios, %zu steps", c->pairs_len, c->changes.steps);
    buf_addf(&out, "%s -> %s\n", c->before.file, c->after.file);
    text_field(&out, "before", before);
    text_field(&out, "after", after);
    text_field(&out, "compared", compared);
    list_text(&out, "unjudged", &c->unjudged, verbose);
    list_text(&out, "gone", &c->only_before, verbose);
    list_text(&out, "new", &c->only_after, verbose);
    if (c->drawn_subjects)
        text_field(&out, "note",
                   "mocks with other seeds draw other subjects and keys: sub, user_id and kid are "
                   "compared by their shape");
    buf_addc(&out, '\n');
    findings_text(&c->findings, &v, &out);
    if (c->findings.len == 0)
        buf_adds(&out, c->changes.steps > 0 ? "nothing changed\n" : "nothing could be compared\n");
    return buf_take(&out);
}

static struct js *run_json(const struct observed_run *r)
{
    struct js *o = js_object();
    struct js *versions = js_object();
    struct js *systems = js_object();
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        js_set(versions, system_name((enum system)s), js_string(r->versions[s]));
        js_set(systems, system_name((enum system)s), js_string(r->systems[s]));
    }
    js_set_text(o, "file", r->file);
    js_set(o, "versions", versions);
    js_set(o, "systems", systems);
    return o;
}

char *comparison_json(const struct comparison *c)
{
    AUTO(js_free) struct js *o = js_object();
    const struct finding_view v = view(c, true);
    js_set_text(o, "schema", "rolecall.compare/1");
    js_set(o, "before", run_json(&c->before));
    js_set(o, "after", run_json(&c->after));
    js_set(o, "breaks", js_bool(findings_break(&c->findings)));
    struct js *compared = js_object();
    js_set(compared, "scenarios", js_int((int64_t)c->pairs_len));
    js_set(compared, "steps", js_int((int64_t)c->changes.steps));
    js_set(compared, "subjects", js_string(c->drawn_subjects ? "shape" : "value"));
    js_set(o, "compared", compared);
    js_set(o, "summary", findings_counts(&c->findings));
    js_set(o, "findings", findings_json(&c->findings, &v));
    js_set(o, "unjudged", js_texts(&c->unjudged));
    js_set(o, "only_before", js_texts(&c->only_before));
    js_set(o, "only_after", js_texts(&c->only_after));
    AUTO(xfree) char *text = js_pretty(o, 1);
    return xasprintf("%s\n", text);
}
