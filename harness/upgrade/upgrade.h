/*
 * What an upgrade of one system changes for a setup: the logins of its people and the scenarios
 * that say something about it run under both versions, what changed is put in order of harm, and
 * the row of the version table behind each change is proved by turning rows over one at a time.
 * Runs on mocks only.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/scenario/scenario.h"
#include "harness/setup/setup.h"

struct upgrade_conf {
    const struct js
        *setup_doc; /* after patches; its own version of the system counts for nothing */
    const char *setup_source;
    enum system system;
    const char *from;
    const char *to;
    bool new_provider; /* the provider, and its key, are made after the upgrade */
    const struct scenario *const *scenarios; /* those that may say something; outlive the upgrade */
    size_t len;
    uint64_t seed;
    int jobs;
};

struct upgrade;

/* The system, or -1 with ERR_USAGE and the nearest name. */
int upgrade_system(const char *name, enum system *ret, struct err *err) MUST_USE;
/* Runs everything and finds the causes. ERR_USAGE: an unknown version, a
 * setup with live systems, no scenario that says something. */
int upgrade_run(const struct upgrade_conf *conf, struct upgrade **ret, struct err *err) MUST_USE;
struct upgrade *upgrade_free(struct upgrade *u);

/* 1 when a login that worked stops working, or what was to be refused is let in; 3 when something
 * broke, or no login of the setup's people works under either version; else 0. */
int upgrade_status(const struct upgrade *u);
/* For a terminal of 80 columns; rows without effect and all logins only when verbose. Schema
 * rolecall.upgrade/1. Caller frees. */
char *upgrade_text(const struct upgrade *u, bool verbose);
char *upgrade_json(const struct upgrade *u);

DEFINE_AUTO(struct upgrade, upgrade_free)
