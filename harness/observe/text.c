/*
 * How findings are told. Alike ones share a block; a list shows only what is in one of the two.
 */
#include "harness/observe/text.h"

#include <string.h>

#include "harness/base/str.h"

#define WIDTH 80U
#define LEAD 11U       /* "  before   " */
#define VALUE_MAX 160U /* a longer value is cut: JSON has it whole */
#define SHOWN_LOGINS 4U
#define SHOWN_ITEMS 6U

void text_field(struct buf *out, const char *lead, const char *text)
{
    size_t column = LEAD;
    buf_addf(out, "  %-*s", (int)(LEAD - 2), lead);
    struct str rest = str_of(text);
    struct str word = {0};
    bool first = true;
    while (str_next(&rest, ' ', &word)) {
        size_t width = 0; /* in characters, not bytes */
        for (size_t i = 0; i < word.len; i++)
            width += ((unsigned char)word.ptr[i] & 0xC0U) != 0x80U ? 1 : 0;
        if (!first && column + 1 + width > WIDTH) {
            buf_addf(out, "\n%*s", (int)LEAD, "");
            column = LEAD;
            first = true;
        }
        if (!first) {
            buf_addc(out, ' ');
            column++;
        }
        buf_add(out, word.ptr, word.len);
        column += width;
        first = false;
    }
    buf_addc(out, '\n');
}

static char *cut(char *take)
{
    AUTO(xfree) char *text = take;
    if (strlen(text) <= VALUE_MAX) {
        text = NULL;
        return take;
    }
    size_t len = VALUE_MAX;
    while (len > 0 && ((unsigned char)text[len] & 0xC0U) == 0x80U)
        len--;
    return xasprintf("%.*s…", (int)len, text);
}

