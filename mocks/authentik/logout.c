/*
 * What a logout does: tokens that die with a session, logout tokens for the outbox, iframes for the
 * front channel, and the stages of the invalidation flows. How a logout starts is in end_session.c.
 */
#include "mocks/authentik/logout.h"

#include <string.h>
#include <strings.h>

#include "harness/base/url.h"
#include "harness/http/html.h"
#include "mocks/authentik/device.h"
#include "mocks/authentik/faults.h"
#include "mocks/authentik/outbox.h"

struct leaving *ak_leaving_free(struct leaving *l)
{
    if (l == NULL)
        return NULL;
    xfree(l->to);
    js_free(l->logout_urls);
    return xfree(l);
}

struct leaving *ak_plan_leaving(struct plan *p)
{
    if (p->leaving == NULL)
        p->leaving = xcalloc(1, sizeof(*p->leaving));
    return p->leaving;
}

/* ------------------------------------------------------------------ back channel */

static bool back_channel(const struct mock *m)
{
    const struct setup_authentik *ak = m->conf.ak;
    bool by_iframe =
        ak_quirk(m, QUIRK_FRONTCHANNEL_LOGOUT) && cstr_eq(ak->logout_method, "frontchannel");
    return ak->logout_uri != NULL && ak_quirk(m, QUIRK_BACKCHANNEL_LOGOUT) && !by_iframe;
}

/* iss and sub as the session's token had them (P/tasks.py); before 2025.8.1 sub was the hash
 * whatever the provider's mode. */
static struct js *logout_claims(struct mock *m, const struct token *t)
{
    AUTO(js_free) struct js *had = NULL;
    if (js_parse(str_of(t->claims), "claims", &had, NULL) != 0)
        had = js_object();
    AUTO(xfree) char *jti = ak_mock_uuid(m, "logout-token", true);
    int64_t now_s = ak_mock_now_s(m);
    struct js *claims = js_object();
    struct js *events = js_object();
    js_set_text(claims, "iss", js_get_text(had, "iss"));
    js_set_text(claims, "aud", m->conf.ak->client_id);
    js_set(claims, "iat", js_int(now_s));
    if (ak_quirk(m, QUIRK_LOGOUT_TOKEN_EXP))
        js_set(claims, "exp", js_int(now_s + m->conf.ak->access_token_validity_s));
    js_set_text(claims, "jti", jti);
    js_set(events, "http://schemas.openid.net/event/backchannel-logout", js_object());
    js_set(claims, "events", events);
    const struct setup_person *p = ak_conf_person(m, t->grant.person);
    bool as_had = ak_quirk(m, QUIRK_LOGOUT_TOKEN_SID) || p == NULL;
    AUTO(xfree) char *hash = as_had ? NULL : ak_claims_sub_hashed(m, p);
    js_set_text(claims, "sub", as_had ? js_get_text(had, "sub") : hash);
    if (ak_quirk(m, QUIRK_LOGOUT_TOKEN_SID) && t->grant.sid != NULL)
        js_set_text(claims, "sid", t->grant.sid);
    return claims;
}

static bool same_origin(const struct url *u, const char *other)
{
    AUTO(url_deinit) struct url o = {0};
    return other != NULL && url_parse(other, &o, NULL) == 0 && strcmp(u->scheme, o.scheme) == 0 &&
           strcasecmp(u->host, o.host) == 0 && u->port == o.port;
}

static bool is_loopback(const char *host)
{
    bool v4 = strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == '\0';
    return v4 || strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

/* A mock writes to nobody who may be real: only to the systems of the setup and to this machine. */
static bool inside(const struct mock *m, const char *uri)
{
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(uri, &u, NULL) != 0)
        return false;
    return same_origin(&u, m->setup->argocd.url) || same_origin(&u, m->conf.ak->url) ||
           is_loopback(u.host);
}

static void tell(struct mock *m, const struct token *t)
{
    if (!inside(m, m->conf.ak->logout_uri)) {
        trace_log(m->env.trace, AK_PARTY, "error",
                  "no logout token is sent to an address outside the setup logout_uri=%s",
                  m->conf.ak->logout_uri);
        return;
    }
    struct letter *l = xcalloc(1, sizeof(*l));
    l->to = xstrdup(m->conf.ak->logout_uri);
    l->user_agent = xasprintf("authentik@%s", m->conf.ak->version);
    l->key = key_ref(m->conf.key);
    l->alg = m->conf.alg;
    l->typ = xstrdup(ak_quirk(m, QUIRK_LOGOUT_TOKEN_TYP) ? "logout+jwt" : "JWT");
    l->kid = m->conf.kid != NULL ? xstrdup(m->conf.kid) : NULL;
    l->enc_key = m->conf.enc_key != NULL ? key_ref(m->conf.enc_key) : NULL;
    l->enc_kid = m->conf.enc_kid != NULL ? xstrdup(m->conf.enc_kid) : NULL;
    l->claims = logout_claims(m, t);
    ak_outbox_send(m->outbox, l);
}

