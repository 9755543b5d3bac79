/*
 * What cannot be done to, or seen of, live systems or somebody's own setup: the reason a scenario
 * is skipped then.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/login/agents.h"
#include "harness/run/one.h"

/* Which part of the setup document a system's configuration is in. */
static const struct {
    enum system system;
    const char *key;
} parts[] = {
    {SYSTEM_AUTHENTIK, "authentik"}, {SYSTEM_AUTHENTIK, "people"}, {SYSTEM_DEX, "dex"},
    {SYSTEM_ARGOCD, "argocd"},       {SYSTEM_MAX_, NULL},
};

/* Which rows of the version table hold is said to a mock: a live system has a version of its own.
 */
static bool only_quirks(const struct js *part)
{
    return js_len(part) == 1 && js_get(part, "quirks") != NULL;
}

static char *about_patch(const struct js *patch, const struct setup *setup)
{
    for (size_t i = 0; parts[i].key != NULL; i++)
        if (setup_is_live(setup, parts[i].system) && js_get(patch, parts[i].key) != NULL &&
            !only_quirks(js_get(patch, parts[i].key)))
            return xasprintf("it changes the configuration (%s) of %s, which is live here",
                             parts[i].key, system_name(parts[i].system));
    return NULL;
}

static char *about_faults(const struct scenario_fault *faults, size_t len,
                          const struct setup *setup)
{
    for (size_t i = 0; i < len; i++)
        for (size_t s = 0; s < SYSTEM_MAX_; s++) {
            AUTO(xfree) char *prefix = xasprintf("%s/", system_name((enum system)s));
            if (cstr_starts(faults[i].id, prefix) && setup_is_live(setup, (enum system)s))
                return xasprintf("the fault %s needs a mocked %s", faults[i].id,
                                 system_name((enum system)s));
        }
    return NULL;
}

/* Dex reads authentik's discovery when it starts, and a live one has started; whoever signs in
 * directly alone reads it anew. */
static char *about_discovery(const struct scenario *s, const struct setup *setup)
{
    bool direct = true;
    if (!setup_is_live(setup, SYSTEM_DEX) || setup_is_live(setup, SYSTEM_AUTHENTIK))
        return NULL;
    for (size_t i = 0; i < s->steps_len; i++)
        direct = direct && (s->steps[i].via == NULL || cstr_eq(s->steps[i].via, "direct"));
    if (js_get(s->patch, "authentik") != NULL && !direct)
        return xstrdup("it changes authentik, whose metadata dex, live here, read when it started");
    for (size_t i = 0; i < s->faults_len && !direct; i++)
        if (cstr_starts(s->faults[i].id, "authentik/discovery.") ||
            cstr_starts(s->faults[i].id, "authentik/jwks."))
            return xasprintf("the fault %s is in what dex, live here, read before",
                             s->faults[i].id);
    return NULL;
}

/* A live system may know a mock by a plain URL: there is no certificate to be wrong then. */
static char *about_tls(const struct scenario_fault *faults, size_t len, const struct setup *setup)
{
    const char *const urls[SYSTEM_MAX_] = {
        [SYSTEM_AUTHENTIK] = setup->authentik.url, [SYSTEM_ARGOCD] = setup->argocd.url};
    for (size_t i = 0; i < len; i++)
        for (size_t s = 0; s < SYSTEM_MAX_; s++) {
            AUTO(xfree) char *prefix = xasprintf("%s/tls.", system_name((enum system)s));
            if (cstr_starts(faults[i].id, prefix) && cstr_starts(urls[s], "http://"))
                return xasprintf("the fault %s needs TLS, and %s is %s here", faults[i].id,
                                 system_name((enum system)s), urls[s]);
        }
    return NULL;
}

/* A held callback needs time to pass at whoever judges it, and a late answer a clock that moves:
 * otherwise it would be waited for. */
static bool needs_time(const struct scenario_fault *faults, size_t len)
{
    static const char *const late[] = {"/callback.held", "/callback.never", "/http.delay", NULL};
    for (size_t i = 0; i < len; i++)
        for (size_t l = 0; late[l] != NULL; l++)
            if (str_ends(str_of(faults[i].id), late[l]))
                return true;
    return false;
}

static char *about_time(const struct scenario *s)
{
    bool needed = needs_time(s->faults, s->faults_len);
    for (size_t i = 0; i < s->steps_len; i++)
        needed = needed || needs_time(s->steps[i].faults, s->steps[i].faults_len);
    return needed ? xstrdup("the clock of a live system cannot be moved") : NULL;
}

/* Faults of the person's own end that could lock a real account or look like an attack. */
static char *about_intrusion(const struct run_conf *conf, const struct scenario *s)
{
    if (conf->live_intrusive)
        return NULL;
    for (size_t i = 0; i < s->steps_len; i++) {
        if (s->steps[i].password != NULL)
            return xstrdup(
                "a wrong password could lock a real account (--live-intrusive allows it)");
        if (s->steps[i].second_factor != NULL)
            return xstrdup("a second factor given on purpose could lock a real account, or use up "
                           "a code (--live-intrusive allows it)");
        if (s->steps[i].faults_len > 0)
            return xasprintf("the fault %s could look like an attack to a live system "
                             "(--live-intrusive allows it)",
                             s->steps[i].faults[0].id);
    }
    if (s->faults_len > 0)
        return xasprintf(
            "the fault %s could look like an attack to a live system (--live-intrusive allows it)",
            s->faults[0].id);
    return NULL;
}

