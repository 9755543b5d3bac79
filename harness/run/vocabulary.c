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
    {"dex", "2.45.0", "bundled with Argo CD 3.4 and 3.5"},
    {"dex", "2.45.1", "the same for this chain: only other connectors changed"},
    {"argocd", "3.5", "baseline of the mock"},
    {NULL, NULL, NULL},
};

const struct run_quirks run_quirks[] = {
    {SYSTEM_AUTHENTIK, quirks_authentik},
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
    if (strcmp(line->version, version) == 0)
        return true;
    return strcmp(line->system, "authentik") == 0 && version_parse(line->version, &known) == 0 &&
           version_parse(version, &wanted) == 0 && version_same_line(&known, &wanted);
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

static const char *quirk_at(size_t i)
{
    for (const struct quirk *q = quirks_authentik; q->id != NULL; q++)
        if (i-- == 0)
            return q->id;
    return NULL;
}

/* Only the names: what holds is the mock's to say. */
static int check_quirks(const struct setup *s, struct err *err)
{
    return quirks_resolve(quirks_authentik, s->authentik.version, s->authentik.quirks,
                          "authentik.quirks", NULL, err);
}

int run_check_versions(const struct setup *s, struct err *err)
{
    bool argocd_live = s->live[SYSTEM_ARGOCD].is_live;
    if (!s->live[SYSTEM_AUTHENTIK].is_live &&
        (check_version(SYSTEM_AUTHENTIK, s->authentik.version, err) != 0 ||
         check_quirks(s, err) != 0))
        return -1;
    if (!argocd_live && !s->live[SYSTEM_DEX].is_live &&
        check_version(SYSTEM_DEX, s->dex_version, err) != 0)
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
