/*
 * The mapping of the OpenID Foundation's conformance suite to rolecall: one row for a module and a
 * system it would judge. Names of checks and ids of scenarios are texts here; tests hold them
 * against the tables and the library. Static data, nobody owns it.
 */
#pragma once

enum suite_role { SUITE_OP, SUITE_RP };

/* Why nothing of ours answers to a module. */
enum suite_reason {
    SUITE_COVERED,     /* something does */
    SUITE_NOT_OFFERED, /* the product, in the version that is mocked, has no such thing */
    SUITE_NOT_SENT,    /* nobody in this chain sends what the module sends */
    SUITE_NOT_BUILT,   /* rolecall cannot do it yet */
    SUITE_OTHERWISE,   /* the product does otherwise, knowingly */
    SUITE_REASON_MAX_
};

struct suite_row {
    const char *module; /* the suite's own name; "fapi-…" for those borrowed from the FAPI plans,
                           without the plan's prefix */
    enum suite_role role;
    const char *of;        /* "authentik" "dex" "argocd" */
    const char *checks;    /* full names, blanks between; NULL = none */
    const char *scenarios; /* ids, likewise */
    enum suite_reason reason;
    const char *text; /* the reason in words; what else is to be known; NULL = nothing */
};

extern const struct suite_row suite_rows[]; /* ended by a zero row */

const char *suite_role_name(enum suite_role role);       /* "OP" "RP" */
const char *suite_reason_name(enum suite_reason reason); /* "covered" "not offered" … */
