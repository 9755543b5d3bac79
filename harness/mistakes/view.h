/*
 * What the rules look at: the document's parts under names, parsed once, and how they say what they
 * find.
 */
#pragma once

#include "harness/base/map.h"
#include "harness/base/url.h"
#include "harness/base/vec.h"
#include "harness/mistakes/mistakes.h"
#include "harness/mistakes/names.h"

/* One line of policy.csv or of an overlay. */
struct policy_line {
    const char *key;       /* of argocd-rbac-cm; borrowed */
    int line;              /* 1-based in the text */
    struct strlist fields; /* empty: it does not parse */
    char *text;
    char *problem; /* Argo CD's text for it, or NULL */
};

/* Whoever asks authentik: the oidc connector of Dex, or Argo CD by oidc.config. */
struct client {
    const struct js *config;
    char *pointer; /* of it in the document */
    bool direct;   /* oidc.config */
};

struct view {
    const struct js *doc;
    struct places *at;
    struct mistakes *out;
    const struct rule *rule;
    /* Argo CD */
    const struct js *cm, *rbac_cm, *secret, *params;
    const char *url;             /* NULL when there is none */
    const char *dex_text;        /* dex.config that is no map of connectors by id; or NULL */
    const struct js *connectors; /* by id; NULL without dex.config */
    struct js *oidc;             /* oidc.config parsed, or NULL */
    struct client *clients;      /* of authentik */
    size_t clients_len;
    struct policy_line *lines;
    size_t lines_len;
    struct names *names; /* of the lines and of authentik's groups */
    /* authentik; NULL where no file says anything of it */
    const struct js *provider, *application, *groups;
};

void view_init(struct view *v, const struct js *doc, struct places *at, struct mistakes *out);
void view_deinit(struct view *v);

/* At the place of the value, or of the nearest around it. */
void say(struct view *v, const char *pointer, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same, with what to put in the place of the whole value. */
void say_edit(struct view *v, const char *pointer, const char *old_text, const char *new_text,
              const char *fmt, ...) PRINTF_LIKE(5, 6);
/* In a line of the policy, at this part of it (NULL: its beginning). */
void say_line(struct view *v, const struct policy_line *l, const char *part, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
void say_at(struct view *v, const char *file, int line, int column, const char *text);

/* ---- what several rules ask ---- */

/* Is something of this kind left out because it could not be read ("redirect_uris" "scopes"
 * "bindings" "groups")? */
bool view_incomplete(const struct view *v, const char *what);
/* "; did you mean 'x'?", or nothing for NULL; caller frees. */
char *near_hint(const char *near);
/* "/a/b" with a key behind it; caller frees. */
char *below(const char *pointer, const char *key);
/* What a "$" reference comes to; NULL when it is not known, *ret_known says whether the Secret is.
 */
const char *view_secret(const struct view *v, const char *text);
/* Does the Secret (or one that cannot be read here) have the key? */
bool view_has_secret(const struct view *v, const char *key);
/* Why the key's value is not here ("SealedSecret …"), or NULL. */
const char *view_unreadable(const struct view *v, const char *key);
/* The URI to which authentik sends the person back: Dex's callback, or Argo CD's own. Caller frees;
 * NULL without a url. */
char *view_callback(const struct view *v, const struct client *c);
/* authentik's issuer for the application of the setup; caller frees; NULL when not known. */
char *view_issuer(const struct view *v);
/* May it stand for a group as the second token of a "g" line: no role, no user of another kind? */
bool view_is_group_name(const char *name);
bool view_is_builtin(const char *role);
/* Does a line, Argo CD itself or an AppProject give the role rights, over so many g lines at most?
 */
bool view_has_rights(const struct view *v, const char *role, int steps);
/* The names that stand for groups in "g" lines, and those that AppProjects give their roles. */
void view_policy_groups(const struct view *v, struct strlist *ret);
/* False: the provider's attribute, or a redirect URI's, has a word that authentik does not take. */
bool view_is_choice(const char *key, const char *text);
bool js_list_has(const struct js *list, const char *text);
