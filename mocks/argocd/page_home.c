/*
 * Who is signed in, by which groups and roles, and what they may do: every answer is the policy's
 * own. Shows what it is told and decides nothing.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/rbac/rbac.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/page.h"

/* ---- tables of yes and no ---- */

struct column {
    const char *title;
    const char *resource; /* NULL: the row's own */
    const char *action;
};

struct row {
    const char *title;
    const char *resource;
    const char *object;
    const char *actions;     /* those that there are, a blank around each; NULL: all */
    enum argocd_quirk quirk; /* without which the resource is unknown; MAX_: always known */
};

/* The word "action" stands for whatever the resource can do by itself. */
static const struct column what_columns[] = {
    {"get", NULL, "get"},         {"create", NULL, "create"}, {"update", NULL, "update"},
    {"delete", NULL, "delete"},   {"sync", NULL, "sync"},     {"override", NULL, "override"},
    {"action", NULL, "action/*"}, {"invoke", NULL, "invoke"}, {NULL, NULL, NULL},
};

/* What each operation of the API asks for (argocd.md 4.8); the object of certificates and GnuPG
 * keys is empty. */
static const struct row what_rows[] = {
    {"applications", "applications", "*/*", " get create update delete sync override action ",
     ARGOCD_QUIRK_MAX_},
    {"applicationsets", "applicationsets", "*/*", " get create update delete ",
     ARGOCD_QUIRK_CAN_I_APPSETS},
    {"logs", "logs", "*/*", " get ", ARGOCD_QUIRK_MAX_},
    {"exec", "exec", "*/*", " create ", ARGOCD_QUIRK_MAX_},
    {"extensions", "extensions", "*", " invoke ", ARGOCD_QUIRK_EXTENSIONS},
    {"projects", "projects", "*", " get create update delete ", ARGOCD_QUIRK_MAX_},
    {"clusters", "clusters", "*", " get create update delete ", ARGOCD_QUIRK_MAX_},
    {"repositories", "repositories", "*", " get create update delete ", ARGOCD_QUIRK_MAX_},
    {"write-repositories", "write-repositories", "*", " get create update delete ",
     ARGOCD_QUIRK_WRITE_REPOSITORY_ROWS},
    {"certificates", "certificates", "", " get create update delete ", ARGOCD_QUIRK_MAX_},
    {"gpgkeys", "gpgkeys", "", " get create delete ", ARGOCD_QUIRK_MAX_},
    {"accounts", "accounts", "*", " get update ", ARGOCD_QUIRK_MAX_},
    {NULL, NULL, NULL, NULL, ARGOCD_QUIRK_MAX_},
};

static bool is_there(const struct row *r, const struct column *col)
{
    AUTO(xfree) char *word = xasprintf(" %s ", col->title);
    return r->actions == NULL || cstr_contains(r->actions, word);
}

static void add_cell(struct call *c, struct buf *b, const struct row *r, const struct column *col)
{
    if (!is_there(r, col)) {
        buf_addf(b,
                 "<td class=\"unknown\" data-action=\"%s\"><span class=\"none\" "
                 "aria-label=\"there is no such action\">&#8211;</span></td>",
                 col->title);
        return;
    }
    const char *word = authz_would_allow(c, col->resource != NULL ? col->resource : r->resource,
                                         col->action, r->object)
                           ? "yes"
                           : "no";
    buf_addf(b, "<td class=\"%s\" data-action=\"%s\">%s</td>", word, col->title, word);
}

static void add_row(struct call *c, struct buf *b, const struct row *r,
                    const struct column *columns)
{
    buf_adds(b, "<tr><th scope=\"row\">");
    page_add(b, r->title);
    buf_adds(b, "</th>");
    for (const struct column *col = columns; col->title != NULL; col++)
        add_cell(c, b, r, col);
    buf_adds(b, "</tr>\n");
}

static void begin_table(struct buf *b, const char *id, const char *first,
                        const struct column *columns)
{
    buf_addf(b,
             "<table id=\"%s\" aria-labelledby=\"%s-title\">\n<thead><tr><th scope=\"col\">%s"
             "</th>",
             id, id, first);
    for (const struct column *col = columns; col->title != NULL; col++)
        buf_addf(b, "<th scope=\"col\">%s</th>", col->title);
    buf_adds(b, "</tr></thead>\n<tbody>\n");
}

