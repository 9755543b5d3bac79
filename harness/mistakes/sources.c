/*
 * A file's text, and where each of its lines begins.
 */
#include "harness/mistakes/sources.h"

#include <string.h>

#include "harness/base/file.h"
#include "harness/base/map.h"
#include "harness/base/vec.h"

struct source {
    char *file, *text;
    size_t len;
    size_t *begins; /* of lines, and past the last one's end */
    size_t lines;
};

struct sources {
    const struct places *at;
    struct vec all;
    struct map by_file;
};

struct sources *sources_new(const struct places *at)
{
    struct sources *s = xcalloc(1, sizeof *s);
    s->at = at;
    return s;
}

struct sources *sources_free(struct sources *s)
{
    if (s == NULL)
        return NULL;
    map_deinit(&s->by_file);
    for (size_t i = 0; i < s->all.len; i++) {
        struct source *one = s->all.items[i];
        xfree(one->file);
        xfree(one->text);
        xfree(one->begins);
        xfree(one);
    }
    vec_deinit(&s->all);
    return xfree(s);
}

static void find_lines(struct source *s)
{
    size_t most = 2;
    for (size_t i = 0; i < s->len; i++)
        most += s->text[i] == '\n' ? 1 : 0;
    s->begins = xcalloc(most, sizeof *s->begins);
    for (size_t i = 0; i < s->len; i++) {
        if (s->text[i] == '\n')
            s->begins[++s->lines] = i + 1;
    }
    s->begins[++s->lines] = s->len + 1;
}

/* A file that is not there (any more) has no lines. */
static struct source *source_of(struct sources *s, const char *file)
{
    struct source *found = map_get(&s->by_file, file);
    struct str kept = {0};
    if (found != NULL)
        return found;
    found = xcalloc(1, sizeof *found);
    found->file = xstrdup(file);
    if (places_kept(s->at, file, &kept)) {
        found->text = xstrndup(kept.ptr, kept.len);
        found->len = kept.len;
    } else if (file_read(file, FILE_MAX_TEXT, &found->text, &found->len, NULL) != 0) {
        found->text = NULL;
    }
    if (found->text != NULL)
        find_lines(found);
    vec_push(&s->all, found);
    map_add(&s->by_file, found->file, found);
    return found;
}

bool sources_line(struct sources *s, const char *file, int line, struct str *ret)
{
    const struct source *source = file[0] != '\0' && line > 0 ? source_of(s, file) : NULL;
    if (source == NULL || (size_t)line > source->lines)
        return false;
    size_t from = source->begins[line - 1];
    *ret = (struct str){source->text + from, source->begins[line] - 1 - from};
    return true;
}
