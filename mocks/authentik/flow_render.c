/*
 * How each challenge looks to a person: a form with labels, what was wrong beside it and read out,
 * and a way back. Works without script; decides nothing about flows. The words are the mock's own
 * where authentik's are not part of the wire.
 */
#include "mocks/authentik/flow_render.h"

#include <assert.h>
#include <string.h>

#include "harness/base/url.h"
#include "mocks/authentik/logout.h"
#include "mocks/authentik/page.h"

#define ERRORS_ID "errors"

static const char *text_of(const struct js *c, const char *name)
{
    const char *t = js_get_text(c, name);
    return t != NULL ? t : "";
}

/* ------------------------------------------------------------------ building blocks */

static void add_errors(struct buf *b, const struct js *c)
{
    struct js_iter field = js_iter(js_get(c, "response_errors"));
    if (js_len(js_get(c, "response_errors")) == 0)
        return;
    buf_adds(b, "<div class=\"error\" role=\"alert\" id=\"" ERRORS_ID "\">\n");
    while (js_next(&field))
        for (size_t i = 0; i < js_len(field.value); i++)
            ak_page_text(b, "p", NULL, text_of(js_at(field.value, i), "string"));
    buf_adds(b, "</div>\n");
}

struct input {
    const char *label;
    const char *name;
    const char *type;
    const char *more; /* further attributes, as they are */
    const char *hint;
    const char *value;
    bool focus;
};

static bool is_wrong(const struct js *c, const char *field)
{
    const struct js *errors = js_get(c, "response_errors");
    return js_get(errors, field) != NULL || js_get(errors, "non_field_errors") != NULL;
}

/* The hint and the errors are the field's description, for who does not see the page. */
static void add_input(struct buf *b, const struct js *c, const struct input *in)
{
    bool wrong = is_wrong(c, in->name);
    buf_addf(b, "<label for=\"%s\">%s</label>\n", in->name, in->label);
    if (in->hint != NULL)
        buf_addf(b, "<p class=\"hint\" id=\"%s-hint\">%s</p>\n", in->name, in->hint);
    buf_addf(b, "<div class=\"field\"><input type=\"%s\" id=\"%s\" name=\"%s\" %s", in->type,
             in->name, in->name, in->more);
    if (in->value != NULL) {
        buf_adds(b, " value=\"");
        ak_page_escaped(b, in->value);
        buf_adds(b, "\"");
    }
    if (in->hint != NULL || wrong)
        buf_addf(b, " aria-describedby=\"%s%s%s%s\"", wrong ? ERRORS_ID : "",
                 wrong && in->hint != NULL ? " " : "", in->hint != NULL ? in->name : "",
                 in->hint != NULL ? "-hint" : "");
    buf_addf(b, "%s required%s></div>\n", wrong ? " aria-invalid=\"true\"" : "",
             in->focus ? " autofocus" : "");
}

static void add_button(struct buf *b, const char *label)
{
    buf_addf(b, "<button type=\"submit\">%s</button>\n</form>\n", label);
}

static void begin_form(struct buf *b, struct visit *v, bool at_once)
{
    buf_addf(b, "<form method=\"post\" action=\"\"%s>\n", at_once ? " data-auto" : "");
    ak_page_hidden(b, "csrfmiddlewaretoken", ak_visit_csrf(v));
}

static void add_link(struct buf *b, const char *css_class, const char *to, const char *label)
{
    buf_addf(b, "<a%s%s%s href=\"", css_class != NULL ? " class=\"" : "",
             css_class != NULL ? css_class : "", css_class != NULL ? "\"" : "");
    ak_page_escaped(b, to);
    buf_adds(b, "\">");
    ak_page_escaped(b, label);
    buf_adds(b, "</a>\n");
}

