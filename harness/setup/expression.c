/*
 * A reader of the little Python that scope mappings are made of (authentik.md 6).
 */
#include "harness/setup/expression.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

#define MAX_DEPTH 16

struct reader {
    const char *at;
    int depth;
    char **ret_why;
};

static int fail(struct reader *r, const char *wanted)
{
    size_t n = strcspn(r->at, "\n");
    if (*r->ret_why == NULL)
        *r->ret_why =
            n == 0 ? xasprintf("expected %s, found the end", wanted)
                   : xasprintf("expected %s, found '%.*s'", wanted, (int)(n > 40 ? 40 : n), r->at);
    return -1;
}

static void skip_space(struct reader *r)
{
    for (;;) {
        while (isspace((unsigned char)*r->at) != 0)
            r->at++;
        if (*r->at != '#')
            return;
        r->at += strcspn(r->at, "\n");
    }
}

static bool take(struct reader *r, const char *word)
{
    skip_space(r);
    if (!cstr_starts(r->at, word))
        return false;
    r->at += strlen(word);
    return true;
}

static int read_text(struct reader *r, char **ret)
{
    char quote = *r->at;
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    for (r->at++; *r->at != quote; r->at++) {
        if (*r->at == '\0' || *r->at == '\n' || *r->at == '\\')
            return fail(r, "a plain text in quotes");
        buf_addc(&b, *r->at);
    }
    r->at++;
    *ret = buf_take(&b);
    return 0;
}

/* What stands for a value of the user. */
struct known {
    const char *python;
    const char *value; /* as the setup's mappings write it */
};

static const struct known names[] = {
    {"[group.name for group in request.user.ak_groups.all()]", "${user.groups}"},
    {"[group.name for group in user.ak_groups.all()]", "${user.groups}"},
    {"[group.name for group in request.user.all_groups()]", "${user.groups}"},
    {"[group.name for group in user.all_groups()]", "${user.groups}"},
    {"[group.name for group in request.user.groups.all()]", "${user.groups}"},
    {"[group.name for group in user.groups.all()]", "${user.groups}"},
    {"request.user.username", "${user.username}"},
    {"request.user.email", "${user.email}"},
    {"request.user.name", "${user.name}"},
    {"user.username", "${user.username}"},
    {"user.email", "${user.email}"},
    {"user.name", "${user.name}"},
    {NULL, NULL},
};

static bool goes_on(char c)
{
    return isalnum((unsigned char)c) != 0 || c == '_' || c == '.' || c == '(' || c == '[';
}

/* The comprehension's variable may have any name: it is compared as "group". Blanks count as one.
 */
static char *normalised(const char *text, size_t n)
{
    static const char word[] = ".name for ";
    AUTO(buf_deinit) struct buf b = {0};
    AUTO(buf_deinit) struct buf c = {0};
    buf_init(&b, BUF_MAX_TEXT);
    buf_init(&c, BUF_MAX_TEXT);
    for (size_t i = 0; i < n; i++) {
        bool blank = isspace((unsigned char)text[i]) != 0;
        if (!blank)
            buf_addc(&b, text[i]);
        else if (b.len > 0 && b.ptr[b.len - 1] != ' ' && b.ptr[b.len - 1] != '[')
            buf_addc(&b, ' ');
    }
    const char *dot = strstr(b.ptr, word);
    if (b.ptr[0] != '[' || dot == NULL)
        return buf_take(&b);
    AUTO(xfree) char *variable = xstrndup(b.ptr + 1, (size_t)(dot - b.ptr - 1));
    AUTO(xfree) char *binding = xasprintf(".name for %s in ", variable);
    if (!cstr_starts(dot, binding))
        return buf_take(&b);
    buf_addf(&c, "[group.name for group in %s", dot + strlen(binding));
    while (c.len > 1 && c.ptr[c.len - 1] == ']' && c.ptr[c.len - 2] == ' ') {
        c.ptr[c.len - 2] = ']';
        c.ptr[--c.len] = '\0';
    }
    return buf_take(&c);
}

