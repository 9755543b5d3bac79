/*
 * The steps by a table: what each is called, how its value is read, and whether it has an outcome
 * that must be expected. Adding a step is one function and one row here, and one in the runner.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/scenario/reader.h"

struct step_kind {
    const char *name;
    enum scenario_kind kind;
    int (*read)(struct reader *r, const struct node *n, struct scenario_step *ret);
    bool has_outcome;
};

/* ---- each kind ---- */

/* A number stands for its text, null for a parameter that is left out. */
static int read_parameter(struct reader *r, const char *pointer, const char *name,
                          const struct js *typed, struct js *into)
{
    AUTO(xfree) char *text = js_text(typed) != NULL ? xstrdup(js_text(typed)) : js_compact(typed);
    if (js_is(typed, JS_OBJECT) || js_is(typed, JS_ARRAY))
        return reader_fail(r, pointer, "'%s' in a request is a text or null, found %s", name,
                           js_type_name(typed));
    js_set(into, name, js_is(typed, JS_NULL) ? js_null() : js_string(text));
    return 0;
}

/* request: {max_age: 1, response_type: null} */
static int read_request(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    struct node request = reader_member(r, n, "request");
    if (request.value == NULL)
        return 0;
    if (!js_is(request.value, JS_OBJECT))
        return reader_fail(r, request.pointer, "'request' is a map of parameters, found %s",
                           js_type_name(request.value));
    if (cstr_eq(ret->via, "ui"))
        return reader_fail(r, request.pointer,
                           "'request' is for via cli and direct: Argo CD makes its own");
    AUTO(js_free) struct js *all = js_object();
    for (struct js_iter it = js_iter(reader_typed(r, request.pointer)); js_next(&it);)
        if (read_parameter(r, reader_member(r, &request, it.key).pointer, it.key, it.value, all) !=
            0)
            return -1;
    vec_push(r->docs, all);
    ret->request = all;
    all = NULL;
    return 0;
}

static const char *factor_text(const char *second_factor)
{
    if (cstr_eq(second_factor, "wrong"))
        return " with a wrong code";
    if (cstr_eq(second_factor, "used"))
        return " with the code used before";
    return cstr_eq(second_factor, "static") ? " with a static code" : "";
}

/* sso_port, callback, name, launch_browser, relogin: the command line of `argocd`. */
static int read_flags(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    static const char *const flags[] = {"sso_port",       "callback", "name",
                                        "launch_browser", "relogin",  NULL};
    const char *port = NULL;
    bool launch = true;
    for (const char *const *f = flags; *f != NULL; f++)
        if (js_get(n->value, *f) != NULL && !cstr_eq(ret->via, "cli"))
            return reader_fail_key(r, reader_member(r, n, *f).pointer, "'%s' is for via cli", *f);
    if (reader_text(r, n, "sso_port", &port) != 0 ||
        reader_text(r, n, "callback", &ret->callback) != 0 ||
        reader_text(r, n, "name", &ret->context) != 0 ||
        reader_bool(r, n, "launch_browser", &launch) != 0 ||
        reader_bool(r, n, "relogin", &ret->relogin) != 0)
        return -1;
    int64_t number = 0;
    if (port != NULL && str_to_i64(str_of(port), 1, 65535, &number) != 0)
        return reader_fail(r, reader_member(r, n, "sso_port").pointer,
                           "'sso_port' is '%s'; it is a port", port);
    ret->sso_port = (uint16_t)number;
    ret->no_launch = !launch;
    return 0;
}

