/*
 * JUnit XML as CI systems read it: a suite for each folder of scenarios, a case for each scenario;
 * failure, error and skipped with the same words as on the console.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/data/xml.h"
#include "harness/run/known.h"
#include "reports/formats.h"

static char *folder_of(const char *id)
{
    const char *slash = strrchr(id, '/');
    return slash != NULL ? xstrndup(id, (size_t)(slash - id)) : xstrdup("scenarios");
}

static void seconds(struct xml *x, int64_t us)
{
    xml_attrf(x, "time", "%lld.%06lld", (long long)(us / 1000000), (long long)(us % 1000000));
}

static char *failure_text(const struct run_result *r)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < r->steps_len; i++) {
        const struct run_step *s = &r->steps[i];
        if (s->verdict.kind == VERDICT_FAIL)
            buf_addf(&b, "step %zu: %s (%s:%d)\nexpected:\n%s\nactual:\n%s\n", i + 1, s->text,
                     r->file, s->line, s->verdict.expected, s->verdict.actual);
        else if (s->verdict.kind == VERDICT_ERROR)
            buf_addf(&b, "step %zu: %s (%s:%d)\n%s\n", i + 1, s->text, r->file, s->line,
                     s->verdict.reason);
    }
    if (r->reason != NULL)
        buf_addf(&b, "%s\n", r->reason);
    return buf_take(&b);
}

static const char *first_line(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void add_outcome(struct xml *x, const struct run_result *r, const struct redactor *redactor)
{
    static const char *const elements[VERDICT_MAX_] = {
        [VERDICT_SKIP] = "skipped", [VERDICT_FAIL] = "failure", [VERDICT_ERROR] = "error"};
    /* A known failure does not break the build; it shows as skipped with its text. */
    const char *element = r->known ? "skipped" : elements[r->verdict];
    if (element == NULL)
        return;
    const struct run_step *s = report_broken_step(r);
    const char *why = r->reason != NULL                        ? r->reason
                      : s != NULL && s->verdict.reason != NULL ? s->verdict.reason
                      : s != NULL && s->verdict.actual != NULL ? s->verdict.actual
                                                               : r->title;
    AUTO(xfree) char *message = redact_text(redactor, why);
    AUTO(xfree) char *raw = failure_text(r);
    AUTO(xfree) char *text = redact_text(redactor, raw);
    xml_open(x, element);
    xml_attrf(x, "message", "%s%s", r->known ? "known failure: " : "", first_line(message));
    xml_text(x, text);
    xml_close(x);
}

static void add_case(struct xml *x, const struct run_result *r, const char *folder,
                     const struct redactor *redactor)
{
    const char *slash = strrchr(r->id, '/');
    xml_open(x, "testcase");
    xml_attr(x, "classname", folder);
    xml_attr(x, "name", slash != NULL ? slash + 1 : r->id);
    xml_attr(x, "file", r->file);
    seconds(x, r->took_us);
    add_outcome(x, r, redactor);
    xml_close(x);
}

struct totals {
    size_t tests, failures, errors, skipped;
    int64_t us;
};

static void count(struct totals *t, const struct run_result *r)
{
    t->tests++;
    t->failures += r->verdict == VERDICT_FAIL && !r->known;
    t->errors += r->verdict == VERDICT_ERROR;
    t->skipped += r->verdict == VERDICT_SKIP || r->known;
    t->us += r->took_us;
}

static void add_totals(struct xml *x, const struct totals *t, int64_t us)
{
    xml_attrf(x, "tests", "%zu", t->tests);
    xml_attrf(x, "failures", "%zu", t->failures);
    xml_attrf(x, "errors", "%zu", t->errors);
    xml_attrf(x, "skipped", "%zu", t->skipped);
    seconds(x, us);
}

/* Results of one folder, in their order. */
static void add_folder(struct xml *x, const struct run_suite *suite, const char *folder,
                       const struct redactor *redactor)
{
    struct totals t = {0};
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < suite->len; i++) {
            AUTO(xfree) char *own = folder_of(suite->results[i].id);
            if (strcmp(own, folder) != 0)
                continue;
            if (pass == 0)
                count(&t, &suite->results[i]);
            else
                add_case(x, &suite->results[i], folder, redactor);
        }
        if (pass == 0) {
            xml_open(x, "testsuite");
            xml_attr(x, "name", folder);
            add_totals(x, &t, t.us);
        }
    }
    xml_close(x);
}

/* An entry of --known that is true no longer breaks the build: a case of its own that fails. */
static void add_stale(struct xml *x, const struct run_suite *suite, const struct redactor *redactor)
{
    if (suite->stale == 0)
        return;
    const struct totals t = {.tests = suite->stale, .failures = suite->stale};
    xml_open(x, "testsuite");
    xml_attr(x, "name", "known failures");
    add_totals(x, &t, 0);
    for (size_t i = 0; i < suite->entries_len; i++) {
        const struct run_known *k = &suite->entries[i];
        if (k->state != KNOWN_STALE)
            continue;
        AUTO(xfree) char *line = known_line(k->entry);
        AUTO(xfree) char *safe = redact_text(redactor, line);
        xml_open(x, "testcase");
        xml_attr(x, "classname", "known failures");
        xml_attr(x, "name", safe);
        xml_attr(x, "file", k->entry->file);
        seconds(x, 0);
        xml_open(x, "failure");
        xml_attr(x, "message", k->why);
        xml_close(x);
        xml_close(x);
    }
    xml_close(x);
}

char *report_junit(const struct run_suite *suite, const struct redactor *redactor, bool colour)
{
    (void)colour;
    AUTO(xml_free) struct xml *x = xml_new();
    AUTO(strlist_deinit) struct strlist folders = {0};
    struct totals all = {0};
    for (size_t i = 0; i < suite->len; i++) {
        AUTO(xfree) char *folder = folder_of(suite->results[i].id);
        count(&all, &suite->results[i]);
        if (!strlist_has(&folders, folder))
            strlist_add(&folders, folder);
    }
    all.tests += suite->stale;
    all.failures += suite->stale;
    xml_open(x, "testsuites");
    xml_attr(x, "name", "rolecall");
    add_totals(x, &all, suite->wall_us);
    for (size_t i = 0; i < folders.len; i++)
        add_folder(x, suite, folders.items[i], redactor);
    add_stale(x, suite, redactor);
    xml_close(x);
    return xml_take(x);
}
