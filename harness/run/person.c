/*
 * Made by hand, where the loader would read a file.
 */
#include "harness/run/person.h"

struct scenario *run_person_scenario(const char *person, const char *via, bool refreshes,
                                     const char *source)
{
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
        .file = source,
        .title = "a login of the setup",
        .about = "",
        .steps = steps,
        .steps_len = refreshes ? 2 : 1,
    };
    return s;
}

struct scenario *run_person_free(struct scenario *s)
{
    if (s == NULL)
        return NULL;
    union {
        const void *borrowed;
        void *own;
    } steps = {s->steps}, texts[2] = {{s->steps[0].text}, {s->steps[1].text}}, id = {s->id};
    xfree(texts[0].own);
    xfree(texts[1].own);
    xfree(steps.own);
    xfree(id.own);
    return xfree(s);
}
