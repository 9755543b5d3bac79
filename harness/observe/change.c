/*
 * Comparing facts. The class of a change is a row of a table by group and name; only outcomes need
 * more: what they mean depends on what the scenario wants.
 */
#include "harness/observe/change.h"

#include <fnmatch.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/observe/calm.h"

static const struct {
    const char *name;
    const char *title;
    const char *level;
} harms[HARM_MAX_] = {
    [HARM_LET_IN] = {"let-in", "what was to be refused is let in", "error"},
    [HARM_BREAKS] = {"breaks", "logins or refreshes that worked stop working", "error"},
    [HARM_REDIRECTS] = {"redirects", "registered redirect URIs stop matching", "error"},
    [HARM_RIGHTS] = {"rights", "people may do other things", "warning"},
    [HARM_IDENTITY] = {"identity", "tokens say otherwise who somebody is", "warning"},
    [HARM_RULE] = {"rule", "a rule that was kept is broken", "warning"},
    [HARM_VERDICT] = {"verdict", "scenarios are no longer as they expect", "warning"},
    [HARM_SESSION] = {"session", "sessions last otherwise", "warning"},
    [HARM_CLAIMS] = {"claims", "other members of tokens and answers change", "note"},
    [HARM_PEOPLE] = {"people", "people are led another way", "note"},
    [HARM_REFUSAL] = {"refusal", "refused as before, in another way", "note"},
    [HARM_ERRORS] = {"errors", "errors are told otherwise", "note"},
    [HARM_DISCOVERY] = {"discovery", "metadata changes", "note"},
    [HARM_KEYS] = {"keys", "key sets change", "note"},
    [HARM_COOKIES] = {"cookies", "cookies change", "note"},
    [HARM_HEADERS] = {"headers", "header fields change", "note"},
    [HARM_BETTER] = {"better", "better: what is to work works, what is to be refused is", "note"},
};

const char *harm_name(enum harm h)
{
    return harms[h].name;
}

const char *harm_title(enum harm h)
{
    return harms[h].title;
}

const char *harm_level(enum harm h)
{
    return harms[h].level;
}

/* First match counts. */
static const struct {
    const char *group;
    const char *name;
    enum harm harm;
} classes[] = {
    {"result", "roles", HARM_RIGHTS},
    {"result", "groups", HARM_RIGHTS},
    {"result", "user", HARM_IDENTITY},
    {"result", "user_id", HARM_IDENTITY},
    {"result", "verdict", HARM_VERDICT},
    {"result", "status", HARM_ERRORS},
    {"result", "*", HARM_REFUSAL},
    {"right", "*", HARM_RIGHTS},
    {OWN_REDIRECT, "*", HARM_REDIRECTS},
    {NEAR_REDIRECT, "*", HARM_LET_IN},
    {"check", "*", HARM_RULE},
    {"way", "*", HARM_PEOPLE},
    {"* challenge *", "*", HARM_PEOPLE},
    {"* discovery", "issuer", HARM_IDENTITY},
    {"* discovery", "*", HARM_DISCOVERY},
    {"* jwks", "*", HARM_KEYS},
    {"* cookies", "*", HARM_COOKIES},
    {"* headers", ":status", HARM_ERRORS},
    {"* headers", "*", HARM_HEADERS},
    {"* error", "*", HARM_ERRORS},
    {"*", "(lifetime)", HARM_SESSION},
    {"* token answer*", "refresh_token", HARM_SESSION},
    {"* token answer*", "expires_in", HARM_SESSION},
    {"*", "header *", HARM_KEYS},
    {"*", "sub", HARM_IDENTITY},
    {"*", "iss", HARM_IDENTITY},
    {"*", "aud", HARM_IDENTITY},
    {"*", "groups", HARM_IDENTITY},
    {"*", "email", HARM_IDENTITY},
    {"*", "email_verified", HARM_IDENTITY},
    {"*", "preferred_username", HARM_IDENTITY},
    {"*", "name", HARM_IDENTITY},
    {"*", "federated_claims", HARM_IDENTITY},
    {"*", "*", HARM_CLAIMS},
};

static enum harm class_of(const char *group, const char *name)
{
    size_t i = 0;
    while (fnmatch(classes[i].group, group, 0) != 0 || fnmatch(classes[i].name, name, 0) != 0)
        i++;
    return classes[i].harm;
}

void changes_deinit(struct changes *c)
{
    xfree(c->items);
    *c = (struct changes){0};
}