/* Who it is about, and the way to be somebody else: this flow from its start. */
static void add_who(struct buf *b, const struct visit *v, const struct js *c, const char *intro)
{
    AUTO(xfree)
    char *here = xasprintf("%s%s%s", v->req->path, v->req->query != NULL ? "?" : "",
                           v->req->query != NULL ? v->req->query : "");
    AUTO(xfree) char *next = url_encode_plus(str_of(here));
    AUTO(xfree) char *cancel = xasprintf("/flows/-/cancel/?next=%s", next);
    buf_addf(b, "<p class=\"who\"><span>%s <b>", intro);
    ak_page_escaped(b, text_of(c, "pending_user"));
    buf_adds(b, "</b></span> ");
    add_link(b, NULL, cancel, "Not you?");
    buf_adds(b, "</p>\n");
}

/* ------------------------------------------------------------------ signing in */

static void render_identification(struct buf *b, struct visit *v, const struct js *c)
{
    bool together = js_get_bool(c, "password_fields", false);
    if (js_get_text(c, "application_pre") != NULL) {
        AUTO(xfree)
        char *line = xasprintf("Log in to continue to %s.", text_of(c, "application_pre"));
        ak_page_text(b, "p", NULL, line);
    }
    add_errors(b, c);
    begin_form(b, v, false);
    add_input(b, c,
              &(struct input){.label = "Email or Username",
                              .name = "uid_field",
                              .type = "text",
                              .more = "autocomplete=\"username\" autocapitalize=\"none\" "
                                      "spellcheck=\"false\"",
                              .value = js_get_text(c, "pending_user_identifier"),
                              .focus = true});
    if (together)
        add_input(b, c,
                  &(struct input){.label = "Password",
                                  .name = "password",
                                  .type = "password",
                                  .more = "autocomplete=\"current-password\""});
    add_button(b, "Log in");
}

static void render_password(struct buf *b, struct visit *v, const struct js *c)
{
    add_who(b, v, c, "Signing in as");
    add_errors(b, c);
    begin_form(b, v, false);
    add_input(b, c,
              &(struct input){.label = "Password",
                              .name = "password",
                              .type = "password",
                              .more = "autocomplete=\"current-password\"",
                              .focus = true});
    add_button(b, "Continue");
}

static bool has_device(const struct js *c, const char *device_class)
{
    const struct js *devices = js_get(c, "device_challenges");
    for (size_t i = 0; i < js_len(devices); i++)
        if (cstr_eq(js_get_text(js_at(devices, i), "device_class"), device_class))
            return true;
    return false;
}

static const char *code_hint(const struct js *c)
{
    if (!has_device(c, "static"))
        return "The six digits that your authenticator app shows now.";
    return has_device(c, "totp") ? "The six digits that your authenticator app shows now, or one "
                                   "of your static codes."
                                 : "One of your static codes that you have not used yet.";
}

static void render_authenticator(struct buf *b, struct visit *v, const struct js *c)
{
    bool digits = !has_device(c, "static");
    add_who(b, v, c, "Signing in as");
    add_errors(b, c);
    begin_form(b, v, false);
    add_input(b, c,
              &(struct input){.label = "Authentication code",
                              .name = "code",
                              .type = "text",
                              .more = digits ? "class=\"code\" autocomplete=\"one-time-code\" "
                                               "inputmode=\"numeric\""
                                             : "class=\"code\" autocomplete=\"one-time-code\" "
                                               "autocapitalize=\"none\" spellcheck=\"false\"",
                              .hint = code_hint(c),
                              .focus = true});
    add_button(b, "Continue");
}

/* In groups of four, to be typed off. */
static void add_secret(struct buf *b, const char *config_url)
{
    const char *at = strstr(config_url, "secret=");
    if (at == NULL)
        return;
    at += strlen("secret=");
    size_t n = strcspn(at, "&");
    buf_adds(b, "<p><code>");
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && i % 4 == 0)
            buf_addc(b, ' ');
        buf_addc(b, at[i]);
    }
    buf_adds(b, "</code></p>\n");
}

