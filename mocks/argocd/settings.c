/*
 * SettingsService and VersionService: what the login page and the CLI need before anybody is signed
 * in (argocd.md 4.6, 4.7). Members in the order of the message, zero values left out.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/data/yaml.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/local.h"

static const char *cm(const struct call *c, const char *key)
{
    const char *text = js_get_text(c->setup->argocd.cm, key);
    return text != NULL ? text : "";
}

static void add_text(struct js *obj, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        js_set_text(obj, name, value);
}

static void add_flag(struct js *obj, const char *name, bool value)
{
    if (value)
        js_set(obj, name, js_bool(true));
}

/* Name and type of each connector; never its config. */
static struct js *connector_list(const struct js *connectors)
{
    struct js *list = js_array();
    for (size_t i = 0; i < js_len(connectors); i++) {
        struct js *one = js_object();
        add_text(one, "name", js_get_text(js_at(connectors, i), "name"));
        add_text(one, "type", js_get_text(js_at(connectors, i), "type"));
        js_append(list, one);
    }
    return list;
}

/* From the raw dex.config, so also without a url; bad YAML leaves it out. */
static void add_dex(struct js *obj, const struct call *c)
{
    const char *text = cm(c, "dex.config");
    AUTO(js_free) struct js *doc = NULL;
    struct err ignored = {0};
    if (text[0] == '\0' ||
        yaml_parse(str_of(text), "dex.config", 0, YAML_TYPED, &doc, NULL, &ignored) != 0)
        return;
    const struct js *connectors = js_get(doc, "connectors");
    struct js *dex = js_object();
    if (js_len(connectors) > 0)
        js_set(dex, "connectors", connector_list(connectors));
    js_set(obj, "dexConfig", dex);
}

static void add_oidc(struct js *obj, const struct sso *sso)
{
    static const char *const texts[] = {"name", "issuer", "clientID", "cliClientID", NULL};
    if (sso->oidc == NULL)
        return;
    struct js *oidc = js_object();
    for (const char *const *t = texts; *t != NULL; t++)
        add_text(oidc, *t, js_get_text(sso->oidc, *t));
    if (js_len(js_get(sso->oidc, "requestedScopes")) > 0)
        js_set(oidc, "scopes", js_dup(js_get(sso->oidc, "requestedScopes")));
    if (sso->claims != NULL)
        js_set(oidc, "idTokenClaims", js_dup(sso->claims));
    add_flag(oidc, "enablePKCEAuthentication", sso->pkce || sso->pkce_browser);
    js_set(obj, "oidcConfig", oidc);
}

static void add_analytics(struct js *obj, const struct call *c)
{
    struct js *ga = js_object();
    add_text(ga, "trackingID", cm(c, "ga.trackingid"));
    add_flag(ga, "anonymizeUsers", !cstr_eq(cm(c, "ga.anonymizeusers"), "false"));
    js_set(obj, "googleAnalytics", ga);
}

/* A Go struct whose tags know no omitempty. */
static void add_kustomize(struct js *obj, const struct call *c)
{
    struct js *kustomize = js_object();
    js_set_text(kustomize, "BuildOptions", cm(c, "kustomize.buildOptions"));
    js_set_text(kustomize, "BinaryPath", "");
    js_set(kustomize, "Versions", js_null());
    js_set(obj, "kustomizeOptions", kustomize);
}

static void add_help(struct js *obj, const struct call *c)
{
    struct js *help = js_object();
    const char *url = cm(c, "help.chatUrl");
    const char *text = cm(c, "help.chatText");
    add_text(help, "chatUrl", url);
    add_text(help, "chatText", url[0] != '\0' && text[0] == '\0' ? "Chat now!" : text);
    js_set(obj, "help", help);
}

static void add_banner(struct js *obj, const struct call *c, bool logged_in)
{
    if (!logged_in)
        return;
    const char *pattern = cm(c, "passwordPattern");
    add_text(obj, "uiBannerContent", cm(c, "ui.bannercontent"));
    add_text(obj, "uiBannerURL", cm(c, "ui.bannerurl"));
    js_set_text(obj, "passwordPattern", pattern[0] != '\0' ? pattern : "^.{8,32}$");
}

struct js *settings_json(struct call *c)
{
    AUTO(sso_unref) struct sso *sso = argocd_sso(c->m);
    struct js *s = js_object();
    bool logged_in = session_logged_in(c->setup, &c->session);
    const char *label = cm(c, "application.instanceLabelKey");
    const char *tracking = cm(c, "application.resourceTrackingMethod");
    add_text(s, "url", sso->urls.items[0]);
    add_dex(s, c);
    add_oidc(s, sso);
    js_set_text(s, "appLabelKey", label[0] != '\0' ? label : "app.kubernetes.io/instance");
    add_flag(s, "statusBadgeEnabled", cstr_eq(cm(c, "statusbadge.enabled"), "true"));
    add_analytics(s, c);
    add_kustomize(s, c);
    add_help(s, c);
    add_flag(s, "userLoginsDisabled", !local_logins_enabled(c->setup));
    add_text(s, "uiCssURL", cm(c, "ui.cssurl"));
    add_banner(s, c, logged_in);
    if (tracking[0] == '\0' && c->setup->argocd.quirks[ARGOCD_QUIRK_TRACKING_METHOD])
        tracking = "annotation";
    add_text(s, "trackingMethod", tracking);
    add_flag(s, "uiBannerPermanent", logged_in && cstr_eq(cm(c, "ui.bannerpermanent"), "true"));
    add_text(s, "uiBannerPosition", logged_in ? cm(c, "ui.bannerposition") : "");
    add_text(s, "statusBadgeRootUrl", cm(c, "statusbadge.url"));
    add_flag(s, "execEnabled", cstr_eq(cm(c, "exec.enabled"), "true"));
    add_text(s, "controllerNamespace", logged_in ? ARGOCD_NAMESPACE : "");
    add_text(s, "installationID", cm(c, "installationID"));
    if (sso->urls.len > 1) {
        struct js *more = js_array();
        for (size_t i = 1; i < sso->urls.len; i++)
            js_append_text(more, sso->urls.items[i]);
        js_set(s, "additionalUrls", more);
    }
    return s;
}

void endpoint_settings(struct call *c)
{
    call_answer(c, settings_json(c));
}

void endpoint_version(struct call *c)
{
    struct js *answer = js_object();
    const char *version = c->setup->argocd.version;
    /* 3.5.1 is commit 109ca7ca (argocd.md part 0); of others only the number is known. */
    js_set(answer, "Version",
           cstr_eq(version, "3.5") ? js_string("v3.5.1+109ca7c") : js_stringf("v%s.0", version));
    if (session_logged_in(c->setup, &c->session)) {
        /* What every build of a release has; its dates, commits and tools are not known here. */
        js_set_text(answer, "GitTreeState", "clean");
        js_set_text(answer, "Compiler", "gc");
        js_set_text(answer, "Platform", "linux/amd64");
    }
    call_answer(c, answer);
}
