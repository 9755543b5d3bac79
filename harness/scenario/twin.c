/*
 * Twins: beside every scenario that expects something not to work stands one that differs in one
 * value and expects that everything does. Whoever refuses everything passes the first and fails the
 * second. The twin is made from the scenario's own document and read by the same reader.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/scenario/reader.h"

/* ---- which scenarios are negative ---- */

static bool is_empty(const struct scenario_list *l)
{
    return l->present && l->len == 0;
}

static bool is_refused(const struct scenario_expect *e)
{
    return e->outcome != NULL && strcmp(e->outcome, "signed-in") != 0;
}

/* Somebody signs in and may do less than somebody else. */
static bool lacks_rights(const struct scenario_expect *e)
{
    return e->cannot.len > 0 || is_empty(&e->roles) || is_empty(&e->groups);
}

static bool is_negative(const struct scenario_step *s)
{
    const struct scenario_expect *e = &s->expect;
    return e->present &&
           (is_refused(e) || lacks_rights(e) || e->checks_fail.len > 0 || e->status >= 400);
}

/* ---- patches that reach into lists ---- */

static bool is_numbered(const struct js *patch)
{
    bool numbered = js_is(patch, JS_OBJECT) && js_len(patch) > 0;
    int64_t n = 0;
    for (struct js_iter it = js_iter(patch); js_next(&it);)
        numbered = numbered && str_to_i64(str_of(it.key), 1, INT32_MAX, &n) == 0;
    return numbered;
}

static struct js *merge(const struct js *target, const struct js *patch);

/* Item n of the list by the member "n" of the patch; null takes the item away. */
static struct js *merge_list(const struct js *list, const struct js *patch)
{
    struct js *merged = js_array();
    for (size_t i = 0; i < js_len(list); i++) {
        AUTO(xfree) char *number = xasprintf("%zu", i + 1);
        const struct js *change = js_get(patch, number);
        if (change == NULL)
            js_append(merged, js_dup(js_at(list, i)));
        else if (!js_is(change, JS_NULL))
            js_append(merged, merge(js_at(list, i), change));
    }
    return merged;
}

/* RFC 7396, and a list is changed item by item where the patch numbers them. */
static struct js *merge(const struct js *target, const struct js *patch)
{
    if (js_is(target, JS_ARRAY) && is_numbered(patch))
        return merge_list(target, patch);
    if (!js_is(patch, JS_OBJECT))
        return js_dup(patch);
    struct js *merged = js_is(target, JS_OBJECT) ? js_dup(target) : js_object();
    for (struct js_iter it = js_iter(patch); js_next(&it);) {
        if (js_is(it.value, JS_NULL))
            js_remove(merged, it.key);
        else
            js_set(merged, it.key, merge(js_get(target, it.key), it.value));
    }
    return merged;
}

/* A number that no list has would change nothing and say nothing. */
static int check_numbers(struct reader *r, const struct node *patch, const struct js *target)
{
    if (js_is(target, JS_ARRAY) && is_numbered(patch->value)) {
        for (struct js_iter it = js_iter(patch->value); js_next(&it);) {
            int64_t n = 0;
            struct node item = {it.value, arena_printf(r->arena, "%s/%s", patch->pointer, it.key)};
            if (str_to_i64(str_of(it.key), 1, (int64_t)js_len(target), &n) != 0)
                return reader_fail_key(r, item.pointer, "there is no item %s; the list has %zu",
                                       it.key, js_len(target));
            if (check_numbers(r, &item, js_at(target, (size_t)n - 1)) != 0)
                return -1;
        }
        return 0;
    }
    if (!js_is(patch->value, JS_OBJECT))
        return 0;
    for (struct js_iter it = js_iter(patch->value); js_next(&it);) {
        struct node member = {it.value, arena_printf(r->arena, "%s/%s", patch->pointer, it.key)};
        if (check_numbers(r, &member, js_get(target, it.key)) != 0)
            return -1;
    }
    return 0;
}

