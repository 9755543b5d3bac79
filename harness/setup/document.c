/*
 * The document: setup.yaml and the files it names, read into one JSON value that patches reach
 * everywhere. What is built from it is build.c's.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/crypto/hash.h"
#include "harness/data/yaml.h"
#include "harness/setup/intake.h"
#include "harness/setup/setup_int.h"

/* One reading of a folder. */
struct reading {
    const char *dir;
    char *path; /* of setup.yaml */
    struct js *own;
    struct yaml_places *places;
    struct js *doc;
    struct places *at; /* may be NULL */
};

static void reading_deinit(struct reading *r)
{
    xfree(r->path);
    js_free(r->own);
    yaml_places_free(r->places);
    js_free(r->doc);
}

DEFINE_AUTO_VALUE(struct reading, reading_deinit)

struct js *document_member(struct js *obj, const char *key)
{
    if (!js_is(js_get(obj, key), JS_OBJECT))
        js_set(obj, key, js_object());
    return js_get(obj, key);
}

static struct js *list_of_read(struct js *doc, const char *key)
{
    struct js *read = document_member(doc, "read");
    if (!js_is(js_get(read, key), JS_ARRAY))
        js_set(read, key, js_array());
    return js_get(read, key);
}

void document_note(struct js *doc, const char *rule, const char *file, int line, int column,
                   const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf text = {0};
    struct js *problem = js_object();
    va_list args;
    buf_init(&text, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&text, fmt, args);
    va_end(args);
    js_set_text(problem, "rule", rule);
    js_set_text(problem, "file", file);
    js_set(problem, "line", js_int(line));
    js_set(problem, "column", js_int(column));
    js_set_text(problem, "text", text.ptr);
    js_append(list_of_read(doc, "problems"), problem);
    js_append(list_of_read(doc, "warnings"), line > 0
                                                 ? js_stringf("%s:%d: %s", file, line, text.ptr)
                                                 : js_stringf("%s: %s", file, text.ptr));
}

/* The digest says later whether it is still that text. */
void document_place(struct js *doc, const char *map, const char *key, const char *text,
                    const char *file, int line)
{
    struct js *places = document_member(document_member(doc, "read"), "places");
    AUTO(xfree) char *digest = hash_sha256_hex(text);
    struct js *place = js_object();
    js_set_text(place, "file", file);
    js_set(place, "line", js_int(line));
    js_set_text(place, "text", digest);
    js_set(document_member(places, map), key, place);
}

/* ---- after patches ---- */

static int read_secret(struct js *secret, const char *key, const struct js *from,
                       const char *source, struct err *err)
{
    const char *name = js_get_text(from, "env");
    const char *value = name != NULL ? getenv(name) : NULL;
    if (name == NULL)
        return err_set_at(err, ERR_USAGE, source, 0, 0,
                          "argocd.secrets.%s names no source; write {env: VARIABLE}", key);
    if (value == NULL)
        return err_set_at(err, ERR_USAGE, source, 0, 0,
                          "argocd.secrets.%s is to come from the environment variable %s, which is "
                          "not set",
                          key, name);
    js_set_text(secret, key, value);
    return 0;
}

static int read_secrets(struct js *argocd, const char *source, struct err *err)
{
    AUTO(js_free)
    struct js *secrets =
        js_get(argocd, "secrets") != NULL ? js_ref(js_get(argocd, "secrets")) : NULL;
    if (js_len(secrets) == 0)
        return 0;
    for (struct js_iter it = js_iter(secrets); js_next(&it);) {
        if (read_secret(document_member(argocd, "secret"), it.key, it.value, source, err) != 0)
            return -1;
    }
    js_remove(argocd, "secrets");
    return 0;
}

int document_normalise(struct js *doc, const char *source, struct err *err)
{
    struct js *argocd = document_member(doc, "argocd");
    const char *url = js_get_text(argocd, "url");
    if (url != NULL) {
        js_set_text(document_member(argocd, "cm"), "url", url);
        js_remove(argocd, "url");
    }
    if (read_secrets(argocd, source, err) != 0)
        return -1;
    dexconfig_split(doc);
    return 0;
}

/* ---- setup.yaml ---- */

static int read_own(struct reading *r, struct err *err)
{
    AUTO(xfree) char *text = NULL;
    AUTO(js_free) struct js *typed = NULL;
    size_t len = 0;
    if (file_read(r->path, FILE_MAX_TEXT, &text, &len, err) != 0)
        return -1;
    struct str all = {text, len};
    if (yaml_parse(all, r->path, 0, YAML_ALL_TEXT, &r->own, &r->places, err) != 0 ||
        yaml_parse(all, r->path, 0, YAML_TYPED, &typed, NULL, err) != 0)
        return -1;
    if (js_is(r->own, JS_NULL))
        return err_set_at(err, ERR_USAGE, r->path, 0, 0, "the setup is empty");
    if (setup_check(r->own, r->path, r->places, "", err) != 0)
        return -1;
    setup_take_types(r->own, typed);
    return 0;
}

static int fail_at(const struct reading *r, const char *pointer, struct err *err)
{
    int line = 0;
    int column = 0;
    struct err cause = *err;
    (void)yaml_place(r->places, pointer, false, &line, &column);
    return err_set_at(err, ERR_USAGE, r->path, line, column, "%s", cause.msg);
}

