/*
 * Who plays admin or viewer on somebody's own setup: whoever has the role, and where the policy has
 * roles of its own, somebody who can stand for them. Most of the library only needs a person with
 * groups who may sign in.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/run/one.h"

struct part {
    const char *word, *role;
    bool (*suits)(const struct setup *s, const struct setup_person *p);
    const char *is; /* of whoever suits */
};

static bool may(const struct setup *s, const struct setup_person *p, const char *action)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    for (const char *const *g = p->groups; *g != NULL; g++)
        strlist_add(&groups, *g);
    return rbac_can_claims(s->argocd.rbac, "", &groups, "applications", action, "default/guestbook",
                           NULL);
}

/* Faults that lose groups or forge a member of them show on somebody who has some. */
static bool suits_admin(const struct setup *s, const struct setup_person *p)
{
    (void)s;
    return p->active && p->groups[0] != NULL;
}

/* Of those who suit, whoever may open the application comes before who may not. */
#define OPENS 100

static bool suits_viewer(const struct setup *s, const struct setup_person *p)
{
    return p->active && p->groups[0] != NULL && may(s, p, "get") && !may(s, p, "sync") &&
           !may(s, p, "delete");
}

static const struct part parts[] = {
    {"admin", "role:admin", suits_admin, "is in a group"},
    {"viewer", "role:readonly", suits_viewer, "may get applications, and not sync or delete them"},
    {NULL, NULL, NULL, NULL},
};

static const struct part *part_of(const char *word)
{
    const struct part *p = parts;
    while (p->word != NULL && !cstr_eq(p->word, word))
        p++;
    return p->word != NULL ? p : NULL;
}

/* Of those who suit, the one who may most. */
static int weight(const struct setup *s, const struct setup_person *p)
{
    static const char *const actions[] = {"get", "sync", "create", "delete"};
    int ret = 1 + (setup_may_open(s, p) ? OPENS : 0);
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        ret += may(s, p, actions[i]) ? 1 : 0;
    return ret;
}

static const struct setup_person *stand_in(const struct setup *s, const struct part *part)
{
    const struct setup_person *ret = NULL;
    int best = 0;
    for (size_t i = 0; s->argocd.rbac != NULL && i < s->people_len; i++) {
        const struct setup_person *p = &s->people[i];
        int w = part->suits(s, p) ? weight(s, p) : 0;
        if (w > best) {
            best = w;
            ret = p;
        }
    }
    return ret;
}

int run_cast(const struct run_conf *conf, const struct setup *s, const char *as,
             struct run_cast *ret, struct err *err)
{
    *ret = (struct run_cast){0};
    if (setup_resolve_person(s, as, &ret->person, err) == 0)
        return 0;
    const struct part *part = conf->own_setup ? part_of(as) : NULL;
    ret->person = part != NULL ? stand_in(s, part) : NULL;
    if (ret->person == NULL)
        return -1;
    ret->in_place_of = part->role;
    *err = (struct err){0};
    return 0;
}

bool run_stands_for(const char *role, const struct scenario_expect *e)
{
    for (size_t i = 0; role != NULL && i < e->roles.len; i++)
        if (strcmp(e->roles.items[i], role) == 0)
            return true;
    return false;
}

char *run_cast_note(const struct run_conf *conf, const struct setup *s, const char *word)
{
    struct run_cast cast = {0};
    struct err err = {0};
    const struct part *part = part_of(word);
    if (part == NULL || run_cast(conf, s, word, &cast, &err) != 0 || cast.in_place_of == NULL)
        return NULL;
    return xasprintf("nobody has %s alone: '%s', who %s, stands for '%s', and has the roles that "
                     "the policy gives",
                     cast.in_place_of, cast.person->username, part->is, word);
}

const char *run_default_role(const struct run_conf *conf, const struct setup *s,
                             const struct scenario *scenario)
{
    const char *role = s->argocd.rbac_conf.default_role;
    bool own = js_path(scenario->patch, "argocd", "rbac_cm", "policy.default", NULL) != NULL;
    return conf->own_setup && !own && role != NULL && role[0] != '\0' ? role : NULL;
}
