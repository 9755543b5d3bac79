/*
 * What a run on somebody's own setup says beside its report: who stands for whom, and when it does
 * not end well, what `check` finds in the same files.
 */
#include "harness/cli/own_setup.h"

#include <stdio.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/mistakes/mistakes.h"

static bool is_played(const struct run_suite *suite, const char *word)
{
    for (size_t i = 0; i < suite->len; i++) {
        const struct scenario *s = suite->results[i].scenario;
        for (size_t n = 0; n < s->steps_len; n++)
            if (cstr_eq(s->steps[n].as, word))
                return true;
    }
    return false;
}

void own_setup_note_cast(const struct run_conf *conf, const struct run_suite *suite)
{
    static const char *const words[] = {"admin", "viewer", NULL};
    for (const char *const *w = words; suite->setup != NULL && *w != NULL; w++) {
        AUTO(xfree) char *note = run_cast_note(conf, suite->setup, *w);
        if (note != NULL && is_played(suite, *w))
            cli_note("%s: %s", conf->setup_source, note);
    }
}

static char *plural(size_t n, const char *word)
{
    return xasprintf("%zu %s%s", n, word, n == 1 ? "" : "s");
}

void own_setup_note_mistakes(const char *dir, const struct strlist *patches, bool went_well)
{
    struct err err = {0};
    AUTO(js_free) struct js *doc = NULL;
    AUTO(xfree) char *source = NULL;
    AUTO(places_free) struct places *at = places_new();
    AUTO(mistakes_deinit) struct mistakes found = {0};
    if (cli_folder(dir, &doc, &source, at, &err) != 0 || cli_patch(patches, &doc, at, &err) != 0)
        return; /* it was read once: nothing of the run depends on this */
    mistakes_find(doc, at, &found);
    AUTO(xfree) char *errors = plural(mistakes_count(&found, SEVERITY_ERROR), "error");
    AUTO(xfree) char *warnings = plural(mistakes_count(&found, SEVERITY_WARNING), "warning");
    AUTO(buf_deinit) struct buf word = {0};
    buf_init(&word, BUF_MAX_TEXT);
    cli_shell_word(&word, dir);
    size_t worth = mistakes_count(&found, SEVERITY_ERROR) +
                   (went_well ? 0 : mistakes_count(&found, SEVERITY_WARNING));
    if (worth > 0)
        cli_note("%s: the configuration itself has %s and %s: rolecall check --setup %s", source,
                 errors, warnings, word.ptr);
}
