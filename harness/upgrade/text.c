/*
 * An upgrade as people read it, and as machines do.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/upgrade/internal.h"

static const char *certainty_word(char c)
{
    return c == 'C' ? "read in its code" : c == 'N' ? "from its release notes" : "deduced";
}

/* Causes are always rows of the table. */
static const struct upgrade_row *row_of(const struct upgrade *u, const char *name)
{
    size_t i = 0;
    while (strcmp(u->rows[i].name, name) != 0)
        i++;
    return &u->rows[i];
}

/* "since 2026.5", "until 2025.10": the side that this upgrade passes. */
static char *passes(const struct upgrade_row *row)
{
    const struct quirk *q = row->quirk;
    bool begins = row->to && !row->from;
    const char *of = begins ? q->since : q->until;
    if (of == NULL) /* a row with both ends may lie between the two */
        of = q->since != NULL ? q->since : q->until;
    AUTO(strlist_deinit) struct strlist releases = {0};
    struct str rest = str_of(of);
    struct str piece = {0};
    while (of != NULL && str_next(&rest, ' ', &piece))
        strlist_take(&releases, xstrndup(piece.ptr, piece.len));
    AUTO(xfree) char *list = strlist_join(&releases, ", ");
    return xasprintf("%s %s", of == q->since ? "since" : "until", list);
}

static void cause_text(const struct upgrade_row *row, struct buf *out)
{
    const struct quirk *q = row->quirk;
    AUTO(xfree) char *when = passes(row);
    AUTO(xfree) char *cause = xasprintf("%s (%s): %s", row->name, when, q->title);
    AUTO(xfree) char *source = xasprintf("%s (%s)", q->source, certainty_word(q->certainty));
    text_field(out, "cause", cause);
    text_field(out, "source", source);
    text_field(out, "do", q->advice != NULL ? q->advice : "nothing");
}

static void causes_text(const void *ctx, const struct finding *f, struct buf *out)
{
    const struct upgrade *u = ctx;
    for (size_t i = 0; i < f->causes.len; i++)
        cause_text(row_of(u, f->causes.items[i]), out);
    if (f->why != NULL)
        text_field(out, f->causes.len > 0 ? "note" : "cause", f->why);
}

static struct js *row_json(const struct upgrade_row *row)
{
    const struct quirk *q = row->quirk;
    struct js *o = js_object();
    js_set_text(o, "id", row->name);
    js_set(o, "from", js_bool(row->from));
    js_set(o, "to", js_bool(row->to));
    quirk_describe(q, o);
    return o;
}

static struct js *causes_json(const void *ctx, const struct finding *f)
{
    const struct upgrade *u = ctx;
    struct js *list = js_array();
    for (size_t i = 0; i < f->causes.len; i++)
        js_append(list, row_json(row_of(u, f->causes.items[i])));
    return list;
}

static const char *scenario_name(const void *ctx, size_t run)
{
    const struct upgrade *u = ctx;
    return ((const struct scenario *)u->scenarios.items[run])->id;
}

static const char *step_name(const void *ctx, size_t run, size_t step)
{
    const struct upgrade *u = ctx;
    return ((const struct scenario *)u->scenarios.items[run])->steps[step].text;
}

static struct finding_view view(const struct upgrade *u, bool whole)
{
    return (struct finding_view){
        .ctx = u,
        .scenario = scenario_name,
        .step = step_name,
        .causes = causes_text,
        .causes_json = causes_json,
        .redactor = u->redactor,
        .whole = whole,
    };
}

static size_t seen_rows(const struct upgrade *u)
{
    size_t n = 0;
    for (size_t d = 0; d < u->differing_len; d++)
        n += u->rows[u->differing[d]].seen ? 1 : 0;
    return n;
}

static void idle_text(const struct upgrade *u, struct buf *out)
{
    if (u->idle.len == 0)
        return;
    AUTO(xfree)
    char *text = xasprintf("%zu of the %zu logins of its people do not work before the upgrade%s, "
                           "so they cannot break: %s%s",
                           u->idle.len, u->made.len, u->works_after == 0 ? ", nor after it" : "",
                           u->idle.items[0], u->idle.len > 1 ? " …" : "");
    text_field(out, "warning", text);
}

static void head_text(const struct upgrade *u, struct buf *out)
{
    const struct upgrade_conf *c = u->conf;
    size_t named = u->probes_from - u->made.len;
    buf_addf(out, "%s %s -> %s for %s\n", system_name(c->system), c->from, c->to, c->setup_source);
    AUTO(xfree)
    char *compared =
        xasprintf("%zu logins of its people, %zu redirect URI%s, %zu scenario%s of the "
                  "library; %zu runs",
                  u->made.len, u->probes.len, u->probes.len == 1 ? "" : "s", named,
                  named == 1 ? "" : "s", u->runs);
    text_field(out, "compared", compared);
    AUTO(xfree)
    char *rows = xasprintf("%zu rows of the version table differ, %zu of them show in this setup",
                           u->differing_len, seen_rows(u));
    text_field(out, "versions", rows);
    for (size_t i = 0; i < u->notes.len; i++)
        text_field(out, "note", u->notes.items[i]);
    idle_text(u, out);
    if (u->changes.unjudged > 0) {
        AUTO(xfree)
        char *broke = xasprintf("%zu scenarios broke and were not compared, the first: %s",
                                u->changes.unjudged, u->changes.broke);
        text_field(out, "broken", broke);
    }
    buf_addc(out, '\n');
}

