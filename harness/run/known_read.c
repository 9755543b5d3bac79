/*
 * The reader of --known files: lines of one to three words. It knows the grammar and which names
 * there are, nothing of results.
 */
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/run/known.h"

/* One line being read. */
struct line {
    const char *file;
    int number;
    const char *start;
    struct str rest;
};

struct word {
    char *text; /* NULL at the end of the line */
    bool quoted;
    int column;
};

static void word_deinit(struct word *w)
{
    xfree(w->text);
    *w = (struct word){0};
}
DEFINE_AUTO_VALUE(struct word, word_deinit)

static int column_of(const struct line *l)
{
    return (int)(l->rest.ptr - l->start) + 1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip(struct line *l, size_t n)
{
    l->rest.ptr += n;
    l->rest.len -= n;
}

/* Length of the quoted word at the start of s, with both quotes; 0 if it does not end. */
static size_t quoted_length(struct str s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            return i + 1;
    }
    return 0;
}

static int read_quoted(struct line *l, struct word *ret, struct err *err)
{
    size_t len = quoted_length(l->rest);
    if (len == 0)
        return err_set_at(err, ERR_USAGE, l->file, l->number, ret->column,
                          "the text has no closing '\"'");
    AUTO(xfree) char *array = xasprintf("[%.*s]", (int)len, l->rest.ptr);
    AUTO(js_free) struct js *parsed = NULL;
    struct err why = {0};
    if (js_parse(str_of(array), "", &parsed, &why) != 0 || js_text(js_at(parsed, 0)) == NULL)
        return err_set_at(err, ERR_USAGE, l->file, l->number, ret->column,
                          "the text is no JSON string: %s", why.msg);
    ret->text = xstrdup(js_text(js_at(parsed, 0)));
    ret->quoted = true;
    skip(l, len);
    if (l->rest.len > 0 && !is_blank(l->rest.ptr[0]))
        return err_set_at(err, ERR_USAGE, l->file, l->number, column_of(l),
                          "a blank is missing after the text");
    if (ret->text[0] == '\0')
        return err_set_at(err, ERR_USAGE, l->file, l->number, ret->column,
                          "an empty text is in everything");
    return 0;
}

/* The next word, up to the end of the line or a comment. */
static int next_word(struct line *l, struct word *ret, struct err *err)
{
    *ret = (struct word){0};
    while (l->rest.len > 0 && is_blank(l->rest.ptr[0]))
        skip(l, 1);
    ret->column = column_of(l);
    if (l->rest.len == 0 || l->rest.ptr[0] == '#')
        return 0;
    if (l->rest.ptr[0] == '"')
        return read_quoted(l, ret, err);
    size_t len = 0;
    while (len < l->rest.len && !is_blank(l->rest.ptr[len]))
        len++;
    ret->text = xstrndup(l->rest.ptr, len);
    skip(l, len);
    return 0;
}

static const char *check_at(const void *ctx, size_t i)
{
    (void)ctx;
    return run_vocabulary()->check_at(i);
}

static int check_name(const struct line *l, const struct word *w, struct err *err)
{
    for (size_t i = 0; check_at(NULL, i) != NULL; i++)
        if (strcmp(check_at(NULL, i), w->text) == 0)
            return 0;
    const char *near = str_nearest_of(w->text, check_at, NULL);
    return near != NULL ? err_set_at(err, ERR_USAGE, l->file, l->number, w->column,
                                     "unknown check '%s'; did you mean '%s'?", w->text, near)
                        : err_set_at(err, ERR_USAGE, l->file, l->number, w->column,
                                     "unknown check '%s'; a text stands in double quotes, and "
                                     "`rolecall list checks` names the checks",
                                     w->text);
}

static char *take(struct word *w)
{
    char *text = w->text;
    w->text = NULL;
    return text;
}

static int refuse_word(const struct line *l, const struct word *w, const char *why, struct err *err)
{
    return err_set_at(err, ERR_USAGE, l->file, l->number, w->column, "'%s': %s", w->text, why);
}

