/*
 * The roles of a person: what the user and the groups reach by `g` rows, and the default role.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/rbac/rbac_int.h"

/* role:readonly is no role of its own where role:admin brings it. */
static bool is_own_role(const struct graph *g, size_t from, size_t to)
{
    return strcmp(g->names[from], "role:admin") != 0 || strcmp(g->names[to], "role:readonly") != 0;
}

static void add_once(struct strlist *l, const char *name)
{
    if (!strlist_has(l, name)) {
        strlist_add(l, name);
    }
}

/* Not a name between, such as a group that another one is put into: a role is called so, or some p
 * row speaks of it. */
static bool is_role(const struct graph *g, size_t name)
{
    return cstr_starts(g->names[name], "role:") || cstr_starts(g->names[name], "proj:") ||
           g->row_from[name] < g->row_from[name + 1];
}

/* A subject is a role itself when it is called so: a group may be named role:admin (5.2). */
static void add_reached(const struct rbac *r, const char *subject, struct strlist *ret)
{
    AUTO(reach_deinit) struct reach reach = {0};
    size_t from = graph_find(&r->graph, subject);

    if (from == GRAPH_NONE) {
        return;
    }
    if (cstr_starts(subject, "role:")) {
        add_once(ret, subject);
    }
    graph_reach(&r->graph, from, POLICY_EVERYWHERE, is_own_role, &reach);
    for (size_t i = 1; i < reach.len; i++) {
        if (is_role(&r->graph, reach.names[i])) {
            add_once(ret, r->graph.names[reach.names[i]]);
        }
    }
}

void rbac_roles(const struct rbac *r, const char *user_id, const struct strlist *groups,
                struct strlist *ret)
{
    if (r->default_role[0] != '\0') {
        add_once(ret, r->default_role);
        add_reached(r, r->default_role, ret);
    }
    add_reached(r, user_id ? user_id : "", ret);
    for (size_t i = 0; groups && i < groups->len; i++) {
        if (graph_is_member(&r->graph, groups->items[i], POLICY_EVERYWHERE)) {
            add_reached(r, groups->items[i], ret);
        }
    }
    strlist_sort(ret);
}

static bool has_rows(const struct graph *g, size_t name)
{
    AUTO(reach_deinit) struct reach reach = {0};

    graph_reach(g, name, POLICY_USER, NULL, &reach);
    for (size_t i = 0; i < reach.len; i++) {
        if (g->row_from[reach.names[i]] < g->row_from[reach.names[i] + 1]) {
            return true;
        }
    }
    return false;
}

void rbac_undefined_roles(const struct rbac *r, struct strlist *ret)
{
    for (size_t i = 0; i < r->policy.links.len; i++) {
        const struct policy_link *link = r->policy.links.items[i];
        if (link->place.source <= POLICY_USER &&
            !has_rows(&r->graph, graph_find(&r->graph, link->role))) {
            add_once(ret, link->role);
        }
    }
    strlist_sort(ret);
}
