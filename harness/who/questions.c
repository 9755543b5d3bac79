/*
 * A table of what is always asked; the policy's lines add objects and actions of their own.
 */
#include "harness/who/questions.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/map.h"
#include "harness/base/str.h"
#include "harness/data/csv.h"
#include "harness/rbac/lines.h"
#include "harness/rbac/words.h"

#define MOST 400U /* that the policy singles out */

struct right {
    const char *resource;
    const char *actions[8];
};

static const struct right rights[] = {
    {"applications", {"get", "create", "update", "delete", "sync", "override"}},
    {"applicationsets", {"get", "create", "update", "delete"}},
    {"logs", {"get"}},
    {"exec", {"create"}},
    {"projects", {"get", "create", "update", "delete"}},
    {"clusters", {"get", "create", "update", "delete"}},
    {"repositories", {"get", "create", "update", "delete"}},
    {"certificates", {"get", "create", "update", "delete"}},
    {"accounts", {"get", "update"}},
    {"gpgkeys", {"get", "create", "delete"}},
    {NULL, {NULL}},
};

static const char *whole_of(const char *resource)
{
    return rbac_is_in_project(resource) ? "*/*" : "*";
}

/* ---- those of a policy ---- */

struct asking {
    struct questions *q;
    struct map seen;     /* by the words of each */
    struct strlist keys; /* of seen */
};

static void add(struct asking *a, const char *resource, const char *action, const char *object)
{
    bool whole = strcmp(object, whole_of(resource)) == 0;
    char *key = xasprintf("%s %s %s", resource, action, object);
    if (map_get(&a->seen, key) != NULL) {
        xfree(key);
        return;
    }
    strlist_take(&a->keys, key);
    if (!whole && a->keys.len > MOST) {
        map_add(&a->seen, key, a);
        a->q->left_out++;
        return;
    }
    struct question *one = xcalloc(1, sizeof *one);
    *one = (struct question){xstrdup(resource), xstrdup(action), xstrdup(object), whole};
    map_add(&a->seen, key, a);
    vec_push(&a->q->items, one);
}

/* A line about a resource: its object, and its action unless that stands for several. */
static void add_line(struct asking *a, const struct right *r, const struct strlist *f)
{
    const char *action = f->items[3];
    bool all = strcmp(f->items[2], "*") == 0;
    bool in_project = strchr(f->items[4], '/') != NULL;
    bool everything = strcmp(f->items[4], "*") == 0;
    const char *object = everything ? whole_of(r->resource) : f->items[4];
    if ((!all && strcmp(f->items[2], r->resource) != 0) ||
        (!everything && in_project != rbac_is_in_project(r->resource)))
        return;
    for (const char *const *x = r->actions; *x != NULL && strcmp(action, "*") == 0; x++)
        add(a, r->resource, *x, object);
    if (strcmp(action, "*") == 0 || (all && strchr(action, '/') != NULL))
        return;
    add(a, r->resource, action, whole_of(r->resource));
    add(a, r->resource, action, object);
}

static void add_lines(struct asking *a, const struct rbac_conf *conf)
{
    struct rbac_lines lines = {.conf = conf};
    while (rbac_lines_next(&lines)) {
        AUTO(strlist_deinit) struct strlist f = {0};
        if (csv_parse_record(lines.text, &f, NULL) != 0 || f.len != 6 ||
            strcmp(f.items[0], "p") != 0)
            continue;
        for (const struct right *r = rights; r->resource != NULL; r++)
            add_line(a, r, &f);
    }
}

static int rank(const struct question *q)
{
    int i = 0;
    while (rights[i].resource != NULL && strcmp(rights[i].resource, q->resource) != 0)
        i++;
    return i;
}

static int in_order(const void *a, const void *b)
{
    const struct question *x = *(struct question *const *)a;
    const struct question *y = *(struct question *const *)b;
    if (rank(x) != rank(y))
        return rank(x) - rank(y);
    return x->whole != y->whole ? (x->whole ? -1 : 1) : strcmp(x->object, y->object);
}

void questions_of(const struct rbac_conf *conf, struct questions *ret)
{
    struct asking a = {.q = ret};
    *ret = (struct questions){0};
    for (const struct right *r = rights; r->resource != NULL; r++) {
        for (const char *const *x = r->actions; *x != NULL; x++)
            add(&a, r->resource, *x, whole_of(r->resource));
    }
    if (conf->match == RBAC_GLOB)
        add_lines(&a, conf);
    if (ret->items.len > 1)
        qsort(ret->items.items, ret->items.len, sizeof *ret->items.items, in_order);
    map_deinit(&a.seen);
    strlist_deinit(&a.keys);
}

void questions_deinit(struct questions *q)
{
    for (size_t i = 0; i < q->items.len; i++) {
        struct question *one = q->items.items[i];
        question_deinit(one);
        xfree(one);
    }
    vec_deinit(&q->items);
}

void question_deinit(struct question *q)
{
    xfree(q->resource);
    xfree(q->action);
    xfree(q->object);
    *q = (struct question){0};
}

/* ---- one that a person writes ---- */

static int no_word(const char *what, const char *word, const char *const *known, struct err *err)
{
    AUTO(strlist_deinit) struct strlist all = {0};
    const char *near = str_nearest(word, known);
    if (near != NULL)
        return err_set(err, ERR_USAGE, "--can: '%s' is no %s; did you mean '%s'?", word, what,
                       near);
    for (const char *const *k = known; *k != NULL; k++)
        strlist_add(&all, *k);
    AUTO(xfree) char *list = strlist_join(&all, ", ");
    return err_set(err, ERR_USAGE, "--can: '%s' is no %s; there are %s", word, what, list);
}

static int check(const struct question *q, struct err *err)
{
    if (rbac_is_resource(q->action) && rbac_is_action(q->resource))
        return err_set(err, ERR_USAGE, "--can: the action comes first: '%s %s %s'", q->resource,
                       q->action, q->object);
    if (!rbac_is_action(q->action)) {
        AUTO(xfree) char *first = xstrndup(q->action, strcspn(q->action, "/"));
        return no_word("action", first, rbac_actions, err);
    }
    if (!rbac_is_resource(q->resource))
        return no_word("resource", q->resource, rbac_resources, err);
    if (rbac_is_in_project(q->resource) && strchr(q->object, '/') == NULL)
        return err_set(err, ERR_USAGE,
                       "--can: objects of %s are PROJECT/NAME, found '%s'; did you mean "
                       "'default/%s'?",
                       q->resource, q->object, q->object);
    return 0;
}

int question_read(const char *text, struct question *ret, struct err *err)
{
    struct str rest = str_trim(str_of(text));
    char **const words[] = {&ret->action, &ret->resource, &ret->object};
    *ret = (struct question){0};
    for (size_t i = 0; i < 3; i++) {
        size_t n = i < 2 ? 0 : rest.len;
        while (n < rest.len && rest.ptr[n] != ' ')
            n++;
        *words[i] = xstrndup(rest.ptr, n);
        rest = str_trim((struct str){rest.ptr + n, rest.len - n});
    }
    if (ret->resource[0] == '\0')
        return err_set(err, ERR_USAGE,
                       "--can: '%s' is no question; write ACTION RESOURCE OBJECT, like 'sync "
                       "applications default/guestbook'",
                       text);
    ret->whole = ret->object[0] == '\0' || strcmp(ret->object, "*") == 0;
    if (ret->whole) {
        xfree(ret->object);
        ret->object = xstrdup(whole_of(ret->resource));
    }
    return check(ret, err);
}
