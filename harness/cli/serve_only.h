/*
 * Which systems `serve` runs and where the others are, within this unit: --only, the URLs of the
 * others, and what the setup says is live. The others are the setup's live systems.
 */
#pragma once

#include "harness/setup/setup.h"

struct serve_only {
    const char *only;                  /* "dex" or "authentik,argocd"; NULL: what is not live */
    const char *urls[SYSTEM_MAX_];     /* as given; of one that is served it is the public one */
    const char *ports[SYSTEM_MAX_];    /* as given, or NULL */
    const struct strlist *authorities; /* files with the CA certificates of the others */
    bool plain;
    bool served[SYSTEM_MAX_]; /* by serve_only_choose */
};

/* Decides what is served. setup was built from the document as it is. */
int serve_only_choose(struct serve_only *o, const struct setup *setup, struct err *err) MUST_USE;
/* Writes into the document what is live, and where Argo CD looks for a Dex that is served alone:
 * at that port. */
int serve_only_place(const struct serve_only *o, struct js *doc, uint16_t dex_port, struct err *err)
    MUST_USE;
