/*
 * The executor loop: one challenge, one reply, by a table of components. Every GET and POST carries
 * the page's query; the CSRF header and Referer always go along (authentik.md 4.6).
 */
#include "harness/login/flow.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/url.h"
#include "harness/base/vec.h"
#include "harness/crypto/totp.h"
#include "harness/http/html.h"

#define FLOW_MAX_ROUNDS 24

struct flow {
    struct browser *browser;
    const struct flow_person *person;
    const char *page_url;
    char *executor_url;
    struct flow_result *result;
    bool asked_password; /* so that a second password challenge is a refusal */
    bool asked_code;
    const char *stage; /* "login" while credentials are asked, then "flow" */
};

/* What a component wants next. */
enum move { MOVE_REPLY, MOVE_GET, MOVE_END };

void flow_result_deinit(struct flow_result *r)
{
    xfree(r->to);
    xfree(r->shown);
    *r = (struct flow_result){0};
}

static enum move end_with(struct flow *f, enum flow_end end, const char *at, char *take_shown)
{
    f->result->end = end;
    f->result->at = at;
    f->result->shown = take_shown;
    return MOVE_END;
}

/* "Invalid password" of {"password":[{"string":…}]}: all of them, joined by "; ". NULL if there are
 * none. */
static char *error_texts(const struct js *challenge)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (struct js_iter it = js_iter(js_get(challenge, "response_errors")); js_next(&it);)
        for (size_t i = 0; i < js_len(it.value); i++) {
            const char *text = js_get_text(js_at(it.value, i), "string");
            buf_addf(&b, "%s%s", b.len > 0 ? "; " : "", text != NULL ? text : "(no text)");
        }
    return b.len > 0 ? buf_take(&b) : NULL;
}

static enum move on_identification(struct flow *f, const struct js *challenge, struct js *reply)
{
    f->stage = "login";
    if (js_is(js_get(challenge, "captcha_stage"), JS_OBJECT))
        return end_with(f, FLOW_STUCK, "login",
                        xstrdup("a headless client cannot answer the captcha of the first page"));
    js_set_text(reply, "uid_field", f->person->username);
    if (js_get_bool(challenge, "password_fields", false))
        js_set_text(reply, "password", f->person->password);
    return MOVE_REPLY;
}

static enum move on_password(struct flow *f, const struct js *challenge, struct js *reply)
{
    (void)challenge;
    f->stage = "login";
    if (f->asked_password)
        return end_with(f, FLOW_REFUSED, "login",
                        xstrdup("the password is asked again without an error"));
    f->asked_password = true;
    js_set_text(reply, "password", f->person->password);
    return MOVE_REPLY;
}

/* Is a device of this class offered? A challenge that names none offers all. */
static bool offers(const struct js *challenge, const char *device_class)
{
    const struct js *devices = js_get(challenge, "device_challenges");
    for (size_t i = 0; i < js_len(devices); i++)
        if (cstr_eq(js_get_text(js_at(devices, i), "device_class"), device_class))
            return true;
    return js_len(devices) == 0;
}

/* "webauthn, duo"; caller frees. */
static char *offered(const struct js *challenge)
{
    AUTO(strlist_deinit) struct strlist classes = {0};
    const struct js *devices = js_get(challenge, "device_challenges");
    for (size_t i = 0; i < js_len(devices); i++) {
        const char *one = js_get_text(js_at(devices, i), "device_class");
        if (one != NULL && !strlist_has(&classes, one))
            strlist_add(&classes, one);
    }
    return strlist_join(&classes, ", ");
}

/* Why there is no code to give; caller frees. */
static char *no_code(const struct flow *f, const struct js *challenge)
{
    const char *who = f->person->username;
    AUTO(xfree) char *classes = offered(challenge);
    if (js_len(js_get(challenge, "device_challenges")) == 0 &&
        js_len(js_get(challenge, "configuration_stages")) > 0)
        return xasprintf("%s has no second factor, and one is to be set up now", who);
    if (cstr_eq(f->person->second_factor, "used"))
        return xasprintf("%s has not used a code before", who);
    if (f->person->static_codes != NULL && f->person->static_codes[0] != NULL &&
        offers(challenge, "static"))
        return xasprintf("the static codes of %s are used up", who);
    if (!offers(challenge, "totp") && !offers(challenge, "static"))
        return xasprintf("a headless client cannot answer the second factors of %s: %s", who,
                         classes);
    return xasprintf("a second factor is asked of %s%s%s, and no TOTP secret is given", who,
                     classes[0] != '\0' ? ", one of " : "", classes);
}

