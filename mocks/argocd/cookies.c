/*
 * Cutting a token into cookies of at most 4093 bytes and joining them again (argocd.md 1.8). Knows
 * nothing of what the token says.
 */
#include "mocks/argocd/cookies.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/gotext.h"

#define COOKIE_MAX_LENGTH 4093
#define JOIN_MAX 1280 /* more than a request's head can hold */

int cookies_split(const char *name, const char *token, const char *attributes, size_t most,
                  struct strlist *ret, struct err *err)
{
    size_t length = strlen(token);
    size_t room = COOKIE_MAX_LENGTH - (strlen(name) + 3) - (strlen(attributes) + 2);
    size_t pieces = (length + room - 1) / room;
    if (pieces > most)
        return err_set(
            err, ERR_PARSE,
            "error creating cookie metadata: the authentication token is %zu characters "
            "long and requires %zu cookies but the max number of cookies is %zu. Contact "
            "your Argo CD administrator to increase the max number of cookies",
            length, pieces, most);
    for (size_t i = 0; i < pieces; i++) {
        const char *part = token + i * room;
        int n = (int)strnlen(part, room);
        if (i > 0)
            strlist_take(ret, xasprintf("%s-%zu=%.*s; %s", name, i, n, part, attributes));
        else if (pieces > 1)
            strlist_take(ret, xasprintf("%s=%zu:%.*s; %s", name, pieces, n, part, attributes));
        else
            strlist_take(ret, xasprintf("%s=%.*s; %s", name, n, part, attributes));
    }
    return 0;
}

/* net/http drops a cookie whose name is no token or whose value has bytes a cookie may not have. */
static bool cookie_is_valid(struct str name, struct str value)
{
    if (name.len == 0)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (isgraph((unsigned char)name.ptr[i]) == 0 || strchr("()<>@,;:\\\"/[]?={}", name.ptr[i]))
            return false;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == ';' || c == '\\')
            return false;
    }
    return true;
}

static void read_field(struct str field, struct params *ret)
{
    struct str part;
    while (str_next(&field, ';', &part)) {
        struct str name = str_trim(part);
        const char *eq = name.len > 0 ? memchr(name.ptr, '=', name.len) : NULL;
        struct str value = {"", 0};
        if (eq != NULL) {
            value = (struct str){eq + 1, name.len - (size_t)(eq - name.ptr) - 1};
            name.len = (size_t)(eq - name.ptr);
        }
        if (value.len > 1 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
            value = (struct str){value.ptr + 1, value.len - 2};
        if (!cookie_is_valid(name, value))
            continue;
        AUTO(xfree) char *n = xstrndup(name.ptr, name.len);
        AUTO(xfree) char *v = xstrndup(value.ptr, value.len);
        params_add(ret, n, v);
    }
}

void cookies_read(const struct params *headers, struct params *ret)
{
    for (size_t i = 0; i < headers->len; i++)
        if (strcasecmp(headers->items[i].name, "Cookie") == 0)
            read_field(str_of(headers->items[i].value), ret);
}

/* Go collects them in a map, so the last of a name counts. */
static const char *last_of(const struct params *cookies, const char *name)
{
    for (size_t i = cookies->len; i-- > 0;)
        if (strcmp(cookies->items[i].name, name) == 0)
            return cookies->items[i].value;
    return NULL;
}

static int read_count(const char *text, size_t n, int64_t *ret, struct err *err)
{
    if (str_to_i64((struct str){text, n}, INT64_MIN, INT64_MAX, ret) == 0)
        return 0;
    AUTO(xfree) char *number = xstrndup(text, n);
    AUTO(xfree) char *quoted = go_quoted(number);
    size_t digits = strspn(number, "0123456789");
    bool range = n > 0 && digits == n;
    return err_set(err, ERR_PARSE, "strconv.Atoi: parsing %s: %s", quoted,
                   range ? "value out of range" : "invalid syntax");
}

int cookies_join(const char *name, const struct params *cookies, char **ret, struct err *err)
{
    const char *first = last_of(cookies, name);
    if (first == NULL)
        return err_set(err, ERR_PARSE, "failed to retrieve cookie %s", name);
    const char *colon = strchr(first, ':');
    if (colon == NULL) {
        *ret = xstrdup(first);
        return 0;
    }
    if (strchr(colon + 1, ':') != NULL)
        return err_set(err, ERR_PARSE, "invalid cookie for key %s", name);
    int64_t count = 0;
    if (read_count(first, (size_t)(colon - first), &count, err) != 0)
        return -1;
    AUTO(strlist_deinit) struct strlist parts = {0};
    strlist_add(&parts, colon + 1);
    /* More pieces than cookies came are missing ones, and those count as empty. */
    int64_t most = count < JOIN_MAX ? count : JOIN_MAX;
    for (int64_t i = 1; i < most; i++) {
        AUTO(xfree) char *key = xasprintf("%s-%lld", name, (long long)i);
        const char *value = last_of(cookies, key);
        if (value != NULL)
            strlist_add(&parts, value);
    }
    *ret = strlist_join(&parts, "");
    return 0;
}