/* Control characters would draw on the terminal. */
static void tame(char *text)
{
    for (char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
}

static char *plain(const struct finding_view *v, const struct js *value)
{
    AUTO(xfree) char *raw = NULL;
    if (value == NULL)
        return xstrdup("(not there)");
    const struct js *various = js_get(value, "various");
    if (js_is(various, JS_ARRAY)) {
        AUTO(strlist_deinit) struct strlist items = {0};
        for (size_t i = 0; i < js_len(various); i++)
            strlist_take(&items, js_compact(js_at(various, i)));
        raw = strlist_join(&items, " or ");
    } else {
        raw = js_compact(value);
    }
    char *safe = v->redactor != NULL ? redact_text(v->redactor, raw) : xstrdup(raw);
    tame(safe);
    return v->whole ? safe : cut(safe);
}

static char *words(const struct finding_view *v, const char *text)
{
    char *safe = v->redactor != NULL ? redact_text(v->redactor, text) : xstrdup(text);
    tame(safe);
    return v->whole ? safe : cut(safe);
}

static bool has_item(const struct js *list, const struct js *item)
{
    for (size_t i = 0; i < js_len(list); i++)
        if (js_equal(js_at(list, i), item))
            return true;
    return false;
}

/* Lists, and values of which there were several, as lists: [value] for a single one. Caller frees.
 */
static struct js *as_list(const struct js *value)
{
    const struct js *various = js_get(value, "various");
    if (various != NULL || js_is(value, JS_ARRAY))
        return js_dup(various != NULL ? various : value);
    struct js *list = js_array();
    if (value != NULL)
        js_append(list, js_dup(value));
    return list;
}

static bool is_list(const struct js *value)
{
    return js_is(value, JS_ARRAY) || js_get(value, "various") != NULL;
}

/* The items of one list that the other has not, a comma between. */
static char *only_in(const struct finding_view *v, const struct js *list, const struct js *other)
{
    AUTO(strlist_deinit) struct strlist items = {0};
    size_t more = 0;
    for (size_t i = 0; i < js_len(list); i++) {
        if (has_item(other, js_at(list, i)))
            continue;
        if (items.len == SHOWN_ITEMS && !v->whole) {
            more++;
            continue;
        }
        const char *text = js_text(js_at(list, i));
        AUTO(xfree) char *compact = js_compact(js_at(list, i));
        strlist_take(&items, words(v, text != NULL ? text : compact));
    }
    if (more > 0)
        strlist_take(&items, xasprintf("%zu more", more));
    return items.len > 0 ? strlist_join(&items, ", ") : NULL;
}

/* Lists of the same items in another order, or with other repetitions, are shown whole. */
static bool lists_text(const struct finding_view *v, const struct change *c, struct buf *out)
{
    if (c->before == NULL || c->after == NULL || (!is_list(c->before) && !is_list(c->after)))
        return false;
    AUTO(js_free) struct js *before = as_list(c->before);
    AUTO(js_free) struct js *after = as_list(c->after);
    AUTO(xfree) char *gone = only_in(v, before, after);
    AUTO(xfree) char *added = only_in(v, after, before);
    if (gone == NULL && added == NULL)
        return false;
    if (gone != NULL)
        text_field(out, "no more", gone);
    if (added != NULL)
        text_field(out, "new", added);
    return true;
}

static void outcome_text(const struct finding_view *v, const struct change *c, struct buf *out)
{
    AUTO(xfree) char *before = words(v, js_text(c->before) != NULL ? js_text(c->before) : "?");
    AUTO(xfree) char *after = words(v, js_text(c->after) != NULL ? js_text(c->after) : "?");
    text_field(out, "before", before);
    text_field(out, "after", after);
    if (c->shown != NULL && c->shown[0] != '\0') {
        AUTO(xfree) char *shown = words(v, c->shown);
        text_field(out, "shown", shown);
    }
    if (c->log != NULL) {
        AUTO(xfree) char *log = words(v, c->log);
        text_field(out, "log", log);
    }
}

#define ONE_LINE 70U /* name, before and after together, to stand on one line */

static void values_text(const struct finding_view *v, const struct change *c, struct buf *out)
{
    AUTO(xfree) char *before = plain(v, c->before);
    AUTO(xfree) char *after = plain(v, c->after);
    if (strlen(c->name) + strlen(before) + strlen(after) <= ONE_LINE) {
        buf_addf(out, "  %s: %s -> %s\n", c->name, before, after);
        return;
    }
    buf_addf(out, "  %s\n", c->name);
    if (lists_text(v, c, out))
        return;
    text_field(out, "before", before);
    text_field(out, "after", after);
}

static bool is_outcome(const struct change *c)
{
    return strcmp(c->group, "result") == 0 && strcmp(c->name, "outcome") == 0;
}

static bool same_js(const struct js *a, const struct js *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return js_equal(a, b);
}

/* The same thing seen in another place: in the access token as in the ID token. */
static bool same_elsewhere(const struct finding *a, const struct finding *b)
{
    return strcmp(a->first->name, b->first->name) == 0 && a->values == b->values &&
           same_js(a->first->before, b->first->before) && same_js(a->first->after, b->first->after);
}

static void finding_text(const struct finding_view *v, const struct finding *f,
                         const struct strlist *groups, struct buf *out)
{
    if (is_outcome(f->first)) {
        const char *step = v->step(v->ctx, f->first->run, f->first->step);
        if (step != NULL && !cstr_starts(step, "login"))
            text_field(out, "step", step);
        outcome_text(v, f->first, out);
        return;
    }
    values_text(v, f->first, out);
    if (f->values > 1) {
        AUTO(xfree)
        char *more = xasprintf("%zu more value%s that change%s so", f->values - 1,
                               f->values == 2 ? "" : "s", f->values == 2 ? "s" : "");
        text_field(out, "and", more);
    }
    AUTO(xfree) char *joined = strlist_join(groups, ", ");
    text_field(out, "of", joined);
}

static bool same_block(const struct finding *a, const struct finding *b)
{
    if (a->harm != b->harm || a->causes.len != b->causes.len || a->together != b->together ||
        a->why != b->why)
        return false;
    for (size_t i = 0; i < a->causes.len; i++)
        if (strcmp(a->causes.items[i], b->causes.items[i]) != 0)
            return false;
    return true;
}

/* The scenarios of a block, each once. */
static void add_scenarios(const struct finding_view *v, const struct finding *f,
                          struct strlist *ret)
{
    for (size_t i = 0; i < f->changes.len; i++) {
        const struct change *c = f->changes.items[i];
        const char *id = v->scenario(v->ctx, c->run);
        if (!strlist_has(ret, id))
            strlist_add(ret, id);
    }
}

static void where_text(const struct finding_view *v, const struct strlist *ids, struct buf *out)
{
    AUTO(strlist_deinit) struct strlist shown = {0};
    size_t most = v->whole ? ids->len : SHOWN_LOGINS;
    for (size_t i = 0; i < ids->len && i < most; i++)
        strlist_add(&shown, ids->items[i]);
    if (ids->len > most)
        strlist_take(&shown, xasprintf("and %zu more", ids->len - most));
    AUTO(xfree) char *joined = strlist_join(&shown, ", ");
    text_field(out, "in", joined);
}

static void block_text(const struct findings *f, size_t at, bool *told,
                       const struct finding_view *v, struct buf *out)
{
    const struct finding *first = &f->items[at];
    AUTO(strlist_deinit) struct strlist ids = {0};
    buf_addf(out, "%s: %s\n", harm_level(first->harm), harm_title(first->harm));
    for (size_t i = at; i < f->len; i++) {
        AUTO(strlist_deinit) struct strlist groups = {0};
        if (told[i] || !same_block(first, &f->items[i]))
            continue;
        for (size_t k = i; k < f->len; k++) {
            if (told[k] || !same_block(first, &f->items[k]) ||
                (k != i && !same_elsewhere(&f->items[i], &f->items[k])))
                continue;
            told[k] = true;
            strlist_add(&groups, f->items[k].first->group);
            add_scenarios(v, &f->items[k], &ids);
        }
        finding_text(v, &f->items[i], &groups, out);
    }
    where_text(v, &ids, out);
    if (v->causes != NULL)
        v->causes(v->ctx, first, out);
    buf_addc(out, '\n');
}

static size_t count(const struct findings *f, const char *level)
{
    size_t n = 0;
    for (size_t i = 0; i < f->len; i++)
        n += strcmp(harm_level(f->items[i].harm), level) == 0 ? 1 : 0;
    return n;
}

void findings_text(const struct findings *f, const struct finding_view *v, struct buf *out)
{
    static const char *const levels[] = {"error", "warning", "note"};
    size_t blocks[] = {0, 0, 0};
    bool *told = xcalloc(f->len + 1, sizeof(*told));
    for (size_t i = 0; i < f->len; i++) {
        if (told[i])
            continue;
        for (size_t l = 0; l < 3; l++)
            blocks[l] += strcmp(harm_level(f->items[i].harm), levels[l]) == 0 ? 1 : 0;
        block_text(f, i, told, v, out);
    }
    xfree(told);
    for (size_t l = 0; l < 3 && f->len > 0; l++)
        buf_addf(out, "%zu %s%s%s", blocks[l], levels[l], blocks[l] == 1 ? "" : "s",
                 l < 2 ? ", " : "\n");
}

struct js *findings_counts(const struct findings *f)
{
    static const char *const levels[] = {"error", "warning", "note", NULL};
    struct js *o = js_object();
    for (size_t i = 0; levels[i] != NULL; i++)
        js_set(o, levels[i], js_int((int64_t)count(f, levels[i])));
    return o;
}

static void set_value(const struct finding_view *v, struct js *o, const char *name,
                      const struct js *value)
{
    if (value != NULL)
        js_set(o, name, v->redactor != NULL ? redact_json(v->redactor, value) : js_dup(value));
}

static void set_words(const struct finding_view *v, struct js *o, const char *name,
                      const char *text)
{
    AUTO(js_free) struct js *value = text != NULL ? js_string(text) : NULL;
    set_value(v, o, name, value);
}

struct js *findings_json(const struct findings *f, const struct finding_view *v)
{
    struct js *list = js_array();
    for (size_t i = 0; i < f->len; i++) {
        const struct finding *one = &f->items[i];
        struct js *o = js_object();
        js_set_text(o, "harm", harm_name(one->harm));
        js_set_text(o, "level", harm_level(one->harm));
        js_set_text(o, "group", one->first->group);
        js_set_text(o, "name", one->first->name);
        set_value(v, o, "before", one->first->before);
        set_value(v, o, "after", one->first->after);
        set_words(v, o, "shown", one->first->shown);
        set_words(v, o, "log", one->first->log);
        js_set(o, "values", js_int((int64_t)one->values));
        struct js *in = js_array();
        for (size_t c = 0; c < one->changes.len; c++) {
            const struct change *change = one->changes.items[c];
            struct js *where = js_object();
            js_set_text(where, "scenario", v->scenario(v->ctx, change->run));
            js_set_text(where, "step", v->step(v->ctx, change->run, change->step));
            js_append(in, where);
        }
        js_set(o, "in", in);
        if (v->causes_json != NULL)
            js_set(o, "causes", v->causes_json(v->ctx, one));
        if (one->why != NULL)
            js_set_text(o, "why", one->why);
        js_append(list, o);
    }
    return list;
}

bool findings_break(const struct findings *f)
{
    for (size_t i = 0; i < f->len; i++)
        if (f->items[i].harm == HARM_LET_IN || f->items[i].harm == HARM_BREAKS ||
            f->items[i].harm == HARM_REDIRECTS)
            return true;
    return false;
}
