/*
 * Mistakes proved by running: the people of a configuration sign in on mocks that are set up so,
 * and what was said to be seen is looked for in what they met. Somebody who has only some files
 * gets the rest made to fit.
 */
#pragma once

#include "harness/mistakes/mistakes.h"

/* What is missing of a document so that a login can run: authentik's address, application and
 * client from whoever asks it, redirect URIs as they are sent, the groups of the policy, one person
 * for each group and one for none. What is there stays. Caller frees. */
struct js *proof_complete(const struct js *doc);
/* Of these only the people, and the groups they are in. Caller frees. */
struct js *proof_people(const struct js *doc);

enum proof_kind {
    PROOF_CONFIRMED,
    PROOF_HIDDEN, /* another mistake ends the login before */
    PROOF_NONE,   /* no login can show it */
    PROOF_WRONG,  /* the login shows nothing of it: a defect of rolecall */
    PROOF_KIND_MAX_
};
const char *
proof_kind_name(enum proof_kind k); /* "confirmed" "hidden" "no-login" "not-confirmed" */

struct proof {
    const struct mistake *mistake;
    enum proof_kind kind;
    char *text; /* what was seen, by whom; never NULL */
};

struct proofs {
    struct proof *items; /* one for each error */
    size_t len;
    size_t logins;
};

/* -1 when nothing could be run at all: the configuration cannot be brought up. */
int proof_run(const struct mistakes *mistakes, const struct js *doc, const char *source,
              uint64_t seed, struct proofs *ret, struct err *err) MUST_USE;
void proofs_deinit(struct proofs *p);
size_t proofs_count(const struct proofs *p, enum proof_kind k);
/* Lines for people; caller frees. */
char *proofs_text(const struct proofs *p, const struct js *doc);
/* [{"rule", "file", "line", "proof", "text"}…]; caller frees. */
struct js *proofs_json(const struct proofs *p, const struct js *doc);

DEFINE_AUTO_VALUE(struct proofs, proofs_deinit)
