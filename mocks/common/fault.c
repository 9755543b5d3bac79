/*
 * The faults of one scenario: which are on, how often they may still fire, and a note in the trace
 * for each that did. Knows nothing of what a fault does.
 */
#include "mocks/common/fault.h"

#include <pthread.h>
#include <string.h>

#include "harness/base/str.h"

#define FAULT_NOTER "harness"
#define FAULT_NOTE "fault "

struct entry {
    char *id;
    int left; /* -1 = always */
    int pass; /* so many times it lets pass before it fires */
    bool fired;
    size_t played;
    bool of_step;
    struct js *with; /* an object, never NULL */
};

struct fault_set {
    pthread_mutex_t lock;
    struct trace *trace;
    struct entry *entries;
    size_t len;
    bool marked;
};

struct fault_set *fault_set_new(struct trace *trace)
{
    struct fault_set *s = xcalloc(1, sizeof(*s));
    pthread_mutex_init(&s->lock, NULL);
    s->trace = trace;
    return s;
}

static void entry_deinit(struct entry *e)
{
    xfree(e->id);
    js_free(e->with);
}

struct fault_set *fault_set_free(struct fault_set *s)
{
    if (s == NULL)
        return NULL;
    for (size_t i = 0; i < s->len; i++)
        entry_deinit(&s->entries[i]);
    xfree(s->entries);
    pthread_mutex_destroy(&s->lock);
    return xfree(s);
}

char *fault_at(const struct fault *f)
{
    const char *slash = strchr(f->id, '/');
    const char *place = slash != NULL ? slash + 1 : f->id;
    return f->at != NULL ? xstrdup(f->at) : xstrndup(place, strcspn(place, "."));
}

static void add(struct fault_set *s, const char *id, int left, int pass, const struct js *with)
{
    pthread_mutex_lock(&s->lock);
    s->entries = xrealloc(s->entries, (s->len + 1) * sizeof(*s->entries));
    s->entries[s->len++] = (struct entry){
        .id = xstrdup(id),
        .left = left,
        .pass = pass,
        .of_step = s->marked,
        .with = with != NULL ? js_dup(with) : js_object(),
    };
    pthread_mutex_unlock(&s->lock);
}

void fault_set_add(struct fault_set *s, const char *id, int times, const struct js *with)
{
    add(s, id, times == 0 ? -1 : times, 0, with);
}

void fault_set_add_nth(struct fault_set *s, const char *id, int nth, const struct js *with)
{
    add(s, id, 1, nth - 1, with);
}

bool fault_any(struct fault_set *s, const char *prefix)
{
    bool found = false;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->len && !found; i++)
        found = s->entries[i].left != 0 && cstr_starts(s->entries[i].id, prefix);
    pthread_mutex_unlock(&s->lock);
    return found;
}

void fault_set_mark(struct fault_set *s)
{
    pthread_mutex_lock(&s->lock);
    s->marked = true;
    pthread_mutex_unlock(&s->lock);
}

void fault_set_clear_step(struct fault_set *s)
{
    pthread_mutex_lock(&s->lock);
    size_t kept = 0;
    for (size_t i = 0; i < s->len; i++) {
        if (s->entries[i].of_step)
            entry_deinit(&s->entries[i]);
        else
            s->entries[kept++] = s->entries[i];
    }
    s->len = kept;
    pthread_mutex_unlock(&s->lock);
}

/* The first entry of that id that may still fire; the lock is held. */
static struct entry *find_on(struct fault_set *s, const char *id)
{
    for (size_t i = 0; i < s->len; i++)
        if (s->entries[i].left != 0 && strcmp(s->entries[i].id, id) == 0)
            return &s->entries[i];
    return NULL;
}

bool fault_fires(struct fault_set *s, const char *id, const struct js **ret_with)
{
    pthread_mutex_lock(&s->lock);
    struct entry *e = find_on(s, id);
    if (e != NULL && e->pass > 0) {
        e->pass--;
        e = NULL;
    }
    if (e != NULL) {
        e->fired = true;
        e->played++;
        if (e->left > 0)
            e->left--;
        if (ret_with != NULL)
            *ret_with = e->with;
    }
    pthread_mutex_unlock(&s->lock);
    if (e == NULL)
        return false;
    trace_note(s->trace, FAULT_NOTER, FAULT_NOTE "%s played", id);
    return true;
}

bool fault_is_note(const struct trace_event *e)
{
    return e->kind == TRACE_NOTE && strcmp(e->from, FAULT_NOTER) == 0 &&
           cstr_starts(e->text, FAULT_NOTE);
}

bool fault_is_on(struct fault_set *s, const char *id)
{
    pthread_mutex_lock(&s->lock);
    struct entry *e = find_on(s, id);
    if (e != NULL) {
        e->fired = true;
        e->played++;
    }
    pthread_mutex_unlock(&s->lock);
    return e != NULL;
}

bool fault_peek(struct fault_set *s, const char *id, const struct js **ret_with)
{
    pthread_mutex_lock(&s->lock);
    const struct entry *e = find_on(s, id);
    if (e != NULL)
        *ret_with = e->with;
    pthread_mutex_unlock(&s->lock);
    return e != NULL;
}

size_t fault_set_unused(struct fault_set *s, bool of_step, const char **ret_id)
{
    size_t unused = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->len; i++) {
        if (s->entries[i].fired || s->entries[i].of_step != of_step)
            continue;
        if (unused++ == 0 && ret_id != NULL)
            *ret_id = s->entries[i].id;
    }
    pthread_mutex_unlock(&s->lock);
    return unused;
}

struct js *fault_set_json(struct fault_set *s)
{
    struct js *list = js_array();
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->len; i++) {
        const struct entry *e = &s->entries[i];
        struct js *o = js_object();
        js_set_text(o, "id", e->id);
        js_set(o, "with", js_dup(e->with));
        js_set(o, "left", e->left < 0 ? js_null() : js_int(e->left));
        js_set(o, "played", js_int((int64_t)e->played));
        js_append(list, o);
    }
    pthread_mutex_unlock(&s->lock);
    return list;
}

void fault_set_replace(struct fault_set *s, struct fault_set *take, struct vec *ret_withs)
{
    pthread_mutex_lock(&s->lock);
    struct entry *old = s->entries;
    size_t old_len = s->len;
    s->entries = take->entries;
    s->len = take->len;
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < old_len; i++) {
        vec_push(ret_withs, old[i].with);
        xfree(old[i].id);
    }
    xfree(old);
    take->entries = NULL;
    take->len = 0;
    fault_set_free(take);
}

const char *fault_text(const struct js *with, const char *name, const char *otherwise)
{
    const char *text = js_get_text(with, name);
    return text != NULL ? text : otherwise;
}

int64_t fault_number(const struct js *with, const char *name, int64_t otherwise)
{
    int64_t n = otherwise;
    return js_get_number(with, name, &n) == 0 ? n : otherwise;
}
