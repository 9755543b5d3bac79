/*
 * What is run: a login of each person on each way, and the scenarios of the library that are about
 * the setup as it is. One that changes the setup is about another setup; one in which a server
 * misbehaves is about that server's client. What a browser, a CLI or a relying party does wrong is
 * what an upgrade may suddenly let in.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/run/person.h"
#include "harness/upgrade/internal.h"

static bool is_agents(const char *fault)
{
    static const char *const parties[] = {"browser/", "cli/", "rp/", NULL};
    for (size_t i = 0; parties[i] != NULL; i++)
        if (cstr_starts(fault, parties[i]))
            return true;
    return false;
}

static bool all_of_agents(const struct scenario_fault *faults, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_agents(faults[i].id))
            return false;
    return true;
}

static bool says_something(const struct scenario *s)
{
    if (s->patch != NULL || !all_of_agents(s->faults, s->faults_len))
        return false;
    for (size_t i = 0; i < s->steps_len; i++)
        if (s->steps[i].kind == SCENARIO_CHANGE ||
            !all_of_agents(s->steps[i].faults, s->steps[i].faults_len))
            return false;
    return true;
}

void upgrade_made_free(struct upgrade *u)
{
    for (size_t i = 0; i < u->made.len; i++)
        run_person_free(u->made.items[i]);
    vec_deinit(&u->made);
}

static void add_people(struct upgrade *u)
{
    static const char *const ways[] = {"ui", "cli", "direct", NULL};
    for (struct js_iter it = js_iter(js_get(u->conf->setup_doc, "people")); js_next(&it);)
        for (size_t w = 0; ways[w] != NULL; w++) {
            /* The browser gets no refresh token. */
            bool refreshes = strcmp(ways[w], "ui") != 0;
            struct scenario *s =
                run_person_scenario(it.key, ways[w], refreshes, u->conf->setup_source);
            vec_push(&u->made, s);
            vec_push(&u->scenarios, s);
        }
}

/* vec keeps what it is given; a scenario is never written through it. */
static void push(struct vec *v, const struct scenario *s)
{
    union {
        const void *borrowed;
        void *kept;
    } u = {s};
    vec_push(v, u.kept);
}

int upgrade_select(struct upgrade *u, struct err *err)
{
    add_people(u);
    for (size_t i = 0; i < u->conf->len; i++)
        if (says_something(u->conf->scenarios[i]))
            push(&u->scenarios, u->conf->scenarios[i]);
        else
            u->left_out++;
    upgrade_add_probes(u);
    if (u->scenarios.len == u->probes.len)
        return err_set(err, ERR_USAGE,
                       "nothing to compare: the setup has no people, and every scenario named "
                       "changes the setup or has a server misbehave");
    return 0;
}
