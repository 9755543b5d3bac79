/*
 * Known failures against results: what an entry covers, what became of it, and the entries that
 * would cover a new failure.
 */
#include "harness/run/known.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/utf8.h"

#define TEXT_MAX 100U
#define TEXT_MIN 3U

static const char *const state_names[KNOWN_STATE_MAX_] = {
    [KNOWN_FAILED] = "failed",
    [KNOWN_STALE] = "stale",
    [KNOWN_NOT_JUDGED] = "not-judged",
    [KNOWN_NOT_SELECTED] = "not-selected",
};

const char *known_state_name(enum known_state s)
{
    return state_names[s];
}

/* ---- what an entry covers ---- */

static bool covers(const struct known_entry *e, const struct run_step *s,
                   const struct run_difference *d)
{
    if (e->check == NULL && e->text == NULL)
        return true;
    if (e->check == NULL)
        return d->check == NULL && cstr_contains(s->verdict.actual, e->text);
    return cstr_eq(d->check, e->check) && (e->text == NULL || cstr_contains(d->actual, e->text));
}

static bool is_covered(const struct known_list *l, const char *scenario, const struct run_step *s,
                       const struct run_difference *d)
{
    for (size_t i = 0; i < l->len; i++)
        if (strcmp(l->items[i].scenario, scenario) == 0 && covers(&l->items[i], s, d))
            return true;
    return false;
}

bool known_covers(const struct known_list *l, const struct run_result *r)
{
    size_t differences = 0;
    if (l == NULL || r->verdict != VERDICT_FAIL)
        return false;
    for (size_t i = 0; i < r->steps_len; i++) {
        const struct run_step *s = &r->steps[i];
        for (size_t k = 0; k < s->differences_len; k++, differences++)
            if (!is_covered(l, r->id, s, &s->differences[k]))
                return false;
    }
    return differences > 0;
}

/* ---- what became of it ---- */

static bool entry_matches(const struct known_entry *e, const struct run_result *r)
{
    for (size_t i = 0; i < r->steps_len; i++)
        for (size_t k = 0; k < r->steps[i].differences_len; k++)
            if (covers(e, &r->steps[i], &r->steps[i].differences[k]))
                return true;
    return false;
}

/* Does the check fail somewhere, with whatever text? */
static bool check_fails(const struct known_entry *e, const struct run_result *r)
{
    const struct known_entry any = {.check = e->check};
    return e->check != NULL && entry_matches(&any, r);
}

static char *why_stale(const struct known_entry *e, const struct run_result *r)
{
    if (r->verdict == VERDICT_PASS)
        return xstrdup("it no longer fails: the scenario passes");
    if (e->check != NULL && !check_fails(e, r))
        return xstrdup("it no longer fails: the scenario fails otherwise, this check does not");
    return xstrdup("it no longer fails so: the text is not in what came");
}

static void judge_entry(const struct known_entry *e, const struct run_suite *suite,
                        struct run_known *ret)
{
    const struct run_result *r = NULL;
    for (size_t i = 0; r == NULL && i < suite->len; i++)
        if (strcmp(suite->results[i].id, e->scenario) == 0)
            r = &suite->results[i];
    *ret = (struct run_known){.entry = e, .state = KNOWN_FAILED};
    if (r == NULL) {
        ret->state = KNOWN_NOT_SELECTED;
        ret->why = xstrdup("the scenario was not selected");
    } else if (r->verdict == VERDICT_SKIP || r->verdict == VERDICT_ERROR) {
        ret->state = KNOWN_NOT_JUDGED;
        ret->why = xasprintf("the scenario ended as %s", verdict_name(r->verdict));
    } else if (!entry_matches(e, r)) {
        ret->state = KNOWN_STALE;
        ret->why = why_stale(e, r);
    }
}

void known_judge(const struct known_list *l, struct run_suite *suite)
{
    if (l == NULL)
        return;
    suite->entries = xcalloc(l->len + 1, sizeof(*suite->entries));
    suite->entries_len = l->len;
    for (size_t i = 0; i < l->len; i++) {
        judge_entry(&l->items[i], suite, &suite->entries[i]);
        suite->stale += suite->entries[i].state == KNOWN_STALE;
    }
}

/* ---- entries to paste ---- */

static char *quoted(const char *text)
{
    AUTO(js_free) struct js *j = js_string(text);
    return js_compact(j);
}

/* Bare where the reader takes it so. */
static char *word_of(const char *text)
{
    bool bare = text[0] != '\0' && strpbrk(text, " \t\r\n\"") == NULL && text[0] != '#';
    return bare ? xstrdup(text) : quoted(text);
}

char *known_line(const struct known_entry *e)
{
    AUTO(xfree) char *id = word_of(e->scenario);
    AUTO(xfree) char *text = e->text != NULL ? quoted(e->text) : NULL;
    return xasprintf("%s%s%s%s%s", id, e->check != NULL ? " " : "",
                     e->check != NULL ? e->check : "", text != NULL ? " " : "",
                     text != NULL ? text : "");
}

/* A run of digits is a port, a time or a number drawn: other next time. */
static bool is_volatile(const char *p)
{
    return strspn(p, "0123456789") >= 4;
}

/* The part of a line of the actual that will be the same next time: before its first secret (where
 * the redacted form begins to differ), number, or byte that is no text. NULL when that is too
 * little to tell anything. */
static char *stable_part(struct str line, const struct redactor *redactor)
{
    AUTO(xfree) char *raw = xstrndup(line.ptr, line.len);
    AUTO(xfree) char *safe = redact_text(redactor, raw);
    size_t len = 0;
    while (raw[len] != '\0' && raw[len] == safe[len] && len < TEXT_MAX && !is_volatile(raw + len)) {
        uint32_t c = 0;
        size_t n = utf8_next(str_of(raw + len), &c);
        if (n == 0 || c < 0x20 || c == 0x7f || strncmp(raw + len, safe + len, n) != 0)
            break;
        len += n;
    }
    struct str part = str_trim((struct str){raw, len});
    return part.len >= TEXT_MIN ? xstrndup(part.ptr, part.len) : NULL;
}

/* The line that says most: who refused with which words, else the first. */
static struct str telling_line(const char *actual)
{
    struct str rest = str_of(actual), line, first = {0};
    for (bool any = false; str_next(&rest, '\n', &line); any = true) {
        if (str_starts(line, "refused by: "))
            return line;
        if (!any)
            first = line;
    }
    return first;
}

static void add_line(const struct run_result *r, char *check, const char *actual,
                     const struct redactor *redactor, struct strlist *ret)
{
    AUTO(xfree) char *id = xstrdup(r->id);
    AUTO(xfree) char *text = stable_part(telling_line(actual), redactor);
    const struct known_entry e = {.scenario = id, .check = check, .text = text};
    AUTO(xfree) char *line = known_line(&e);
    if (!strlist_has(ret, line))
        strlist_add(ret, line);
}

void known_lines_for(const struct run_result *r, const struct redactor *redactor,
                     struct strlist *ret)
{
    for (size_t i = 0; r->verdict == VERDICT_FAIL && i < r->steps_len; i++) {
        const struct run_step *s = &r->steps[i];
        bool told = false;
        for (size_t k = 0; k < s->differences_len; k++) {
            const struct run_difference *d = &s->differences[k];
            if (d->check != NULL)
                add_line(r, d->check, d->actual, redactor, ret);
            else if (!told)
                add_line(r, NULL, s->verdict.actual, redactor, ret);
            told = told || d->check == NULL;
        }
    }
}
