/*
 * The kill matrix as one page that needs nothing else: rows and columns with names that stay in
 * sight, readable without JavaScript, and without colours.
 */
#include "harness/http/html.h"
#include "harness/base/buf.h"
#include "harness/selftest/internal.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<title>rolecall selftest</title>\n<style>\n"
    "body{font:14px/1.4 system-ui,sans-serif;margin:1rem;color:#1b1b1b;background:#fff}\n"
    "h1{font-size:1.3rem}h2{font-size:1.1rem;margin-top:2rem}\n"
    "table{border-collapse:separate;border-spacing:0}\n"
    ".list td,.list th{padding:.15rem .6rem;text-align:left;vertical-align:top;"
    "border-bottom:1px solid #ddd}\n"
    ".box{overflow:auto;max-height:85vh;border:1px solid #bbb}\n"
    ".box th,.box td{border-right:1px solid #e4e4e4;border-bottom:1px solid #e4e4e4}\n"
    ".box td{min-width:1.5rem;height:1.4rem;text-align:center;padding:0}\n"
    ".box th{background:#f4f4f4;font-weight:400;white-space:nowrap}\n"
    ".box thead th{position:sticky;top:0;z-index:2;height:17rem;vertical-align:bottom;padding:0}\n"
    ".box thead th span{writing-mode:vertical-rl;transform:rotate(180deg);padding:.3rem .1rem}\n"
    ".box tbody th{position:sticky;left:0;z-index:1;text-align:left;padding:0 .5rem}\n"
    ".box td.seen{text-align:left;padding:0 .5rem;white-space:nowrap}\n"
    ".box thead th:first-child{left:0;z-index:3;text-align:left;padding:.3rem .5rem}\n"
    ".box tbody tr:hover td,.box tbody tr:hover th{background:#fff6d6}\n"
    ".kill{background:#b8e0b8}.declared{background:#f3e3a1}.undeclared,.no-reason,.bad{"
    "background:#f2b0b0}\n"
    "code{font:13px/1.4 ui-monospace,monospace}\n"
    "@media(prefers-color-scheme:dark){body{background:#181818;color:#e6e6e6}"
    ".box th{background:#262626}.box{border-color:#555}.box th,.box td{border-color:#333}"
    ".list td,.list th{border-color:#333}.kill{background:#2c5e2c}.declared{background:#6a5a14}"
    ".undeclared,.no-reason,.bad{background:#7a2b2b}"
    ".box tbody tr:hover td,.box tbody tr:hover th{background:#3a351f}}\n"
    "</style></head><body>\n";

static const struct {
    const char *mark;
    const char *meaning;
} marks[CELL_KIND_MAX_] = {
    [CELL_KILL] = {"&#9679;", "fails, and the scenario is about it"},
    [CELL_DECLARED] = {"&#9675;", "fails too, for a reason that is declared"},
    [CELL_NO_REASON] = {"?", "fails too, without a reason"},
    [CELL_UNDECLARED] = {"!", "fails, and nobody announced it"},
};

static void add_text(struct buf *b, const char *text)
{
    AUTO(xfree) char *safe = html_escape(text != NULL ? text : "");
    buf_adds(b, safe);
}

static void add_fact(struct buf *b, const char *what, size_t n, const char *note)
{
    buf_addf(b, "<tr><th>%s</th><td>%zu</td><td>", what, n);
    add_text(b, note);
    buf_adds(b, "</td></tr>\n");
}

static void add_summary(struct buf *b, const struct selftest *t)
{
    AUTO(xfree) char *killed = xasprintf("of %zu fail alone somewhere", t->columns_len);
    AUTO(xfree) char *faults = xasprintf("of %zu are noticed and like no other", t->faults_len);
    AUTO(xfree) char *rows = xasprintf("of %zu scenarios are like no other", t->rows_len);
    AUTO(xfree) char *twins = xasprintf("for %zu negative scenarios", t->negatives);
    AUTO(xfree)
    char *runs = xasprintf("in %lld ms, seed %llu", (long long)(t->wall_us / 1000),
                           (unsigned long long)t->conf->seed);
    buf_addf(b, "<h1>rolecall selftest: %s</h1>\n<table class=\"list\">\n",
             t->problems_len == 0 ? "every check can fail, every fault is noticed" : "not proven");
    add_fact(b, "problems", t->problems_len, "");
    add_fact(b, "checks", count_checks(t), killed);
    add_fact(b, "faults", count_faults(t), faults);
    add_fact(b, "rows", count_rows(t), rows);
    add_fact(b, "twins", t->twins, twins);
    add_fact(b, "clean", t->clean, "without a fault, each twice, in two orders");
    add_fact(b, "runs", t->experiments_len + t->clean, runs);
    buf_adds(b, "</table>\n");
}

static void add_problems(struct buf *b, const struct selftest *t)
{
    if (t->problems_len == 0)
        return;
    buf_adds(b, "<h2>Problems</h2>\n<table class=\"list\">\n");
    for (size_t i = 0; i < t->problems_len; i++) {
        buf_addf(b, "<tr><td class=\"bad\">%s</td><td><code>", t->problems[i].kind);
        add_text(b, t->problems[i].subject);
        buf_adds(b, "</code></td><td>");
        add_text(b, t->problems[i].text);
        buf_adds(b, "</td></tr>\n");
    }
    buf_adds(b, "</table>\n");
}

