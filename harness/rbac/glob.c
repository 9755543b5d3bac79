/*
 * Reads a glob into a program, character by character as gobwas/glob 0.2.3 does: what it accepts,
 * refuses and takes for literal is its own (argocd.md 5.4). Knows nothing of policies; the program
 * and its lists belong to the glob.
 */
#include "harness/rbac/glob.h"

#include <string.h>

#include "harness/data/utf8.h"
#include "harness/rbac/glob_int.h"

#define MAX_PATTERN (64UL * 1024)
#define MAX_NESTING 100
#define NO_JUMP UINT32_MAX

struct reader {
    struct str rest;
    struct glob *out;
    int depth;     /* of braces */
    char items[8]; /* what stands outside braces, runs joined: 'T' text, '*', '1' a single
                      character; the first few are enough to know the shape */
    size_t item_count;
    bool negated_single;
};

/* ---- the program ---- */

static size_t emit(struct reader *r, struct glob_step step)
{
    struct glob *g = r->out;

    if (g->len == g->cap) {
        g->cap = g->cap ? g->cap * 2 : 16;
        g->steps = xrealloc(g->steps, g->cap * sizeof *g->steps);
    }
    g->steps[g->len] = step;
    return g->len++;
}

static void list_add(struct glob *g, uint32_t c)
{
    if (g->listed_len == g->listed_cap) {
        g->listed_cap = g->listed_cap ? g->listed_cap * 2 : 16;
        g->listed = xrealloc(g->listed, g->listed_cap * sizeof *g->listed);
    }
    g->listed[g->listed_len++] = c;
}

/* Remembers an item outside braces; a run of text or of stars is one item. */
static void note(struct reader *r, char item)
{
    if (r->depth > 0) {
        return;
    }
    bool joins = item != '1' && r->item_count > 0 && r->items[r->item_count - 1] == item;
    if (!joins && r->item_count < sizeof r->items - 1) {
        r->items[r->item_count++] = item;
    }
}

static void literal(struct reader *r, uint32_t c, const char *bytes, size_t n)
{
    note(r, 'T');
    bool second = memchr(r->items, '*', r->item_count) != NULL && r->items[0] == 'T';
    if (r->depth == 0) {
        buf_add(second ? &r->out->tail : &r->out->head, bytes, n);
    }
    (void)emit(r, (struct glob_step){.op = GLOB_CHAR, .a = c});
}

/* ---- characters ---- */

/* The next character without taking it; 0 at the end of the pattern. */
static uint32_t peek(const struct reader *r, size_t *ret_len)
{
    uint32_t c = 0;

    *ret_len = utf8_next(r->rest, &c);
    return *ret_len > 0 ? c : 0;
}

static uint32_t take(struct reader *r)
{
    size_t n = 0;
    uint32_t c = peek(r, &n);

    r->rest.ptr += n;
    r->rest.len -= n;
    return c;
}

/* Takes the character c if it is next. */
static bool accept(struct reader *r, uint32_t c)
{
    size_t n = 0;

    if (r->rest.len == 0 || peek(r, &n) != c) {
        return false;
    }
    (void)take(r);
    return true;
}

/* ---- brackets ---- */

/* A list up to its bracket; a backslash takes the next character as it is. */
static int read_list(struct reader *r, bool negated)
{
    size_t from = r->out->listed_len;

    while (r->rest.len > 0) {
        uint32_t c = take(r);
        if (c == ']') {
            size_t n = r->out->listed_len - from;
            (void)emit(r, (struct glob_step){GLOB_LIST, negated, (uint32_t)from, (uint32_t)n});
            return n > 0 ? 0 : -1;
        }
        if (c == '\\') {
            if (r->rest.len == 0) {
                return -1;
            }
            c = take(r);
        }
        list_add(r->out, c);
    }
    return -1;
}

/* Behind "[": "!" once, then either a-z and nothing else, or a list. */
static int read_bracket(struct reader *r)
{
    bool negated = accept(r, '!');
    struct reader ahead = *r;
    uint32_t lo = take(&ahead);

    note(r, '1');
    r->negated_single = negated;
    if (lo == 0 || !accept(&ahead, '-')) {
        return read_list(r, negated);
    }
    uint32_t hi = take(&ahead);
    r->rest = ahead.rest;
    if (hi == 0 || !accept(r, ']') || hi < lo) {
        return -1;
    }
    (void)emit(r, (struct glob_step){GLOB_RANGE, negated, lo, hi});
    return 0;
}

/* ---- the pattern ---- */

static int read_items(struct reader *r);

/* Behind "{": alternatives up to "}" or, as gobwas has it, the end of the pattern. Each but the
 * last is SPLIT to the next one, its items, JUMP to the end. */
