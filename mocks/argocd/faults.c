/*
 * What a wrong Argo CD does: one row and one hook a fault. The handlers call the hooks at the point
 * where the fault bites and know no fault by name.
 */
#include "mocks/argocd/faults.h"

#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/csv.h"
#include "harness/rbac/rbac.h"

const struct fault faults_argocd[] = {
    {"argocd/state.missing", "the authorization request carries no state", "RFC 6749 10.12", NULL},
    {"argocd/state.constant", "every login has the same state", "RFC 6749 10.10", NULL},
    {"argocd/state.not-checked", "the callback takes any state, with or without its cookie",
     "RFC 6749 10.12", NULL},
    {"argocd/skip-signature", "the ID token's signature is not verified",
     "OIDC Core 3.1.3.7 step 6", NULL, "ID token", true},
    {"argocd/skip-audience", "the ID token's audience is not checked", "OIDC Core 3.1.3.7 step 3",
     NULL, "ID token", true},
    {"argocd/skip-issuer", "the ID token's issuer is not checked", "OIDC Core 3.1.3.7 step 2", NULL,
     "ID token", true},
    {"argocd/skip-expiry", "an expired ID token is taken", "OIDC Core 3.1.3.7 step 9", NULL,
     "ID token", true},
    {"argocd/cookie.no-httponly", "cookies can be read by scripts", "RFC 6265 4.1.2.6", NULL, NULL,
     true},
    {"argocd/cookie.no-secure", "cookies go over plain HTTP too", "RFC 6265 4.1.2.5", NULL, NULL,
     true},
    {"argocd/cookie.no-samesite", "cookies have no SameSite", "RFC 6265bis 4.1.2.7", NULL, NULL,
     true},
    {"argocd/cookie.too-large", "the session is one cookie, however large", "RFC 6265 6.1", NULL},
    {"argocd/redirect-uri.other", "the redirect URI is not the registered one", "OIDC Core 3.1.2.1",
     "url"},
    {"argocd/response-type.wrong", "a token is asked for, not a code", "OIDC Core 3.1.2.1", NULL},
    {"argocd/scope.no-openid", "scope openid is not asked for", "OIDC Core 3.1.2.1", NULL},
    {"argocd/scope.no-groups", "scope groups is not asked for", "argocd.md 1.3", NULL},
    {"argocd/return-url.open", "a login may end at any URL", "RFC 9700 4.11", NULL, NULL, true},
    {"argocd/rbac.everyone-admin", "everybody is decided upon as role:admin", "argocd.md 5.6", NULL,
     NULL, true},
    {"argocd/rbac.case-insensitive", "group names are compared without regard to case",
     "argocd.md 5.3", NULL, NULL, true},
    {"argocd/rbac.ignores-deny", "deny rows have no effect", "argocd.md 5.1", NULL, NULL, true},
    {"argocd/userinfo.groups-dropped", "userinfo leaves the groups out", "argocd.md 4.4", NULL},
    {"argocd/proxy.500-passes", "the proxy hands Dex's 500 pages on", "argocd.md 2", NULL},
    {"argocd/can-i.always-yes", "can-i says yes whatever the policy says", "argocd.md 4.5", NULL},
    {"argocd/logout.keeps-cookie", "logging out leaves the session cookie in the browser",
     "argocd.md 1.10", NULL},
    {"argocd/logout.keeps-token", "logging out leaves the token good", "argocd.md 1.10", NULL},
    {"argocd/cookie.other-path", "the session cookie is for one path only", "RFC 6265 4.1.2.4",
     NULL, NULL, true},
    {"argocd/cookie.domain", "the session cookie goes to subdomains too", "RFC 6265 4.1.2.3", NULL,
     NULL, true},
    {"argocd/state-cookie.open", "the state cookie has no attributes at all", "RFC 9700 4.7.1",
     NULL, NULL, true},
    {"argocd/state-cookie.long-lived", "the state cookie lives for a day", "argocd.md 1.5", NULL},
    {"argocd/state-cookie.kept", "the state cookie is not taken back", "RFC 9700 2.1", NULL},
    {"argocd/state-cookie.plain", "the state cookie shows the state", "argocd.md 1.5", NULL},
    {"argocd/groups.first-only", "only the first group counts", "argocd.md 4.3", NULL, NULL, true},
    {"argocd/rbac.default-admin", "who has no role is role:admin", "argocd.md 5.5", NULL, NULL,
     true},
    {"argocd/session.other-user", "the session is shown as somebody else's", "argocd.md 4.4", NULL},
    {"argocd/return-url.with-code", "after the login the code stays in the address",
     "RFC 9700 4.3.1", NULL},
    {"argocd/return-url.with-token", "after the login the token is in the address", "RFC 6750 5.3",
     NULL},
    {"argocd/client-secret.in-url", "Argo CD puts its secret into Dex's token URL",
     "RFC 6749 2.3.1", NULL},
    {"argocd/token-redirect-uri.changed", "Argo CD's token request names another redirect URI",
     "OIDC Core 3.1.3.1", NULL},
    {"argocd/response-type.missing", "Argo CD does not say what it asks for", "RFC 6749 3.1.1",
     NULL},
    {"argocd/log.token", "the log has the session token", "CWE-532", NULL},
    {NULL, NULL, NULL, NULL},
};

