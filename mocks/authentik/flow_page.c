/*
 * /if/flow/<slug>/: the same flows as the executor's, as HTML forms that need no script, so that a
 * person with a browser can sign in. authentik itself serves a script shell here; a headless client
 * may skip the page in both. Asking for the page changes nothing but the consent token.
 */
#include <string.h>

#include "harness/base/url.h"
#include "mocks/authentik/flow.h"
#include "mocks/authentik/page.h"

#define MAX_TURNS 16 /* more stages than any plan has */

static const char *text_of(const struct js *c, const char *name)
{
    const char *t = js_get_text(c, name);
    return t != NULL ? t : "";
}

static void add_errors(struct buf *b, const struct js *c)
{
    struct js_iter field = js_iter(js_get(c, "response_errors"));
    while (js_next(&field))
        for (size_t i = 0; i < js_len(field.value); i++)
            ak_page_text(b, "p", "error", text_of(js_at(field.value, i), "string"));
}

static void add_input(struct buf *b, const char *label, const char *name, const char *type,
                      const char *autocomplete, bool focus)
{
    buf_addf(b,
             "<label for=\"%s\">%s</label>\n<input type=\"%s\" id=\"%s\" name=\"%s\" "
             "autocomplete=\"%s\" required%s>\n",
             name, label, type, name, name, autocomplete, focus ? " autofocus" : "");
}

static void add_button(struct buf *b, const char *label)
{
    buf_addf(b, "<button type=\"submit\">%s</button>\n</form>\n", label);
}

static void begin_form(struct buf *b, struct visit *v)
{
    buf_adds(b, "<form method=\"post\" action=\"\">\n");
    ak_page_hidden(b, "csrfmiddlewaretoken", ak_visit_csrf(v));
}

static void render_identification(struct buf *b, struct visit *v, const struct js *c)
{
    if (js_get_text(c, "application_pre") != NULL) {
        AUTO(xfree)
        char *line = xasprintf("Log in to continue to %s.", text_of(c, "application_pre"));
        ak_page_text(b, "p", NULL, line);
    }
    add_errors(b, c);
    begin_form(b, v);
    add_input(b, "Email or Username", "uid_field", "text", "username", true);
    if (js_get_bool(c, "password_fields", false))
        add_input(b, "Password", "password", "password", "current-password", false);
    add_button(b, "Log in");
}

static void render_password(struct buf *b, struct visit *v, const struct js *c)
{
    ak_page_text(b, "p", "who", text_of(c, "pending_user"));
    add_errors(b, c);
    begin_form(b, v);
    add_input(b, "Password", "password", "password", "current-password", true);
    add_button(b, "Continue");
}

static void render_consent(struct buf *b, struct visit *v, const struct js *c)
{
    ak_page_text(b, "p", NULL, text_of(c, "header_text"));
    ak_page_text(b, "p", "who", text_of(c, "pending_user"));
    add_errors(b, c);
    const struct js *list = js_get(c, "permissions");
    if (js_len(list) > 0)
        buf_adds(b, "<p>Application requires following permissions:</p>\n<ul>\n");
    for (size_t i = 0; i < js_len(list); i++) {
        const char *name = text_of(js_at(list, i), "name");
        ak_page_text(b, "li", NULL, name[0] != '\0' ? name : text_of(js_at(list, i), "id"));
    }
    if (js_len(list) > 0)
        buf_adds(b, "</ul>\n");
    begin_form(b, v);
    ak_page_hidden(b, "token", text_of(c, "token"));
    add_button(b, "Continue");
}

static void render_denied(struct buf *b, struct visit *v, const struct js *c)
{
    (void)v;
    ak_page_text(b, "p", "error", "Request has been denied.");
    ak_page_text(b, "p", NULL, text_of(c, "error_message"));
    buf_adds(b, "<p><a href=\"/\">Not you? Start again</a></p>\n");
}

static void render_session_end(struct buf *b, struct visit *v, const struct js *c)
{
    (void)v;
    AUTO(xfree) char *line = xasprintf("You've logged out of %s.", text_of(c, "application_name"));
    ak_page_text(b, "p", NULL, line);
    buf_adds(b, "<p><a href=\"/\">Go back to overview</a></p>\n");
}

