/*
 * What the parts of the loader share: one file being read, with the place of every key, and the
 * readers of texts, words and lists that complain with that place. Internal to the unit.
 */
#pragma once

#include "harness/data/yaml.h"
#include "harness/scenario/scenario.h"

/* One file. `text` has every scalar as text; `typed` is the same with YAML's types, for what is
 * handed on as JSON. Both stand at the same pointers. */
struct reader {
    const char *file;
    const struct scenario_vocabulary *vocabulary;
    struct js *text;
    struct js *typed;
    struct yaml_places *places;
    struct arena *arena; /* of the scenario */
    struct vec *docs;    /* JSON values that the scenario owns */
    struct err *err;
    bool
        is_twin; /* text and typed are the file's with its twin: merged in; places are the file's */
};

/* An object in the file, with its JSON pointer. */
struct node {
    const struct js *value;
    const char *pointer;
};

/* The member `key` of a node; its value is NULL when absent or null. The pointer is in the arena.
 */
struct node reader_member(struct reader *r, const struct node *n, const char *key);
struct node reader_element(struct reader *r, const struct node *n, size_t i);
/* The same place in the document with types; NULL if it is not there. */
const struct js *reader_typed(const struct reader *r, const char *pointer);
int reader_line(const struct reader *r, const char *pointer);
void reader_place(const struct reader *r, const char *pointer, int *ret_line, int *ret_column);

/* ERR_USAGE at the value, or at its key. Returns -1. */
int reader_fail(struct reader *r, const char *pointer, const char *fmt, ...) PRINTF_LIKE(3, 4);
int reader_fail_key(struct reader *r, const char *pointer, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Is the word one of the vocabulary's? If not, *ret_near is the nearest one, or NULL. */
bool reader_knows(const char *(*name_at)(size_t i), const char *word, const char **ret_near);
/* "<what>; did you mean 'y'?", or the known names when none is near to the word. */
int reader_fail_unknown(struct reader *r, const char *pointer, bool at_key, const char *what,
                        const char *word, const char *const *known);

/* The node is a map with no other keys than these. */
int reader_keys(struct reader *r, const struct node *n, const char *what, const char *const *known)
    MUST_USE;
/* Optional members: *ret is NULL when absent. */
int reader_text(struct reader *r, const struct node *n, const char *key, const char **ret) MUST_USE;
int reader_word(struct reader *r, const struct node *n, const char *key, const char *const *words,
                const char **ret) MUST_USE;
int reader_bool(struct reader *r, const struct node *n, const char *key, bool *ret) MUST_USE;
int reader_list(struct reader *r, const struct node *n, const char *key, struct scenario_list *ret)
    MUST_USE;

/* ---- faults.c, expect.c, steps.c, patch.c ---- */

int faults_read(struct reader *r, const struct node *n, const struct scenario_fault **ret,
                size_t *ret_len) MUST_USE;
int expect_read(struct reader *r, const struct node *n, const struct scenario_step *step,
                struct scenario_expect *ret) MUST_USE;
int steps_read(struct reader *r, const struct node *n, const struct scenario_step **ret,
               size_t *ret_len) MUST_USE;
/* Everything of a scenario but id, file and twin. */
int scenario_read(struct reader *r, struct scenario *s) MUST_USE;
/* The twin of what was read: s->twin or s->twin_none. */
int twin_read(struct reader *r, struct scenario *s) MUST_USE;
/* A merge patch on the setup: checked against the keys of a setup and the known versions. */
int patch_read(struct reader *r, const struct node *n, const struct js **ret) MUST_USE;
