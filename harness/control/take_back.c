/*
 * Tokens and sessions that an operator takes back.
 */
#include "harness/base/str.h"
#include "harness/control/internal.h"

static const char *person_at(const void *ctx, size_t i)
{
    const struct setup *s = ctx;
    return i < s->people_len ? s->people[i].id : NULL;
}

const struct setup_person *control_person(const struct control *c, const char *id,
                                          struct http_response *resp)
{
    const struct setup_person *p = setup_person(c->setup, id);
    if (p != NULL)
        return p;
    const char *near = str_nearest_of(id, person_at, c->setup);
    if (near != NULL)
        control_refuse(resp, 404, "unknown person '%s'; did you mean '%s'?", id, near);
    else
        control_refuse(resp, 404, "unknown person '%s'; GET /state names them", id);
    return NULL;
}

static void revoke(struct control *c, const struct mock_revocation *what,
                   struct http_response *resp)
{
    size_t revoked[SYSTEM_MAX_] = {0};
    size_t all = 0;
    struct js *o = js_object();
    struct js *by_system = js_object();
    world_revoke(c->conf.world, what, revoked);
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        js_set(by_system, system_name((enum system)s), js_int((int64_t)revoked[s]));
        all += revoked[s];
    }
    js_set(o, "revoked", by_system);
    if (all == 0 && what->token != NULL) {
        js_free(o);
        control_refuse(resp, 404, "no system knows this token, or it has ended already");
        return;
    }
    trace_note(c->conf.trace, "harness", "%zu tokens and codes revoked", all);
    control_answer(resp, o);
}

void control_revoke(struct control *c, const struct http_request *req, struct http_response *resp)
{
    AUTO(js_free) struct js *body = control_body(req, resp, "person token");
    if (body == NULL)
        return;
    const char *id = js_get_text(body, "person");
    struct mock_revocation what = {.token = js_get_text(body, "token")};
    if ((id == NULL) == (what.token == NULL)) {
        control_refuse(resp, 400, "expected 'person' or 'token', one of them");
        return;
    }
    if (id != NULL) {
        const struct setup_person *p = control_person(c, id, resp);
        if (p == NULL)
            return;
        what.username = p->username;
    }
    revoke(c, &what, resp);
}

void control_drop_sessions(struct control *c, const struct http_request *req,
                           struct http_response *resp)
{
    const char *id = http_query(req, "person");
    const struct setup_person *p = NULL;
    if (id != NULL) {
        p = control_person(c, id, resp);
        if (p == NULL)
            return;
    }
    size_t n = world_drop_sessions(c->conf.world, p != NULL ? p->username : NULL);
    trace_note(c->conf.trace, "harness", "%zu sessions of authentik ended", n);
    struct js *o = js_object();
    js_set(o, "dropped", js_int((int64_t)n));
    control_answer(resp, o);
}
