/*
 * YAML documents to JSON values, event by event, with the line and column of every key and value
 * kept beside them, and block-style YAML back. What scalars mean is yaml_scalar.c's.
 */
#include "harness/data/yaml.h"

#include <string.h>
#include <yaml.h>

#include "harness/base/buf.h"
#include "harness/base/map.h"
#include "harness/data/utf8.h"
#include "harness/data/yaml_scalar.h"

#define MAX_DEPTH 64
#define MAX_ALIASED 100000 /* values that aliases may add to one document */
#define MAX_TEXT JS_MAX_TEXT
#define MANY 256 /* places: fewer are looked through as fast as a map is made */

struct place {
    char *pointer;
    int line, column;
    int key_line, key_column; /* 0 for a value without a key */
    int indent;               /* of a block scalar's lines */
};

struct yaml_places {
    struct place *items;
    size_t len;
    size_t cap;
    struct map first; /* of many: struct place *, the first of its pointer */
};

struct anchor {
    char *name;
    struct js *value;
};

/* One parse. Owns the parser, the anchors and, until it is handed over, the places. */
struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    struct str text;
    const char *name;
    int first_line;
    enum yaml_scalars scalars;
    struct yaml_places *places;
    struct anchor *anchors;
    size_t anchors_len, anchors_cap;
    size_t aliased;
    int depth;
    struct err *err;
};

/* Where a value goes: its JSON pointer and the place of its key, if it has one. */
struct spot {
    const char *pointer;
    int key_line, key_column;
};

struct yaml_places *yaml_places_free(struct yaml_places *p)
{
    if (!p) {
        return NULL;
    }
    for (size_t i = 0; i < p->len; i++) {
        xfree(p->items[i].pointer);
    }
    map_deinit(&p->first);
    xfree(p->items);
    return xfree(p);
}

static void reader_deinit(struct reader *r)
{
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    for (size_t i = 0; i < r->anchors_len; i++) {
        xfree(r->anchors[i].name);
        js_free(r->anchors[i].value);
    }
    xfree(r->anchors);
    yaml_places_free(r->places);
}

DEFINE_AUTO_VALUE(struct reader, reader_deinit)

static int line_of(const struct reader *r, yaml_mark_t mark)
{
    return (int)mark.line + 1 + r->first_line;
}

static int fail_at(struct reader *r, yaml_mark_t mark, const char *problem)
{
    return err_set_at(r->err, ERR_PARSE, r->name, line_of(r, mark), (int)mark.column + 1, "%s",
                      problem);
}

static int next_event(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event) != 0) {
        return 0;
    }
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "bad YAML";
    if (p->error == YAML_MEMORY_ERROR) {
        mem_exhausted();
    }
    if (p->error == YAML_READER_ERROR) {
        int line = 0;
        int column = 0;
        utf8_place(r->text, p->problem_offset, &line, &column);
        return err_set_at(r->err, ERR_PARSE, r->name, line + r->first_line, column, "%s", problem);
    }
    if (p->context == NULL || p->context_mark.line >= p->problem_mark.line)
        return fail_at(r, p->problem_mark, problem);
    /* A quote that nobody closed is noticed at the end of the file; the mistake is where it began.
     * The text may stand within another file: lines are counted from the place. */
    size_t above = p->problem_mark.line - p->context_mark.line;
    return err_set_at(r->err, ERR_PARSE, r->name, line_of(r, p->problem_mark),
                      (int)p->problem_mark.column + 1, "%s (%s that began %zu line%s above)",
                      problem, p->context, above, above == 1 ? "" : "s");
}

/* A block scalar's place is its first text line, which begins after the line of its "|". */
static void place_of_block(const struct reader *r, yaml_mark_t mark, int *line, int *column)
{
    struct str rest = r->text;
    struct str piece = {0};

    *line = line_of(r, mark) + 1;
    *column = 1;
    for (size_t i = 0; i <= mark.line + 1; i++) {
        if (!str_next(&rest, '\n', &piece)) {
            return;
        }
    }
    while (piece.len > 0 && piece.ptr[0] == ' ') {
        piece.ptr++;
        piece.len--;
        (*column)++;
    }
}

static void remember_place(struct reader *r, const struct spot *spot)
{
    struct yaml_places *p = r->places;
    const yaml_event_t *e = &r->event;
    struct place place = {
        .pointer = xstrdup(spot->pointer),
        .line = line_of(r, e->start_mark),
        .column = (int)e->start_mark.column + 1,
        .key_line = spot->key_line,
        .key_column = spot->key_column,
    };

    if (e->type == YAML_SCALAR_EVENT && (e->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
                                         e->data.scalar.style == YAML_FOLDED_SCALAR_STYLE)) {
        place_of_block(r, e->start_mark, &place.line, &place.column);
        /* A folded text's lines are others than the file's. */
        place.indent = e->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ? place.column - 1 : 0;
    }
    if (p->len == p->cap) {
        p->cap = p->cap == 0 ? 64 : p->cap * 2;
        p->items = xrealloc(p->items, p->cap * sizeof *p->items);
    }
    p->items[p->len++] = place;
}

