/*
 * Fields of replies. Knows nothing of stages: what may be blank or absent is its callers' to say.
 */
#include "mocks/authentik/reply.h"

#include <string.h>
#include <strings.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"

void ak_reply_error(struct js **errors, const char *field, const char *text, const char *code)
{
    struct js *one = js_object();
    js_set_text(one, "string", text);
    js_set_text(one, "code", code);
    if (*errors == NULL)
        *errors = js_object();
    if (js_get(*errors, field) == NULL)
        js_set(*errors, field, js_array());
    js_append(js_get(*errors, field), one);
}

/* Python's name for the type, as the message has it. */
static const char *python_type(const struct js *value)
{
    static const struct {
        enum js_type type;
        const char *name;
    } names[] = {{JS_ARRAY, "list"},
                 {JS_STRING, "str"},
                 {JS_TRUE, "bool"},
                 {JS_FALSE, "bool"},
                 {JS_REAL, "float"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (js_is(value, names[i].type))
            return names[i].name;
    return "int"; /* null is refused in other words */
}

bool ak_reply_is_object(const struct js *reply, struct js **errors)
{
    if (js_is(reply, JS_OBJECT))
        return true;
    if (js_is(reply, JS_NULL)) {
        ak_reply_error(errors, "non_field_errors", "This field may not be null.", "null");
        return false;
    }
    AUTO(xfree)
    char *text = xasprintf("Invalid data. Expected a dictionary, but got %s.", python_type(reply));
    ak_reply_error(errors, "non_field_errors", text, "invalid");
    return false;
}

/* Absent or null: decided by the rules alone. */
static bool without_value(const struct js *value, const char *name, unsigned rules,
                          struct js **errors)
{
    if (value == NULL && (rules & FIELD_REQUIRED) != 0) {
        ak_reply_error(errors, name, "This field is required.", "required");
        return false;
    }
    if (value != NULL && (rules & FIELD_NULL_OK) == 0) {
        ak_reply_error(errors, name, "This field may not be null.", "null");
        return false;
    }
    return true;
}

/* CharField takes numbers, too; a boolean is no text. Caller frees; NULL when it is none. */
static char *as_text(const struct js *value)
{
    if (js_text(value) != NULL)
        return xstrdup(js_text(value));
    if (js_is(value, JS_INTEGER) || js_is(value, JS_REAL))
        return js_compact(value);
    return NULL;
}

bool ak_reply_text(const struct js *reply, const char *name, unsigned rules, char **ret_text,
                   struct js **errors)
{
    const struct js *value = js_get(reply, name);
    *ret_text = NULL;
    if (value == NULL || js_is(value, JS_NULL))
        return without_value(value, name, rules, errors);
    AUTO(xfree) char *text = as_text(value);
    if (text == NULL) {
        ak_reply_error(errors, name, "Not a valid string.", "invalid");
        return false;
    }
    struct str kept = str_trim(str_of(text));
    if (kept.len == 0 && (rules & FIELD_UNTRIMMED) != 0)
        kept = str_of(text);
    if (kept.len == 0 && (rules & FIELD_BLANK_OK) == 0) {
        ak_reply_error(errors, name, "This field may not be blank.", "blank");
        return false;
    }
    *ret_text = (rules & FIELD_UNTRIMMED) != 0 ? xstrdup(text) : xstrndup(kept.ptr, kept.len);
    return true;
}

static bool listed(const char *const *words, const char *text)
{
    for (; *words != NULL; words++)
        if (strcasecmp(*words, text) == 0)
            return true;
    return false;
}

/* BooleanField takes these words in upper and lower case. */
bool ak_reply_bool(const struct js *reply, const char *name, bool *ret, struct js **errors)
{
    static const char *const yes[] = {"t", "y", "yes", "true", "on", "1", NULL};
    static const char *const no[] = {"f", "n", "no", "false", "off", "0", NULL};
    const struct js *value = js_get(reply, name);
    if (value == NULL || js_is(value, JS_NULL))
        return without_value(value, name, FIELD_REQUIRED, errors);
    AUTO(xfree) char *text = as_text(value);
    if (js_is(value, JS_TRUE) || (text != NULL && listed(yes, text))) {
        *ret = true;
        return true;
    }
    if (js_is(value, JS_FALSE) || (text != NULL && listed(no, text))) {
        *ret = false;
        return true;
    }
    ak_reply_error(errors, name, "Must be a valid boolean.", "invalid");
    return false;
}
