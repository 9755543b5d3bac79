/*
 * The session manager: token sources, SSO tokens through the provider, local tokens by the server's
 * own key, revocation, and the identity in the claims (argocd.md 4.1 to 4.3). Every request
 * verifies anew, as the real server does.
 */
#include "mocks/argocd/session.h"

#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/cookies.h"
#include "mocks/argocd/faults.h"
#include "mocks/argocd/jwtparse.h"
#include "mocks/argocd/local.h"
#include "mocks/argocd/refresh.h"
#include "mocks/argocd/userinfo_groups.h"

/* strings.SplitN(token, ".", 3) has three parts. */
static bool looks_like_jwt(const char *token)
{
    const char *dot = token != NULL ? strchr(token, '.') : NULL;
    return dot != NULL && strchr(dot + 1, '.') != NULL;
}

/* The token of a request, in Argo CD's order (4.1); caller frees; NULL when there is none. */
static char *find_token(const struct http_request *req, const char *token_header)
{
    const char *meta = params_get_ci(&req->headers, token_header);
    if (meta != NULL && meta[0] != '\0')
        return xstrdup(meta);
    const char *auth = params_get_ci(&req->headers, "Authorization");
    if (cstr_starts(auth, "Bearer ") && looks_like_jwt(auth + strlen("Bearer ")))
        return xstrdup(auth + strlen("Bearer "));
    AUTO(params_deinit) struct params cookies = {0};
    AUTO(xfree) char *token = NULL;
    struct err ignored = {0};
    cookies_read(&req->headers, &cookies);
    if (cookies_join(ARGOCD_TOKEN_COOKIE, &cookies, &token, &ignored) != 0 ||
        !looks_like_jwt(token))
        return NULL;
    char *found = token;
    token = NULL;
    return found;
}

char *session_cookie_attributes(const struct argocd_options *o, bool secure)
{
    return xasprintf("path=%s; SameSite=lax; httpOnly%s", o->cookie_path, secure ? "; Secure" : "");
}

static int verify_sso(struct mock *m, const char *token, struct js **ret, struct err *err)
{
    AUTO(sso_unref) struct sso *sso = argocd_sso(m);
    if (!sso->configured)
        return err_set(err, ERR_CRYPTO, "SSO is not configured");
    const struct provider_rules rules = {
        .audiences = (const char *const *)sso->audiences.items,
        .skip_absent_audience = sso->skip_absent_audience,
        .bare = !sso->audience_checked,
        .skip = fault_skip(m),
    };
    AUTO(provider_verdict_deinit) struct provider_verdict v = {0};
    provider_verify(sso->session, token, &rules, &v);
    if (v.claims == NULL) {
        bool masked = argocd_quirk(m, ARGOCD_QUIRK_VERIFY_MASKED);
        if (masked)
            trace_log(m->env.trace, "argocd", "warning", "Failed to verify session token: %s",
                      v.why);
        if (v.expired) {
            *ret = js_object();
            js_set_text(*ret, "iss", "sso");
        }
        return err_set(err, ERR_CRYPTO, "%s", masked ? "failed to verify the token" : v.why);
    }
    if (argocd_quirk(m, ARGOCD_QUIRK_REVOKE) &&
        argocd_is_revoked(m, session_revocation_id(m, v.claims)))
        return err_set(err, ERR_CRYPTO, "token is revoked, please re-login");
    *ret = v.claims;
    v.claims = NULL;
    return 0;
}

int session_verify(struct mock *m, const char *token, struct js **ret_claims, struct err *err)
{
    AUTO(js_free) struct js *header = NULL;
    AUTO(js_free) struct js *claims = NULL;
    if (jwtparse_unverified(token, &header, &claims, err) != 0)
        return -1;
    if (cstr_eq(js_get_text(claims, "iss"), "argocd"))
        return local_verify(m, token, ret_claims, err);
    return verify_sso(m, token, ret_claims, err);
}

/* v3.0 decoded the claims into a struct of its own: groups a list of texts, email_verified a
 * boolean (#22979). */
static bool fits_argo_claims(const struct js *claims)
{
    const struct js *groups = js_get(claims, "groups");
    const struct js *verified = js_get(claims, "email_verified");
    bool fits = groups == NULL || js_is(groups, JS_NULL) || js_is(groups, JS_ARRAY);
    for (size_t i = 0; js_is(groups, JS_ARRAY) && i < js_len(groups); i++)
        fits = fits && js_is(js_at(groups, i), JS_STRING);
    return fits && (verified == NULL || js_is(verified, JS_NULL) || js_is(verified, JS_TRUE) ||
                    js_is(verified, JS_FALSE));
}

