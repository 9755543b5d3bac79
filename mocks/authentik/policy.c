/*
 * Who may use the application (authentik.md 3.2, row 17): the bindings to groups and people, and
 * what holds without any. Knows nothing of requests.
 */
#include "mocks/authentik/state.h"

bool ak_policy_allows(const struct mock *m, const struct setup_person *p)
{
    const struct setup_authentik *ak = m->conf.ak;
    if (ak->bindings_len == 0)
        return !ak->no_default_access || !ak_quirk(m, QUIRK_DEFAULT_APP_ACCESS);
    return setup_is_bound(ak, p);
}
