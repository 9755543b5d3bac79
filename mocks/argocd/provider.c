/*
 * The provider behind Argo CD's login and its session check. Owns the go-oidc providers it found;
 * a verification keeps the one it began with. The lock is never held during a call.
 */
#include "mocks/argocd/provider.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/common/gotext.h"

/* A discovered provider with those who use it. */
struct found {
    struct goidc *oidc;
    int refs;
};

struct provider {
    pthread_mutex_t lock; /* guards found and the counts */
    struct http_client *client;
    char *issuer;
    const char *rewrite_origin;
    const struct clock *clock;
    struct trace *trace;
    struct goidc_dialect dialect;
    bool small_letter;
    struct found *found; /* NULL until the first success */
};

struct provider *provider_new(const struct provider_conf *conf)
{
    struct provider *p = xcalloc(1, sizeof(*p));
    pthread_mutex_init(&p->lock, NULL);
    p->client = conf->client;
    p->issuer = xstrdup(conf->issuer);
    p->rewrite_origin = conf->rewrite_origin;
    p->clock = conf->clock;
    p->trace = conf->trace;
    p->dialect = conf->dialect;
    p->small_letter = conf->small_letter;
    return p;
}

static void found_drop(struct provider *p, struct found *f)
{
    if (f == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    bool last = --f->refs == 0;
    pthread_mutex_unlock(&p->lock);
    if (!last)
        return;
    goidc_free(f->oidc);
    xfree(f);
}

struct provider *provider_free(struct provider *p)
{
    if (p == NULL)
        return NULL;
    found_drop(p, p->found);
    pthread_mutex_destroy(&p->lock);
    xfree(p->issuer);
    return xfree(p);
}

/* A fresh discovery, not yet anybody's. */
static int discover(struct provider *p, struct found **ret, struct err *err)
{
    trace_log(p->trace, "argocd", "info", "Initializing OIDC provider (issuer: %s)", p->issuer);
    struct goidc *oidc = NULL;
    if (goidc_new(p->client, p->issuer, p->rewrite_origin, NULL, &p->dialect, &oidc, err) != 0) {
        AUTO(xfree) char *quoted = go_quoted(p->issuer);
        return err_wrap(err, "%cailed to query provider %s", p->small_letter ? 'f' : 'F', quoted);
    }
    struct found *f = xcalloc(1, sizeof(*f));
    *f = (struct found){.oidc = oidc, .refs = 1};
    *ret = f;
    return 0;
}

/* Puts a fresh discovery in the place of the present one. */
static void adopt(struct provider *p, struct found *fresh)
{
    pthread_mutex_lock(&p->lock);
    struct found *old = p->found;
    p->found = fresh;
    fresh->refs++;
    pthread_mutex_unlock(&p->lock);
    found_drop(p, old);
}

static struct found *present(struct provider *p)
{
    pthread_mutex_lock(&p->lock);
    struct found *f = p->found;
    if (f != NULL)
        f->refs++;
    pthread_mutex_unlock(&p->lock);
    return f;
}

/* The provider in use, discovered when there is none yet. The caller drops it. */
static int take(struct provider *p, struct found **ret, struct err *err)
{
    *ret = present(p);
    if (*ret != NULL)
        return 0;
    struct found *fresh = NULL;
    if (discover(p, &fresh, err) != 0)
        return -1;
    adopt(p, fresh);
    *ret = fresh;
    return 0;
}

static bool supports_code(const struct js *document)
{
    const struct js *types = js_get(document, "response_types_supported");
    for (size_t i = 0; i < js_len(types); i++)
        if (cstr_eq(js_text(js_at(types, i)), "code"))
            return true;
    return false;
}

int provider_endpoints(struct provider *p, struct provider_endpoints *ret, struct err *err)
{
    struct found *f = NULL;
    if (take(p, &f, err) != 0)
        return -1;
    *ret = (struct provider_endpoints){
        .authorization = xstrdup(goidc_auth_url(f->oidc)),
        .token = xstrdup(goidc_token_url(f->oidc)),
        .code = supports_code(goidc_document(f->oidc)),
    };
    found_drop(p, f);
    return 0;
}

void provider_endpoints_deinit(struct provider_endpoints *e)
{
    xfree(e->authorization);
    xfree(e->token);
    *e = (struct provider_endpoints){0};
}

void provider_verdict_deinit(struct provider_verdict *v)
{
    js_free(v->claims);
    xfree(v->why);
    *v = (struct provider_verdict){0};
}

/* One audience. The keys of a Dex without storage vanish at its restart: hence the second look
 * (1.9 step 4). */
static int verify_one(struct provider *p, const char *token, const char *audience,
                      const struct goidc_skip *skip, struct js **ret, struct err *err)
{
    struct found *f = NULL;
    if (take(p, &f, err) != 0)
        return -1;
    int rc = goidc_verify(f->oidc, token, audience, p->clock, skip, ret, err);
    found_drop(p, f);
    if (rc == 0 || skip->keys_for_ever || !cstr_contains(err->msg, "failed to verify signature"))
        return rc;
    struct err ignored = {0};
    struct found *fresh = NULL;
    if (discover(p, &fresh, &ignored) != 0)
        return -1;
    rc = goidc_verify(fresh->oidc, token, audience, p->clock, skip, ret, err);
    if (rc == 0) {
        trace_log(p->trace, "argocd", "info", "New OIDC settings detected");
        adopt(p, fresh);
    }
    found_drop(p, fresh);
    return rc;
}

/* Whether the payload, not yet verified, names an audience. -1: it cannot be read. */
static int has_audience(const char *token, bool *ret, struct err *err)
{
    static const char outer[] = "failed to determine whether token had an audience claim";
    const char *dot = strchr(token, '.');
    if (dot == NULL)
        return err_set(err, ERR_PARSE, "%s: malformed jwt: malformed jwt, expected 3 parts got 1",
                       outer);
    uint8_t *bytes = NULL;
    size_t len = 0;
    size_t bad_at = 0;
    if (b64url_decode(dot + 1, strcspn(dot + 1, "."), &bytes, &len, &bad_at) != 0)
        return err_set(err, ERR_PARSE,
                       "%s: malformed jwt: malformed jwt payload: illegal base64 data at input "
                       "byte %zu",
                       outer, bad_at);
    AUTO(xfree) char *payload = (char *)bytes;
    AUTO(js_free) struct js *claims = NULL;
    AUTO(xfree) char *cause = go_json_error(payload, len);
    struct err parse = {0};
    if (cause == NULL && js_parse((struct str){payload, len}, "claims", &claims, &parse) != 0)
        cause = xstrdup(parse.msg);
    if (cause != NULL)
        return err_set(err, ERR_PARSE, "%s: failed to unmarshal claims: %s", outer, cause);
    const struct js *aud = js_get(claims, "aud");
    *ret = aud != NULL && !js_is(aud, JS_NULL);
    return 0;
}

static bool is_expired(const struct err *err)
{
    return cstr_starts(err->msg, "oidc: token is expired");
}

/* go-oidc refuses to verify for no client unless told to skip the audience; it finds that out last.
 */
static int verify_without_audience(struct provider *p, const char *token,
                                   const struct provider_rules *rules, struct provider_verdict *ret,
                                   struct err *err)
{
    struct goidc_skip skip = rules->skip;
    skip.audience = true;
    if (verify_one(p, token, "", &skip, &ret->claims, err) != 0)
        return -1;
    if (rules->skip_absent_audience || rules->skip.audience)
        return 0;
    ret->claims = js_free(ret->claims);
    return err_set(err, ERR_CRYPTO,
                   "oidc: invalid configuration, clientID must be provided or SkipClientIDCheck "
                   "must be set");
}

/* Each allowed audience until one fits; an expired token ends the loop (1.9 step 2). */
static void verify_audiences(struct provider *p, const char *token,
                             const struct provider_rules *rules, struct provider_verdict *ret)
{
    AUTO(buf_deinit) struct buf all = {0};
    buf_init(&all, BUF_MAX_TEXT);
    struct err err = {0};
    for (const char *const *aud = rules->audiences; *aud != NULL; aud++) {
        err = (struct err){0};
        if (verify_one(p, token, *aud, &rules->skip, &ret->claims, &err) == 0)
            return;
        if (is_expired(&err))
            break;
        AUTO(xfree) char *quoted = go_quoted(*aud);
        buf_addf(&all, "%serror for aud %s: %s", all.len > 0 ? ", " : "", quoted, err.msg);
    }
    /* Errors of other audiences hide that the token is expired, as errors.As finds no cause. */
    ret->expired = all.len == 0 && is_expired(&err);
    ret->why = all.len == 0
                   ? xasprintf("failed to verify provider token: %s", err.msg)
                   : xasprintf("failed to verify provider token: token verification failed for all "
                               "audiences: %s",
                               all.ptr);
}

/* CVE-2023-22482: before its fix a session's token was verified for whatever audience it named. */
static void verify_bare(struct provider *p, const char *token, const struct provider_rules *rules,
                        struct provider_verdict *ret)
{
    struct goidc_skip skip = rules->skip;
    struct err err = {0};
    const char *audience = rules->bare_audience != NULL ? rules->bare_audience : "";
    skip.audience = skip.audience || rules->bare_audience == NULL;
    if (verify_one(p, token, audience, &skip, &ret->claims, &err) == 0)
        return;
    ret->expired = is_expired(&err);
    ret->why = xstrdup(err.msg);
}

void provider_verify(struct provider *p, const char *token, const struct provider_rules *rules,
                     struct provider_verdict *ret)
{
    struct err err = {0};
    bool audience = false;
    *ret = (struct provider_verdict){0};
    if (rules->bare) {
        verify_bare(p, token, rules, ret);
        return;
    }
    if (has_audience(token, &audience, &err) == 0 && audience && rules->audiences[0] != NULL) {
        verify_audiences(p, token, rules, ret);
        return;
    }
    if (err.code == ERR_NONE && audience)
        err_set(&err, ERR_CRYPTO,
                "token has an audience claim, but no allowed audiences are configured");
    else if (err.code == ERR_NONE && verify_without_audience(p, token, rules, ret, &err) == 0)
        return;
    ret->expired = is_expired(&err);
    ret->why = xasprintf("failed to verify provider token: %s", err.msg);
}