static int read_login(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    static const char *const keys[] = {
        "as",          "via",      "password", "fresh_browser", "request",        "second_factor",
        "remember_me", "sso_port", "callback", "name",          "launch_browser", "relogin",
        NULL};
    static const char *const factors[] = {"wrong", "static", "used", NULL};
    static const char *const ways[] = {"ui", "cli", "direct", NULL};
    static const char *const passwords[] = {"wrong", NULL};
    if (reader_keys(r, n, "a login", keys) != 0 || reader_text(r, n, "as", &ret->as) != 0 ||
        reader_word(r, n, "via", ways, &ret->via) != 0 ||
        reader_word(r, n, "password", passwords, &ret->password) != 0 ||
        reader_bool(r, n, "fresh_browser", &ret->fresh_browser) != 0 ||
        reader_word(r, n, "second_factor", factors, &ret->second_factor) != 0 ||
        reader_bool(r, n, "remember_me", &ret->remember_me) != 0)
        return -1;
    if (ret->as == NULL)
        return reader_fail(r, n->pointer,
                           "a login needs 'as': admin, viewer, nobody, both or a person's name");
    if (ret->via == NULL)
        return reader_fail(r, n->pointer, "a login needs 'via': ui, cli or direct");
    if (read_request(r, n, ret) != 0 || read_flags(r, n, ret) != 0)
        return -1;
    struct node as = reader_member(r, n, "as");
    reader_place(r, as.pointer, &ret->as_line, &ret->as_column);
    ret->text = arena_printf(r->arena, "login as %s via %s%s%s", ret->as, ret->via,
                             ret->password != NULL ? " with a wrong password" : "",
                             factor_text(ret->second_factor));
    return 0;
}

static int read_refresh(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    static const char *const keys[] = {NULL};
    ret->text = "refresh";
    return n->value != NULL ? reader_keys(r, n, "a refresh", keys) : 0;
}

static int read_logout(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    static const char *const keys[] = {"from", NULL};
    static const char *const systems[] = {"argocd", "authentik", "cli", NULL};
    if (reader_keys(r, n, "a logout", keys) != 0 ||
        reader_word(r, n, "from", systems, &ret->from) != 0)
        return -1;
    if (ret->from == NULL)
        return reader_fail(r, n->pointer, "a logout needs 'from': argocd, authentik or cli");
    ret->text = arena_printf(r->arena, "logout from %s", ret->from);
    return 0;
}

/* A body may be written as YAML; it is sent as JSON. */
static int read_body(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    struct node body = reader_member(r, n, "body");
    if (body.value == NULL || js_text(body.value) != NULL)
        return reader_text(r, n, "body", &ret->body);
    AUTO(xfree) char *text = js_compact(reader_typed(r, body.pointer));
    ret->body = arena_strdup(r->arena, text);
    return 0;
}

static int read_call(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    static const char *const keys[] = {"method", "path", "token", "body", NULL};
    static const char *const methods[] = {"GET",   "HEAD",   "POST",    "PUT",
                                          "PATCH", "DELETE", "OPTIONS", NULL};
    if (reader_keys(r, n, "a call", keys) != 0 ||
        reader_word(r, n, "method", methods, &ret->method) != 0 ||
        reader_text(r, n, "path", &ret->path) != 0 ||
        reader_text(r, n, "token", &ret->token) != 0 || read_body(r, n, ret) != 0)
        return -1;
    if (ret->method == NULL)
        return reader_fail(r, n->pointer, "a call needs 'method'");
    if (ret->path == NULL)
        return reader_fail(r, n->pointer, "a call needs 'path'");
    if (ret->path[0] != '/' && strstr(ret->path, "://") == NULL && !cstr_starts(ret->path, "${"))
        return reader_fail(r, reader_member(r, n, "path").pointer,
                           "'path' is '%s'; it begins with '/', or is a whole address", ret->path);
    ret->text = arena_printf(r->arena, "call %s %s", ret->method, ret->path);
    return 0;
}

static int read_advance(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    const char *text = js_text(n->value);
    if (text == NULL)
        return reader_fail(r, n->pointer, "'advance' is a duration like 11m");
    if (str_to_duration_ms(str_of(text), &ret->advance_ms) != 0 || ret->advance_ms <= 0)
        return reader_fail(r, n->pointer, "'advance' is '%s'; it is a duration like 11m", text);
    ret->text = arena_printf(r->arena, "advance %s", text);
    return 0;
}

static int read_system(struct reader *r, const struct node *n, const char *what,
                       const char *const *systems, struct scenario_step *ret)
{
    const char *text = js_text(n->value);
    for (const char *const *s = systems; text != NULL && *s != NULL; s++) {
        if (strcmp(*s, text) == 0) {
            ret->system = *s;
            ret->text = arena_printf(r->arena, "%s %s", what, text);
            return 0;
        }
    }
    return reader_fail(r, n->pointer, "'%s' is '%s'; it is %s or %s", what,
                       text != NULL ? text : js_type_name(n->value), systems[0], systems[1]);
}

static int read_rotate(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    static const char *const systems[] = {"authentik", "dex", NULL};
    return read_system(r, n, "rotate-keys", systems, ret);
}

