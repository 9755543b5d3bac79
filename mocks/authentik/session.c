/*
 * Sessions and their cookies (authentik.md 4.6): who is signed in, the new key at login, the CSRF
 * cookie. Knows nothing of flows but that a session owns a plan.
 */
#include "mocks/authentik/state.h"

#include <string.h>
#include <strings.h>

#include "harness/base/url.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwt.h"
#include "mocks/authentik/faults.h"
#include "mocks/authentik/logout.h"

#define SESSION_LIFE_S (INT64_C(14) * 24 * 3600)
#define CSRF_LIFE_S INT64_C(31449600) /* Django's CSRF_COOKIE_AGE */

void ak_session_free_item(struct store_item *item)
{
    struct session *s = (struct session *)(void *)item;
    ak_plan_free(s->plan);
    strlist_deinit(&s->methods);
    xfree(s->sid);
    xfree(s->person);
    xfree(s->item.key);
    xfree(s);
}

void ak_visit_begin(struct visit *v, struct mock *m, const struct http_request *req,
                    struct http_response *resp)
{
    *v = (struct visit){.m = m, .req = req, .resp = resp};
    AUTO(xfree) char *cookie = http_request_cookie(req, "authentik_session");
    struct session *s = (struct session *)(void *)ak_store_get(&m->sessions, cookie);
    if (s != NULL && s->item.expires_s > ak_mock_now_s(m))
        v->session = s;
}

/* The value looks like authentik's: an HS256 JWT around the session key, opaque to clients. */
static char *cookie_value(struct mock *m, const char *key, const char *person)
{
    AUTO(js_free) struct js *claims = js_object();
    js_set_text(claims, "sid", key);
    js_set_text(claims, "iss", "authentik");
    js_set_text(claims, "sub", person != NULL ? person : "anonymous");
    js_set(claims, "authenticated", js_bool(person != NULL));
    js_set_text(claims, "acr", "goauthentik.io/core/default");
    char *value = NULL;
    if (jwt_sign(m->cookie_key, JWS_HS256, "JWT", NULL, claims, &value, NULL) != 0)
        value = xstrdup(key);
    trace_secret(m->env.trace, "cookie", value);
    return value;
}

static struct session *session_make(struct visit *v, const struct setup_person *p)
{
    struct mock *m = v->m;
    struct session *s = xcalloc(1, sizeof(*s));
    AUTO(xfree) char *key = ak_mock_draw(m, "session", "abcdefghijklmnopqrstuvwxyz0123456789", 32);
    s->item.key = cookie_value(m, key, p != NULL ? p->username : NULL);
    s->item.expires_s = ak_mock_now_s(m) + SESSION_LIFE_S;
    s->sid = hash_sha256_hex(key);
    s->person = p != NULL ? xstrdup(p->username) : NULL;
    ak_store_put(&m->sessions, &s->item, ak_mock_now_s(m));
    v->session = s;
    v->set_session = true;
    return s;
}

struct session *ak_visit_session(struct visit *v)
{
    return v->session != NULL ? v->session : session_make(v, NULL);
}

static void new_csrf(struct visit *v)
{
    xfree(v->set_csrf);
    v->set_csrf = ak_mock_draw(v->m, "csrf", RND_ALNUM, 32);
    trace_secret(v->m->env.trace, "cookie", v->set_csrf);
}

/* Django's login(): flush when another person was signed in, else cycle_key. The old session goes
 * first: it may be the very one that makes room for the new. */
void ak_visit_login(struct visit *v, const struct setup_person *p, struct strlist *methods)
{
    struct session *old = v->session;
    struct session had = {0};
    struct strlist passed = *methods; /* of the plan, which may go */
    *methods = (struct strlist){0};
    if (old != NULL && (old->person == NULL || strcmp(old->person, p->username) == 0)) {
        had.plan = old->plan;
        had.last_login_event = old->last_login_event;
        had.tries = old->tries;
        old->plan = NULL;
    }
    if (old != NULL)
        ak_store_remove(&v->m->sessions, old->item.key);
    struct session *s = session_make(v, p);
    s->plan = had.plan;
    s->last_login_event = had.last_login_event;
    s->tries = had.tries;
    s->methods = passed;
    s->auth_time_s = ak_mock_now_s(v->m);
    s->login_event = ++v->m->events;
    new_csrf(v);
}