static char *next_static(const struct flow *f)
{
    const char *const *codes = f->person->static_codes;
    size_t at = 0;
    size_t next = f->person->codes != NULL ? f->person->codes->static_next : 0;
    while (codes != NULL && codes[at] != NULL && at < next)
        at++;
    if (codes == NULL || codes[at] == NULL)
        return NULL;
    if (f->person->codes != NULL)
        f->person->codes->static_next++;
    return xstrdup(codes[at]);
}

/* Half of all codes away: none of the steps around has it, as good as surely. */
static void spoil(char *code)
{
    code[0] = (char)('0' + (code[0] - '0' + 5) % 10);
}

/* The step whose code is given: a code is good once, so whoever signs in again within its 30
 * seconds gives the next one, which authentik takes too (it allows one step either way). */
static int64_t step_to_give(const struct flow *f)
{
    struct flow_codes *codes = f->person->codes;
    int64_t now = clock_now_s(f->browser->clock) / TOTP_STEP_S;
    if (codes == NULL)
        return now;
    int64_t step = codes->totp_step == now ? now + 1 : now;
    codes->totp_step = step;
    return step;
}

/* The code this person gives now; NULL when there is none. Caller frees. */
static char *code_to_give(const struct flow *f, const struct js *challenge)
{
    const struct flow_person *p = f->person;
    if (cstr_eq(p->second_factor, "used"))
        return p->codes != NULL && p->codes->last != NULL ? xstrdup(p->codes->last) : NULL;
    bool by_totp = p->totp_secret != NULL && offers(challenge, "totp");
    if (!by_totp || cstr_eq(p->second_factor, "static"))
        return offers(challenge, "static") ? next_static(f) : NULL;
    char *code = totp_code(p->totp_secret, step_to_give(f) * TOTP_STEP_S);
    if (code != NULL && cstr_eq(p->second_factor, "wrong"))
        spoil(code);
    return code;
}

static enum move on_authenticator(struct flow *f, const struct js *challenge, struct js *reply)
{
    f->stage = "login";
    if (f->asked_code)
        return end_with(f, FLOW_REFUSED, "login",
                        xstrdup("the second factor is asked again without an error"));
    f->asked_code = true;
    AUTO(xfree)
    char *secret_works =
        f->person->totp_secret != NULL ? totp_code(f->person->totp_secret, 0) : NULL;
    if (f->person->totp_secret != NULL && secret_works == NULL)
        return end_with(f, FLOW_STUCK, "login", xstrdup("the TOTP secret is not base32"));
    AUTO(xfree) char *code = code_to_give(f, challenge);
    if (code == NULL)
        return end_with(f, FLOW_STUCK, "login", no_code(f, challenge));
    trace_secret(f->browser->trace, "code", code);
    js_set_text(reply, "code", code);
    if (f->person->codes != NULL) {
        xfree(f->person->codes->last);
        f->person->codes->last = xstrdup(code);
    }
    return MOVE_REPLY;
}

static enum move on_user_login(struct flow *f, const struct js *challenge, struct js *reply)
{
    (void)challenge;
    f->stage = "login";
    js_set(reply, "remember_me", js_bool(f->person->remember_me));
    return MOVE_REPLY;
}

static enum move on_consent(struct flow *f, const struct js *challenge, struct js *reply)
{
    f->stage = "flow";
    const char *token = js_get_text(challenge, "token");
    bool wrong = fault_fires(f->browser->faults, "browser/consent-token.wrong", NULL);
    trace_secret(f->browser->trace, "token", token);
    js_set(reply, "token", js_string(wrong ? "00000000-0000-4000-8000-000000000000" : token));
    return MOVE_REPLY;
}

static enum move on_redirect(struct flow *f, const struct js *challenge, struct js *reply)
{
    (void)reply;
    const char *to = js_get_text(challenge, "to");
    if (to == NULL)
        return end_with(f, FLOW_STUCK, "flow", xstrdup("a redirect challenge without \"to\""));
    if (cstr_starts(to, "/api/v3/flows/executor/"))
        return MOVE_GET; /* the wrapped form of the executor's own redirect (authentik.md 4.2) */
    struct err err = {0};
    if (url_resolve(f->page_url, to, &f->result->to, &err) != 0)
        return end_with(f, FLOW_STUCK, "flow", xstrdup(err.msg));
    f->result->end = FLOW_LEADS_ON;
    return MOVE_END;
}

