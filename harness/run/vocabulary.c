/*
 * What scenarios may name: the faults of every party, the checks, the versions there are mocks for.
 * The one place that knows all fault tables.
 */
#include "harness/run/vocabulary.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/vec.h"
#include "harness/check/check.h"
#include "harness/login/login.h"
#include "harness/setup/version.h"
#include "mocks/authentik/authentik.h"
#include "mocks/common/goidc.h"
#include "mocks/common/wire.h"
#include "mocks/dex/quirks.h"

static const struct fault *const fault_tables[] = {
    faults_authentik, faults_dex, faults_argocd, faults_agent, faults_wire, faults_goidc, NULL};

const struct run_version run_versions[] = {
    {"authentik", "2026.8", "from release notes: part of it could not be read in code"},
    {"authentik", "2026.5", "with 2026.5.3 and .4"},
    {"authentik", "2026.2", "baseline of the mock (2026.2.2)"},
    {"authentik", "2025.12", "with 2025.12.1 and .2"},
    {"authentik", "2025.10", "with 2025.10.2 and .4"},
    {"authentik", "2025.8", "with 2025.8.1, .2 and .5"},
    {"authentik", "2025.6", "as its first patch"},
    {"authentik", "2025.4", "as its first patch"},
    {"authentik", "2025.2", "as its first patch"},
    {"authentik", "2024.12", "as its first patch"},
    {"authentik", "2024.10", "with 2024.10.3"},
    {"authentik", "2024.8", "with 2024.8.3 and .5"},
    {"authentik", "2024.6", "with 2024.6.5"},
    {"authentik", "2024.4", "as its first patch"},
    {"authentik", "2024.2", "with 2024.2.2"},
    {"authentik", "2023.10", "with 2023.10.4, .6 and .7"},
    {"dex", "2.45", "bundled with Argo CD 3.4, 3.5; baseline of the mock"},
    {"dex", "2.44", "never bundled"},
    {"dex", "2.43", "bundled with Argo CD 3.1 to 3.3"},
    {"dex", "2.42", "never bundled"},
    {"dex", "2.41", "2.41.1: bundled with Argo CD 2.13 to 3.0"},
    {"dex", "2.40", "never bundled"},
    {"dex", "2.39", "never bundled; with 2.39.0"},
    {"dex", "2.38", "bundled with Argo CD 2.11, 2.12"},
    {"dex", "2.37", "bundled with Argo CD 2.8 to 2.10"},
    {"dex", "2.36", "bundled with Argo CD 2.7.0; by its rows, the rest as 2.37"},
    {"dex", "2.35", "bundled with Argo CD 2.5, 2.6; by its rows, the rest as 2.37"},
    {"dex", "2.32", "bundled with Argo CD 2.4.8; by its rows, the rest as 2.37"},
    {"dex", "2.30", "bundled with Argo CD 2.4.0; by its rows, the rest as 2.37"},
    {"argocd", "3.5", "baseline of the mock"},
    {"argocd", "3.4", "with 3.4.4 and .6"},
    {"argocd", "3.3", "with 3.3.12 and .13"},
    {"argocd", "3.2", "as its first patch"},
    {"argocd", "3.1", "with 3.1.2"},
    {"argocd", "3.0", "with 3.0.2 and .6"},
    {"argocd", "2.14", "with 2.14.14"},
    {"argocd", "2.13", "as its first patch"},
    {"argocd", "2.12", "as its first patch"},
    {"argocd", "2.11", "as its first patch"},
    {"argocd", "2.10", "as its first patch"},
    {"argocd", "2.9", "as its first patch"},
    {"argocd", "2.8", "as its first patch"},
    {"argocd", "2.7", "with 2.7.7"},
    {"argocd", "2.6", "with 2.6.8 and .12"},
    {"argocd", "2.5", "with 2.5.8, .17 and .20"},
    {"argocd", "2.4", "with 2.4.1, .8, .13 to .15 and .20"},
    {NULL, NULL, NULL},
};

const struct run_quirks run_quirks[] = {
    {SYSTEM_AUTHENTIK, quirks_authentik},
    {SYSTEM_DEX, quirks_dex},
    {SYSTEM_ARGOCD, quirks_argocd},
    {SYSTEM_MAX_, NULL},
};

const struct fault *run_fault_at(size_t i)
{
    for (size_t t = 0; fault_tables[t] != NULL; t++)
        for (const struct fault *f = fault_tables[t]; f->id != NULL; f++)
            if (i-- == 0)
                return f;
    return NULL;
}

