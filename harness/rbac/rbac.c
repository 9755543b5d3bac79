/*
 * Loads a policy: the texts in Argo CD's order into rows, the rows' patterns compiled, the names
 * laid out as a graph. What a project's text gets wrong is no error (argocd.md 5.3).
 */
#include "harness/rbac/rbac.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/rbac/rbac_int.h"

/* Casbin's maxHierarchyLevel, and how far the same went before Argo CD 2.6 (argocd.md 5.1, 5.9). */
#define EDGES 10
#define EDGES_BEFORE_2_6 11

static int load_text(struct rbac *r, const struct rbac_text *text, int source, struct err *err)
{
    const struct policy_text full = {text->text ? text->text : "", text->name, text->line, source};

    return policy_load(&r->policy, &full, err);
}

/* What a project's text gets wrong leaves that text out (5.3). */
static void load_projects(struct rbac *r, const struct rbac_conf *conf)
{
    const struct rbac_project every[] = {{"", conf->project_policy}, {NULL, NULL}};
    const struct rbac_project *p = conf->projects ? conf->projects : every;

    for (int n = 0; p[n].name; n++) {
        AUTO(xfree)
        char *title =
            xasprintf("project policy%s%s", p[n].name[0] != '\0' ? " of " : "", p[n].name);
        const struct rbac_text text = {p[n].policy, title, 1};
        struct err why = {0};
        strlist_add(&r->projects, p[n].name);
        strlist_add(&r->project_errors,
                    load_text(r, &text, POLICY_PROJECT + n, &why) < 0 ? why.msg : "");
    }
}

static int load_texts(struct rbac *r, const struct rbac_conf *conf, struct err *err)
{
    const struct rbac_text builtin = {conf->builtin, "built-in", 1};
    const struct rbac_text user = {
        conf->policy, conf->policy_name ? conf->policy_name : "policy.csv", conf->policy_line};

    if (load_text(r, &builtin, POLICY_BUILTIN, err) < 0 ||
        load_text(r, &user, POLICY_USER, err) < 0) {
        return -1;
    }
    for (const struct rbac_text *t = conf->overlays; t && t->text; t++) {
        if (load_text(r, t, POLICY_USER, err) < 0) {
            return -1;
        }
    }
    load_projects(r, conf);
    return 0;
}

static void compile_rows(struct rbac *r)
{
    for (size_t i = 0; i < r->policy.rows.len; i++) {
        struct policy_row *row = r->policy.rows.items[i];
        row->match_resource = patterns_add(r->patterns, row->resource);
        row->match_action = patterns_add(r->patterns, row->action);
        row->match_object = patterns_add(r->patterns, row->object);
        if (row->effect == EFFECT_MISFIT) {
            vec_push(&r->misfits, row);
        }
    }
}

int rbac_new(const struct rbac_conf *conf, struct rbac **ret, struct err *err)
{
    AUTO(rbac_free) struct rbac *r = xcalloc(1, sizeof *r);

    policy_init(&r->policy, conf->lenient_lines);
    r->patterns = patterns_new(conf->match);
    r->default_role = xstrdup(conf->default_role ? conf->default_role : "");
    r->every_project = !conf->projects;
    r->no_appset_projects = conf->no_appset_projects;
    if (load_texts(r, conf, err) < 0) {
        return err_wrap(err, "error loading RBAC policy: error creating casbin enforcer");
    }
    compile_rows(r);
    graph_init(&r->graph, &r->policy, conf->deep_roles ? EDGES_BEFORE_2_6 : EDGES);
    *ret = r;
    r = NULL;
    return 0;
}

const char *rbac_project_error(const struct rbac *r, const char *project)
{
    for (size_t i = 0; i < r->projects.len; i++) {
        if (strcmp(r->projects.items[i], project) == 0) {
            const char *why = r->project_errors.items[i];
            return why[0] != '\0' ? why : NULL;
        }
    }
    return NULL;
}

struct rbac *rbac_free(struct rbac *r)
{
    if (!r) {
        return NULL;
    }
    graph_deinit(&r->graph);
    patterns_free(r->patterns);
    policy_deinit(&r->policy);
    vec_deinit(&r->misfits);
    strlist_deinit(&r->projects);
    strlist_deinit(&r->project_errors);
    xfree(r->default_role);
    return xfree(r);
}
