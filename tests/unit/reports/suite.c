/*
 * The story's scenarios. Ids and verdicts are static texts; what a run would own is allocated as a
 * run does, because run_suite_deinit frees it.
 */
#include "tests/unit/reports/suite.h"

#include <assert.h>
#include <string.h>

static const struct run_result rows[SUITE_ROWS] = {
    [SUITE_PASS] = {.id = "login/good", .title = "Good", .verdict = VERDICT_PASS},
    [SUITE_FAIL] = {.id = "login/bad", .title = "Bad & <odd> \"title\"", .verdict = VERDICT_FAIL},
    [SUITE_ERROR] = {.id = "deep/er/broken", .title = "Broken", .verdict = VERDICT_ERROR},
    [SUITE_SKIP] = {.id = "deep/er/skipped", .title = "Skipped", .verdict = VERDICT_SKIP},
    [SUITE_KNOWN] = {.id = "known", .title = "Known", .verdict = VERDICT_FAIL, .known = true},
};

static struct check_result *one_check(enum verdict_kind kind)
{
    struct check_result *r = xcalloc(1, sizeof(*r));
    assert(check_find("authentik/id-token.alg", &r->check, &r->of));
    if (kind == VERDICT_FAIL)
        verdict_fail(&r->verdict, "RS256", "HS256 " SUITE_SECRET);
    else
        verdict_pass(&r->verdict, "RS256");
    return r;
}

static void add_differences(struct run_step *s)
{
    s->differences = xcalloc(2, sizeof(*s->differences));
    s->differences_len = 2;
    s->differences[0] = (struct run_difference){
        .what = xstrdup("outcome"), .expected = xstrdup("signed-in"), .actual = xstrdup("refused")};
    s->differences[1] = (struct run_difference){.what = xstrdup("check authentik/id-token.alg"),
                                                .check = xstrdup("authentik/id-token.alg"),
                                                .expected = xstrdup("RS256"),
                                                .actual = xstrdup("HS256 " SUITE_SECRET)};
}

static void add_step(struct run_result *r, enum verdict_kind kind)
{
    struct run_step *s = r->steps = xcalloc(1, sizeof(*r->steps));
    r->steps_len = 1;
    *s = (struct run_step){
        .text = "login as admin via ui", .kind = "login", .line = 7, .took_us = 1500};
    s->expected = js_object();
    js_set_text(s->expected, "outcome", "signed-in");
    s->actual = js_object();
    js_set_text(s->actual, "outcome", kind == VERDICT_FAIL ? "refused" : "signed-in");
    if (kind == VERDICT_FAIL) {
        js_set_text(s->actual, "by", "argocd");
        js_set_text(s->actual, "at", "callback");
        verdict_fail(&s->verdict, "outcome: signed-in\nshown: <welcome>",
                     "outcome: refused\nshown: no & " SUITE_SECRET);
        add_differences(s);
    } else if (kind == VERDICT_ERROR) {
        verdict_error(&s->verdict, "port 8085 is taken");
    } else {
        verdict_pass(&s->verdict, "as expected");
    }
    s->evaluated = r->evaluated = 3;
    s->checks = one_check(kind == VERDICT_FAIL ? VERDICT_FAIL : VERDICT_PASS);
    s->checks_len = 1;
}

/* Two hops; the second is where it broke. */
static void add_trace(struct run_result *r, const struct clock *clock)
{
    r->trace = trace_new(clock);
    size_t a = trace_exchange_begin(r->trace, "browser", "argocd", true, "GET",
                                    "https://argocd.company/auth/login", NULL, NULL, 0);
    trace_exchange_end(r->trace, a, 303, NULL, NULL, 0, NULL, 10);
    size_t b = trace_exchange_begin(r->trace, "browser", "argocd", true, "GET",
                                    "https://argocd.company/auth/callback?code=" SUITE_SECRET, NULL,
                                    NULL, 0);
    trace_exchange_end(r->trace, b, 400, NULL, "no", 2, NULL, 10);
}

static void count(struct run_suite *suite)
{
    for (size_t i = 0; i < suite->len; i++) {
        const struct run_result *r = &suite->results[i];
        suite->scenarios[r->verdict]++;
        suite->known += r->known;
        suite->evaluated += r->evaluated;
        for (size_t c = 0; r->steps_len > 0 && c < r->steps[0].checks_len; c++)
            suite->checks[r->steps[0].checks[c].verdict.kind]++;
    }
}

struct suite_story *suite_story_new(void)
{
    static const char *const versions[SYSTEM_MAX_] = {"2026.2", "2.45.0", "3.5"};
    struct suite_story *s = xcalloc(1, sizeof(*s));
    s->clock = clock_new_virtual(CLOCK_START_S);
    s->suite.results = xcalloc(SUITE_ROWS, sizeof(*s->suite.results));
    s->suite.len = SUITE_ROWS;
    s->suite.wall_us = 1234567;
    s->suite.live[SYSTEM_AUTHENTIK] = true;
    memcpy(s->suite.versions, versions, sizeof(versions));
    for (size_t i = 0; i < SUITE_ROWS; i++) {
        struct run_result *r = &s->suite.results[i];
        *r = rows[i];
        r->file = "scenarios/a file.yaml";
        r->took_us = 2000000 + (int64_t)i;
        if (r->verdict == VERDICT_SKIP)
            r->reason = xstrdup("the clock of a live system cannot be moved");
        else
            add_step(r, r->verdict);
        if (r->verdict == VERDICT_ERROR)
            r->reason = xstrdup("port 8085 is taken");
        if (r->verdict == VERDICT_FAIL)
            add_trace(r, s->clock);
    }
    count(&s->suite);
    s->redactor = report_redactor(&s->suite);
    return s;
}

void suite_story_keep(struct suite_story *s, enum suite_row row)
{
    struct run_suite *suite = &s->suite;
    struct run_result kept = suite->results[row];
    suite->results[row] = (struct run_result){0};
    for (size_t i = 0; i < suite->len; i++) {
        struct run_suite rest = {.results = xcalloc(1, sizeof(kept)), .len = 1};
        rest.results[0] = suite->results[i];
        run_suite_deinit(&rest);
        suite->results[i] = (struct run_result){0};
    }
    suite->results[0] = kept;
    suite->len = 1;
    memset(suite->scenarios, 0, sizeof(suite->scenarios));
    memset(suite->checks, 0, sizeof(suite->checks));
    suite->known = 0;
    suite->evaluated = 0;
    count(suite);
}

void suite_story_expect(struct suite_story *s)
{
    static char good[] = "login/good", known[] = "known", broken[] = "deep/er/broken",
                elsewhere[] = "else/where", check[] = "authentik/id-token.alg",
                text[] = "HS256 <" SUITE_SECRET ">";
    static const struct known_entry entries[SUITE_ENTRIES] = {
        {.file = "known.txt", .line = 1, .column = 1, .scenario = known},
        {.file = "known.txt", .line = 2, .column = 1, good, check, 12, text},
        {.file = "known.txt", .line = 3, .column = 1, .scenario = broken},
        {.file = "known.txt", .line = 4, .column = 1, .scenario = elsewhere},
    };
    memcpy(s->entries, entries, sizeof(entries));
    const struct known_list list = {.items = s->entries, .len = SUITE_ENTRIES};
    known_judge(&list, &s->suite);
}

struct suite_story *suite_story_free(struct suite_story *s)
{
    if (s == NULL)
        return NULL;
    run_suite_deinit(&s->suite);
    redactor_free(s->redactor);
    clock_free(s->clock);
    return xfree(s);
}
