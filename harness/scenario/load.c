/*
 * One scenario file to one immutable document, with every name checked. The document owns an arena
 * and the JSON values it lends out.
 */
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/scenario/reader.h"

/* Owner of a struct scenario, which is its first member. */
struct owner {
    struct scenario pub;
    struct arena *arena;
    struct vec docs;
};

static const char *const keys[] = {"title",  "about", "tags", "refs", "setup",
                                   "faults", "steps", "twin", NULL};

/* ---- tags ---- */

static bool has(const struct scenario_list *list, const char *word)
{
    for (size_t i = 0; i < list->len; i++) {
        if (strcmp(list->items[i], word) == 0)
            return true;
    }
    return false;
}

bool scenario_has_tag(const struct scenario *s, const char *tag)
{
    return has(&s->tags, tag);
}

static void add_tag(struct arena *arena, struct scenario_list *tags, const char *tag)
{
    if (has(tags, tag))
        return;
    const char **items = arena_alloc(arena, (tags->len + 2) * sizeof *items);
    for (size_t i = 0; i < tags->len; i++)
        items[i] = tags->items[i];
    items[tags->len] = tag;
    *tags = (struct scenario_list){.present = true, .items = items, .len = tags->len + 1};
}

/* ui, cli and direct follow from the logins. */
static void add_tags(struct arena *arena, struct scenario *s)
{
    for (size_t i = 0; i < s->steps_len; i++) {
        if (s->steps[i].via != NULL)
            add_tag(arena, &s->tags, s->steps[i].via);
    }
}

/* ---- the file ---- */

static int read_text(struct reader *r, struct str all)
{
    if (yaml_parse(all, r->file, 0, YAML_ALL_TEXT, &r->text, &r->places, r->err) != 0 ||
        yaml_parse(all, r->file, 0, YAML_TYPED, &r->typed, NULL, r->err) != 0)
        return -1;
    vec_push(r->docs, js_ref(r->text));
    vec_push(r->docs, js_ref(r->typed));
    return 0;
}

static int read_file(struct reader *r)
{
    AUTO(xfree) char *text = NULL;
    size_t len = 0;
    if (file_read(r->file, FILE_MAX_TEXT, &text, &len, r->err) != 0)
        return -1;
    return read_text(r, (struct str){text, len});
}

static int read_head(struct reader *r, const struct node *root, struct scenario *s)
{
    if (reader_keys(r, root, "a scenario", keys) != 0 ||
        reader_text(r, root, "title", &s->title) != 0 ||
        reader_text(r, root, "about", &s->about) != 0 ||
        reader_list(r, root, "tags", &s->tags) != 0 || reader_list(r, root, "refs", &s->refs) != 0)
        return -1;
    if (s->title == NULL || s->title[0] == '\0')
        return reader_fail(r, root->pointer, "a scenario needs a 'title'");
    s->about = s->about != NULL ? s->about : "";
    return 0;
}

int scenario_read(struct reader *r, struct scenario *s)
{
    struct node root = {r->text, ""};
    if (read_head(r, &root, s) != 0)
        return -1;
    struct node setup = reader_member(r, &root, "setup");
    if (setup.value != NULL && patch_read(r, &setup, &s->patch) != 0)
        return -1;
    if (faults_read(r, &root, &s->faults, &s->faults_len) != 0 ||
        steps_read(r, &root, &s->steps, &s->steps_len) != 0)
        return -1;
    add_tags(r->arena, s);
    return 0;
}

/* A scenario, or the part of one that `read` takes, out of the text; NULL: of the file. */
static int load(const struct str *text, const char *file, const char *id,
                const struct scenario_vocabulary *v,
                int (*read)(struct reader *r, struct scenario *s), struct scenario **ret,
                struct err *err)
{
    struct owner *o = xcalloc(1, sizeof *o);
    AUTO(scenario_free) struct scenario *s = &o->pub;
    o->arena = arena_new();
    s->file = arena_strdup(o->arena, file);
    s->id = id != NULL ? arena_strdup(o->arena, id) : NULL;
    struct reader r = {
        .file = s->file, .vocabulary = v, .arena = o->arena, .docs = &o->docs, .err = err};
    int rc = text != NULL ? read_text(&r, *text) : read_file(&r);
    if (rc == 0)
        rc = read(&r, s);
    js_free(r.text);
    js_free(r.typed);
    yaml_places_free(r.places);
    if (rc != 0)
        return -1;
    *ret = s;
    s = NULL;
    return 0;
}

static int read_whole(struct reader *r, struct scenario *s)
{
    return scenario_read(r, s) == 0 ? twin_read(r, s) : -1;
}

int scenario_load(const char *path, const char *id, const struct scenario_vocabulary *v,
                  struct scenario **ret, struct err *err)
{
    return load(NULL, path, id, v, read_whole, ret, err);
}

/* ---- parts ---- */

static int read_faults(struct reader *r, struct scenario *s)
{
    static const char *const only[] = {"faults", NULL};
    struct node root = {r->text, ""};
    if (reader_keys(r, &root, "a list of faults", only) != 0)
        return -1;
    if (reader_member(r, &root, "faults").value == NULL)
        return reader_fail(r, "", "a document without 'faults'");
    return faults_read(r, &root, &s->faults, &s->faults_len);
}

static int read_change(struct reader *r, struct scenario *s)
{
    struct node root = {r->text, ""};
    return patch_read(r, &root, &s->patch);
}

int scenario_parse_faults(struct str text, const char *name, const struct scenario_vocabulary *v,
                          struct scenario **ret, struct err *err)
{
    return load(&text, name, NULL, v, read_faults, ret, err);
}

int scenario_parse_change(struct str text, const char *name, const struct scenario_vocabulary *v,
                          struct scenario **ret, struct err *err)
{
    return load(&text, name, NULL, v, read_change, ret, err);
}

static const struct scenario_fault *but(struct arena *arena, const struct scenario_fault *faults,
                                        size_t len, const char *fault, size_t *ret_len)
{
    struct scenario_fault *kept = arena_alloc(arena, (len + 1) * sizeof *kept);
    *ret_len = 0;
    for (size_t i = 0; i < len; i++)
        if (strcmp(faults[i].id, fault) != 0)
            kept[(*ret_len)++] = faults[i];
    return kept;
}

struct scenario *scenario_without(const struct scenario *s, const char *fault)
{
    struct owner *o = xcalloc(1, sizeof *o);
    o->arena = arena_new();
    o->pub = *s;
    o->pub.twin = NULL;
    o->pub.faults = but(o->arena, s->faults, s->faults_len, fault, &o->pub.faults_len);
    struct scenario_step *steps = arena_alloc(o->arena, (s->steps_len + 1) * sizeof *steps);
    for (size_t i = 0; i < s->steps_len; i++) {
        steps[i] = s->steps[i];
        steps[i].faults =
            but(o->arena, s->steps[i].faults, s->steps[i].faults_len, fault, &steps[i].faults_len);
    }
    o->pub.steps = steps;
    return &o->pub;
}

struct scenario *scenario_free(struct scenario *s)
{
    struct owner *o = (struct owner *)(void *)s;
    if (o == NULL)
        return NULL;
    for (size_t i = 0; i < o->docs.len; i++)
        js_free(o->docs.items[i]);
    vec_deinit(&o->docs);
    arena_free(o->arena);
    xfree(o);
    return NULL;
}
