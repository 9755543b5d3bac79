/*
 * One renderer a format.
 */
#include "harness/mistakes/print.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/base/vec.h"
#include "harness/data/utf8.h"
#include "harness/mistakes/secrets.h"

/* ---- text ---- */

#define LONGEST_TEXT 600U /* bytes: a value in it is long, and stands in the file */

/* Without secrets, and cut behind them. */
static char *said_text(const struct secrets *secrets, const struct mistake *m)
{
    AUTO(xfree) char *masked = secrets_mask(secrets, m->text);
    size_t n = strlen(masked);
    if (n <= LONGEST_TEXT)
        return xstrdup(masked);
    n = LONGEST_TEXT;
    while (n > 0 && ((unsigned char)masked[n] & 0xc0U) == 0x80U)
        n--;
    return xasprintf("%.*s …", (int)n, masked);
}

/* The same for a terminal. */
static char *shown_text(const struct secrets *secrets, const struct mistake *m)
{
    AUTO(xfree) char *said = said_text(secrets, m);
    return utf8_visible_line(str_of(said));
}

#define WIDTH 80U
#define LONGEST_EXCERPT 120U /* characters: what a value ends in may be what is wrong */
#define REACH 16384U         /* bytes on each side of the place that are looked at */

/* Bytes before a column, which counts characters from 1. */
static size_t offset_of(struct str line, int column)
{
    size_t at = 0;
    for (int c = 1; c < column && at < line.len; c++) {
        at++;
        while (at < line.len && ((unsigned char)line.ptr[at] & 0xc0U) == 0x80U)
            at++;
    }
    return at;
}

static size_t characters_of(struct str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xc0U) != 0x80U ? 1 : 0;
    return n;
}

static size_t characters(const char *text)
{
    return characters_of(str_of(text));
}

/* The last n characters, and the first n. */
static const char *tail(const char *text, size_t n)
{
    size_t skip = characters(text);
    skip = skip > n ? skip - n : 0;
    return text + offset_of(str_of(text), (int)skip + 1);
}

static int head(const char *text, size_t n)
{
    return (int)offset_of(str_of(text), (int)n + 1);
}

/* Of the mistake before, which is often at the same place, or before this one in the same line. */
struct excerpt {
    const struct mistake *of;
    char *text;
    const char *line;
    int column;
    size_t at; /* bytes before the column */
};

static void excerpt_deinit(struct excerpt *e)
{
    xfree(e->text);
}

DEFINE_AUTO_VALUE(struct excerpt, excerpt_deinit)

/* offset_of, from where the last one was: a plan may be one line. */
static size_t offset_after(struct excerpt *last, struct str line, int column)
{
    bool goes_on = last->line == line.ptr && last->column <= column;
    size_t from = goes_on ? last->at : 0;
    struct str rest = {line.ptr + from, line.len - from};
    last->at = from + offset_of(rest, goes_on ? column - last->column + 1 : column);
    last->line = line.ptr;
    last->column = column;
    return last->at;
}

/* The line around the place, in what fits, and the mark below it. */
static void add_excerpt(struct buf *b, struct str line, int column, const struct secrets *secrets,
                        const char *const paint[2], struct excerpt *last)
{
    struct str bare = str_trim(line);
    int blanks = bare.len > 0 ? (int)(bare.ptr - line.ptr) : 0;
    if (line.len > LONGEST_EXCERPT &&
        column > blanks) { /* before anything else the indentation goes */
        line = (struct str){line.ptr + blanks, line.len - (size_t)blanks};
        column -= blanks;
    }
    size_t at = offset_after(last, line, column);
    size_t from = at > REACH ? at - REACH : 0;
    size_t mark = at - from;
    size_t len = line.len - from < 2 * REACH ? line.len - from : 2 * REACH;
    AUTO(xfree)
    char *masked = secrets_mask_source(secrets, (struct str){line.ptr + from, len}, &mark);
    AUTO(xfree) char *before = utf8_visible_line((struct str){masked, mark});
    AUTO(xfree) char *after = utf8_visible_line(str_of(masked + mark));
    size_t room = LONGEST_EXCERPT;
    size_t right = characters(after) < room / 2 ? characters(after) : room / 2;
    const char *left = tail(before, room - right);
    bool cut = left != before || from > 0;
    right = room - characters(left);
    bool more = characters(after) > right || from + len < line.len;
    buf_addf(b, "    %s%s%.*s%s\n", cut ? "…" : "", left, head(after, right), after,
             more ? "…" : "");
    if (column < 1)
        return;
    buf_adds(b, cut ? "     " : "    ");
    for (const char *p = left; *p != '\0'; p++)
        if (((unsigned char)*p & 0xc0U) != 0x80U)
            buf_addc(b, *p == '\t' ? '\t' : ' ');
    buf_addf(b, "%s^%s\n", paint[0], paint[1]);
}

