/*
 * HCL's native syntax as Terraform files have it (HCL Native Syntax Specification): attributes,
 * blocks, literals, lists, objects, heredocs, templates, references and function calls, each with
 * its place. An expression of another kind (a directive in a template, a grouping "for", one of
 * very many operators) is kept as its source text, so that whoever needs it can name it; nothing is
 * evaluated here.
 */
#pragma once

#include <stddef.h>

#include "harness/base/err.h"
#include "harness/base/map.h"
#include "harness/base/str.h"

enum hcl_kind {
    HCL_NULL,
    HCL_BOOL,      /* text "true" or "false" */
    HCL_NUMBER,    /* text as written */
    HCL_TEXT,      /* text without interpolation, escapes resolved */
    HCL_TEMPLATE,  /* items: HCL_TEXT and what stands in ${…} */
    HCL_LIST,      /* items */
    HCL_OBJECT,    /* items: value after key, twice a member */
    HCL_REFERENCE, /* text "data.authentik_flow.x.id", an index as [0] or ["x"] */
    HCL_CALL,      /* text is the function's name, items its arguments */
    HCL_FOR,       /* text is the source; items: the two names as HCL_TEXT (the first is "" where
                      there is one), the collection, the value, the condition (HCL_BOOL where there
                      is none); the key last if it makes an object */
    HCL_OPERATION, /* text is the source of the outermost, else NULL; items: the operator as
                      HCL_TEXT ("?" for a conditional), then its operands */
    HCL_PICK,      /* items: the value, the index if there is one; text is what is picked behind it,
                      or NULL */
    HCL_SPLAT,     /* items: the value; text is what is picked of each, or NULL */
    HCL_EXPANSION, /* items: a list whose elements are arguments of a call, "x..." */
    HCL_OTHER,     /* text is the source */
    HCL_KIND_MAX_
};

struct hcl_expr {
    enum hcl_kind kind;
    int line, column; /* where it begins; of a heredoc, where its first text line does */
    char *text;       /* NULL where the kind has none */
    struct hcl_expr **items;
    size_t len;
};

struct hcl_attribute {
    char *name;
    int line, column; /* of the name */
    struct hcl_expr *value;
};

struct hcl_block;

struct hcl_body {
    struct hcl_attribute *attributes;
    size_t attributes_len;
    struct map by_name; /* struct hcl_expr * of attributes */
    struct hcl_block **blocks;
    size_t blocks_len;
};

struct hcl_block {
    char *type;
    char *labels[4]; /* NULL where there is none */
    size_t labels_len;
    int line, column; /* of the type */
    struct hcl_body body;
};

/* A whole file. An attribute set twice, nesting over 64, bytes that are no UTF-8 and a text over
 * 8 MiB are errors with their place. Caller frees. */
int hcl_parse(struct str text, const char *name, struct hcl_body **ret, struct err *err) MUST_USE;
struct hcl_body *hcl_free(struct hcl_body *b);
/* The attribute's value, or NULL; borrowed. */
const struct hcl_expr *hcl_get(const struct hcl_body *b, const char *name);

DEFINE_AUTO(struct hcl_body, hcl_free)
