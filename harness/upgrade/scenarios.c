/*
 * What is run: a login of each person on each way, and the scenarios of the library that are about
 * the setup as it is. One that changes the setup is about another setup; one in which a server
 * misbehaves is about that server's client. What a browser, a CLI or a relying party does wrong is
 * what an upgrade may suddenly let in.
 */
#include <string.h>

#include "harness/base/str.h"
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

/* A person's login, and where the way may give a refresh token, its use. */
static struct scenario *person_scenario(const struct upgrade *u, const char *person,
                                        const char *via)
{
    bool refreshes = strcmp(via, "ui") != 0;
    struct scenario_step *steps = xcalloc(2, sizeof(*steps));
    steps[0] = (struct scenario_step){
        .kind = SCENARIO_LOGIN,
        .text = xasprintf("login as %s via %s", person, via),
        .as = person,
        .via = via,
        /* So that Argo CD is asked what the person may do. */
        .expect = {.present = true, .as_configured = true},
    };
    steps[1] = (struct scenario_step){.kind = SCENARIO_REFRESH, .text = xstrdup("refresh")};
    struct scenario *s = xcalloc(1, sizeof(*s));
    *s = (struct scenario){
        .id = xasprintf("people/%s-%s", person, via),
        .file = u->conf->setup_source,
        .title = "a login of the setup",
        .about = "",
        .steps = steps,
        .steps_len = refreshes ? 2 : 1,
    };
    return s;
}

static void made_free(struct scenario *s)
{
    union {
        const void *borrowed;
        void *own;
    } steps = {s->steps}, texts[2] = {{s->steps[0].text}, {s->steps[1].text}}, id = {s->id};
    xfree(texts[0].own);
    xfree(texts[1].own);
    xfree(steps.own);
    xfree(id.own);
    xfree(s);
}

void upgrade_made_free(struct upgrade *u)
{
    for (size_t i = 0; i < u->made.len; i++)
        made_free(u->made.items[i]);
    vec_deinit(&u->made);
}

static void add_people(struct upgrade *u)
{
    static const char *const ways[] = {"ui", "cli", "direct", NULL};
    for (struct js_iter it = js_iter(js_get(u->conf->setup_doc, "people")); js_next(&it);)
        for (size_t w = 0; ways[w] != NULL; w++) {
            struct scenario *s = person_scenario(u, it.key, ways[w]);
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