/* A row that may hit and that no run can show. One that shows is told with its findings. */
static bool is_to_check(const struct upgrade_row *row)
{
    return row->check != NULL && !row->seen;
}

static size_t count_checks(const struct upgrade *u)
{
    size_t n = 0;
    for (size_t d = 0; d < u->differing_len; d++)
        n += is_to_check(&u->rows[u->differing[d]]) ? 1 : 0;
    return n;
}

static void checks_text(const struct upgrade *u, struct buf *out)
{
    for (size_t d = 0; d < u->differing_len; d++) {
        const struct upgrade_row *row = &u->rows[u->differing[d]];
        if (!is_to_check(row))
            continue;
        buf_adds(out, "\nto check: what this setup does not show\n");
        text_field(out, "look", row->check);
        cause_text(row, out);
    }
}

static void rows_text(const struct upgrade *u, bool verbose, struct buf *out)
{
    size_t unseen = u->differing_len - seen_rows(u) - count_checks(u);
    buf_adds(out, count_checks(u) > 0 ? "\n" : "");
    if (unseen > 0)
        buf_addf(out, "%zu row%s that differ%s made no difference for this setup%s\n", unseen,
                 unseen == 1 ? "" : "s", unseen == 1 ? "s" : "",
                 verbose ? ":" : " (-v lists them)");
    for (size_t d = 0; verbose && d < u->differing_len; d++) {
        const struct upgrade_row *row = &u->rows[u->differing[d]];
        if (row->seen || is_to_check(row))
            continue;
        AUTO(xfree) char *when = passes(row);
        buf_addf(out, "  %s  %s\n    %s\n", row->name, when, row->quirk->title);
    }
    for (size_t i = 0; i < u->rows_len; i++) {
        if (u->rows[i].kept == NULL)
            continue;
        AUTO(xfree)
        char *text = xasprintf("%s: %s", u->rows[i].name, u->rows[i].kept);
        text_field(out, "kept", text);
    }
    for (size_t i = 0; verbose && i < u->skipped.len; i++)
        text_field(out, "skipped", u->skipped.items[i]);
}

char *upgrade_text(const struct upgrade *u, bool verbose)
{
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    const struct finding_view v = view(u, verbose);
    head_text(u, &out);
    findings_text(&u->findings, &v, &out);
    if (u->findings.len == 0)
        buf_adds(&out, "nothing changes for this setup\n");
    checks_text(u, &out);
    rows_text(u, verbose, &out);
    return buf_take(&out);
}

static struct js *rows_json(const struct upgrade *u)
{
    struct js *list = js_array();
    for (size_t d = 0; d < u->differing_len; d++) {
        const struct upgrade_row *row = &u->rows[u->differing[d]];
        struct js *o = row_json(row);
        js_set(o, "seen", js_bool(row->seen));
        js_append(list, o);
    }
    return list;
}

static struct js *checks_json(const struct upgrade *u)
{
    struct js *list = js_array();
    for (size_t d = 0; d < u->differing_len; d++) {
        const struct upgrade_row *row = &u->rows[u->differing[d]];
        if (!is_to_check(row))
            continue;
        struct js *o = row_json(row);
        js_set_text(o, "look", row->check);
        js_append(list, o);
    }
    return list;
}

static struct js *kept_json(const struct upgrade *u)
{
    struct js *list = js_array();
    for (size_t i = 0; i < u->rows_len; i++) {
        if (u->rows[i].kept == NULL)
            continue;
        struct js *o = row_json(&u->rows[i]);
        js_set_text(o, "why", u->rows[i].kept);
        js_append(list, o);
    }
    return list;
}

char *upgrade_json(const struct upgrade *u)
{
    AUTO(js_free) struct js *o = js_object();
    const struct finding_view v = view(u, true);
    js_set_text(o, "schema", "rolecall.upgrade/1");
    js_set_text(o, "system", system_name(u->conf->system));
    js_set_text(o, "from", u->conf->from);
    js_set_text(o, "to", u->conf->to);
    js_set_text(o, "setup", u->conf->setup_source);
    js_set(o, "new_provider", js_bool(u->conf->new_provider));
    js_set(o, "downgrade", js_bool(u->downgrade));
    js_set(o, "breaks", js_bool(findings_break(&u->findings)));
    struct js *compared = js_object();
    js_set(compared, "people", js_int((int64_t)u->made.len));
    js_set(compared, "scenarios", js_int((int64_t)(u->probes_from - u->made.len)));
    js_set(compared, "redirect_uris", js_int((int64_t)u->probes.len));
    js_set(compared, "left_out", js_int((int64_t)u->left_out));
    js_set(compared, "steps", js_int((int64_t)u->changes.steps));
    js_set(compared, "broken", js_int((int64_t)u->changes.unjudged));
    js_set(compared, "runs", js_int((int64_t)u->runs));
    js_set(o, "compared", compared);
    js_set(o, "summary", findings_counts(&u->findings));
    js_set(o, "findings", findings_json(&u->findings, &v));
    js_set(o, "rows", rows_json(u));
    js_set(o, "to_check", checks_json(u));
    js_set(o, "kept", kept_json(u));
    js_set(o, "notes", js_texts(&u->notes));
    js_set(o, "not_working_before", js_texts(&u->idle));
    js_set(o, "skipped", js_texts(&u->skipped));
    AUTO(xfree) char *text = js_pretty(o, 1);
    return xasprintf("%s\n", text);
}
