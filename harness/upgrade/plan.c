/*
 * Versions, the rows between them, and the setup as it is before and after. What a real upgrade
 * keeps or migrates is a table here, each line with its source.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/setup/version.h"
#include "harness/upgrade/internal.h"

static const char *system_at(const void *ctx, size_t i)
{
    (void)ctx;
    return i < SYSTEM_MAX_ ? system_name((enum system)i) : NULL;
}

int upgrade_system(const char *name, enum system *ret, struct err *err)
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (strcmp(system_name((enum system)s), name) == 0) {
            *ret = (enum system)s;
            return 0;
        }
    const char *near = str_nearest_of(name, system_at, NULL);
    return err_set(err, ERR_USAGE, "--system: '%s' is none of authentik, dex, argocd%s%s%s", name,
                   near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                   near != NULL ? "'?" : "");
}

struct known_versions {
    const char *system;
};

static const char *version_at(const void *ctx, size_t i)
{
    const struct known_versions *k = ctx;
    for (const struct run_version *v = run_versions; v->system != NULL; v++)
        if (strcmp(v->system, k->system) == 0 && i-- == 0)
            return v->version;
    return NULL;
}

static int check_version(const struct upgrade *u, const char *option, const char *version,
                         struct err *err)
{
    const struct known_versions known = {system_name(u->conf->system)};
    if (run_vocabulary()->version_known(known.system, version))
        return 0;
    const char *near = str_nearest_of(version, version_at, &known);
    if (near != NULL)
        return err_set(err, ERR_USAGE, "--%s: there is no mock of %s %s; did you mean '%s'?",
                       option, known.system, version, near);
    AUTO(strlist_deinit) struct strlist names = {0};
    for (size_t i = 0; version_at(&known, i) != NULL; i++)
        strlist_add(&names, version_at(&known, i));
    AUTO(xfree) char *all = strlist_join(&names, ", ");
    return err_set(err, ERR_USAGE, "--%s: there is no mock of %s %s; there are %s", option,
                   known.system, version, all);
}

/* Argo CD brings its Dex along, unless the setup says which one it is. */
static bool comes_along(const struct upgrade *u, enum system system)
{
    const struct js *own = js_path(u->conf->setup_doc, "dex", "version", NULL);
    return system == u->conf->system || (system == SYSTEM_DEX && u->conf->system == SYSTEM_ARGOCD &&
                                         (own == NULL || js_is(own, JS_NULL)));
}

static void add_rows(struct upgrade *u, const struct run_quirks *of)
{
    size_t n = 0;
    while (of->rows[n].id != NULL)
        n++;
    u->rows = xrealloc(u->rows, (u->rows_len + n + 1) * sizeof(*u->rows));
    for (size_t i = 0; i < n; i++)
        u->rows[u->rows_len++] = (struct upgrade_row){
            .system = of->system,
            .quirk = &of->rows[i],
            .name = xasprintf("%s/%s", system_name(of->system), of->rows[i].id),
        };
}

static void find_rows(struct upgrade *u)
{
    for (const struct run_quirks *q = run_quirks; q->rows != NULL; q++)
        if (comes_along(u, q->system))
            add_rows(u, q);
}

static int refuse_live(const struct upgrade *u, struct err *err)
{
    const struct js *live = js_get(u->conf->setup_doc, "live");
    struct js_iter it = js_iter(live);
    if (!js_next(&it))
        return 0;
    return err_set(err, ERR_USAGE,
                   "upgrade runs both versions as mocks, and this setup has a live %s: nobody can "
                   "run two versions of that one. Leave it out (--patch '{\"live\": null}'), or "
                   "record `rolecall run --report json=FILE` before and after the real upgrade and "
                   "give both files to `rolecall compare`",
                   it.key);
}

/* Rows that a real upgrade does not turn over for what exists already. */
static const struct {
    enum system system;
    const char *row;
    const char *why;
} kept[] = {
    /* authentik.md 6.1: keys that existed at the upgrade keep their kid (c:c557b55e0) */
    {SYSTEM_AUTHENTIK, "long-kid",
     "a signing key that exists keeps its kid; a renewed one gets the longer"},
    {SYSTEM_MAX_, NULL, NULL},
};

static const char *why_kept(const struct upgrade *u, const struct upgrade_row *row)
{
    for (size_t i = 0; kept[i].row != NULL && !u->conf->new_provider; i++)
        if (kept[i].system == row->system && strcmp(kept[i].row, row->quirk->id) == 0)
            return kept[i].why;
    return NULL;
}

static const struct js *own_quirks(const struct upgrade *u, enum system system)
{
    return js_path(u->conf->setup_doc, system_name(system), "quirks", NULL);
}

/* Which version of a row's system an upgrade begins with, or ends at. */
static const char *version_of(const struct upgrade *u, enum system system, const char *version)
{
    struct setup_version v = {0};
    if (system == u->conf->system || version_parse(version, &v) != 0)
        return version;
    return version_bundled_dex(&v);
}