/* form_post without script: the person presses the button. */
static void render_autosubmit(struct buf *b, struct visit *v, const struct js *c)
{
    (void)v;
    AUTO(buf_deinit) struct buf url;
    buf_init(&url, BUF_MAX_TEXT);
    ak_page_text(b, "p", NULL, text_of(c, "title"));
    buf_adds(b, "<form method=\"post\" action=\"");
    for (const char *p = text_of(c, "url"); *p != '\0'; p++)
        if (strchr("\"<>&'", *p) != NULL)
            buf_addf(b, "&#%d;", *p);
        else
            buf_addc(b, *p);
    buf_adds(b, "\">\n");
    struct js_iter it = js_iter(js_get(c, "attrs"));
    while (js_next(&it))
        ak_page_hidden(b, it.key, js_text(it.value) != NULL ? js_text(it.value) : "");
    add_button(b, "Continue");
}

struct renderer {
    const char *component;
    void (*render)(struct buf *b, struct visit *v, const struct js *c);
};

static const struct renderer renderers[] = {{"ak-stage-identification", render_identification},
                                            {"ak-stage-password", render_password},
                                            {"ak-stage-consent", render_consent},
                                            {"ak-stage-access-denied", render_denied},
                                            {"ak-stage-session-end", render_session_end},
                                            {"ak-stage-autosubmit", render_autosubmit},
                                            {0}};

static void show(struct exec *x, const struct js *challenge)
{
    AUTO(buf_deinit) struct buf b;
    AUTO(xfree) char *title = ak_flow_title(x->m, x->flow);
    buf_init(&b, BUF_MAX_TEXT);
    ak_page_begin(&b, title);
    for (const struct renderer *r = renderers; r->component != NULL; r++)
        if (cstr_eq(r->component, js_get_text(challenge, "component")))
            r->render(&b, x->v, challenge);
    ak_page_end(&b, x->v->resp, 200);
}

/* The next stage does something by itself: the person starts it, so that a GET never does. */
static void show_continue(struct exec *x)
{
    AUTO(buf_deinit) struct buf b;
    AUTO(xfree) char *title = ak_flow_title(x->m, x->flow);
    buf_init(&b, BUF_MAX_TEXT);
    ak_page_begin(&b, title);
    begin_form(&b, x->v);
    add_button(&b, "Continue");
    ak_page_end(&b, x->v->resp, 200);
}

static void get_page(struct exec *x)
{
    if (!ak_flow_waits_for_person(x)) {
        show_continue(x);
        return;
    }
    AUTO(ak_step_deinit) struct step s = ak_flow_run(x);
    if (s.kind == STEP_CHALLENGE)
        show(x, s.challenge);
    else
        show_continue(x);
}

static struct js *reply_of(const struct http_request *req)
{
    struct js *reply = js_object();
    for (size_t i = 0; i < req->form_params.len; i++)
        js_set_text(reply, req->form_params.items[i].name, req->form_params.items[i].value);
    return reply;
}

/* The stages that need nobody are passed at once; then post, redirect, get. */
static void post_page(struct exec *x)
{
    AUTO(js_free) struct js *reply = reply_of(x->v->req);
    AUTO(xfree) char *here = ak_full_path(x->v->req);
    x->reply = reply;
    for (int turn = 0; turn < MAX_TURNS; turn++) {
        AUTO(ak_step_deinit) struct step s = ak_flow_run(x);
        bool again = turn > 0 && s.kind == STEP_CHALLENGE && ak_flow_waits_for_person(x);
        if (again) {
            ak_redirect(x->v->resp, here);
            return;
        }
        if (s.kind == STEP_CHALLENGE) {
            show(x, s.challenge);
            return;
        }
        if (s.kind == STEP_REDIRECT) {
            ak_redirect(x->v->resp, s.to);
            return;
        }
        x->reply = NULL;
    }
    ak_redirect(x->v->resp, here);
}

void ak_flow_page_serve(void *ctx, const struct http_request *req, struct http_response *resp)
{
    struct mock *m = ctx;
    const struct flow *flow = ak_flow_asked(m, req->captures[0]);
    if (flow == NULL) {
        ak_not_found(resp);
        return;
    }
    if (!ak_method(req, resp, "GET HEAD POST"))
        return;
    struct visit v;
    ak_mock_lock(m);
    ak_visit_begin(&v, m, req, resp);
    AUTO(ak_exec_deinit) struct exec x = {.v = &v, .m = m, .flow = flow};
    params_parse_form(&x.query, str_of(req->query));
    if (!cstr_eq(req->method, "POST"))
        get_page(&x);
    else if (ak_visit_csrf_ok(&v, http_form(req, "csrfmiddlewaretoken")))
        post_page(&x);
    else
        ak_csrf_failed(resp);
    ak_visit_end(&v);
    ak_mock_unlock(m);
}