/* Defects of what is asked often: they count as played, but leave no note for each time. */
static bool is_on(struct mock *m, const char *id)
{
    return fault_is_on(m->env.faults, id);
}

static bool fires(struct mock *m, const char *id, const struct js **ret_with)
{
    return fault_fires(m->env.faults, id, ret_with);
}

/* ---- the authorization request ---- */

void fault_state_constant(struct mock *m, char **state)
{
    if (!fires(m, "argocd/state.constant", NULL))
        return;
    xfree(*state);
    *state = xstrdup("AlwaysTheSameTwentyFourL");
}

void fault_state_missing(struct mock *m, struct params *query)
{
    if (fires(m, "argocd/state.missing", NULL))
        params_remove(query, "state");
}

void fault_redirect_uri_other(struct mock *m, char **redirect_uri)
{
    const struct js *with = NULL;
    if (!fires(m, "argocd/redirect-uri.other", &with))
        return;
    const char *url = js_get_text(with, "url");
    char *other = url != NULL ? xstrdup(url) : xasprintf("%s/other", *redirect_uri);
    xfree(*redirect_uri);
    *redirect_uri = other;
}

void fault_response_type(struct mock *m, struct params *query)
{
    if (fires(m, "argocd/response-type.wrong", NULL))
        params_set(query, "response_type", "token");
    if (fires(m, "argocd/response-type.missing", NULL))
        params_remove(query, "response_type");
}

static void drop_word(struct strlist *words, const char *word)
{
    size_t kept = 0;
    for (size_t i = 0; i < words->len; i++) {
        if (strcmp(words->items[i], word) == 0)
            xfree(words->items[i]);
        else
            words->items[kept++] = words->items[i];
    }
    words->len = kept;
}

void fault_scope(struct mock *m, struct strlist *scopes)
{
    if (fires(m, "argocd/scope.no-openid", NULL))
        drop_word(scopes, "openid");
    if (fires(m, "argocd/scope.no-groups", NULL))
        drop_word(scopes, "groups");
}

bool fault_return_url_open(struct mock *m)
{
    return is_on(m, "argocd/return-url.open");
}

/* ---- the callback ---- */

bool fault_state_not_checked(struct mock *m)
{
    return fires(m, "argocd/state.not-checked", NULL);
}

struct goidc_skip fault_skip(struct mock *m)
{
    struct goidc_skip skip = {
        .signature = is_on(m, "argocd/skip-signature"),
        .audience = is_on(m, "argocd/skip-audience"),
        .issuer = is_on(m, "argocd/skip-issuer"),
        .expiry = is_on(m, "argocd/skip-expiry"),
    };
    goidc_defects(m->env.faults, "argocd", &skip);
    return skip;
}

