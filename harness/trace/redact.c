/*
 * Finding secrets by value and putting tags in their place. One pass over a text: a bitmap over the
 * first four bytes of every known form says where a comparison is worth while. Owns copies of the
 * values.
 */
#include "harness/trace/redact.h"

#include <stdint.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/rnd.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/crypto/hash.h"

#define PREFIX 4U       /* bytes of a form that the bitmap looks at */
#define MIN_FREE 6U     /* shorter values are replaced only as whole words */
#define BUCKET_BITS 16U /* few share one even after the whole library */
#define BUCKETS (1U << BUCKET_BITS)
#define SHORTEST_HEADER 12U /* {"alg":""} */

struct form {
    char *text;
    size_t len;
    char *tag;  /* shared by all forms of a value */
    bool word;  /* only between non-word characters */
    bool value; /* a value as it was added, so its other forms are here too */
    struct form *next;
    struct form *next_same; /* of the same hash over the whole text */
};

struct redactor {
    uint8_t key[32];
    struct form *buckets[BUCKETS];
    struct form *shorts;         /* under PREFIX bytes: looked for one by one */
    struct form *whole[BUCKETS]; /* the same forms by their whole text: tokens all begin alike */
};

struct redactor *redactor_new(void)
{
    struct redactor *r = xcalloc(1, sizeof(*r));
    AUTO(rnd_free) struct rnd *rnd = rnd_new_system();
    rnd_fill(rnd, "harness", "redaction key", r->key, sizeof(r->key));
    return r;
}

struct redactor *redactor_new_like(const struct redactor *other)
{
    struct redactor *r = xcalloc(1, sizeof(*r));
    memcpy(r->key, other->key, sizeof(r->key));
    return r;
}

static struct form *forms_free(struct form *f)
{
    while (f != NULL) {
        struct form *next = f->next;
        xfree(f->text);
        xfree(f->tag);
        xfree(f);
        f = next;
    }
    return NULL;
}

struct redactor *redactor_free(struct redactor *r)
{
    if (r == NULL)
        return NULL;
    for (size_t i = 0; i < BUCKETS; i++)
        forms_free(r->buckets[i]);
    forms_free(r->shorts);
    return xfree(r);
}

static size_t bucket_of(const char *p)
{
    uint32_t v;
    memcpy(&v, p, PREFIX);
    return (v * 2654435761U) >> (32U - BUCKET_BITS);
}

static size_t whole_bucket_of(const char *text)
{
    uint32_t h = 2166136261U; /* FNV-1a */
    for (; *text != '\0'; text++)
        h = (h ^ (uint8_t)*text) * 16777619U;
    return h % BUCKETS;
}

static struct form *known(const struct redactor *r, const char *text)
{
    struct form *f = r->whole[whole_bucket_of(text)];
    while (f != NULL && strcmp(f->text, text) != 0)
        f = f->next_same;
    return f;
}

static struct form *add_form(struct redactor *r, const char *text, const char *tag, bool word)
{
    size_t len = strlen(text);
    struct form *f = known(r, text);
    if (f != NULL)
        return f;
    f = xcalloc(1, sizeof(*f));
    struct form **same = &r->whole[whole_bucket_of(text)];
    f->text = xstrdup(text);
    f->len = len;
    f->tag = xstrdup(tag);
    f->word = word;
    f->next_same = *same;
    *same = f;
    struct form **list = len < PREFIX ? &r->shorts : &r->buckets[bucket_of(text)];
    while (*list != NULL && (*list)->len > len) /* longest first: a value may begin another */
        list = &(*list)->next;
    f->next = *list;
    *list = f;
    return f;
}

static char *tag_of(const struct redactor *r, const char *kind, const char *value)
{
    if (strcmp(kind, "password") == 0 || strcmp(kind, "client-secret") == 0)
        return xasprintf("[%s]", kind);
    uint8_t mac[HASH_SIZE_MAX];
    hmac_of(HASH_SHA256, r->key, sizeof(r->key), value, strlen(value), mac);
    return xasprintf("[%s %02x%02x%02x%02x]", kind, mac[0], mac[1], mac[2], mac[3]);
}

/* The value as it stands inside a JSON string, without the quotes. */
static char *json_form(const char *value)
{
    AUTO(js_free) struct js *s = js_string(value);
    AUTO(js_free) struct js *list = js_array();
    js_append(list, js_ref(s));
    char *text = js_compact(list); /* ["…"] */
    size_t len = strlen(text);
    char *inner = xstrndup(text + 2, len >= 4 ? len - 4 : 0);
    xfree(text);
    return inner;
}

/* How the systems escape text in pages and in JSON: Go's template and JSON, Python's html. */
struct escape {
    char from;
    const char *to;
};

static const struct escape escapes[][6] = {
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}, {0, NULL}},
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\'', "&#39;"}, {0, NULL}},
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#x27;"}, {0, NULL}},
    {{'&', "\\u0026"}, {'<', "\\u003c"}, {'>', "\\u003e"}, {0, NULL}},
};

static char *escaped(const char *text, const struct escape *table)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (; *text != '\0'; text++) {
        const struct escape *e = table;
        while (e->to != NULL && e->from != *text)
            e++;
        if (e->to != NULL)
            buf_adds(&b, e->to);
        else
            buf_addc(&b, *text);
    }
    return buf_take(&b);
}

