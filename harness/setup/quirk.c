/*
 * Reading the releases of a quirk's row.
 */
#include "harness/setup/quirk.h"

#include <limits.h>

#include "harness/base/str.h"
#include "harness/setup/version.h"

/* Within a release line that is named its patch level counts; beyond the last one everything has
 * it. */
static bool reached(const char *releases, const struct setup_version *v)
{
    struct str rest = str_of(releases);
    struct str one = {0};
    struct setup_version r = {0};
    while (str_next(&rest, ' ', &one)) {
        AUTO(xfree) char *text = xstrndup(one.ptr, one.len);
        if (version_parse(text, &r) != 0)
            return false;
        if (version_same_line(v, &r)) /* "2024.12" is the whole line */
            return r.patch == INT_MAX || v->patch >= r.patch;
    }
    return version_least(v, r.major, r.minor, 0);
}

bool quirk_holds(const struct quirk *q, const char *version)
{
    struct setup_version v = {0};
    if (version == NULL || version_parse(version, &v) != 0)
        return false;
    if (q->since != NULL && !reached(q->since, &v))
        return false;
    return q->until == NULL || !reached(q->until, &v);
}

void quirk_describe(const struct quirk *q, struct js *o)
{
    const char certainty[] = {q->certainty, '\0'};
    js_set(o, "since", js_string(q->since));
    js_set(o, "until", js_string(q->until));
    js_set_text(o, "certainty", certainty);
    js_set_text(o, "title", q->title);
    js_set(o, "advice", js_string(q->advice));
    js_set_text(o, "source", q->source);
}

static const char *id_at(const void *ctx, size_t i)
{
    const struct quirk *table = ctx;
    while (i > 0 && table->id != NULL) {
        table++;
        i--;
    }
    return table->id;
}

static int override(const struct quirk *table, const struct js_iter *it, const char *where,
                    bool *ret, struct err *err)
{
    size_t i = 0;
    while (table[i].id != NULL && !cstr_eq(table[i].id, it->key))
        i++;
    if (table[i].id != NULL) {
        if (ret != NULL)
            ret[i] = js_is(it->value, JS_TRUE) || cstr_eq(js_text(it->value), "true");
        return 0;
    }
    const char *near = str_nearest_of(it->key, id_at, table);
    if (near != NULL)
        return err_set(err, ERR_USAGE, "%s has no row '%s'; did you mean '%s'?", where, it->key,
                       near);
    return err_set(err, ERR_USAGE, "%s has no row '%s'; `rolecall list versions` shows them", where,
                   it->key);
}

int quirks_resolve(const struct quirk *table, const char *version, const struct js *overrides,
                   const char *where, bool *ret, struct err *err)
{
    struct setup_version v = {0};
    if (version == NULL || version_parse(version, &v) != 0)
        return err_set(err, ERR_USAGE, "'%s' is no version", version != NULL ? version : "");
    for (size_t i = 0; ret != NULL && table[i].id != NULL; i++)
        ret[i] = quirk_holds(&table[i], version);
    for (struct js_iter it = js_iter(overrides); js_next(&it);) {
        if (!js_is(it.value, JS_NULL) && override(table, &it, where, ret, err) != 0)
            return -1;
    }
    return 0;
}
