/*
 * What several subcommands need: errors to exit statuses, where the library lies, and the setup
 * with its patches.
 */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/buf.h"
#include "harness/base/file.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/data/utf8.h"
#include "harness/proof/proof.h"
#include "harness/setup/places.h"
#include "harness/setup/setup.h"

void cli_note(const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf b = {0};
    va_list args;
    buf_init(&b, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&b, fmt, args);
    va_end(args);
    AUTO(xfree) char *shown = utf8_visible_line((struct str){b.ptr, b.len});
    fprintf(stderr, "rolecall: %s\n", shown);
}

int cli_fail(const struct err *err)
{
    char text[1024];
    cli_note("%s", err_text(err, text, sizeof(text)));
    return err->code == ERR_USAGE || err->code == ERR_PARSE ? STATUS_USAGE : STATUS_ERROR;
}

int cli_number(const char *text, const char *option, int64_t min, int64_t max, int64_t otherwise,
               int64_t *ret, struct err *err)
{
    *ret = otherwise;
    if (text == NULL || str_to_i64(str_of(text), min, max, ret) == 0)
        return 0;
    return err_set(err, ERR_USAGE, "--%s: '%s' is no number from %lld to %lld", option, text,
                   (long long)min, (long long)max);
}

static char *beside_executable(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n <= 0)
        return NULL;
    path[n] = '\0';
    AUTO(xfree) char *dir = path_dir(path);
    return xasprintf("%s/../scenarios", dir);
}

char *cli_library(struct err *err)
{
    const char *given = getenv("ROLECALL_SCENARIOS");
    if (given != NULL) {
        if (file_is_dir(given))
            return xstrdup(given);
        err_set(err, ERR_USAGE, "ROLECALL_SCENARIOS: '%s' is no folder", given);
        return NULL;
    }
    if (file_exists("scenarios/guide/setup.yaml"))
        return xstrdup("scenarios");
    AUTO(xfree) char *beside = beside_executable();
    char real[PATH_MAX];
    if (beside == NULL || !file_is_dir(beside) || realpath(beside, real) == NULL) {
        err_set(err, ERR_USAGE,
                "no scenarios found: run in the project's folder or set ROLECALL_SCENARIOS");
        return NULL;
    }
    return xstrdup(real);
}

/* --patch JSON or @FILE. */
static int read_patch(const char *text, struct js **ret, struct err *err)
{
    if (text[0] != '@') {
        if (js_parse(str_of(text), "--patch", ret, err) != 0)
            return -1;
    } else {
        AUTO(xfree) char *content = NULL;
        size_t len = 0;
        if (file_read(text + 1, FILE_MAX_TEXT, &content, &len, err) != 0)
            return -1;
        if (js_parse((struct str){content, len}, text + 1, ret, err) != 0)
            return -1;
    }
    if (js_is(*ret, JS_OBJECT))
        return 0;
    err_set(err, ERR_USAGE, "--patch: expected a JSON object, found %s", js_type_name(*ret));
    *ret = js_free(*ret);
    return -1;
}

/* What a patch says is in none of the files any more. */
static void place_patch(struct places *at, const char *pointer, const struct js *patch)
{
    if (!js_is(patch, JS_OBJECT)) {
        places_add(at, pointer, "--patch", 0, 0);
        return;
    }
    for (struct js_iter it = js_iter(patch); js_next(&it);) {
        AUTO(xfree) char *below = places_below(pointer, it.key);
        place_patch(at, below, it.value);
    }
}

int cli_patch(const struct strlist *patches, struct js **doc, struct places *at, struct err *err)
{
    for (size_t i = 0; i < patches->len; i++) {
        AUTO(js_free) struct js *patch = NULL;
        if (read_patch(patches->items[i], &patch, err) != 0)
            return -1;
        if (at != NULL)
            place_patch(at, "", patch);
        struct js *next = js_merge_patch(*doc, patch);
        js_free(*doc);
        *doc = next;
    }
    return 0;
}

/* A file that the person named and that cannot be read is bad input. */
static int named_file(int rc, struct err *err)
{
    if (rc != 0 && err->code == ERR_IO)
        err->code = ERR_USAGE;
    return rc;
}

int cli_setup(const char *dir, const struct strlist *patches, struct js **ret_doc,
              char **ret_source, struct err *err)
{
    return cli_setup_placed(dir, patches, ret_doc, ret_source, NULL, err);
}