static void add_legend(struct buf *b)
{
    buf_adds(b, "<h2>Kill matrix</h2>\n<p>");
    for (size_t i = 0; i < CELL_KIND_MAX_; i++)
        buf_addf(b, "<span class=\"%s\">&nbsp;%s&nbsp;</span> %s &nbsp; ", cell_kinds[i],
                 marks[i].mark, marks[i].meaning);
    buf_adds(b, "</p>\n");
}

static const struct cell *cell_at(const struct row *r, size_t column)
{
    for (size_t i = 0; i < r->cells_len; i++)
        if (r->cells[i].column == column)
            return &r->cells[i];
    return NULL;
}

static void add_cell(struct buf *b, const struct selftest *t, const struct row *r, size_t column)
{
    const struct cell *c = cell_at(r, column);
    if (c == NULL) {
        buf_adds(b, "<td></td>");
        return;
    }
    buf_addf(b, "<td class=\"%s\" title=\"", cell_kinds[c->kind]);
    add_text(b, t->columns[column].name);
    buf_adds(b, ": ");
    add_text(b, c->actual);
    if (c->because != NULL) {
        buf_adds(b, "; because ");
        add_text(b, c->because);
    }
    buf_addf(b, "\">%s</td>", marks[c->kind].mark);
}

/* In words what the matrix has no column for. */
static void add_outcome(struct buf *b, const struct run_result *r)
{
    const struct run_seen *s = r->steps_len > 0 ? &r->steps[r->steps_len - 1].seen : NULL;
    if (s == NULL || (!s->is_login && s->status == 0))
        return;
    if (!s->is_login)
        buf_addf(b, "%d", s->status);
    else if (s->login.outcome == LOGIN_SIGNED_IN)
        buf_adds(b, "signed in");
    else
        buf_addf(b, "%s by %s at %s", login_outcome_name(s->login.outcome), s->login.by,
                 s->login.at);
}

static void add_row(struct buf *b, const struct selftest *t, const struct row *r)
{
    buf_adds(b, "<tr><th title=\"");
    for (size_t i = 0; i < r->faults.len; i++) {
        add_text(b, r->faults.items[i]);
        buf_adds(b, " ");
    }
    buf_adds(b, "&#10;");
    add_text(b, r->seen);
    buf_adds(b, "\">");
    add_text(b, r->scenario->id);
    buf_adds(b, "</th><td class=\"seen\">");
    add_outcome(b, r->run);
    buf_adds(b, "</td>");
    for (size_t c = 0; c < t->columns_len; c++)
        add_cell(b, t, r, c);
    buf_adds(b, "</tr>\n");
}

static void add_matrix(struct buf *b, const struct selftest *t)
{
    buf_adds(b, "<div class=\"box\" tabindex=\"0\"><table>\n<thead><tr><th>scenario</th>"
                "<th>outcome</th>");
    for (size_t i = 0; i < t->columns_len; i++) {
        buf_adds(b, t->columns[i].alone.len > 0 ? "<th title=\"" : "<th class=\"bad\" title=\"");
        add_text(b, t->columns[i].check->title);
        buf_adds(b, "\"><span>");
        add_text(b, t->columns[i].name);
        buf_adds(b, "</span></th>");
    }
    buf_adds(b, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < t->rows_len; i++)
        add_row(b, t, &t->rows[i]);
    buf_adds(b, "</tbody></table></div>\n");
}

static void add_played(struct buf *b, const struct fault_row *f)
{
    for (size_t i = 0; i < f->played_len; i++) {
        buf_adds(b, i > 0 ? "<br><code>" : "<code>");
        add_text(b, f->played[i].scenario->id);
        buf_adds(b, f->played[i].holds == RUN_DIFFERS ? "</code>" : "</code> (does not notice it)");
    }
}

static void add_faults(struct buf *b, const struct selftest *t)
{
    buf_adds(b, "<h2>Who notices each fault</h2>\n<table class=\"list\">\n"
                "<tr><th>fault</th><th>what it does</th><th>noticed by</th><th>looks like</th>"
                "</tr>\n");
    for (size_t i = 0; i < t->faults_len; i++) {
        const struct fault_row *f = &t->faults[i];
        buf_addf(b, "<tr><td%s><code>", f->is_noticed ? "" : " class=\"bad\"");
        add_text(b, f->fault->id);
        buf_adds(b, "</code></td><td>");
        add_text(b, f->fault->title);
        buf_adds(b, "</td><td>");
        add_played(b, f);
        buf_adds(b, "</td><td>");
        add_text(b, f->same != NULL ? f->same->fault->id : "");
        buf_adds(b, "</td></tr>\n");
    }
    buf_adds(b, "</table>\n");
}

char *selftest_html(const struct selftest *t)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, head);
    add_summary(&b, t);
    add_problems(&b, t);
    add_legend(&b);
    add_matrix(&b, t);
    add_faults(&b, t);
    buf_adds(&b, "</body></html>\n");
    return buf_take(&b);
}
