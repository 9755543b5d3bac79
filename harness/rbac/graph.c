/*
 * Names sorted and numbered; edges and rows laid out by name, so that a question looks only at what
 * its subject reaches.
 */
#include "harness/rbac/graph.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

static void collect_names(struct graph *g, const struct policy *p)
{
    size_t n = 0, kept = 0;

    g->names = xcalloc(p->rows.len + 2 * p->links.len + 1, sizeof *g->names);
    for (size_t i = 0; i < p->rows.len; i++) {
        const struct policy_row *row = p->rows.items[i];
        g->names[n++] = row->subject;
    }
    for (size_t i = 0; i < p->links.len; i++) {
        const struct policy_link *link = p->links.items[i];
        g->names[n++] = link->member;
        g->names[n++] = link->role;
    }
    qsort(g->names, n, sizeof *g->names, compare_names);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || strcmp(g->names[kept - 1], g->names[i]) != 0) {
            g->names[kept++] = g->names[i];
        }
    }
    g->len = kept;
}

size_t graph_find(const struct graph *g, const char *name)
{
    const char **at = bsearch(&name, g->names, g->len, sizeof *g->names, compare_names);

    return at ? (size_t)(at - g->names) : GRAPH_NONE;
}

/* Counts per name become the first slot of each name; from[len] is the total. */
static void counts_to_starts(size_t *from, size_t len)
{
    size_t sum = 0;

    for (size_t i = 0; i <= len; i++) {
        size_t count = from[i];
        from[i] = sum;
        sum += count;
    }
}

/* Filling moved each start to the next name's: move them back. */
static void restore_starts(size_t *from, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        from[i] = from[i - 1];
    }
    from[0] = 0;
}

static void lay_out_edges(struct graph *g, const struct policy *p)
{
    g->edge_from = xcalloc(g->len + 1, sizeof *g->edge_from);
    g->edges = xcalloc(p->links.len + 1, sizeof *g->edges);
    for (size_t i = 0; i < p->links.len; i++) {
        const struct policy_link *link = p->links.items[i];
        g->edge_from[graph_find(g, link->member)]++;
    }
    counts_to_starts(g->edge_from, g->len);
    for (size_t i = 0; i < p->links.len; i++) {
        const struct policy_link *link = p->links.items[i];
        size_t at = g->edge_from[graph_find(g, link->member)]++;
        g->edges[at] = (struct graph_edge){graph_find(g, link->role), link->place.source};
    }
    restore_starts(g->edge_from, g->len);
}

static void lay_out_rows(struct graph *g, const struct policy *p)
{
    g->row_from = xcalloc(g->len + 1, sizeof *g->row_from);
    g->rows = xcalloc(p->rows.len + 1, sizeof *g->rows);
    for (size_t i = 0; i < p->rows.len; i++) {
        const struct policy_row *row = p->rows.items[i];
        g->row_from[graph_find(g, row->subject)]++;
    }
    counts_to_starts(g->row_from, g->len);
    for (size_t i = 0; i < p->rows.len; i++) {
        const struct policy_row *row = p->rows.items[i];
        g->rows[g->row_from[graph_find(g, row->subject)]++] = row;
    }
    restore_starts(g->row_from, g->len);
}

void graph_init(struct graph *g, const struct policy *p, int depth)
{
    *g = (struct graph){.depth = depth};
    collect_names(g, p);
    lay_out_edges(g, p);
    lay_out_rows(g, p);
}

void graph_deinit(struct graph *g)
{
    xfree(g->names);
    xfree(g->edge_from);
    xfree(g->edges);
    xfree(g->row_from);
    xfree(g->rows);
    *g = (struct graph){0};
}

bool graph_is_member(const struct graph *g, const char *name, int scope)
{
    const size_t i = graph_find(g, name);

    if (i == GRAPH_NONE) {
        return false;
    }
    for (size_t e = g->edge_from[i]; e < g->edge_from[i + 1]; e++) {
        if (policy_counts(g->edges[e].source, scope)) {
            return true;
        }
    }
    return false;
}

void graph_reach(const struct graph *g, size_t from, int scope,
                 bool (*follow)(const struct graph *g, size_t from, size_t to), struct reach *ret)
{
    size_t level_start = 0;

    ret->names = xcalloc(g->len, sizeof *ret->names);
    ret->seen = xcalloc(g->len, sizeof *ret->seen);
    ret->names[0] = from;
    ret->seen[from] = true;
    ret->len = 1;
    for (int level = 0; level < g->depth && level_start < ret->len; level++) {
        size_t level_end = ret->len;
        for (size_t i = level_start; i < level_end; i++) {
            size_t name = ret->names[i];
            for (size_t e = g->edge_from[name]; e < g->edge_from[name + 1]; e++) {
                size_t role = g->edges[e].role;
                bool wanted = policy_counts(g->edges[e].source, scope) && !ret->seen[role];
                if (wanted && (!follow || follow(g, name, role))) {
                    ret->seen[role] = true;
                    ret->names[ret->len++] = role;
                }
            }
        }
        level_start = level_end;
    }
}

void reach_deinit(struct reach *r)
{
    xfree(r->names);
    xfree(r->seen);
}
