/*
 * Asks userinfo with the access token that the web login left in Redis; a token of the CLI has left
 * none (argocd.md 9 row 40). Answers are kept as long as userInfoCacheExpiration says.
 */
#include "mocks/argocd/userinfo_groups.h"

#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/redis.h"
#include "mocks/common/goduration.h"
#include "mocks/common/gohttp.h"
#include "mocks/common/gotext.h"

static const char *text_of(const struct js *o, const char *name)
{
    const char *text = js_get_text(o, name);
    return text != NULL ? text : "";
}

static bool is_on(const struct sso *sso)
{
    return !sso->dex && js_get_bool(sso->oidc, "enableUserInfoGroups", false) &&
           *text_of(sso->oidc, "userInfoPath") != '\0';
}

static int64_t end_of(const struct js *claims)
{
    int64_t exp_s = 0;
    return js_get_number(claims, "exp", &exp_s) == 0 ? exp_s : 0;
}

void userinfo_groups_keep(struct mock *m, const struct sso *sso, const struct js *claims,
                          const char *access_token)
{
    if (!is_on(sso) || access_token == NULL)
        return;
    redis_set(m, "access_token", text_of(claims, "sub"), js_string(access_token), end_of(claims));
    redis_del(m, "userinfo_response", text_of(claims, "sub"));
}

/* ---- asking ---- */

/* The issuer, or since 3.5 userInfoBaseURL, with the path behind it. Caller frees. */
static char *url_of(struct mock *m, const struct sso *sso)
{
    const char *base = text_of(sso->oidc, "userInfoBaseURL");
    if (*base == '\0' || !argocd_quirk(m, ARGOCD_QUIRK_USERINFO_BASE_URL))
        base = sso->issuer;
    return xasprintf("%s%s", base, text_of(sso->oidc, "userInfoPath"));
}

/* A signed answer is verified as any token; else the body is JSON. */
static int read_answer(const struct sso *sso, const struct http_response *resp, struct js **ret,
                       struct err *err)
{
    AUTO(xfree) char *cause = NULL;
    if (cstr_eq(params_get_ci(&resp->headers, "Content-Type"), "application/jwt")) {
        const struct provider_rules rules = {.audiences = (const char *const *)sso->audiences.items,
                                             .skip_absent_audience = sso->skip_absent_audience};
        AUTO(provider_verdict_deinit) struct provider_verdict v = {0};
        provider_verify(sso->login, resp->body, &rules, &v);
        if (v.claims == NULL)
            return err_set(err, ERR_CRYPTO, "user info response in jwt format not valid: %s",
                           v.why);
        *ret = v.claims;
        v.claims = NULL;
        return 0;
    }
    *ret = go_json_parse((struct str){resp->body, resp->body_len}, false, &cause);
    return *ret != NULL
               ? 0
               : err_set(err, ERR_PARSE, "cannot unmarshal claims from plain response: %s", cause);
}

static int64_t lifetime_until(struct mock *m, const struct sso *sso, const struct js *answer,
                              const struct js *claims)
{
    int64_t now_s = clock_now_s(m->env.clock);
    int64_t until_s = end_of(answer) != 0 ? end_of(answer) : end_of(claims);
    int64_t ms = 0;
    const char *text = text_of(sso->oidc, "userInfoCacheExpiration");
    if (*text != '\0' && go_duration(text, &ms, NULL) == 0 && ms > 0 && now_s + ms / 1000 < until_s)
        until_s = now_s + ms / 1000;
    return until_s;
}

static int ask(struct mock *m, const struct sso *sso, const struct js *claims,
               const char *access_token, struct js **ret, struct err *err)
{
    static const char querying[] = "error while querying userinfo endpoint";
    static const char fetching[] = "error fetching user info endpoint";
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(xfree) char *url = url_of(m, sso);
    http_request_set(&req, "GET", url);
    params_addf(&req.headers, "Authorization", "Bearer %s", access_token);
    if (gohttp_do(sso->login_client, &req, NULL, &resp, err) != 0)
        return err_wrap(err, "%s: failed to do userinfo request", fetching);
    if (resp.status == 401) /* %w of no error */
        return err_set(err, ERR_CRYPTO, "%s: %%!w(<nil>)", querying);
    if (read_answer(sso, &resp, ret, err) != 0)
        return err_wrap(err, "%s", fetching);
    redis_set(m, "userinfo_response", text_of(claims, "sub"), js_dup(*ret),
              lifetime_until(m, sso, *ret, claims));
    return 0;
}

static int user_info(struct mock *m, const struct sso *sso, const struct js *claims,
                     struct js **ret, struct err *err)
{
    const char *sub = text_of(claims, "sub");
    *ret = redis_get(m, "userinfo_response", sub);
    if (*ret != NULL)
        return 0;
    AUTO(js_free) struct js *token = redis_get(m, "access_token", sub);
    if (token == NULL)
        return err_set(err, ERR_CRYPTO,
                       "error while querying userinfo endpoint: no accessToken for %s: cache: key "
                       "is missing",
                       sub);
    return ask(m, sso, claims, js_text(token), ret, err);
}

int userinfo_groups_set(struct mock *m, struct js *claims, struct err *err)
{
    AUTO(sso_unref) struct sso *sso = argocd_sso(m);
    AUTO(js_free) struct js *info = NULL;
    if (!is_on(sso))
        return 0;
    if (user_info(m, sso, claims, &info, err) != 0)
        return -1;
    if (strcmp(text_of(info, "sub"), text_of(claims, "sub")) != 0)
        return err_set(err, ERR_CRYPTO,
                       "subject of claims from user info endpoint didn't match subject of idToken, "
                       "see https://openid.net/specs/openid-connect-core-1_0.html#UserInfo");
    const struct js *groups = js_get(info, "groups");
    js_set(claims, "groups", groups != NULL ? js_dup(groups) : js_null());
    return 0;
}