/* The files below a system's `from`, in their order: a later one wins. */
static int read_from(struct reading *r, struct intake *in, const char *system, struct err *err)
{
    const struct js *from = js_path(r->own, system, "from", NULL);
    for (size_t i = 0; i < js_len(from); i++) {
        AUTO(xfree) char *path = path_join(r->dir, js_text(js_at(from, i)));
        AUTO(xfree) char *pointer = xasprintf("/%s/from/%zu", system, i);
        if (intake_add(in, path, err) != 0)
            return err->code == ERR_IO ? fail_at(r, pointer, err) : -1;
    }
    return 0;
}

static int read_files(struct reading *r, struct err *err)
{
    AUTO(intake_free) struct intake *in = intake_new(r->doc, r->at);
    if (read_from(r, in, "argocd", err) != 0 || read_from(r, in, "authentik", err) != 0)
        return -1;
    intake_finish(in);
    return 0;
}

/* A CA file becomes its text, because a document knows no folder. */
static int read_authorities(struct reading *r, struct err *err)
{
    for (struct js_iter it = js_iter(js_get(r->own, "live")); js_next(&it);) {
        const char *ca = js_get_text(it.value, "ca");
        AUTO(xfree) char *pem = NULL;
        if (ca == NULL || cstr_starts(ca, "-----BEGIN"))
            continue;
        AUTO(xfree) char *path = path_join(r->dir, ca);
        AUTO(xfree) char *pointer = xasprintf("/live/%s/ca", it.key);
        if (file_read(path, FILE_MAX_TEXT, &pem, NULL, err) != 0)
            return fail_at(r, pointer, err);
        js_set_text(it.value, "ca", pem);
    }
    return 0;
}

/* "bob:" alone is a person about whom nothing is said; null in a patch would remove him. */
static void keep_bare_people(struct reading *r)
{
    AUTO(strlist_deinit) struct strlist bare = {0};
    struct js *people = js_get(r->own, "people");
    for (struct js_iter it = js_iter(people); js_next(&it);) {
        if (js_is(it.value, JS_NULL))
            strlist_add(&bare, it.key);
    }
    for (size_t i = 0; i < bare.len; i++)
        js_set(people, bare.items[i], js_object());
}

/* What setup.yaml says itself goes over what its files say, as a patch would. */
static int join(struct reading *r, struct js **ret, struct err *err)
{
    js_remove(js_get(r->own, "argocd"), "from");
    js_remove(js_get(r->own, "authentik"), "from");
    AUTO(js_free) struct js *doc = js_merge_patch(r->doc, r->own);
    if (document_normalise(doc, r->path, err) != 0)
        return -1;
    *ret = doc;
    doc = NULL;
    return 0;
}

/* setup.yaml's own values; argocd.url is where Argo CD keeps it. */
static void place_own(struct reading *r)
{
    const char *pointer = NULL;
    int line = 0;
    int column = 0;
    int indent = 0;
    for (size_t i = 0; yaml_place_at(r->places, i, &pointer, &line, &column, &indent); i++)
        if (pointer[0] != '\0')
            places_add_text(r->at, strcmp(pointer, "/argocd/url") == 0 ? "/argocd/cm/url" : pointer,
                            r->path, line, column, indent);
    places_add(r->at, "", r->path, 0, 0);
}

int setup_read_placed(const char *dir, struct js **ret_doc, struct places *at, struct err *err)
{
    struct err own = {0};
    AUTO(reading_deinit)
    struct reading r = {
        .dir = dir, .path = path_join(dir, "setup.yaml"), .doc = js_object(), .at = at};
    if (err == NULL)
        err = &own;
    if (read_own(&r, err) != 0 || read_files(&r, err) != 0 || read_authorities(&r, err) != 0)
        return -1;
    keep_bare_people(&r);
    if (at != NULL)
        place_own(&r);
    return join(&r, ret_doc, err);
}

int setup_read(const char *dir, struct js **ret_doc, struct err *err)
{
    return setup_read_placed(dir, ret_doc, NULL, err);
}

/* A text, number or truth anywhere in it. */
static bool has_value(const struct js *j)
{
    bool found = j != NULL && !js_is(j, JS_OBJECT) && !js_is(j, JS_ARRAY) && !js_is(j, JS_NULL);
    for (size_t i = 0; !found && js_is(j, JS_ARRAY) && i < js_len(j); i++)
        found = has_value(js_at(j, i));
    for (struct js_iter it = js_iter(j); !found && js_is(j, JS_OBJECT) && js_next(&it);)
        found = has_value(it.value);
    return found;
}

/* Files of which nothing was understood have not been looked at: that is no "no mistakes". What
 * was passed over may be why. */
static int check_said(const struct js *doc, const char *path, struct err *err)
{
    const char *why = js_text(js_at(js_path(doc, "read", "warnings", NULL), 0));
    for (struct js_iter it = js_iter(doc); js_next(&it);) {
        if (strcmp(it.key, "read") != 0 && has_value(it.value))
            return 0;
    }
    return err_set(err, ERR_USAGE, "%s: nothing of authentik or Argo CD is in it%s%s", path,
                   why != NULL ? "; " : "", why != NULL ? why : "");
}

int setup_read_files(const char *const *paths, size_t n, struct js **ret_doc, struct places *at,
                     struct err *err)
{
    AUTO(js_free) struct js *doc = js_object();
    AUTO(intake_free) struct intake *in = intake_new(doc, at);
    for (size_t i = 0; i < n; i++) {
        if (intake_add(in, paths[i], err) != 0)
            return -1;
    }
    intake_finish(in);
    if (check_said(doc, n == 1 ? paths[0] : "these files", err) != 0 ||
        document_normalise(doc, paths[0], err) != 0)
        return -1;
    *ret_doc = doc;
    doc = NULL;
    return 0;
}
