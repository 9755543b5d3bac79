/*
 * The user's own files, of whichever kind: recognised by their contents, read into one document.
 * Kubernetes manifests, Helm values, Terraform (files, plan, state), blueprints; single files,
 * whole folders, a stream on stdin.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/data/json.h"
#include "harness/setup/places.h"

struct intake;

/* doc and at (which may be NULL) are borrowed and filled. */
struct intake *intake_new(struct js *doc, struct places *at);
struct intake *intake_free(struct intake *in);
/* A file, a folder (everything of a known kind below it; the rest is noted), or "-" for stdin. */
int intake_add(struct intake *in, const char *path, struct err *err) MUST_USE;
/* What needs all the files: references from file to file, and which provider is Argo CD's. */
void intake_finish(struct intake *in);

DEFINE_AUTO(struct intake, intake_free)
