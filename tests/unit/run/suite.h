/*
 * Scenarios written in a test, run on the guide's setup with mocks.
 */
#pragma once

#include "harness/run/known.h"

#define MAX_SCENARIOS 8

struct bench_of {
    char dir[64];
    struct js *setup;
    struct scenario *scenarios[MAX_SCENARIOS];
    size_t len;
    struct run_conf conf; /* may be changed before bench_run */
    struct run_suite suite;
    struct strlist told; /* what the observer heard */
};

void bench_init(struct bench_of *b);
/* Adds a scenario; its id is `id`, its text is YAML. */
void bench_add(struct bench_of *b, const char *id, const char *yaml);
/* The guide's setup with a merge patch (JSON). */
void bench_patch(struct bench_of *b, const char *json);
/* The run has this file of known failures; the caller frees the list after bench_deinit. */
void bench_known(struct bench_of *b, struct known_list *ret, const char *text);
void bench_run(struct bench_of *b);
void bench_deinit(struct bench_of *b);

#define LOGIN_UI_STEP "steps:\n  - login: {as: admin, via: ui}\n    expect: "
#define GOOD "title: t\n" LOGIN_UI_STEP "{outcome: signed-in}\n"
#define BAD "title: t\n" LOGIN_UI_STEP "{outcome: signed-in, roles: [role:readonly]}\n"
