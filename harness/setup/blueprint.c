/*
 * Entries in order, as authentik applies them; a tag is a row of one table.
 */
#include "harness/setup/blueprint.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/data/yaml.h"

#define MAX_LOOPS 8       /* !Enumerate in !Enumerate */
#define MAX_OBJECTS 10000 /* that loops may make */
#define MAX_FINDS 4000U

/* One turn of an !Enumerate. */
struct turn {
    const struct js *index, *value;
};

struct reading {
    const char *path;
    const struct yaml_places *places;
    const struct js *context;
    struct objects *out;
    struct turn turns[MAX_LOOPS];
    size_t depth;
    size_t made;  /* by loops */
    size_t finds; /* each looks through all objects */
    struct err *err;
};

static struct js *value_of(struct reading *r, const struct js *raw);

/* ---- models ---- */

struct model {
    const char *name;
    const char *kind;
};

static const struct model models[] = {
    {"authentik_providers_oauth2.oauth2provider", "provider"},
    {"authentik_providers_oauth2.scopemapping", "mapping"},
    {"authentik_core.application", "application"},
    {"authentik_core.group", "group"},
    {"authentik_core.user", "user"},
    {"authentik_crypto.certificatekeypair", "key"},
    {"authentik_policies.policybinding", "binding"},
    {"authentik_flows.flow", "flow"},
    {NULL, NULL},
};

static const char *kind_of(const char *model)
{
    for (const struct model *m = models; m->name != NULL; m++) {
        if (cstr_eq(m->name, model))
            return m->kind;
    }
    return NULL;
}

/* ---- tags ---- */

/* The value itself when it is known, else why not. */
static struct js *resolved_at(struct reading *r, const struct js *list, size_t i)
{
    const struct js *raw = js_is(list, JS_ARRAY) ? js_at(list, i) : NULL;
    return raw != NULL ? value_of(r, raw) : js_null();
}

static struct js *tag_key_of(struct reading *r, const struct js *raw)
{
    (void)r;
    return js_text(raw) != NULL ? js_stringf("@id:%s", js_text(raw))
                                : object_unknown("!KeyOf without an id");
}

/* An object of this kind whose attributes have these values, or NULL. */
static const struct object *find_like(const struct objects *o, const char *kind,
                                      const struct js *like)
{
    for (size_t i = 0; i < o->items.len; i++) {
        const struct object *one = o->items.items[i];
        bool same = strcmp(one->kind, kind) == 0;
        for (struct js_iter it = js_iter(like); same && js_next(&it);)
            same = js_equal(js_get(one->attrs, it.key), it.value);
        if (same)
            return one;
    }
    return NULL;
}

/* !Find [model, [field, value]…]: what no entry made is in authentik already. */
static struct js *tag_find(struct reading *r, const struct js *raw)
{
    AUTO(js_free) struct js *model = resolved_at(r, raw, 0);
    AUTO(js_free) struct js *like = js_object();
    const char *kind = kind_of(js_text(model));
    if (kind == NULL)
        return object_unknown("!Find of model '%s'", js_text(model) != NULL ? js_text(model) : "");
    if (++r->finds > MAX_FINDS)
        return object_unknown("there are more than %u !Find", MAX_FINDS);
    for (size_t i = 1; i < js_len(raw); i++) {
        AUTO(js_free) struct js *key = resolved_at(r, js_at(raw, i), 0);
        if (js_text(key) != NULL)
            js_set(like, js_text(key), resolved_at(r, js_at(raw, i), 1));
    }
    const struct object *there = find_like(r->out, kind, like);
    if (there != NULL)
        return js_stringf("@%s", there->handle);
    AUTO(xfree) char *text = js_compact(like);
    AUTO(xfree) char *handle = xasprintf("!Find %s %s", js_text(model), text);
    struct object *found = objects_add(r->out, kind, handle);
    found->found = true;
    for (struct js_iter it = js_iter(like); js_next(&it);)
        js_set(found->attrs, it.key, js_dup(it.value));
    return js_stringf("@%s", handle);
}

/* A name, or [name, what to take when there is none]. */
static struct js *named(struct reading *r, const struct js *raw, struct js **ret_default)
{
    *ret_default = js_is(raw, JS_ARRAY) && js_len(raw) > 1 ? resolved_at(r, raw, 1) : NULL;
    return js_is(raw, JS_ARRAY) ? resolved_at(r, raw, 0) : js_dup(raw);
}

