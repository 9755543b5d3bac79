/*
 * A small vocabulary of its own, so that these tests do not change with the tables of faults and
 * checks.
 */
#pragma once

#include <string.h>

#include "harness/scenario/scenario.h"

static const char *const test_faults[] = {"authentik/id-token.wrong-aud",
                                          "authentik/id-token.expired", "browser/state.lost"};
static const char *const test_checks[] = {"authentik/id-token.alg", "dex/id-token.alg"};

static const char *test_fault_at(size_t i)
{
    return i < 3 ? test_faults[i] : NULL;
}

static const char *test_fault_with(const char *id)
{
    return strcmp(id, test_faults[0]) == 0 ? "aud note" : NULL;
}

static bool test_fault_standing(const char *id)
{
    return strcmp(id, test_faults[1]) == 0;
}

static const char *test_check_at(size_t i)
{
    return i < 2 ? test_checks[i] : NULL;
}

static bool test_version_known(const char *system, const char *version)
{
    return strcmp(system, "authentik") == 0 && strcmp(version, "2026.2") == 0;
}

static const char *test_quirk_at(const void *system, size_t i)
{
    const char *row = strcmp(system, "authentik") == 0 ? "jti" : "generic-pages";
    return i == 0 ? row : NULL;
}

static const struct scenario_vocabulary test_vocabulary = {
    .fault_at = test_fault_at,
    .fault_with = test_fault_with,
    .fault_standing = test_fault_standing,
    .check_at = test_check_at,
    .version_known = test_version_known,
    .quirk_at = test_quirk_at,
};
