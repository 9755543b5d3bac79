/*
 * The changes that a scenario makes to the setup: merge patches, checked with the place of each key
 * before anything runs.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/scenario/reader.h"
#include "harness/setup/setup.h"

static int check_version(struct reader *r, const struct node *n, const char *system)
{
    struct node of = reader_member(r, n, system);
    struct node version = reader_member(r, &of, "version");
    const char *text = js_text(version.value);
    if (text == NULL || r->vocabulary->version_known == NULL ||
        r->vocabulary->version_known(system, text))
        return 0;
    return reader_fail(r, version.pointer,
                       "there is no mock of %s %s; `rolecall list versions` names those there are",
                       system, text);
}

/* Rows of a system's version table that the change turns over. */
static int check_quirks(struct reader *r, const struct node *n, const char *system)
{
    struct node of = reader_member(r, n, system);
    struct node quirks = reader_member(r, &of, "quirks");
    const char *(*row_at)(const void *system, size_t i) = r->vocabulary->quirk_at;
    for (struct js_iter it = js_iter(quirks.value); row_at != NULL && js_next(&it);) {
        bool known = false;
        for (size_t i = 0; row_at(system, i) != NULL && !known; i++)
            known = strcmp(row_at(system, i), it.key) == 0;
        if (known)
            continue;
        struct node row = reader_member(r, &quirks, it.key);
        const char *near = str_nearest_of(it.key, row_at, system);
        if (near != NULL)
            return reader_fail_key(r, row.pointer,
                                   "%s's versions have no row '%s'; did you mean '%s'?", system,
                                   it.key, near);
        return reader_fail_key(r, row.pointer,
                               "%s's versions have no row '%s'; `rolecall list versions` shows "
                               "them",
                               system, it.key);
    }
    return 0;
}

int patch_read(struct reader *r, const struct node *n, const struct js **ret)
{
    AUTO(js_free) struct js *patch = js_dup(n->value);
    if (!js_is(n->value, JS_OBJECT))
        return reader_fail(r, n->pointer, "a change of the setup is a map, found %s",
                           js_type_name(n->value));
    if (setup_check(n->value, r->file, r->places, n->pointer, r->err) != 0)
        return -1;
    for (int s = 0; s < SYSTEM_MAX_; s++) {
        const char *system = system_name((enum system)s);
        if (check_version(r, n, system) != 0 || check_quirks(r, n, system) != 0)
            return -1;
    }
    setup_take_types(patch, reader_typed(r, n->pointer));
    vec_push(r->docs, patch);
    *ret = patch;
    patch = NULL;
    return 0;
}
