/*
 * The report for people: what failed, where on the way, what was expected and what came; then one
 * summary that is understood at once. 80 columns where the texts allow it.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/data/utf8.h"
#include "harness/login/place.h"
#include "harness/run/known.h"
#include "reports/formats.h"

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define BOLD "\033[1m"
#define RESET "\033[0m"

struct console {
    struct buf out;
    const struct redactor *redactor;
    bool colour;
    const char *options; /* of the run, for who wants it once more */
};

static const char *const colours[VERDICT_MAX_] = {
    [VERDICT_SKIP] = YELLOW, [VERDICT_PASS] = GREEN, [VERDICT_FAIL] = RED, [VERDICT_ERROR] = RED};

static void paint(struct console *c, const char *code, const char *text)
{
    buf_addf(&c->out, "%s%s%s", c->colour ? code : "", text, c->colour ? RESET : "");
}

static void add_visible(struct buf *out, struct str text)
{
    AUTO(xfree) char *shown = utf8_visible_line(text);
    buf_adds(out, shown);
}

/* One line of something that came from outside. */
static void add_safe(struct console *c, const char *text)
{
    AUTO(xfree) char *safe = redact_text(c->redactor, text);
    add_visible(&c->out, str_of(safe));
}

/* A redacted text, each of its lines behind a label of the same width. */
static void add_lines(struct console *c, const char *label, const char *text)
{
    AUTO(xfree) char *safe = redact_text(c->redactor, text);
    struct str rest = str_of(safe), line;
    bool first = true;
    while (str_next(&rest, '\n', &line)) {
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--; /* the end of an HTTP line */
        buf_addf(&c->out, "    %-10s", first ? label : "");
        add_visible(&c->out, line);
        buf_addc(&c->out, '\n');
        first = false;
    }
}

#define PATH_WIDTH 38U /* so that a hop fits 80 columns */

/* A long path loses its middle. */
static char *shortened(const char *path)
{
    size_t len = strlen(path);
    if (len <= PATH_WIDTH)
        return xstrdup(path);
    size_t half = (PATH_WIDTH - 3) / 2;
    return xasprintf("%.*s...%s", (int)half, path, path + len - half);
}

/* "browser > argocd  GET /auth/login  303": one hop of the way, without its query. */
static void add_hop(struct console *c, const struct trace_event *e, bool last)
{
    AUTO(url_deinit) struct url u = {0};
    bool parsed = url_parse(e->url, &u, NULL) == 0;
    AUTO(xfree) char *whole = redact_text(c->redactor, parsed ? u.path : e->url);
    AUTO(xfree) char *path = shortened(whole);
    AUTO(xfree) char *route = xasprintf("%s > %s", e->from, e->to != NULL ? e->to : "?");
    AUTO(xfree) char *status = e->status != 0 ? xasprintf("%d", e->status) : NULL;
    buf_addf(&c->out, "      %s%-20s %-4s ", last ? "* " : "  ", route, e->method);
    add_visible(&c->out, str_of(path));
    buf_adds(&c->out, "  ");
    buf_adds(&c->out, last && c->colour ? RED : "");
    add_safe(c, status != NULL ? status : e->error != NULL ? e->error : "?");
    buf_adds(&c->out, last && c->colour ? RESET : "");
    buf_addc(&c->out, '\n');
}

/* The hop where the login broke: the last exchange at the place that refused. */
static const struct trace_event *broken_hop(const struct run_result *r, const struct run_step *s)
{
    const char *by = js_get_text(s->actual, "by");
    const char *at = js_get_text(s->actual, "at");
    const struct trace_event *found = NULL;
    if (by == NULL || at == NULL || r->trace == NULL)
        return NULL;
    for (size_t i = 0; i < trace_len(r->trace); i++) {
        const struct trace_event *e = trace_at(r->trace, i);
        if (e->kind != TRACE_EXCHANGE)
            continue;
        struct place p = place_of(e->to, e->url);
        bool flow = strcmp(at, "login") == 0 && strcmp(p.at, "flow") == 0;
        if (strcmp(p.by, by) == 0 && (flow || strcmp(p.at, at) == 0))
            found = e;
    }
    return found;
}

/* The hop and up to four before it on the same channel. */
static void add_way(struct console *c, const struct run_result *r, const struct run_step *s)
{
    const struct trace_event *broken = broken_hop(r, s);
    if (broken == NULL)
        return;
    buf_adds(&c->out, "    where\n");
    size_t before = 0;
    for (size_t i = broken->seq; i-- > 0 && before < 4;)
        before += trace_at(r->trace, i)->kind == TRACE_EXCHANGE;
    size_t skip = 0;
    for (size_t i = 0; i < broken->seq; i++)
        skip += trace_at(r->trace, i)->kind == TRACE_EXCHANGE;
    skip -= before;
    for (size_t i = 0; i <= broken->seq; i++) {
        const struct trace_event *e = trace_at(r->trace, i);
        if (e->kind != TRACE_EXCHANGE)
            continue;
        if (skip > 0)
            skip--;
        else
            add_hop(c, e, e == broken);
    }
}

