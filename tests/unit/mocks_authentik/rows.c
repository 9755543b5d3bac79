/*
 * Walks the releases that a row of the version table names, and looks on both sides of each.
 */
#include "tests/unit/mocks_authentik/rows.h"

#include <limits.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/setup/version.h"

static const struct quirk *row_named(const char *id)
{
    for (const struct quirk *q = quirks_authentik; q->id != NULL; q++)
        if (strcmp(q->id, id) == 0)
            return q;
    return NULL;
}

static void look_in(const struct row_case *c, const char *version, const char *override,
                    const char *expected)
{
    struct fx f;
    AUTO(js_free) struct js *overrides = NULL;
    if (override != NULL) {
        AUTO(xfree) char *text = xasprintf("{\"%s\": %s}", c->id, override);
        assert_int_equal(js_parse(str_of(text), "override", &overrides, NULL), 0);
    }
    fx_init(&f);
    f.setup.authentik.version = version;
    f.setup.authentik.client_secret = "plain0secret1"; /* nothing to decode: a row of its own */
    f.setup.authentik.quirks = overrides;
    if (c->arrange != NULL)
        c->arrange(&f);
    fx_start(&f);
    AUTO(xfree) char *seen = c->look(&f);
    fx_stop(&f);
    if (!cstr_eq(seen, expected))
        fail_msg("row %s in %s%s: seen \"%s\", expected \"%s\"", c->id, version,
                 override == NULL ? "" : " with the row turned over", seen, expected);
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
    for (const char *const *l = setup_versions(SYSTEM_AUTHENTIK); *l != NULL; l++)
        if (version_parse(*l, &line) == 0 && !version_least(&line, v.major, v.minor, 0))
            return xstrdup(*l);
    return NULL;
}

/* Both sides of each release in the list. Between two release lines that both have the change there
 * is no release before. */
static void look_around(const struct row_case *c, const struct quirk *q, const char *releases,
                        const char *from_then_on)
{
    struct str rest = str_of(releases);
    struct str one = {0};
    while (str_next(&rest, ' ', &one)) {
        AUTO(xfree) char *release = xstrndup(one.ptr, one.len);
        AUTO(xfree) char *before = release_before(release);
        look_in(c, release, NULL, from_then_on);
        bool expected = from_then_on == c->holds;
        if (before != NULL && quirk_holds(q, before) != expected)
            look_in(c, before, NULL, expected ? c->otherwise : c->holds);
    }
}

void rows_check(const struct row_case *c)
{
    const struct quirk *q = row_named(c->id);
    if (q == NULL) {
        fail_msg("the version table has no row '%s'", c->id);
        return;
    }
    if (q->since != NULL)
        look_around(c, q, q->since, c->holds);
    if (q->until != NULL)
        look_around(c, q, q->until, c->otherwise);
    struct str rest = str_of(q->since != NULL ? q->since : q->until);
    struct str first = {0};
    (void)str_next(&rest, ' ', &first);
    AUTO(xfree) char *release = xstrndup(first.ptr, first.len);
    bool holds = quirk_holds(q, release);
    look_in(c, release, holds ? "false" : "true", holds ? c->otherwise : c->holds);
}