static struct js *tag_context(struct reading *r, const struct js *raw)
{
    AUTO(js_free) struct js *otherwise = NULL;
    AUTO(js_free) struct js *name = named(r, raw, &otherwise);
    const struct js *value = js_text(name) != NULL ? js_get(r->context, js_text(name)) : NULL;
    if (value != NULL)
        return js_dup(value);
    return otherwise != NULL ? js_ref(otherwise)
                             : object_unknown("the blueprint's context has no '%s'",
                                              js_text(name) != NULL ? js_text(name) : "");
}

static struct js *tag_env(struct reading *r, const struct js *raw)
{
    AUTO(js_free) struct js *otherwise = NULL;
    AUTO(js_free) struct js *name = named(r, raw, &otherwise);
    return otherwise != NULL ? js_ref(otherwise)
                             : object_unknown("it comes from authentik's environment variable %s",
                                              js_text(name) != NULL ? js_text(name) : "");
}

static struct js *tag_file(struct reading *r, const struct js *raw)
{
    AUTO(js_free) struct js *otherwise = NULL;
    AUTO(js_free) struct js *name = named(r, raw, &otherwise);
    return object_unknown("it comes from authentik's file %s",
                          js_text(name) != NULL ? js_text(name) : "");
}

/* Python's "%s" formatting with texts and whole numbers. */
static struct js *tag_format(struct reading *r, const struct js *raw)
{
    AUTO(js_free) struct js *format = resolved_at(r, raw, 0);
    AUTO(buf_deinit) struct buf b = {0};
    size_t next = 1;
    buf_init(&b, BUF_MAX_TEXT);
    for (const char *p = js_text(format) != NULL ? js_text(format) : ""; *p != '\0'; p++) {
        if (*p != '%' || (p[1] != 's' && p[1] != 'd' && p[1] != '%')) {
            buf_addc(&b, *p);
            continue;
        }
        p++;
        if (*p == '%') {
            buf_addc(&b, '%');
            continue;
        }
        AUTO(js_free) struct js *part = resolved_at(r, raw, next++);
        AUTO(xfree) char *number = js_is(part, JS_INTEGER) ? js_compact(part) : NULL;
        if (object_is_unknown(part) != NULL)
            return js_ref(part);
        if (number == NULL && js_text(part) == NULL)
            return object_unknown("!Format of %s", js_type_name(part));
        buf_adds(&b, number != NULL ? number : js_text(part));
    }
    return js_string(b.ptr);
}

static bool is_true(const struct js *value)
{
    int64_t n = 0;
    if (js_is(value, JS_INTEGER))
        return js_number(value, &n) == 0 && n != 0;
    if (js_is(value, JS_STRING))
        return js_text(value)[0] != '\0';
    return js_is(value, JS_TRUE) || js_len(value) > 0;
}

static struct js *tag_if(struct reading *r, const struct js *raw)
{
    AUTO(js_free)
    struct js *condition = js_is(raw, JS_ARRAY) ? resolved_at(r, raw, 0) : value_of(r, raw);
    if (object_is_unknown(condition) != NULL)
        return js_ref(condition);
    if (!js_is(raw, JS_ARRAY) || js_len(raw) < 3)
        return js_bool(is_true(condition));
    return resolved_at(r, raw, is_true(condition) ? 1 : 2);
}

/* !Condition [AND, a, b…]; N before a name turns it over. */
static struct js *tag_condition(struct reading *r, const struct js *raw)
{
    AUTO(js_free) struct js *mode = resolved_at(r, raw, 0);
    const char *name = js_text(mode) != NULL ? js_text(mode) : "";
    bool negated = name[0] == 'N' || strcmp(name, "XNOR") == 0;
    const char *own = name[0] == 'N' ? name + 1 : strcmp(name, "XNOR") == 0 ? "XOR" : name;
    size_t yes = 0;
    for (size_t i = 1; i < js_len(raw); i++) {
        AUTO(js_free) struct js *one = resolved_at(r, raw, i);
        if (object_is_unknown(one) != NULL)
            return js_ref(one);
        yes += is_true(one) ? 1 : 0;
    }
    if (strcmp(own, "AND") == 0)
        return js_bool((yes == js_len(raw) - 1) != negated);
    if (strcmp(own, "OR") == 0)
        return js_bool((yes > 0) != negated);
    if (strcmp(own, "XOR") == 0)
        return js_bool((yes % 2 == 1) != negated);
    return object_unknown("!Condition of mode '%s'", name);
}

/* !Value 0 is the innermost loop's, !Value 1 of the one around it. */
static const struct turn *turn_at(const struct reading *r, const struct js *raw)
{
    int64_t up = 0;
    const char *text = js_text(raw);
    if (text != NULL && str_to_i64(str_of(text), 0, MAX_LOOPS, &up) != 0)
        return NULL;
    return r->depth > (size_t)up ? &r->turns[r->depth - 1 - (size_t)up] : NULL;
}

