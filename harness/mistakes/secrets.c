/*
 * Found by their first characters, so that a text costs one look a character, however many secrets
 * there are.
 */
#include "harness/mistakes/secrets.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/vec.h"
#include "harness/data/yaml.h"

#define SHORTEST 4 /* what is shorter would be found everywhere */
#define HEADS 4096U

struct secrets {
    struct strlist all; /* the longest first */
    size_t *next;       /* the next with the same head, from 1; 0 = none */
    size_t first[HEADS];
};

static size_t head_of(const char *p)
{
    uint32_t n = 0;
    memcpy(&n, p, sizeof n); /* SHORTEST bytes */
    return (n * 2654435761U) >> 20;
}

/* ---- what is secret ---- */

static void add(struct secrets *s, const char *text)
{
    struct str rest = str_of(text != NULL ? text : "");
    struct str line = {0};
    while (text != NULL && str_next(&rest, '\n', &line)) { /* a key is many lines */
        struct str t = str_trim(line);
        if (t.len >= SHORTEST && t.ptr[0] != '$')
            strlist_take(&s->all, xstrndup(t.ptr, t.len));
    }
    if (text != NULL && strlen(text) >= SHORTEST && text[0] != '$')
        strlist_take(&s->all, b64_encode(text, strlen(text)));
}

static void add_value(struct secrets *s, const struct js *value)
{
    AUTO(xfree) char *number = js_is(value, JS_INTEGER) ? js_compact(value) : NULL;
    add(s, number != NULL ? number : js_text(value));
}

bool secrets_is_name(struct str name)
{
    static const char *const ends[] = {"secret", "password",   "passwd",  "token",
                                       "totp",   "privatekey", "keydata", NULL};
    char plain[64];
    size_t n = 0;
    for (size_t i = name.len > sizeof plain ? name.len - sizeof plain : 0; i < name.len; i++)
        if (isalnum((unsigned char)name.ptr[i]) != 0)
            plain[n++] = (char)tolower((unsigned char)name.ptr[i]);
    for (const char *const *e = ends; *e != NULL; e++)
        if (str_ends((struct str){plain, n}, *e))
            return true;
    return false;
}

/* Members whose name says that they are secret, wherever they stand. */
static void add_named(struct secrets *s, const struct js *value)
{
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++)
        add_named(s, js_at(value, i));
    for (struct js_iter it = js_iter(value); js_is(value, JS_OBJECT) && js_next(&it);) {
        if (secrets_is_name(str_of(it.key)))
            add_value(s, it.value);
        add_named(s, it.value);
    }
}

static void add_yaml(struct secrets *s, const char *text)
{
    AUTO(js_free) struct js *value = NULL;
    if (text != NULL && yaml_parse(str_of(text), "", 0, YAML_TYPED, &value, NULL, NULL) == 0)
        add_named(s, value);
}

static int by_length(const void *a, const void *b)
{
    size_t x = strlen(*(char *const *)a);
    size_t y = strlen(*(char *const *)b);
    return x > y ? -1 : x < y ? 1 : strcmp(*(char *const *)a, *(char *const *)b);
}

/* The shortest last into a chain's front, so that the longest is met first. */
static void index_all(struct secrets *s)
{
    if (s->all.len > 1)
        qsort(s->all.items, s->all.len, sizeof *s->all.items, by_length);
    s->next = xcalloc(s->all.len + 1, sizeof *s->next);
    for (size_t i = s->all.len; i > 0; i--) {
        size_t *first = &s->first[head_of(s->all.items[i - 1])];
        if (i < s->all.len && strcmp(s->all.items[i - 1], s->all.items[i]) == 0)
            continue;
        s->next[i] = *first;
        *first = i;
    }
}

struct secrets *secrets_new(const struct js *doc)
{
    static const char *const parts[] = {"authentik", "dex", "people", NULL};
    struct secrets *s = xcalloc(1, sizeof *s);
    const struct js *secret = js_path(doc, "argocd", "secret", NULL);
    for (struct js_iter it = js_iter(secret); js_is(secret, JS_OBJECT) && js_next(&it);)
        add_value(s, it.value);
    for (const char *const *p = parts; *p != NULL; p++)
        add_named(s, js_get(doc, *p));
    add_yaml(s, js_text(js_path(doc, "argocd", "cm", "oidc.config", NULL)));
    add_yaml(s, js_text(js_path(doc, "argocd", "cm", "dex.config", NULL)));
    index_all(s);
    return s;
}

struct secrets *secrets_free(struct secrets *s)
{
    if (s == NULL)
        return NULL;
    strlist_deinit(&s->all);
    xfree(s->next);
    return xfree(s);
}

/* ---- where one stands ---- */

/* Who calls a secret "secret" has the word everywhere: in names of keys it is none. */
#define LONGEST_WORD 16

static bool is_word(const char *secret)
{
    size_t n = 0;
    while (isalpha((unsigned char)secret[n]) != 0)
        n++;
    return secret[n] == '\0' && n < LONGEST_WORD;
}

static bool goes_on(char c)
{
    return isalnum((unsigned char)c) != 0 || c == '_' || c == '-';
}

/* How much of the text at `at` is a secret. */
static size_t known_at(const struct secrets *s, struct str text, size_t at)
{
    if (text.len - at < SHORTEST)
        return 0;
    for (size_t i = s->first[head_of(text.ptr + at)]; i > 0; i = s->next[i]) {
        const char *one = s->all.items[i - 1];
        size_t n = strlen(one);
        if (n > text.len - at || memcmp(text.ptr + at, one, n) != 0)
            continue;
        bool inside = (at > 0 && goes_on(text.ptr[at - 1])) ||
                      (at + n < text.len && goes_on(text.ptr[at + n]));
        if (!inside || !is_word(one))
            return n;
    }
    return 0;
}