static char *about_step(const struct scenario_step *step, const struct setup *setup)
{
    switch (step->kind) {
    case SCENARIO_ADVANCE:
        return xstrdup("the clock of a live system cannot be moved");
    case SCENARIO_ROTATE_KEYS:
    case SCENARIO_RESTART:
        for (size_t s = 0; s < SYSTEM_MAX_; s++)
            if (cstr_eq(step->system, system_name((enum system)s)) &&
                setup_is_live(setup, (enum system)s))
                return xasprintf("%s is live here and only a mock can be told to %s", step->system,
                                 scenario_kind_name(step->kind));
        return NULL;
    case SCENARIO_CHANGE:
        return about_patch(step->patch, setup);
    case SCENARIO_LOGIN:
    case SCENARIO_REFRESH:
    case SCENARIO_LOGOUT:
    case SCENARIO_CALL:
    case SCENARIO_KIND_MAX_:
        return NULL;
    }
    return NULL;
}

static bool is_registered(const struct setup_authentik *a, const char *url)
{
    for (size_t i = 0; i < a->redirects_len; i++) {
        if (!a->redirects[i].logout && setup_redirect_matches(&a->redirects[i], url))
            return true;
    }
    return a->redirects_len == 0; /* then the first one that asks is registered, or nothing works */
}

static bool has_direct_login(const struct scenario *s)
{
    for (size_t i = 0; i < s->steps_len; i++) {
        if (s->steps[i].kind == SCENARIO_LOGIN && cstr_eq(s->steps[i].via, "direct"))
            return true;
    }
    return false;
}

const char *run_redirect_uri(const struct scenario *s, const struct setup *base)
{
    const struct setup_authentik *a = &base->authentik;
    if (is_registered(a, CALLBACK_URL) ||
        js_path(s->patch, "authentik", "provider", "redirect_uris", NULL) != NULL)
        return CALLBACK_URL;
    for (size_t i = 0; i < a->redirects_len; i++)
        if (!a->redirects[i].logout && !a->redirects[i].regex)
            return a->redirects[i].url;
    return NULL;
}

static char *about_direct(const struct scenario *s, const struct setup *setup)
{
    if (!has_direct_login(s))
        return NULL;
    const char *uri = run_redirect_uri(s, setup);
    if (uri == NULL)
        return xstrdup("a relying party of its own has nowhere to get its code: the provider "
                       "registers patterns only, and none for " CALLBACK_URL);
    if (strcmp(uri, CALLBACK_URL) != 0 && scenario_has_tag(s, "second-redirect-uri"))
        return xstrdup("it is about a second redirect URI, and the provider has one for Dex alone");
    return NULL;
}

static bool names_dex(const struct scenario_fault *faults, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (cstr_starts(faults[i].id, "dex/"))
            return true;
    return false;
}

/* A patch that sets Dex's part, or an address of Dex anywhere. */
static bool touches_dex(const struct js *patch)
{
    AUTO(xfree) char *text = patch != NULL ? js_compact(patch) : NULL;
    return cstr_contains(text, "dex");
}

static bool is_about_dex(const struct scenario *s)
{
    bool ret = names_dex(s->faults, s->faults_len) || touches_dex(s->patch);
    for (size_t i = 0; i < s->steps_len; i++) {
        const struct scenario_step *step = &s->steps[i];
        ret = ret || names_dex(step->faults, step->faults_len) || cstr_eq(step->system, "dex") ||
              cstr_eq(step->expect.by, "dex") || touches_dex(step->patch) ||
              cstr_contains(step->expect.shown, "api/dex");
        for (size_t c = 0; c < step->expect.checks_fail.len; c++)
            ret = ret || cstr_starts(step->expect.checks_fail.items[c], "dex/");
    }
    return ret;
}

/* What the scenario brings about itself is what it is about, and no reason to leave it out. */
static bool brings(const struct scenario *s, const char *key)
{
    AUTO(xfree) char *text = s->patch != NULL ? js_compact(s->patch) : NULL;
    AUTO(xfree) char *member = xasprintf("\"%s\":", key);
    return cstr_contains(text, member);
}

/* Argo CD asks authentik itself then (argocd.md 1.12): nothing of Dex can be seen. */
static char *about_dex(const struct scenario *s, const struct setup *setup)
{
    if (brings(s, "oidc.config") || js_get(setup->argocd.cm, "oidc.config") == NULL ||
        (!is_about_dex(s) && !scenario_has_tag(s, "through-dex")))
        return NULL;
    return xstrdup("it is about Dex, and Argo CD asks authentik itself here (oidc.config)");
}