static struct js *tag_value(struct reading *r, const struct js *raw)
{
    const struct turn *t = turn_at(r, raw);
    return t != NULL ? js_dup(t->value) : object_unknown("!Value outside !Enumerate");
}

static struct js *tag_index(struct reading *r, const struct js *raw)
{
    const struct turn *t = turn_at(r, raw);
    return t != NULL ? js_dup(t->index) : object_unknown("!Index outside !Enumerate");
}

/* [key, value] of a map's turn; the value alone of a list's. */
static void one_turn(struct reading *r, const struct js *body, bool map, struct js *ret)
{
    AUTO(js_free) struct js *value = value_of(r, body);
    r->made++;
    if (!map)
        js_append(ret, js_ref(value));
    else if (js_text(js_at(value, 0)) != NULL)
        js_set(ret, js_text(js_at(value, 0)), js_dup(js_at(value, 1)));
}

static struct js *loop(struct reading *r, const struct js *over, const struct js *body, bool map)
{
    struct js *ret = map ? js_object() : js_array();
    struct turn *t = &r->turns[r->depth++];
    for (size_t i = 0; js_is(over, JS_ARRAY) && i < js_len(over) && r->made < MAX_OBJECTS; i++) {
        AUTO(js_free) struct js *index = js_int((int64_t)i);
        *t = (struct turn){index, js_at(over, i)};
        one_turn(r, body, map, ret);
    }
    for (struct js_iter it = js_iter(over);
         js_is(over, JS_OBJECT) && js_next(&it) && r->made < MAX_OBJECTS;) {
        AUTO(js_free) struct js *pair = js_array();
        AUTO(js_free) struct js *index = js_string(it.key);
        js_append_text(pair, it.key);
        js_append(pair, js_dup(it.value));
        *t = (struct turn){index, pair};
        one_turn(r, body, map, ret);
    }
    r->depth--;
    return ret;
}

/* !Enumerate [iterable, SEQ or MAP, value]. */
static struct js *tag_enumerate(struct reading *r, const struct js *raw)
{
    AUTO(js_free) struct js *over = resolved_at(r, raw, 0);
    AUTO(js_free) struct js *mode = resolved_at(r, raw, 1);
    if (object_is_unknown(over) != NULL)
        return js_ref(over);
    if (js_len(raw) != 3 || r->depth == MAX_LOOPS)
        return object_unknown("!Enumerate that is not [list, SEQ, value], or nested too deep");
    return loop(r, over, js_at(raw, 2), cstr_eq(js_text(mode), "MAP"));
}

struct tag {
    const char *name;
    struct js *(*value)(struct reading *r, const struct js *raw);
};

static const struct tag tags[] = {
    {"!KeyOf", tag_key_of},
    {"!Find", tag_find},
    {"!FindObject", tag_find},
    {"!Context", tag_context},
    {"!Env", tag_env},
    {"!File", tag_file},
    {"!Format", tag_format},
    {"!If", tag_if},
    {"!Condition", tag_condition},
    {"!Value", tag_value},
    {"!Enumerate", tag_enumerate},
    {"!Index", tag_index},
    {NULL, NULL},
};

/* {"!Find": …} and nothing else. */
static const char *tag_of(const struct js *raw)
{
    struct js_iter it = js_iter(raw);
    return js_is(raw, JS_OBJECT) && js_len(raw) == 1 && js_next(&it) && it.key[0] == '!' ? it.key
                                                                                         : NULL;
}

static struct js *tag_unknown(const char *name)
{
    return object_unknown("the tag %s is not evaluated", name);
}

static struct js *value_of(struct reading *r, const struct js *raw)
{
    const char *tag = tag_of(raw);
    for (const struct tag *t = tags; tag != NULL && t->name != NULL; t++) {
        if (strcmp(t->name, tag) == 0)
            return t->value(r, js_get(raw, tag));
    }
    if (tag != NULL)
        return tag_unknown(tag);
    if (js_is(raw, JS_ARRAY)) {
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(raw); i++)
            js_append(list, value_of(r, js_at(raw, i)));
        return list;
    }
    if (!js_is(raw, JS_OBJECT))
        return js_dup(raw);
    struct js *obj = js_object();
    for (struct js_iter it = js_iter(raw); js_next(&it);)
        js_set(obj, it.key, value_of(r, it.value));
    return obj;
}

/* ---- entries ---- */

