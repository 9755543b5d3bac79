/*
 * The device flow: the endpoint a device asks for codes, the page where a person enters one, and
 * what the token endpoint does with it. Signs nothing.
 */
#include "mocks/authentik/device.h"

#include <string.h>

#include "mocks/authentik/page.h"
#include "mocks/authentik/reply.h"

#define INTERVAL_S 5
#define USER_CODE_DIGITS 9U
#define SHORTEST_HIDDEN 6U /* fewer digits stand in many a text that is no code */

void ak_device_free_item(struct store_item *item)
{
    struct device *d = (struct device *)(void *)item;
    ak_grant_deinit(&d->grant);
    xfree(d->user_code);
    xfree(d->item.key);
    xfree(d);
}

void ak_throttle_free_item(struct store_item *item)
{
    xfree(item->key);
    xfree(item);
}

/* ------------------------------------------------------------------ the device asks */

/* Django REST framework: X-Forwarded-For without its blanks, else the peer, which is on loopback.
 */
static char *address_of(const struct http_request *req)
{
    const char *forwarded = params_get_ci(&req->headers, "X-Forwarded-For");
    if (forwarded == NULL)
        return xstrdup("127.0.0.1");
    char *address = xstrdup(forwarded);
    char *to = address;
    for (const char *p = forwarded; *p != '\0'; p++)
        if (*p != ' ' && *p != '\t')
            *to++ = *p;
    *to = '\0';
    return address;
}

static struct throttle *throttle_of(struct mock *m, const struct http_request *req)
{
    AUTO(xfree) char *address = address_of(req);
    struct throttle *t = (struct throttle *)(void *)ak_store_get(&m->throttles, address);
    int64_t now_s = ak_mock_now_s(m);
    if (t != NULL)
        return t;
    t = xcalloc(1, sizeof(*t));
    t->item.key = xstrdup(address);
    t->item.expires_s = now_s + DEVICE_THROTTLE_S;
    ak_store_put(&m->throttles, &t->item, now_s);
    return t;
}

/* A sliding window: what is older than an hour does not count, a refused request neither. */
static bool may_ask(struct mock *m, const struct http_request *req)
{
    struct throttle *t = throttle_of(m, req);
    int64_t now_s = ak_mock_now_s(m);
    size_t kept = 0;
    for (size_t i = 0; i < t->len; i++)
        if (t->at_s[i] > now_s - DEVICE_THROTTLE_S)
            t->at_s[kept++] = t->at_s[i];
    t->len = kept;
    if (t->len == DEVICE_THROTTLE_MAX)
        return false;
    t->at_s[t->len++] = now_s;
    t->item.expires_s = now_s + DEVICE_THROTTLE_S;
    return true;
}

/* Since 2025.8 as the token endpoint answers; before, an empty page. */
static void refuse(struct mock *m, struct http_response *resp, int status, const char *error)
{
    if (ak_quirk(m, QUIRK_DEVICE_JSON))
        ak_token_error(m, resp, status, error);
    else
        http_respond(resp, status, AK_HTML, "");
}

static bool client_known(const struct mock *m, const struct http_request *req)
{
    const char *in_form = http_form(req, "client_id");
    AUTO(xfree) char *id = NULL;
    AUTO(xfree) char *secret = NULL;
    if (ak_quirk(m, QUIRK_DEVICE_BASIC))
        ak_client_auth(m, req, &id, &secret);
    else
        id = xstrdup(in_form != NULL ? in_form : "");
    return ak_client_known(m, id) && m->conf.ak->slug != NULL;
}

/* Kept as they are asked for; since 2026.5 cut to those of the provider. */
static void read_scopes(const struct mock *m, const struct http_request *req, struct strlist *ret)
{
    bool clips = ak_quirk(m, QUIRK_DEVICE_SECRET);
    struct str one = {0};
    for (struct str rest = str_of(http_form(req, "scope")); str_next(&rest, ' ', &one);) {
        AUTO(xfree) char *scope = xstrndup(one.ptr, one.len);
        bool known = strlist_has(&m->conf.scopes, scope);
        if (scope[0] != '\0' && !strlist_has(ret, scope) && (known || !clips))
            strlist_add(ret, scope);
    }
}

static struct device *find_by_user_code(const struct mock *m, const char *user_code)
{
    for (struct store_item *i = m->devices.oldest; i != NULL; i = i->newer) {
        struct device *d = (struct device *)(void *)i;
        if (cstr_eq(d->user_code, user_code) && i->expires_s > ak_mock_now_s(m))
            return d;
    }
    return NULL;
}

static char *new_user_code(struct mock *m)
{
    char *code = ak_mock_draw(m, "user-code", "0123456789", USER_CODE_DIGITS);
    while (find_by_user_code(m, code) != NULL) {
        xfree(code);
        code = ak_mock_draw(m, "user-code", "0123456789", USER_CODE_DIGITS);
    }
    return code;
}

