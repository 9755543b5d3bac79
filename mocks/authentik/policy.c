/*
 * Who may use the application (authentik.md 3.2, row 17): the bindings to groups and people, and
 * what holds without any. Knows nothing of requests.
 */
#include "mocks/authentik/state.h"

static bool in_group(const struct setup_person *p, const char *group)
{
    for (const char *const *g = p->groups; g != NULL && *g != NULL; g++)
        if (cstr_eq(*g, group))
            return true;
    return false;
}

static bool passes(const struct setup_binding *b, const struct setup_person *p)
{
    bool hit = b->group != NULL ? in_group(p, b->group) : cstr_eq(b->user, p->id);
    return hit != b->negate;
}

bool ak_policy_allows(const struct mock *m, const struct setup_person *p)
{
    const struct setup_authentik *ak = m->conf.ak;
    size_t passing = 0;
    if (ak->bindings_len == 0)
        return !ak->no_default_access || !ak_quirk(m, QUIRK_DEFAULT_APP_ACCESS);
    for (size_t i = 0; i < ak->bindings_len; i++)
        passing += passes(&ak->bindings[i], p) ? 1 : 0;
    return ak->policy_all ? passing == ak->bindings_len : passing > 0;
}
