/*
 * Readers of texts, words and lists from a scenario file, each of which names file, line and column
 * when it finds something else, and the nearest known name for a wrong word.
 */
#include "harness/scenario/reader.h"

#include <stdarg.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

struct node reader_member(struct reader *r, const struct node *n, const char *key)
{
    const struct js *value = js_get(n->value, key);
    return (struct node){js_is(value, JS_NULL) ? NULL : value,
                         arena_printf(r->arena, "%s/%s", n->pointer, key)};
}

struct node reader_element(struct reader *r, const struct node *n, size_t i)
{
    return (struct node){js_at(n->value, i), arena_printf(r->arena, "%s/%zu", n->pointer, i)};
}

const struct js *reader_typed(const struct reader *r, const char *pointer)
{
    const struct js *at = r->typed;
    struct str rest = str_of(pointer);
    struct str piece = {0};
    bool first = true;
    while (str_next(&rest, '/', &piece)) {
        AUTO(xfree) char *key = xstrndup(piece.len > 0 ? piece.ptr : "", piece.len);
        int64_t i = 0;
        if (first) {
            first = false; /* before the first slash there is nothing */
            continue;
        }
        if (js_is(at, JS_ARRAY))
            at = str_to_i64(piece, 0, INT32_MAX, &i) == 0 ? js_at(at, (size_t)i) : NULL;
        else
            at = js_get(at, key);
    }
    return at;
}

int reader_line(const struct reader *r, const char *pointer)
{
    int line = 0;
    int column = 0;
    (void)yaml_place(r->places, pointer, false, &line, &column);
    return line;
}

void reader_place(const struct reader *r, const char *pointer, int *ret_line, int *ret_column)
{
    (void)yaml_place(r->places, pointer, false, ret_line, ret_column);
}

/* "/steps/0/login" as it stands in a twin: "/twin/steps/1/login", for a map of numbers counts from
 * one. */
static char *in_twin(const char *pointer, bool numbered)
{
    AUTO(buf_deinit) struct buf b = {0};
    struct str rest = str_of(pointer);
    struct str piece = {0};
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, "/twin");
    (void)str_next(&rest, '/', &piece);
    while (rest.ptr != NULL && str_next(&rest, '/', &piece)) {
        int64_t n = 0;
        if (numbered && str_to_i64(piece, 0, INT32_MAX, &n) == 0)
            buf_addf(&b, "/%lld", (long long)n + 1);
        else
            buf_addf(&b, "/%.*s", STR_ARG(piece));
    }
    return buf_take(&b);
}

/* Where the twin says it, or the nearest around it; at the last the key itself. */
static void place_in_twin(const struct reader *r, const char *pointer, int *line, int *column)
{
    AUTO(xfree) char *plain = in_twin(pointer, false);
    AUTO(xfree) char *numbered = in_twin(pointer, true);
    size_t found = 0;
    for (char *p = plain; p != NULL; p = p == plain ? numbered : NULL) {
        for (size_t len = strlen(p); len > found; len = strlen(p)) {
            if (yaml_place(r->places, p, false, line, column))
                found = len;
            else
                *strrchr(p, '/') = '\0';
        }
    }
}

static int fail_at(struct reader *r, const char *pointer, bool at_key, const char *fmt,
                   va_list args) PRINTF_LIKE(4, 0);

static int fail_at(struct reader *r, const char *pointer, bool at_key, const char *fmt,
                   va_list args)
{
    AUTO(buf_deinit) struct buf text = {0};
    int line = 0;
    int column = 0;
    buf_init(&text, BUF_MAX_TEXT);
    buf_vaddf(&text, fmt, args);
    if (r->is_twin) {
        place_in_twin(r, pointer, &line, &column);
        return err_set_at(r->err, ERR_USAGE, r->file, line, column, "twin: %s", text.ptr);
    }
    if (!at_key || !yaml_place(r->places, pointer, true, &line, &column))
        (void)yaml_place(r->places, pointer, false, &line, &column);
    return err_set_at(r->err, ERR_USAGE, r->file, line, column, "%s", text.ptr);
}

int reader_fail(struct reader *r, const char *pointer, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int rc = fail_at(r, pointer, false, fmt, args);
    va_end(args);
    return rc;
}

int reader_fail_key(struct reader *r, const char *pointer, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int rc = fail_at(r, pointer, true, fmt, args);
    va_end(args);
    return rc;
}