static bool of_session(const struct mock *m, const struct store_item *item, const char *sid)
{
    const struct token *t = (const struct token *)(const void *)item;
    return cstr_eq(t->grant.sid, sid) && item->expires_s > ak_mock_now_s(m);
}

/* One letter for each token, as the signal handler has it; end-session itself sends one. */
static void tell_of_session(struct mock *m, const char *sid, bool once)
{
    if (!back_channel(m))
        return;
    for (const struct store_item *i = m->access.oldest; i != NULL; i = i->newer) {
        if (!of_session(m, i, sid))
            continue;
        tell(m, (const struct token *)(const void *)i);
        if (once)
            return;
    }
}

/* ------------------------------------------------------------------ tokens */

static int has_sid(const struct store_item *item, const void *ctx)
{
    const struct token *t = (const struct token *)(const void *)item;
    return cstr_eq(t->grant.sid, ctx);
}

void ak_session_over(struct mock *m, const struct session *s)
{
    tell_of_session(m, s->sid, false);
    if (ak_quirk(m, QUIRK_LOGOUT_REVOKES))
        ak_store_remove_if(&m->access, has_sid, s->sid);
}

void ak_session_leaves_client(struct mock *m, const struct session *s)
{
    tell_of_session(m, s->sid, true);
    ak_store_remove_if(&m->access, has_sid, s->sid);
}

/* ------------------------------------------------------------------ people who left */

static bool is_gone(const struct mock *m, const char *person)
{
    return ak_conf_person(m, person) == NULL;
}

static bool is_inactive(const struct mock *m, const char *person)
{
    const struct setup_person *p = ak_conf_person(m, person);
    return p != NULL && !p->active;
}

static bool loses_tokens(const struct mock *m, const char *person)
{
    return is_gone(m, person) || (ak_quirk(m, QUIRK_INACTIVE_REVOKED) && is_inactive(m, person));
}

static bool loses_session(const struct mock *m, const struct store_item *item)
{
    const char *person = ((const struct session *)(const void *)item)->person;
    if (person == NULL)
        return false;
    return is_gone(m, person) || (ak_quirk(m, QUIRK_INACTIVE_LOGOUT) && is_inactive(m, person));
}

static int token_lost(const struct store_item *item, const void *ctx)
{
    return loses_tokens(ctx, ((const struct token *)(const void *)item)->grant.person);
}

static int session_lost(const struct store_item *item, const void *ctx)
{
    return loses_session(ctx, item);
}

static int device_lost(const struct store_item *item, const void *ctx)
{
    const struct device *d = (const struct device *)(const void *)item;
    return d->grant.person != NULL && loses_tokens(ctx, d->grant.person);
}

/* Somebody who is gone from the setup was deleted: the database takes along what was theirs. */
void ak_people_left(struct mock *m)
{
    for (const struct store_item *i = m->sessions.oldest; i != NULL; i = i->newer)
        if (loses_session(m, i))
            ak_session_over(m, (const struct session *)(const void *)i);
    ak_store_remove_if(&m->sessions, session_lost, m);
    ak_store_remove_if(&m->access, token_lost, m);
    ak_store_remove_if(&m->refresh, token_lost, m);
    ak_store_remove_if(&m->devices, device_lost, m);
}

/* ------------------------------------------------------------------ front channel */

bool ak_logs_out_by_iframe(const struct mock *m)
{
    const struct setup_authentik *ak = m->conf.ak;
    return ak->logout_uri != NULL && ak_quirk(m, QUIRK_FRONTCHANNEL_LOGOUT) &&
           cstr_eq(ak->logout_method, "frontchannel");
}

/* iss and sid first, then what the URI had itself; a name of ours is not given twice. */
static char *frontchannel_url(const char *uri, const char *issuer, const char *sid)
{
    AUTO(params_deinit) struct params own = {0};
    AUTO(params_deinit) struct params all = {0};
    size_t base = strcspn(uri, "?#");
    const char *fragment = strchr(uri, '#');
    if (uri[base] == '?')
        params_parse_form(&own, (struct str){uri + base + 1, strcspn(uri + base + 1, "#")});
    params_add(&all, "iss", issuer);
    params_add(&all, "sid", sid);
    for (size_t i = 0; i < own.len; i++)
        if (strcmp(own.items[i].name, "iss") != 0 && strcmp(own.items[i].name, "sid") != 0)
            params_add(&all, own.items[i].name, own.items[i].value);
    AUTO(xfree) char *query = params_form(&all);
    return xasprintf("%.*s?%s%s", (int)base, uri, query, fragment != NULL ? fragment : "");
}

