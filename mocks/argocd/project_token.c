/*
 * Looks a token's project, role and id up in the setup, in Argo CD's order.
 */
#include "mocks/argocd/project_token.h"

#include <inttypes.h>
#include <string.h>

#include "harness/base/str.h"

const struct setup_project *project_named(const struct setup *setup, const char *name)
{
    const struct setup_inventory *inv = setup->argocd.inventory;
    for (size_t i = 0; i < inv->projects_len; i++)
        if (strcmp(inv->projects[i].spec.name, name) == 0)
            return &inv->projects[i];
    return NULL;
}

static bool has_role(const struct setup_project *p, const char *role)
{
    for (size_t i = 0; i < p->spec.roles_len; i++)
        if (strcmp(p->spec.roles[i].name, role) == 0)
            return true;
    return false;
}

/* By the time it was made, as in the days before tokens had an id, or by the id. */
static bool is_listed(const struct setup_project *p, const char *role, int64_t iat_s,
                      const char *id)
{
    for (size_t i = 0; i < p->tokens_len; i++) {
        const struct setup_token *t = &p->tokens[i];
        if (strcmp(t->role, role) == 0 &&
            (t->iat_s == iat_s || (id != NULL && id[0] != '\0' && strcmp(t->id, id) == 0)))
            return true;
    }
    return false;
}

int project_token(const struct setup *setup, const struct js *claims, bool *ret, struct err *err)
{
    const char *subject = js_get_text(claims, "sub");
    AUTO(xfree) char *name = NULL;
    AUTO(xfree) char *role = NULL;
    int64_t iat_s = 0;
    *ret = subject != NULL && rbac_project_subject(subject, &name, &role);
    if (!*ret)
        return 0;
    const struct setup_project *p = project_named(setup, name);
    if (p == NULL)
        return err_set(err, ERR_CRYPTO, "appproject.argoproj.io \"%s\" not found", name);
    if (!has_role(p, role))
        return err_set(err, ERR_CRYPTO, "role '%s' does not exist in project '%s'", role, name);
    if (js_get_number(claims, "iat", &iat_s) != 0)
        return err_set(err, ERR_CRYPTO, "token has no iat");
    if (!is_listed(p, role, iat_s, js_get_text(claims, "jti")))
        return err_set(err, ERR_CRYPTO,
                       "JWT token for role '%s' issued at '%" PRId64
                       "' does not exist in project '%s'",
                       role, iat_s, name);
    return 0;
}