static int read_restart(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    static const char *const systems[] = {"dex", "argocd", NULL};
    return read_system(r, n, "restart", systems, ret);
}

static int read_change(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    ret->text = "change the setup";
    return patch_read(r, n, &ret->patch);
}

static const struct step_kind kinds[] = {
    {"login", SCENARIO_LOGIN, read_login, true},
    {"refresh", SCENARIO_REFRESH, read_refresh, true},
    {"logout", SCENARIO_LOGOUT, read_logout, true},
    {"call", SCENARIO_CALL, read_call, true},
    {"advance", SCENARIO_ADVANCE, read_advance, false},
    {"rotate-keys", SCENARIO_ROTATE_KEYS, read_rotate, false},
    {"restart", SCENARIO_RESTART, read_restart, false},
    {"change", SCENARIO_CHANGE, read_change, false},
    {NULL, SCENARIO_KIND_MAX_, NULL, false},
};

const char *scenario_kind_name(enum scenario_kind k)
{
    for (const struct step_kind *s = kinds; s->name != NULL; s++) {
        if (s->kind == k)
            return s->name;
    }
    return "";
}

/* ---- one step ---- */

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]) - 1)

/* A step has one kind, and beside it faults and expect. */
static int find_kind(struct reader *r, const struct node *n, const struct step_kind **ret)
{
    const char *known[KIND_COUNT + 3] = {"faults", "expect"};
    for (size_t i = 0; i < KIND_COUNT; i++)
        known[i + 2] = kinds[i].name;
    if (reader_keys(r, n, "a step", known) != 0)
        return -1;
    for (const struct step_kind *k = kinds; k->name != NULL; k++) {
        if (js_get(n->value, k->name) == NULL)
            continue;
        if (*ret != NULL)
            return reader_fail_key(r, reader_member(r, n, k->name).pointer,
                                   "a step does one thing; this one has '%s' and '%s'",
                                   (*ret)->name, k->name);
        *ret = k;
    }
    return *ret != NULL
               ? 0
               : reader_fail(r, n->pointer,
                             "a step does nothing; it needs one of login, refresh, logout, "
                             "call, advance, rotate-keys, restart, change");
}

/* Silence never passes: what has an outcome says which it expects. */
static int read_expect(struct reader *r, const struct node *n, const struct step_kind *kind,
                       struct scenario_step *ret)
{
    struct node expect = reader_member(r, n, "expect");
    if (expect.value == NULL && kind->has_outcome)
        return reader_fail(r, n->pointer, "a %s without 'expect': silence never passes",
                           kind->name);
    if (expect.value != NULL && !kind->has_outcome)
        return reader_fail_key(r, expect.pointer, "'%s' has no outcome to expect", kind->name);
    return expect.value != NULL ? expect_read(r, &expect, ret, &ret->expect) : 0;
}

static int read_step(struct reader *r, const struct node *n, struct scenario_step *ret)
{
    const struct step_kind *kind = NULL;
    if (find_kind(r, n, &kind) != 0)
        return -1;
    struct node value = reader_member(r, n, kind->name);
    ret->kind = kind->kind;
    ret->line = reader_line(r, n->pointer);
    ret->value = reader_typed(r, value.pointer);
    if (kind->read(r, &value, ret) != 0 || faults_read(r, n, &ret->faults, &ret->faults_len) != 0)
        return -1;
    return read_expect(r, n, kind, ret);
}

int steps_read(struct reader *r, const struct node *n, const struct scenario_step **ret,
               size_t *ret_len)
{
    struct node list = reader_member(r, n, "steps");
    if (!js_is(list.value, JS_ARRAY) || js_len(list.value) == 0)
        return reader_fail(r, list.value != NULL ? list.pointer : n->pointer,
                           "a scenario needs 'steps', a list with at least one");
    size_t len = js_len(list.value);
    struct scenario_step *steps = arena_alloc(r->arena, (len + 1) * sizeof *steps);
    bool expects = false;
    for (size_t i = 0; i < len; i++) {
        struct node one = reader_element(r, &list, i);
        if (read_step(r, &one, &steps[i]) != 0)
            return -1;
        expects = expects || steps[i].expect.present;
    }
    if (!expects)
        return reader_fail(r, list.pointer, "no step expects anything: silence never passes");
    *ret = steps;
    *ret_len = len;
    return 0;
}
