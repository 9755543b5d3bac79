/*
 * Kubernetes manifests as kubectl and Argo CD read them: ConfigMaps, Secrets, lists of them,
 * several documents in a file. What only the cluster can decrypt (SealedSecret, ExternalSecret,
 * SOPS) is noted by its keys and gets a value later. Fills the document; decides nothing about its
 * contents.
 */
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/data/yaml.h"
#include "harness/setup/setup_int.h"

#define PART_OF "app.kubernetes.io/part-of"

/* One manifest and where it stands. */
struct manifest {
    const char *file;
    const struct yaml_places *places;
    const char *pointer; /* of its root in the YAML document */
    const struct js *body;
    const struct js *typed; /* the same, with YAML types; NULL if it does not parse so */
    struct js *doc;
    struct places *at; /* may be NULL */
    bool used;         /* held something that Argo CD reads */
    struct err *err;
};

static int line_of(const struct manifest *m, const char *pointer)
{
    AUTO(xfree) char *whole = xasprintf("%s%s", m->pointer, pointer);
    int line = 0;
    int column = 0;
    (void)yaml_place(m->places, whole, false, &line, &column);
    return line;
}

static int fail(const struct manifest *m, const char *part, const char *key, const char *text)
{
    AUTO(xfree)
    char *pointer = key != NULL ? xasprintf("%s%s/%s", m->pointer, part, key)
                                : xasprintf("%s%s", m->pointer, part);
    int line = 0;
    int column = 0;
    (void)yaml_place(m->places, pointer, false, &line, &column);
    return err_set_at(m->err, ERR_USAGE, m->file, line, column, "%s", text);
}

/* What stands at `from` in this file is what the document has at `to`. */
static void place(const struct manifest *m, const char *from, const char *to)
{
    int line = 0;
    int column = 0;
    int indent = 0;
    if (m->at != NULL && yaml_place_text(m->places, from, &line, &column, &indent))
        places_add_text(m->at, to, m->file, line, column, indent);
}

static const char *name_of(const struct manifest *m)
{
    const char *name = js_text(js_path(m->body, "metadata", "name", NULL));
    return name != NULL ? name : "";
}

/* ---- ConfigMaps ---- */

/* The place of data's key, for errors inside it and for mistakes. */
static void remember_place(struct manifest *m, const char *map, const char *key, const char *text)
{
    AUTO(xfree) char *data = xasprintf("%s/data", m->pointer);
    AUTO(xfree) char *from = places_below(data, key);
    AUTO(xfree) char *outer = xasprintf("/argocd/%s", map);
    AUTO(xfree) char *to = places_below(outer, key);
    int line = 0, column = 0, indent = 0;
    /* A text whose lines are not the file's has none to be told of. */
    if (yaml_place_text(m->places, from, &line, &column, &indent) &&
        (indent > 0 || strchr(text, '\n') == NULL))
        document_place(m->doc, map, key, text, m->file, line);
    place(m, from, to);
}

/* Kubernetes takes only text in data; a bare true or 10 is refused by the API server. */
static void warn_untyped(struct manifest *m, const char *key)
{
    const struct js *typed = js_get(js_get(m->typed, "data"), key);
    if (typed == NULL || js_is(typed, JS_STRING) || js_is(typed, JS_NULL))
        return;
    AUTO(xfree) char *pointer = xasprintf("/data/%s", key);
    document_note(m->doc, "manifest-not-text", m->file, line_of(m, pointer), 0,
                  "'%s' is no text (%s), and Kubernetes takes only text there: put it in quotes",
                  key, js_type_name(typed));
}

static int take_configmap_data(struct manifest *m, const char *map)
{
    struct js *to = document_member(document_member(m->doc, "argocd"), map);
    const struct js *data = js_get(m->body, "data");
    m->used = true;
    for (struct js_iter it = js_iter(data); js_next(&it);) {
        const char *text = js_text(it.value);
        if (js_is(it.value, JS_NULL))
            continue;
        if (text == NULL) {
            AUTO(xfree)
            char *why = xasprintf("'%s' is a text in a ConfigMap, found %s", it.key,
                                  js_type_name(it.value));
            return fail(m, "/data", it.key, why);
        }
        warn_untyped(m, it.key);
        remember_place(m, map, it.key, text);
        js_set_text(to, it.key, text);
    }
    return 0;
}