void ak_visit_remember(struct visit *v, int64_t age_s)
{
    v->session->item.expires_s = ak_mock_now_s(v->m) + age_s;
    v->session_age_s = age_s;
}

void ak_visit_logout(struct visit *v)
{
    struct session *old = ak_visit_session(v);
    struct plan *plan = old->plan;
    old->plan = NULL;
    ak_session_over(v->m, old);
    ak_store_remove(&v->m->sessions, old->item.key);
    session_make(v, NULL)->plan = plan;
}

const struct setup_person *ak_visit_person(const struct visit *v)
{
    if (v->session == NULL || v->session->person == NULL)
        return NULL;
    const struct setup_person *p = ak_conf_person(v->m, v->session->person);
    return p != NULL && p->active ? p : NULL;
}

const char *ak_visit_csrf(struct visit *v)
{
    if (v->set_csrf != NULL)
        return v->set_csrf;
    v->set_csrf = http_request_cookie(v->req, "authentik_csrf");
    if (v->set_csrf == NULL || v->set_csrf[0] == '\0')
        new_csrf(v);
    return v->set_csrf;
}

/* Django: Origin, when sent, must be this site; over TLS without Origin the Referer must be. */
static bool from_this_site(const struct http_request *req)
{
    AUTO(xfree) char *base = ak_base(req);
    const char *origin = params_get_ci(&req->headers, "Origin");
    if (origin != NULL)
        return strcasecmp(origin, base) == 0;
    if (!ak_is_tls(req))
        return true;
    const char *referer = params_get_ci(&req->headers, "Referer");
    AUTO(url_deinit) struct url from = {0};
    if (referer == NULL || url_parse(referer, &from, NULL) != 0)
        return false;
    AUTO(xfree) char *site = url_origin(&from);
    return strcasecmp(site, base) == 0;
}

bool ak_visit_csrf_ok(const struct visit *v, const char *given)
{
    AUTO(xfree) char *cookie = http_request_cookie(v->req, "authentik_csrf");
    if (cookie == NULL || given == NULL || !secret_text_equal(cookie, given))
        return false;
    return from_this_site(v->req);
}

/* Attributes in the order Django writes them. */
static void set_session_cookie(const struct visit *v)
{
    const char *value = v->session->item.key;
    const char *site = ak_is_tls(v->req) ? "SameSite=None; Secure" : "SameSite=Lax";
    char date[CLOCK_TEXT];
    clock_http_date(ak_mock_now_s(v->m) + v->session_age_s, date);
    if (v->session_age_s == 0)
        params_addf(&v->resp->headers, "Set-Cookie", "authentik_session=%s; HttpOnly; Path=/; %s",
                    value, site);
    else
        params_addf(&v->resp->headers, "Set-Cookie",
                    "authentik_session=%s; expires=%s; HttpOnly; Max-Age=%lld; Path=/; %s", value,
                    date, (long long)v->session_age_s, site);
}

void ak_visit_end(struct visit *v)
{
    struct http_response *resp = v->resp;
    if (v->set_csrf != NULL) {
        char date[CLOCK_TEXT];
        clock_http_date(ak_mock_now_s(v->m) + CSRF_LIFE_S, date);
        params_addf(&resp->headers, "Set-Cookie",
                    "authentik_csrf=%s; expires=%s; Max-Age=%lld; Path=/; SameSite=Lax",
                    v->set_csrf, date, (long long)CSRF_LIFE_S);
    }
    if (v->set_session && v->session != NULL)
        set_session_cookie(v);
    v->set_csrf = xfree(v->set_csrf);
    struct fault_call call = {.m = v->m, .resp = resp};
    if (v->set_session)
        ak_faults_play(FAULT_COOKIES, &call);
}