static void resolve(struct upgrade *u)
{
    u->differing = xcalloc(u->rows_len + 1, sizeof(*u->differing));
    for (size_t i = 0; i < u->rows_len; i++) {
        struct upgrade_row *row = &u->rows[i];
        row->from = quirk_holds(row->quirk, version_of(u, row->system, u->conf->from));
        row->to = quirk_holds(row->quirk, version_of(u, row->system, u->conf->to));
        const struct js *own = js_get(own_quirks(u, row->system), row->quirk->id);
        row->fixed = own != NULL && !js_is(own, JS_NULL);
        if (row->from == row->to || row->fixed)
            continue;
        row->kept = why_kept(u, row);
        if (row->kept == NULL)
            u->differing[u->differing_len++] = i;
    }
}

/* ---- what the upgrade does to the database ---- */

static bool everything(const char *url)
{
    return strcmp(url, "*") == 0 || strcmp(url, ".*") == 0;
}

/* Every old line was a regular expression; each becomes strict unless it is exactly * or .*
 * (authentik.md 3.3, migration 0024). So what was written as one stops matching. */
static void migrate_redirects(const struct upgrade *u, struct js *provider)
{
    const struct js *old =
        js_path(u->conf->setup_doc, "authentik", "provider", "redirect_uris", NULL);
    if (!js_is(old, JS_ARRAY))
        return;
    struct js *list = js_array();
    for (size_t i = 0; i < js_len(old); i++) {
        const char *url = js_get_text(js_at(old, i), "url");
        struct js *entry = js_object();
        js_set_text(entry, "matching_mode", url != NULL && everything(url) ? "regex" : "strict");
        js_set_text(entry, "url", url != NULL && everything(url) ? ".*" : url);
        js_append(list, entry);
    }
    js_set(provider, "redirect_uris", list);
}

/* Existing providers get all grant types (authentik.md 9, 2026.5.0); one made new by the API, a
 * blueprint or Terraform without the list gets none (authentik.md 10). */
static void migrate_grant_types(const struct upgrade *u, struct js *provider)
{
    const struct js *own =
        js_path(u->conf->setup_doc, "authentik", "provider", "grant_types", NULL);
    if (own == NULL && u->conf->new_provider)
        js_set(provider, "grant_types", js_array());
    if (js_is(own, JS_ARRAY) && js_len(own) == 0 && !u->conf->new_provider)
        js_set(provider, "grant_types", js_null());
}

/* Done by the upgrade that brings the row; undone with the row when it is turned back. */
static const struct {
    enum system system;
    const char *row;
    void (*migrate)(const struct upgrade *u, struct js *provider);
} migrations[] = {
    {SYSTEM_AUTHENTIK, "structured-redirects", migrate_redirects},
    {SYSTEM_AUTHENTIK, "grant-types", migrate_grant_types},
    {SYSTEM_MAX_, NULL, NULL},
};

/* A member of the patch that is a map; made when it is not there. */
static struct js *part(struct js *of, const char *name)
{
    if (js_get(of, name) == NULL)
        js_set(of, name, js_object());
    return js_get(of, name);
}

static void set_quirk(struct js *patch, const struct upgrade_row *row)
{
    struct js *quirks = part(part(patch, system_name(row->system)), "quirks");
    js_set(quirks, row->quirk->id, js_bool(row->from));
}

static void migrate(const struct upgrade *u, const struct upgrade_row *row, struct js *provider)
{
    for (size_t m = 0; row->to && migrations[m].row != NULL; m++)
        if (migrations[m].system == row->system && strcmp(migrations[m].row, row->quirk->id) == 0)
            migrations[m].migrate(u, provider);
}

static struct js *make_patch(const struct upgrade *u, const char *version, bool after,
                             const bool *turned)
{
    struct js *patch = js_object();
    struct js *system = part(patch, system_name(u->conf->system));
    AUTO(js_free) struct js *provider = js_object();
    js_set_text(system, "version", version);
    part(system, "quirks");
    for (size_t i = 0; i < u->rows_len; i++)
        if (u->rows[i].kept != NULL)
            set_quirk(patch, &u->rows[i]);
    for (size_t d = 0; d < u->differing_len; d++) {
        const struct upgrade_row *row = &u->rows[u->differing[d]];
        bool back = turned != NULL && turned[d];
        if (back)
            set_quirk(patch, row);
        else if (after)
            migrate(u, row, provider);
    }
    if (js_len(provider) > 0)
        js_set(system, "provider", js_ref(provider));
    return patch;
}

struct js *upgrade_patch_to(const struct upgrade *u, const bool *reverted)
{
    return make_patch(u, u->conf->to, true, reverted);
}

struct js *upgrade_patch_from(const struct upgrade *u)
{
    return make_patch(u, u->conf->from, false, NULL);
}

/* ---- what a setup does not say ---- */

/* Whether TLS ends before authentik is nobody's to see here: no part of a world is a reverse
 * proxy. */
