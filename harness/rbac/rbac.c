/*
 * Loads a policy: the texts in Argo CD's order into rows, the rows' patterns compiled, the names
 * laid out as a graph. What a project's text gets wrong is no error (argocd.md 5.3).
 */
#include "harness/rbac/rbac.h"

#include "harness/base/log.h"
#include "harness/base/str.h"
#include "harness/rbac/rbac_int.h"

static int load_text(struct rbac *r, const struct rbac_text *text, enum policy_source source,
                     struct err *err)
{
    const struct policy_text full = {text->text ? text->text : "", text->name, text->line, source};

    return policy_load(&r->policy, &full, err);
}

static int load_texts(struct rbac *r, const struct rbac_conf *conf, struct err *err)
{
    const struct rbac_text builtin = {conf->builtin, "built-in", 1};
    const struct rbac_text user = {
        conf->policy, conf->policy_name ? conf->policy_name : "policy.csv", conf->policy_line};
    const struct rbac_text project = {conf->project_policy, "project policy", 1};
    struct err why = {0};

    if (load_text(r, &builtin, POLICY_BUILTIN, err) < 0 ||
        load_text(r, &user, POLICY_USER, err) < 0) {
        return -1;
    }
    for (const struct rbac_text *t = conf->overlays; t && t->text; t++) {
        if (load_text(r, t, POLICY_USER, err) < 0) {
            return -1;
        }
    }
    if (load_text(r, &project, POLICY_PROJECT, &why) < 0) {
        log_print(LOG_DEBUG, "rbac", "failed to load the project's policy: %s", why.msg);
    }
    return 0;
}

static void compile_rows(struct rbac *r)
{
    for (size_t i = 0; i < r->policy.rows.len; i++) {
        struct policy_row *row = r->policy.rows.items[i];
        row->match_resource = patterns_add(r->patterns, row->resource);
        row->match_action = patterns_add(r->patterns, row->action);
        row->match_object = patterns_add(r->patterns, row->object);
    }
}

int rbac_new(const struct rbac_conf *conf, struct rbac **ret, struct err *err)
{
    AUTO(rbac_free) struct rbac *r = xcalloc(1, sizeof *r);

    policy_init(&r->policy);
    r->patterns = patterns_new(conf->match);
    r->default_role = xstrdup(conf->default_role ? conf->default_role : "");
    r->every_project = !conf->projects;
    for (const char *const *p = conf->projects; p && *p; p++) {
        strlist_add(&r->projects, *p);
    }
    if (load_texts(r, conf, err) < 0) {
        return err_wrap(err, "error loading RBAC policy: error creating casbin enforcer");
    }
    compile_rows(r);
    graph_init(&r->graph, &r->policy);
    *ret = r;
    r = NULL;
    return 0;
}

struct rbac *rbac_free(struct rbac *r)
{
    if (!r) {
        return NULL;
    }
    graph_deinit(&r->graph);
    patterns_free(r->patterns);
    policy_deinit(&r->policy);
    strlist_deinit(&r->projects);
    xfree(r->default_role);
    return xfree(r);
}