static void add_source(struct buf *b, const struct mistakes *f, const struct mistake *m,
                       const struct secrets *secrets, bool colour, struct excerpt *last)
{
    static const char *const plain[2] = {"", ""}, *const green[2] = {"\033[1;32m", "\033[0m"};
    struct str line = {0};
    bool same = last->of != NULL && strcmp(last->of->file, m->file) == 0 &&
                last->of->line == m->line && last->of->column == m->column;
    last->of = m;
    if (same) {
        buf_adds(b, last->text);
        return;
    }
    AUTO(buf_deinit) struct buf own = {0};
    buf_init(&own, BUF_MAX_TEXT);
    if (sources_line(f->sources, m->file, m->line, &line)) {
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        add_excerpt(&own, line, m->column, secrets, colour ? green : plain, last);
    }
    xfree(last->text);
    last->text = buf_take(&own);
    buf_adds(b, last->text);
}

/* Words of a sentence in lines that fit, the further ones below the first's text. */
static void add_wrapped(struct buf *b, const char *label, const char *text)
{
    struct str rest = str_of(text), word = {0};
    size_t at = 0;
    while (str_next(&rest, ' ', &word)) {
        bool first = at == 0;
        size_t n = characters_of(word);
        if (first || at + 1 + n > WIDTH)
            buf_addf(b, "%s%-10s", first ? "" : "\n", first ? label : "");
        else
            buf_addc(b, ' ');
        at = first || at + 1 + n > WIDTH ? 10 + n : at + 1 + n;
        buf_add(b, word.ptr, word.len);
    }
    buf_addc(b, '\n');
}

static void add_place(struct buf *b, const struct mistake *m)
{
    AUTO(xfree) char *file = utf8_visible_line(str_of(m->file));
    if (m->file[0] == '\0')
        return;
    buf_adds(b, file);
    if (m->line > 0)
        buf_addf(b, ":%d", m->line);
    if (m->line > 0 && m->column > 0)
        buf_addf(b, ":%d", m->column);
    buf_adds(b, ": ");
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

static void add_summary(struct buf *b, const struct mistakes *f)
{
    size_t errors = mistakes_count(f, SEVERITY_ERROR);
    size_t warnings = mistakes_count(f, SEVERITY_WARNING);
    size_t notes = mistakes_count(f, SEVERITY_NOTE);
    if (f->len == 0)
        buf_adds(b, "no mistakes found\n");
    else
        buf_addf(b, "%zu error%s, %zu warning%s, %zu note%s\n", errors, plural(errors), warnings,
                 plural(warnings), notes, plural(notes));
}

static char *render_text(const struct mistakes *f, const struct js *doc, bool colour)
{
    static const char *const colours[SEVERITY_MAX_] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};
    AUTO(buf_deinit) struct buf b = {0};
    AUTO(secrets_free) struct secrets *secrets = secrets_new(doc);
    AUTO(excerpt_deinit) struct excerpt last = {0};
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < f->len; i++) {
        const struct mistake *m = &f->items[i];
        AUTO(xfree) char *text = shown_text(secrets, m);
        add_place(&b, m);
        buf_addf(&b, "%s%s:%s %s [%s]\n", colour ? colours[m->rule->severity] : "",
                 severity_name(m->rule->severity), colour ? "\033[0m" : "", text, m->rule->id);
        add_source(&b, f, m, secrets, colour, &last);
        add_wrapped(&b, "    seen:", m->rule->shown);
        add_wrapped(&b, "    fix:", m->rule->fix);
        if (m->rule->proof != NULL)
            buf_addf(&b, "    shown by: rolecall run %s\n", m->rule->proof);
        buf_addc(&b, '\n');
    }
    add_summary(&b, f);
    return buf_take(&b);
}

