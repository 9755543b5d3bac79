/*
 * Reads a policy file. Whatever is a YAML mapping is a ConfigMap to Argo CD, even when the person
 * meant it as a policy (`g: Admins, role:admin`); anything else is a policy.
 */
#include "harness/cli/rbac_file.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/data/yaml.h"

void rbac_file_deinit(struct rbac_file *f)
{
    f->arena = arena_free(f->arena);
}

static bool is_overlay(const char *key)
{
    return strcmp(key, "policy.csv") != 0 && cstr_starts(key, "policy.") &&
           str_ends(str_of(key), ".csv");
}

/* The ConfigMap's value, "" if absent; a JSON null is the empty text in Go. */
static const char *value_of(const struct js *data, const char *key)
{
    const char *text = js_get_text(data, key);

    return text ? text : "";
}

static struct rbac_text text_at(struct rbac_file *f, const struct js *data, const char *key,
                                const struct yaml_places *places)
{
    AUTO(xfree) char *pointer = xasprintf("/data/%s", key);
    int line = 1, column = 0;

    (void)yaml_place(places, pointer, false, &line, &column);
    return (struct rbac_text){arena_strdup(f->arena, value_of(data, key)), f->name, line};
}

static void read_overlays(struct rbac_file *f, const struct js *data,
                          const struct yaml_places *places)
{
    AUTO(strlist_deinit) struct strlist keys = {0};

    for (struct js_iter it = js_iter(data); js_next(&it);) {
        if (is_overlay(it.key)) {
            strlist_add(&keys, it.key);
        }
    }
    strlist_sort(&keys);
    struct rbac_text *list = arena_alloc(f->arena, (keys.len + 1) * sizeof *list);
    for (size_t i = 0; i < keys.len; i++) {
        list[i] = text_at(f, data, keys.items[i], places);
    }
    f->overlays = list;
}

/* Every value a scalar: anything else does not fit Argo CD's ConfigMap, and the file is a policy.
 */
static bool is_config_map(const struct js *doc)
{
    const struct js *data = js_get(doc, "data");

    if (!js_is(doc, JS_OBJECT) || (data && !js_is(data, JS_OBJECT) && !js_is(data, JS_NULL))) {
        return false;
    }
    for (struct js_iter it = js_iter(data); js_is(data, JS_OBJECT) && js_next(&it);) {
        if (!js_text(it.value) && !js_is(it.value, JS_NULL)) {
            return false;
        }
    }
    return true;
}

static void read_config_map(struct rbac_file *f, const struct js *doc,
                            const struct yaml_places *places)
{
    const struct js *data = js_get(doc, "data");

    if (!js_is(data, JS_OBJECT)) {
        f->policy = (struct rbac_text){"", f->name, 1};
        return;
    }
    f->has_data = true;
    f->policy = text_at(f, data, "policy.csv", places);
    f->default_role = arena_strdup(f->arena, value_of(data, "policy.default"));
    f->match_mode = arena_strdup(f->arena, value_of(data, "policy.matchMode"));
    read_overlays(f, data, places);
}

int rbac_file_parse(struct str text, const char *name, struct rbac_file *ret, struct err *err)
{
    AUTO(rbac_file_deinit) struct rbac_file f = {.arena = arena_new()};
    AUTO(yaml_places_free) struct yaml_places *places = NULL;
    AUTO(js_free) struct js *doc = NULL;

    f.name = arena_strdup(f.arena, name);
    f.default_role = "";
    f.match_mode = "";
    bool is_yaml = yaml_parse(text, name, 0, YAML_ALL_TEXT, &doc, &places, NULL) == 0;
    if (is_yaml && js_is(doc, JS_NULL)) {
        return err_set_at(err, ERR_USAGE, name, 0, 0,
                          "the policy file is empty, which argocd does not survive");
    }
    if (is_yaml && is_config_map(doc)) {
        read_config_map(&f, doc, places);
    } else {
        f.has_data = true;
        f.policy = (struct rbac_text){arena_strndup(f.arena, text.ptr, text.len), f.name, 1};
    }
    *ret = f;
    f = (struct rbac_file){0};
    return 0;
}

/* As Go writes it: "open FILE: no such file or directory". */
static int cannot_open(const char *path, struct err *err)
{
    const char *colon = strrchr(err->msg, ':');
    AUTO(xfree) char *reason = xstrdup(colon ? colon + 1 + strspn(colon + 1, " ") : err->msg);

    reason[0] = (char)tolower((unsigned char)reason[0]);
    return err_set(err, ERR_USAGE, "error opening policy file: open %s: %s", path, reason);
}

int rbac_file_read(const char *path, struct rbac_file *ret, struct err *err)
{
    AUTO(xfree) char *text = NULL;
    struct err why = {0};
    size_t len = 0;

    if (file_read(path, FILE_MAX_TEXT, &text, &len, &why) < 0) {
        (void)cannot_open(path, &why);
        return err_set(err, ERR_USAGE, "%s", why.msg);
    }
    return rbac_file_parse((struct str){text, len}, path, ret, err);
}

char *rbac_file_whole(const struct rbac_file *f)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, f->policy.text);
    for (const struct rbac_text *t = f->overlays; t && t->text; t++) {
        buf_addf(&b, "\n%s", t->text);
    }
    return buf_take(&b);
}
