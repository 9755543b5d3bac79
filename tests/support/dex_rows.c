/*
 * Walks the releases that a row names. A Dex of its own for each look.
 */
#include "tests/support/dex_rows.h"

#include <limits.h>

#include "harness/base/str.h"
#include "harness/setup/version.h"
#include "mocks/dex/quirks.h"
#include "tests/support/test.h"

static const struct quirk *row_named(const char *id)
{
    for (const struct quirk *q = quirks_dex; q->id != NULL; q++)
        if (cstr_eq(q->id, id))
            return q;
    return NULL;
}

static void look_in(const struct dex_row_case *c, const char *version, const char *override,
                    const char *expected)
{
    void *state = NULL;
    AUTO(js_free) struct js *quirks = NULL;
    if (override != NULL) {
        AUTO(xfree) char *text = xasprintf("{\"%s\": %s}", c->id, override);
        assert_int_equal(js_parse(str_of(text), "override", &quirks, NULL), 0);
    }
    assert_int_equal(dex_set_up(&state), 0);
    struct dex_fixture *f = state;
    f->version = version;
    f->quirks = quirks;
    if (c->arrange != NULL)
        c->arrange(f);
    else
        dex_restart(f, NULL, NULL);
    AUTO(xfree) char *seen = c->look(f);
    assert_int_equal(dex_tear_down(&state), 0);
    if (!cstr_eq(seen, expected))
        fail_msg("row %s in %s%s: seen \"%s\", expected \"%s\"", c->id, version,
                 override == NULL ? "" : " with the row turned over", seen, expected);
}

/* The newest release before this one: a patch less, or the line before. Caller frees; NULL: none.
 */
static char *release_before(const char *release)
{
    struct setup_version v = {0};
    struct setup_version line = {0};
    assert_int_equal(version_parse(release, &v), 0);
    if (v.patch != INT_MAX && v.patch > 0)
        return xasprintf("%d.%d.%d", v.major, v.minor, v.patch - 1);
    for (const char *const *l = setup_versions(SYSTEM_DEX); *l != NULL; l++)
        if (version_parse(*l, &line) == 0 && !version_least(&line, v.major, v.minor, 0))
            return xstrdup(*l);
    return NULL;
}

/* Both sides of each release in the list. Of two release lines that both have the change the second
 * has none before it. */
static void look_around(const struct dex_row_case *c, const struct quirk *q, const char *releases,
                        const char *from_then_on)
{
    struct str rest = str_of(releases);
    struct str one = {0};
    bool expected = from_then_on == c->holds;
    while (str_next(&rest, ' ', &one)) {
        AUTO(xfree) char *release = xstrndup(one.ptr, one.len);
        AUTO(xfree) char *before = release_before(release);
        look_in(c, release, NULL, from_then_on);
        if (before != NULL && quirk_holds(q, before) != expected)
            look_in(c, before, NULL, expected ? c->otherwise : c->holds);
    }
}

void dex_rows_check(const struct dex_row_case *c)
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
