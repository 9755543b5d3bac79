/*
 * The policy file of `rolecall rbac can`: a raw policy, or the ConfigMap argocd-rbac-cm, told apart
 * as Argo CD does (argocd.md 6.1).
 */
#pragma once

#include "harness/base/arena.h"
#include "harness/base/str.h"
#include "harness/rbac/rbac.h"

struct rbac_file {
    struct arena *arena;              /* owns the texts */
    const char *name;                 /* as given */
    struct rbac_text policy;          /* raw text or policy.csv; its text may be "" */
    const struct rbac_text *overlays; /* policy.*.csv in their order, ended by a zero row */
    const char *default_role;         /* "" = none */
    const char *match_mode;           /* "" = none */
    bool has_data;                    /* false: a YAML mapping without data, thus an empty policy */
};

int rbac_file_read(const char *path, struct rbac_file *ret, struct err *err) MUST_USE;
/* The same from text, which need not outlive it; name is for errors and places. */
int rbac_file_parse(struct str text, const char *name, struct rbac_file *ret, struct err *err)
    MUST_USE;
void rbac_file_deinit(struct rbac_file *f);
/* All of the user's policy as one text, as Argo CD joins it; caller frees. */
char *rbac_file_whole(const struct rbac_file *f);

DEFINE_AUTO_VALUE(struct rbac_file, rbac_file_deinit)
