/*
 * The mock authentik as a whole: its state, its table of routes, and what is common to all answers.
 * What an endpoint does stands in the file of its name.
 */
#include "mocks/authentik/state.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/b64.h"
#include "mocks/authentik/device.h"
#include "mocks/authentik/logout.h"
#include "mocks/authentik/mfa.h"
#include "mocks/authentik/outbox.h"
#include "mocks/common/wire.h"

/* Room for 10,000 sessions with a token each, and what is asked for meanwhile. */
#define KEPT_SESSIONS 16384
#define KEPT_CODES 4096
#define KEPT_TOKENS 16384
#define KEPT_CONSENTS 1024
#define KEPT_DEVICES 1024
#define KEPT_THROTTLES 1024
#define KEPT_SERVICES 1024
#define KEPT_REPUTATION 1024
#define KEPT_FACTORS 4096

void ak_mock_lock(struct mock *m)
{
    pthread_mutex_lock(&m->lock);
}

void ak_mock_unlock(struct mock *m)
{
    pthread_mutex_unlock(&m->lock);
}

int64_t ak_mock_now_s(const struct mock *m)
{
    return clock_now_s(m->env.clock);
}

char *ak_mock_draw(struct mock *m, const char *purpose, const char *alphabet, size_t n)
{
    return rnd_text(m->env.rnd, AK_PARTY, purpose, alphabet, n);
}

char *ak_mock_uuid(struct mock *m, const char *purpose, bool dashes)
{
    uint8_t b[16];
    rnd_fill(m->env.rnd, AK_PARTY, purpose, b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* RFC 9562 5.4 */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    AUTO(xfree) char *hex = hex_encode(b, sizeof(b));
    if (!dashes)
        return xstrdup(hex);
    return xasprintf("%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static void consent_free_item(struct store_item *item)
{
    struct consent *c = (struct consent *)(void *)item;
    xfree(c->permissions);
    xfree(c->item.key);
    xfree(c);
}

static void reputation_free_item(struct store_item *item)
{
    xfree(item->key);
    xfree(item);
}

static void service_free_item(struct store_item *item)
{
    struct service *s = (struct service *)(void *)item;
    xfree((char *)(uintptr_t)s->person.name);
    xfree(s->item.key);
    xfree(s);
}

static void tell_eviction(void *ctx, const struct store *s)
{
    const struct mock *m = ctx;
    mock_tell_eviction(&m->env, AK_PARTY, s->what, s->max, s->evicted);
}

static void name_secrets(const struct mock *m)
{
    trace_secret(m->env.trace, "client-secret", m->setup->authentik.client_secret);
    for (size_t i = 0; i < m->setup->people_len; i++) {
        const struct setup_person *p = &m->setup->people[i];
        trace_secret(m->env.trace, "password", p->password);
        trace_secret(m->env.trace, "password", p->totp);
        trace_secret(m->env.trace, "password", p->app_password);
        for (const char *const *c = p->static_codes; c != NULL && *c != NULL; c++)
            trace_secret(m->env.trace, "password", *c);
    }
}

struct mock *authentik_mock_new(const struct mock_env *env, struct err *err)
{
    struct mock *m = xcalloc(1, sizeof(*m));
    pthread_mutex_init(&m->lock, NULL);
    m->env = *env;
    m->setup = env->setup;
    ak_store_init(&m->sessions, KEPT_SESSIONS, ak_session_free_item);
    ak_store_init(&m->codes, KEPT_CODES, ak_code_free_item);
    ak_store_init(&m->access, KEPT_TOKENS, ak_token_free_item);
    ak_store_init(&m->refresh, KEPT_TOKENS, ak_token_free_item);
    ak_store_init(&m->consents, KEPT_CONSENTS, consent_free_item);
    ak_store_init(&m->devices, KEPT_DEVICES, ak_device_free_item);
    ak_store_init(&m->throttles, KEPT_THROTTLES, ak_throttle_free_item);
    m->outbox = ak_outbox_new(env->client, env->trace);
    ak_store_init(&m->services, KEPT_SERVICES, service_free_item);
    ak_store_init(&m->reputation, KEPT_REPUTATION, reputation_free_item);
    ak_store_init(&m->factors, KEPT_FACTORS, ak_factor_free_item);
    ak_store_watch(&m->sessions, "sessions", tell_eviction, m);
    ak_store_watch(&m->codes, "codes", tell_eviction, m);
    ak_store_watch(&m->access, "access tokens", tell_eviction, m);
    ak_store_watch(&m->refresh, "refresh tokens", tell_eviction, m);
    if (ak_conf_init(&m->conf, m->setup, m->key_number, err) != 0) {
        err_wrap(err, "mock authentik");
        return authentik_mock_free(m);
    }
    ak_flow_own_login(m);
    m->install_id = ak_mock_uuid(m, "install-id", true);
    AUTO(xfree) char *secret = ak_mock_draw(m, "cookie-key", RND_ALNUM, 50);
    m->cookie_key = key_from_secret(secret, strlen(secret));
    name_secrets(m);
    return m;
}

struct mock *authentik_mock_free(struct mock *m)
{
    if (m == NULL)
        return NULL;
    ak_outbox_free(m->outbox);
    ak_store_deinit(&m->devices);
    ak_store_deinit(&m->throttles);
    ak_store_deinit(&m->sessions);
    ak_store_deinit(&m->codes);
    ak_store_deinit(&m->access);
    ak_store_deinit(&m->refresh);
    ak_store_deinit(&m->consents);
    ak_store_deinit(&m->services);
    ak_store_deinit(&m->reputation);
    ak_store_deinit(&m->factors);
    ak_conf_deinit(&m->conf);
    key_free(m->cookie_key);
    xfree(m->install_id);
    xfree(m->learned_redirect);
    xfree(m->own_login);
    pthread_mutex_destroy(&m->lock);
    return xfree(m);
}

/* Lock held. Builds first, so that a refused setup leaves the old one in force. */
static int reload(struct mock *m, const struct setup *setup, int key_number, struct err *err)
{
    struct conf next = {0};
    if (ak_conf_init(&next, setup, key_number, err) != 0) {
        ak_conf_deinit(&next);
        return err_wrap(err, "mock authentik");
    }
    ak_conf_deinit(&m->conf);
    m->conf = next;
    m->setup = setup;
    m->key_number = key_number;
    ak_redirects_relearn(m);
    ak_flow_own_login(m);
    name_secrets(m);
    return 0;
}

int authentik_mock_rotate(struct mock *m, struct err *err)
{
    ak_mock_lock(m);
    const char *kind = m->conf.ak->signing_key;
    int rc =
        ak_conf_keys_of_kind(kind) > 1
            ? reload(m, m->setup, m->key_number + 1, err)
            : err_set(err, ERR_USAGE, "signing key '%s' has no second test key to rotate to", kind);
    if (rc == 0)
        trace_log(m->env.trace, AK_PARTY, "info", "model_updated model=certificatekeypair kid=%s",
                  m->conf.kid);
    ak_mock_unlock(m);
    return rc;
}

int authentik_mock_change(struct mock *m, const struct setup *setup, struct err *err)
{
    ak_mock_lock(m);
    int rc = reload(m, setup, m->key_number, err);
    if (rc == 0)
        ak_people_left(m);
    ak_mock_unlock(m);
    return rc;
}

static void health_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    (void)req;
    ak_mock_lock(m);
    http_respond(resp, ak_quirk(m, QUIRK_HEALTH_200) ? 200 : 204, AK_HTML, "");
    ak_mock_unlock(m);
}

static void not_found_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    (void)ctx;
    (void)req;
    ak_not_found(resp);
}

/* The user interface behind a login that leads nowhere else (`next` absent). */
static void root_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    const struct setup_person *p = ak_visit_person(&v);
    if (p == NULL)
        ak_redirect(resp, "/if/flow/" FLOW_LOGIN_SLUG "/?next=%2F");
    else
        ak_page_message(resp, 200, "My applications", p->name);
    ak_visit_end(&v);
    ak_mock_unlock(m);
}