static void remember_anchor(struct reader *r, char *name, const struct js *value)
{
    if (r->anchors_len == r->anchors_cap) {
        r->anchors_cap = r->anchors_cap == 0 ? 8 : r->anchors_cap * 2;
        r->anchors = xrealloc(r->anchors, r->anchors_cap * sizeof *r->anchors);
    }
    r->anchors[r->anchors_len++] = (struct anchor){name, js_dup(value)};
}

static size_t count_values(const struct js *j)
{
    size_t n = 1;

    for (size_t i = 0; js_is(j, JS_ARRAY) && i < js_len(j); i++) {
        n += count_values(js_at(j, i));
    }
    if (js_is(j, JS_OBJECT)) {
        for (struct js_iter it = js_iter(j); js_next(&it);) {
            n += count_values(it.value);
        }
    }
    return n;
}

static int read_alias(struct reader *r, struct js **ret)
{
    const char *name = (const char *)r->event.data.alias.anchor;

    for (size_t i = r->anchors_len; i > 0; i--) {
        const struct anchor *a = &r->anchors[i - 1];
        if (strcmp(a->name, name) != 0) {
            continue;
        }
        r->aliased += count_values(a->value);
        if (r->aliased > MAX_ALIASED) {
            return fail_at(r, r->event.start_mark, "document contains excessive aliasing");
        }
        *ret = js_dup(a->value);
        return 0;
    }
    return err_set_at(r->err, ERR_PARSE, r->name, line_of(r, r->event.start_mark),
                      (int)r->event.start_mark.column + 1, "unknown anchor '%.100s' referenced",
                      name);
}

/* "!Find", neither "!" nor one of YAML's own. */
static bool is_own_tag(const char *tag)
{
    return tag && tag[0] == '!' && tag[1] != '\0' && !cstr_starts(tag, "!!");
}

static int read_scalar(struct reader *r, struct js **ret)
{
    const yaml_event_t *e = &r->event;
    struct str text = {(const char *)e->data.scalar.value, e->data.scalar.length};
    bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    const char *tag = (const char *)e->data.scalar.tag;
    struct err why = {0};

    if (text.len > 0 && memchr(text.ptr, '\0', text.len)) {
        return fail_at(r, e->start_mark, "NUL character in a scalar");
    }
    if (r->scalars == YAML_TAGGED && is_own_tag(tag)) {
        *ret = js_stringn(text.ptr, text.len);
        return 0;
    }
    /* "!" alone is the tag that forbids typing (YAML 1.1 4.5.4). */
    if (r->scalars == YAML_ALL_TEXT) {
        bool null = plain && !tag && yaml_scalar_is_null(text);
        *ret = null ? js_null() : js_stringn(text.ptr, text.len);
        return 0;
    }
    if (yaml_scalar(text, tag, plain, ret, &why) < 0) {
        return fail_at(r, e->start_mark, why.msg);
    }
    return 0;
}

static int read_value(struct reader *r, const struct spot *spot, struct js **ret);

static char *pointer_below(const char *pointer, const char *key)
{
    AUTO(buf_deinit) struct buf b = {0};

    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, pointer);
    buf_addc(&b, '/');
    for (; *key != '\0'; key++) { /* RFC 6901 3 */
        if (*key == '~') {
            buf_adds(&b, "~0");
        } else if (*key == '/') {
            buf_adds(&b, "~1");
        } else {
            buf_addc(&b, *key);
        }
    }
    return buf_take(&b);
}

static int read_sequence(struct reader *r, const char *pointer, struct js *array)
{
    for (;;) {
        if (next_event(r) < 0) {
            return -1;
        }
        if (r->event.type == YAML_SEQUENCE_END_EVENT) {
            return 0;
        }
        AUTO(xfree) char *below = xasprintf("%s/%zu", pointer, js_len(array));
        struct spot spot = {.pointer = below};
        struct js *value = NULL;
        if (read_value(r, &spot, &value) < 0) {
            return -1;
        }
        js_append(array, value);
    }
}