static void render_totp_setup(struct buf *b, struct visit *v, const struct js *c)
{
    add_who(b, v, c, "Signing in as");
    ak_page_text(b, "p", NULL,
                 "A second factor is needed. Add this key to your authenticator app, then type the "
                 "code that it shows.");
    add_secret(b, text_of(c, "config_url"));
    buf_adds(b, "<p>");
    add_link(b, NULL, text_of(c, "config_url"), "Open in the app on this device");
    buf_adds(b, "</p>\n");
    add_errors(b, c);
    begin_form(b, v, false);
    add_input(b, c,
              &(struct input){.label = "Code",
                              .name = "code",
                              .type = "text",
                              .more = "class=\"code\" autocomplete=\"one-time-code\" "
                                      "inputmode=\"numeric\"",
                              .focus = true});
    add_button(b, "Continue");
}

static void render_user_login(struct buf *b, struct visit *v, const struct js *c)
{
    add_who(b, v, c, "Signing in as");
    add_errors(b, c);
    ak_page_text(b, "p", NULL, "If you do, this browser asks you to sign in less often.");
    begin_form(b, v, false);
    buf_adds(b, "<button type=\"submit\" name=\"remember_me\" value=\"true\">Yes</button>\n"
                "<button type=\"submit\" class=\"second\" name=\"remember_me\" value=\"false\">No"
                "</button>\n</form>\n");
}

/* ------------------------------------------------------------------ consent */

static void add_permissions(struct buf *b, const struct js *list, const char *intro)
{
    if (js_len(list) == 0)
        return;
    buf_addf(b, "<p>%s</p>\n<ul>\n", intro);
    for (size_t i = 0; i < js_len(list); i++) {
        const char *name = text_of(js_at(list, i), "name");
        ak_page_text(b, "li", NULL, name[0] != '\0' ? name : text_of(js_at(list, i), "id"));
    }
    buf_adds(b, "</ul>\n");
}

static void render_consent(struct buf *b, struct visit *v, const struct js *c)
{
    const struct js *extra = js_get(c, "additional_permissions");
    ak_page_text(b, "p", NULL, text_of(c, "header_text"));
    buf_adds(b, "<p class=\"who\"><span>Signed in as <b>");
    ak_page_escaped(b, text_of(c, "pending_user"));
    buf_adds(b, "</b></span> ");
    add_link(b, NULL, "/flows/-/cancel/", "Not you?");
    buf_adds(b, "</p>\n");
    add_errors(b, c);
    add_permissions(b, js_get(c, "permissions"),
                    js_len(extra) > 0
                        ? "Application already has access to the following permissions:"
                        : "Application requires following permissions:");
    add_permissions(b, extra, "Application requires following new permissions:");
    begin_form(b, v, false);
    ak_page_hidden(b, "token", text_of(c, "token"));
    add_button(b, "Continue");
}

/* ------------------------------------------------------------------ ends */

static void render_denied(struct buf *b, struct visit *v, const struct js *c)
{
    const char *message = text_of(c, "error_message");
    (void)v;
    buf_adds(b, "<div class=\"error\" role=\"alert\">\n");
    ak_page_text(b, "p", NULL, "Request has been denied.");
    if (message[0] != '\0')
        ak_page_text(b, "p", NULL, message);
    buf_adds(b, "</div>\n");
    add_link(b, "button second", "/", "Start again");
}

static void render_error(struct buf *b, struct visit *v, const struct js *c)
{
    (void)v;
    buf_adds(b, "<div class=\"error\" role=\"alert\">\n");
    ak_page_text(b, "p", NULL, "Something went wrong, and the login cannot go on.");
    buf_adds(b, "</div>\n<p>Whoever helps you will ask for this number:</p>\n");
    ak_page_text(b, "p", NULL, text_of(c, "request_id"));
    add_link(b, "button second", "/", "Start again");
}

static void render_session_end(struct buf *b, struct visit *v, const struct js *c)
{
    (void)v;
    AUTO(xfree) char *line = xasprintf("You've logged out of %s.", text_of(c, "application_name"));
    AUTO(xfree) char *back = xasprintf("Log back into %s", text_of(c, "application_name"));
    ak_page_text(b, "p", NULL, line);
    add_link(b, "button", "/", "Go back to overview");
    if (js_get_text(c, "invalidation_flow_url") != NULL)
        add_link(b, "button second", text_of(c, "invalidation_flow_url"), "Log out of authentik");
    if (js_get_text(c, "application_launch_url") != NULL)
        add_link(b, "button second", text_of(c, "application_launch_url"), back);
}

