/*
 * The two rounds that a "$" in dex.config goes through (dex.md 1.5): Argo CD looks up whole strings
 * that begin with it, and Dex then expands environment variables in what is left. Pure functions on
 * JSON values; nesting is capped by the YAML reader.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/setup/setup_int.h"

/* A copy of value with each text replaced by what `change` makes of it. */
struct mapping {
    struct js *(*change)(const struct mapping *m, const char *text);
    const struct js *table; /* the Secret, or the environment */
    struct strlist *missing;
    bool keep;
};

static struct js *map_value(const struct mapping *m, const struct js *value)
{
    if (js_is(value, JS_STRING))
        return m->change(m, js_text(value));
    if (js_is(value, JS_ARRAY)) {
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(value); i++)
            js_append(list, map_value(m, js_at(value, i)));
        return list;
    }
    if (!js_is(value, JS_OBJECT))
        return js_dup(value);
    struct js *obj = js_object();
    for (struct js_iter it = js_iter(value); js_next(&it);)
        js_set(obj, it.key, map_value(m, it.value));
    return obj;
}

static struct js *look_up(const struct mapping *m, const char *text)
{
    if (text[0] != '$')
        return js_string(text);
    const char *found = js_get_text(m->table, text + 1);
    if (found == NULL) {
        if (m->missing != NULL && !strlist_has(m->missing, text))
            strlist_add(m->missing, text);
        return js_string(text);
    }
    struct str trimmed = str_trim(str_of(found));
    return js_stringn(trimmed.ptr, trimmed.len);
}

struct js *references_resolve(const struct js *value, const struct js *secret,
                              struct strlist *missing)
{
    struct mapping m = {.change = look_up, .table = secret, .missing = missing};
    return map_value(&m, value);
}

static struct js *double_dollars(const struct mapping *m, const char *text)
{
    if (m->keep && text[0] == '$' && js_get(m->table, text + 1) == NULL)
        return js_string(text);
    AUTO(buf_deinit) struct buf out = {0};
    buf_init(&out, BUF_MAX_TEXT);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '$')
            buf_addc(&out, '$');
        buf_addc(&out, *p);
    }
    return js_stringn(out.ptr, out.len);
}

struct js *references_double(const struct js *value, const struct js *secret, bool keep)
{
    struct mapping m = {.change = double_dollars, .table = secret, .keep = keep};
    return map_value(&m, value);
}

static bool is_special(char c)
{
    return c != '\0' && strchr("*#$@!?-0123456789", c) != NULL;
}

static bool is_name(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Go's os.getShellName: the name after a "$" and how many bytes it takes. A width without a name is
 * bad syntax, which is eaten; no width at all leaves the "$" alone. */
static size_t shell_name(const char *s, struct str *ret)
{
    *ret = (struct str){s, 0};
    if (s[0] == '{') {
        if (is_special(s[1]) && s[2] == '}') {
            *ret = (struct str){s + 1, 1};
            return 3;
        }
        const char *end = strchr(s + 1, '}');
        if (end == NULL)
            return 1;
        *ret = (struct str){s + 1, (size_t)(end - s - 1)};
        return (size_t)(end - s) + 1;
    }
    if (is_special(s[0])) {
        ret->len = 1;
        return 1;
    }
    while (is_name(s[ret->len]))
        ret->len++;
    return ret->len;
}

static struct js *expand(const struct mapping *m, const char *text)
{
    AUTO(buf_deinit) struct buf out = {0};
    buf_init(&out, BUF_MAX_TEXT);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p != '$' || p[1] == '\0') {
            buf_addc(&out, *p);
            continue;
        }
        struct str name = {0};
        size_t width = shell_name(p + 1, &name);
        if (width == 0)
            buf_addc(&out, '$');
        if (name.len > 0) {
            AUTO(xfree) char *key = xstrndup(name.ptr, name.len);
            const char *value = js_get_text(m->table, key);
            buf_adds(&out, value != NULL ? value : "");
        }
        p += width;
    }
    return js_stringn(out.ptr, out.len);
}

struct js *references_expand(const struct js *value, const struct js *env)
{
    struct mapping m = {.change = expand, .table = env};
    return map_value(&m, value);
}
