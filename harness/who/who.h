/*
 * Who may do what, and why: one person's way from the directory to what Argo CD allows, by a login
 * that is carried out, with the line of the policy behind each right.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/data/json.h"

struct who_conf {
    const struct js *setup_doc;
    const char *setup_source;
    const char *person; /* an id, or admin viewer nobody both */
    const char *via;    /* "ui" "cli" */
    uint64_t seed;
};

/* {"person", "username", "name", "email", "groups": […] in authentik, "outcome", "refused": {by,
 * at, shown, log}, "hops": [{"of": "authentik", "groups": […] or null, "sub"}, {"of": "dex", …}],
 * "user", "user_id", "scopes", "argocd_groups", "roles", "given_by": [{"line", "place"}], "may":
 * [{"resource", "action", "object", "by", "role", "line", "place"}], "may_not": […]}; with a policy
 * that does not load "policy_error". Caller frees. */
int who_ask(const struct who_conf *conf, struct js **ret, struct err *err) MUST_USE;
/* The same for people; caller frees. */
char *who_text(const struct js *who);
