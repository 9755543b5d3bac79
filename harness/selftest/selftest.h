/*
 * The harness proves itself: every check can fail and does so alone for some fault, every fault is
 * noticed, nothing fails that nobody announced, and what is well passes in any order. All of it is
 * read off real runs of a library of scenarios, never off what the scenarios declare.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/data/json.h"
#include "harness/scenario/scenario.h"

struct selftest_conf {
    const struct js *setup_doc; /* the library's own */
    const char *setup_source;
    const struct scenario *const *scenarios; /* the whole library; outlives the selftest */
    size_t len;
    uint64_t seed; /* of the order in which they run, and of their draws */
    int jobs;
};

struct selftest;

/* Runs everything and judges it. -1 only when nothing could be run; what is wrong with the library
 * is a problem of the selftest. */
int selftest_run(const struct selftest_conf *conf, struct selftest **ret, struct err *err) MUST_USE;
struct selftest *selftest_free(struct selftest *t);

size_t selftest_problems(const struct selftest *t);
/* For a terminal of 80 columns; schema rolecall.selftest/1; one page that needs nothing else. The
 * caller frees. */
char *selftest_text(const struct selftest *t);
char *selftest_json(const struct selftest *t);
char *selftest_html(const struct selftest *t);

DEFINE_AUTO(struct selftest, selftest_free)
