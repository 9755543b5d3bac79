/*
 * The stages of the second factor (authentik.md 4.3): asking for a code, and setting up a TOTP
 * device in a flow. Which code is good is in mfa.c.
 */
#include <string.h>

#include "harness/base/url.h"
#include "harness/crypto/totp.h"
#include "mocks/authentik/mfa.h"
#include "mocks/authentik/reply.h"

#define TOTP_SECRET_LENGTH 32 /* 20 bytes in base32 */

bool ak_mfa_waits(const struct exec *x)
{
    const struct setup_person *p = ak_flow_pending(x);
    if (p == NULL)
        return false;
    struct devices d = ak_devices_of(x->m, p);
    return ak_devices_any(&d);
}

static struct js *challenge(struct exec *x, const struct setup_person *p)
{
    struct js *c = ak_flow_challenge_with_user(x, "ak-stage-authenticator-validate");
    js_set(c, "device_challenges", ak_devices_challenges(x->m, p));
    js_set(c, "configuration_stages", js_array());
    return c;
}

/* not_configured_action; with one configuration stage that stage comes next by itself. */
static struct step without_device(struct exec *x)
{
    const char *action = x->m->conf.ak->flow_mfa;
    if (cstr_eq(action, "deny"))
        return ak_flow_denied(x, "No (allowed) MFA authenticator configured.");
    if (cstr_eq(action, "configure"))
        ak_plan_insert(x->plan, x->plan->at + 1, STAGE_TOTP_SETUP);
    return ak_flow_stage_ok(x);
}

struct step ak_mfa_ask(struct exec *x)
{
    const struct setup_person *p = ak_flow_pending(x);
    if (p == NULL)
        return ak_flow_stage_ok(x); /* the login stage refuses */
    struct devices d = ak_devices_of(x->m, p);
    return ak_devices_any(&d) ? ak_step_challenge(challenge(x, p)) : without_device(x);
}

static struct step with_errors(struct js *c, struct js *take_errors)
{
    js_set(c, "response_errors", take_errors);
    return ak_step_challenge(c);
}

/* No report shows a code of an app, right or wrong. Anything else that was typed is none (static
 * codes are known by the setup), and hiding it would let whoever types a word take that word out of
 * every report. */
static void hide_code(const struct exec *x, const char *code)
{
    if (strlen(code) == TOTP_DIGITS && strspn(code, "0123456789") == TOTP_DIGITS)
        trace_secret(x->m->env.trace, "code", code);
}

struct step ak_mfa_reply(struct exec *x)
{
    const struct setup_person *p = ak_flow_pending(x);
    struct devices d = p != NULL ? ak_devices_of(x->m, p) : (struct devices){0};
    if (p == NULL || !ak_devices_any(&d))
        return ak_mfa_ask(x);
    AUTO(xfree) char *code = NULL;
    struct js *errors = NULL;
    bool valid =
        ak_reply_is_object(x->reply, &errors) && ak_reply_text(x->reply, "code", 0, &code, &errors);
    if (valid && code == NULL)
        ak_reply_error(&errors, "non_field_errors", "Empty response", "invalid");
    if (errors != NULL)
        return with_errors(challenge(x, p), errors);
    hide_code(x, code);
    if (!ak_devices_verify(x->m, p, code)) {
        trace_log(x->m->env.trace, AK_PARTY, "warning", "login_failed username=%s", p->username);
        ak_reply_error(&errors, "code",
                       "Invalid Token. Please ensure the time on your device is accurate and try "
                       "again.",
                       "invalid");
        return with_errors(challenge(x, p), errors);
    }
    if (!strlist_has(&x->plan->methods, "mfa"))
        strlist_add(&x->plan->methods, "mfa");
    return ak_flow_stage_ok(x);
}

/* ------------------------------------------------------------------ setting one up */

static struct js *setup_challenge(struct exec *x, const struct setup_person *p)
{
    struct js *c = ak_flow_challenge_with_user(x, "ak-stage-authenticator-totp");
    AUTO(xfree) char *who = url_encode(str_of(p->username), "");
    js_set(c, "config_url",
           js_stringf("otpauth://totp/authentik:%s?secret=%s&algorithm=SHA1&digits=6&period=30&"
                      "issuer=authentik",
                      who, x->plan->totp_secret));
    return c;
}

struct step ak_totp_setup_ask(struct exec *x)
{
    const struct setup_person *p = ak_flow_pending(x);
    if (p == NULL)
        return ak_flow_denied(x, "Unknown error");
    if (x->plan->totp_secret == NULL) {
        x->plan->totp_secret =
            ak_mock_draw(x->m, "totp", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", TOTP_SECRET_LENGTH);
        trace_secret(x->m->env.trace, "password", x->plan->totp_secret);
    }
    return ak_step_challenge(setup_challenge(x, p));
}

struct step ak_totp_setup_reply(struct exec *x)
{
    const struct setup_person *p = ak_flow_pending(x);
    if (p == NULL || x->plan->totp_secret == NULL)
        return ak_totp_setup_ask(x);
    AUTO(xfree) char *code = NULL;
    struct js *errors = NULL;
    int64_t step = 0;
    if (ak_reply_is_object(x->reply, &errors) &&
        ak_reply_text(x->reply, "code", FIELD_REQUIRED, &code, &errors)) {
        hide_code(x, code);
        if (!ak_totp_matches(x->m, x->plan->totp_secret, code, &step))
            ak_reply_error(&errors, "code", "Code does not match", "invalid");
    }
    if (errors != NULL)
        return with_errors(setup_challenge(x, p), errors);
    ak_devices_enrol(x->m, p, x->plan->totp_secret, step);
    return ak_flow_stage_ok(x);
}
