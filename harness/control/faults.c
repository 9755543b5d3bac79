/*
 * Faults while serving: the same form as in a scenario. What rolecall's own agents would play
 * (browser, cli, rp) nobody plays here, and which certificate a system shows was decided when it
 * began to listen.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/control/internal.h"
#include "harness/run/vocabulary.h"
#include "harness/scenario/scenario.h"

static bool is_of_mock(const struct world *w, const char *id, enum system *ret)
{
    size_t party = strcspn(id, "/");
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        const char *name = system_name((enum system)s);
        if (strlen(name) == party && strncmp(name, id, party) == 0) {
            *ret = (enum system)s;
            return !world_is_live(w, *ret);
        }
    }
    return false;
}

static bool check(const struct control *c, const struct scenario_fault *f,
                  struct http_response *resp)
{
    enum system s = SYSTEM_MAX_;
    bool mock = is_of_mock(c->conf.world, f->id, &s);
    const char *slash = strchr(f->id, '/');
    if (mock && !cstr_starts(slash, "/tls."))
        return true;
    control_refuse(
        resp, 400, "body:%d:%d: '%s' cannot be played while serving: %s", f->line, f->column, f->id,
        mock               ? "a certificate is chosen when a system begins to listen"
        : s != SYSTEM_MAX_ ? "the system is live"
                           : "its party is rolecall's own client, which asks nothing here");
    return false;
}

static void answer_faults(const struct control *c, struct http_response *resp)
{
    struct js *o = js_object();
    js_set(o, "faults", fault_set_json(c->conf.faults));
    control_answer(resp, o);
}

void control_get_faults(struct control *c, const struct http_request *req,
                        struct http_response *resp)
{
    (void)req;
    answer_faults(c, resp);
}

static void replace(struct control *c, struct fault_set *take)
{
    AUTO(vec_deinit) struct vec old = {0};
    fault_set_replace(c->conf.faults, take, &old);
    for (size_t i = 0; i < old.len; i++)
        control_retire(c, NULL, old.items[i]);
}

void control_put_faults(struct control *c, const struct http_request *req,
                        struct http_response *resp)
{
    AUTO(scenario_free) struct scenario *s = NULL;
    AUTO(js_free) struct js *json = NULL;
    struct str text = {req->body, req->body_len};
    struct err err = {0};
    if (js_parse(text, "body", &json, &err) != 0 ||
        scenario_parse_faults(text, "body", run_vocabulary(), &s, &err) != 0) {
        control_refuse_err(resp, &err);
        return;
    }
    AUTO(fault_set_free) struct fault_set *fresh = fault_set_new(NULL);
    for (size_t i = 0; i < s->faults_len; i++) {
        const struct scenario_fault *f = &s->faults[i];
        if (!check(c, f, resp))
            return;
        if (f->nth > 0)
            fault_set_add_nth(fresh, f->id, f->nth, f->with);
        else
            fault_set_add(fresh, f->id, f->times, f->with);
    }
    replace(c, fresh);
    fresh = NULL;
    trace_note(c->conf.trace, "harness", "%zu faults put", s->faults_len);
    answer_faults(c, resp);
}

void control_delete_faults(struct control *c, const struct http_request *req,
                           struct http_response *resp)
{
    (void)req;
    replace(c, fault_set_new(NULL));
    trace_note(c->conf.trace, "harness", "faults taken away");
    answer_faults(c, resp);
}