static int read_braces(struct reader *r)
{
    uint32_t jumps = NO_JUMP; /* the JUMPs so far, chained through their target */

    note(r, '{');
    if (++r->depth > MAX_NESTING) {
        return -1;
    }
    for (;;) {
        size_t split = emit(r, (struct glob_step){.op = GLOB_SPLIT});
        if (read_items(r) < 0) {
            return -1;
        }
        if (!accept(r, ',')) {
            r->out->steps[split].a = (uint32_t)split + 1;
            break;
        }
        jumps = (uint32_t)emit(r, (struct glob_step){.op = GLOB_JUMP, .a = jumps});
        r->out->steps[split].a = (uint32_t)r->out->len;
    }
    (void)accept(r, '}');
    r->depth--;
    while (jumps != NO_JUMP) {
        uint32_t earlier = r->out->steps[jumps].a;
        r->out->steps[jumps].a = (uint32_t)r->out->len;
        jumps = earlier;
    }
    return 0;
}

static int read_star(struct reader *r)
{
    note(r, '*');
    (void)emit(r, (struct glob_step){.op = GLOB_RUN});
    return 0;
}

static int read_single(struct reader *r)
{
    note(r, '1');
    r->negated_single = true;
    (void)emit(r, (struct glob_step){.op = GLOB_ONE});
    return 0;
}

static const struct special {
    uint32_t c;
    int (*read)(struct reader *r);
} specials[] = {
    {'*', read_star}, {'?', read_single}, {'[', read_bracket}, {'{', read_braces}, {0, NULL},
};

static const struct special *special_of(uint32_t c)
{
    for (const struct special *s = specials; s->read; s++) {
        if (s->c == c) {
            return s;
        }
    }
    return NULL;
}

/* Up to the end of the pattern, or inside braces up to "," or "}", which is left. */
static int read_items(struct reader *r)
{
    while (r->rest.len > 0) {
        struct str before = r->rest;
        uint32_t c = take(r);
        const struct special *s = special_of(c);
        if (r->depth > 0 && (c == ',' || c == '}')) {
            r->rest = before;
            return 0;
        }
        if (s) {
            if (s->read(r) < 0) {
                return -1;
            }
            continue;
        }
        if (c == '\\') {
            if (r->rest.len == 0) {
                return 0; /* a last backslash is dropped */
            }
            before = r->rest;
            c = take(r);
        }
        literal(r, c, before.ptr, before.len - r->rest.len);
    }
    return 0;
}

static enum glob_shape shape_of(const char *items)
{
    static const struct {
        const char *items;
        enum glob_shape shape;
    } shapes[] = {
        {"", SHAPE_TEXT},   {"T", SHAPE_TEXT},   {"*", SHAPE_ENDS},       {"T*", SHAPE_ENDS},
        {"*T", SHAPE_ENDS}, {"T*T", SHAPE_ENDS}, {"*T*", SHAPE_CONTAINS}, {NULL, SHAPE_PROGRAM},
    };
    size_t i = 0;

    while (shapes[i].items && strcmp(shapes[i].items, items) != 0) {
        i++;
    }
    return shapes[i].shape;
}

/* gobwas reads no pattern with a broken character, nor with U+FFFD, which is its sign for one. */
static bool readable(struct str pattern)
{
    return pattern.len <= MAX_PATTERN && (pattern.len == 0 || utf8_valid(pattern)) &&
           (pattern.len == 0 || !memmem(pattern.ptr, pattern.len, "\xef\xbf\xbd", 3));
}

struct glob *glob_new(struct str pattern)
{
    AUTO(glob_free) struct glob *g = xcalloc(1, sizeof *g);
    struct reader r = {.rest = pattern, .out = g};

    buf_init(&g->head, MAX_PATTERN + 1);
    buf_init(&g->tail, MAX_PATTERN + 1);
    if (!readable(pattern) || read_items(&r) < 0) {
        return NULL;
    }
    (void)emit(&r, (struct glob_step){.op = GLOB_END});
    g->shape = shape_of(r.items);
    if (strcmp(r.items, "*T") == 0) {
        struct buf text = g->head;
        g->head = g->tail;
        g->tail = text;
    }
    g->empty_too = strcmp(r.items, "1") == 0 && r.negated_single;

    struct glob *ret = g;
    g = NULL;
    return ret;
}

struct glob *glob_free(struct glob *g)
{
    if (!g) {
        return NULL;
    }
    buf_deinit(&g->head);
    buf_deinit(&g->tail);
    xfree(g->steps);
    xfree(g->listed);
    return xfree(g);
}