const struct fault *run_fault(const char *id)
{
    for (size_t i = 0; run_fault_at(i) != NULL; i++)
        if (strcmp(run_fault_at(i)->id, id) == 0)
            return run_fault_at(i);
    return NULL;
}

static const char *fault_id_at(size_t i)
{
    const struct fault *f = run_fault_at(i);
    return f != NULL ? f->id : NULL;
}

static const char *fault_with(const char *id)
{
    const struct fault *f = run_fault(id);
    return f != NULL ? f->with : NULL;
}

static bool fault_standing(const char *id)
{
    const struct fault *f = run_fault(id);
    return f != NULL && f->standing;
}

/* Full names of checks are made once: a scenario's expectations point at them. */
static struct strlist check_names;
static pthread_once_t check_names_once = PTHREAD_ONCE_INIT;

static void make_check_names(void)
{
    for (char *name = check_name_at(0); name != NULL; name = check_name_at(check_names.len))
        strlist_take(&check_names, name);
}

static const char *check_at(size_t i)
{
    pthread_once(&check_names_once, make_check_names);
    return i < check_names.len ? check_names.items[i] : NULL;
}

/* A line that has rows for its patches is known with each of them. */
static bool is_of_line(const struct run_version *line, const char *version)
{
    struct setup_version known = {0};
    struct setup_version wanted = {0};
    return version_parse(line->version, &known) == 0 && version_parse(version, &wanted) == 0 &&
           version_same_line(&known, &wanted);
}

static bool version_known(const char *system, const char *version)
{
    for (const struct run_version *v = run_versions; v->system != NULL; v++)
        if (strcmp(v->system, system) == 0 && is_of_line(v, version))
            return true;
    return false;
}

static int check_version(enum system system, const char *version, struct err *err)
{
    const char *name = system_name(system);
    if (version == NULL || version_known(name, version))
        return 0;
    AUTO(strlist_deinit) struct strlist known = {0};
    for (const struct run_version *v = run_versions; v->system != NULL; v++)
        if (strcmp(v->system, name) == 0)
            strlist_add(&known, v->version);
    AUTO(xfree) char *names = strlist_join(&known, ", ");
    return err_set(err, ERR_USAGE, "there is no mock of %s %s yet; mocked versions: %s", name,
                   version, names);
}

static const char *quirk_at(const void *system, size_t i)
{
    for (const struct run_quirks *of = run_quirks; of->rows != NULL; of++) {
        if (strcmp(system_name(of->system), system) != 0)
            continue;
        for (const struct quirk *q = of->rows; q->id != NULL; q++)
            if (i-- == 0)
                return q->id;
    }
    return NULL;
}

/* Only the names: what holds is the mock's to say. Argo CD's are looked at with its ConfigMaps. */
static int check_quirks(enum system system, const char *version, const struct js *quirks,
                        struct err *err)
{
    AUTO(xfree) char *where = xasprintf("%s.quirks", system_name(system));
    const struct quirk *table = system == SYSTEM_DEX ? quirks_dex : quirks_authentik;
    return quirks_resolve(table, version, quirks, where, NULL, err);
}

int run_check_versions(const struct setup *s, struct err *err)
{
    bool argocd_live = s->live[SYSTEM_ARGOCD].is_live;
    const struct setup_authentik *ak = &s->authentik;
    if (!s->live[SYSTEM_AUTHENTIK].is_live &&
        (check_version(SYSTEM_AUTHENTIK, ak->version, err) != 0 ||
         check_quirks(SYSTEM_AUTHENTIK, ak->version, ak->quirks, err) != 0))
        return -1;
    if (!setup_is_live(s, SYSTEM_DEX) &&
        (check_version(SYSTEM_DEX, s->dex_version, err) != 0 ||
         check_quirks(SYSTEM_DEX, s->dex_version, s->dex_quirks, err) != 0))
        return -1;
    return argocd_live ? 0 : check_version(SYSTEM_ARGOCD, s->argocd.version, err);
}

const struct scenario_vocabulary *run_vocabulary(void)
{
    static const struct scenario_vocabulary vocabulary = {
        .fault_at = fault_id_at,
        .fault_with = fault_with,
        .fault_standing = fault_standing,
        .check_at = check_at,
        .version_known = version_known,
        .quirk_at = quirk_at,
    };
    return &vocabulary;
}