static enum move on_denied(struct flow *f, const struct js *challenge, struct js *reply)
{
    (void)reply;
    const char *text = js_get_text(challenge, "error_message");
    return end_with(f, FLOW_REFUSED, f->stage, xstrdup(text != NULL ? text : "Unknown error"));
}

static enum move on_error(struct flow *f, const struct js *challenge, struct js *reply)
{
    (void)reply;
    const char *id = js_get_text(challenge, "request_id");
    return end_with(f, FLOW_REFUSED, f->stage,
                    xasprintf("ak-stage-flow-error (request %s)", id != NULL ? id : "?"));
}

static enum move on_shell(struct flow *f, const struct js *challenge, struct js *reply)
{
    (void)reply;
    const char *body = js_get_text(challenge, "body");
    return end_with(f, FLOW_REFUSED, f->stage, html_visible_text(body != NULL ? body : ""));
}

static enum move on_session_end(struct flow *f, const struct js *challenge, struct js *reply)
{
    (void)reply;
    const char *name = js_get_text(challenge, "application_name");
    return end_with(f, FLOW_OVER, "session",
                    xasprintf("You've logged out of %s.", name != NULL ? name : "the application"));
}

/* A browser loads one frame for each client (authentik.md 7); what they answer does not matter. */
static enum move on_iframe_logout(struct flow *f, const struct js *challenge, struct js *reply)
{
    (void)reply;
    const struct js *list = js_get(challenge, "logout_urls");
    for (size_t i = 0; i < js_len(list); i++) {
        const char *url = js_get_text(js_at(list, i), "url");
        AUTO(http_request_deinit) struct http_request req = {0};
        AUTO(http_response_deinit) struct http_response resp = {0};
        struct err ignored = {0};
        if (url == NULL || browser_system_at(f->browser, url) == NULL)
            continue; /* out of the world: a browser would go there, the harness does not */
        http_request_set(&req, "GET", url);
        (void)!browser_ask(f->browser, &req, false, &resp, &ignored);
    }
    return MOVE_REPLY;
}

static const struct {
    const char *component;
    enum move (*on)(struct flow *f, const struct js *challenge, struct js *reply);
} components[] = {
    {"ak-stage-identification", on_identification},
    {"ak-stage-password", on_password},
    {"ak-stage-authenticator-validate", on_authenticator},
    {"ak-stage-user-login", on_user_login},
    {"ak-stage-consent", on_consent},
    {"xak-flow-redirect", on_redirect},
    {"ak-stage-access-denied", on_denied},
    {"ak-stage-flow-error", on_error},
    {"xak-flow-shell", on_shell},
    {"ak-stage-session-end", on_session_end},
    {"ak-provider-iframe-logout", on_iframe_logout},
    {NULL, NULL},
};

/* What stops a client without a person, in words (authentik.md 4.3). */
static const struct {
    const char *component;
    const char *what;
} unanswerable[] = {
    {"ak-stage-captcha", "a captcha"},
    {"ak-stage-prompt", "a form of the flow's own"},
    {"ak-stage-email", "a link sent by email"},
    {"ak-stage-authenticator-totp", "a TOTP device is to be set up"},
    {"ak-stage-authenticator-static", "static codes are to be set up"},
    {"ak-stage-authenticator-webauthn", "a WebAuthn device is to be set up"},
    {"ak-stage-authenticator-duo", "a Duo device is to be set up"},
    {"ak-stage-authenticator-sms", "a telephone is to be set up"},
    {"ak-stage-authenticator-email", "an email device is to be set up"},
    {"ak-stage-autosubmit", "a form that a browser posts by itself"},
    {"ak-stage-source", "a login at another provider"},
    {"ak-source-oauth-apple", "a login at Apple"},
    {"ak-source-plex", "a login at Plex"},
    {"ak-source-telegram", "a login at Telegram"},
    {NULL, NULL},
};

static char *cannot_answer(const char *component)
{
    for (size_t i = 0; unanswerable[i].component != NULL; i++)
        if (strcmp(unanswerable[i].component, component) == 0)
            return xasprintf("a headless client cannot answer a '%s' challenge: %s", component,
                             unanswerable[i].what);
    return xasprintf("a headless client cannot answer a '%s' challenge", component);
}

static enum move act(struct flow *f, const struct js *challenge, struct js *reply)
{
    const char *component = js_get_text(challenge, "component");
    if (component == NULL)
        return end_with(f, FLOW_STUCK, f->stage, xstrdup("a challenge without \"component\""));
    char *errors = error_texts(challenge);
    if (errors != NULL)
        return end_with(f, FLOW_REFUSED, f->stage, errors);
    js_set_text(reply, "component", component);
    for (size_t i = 0; components[i].component != NULL; i++)
        if (strcmp(components[i].component, component) == 0)
            return components[i].on(f, challenge, reply);
    return end_with(f, FLOW_STUCK, f->stage, cannot_answer(component));
}