struct configmap {
    const char *name;
    const char *map; /* below argocd */
};

static const struct configmap configmaps[] = {
    {"argocd-cm", "cm"},
    {"argocd-rbac-cm", "rbac_cm"},
    {"argocd-cmd-params-cm", "cmd_params_cm"},
    {NULL, NULL},
};

static int take_configmap(struct manifest *m)
{
    for (const struct configmap *c = configmaps; c->name != NULL; c++)
        if (strcmp(name_of(m), c->name) == 0)
            return take_configmap_data(m, c->map);
    return 0;
}

/* ---- Secrets ---- */

/* How Argo CD names a Secret's key in its flat map (dex.md 1.5); NULL when it does not read it. */
static char *flat_key(const char *secret, const struct js *labels, const char *key)
{
    if (strcmp(secret, "argocd-secret") == 0)
        return xstrdup(key);
    return cstr_eq(js_get_text(labels, PART_OF), "argocd") ? xasprintf("%s:%s", secret, key) : NULL;
}

/* A value that is not here. "*" stands for keys that are not named. */
static void note_unreadable(struct manifest *m, const char *kind, const char *flat)
{
    struct js *unreadable = document_member(document_member(m->doc, "read"), "unreadable");
    js_set(unreadable, flat, js_stringf("%s:%d: %s %s", m->file, line_of(m, ""), kind, name_of(m)));
    m->used = true;
}

static char *without_newlines(const char *text)
{
    char *copy = xstrdup(text);
    char *to = copy;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p != '\n' && *p != '\r')
            *to++ = *p;
    }
    *to = '\0';
    return copy;
}

/* Go decodes data with StdEncoding, which passes over line ends. */
static int take_encoded(struct manifest *m, const char *key, const char *flat, const char *text)
{
    AUTO(xfree) char *packed = without_newlines(text);
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (b64_decode(packed, strlen(packed), &bytes, &len) != 0) {
        AUTO(xfree)
        char *why = xasprintf("'%s' in data of Secret '%s' is not base64; plain text "
                              "belongs under stringData",
                              key, name_of(m));
        return fail(m, "/data", key, why);
    }
    AUTO(xfree) char *value = (char *)bytes;
    js_set(document_member(document_member(m->doc, "argocd"), "secret"), flat,
           js_stringn(value, len));
    return 0;
}

/* data or stringData of a Secret. */
static int take_values(struct manifest *m, const char *part, bool encoded)
{
    const struct js *labels = js_path(m->body, "metadata", "labels", NULL);
    bool sops = js_is(js_get(m->body, "sops"), JS_OBJECT);
    for (struct js_iter it = js_iter(js_get(m->body, part + 1)); js_next(&it);) {
        AUTO(xfree) char *flat = flat_key(name_of(m), labels, it.key);
        const char *text = js_text(it.value);
        if (flat == NULL || js_is(it.value, JS_NULL))
            continue;
        if (text == NULL) {
            AUTO(xfree)
            char *why =
                xasprintf("'%s' is a text in a Secret, found %s", it.key, js_type_name(it.value));
            return fail(m, part, it.key, why);
        }
        AUTO(xfree) char *outer = xasprintf("%s%s", m->pointer, part);
        AUTO(xfree) char *from = places_below(outer, it.key);
        AUTO(xfree) char *to = places_below("/argocd/secret", flat);
        place(m, from, to);
        m->used = true;
        if (sops)
            note_unreadable(m, "SOPS file of Secret", flat);
        else if (encoded && take_encoded(m, it.key, flat, text) != 0)
            return -1;
        else if (!encoded)
            js_set_text(document_member(document_member(m->doc, "argocd"), "secret"), flat, text);
    }
    return 0;
}

static int take_secret(struct manifest *m)
{
    const struct js *labels = js_path(m->body, "metadata", "labels", NULL);
    AUTO(xfree) char *flat = flat_key(name_of(m), labels, "*");
    if (flat == NULL) {
        document_note(m->doc, "secret-unlabelled", m->file, line_of(m, ""), 0,
                      "Argo CD does not read Secret '%s': it has no label " PART_OF "=argocd",
                      name_of(m));
        js_set(document_member(document_member(m->doc, "read"), "unlabelled"), name_of(m),
               js_bool(true));
        m->used = true;
    }
    if (take_values(m, "/data", true) != 0)
        return -1;
    return take_values(m, "/stringData", false); /* which wins */
}