static void grant_codes(struct mock *m, const struct http_request *req, struct http_response *resp)
{
    int64_t life_s = m->conf.ak->access_code_validity_s;
    AUTO(xfree) char *base = ak_base(req);
    struct device *d = xcalloc(1, sizeof(*d));
    d->item.key = ak_mock_draw(m, "device-code", RND_ALNUM, 128);
    d->item.expires_s = ak_mock_now_s(m) + life_s;
    d->user_code = new_user_code(m);
    read_scopes(m, req, &d->grant.scopes);
    trace_secret(m->env.trace, "code", d->item.key);
    trace_secret(m->env.trace, "code", d->user_code);
    AUTO(js_free) struct js *body = js_object();
    js_set_text(body, "device_code", d->item.key);
    js_set(body, "verification_uri", js_stringf("%s/device", base));
    js_set(body, "verification_uri_complete", js_stringf("%s/device?code=%s", base, d->user_code));
    js_set_text(body, "user_code", d->user_code);
    js_set(body, "expires_in", js_int(life_s));
    js_set(body, "interval", js_int(INTERVAL_S));
    ak_store_put(&m->devices, &d->item, ak_mock_now_s(m));
    ak_token_json(resp, 200, body);
}

static void answer(struct mock *m, const struct http_request *req, struct http_response *resp)
{
    if (client_known(m, req))
        grant_codes(m, req, resp);
    else
        refuse(m, resp, 400, "invalid_client");
}

void ak_device_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    if (ak_visit_person(&v) == NULL && !may_ask(m, req))
        refuse(m, resp, 429, "slow_down");
    else if (ak_method(req, resp, "POST"))
        answer(m, req, resp);
    ak_visit_end(&v);
    ak_mock_unlock(m);
}

static void forget_methods(struct grant *g)
{
    strlist_deinit(&g->methods);
    g->methods = (struct strlist){0};
}

const char *ak_device_redeem(struct mock *m, const char *device_code, struct grant *ret)
{
    const struct device *d =
        (const struct device *)(const void *)ak_store_get(&m->devices, device_code);
    if (d == NULL || d->item.expires_s <= ak_mock_now_s(m))
        return "invalid_grant";
    if (d->grant.person == NULL)
        return "authorization_pending";
    if (ak_conf_person(m, d->grant.person) == NULL)
        return "invalid_grant";
    ak_grant_copy(ret, &d->grant);
    if (!ak_quirk(m, QUIRK_AMR_CODE)) { /* the login was looked up on the device's own request */
        ret->sid = xfree(ret->sid);
        forget_methods(ret);
        ret->auth_time_s = ak_mock_now_s(m);
    }
    ak_store_remove(&m->devices, device_code);
    return NULL;
}

/* ------------------------------------------------------------------ the person lets it in */

/* The authorization flow of the provider, with what the device asks for, and the finish. */
static struct plan *plan_for(struct mock *m, const struct device *d)
{
    bool asks = cstr_eq(m->conf.ak->authorization_flow, "explicit");
    struct plan *p = ak_plan_new(m, ak_flow_find(asks ? FLOW_EXPLICIT_SLUG : FLOW_IMPLICIT_SLUG));
    p->authz = xcalloc(1, sizeof(*p->authz));
    for (size_t i = 0; i < d->grant.scopes.len; i++)
        strlist_add(&p->authz->scopes, d->grant.scopes.items[i]);
    p->device_code = xstrdup(d->item.key);
    ak_plan_append(p, STAGE_DEVICE_FINISH);
    return p;
}

/* Until 2024.6 nobody asked the application's bindings (CVE-2024-38371). */
static bool may_let_in(const struct visit *v)
{
    if (!ak_quirk(v->m, QUIRK_DEVICE_POLICIES) || ak_policy_allows(v->m, ak_visit_person(v)))
        return true;
    trace_log(v->m->env.trace, AK_PARTY, "info", "access denied username=%s application=%s",
              v->session->person, v->m->conf.ak->slug);
    return false;
}

static void enter_code(struct visit *v)
{
    struct plan *p = ak_plan_new(v->m, ak_flow_find(FLOW_DEVICE_SLUG));
    ak_plan_append(p, STAGE_DEVICE_CODE);
    ak_flow_to_page(v, p);
}

void ak_device_entry_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    struct visit v;
    if (!ak_method(req, resp, "GET HEAD"))
        return;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    const struct device *d = find_by_user_code(m, http_query(req, "code"));
    if (!m->conf.ak->brand_device_code_flow)
        http_respond(resp, 404, AK_HTML, "");
    else if (ak_visit_person(&v) == NULL)
        ak_flow_to_login(&v);
    else if (d != NULL && !may_let_in(&v))
        ak_page_denied(resp, "Request has been denied.");
    else if (d != NULL)
        ak_flow_to_page(&v, plan_for(m, d));
    else
        enter_code(&v);
    ak_visit_end(&v);
    ak_mock_unlock(m);
}

