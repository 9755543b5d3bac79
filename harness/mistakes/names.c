/*
 * One entry a name; from each role there is a way back to those who have it, so that rights are
 * spread once from the roles that have them to all who come to them.
 */
#include "harness/mistakes/names.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/map.h"
#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/mistakes/view.h"

#define MAX_HINTS 200   /* looks for a near name, which go through all */
#define MAX_NEAR 10000U /* names that are looked at for the nearest */

struct name {
    const char *text;
    bool in_g, in_p;
    int steps;       /* g lines from it to rights; -1: none found */
    struct vec from; /* struct name *: have it by a g line */
};

struct names {
    struct map by_text; /* struct name * */
    struct vec all;
    struct vec roles; /* const char *: of p lines */
    const struct js *groups;
    struct map group; /* by name */
    struct map alike; /* by what is left without case, blanks, slash and quotes */
    struct strlist plain;
    int role_hints, group_hints;
};

static struct name *name_of(struct names *n, const char *text)
{
    struct name *found = map_get(&n->by_text, text);
    if (found != NULL)
        return found;
    found = xcalloc(1, sizeof *found);
    found->text = text;
    vec_push(&n->all, found);
    map_add(&n->by_text, text, found);
    return found;
}

static void add_g(struct names *n, const struct policy_line *l)
{
    struct name *subject = name_of(n, l->fields.items[1]);
    struct name *role = name_of(n, l->fields.items[2]);
    subject->in_g = role->in_g = true;
    vec_push(&role->from, subject);
}

static void add_p(struct names *n, const struct policy_line *l)
{
    struct name *subject = name_of(n, l->fields.items[1]);
    if (!subject->in_p)
        vec_push(&n->roles, l->fields.items[1]);
    subject->in_p = true;
}

static void add_line(struct names *n, const struct policy_line *l)
{
    const struct strlist *f = &l->fields;
    for (size_t i = 0; i < f->len; i++)
        (void)name_of(n, f->items[i]);
    if (f->len == 3 && strcmp(f->items[0], "g") == 0)
        add_g(n, l);
    if (f->len == 6 && strcmp(f->items[0], "p") == 0)
        add_p(n, l);
}

/* ---- rights ---- */

/* Those who have one of these names, and were not reached before. */
static struct vec step(const struct vec *reached, int steps)
{
    struct vec next = {0};
    for (size_t i = 0; i < reached->len; i++) {
        const struct name *role = reached->items[i];
        for (size_t k = 0; k < role->from.len; k++) {
            struct name *subject = role->from.items[k];
            if (subject->steps >= 0)
                continue;
            subject->steps = steps;
            vec_push(&next, subject);
        }
    }
    return next;
}

static void spread(struct names *n, bool (*has_rights)(const void *ctx, const char *name),
                   const void *ctx)
{
    struct vec reached = {0};
    for (size_t i = 0; i < n->all.len; i++) {
        struct name *one = n->all.items[i];
        one->steps = one->in_p || has_rights(ctx, one->text) ? 0 : -1;
        if (one->steps == 0)
            vec_push(&reached, one);
    }
    for (int i = 1; i <= NAMES_STEPS; i++) {
        struct vec next = step(&reached, i);
        vec_deinit(&reached);
        reached = next;
    }
    vec_deinit(&reached);
}

/* ---- groups ---- */

/* What is left of a name without case, blanks, slash and quotes. Caller frees. */
static char *plain(const char *name)
{
    struct str s = str_trim(str_of(name));
    if (s.len > 2 && s.ptr[0] == '\'' && s.ptr[s.len - 1] == '\'')
        s = (struct str){s.ptr + 1, s.len - 2};
    if (s.len > 1 && s.ptr[0] == '/')
        s = (struct str){s.ptr + 1, s.len - 1};
    char *text = xstrndup(s.ptr, s.len);
    for (char *p = text; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return text;
}

static void add_groups(struct names *n)
{
    for (size_t i = 0; i < js_len(n->groups); i++) {
        const char *text = js_text(js_at(n->groups, i));
        if (text == NULL)
            continue;
        struct js *group = js_at(n->groups, i);
        strlist_take(&n->plain, plain(text));
        map_add(&n->group, text, group);
        map_add(&n->alike, n->plain.items[n->plain.len - 1], group);
    }
}

/* ---- life ---- */

struct names *names_new(const struct policy_line *lines, size_t len, const struct js *groups,
                        bool (*has_rights)(const void *ctx, const char *name), const void *ctx)
{
    struct names *n = xcalloc(1, sizeof *n);
    n->groups = groups;
    for (size_t i = 0; i < len; i++)
        add_line(n, &lines[i]);
    spread(n, has_rights, ctx);
    add_groups(n);
    return n;
}

struct names *names_free(struct names *n)
{
    if (n == NULL)
        return NULL;
    for (size_t i = 0; i < n->all.len; i++) {
        struct name *one = n->all.items[i];
        vec_deinit(&one->from);
        xfree(one);
    }
    map_deinit(&n->by_text);
    map_deinit(&n->group);
    map_deinit(&n->alike);
    vec_deinit(&n->all);
    vec_deinit(&n->roles);
    strlist_deinit(&n->plain);
    return xfree(n);
}

/* ---- questions ---- */

bool names_have_rights(const struct names *n, const char *role, int steps)
{
    const struct name *found = map_get(&n->by_text, role);
    return found != NULL && found->steps >= 0 && found->steps <= steps;
}

bool names_in_g(const struct names *n, const char *name)
{
    const struct name *found = map_get(&n->by_text, name);
    return found != NULL && found->in_g;
}

bool names_in_line(const struct names *n, const char *name)
{
    return map_get(&n->by_text, name) != NULL;
}

bool names_have_group(const struct names *n, const char *name)
{
    return map_get(&n->group, name) != NULL;
}

const char *names_group_alike(const struct names *n, const char *name)
{
    AUTO(xfree) char *key = plain(name);
    return js_text(map_get(&n->alike, key));
}

static const char *role_at(const void *ctx, size_t i)
{
    static const char *const own[] = {"role:admin", "role:readonly"};
    const struct names *n = ctx;
    if (i < 2)
        return own[i];
    return i - 2 < n->roles.len && i < MAX_NEAR ? n->roles.items[i - 2] : NULL;
}

static const char *group_at(const void *ctx, size_t i)
{
    const struct names *n = ctx;
    return i < MAX_NEAR ? js_text(js_at(n->groups, i)) : NULL;
}

const char *names_nearest_role(struct names *n, const char *role)
{
    return n->role_hints++ < MAX_HINTS ? str_nearest_of(role, role_at, n) : NULL;
}

const char *names_nearest_group(struct names *n, const char *name)
{
    return n->group_hints++ < MAX_HINTS ? str_nearest_of(name, group_at, n) : NULL;
}