static void add(struct changes *c, const struct change *one)
{
    if (c->len == c->cap) {
        c->cap = c->cap > 0 ? 2 * c->cap : 64;
        c->items = xrealloc(c->items, c->cap * sizeof(*c->items));
    }
    c->items[c->len++] = *one;
}

const struct js *observation_fact(const struct js *observation, size_t step, const char *group,
                                  const char *name)
{
    return js_path(js_at(observation, step), "facts", group, name, NULL);
}

/* A subject of a mock is drawn from the seed; with it what Dex makes of it, and Dex's keys. */
static bool is_drawn(const char *name)
{
    static const char *const names[] = {"sub", "user_id",    "federated_claims",
                                        "kid", "header kid", NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool same_shape(const struct js *a, const struct js *b)
{
    if (js_is(a, JS_OBJECT) && js_is(b, JS_OBJECT)) {
        bool same = js_len(a) == js_len(b);
        for (struct js_iter it = js_iter(a); same && js_next(&it);)
            same = js_get(b, it.key) != NULL && same_shape(it.value, js_get(b, it.key));
        return same;
    }
    if (js_text(a) == NULL || js_text(b) == NULL)
        return js_type(a) == js_type(b);
    AUTO(xfree) char *left = calm_shape(js_text(a));
    AUTO(xfree) char *right = calm_shape(js_text(b));
    return strcmp(left, right) == 0;
}

static bool is_same(const struct change_conf *conf, const char *name, const struct js *before,
                    const struct js *after)
{
    if (before == NULL || after == NULL)
        return before == after;
    if (conf->drawn_subjects && is_drawn(name))
        return same_shape(before, after);
    return js_equal(before, after);
}

struct pair {
    const struct change_conf *conf;
    struct changes *ret;
    size_t run;
    size_t step;
    const struct js *before; /* the steps */
    const struct js *after;
};

static bool is_better(enum harm harm, const char *group, const struct js *after)
{
    return (harm == HARM_RULE && after == NULL) ||
           (harm == HARM_VERDICT && cstr_eq(js_text(after), "pass")) ||
           (harm == HARM_REDIRECTS && cstr_eq(js_text(after), "accepted")) ||
           (strcmp(group, NEAR_REDIRECT) == 0 && cstr_eq(js_text(after), "refused"));
}

static void compare_fact(const struct pair *p, const char *group, const char *name,
                         const struct js *before, const struct js *after)
{
    if (is_same(p->conf, name, before, after))
        return;
    enum harm harm = class_of(group, name);
    if (is_better(harm, group, after))
        harm = HARM_BETTER;
    add(p->ret, &(struct change){.harm = harm,
                                 .run = p->run,
                                 .step = p->step,
                                 .group = group,
                                 .name = name,
                                 .before = before,
                                 .after = after});
}

static void compare_group(const struct pair *p, const char *group, const struct js *before,
                          const struct js *after)
{
    for (struct js_iter it = js_iter(before); js_next(&it);)
        compare_fact(p, group, it.key, it.value, js_get(after, it.key));
    for (struct js_iter it = js_iter(after); js_next(&it);)
        if (js_get(before, it.key) == NULL)
            compare_fact(p, group, it.key, NULL, it.value);
}

/* How much of two steps can be compared. */
enum extent {
    EVERYTHING,
    WHAT_BOTH_HAVE, /* refused alike: what one of them did not come to is missing, not changed */
    DOCUMENTS,      /* they ended otherwise: only what both read at the beginning */
};

static bool is_document(const char *group)
{
    return fnmatch("* discovery", group, 0) == 0 || fnmatch("* jwks", group, 0) == 0;
}

/* A place that was not come by on one side shows nothing: where people are led is told by the way.
 */
static bool is_told_by_the_way(const char *group)
{
    return fnmatch("* headers", group, 0) == 0 || fnmatch("* cookies", group, 0) == 0 ||
           fnmatch("* challenge *", group, 0) == 0;
}

static bool is_compared(enum extent extent, const char *group, const struct js *other)
{
    if (other == NULL)
        return extent == EVERYTHING && !is_told_by_the_way(group);
    return extent != DOCUMENTS || is_document(group);
}

static void compare_groups(const struct pair *p, enum extent extent)
{
    const struct js *before = js_get(p->before, "facts");
    const struct js *after = js_get(p->after, "facts");
    for (struct js_iter it = js_iter(before); js_next(&it);) {
        const struct js *other = js_get(after, it.key);
        if (is_compared(extent, it.key, other))
            compare_group(p, it.key, it.value, other);
    }
    for (struct js_iter it = js_iter(after); js_next(&it);)
        if (js_get(before, it.key) == NULL && is_compared(extent, it.key, NULL))
            compare_group(p, it.key, NULL, it.value);
}

static const struct js *outcome_of(const struct js *step)
{
    return js_path(step, "facts", "result", "outcome", NULL);
}

static bool worked(const struct js *outcome)
{
    return cstr_eq(js_text(outcome), "signed-in");
}

static bool is_kind(const struct js *step, const char *kind)
{
    return cstr_eq(js_get_text(step, "kind"), kind);
}

/* A call that is to be refused has no outcome but a status. */
static bool call_works(const struct js *step)
{
    int64_t status = 0;
    return js_number(js_path(step, "facts", "result", "status", NULL), &status) == 0 &&
           status > 0 && status < 400;
}

static enum harm harm_of_outcome(const struct pair *p, bool before, bool after)
{
    bool refusal =
        js_get_bool(p->before, "refusal", false) || js_get_bool(p->after, "refusal", false);
    if (before == after)
        return HARM_REFUSAL;
    if (after)
        return refusal ? HARM_LET_IN : HARM_BETTER;
    if (is_kind(p->before, "logout"))
        return HARM_PEOPLE;
    return refusal ? HARM_BETTER : HARM_BREAKS;
}

static const struct js *result_of(const struct js *step, const char *name)
{
    return js_path(step, "facts", "result", name, NULL);
}

static void add_outcome(const struct pair *p, enum harm harm, const char *name)
{
    add(p->ret, &(struct change){
                    .harm = harm,
                    .run = p->run,
                    .step = p->step,
                    .group = "result",
                    .name = name,
                    .before = result_of(p->before, name),
                    .after = result_of(p->after, name),
                    .shown = js_text(result_of(p->after, "shown")),
                    .log = js_text(result_of(p->after, "log")),
                });
}

static bool differs(const struct pair *p, const char *name)
{
    const struct js *before = result_of(p->before, name);
    const struct js *after = result_of(p->after, name);
    return !is_same(p->conf, name, before, after);
}

/* True when the step ended so differently that what follows cannot be compared. */
static bool compare_step(const struct pair *p)
{
    const struct js *before = outcome_of(p->before);
    const struct js *after = outcome_of(p->after);
    bool let_in = is_kind(p->before, "call") && js_get_bool(p->before, "refusal", false) &&
                  !call_works(p->before) && call_works(p->after);
    if (differs(p, "outcome"))
        add_outcome(p, harm_of_outcome(p, worked(before), worked(after)), "outcome");
    else if (differs(p, "shown"))
        add_outcome(p, HARM_REFUSAL, "shown");
    else if (differs(p, "log")) /* the same words for people, for another reason */
        add_outcome(p, HARM_REFUSAL, "log");
    else if (let_in)
        add_outcome(p, HARM_LET_IN, "status");
    else {
        compare_groups(p, before == NULL || worked(before) ? EVERYTHING : WHAT_BOTH_HAVE);
        return false;
    }
    compare_groups(p, DOCUMENTS);
    return true;
}

static bool broke(struct changes *c, const struct js *step)
{
    const char *error = js_get_text(step, "error");
    if (error != NULL && c->broke == NULL)
        c->broke = error;
    return error != NULL;
}

static bool any_error(const struct pair *p)
{
    return js_get_text(p->before, "error") != NULL || js_get_text(p->after, "error") != NULL;
}

void changes_add(struct changes *c, const struct change_conf *conf, size_t run,
                 const struct js *before, const struct js *after)
{
    size_t steps = js_len(before) < js_len(after) ? js_len(before) : js_len(after);
    bool refused = false; /* a login, alike on both sides: what needs one cannot be done after it */
    for (size_t i = 0; i < steps; i++) {
        const struct pair p = {.conf = conf,
                               .ret = c,
                               .run = run,
                               .step = i,
                               .before = js_at(before, i),
                               .after = js_at(after, i)};
        if (any_error(&p)) {
            if (!refused && (broke(c, p.before) || broke(c, p.after)))
                c->unjudged++;
            return;
        }
        c->steps++;
        if (compare_step(&p))
            return;
        refused = refused || (outcome_of(p.before) != NULL && !worked(outcome_of(p.before)));
    }
}
