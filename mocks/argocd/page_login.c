/*
 * The login page (argocd.md 1.11): the SSO button with its label, what the last try came to, and
 * the form for local accounts where there are any.
 */
#include "harness/base/str.h"
#include "harness/http/html.h"
#include "mocks/argocd/page.h"

bool page_has_sso(const struct js *settings)
{
    return js_len(js_path(settings, "dexConfig", "connectors", NULL)) > 0 ||
           js_get(settings, "oidcConfig") != NULL;
}

/* The SSO button's label; caller frees. */
static char *sso_label(const struct js *settings)
{
    const struct js *connectors = js_path(settings, "dexConfig", "connectors", NULL);
    const char *name = js_get_text(js_get(settings, "oidcConfig"), "name");
    if (js_get(settings, "oidcConfig") == NULL && js_len(connectors) == 1)
        name = js_get_text(js_at(connectors, 0), "name");
    return name != NULL ? xasprintf("Log in via %s", name) : xstrdup("SSO Login");
}

static void add_sso_button(struct buf *b, const struct js *settings, const char *return_url)
{
    AUTO(xfree) char *label = sso_label(settings);
    AUTO(xfree) char *encoded = page_encode(return_url);
    buf_adds(b, "<p><a class=\"button\" id=\"sso-login\" href=\"" ARGOCD_BASEHREF
                "auth/login?return_url=");
    page_add(b, encoded);
    buf_adds(b, "\">");
    page_add(b, label);
    buf_adds(b, "</a></p>\n");
}

/* The session endpoint takes JSON only, which no form can send by itself. */
static const char local_form[] =
    "<form id=\"local-login\" method=\"post\" action=\"" ARGOCD_BASEHREF "api/v1/session\">\n"
    "<label for=\"username\">Username</label>\n"
    "<input id=\"username\" name=\"username\" autocomplete=\"username\" autocapitalize=\"none\" "
    "spellcheck=\"false\" required>\n"
    "<label for=\"password\">Password</label>\n"
    "<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" "
    "required>\n"
    "<p class=\"error\" id=\"login-error\" role=\"alert\" hidden></p>\n"
    "<button class=\"button\" type=\"submit\">Sign In</button>\n"
    "</form>\n"
    "<noscript><p class=\"hint\">The form for local accounts needs JavaScript.</p></noscript>\n"
    "<script>\n"
    "document.getElementById('local-login').addEventListener('submit', async (event) => {\n"
    "  event.preventDefault();\n"
    "  const form = event.target, error = document.getElementById('login-error');\n"
    "  const answer = await fetch(form.action, {method: 'POST', credentials: 'same-origin',\n"
    "    headers: {'Content-Type': 'application/json'},\n"
    "    body: JSON.stringify({username: form.username.value, password: form.password.value})});\n"
    "  if (answer.ok) {\n"
    "    const to = new URL(new URLSearchParams(location.search).get('return_url') || "
    "'" ARGOCD_BASEHREF "', location.href);\n"
    "    location.assign(to.origin === location.origin ? to.href : '" ARGOCD_BASEHREF "');\n"
    "    return;\n"
    "  }\n"
    "  const body = await answer.json().catch(() => ({}));\n"
    "  error.textContent = body.message || 'Login failed.';\n"
    "  error.hidden = false;\n"
    "});\n"
    "</script>\n";

void page_login(struct call *c, struct buf *b)
{
    AUTO(js_free) struct js *settings = settings_json(c);
    const char *return_url = http_query(c->req, "return_url");
    bool sso = page_has_sso(settings);
    bool local = !js_get_bool(settings, "userLoginsDisabled", false);
    page_begin(b, "Log in", NULL);
    buf_adds(b, "<main class=\"narrow\">\n<section>\n<h1>Argo CD</h1>\n");
    if (sso)
        add_sso_button(b, settings, return_url != NULL ? return_url : "");
    if (sso && cstr_eq(http_query(c->req, "has_sso_error"), "true"))
        buf_adds(b, "<p class=\"error\" role=\"alert\">Login failed.</p>\n");
    if (sso && local)
        buf_adds(b, "<p class=\"or\">or</p>\n");
    if (local)
        buf_adds(b, local_form);
    if (!sso && !local)
        buf_adds(b, "<p>Login is disabled. Please contact your system administrator.</p>\n");
    buf_adds(b, "</section>\n");
    page_end(b);
}

void page_nobody(struct call *c, struct buf *b)
{
    /* userinfo tells the application that the token was one of SSO, though it has ended. */
    AUTO(js_free) struct js *settings = settings_json(c);
    const char *iss = js_get_text(c->session.claims, "iss");
    bool was_sso = iss != NULL && !cstr_eq(iss, "argocd") && page_has_sso(settings);
    AUTO(xfree) char *back = page_encode(c->req->url);
    AUTO(xfree)
    char *target =
        xasprintf("%s%s?return_url=%s", ARGOCD_BASEHREF, was_sso ? "auth/login" : "login", back);
    page_begin(b, "Not signed in", target);
    buf_adds(b, "<main class=\"narrow\">\n<section>\n<h1>Argo CD</h1>\n<p>Not signed in.</p>\n"
                "<p><a class=\"button\" href=\"");
    page_add(b, target);
    buf_adds(b, "\">Log in</a></p>\n</section>\n");
    page_end(b);
}
