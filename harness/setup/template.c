/*
 * "${user.email}" in the texts of a scope mapping. Knows the names, not where their values are
 * from.
 */
#include "harness/setup/template.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

#define ATTRIBUTES "user.attributes."

static const char *const names[] = {"user.username", "user.name",   "user.email",        "user.pk",
                                    "user.uuid",     "user.groups", "user.attributes.X", NULL};

/* The next piece of a text: plain text, then perhaps a name. */
struct piece {
    struct str plain;
    struct str name;
    bool has_name;
};

/* False at the end of the text; -1 by *ret_open when a "${" is not closed. */
static bool next_piece(struct str *rest, struct piece *ret, bool *ret_open)
{
    *ret = (struct piece){.plain = *rest};
    if (rest->len == 0)
        return false;
    const char *from = memmem(rest->ptr, rest->len, "${", 2);
    if (from == NULL) {
        *rest = (struct str){rest->ptr + rest->len, 0};
        return true;
    }
    ret->plain.len = (size_t)(from - rest->ptr);
    size_t left = rest->len - ret->plain.len - 2;
    const char *to = memchr(from + 2, '}', left);
    *ret_open = to == NULL;
    ret->has_name = to != NULL;
    if (to == NULL)
        return false;
    ret->name = (struct str){from + 2, (size_t)(to - from - 2)};
    *rest = (struct str){to + 1, left - ret->name.len - 1};
    return true;
}

static bool known(struct str name)
{
    if (str_starts(name, ATTRIBUTES))
        return name.len > strlen(ATTRIBUTES) && name.ptr[name.len - 1] != '.' &&
               memmem(name.ptr, name.len, "..", 2) == NULL;
    for (const char *const *n = names; *n != NULL; n++)
        if (str_is(name, *n))
            return true;
    return false;
}

static int check_name(struct str text, struct str name, struct err *err)
{
    AUTO(xfree) char *own = xstrndup(name.ptr, name.len);
    if (!known(name)) {
        const char *near = str_nearest(own, names);
        if (near != NULL)
            return err_set(err, ERR_USAGE, "unknown name '${%s}'; did you mean '${%s}'?", own,
                           near);
        return err_set(err, ERR_USAGE,
                       "unknown name '${%s}'; known are user.username, user.name, user.email, "
                       "user.pk, user.uuid, user.groups, user.attributes.X",
                       own);
    }
    if (str_is(name, "user.groups") && text.len != name.len + strlen("${}"))
        return err_set(err, ERR_USAGE,
                       "'${user.groups}' is a list: it must be the whole text, not a part of it");
    return 0;
}

int template_check(const char *text, struct err *err)
{
    const struct str whole = str_of(text);
    struct str rest = whole;
    struct piece p;
    bool open = false;
    while (next_piece(&rest, &p, &open))
        if (p.has_name && check_name(whole, p.name, err) != 0)
            return -1;
    return open ? err_set(err, ERR_USAGE, "'${' without '}' in '%s'", text) : 0;
}

/* user.attributes.address.city: the first word stands for `user` itself. */
static const struct js *look_up(const struct js *user, struct str name)
{
    struct str word = {0};
    const struct js *at = user;
    (void)str_next(&name, '.', &word);
    while (name.len > 0 && str_next(&name, '.', &word)) {
        AUTO(xfree) char *key = xstrndup(word.ptr, word.len);
        at = js_get(at, key);
    }
    return at;
}

static void add_text(struct buf *b, const struct js *value)
{
    if (value == NULL || js_is(value, JS_NULL))
        return;
    if (js_text(value) != NULL) {
        buf_adds(b, js_text(value));
        return;
    }
    AUTO(xfree) char *text = js_compact(value);
    buf_adds(b, text);
}

static struct js *fill_text(const char *text, const struct js *user)
{
    AUTO(buf_deinit) struct buf b;
    struct str rest = str_of(text);
    struct piece p;
    bool open = false;
    buf_init(&b, BUF_MAX_TEXT);
    while (next_piece(&rest, &p, &open)) {
        const struct js *value = p.has_name ? look_up(user, p.name) : NULL;
        if (p.has_name && p.plain.len == 0 && b.len == 0 && rest.len == 0)
            return value != NULL ? js_dup(value) : js_null();
        buf_add(&b, p.plain.ptr, p.plain.len);
        add_text(&b, value);
    }
    return js_string(b.ptr);
}

struct js *template_fill(const struct js *mapping, const struct js *user)
{
    if (js_text(mapping) != NULL)
        return fill_text(js_text(mapping), user);
    if (js_is(mapping, JS_ARRAY)) {
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(mapping); i++)
            js_append(list, template_fill(js_at(mapping, i), user));
        return list;
    }
    if (!js_is(mapping, JS_OBJECT))
        return js_dup(mapping);
    struct js *object = js_object();
    for (struct js_iter it = js_iter(mapping); js_next(&it);)
        js_set(object, it.key, template_fill(it.value, user));
    return object;
}
