/*
 * Which runs are needed, and running them: everything once in a shuffled order over all runners,
 * and what is clean a second time in another order with other draws. Equal runs are one.
 */
#include <string.h>

#include "harness/base/rnd.h"
#include "harness/base/str.h"
#include "harness/selftest/internal.h"

bool scenario_has_fault(const struct scenario *s)
{
    size_t n = s->faults_len;
    for (size_t i = 0; i < s->steps_len; i++)
        n += s->steps[i].faults_len;
    return n > 0;
}

static void add_ids(const struct scenario_fault *faults, size_t len, struct strlist *ret)
{
    for (size_t i = 0; i < len; i++)
        if (!strlist_has(ret, faults[i].id))
            strlist_add(ret, faults[i].id);
}

void scenario_faults(const struct scenario *s, struct strlist *ret)
{
    add_ids(s->faults, s->faults_len, ret);
    for (size_t i = 0; i < s->steps_len; i++)
        add_ids(s->steps[i].faults, s->steps[i].faults_len, ret);
}

static char *expectations(const struct scenario *s)
{
    AUTO(js_free) struct js *list = js_array();
    for (size_t i = 0; i < s->steps_len; i++) {
        const struct js *expect = s->steps[i].expect.json;
        js_append(list, expect != NULL ? js_dup(expect) : js_null());
    }
    return js_compact_sorted(list);
}

static size_t add(struct selftest *t, const struct scenario *s, char *doing, char *expects)
{
    t->experiments = xrealloc(t->experiments, (t->experiments_len + 1) * sizeof(*t->experiments));
    t->experiments[t->experiments_len] =
        (struct experiment){.scenario = s,
                            .doing = doing,
                            .expects = expects,
                            .is_clean = !scenario_has_fault(s) && !s->is_negative};
    return t->experiments_len++;
}

static size_t find(const struct selftest *t, const char *doing, const char *expects)
{
    size_t i = 0;
    while (i < t->experiments_len &&
           (strcmp(t->experiments[i].doing, doing) != 0 ||
            (expects != NULL && strcmp(t->experiments[i].expects, expects) != 0)))
        i++;
    return i;
}

static size_t plan(struct selftest *t, const struct scenario *s, bool any)
{
    char *doing = scenario_doing(s);
    char *expects = expectations(s);
    size_t at = find(t, doing, any ? NULL : expects);
    if (at == t->experiments_len)
        return add(t, s, doing, expects);
    xfree(doing);
    xfree(expects);
    return at;
}

size_t plan_own(struct selftest *t, const struct scenario *s)
{
    return plan(t, s, false);
}

size_t plan_any(struct selftest *t, const struct scenario *s)
{
    return plan(t, s, true);
}

const struct experiment *plan_find(const struct selftest *t, const struct scenario *s)
{
    AUTO(xfree) char *doing = scenario_doing(s);
    AUTO(xfree) char *expects = expectations(s);
    size_t at = find(t, doing, expects);
    return at < t->experiments_len ? &t->experiments[at] : NULL;
}

/* ---- running ---- */

/* Fisher and Yates; the bias of the remainder is of no matter here. */
static void shuffle(size_t *order, size_t len, uint64_t seed)
{
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(seed, "selftest");
    for (size_t left = len; left > 1; left--) {
        uint32_t draw = 0;
        rnd_fill(rnd, "selftest", "order", &draw, sizeof(draw));
        size_t other = draw % left;
        size_t kept = order[left - 1];
        order[left - 1] = order[other];
        order[other] = kept;
    }
}

static int run_in_order(struct selftest *t, const size_t *order, size_t len, uint64_t seed,
                        struct run_suite *ret, struct err *err)
{
    const struct run_conf conf = {
        .setup_doc = t->conf->setup_doc,
        .setup_source = t->conf->setup_source,
        .seed = seed,
        .jobs = t->conf->jobs,
    };
    const struct scenario **scenarios = xcalloc(len + 1, sizeof(*scenarios));
    for (size_t i = 0; i < len; i++)
        scenarios[i] = t->experiments[order[i]].scenario;
    int rc = run_suite(&conf, scenarios, len, NULL, ret, err);
    xfree(scenarios);
    return rc;
}

int plan_run(struct selftest *t, struct err *err)
{
    size_t *order = xcalloc(t->experiments_len + 1, sizeof(*order));
    size_t len = t->experiments_len;
    for (size_t i = 0; i < len; i++)
        order[i] = i;
    shuffle(order, len, t->conf->seed);
    int rc = run_in_order(t, order, len, t->conf->seed, &t->first, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        t->experiments[order[i]].first = &t->first.results[i];
    for (size_t i = 0; i < t->experiments_len; i++)
        if (t->experiments[i].is_clean)
            order[t->clean++] = i;
    shuffle(order, t->clean, t->conf->seed + 1);
    if (rc == 0)
        rc = run_in_order(t, order, t->clean, t->conf->seed + 1, &t->second, err);
    for (size_t i = 0; rc == 0 && i < t->clean; i++)
        t->experiments[order[i]].second = &t->second.results[i];
    xfree(order);
    return rc;
}