/* A session whose token has ended, and which has a refresh token. */
static void go_on(struct mock *m, const char *token, struct session *ret)
{
    struct err err = {0};
    struct js *claims = NULL;
    AUTO(xfree) char *next = refresh_late(m, token);
    if (next == NULL || session_verify(m, next, &claims, &err) != 0) {
        js_free(claims);
        return;
    }
    js_free(ret->claims);
    ret->claims = claims;
    ret->error = xfree(ret->error);
    ret->renewed = next;
    next = NULL;
}

void session_open(struct mock *m, const struct http_request *req, const char *token_header,
                  struct session *ret)
{
    AUTO(xfree) char *token = find_token(req, token_header);
    struct err err = {0};
    *ret = (struct session){0};
    if (token == NULL)
        ret->error = xstrdup("no session information");
    else if (session_verify(m, token, &ret->claims, &err) != 0)
        ret->error = xasprintf("invalid session: %s", err.msg);
    else if (argocd_quirk(m, ARGOCD_QUIRK_INVALID_CLAIMS) && !fits_argo_claims(ret->claims)) {
        ret->error = xstrdup("invalid argo claims");
        ret->internal = true;
    }
    if (ret->error != NULL && cstr_eq(js_get_text(ret->claims, "iss"), "sso"))
        go_on(m, token, ret);
    bool is_local = cstr_eq(js_get_text(ret->claims, "iss"), "argocd");
    if (ret->error == NULL && !is_local && userinfo_groups_set(m, ret->claims, &err) != 0)
        ret->error = xasprintf("invalid session: %s", err.msg);
    if (ret->error == NULL && !is_local && ret->renewed == NULL)
        ret->renewed = refresh_early(m, ret->claims);
    if (ret->error == NULL && is_local)
        ret->renewed = local_renewed(m, token, ret->claims);
    if (ret->error == NULL || !cstr_eq(argocd_cm(m, "users.anonymous.enabled"), "true"))
        return;
    ret->anonymous = true;
    ret->internal = false;
    ret->claims = js_free(ret->claims);
}

void session_deinit(struct session *s)
{
    js_free(s->claims);
    xfree(s->error);
    xfree(s->renewed);
    *s = (struct session){0};
}

bool session_logged_in(const struct setup *setup, const struct session *s)
{
    return s->error == NULL && session_user(setup, s->claims)[0] != '\0';
}

static const char *text_of(const struct js *claims, const char *name)
{
    const char *text = js_get_text(claims, name);
    return text != NULL ? text : "";
}

const char *session_user(const struct setup *setup, const struct js *claims)
{
    const char *federated = "";
    if (setup->argocd.quirks[ARGOCD_QUIRK_USER_ID])
        federated = text_of(js_get(claims, "federated_claims"), "user_id");
    return federated[0] != '\0' ? federated : text_of(claims, "sub");
}

const char *session_username(const struct setup *setup, const struct js *claims)
{
    const char *email = text_of(claims, "email");
    bool local = cstr_eq(js_get_text(claims, "iss"), "argocd");
    return !local && email[0] != '\0' ? email : session_user(setup, claims);
}

static void add_scope_values(const struct js *value, struct strlist *ret)
{
    if (js_is(value, JS_STRING))
        strlist_add(ret, js_text(value));
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++)
        if (js_text(js_at(value, i)) != NULL)
            strlist_add(ret, js_text(js_at(value, i)));
}

void session_groups(const struct setup *setup, const struct js *claims, struct strlist *ret)
{
    static const char *const otherwise[] = {"groups", NULL};
    const char *const *scope = setup->argocd.rbac_scopes;
    if (scope == NULL || *scope == NULL)
        scope = otherwise;
    for (; *scope != NULL; scope++)
        add_scope_values(js_get(claims, *scope), ret);
}

/* What names the token, and since when (1.10, 4.2). */
struct token_id {
    const char *claim;
    enum argocd_quirk since; /* ARGOCD_QUIRK_MAX_: always */
};

const char *session_revocation_id(struct mock *m, const struct js *claims)
{
    static const struct token_id ids[] = {
        {"jti", ARGOCD_QUIRK_MAX_},
        {"uti", ARGOCD_QUIRK_REVOKE_UTI},
        {"at_hash", ARGOCD_QUIRK_REVOKE},
        {NULL, ARGOCD_QUIRK_MAX_},
    };
    for (const struct token_id *id = ids; id->claim != NULL; id++)
        if (text_of(claims, id->claim)[0] != '\0' &&
            (id->since == ARGOCD_QUIRK_MAX_ || argocd_quirk(m, id->since)))
            return text_of(claims, id->claim);
    return "";
}