static void add_what(struct call *c, struct buf *b)
{
    buf_adds(b, "<section>\n<h2 id=\"may-title\">What you may do everywhere</h2>\n"
                "<p class=\"hint\">Asked of the policy with the object */* for what belongs to "
                "a project, and * for the rest. A right on some objects only is a no here.</p>\n");
    begin_table(b, "may", "Resource", what_columns);
    for (const struct row *r = what_rows; r->title != NULL; r++)
        if (r->quirk == ARGOCD_QUIRK_MAX_ || c->setup->argocd.quirks[r->quirk])
            add_row(c, b, r, what_columns);
    buf_adds(b, "</tbody>\n</table>\n</section>\n");
}

/* ---- who ---- */

static void add_list(struct buf *b, const char *title, const char *id, const struct strlist *values)
{
    buf_addf(b, "<dt>%s</dt><dd><ul id=\"%s\">", title, id);
    for (size_t i = 0; i < values->len; i++) {
        buf_adds(b, "<li>");
        page_add(b, values->items[i]);
        buf_adds(b, "</li>");
    }
    buf_addf(b, "</ul>%s</dd>\n", values->len == 0 ? "<span class=\"none\">none</span>" : "");
}

static void add_line(struct buf *b, const char *title, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    buf_addf(b, "<dt>%s</dt><dd>", title);
    page_add(b, value);
    buf_adds(b, "</dd>\n");
}

static void add_who(struct call *c, struct buf *b)
{
    const struct js *claims = c->session.claims;
    AUTO(strlist_deinit) struct strlist groups = {0};
    AUTO(strlist_deinit) struct strlist roles = {0};
    int64_t exp_s = 0;
    char until[CLOCK_TEXT];
    session_groups(c->setup, claims, &groups);
    if (c->setup->argocd.rbac != NULL)
        rbac_roles(c->setup->argocd.rbac, session_user(claims), &groups, &roles);
    buf_adds(b, "<section>\n<h1>Signed in as <span id=\"who\">");
    page_add(b, c->session.anonymous ? "anonymous" : session_username(claims));
    buf_adds(b, "</span></h1>\n<dl>\n");
    add_list(b, "Groups", "groups", &groups);
    add_list(b, "Roles", "roles", &roles);
    add_line(b, "Known to the policy as", session_user(claims));
    add_line(b, "Issuer", js_get_text(claims, "iss"));
    if (js_get_number(claims, "exp", &exp_s) == 0)
        add_line(b, "Session until", clock_rfc3339(exp_s, until));
    buf_adds(b, "</dl>\n");
    if (c->setup->argocd.rbac_error != NULL) {
        buf_adds(b, "<p class=\"error\" role=\"alert\">");
        page_add(b, c->setup->argocd.rbac_error);
        buf_adds(b, "</p>\n");
    }
    buf_adds(b, "</section>\n");
}

/* ---- the page ---- */

/* What the application does when a call answers 401: to the provider by itself after SSO, else to
 * the login page (argocd.md 1.11). Asked anew when the person comes back to the page. */
static const char leave_on_401[] =
    "<script>\n"
    "document.addEventListener('visibilitychange', async () => {\n"
    "  if (document.visibilityState !== 'visible') return;\n"
    "  const ask = (path) => fetch('" ARGOCD_BASEHREF "api/v1/' + path);\n"
    "  const answer = await ask('applications?fields=metadata.resourceVersion');\n"
    "  if (answer.status !== 401) return;\n"
    "  const user = await (await ask('session/userinfo')).json();\n"
    "  const settings = await (await ask('settings')).json();\n"
    "  const sso = ((settings.dexConfig || {}).connectors || []).length > 0 || "
    "settings.oidcConfig;\n"
    "  const way = user.iss && user.iss !== 'argocd' && sso ? 'auth/login' : 'login';\n"
    "  location.href = '" ARGOCD_BASEHREF "' + way + '?return_url=' + "
    "encodeURIComponent(location.href);\n"
    "});\n"
    "</script>\n";

void page_home(struct call *c, struct buf *b)
{
    page_begin(b, "Signed in", NULL);
    buf_addf(b,
             "<header><div><p><b>Argo CD</b> <span>%s</span></p>"
             "<a id=\"logout\" href=\"" ARGOCD_BASEHREF "auth/logout\">Log out</a></div>"
             "</header>\n<main>\n",
             c->setup->argocd.version);
    add_who(c, b);
    add_what(c, b);
    if (!c->session.anonymous)
        buf_adds(b, leave_on_401);
    page_end(b);
}