int cli_folder(const char *dir, struct js **ret, char **ret_source, struct places *at,
               struct err *err)
{
    AUTO(xfree) char *own = path_join(dir, "setup.yaml");
    bool bare = file_is_dir(dir) && !file_exists(own);
    if ((bare ? setup_read_files(&dir, 1, ret, at, err) : setup_read_placed(dir, ret, at, err)) !=
        0)
        return -1;
    *ret_source = xstrdup(bare ? dir : own);
    return 0;
}

struct made {
    const char *section, *key, *sub; /* where it stands in the document; sub may be NULL */
    const char *name;
};

static const struct made makeable[] = {
    {"argocd", "cm", "url", "Argo CD's url"},
    {"dex", "connectors", NULL, "Dex's connector"},
    {"authentik", "application", "slug", "the application"},
    {"authentik", "provider", NULL, "the provider"},
    {"authentik", "provider", "client_id", "its client"},
    {"authentik", "groups", NULL, "groups"},
    {"people", NULL, NULL, "people: one for each group (member1 …) and one for none (outsider)"},
    {NULL, NULL, NULL, NULL},
};

/* What the whole has and the files do not. Caller frees; NULL: nothing. */
static char *made_to_fit(const struct js *doc, const struct js *whole)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    for (const struct made *m = makeable; m->name != NULL; m++) {
        const struct js *before = js_path(doc, m->section, m->key, m->sub, NULL);
        const struct js *after = js_path(whole, m->section, m->key, m->sub, NULL);
        if (before == NULL && after != NULL)
            strlist_add(&names, m->name);
    }
    return names.len > 0 ? strlist_join(&names, ", ") : NULL;
}

/* Somebody who has Argo CD's files alone, or no word on where authentik is: the rest is made to fit
 * them, and that is said. Who has all but people gets some; a live authentik has its own. */
static void complete(struct js **doc, const char *source)
{
    bool has_url = js_path(*doc, "authentik", "url", NULL) != NULL;
    bool has_people = js_len(js_get(*doc, "people")) > 0;
    if (js_len(js_get(*doc, "argocd")) + js_len(js_get(*doc, "authentik")) == 0 ||
        (has_url && (has_people || js_path(*doc, "live", "authentik", NULL) != NULL)))
        return;
    struct js *whole = has_url ? proof_people(*doc) : proof_complete(*doc);
    AUTO(xfree) char *made = made_to_fit(*doc, whole);
    js_free(*doc);
    *doc = whole;
    if (!has_url)
        cli_note("%s: authentik is taken to be at %s", source,
                 js_text(js_path(*doc, "authentik", "url", NULL)));
    if (made != NULL)
        cli_note("%s: made to fit, as no file says it: %s", source, made);
}

int cli_setup_placed(const char *dir, const struct strlist *patches, struct js **ret_doc,
                     char **ret_source, struct places *at, struct err *err)
{
    AUTO(xfree) char *path = NULL;
    if (dir != NULL) {
        path = xstrdup(dir);
        if (file_exists(dir) && !file_is_dir(dir))
            return err_set(err, ERR_USAGE, "--setup: '%s' is a file; the folder it is in is wanted",
                           dir);
    } else {
        AUTO(xfree) char *library = cli_library(err);
        if (library == NULL)
            return -1;
        path = path_join(library, "guide");
    }
    AUTO(js_free) struct js *doc = NULL;
    AUTO(xfree) char *source = NULL;
    if (named_file(cli_folder(path, &doc, &source, at, err), err) != 0 ||
        named_file(cli_patch(patches, &doc, at, err), err) != 0)
        return -1;
    complete(&doc, source);
    *ret_doc = doc;
    doc = NULL;
    *ret_source = source;
    source = NULL;
    return 0;
}

void cli_shell_word(struct buf *b, const char *word)
{
    static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "-_./=@:,+%";
    if (word[0] != '\0' && word[strspn(word, bare)] == '\0') {
        buf_adds(b, word);
        return;
    }
    buf_addc(b, '\'');
    for (; *word != '\0'; word++)
        if (*word == '\'')
            buf_adds(b, "'\\''");
        else
            buf_addc(b, *word);
    buf_addc(b, '\'');
}
