/*
 * Argo CD's own HS256 tokens: made for whoever logged in with a password, and verified as
 * SessionManager.Parse does it (argocd.md 4.2; Argo CD's util/session/sessionmanager.go).
 */
#include "mocks/argocd/local.h"

#include <string.h>

#include "harness/base/die.h"
#include "harness/base/str.h"
#include "harness/jose/jwt.h"
#include "mocks/argocd/account_store.h"
#include "mocks/argocd/jwtparse.h"
#include "mocks/argocd/project_token.h"
#include "mocks/common/goduration.h"

/* "name", "name:login" or "name:apiKey"; nothing behind the name, or nothing that is known, is
 * apiKey. Caller frees. */
static char *read_subject(const char *subject, enum account_capability *ret)
{
    size_t len = strcspn(subject, ":");
    const char *rest = subject[len] == ':' ? subject + len + 1 : "";
    AUTO(xfree) char *word = xstrndup(rest, strcspn(rest, ":"));
    *ret = cstr_eq(word, account_capability_name(ACCOUNT_LOGIN)) ? ACCOUNT_LOGIN : ACCOUNT_API_KEY;
    return xstrndup(subject, len);
}

/* SessionManager.Parse, in its order. */
static int check_account(struct mock *m, const char *name, enum account_capability as,
                         const struct js *claims, struct err *err)
{
    AUTO(account_deinit) struct account a = {0};
    const char *id = js_get_text(claims, "jti");
    int64_t iat_s = 0;
    if (!account_find(argocd_setup(m), name, &a))
        return err_set(err, ERR_CRYPTO,
                       "rpc error: code = NotFound desc = account '%s' does not exist", name);
    if (!a.enabled)
        return err_set(err, ERR_CRYPTO, "account %s is disabled", name);
    if ((a.capabilities & (unsigned)as) == 0)
        return err_set(err, ERR_CRYPTO, "account %s does not have '%s' capability", name,
                       account_capability_name(as));
    if (id == NULL || *id == '\0' || argocd_is_revoked(m, id))
        return err_set(err, ERR_CRYPTO, "token is revoked, please re-login");
    if (as == ACCOUNT_API_KEY && !account_has_token(&a, id))
        return err_set(err, ERR_CRYPTO, "account %s does not have token with id %s", name, id);
    if (a.changed_s != 0 && js_get_number(claims, "iat", &iat_s) == 0 && iat_s < a.changed_s)
        return err_set(err, ERR_CRYPTO, "account password has changed since token issued");
    return 0;
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
    enum account_capability as = ACCOUNT_API_KEY;
    bool project = false;
    if (project_token(setup, v.claims, &project, err) != 0)
        return -1;
    AUTO(xfree) char *name = read_subject(subject != NULL ? subject : "", &as);
    if (!project && check_account(m, name, as, v.claims, err) != 0)
        return -1;
    if (!project)
        js_set_text(v.claims, "sub", name);
    *ret_claims = v.claims;
    v.claims = NULL;
    return 0;
}

/* ---- making them ---- */

#define DAY_S INT64_C(86400)
#define RENEW_S 300

int64_t local_session_s(struct mock *m)
{
    const char *text = argocd_cm(m, "users.session.duration");
    struct err err = {0};
    int64_t ms = 0;
    if (text[0] == '\0')
        return DAY_S;
    if (go_duration(text, &ms, &err) == 0)
        return ms / 1000;
    trace_log(m->env.trace, "argocd", "warning", "Failed to parse 'users.session.duration' key: %s",
              err.msg);
    return DAY_S;
}

/* A version 4 UUID. */
static char *new_id(struct mock *m)
{
    uint8_t b[16];
    rnd_fill(m->env.rnd, "argocd", "jti", b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    return xasprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
                     b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
                     b[13], b[14], b[15]);
}

char *local_create(struct mock *m, const char *name, int64_t lifetime_s)
{
    const char *secret = argocd_setup(m)->argocd.server_secretkey;
    AUTO(key_free) struct key *key = key_from_secret(secret, strlen(secret));
    AUTO(js_free) struct js *claims = js_object();
    AUTO(xfree) char *subject = xasprintf("%s:%s", name, account_capability_name(ACCOUNT_LOGIN));
    AUTO(xfree) char *id = new_id(m);
    int64_t now_s = clock_now_s(m->env.clock);
    char *token = NULL;
    js_set_text(claims, "iss", "argocd");
    js_set_text(claims, "sub", subject);
    if (lifetime_s > 0)
        js_set(claims, "exp", js_int(now_s + lifetime_s));
    js_set(claims, "nbf", js_int(now_s));
    js_set(claims, "iat", js_int(now_s));
    js_set_text(claims, "jti", id);
    if (jwt_sign(key, JWS_HS256, "JWT", NULL, claims, &token, NULL) != 0)
        die("argocd: a session token cannot be signed");
    trace_secret(m->env.trace, "token", token);
    return token;
}

char *local_renewed(struct mock *m, const char *token, const struct js *claims)
{
    AUTO(js_free) struct js *header = NULL;
    AUTO(js_free) struct js *given = NULL;
    enum account_capability as = ACCOUNT_API_KEY;
    int64_t exp_s = 0;
    int64_t iat_s = 0;
    if (js_get_number(claims, "exp", &exp_s) != 0 || js_get_number(claims, "iat", &iat_s) != 0 ||
        exp_s - clock_now_s(m->env.clock) >= RENEW_S ||
        jwtparse_unverified(token, &header, &given, NULL) != 0)
        return NULL;
    AUTO(xfree) char *name = read_subject(js_get_text(given, "sub"), &as);
    return as == ACCOUNT_LOGIN ? local_create(m, name, exp_s - iat_s) : NULL;
}

bool local_logins_enabled(const struct setup *setup)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    bool any = false;
    account_names(setup, &names);
    for (size_t i = 0; i < names.len && !any; i++) {
        AUTO(account_deinit) struct account a = {0};
        any = account_find(setup, names.items[i], &a) && a.enabled &&
              (a.capabilities & (unsigned)ACCOUNT_LOGIN) != 0;
    }
    return any;
}