/* ---- behind a key's name ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Does a value begin here whose key says that it is secret: KEY, perhaps in quotes, ":" or "="? */
static bool is_named(struct str text, size_t at)
{
    size_t i = at;
    while (i > 0 && is_blank(text.ptr[i - 1]))
        i--;
    if (i == 0 || (text.ptr[i - 1] != ':' && text.ptr[i - 1] != '='))
        return false;
    i--;
    while (i > 0 && is_blank(text.ptr[i - 1]))
        i--;
    while (i > 0 && (text.ptr[i - 1] == '"' || text.ptr[i - 1] == '\'' || text.ptr[i - 1] == '\\'))
        i--;
    size_t end = i;
    while (i > 0 && (goes_on(text.ptr[i - 1]) || text.ptr[i - 1] == '.'))
        i--;
    return secrets_is_name((struct str){text.ptr + i, end - i});
}

/* A quoted value with its quotes inside out; the end of the line where there is none. */
static size_t quoted_length(struct str text, size_t at)
{
    char quote = text.ptr[at];
    size_t i = at + 1;
    while (i < text.len && text.ptr[i] != '\n' && text.ptr[i] != quote)
        i += text.ptr[i] == '\\' && quote == '"' && i + 1 < text.len ? 2 : 1;
    bool doubled = quote == '\'' && i + 1 < text.len && text.ptr[i + 1] == quote;
    if (doubled) /* 'it''s' goes on */
        return i + 1 - at + quoted_length(text, i + 1);
    return (i < text.len ? i : text.len) - at;
}

/* Up to what ends a value that is not quoted, brackets and quotes in it passed over. */
static size_t bare_length(struct str text, size_t at)
{
    size_t i = at;
    int depth = 0;
    while (i < text.len && text.ptr[i] != '\n') {
        char c = text.ptr[i];
        if (depth == 0 && (c == ',' || c == '}' || c == ']' ||
                           (c == ' ' && i + 1 < text.len && text.ptr[i + 1] == '#')))
            break;
        depth += c == '(' ? 1 : c == ')' && depth > 0 ? -1 : 0;
        i += c == '"' ? quoted_length(text, i) + 1 : 1;
    }
    i = i < text.len ? i : text.len;
    while (i > at && (is_blank(text.ptr[i - 1]) || text.ptr[i - 1] == '\r'))
        i--;
    return i - at;
}

/* "$key", "${…}", var.x, a block or a map: what is no secret itself. */
static bool is_reference(struct str value)
{
    size_t i = 0;
    if (value.len == 0 || strchr("$|>{[*!~", value.ptr[0]) != NULL)
        return value.len == 0 || value.ptr[0] != '!' || memchr(value.ptr, '"', value.len) == NULL;
    while (i < value.len && (goes_on(value.ptr[i]) || strchr(".[]\"", value.ptr[i]) != NULL))
        i++;
    bool address = i == value.len && memchr(value.ptr, '.', value.len) != NULL;
    static const char *const known[] = {"var.",       "local.", "data.",   "random_",
                                        "authentik_", "each.",  "module.", NULL};
    for (const char *const *k = known; address && *k != NULL; k++)
        if (str_starts(value, *k))
            return true;
    return str_is(value, "null") || str_is(value, "true") || str_is(value, "false") ||
           str_is(value, "\"\"") || str_is(value, "''");
}

/* How much here is the value of such a key; *ret_skip characters of it are shown (a quote). */
static size_t named_at(struct str text, size_t at, size_t *ret_skip)
{
    char c = text.ptr[at];
    *ret_skip = 0;
    if (is_blank(c) || c == '\n' || !is_named(text, at))
        return 0;
    bool quote = c == '"' || c == '\'';
    size_t n = quote ? quoted_length(text, at) : bare_length(text, at);
    *ret_skip = quote ? 1 : 0;
    const struct str value = {text.ptr + at + *ret_skip, n - *ret_skip};
    return n <= *ret_skip || is_reference(value) ? 0 : n;
}

/* ---- the answer ---- */

/* Can the value of a key begin here? A quick look. */
static bool may_begin(struct str text, size_t at)
{
    char before = at > 0 ? text.ptr[at - 1] : '\0';
    return before == ':' || before == '=' || is_blank(before);
}

static char *masked(const struct secrets *s, struct str text, bool source, size_t *mark)
{
    AUTO(buf_deinit) struct buf b = {0};
    size_t to = SIZE_MAX;
    size_t copied = 0; /* of the text */
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t at = 0; at < text.len;) {
        size_t skip = 0;
        size_t n = known_at(s, text, at);
        if (n == 0 && source && may_begin(text, at))
            n = named_at(text, at, &skip);
        if (to == SIZE_MAX && *mark <= at)
            to = b.len + at - copied;
        else if (to == SIZE_MAX && *mark < at + n) /* inside of the secret */
            to = b.len + at - copied + skip;
        if (n > 0) {
            buf_add(&b, text.ptr + copied, at + skip - copied);
            buf_adds(&b, "***");
            copied = at + n;
        }
        at += n > 0 ? n : 1;
    }
    buf_add(&b, text.len > copied ? text.ptr + copied : "", text.len - copied);
    *mark = to != SIZE_MAX ? to : b.len;
    return buf_take(&b);
}

char *secrets_mask(const struct secrets *s, const char *text)
{
    size_t mark = 0;
    return masked(s, str_of(text), false, &mark);
}

char *secrets_mask_source(const struct secrets *s, struct str text, size_t *mark)
{
    return masked(s, text, true, mark);
}
