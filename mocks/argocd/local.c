/*
 * Verification of Argo CD's own HS256 tokens and the accounts of argocd-cm (argocd.md 4.2, 7.1).
 * The mock issues no such tokens; whoever knows server.secretkey can.
 */
#include "mocks/argocd/local.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/jose/jwt.h"
#include "mocks/argocd/project_token.h"

enum account_state { ACCOUNT_ABSENT, ACCOUNT_DISABLED, ACCOUNT_ENABLED };

static enum account_state account(const struct setup *setup, const char *name, bool *ret_login)
{
    const struct js *cm = setup->argocd.cm;
    if (cstr_eq(name, "admin")) {
        *ret_login = true;
        return cstr_eq(js_get_text(cm, "admin.enabled"), "false") ? ACCOUNT_DISABLED
                                                                  : ACCOUNT_ENABLED;
    }
    AUTO(xfree) char *key = xasprintf("accounts.%s", name);
    AUTO(xfree) char *enabled = xasprintf("accounts.%s.enabled", name);
    const char *capabilities = js_get_text(cm, key);
    if (capabilities == NULL)
        return ACCOUNT_ABSENT;
    *ret_login = cstr_contains(capabilities, "login");
    return cstr_eq(js_get_text(cm, enabled), "false") ? ACCOUNT_DISABLED : ACCOUNT_ENABLED;
}

/* "name" or "name:capability" of the subject. */
static int check_account(const struct setup *setup, const char *subject, struct err *err)
{
    AUTO(xfree) char *name = xstrndup(subject, strcspn(subject, ":"));
    bool login = false;
    switch (account(setup, name, &login)) {
    case ACCOUNT_ABSENT:
        return err_set(err, ERR_CRYPTO,
                       "rpc error: code = NotFound desc = account '%s' does not exist", name);
    case ACCOUNT_DISABLED:
        return err_set(err, ERR_CRYPTO, "account %s is disabled", name);
    case ACCOUNT_ENABLED:
        return 0;
    }
    return -1;
}

struct local_text {
    enum jwt_reason reason;
    const char *text;
};

/* golang-jwt's words for what jwt_verify found. */
static const struct local_text texts[] = {
    {JWT_BAD_SIGNATURE, "token signature is invalid: signature is invalid"},
    {JWT_BAD_ALG, "token signature is invalid: signing method is invalid"},
    {JWT_UNSECURED, "token signature is invalid: signing method is invalid"},
    {JWT_EXPIRED, "token has invalid claims: token is expired"},
    {JWT_NOT_YET, "token has invalid claims: token is not valid yet"},
    {JWT_OK, NULL},
};

int local_verify(struct mock *m, const char *token, struct js **ret_claims, struct err *err)
{
    static const char *const algs[] = {"HS256", NULL};
    const struct setup *setup = argocd_setup(m);
    const struct jwt_rules rules = {
        .secret = setup->argocd.server_secretkey,
        .algs = algs,
        .issuer = "argocd",
        .now_s = clock_now_s(m->env.clock),
        .ignores_header_keys = true, /* golang-jwt asks for alg alone */
    };
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    jwt_verify(token, &rules, &v);
    for (const struct local_text *t = texts; t->text != NULL; t++)
        if (v.reason == t->reason)
            return err_set(err, ERR_CRYPTO, "%s", t->text);
    /* A token without exp is a long-lived API token of its account. */
    if (v.reason != JWT_OK && v.reason != JWT_NO_EXP && v.reason != JWT_BAD_AUD &&
        v.reason != JWT_NO_IAT)
        return err_set(err, ERR_CRYPTO, "token is malformed: %s", jwt_reason_name(v.reason));
    const char *subject = js_get_text(v.claims, "sub");
    bool project = false;
    if (project_token(setup, v.claims, &project, err) != 0 ||
        (!project && check_account(setup, subject != NULL ? subject : "", err) != 0))
        return -1;
    const char *id = js_get_text(v.claims, "jti");
    if (id != NULL && argocd_is_revoked(m, id))
        return err_set(err, ERR_CRYPTO, "token is revoked, please re-login");
    *ret_claims = v.claims;
    v.claims = NULL;
    return 0;
}

bool local_logins_enabled(const struct setup *setup)
{
    bool login = false;
    if (account(setup, "admin", &login) == ACCOUNT_ENABLED)
        return true;
    for (struct js_iter it = js_iter(setup->argocd.cm); js_next(&it);) {
        if (!cstr_starts(it.key, "accounts.") || strchr(it.key + 9, '.') != NULL)
            continue;
        login = false;
        if (account(setup, it.key + 9, &login) == ACCOUNT_ENABLED && login)
            return true;
    }
    return false;
}