static char *join(const char *const *names)
{
    AUTO(strlist_deinit) struct strlist list = {0};
    for (const char *const *n = names; *n != NULL; n++)
        strlist_add(&list, *n);
    return strlist_join(&list, ", ");
}

struct names {
    const char *(*at)(size_t i);
};

static const char *name_at(const void *ctx, size_t i)
{
    const struct names *n = ctx;
    return n->at(i);
}

bool reader_knows(const char *(*at)(size_t i), const char *word, const char **ret_near)
{
    const struct names names = {at};
    *ret_near = NULL;
    for (size_t i = 0; at(i) != NULL; i++)
        if (strcmp(at(i), word) == 0)
            return true;
    *ret_near = str_nearest_of(word, name_at, &names);
    return false;
}

int reader_fail_unknown(struct reader *r, const char *pointer, bool at_key, const char *what,
                        const char *word, const char *const *known)
{
    const char *near = str_nearest(word, known);
    AUTO(xfree) char *all = join(known);
    AUTO(xfree)
    char *text = near != NULL       ? xasprintf("%s; did you mean '%s'?", what, near)
                 : known[0] != NULL ? xasprintf("%s; known are %s", what, all)
                                    : xasprintf("%s; it takes none", what);
    return at_key ? reader_fail_key(r, pointer, "%s", text) : reader_fail(r, pointer, "%s", text);
}

int reader_keys(struct reader *r, const struct node *n, const char *what, const char *const *known)
{
    if (!js_is(n->value, JS_OBJECT))
        return reader_fail(r, n->pointer, "%s is a map, found %s", what, js_type_name(n->value));
    for (struct js_iter it = js_iter(n->value); js_next(&it);) {
        if (cstr_among(it.key, known))
            continue;
        AUTO(xfree) char *pointer = xasprintf("%s/%s", n->pointer, it.key);
        AUTO(xfree) char *unknown = xasprintf("unknown key '%s' in %s", it.key, what);
        return reader_fail_unknown(r, pointer, true, unknown, it.key, known);
    }
    return 0;
}

int reader_text(struct reader *r, const struct node *n, const char *key, const char **ret)
{
    struct node member = reader_member(r, n, key);
    if (member.value == NULL)
        return 0;
    if (js_text(member.value) == NULL)
        return reader_fail(r, member.pointer, "'%s' is a text, found %s", key,
                           js_type_name(member.value));
    *ret = arena_strdup(r->arena, js_text(member.value));
    return 0;
}

int reader_word(struct reader *r, const struct node *n, const char *key, const char *const *words,
                const char **ret)
{
    const char *text = NULL;
    if (reader_text(r, n, key, &text) != 0)
        return -1;
    if (text != NULL && !cstr_among(text, words)) {
        struct node member = reader_member(r, n, key);
        AUTO(xfree) char *what = xasprintf("'%s' is '%s'", key, text);
        return reader_fail_unknown(r, member.pointer, false, what, text, words);
    }
    *ret = text != NULL ? text : *ret;
    return 0;
}

int reader_bool(struct reader *r, const struct node *n, const char *key, bool *ret)
{
    static const char *const words[] = {"true", "yes", "false", "no", NULL};
    const char *text = NULL;
    if (reader_word(r, n, key, words, &text) != 0)
        return -1;
    if (text != NULL)
        *ret = strcmp(text, "true") == 0 || strcmp(text, "yes") == 0;
    return 0;
}

int reader_list(struct reader *r, const struct node *n, const char *key, struct scenario_list *ret)
{
    struct node list = reader_member(r, n, key);
    if (list.value == NULL)
        return 0;
    if (!js_is(list.value, JS_ARRAY))
        return reader_fail(r, list.pointer, "'%s' is a list, found %s", key,
                           js_type_name(list.value));
    size_t len = js_len(list.value);
    const char **items = arena_alloc(r->arena, (len + 1) * sizeof *items);
    for (size_t i = 0; i < len; i++) {
        struct node item = reader_element(r, &list, i);
        if (js_text(item.value) == NULL)
            return reader_fail(r, item.pointer, "'%s' is a list of texts, found %s", key,
                               js_type_name(item.value));
        items[i] = arena_strdup(r->arena, js_text(item.value));
    }
    *ret = (struct scenario_list){.present = true, .items = items, .len = len};
    return 0;
}