/* Whole comprehensions are compared up to their bracket. */
static bool take_known(struct reader *r, struct js **ret)
{
    const char *end = *r->at == '[' ? strchr(r->at, ']') : NULL;
    AUTO(xfree) char *list = end != NULL ? normalised(r->at, (size_t)(end - r->at) + 1) : NULL;
    for (const struct known *k = names; k->python != NULL; k++) {
        size_t n = strlen(k->python);
        if (list != NULL && strcmp(list, k->python) == 0)
            r->at = end + 1;
        else if (strncmp(r->at, k->python, n) == 0 && !goes_on(r->at[n]))
            r->at += n;
        else
            continue;
        *ret = js_string(k->value);
        return true;
    }
    return false;
}

static bool take_word(struct reader *r, struct js **ret)
{
    static const struct {
        const char *word;
        enum js_type type;
    } words[] = {{"True", JS_TRUE}, {"False", JS_FALSE}, {"None", JS_NULL}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i].word);
        if (strncmp(r->at, words[i].word, n) != 0 || goes_on(r->at[n]))
            continue;
        r->at += n;
        *ret = words[i].type == JS_NULL ? js_null() : js_bool(words[i].type == JS_TRUE);
        return true;
    }
    return false;
}

static int read_value(struct reader *r, struct js **ret);

static int read_list(struct reader *r, struct js *list)
{
    while (!take(r, "]")) {
        struct js *value = NULL;
        if (read_value(r, &value) != 0)
            return -1;
        js_append(list, value);
        if (!take(r, ",") && *r->at != ']')
            return fail(r, "',' or ']'");
    }
    return 0;
}

static int read_members(struct reader *r, struct js *obj)
{
    while (!take(r, "}")) {
        AUTO(xfree) char *key = NULL;
        struct js *value = NULL;
        if (*r->at != '"' && *r->at != '\'')
            return fail(r, "the name of a claim in quotes");
        if (read_text(r, &key) != 0)
            return -1;
        if (!take(r, ":"))
            return fail(r, "':'");
        if (read_value(r, &value) != 0)
            return -1;
        js_set(obj, key, value);
        if (!take(r, ",") && *r->at != '}')
            return fail(r, "',' or '}'");
    }
    return 0;
}

static int read_number(struct reader *r, struct js **ret)
{
    size_t n = strspn(r->at, "0123456789");
    int64_t value = 0;
    if (str_to_i64((struct str){r->at, n}, 0, INT64_MAX, &value) != 0 || goes_on(r->at[n]))
        return fail(r, "a whole number");
    r->at += n;
    *ret = js_int(value);
    return 0;
}

static int read_collection(struct reader *r, struct js **ret)
{
    bool list = *r->at == '[';
    AUTO(js_free) struct js *made = list ? js_array() : js_object();
    if (r->depth >= MAX_DEPTH)
        return fail(r, "nothing nested deeper than 16 levels");
    r->at++;
    r->depth++;
    if ((list ? read_list(r, made) : read_members(r, made)) != 0)
        return -1;
    r->depth--;
    *ret = made;
    made = NULL;
    return 0;
}

static int read_value(struct reader *r, struct js **ret)
{
    skip_space(r);
    if (take_known(r, ret) || take_word(r, ret))
        return 0;
    if (*r->at == '[' || *r->at == '{')
        return read_collection(r, ret);
    if (isdigit((unsigned char)*r->at) != 0)
        return read_number(r, ret);
    if (*r->at != '"' && *r->at != '\'')
        return fail(r, "a plain value");
    AUTO(xfree) char *text = NULL;
    if (read_text(r, &text) != 0)
        return -1;
    *ret = js_string(text);
    return 0;
}

int expression_claims(const char *python, struct js **ret, char **ret_why)
{
    struct reader r = {.at = python, .ret_why = ret_why};
    AUTO(js_free) struct js *claims = js_object();
    *ret_why = NULL;
    if (!take(&r, "return") || !take(&r, "{"))
        return fail(&r, "'return {'");
    if (read_members(&r, claims) != 0)
        return -1;
    skip_space(&r);
    if (*r.at != '\0')
        return fail(&r, "nothing after the dictionary");
    *ret = claims;
    claims = NULL;
    return 0;
}