static void add_step(struct console *c, const struct run_result *r, const struct run_step *s)
{
    AUTO(xfree) char *step = xasprintf("%s (%s:%d)", s->text, r->file, s->line);
    add_lines(c, "step", step);
    const char *broke = s->verdict.kind == VERDICT_ERROR ? s->verdict.reason : NULL;
    if (broke != NULL && !cstr_contains(r->reason, broke)) /* else it follows below */
        add_lines(c, "broke", broke);
    if (s->verdict.kind != VERDICT_FAIL)
        return;
    add_lines(c, "expected", s->verdict.expected);
    add_lines(c, "actual", s->verdict.actual);
    add_way(c, r, s);
}

/* What to put into the file of --known, for who has to live with it. */
static void add_pins(struct console *c, const struct run_result *r)
{
    AUTO(strlist_deinit) struct strlist lines = {0};
    known_lines_for(r, c->redactor, &lines);
    for (size_t i = 0; i < lines.len; i++)
        buf_addf(&c->out, "    %-10s%s\n", i == 0 ? "known" : "", lines.items[i]);
}

static void add_problem(struct console *c, const struct run_result *r)
{
    AUTO(xfree) char *word = xasprintf("%-5s", verdict_name(r->verdict));
    paint(c, colours[r->verdict], word);
    buf_addf(&c->out, " %s%s\n", r->id, r->known ? "  (known)" : "");
    add_lines(c, "title", r->title);
    for (size_t i = 0; i < r->steps_len; i++)
        if (r->steps[i].verdict.kind >= VERDICT_FAIL)
            add_step(c, r, &r->steps[i]);
    if (r->reason != NULL)
        add_lines(c, "reason", r->reason);
    /* A twin has no file of its own: it comes with its scenario. */
    const char *twin_of = r->scenario != NULL ? r->scenario->twin_of : NULL;
    buf_addf(&c->out, "    %-10srolecall run %s", "again", twin_of != NULL ? twin_of : r->id);
    add_safe(c, c->options);
    buf_addc(&c->out, '\n');
    if (!r->known)
        add_pins(c, r);
    buf_addc(&c->out, '\n');
}

static void add_problems(struct console *c, const struct run_suite *suite)
{
    for (size_t i = 0; i < suite->len; i++)
        if (suite->results[i].verdict >= VERDICT_FAIL)
            add_problem(c, &suite->results[i]);
}

/* When many failed: in which words, those of most first. */
static void add_causes(struct console *c, const struct run_suite *suite)
{
    enum { MANY = 4, SHOWN = 8 };
    struct vec causes = {0};
    size_t failed = suite->scenarios[VERDICT_FAIL] + suite->scenarios[VERDICT_ERROR];
    if (failed - suite->known < MANY)
        return;
    report_causes(suite, c->redactor, &causes);
    for (size_t i = 0; i < causes.len && i < SHOWN; i++) {
        const struct report_cause *cause = causes.items[i];
        paint(c, RED, "cause");
        buf_addf(&c->out, " %zu x ", cause->count);
        add_visible(&c->out, str_of(cause->text));
        buf_addc(&c->out, '\n');
    }
    if (causes.len > SHOWN)
        buf_addf(&c->out, "%-6sand %zu more\n", "", causes.len - SHOWN);
    buf_addc(&c->out, '\n');
    report_causes_free(&causes);
}

/* Scenarios that were skipped, by their reason. */
static void add_skips(struct console *c, const struct run_suite *suite)
{
    AUTO(strlist_deinit) struct strlist told = {0};
    for (size_t i = 0; i < suite->len; i++) {
        const struct run_result *r = &suite->results[i];
        if (r->verdict != VERDICT_SKIP || r->reason == NULL || strlist_has(&told, r->reason))
            continue;
        strlist_add(&told, r->reason);
        size_t same = 0;
        for (size_t k = i; k < suite->len; k++)
            same += suite->results[k].verdict == VERDICT_SKIP &&
                    cstr_eq(suite->results[k].reason, r->reason);
        paint(c, YELLOW, "skip ");
        buf_addf(&c->out, " %zu x ", same);
        add_safe(c, r->reason);
        buf_addc(&c->out, '\n');
    }
    if (told.len > 0)
        buf_addc(&c->out, '\n');
}