/* What a sealed or external Secret will be called and labelled in the cluster. */
static char *future_key(struct manifest *m, const struct js *name, const struct js *labels,
                        const char *key)
{
    const char *secret = js_text(name) != NULL ? js_text(name) : name_of(m);
    return flat_key(secret, labels, key);
}

static int take_sealed(struct manifest *m)
{
    const struct js *metadata = js_path(m->body, "spec", "template", "metadata", NULL);
    const struct js *sealed = js_path(m->body, "spec", "encryptedData", NULL);
    for (struct js_iter it = js_iter(sealed); js_next(&it);) {
        AUTO(xfree)
        char *flat = future_key(m, js_get(metadata, "name"), js_get(metadata, "labels"), it.key);
        if (flat != NULL)
            note_unreadable(m, "SealedSecret", flat);
    }
    return 0;
}

static int take_external(struct manifest *m)
{
    const struct js *target = js_path(m->body, "spec", "target", NULL);
    const struct js *labels = js_path(target, "template", "metadata", "labels", NULL);
    const struct js *data = js_path(m->body, "spec", "data", NULL);
    for (size_t i = 0; i < js_len(data); i++) {
        const char *key = js_get_text(js_at(data, i), "secretKey");
        AUTO(xfree)
        char *flat = key != NULL ? future_key(m, js_get(target, "name"), labels, key) : NULL;
        if (flat != NULL)
            note_unreadable(m, "ExternalSecret", flat);
    }
    AUTO(xfree) char *any = future_key(m, js_get(target, "name"), labels, "*");
    if (any != NULL && js_len(js_path(m->body, "spec", "dataFrom", NULL)) > 0)
        note_unreadable(m, "ExternalSecret", any);
    return 0;
}

/* ---- what Argo CD keeps in its namespace ---- */

static struct js *entry_of(struct manifest *m, const char *map, const char *name)
{
    struct js *section = document_member(document_member(m->doc, "argocd"), map);
    m->used = true;
    return document_member(section, name);
}

/* Two of a name in different namespaces are two entries. */
static int take_app(struct manifest *m, const char *map, const struct js *spec)
{
    const char *namespace = js_text(js_path(m->body, "metadata", "namespace", NULL));
    const char *project = js_get_text(spec, "project");
    AUTO(xfree)
    char *key = namespace != NULL && strcmp(namespace, "argocd") != 0
                    ? xasprintf("%s/%s", namespace, name_of(m))
                    : xstrdup(name_of(m));
    struct js *app = entry_of(m, map, key);
    js_set_text(app, "name", name_of(m));
    if (namespace != NULL)
        js_set_text(app, "namespace", namespace);
    if (project != NULL && project[0] != '\0')
        js_set_text(app, "project", project);
    return 0;
}

static int take_application(struct manifest *m)
{
    return take_app(m, "applications", js_get(m->body, "spec"));
}

static int take_applicationset(struct manifest *m)
{
    return take_app(m, "applicationsets", js_path(m->body, "spec", "template", "spec", NULL));
}

/* Tokens stand with the role, or since 1.x in the status, by role. */
static void take_tokens(struct js *role, const struct js *list)
{
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *token = js_at(list, i);
        const char *iat = js_get_text(token, "iat");
        const char *id = js_get_text(token, "id");
        struct js *to = document_member(role, "tokens");
        /* An old token has no id: it is known by when it was made. */
        struct js *one = document_member(to, id != NULL ? id : iat != NULL ? iat : "");
        if (iat != NULL)
            js_set_text(one, "iat", iat);
        if (js_get_text(token, "exp") != NULL)
            js_set_text(one, "exp", js_get_text(token, "exp"));
    }
}

static void take_role(struct manifest *m, struct js *roles, const struct js *from)
{
    static const char *const lists[] = {"policies", "groups", NULL};
    const char *name = js_get_text(from, "name");
    struct js *role = document_member(roles, name != NULL ? name : "");
    for (const char *const *l = lists; *l != NULL; l++)
        if (js_is(js_get(from, *l), JS_ARRAY))
            js_set(role, *l, js_dup(js_get(from, *l)));
    take_tokens(role, js_get(from, "jwtTokens"));
    take_tokens(role, js_path(m->body, "status", "jwtTokensByRole", name != NULL ? name : "",
                              "items", NULL));
}

