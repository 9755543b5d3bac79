/*
 * Declared killers: read off the scenarios, checked against the table of checks.
 */
#include "harness/selftest/killers.h"

#include <string.h>

#include "harness/check/check.h"

/* The only check that the scenario names, or NULL when it names none or several. */
static const char *only_check(const struct scenario *s)
{
    const char *found = NULL;
    for (size_t i = 0; i < s->steps_len; i++)
        for (size_t c = 0; c < s->steps[i].expect.checks_fail.len; c++) {
            const char *name = s->steps[i].expect.checks_fail.items[c];
            if (found != NULL && strcmp(found, name) != 0)
                return NULL;
            found = name;
        }
    return found;
}

const struct scenario *killer_of(const struct scenario_set *library, const char *check)
{
    for (size_t i = 0; i < library->len; i++) {
        const char *only = only_check(library->items[i]);
        if (only != NULL && strcmp(only, check) == 0)
            return library->items[i];
    }
    return NULL;
}

void killers_list(const struct scenario_set *library, struct strlist *ret_table,
                  struct strlist *ret_missing)
{
    size_t i = 0;
    for (char *name = check_name_at(i); name != NULL; name = check_name_at(++i)) {
        const struct scenario *killer = killer_of(library, name);
        if (killer != NULL)
            strlist_take(ret_table, xasprintf("%s\t%s", name, killer->id));
        else
            strlist_add(ret_missing, name);
        xfree(name);
    }
}