/* ---- the document of the twin ---- */

static struct js *positive_expect(const struct scenario_step *s)
{
    const struct scenario_expect *e = &s->expect;
    struct js *o = js_object();
    if (s->kind == SCENARIO_CALL) {
        js_set_text(o, "status", "200");
        return o;
    }
    js_set_text(o, "outcome", "signed-in");
    if (s->kind != SCENARIO_LOGIN)
        return o;
    js_set_text(o, "as_configured", "yes");
    if (e->cannot.len == 0)
        return o;
    struct js *can = js_array();
    for (size_t i = 0; i < e->cannot.len; i++)
        js_append_text(can, e->cannot.items[i]);
    js_set(o, "can", can);
    return o;
}

/* A call that works is expected to work in the twin too; a login's rights are asked of the setup.
 */
static void turn_positive(const struct scenario *s, struct js *doc)
{
    for (size_t i = 0; i < s->steps_len; i++) {
        const struct scenario_step *step = &s->steps[i];
        bool stays = step->kind == SCENARIO_CALL && !is_negative(step);
        if (step->expect.present && !stays)
            js_set(js_at(js_get(doc, "steps"), i), "expect", positive_expect(step));
    }
}

static bool has_faults(const struct scenario *s)
{
    size_t n = s->faults_len;
    for (size_t i = 0; i < s->steps_len; i++)
        n += s->steps[i].faults_len;
    return n > 0;
}

static void take_faults(const struct scenario *s, struct js *doc)
{
    js_remove(doc, "faults");
    for (size_t i = 0; i < s->steps_len; i++)
        js_remove(js_at(js_get(doc, "steps"), i), "faults");
}

static bool has_patch(const struct scenario *s)
{
    return s->patch != NULL;
}

static void take_patch(const struct scenario *s, struct js *doc)
{
    (void)s;
    js_remove(doc, "setup");
}

static bool has_password(const struct scenario *s)
{
    for (size_t i = 0; i < s->steps_len; i++)
        if (s->steps[i].password != NULL)
            return true;
    return false;
}

static void take_password(const struct scenario *s, struct js *doc)
{
    for (size_t i = 0; i < s->steps_len; i++)
        js_remove(js_get(js_at(js_get(doc, "steps"), i), "login"), "password");
}

static bool is_bad_factor(const char *second_factor)
{
    return cstr_eq(second_factor, "wrong") || cstr_eq(second_factor, "used");
}

static bool has_factor(const struct scenario *s)
{
    for (size_t i = 0; i < s->steps_len; i++)
        if (is_bad_factor(s->steps[i].second_factor))
            return true;
    return false;
}

static void take_factor(const struct scenario *s, struct js *doc)
{
    for (size_t i = 0; i < s->steps_len; i++)
        if (is_bad_factor(s->steps[i].second_factor))
            js_remove(js_get(js_at(js_get(doc, "steps"), i), "login"), "second_factor");
}

static bool has_request(const struct scenario *s)
{
    for (size_t i = 0; i < s->steps_len; i++)
        if (s->steps[i].request != NULL)
            return true;
    return false;
}

static void take_request(const struct scenario *s, struct js *doc)
{
    for (size_t i = 0; i < s->steps_len; i++)
        js_remove(js_get(js_at(js_get(doc, "steps"), i), "login"), "request");
}

/* Nothing went wrong: the person only has fewer rights than an admin. */
static bool has_weak_person(const struct scenario *s)
{
    bool weak = false;
    for (size_t i = 0; i < s->steps_len; i++) {
        const struct scenario_step *step = &s->steps[i];
        if (is_refused(&step->expect) || step->expect.status >= 400)
            return false;
        weak = weak || (step->kind == SCENARIO_LOGIN && lacks_rights(&step->expect));
    }
    return weak;
}

