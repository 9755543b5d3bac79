/*
 * The login is run on the mocks; what it showed is read from its trace, what the policy says of it
 * from the enforcer that decided.
 */
#include "harness/who/who.h"

#include <string.h>

#include "harness/base/params.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/check/claims.h"
#include "harness/data/csv.h"
#include "harness/jose/jwt.h"
#include "harness/rbac/lines.h"
#include "harness/run/person.h"
#include "harness/run/run.h"
#include "harness/setup/places.h"
#include "harness/who/questions.h"

/* ---- the login ---- */

/* ID token in the answer of a token endpoint; NULL when it holds none. Caller frees. */
static struct js *id_token_claims(const struct trace_event *e)
{
    AUTO(js_free) struct js *body = NULL;
    if (e->body == NULL || js_parse((struct str){e->body, e->body_len}, "answer", &body, NULL) != 0)
        return NULL;
    const char *token = js_get_text(body, "id_token");
    return token != NULL ? jwt_claims_unverified(token) : NULL;
}

/* The last ID token that a system gave. */
static struct js *last_token(const struct trace *t, const char *of)
{
    struct js *claims = NULL;
    for (size_t i = 0; t != NULL && i < trace_len(t); i++) {
        const struct trace_event *e = trace_at(t, i);
        if (e->kind != TRACE_EXCHANGE || !cstr_eq(e->to, of) || !cstr_eq(e->method, "POST") ||
            e->status != 200)
            continue;
        struct js *found = id_token_claims(e);
        if (found != NULL) {
            js_free(claims);
            claims = found;
        }
    }
    return claims;
}

static void add_hop(struct js *hops, const struct trace *t, const char *of)
{
    AUTO(js_free) struct js *claims = last_token(t, of);
    struct js *hop = js_object();
    js_set_text(hop, "of", of);
    if (claims != NULL) {
        const struct js *groups = js_get(claims, "groups");
        js_set(hop, "groups", groups != NULL ? js_dup(groups) : js_null());
        js_set(hop, "sub", js_string(js_get_text(claims, "sub")));
    }
    if (claims != NULL)
        js_append(hops, js_ref(hop));
    js_free(hop);
}

/* The lines of a system's log that are no plain information. Caller frees. */
static struct js *complaints(const struct trace *t, const char *of)
{
    struct js *list = js_array();
    for (size_t i = 0; t != NULL && i < trace_len(t); i++) {
        const struct trace_event *e = trace_at(t, i);
        if (e->kind == TRACE_LOG && cstr_eq(e->from, of) && e->level != NULL &&
            (strcasecmp(e->level, "error") == 0 || strcasecmp(e->level, "warning") == 0 ||
             strcasecmp(e->level, "fatal") == 0))
            js_append_text(list, e->text);
    }
    return list;
}

static void add_refusal(struct js *who, const struct login_result *l, const struct trace *t)
{
    struct js *refused = js_object();
    struct js *logs = js_object();
    js_set(refused, "by", js_string(l->by));
    js_set(refused, "at", js_string(l->at));
    js_set(refused, "shown", js_string(l->shown));
    js_set(refused, "logs", logs);
    for (int i = 0; i < SYSTEM_MAX_; i++) {
        const char *name = system_name((enum system)i);
        AUTO(js_free) struct js *list = complaints(t, name);
        size_t n = js_len(list);
        if (n > 0)
            js_set(logs, name, js_ref(list));
        if (cstr_eq(name, l->by))
            js_set(refused, "log", js_string(js_text(n > 0 ? js_at(list, n - 1) : NULL)));
    }
    js_set(who, "refused", refused);
}

/* ---- the policy ---- */

struct asking {
    const struct setup *setup;
    const char *user_id;
    const struct strlist *groups;
    struct js *may, *may_not;
};

/* A g line for the person or for one of the groups. */
static bool is_about(const struct asking *a, struct str line)
{
    AUTO(strlist_deinit) struct strlist fields = {0};
    return csv_parse_record(line, &fields, NULL) == 0 && fields.len == 3 &&
           strcmp(fields.items[0], "g") == 0 &&
           (strlist_has(a->groups, fields.items[1]) || strcmp(fields.items[1], a->user_id) == 0);
}

