/*
 * Expectations, and the rules that keep them from being empty: a refusal names system, place and
 * text (design.md 2.4), and nothing is expected that nobody would look at.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/scenario/reader.h"

static const char *const outcomes[] = {"signed-in", "refused", "no-answer", NULL};
static const char *const parties[] = {"authentik", "dex", "argocd", "cli", "rp", NULL};
static const char *const places[] = {"start", "discovery", "jwks",  "authorize", "flow",
                                     "login", "callback",  "token", "userinfo",  "session",
                                     "api",   "listener",  NULL};
static const char *const all_keys[] = {"outcome", "by",     "at",    "log",           "shown",
                                       "user",    "groups", "roles", "can",           "cannot",
                                       "checks",  "status", "body",  "as_configured", NULL};
static const char *const call_keys[] = {"status", "body", NULL};
static const char *const refused_keys[] = {"by", "at", "log", "shown", NULL};
static const char *const signed_in_keys[] = {"user",   "groups",        "roles", "can",
                                             "cannot", "as_configured", NULL};

/* The first of these keys that is there is out of place. */
static int refuse_keys(struct reader *r, const struct node *n, const char *const *keys,
                       const char *why)
{
    for (const char *const *k = keys; *k != NULL; k++) {
        struct node member = reader_member(r, n, *k);
        if (member.value != NULL)
            return reader_fail_key(r, member.pointer, "'%s' %s", *k, why);
    }
    return 0;
}

/* ---- the parts ---- */

static int read_user(struct reader *r, const struct node *n, struct scenario_expect *ret)
{
    static const char *const keys[] = {"name", "id", NULL};
    const char *ignored = NULL;
    struct node user = reader_member(r, n, "user");
    if (user.value == NULL)
        return 0;
    ret->user = user.value;
    if (js_text(user.value) != NULL)
        return 0;
    if (reader_keys(r, &user, "'user'", keys) != 0 ||
        reader_text(r, &user, "name", &ignored) != 0 || reader_text(r, &user, "id", &ignored) != 0)
        return -1;
    return 0;
}

/* "sync applications default/guestbook": action, resource and, mostly, an object. */
static int check_rights(struct reader *r, const struct node *n, const char *key,
                        const struct scenario_list *list)
{
    struct node at = reader_member(r, n, key);
    for (size_t i = 0; i < list->len; i++) {
        const char *blank = strchr(list->items[i], ' ');
        struct node item = reader_element(r, &at, i);
        if (blank == NULL || blank == list->items[i] || blank[1] == '\0' || blank[1] == ' ')
            return reader_fail(r, item.pointer,
                               "'%s' is '%s'; a right is ACTION RESOURCE OBJECT, like sync "
                               "applications default/guestbook",
                               key, list->items[i]);
    }
    return 0;
}

static int check_name(struct reader *r, const char *pointer, const char *name)
{
    const char *near = NULL;
    if (reader_knows(r->vocabulary->check_at, name, &near))
        return 0;
    if (near != NULL)
        return reader_fail(r, pointer, "unknown check '%s'; did you mean '%s'?", name, near);
    return reader_fail(r, pointer, "unknown check '%s'; `rolecall list checks` names them", name);
}

/* An item is a full name, or {check, because}: a declared side effect with its reason. */
static int read_failing(struct reader *r, const struct node *item, const char **ret,
                        const char **ret_because)
{
    static const char *const keys[] = {"check", "because", NULL};
    struct node name = *item;
    if (js_text(item->value) != NULL) {
        *ret = arena_strdup(r->arena, js_text(item->value));
        return check_name(r, item->pointer, *ret);
    }
    if (reader_keys(r, item, "a failing check", keys) != 0 ||
        reader_text(r, item, "check", ret) != 0 ||
        reader_text(r, item, "because", ret_because) != 0)
        return -1;
    if (*ret == NULL)
        return reader_fail(r, item->pointer, "a failing check without 'check'");
    name = reader_member(r, item, "check");
    if (check_name(r, name.pointer, *ret) != 0)
        return -1;
    if (*ret_because == NULL || (*ret_because)[0] == '\0')
        return reader_fail(r, item->pointer, "'%s' without 'because'; its name alone will do",
                           *ret);
    return 0;
}

static int refuse_twice(struct reader *r, const struct node *item, const char *const *names,
                        size_t i)
{
    for (size_t before = 0; before < i; before++) {
        if (strcmp(names[before], names[i]) == 0)
            return reader_fail(r, item->pointer, "the check '%s' is named twice", names[i]);
    }
    return 0;
}

static int read_checks(struct reader *r, const struct node *n, struct scenario_expect *ret)
{
    static const char *const keys[] = {"fail", NULL};
    struct node checks = reader_member(r, n, "checks");
    if (checks.value == NULL)
        return 0;
    if (reader_keys(r, &checks, "'checks'", keys) != 0)
        return -1;
    struct node fail = reader_member(r, &checks, "fail");
    if (fail.value == NULL)
        return 0;
    if (!js_is(fail.value, JS_ARRAY))
        return reader_fail(r, fail.pointer, "'fail' is a list, found %s", js_type_name(fail.value));
    size_t len = js_len(fail.value);
    const char **names = arena_alloc(r->arena, (len + 1) * sizeof *names);
    const char **because = arena_alloc(r->arena, (len + 1) * sizeof *because);
    for (size_t i = 0; i < len; i++) {
        struct node item = reader_element(r, &fail, i);
        if (read_failing(r, &item, &names[i], &because[i]) != 0 ||
            refuse_twice(r, &item, names, i) != 0)
            return -1;
    }
    ret->checks_fail = (struct scenario_list){.present = true, .items = names, .len = len};
    ret->checks_because = because;
    return 0;
}