/* authentik.md 1. Only the token endpoint signs (and hybrid answers of /authorize, which no driver
 * here asks for): it alone runs on the workers. */
static const struct http_route routes[] = {
    {NULL, "/application/o/token/", ak_token_serve, true},
    {NULL, "/application/o/authorize/", ak_authorize_serve, false},
    {NULL, "/application/o/userinfo/", ak_userinfo_serve, false},
    {NULL, "/application/o/introspect/", ak_introspect_serve, false},
    {NULL, "/application/o/revoke/", ak_revoke_serve, false},
    {NULL, "/application/o/device/", ak_device_serve, false},
    {NULL, "/application/o/{}/.well-known/openid-configuration", ak_discovery_serve, false},
    {NULL, "/application/o/{}/jwks/", ak_jwks_serve, false},
    {NULL, "/application/o/{}/end-session/", ak_end_session_serve, false},
    {NULL, "/application/o/{}/", ak_discovery_root_redirect, false},
    {NULL, "/api/v3/flows/executor/{}/", ak_executor_serve, false},
    {NULL, "/if/flow/{}/", ak_flow_page_serve, false},
    {NULL, "/.well-known/oauth-authorization-server/application/o/{}/", ak_discovery_serve, false},
    {NULL, "/flows/-/default/{}/", ak_default_flow_serve, false},
    {NULL, "/flows/-/cancel/", ak_cancel_flow_serve, false},
    {NULL, "/.well-known/webfinger", ak_webfinger_serve, false},
    {"GET", "/-/health/live/", health_serve, false},
    {"GET", "/-/health/ready/", health_serve, false},
    {"GET", "/", root_serve, false},
    {NULL, "/device", ak_device_entry_serve, false},
    {NULL, "/if/session-end/{}/", ak_session_end_page_serve, false},
    {0}};

/* Every answer carries both (authentik.md 1). */
static void finish(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    if (params_get_ci(&resp->headers, "X-authentik-id") == NULL) {
        AUTO(xfree) char *id = ak_mock_uuid(m, "request-id", false);
        params_set_ci(&resp->headers, "X-authentik-id", id);
    }
    params_set_ci(&resp->headers, "X-Powered-By", "authentik");
    wire_play(&m->env, AK_PARTY, req, resp);
}

void authentik_mock_site(struct mock *m, struct http_site *ret)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    *ret = (struct http_site){
        .name = AK_PARTY,
        .routes = routes,
        .fallback = not_found_serve,
        .finish = finish,
        .begin = ak_proxies_begin,
        .ctx = m,
        .workers = cpus < 1   ? 1
                   : cpus > 8 ? 8
                              : (int)cpus,
        .clock = m->env.clock,
    };
}