/* The lines that give roles, with their places in the user's files. */
static struct js *given_by(const struct asking *a)
{
    struct rbac_lines lines = {.conf = &a->setup->argocd.rbac_conf};
    struct js *list = js_array();
    while (rbac_lines_next(&lines)) {
        if (!is_about(a, lines.text))
            continue;
        struct js *one = js_object();
        js_set(one, "line", js_stringn(lines.text.ptr, lines.text.len));
        js_set(one, "place",
               lines.of_project ? js_stringf("AppProject %s", lines.name)
                                : js_stringf("%s:%d", lines.name, lines.line));
        js_append(list, one);
    }
    return list;
}

static void set_why(struct js *one, const struct rbac_why *why)
{
    js_set_text(one, "by", why->by);
    js_set_text(one, "role", why->role);
    js_set_text(one, "line", why->line);
    js_set_text(one, "place", why->place);
}

static void ask(struct asking *a, const struct question *q)
{
    struct rbac_why why = {0};
    bool yes = rbac_can_claims(a->setup->argocd.rbac, a->user_id, a->groups, q->resource, q->action,
                               q->object, &why);
    struct js *one = js_object();
    js_set_text(one, "resource", q->resource);
    js_set_text(one, "action", q->action);
    js_set_text(one, "object", q->object);
    if (yes || why.line[0] != '\0')
        set_why(one, &why);
    js_append(yes ? a->may : a->may_not, one);
}

/* One question, with the line that decides. */
static void answer(struct js *who, const struct asking *a, const char *text)
{
    AUTO(question_deinit) struct question q = {0};
    struct rbac_why why = {0};
    if (text == NULL || question_read(text, &q, NULL) != 0)
        return;
    struct js *can = js_object();
    bool yes = rbac_can_claims(a->setup->argocd.rbac, a->user_id, a->groups, q.resource, q.action,
                               q.object, &why);
    js_set_text(can, "question", text);
    js_set_text(can, "answer", yes ? "yes" : "no");
    set_why(can, &why);
    js_set(who, "can", can);
}

/* The policy as the setup has it; a broken one allows nothing, and says why. */
static void add_rights(struct js *who, const struct setup *setup, const struct login_result *l,
                       const struct strlist *roles, const char *question)
{
    struct asking a = {setup, l->user_id != NULL ? l->user_id : "", &l->groups, js_array(),
                       js_array()};
    js_set(who, "roles", js_texts(roles));
    js_set(who, "may", a.may);
    js_set(who, "may_not", a.may_not);
    if (setup->argocd.rbac == NULL) {
        js_set(who, "policy_error",
               js_string(setup->argocd.rbac_error_at != NULL ? setup->argocd.rbac_error_at
                                                             : setup->argocd.rbac_error));
        return;
    }
    js_set(who, "given_by", given_by(&a));
    answer(who, &a, question);
    AUTO(questions_deinit) struct questions all = {0};
    questions_of(&setup->argocd.rbac_conf, &all);
    for (size_t i = 0; i < all.items.len; i++)
        ask(&a, all.items.items[i]);
    if (all.left_out > 0)
        js_set(who, "not_asked", js_int((int64_t)all.left_out));
}

/* ---- the whole ---- */

static void add_person(struct js *who, const struct setup_person *p)
{
    struct js *groups = js_array();
    js_set_text(who, "person", p->id);
    js_set_text(who, "username", p->username);
    js_set(who, "name", js_string(p->name));
    js_set(who, "email", js_string(p->email));
    for (const char *const *g = p->groups; *g != NULL; g++)
        js_append_text(groups, *g);
    js_set(who, "groups", groups);
}

static void set_place(struct js *one, struct places *at, const char *pointer)
{
    const struct place *place = places_find(at, pointer);
    if (place != NULL && place->line > 0)
        js_set(one, "place", js_stringf("%s:%d", place->file, place->line));
    else if (place != NULL)
        js_set_text(one, "place", place->file);
}

