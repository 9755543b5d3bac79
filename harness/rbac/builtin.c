/*
 * Argo CD's built-in policy (argocd.md 5.2) by version: rows were only ever added. A version
 * outside the table has none.
 */
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/rbac/rbac.h"

#define READ(resource_, object_) "p, role:readonly, " resource_ ", get, " object_ ", allow\n"
#define ADMIN(resource_, action_, object_)                                                         \
    "p, role:admin, " resource_ ", " action_ ", " object_ ", allow\n"
#define ADMIN_CUD(resource_)                                                                       \
    ADMIN(resource_, "create", "*") ADMIN(resource_, "update", "*") ADMIN(resource_, "delete", "*")

#define ROWS_2_4                                                                                   \
    READ("applications", "*/*")                                                                    \
    READ("certificates", "*")                                                                      \
    READ("clusters", "*")                                                                          \
    READ("repositories", "*")                                                                      \
    READ("projects", "*")                                                                          \
    READ("accounts", "*")                                                                          \
    READ("gpgkeys", "*")                                                                           \
    READ("logs", "*/*")                                                                            \
    ADMIN("applications", "create", "*/*")                                                         \
    ADMIN("applications", "update", "*/*")                                                         \
    ADMIN("applications", "delete", "*/*")                                                         \
    ADMIN("applications", "sync", "*/*")                                                           \
    ADMIN("applications", "override", "*/*")                                                       \
    ADMIN("applications", "action/*", "*/*")                                                       \
    ADMIN_CUD("certificates")                                                                      \
    ADMIN_CUD("clusters")                                                                          \
    ADMIN_CUD("repositories")                                                                      \
    ADMIN_CUD("projects")                                                                          \
    ADMIN("accounts", "update", "*")                                                               \
    ADMIN("gpgkeys", "create", "*")                                                                \
    ADMIN("gpgkeys", "delete", "*")                                                                \
    ADMIN("exec", "create", "*/*")                                                                 \
    "g, role:admin, role:readonly\n"                                                               \
    "g, admin, role:admin\n"

#define ROWS_2_5                                                                                   \
    ADMIN("applicationsets", "get", "*/*")                                                         \
    ADMIN("applicationsets", "create", "*/*")                                                      \
    ADMIN("applicationsets", "update", "*/*")                                                      \
    ADMIN("applicationsets", "delete", "*/*")

#define ROWS_2_14                                                                                  \
    READ("write-repositories", "*")                                                                \
    ADMIN("applications", "update/*", "*/*")                                                       \
    ADMIN("applications", "delete/*", "*/*")                                                       \
    ADMIN_CUD("write-repositories")

#define ROWS_3_1_2 READ("applicationsets", "*/*")

/* Which of the later rows, as bits of enum rbac_rows. */
static const char *const texts[] = {
    ROWS_2_4,
    ROWS_2_4 ROWS_2_5,
    ROWS_2_4 ROWS_2_14,
    ROWS_2_4 ROWS_2_5 ROWS_2_14,
    ROWS_2_4 ROWS_3_1_2,
    ROWS_2_4 ROWS_2_5 ROWS_3_1_2,
    ROWS_2_4 ROWS_2_14 ROWS_3_1_2,
    ROWS_2_4 ROWS_2_5 ROWS_2_14 ROWS_3_1_2,
};
#define ALL_ROWS (sizeof texts / sizeof *texts - 1)

struct version {
    int64_t part[3]; /* a missing patch number means the last of its minor version */
};

/* When rows came. */
static const struct level {
    struct version since;
    enum rbac_rows rows;
} levels[] = {
    {{{2, 5, 0}}, RBAC_ROWS_APPSETS},
    {{{2, 14, 0}}, RBAC_ROWS_WRITE_REPOSITORIES},
    {{{3, 1, 2}}, RBAC_ROWS_READONLY_APPSETS},
};

/* The first and the last minor version of each major one that is known here. */
static const int64_t minors[][3] = {{2, 4, 14}, {3, 0, 5}, {0}};

static bool is_known(const struct version *v)
{
    for (size_t i = 0; minors[i][0] > 0; i++) {
        if (v->part[0] == minors[i][0]) {
            return v->part[1] >= minors[i][1] && v->part[1] <= minors[i][2];
        }
    }
    return false;
}

static int parse(const char *text, struct version *ret)
{
    struct str rest = str_of(text[0] == 'v' ? text + 1 : text), piece = {0};
    size_t n = 0;

    ret->part[2] = INT_MAX;
    while (str_next(&rest, '.', &piece)) {
        if (n == 3 || str_to_i64(piece, 0, INT_MAX, &ret->part[n]) < 0) {
            return -1;
        }
        n++;
    }
    return n >= 2 ? 0 : -1;
}

static bool at_least(const struct version *v, const struct version *since)
{
    for (size_t i = 0; i < 3; i++) {
        if (v->part[i] != since->part[i]) {
            return v->part[i] > since->part[i];
        }
    }
    return true;
}

const char *rbac_builtin(const char *argocd_version)
{
    struct version v = {0};

    if (!argocd_version || parse(argocd_version, &v) < 0 || !is_known(&v)) {
        return NULL;
    }
    unsigned rows = 0;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (at_least(&v, &levels[i].since)) {
            rows |= levels[i].rows;
        }
    }
    return rbac_builtin_rows(rows);
}

const char *rbac_builtin_rows(unsigned rows)
{
    assert(rows <= ALL_ROWS);
    return texts[rows];
}
