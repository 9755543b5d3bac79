/*
 * One subject, one question: Casbin's effect "some allow and no deny" over the rows of everyone
 * whom the subject reaches. Knows nothing of claims, groups or the default role.
 */
#include "harness/rbac/rbac_int.h"

/* Operators short-circuit from left to right: a broken regex counts only where it is reached. */
static enum match row_matches(const struct policy_row *row, const struct question *q)
{
    enum match m = pattern_match(row->match_resource, q->resource);

    if (m == MATCH_YES) {
        m = pattern_match(row->match_action, q->action);
    }
    if (m == MATCH_YES) {
        m = pattern_match(row->match_object, q->object);
    }
    return m;
}

/* Keeps whichever row was loaded first. */
static void keep_first(const struct policy_row **kept, const struct policy_row *row)
{
    if (!*kept || row->index < (*kept)->index) {
        *kept = row;
    }
}

/* A row of another length than the request fails each evaluation, whoever asks (5.3). */
static const struct policy_row *misfit(const struct rbac *r, int scope)
{
    for (size_t i = 0; i < r->misfits.len; i++) {
        const struct policy_row *row = r->misfits.items[i];
        if (policy_counts(row->place.source, scope)) {
            return row;
        }
    }
    return NULL;
}

struct answer enforce(const struct rbac *r, const char *subject, const struct question *q,
                      int scope)
{
    AUTO(reach_deinit) struct reach reach = {0};
    const struct policy_row *against = NULL, *in_favour = NULL;
    const size_t from = graph_find(&r->graph, subject);
    const struct policy_row *bad = misfit(r, scope);

    if (bad) {
        return (struct answer){false, bad};
    }
    if (from == GRAPH_NONE) {
        return (struct answer){0};
    }
    graph_reach(&r->graph, from, scope, NULL, &reach);
    for (size_t i = 0; i < reach.len; i++) {
        size_t name = reach.names[i];
        for (size_t at = r->graph.row_from[name]; at < r->graph.row_from[name + 1]; at++) {
            const struct policy_row *row = r->graph.rows[at];
            enum match m = policy_counts(row->place.source, scope) ? row_matches(row, q) : MATCH_NO;
            if (m == MATCH_BROKEN || (m == MATCH_YES && row->effect == EFFECT_DENY)) {
                keep_first(&against, row);
            } else if (m == MATCH_YES && row->effect == EFFECT_ALLOW) {
                keep_first(&in_favour, row);
            }
        }
    }
    if (against) {
        return (struct answer){false, against};
    }
    return (struct answer){in_favour != NULL, in_favour};
}