/* Was the scope among those that authentik was asked for? null: it was asked for nothing. Caller
 * frees. */
static struct js *was_asked_for(const struct trace *t, const char *scope)
{
    bool any = false;
    for (size_t i = 0; t != NULL && i < trace_len(t); i++) {
        const struct trace_event *e = trace_at(t, i);
        AUTO(url_deinit) struct url url = {0};
        AUTO(params_deinit) struct params query = {0};
        if (e->kind != TRACE_EXCHANGE || !cstr_eq(e->to, "authentik") ||
            !cstr_contains(e->url, "/application/o/authorize/") ||
            url_parse(e->url, &url, NULL) != 0 || url.query == NULL)
            continue;
        params_parse_form(&query, str_of(url.query));
        any = true;
        if (claims_has_word(params_get(&query, "scope"), scope))
            return js_bool(true);
    }
    return any ? js_bool(false) : js_null();
}

/* One's own by the name that its file gives it, else by what it says. */
static void add_own_mapping(struct js *mapping, const struct who_conf *conf,
                            const struct js *groups, const char *scope)
{
    AUTO(xfree) char *value = js_is(groups, JS_STRING) ? NULL : js_compact(groups);
    AUTO(xfree) char *mine = places_below("/authentik/provider/mappings", scope);
    AUTO(xfree) char *pointer = places_below(mine, "groups");
    js_set(mapping, "name",
           js_string(js_text(js_path(conf->setup_doc, "read", "mappings", scope, NULL))));
    js_set_text(mapping, "value", value != NULL ? value : js_text(groups));
    set_place(mapping, conf->at, pointer);
}

/* Which mappings put the groups into authentik's token: some of the provider's own, the default one
 * of profile, or both (authentik.md 6.4). The default one is there without being attached where
 * there is none else. */
static struct js *groups_mappings(const struct who_conf *conf, const struct setup *setup,
                                  const struct trace *t)
{
    const struct js *provider = js_path(setup->doc, "authentik", "provider", NULL);
    AUTO(strlist_deinit) struct strlist scopes = {0};
    setup_groups_scopes(provider, &scopes);
    bool attached = scopes.len > 0;
    bool unknown = js_path(conf->setup_doc, "read", "incomplete", "scopes", NULL) != NULL;
    if (!attached)
        strlist_add(&scopes, "profile");
    struct js *list = js_array();
    for (size_t i = 0; i < scopes.len; i++) {
        const char *scope = scopes.items[i];
        const struct js *groups = js_path(provider, "mappings", scope, "groups", NULL);
        struct js *mapping = js_object();
        js_set_text(mapping, "scope", scope);
        if (groups != NULL)
            add_own_mapping(mapping, conf, groups, scope);
        else
            js_set_text(mapping, "name", "authentik default OAuth Mapping: OpenID 'profile'");
        js_set(mapping, "attached", unknown ? js_null() : js_bool(attached));
        js_set(mapping, "asked", was_asked_for(t, scope));
        js_append(list, mapping);
    }
    return list;
}

/* Of one login of the suite; what it showed. */
static void describe(struct js *who, const struct who_conf *conf, const struct run_suite *suite,
                     const struct run_result *r, const struct setup_person *p)
{
    const struct run_seen *seen = &r->steps[0].seen;
    const struct login_result *l = &seen->login;
    struct js *hops = js_array();
    add_person(who, p);
    js_set_text(who, "outcome", login_outcome_name(l->outcome));
    js_set(who, "mappings", groups_mappings(conf, suite->setup, r->trace));
    js_set(who, "hops", hops);
    add_hop(hops, r->trace, "authentik");
    add_hop(hops, r->trace, "dex");
    if (l->outcome != LOGIN_SIGNED_IN) {
        add_refusal(who, l, r->trace);
        return;
    }
    js_set(who, "user", js_string(l->user));
    js_set(who, "user_id", js_string(l->user_id));
    js_set(who, "argocd_groups", js_texts(&l->groups));
    struct js *scopes = js_array();
    for (const char *const *s = suite->setup->argocd.rbac_scopes; *s != NULL; s++)
        js_append_text(scopes, *s);
    js_set(who, "scopes", scopes);
    add_rights(who, suite->setup, l, &seen->roles, conf->can);
}