struct step ak_stage_device_code_ask(struct exec *x)
{
    return ak_step_challenge(ak_flow_challenge(x, "ak-provider-oauth2-device-code"));
}

static struct step refused(struct exec *x, struct js *take)
{
    struct js *c = ak_flow_challenge(x, "ak-provider-oauth2-device-code");
    js_set(c, "response_errors", take);
    return ak_step_challenge(c);
}

static bool no_integer(struct js **errors)
{
    ak_reply_error(errors, "code", "A valid integer is required.", "invalid");
    return false;
}

/* Typed without the zeros at its front, a code is another text than the one that was given out. */
static void hide_typed(struct mock *m, const char *text, size_t len)
{
    if (len >= SHORTEST_HIDDEN && len < USER_CODE_DIGITS)
        trace_secret(m->env.trace, "code", text);
}

/* IntegerField, which takes digits in a text, too; the codes are kept as nine digits. */
static bool read_code(struct mock *m, const struct js *reply, char **ret, struct js **errors)
{
    static const char zeros[] = "000000000";
    AUTO(xfree) char *text = NULL;
    if (!ak_reply_is_object(reply, errors))
        return false;
    const struct js *given = js_get(reply, "code");
    if (js_is(given, JS_TRUE) || js_is(given, JS_FALSE) || js_len(given) > 0)
        return no_integer(errors);
    if (!ak_reply_text(reply, "code", FIELD_REQUIRED | FIELD_BLANK_OK, &text, errors))
        return false;
    size_t len = strlen(text);
    if (len == 0 || len > 20 || strspn(text, "0123456789") != len)
        return no_integer(errors);
    hide_typed(m, text, len);
    *ret = xasprintf("%s%s", &zeros[len < USER_CODE_DIGITS ? len : USER_CODE_DIGITS], text);
    return true;
}

/* The same session goes on with the provider's authorization flow. */
static struct step go_on(struct exec *x, const struct device *d)
{
    struct session *s = x->v->session;
    struct plan *p = plan_for(x->m, d);
    AUTO(xfree) char *query = params_form(&x->v->req->query_params);
    char *to = xasprintf("/if/flow/%s/%s%s", p->flow->slug, query[0] != '\0' ? "?" : "", query);
    ak_plan_free(s->plan);
    s->plan = p;
    x->plan = p;
    return ak_step_redirect(to);
}

/* The page itself, in the flow; the code can still be another one. */
static struct step denied(void)
{
    AUTO(http_response_deinit) struct http_response page = {0};
    ak_page_denied(&page, "Request has been denied.");
    return ak_step_shell(&page);
}

struct step ak_stage_device_code_reply(struct exec *x)
{
    AUTO(xfree) char *code = NULL;
    struct js *errors = NULL;
    if (!read_code(x->m, x->reply, &code, &errors))
        return refused(x, errors);
    const struct device *d = find_by_user_code(x->m, code);
    if (d != NULL)
        return may_let_in(x->v) ? go_on(x, d) : denied();
    ak_reply_error(&errors, "code", "Invalid code", "invalid");
    return refused(x, errors);
}

/* The code belongs to the person from here on. */
static bool let_in(struct exec *x)
{
    struct session *s = x->v->session;
    struct device *d = (struct device *)(void *)ak_store_get(&x->m->devices, x->plan->device_code);
    if (d == NULL || d->item.expires_s <= ak_mock_now_s(x->m) || ak_visit_person(x->v) == NULL)
        return false;
    xfree(d->grant.person);
    xfree(d->grant.sid);
    d->grant.person = xstrdup(s->person);
    d->grant.sid = xstrdup(s->sid);
    d->grant.auth_time_s = s->auth_time_s;
    forget_methods(&d->grant);
    for (size_t i = 0; i < s->methods.len; i++)
        strlist_add(&d->grant.methods, s->methods.items[i]);
    trace_log(x->m->env.trace, AK_PARTY, "info", "Device code authorized username=%s", s->person);
    return true;
}

struct step ak_stage_device_finish_ask(struct exec *x)
{
    if (x->plan->device_code != NULL && !let_in(x))
        return ak_flow_denied(x, "Unknown error");
    x->plan->device_code = xfree(x->plan->device_code); /* done; asking again changes nothing */
    return ak_step_challenge(ak_flow_challenge(x, "ak-provider-oauth2-device-code-finish"));
}

/* The page starts a stage that waits for nobody with a POST. */
struct step ak_stage_device_finish_reply(struct exec *x)
{
    return x->plan->device_code != NULL ? ak_stage_device_finish_ask(x) : ak_flow_stage_ok(x);
}
