/*
 * The people of a setup: from the document to structs, and which of admin, viewer, nobody and both
 * the policy makes of each. Knows nothing of how they sign in.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/setup/setup_int.h"

#define PASSWORD_LENGTH 24
#define DEFAULT_GROUP_PREFIX "group-"

/* ---- from the document ---- */

static void add_texts(const struct js *array, struct strlist *ret)
{
    for (size_t i = 0; i < js_len(array); i++)
        strlist_add(ret, js_text(js_at(array, i)));
}

/* groups_count: 200 with groups_prefix: "team-" gives team-1 to team-200. */
static void add_generated_groups(const struct js *person, struct strlist *ret)
{
    const struct js *count = js_get(person, "groups_count");
    const char *prefix = js_get_text(person, "groups_prefix");
    int64_t n = 0;
    bool known = js_is(count, JS_STRING) ? str_to_i64(str_of(js_text(count)), 0, INT32_MAX, &n) == 0
                                         : js_number(count, &n) == 0;
    for (int64_t i = 1; known && i <= n; i++)
        strlist_take(
            ret, xasprintf("%s%lld", prefix != NULL ? prefix : DEFAULT_GROUP_PREFIX, (long long)i));
}

static const char *const *person_groups(struct building *b, const struct js *person)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    add_texts(js_get(person, "groups"), &groups);
    add_generated_groups(person, &groups);
    return build_list(b, &groups);
}

/* A generated password goes into the document, so that a change of the setup keeps it. */
static void give_password(struct building *b, struct setup_person *p)
{
    struct js *person = js_path(b->owner->doc, "people", p->id, NULL);
    AUTO(xfree) char *what = xasprintf("password of %s", p->id);
    if (js_get_text(person, "password") == NULL) {
        AUTO(xfree) char *text = rnd_text(b->rnd, "setup", what, RND_ALNUM, PASSWORD_LENGTH);
        js_set_text(person, "password", text);
        build_note_generated(b, what);
    }
    p->password = build_text(b, person, "password", NULL);
    p->password_generated = build_was_generated(b, what);
}

static void fill_person(struct building *b, const char *id, const struct js *from,
                        struct setup_person *p)
{
    p->id = arena_strdup(b->owner->arena, id);
    p->username = build_text(b, from, "username", id);
    p->name = build_text(b, from, "name", id);
    p->email = build_text(b, from, "email", NULL);
    p->active = build_bool(from, "active", true);
    p->groups = person_groups(b, from);
    p->extra = js_is(js_get(from, "claims"), JS_OBJECT) ? js_get(from, "claims") : NULL;
    p->attributes =
        js_is(js_get(from, "attributes"), JS_OBJECT) ? js_get(from, "attributes") : NULL;
    p->app_password = build_text(b, from, "app_password", NULL);
    p->totp = build_text(b, from, "totp", NULL);
    p->static_codes = build_texts(b, js_get(from, "static_codes"));
    give_password(b, p);
}

static const char *const role_words[] = {"admin", "viewer", "nobody", "both", NULL};

static bool is_role_word(const char *word)
{
    return cstr_among(word, role_words);
}

static int check_person(struct building *b, size_t n)
{
    const struct setup_person *people = b->owner->pub.people;
    if (is_role_word(people[n].id))
        return err_set_at(b->err, ERR_USAGE, b->source, 0, 0,
                          "a person cannot be called '%s': scenarios use that word for whoever has "
                          "the role",
                          people[n].id);
    for (size_t i = 0; i < n; i++) {
        if (strcasecmp(people[i].username, people[n].username) == 0)
            return err_set_at(b->err, ERR_USAGE, b->source, 0, 0,
                              "people '%s' and '%s' have the same username '%s'", people[i].id,
                              people[n].id, people[n].username);
    }
    return 0;
}

int people_build(struct building *b)
{
    const struct js *from = js_get(b->owner->doc, "people");
    size_t len = js_len(from);
    struct setup_person *people = arena_alloc(b->owner->arena, (len + 1) * sizeof *people);
    size_t n = 0;
    b->owner->pub.people = people;
    for (struct js_iter it = js_iter(from); js_next(&it);) {
        if (!js_is(it.value, JS_OBJECT))
            js_set(js_get(b->owner->doc, "people"), it.key, js_object());
        people[n].pk = (int)n + 1;
        fill_person(b, it.key, js_get(from, it.key), &people[n]);
        if (check_person(b, n) != 0)
            return -1;
        n++;
    }
    b->owner->pub.people_len = n;
    return 0;
}

/* ---- roles ---- */

/* What the group rows give, group by group: a role that another brings along is still its own. */
static void own_roles(const struct rbac *r, const struct setup_person *p, struct strlist *ret)
{
    for (const char *const *g = p->groups; *g != NULL; g++) {
        AUTO(strlist_deinit) struct strlist one = {0};
        AUTO(strlist_deinit) struct strlist roles = {0};
        strlist_add(&one, *g);
        rbac_roles(r, "", &one, &roles);
        for (size_t i = 0; i < roles.len; i++) {
            if (!strlist_has(ret, roles.items[i]))
                strlist_add(ret, roles.items[i]);
        }
    }
}

