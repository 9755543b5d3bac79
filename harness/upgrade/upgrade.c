/*
 * The two runs and what lies between them.
 */
#include "harness/upgrade/upgrade.h"

#include <string.h>

#include "harness/upgrade/internal.h"

/* All scenarios under both versions, one suite. */
static int run_both(struct upgrade *u, struct err *err)
{
    size_t n = u->scenarios.len;
    struct upgrade_run *runs = xcalloc(2 * n + 1, sizeof(*runs));
    for (size_t i = 0; i < n; i++) {
        runs[i] = (struct upgrade_run){.scenario = i, .patch = upgrade_patch_from(u)};
        runs[n + i] = (struct upgrade_run){.scenario = i, .patch = upgrade_patch_to(u, NULL)};
    }
    int rc = upgrade_batch(u, runs, 2 * n, &u->redactor, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        u->before[i] = js_ref(runs[i].seen);
        u->after[i] = js_ref(runs[n + i].seen);
        const char *reason = runs[i].skipped != NULL ? runs[i].skipped : runs[n + i].skipped;
        const struct scenario *s = u->scenarios.items[i];
        if (reason == NULL)
            continue;
        strlist_take(&u->skipped, xasprintf("%s: %s", s->id, reason));
        u->before[i] = js_free(u->before[i]);
        u->after[i] = js_free(u->after[i]);
    }
    upgrade_runs_free(runs, 2 * n);
    return rc;
}

static const char *outcome_of(const struct js *seen)
{
    return js_text(observation_fact(seen, 0, "result", "outcome"));
}

/* A login that does not work before cannot break: that must not pass for "nothing breaks". */
static void look_at_people(struct upgrade *u)
{
    for (size_t i = 0; i < u->made.len; i++) {
        const char *before = outcome_of(u->before[i]);
        const char *after = outcome_of(u->after[i]);
        const struct scenario *s = u->made.items[i];
        u->works_after += after != NULL && strcmp(after, "signed-in") == 0 ? 1 : 0;
        if (before == NULL || strcmp(before, "signed-in") != 0)
            strlist_take(&u->idle,
                         xasprintf("%s (%s)", s->id, before != NULL ? before : "not run"));
    }
}

static void compare(struct upgrade *u)
{
    /* The same seed on both sides: what is drawn is the same, so a subject that differs differs. */
    const struct change_conf conf = {.drawn_subjects = false};
    for (size_t i = 0; i < u->scenarios.len; i++)
        changes_add(&u->changes, &conf, i, u->before[i], u->after[i]);
    findings_make(&u->changes, &u->findings);
}

int upgrade_run(const struct upgrade_conf *conf, struct upgrade **ret, struct err *err)
{
    AUTO(upgrade_free) struct upgrade *u = xcalloc(1, sizeof(*u));
    u->conf = conf;
    if (upgrade_plan(u, err) != 0 || upgrade_select(u, err) != 0)
        return -1;
    u->before = xcalloc(u->scenarios.len + 1, sizeof(*u->before));
    u->after = xcalloc(u->scenarios.len + 1, sizeof(*u->after));
    if (run_both(u, err) != 0)
        return -1;
    look_at_people(u);
    compare(u);
    if (upgrade_attribute(u, err) != 0)
        return -1;
    findings_fold(&u->findings);
    *ret = u;
    u = NULL;
    return 0;
}

struct upgrade *upgrade_free(struct upgrade *u)
{
    if (u == NULL)
        return NULL;
    findings_deinit(&u->findings);
    changes_deinit(&u->changes);
    for (size_t i = 0; u->before != NULL && i < u->scenarios.len; i++) {
        js_free(u->before[i]);
        js_free(u->after[i]);
    }
    xfree(u->before);
    xfree(u->after);
    redactor_free(u->redactor);
    vec_deinit(&u->scenarios);
    upgrade_made_free(u);
    upgrade_probes_free(u);
    strlist_deinit(&u->skipped);
    strlist_deinit(&u->idle);
    js_free(u->base);
    strlist_deinit(&u->notes);
    xfree(u->differing);
    for (size_t i = 0; i < u->rows_len; i++) {
        xfree(u->rows[i].check);
        xfree(u->rows[i].name);
    }
    xfree(u->rows);
    return xfree(u);
}

int upgrade_status(const struct upgrade *u)
{
    bool nobody = u->made.len > 0 && u->idle.len == u->made.len && u->works_after == 0;
    if (u->changes.unjudged > 0 || u->changes.steps == 0)
        return 3;
    if (nobody && !findings_break(&u->findings))
        return 3;
    return findings_break(&u->findings) ? 1 : 0;
}
