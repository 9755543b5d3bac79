/*
 * YAML documents as JSON values plus a map back to line and column: the only user of libyaml.
 * Scalars are typed as go-yaml v2 types them (design.md 7), or all kept as text.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/data/json.h"

struct yaml_places; /* "/steps/0/login" -> line, column */

enum yaml_scalars {
    YAML_TYPED,    /* plain scalars become bool, number, null as in go-yaml v2 (yes/no/on/off, 0x1F,
                      1_000, ~) */
    YAML_ALL_TEXT, /* every scalar is a string: setup.yaml and ConfigMap data (design.md 4); a plain
                      null is JSON null */
    YAML_TAGGED,   /* YAML_TYPED, and a value with a tag of its own ("!Find [x]") is {"!Find": [x]};
                      a scalar under one is text */
};

/* One document (a further one, a duplicate key, an alias bomb, nesting over 64 are errors). An
 * empty text gives JSON null. ret_places may be NULL. first_line is added to reported lines, for
 * YAML inside YAML (0 = text starts at line 1). */
int yaml_parse(struct str text, const char *name, int first_line, enum yaml_scalars scalars,
               struct js **ret, struct yaml_places **ret_places, struct err *err) MUST_USE;
struct yaml_places *yaml_places_free(struct yaml_places *p);
/* Place of the value at a JSON pointer ("" = root), or of the key when key is true. False if
 * unknown. For a block scalar ("|") the line is that of its first text line, so that errors inside
 * it can be counted on. */
bool yaml_place(const struct yaml_places *p, const char *pointer, bool key, int *ret_line,
                int *ret_column);
/* The same for a value, with what its own lines are indented by (see below). */
bool yaml_place_text(const struct yaml_places *p, const char *pointer, int *ret_line,
                     int *ret_column, int *ret_indent);
/* The i-th place in the order of the text: the pointer (borrowed) and where its value begins; a
 * text's own lines are indented by so much in a block scalar. False past the end. */
bool yaml_place_at(const struct yaml_places *p, size_t i, const char **ret_pointer, int *ret_line,
                   int *ret_column, int *ret_indent);
char *yaml_print(const struct js *j); /* block style, keys as they stand; caller frees */

DEFINE_AUTO(struct yaml_places, yaml_places_free)