/* The current event as a mapping key. ret_merge says that it is the "<<" of YAML 1.1. */
static int read_key(struct reader *r, char **ret, bool *ret_merge)
{
    AUTO(js_free) struct js *key = NULL;
    const yaml_event_t *e = &r->event;

    if (e->type == YAML_ALIAS_EVENT) {
        if (read_alias(r, &key) < 0) {
            return -1;
        }
    } else if (e->type == YAML_SCALAR_EVENT) {
        const char *tag = (const char *)e->data.scalar.tag;
        bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        *ret_merge = cstr_eq((const char *)e->data.scalar.value, "<<") &&
                     (tag ? strcmp(tag, YAML_TAG_PREFIX "merge") == 0 : plain);
        if (read_scalar(r, &key) < 0) {
            return -1;
        }
        if (e->data.scalar.anchor) {
            remember_anchor(r, xstrdup((const char *)e->data.scalar.anchor), key);
        }
    }
    if (!key || js_is(key, JS_OBJECT) || js_is(key, JS_ARRAY)) {
        return fail_at(r, e->start_mark, "a mapping key must be a scalar");
    }
    *ret = yaml_scalar_key(key);
    if (!*ret) {
        return fail_at(r, e->start_mark, "a mapping key must not be null");
    }
    return 0;
}

static void merge_one(struct js *object, const struct js *from)
{
    for (struct js_iter it = js_iter(from); js_next(&it);) {
        js_set(object, it.key, js_dup(it.value));
    }
}

/* "<<: *a" or "<<: [*a, *b]", where the earlier wins. As in go-yaml v2, what is merged replaces
 * keys written before it. */
static int merge(struct reader *r, yaml_mark_t mark, struct js *object, const struct js *from)
{
    if (js_is(from, JS_OBJECT)) {
        merge_one(object, from);
        return 0;
    }
    for (size_t i = js_len(from); js_is(from, JS_ARRAY) && i > 0; i--) {
        if (!js_is(js_at(from, i - 1), JS_OBJECT)) {
            return fail_at(r, mark, "map merge requires map or sequence of maps as the value");
        }
        merge_one(object, js_at(from, i - 1));
    }
    if (!js_is(from, JS_ARRAY)) {
        return fail_at(r, mark, "map merge requires map or sequence of maps as the value");
    }
    return 0;
}

/* One "key: value" whose key is the current event. `written` holds the keys that stand in the text,
 * because a merged key may be written again. */
static int read_member(struct reader *r, const char *pointer, struct js *object, struct js *written)
{
    AUTO(xfree) char *key = NULL;
    AUTO(js_free) struct js *value = NULL;
    yaml_mark_t mark = r->event.start_mark;
    bool is_merge = false;

    if (read_key(r, &key, &is_merge) < 0) {
        return -1;
    }
    if (js_get(written, key)) {
        return err_set_at(r->err, ERR_PARSE, r->name, line_of(r, mark), (int)mark.column + 1,
                          "key '%.200s' is already set in this map", key);
    }
    js_set(written, key, js_null());
    AUTO(xfree) char *below = pointer_below(pointer, key);
    struct spot spot = {below, line_of(r, mark), (int)mark.column + 1};
    if (next_event(r) < 0 || read_value(r, &spot, &value) < 0) {
        return -1;
    }
    if (is_merge) {
        return merge(r, mark, object, value);
    }
    js_set(object, key, value);
    value = NULL;
    return 0;
}

static int read_mapping(struct reader *r, const char *pointer, struct js *object)
{
    AUTO(js_free) struct js *written = js_object();

    for (;;) {
        if (next_event(r) < 0) {
            return -1;
        }
        if (r->event.type == YAML_MAPPING_END_EVENT) {
            return 0;
        }
        if (read_member(r, pointer, object, written) < 0) {
            return -1;
        }
    }
}

static const char *anchor_of(const yaml_event_t *e)
{
    if (e->type == YAML_SCALAR_EVENT) {
        return (const char *)e->data.scalar.anchor;
    }
    if (e->type == YAML_SEQUENCE_START_EVENT) {
        return (const char *)e->data.sequence_start.anchor;
    }
    return e->type == YAML_MAPPING_START_EVENT ? (const char *)e->data.mapping_start.anchor : NULL;
}

static const char *tag_of(const yaml_event_t *e)
{
    if (e->type == YAML_SCALAR_EVENT) {
        return (const char *)e->data.scalar.tag;
    }
    if (e->type == YAML_SEQUENCE_START_EVENT) {
        return (const char *)e->data.sequence_start.tag;
    }
    return e->type == YAML_MAPPING_START_EVENT ? (const char *)e->data.mapping_start.tag : NULL;
}

/* {"!Find": value} for a value with such a tag. */
static struct js *tagged(const struct reader *r, const char *tag, struct js *take)
{
    if (r->scalars != YAML_TAGGED || !is_own_tag(tag)) {
        return take;
    }
    struct js *outer = js_object();
    js_set(outer, tag, take);
    return outer;
}

