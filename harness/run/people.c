/*
 * Who a scenario's logins may name: the setup's people, those that the scenario itself adds, and
 * the words that stand for a role. Asked before anything runs, so that a misspelt name is bad
 * input; but the library cannot know whom a setup has.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/run/one.h"

static void add_of_patch(const struct js *patch, struct strlist *ret)
{
    for (struct js_iter it = js_iter(js_get(patch, "people")); js_next(&it);)
        strlist_add(ret, it.key);
}

static void known_people(const struct setup *base, const struct scenario *s, struct strlist *ret)
{
    static const char *const words[] = {"admin", "viewer", "nobody", "both"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        strlist_add(ret, words[i]);
    for (size_t i = 0; i < base->people_len; i++)
        strlist_add(ret, base->people[i].id);
    add_of_patch(s->patch, ret);
    for (size_t i = 0; i < s->steps_len; i++)
        add_of_patch(s->steps[i].patch, ret);
}

static const char *name_at(const void *ctx, size_t i)
{
    const struct strlist *l = ctx;
    return i < l->len ? l->items[i] : NULL;
}

/* The first login of somebody who is not among the known; NULL when all are. */
static const struct scenario_step *first_stranger(const struct scenario *s,
                                                  const struct strlist *known)
{
    for (size_t i = 0; i < s->steps_len; i++)
        if (s->steps[i].as != NULL && !strlist_has(known, s->steps[i].as))
            return &s->steps[i];
    return NULL;
}

const char *run_stranger(const struct setup *base, const struct scenario *s)
{
    AUTO(strlist_deinit) struct strlist known = {0};
    known_people(base, s, &known);
    const struct scenario_step *step = first_stranger(s, &known);
    return step != NULL ? step->as : NULL;
}

/* A file of the user's own has its path for an id. */
static bool is_of_library(const struct scenario *s)
{
    return strcmp(s->twin_of != NULL ? s->twin_of : s->id, s->file) != 0;
}

int run_check_people(const struct setup *base, const struct scenario *s, struct err *err)
{
    AUTO(strlist_deinit) struct strlist known = {0};
    known_people(base, s, &known);
    const struct scenario_step *step = first_stranger(s, &known);
    if (step == NULL || is_of_library(s))
        return 0;
    const char *near = str_nearest_of(step->as, name_at, &known);
    return err_set_at(err, ERR_USAGE, s->file, step->as_line, step->as_column,
                      "unknown person '%s'%s%s%s", step->as, near != NULL ? "; did you mean '" : "",
                      near != NULL ? near : "", near != NULL ? "'?" : "");
}
