/*
 * Which reader a file is for.
 */
#include "harness/setup/intake.h"

#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/data/yaml.h"
#include "harness/setup/blueprint.h"
#include "harness/setup/setup_int.h"
#include "harness/setup/terraform.h"

#define MAX_FILES 2000

struct intake {
    struct js *doc;
    struct places *at;
    struct objects objects;
    struct terraform *terraform;
    size_t files;
};

struct intake *intake_new(struct js *doc, struct places *at)
{
    struct intake *in = xcalloc(1, sizeof *in);
    in->doc = doc;
    in->at = at;
    in->terraform = terraform_new();
    return in;
}

struct intake *intake_free(struct intake *in)
{
    if (in == NULL)
        return NULL;
    objects_deinit(&in->objects);
    terraform_free(in->terraform);
    return xfree(in);
}

/* ---- kinds ---- */

typedef int (*reader_fn)(struct intake *in, const char *name, struct str text, struct err *err);

static int read_manifests(struct intake *in, const char *name, struct str text, struct err *err)
{
    return manifests_read_text(name, text, in->doc, in->at, err);
}

static int read_helm(struct intake *in, const char *name, struct str text, struct err *err)
{
    return helm_read(name, text, in->doc, in->at, err);
}

static int read_blueprint(struct intake *in, const char *name, struct str text, struct err *err)
{
    return blueprint_read(name, text, &in->objects, err);
}

static int read_terraform(struct intake *in, const char *name, struct str text, struct err *err)
{
    return terraform_add(in->terraform, name, text, err);
}

static int read_plan(struct intake *in, const char *name, struct str text, struct err *err)
{
    js_set(document_member(document_member(in->doc, "read"), "generated"), name,
           js_string("Terraform makes it; change the .tf files"));
    return terraform_read_json(name, text, &in->objects, err);
}

/* A YAML or JSON file by the members of its first document. */
struct sign {
    const char *path[3]; /* of a member */
    reader_fn read;
};

static const struct sign signs[] = {
    {{"kind", NULL}, read_manifests},
    {{"apiVersion", NULL}, read_manifests},
    {{"entries", NULL}, read_blueprint},
    {{"metadata", NULL}, read_manifests},
    {{"planned_values", NULL}, read_plan},
    {{"values", "root_module", NULL}, read_plan},
    {{"configs", NULL}, read_helm},
    {{"argo-cd", "configs", NULL}, read_helm},
    {{"argocd", "configs", NULL}, read_helm},
    {{"server", "config", NULL}, read_helm},
    {{"server", "rbacConfig", NULL}, read_helm},
    {{"argo-cd", "server", NULL}, read_helm},
    {{NULL}, NULL},
};

/* The first document that holds something, for its members only. */
static int first_document(struct str text, const char *name, struct js **ret, struct err *err)
{
    int line = 0;
    *ret = NULL;
    while (text.len > 0) {
        int lines = 0;
        struct str piece = manifests_next_document(&text, &lines);
        if (yaml_parse(piece, name, line, YAML_TAGGED, ret, NULL, err) != 0)
            return -1;
        if (!js_is(*ret, JS_NULL))
            return 0;
        *ret = js_free(*ret);
        line += lines;
    }
    return 0;
}

static reader_fn yaml_reader(const struct js *first)
{
    for (const struct sign *s = signs; s->read != NULL; s++) {
        const struct js *at = first;
        for (const char *const *p = s->path; *p != NULL; p++)
            at = js_get(at, *p);
        if (at != NULL)
            return s->read;
    }
    return NULL;
}

static bool ends(const char *name, const char *suffix)
{
    return str_ends(str_of(name), suffix);
}

static int no_kind(const char *name, const struct js *first, struct err *err)
{
    if (ends(name, ".tf.json"))
        return err_set_at(err, ERR_USAGE, name, 0, 0,
                          "Terraform's JSON syntax is not read; give the .tf files, or the output "
                          "of `terraform show -json`");
    return err_set_at(err, ERR_USAGE, name, 0, 0,
                      "not a file that rolecall knows (%s): expected Kubernetes manifests "
                      "('kind'), Helm values of argo-cd ('configs'), a blueprint ('entries'), "
                      "Terraform (.tf) or `terraform show -json`",
                      first == NULL ? "it is empty" : js_type_name(first));
}

static int reader_of(const char *name, struct str text, reader_fn *ret, struct err *err)
{
    AUTO(js_free) struct js *first = NULL;
    if (ends(name, ".tf") || ends(name, ".tfvars")) {
        *ret = read_terraform;
        return 0;
    }
    if (first_document(text, name, &first, err) != 0)
        return -1;
    *ret = ends(name, ".tf.json") ? NULL : yaml_reader(first);
    return *ret != NULL ? 0 : no_kind(name, first, err);
}