static char *check_proxies(const struct upgrade *u)
{
    const struct js *authentik = js_get(u->conf->setup_doc, "authentik");
    const char *url = js_get_text(authentik, "url");
    const char *slug = js_get_text(js_get(authentik, "application"), "slug");
    const struct js *trusted = js_get(authentik, "trusted_proxies");
    if (url == NULL || !cstr_starts(url, "https://"))
        return NULL;
    AUTO(xfree) char *own = js_is(trusted, JS_ARRAY) ? js_compact(trusted) : NULL;
    return xasprintf(
        "does TLS end at a reverse proxy before authentik? A setup does not say. Its address must "
        "be in %s%s. See that %s/application/o/%s/.well-known/openid-configuration still says "
        "https:// under issuer",
        own != NULL ? "" : "authentik's own list, which is private networks and loopback: ",
        own != NULL ? own
                    : "127.0.0.0/8, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fe80::/10, ::1",
        url, slug != NULL ? slug : "<slug>");
}

/* Existing providers get all (migrate_grant_types), so the upgrade itself shows nothing. */
static char *check_grant_types(const struct upgrade *u)
{
    if (u->conf->new_provider ||
        js_path(u->conf->setup_doc, "authentik", "provider", "grant_types", NULL) != NULL)
        return NULL;
    return xstrdup("will Terraform, a blueprint or the API ever make this provider anew? The "
                   "upgrade gives every grant type to the one that exists, but a new one has none; "
                   "--new-provider shows what happens");
}

/* Rows that may hit though no run shows them: what decides is not in the setup. */
static const struct {
    enum system system;
    const char *row;
    char *(*check)(const struct upgrade *u); /* NULL: nothing to look at; caller frees */
} unseen[] = {
    {SYSTEM_AUTHENTIK, "trusted-proxies", check_proxies},
    {SYSTEM_AUTHENTIK, "grant-types", check_grant_types},
    {SYSTEM_MAX_, NULL, NULL},
};

static void add_checks(struct upgrade *u)
{
    for (size_t d = 0; d < u->differing_len; d++) {
        struct upgrade_row *row = &u->rows[u->differing[d]];
        for (size_t i = 0; row->to && unseen[i].row != NULL; i++)
            if (unseen[i].system == row->system && strcmp(unseen[i].row, row->quirk->id) == 0)
                row->check = unseen[i].check(u);
    }
}

/* ---- what the reader must know ---- */

static const struct upgrade_row *differs(const struct upgrade *u, const char *id)
{
    for (size_t d = 0; d < u->differing_len; d++)
        if (strcmp(u->rows[u->differing[d]].name, id) == 0)
            return &u->rows[u->differing[d]];
    return NULL;
}

static void add_notes(struct upgrade *u)
{
    const struct js *provider = js_path(u->conf->setup_doc, "authentik", "provider", NULL);
    const struct js *grants = js_get(provider, "grant_types");
    const struct js *redirects = js_get(provider, "redirect_uris");
    const struct upgrade_row *learns = differs(u, "authentik/learns-redirect");
    const struct upgrade_row *types = differs(u, "authentik/grant-types");
    if (u->downgrade)
        strlist_add(&u->notes,
                    "this is a downgrade: what the newer version wrote into its database stays "
                    "there, and nothing is migrated back");
    if (types != NULL && types->to && js_is(grants, JS_ARRAY) && js_len(grants) == 0 &&
        !u->conf->new_provider)
        strlist_add(&u->notes, "grant_types: [] is taken as all: the migration gives existing "
                               "providers every grant type (--new-provider: one made new)");
    if (learns != NULL && !learns->to && (redirects == NULL || js_len(redirects) == 0))
        strlist_add(&u->notes, "the provider has no redirect URIs in this setup. The old version "
                               "stores the first one used: if yours has stored one, and nothing "
                               "(Terraform, a blueprint) empties the list again, that one goes on");
    if (u->conf->new_provider)
        strlist_add(&u->notes,
                    "--new-provider: the provider and its key are made after the upgrade, with "
                    "nothing set but what the setup says");
}

int upgrade_plan(struct upgrade *u, struct err *err)
{
    struct setup_version from = {0};
    struct setup_version to = {0};
    if (refuse_live(u, err) != 0 || check_version(u, "from", u->conf->from, err) != 0 ||
        check_version(u, "to", u->conf->to, err) != 0)
        return -1;
    if (version_parse(u->conf->from, &from) != 0 || version_parse(u->conf->to, &to) != 0)
        return err_set(err, ERR_USAGE, "'%s' and '%s' are no versions", u->conf->from, u->conf->to);
    find_rows(u);
    u->downgrade = !version_least(&to, from.major, from.minor, from.patch);
    resolve(u);
    add_notes(u);
    add_checks(u);
    AUTO(js_free) struct js *before = upgrade_patch_from(u);
    u->base = js_merge_patch(u->conf->setup_doc, before);
    return 0;
}