/* The forms of a value with bytes that somebody escapes. */
static void add_odd_forms(struct redactor *r, const char *value, const char *percent,
                          const char *json, const char *tag)
{
    bool word = strlen(value) < MIN_FREE;
    AUTO(xfree) char *twice = url_encode(str_of(percent), ""); /* a URL within a URL */
    add_form(r, twice, tag, word);
    for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
        AUTO(xfree) char *of_value = escaped(value, escapes[i]);
        AUTO(xfree) char *of_json = escaped(json, escapes[i]);
        add_form(r, of_value, tag, word);
        add_form(r, of_json, tag, word);
    }
}

void redactor_add(struct redactor *r, const char *kind, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    const struct form *old = known(r, value);
    if (old != NULL && old->value)
        return;
    bool word = strlen(value) < MIN_FREE;
    AUTO(xfree) char *tag = tag_of(r, kind, value);
    AUTO(xfree) char *percent = url_encode(str_of(value), "");
    AUTO(xfree) char *plus = url_encode_plus(str_of(value));
    AUTO(xfree) char *json = json_form(value);
    AUTO(xfree) char *base64 = b64_encode(value, strlen(value));
    add_form(r, value, tag, word)->value = true;
    add_form(r, percent, tag, word);
    add_form(r, plus, tag, word);
    add_form(r, json, tag, word);
    if (strchr(percent, '%') != NULL)
        add_odd_forms(r, value, percent, json, tag);
    if (!word)
        add_form(r, base64, tag, word);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static const struct form *match(const struct form *f, const char *start, const char *at,
                                size_t left)
{
    for (; f != NULL; f = f->next) {
        if (f->len > left || memcmp(at, f->text, f->len) != 0)
            continue;
        if (!f->word || ((at == start || !is_word(at[-1])) && !is_word(at[f->len])))
            return f;
    }
    return NULL;
}

static size_t b64url_run(const char *p)
{
    size_t n = 0;
    while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= 'A' && p[n] <= 'Z') ||
           (p[n] >= '0' && p[n] <= '9') || p[n] == '-' || p[n] == '_')
        n++;
    return n;
}

/* Length of a text of JWT shape ("eyJ…" and two or four more parts) at p, or 0. An error text may
 * have been cut within the claims: they show by their own "eyJ". */
static size_t jwt_shape(const char *p)
{
    if (strncmp(p, "eyJ", 3) != 0)
        return 0;
    size_t len = b64url_run(p);
    if (len < SHORTEST_HEADER)
        return 0;
    bool claims = strncmp(p + len, ".eyJ", 4) == 0;
    size_t parts = 1;
    while (p[len] == '.' && parts < 5) {
        len += 1 + b64url_run(p + len + 1);
        parts++;
    }
    return parts >= 3 || claims ? len : 0;
}

static void add_tagged(const struct redactor *r, struct buf *out, const char *p, size_t n)
{
    AUTO(xfree) char *value = xstrndup(p, n);
    AUTO(xfree) char *tag = tag_of(r, "token", value);
    buf_adds(out, tag);
}

char *redact_text(const struct redactor *r, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t len = strlen(text);
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    size_t kept = 0; /* text up to here is in out */
    for (size_t i = 0; i < len;) {
        const struct form *f = NULL;
        if (len - i >= PREFIX)
            f = match(r->buckets[bucket_of(text + i)], text, text + i, len - i);
        if (f == NULL && r->shorts != NULL)
            f = match(r->shorts, text, text + i, len - i);
        size_t jwt = f == NULL && text[i] == 'e' ? jwt_shape(text + i) : 0;
        if (f == NULL && jwt == 0) {
            i++;
            continue;
        }
        buf_add(&out, text + kept, i - kept);
        if (f != NULL)
            buf_adds(&out, f->tag);
        else
            add_tagged(r, &out, text + i, jwt);
        i += f != NULL ? f->len : jwt;
        kept = i;
    }
    buf_add(&out, text + kept, len - kept);
    return buf_take(&out);
}

static struct js *redacted(const struct redactor *r, const struct js *j, bool keys);

static struct js *redact_object(const struct redactor *r, const struct js *j, bool keys)
{
    struct js *o = js_object();
    for (struct js_iter it = js_iter(j); js_next(&it);) {
        AUTO(xfree) char *key = keys ? redact_text(r, it.key) : xstrdup(it.key);
        js_set(o, key, redacted(r, it.value, keys));
    }
    return o;
}

static struct js *redacted(const struct redactor *r, const struct js *j, bool keys)
{
    if (js_is(j, JS_OBJECT))
        return redact_object(r, j, keys);
    if (js_is(j, JS_ARRAY)) {
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(j); i++)
            js_append(list, redacted(r, js_at(j, i), keys));
        return list;
    }
    if (js_is(j, JS_STRING)) {
        AUTO(xfree) char *text = redact_text(r, js_text(j));
        return js_string(text);
    }
    return js_dup(j);
}

struct js *redact_json(const struct redactor *r, const struct js *j)
{
    return redacted(r, j, true);
}

struct js *redact_json_values(const struct redactor *r, const struct js *j)
{
    return redacted(r, j, false);
}
