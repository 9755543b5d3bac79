/*
 * Checks that a version or a configuration cannot pass: what it would take came with a later
 * release, or was decided against. Their failure is a property of these, told once by the row of
 * the version table or by `rolecall check`, and no news in every login.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/run/one.h"
#include "harness/setup/quirks_argocd.h"
#include "mocks/dex/quirks.h"

struct dated {
    const char *check;
    enum system system;
    const struct quirk *row; /* while it holds the check can pass */
};

static const struct dated dated[] = {
    {"dex/request.pkce", SYSTEM_DEX, &quirks_dex[DEX_QUIRK_PKCE]},
    {"argocd/logout.token", SYSTEM_ARGOCD, &quirks_argocd[ARGOCD_QUIRK_REVOKE]},
    {NULL, SYSTEM_MAX_, NULL},
};

struct version_of {
    const char *version;
    const struct js *overrides;
};

static struct version_of version_of(const struct setup *s, enum system system)
{
    const struct js *argocd = js_path(s->doc, "argocd", "quirks", NULL);
    return system == SYSTEM_DEX ? (struct version_of){s->dex_version, s->dex_quirks}
                                : (struct version_of){s->argocd.version, argocd};
}

static bool holds(const struct quirk *q, const struct version_of *v)
{
    const struct js *otherwise = js_get(v->overrides, q->id);
    return otherwise != NULL ? js_is(otherwise, JS_TRUE) : quirk_holds(q, v->version);
}

/* Why the setup's release cannot pass it; NULL: it can. Caller frees. */
static char *why_by_release(const struct setup *s, const char *check)
{
    const struct dated *d = dated;
    while (d->check != NULL && strcmp(d->check, check) != 0)
        d++;
    if (d->check == NULL)
        return NULL;
    const struct version_of of = version_of(s, d->system);
    if (holds(d->row, &of))
        return NULL;
    const char *name = system_name(d->system);
    return xasprintf("%s %s cannot (row %s/%s of the version table)", name, of.version, name,
                     d->row->id);
}

static bool sub_is_email(const struct setup *s)
{
    return cstr_eq(s->authentik.sub_mode, "user_email");
}

static bool claims_are_elsewhere(const struct setup *s)
{
    return !s->authentik.include_claims_in_id_token;
}

static bool consent_is_kept(const struct setup *s)
{
    return cstr_eq(s->authentik.authorization_flow, "explicit");
}

static const struct decided {
    const char *check;
    bool (*is)(const struct setup *s);
    const char *why;
} decided[] = {
    {"authentik/id-token.sub-email", sub_is_email, "the provider's sub_mode is user_email"},
    {"authentik/id-token.email-verified", claims_are_elsewhere,
     "the provider has include_claims_in_id_token false"},
    {"authentik/id-token.groups-type", claims_are_elsewhere,
     "the provider has include_claims_in_id_token false"},
    /* authentik.md 3.2 row 22, 4.4 */
    {"authentik/prompt.consent", consent_is_kept,
     "the explicit flow has a consent stage of its own, which remembers for four weeks"},
    {NULL, NULL, NULL},
};

/* Which setting decides against it; NULL: none. Caller frees. */
static char *why_by_setting(const struct setup *s, const char *check)
{
    const struct decided *d = decided;
    while (d->check != NULL && (strcmp(d->check, check) != 0 || !d->is(s)))
        d++;
    return d->check != NULL ? xstrdup(d->why) : NULL;
}

static void excuse(struct verdict *v, const char *why)
{
    AUTO(xfree) char *seen = xstrdup(v->actual);
    verdict_deinit(v);
    verdict_skip(v, "%s; %s", seen, why);
}

void run_excuse_checks(const struct setup *s, const struct scenario_expect *e,
                       struct check_result *list, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        AUTO(xfree)
        char *name = xasprintf("%s/%s", check_of_name(list[i].of), list[i].check->id);
        if (list[i].verdict.kind != VERDICT_FAIL || run_expects_to_fail(e, name))
            continue;
        AUTO(xfree) char *why = why_by_release(s, name);
        if (why == NULL)
            why = why_by_setting(s, name);
        if (why != NULL)
            excuse(&list[i].verdict, why);
    }
}
