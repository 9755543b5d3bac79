/*
 * The table of checks as a whole: names, look-up, and judging one login by all of them.
 */
#include "harness/check/check.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/check/evidence.h"

static const struct {
    enum check_of of;
    const char *name;
} parties[] = {
    {CHECK_OF_AUTHENTIK, "authentik"},
    {CHECK_OF_DEX, "dex"},
    {CHECK_OF_ARGOCD, "argocd"},
    {CHECK_OF_CLI, "cli"},
    {CHECK_OF_RP, "rp"},
    {CHECK_OF_BROWSER, "browser"},
    {(enum check_of)0, NULL},
};

const char *check_of_name(enum check_of of)
{
    for (size_t i = 0; parties[i].name != NULL; i++)
        if (parties[i].of == of)
            return parties[i].name;
    return "?";
}

const char *check_severity_name(enum check_severity s)
{
    return s == CHECK_MUST ? "must" : "should";
}

bool check_find(const char *full_name, const struct check **ret, enum check_of *ret_of)
{
    const char *slash = strchr(full_name, '/');
    if (slash == NULL)
        return false;
    const struct str party = {full_name, (size_t)(slash - full_name)};
    for (size_t p = 0; parties[p].name != NULL; p++) {
        if (!str_is(party, parties[p].name))
            continue;
        for (const struct check *c = checks; c->id != NULL; c++)
            if ((c->of & (unsigned)parties[p].of) != 0 && strcmp(c->id, slash + 1) == 0) {
                *ret = c;
                *ret_of = parties[p].of;
                return true;
            }
    }
    return false;
}

char *check_name_at(size_t i)
{
    for (const struct check *c = checks; c->id != NULL; c++)
        for (size_t p = 0; parties[p].name != NULL; p++)
            if ((c->of & (unsigned)parties[p].of) != 0 && i-- == 0)
                return xasprintf("%s/%s", parties[p].name, c->id);
    return NULL;
}

static size_t count_all(void)
{
    size_t n = 0;
    for (const struct check *c = checks; c->id != NULL; c++)
        n += (size_t)__builtin_popcount(c->of);
    return n;
}

void check_login(const struct check_view *v, struct check_result **ret, size_t *ret_len)
{
    struct check_result *list = xcalloc(count_all() + 1, sizeof(*list));
    AUTO(evidence_free) struct evidence *evidence = evidence_new(v);
    struct check_view view = *v;
    view.evidence = evidence;
    size_t n = 0;
    for (const struct check *c = checks; c->id != NULL; c++)
        for (size_t p = 0; parties[p].name != NULL; p++) {
            if ((c->of & (unsigned)parties[p].of) == 0 || c->step != v->step)
                continue;
            struct check_result *r = &list[n++];
            r->check = c;
            r->of = parties[p].of;
            c->judge(&view, parties[p].of, &r->verdict);
            if (r->verdict.kind == VERDICT_SKIP && r->verdict.reason == NULL)
                verdict_error(&r->verdict, "the check gave no verdict");
        }
    *ret = list;
    *ret_len = n;
}

void check_results_free(struct check_result *list, size_t len)
{
    for (size_t i = 0; i < len; i++)
        verdict_deinit(&list[i].verdict);
    xfree(list);
}
