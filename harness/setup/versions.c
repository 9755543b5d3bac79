/*
 * The versions that exist, how they are compared, and which Dex an Argo CD release bundles. What a
 * version changes is in the version tables, not here.
 */
#include <assert.h>
#include <limits.h>

#include "harness/base/str.h"
#include "harness/setup/setup_int.h"

/* authentik.md 0, dex.md 0.1. Newest first. */
static const char *const authentik_versions[] = {
    "2026.11", "2026.8",  "2026.5",  "2026.2", "2025.12", "2025.10", "2025.8", "2025.6",  "2025.4",
    "2025.2",  "2024.12", "2024.10", "2024.8", "2024.6",  "2024.4",  "2024.2", "2023.10", NULL};
static const char *const dex_versions[] = {"2.45", "2.44", "2.43", "2.42", "2.41", "2.40", "2.39",
                                           "2.38", "2.37", "2.36", "2.35", "2.34", "2.33", "2.32",
                                           "2.31", "2.30", "2.29", "2.28", "2.27", NULL};
static const char *const argocd_versions[] = {"3.5",  "3.4",  "3.3",  "3.2",  "3.1",  "3.0",
                                              "2.14", "2.13", "2.12", "2.11", "2.10", "2.9",
                                              "2.8",  "2.7",  "2.6",  "2.5",  "2.4",  NULL};

const char *const *setup_versions(enum system s)
{
    static const char *const *const lists[SYSTEM_MAX_] = {
        [SYSTEM_AUTHENTIK] = authentik_versions,
        [SYSTEM_DEX] = dex_versions,
        [SYSTEM_ARGOCD] = argocd_versions,
    };
    assert(s < SYSTEM_MAX_);
    return lists[s];
}

static int number(struct str piece, int *ret)
{
    int64_t n = 0;
    if (str_to_i64(piece, 0, 9999, &n) != 0)
        return -1;
    *ret = (int)n;
    return 0;
}

int version_parse(const char *text, struct setup_version *ret)
{
    struct str rest = str_of(text);
    struct str piece = {0};
    struct setup_version v = {.patch = INT_MAX};
    int *const parts[] = {&v.major, &v.minor, &v.patch};
    size_t n = 0;
    if (str_starts(rest, "v")) {
        rest.ptr++;
        rest.len--;
    }
    while (str_next(&rest, '.', &piece)) {
        if (n == 3 || number(piece, parts[n++]) != 0)
            return -1;
    }
    if (n < 2)
        return -1;
    *ret = v;
    return 0;
}

bool version_least(const struct setup_version *v, int major, int minor, int patch)
{
    if (v->major != major)
        return v->major > major;
    if (v->minor != minor)
        return v->minor > minor;
    return v->patch >= patch;
}

bool version_same_line(const struct setup_version *a, const struct setup_version *b)
{
    return a->major == b->major && a->minor == b->minor;
}

bool setup_knows_version(enum system s, const char *version)
{
    struct setup_version wanted = {0};
    struct setup_version known = {0};
    if (version == NULL || version_parse(version, &wanted) != 0)
        return false;
    for (const char *const *v = setup_versions(s); *v != NULL; v++) {
        if (version_parse(*v, &known) == 0 && version_same_line(&known, &wanted))
            return true;
    }
    return false;
}

struct bundle {
    int major;
    int minor;
    int patch; /* from this one on */
    const char *dex;
};

/* dex.md 0.1, newest first: the first row that the release reaches counts. Releases before 2.8 that
 * moved within a minor version have a row for each move that the page names. */
static const struct bundle bundles[] = {
    {3, 4, 0, "2.45.0"}, {3, 1, 0, "2.43.0"},  {2, 13, 0, "2.41.1"}, {2, 11, 0, "2.38.0"},
    {2, 8, 0, "2.37.0"}, {2, 7, 7, "2.37.0"},  {2, 7, 0, "2.36.0"},  {2, 6, 12, "2.37.0"},
    {2, 6, 8, "2.36.0"}, {2, 6, 0, "2.35.3"},  {2, 5, 20, "2.37.0"}, {2, 5, 17, "2.36.0"},
    {2, 5, 0, "2.35.3"}, {2, 4, 15, "2.35.3"}, {2, 4, 14, "2.35.1"}, {2, 4, 13, "2.35.0"},
    {2, 4, 8, "2.32.0"}, {2, 4, 0, "2.30.2"},  {0, 0, 0, "2.30.0"},  {0},
};

const char *version_bundled_dex(const struct setup_version *argocd)
{
    const struct bundle *b = bundles;
    while (!version_least(argocd, b->major, b->minor, b->patch))
        b++;
    return b->dex;
}
