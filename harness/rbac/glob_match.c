/*
 * Matches a text against a compiled glob. Simple shapes compare bytes; anything else runs all
 * branches of the program side by side, so that no pattern takes more than steps times characters.
 */
#include <string.h>

#include "harness/data/utf8.h"
#include "harness/rbac/glob_int.h"

#define REPLACEMENT 0xfffd
#define SMALL 256 /* programs up to this many steps need no memory */

/* The overlap is gobwas's: team-a/x*x/app accepts team-a/x/app (argocd.md 5.4). */
static bool has_ends(const struct glob *g, struct str text)
{
    return text.len >= g->head.len && text.len >= g->tail.len &&
           memcmp(text.ptr, g->head.ptr, g->head.len) == 0 &&
           memcmp(text.ptr + text.len - g->tail.len, g->tail.ptr, g->tail.len) == 0;
}

static bool takes(const struct glob *g, const struct glob_step *s, uint32_t c)
{
    bool found = false;

    switch (s->op) {
    case GLOB_CHAR:
        return c == s->a;
    case GLOB_ONE:
        return true;
    case GLOB_RANGE:
        return (c >= s->a && c <= s->b) != s->negated;
    case GLOB_LIST:
        for (size_t i = 0; i < s->b; i++) {
            found = found || g->listed[s->a + i] == c;
        }
        return found != s->negated;
    case GLOB_RUN:
    case GLOB_SPLIT:
    case GLOB_JUMP:
    case GLOB_END:
        break;
    }
    return false;
}

/* Marks what is reached without a character. All jumps lead forward: one pass is enough. */
static void follow(const struct glob *g, bool *on)
{
    for (size_t i = 0; i < g->len; i++) {
        enum glob_op op = on[i] ? g->steps[i].op : GLOB_END;
        if (op == GLOB_SPLIT || op == GLOB_RUN) {
            on[i + 1] = true;
        }
        if (op == GLOB_SPLIT || op == GLOB_JUMP) {
            on[g->steps[i].a] = true;
        }
    }
}

static bool run(const struct glob *g, struct str text, bool *now, bool *next)
{
    now[0] = true;
    follow(g, now);
    while (text.len > 0) {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);
        c = n > 0 ? c : REPLACEMENT;
        n = n > 0 ? n : 1;
        text.ptr += n;
        text.len -= n;
        memset(next, 0, g->len * sizeof *next);
        for (size_t i = 0; i < g->len; i++) {
            if (now[i] && g->steps[i].op == GLOB_RUN) {
                next[i] = true;
            } else if (now[i] && takes(g, &g->steps[i], c)) {
                next[i + 1] = true;
            }
        }
        follow(g, next);
        bool *spare = now;
        now = next;
        next = spare;
    }
    return now[g->len - 1];
}

static bool run_program(const struct glob *g, struct str text)
{
    bool small[2 * SMALL] = {0};

    if (g->len <= SMALL) {
        return run(g, text, small, small + SMALL);
    }
    AUTO(xfree) char *memory = xcalloc(2 * g->len, sizeof(bool));
    bool *states = (bool *)(void *)memory;
    return run(g, text, states, states + g->len);
}

bool glob_match(const struct glob *g, struct str text)
{
    if (text.len == 0) {
        text.ptr = "";
        if (g->empty_too) {
            return true;
        }
    }
    switch (g->shape) {
    case SHAPE_TEXT:
        return text.len == g->head.len && memcmp(text.ptr, g->head.ptr, text.len) == 0;
    case SHAPE_ENDS:
        return has_ends(g, text);
    case SHAPE_CONTAINS:
        return memmem(text.ptr, text.len, g->head.ptr, g->head.len) != NULL;
    case SHAPE_PROGRAM:
        return run_program(g, text);
    }
    return false;
}
