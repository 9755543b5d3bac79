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
#include "mocks/authentik/mfa.h"
#include "mocks/authentik/reply.h"

#define REPUTATION_LIFE_S (INT64_C(24) * 3600)
#define REPUTATION_LIMIT 5                       /* authentik's default system settings: -5 to 5 */
#define CONSENT_LIFE_S (INT64_C(28) * 24 * 3600) /* mode expiring, 4 weeks */

static const char no_text[] = "";

static bool always_waits(const struct exec *x)
{
    (void)x;
    return true;
}

/* The challenge once more, with what was wrong. */
static struct step refused(struct js *c, struct js *take_errors)
{
    js_set(c, "response_errors", take_errors);
    return ak_step_challenge(c);
}

/* ------------------------------------------------------------------ wrong passwords */

static char *lower(const char *text)
{
    char *low = xstrdup(text);
    for (char *p = low; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return low;
}

static int score_of(const struct mock *m, const char *typed)
{
    AUTO(xfree) char *key = lower(typed);
    const struct reputation *r =
        (const struct reputation *)(const void *)ak_store_get(&m->reputation, key);
    return r != NULL && r->item.expires_s > ak_mock_now_s(m) ? r->score : 0;
}

static void change_score(struct mock *m, const char *typed, int by)
{
    int score = score_of(m, typed) + by;
    struct reputation *r = xcalloc(1, sizeof(*r));
    r->item.key = lower(typed);
    r->item.expires_s = ak_mock_now_s(m) + REPUTATION_LIFE_S;
    r->score = score < -REPUTATION_LIMIT  ? -REPUTATION_LIMIT
               : score > REPUTATION_LIMIT ? REPUTATION_LIMIT
                                          : score;
    ak_store_put(&m->reputation, &r->item, ak_mock_now_s(m));
}

/* By reputation: what was lost since the password was first asked in this flow, by whomever; the
 * limits of the score hold here, too. Before: how often it was wrong in this session. */
static bool too_many_failures(struct exec *x)
{
    int limit = x->m->conf.ak->flow_failed_attempts;
    struct session *s = x->v->session;
    if (ak_quirk(x->m, QUIRK_FAILURES_BY_PERSON))
        return x->plan->initial_score - score_of(x->m, x->plan->typed) >= limit;
    if (++s->tries < limit)
        return false;
    s->tries = 0;
    return true;
}

static bool password_right(struct exec *x, const char *password)
{
    const struct setup_person *p = ak_conf_find_login(x->m, x->plan->typed);
    bool right = p != NULL && secret_text_equal(password, p->password);
    if (!right && p != NULL && ak_fault_asked(x->m, "authentik/login.any-password"))
        right = true;
    if (!right) {
        trace_log(x->m->env.trace, AK_PARTY, "warning", "login_failed username=%s", x->plan->typed);
        change_score(x->m, x->plan->typed, -1);
    }
    return right;
}

static void password_passed(struct plan *p)
{
    p->password_passed = true;
    if (!strlist_has(&p->methods, "pwd"))
        strlist_add(&p->methods, "pwd");
}

/* ------------------------------------------------------------------ identification */

static bool is_together(const struct exec *x)
{
    return x->m->conf.ak->password_in_identification;
}

/* From the page's query, as authentik reads it; NULL without one. */
static const char *login_hint(const struct exec *x)
{
    const char *hint = params_get(&x->query, "login_hint");
    bool counts = ak_quirk(x->m, QUIRK_LOGIN_HINT) && hint != NULL && hint[0] != '\0';
    return counts ? hint : NULL;
}

static struct js *identification(struct exec *x, const char *hint)
{
    struct js *c = ak_flow_challenge(x, "ak-stage-identification");
    struct js *fields = js_array();
    js_append_text(fields, "email");
    js_append_text(fields, "username");
    js_set(c, "user_fields", fields);
    if (hint != NULL)
        js_set_text(c, "pending_user_identifier", hint);
    js_set(c, "password_fields", js_bool(is_together(x)));
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

static void set_typed(struct plan *p, const char *typed)
{
    xfree(p->typed);
    p->typed = xstrdup(typed);
}

/* A hint stands for what would be typed, whoever it is; with a password field it only fills in.
 * Not, once, for who said that it is somebody else. */
static struct step identification_ask(struct exec *x)
{
    struct session *s = x->v->session;
    const char *hint = s->hint_overridden ? NULL : login_hint(x);
    s->hint_overridden = false;
    if (hint == NULL || is_together(x))
        return ak_step_challenge(identification(x, hint));
    set_typed(x->plan, hint);
    return ak_flow_stage_ok(x);
}

/* Without the row, uid_field is a required field of the serializer. */
static bool read_uid(struct exec *x, char **ret_uid, struct js **errors)
{
    bool lenient = ak_quirk(x->m, QUIRK_EMPTY_UID_TEXT);
    unsigned rules = lenient ? FIELD_BLANK_OK | FIELD_NULL_OK : FIELD_REQUIRED;
    if (!ak_reply_is_object(x->reply, errors) ||
        !ak_reply_text(x->reply, "uid_field", rules, ret_uid, errors))
        return false;
    if (*ret_uid != NULL && (*ret_uid)[0] != '\0')
        return true;
    ak_reply_error(errors, "non_field_errors", "No identification data provided.", "invalid");
    return false;
}

/* Who is unknown fails here, unless the stage pretends and asks no password (4.5). */
static bool may_pass_unknown(const struct exec *x)
{
    if (is_together(x))
        return false;
    return ak_quirk(x->m, QUIRK_PRETEND_USER) && x->m->conf.ak->flow_pretend_user_exists;
}

static bool identified(struct exec *x, struct js **errors)
{
    bool known = ak_conf_find_login(x->m, x->plan->typed) != NULL;
    bool good = known || may_pass_unknown(x);
    if (!known)
        trace_log(x->m->env.trace, AK_PARTY, "info", "invalid_login identifier=%s", x->plan->typed);
    if (good && is_together(x)) {
        AUTO(xfree) char *password = NULL;
        if (!ak_reply_text(x->reply, "password", FIELD_BLANK_OK | FIELD_NULL_OK | FIELD_UNTRIMMED,
                           &password, errors))
            return false;
        good = password_right(x, password != NULL ? password : no_text);
    }
    if (!good)
        ak_reply_error(errors, "non_field_errors", "Failed to authenticate.", "invalid");
    return good;
}

static struct step identification_reply(struct exec *x)
{
    AUTO(xfree) char *uid = NULL;
    struct js *errors = NULL;
    if (!read_uid(x, &uid, &errors))
        return refused(identification(x, login_hint(x)), errors);
    set_typed(x->plan, uid);
    if (!identified(x, &errors))
        return refused(identification(x, login_hint(x)), errors);
    if (is_together(x))
        password_passed(x->plan);
    return ak_flow_stage_ok(x);
}

/* ------------------------------------------------------------------ password */

static struct js *password_challenge(struct exec *x)
{
    struct js *c = ak_flow_challenge_with_user(x, "ak-stage-password");
    js_set(c, "allow_show_password", js_bool(false));
    return c;
}

static void take_score(struct exec *x)
{
    if (x->plan->score_taken)
        return;
    x->plan->score_taken = true;
    x->plan->initial_score = score_of(x->m, x->plan->typed != NULL ? x->plan->typed : no_text);
}

static struct step password_ask(struct exec *x)
{
    take_score(x);
    return ak_step_challenge(password_challenge(x));
}

static struct step password_reply(struct exec *x)
{
    AUTO(xfree) char *password = NULL;
    struct js *errors = NULL;
    if (x->plan->typed == NULL)
        return ak_flow_denied(x, "Unknown error");
    take_score(x);
    if (ak_reply_is_object(x->reply, &errors) &&
        ak_reply_text(x->reply, "password", FIELD_REQUIRED | FIELD_UNTRIMMED, &password, &errors)) {
        if (password_right(x, password)) {
            password_passed(x->plan);
            return ak_flow_stage_ok(x);
        }
        ak_reply_error(&errors, "password", "Invalid password", "invalid");
    }
    if (too_many_failures(x)) {
        js_free(errors);
        bool says = ak_quirk(x->m, QUIRK_DENIED_TEXT);
        return ak_flow_denied(x, says ? "Invalid password" : "Unknown error");
    }
    return refused(password_challenge(x), errors);
}

/* ------------------------------------------------------------------ login */

const struct setup_person *ak_flow_pending(const struct exec *x)
{
    const struct plan *plan = x->plan;
    if (plan == NULL || plan->typed == NULL || !plan->password_passed)
        return NULL;
    const struct setup_person *p = ak_conf_find_login(x->m, plan->typed);
    return p != NULL && p->active ? p : NULL;
}

static struct step do_login(struct exec *x, bool remember)
{
    const struct setup_person *p = ak_flow_pending(x);
    if (p == NULL)
        return ak_flow_denied(x, "Unknown error");
    change_score(x->m, p->username, 1);
    ak_visit_login(x->v, p, &x->plan->methods);
    if (remember)
        ak_visit_remember(x->v, x->m->conf.ak->flow_remember_me_s);
    trace_log(x->m->env.trace, AK_PARTY, "info", "login username=%s auth_method=password",
              p->username);
    /* The plan went along, or was lost with another person's session. */
    if (x->v->session->plan == NULL)
        x->v->session->plan = ak_plan_new(x->m, x->flow);
    x->plan = x->v->session->plan;
    x->plan->at = x->plan->len - 1;
    return ak_flow_stage_ok(x);
}

static bool login_waits(const struct exec *x)
{
    return x->m->conf.ak->flow_remember_me_s > 0 && ak_flow_pending(x) != NULL;
}

/* Asks only when there is something to choose. */
static struct step login_ask(struct exec *x)
{
    if (login_waits(x))
        return ak_step_challenge(ak_flow_challenge_with_user(x, "ak-stage-user-login"));
    return do_login(x, false);
}

static struct step login_reply(struct exec *x)
{
    bool remember = false;
    struct js *errors = NULL;
    if (!login_waits(x))
        return do_login(x, false);
    if (ak_reply_is_object(x->reply, &errors) &&
        ak_reply_bool(x->reply, "remember_me", &remember, &errors))
        return do_login(x, remember);
    return refused(ak_flow_challenge_with_user(x, "ak-stage-user-login"), errors);
}

/* ------------------------------------------------------------------ consent */

static char *permissions_text(const struct plan *p)
{
    return p->authz != NULL ? strlist_join(&p->authz->scopes, " ") : xstrdup("");
}

/* What the person agreed to before and may still count on; NULL if there is none. */
static const struct consent *kept_consent(const struct exec *x)
{
    if (x->plan->stages[x->plan->at] != STAGE_CONSENT)
        return NULL;
    const struct consent *kept =
        (const struct consent *)(const void *)ak_store_get(&x->m->consents, x->v->session->person);
    return kept != NULL && kept->item.expires_s > ak_mock_now_s(x->m) ? kept : NULL;
}

static void words_of(const char *text, struct strlist *ret)
{
    struct str one = {0};
    for (struct str rest = str_of(text); str_next(&rest, ' ', &one);)
        strlist_take(ret, xstrndup(one.ptr, one.len));
}

/* The scopes that the list has, or those that it has not. allowed NULL: all are wanted. As the
 * provider's mappings stand, by scope_name, whatever order they were asked in
 * (authentik/providers/oauth2/views/userinfo.py, get_scope_descriptions). */
static struct js *permissions(const struct exec *x, const struct strlist *allowed, bool listed)
{
    struct js *list = js_array();
    const struct strlist *mapped = &x->m->conf.scopes;
    const struct authz *z = x->plan->authz;
    for (size_t i = 0; z != NULL && i < mapped->len; i++) {
        const char *scope = mapped->items[i];
        if (!strlist_has(&z->scopes, scope))
            continue;
        if (allowed != NULL && strlist_has(allowed, scope) != listed)
            continue;
        struct js *one = js_object();
        js_set_text(one, "id", scope);
        js_set_text(one, "name", ak_claims_scope_description(scope));
        js_append(list, one);
    }
    return list;
}

/* Each showing has its own token; the one before is void. With a consent from before, only what is
 * new stands under additional_permissions. */
static struct js *consent(struct exec *x)
{
    xfree(x->plan->consent_token);
    x->plan->consent_token = ak_mock_uuid(x->m, "consent", true);
    trace_secret(x->m->env.trace, "token", x->plan->consent_token);
    const char *app = x->m->conf.ak->app_name;
    const struct consent *kept = kept_consent(x);
    AUTO(strlist_deinit) struct strlist allowed = {0};
    if (kept != NULL)
        words_of(kept->permissions, &allowed);
    struct js *c = ak_flow_challenge_with_user(x, "ak-stage-consent");
    js_set(c, "header_text", js_stringf("You're about to sign into %s.", app != NULL ? app : ""));
    js_set(c, "permissions", permissions(x, kept != NULL ? &allowed : NULL, true));
    js_set(c, "additional_permissions",
           kept != NULL ? permissions(x, &allowed, false) : js_array());
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
    words_of(kept, &a);
    words_of(wanted, &b);
    strlist_sort(&a);
    strlist_sort(&b);
    AUTO(xfree) char *ta = strlist_join(&a, " ");
    AUTO(xfree) char *tb = strlist_join(&b, " ");
    return strcmp(ta, tb) == 0;
}

static struct step consent_ask(struct exec *x)
{
    const struct consent *kept = kept_consent(x);
    if (kept != NULL && same_permissions(kept->permissions, x->plan))
        return ak_flow_stage_ok(x);
    return consent_always_ask(x);
}

static struct step consent_always_reply(struct exec *x)
{
    AUTO(xfree) char *token = NULL;
    struct js *errors = NULL;
    const char *wanted = x->plan->consent_token != NULL ? x->plan->consent_token : no_text;
    if (ak_reply_is_object(x->reply, &errors) &&
        ak_reply_text(x->reply, "token", FIELD_REQUIRED, &token, &errors)) {
        if (wanted[0] != '\0' && secret_text_equal(token, wanted))
            return ak_flow_stage_ok(x);
        if (ak_fault_asked(x->m, "authentik/consent.token-ignored"))
            return ak_flow_stage_ok(x);
        ak_reply_error(&errors, "token", "Invalid consent token, re-showing prompt", "invalid");
    }
    return refused(consent(x), errors);
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

static struct step shell(const char *title, const char *text)
{
    AUTO(http_response_deinit) struct http_response page = {0};
    ak_page_message(&page, 400, title, text);
    return ak_step_shell(&page);
}

/* An error cannot be redirected to a URI without a scheme (3.1): it is shown. */
static bool must_be_shown(const struct authz *z)
{
    bool is_error = z->prompt_none && z->prompt_consent;
    return is_error && !cstr_contains(z->redirect_uri, ":");
}

static struct step fulfil_ask(struct exec *x)
{
    AUTO(ak_authz_free) struct authz *z = x->plan->authz;
    x->plan->authz = NULL;
    pass_last(x);
    if (z == NULL || ak_visit_person(x->v) == NULL)
        return ak_flow_denied(x, "Unknown error");
    if (must_be_shown(z))
        return shell("consent_required", "The Authorization Server requires End-User consent");
    return ak_authorize_answer(x->v, z);
}

static const struct stage stages[STAGE_MAX_] = {
    [STAGE_IDENTIFICATION] = {identification_ask, identification_reply, always_waits},
    [STAGE_PASSWORD] = {password_ask, password_reply, always_waits},
    [STAGE_MFA] = {ak_mfa_ask, ak_mfa_reply, ak_mfa_waits},
    [STAGE_LOGIN] = {login_ask, login_reply, login_waits},
    [STAGE_CONSENT] = {consent_ask, consent_reply, always_waits},
    [STAGE_CONSENT_ALWAYS] = {consent_always_ask, consent_always_reply, always_waits},
    [STAGE_FULFIL] = {fulfil_ask, fulfil_ask, NULL},
    [STAGE_LOGOUT] = {ak_stage_logout_ask, ak_stage_logout_ask, NULL},
    [STAGE_SESSION_END] = {ak_stage_session_end_ask, ak_stage_session_end_ask, NULL},
    [STAGE_TOTP_SETUP] = {ak_totp_setup_ask, ak_totp_setup_reply, always_waits},
    [STAGE_IFRAME_LOGOUT] = {ak_stage_iframe_ask, ak_stage_iframe_reply, always_waits},
    [STAGE_DEVICE_CODE] = {ak_stage_device_code_ask, ak_stage_device_code_reply, always_waits},
    [STAGE_DEVICE_FINISH] = {ak_stage_device_finish_ask, ak_stage_device_finish_reply, NULL},
};

const struct stage *ak_stage_find(enum stage_id id)
{
    assert(id > STAGE_NONE && id < STAGE_MAX_);
    return &stages[id];
}
