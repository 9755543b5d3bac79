/*
 * Both ways use what the login left in Redis: {"refresh_token", "until_s"} by subject and session
 * of the provider.
 */
#include "mocks/argocd/refresh.h"

#include "harness/base/str.h"
#include "mocks/argocd/jwtparse.h"
#include "mocks/argocd/local.h"
#include "mocks/argocd/redis.h"
#include "mocks/argocd/userinfo_groups.h"
#include "mocks/common/goauth2.h"
#include "mocks/common/goduration.h"

#define KIND "oidc_token"

static const char *text_of(const struct js *o, const char *name)
{
    const char *text = js_get_text(o, name);
    return text != NULL ? text : "";
}

/* Caller frees. */
static char *owner_of(const struct js *claims)
{
    return xasprintf("%s_%s", text_of(claims, "sub"), text_of(claims, "sid"));
}

static void keep(struct mock *m, const char *owner, const char *refresh_token, int64_t until_s)
{
    struct js *o = js_object();
    js_set_text(o, "refresh_token", refresh_token);
    js_set(o, "until_s", js_int(until_s));
    trace_secret(m->env.trace, "token", refresh_token);
    redis_set(m, KIND, owner, o, until_s);
}

void refresh_keep(struct mock *m, const struct sso *sso, const struct js *claims,
                  const struct js *answer)
{
    const char *refresh_token = js_get_text(answer, "refresh_token");
    AUTO(xfree) char *owner = owner_of(claims);
    if (!sso->dex && refresh_token != NULL)
        keep(m, owner, refresh_token, clock_now_s(m->env.clock) + local_session_s(m));
}

/* ---- the request ---- */

static int ask(const struct sso *sso, const char *refresh_token, struct js **ret, struct err *err)
{
    AUTO(provider_endpoints_deinit) struct provider_endpoints endpoints = {0};
    AUTO(params_deinit) struct params form = {0};
    enum goauth2_style style = GOAUTH2_AUTO;
    if (provider_endpoints(sso->login, &endpoints, err) != 0)
        return -1;
    params_add(&form, "grant_type", "refresh_token");
    params_add(&form, "refresh_token", refresh_token);
    return goauth2_token(sso->login_client, endpoints.token, sso->client_id, sso->client_secret,
                         &form, &style, ret, err);
}

/* The new ID token; caller frees. NULL after the log line. */
static char *refresh(struct mock *m, const struct sso *sso, const struct js *claims)
{
    AUTO(xfree) char *owner = owner_of(claims);
    AUTO(js_free) struct js *kept = redis_get(m, KIND, owner);
    AUTO(js_free) struct js *answer = NULL;
    struct err err = {0};
    int64_t until_s = 0;
    if (kept == NULL)
        return NULL;
    if (ask(sso, text_of(kept, "refresh_token"), &answer, &err) != 0) {
        trace_log(m->env.trace, "argocd", "error", "error checking and refreshing token: %s",
                  err.msg);
        return NULL;
    }
    const char *next = js_get_text(answer, "refresh_token");
    const char *id_token = js_get_text(answer, "id_token");
    if (next != NULL && js_get_number(kept, "until_s", &until_s) == 0)
        keep(m, owner, next, until_s);
    if (id_token == NULL)
        return NULL;
    trace_secret(m->env.trace, "token", id_token);
    userinfo_groups_keep(m, sso, claims, js_get_text(answer, "access_token"));
    trace_log(m->env.trace, "argocd", "info", "refreshed token for subject %s",
              text_of(claims, "sub"));
    return xstrdup(id_token);
}

/* ---- when ---- */

/* The default is to refresh nothing; what is no duration counts as that. */
static int64_t threshold_s(const struct sso *sso)
{
    const char *text = text_of(sso->oidc, "refreshTokenThreshold");
    int64_t ms = 0;
    return *text != '\0' && go_duration(text, &ms, NULL) == 0 ? ms / 1000 : 0;
}

char *refresh_early(struct mock *m, const struct js *claims)
{
    AUTO(sso_unref) struct sso *sso = argocd_sso(m);
    int64_t exp_s = 0;
    if (sso->dex || !argocd_quirk(m, ARGOCD_QUIRK_REFRESH_THRESHOLD) ||
        js_get_number(claims, "exp", &exp_s) != 0 ||
        exp_s - clock_now_s(m->env.clock) >= threshold_s(sso))
        return NULL;
    return refresh(m, sso, claims);
}

char *refresh_late(struct mock *m, const char *token)
{
    AUTO(sso_unref) struct sso *sso = argocd_sso(m);
    AUTO(js_free) struct js *header = NULL;
    AUTO(js_free) struct js *claims = NULL;
    if (sso->dex || !argocd_quirk(m, ARGOCD_QUIRK_REFRESH_EXPIRED) ||
        jwtparse_unverified(token, &header, &claims, NULL) != 0)
        return NULL;
    return refresh(m, sso, claims);
}