/* The connectors besides authentik's. */
static bool has_other_connectors(const struct setup *setup)
{
    const struct js *all = js_get(setup->argocd.dex_generated, "connectors");
    return js_len(all) > 1 && setup_authentik_connector(setup) != NULL;
}

/* Dex ends when none of its connectors can be opened; beside another it goes on (dex.md 4.2). */
static char *about_start(const struct scenario *s, const struct setup *setup)
{
    bool goes_on = has_other_connectors(setup);
    for (size_t i = 0; goes_on && i < s->steps_len; i++)
        if (cstr_eq(s->steps[i].expect.at, "start"))
            return xstrdup("Dex starts without authentik's connector here: it has another");
    return NULL;
}

static bool is_among(const struct js *list, const char *const *groups)
{
    for (size_t i = 0; i < js_len(list); i++)
        for (const char *const *g = groups; *g != NULL; g++)
            if (cstr_eq(js_text(js_at(list, i)), *g))
                return true;
    return false;
}

/* Signed in without a role, as whoever has lost the groups on the way. */
static bool loses_groups(const struct scenario_expect *e)
{
    return cstr_eq(e->outcome, "signed-in") &&
           ((e->groups.present && e->groups.len == 0) || (e->roles.present && e->roles.len == 0));
}

/* What the connector's allowedGroups keep out on purpose. */
static char *about_allowed(const struct scenario *s, const struct setup *setup)
{
    const struct js *allowed =
        js_path(setup_authentik_connector(setup), "config", "allowedGroups", NULL);
    for (size_t i = 0; js_len(allowed) > 0 && !brings(s, "allowedGroups") && i < s->steps_len;
         i++) {
        const struct setup_person *p = NULL;
        if (loses_groups(&s->steps[i].expect))
            return xstrdup("Dex lets nobody without a group in here (allowedGroups)");
        if (s->steps[i].as != NULL && setup_resolve_person(setup, s->steps[i].as, &p, NULL) == 0 &&
            !is_among(allowed, p->groups))
            return xasprintf("%s is in none of the groups that Dex's allowedGroups let in",
                             p->username);
    }
    return NULL;
}

/* Of a second mapping that gives groups the scenarios with the tag know nothing: what the one loses
 * the other brings. */
static char *about_mappings(const struct scenario *s, const struct setup *setup)
{
    for (struct js_iter it = js_iter(setup->authentik.mappings); js_next(&it);)
        if (strcmp(it.key, "profile") != 0 && js_get(it.value, "groups") != NULL &&
            scenario_has_tag(s, "one-groups-mapping"))
            return xasprintf("the mapping of scope '%s' gives the groups too", it.key);
    return NULL;
}

static bool is_set(const struct js *option)
{
    const char *text = js_text(option);
    return js_is(option, JS_TRUE) || (text != NULL && text[0] != '\0');
}

/* The tag without-OPTION: it takes a connector for granted that does not have it. */
static char *about_options(const struct scenario *s, const struct setup *setup)
{
    static const char before[] = "without-";
    const struct js *config = js_get(setup_authentik_connector(setup), "config");
    for (size_t i = 0; i < s->tags.len; i++) {
        const char *option = s->tags.items[i] + strlen(before);
        if (cstr_starts(s->tags.items[i], before) && is_set(js_get(config, option)))
            return xasprintf("it takes a connector without %s for granted", option);
    }
    return NULL;
}

/* Why a scenario of the library says nothing about somebody's own setup. */
static char *about_own(const struct scenario *s, const struct setup *setup)
{
    static char *(*const reasons[])(const struct scenario *s, const struct setup *setup) = {
        about_direct, about_dex, about_start, about_allowed, about_mappings, about_options};
    char *ret = NULL;
    for (size_t i = 0; ret == NULL && i < sizeof(reasons) / sizeof(reasons[0]); i++)
        ret = reasons[i](s, setup);
    return ret;
}

char *run_skip_reason(const struct run_conf *conf, const struct scenario *s,
                      const struct setup *setup)
{
    if (conf->own_setup && scenario_has_tag(s, "guide"))
        return xstrdup(
            "it is about the guide's people, groups or redirect URIs, and the setup is another");
    char *own = conf->own_setup ? about_own(s, setup) : NULL;
    if (own != NULL || !setup_any_live(setup))
        return own;
    char *reason = s->patch != NULL ? about_patch(s->patch, setup) : NULL;
    if (reason == NULL)
        reason = about_faults(s->faults, s->faults_len, setup);
    for (size_t i = 0; reason == NULL && i < s->steps_len; i++) {
        reason = about_faults(s->steps[i].faults, s->steps[i].faults_len, setup);
        if (reason == NULL)
            reason = about_step(&s->steps[i], setup);
    }
    if (reason == NULL)
        reason = about_discovery(s, setup);
    if (reason == NULL)
        reason = about_tls(s->faults, s->faults_len, setup);
    if (reason == NULL)
        reason = about_time(s);
    return reason != NULL ? reason : about_intrusion(conf, s);
}