/* …/api/v3/flows/executor/<slug>/?query=<the page's query> */
static int make_executor_url(struct flow *f, struct err *err)
{
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(f->page_url, &u, err) != 0)
        return -1;
    const char *mark = strstr(u.path, "/if/flow/");
    if (mark == NULL)
        return err_set(err, ERR_PARSE, "'%s' is no flow page", u.path);
    const char *slug = mark + strlen("/if/flow/");
    size_t slug_len = strcspn(slug, "/");
    AUTO(xfree) char *origin = url_origin(&u);
    AUTO(xfree) char *query = url_encode_plus(str_of(u.query != NULL ? u.query : ""));
    f->executor_url = xasprintf("%s%.*s/api/v3/flows/executor/%.*s/?query=%s", origin,
                                (int)(mark - u.path), u.path, (int)slug_len, slug, query);
    return 0;
}

static void add_flow_headers(struct flow *f, struct http_request *req)
{
    const char *csrf = jar_get(f->browser->jar, f->executor_url, "authentik_csrf");
    params_add(&req->headers, "Accept", "application/json");
    params_add(&req->headers, "Referer", f->page_url);
    if (csrf != NULL && !fault_fires(f->browser->faults, "browser/csrf-header.missing", NULL))
        params_add(&req->headers, "X-authentik-CSRF", csrf);
}

/* One exchange with the executor; a real 302 after a POST is followed with a GET. */
static int ask_executor(struct flow *f, const struct js *reply, struct http_response *ret,
                        struct err *err)
{
    AUTO(xfree) char *url = xstrdup(f->executor_url);
    for (int hop = 0; hop < 8; hop++) {
        AUTO(http_request_deinit) struct http_request req = {0};
        http_request_set(&req, reply != NULL ? "POST" : "GET", url);
        add_flow_headers(f, &req);
        if (reply != NULL)
            http_request_set_json(&req, reply);
        http_response_deinit(ret);
        *ret = (struct http_response){0};
        if (browser_ask(f->browser, &req, true, ret, err) != 0)
            return -1;
        const char *location = params_get_ci(&ret->headers, "Location");
        if (ret->status < 300 || ret->status > 399 || location == NULL)
            return 0;
        char *next = NULL;
        if (url_resolve(url, location, &next, err) != 0)
            return -1;
        xfree(url);
        url = next;
        reply = NULL;
    }
    return err_set(err, ERR_NET, "the flow executor redirects without end");
}

static int read_challenge(struct flow *f, const struct http_response *resp, struct js **ret)
{
    struct err err = {0};
    const char *body = resp->body != NULL ? resp->body : "";
    if (resp->status == 200 &&
        js_parse((struct str){body, resp->body_len}, "challenge", ret, &err) == 0)
        return 0;
    AUTO(xfree) char *text = html_visible_text(body);
    end_with(f, FLOW_REFUSED, f->stage, xasprintf("%d %s", resp->status, text));
    return -1;
}

int flow_run(struct browser *b, const char *page_url, const struct flow_person *person,
             struct flow_result *ret, struct err *err)
{
    *ret = (struct flow_result){0};
    struct flow f = {
        .browser = b, .person = person, .page_url = page_url, .result = ret, .stage = "flow"};
    if (make_executor_url(&f, err) != 0)
        return -1;
    AUTO(xfree) char *executor_url = f.executor_url;
    AUTO(js_free) struct js *reply = NULL;
    for (int round = 0; round < FLOW_MAX_ROUNDS; round++) {
        AUTO(http_response_deinit) struct http_response resp = {0};
        AUTO(js_free) struct js *challenge = NULL;
        struct err local = {0};
        if (ask_executor(&f, reply, &resp, &local) != 0) {
            end_with(&f, FLOW_STUCK, f.stage, xstrdup(local.msg));
            ret->no_answer = true;
            return 0;
        }
        reply = js_free(reply);
        if (read_challenge(&f, &resp, &challenge) != 0)
            return 0;
        reply = js_object();
        enum move move = act(&f, challenge, reply);
        if (move == MOVE_END)
            return 0;
        if (move == MOVE_GET)
            reply = js_free(reply);
    }
    end_with(&f, FLOW_STUCK, f.stage, xasprintf("no end after %d challenges", FLOW_MAX_ROUNDS));
    return 0;
}