static void take_weak_person(const struct scenario *s, struct js *doc)
{
    for (size_t i = 0; i < s->steps_len; i++)
        if (s->steps[i].kind == SCENARIO_LOGIN && lacks_rights(&s->steps[i].expect))
            js_set_text(js_get(js_at(js_get(doc, "steps"), i), "login"), "as", "admin");
}

/* What is taken away when the scenario does not say: the first that is there. */
static const struct {
    bool (*has)(const struct scenario *s);
    void (*take)(const struct scenario *s, struct js *doc);
} values[] = {
    {has_faults, take_faults},
    {has_factor, take_factor},
    {has_request, take_request},
    {has_patch, take_patch},
    {has_password, take_password},
    {has_weak_person, take_weak_person},
    {NULL, NULL},
};

static size_t value_of(const struct scenario *s)
{
    size_t i = 0;
    while (values[i].has != NULL && !values[i].has(s))
        i++;
    return i;
}

/* patch NULL: the default. NULL when nothing can be taken away. */
static struct js *twin_doc(const struct scenario *s, const struct js *file, const struct js *patch)
{
    AUTO(js_free) struct js *doc = js_dup(file);
    js_remove(doc, "twin");
    turn_positive(s, doc);
    if (patch != NULL)
        return merge(doc, patch);
    size_t value = value_of(s);
    if (values[value].take == NULL)
        return NULL;
    values[value].take(s, doc);
    return js_ref(doc);
}

/* ---- reading ---- */

static int read_none(struct reader *r, const struct node *twin, struct scenario *s)
{
    static const char *const keys[] = {"none", NULL};
    if (reader_keys(r, twin, "a twin that is not", keys) != 0 ||
        reader_text(r, twin, "none", &s->twin_none) != 0)
        return -1;
    if (s->twin_none == NULL || s->twin_none[0] == '\0')
        return reader_fail(r, twin->pointer, "'none' says why there is no twin");
    return 0;
}

static int check_patch(struct reader *r, const struct node *twin)
{
    static const char *const keys[] = {"setup", "faults", "steps", "none", NULL};
    const struct js *ignored = NULL;
    if (reader_keys(r, twin, "'twin'", keys) != 0)
        return -1;
    if (js_len(twin->value) == 0)
        return reader_fail(r, twin->pointer, "'twin' says in which value it differs");
    struct node setup = reader_member(r, twin, "setup");
    if (setup.value != NULL && patch_read(r, &setup, &ignored) != 0)
        return -1;
    return check_numbers(r, twin, r->text);
}

static int read_made(struct reader *r, const struct node *patch, struct scenario *s)
{
    struct scenario *twin = arena_alloc(r->arena, sizeof *twin);
    const struct js *typed = patch->value != NULL ? reader_typed(r, patch->pointer) : NULL;
    struct reader of_twin = *r;
    of_twin.is_twin = patch->value != NULL;
    of_twin.text = twin_doc(s, r->text, patch->value);
    if (of_twin.text == NULL)
        return 0;
    of_twin.typed = twin_doc(s, r->typed, typed);
    vec_push(r->docs, of_twin.text);
    vec_push(r->docs, of_twin.typed);
    twin->file = s->file;
    twin->id = arena_printf(r->arena, "%s+twin", s->id);
    twin->twin_of = s->id;
    if (scenario_read(&of_twin, twin) != 0)
        return -1;
    twin->title = arena_printf(r->arena, "%s (twin: it works)", s->title);
    s->twin = twin;
    return 0;
}

int twin_read(struct reader *r, struct scenario *s)
{
    struct node root = {r->text, ""};
    struct node twin = reader_member(r, &root, "twin");
    for (size_t i = 0; i < s->steps_len; i++)
        s->is_negative = s->is_negative || is_negative(&s->steps[i]);
    if (twin.value == NULL)
        return s->is_negative ? read_made(r, &twin, s) : 0;
    if (check_patch(r, &twin) != 0)
        return -1;
    if (js_get(twin.value, "none") != NULL)
        return read_none(r, &twin, s);
    return read_made(r, &twin, s);
}