static void place_values(const struct reading *r, const char *pointer, const struct js *value,
                         const char *below, struct places *at)
{
    AUTO(xfree) char *whole = xasprintf("%s%s", pointer, below);
    int line = 0;
    int column = 0;
    if (yaml_place(r->places, whole, false, &line, &column))
        places_add(at, below, r->path, line, column);
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++) {
        AUTO(xfree) char *one = xasprintf("%s/%zu", below, i);
        place_values(r, pointer, js_at(value, i), one, at);
    }
    for (struct js_iter it = js_iter(value); js_is(value, JS_OBJECT) && js_next(&it);) {
        AUTO(xfree) char *one = places_below(below, it.key);
        place_values(r, pointer, it.value, one, at);
    }
}

/* attrs go over identifiers. */
static void take_attributes(struct reading *r, const char *pointer, const struct js *entry,
                            const char *part, struct object *o)
{
    const struct js *raw = js_get(entry, part);
    AUTO(xfree) char *from = xasprintf("%s/%s", pointer, part);
    for (struct js_iter it = js_iter(raw); js_is(raw, JS_OBJECT) && js_next(&it);) {
        AUTO(js_free) struct js *value = value_of(r, it.value);
        if (!js_is(value, JS_NULL))
            js_set(o->attrs, it.key, js_ref(value));
    }
    place_values(r, from, raw, "", o->at);
}

static bool applies(struct reading *r, const struct js *entry)
{
    AUTO(js_free)
    struct js *state = js_get(entry, "state") != NULL ? value_of(r, js_get(entry, "state")) : NULL;
    const struct js *conditions = js_get(entry, "conditions");
    for (size_t i = 0; i < js_len(conditions); i++) {
        AUTO(js_free) struct js *one = value_of(r, js_at(conditions, i));
        if (object_is_unknown(one) == NULL && !is_true(one))
            return false;
    }
    return !cstr_eq(js_text(state), "absent");
}

static void take_entry(struct reading *r, size_t i, const struct js *entry)
{
    const char *kind = kind_of(js_get_text(entry, "model"));
    const char *id = js_get_text(entry, "id");
    AUTO(xfree) char *pointer = xasprintf("/entries/%zu", i);
    AUTO(xfree)
    char *handle = id != NULL ? xasprintf("id:%s", id) : xasprintf("entry %zu", i + 1);
    int line = 0;
    int column = 0;
    if (kind == NULL || !applies(r, entry))
        return;
    (void)yaml_place(r->places, pointer, false, &line, &column);
    struct object *o = objects_add(r->out, kind, handle);
    places_add(o->at, "", r->path, line, column);
    take_attributes(r, pointer, entry, "identifiers", o);
    take_attributes(r, pointer, entry, "attrs", o);
    places_add(o->at, "", r->path, line, column);
}

/* Every "@id:X" must be an entry's. */
static void check_references(struct reading *r, const struct object *o, const struct js *value,
                             const char *pointer)
{
    const char *text = js_text(value);
    const struct place *p = places_find(o->at, pointer);
    if (text != NULL && cstr_starts(text, "@id:") && objects_find(r->out, text + 1) == NULL)
        objects_problem(r->out, "blueprint-undeclared", r->path, p != NULL ? p->line : 0,
                        p != NULL ? p->column : 0, "!KeyOf '%s': no entry has this id",
                        text + strlen("@id:"));
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++) {
        AUTO(xfree) char *below = xasprintf("%s/%zu", pointer, i);
        check_references(r, o, js_at(value, i), below);
    }
    for (struct js_iter it = js_iter(value); js_is(value, JS_OBJECT) && js_next(&it);) {
        AUTO(xfree) char *below = places_below(pointer, it.key);
        check_references(r, o, it.value, below);
    }
}

static int no_entries(const struct reading *r, const struct js *found)
{
    int line = 0;
    int column = 0;
    (void)yaml_place(r->places, "/entries", false, &line, &column);
    return err_set_at(r->err, ERR_USAGE, r->path, line, column,
                      "'entries' of a blueprint is a list, found %s", js_type_name(found));
}

int blueprint_read(const char *path, struct str text, struct objects *ret, struct err *err)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(yaml_places_free) struct yaml_places *places = NULL;
    if (yaml_parse(text, path, 0, YAML_TAGGED, &doc, &places, err) != 0)
        return -1;
    struct reading r = {.path = path, .places = places, .out = ret, .err = err};
    const struct js *entries = js_get(doc, "entries");
    size_t before = ret->items.len;
    r.context = js_get(doc, "context");
    if (!js_is(entries, JS_ARRAY))
        return no_entries(&r, entries);
    for (size_t i = 0; i < js_len(entries); i++)
        take_entry(&r, i, js_at(entries, i));
    for (size_t i = before; i < ret->items.len; i++) {
        const struct object *o = ret->items.items[i];
        check_references(&r, o, o->attrs, "");
    }
    return 0;
}