static int take_project(struct manifest *m)
{
    struct js *project = entry_of(m, "projects", name_of(m));
    const struct js *from = js_path(m->body, "spec", "roles", NULL);
    const char *description = js_text(js_path(m->body, "spec", "description", NULL));
    if (description != NULL)
        js_set_text(project, "description", description);
    for (size_t i = 0; i < js_len(from); i++)
        take_role(m, document_member(project, "roles"), js_at(from, i));
    return 0;
}

/* ---- files ---- */

static int take_list(struct manifest *m);

struct kind {
    const char *name;
    int (*take)(struct manifest *m);
};

static const struct kind kinds[] = {
    {"ConfigMap", take_configmap},
    {"Secret", take_secret},
    {"SealedSecret", take_sealed},
    {"ExternalSecret", take_external},
    {"List", take_list},
    {"AppProject", take_project},
    {"Application", take_application},
    {"ApplicationSet", take_applicationset},
    {NULL, NULL},
};

static int take(struct manifest *m)
{
    const char *kind = js_get_text(m->body, "kind");
    if (js_is(m->body, JS_NULL))
        return 0;
    if (kind == NULL)
        return fail(m, "", NULL, "not a Kubernetes manifest: it has no 'kind'");
    for (const struct kind *k = kinds; k->name != NULL; k++) {
        if (strcmp(k->name, kind) != 0)
            continue;
        if (name_of(m)[0] == '\0' && k->take != take_list)
            return fail(m, "", NULL, "a manifest without metadata.name");
        return k->take(m);
    }
    return 0;
}

static int take_list(struct manifest *m)
{
    const struct js *items = js_get(m->body, "items");
    for (size_t i = 0; i < js_len(items); i++) {
        AUTO(xfree) char *pointer = xasprintf("%s/items/%zu", m->pointer, i);
        struct manifest item = *m;
        item.pointer = pointer;
        item.body = js_at(items, i);
        item.typed = js_at(js_get(m->typed, "items"), i);
        if (take(&item) != 0)
            return -1;
        m->used = m->used || item.used;
    }
    return 0;
}

/* Does a document begin at this line? */
static bool is_separator(struct str rest)
{
    return str_starts(rest, "---") && (rest.len == 3 || strchr(" \t\r\n", rest.ptr[3]) != NULL);
}

/* Up to the next line that begins one. */
struct str manifests_next_document(struct str *rest, int *ret_lines)
{
    struct str piece = {rest->ptr, 0};
    *ret_lines = 0;
    while (piece.len < rest->len) {
        const char *end = memchr(rest->ptr + piece.len, '\n', rest->len - piece.len);
        piece.len = end != NULL ? (size_t)(end - rest->ptr) + 1 : rest->len;
        *ret_lines += end != NULL ? 1 : 0;
        if (is_separator((struct str){rest->ptr + piece.len, rest->len - piece.len}))
            break;
    }
    rest->ptr += piece.len;
    rest->len -= piece.len;
    return piece;
}

static int read_document(const struct manifest *shared, struct str text, int line, bool *used)
{
    AUTO(js_free) struct js *body = NULL;
    AUTO(js_free) struct js *typed = NULL;
    AUTO(yaml_places_free) struct yaml_places *places = NULL;
    struct manifest m = *shared;
    if (yaml_parse(text, m.file, line, YAML_ALL_TEXT, &body, &places, m.err) != 0)
        return -1;
    (void)(yaml_parse(text, m.file, line, YAML_TYPED, &typed, NULL, NULL) == 0);
    m.places = places;
    m.body = body;
    m.typed = typed;
    if (take(&m) != 0)
        return -1;
    *used = *used || m.used;
    return 0;
}

int manifests_read_text(const char *path, struct str text, struct js *doc, struct places *at,
                        struct err *err)
{
    const struct manifest shared = {.file = path, .pointer = "", .doc = doc, .at = at, .err = err};
    int line = 0;
    bool used = false;
    while (text.len > 0) {
        int lines = 0;
        struct str piece = manifests_next_document(&text, &lines);
        if (read_document(&shared, piece, line, &used) != 0)
            return -1;
        line += lines;
    }
    if (!used)
        document_note(doc, "file-unused", path, 0, 0,
                      "nothing in it that Argo CD reads for signing in (argocd-cm, "
                      "argocd-rbac-cm, argocd-secret)");
    return 0;
}