/* ---- cookies ---- */

struct cookie_fault {
    const char *id;
    const char *attribute; /* its beginning, in any case */
};

static const struct cookie_fault cookie_faults[] = {
    {"argocd/cookie.no-httponly", "HttpOnly"},
    {"argocd/cookie.no-secure", "Secure"},
    {"argocd/cookie.no-samesite", "SameSite"},
    {NULL, NULL},
};

/* Another value in the place of a path: where the cookie goes, and to whom. */
static char *changed_path(struct mock *m, const char *host)
{
    if (is_on(m, "argocd/cookie.other-path"))
        return xstrdup("path=/auth/");
    if (is_on(m, "argocd/cookie.domain"))
        return xasprintf("path=/; domain=%s", host);
    return NULL;
}

static bool is_dropped(struct mock *m, struct str attribute)
{
    for (const struct cookie_fault *f = cookie_faults; f->id != NULL; f++) {
        size_t n = strlen(f->attribute);
        if (attribute.len >= n && strncasecmp(attribute.ptr, f->attribute, n) == 0)
            return is_on(m, f->id);
    }
    return false;
}

char *fault_cookie(struct mock *m, const char *attributes, const char *host)
{
    AUTO(strlist_deinit) struct strlist kept = {0};
    AUTO(xfree) char *path = changed_path(m, host);
    struct str rest = str_of(attributes);
    struct str part;
    while (str_next(&rest, ';', &part)) {
        part = str_trim(part);
        if (path != NULL && str_starts(part, "path="))
            strlist_add(&kept, path);
        else if (!is_dropped(m, part))
            strlist_take(&kept, xstrndup(part.ptr, part.len));
    }
    return strlist_join(&kept, "; ");
}

bool fault_state_cookie_open(struct mock *m)
{
    return is_on(m, "argocd/state-cookie.open");
}

bool fault_state_cookie_long_lived(struct mock *m)
{
    return fires(m, "argocd/state-cookie.long-lived", NULL);
}

bool fault_state_cookie_kept(struct mock *m)
{
    return fires(m, "argocd/state-cookie.kept", NULL);
}

bool fault_state_cookie_plain(struct mock *m)
{
    return fires(m, "argocd/state-cookie.plain", NULL);
}

bool fault_cookie_too_large(struct mock *m)
{
    return fires(m, "argocd/cookie.too-large", NULL);
}

/* ---- RBAC ---- */

static const char *rbac_cm(const struct rbac_question *q, const char *key)
{
    const char *text = js_get_text(q->setup->argocd.rbac_cm, key);
    return text != NULL ? text : "";
}

/* Each line of policy.csv as a record, with the line itself. */
static bool next_record(struct str *rest, struct str *ret_line, struct strlist *ret)
{
    struct err ignored = {0};
    while (str_next(rest, '\n', ret_line)) {
        strlist_deinit(ret);
        *ret = (struct strlist){0};
        *ret_line = str_trim(*ret_line);
        if (ret_line->len > 0 && ret_line->ptr[0] != '#' &&
            csv_parse_record(*ret_line, ret, &ignored) == 0)
            return true;
    }
    return false;
}

static void everyone_admin(struct rbac_question *q)
{
    static const struct strlist none = {0};
    q->user_id = "role:admin";
    q->groups = &none;
}

/* Every spelling the policy knows of a person's group. */
static void case_insensitive(struct rbac_question *q)
{
    AUTO(strlist_deinit) struct strlist record = {0};
    struct str rest = str_of(rbac_cm(q, "policy.csv"));
    struct str line;
    for (size_t i = 0; i < q->groups->len; i++)
        strlist_add(&q->own_groups, q->groups->items[i]);
    while (next_record(&rest, &line, &record))
        for (size_t i = 0; record.len == 3 && i < q->groups->len; i++)
            if (strcasecmp(record.items[1], q->groups->items[i]) == 0)
                strlist_add(&q->own_groups, record.items[1]);
    q->groups = &q->own_groups;
}

