/*
 * Who is reached from whom by `g` rows, and which `p` rows speak of whom: names as numbers, edges
 * and rows by name (argocd.md 5.1). Built once from a policy and never changed.
 */
#pragma once

#include <stdbool.h>

#include "harness/rbac/policy.h"

#define GRAPH_NONE ((size_t)-1)

struct graph_edge {
    size_t role;
    int source;
};

struct graph {
    const char **names; /* sorted; they lie in the policy */
    size_t len;
    size_t *edge_from; /* edges of name i: edges[edge_from[i]] up to edges[edge_from[i + 1]] */
    struct graph_edge *edges;
    size_t *row_from; /* likewise, in load order */
    const struct policy_row **rows;
    int depth; /* how many edges far a role is reached */
};

/* The names that one subject reaches, nearest first, the subject itself included. */
struct reach {
    size_t *names;
    size_t len;
    bool *seen; /* by name */
};

void graph_init(struct graph *g, const struct policy *p, int depth);
void graph_deinit(struct graph *g);
size_t graph_find(const struct graph *g, const char *name); /* GRAPH_NONE: nobody speaks of it */
/* Some g row of that scope begins with the name: the condition on groups (5.6). */
bool graph_is_member(const struct graph *g, const char *name, int scope);
/* At most graph.depth edges far, over rows of that scope. follow (may be NULL) can refuse an edge.
 */
void graph_reach(const struct graph *g, size_t from, int scope,
                 bool (*follow)(const struct graph *g, size_t from, size_t to), struct reach *ret);
void reach_deinit(struct reach *r);

DEFINE_AUTO_VALUE(struct reach, reach_deinit)
