/*
 * The faults of a scenario or a step: an id, or {id, when, with}. Whether an id exists, and what
 * its `with` may hold, the vocabulary says.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/scenario/reader.h"

#define MAX_TIMES 1000000

static int check_id(struct reader *r, const char *pointer, const char *id)
{
    const char *near = NULL;
    if (reader_knows(r->vocabulary->fault_at, id, &near))
        return 0;
    if (near != NULL)
        return reader_fail(r, pointer, "unknown fault '%s'; did you mean '%s'?", id, near);
    return reader_fail(r, pointer, "unknown fault '%s'; `rolecall list faults` names them", id);
}

/* "3", or "nth 3". */
static bool read_count(const char *when, struct scenario_fault *ret)
{
    static const char nth[] = "nth ";
    bool one = cstr_starts(when, nth);
    int64_t n = 0;
    if (str_to_i64(str_of(one ? when + strlen(nth) : when), 1, MAX_TIMES, &n) != 0)
        return false;
    *(one ? &ret->nth : &ret->times) = (int)n;
    return true;
}

/* when: once, always, a number of times, or the nth time only. */
static int read_when(struct reader *r, const struct node *n, struct scenario_fault *ret)
{
    const char *when = NULL;
    if (reader_text(r, n, "when", &when) != 0)
        return -1;
    if (when == NULL || strcmp(when, "always") == 0)
        return 0;
    struct node at = reader_member(r, n, "when");
    if (r->vocabulary->fault_standing != NULL && r->vocabulary->fault_standing(ret->id))
        return reader_fail(r, at.pointer, "'when' is '%s', but '%s' is a defect: it is on always",
                           when, ret->id);
    if (strcmp(when, "once") == 0) {
        ret->times = 1;
        return 0;
    }
    if (!read_count(when, ret))
        return reader_fail(r, at.pointer,
                           "'when' is '%s'; it is once, always, a number or 'nth' and a number",
                           when);
    return 0;
}

/* The blank-separated words as a list that ends with NULL. */
static const char *const *words_of(struct reader *r, const char *text)
{
    size_t len = strlen(text) + 2;
    const char **words = arena_alloc(r->arena, len * sizeof *words);
    struct str rest = str_of(text);
    struct str word = {0};
    size_t n = 0;
    while (str_next(&rest, ' ', &word)) {
        if (word.len > 0)
            words[n++] = arena_strndup(r->arena, word.ptr, word.len);
    }
    return words;
}

static int read_with(struct reader *r, const struct node *n, struct scenario_fault *ret)
{
    struct node with = reader_member(r, n, "with");
    const char *known =
        r->vocabulary->fault_with != NULL ? r->vocabulary->fault_with(ret->id) : NULL;
    if (with.value == NULL)
        return 0;
    if (known == NULL)
        return reader_fail(r, with.pointer, "the fault '%s' takes no 'with'", ret->id);
    if (reader_keys(r, &with, "'with'", words_of(r, known)) != 0)
        return -1;
    ret->with = reader_typed(r, with.pointer);
    return 0;
}

static int read_fault(struct reader *r, const struct node *n, struct scenario_fault *ret)
{
    static const char *const keys[] = {"id", "when", "with", NULL};
    struct node id = *n;
    (void)yaml_place(r->places, n->pointer, false, &ret->line, &ret->column);
    if (js_text(n->value) != NULL) {
        ret->id = arena_strdup(r->arena, js_text(n->value));
        return check_id(r, n->pointer, ret->id);
    }
    if (reader_keys(r, n, "a fault", keys) != 0 || reader_text(r, n, "id", &ret->id) != 0)
        return -1;
    if (ret->id == NULL)
        return reader_fail(r, n->pointer, "a fault without 'id'");
    id = reader_member(r, n, "id");
    if (check_id(r, id.pointer, ret->id) != 0 || read_when(r, n, ret) != 0)
        return -1;
    return read_with(r, n, ret);
}

int faults_read(struct reader *r, const struct node *n, const struct scenario_fault **ret,
                size_t *ret_len)
{
    struct node list = reader_member(r, n, "faults");
    if (list.value == NULL)
        return 0;
    if (!js_is(list.value, JS_ARRAY))
        return reader_fail(r, list.pointer, "'faults' is a list, found %s",
                           js_type_name(list.value));
    size_t len = js_len(list.value);
    struct scenario_fault *faults = arena_alloc(r->arena, (len + 1) * sizeof *faults);
    for (size_t i = 0; i < len; i++) {
        struct node one = reader_element(r, &list, i);
        if (read_fault(r, &one, &faults[i]) != 0)
            return -1;
    }
    *ret = faults;
    *ret_len = len;
    return 0;
}