/* ---- JSON ---- */

static struct js *one_json(const struct mistake *m, const struct secrets *secrets)
{
    struct js *one = js_object();
    AUTO(xfree) char *text = said_text(secrets, m);
    js_set_text(one, "rule", m->rule->id);
    js_set_text(one, "severity", severity_name(m->rule->severity));
    js_set(one, "file", m->file[0] != '\0' ? js_string(m->file) : js_null());
    js_set(one, "line", m->line > 0 ? js_int(m->line) : js_null());
    js_set(one, "column", m->column > 0 ? js_int(m->column) : js_null());
    js_set_text(one, "text", text);
    js_set_text(one, "seen", m->rule->shown);
    js_set_text(one, "fix", m->rule->fix);
    js_set_text(one, "sources", m->rule->sources);
    js_set(one, "scenario", js_string(m->rule->proof));
    js_set(one, "fixable", js_bool(m->edit.new_text != NULL));
    return one;
}

struct js *mistakes_json(const struct mistakes *f, const struct js *doc)
{
    AUTO(secrets_free) struct secrets *secrets = secrets_new(doc);
    struct js *root = js_object();
    struct js *summary = js_object();
    struct js *list = js_array();
    js_set_text(root, "schema", "rolecall.check/1");
    js_set(root, "summary", summary);
    js_set(root, "mistakes", list);
    for (int s = 0; s < SEVERITY_MAX_; s++)
        js_set(summary, severity_name(s), js_int((int64_t)mistakes_count(f, s)));
    for (size_t i = 0; i < f->len; i++)
        js_append(list, one_json(&f->items[i], secrets));
    return root;
}

static char *render_json(const struct mistakes *f, const struct js *doc, bool colour)
{
    AUTO(js_free) struct js *root = mistakes_json(f, doc);
    AUTO(xfree) char *text = js_pretty(root, 2);
    (void)colour;
    return xasprintf("%s\n", text);
}

/* ---- SARIF 2.1.0 (OASIS) ---- */

static struct js *text_object(const char *text)
{
    struct js *o = js_object();
    js_set_text(o, "text", text);
    return o;
}

static struct js *sarif_rule(const struct rule *r)
{
    struct js *one = js_object();
    struct js *configuration = js_object();
    AUTO(xfree)
    char *full = xasprintf("%s. Seen: %s. Sources: %s.", r->title, r->shown, r->sources);
    js_set_text(one, "id", r->id);
    js_set(one, "shortDescription", text_object(r->title));
    js_set(one, "fullDescription", text_object(full));
    js_set(one, "help", text_object(r->fix));
    js_set_text(configuration, "level", severity_name(r->severity));
    js_set(one, "defaultConfiguration", configuration);
    return one;
}

/* 3.29: a region without a line is none. */
static struct js *sarif_location(const struct mistake *m)
{
    struct js *location = js_object();
    struct js *physical = js_object();
    struct js *artifact = js_object();
    struct js *region = js_object();
    AUTO(xfree) char *uri = url_encode(str_of(m->file), "/:@!$&'()*+,;=");
    js_set_text(artifact, "uri", uri);
    js_set(physical, "artifactLocation", artifact);
    if (m->line > 0)
        js_set(region, "startLine", js_int(m->line));
    if (m->line > 0 && m->column > 0)
        js_set(region, "startColumn", js_int(m->column));
    if (js_len(region) > 0)
        js_set(physical, "region", js_ref(region));
    js_free(region);
    js_set(location, "physicalLocation", physical);
    return location;
}