/* form_post: the script sends it; without script the person presses the button. */
static void render_autosubmit(struct buf *b, struct visit *v, const struct js *c)
{
    (void)v;
    buf_adds(b, "<p role=\"status\">You are being sent on.</p>\n<form method=\"post\" action=\"");
    ak_page_escaped(b, text_of(c, "url"));
    buf_adds(b, "\" data-auto>\n");
    struct js_iter it = js_iter(js_get(c, "attrs"));
    while (js_next(&it))
        ak_page_hidden(b, it.key, js_text(it.value) != NULL ? js_text(it.value) : "");
    add_button(b, "Continue");
}

/* The frames tell the clients; the person goes on. */
static void render_iframe_logout(struct buf *b, struct visit *v, const struct js *c)
{
    ak_render_iframe_logout(b, c);
    begin_form(b, v, false);
    add_button(b, "Continue");
}

static void render_device_code(struct buf *b, struct visit *v, const struct js *c)
{
    add_errors(b, c);
    begin_form(b, v, false);
    const struct input code = {.label = "Device code",
                               .name = "code",
                               .type = "text",
                               .more = "inputmode=\"numeric\" autocomplete=\"off\"",
                               .hint = "The nine digits that your device shows.",
                               .focus = true};
    add_input(b, c, &code);
    add_button(b, "Continue");
}

static void render_device_finish(struct buf *b, struct visit *v, const struct js *c)
{
    (void)v;
    (void)c;
    ak_page_text(b, "p", NULL,
                 "You've successfully authenticated your device. You may close this page now.");
}

struct renderer {
    const char *component;
    const char *title; /* NULL: the flow's */
    void (*render)(struct buf *b, struct visit *v, const struct js *c);
};

static const struct renderer renderers[] = {
    {"ak-stage-identification", NULL, render_identification},
    {"ak-stage-password", NULL, render_password},
    {"ak-stage-authenticator-validate", NULL, render_authenticator},
    {"ak-stage-authenticator-totp", "Set up your authenticator app", render_totp_setup},
    {"ak-stage-user-login", "Stay signed in?", render_user_login},
    {"ak-stage-consent", NULL, render_consent},
    {"ak-stage-access-denied", "Permission denied", render_denied},
    {"ak-stage-flow-error", "That did not work", render_error},
    {"ak-stage-session-end", NULL, render_session_end},
    {"ak-stage-autosubmit", NULL, render_autosubmit},
    {"ak-provider-iframe-logout", "Logging out", render_iframe_logout},
    {"ak-provider-oauth2-device-code", "Device code", render_device_code},
    {"ak-provider-oauth2-device-code-finish", "Device authenticated", render_device_finish},
    {0}};

static const struct renderer *renderer_of(const struct js *challenge)
{
    const struct renderer *r = renderers;
    while (r->component != NULL && !cstr_eq(r->component, js_get_text(challenge, "component")))
        r++;
    assert(r->component != NULL);
    return r;
}

void ak_flow_render(struct visit *v, const char *title, const struct js *challenge)
{
    if (cstr_eq(js_get_text(challenge, "component"), "xak-flow-shell")) {
        http_respond(v->resp, 200, AK_HTML, text_of(challenge, "body"));
        params_set_ci(&v->resp->headers, "X-Frame-Options", "SAMEORIGIN");
        return;
    }
    AUTO(buf_deinit) struct buf b;
    const struct renderer *r = renderer_of(challenge);
    const char *own = js_get_text(challenge, "title");
    buf_init(&b, BUF_MAX_TEXT);
    ak_page_begin(&b, r->title != NULL ? r->title : own != NULL ? own : title);
    r->render(&b, v, challenge);
    ak_page_end(&b, v->resp, 200);
}

void ak_flow_render_continue(struct visit *v, const char *title)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    ak_page_begin(&b, title);
    buf_adds(&b, "<p role=\"status\">One more step.</p>\n");
    begin_form(&b, v, true);
    add_button(&b, "Continue");
    ak_page_end(&b, v->resp, 200);
}