static void ignores_deny(struct rbac_question *q)
{
    AUTO(strlist_deinit) struct strlist record = {0};
    AUTO(buf_deinit) struct buf policy = {0};
    buf_init(&policy, BUF_MAX_TEXT);
    struct str rest = str_of(rbac_cm(q, "policy.csv"));
    struct str line;
    struct err ignored = {0};
    while (next_record(&rest, &line, &record))
        if (record.len != 6 || strcmp(record.items[5], "deny") != 0)
            buf_addf(&policy, "%.*s\n", STR_ARG(line));
    struct rbac_conf conf = q->setup->argocd.rbac_conf;
    conf.policy = policy.ptr;
    if (rbac_new(&conf, &q->own_rbac, &ignored) == 0)
        q->rbac = q->own_rbac;
}

/* policy.default is role:admin whatever the ConfigMap says. */
static void default_admin(struct rbac_question *q)
{
    struct err ignored = {0};
    struct rbac_conf conf = q->setup->argocd.rbac_conf;
    conf.default_role = "role:admin";
    if (rbac_new(&conf, &q->own_rbac, &ignored) == 0)
        q->rbac = q->own_rbac;
}

static void first_group_only(struct rbac_question *q)
{
    if (q->groups->len > 0)
        strlist_add(&q->own_groups, q->groups->items[0]);
    q->groups = &q->own_groups;
}

void fault_rbac(struct mock *m, struct rbac_question *q)
{
    if (is_on(m, "argocd/rbac.default-admin"))
        default_admin(q);
    if (is_on(m, "argocd/groups.first-only"))
        first_group_only(q);
    if (is_on(m, "argocd/rbac.ignores-deny"))
        ignores_deny(q);
    if (is_on(m, "argocd/rbac.case-insensitive"))
        case_insensitive(q);
    if (is_on(m, "argocd/rbac.everyone-admin"))
        everyone_admin(q);
}

/* ---- answers ---- */

bool fault_groups_dropped(struct mock *m)
{
    return fires(m, "argocd/userinfo.groups-dropped", NULL);
}

bool fault_proxy_500_passes(struct mock *m)
{
    return fires(m, "argocd/proxy.500-passes", NULL);
}

bool fault_can_i_always_yes(struct mock *m)
{
    return is_on(m, "argocd/can-i.always-yes");
}

bool fault_logout_keeps_cookie(struct mock *m)
{
    return fires(m, "argocd/logout.keeps-cookie", NULL);
}

bool fault_logout_keeps_token(struct mock *m)
{
    return fires(m, "argocd/logout.keeps-token", NULL);
}

bool fault_other_user(struct mock *m)
{
    return fires(m, "argocd/session.other-user", NULL);
}

/* ---- the callback's way out ---- */

char *fault_return_url(struct mock *m, const char *url, const char *code, const char *token)
{
    const char *join = strchr(url, '?') != NULL ? "&" : "?";
    if (fires(m, "argocd/return-url.with-code", NULL))
        return xasprintf("%s%scode=%s", url, join, code);
    if (fires(m, "argocd/return-url.with-token", NULL))
        return xasprintf("%s%stoken=%s", url, join, token);
    return xstrdup(url);
}

char *fault_token_url(struct mock *m, char *take, const char *secret)
{
    AUTO(xfree) char *url = take;
    if (fires(m, "argocd/client-secret.in-url", NULL))
        return xasprintf("%s?client_secret=%s", url, secret);
    return xstrdup(url);
}

void fault_token_request(struct mock *m, struct params *form)
{
    if (fires(m, "argocd/token-redirect-uri.changed", NULL))
        params_set(form, "redirect_uri", "https://other.example/auth/callback");
}

bool fault_log_token(struct mock *m)
{
    return fires(m, "argocd/log.token", NULL);
}