void ak_leaving_add_iframe(struct mock *m, struct leaving *l, const struct session *s,
                           const char *issuer)
{
    const struct setup_authentik *ak = m->conf.ak;
    AUTO(xfree) char *url = frontchannel_url(ak->logout_uri, issuer, s->sid);
    struct js *one = js_object();
    js_set_text(one, "url", url);
    js_set_text(one, "provider_name", ak->app_name != NULL ? ak->app_name : "provider");
    js_set_text(one, "binding", "redirect");
    js_set_text(one, "provider_type", "authentik_providers_oauth2.oauth2provider");
    if (l->logout_urls == NULL)
        l->logout_urls = js_array();
    js_append(l->logout_urls, one);
}

/* The signal before the logout stage (P/signals.py): an iframe for each token of the session. */
static void gather_iframes(struct exec *x)
{
    const struct session *s = x->v->session;
    AUTO(xfree) char *base = ak_base(x->v->req);
    AUTO(xfree) char *issuer = ak_issuer(x->m, base);
    struct plan *p = x->plan;
    bool found = false;
    if (!ak_logs_out_by_iframe(x->m))
        return;
    for (const struct store_item *i = x->m->access.oldest; i != NULL; i = i->newer) {
        if (!of_session(x->m, i, s->sid))
            continue;
        ak_leaving_add_iframe(x->m, ak_plan_leaving(p), s, issuer);
        found = true;
    }
    for (size_t i = 0; i < p->len; i++)
        if (p->stages[i] == STAGE_IFRAME_LOGOUT)
            return; /* end-session has put it in */
    if (found)
        ak_plan_insert(p, p->at + 1, STAGE_IFRAME_LOGOUT);
}

struct step ak_stage_iframe_ask(struct exec *x)
{
    struct js *c = ak_flow_challenge(x, "ak-provider-iframe-logout");
    const struct leaving *l = x->plan->leaving;
    bool any = l != NULL && l->logout_urls != NULL;
    js_set(c, "logout_urls", any ? js_dup(l->logout_urls) : js_array());
    return ak_step_challenge(c);
}

struct step ak_stage_iframe_reply(struct exec *x)
{
    return ak_flow_stage_ok(x);
}

void ak_render_iframe_logout(struct buf *b, const struct js *challenge)
{
    const struct js *list = js_get(challenge, "logout_urls");
    for (size_t i = 0; i < js_len(list); i++) {
        const char *name = js_get_text(js_at(list, i), "provider_name");
        AUTO(xfree) char *title = html_escape(name != NULL ? name : "");
        AUTO(xfree) char *url = html_escape(js_get_text(js_at(list, i), "url"));
        buf_addf(b, "<p>Logging out of %s</p>\n<iframe title=\"%s\" src=\"%s\" hidden></iframe>\n",
                 title, title, url);
    }
}

/* ------------------------------------------------------------------ the other stages */

struct step ak_stage_logout_ask(struct exec *x)
{
    const struct setup_person *p = ak_visit_person(x->v);
    trace_log(x->m->env.trace, AK_PARTY, "info", "logout username=%s",
              p != NULL ? p->username : "");
    if (p != NULL)
        gather_iframes(x);
    if (!ak_fault_asked(x->m, "authentik/end-session.ignored"))
        ak_visit_logout(x->v);
    x->plan = x->v->session->plan;
    return ak_flow_stage_ok(x);
}

char *ak_launch_url(const struct mock *m)
{
    const struct setup_authentik *ak = m->conf.ak;
    size_t i = 0;
    while (i < ak->redirects_len && ak->redirects[i].logout)
        i++;
    AUTO(url_deinit) struct url u = {0};
    if (i == ak->redirects_len || url_parse(ak->redirects[i].url, &u, NULL) != 0)
        return NULL;
    return url_origin(&u);
}

static struct js *session_end(struct exec *x)
{
    struct js *c = ak_flow_challenge_with_user(x, "ak-stage-session-end");
    AUTO(xfree) char *launch = ak_launch_url(x->m);
    js_set_text(c, "brand_name", "authentik");
    if (x->m->conf.ak->app_name != NULL)
        js_set_text(c, "application_name", x->m->conf.ak->app_name);
    if (launch != NULL)
        js_set_text(c, "application_launch_url", launch);
    js_set_text(c, "invalidation_flow_url", "/if/flow/" FLOW_LOGOUT_SLUG "/");
    return c;
}

/* The end of a provider's logout: the page, or where the client wants the browser. */
struct step ak_stage_session_end_ask(struct exec *x)
{
    char *to = x->plan->leaving != NULL ? x->plan->leaving->to : NULL;
    struct step shown = {0};
    if (to != NULL) {
        x->plan->leaving->to = NULL;
        shown = ak_step_redirect(to);
    } else {
        shown = ak_step_challenge(session_end(x));
    }
    AUTO(ak_step_deinit) struct step over = ak_flow_stage_ok(x); /* nothing comes after it */
    return shown;
}
