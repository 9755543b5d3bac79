/*
 * A scenario: a change to the setup, faults, steps, and what is expected (design.md 5). Read from
 * YAML, checked against a vocabulary that is handed in, immutable afterwards; the document owns an
 * arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/arena.h"
#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"

/* What a scenario may name. Each name_at gives NULL past the end. */
struct scenario_vocabulary {
    const char *(*fault_at)(size_t i); /* "authentik/id-token.wrong-aud" */
    const char *(*fault_with)(
        const char *fault_id); /* the members `with:` may have, blank-separated; NULL = none */
    bool (*fault_standing)(const char *fault_id); /* `when` cannot count it; NULL = none is so */
    const char *(*check_at)(size_t i); /* "authentik/id-token.alg" (static for the process) */
    bool (*version_known)(const char *system, const char *version);
    /* rows of the version table of a system ("dex"): "generic-pages" */
    const char *(*quirk_at)(const void *system, size_t i);
};

struct scenario_fault {
    const char *id;
    int times;             /* 0 = always, 1 = once, N = the first N times */
    int nth;               /* N = the Nth time only; 0 = as `times` says */
    const struct js *with; /* an object, or NULL */
    int line;
    int column;
};

enum scenario_kind {
    SCENARIO_LOGIN,
    SCENARIO_REFRESH,
    SCENARIO_LOGOUT,
    SCENARIO_CALL,
    SCENARIO_ADVANCE,
    SCENARIO_ROTATE_KEYS,
    SCENARIO_RESTART,
    SCENARIO_CHANGE,
    SCENARIO_KIND_MAX_
};
const char *scenario_kind_name(enum scenario_kind k); /* "login" "refresh" … "rotate-keys" */

/* Texts are NULL when the key is absent; lists have len 0 and present=false. */
struct scenario_list {
    bool present;
    const char *const *items;
    size_t len;
};

struct scenario_expect {
    bool present;
    int line;
    const char *outcome; /* "signed-in" "refused" "no-answer"; NULL for call steps */
    const char *by;
    const char *at;
    const char *log;
    const char *shown;
    const struct js *
        user; /* user: {…} compared member by member (name, id) or a text: the user Argo CD shows */
    struct scenario_list groups; /* as a set */
    struct scenario_list roles;
    bool as_configured;       /* groups and roles are those that the setup gives the person */
    struct scenario_list can; /* "sync applications default/guestbook" */
    struct scenario_list cannot;
    struct scenario_list checks_fail;  /* full names; the first is what the scenario is about */
    const char *const *checks_because; /* beside each of checks_fail: why it fails too, or NULL */
    int64_t status;                    /* call: expected HTTP status; 0 = not given */
    const char *body;                  /* call: substring of the body */
    const struct js *json;             /* the expectation as written, for reports */
};

struct scenario_step {
    enum scenario_kind kind;
    int line;
    const char *text;       /* "login as admin via ui", for people */
    const struct js *value; /* as written under the kind's name; NULL if nothing is */
    /* login */
    const char *as;
    int as_line;
    int as_column;
    const char *via;      /* "ui" "cli" "direct" */
    const char *password; /* "wrong", or NULL */
    bool fresh_browser;
    const char *second_factor; /* "wrong" "static" "used", or NULL */
    bool remember_me;
    uint16_t sso_port;        /* cli: --sso-port; 0 = the default */
    const char *callback;     /* cli: --callback, or NULL */
    const char *context;      /* cli: --name, or NULL */
    bool no_launch;           /* cli: --sso-launch-browser=false */
    bool relogin;             /* cli: argocd relogin */
    const struct js *request; /* cli, direct: parameters of the authorization request that are not
                                 the agent's own, each a text or null (left out); NULL = none */
    /* logout: from; rotate-keys, restart: system; change: patch; advance: ms; call: method path
     * token body */
    const char *from;
    const char *system;
    const struct js *patch;
    int64_t advance_ms;
    const char *method;
    const char *path;
    const char *token;
    const char *body;
    const struct scenario_fault *faults;
    size_t faults_len;
    struct scenario_expect expect;
};

struct scenario {
    const char *id; /* path below the scenarios folder without .yaml; the path itself for a file of
                       the user's own */
    const char *file;
    const char *title;
    const char *about;         /* "" when absent */
    struct scenario_list tags; /* with those added by themselves: ui cli direct */
    struct scenario_list refs;
    const struct js *patch; /* setup:, or NULL */
    const struct scenario_fault *faults;
    size_t faults_len;
    const struct scenario_step *steps;
    size_t steps_len;
    bool is_negative; /* something is refused, a check fails, or a right is not there */
    /* The positive twin (README "Twins"): the same but for one value, expecting that everybody
     * signs in with what is theirs; its id is "ID+twin". NULL when the scenario is positive, says
     * why there is none, or leaves nothing to take away. It lives as long as the scenario. */
    const struct scenario *twin;
    const char *twin_none; /* why there is none, or NULL */
    const char *twin_of;   /* of a twin: the id it was made from; NULL otherwise */
};

/* Reads and checks one file. Every mistake is ERR_USAGE with file, line, column and, for an unknown
 * name, the nearest known one. */
int scenario_load(const char *path, const char *id, const struct scenario_vocabulary *v,
                  struct scenario **ret, struct err *err) MUST_USE;
struct scenario *scenario_free(struct scenario *s);
bool scenario_has_tag(const struct scenario *s, const char *tag);

/* One key of a scenario by itself, from a text (YAML or JSON) called `name` in errors: a document
 * {faults: […]} gives a scenario with its faults and nothing else, a merge patch on the setup one
 * with its patch. Checked as in a file; a mistake is ERR_USAGE or ERR_PARSE with its place. */
int scenario_parse_faults(struct str text, const char *name, const struct scenario_vocabulary *v,
                          struct scenario **ret, struct err *err) MUST_USE;
int scenario_parse_change(struct str text, const char *name, const struct scenario_vocabulary *v,
                          struct scenario **ret, struct err *err) MUST_USE;

/* What a scenario does, as one text: setup, faults and steps, without what it expects. Scenarios
 * with the same text have the same run. Caller frees. */
char *scenario_doing(const struct scenario *s);
/* The scenario as if nobody played this fault; everything else, the id too, stays. It borrows from
 * s and must not outlive it. Caller frees. */
struct scenario *scenario_without(const struct scenario *s, const char *fault);

struct scenario_set {
    struct scenario **items; /* owned, sorted by id */
    size_t len;
};

/* What the words of a command line name, below `dir` (the library) or as a FILE or DIR path of the
 * user's own: exact ids, globs, paths. No words = the whole library. tag may be NULL. Nothing
 * selected, or a word that names nothing, is ERR_USAGE with the nearest id. A folder with a
 * setup.yaml is never taken for scenarios. */
int scenario_find(const char *dir, const char *const *words, size_t words_len, const char *tag,
                  const struct scenario_vocabulary *v, struct scenario_set *ret, struct err *err)
    MUST_USE;
/* The ids of the whole library below dir, without reading its files. */
int scenario_ids(const char *dir, struct strlist *ret, struct err *err) MUST_USE;
void scenario_set_deinit(struct scenario_set *s);

DEFINE_AUTO(struct scenario, scenario_free)
DEFINE_AUTO_VALUE(struct scenario_set, scenario_set_deinit)