static int add_file(struct intake *in, const char *path, struct err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "<stdin>" : path;
    AUTO(xfree) char *text = NULL;
    size_t len = 0;
    reader_fn read = NULL;
    if (file_read(is_stdin ? "/dev/stdin" : path, FILE_MAX_TEXT, &text, &len, err) != 0)
        return -1;
    if (is_stdin)
        places_keep(in->at, name, (struct str){text, len});
    if (reader_of(name, (struct str){text, len}, &read, err) != 0)
        return -1;
    return read(in, name, (struct str){text, len}, err);
}

/* ---- folders ---- */

/* In a folder lie other things, too: templates of charts, values of other programs. */
static int add_found(struct intake *in, const char *path, struct err *err)
{
    struct err why = {0};
    if (++in->files > MAX_FILES)
        return err_set(err, ERR_USAGE, "more than %d files in a folder; name those that count",
                       MAX_FILES);
    if (add_file(in, path, &why) == 0)
        return 0;
    document_note(in->doc, "file-skipped", path, why.line, why.column, "passed over: %s", why.msg);
    return 0;
}

static int add_folder(struct intake *in, const char *path, struct err *err)
{
    static const char *const suffixes[] = {".tf", ".tfvars", ".yaml", ".yml", ".json", NULL};
    AUTO(strlist_deinit) struct strlist found = {0};
    for (const char *const *s = suffixes; *s != NULL; s++) {
        if (file_find(path, *s, &found, err) != 0)
            return -1;
    }
    if (found.len == 0)
        return err_set(err, ERR_USAGE,
                       "%s: no setup.yaml, and no .yaml, .yml, .json, .tf or .tfvars file below it",
                       path);
    strlist_sort(&found);
    for (size_t i = 0; i < found.len; i++) {
        AUTO(xfree) char *full = path_join(path, found.items[i]);
        if (add_found(in, full, err) != 0)
            return -1;
    }
    return 0;
}

int intake_add(struct intake *in, const char *path, struct err *err)
{
    return file_is_dir(path) ? add_folder(in, path, err) : add_file(in, path, err);
}

/* ---- the whole ---- */

/* YAML in a ConfigMap's text has places in the file around it. */
static void place_inner(struct places *at, const char *pointer, const char *text)
{
    const struct place *outer = places_exact(at, pointer);
    AUTO(js_free) struct js *value = NULL;
    AUTO(yaml_places_free) struct yaml_places *places = NULL;
    const char *below = NULL;
    int line = 0;
    int column = 0;
    int indent = 0;
    if (outer == NULL || text == NULL || outer->indent == 0)
        return; /* escaped or folded: its lines are not the file's */
    int indent_outer = outer->indent;
    AUTO(xfree) char *file = xstrdup(outer->file);
    if (yaml_parse(str_of(text), file, outer->line - 1, YAML_TYPED, &value, &places, NULL) != 0)
        return;
    for (size_t i = 0; yaml_place_at(places, i, &below, &line, &column, &indent); i++) {
        AUTO(xfree) char *whole = xasprintf("%s%s", pointer, below);
        if (below[0] != '\0')
            places_add(at, whole, file, line, column + indent_outer);
    }
}

/* dex.config is taken apart into connectors by id. */
static void place_dex(struct places *at, const char *text)
{
    AUTO(js_free) struct js *config = NULL;
    if (at == NULL || text == NULL ||
        yaml_parse(str_of(text), "dex.config", 0, YAML_TYPED, &config, NULL, NULL) != 0)
        return;
    places_graft(at, "/dex/connectors", at, "/argocd/cm/dex.config");
    place_inner(at, "/argocd/cm/dex.config", text);
    const struct js *list = js_get(config, "connectors");
    for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
        const char *id = js_get_text(js_at(list, i), "id");
        AUTO(xfree) char *from = xasprintf("/argocd/cm/dex.config/connectors/%zu", i);
        AUTO(xfree) char *to = id != NULL ? places_below("/dex/connectors", id) : NULL;
        if (to != NULL)
            places_graft(at, to, at, from);
    }
}

static void tell_problems(struct intake *in)
{
    for (size_t i = 0; i < in->objects.problems.len; i++) {
        const struct object_problem *p = in->objects.problems.items[i];
        document_note(in->doc, p->rule, p->file, p->line, p->column, "%s", p->text);
    }
}

void intake_finish(struct intake *in)
{
    const struct js *cm = js_path(in->doc, "argocd", "cm", NULL);
    place_dex(in->at, js_get_text(cm, "dex.config"));
    place_inner(in->at, "/argocd/cm/oidc.config", js_get_text(cm, "oidc.config"));
    dexconfig_split(in->doc);
    terraform_objects(in->terraform, &in->objects);
    objects_apply(&in->objects, in->doc, in->at);
    tell_problems(in);
}
