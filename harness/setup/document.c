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
#include "harness/data/yaml.h"
#include "harness/setup/setup_int.h"

/* One reading of a folder. */
struct reading {
    const char *dir;
    char *path; /* of setup.yaml */
    struct js *own;
    struct yaml_places *places;
    struct js *doc;
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

void document_warn(struct js *doc, const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf text = {0};
    struct js *read = document_member(doc, "read");
    va_list args;
    buf_init(&text, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&text, fmt, args);
    va_end(args);
    if (!js_is(js_get(read, "warnings"), JS_ARRAY))
        js_set(read, "warnings", js_array());
    js_append_text(js_get(read, "warnings"), text.ptr);
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

/* The files below argocd.from, in their order: a later one wins. */
static int read_files(struct reading *r, struct err *err)
{
    const struct js *from = js_path(r->own, "argocd", "from", NULL);
    for (size_t i = 0; i < js_len(from); i++) {
        AUTO(xfree) char *path = path_join(r->dir, js_text(js_at(from, i)));
        AUTO(xfree) char *pointer = xasprintf("/argocd/from/%zu", i);
        if (manifests_read(path, r->doc, err) != 0)
            return err->code == ERR_IO ? fail_at(r, pointer, err) : -1;
    }
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
    dexconfig_split(r->doc);
    js_remove(js_get(r->own, "argocd"), "from");
    AUTO(js_free) struct js *doc = js_merge_patch(r->doc, r->own);
    if (document_normalise(doc, r->path, err) != 0)
        return -1;
    *ret = doc;
    doc = NULL;
    return 0;
}

int setup_read(const char *dir, struct js **ret_doc, struct err *err)
{
    struct err own = {0};
    AUTO(reading_deinit)
    struct reading r = {.dir = dir, .path = path_join(dir, "setup.yaml"), .doc = js_object()};
    if (err == NULL)
        err = &own;
    if (read_own(&r, err) != 0 || read_files(&r, err) != 0 || read_authorities(&r, err) != 0)
        return -1;
    keep_bare_people(&r);
    return join(&r, ret_doc, err);
}
