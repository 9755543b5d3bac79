/*
 * Findings for people, at 80 columns, and for machines.
 */
#pragma once

#include "harness/base/buf.h"
#include "harness/observe/change.h"
#include "harness/trace/redact.h"

struct finding_view {
    const void *ctx;
    const char *(*scenario)(const void *ctx, size_t run); /* its id */
    const char *(*step)(const void *ctx, size_t run, size_t step);
    /* What to print below alike findings, and the same for JSON; may be NULL. */
    void (*causes)(const void *ctx, const struct finding *f, struct buf *out);
    struct js *(*causes_json)(const void *ctx, const struct finding *f);
    const struct redactor *redactor; /* values pass it; NULL: they did already */
    bool whole;                      /* every login, every value */
};

/* Blocks of findings of the same harm and causes, each with its level, then how many of each
 * level. */
void findings_text(const struct findings *f, const struct finding_view *v, struct buf *out);
/* "  lead   text", broken at blanks before column 80 and hung below where the text began. */
void text_field(struct buf *out, const char *lead, const char *text);
/* [{"harm", "level", "group", "name", "before", "after", "values", "in": […], "causes": […]}]; a
 * value that was not there is left out. Caller frees. */
struct js *findings_json(const struct findings *f, const struct finding_view *v);
/* {"error": n, "warning": n, "note": n}; caller frees. */
struct js *findings_counts(const struct findings *f);
/* Something that worked (a login, a redirect URI) stops working, or what was to be refused is let
 * in. */
bool findings_break(const struct findings *f);
