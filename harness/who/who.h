/*
 * Who may do what, and why: one person's way from the directory to what Argo CD allows, by a login
 * that is carried out, with the line of the policy behind each right.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/buf.h"
#include "harness/base/err.h"
#include "harness/data/json.h"

struct places;

struct who_conf {
    const struct js *setup_doc;
    const char *setup_source;
    struct places *at;  /* of the document's values in the user's files, or NULL */
    const char *person; /* an id, or admin viewer nobody both */
    const char *via;    /* "ui" "cli" */
    const char *can;    /* "sync applications default/guestbook": one question more; or NULL */
    uint64_t seed;
};

/* {"person", "username", "name", "email", "groups": […] in authentik, "mappings": [{"scope",
 * "name" in authentik, "value" of the user's own, "place", "attached": true, "asked": true}], which
 * put the groups into authentik's token (null: not known), "outcome", "refused": {by, at, shown,
 * log, "logs": {system: [text…]}}, "hops": [{"of": "authentik", "groups": […] or null, "sub"},
 * {"of": "dex", …}], "user", "user_id", "scopes", "argocd_groups", "roles", "given_by": [{"line",
 * "place"}], "may": [{"resource", "action", "object", "by", "role", "line", "place"}], "may_not":
 * […], with a line where one denies; both about everything, and about what lines of the policy
 * single out ("not_asked": so many of these are left out)}; with a policy that does not load
 * "policy_error"; "can": {"question", "answer", "by", "role", "line", "place"} where it was asked.
 * Caller frees. */
int who_ask(const struct who_conf *conf, struct js **ret, struct err *err) MUST_USE;
/* Everybody of the setup: {"schema": "rolecall.who-matrix/1", "people": [as above…]}. */
int who_ask_all(const struct who_conf *conf, struct js **ret, struct err *err) MUST_USE;
/* The same for people; callers free. */
char *who_text(const struct js *who);
char *who_matrix_text(const struct js *all); /* permissions down, people across */
char *who_matrix_html(const struct js *all); /* one page, nothing loaded from elsewhere */
/* Is this right, of may or may_not, about everything of the resource? */
bool who_is_whole(const struct js *right);
void who_add_not_asked(struct buf *b, const struct js *who);