/* ---- one, or everybody ---- */

struct asked {
    struct vec scenarios; /* owned */
    struct run_suite suite;
};

static void asked_deinit(struct asked *a)
{
    run_suite_deinit(&a->suite);
    for (size_t i = 0; i < a->scenarios.len; i++)
        run_person_free(a->scenarios.items[i]);
    vec_deinit(&a->scenarios);
}

DEFINE_AUTO_VALUE(struct asked, asked_deinit)

static int run(const struct who_conf *conf, struct asked *a, struct err *err)
{
    const struct run_conf run_conf = {
        .setup_doc = conf->setup_doc,
        .setup_source = conf->setup_source,
        .seed = conf->seed,
        .jobs = 1,
        .callback_port = 0, /* nobody's: other things may run here */
    };
    const struct scenario **list = xcalloc(a->scenarios.len + 1, sizeof(*list));
    for (size_t i = 0; i < a->scenarios.len; i++)
        list[i] = a->scenarios.items[i];
    int rc = run_suite(&run_conf, list, a->scenarios.len, NULL, &a->suite, err);
    xfree(list);
    return rc;
}

/* The i-th login as an object; caller frees; NULL after the error. */
static struct js *made(const struct who_conf *conf, const struct asked *a, size_t i,
                       const char *person, struct err *err)
{
    const struct run_result *r = &a->suite.results[i];
    const struct setup_person *p = NULL;
    if (setup_resolve_person(a->suite.setup, person, &p, err) != 0)
        return NULL;
    if (r->steps_len == 0 || r->trace == NULL || !r->steps[0].seen.is_login) {
        err_set(err, ERR_INTERNAL, "the login was not carried out: %s",
                r->reason != NULL ? r->reason : "no reason given");
        return NULL;
    }
    struct js *who = js_object();
    describe(who, conf, &a->suite, r, p);
    return who;
}

static int check_question(const struct who_conf *conf, struct err *err)
{
    AUTO(question_deinit) struct question q = {0};
    return conf->can != NULL ? question_read(conf->can, &q, err) : 0;
}

int who_ask(const struct who_conf *conf, struct js **ret, struct err *err)
{
    AUTO(asked_deinit) struct asked a = {0};
    if (check_question(conf, err) != 0)
        return -1;
    vec_push(&a.scenarios, run_person_scenario(conf->person, conf->via, false, conf->setup_source));
    if (run(conf, &a, err) != 0)
        return -1;
    *ret = made(conf, &a, 0, conf->person, err);
    if (*ret == NULL)
        return -1;
    js_set_text(*ret, "schema", "rolecall.who/1");
    return 0;
}

int who_ask_all(const struct who_conf *conf, struct js **ret, struct err *err)
{
    AUTO(asked_deinit) struct asked a = {0};
    AUTO(js_free) struct js *all = js_object();
    const struct js *people = js_get(conf->setup_doc, "people");
    struct js *list = js_array();
    size_t i = 0;
    js_set_text(all, "schema", "rolecall.who-matrix/1");
    js_set(all, "people", list);
    if (js_len(people) == 0)
        return err_set(err, ERR_USAGE, "the setup has no people");
    for (struct js_iter it = js_iter(people); js_next(&it);)
        vec_push(&a.scenarios, run_person_scenario(it.key, conf->via, false, conf->setup_source));
    if (run(conf, &a, err) != 0)
        return -1;
    for (struct js_iter it = js_iter(people); js_next(&it); i++) {
        struct js *one = made(conf, &a, i, it.key, err);
        if (one == NULL)
            return -1;
        js_append(list, one);
    }
    *ret = all;
    all = NULL;
    return 0;
}
