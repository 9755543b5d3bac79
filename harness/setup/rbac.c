/*
 * argocd-rbac-cm to a loaded policy, as Argo CD assembles it (argocd.md 5.3, 7.4). A policy that
 * does not load is no error of the setup: Argo CD's text is kept, because that is what a scenario
 * may be about.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/crypto/hash.h"
#include "harness/data/yaml.h"
#include "harness/setup/setup_int.h"

static bool is_overlay(const char *key)
{
    struct str s = str_of(key);
    return strcmp(key, "policy.csv") != 0 && str_starts(s, "policy.") && str_ends(s, ".csv");
}

/* The file and line where the text of a key began, when it is still the text that was read there;
 * false: not known. */
static bool find_place(struct building *b, const char *key, const char *text, const char **ret_name,
                       int *ret_line)
{
    const struct js *place = js_path(b->owner->doc, "read", "places", "rbac_cm", key, NULL);
    AUTO(xfree) char *digest = hash_sha256_hex(text);
    int64_t line = 0;
    if (!cstr_eq(js_get_text(place, "text"), digest) || js_get_number(place, "line", &line) != 0)
        return false;
    *ret_name = build_text(b, place, "file", NULL);
    *ret_line = (int)line;
    return true;
}

/* policy.csv, then policy.*.csv in byte order of key (2.8 and later). */
static void read_policy(struct building *b, const struct js *cm, bool overlays,
                        struct rbac_conf *conf)
{
    AUTO(strlist_deinit) struct strlist keys = {0};
    const char *first = js_get_text(cm, "policy.csv");
    conf->policy = arena_strdup(b->owner->arena, first != NULL ? first : "");
    (void)find_place(b, "policy.csv", conf->policy, &conf->policy_name, &conf->policy_line);
    for (struct js_iter it = js_iter(cm); js_next(&it);) {
        if (is_overlay(it.key) && js_text(it.value) != NULL && overlays)
            strlist_add(&keys, it.key);
    }
    strlist_sort(&keys);
    struct rbac_text *list = arena_alloc(b->owner->arena, (keys.len + 1) * sizeof *list);
    for (size_t i = 0; i < keys.len; i++) {
        const char *text = js_get_text(cm, keys.items[i]);
        list[i] = (struct rbac_text){arena_strdup(b->owner->arena, text),
                                     arena_strdup(b->owner->arena, keys.items[i]), 1};
        (void)find_place(b, keys.items[i], text, &list[i].name, &list[i].line);
    }
    conf->overlays = list;
}

/* `scopes` is a YAML list; anything else stops the server (argocd.md 4.3). */
static int read_scopes(struct building *b)
{
    struct setup_argocd *argocd = &b->owner->pub.argocd;
    const char *text = js_get_text(argocd->rbac_cm, "scopes");
    AUTO(js_free) struct js *list = NULL;
    struct err err = {0};
    char why[512];
    if (text == NULL || text[0] == '\0') {
        list = js_array();
        js_append_text(list, "groups");
    } else if (yaml_parse(str_of(text), "scopes", 0, YAML_ALL_TEXT, &list, NULL, &err) != 0) {
        argocd->rbac_error = arena_printf(b->owner->arena, "error unmarshalling scopes: %s",
                                          err_text(&err, why, sizeof why));
        return -1;
    }
    for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
        if (js_text(js_at(list, i)) == NULL)
            list = js_free(list);
    }
    if (!js_is(list, JS_ARRAY)) {
        argocd->rbac_error = arena_printf(b->owner->arena,
                                          "error unmarshalling scopes: error unmarshaling JSON: "
                                          "while decoding JSON: json: cannot "
                                          "unmarshal %s into Go value of type []string",
                                          js_is(list, JS_OBJECT) ? "object" : "string");
        return -1;
    }
    argocd->rbac_scopes = build_texts(b, list);
    return 0;
}

/* ---- what the version does otherwise ---- */

struct builtin_row {
    enum argocd_quirk quirk;
    enum rbac_rows rows;
};

static const char *builtin(const bool *quirks)
{
    static const struct builtin_row rows[] = {
        {ARGOCD_QUIRK_APPSET_ROWS, RBAC_ROWS_APPSETS},
        {ARGOCD_QUIRK_WRITE_REPOSITORY_ROWS, RBAC_ROWS_WRITE_REPOSITORIES},
        {ARGOCD_QUIRK_READONLY_APPSETS, RBAC_ROWS_READONLY_APPSETS},
    };
    unsigned set = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        set |= quirks[rows[i].quirk] ? rows[i].rows : 0;
    return rbac_builtin_rows(set);
}

/* The projects that exist, each with the text that its roles make. */
static const struct rbac_project *projects(struct building *b)
{
    const struct setup_inventory *inv = b->owner->pub.argocd.inventory;
    struct arena *arena = b->owner->arena;
    struct rbac_project *list = arena_alloc(arena, (inv->projects_len + 1) * sizeof *list);
    for (size_t i = 0; i < inv->projects_len; i++) {
        AUTO(xfree) char *text = rbac_project_text(&inv->projects[i].spec);
        list[i] = (struct rbac_project){inv->projects[i].spec.name, arena_strdup(arena, text)};
    }
    return list;
}

static void load(struct building *b, struct rbac_conf *conf)
{
    struct setup_argocd *argocd = &b->owner->pub.argocd;
    struct err err = {0};
    char text[1024];
    if (rbac_new(conf, &b->owner->rbac, &err) != 0) {
        argocd->rbac_error = arena_strdup(b->owner->arena, err.msg);
        argocd->rbac_error_at = arena_strdup(b->owner->arena, err_text(&err, text, sizeof text));
        people_classify(b, NULL, false);
        return;
    }
    argocd->rbac = b->owner->rbac;
    AUTO(rbac_free) struct rbac *groups_only = NULL;
    bool has_default = conf->default_role != NULL && conf->default_role[0] != '\0';
    conf->default_role = NULL;
    if (rbac_new(conf, &groups_only, &err) != 0)
        groups_only = NULL;
    people_classify(b, groups_only, has_default);
}

void rbac_build(struct building *b)
{
    struct setup_argocd *argocd = &b->owner->pub.argocd;
    struct rbac_conf conf = {
        .builtin = builtin(argocd->quirks),
        .default_role = js_get_text(argocd->rbac_cm, "policy.default"),
        .match = cstr_eq(js_get_text(argocd->rbac_cm, "policy.matchMode"), "regex") ? RBAC_REGEX
                                                                                    : RBAC_GLOB,
        .projects = projects(b),
        .lenient_lines = !argocd->quirks[ARGOCD_QUIRK_STRICT_LINES],
        .deep_roles = !argocd->quirks[ARGOCD_QUIRK_ROLE_DEPTH],
        .no_appset_projects = !argocd->quirks[ARGOCD_QUIRK_APPSET_PROJECTS],
    };
    read_policy(b, argocd->rbac_cm, argocd->quirks[ARGOCD_QUIRK_OVERLAYS], &conf);
    argocd->rbac_conf = conf;
    argocd->rbac_scopes = build_texts(b, NULL);
    if (read_scopes(b) != 0)
        people_classify(b, NULL, false);
    else
        load(b, &conf);
}