static enum role_class class_of(const struct strlist *roles, bool has_default)
{
    bool admin = strlist_has(roles, "role:admin");
    bool viewer = strlist_has(roles, "role:readonly");
    if (roles->len == 0)
        return has_default ? ROLE_OTHER : ROLE_NOBODY;
    if (roles->len == 1 && admin)
        return ROLE_ADMIN;
    if (roles->len == 1 && viewer)
        return ROLE_VIEWER;
    return roles->len == 2 && admin && viewer ? ROLE_BOTH : ROLE_OTHER;
}

void people_classify(struct building *b, const struct rbac *groups_only, bool has_default)
{
    struct setup_owner *o = b->owner;
    o->roles = arena_alloc(o->arena, (o->pub.people_len + 1) * sizeof *o->roles);
    for (size_t i = 0; groups_only != NULL && i < o->pub.people_len; i++) {
        AUTO(strlist_deinit) struct strlist roles = {0};
        own_roles(groups_only, &o->pub.people[i], &roles);
        o->roles[i] =
            o->pub.people[i].active ? class_of(&roles, has_default) : (enum role_class)ROLE_OTHER;
    }
}

struct role_word {
    const char *word;
    enum role_class role;
    const char *lacking; /* why there is no such person */
};

static const struct role_word roles[] = {
    {"admin", ROLE_ADMIN, "no person has role:admin alone"},
    {"viewer", ROLE_VIEWER, "no person has role:readonly alone"},
    {"nobody", ROLE_NOBODY, "every person has a role"},
    {"both", ROLE_BOTH, "no person has role:admin and role:readonly by groups of their own"},
    {NULL, ROLE_OTHER, NULL},
};

const struct setup_person *setup_person(const struct setup *s, const char *id)
{
    for (size_t i = 0; i < s->people_len; i++) {
        if (cstr_eq(s->people[i].id, id))
            return &s->people[i];
    }
    return NULL;
}

/* The owner begins with what it publishes. */
static const struct setup_owner *owner_of(const struct setup *s)
{
    return (const struct setup_owner *)(const void *)s;
}

static bool in_group(const struct setup_person *p, const char *group)
{
    for (const char *const *g = p->groups; g != NULL && *g != NULL; g++)
        if (cstr_eq(*g, group))
            return true;
    return false;
}

bool setup_is_bound(const struct setup_authentik *ak, const struct setup_person *p)
{
    size_t passing = 0;
    for (size_t i = 0; i < ak->bindings_len; i++) {
        const struct setup_binding *b = &ak->bindings[i];
        bool hit = b->group != NULL ? in_group(p, b->group) : cstr_eq(b->user, p->id);
        passing += hit != b->negate ? 1 : 0;
    }
    return ak->policy_all ? passing == ak->bindings_len : passing > 0;
}

bool setup_may_open(const struct setup *s, const struct setup_person *p)
{
    return s->authentik.bindings_len == 0 || setup_is_bound(&s->authentik, p);
}

/* Of several the first who may open the application; a role without such a person has the first. */
static int resolve_role(const struct setup *s, const struct role_word *w,
                        const struct setup_person **ret, struct err *err)
{
    const struct setup_person *found = NULL;
    for (size_t i = 0; i < s->people_len; i++) {
        const struct setup_person *p = &s->people[i];
        bool better = found == NULL || (!setup_may_open(s, found) && setup_may_open(s, p));
        if (owner_of(s)->roles[i] == w->role && better)
            found = p;
    }
    if (found != NULL) {
        *ret = found;
        return 0;
    }
    if (s->argocd.rbac_error != NULL)
        return err_set(err, ERR_USAGE, "nobody fits '%s': the policy does not load: %s", w->word,
                       s->argocd.rbac_error_at != NULL ? s->argocd.rbac_error_at
                                                       : s->argocd.rbac_error);
    return err_set(err, ERR_USAGE, "nobody fits '%s': %s", w->word, w->lacking);
}

static const char *name_at(const void *ctx, size_t i)
{
    const struct setup *s = ctx;
    if (i < s->people_len)
        return s->people[i].id;
    return i - s->people_len < 4 ? role_words[i - s->people_len] : NULL;
}

int setup_resolve_person(const struct setup *s, const char *as, const struct setup_person **ret,
                         struct err *err)
{
    for (const struct role_word *w = roles; w->word != NULL; w++) {
        if (cstr_eq(w->word, as))
            return resolve_role(s, w, ret, err);
    }
    const struct setup_person *p = setup_person(s, as);
    if (p != NULL) {
        *ret = p;
        return 0;
    }
    const char *near = str_nearest_of(as, name_at, s);
    return near != NULL
               ? err_set(err, ERR_USAGE, "unknown person '%s'; did you mean '%s'?", as, near)
               : err_set(err, ERR_USAGE, "unknown person '%s'", as);
}
