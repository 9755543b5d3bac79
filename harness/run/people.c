/*
 * Who a scenario's logins may name: the setup's people, those that the scenario itself adds, and
 * the words that stand for a role. Asked before anything runs, so that a misspelt name is bad
 * input.
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

int run_check_people(const struct setup *base, const struct scenario *s, struct err *err)
{
    AUTO(strlist_deinit) struct strlist known = {0};
    known_people(base, s, &known);
    for (size_t i = 0; i < s->steps_len; i++) {
        const struct scenario_step *step = &s->steps[i];
        if (step->as == NULL || strlist_has(&known, step->as))
            continue;
        const char *near = str_nearest_of(step->as, name_at, &known);
        return err_set_at(err, ERR_USAGE, s->file, step->as_line, step->as_column,
                          "unknown person '%s'%s%s%s", step->as,
                          near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                          near != NULL ? "'?" : "");
    }
    return 0;
}
