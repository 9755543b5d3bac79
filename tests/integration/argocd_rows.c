/*
 * Walks the releases that a row of Argo CD's version table names, and looks on both sides of each.
 */
#include "tests/integration/argocd_rows.h"

#include <limits.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/setup/version.h"

static const struct quirk *row_named(const char *id)
{
    for (const struct quirk *q = quirks_argocd; q->id != NULL; q++)
        if (strcmp(q->id, id) == 0)
            return q;
    return NULL;
}

void argocd_rows_version(struct fx *f, const char *version, const char *overrides)
{
    AUTO(js_free) struct js *said = NULL;
    struct err err = {0};
    if (overrides != NULL)
        assert_int_equal(js_parse(str_of(overrides), "overrides", &said, &err), 0);
    f->setup.argocd.version = version;
    if (quirks_resolve(quirks_argocd, version, said, "argocd.quirks", f->setup.argocd.quirks,
                       &err) != 0)
        fail_msg("%s", err.msg);
}

static void look_in(const struct argocd_row_case *c, const char *version, const char *turned,
                    const char *expected)
{
    void *state = NULL;
    AUTO(xfree)
    char *overrides = turned != NULL ? xasprintf("{\"%s\": %s}", c->id, turned) : NULL;
    assert_int_equal(fx_setup(&state), 0);
    struct fx *f = state;
    argocd_rows_version(f, version, overrides);
    if (c->arrange != NULL)
        c->arrange(f);
    fx_restart(f);
    AUTO(xfree) char *seen = c->look(f);
    assert_int_equal(fx_teardown(&state), 0);
    if (!cstr_eq(seen, expected))
        fail_msg("row %s in %s%s: seen \"%s\", expected \"%s\"", c->id, version,
                 turned == NULL ? "" : " with the row turned over", seen, expected);
}

/* The newest release before this one: a patch less, or the line before. Caller frees; NULL when
 * there is none. */
static char *release_before(const char *release)
{
    struct setup_version v = {0};
    struct setup_version line = {0};
    assert_int_equal(version_parse(release, &v), 0);
    if (v.patch != INT_MAX && v.patch > 0)
        return xasprintf("%d.%d.%d", v.major, v.minor, v.patch - 1);
    for (const char *const *l = setup_versions(SYSTEM_ARGOCD); *l != NULL; l++)
        if (version_parse(*l, &line) == 0 && !version_least(&line, v.major, v.minor, 0))
            return xstrdup(*l);
    return NULL;
}

/* Both sides of each release in the list. Between two release lines that both have the change there
 * is no release before. */
static void look_around(const struct argocd_row_case *c, const struct quirk *q,
                        const char *releases)
{
    struct str rest = str_of(releases);
    struct str one = {0};
    while (str_next(&rest, ' ', &one)) {
        AUTO(xfree) char *release = xstrndup(one.ptr, one.len);
        AUTO(xfree) char *before = release_before(release);
        bool holds = quirk_holds(q, release);
        look_in(c, release, NULL, holds ? c->holds : c->otherwise);
        if (before != NULL && quirk_holds(q, before) != holds)
            look_in(c, before, NULL, holds ? c->otherwise : c->holds);
    }
}

void argocd_rows_check(const struct argocd_row_case *c)
{
    const struct quirk *q = row_named(c->id);
    if (q == NULL) {
        fail_msg("the version table has no row '%s'", c->id);
        return;
    }
    assert_string_not_equal(c->holds, c->otherwise);
    if (q->since != NULL)
        look_around(c, q, q->since);
    if (q->until != NULL)
        look_around(c, q, q->until);
    struct str rest = str_of(q->since != NULL ? q->since : q->until);
    struct str first = {0};
    (void)str_next(&rest, ' ', &first);
    AUTO(xfree) char *release = xstrndup(first.ptr, first.len);
    bool holds = quirk_holds(q, release);
    look_in(c, release, holds ? "false" : "true", holds ? c->otherwise : c->holds);
}
