/*
 * The stages of the default flows (authentik.md 4.3 to 4.5): what each asks and what it does with
 * the reply. Knows nothing of JSON over HTTP or of HTML.
 */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "harness/crypto/hash.h"
#include "mocks/authentik/device.h"
#include "mocks/authentik/faults.h"
#include "mocks/authentik/logout.h"

#define FAILED_ATTEMPTS_BEFORE_CANCEL 5
#define FAILURES_LIFE_S (INT64_C(24) * 3600)
#define CONSENT_LIFE_S (INT64_C(28) * 24 * 3600) /* mode expiring, 4 weeks */

static const char no_text[] = "";

static const char *reply_text(const struct exec *x, const char *name)
{
    const char *text = js_get_text(x->reply, name);
    return text != NULL ? text : no_text;
}

/* ------------------------------------------------------------------ wrong passwords */

static char *lower(const char *text)
{
    char *low = xstrdup(text);
    for (char *p = low; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return low;
}

static int count_failure(struct mock *m, const char *typed)
{
    AUTO(xfree) char *key = lower(typed);
    struct failures *f = (struct failures *)(void *)ak_store_get(&m->failures, key);
    int before = f != NULL && f->item.expires_s > ak_mock_now_s(m) ? f->count : 0;
    struct failures *now = xcalloc(1, sizeof(*now));
    now->item.key = xstrdup(key);
    now->item.expires_s = ak_mock_now_s(m) + FAILURES_LIFE_S;
    now->count = before + 1;
    ak_store_put(&m->failures, &now->item, ak_mock_now_s(m));
    return now->count;
}

static void forget_failures(struct mock *m, const char *typed)
{
    AUTO(xfree) char *key = lower(typed);
    ak_store_remove(&m->failures, key);
}

/* An unknown person fails at the password, as a known one does (pretend_user_exists). */
static bool password_right(struct exec *x, const char *password)
{
    const struct setup_person *p = ak_conf_find_login(x->m, x->plan->typed);
    bool right = p != NULL && secret_text_equal(password, p->password);
    if (!right && p != NULL && ak_fault_asked(x->m, "authentik/login.any-password"))
        right = true;
    if (!right)
        trace_log(x->m->env.trace, AK_PARTY, "warning", "login_failed username=%s", x->plan->typed);
    return right;
}

static struct step too_many(struct exec *x)
{
    bool says = ak_quirk(x->m, QUIRK_DENIED_TEXT);
    return ak_flow_denied(x, says ? "Invalid password" : "Unknown error");
}

/* ------------------------------------------------------------------ identification */

static struct js *identification(struct exec *x)
{
    struct js *c = ak_flow_challenge(x, "ak-stage-identification");
    struct js *fields = js_array();
    js_append_text(fields, "email");
    js_append_text(fields, "username");
    js_set(c, "user_fields", fields);
    if (x->plan->login_hint != NULL)
        js_set_text(c, "pending_user_identifier", x->plan->login_hint);
    js_set(c, "password_fields", js_bool(x->m->conf.ak->password_in_identification));
    js_set(c, "allow_show_password", js_bool(false));
    if (x->m->conf.ak->app_name != NULL)
        js_set_text(c, "application_pre", x->m->conf.ak->app_name);
    js_set_text(c, "flow_designation", "authentication");
    js_set_text(c, "primary_action", "Log in");
    js_set(c, "sources", js_array());
    js_set(c, "show_source_labels", js_bool(false));
    js_set(c, "enable_remember_me", js_bool(false));
    return c;
}

static struct step identification_ask(struct exec *x)
{
    return ak_step_challenge(identification(x));
}

static struct step identification_error(struct exec *x, const char *text)
{
    struct js *c = identification(x);
    ak_flow_add_error(c, "non_field_errors", text, "invalid");
    return ak_step_challenge(c);
}

static struct step identification_reply(struct exec *x)
{
    struct str typed = str_trim(str_of(reply_text(x, "uid_field")));
    if (typed.len == 0)
        return identification_error(x, "No identification data provided.");
    xfree(x->plan->typed);
    x->plan->typed = xstrndup(typed.ptr, typed.len);
    if (!x->m->conf.ak->password_in_identification)
        return ak_flow_stage_ok(x);
    if (!password_right(x, reply_text(x, "password"))) {
        if (count_failure(x->m, x->plan->typed) >= FAILED_ATTEMPTS_BEFORE_CANCEL)
            return too_many(x);
        return identification_error(x, "Failed to authenticate.");
    }
    forget_failures(x->m, x->plan->typed);
    x->plan->password_passed = true;
    return ak_flow_stage_ok(x);
}

/* ------------------------------------------------------------------ password */

static struct step password_ask(struct exec *x)
{
    struct js *c = ak_flow_challenge_with_user(x, "ak-stage-password");
    js_set(c, "allow_show_password", js_bool(false));
    return ak_step_challenge(c);
}

static struct step password_error(struct exec *x, const char *text, const char *code)
{
    struct step s = password_ask(x);
    ak_flow_add_error(s.challenge, "password", text, code);
    return s;
}

static struct step password_reply(struct exec *x)
{
    const char *password = js_get_text(x->reply, "password");
    if (password == NULL)
        return password_error(x, "This field is required.", "required");
    if (password_right(x, password)) {
        forget_failures(x->m, x->plan->typed);
        x->plan->password_passed = true;
        return ak_flow_stage_ok(x);
    }
    if (count_failure(x->m, x->plan->typed) >= FAILED_ATTEMPTS_BEFORE_CANCEL)
        return too_many(x);
    return password_error(x, "Invalid password", "invalid");
}

/* ------------------------------------------------------------------ MFA and login */

/* Nobody here has a device, and not_configured_action is skip. */
static struct step mfa_ask(struct exec *x)
{
    return ak_flow_stage_ok(x);
}

static struct step login_ask(struct exec *x)
{
    const struct setup_person *p = ak_conf_find_login(x->m, x->plan->typed);
    if (!x->plan->password_passed || p == NULL || !p->active)
        return ak_flow_denied(x, "Unknown error");
    ak_visit_login(x->v, p);
    trace_log(x->m->env.trace, AK_PARTY, "info", "login username=%s auth_method=password",
              p->username);
    /* The plan went along, or was lost with another person's session. */
    if (x->v->session->plan == NULL)
        x->v->session->plan = ak_plan_new(x->m, x->flow);
    x->plan = x->v->session->plan;
    x->plan->at = x->plan->len - 1;
    return ak_flow_stage_ok(x);
}

/* ------------------------------------------------------------------ consent */

static char *permissions_text(const struct plan *p)
{
    return p->authz != NULL ? strlist_join(&p->authz->scopes, " ") : xstrdup("");
}

static struct js *permissions(const struct plan *p)
{
    struct js *list = js_array();
    for (size_t i = 0; p->authz != NULL && i < p->authz->scopes.len; i++) {
        struct js *one = js_object();
        js_set_text(one, "id", p->authz->scopes.items[i]);
        js_set_text(one, "name", ak_claims_scope_description(p->authz->scopes.items[i]));
        js_append(list, one);
    }
    return list;
}

/* Each showing has its own token; the one before is void. */
static struct js *consent(struct exec *x)
{
    xfree(x->plan->consent_token);
    x->plan->consent_token = ak_mock_uuid(x->m, "consent", true);
    trace_secret(x->m->env.trace, "token", x->plan->consent_token);
    const char *app = x->m->conf.ak->app_name;
    struct js *c = ak_flow_challenge_with_user(x, "ak-stage-consent");
    js_set(c, "header_text", js_stringf("You're about to sign into %s.", app != NULL ? app : ""));
    js_set(c, "permissions", permissions(x->plan));
    js_set(c, "additional_permissions", js_array());
    js_set_text(c, "token", x->plan->consent_token);
    return c;
}

static struct step consent_always_ask(struct exec *x)
{
    return ak_step_challenge(consent(x));
}

static bool same_permissions(const char *kept, const struct plan *p)
{
    AUTO(strlist_deinit) struct strlist a = {0};
    AUTO(strlist_deinit) struct strlist b = {0};
    AUTO(xfree) char *wanted = permissions_text(p);
    struct str one = {0};
    for (struct str rest = str_of(kept); str_next(&rest, ' ', &one);)
        strlist_take(&a, xstrndup(one.ptr, one.len));
    for (struct str rest = str_of(wanted); str_next(&rest, ' ', &one);)
        strlist_take(&b, xstrndup(one.ptr, one.len));
    strlist_sort(&a);
    strlist_sort(&b);
    AUTO(xfree) char *ta = strlist_join(&a, " ");
    AUTO(xfree) char *tb = strlist_join(&b, " ");
    return strcmp(ta, tb) == 0;
}

static struct step consent_ask(struct exec *x)
{
    const char *person = x->v->session->person;
    const struct consent *kept =
        (const struct consent *)(const void *)ak_store_get(&x->m->consents, person);
    bool fresh = kept != NULL && kept->item.expires_s > ak_mock_now_s(x->m);
    if (fresh && same_permissions(kept->permissions, x->plan))
        return ak_flow_stage_ok(x);
    return consent_always_ask(x);
}

static struct step consent_always_reply(struct exec *x)
{
    const char *token = js_get_text(x->reply, "token");
    const char *wanted = x->plan->consent_token != NULL ? x->plan->consent_token : no_text;
    if (token != NULL && wanted[0] != '\0' && secret_text_equal(token, wanted))
        return ak_flow_stage_ok(x);
    if (token != NULL && ak_fault_asked(x->m, "authentik/consent.token-ignored"))
        return ak_flow_stage_ok(x);
    struct js *c = consent(x);
    if (token == NULL)
        ak_flow_add_error(c, "token", "This field is required.", "required");
    else
        ak_flow_add_error(c, "token", "Invalid consent token, re-showing prompt", "invalid");
    return ak_step_challenge(c);
}

static struct step consent_reply(struct exec *x)
{
    AUTO(xfree) char *person = xstrdup(x->v->session->person);
    AUTO(xfree) char *text = permissions_text(x->plan);
    struct step s = consent_always_reply(x);
    if (s.kind == STEP_CHALLENGE)
        return s;
    struct consent *c = xcalloc(1, sizeof(*c));
    c->item.key = xstrdup(person);
    c->item.expires_s = ak_mock_now_s(x->m) + CONSENT_LIFE_S;
    c->permissions = xstrdup(text);
    ak_store_put(&x->m->consents, &c->item, ak_mock_now_s(x->m));
    return s;
}

/* ------------------------------------------------------------------ answer */

/* The last stage answers something else than where the flow would lead. */
static void pass_last(struct exec *x)
{
    struct step over = ak_flow_stage_ok(x);
    ak_step_deinit(&over);
}

static struct step fulfil_ask(struct exec *x)
{
    AUTO(ak_authz_free) struct authz *z = x->plan->authz;
    x->plan->authz = NULL;
    pass_last(x);
    if (z == NULL || ak_visit_person(x->v) == NULL)
        return ak_flow_denied(x, "Unknown error");
    return ak_authorize_answer(x->v, z);
}

static const struct stage stages[STAGE_MAX_] = {
    [STAGE_IDENTIFICATION] = {identification_ask, identification_reply, true},
    [STAGE_PASSWORD] = {password_ask, password_reply, true},
    [STAGE_MFA] = {mfa_ask, mfa_ask, false},
    [STAGE_LOGIN] = {login_ask, login_ask, false},
    [STAGE_CONSENT] = {consent_ask, consent_reply, true},
    [STAGE_CONSENT_ALWAYS] = {consent_always_ask, consent_always_reply, true},
    [STAGE_FULFIL] = {fulfil_ask, fulfil_ask, false},
    [STAGE_LOGOUT] = {ak_stage_logout_ask, ak_stage_logout_ask, false},
    [STAGE_SESSION_END] = {ak_stage_session_end_ask, ak_stage_session_end_ask, false},
    [STAGE_IFRAME_LOGOUT] = {ak_stage_iframe_ask, ak_stage_iframe_reply, true},
    [STAGE_DEVICE_CODE] = {ak_stage_device_code_ask, ak_stage_device_code_reply, true},
    [STAGE_DEVICE_FINISH] = {ak_stage_device_finish_ask, ak_stage_device_finish_reply, false},
};

const struct stage *ak_stage_find(enum stage_id id)
{
    assert(id > STAGE_NONE && id < STAGE_MAX_);
    return &stages[id];
}
