/*
 * Which scenarios the words of a command line name: ids and globs of the library, and files and
 * folders of the user's own. A folder with a setup.yaml holds a setup, never scenarios.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/scenario/scenario.h"

#define SUFFIX ".yaml"

/* Ids with their files, in parallel. */
struct listing {
    struct strlist ids;
    struct strlist files;
};

static void listing_deinit(struct listing *l)
{
    strlist_deinit(&l->ids);
    strlist_deinit(&l->files);
}

DEFINE_AUTO_VALUE(struct listing, listing_deinit)

static void listing_add(struct listing *l, const char *id, const char *file)
{
    if (strlist_has(&l->ids, id))
        return;
    strlist_add(&l->ids, id);
    strlist_add(&l->files, file);
}

/* Is the folder of this file, or one above it up to the top, a setup? */
static bool is_in_setup(const char *top, const char *relative)
{
    AUTO(xfree) char *path = xstrdup(relative);
    for (;;) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            break;
        *slash = '\0';
        AUTO(xfree) char *folder = path_join(top, path);
        AUTO(xfree) char *setup = path_join(folder, "setup.yaml");
        if (file_exists(setup))
            return true;
    }
    return false;
}

static char *without_suffix(const char *path)
{
    struct str s = str_of(path);
    return xstrndup(path, str_ends(s, SUFFIX) ? s.len - strlen(SUFFIX) : s.len);
}

/* Every scenario below a folder. prefix (may be NULL) is put before the ids. */
static int list_folder(const char *dir, const char *prefix, struct listing *ret, struct err *err)
{
    AUTO(strlist_deinit) struct strlist found = {0};
    if (file_find(dir, SUFFIX, &found, err) != 0)
        return -1;
    for (size_t i = 0; i < found.len; i++) {
        if (is_in_setup(dir, found.items[i]))
            continue;
        AUTO(xfree) char *file = path_join(dir, found.items[i]);
        AUTO(xfree)
        char *id =
            prefix != NULL ? path_join(prefix, found.items[i]) : without_suffix(found.items[i]);
        listing_add(ret, id, file);
    }
    return 0;
}

/* ---- words ---- */

static bool is_glob(const char *word)
{
    return strpbrk(word, "*?[") != NULL;
}

/* Ids that the word names in the library: itself, a glob, or a folder. */
static size_t select_in_library(const struct listing *library, const char *word,
                                struct listing *ret)
{
    AUTO(xfree) char *folder = xasprintf("%s/", word);
    size_t n = 0;
    for (size_t i = 0; i < library->ids.len; i++) {
        const char *id = library->ids.items[i];
        bool fits = strcmp(id, word) == 0 || (is_glob(word) && fnmatch(word, id, 0) == 0) ||
                    cstr_starts(id, folder);
        if (!fits)
            continue;
        listing_add(ret, id, library->files.items[i]);
        n++;
    }
    return n;
}

/* A path that leads into the library is the library's scenario. */
static bool select_by_file(const struct listing *library, const char *path, struct listing *ret)
{
    AUTO(xfree) char *real = realpath(path, NULL);
    for (size_t i = 0; real != NULL && i < library->files.len; i++) {
        AUTO(xfree) char *other = realpath(library->files.items[i], NULL);
        if (cstr_eq(real, other)) {
            listing_add(ret, library->ids.items[i], library->files.items[i]);
            return true;
        }
    }
    return false;
}

static int select_folder(const struct listing *library, const char *word, struct listing *ret,
                         struct err *err)
{
    AUTO(listing_deinit) struct listing own = {0};
    AUTO(xfree) char *setup = path_join(word, "setup.yaml");
    if (file_exists(setup))
        return err_set(err, ERR_USAGE, "'%s' is a setup, not a folder of scenarios: --setup %s",
                       word, word);
    if (list_folder(word, word, &own, err) != 0)
        return -1;
    if (own.ids.len == 0)
        return err_set(err, ERR_USAGE, "no scenario (a file *" SUFFIX ") below '%s'", word);
    for (size_t i = 0; i < own.ids.len; i++) {
        if (!select_by_file(library, own.files.items[i], ret))
            listing_add(ret, own.ids.items[i], own.files.items[i]);
    }
    return 0;
}

static const char *id_at(const void *ctx, size_t i)
{
    const struct listing *l = ctx;
    return i < l->ids.len ? l->ids.items[i] : NULL;
}

static int select_word(const struct listing *library, const char *word, struct listing *ret,
                       struct err *err)
{
    if (select_in_library(library, word, ret) > 0)
        return 0;
    if (file_is_dir(word))
        return select_folder(library, word, ret, err);
    if (file_exists(word)) {
        if (!select_by_file(library, word, ret))
            listing_add(ret, word, word);
        return 0;
    }
    if (is_glob(word))
        return err_set(err, ERR_USAGE, "no scenario fits '%s'", word);
    const char *near = str_nearest_of(word, id_at, library);
    return near != NULL
               ? err_set(err, ERR_USAGE, "unknown scenario '%s'; did you mean '%s'?", word, near)
               : err_set(err, ERR_USAGE,
                         "unknown scenario '%s'; `rolecall list scenarios` names them", word);
}

/* ---- loading ---- */

static int by_id(const void *a, const void *b)
{
    const struct scenario *const *x = a;
    const struct scenario *const *y = b;
    return strcmp((*x)->id, (*y)->id);
}

static int load_all(const struct listing *l, const char *tag, const struct scenario_vocabulary *v,
                    struct scenario_set *ret, struct err *err)
{
    ret->items = xcalloc(l->ids.len + 1, sizeof *ret->items);
    for (size_t i = 0; i < l->ids.len; i++) {
        AUTO(scenario_free) struct scenario *s = NULL;
        if (scenario_load(l->files.items[i], l->ids.items[i], v, &s, err) != 0)
            return -1;
        if (tag != NULL && !scenario_has_tag(s, tag))
            continue;
        ret->items[ret->len++] = s;
        s = NULL;
    }
    qsort(ret->items, ret->len, sizeof *ret->items, by_id);
    return 0;
}

int scenario_find(const char *dir, const char *const *words, size_t words_len, const char *tag,
                  const struct scenario_vocabulary *v, struct scenario_set *ret, struct err *err)
{
    AUTO(listing_deinit) struct listing library = {0};
    AUTO(listing_deinit) struct listing chosen = {0};
    AUTO(scenario_set_deinit) struct scenario_set set = {0};
    if (list_folder(dir, NULL, &library, err) != 0)
        return -1;
    for (size_t i = 0; i < words_len; i++) {
        if (select_word(&library, words[i], &chosen, err) != 0)
            return -1;
    }
    if (load_all(words_len > 0 ? &chosen : &library, tag, v, &set, err) != 0)
        return -1;
    if (set.len == 0 && tag != NULL)
        return err_set(err, ERR_USAGE, "no scenario has the tag '%s'", tag);
    if (set.len == 0)
        return err_set(err, ERR_USAGE, "no scenario below '%s'", dir);
    *ret = set;
    set = (struct scenario_set){0};
    return 0;
}

int scenario_ids(const char *dir, struct strlist *ret, struct err *err)
{
    AUTO(listing_deinit) struct listing library = {0};
    if (list_folder(dir, NULL, &library, err) != 0)
        return -1;
    for (size_t i = 0; i < library.ids.len; i++)
        strlist_add(ret, library.ids.items[i]);
    return 0;
}

void scenario_set_deinit(struct scenario_set *s)
{
    for (size_t i = 0; i < s->len; i++)
        scenario_free(s->items[i]);
    xfree(s->items);
    *s = (struct scenario_set){0};
}