/* CHECK "TEXT", either or both. */
static int read_pins(struct line *l, struct known_entry *e, struct err *err)
{
    AUTO(word_deinit) struct word second = {0};
    AUTO(word_deinit) struct word third = {0};
    AUTO(word_deinit) struct word more = {0};
    if (next_word(l, &second, err) != 0)
        return -1;
    if (second.text != NULL && second.quoted) {
        e->text = take(&second);
    } else if (second.text != NULL) {
        if (check_name(l, &second, err) != 0 || next_word(l, &third, err) != 0)
            return -1;
        if (third.text != NULL && !third.quoted)
            return refuse_word(l, &third, "the text of an entry stands in double quotes", err);
        e->check_column = second.column;
        e->check = take(&second);
        e->text = take(&third);
    }
    if (next_word(l, &more, err) != 0)
        return -1;
    return more.text == NULL ? 0
                             : refuse_word(l, &more,
                                           "an entry ends after the scenario, the check and the "
                                           "text",
                                           err);
}

static void entry_deinit(struct known_entry *e)
{
    xfree(e->scenario);
    xfree(e->check);
    xfree(e->text);
    *e = (struct known_entry){0};
}
DEFINE_AUTO_VALUE(struct known_entry, entry_deinit)

static void add(struct known_list *l, struct known_entry *e)
{
    if (l->len == l->cap) {
        l->cap = l->cap == 0 ? 16 : l->cap * 2;
        l->items = xrealloc(l->items, l->cap * sizeof(*l->items));
    }
    l->items[l->len++] = *e;
    *e = (struct known_entry){0};
}

static int read_line(struct line *l, struct known_list *ret, struct err *err)
{
    AUTO(word_deinit) struct word id = {0};
    AUTO(entry_deinit) struct known_entry e = {.file = l->file, .line = l->number};
    if (next_word(l, &id, err) != 0)
        return -1;
    if (id.text == NULL)
        return 0;
    e.column = id.column;
    e.scenario = take(&id);
    if (read_pins(l, &e, err) != 0)
        return -1;
    add(ret, &e);
    return 0;
}

void known_list_deinit(struct known_list *l)
{
    for (size_t i = 0; i < l->len; i++)
        entry_deinit(&l->items[i]);
    xfree(l->items);
    xfree(l->file);
    *l = (struct known_list){0};
}

int known_read(const char *path, struct known_list *ret, struct err *err)
{
    AUTO(known_list_deinit) struct known_list list = {.file = xstrdup(path)};
    AUTO(xfree) char *text = NULL;
    size_t len = 0;
    if (file_read(path, FILE_MAX_TEXT, &text, &len, err) != 0) {
        err->code = ERR_USAGE;
        return -1;
    }
    struct str rest = {text, len};
    struct line line = {.file = list.file};
    while (str_next(&rest, '\n', &line.rest)) {
        line.number++;
        line.start = line.rest.ptr;
        if (line.rest.len > 0 && read_line(&line, &list, err) != 0)
            return -1;
    }
    *ret = list;
    list = (struct known_list){0};
    return 0;
}

static const char *id_at(const void *ctx, size_t i)
{
    const struct strlist *ids = ctx;
    return i < ids->len ? ids->items[i] : NULL;
}

int known_check_ids(const struct known_list *l, const struct strlist *ids, struct err *err)
{
    for (size_t i = 0; i < l->len; i++) {
        const struct known_entry *e = &l->items[i];
        if (strlist_has(ids, e->scenario) || file_exists(e->scenario))
            continue;
        const char *near = str_nearest_of(e->scenario, id_at, ids);
        return near != NULL
                   ? err_set_at(err, ERR_USAGE, e->file, e->line, e->column,
                                "unknown scenario '%s'; did you mean '%s'?", e->scenario, near)
                   : err_set_at(err, ERR_USAGE, e->file, e->line, e->column,
                                "unknown scenario '%s'; `rolecall list scenarios` names them",
                                e->scenario);
    }
    return 0;
}