/* Entries of --known that are true no longer, each with its place. */
static void add_stale(struct console *c, const struct run_suite *suite)
{
    for (size_t i = 0; i < suite->entries_len; i++) {
        const struct run_known *k = &suite->entries[i];
        if (k->state != KNOWN_STALE)
            continue;
        AUTO(xfree) char *line = known_line(k->entry);
        paint(c, RED, "stale");
        buf_addc(&c->out, ' ');
        add_safe(c, line);
        buf_addc(&c->out, '\n');
        buf_addf(&c->out, "    %-10s%s (%s:%d)\n\n", "known", k->why, k->entry->file,
                 k->entry->line);
    }
}

static void add_known(struct console *c, const struct run_suite *suite)
{
    size_t counts[KNOWN_STATE_MAX_] = {0};
    if (suite->entries_len == 0)
        return;
    for (size_t i = 0; i < suite->entries_len; i++)
        counts[suite->entries[i].state]++;
    buf_addf(&c->out, "%-10s %5zu:  %zu fail as they say, ", "known", suite->entries_len,
             counts[KNOWN_FAILED]);
    AUTO(xfree) char *stale = xasprintf("%zu stale", counts[KNOWN_STALE]);
    paint(c, counts[KNOWN_STALE] > 0 ? RED : "", stale);
    buf_addf(&c->out, ", %zu not judged, %zu not selected\n", counts[KNOWN_NOT_JUDGED],
             counts[KNOWN_NOT_SELECTED]);
}

static void add_counts(struct console *c, const char *what, size_t total,
                       const size_t counts[VERDICT_MAX_])
{
    static const enum verdict_kind order[] = {VERDICT_PASS, VERDICT_FAIL, VERDICT_ERROR,
                                              VERDICT_SKIP};
    buf_addf(&c->out, "%-10s %5zu", what, total);
    for (size_t i = 0; i < 4; i++) {
        AUTO(xfree) char *text = xasprintf("%zu %s", counts[order[i]], verdict_name(order[i]));
        buf_adds(&c->out, i == 0 ? ":  " : ", ");
        paint(c, counts[order[i]] > 0 ? colours[order[i]] : "", text);
    }
    buf_addc(&c->out, '\n');
}

static void add_systems(struct console *c, const struct run_suite *suite)
{
    buf_addf(&c->out, "%-10s ", "systems");
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        AUTO(xfree) char *kind = report_system_kind(suite, (enum system)s);
        buf_addf(&c->out, "%s%s %s (%s)", s > 0 ? ", " : "", system_name((enum system)s),
                 suite->versions[s] != NULL ? suite->versions[s] : "?", kind);
    }
    buf_addc(&c->out, '\n');
}

static const char *bottom_line(const struct run_suite *suite)
{
    static const char *const lines[] = {
        [0] = "everything as expected",
        [1] = "NOT as expected: see the failures above",
        [3] = "NOT JUDGED: something broke, or nothing was judged at all",
    };
    int status = run_exit_status(suite);
    if (run_nobody_signed_in(suite))
        return "NOT JUDGED: nobody here fits who was to sign in; nothing was judged at all";
    if (status == 1 && suite->scenarios[VERDICT_FAIL] <= suite->known)
        return "NOT as expected: what was known to fail does not";
    return lines[status];
}

char *report_console(const struct run_suite *suite, const struct redactor *redactor, bool colour)
{
    struct console c = {.redactor = redactor, .colour = colour, .options = suite->options};
    size_t judged = 0;
    buf_init(&c.out, BUF_MAX_TEXT);
    add_problems(&c, suite);
    add_causes(&c, suite);
    add_skips(&c, suite);
    add_stale(&c, suite);
    for (size_t k = 0; k < VERDICT_MAX_; k++)
        judged += suite->checks[k];
    add_systems(&c, suite);
    add_counts(&c, "scenarios", suite->len, suite->scenarios);
    if (suite->twins > 0)
        buf_addf(&c.out, "%-10s %5zu of them, where all is well\n", "twins", suite->twins);
    add_counts(&c, "checks", judged, suite->checks);
    buf_addf(&c.out, "%-10s %5zu assertions\n", "evaluated", suite->evaluated);
    add_known(&c, suite);
    buf_addf(&c.out, "%-10s %lld ms\n", "time", (long long)(suite->wall_us / 1000));
    paint(&c, run_exit_status(suite) == 0 ? GREEN BOLD : RED BOLD, bottom_line(suite));
    buf_addc(&c.out, '\n');
    char *text = buf_take(&c.out);
    buf_deinit(&c.out);
    return text;
}