static int read_status(struct reader *r, const struct node *n, struct scenario_expect *ret)
{
    const char *text = NULL;
    if (reader_text(r, n, "status", &text) != 0)
        return -1;
    if (text != NULL && str_to_i64(str_of(text), 100, 599, &ret->status) != 0) {
        struct node at = reader_member(r, n, "status");
        return reader_fail(r, at.pointer, "'status' is '%s'; it is an HTTP status", text);
    }
    return 0;
}

/* ---- the rules ---- */

static int check_call(struct reader *r, const struct node *n, const struct scenario_expect *e)
{
    for (const char *const *k = all_keys; *k != NULL; k++) {
        struct node member = reader_member(r, n, *k);
        if (member.value != NULL && strcmp(*k, "status") != 0 && strcmp(*k, "body") != 0)
            return reader_fail_key(r, member.pointer,
                                   "'%s' says nothing about a call; it has 'status' and 'body'",
                                   *k);
    }
    if (e->status == 0 && e->body == NULL)
        return reader_fail(r, n->pointer, "a call expects a 'status' or a 'body'");
    return 0;
}

static int check_signed_in(struct reader *r, const struct node *n, const struct scenario_step *step,
                           const struct scenario_expect *e)
{
    static const char *const rights[] = {"can", "cannot", NULL};
    static const char *const as_configured[] = {"as_configured", NULL};
    if (refuse_keys(r, n, refused_keys, "belongs to a refusal, and the outcome is signed-in") != 0)
        return -1;
    if (check_rights(r, n, "can", &e->can) != 0 || check_rights(r, n, "cannot", &e->cannot) != 0)
        return -1;
    if (step->kind != SCENARIO_LOGIN)
        return refuse_keys(r, n, rights, "is asked after a login only") != 0
                   ? -1
                   : refuse_keys(r, n, as_configured, "is about a login's person");
    if (strcmp(step->via, "direct") == 0)
        return refuse_keys(r, n, rights,
                           "is asked of Argo CD, where a direct login has no session");
    return 0;
}

/* design.md 2.4: the system, the place and the text. What never answers has no text. */
static int check_refused(struct reader *r, const struct node *n, const struct scenario_expect *e)
{
    if (refuse_keys(r, n, signed_in_keys, "belongs to the outcome signed-in") != 0)
        return -1;
    if (e->by == NULL)
        return reader_fail(r, n->pointer, "the outcome is %s; 'by' says which system it comes from",
                           e->outcome);
    if (e->at == NULL)
        return reader_fail(r, n->pointer, "the outcome is %s; 'at' says at which place",
                           e->outcome);
    if (strcmp(e->outcome, "refused") == 0 && e->log == NULL && e->shown == NULL)
        return reader_fail(r, n->pointer,
                           "the outcome is refused; 'shown' or 'log' says with which words");
    return 0;
}

static int check_login(struct reader *r, const struct node *n, const struct scenario_step *step,
                       const struct scenario_expect *e)
{
    if (refuse_keys(r, n, call_keys, "is about a call step") != 0)
        return -1;
    if (e->outcome == NULL)
        return reader_fail(r, n->pointer, "the expectation has no 'outcome': %s, %s or %s",
                           outcomes[0], outcomes[1], outcomes[2]);
    if (strcmp(e->outcome, "signed-in") == 0)
        return check_signed_in(r, n, step, e);
    return check_refused(r, n, e);
}

static int read_all(struct reader *r, const struct node *n, struct scenario_expect *e)
{
    if (reader_word(r, n, "outcome", outcomes, &e->outcome) != 0 ||
        reader_word(r, n, "by", parties, &e->by) != 0 ||
        reader_word(r, n, "at", places, &e->at) != 0 || reader_text(r, n, "log", &e->log) != 0 ||
        reader_text(r, n, "shown", &e->shown) != 0 || reader_text(r, n, "body", &e->body) != 0)
        return -1;
    if (reader_list(r, n, "groups", &e->groups) != 0 ||
        reader_list(r, n, "roles", &e->roles) != 0 || reader_list(r, n, "can", &e->can) != 0 ||
        reader_list(r, n, "cannot", &e->cannot) != 0 ||
        reader_bool(r, n, "as_configured", &e->as_configured) != 0)
        return -1;
    if (read_user(r, n, e) != 0 || read_checks(r, n, e) != 0 || read_status(r, n, e) != 0)
        return -1;
    return 0;
}

int expect_read(struct reader *r, const struct node *n, const struct scenario_step *step,
                struct scenario_expect *ret)
{
    ret->present = true;
    ret->line = reader_line(r, n->pointer);
    ret->json = reader_typed(r, n->pointer);
    if (reader_keys(r, n, "an expectation", all_keys) != 0 || read_all(r, n, ret) != 0)
        return -1;
    return step->kind == SCENARIO_CALL ? check_call(r, n, ret) : check_login(r, n, step, ret);
}
