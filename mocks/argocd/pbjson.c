/*
 * JSON and messages of protobuf-c, each way along the descriptor. Knows no message; the kinds of
 * field are a table.
 */
#include "mocks/argocd/pbjson.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ---- memory: protobuf-c is given ours ---- */

static void *pb_alloc(void *ctx, size_t n)
{
    (void)ctx;
    return xmalloc(n);
}

static void pb_release(void *ctx, void *p)
{
    (void)ctx;
    xfree(p);
}

static ProtobufCAllocator allocator = {.alloc = pb_alloc, .free = pb_release};

static void message_free(ProtobufCMessage *m)
{
    protobuf_c_message_free_unpacked(m, &allocator);
}

/* ---- one value of a field, each way ---- */

static ProtobufCMessage *message_of(const struct js *json, const ProtobufCMessageDescriptor *kind);
static struct js *json_of(const ProtobufCMessage *m);

static void put_text(void *at, const struct js *value, const ProtobufCFieldDescriptor *f)
{
    (void)f;
    char **slot = at;
    *slot = xstrdup(js_text(value));
}

static struct js *get_text(const void *at)
{
    char *const *slot = at;
    return js_string(*slot);
}

static void put_bool(void *at, const struct js *value, const ProtobufCFieldDescriptor *f)
{
    (void)f;
    protobuf_c_boolean *slot = at;
    *slot = js_is(value, JS_TRUE);
}

static struct js *get_bool(const void *at)
{
    const protobuf_c_boolean *slot = at;
    return js_bool(*slot != 0);
}

static void put_message(void *at, const struct js *value, const ProtobufCFieldDescriptor *f)
{
    ProtobufCMessage **slot = at;
    *slot = message_of(value, f->descriptor);
}

static struct js *get_message(const void *at)
{
    ProtobufCMessage *const *slot = at;
    return json_of(*slot);
}

/* The kinds of field there are in proto/. */
static const struct value_kind {
    ProtobufCType type;
    size_t size;
    enum js_type fits[2]; /* the JSON types it takes */
    void (*put)(void *at, const struct js *value, const ProtobufCFieldDescriptor *f);
    struct js *(*get)(const void *at);
} value_kinds[] = {
    {PROTOBUF_C_TYPE_STRING, sizeof(char *), {JS_STRING, JS_STRING}, put_text, get_text},
    {PROTOBUF_C_TYPE_BOOL, sizeof(protobuf_c_boolean), {JS_TRUE, JS_FALSE}, put_bool, get_bool},
    {PROTOBUF_C_TYPE_MESSAGE, sizeof(void *), {JS_OBJECT, JS_OBJECT}, put_message, get_message},
    {PROTOBUF_C_TYPE_STRING, 0, {JS_NULL, JS_NULL}, NULL, NULL},
};

static const struct value_kind *kind_of(const ProtobufCFieldDescriptor *f)
{
    const struct value_kind *k = value_kinds;
    while (k->size != 0 && k->type != f->type)
        k++;
    return k;
}

static bool fits(const struct value_kind *k, const struct js *value)
{
    return k->size != 0 && (js_is(value, k->fits[0]) || js_is(value, k->fits[1]));
}

/* ---- from JSON ---- */

/* {"a": x} as [{"key": "a", "value": x}]: a map is a list of entries on the wire. */
static struct js *entries_of(const struct js *map)
{
    struct js *list = js_array();
    for (struct js_iter it = js_iter(map); js_next(&it);) {
        struct js *entry = js_object();
        js_set_text(entry, "key", it.key);
        js_set(entry, "value", js_dup(it.value));
        js_append(list, entry);
    }
    return list;
}

static void put_list(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, const struct js *value)
{
    const struct value_kind *k = kind_of(f);
    AUTO(js_free) struct js *entries = js_is(value, JS_OBJECT) ? entries_of(value) : NULL;
    const struct js *list = entries != NULL ? entries : value;
    void *count_at = (char *)m + f->quantifier_offset;
    void *list_at = (char *)m + f->offset;
    size_t *count = count_at;
    void **items = list_at;
    if (js_len(list) == 0)
        return;
    *items = xcalloc(js_len(list), k->size);
    for (size_t i = 0; i < js_len(list); i++)
        if (fits(k, js_at(list, i)))
            k->put((char *)*items + (*count)++ * k->size, js_at(list, i), f);
}

static ProtobufCMessage *message_of(const struct js *json, const ProtobufCMessageDescriptor *kind)
{
    ProtobufCMessage *m = xcalloc(1, kind->sizeof_message);
    kind->message_init(m);
    for (unsigned i = 0; i < kind->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &kind->fields[i];
        const struct js *value = js_get(json, f->name);
        const struct value_kind *k = kind_of(f);
        if (f->label == PROTOBUF_C_LABEL_REPEATED)
            put_list(m, f, value);
        else if (fits(k, value))
            k->put((char *)m + f->offset, value, f);
    }
    return m;
}

void pb_write(struct buf *out, const struct js *json, const ProtobufCMessageDescriptor *kind)
{
    ProtobufCMessage *m = message_of(json, kind);
    size_t n = protobuf_c_message_get_packed_size(m);
    AUTO(xfree) char *packed = xmalloc(n + 1);
    buf_add(out, packed, protobuf_c_message_pack(m, (uint8_t *)packed));
    message_free(m);
}

/* ---- to JSON ---- */

static struct js *list_of(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const struct value_kind *k = kind_of(f);
    const void *count_at = (const char *)m + f->quantifier_offset;
    const void *list_at = (const char *)m + f->offset;
    const size_t *count = count_at;
    char *const *items = list_at;
    struct js *list = js_array();
    for (size_t i = 0; k->size != 0 && i < *count; i++)
        js_append(list, k->get(*items + i * k->size));
    return list;
}

/* proto3 knows no absent text or flag: an empty one says nothing. */
static bool says_something(const struct js *value)
{
    const char *text = js_text(value);
    return text != NULL ? text[0] != '\0' : js_is(value, JS_OBJECT) || js_is(value, JS_TRUE);
}

static void add_one(struct js *json, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const void *at = (const char *)m + f->offset;
    const void *const *pointer = at;
    const struct value_kind *k = kind_of(f);
    if (k->size == 0 || (f->type != PROTOBUF_C_TYPE_BOOL && *pointer == NULL))
        return;
    struct js *value = k->get(at);
    if (says_something(value))
        js_set(json, f->name, value);
    else
        js_free(value);
}

static struct js *json_of(const ProtobufCMessage *m)
{
    struct js *json = js_object();
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        if (f->label != PROTOBUF_C_LABEL_REPEATED) {
            add_one(json, m, f);
            continue;
        }
        struct js *list = list_of(m, f);
        if (js_len(list) > 0)
            js_set(json, f->name, list);
        else
            js_free(list);
    }
    return json;
}

int pb_read(const void *p, size_t n, const ProtobufCMessageDescriptor *kind, struct js **ret,
            struct err *err)
{
    ProtobufCMessage *m = protobuf_c_message_unpack(kind, &allocator, n, p);
    if (m == NULL)
        return err_set(err, ERR_PARSE, "the bytes are no message %s", kind->name);
    *ret = json_of(m);
    message_free(m);
    return 0;
}