static int64_t rule_index(const struct rule *r)
{
    return r - rules;
}

static struct js *sarif_result(const struct mistake *m, const struct secrets *secrets)
{
    struct js *one = js_object();
    struct js *locations = js_array();
    AUTO(xfree) char *text = said_text(secrets, m);
    AUTO(xfree)
    char *message = xasprintf("%s. Seen: %s. Fix: %s.", text, m->rule->shown, m->rule->fix);
    js_set_text(one, "ruleId", m->rule->id);
    js_set(one, "ruleIndex", js_int(rule_index(m->rule)));
    js_set_text(one, "level", severity_name(m->rule->severity));
    js_set(one, "message", text_object(message));
    if (m->file[0] != '\0')
        js_append(locations, sarif_location(m));
    js_set(one, "locations", locations);
    return one;
}

static char *render_sarif(const struct mistakes *f, const struct js *doc, bool colour)
{
    AUTO(secrets_free) struct secrets *secrets = secrets_new(doc);
    AUTO(js_free) struct js *root = js_object();
    struct js *runs = js_array();
    struct js *run = js_object();
    struct js *tool = js_object();
    struct js *driver = js_object();
    struct js *all = js_array();
    struct js *results = js_array();
    (void)colour;
    js_set_text(root, "$schema",
                "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
                "sarif-schema-2.1.0.json");
    js_set_text(root, "version", "2.1.0");
    js_set(root, "runs", runs);
    js_append(runs, run);
    js_set(run, "tool", tool);
    js_set(tool, "driver", driver);
    js_set_text(driver, "name", "rolecall");
    js_set(driver, "rules", all);
    js_set_text(run, "columnKind", "unicodeCodePoints");
    js_set(run, "results", results);
    for (const struct rule *r = rules; r->id != NULL; r++)
        js_append(all, sarif_rule(r));
    for (size_t i = 0; i < f->len; i++)
        js_append(results, sarif_result(&f->items[i], secrets));
    AUTO(xfree) char *text = js_pretty(root, 2);
    return xasprintf("%s\n", text);
}

/* ---- GitHub's workflow commands ---- */

/* % and line ends; in properties : and , besides (actions/toolkit command.ts). */
static void add_escaped(struct buf *b, const char *text, bool property)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '%' || *p == '\r' || *p == '\n' || (property && (*p == ':' || *p == ',')))
            buf_addf(b, "%%%02X", (unsigned)(unsigned char)*p);
        else
            buf_addc(b, *p);
    }
}

static char *render_github(const struct mistakes *f, const struct js *doc, bool colour)
{
    static const char *const commands[SEVERITY_MAX_] = {"error", "warning", "notice"};
    AUTO(secrets_free) struct secrets *secrets = secrets_new(doc);
    AUTO(buf_deinit) struct buf b = {0};
    (void)colour;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < f->len; i++) {
        const struct mistake *m = &f->items[i];
        AUTO(xfree) char *text = shown_text(secrets, m);
        AUTO(xfree)
        char *message = xasprintf("%s\nSeen: %s\nFix: %s", text, m->rule->shown, m->rule->fix);
        buf_addf(&b, "::%s ", commands[m->rule->severity]);
        if (m->file[0] != '\0') {
            buf_adds(&b, "file=");
            AUTO(xfree) char *file = utf8_visible_line(str_of(m->file));
            add_escaped(&b, file, true);
            buf_addc(&b, ',');
        }
        if (m->line > 0)
            buf_addf(&b, "line=%d,", m->line);
        if (m->line > 0 && m->column > 0)
            buf_addf(&b, "col=%d,", m->column);
        buf_addf(&b, "title=%s::", m->rule->id);
        add_escaped(&b, message, false);
        buf_addc(&b, '\n');
    }
    return buf_take(&b);
}

const struct mistakes_format mistakes_formats[] = {
    {"text", render_text},     {"json", render_json}, {"sarif", render_sarif},
    {"github", render_github}, {NULL, NULL},
};