/* The value that begins with the current event; the current event is its last one afterwards. */
static int read_value(struct reader *r, const struct spot *spot, struct js **ret)
{
    AUTO(js_free) struct js *value = NULL;
    AUTO(xfree) char *anchor = anchor_of(&r->event) ? xstrdup(anchor_of(&r->event)) : NULL;
    AUTO(xfree) char *tag = tag_of(&r->event) ? xstrdup(tag_of(&r->event)) : NULL;
    yaml_event_type_t type = r->event.type;
    int rc = 0;

    if (r->depth >= MAX_DEPTH) {
        return fail_at(r, r->event.start_mark, "nesting deeper than 64 levels");
    }
    remember_place(r, spot);
    r->depth++;
    if (type == YAML_ALIAS_EVENT) {
        rc = read_alias(r, &value);
    } else if (type == YAML_SCALAR_EVENT) {
        rc = read_scalar(r, &value);
    } else if (type == YAML_SEQUENCE_START_EVENT) {
        value = js_array();
        rc = read_sequence(r, spot->pointer, value);
    } else {
        value = js_object();
        rc = read_mapping(r, spot->pointer, value);
    }
    r->depth--;
    if (rc < 0) {
        return -1;
    }
    value = tagged(r, tag, value);
    if (anchor) {
        remember_anchor(r, anchor, value);
        anchor = NULL;
    }
    *ret = value;
    value = NULL;
    return 0;
}

static int read_document(struct reader *r, struct js **ret)
{
    AUTO(js_free) struct js *value = NULL;
    struct spot root = {.pointer = ""};

    if (next_event(r) < 0 || next_event(r) < 0) { /* stream start, document start */
        return -1;
    }
    if (r->event.type == YAML_STREAM_END_EVENT) {
        *ret = js_null();
        return 0;
    }
    if (next_event(r) < 0 || read_value(r, &root, &value) < 0) {
        return -1;
    }
    if (next_event(r) < 0 || next_event(r) < 0) { /* document end, then what follows */
        return -1;
    }
    if (r->event.type != YAML_STREAM_END_EVENT) {
        return fail_at(r, r->event.start_mark, "a second document in one text");
    }
    *ret = value;
    value = NULL;
    return 0;
}

int yaml_parse(struct str text, const char *name, int first_line, enum yaml_scalars scalars,
               struct js **ret, struct yaml_places **ret_places, struct err *err)
{
    if (text.len > MAX_TEXT) {
        return err_set_at(err, ERR_PARSE, name, 0, 0, "YAML text larger than %lu bytes", MAX_TEXT);
    }
    AUTO(reader_deinit)
    struct reader r = {
        .text = text,
        .name = name,
        .first_line = first_line,
        .scalars = scalars,
        .places = xcalloc(1, sizeof *r.places),
        .err = err,
    };
    if (yaml_parser_initialize(&r.parser) == 0) {
        mem_exhausted(); /* it fails for nothing else */
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                 text.len);
    if (read_document(&r, ret) < 0) {
        return -1;
    }
    for (size_t i = 0; ret_places && r.places->len >= MANY && i < r.places->len; i++) {
        map_add(&r.places->first, r.places->items[i].pointer, &r.places->items[i]);
    }
    if (ret_places) {
        *ret_places = r.places;
        r.places = NULL;
    }
    return 0;
}

static const struct place *find(const struct yaml_places *p, const char *pointer, bool key)
{
    const struct place *at = p ? p->items : NULL;
    const struct place *end = p ? p->items + p->len : NULL;
    if (p && p->len >= MANY) {
        at = map_get(&p->first, pointer);
    }
    for (; at && at < end; at++) {
        if (strcmp(at->pointer, pointer) == 0 && (!key || at->key_line != 0)) {
            return at;
        }
    }
    return NULL;
}

bool yaml_place(const struct yaml_places *p, const char *pointer, bool key, int *ret_line,
                int *ret_column)
{
    const struct place *at = find(p, pointer, key);
    if (!at) {
        return false;
    }
    *ret_line = key ? at->key_line : at->line;
    *ret_column = key ? at->key_column : at->column;
    return true;
}

bool yaml_place_text(const struct yaml_places *p, const char *pointer, int *ret_line,
                     int *ret_column, int *ret_indent)
{
    const struct place *at = find(p, pointer, false);
    *ret_indent = at ? at->indent : 0;
    return yaml_place(p, pointer, false, ret_line, ret_column);
}

bool yaml_place_at(const struct yaml_places *p, size_t i, const char **ret_pointer, int *ret_line,
                   int *ret_column, int *ret_indent)
{
    if (!p || i >= p->len) {
        return false;
    }
    *ret_pointer = p->items[i].pointer;
    *ret_line = p->items[i].line;
    *ret_column = p->items[i].column;
    *ret_indent = p->items[i].indent;
    return true;
}
