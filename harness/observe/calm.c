/*
 * The rules by which volatile parts are set aside, each with its reason. Knows names and shapes,
 * nothing of logins.
 */
#include "harness/observe/calm.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/params.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/base/vec.h"

#define LONG_RUN 20U /* a run of letters and digits from here on was drawn, not written */

enum rule {
    LEFT_OUT, /* said otherwise: exp and iat are the lifetime */
    PRESENT,  /* that it is there */
    SHAPE,    /* how it looks */
    AS_SET,   /* no order is promised (authentik.md 5.4, 6.4) */
    MATERIAL, /* of a key: kid says which it is */
};

static const struct {
    const char *name;
    enum rule rule;
} members[] = {
    {"iat", LEFT_OUT},        {"exp", LEFT_OUT},     {"nbf", LEFT_OUT},
    {"auth_time", PRESENT},   {"nonce", PRESENT},    {"at_hash", PRESENT},
    {"c_hash", PRESENT},      {"sid", SHAPE},        {"jti", SHAPE},
    {"uid", SHAPE},           {"request_id", SHAPE}, {"token", SHAPE},
    {"access_token", SHAPE},  {"id_token", SHAPE},   {"refresh_token", SHAPE},
    {"device_code", SHAPE},   {"user_code", SHAPE},  {"session_state", SHAPE},
    {"scope", AS_SET},        {"groups", AS_SET},    {"roles", AS_SET},
    {"entitlements", AS_SET}, {"n", MATERIAL},       {"x", MATERIAL},
    {"y", MATERIAL},          {"x5c", MATERIAL},     {"x5t", MATERIAL},
    {"x5t#S256", MATERIAL},   {NULL, PRESENT},
};

static const struct {
    const char *name;
    const char *why;
} headers[] = {
    {"date", "the time"},
    {"age", "the time"},
    {"last-modified", "the time"},
    {"expires", "the time"},
    {"etag", "of the content, which is compared itself"},
    {"content-length", "of the content, which is compared itself"},
    {"set-cookie", "compared as cookies"},
    {"x-authentik-id", "drawn for each answer"},
    {"x-request-id", "drawn for each answer"},
    {"cf-ray", "drawn for each answer"},
    {"connection", "of the hop"},
    {"keep-alive", "of the hop"},
    {"transfer-encoding", "of the hop"},
    {"report-to", "drawn for each answer"},
    {NULL, NULL},
};

const char *calm_header(const char *name)
{
    for (size_t i = 0; headers[i].name != NULL; i++)
        if (strcmp(headers[i].name, name) == 0)
            return headers[i].why;
    return NULL;
}

static bool only(const char *text, const char *of)
{
    return text[strspn(text, of)] == '\0';
}

static size_t count_of(const char *text, char c)
{
    size_t n = 0;
    for (; *text != '\0'; text++)
        n += *text == c ? 1 : 0;
    return n;
}

#define DIGITS "0123456789"
#define HEX DIGITS "abcdef"
#define ALNUM HEX "ghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

char *calm_shape(const char *text)
{
    size_t len = strlen(text);
    if (cstr_starts(text, "eyJ") && count_of(text, '.') == 4)
        return xstrdup("a JWE");
    if (cstr_starts(text, "eyJ") && count_of(text, '.') == 2)
        return xstrdup("a JWT");
    if (len == 0)
        return xstrdup("empty");
    if (len == 36 && only(text, HEX "-"))
        return xstrdup("a UUID");
    if (only(text, DIGITS))
        return xasprintf("%zu digits", len);
    if (only(text, HEX))
        return xasprintf("%zu hex digits", len);
    if (only(text, ALNUM))
        return xasprintf("%zu letters and digits", len);
    if (only(text, ALNUM "-_"))
        return xasprintf("%zu characters of base64url", len);
    return xasprintf("%zu characters", len);
}

static bool in_run(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Letters and digits from p on, and whether they look drawn: long, with digits or with capitals
 * among small letters. */
static size_t run_at(const char *p, bool *ret_drawn)
{
    size_t n = 0;
    size_t digits = 0;
    size_t capitals = 0;
    size_t small = 0;
    for (; in_run(p[n]); n++) {
        digits += isdigit((unsigned char)p[n]) ? 1 : 0;
        capitals += isupper((unsigned char)p[n]) ? 1 : 0;
        small += islower((unsigned char)p[n]) ? 1 : 0;
    }
    *ret_drawn = n >= LONG_RUN && (digits > 0 || (capitals > 2 && small > 2));
    return n;
}

/* A tag of redaction: "[code 1234abcd]", made anew for each run. Its length, or 0. */
static size_t tag_at(const char *p)
{
    if (*p != '[')
        return 0;
    size_t word = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz-");
    if (word == 0 || p[1 + word] != ' ' || strspn(p + 2 + word, HEX) != 8 || p[10 + word] != ']')
        return 0;
    return word + 11;
}

/* The port behind a name of this machine: its length with the colon, or 0. */
static size_t port_at(const char *start, const char *p)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]", NULL};
    size_t digits = *p == ':' ? strspn(p + 1, DIGITS) : 0;
    for (size_t i = 0; digits > 0 && hosts[i] != NULL; i++) {
        size_t len = strlen(hosts[i]);
        if ((size_t)(p - start) >= len && strncmp(p - len, hosts[i], len) == 0)
            return 1 + digits;
    }
    return 0;
}

char *calm_text(const char *text)
{
    if (text == NULL)
        return NULL;
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    for (const char *p = text; *p != '\0';) {
        bool drawn = false;
        size_t tag = tag_at(p);
        size_t port = port_at(text, p);
        size_t run = run_at(p, &drawn);
        if (tag > 0 || drawn)
            buf_adds(&out, "…");
        else if (port > 0)
            buf_adds(&out, ":PORT");
        else
            buf_add(&out, p, run > 0 ? run : 1);
        p += tag > 0 ? tag : port > 0 ? port : run > 0 ? run : 1;
    }
    return buf_take(&out);
}

static char *without_tags(const char *text)
{
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    for (const char *p = text; *p != '\0';) {
        size_t tag = tag_at(p);
        if (tag > 0)
            buf_adds(&out, "…");
        else
            buf_addc(&out, *p);
        p += tag > 0 ? tag : 1;
    }
    return buf_take(&out);
}

struct js *calm_redacted(const struct js *j)
{
    if (js_is(j, JS_OBJECT)) {
        struct js *o = js_object();
        for (struct js_iter it = js_iter(j); js_next(&it);)
            js_set(o, it.key, calm_redacted(it.value));
        return o;
    }
    if (js_is(j, JS_ARRAY)) {
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(j); i++)
            js_append(list, calm_redacted(js_at(j, i)));
        return list;
    }
    if (js_text(j) == NULL || strchr(js_text(j), '[') == NULL)
        return js_dup(j);
    AUTO(xfree) char *text = without_tags(js_text(j));
    return js_string(text);
}

static struct js *as_set(const struct js *value)
{
    AUTO(strlist_deinit) struct strlist items = {0};
    struct str rest = str_of(js_text(value));
    struct str piece = {0};
    while (js_text(value) != NULL && str_next(&rest, ' ', &piece))
        strlist_take(&items, xstrndup(piece.ptr, piece.len));
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++) {
        if (js_text(js_at(value, i)) == NULL)
            return js_dup(value); /* no list of names: its type is the finding */
        strlist_add(&items, js_text(js_at(value, i)));
    }
    if (js_text(value) == NULL && !js_is(value, JS_ARRAY))
        return js_dup(value);
    strlist_sort(&items);
    if (js_text(value) != NULL) {
        AUTO(xfree) char *joined = strlist_join(&items, " ");
        return js_string(joined);
    }
    return js_texts(&items);
}

static struct js *by_rule(enum rule rule, const struct js *value)
{
    if (rule == LEFT_OUT)
        return NULL;
    if (rule == AS_SET)
        return as_set(value);
    if (rule == SHAPE && js_text(value) != NULL) {
        AUTO(xfree) char *shape = calm_shape(js_text(value));
        return js_string(shape);
    }
    return js_stringf("there, %s", js_type_name(value));
}

struct js *calm_member(const char *name, const struct js *value)
{
    for (size_t i = 0; members[i].name != NULL; i++)
        if (strcmp(members[i].name, name) == 0)
            return by_rule(members[i].rule, value);
    if (js_text(value) == NULL)
        return js_dup(value);
    /* A port of this machine is drawn, whatever the member. */
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    const char *text = js_text(value);
    for (const char *p = text; *p != '\0';) {
        size_t port = port_at(text, p);
        if (port > 0)
            buf_adds(&out, ":PORT");
        else
            buf_addc(&out, *p);
        p += port > 0 ? port : 1;
    }
    return js_string(out.ptr);
}

/* Parameters whose values are behaviour. */
static bool says_why(const char *name)
{
    static const char *const names[] = {"error", "error_description", "locale", "token_type", NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void add_names(struct buf *out, char mark, struct str form)
{
    AUTO(params_deinit) struct params p = {0};
    AUTO(strlist_deinit) struct strlist names = {0};
    params_parse_form(&p, form);
    for (size_t i = 0; i < p.len; i++) {
        AUTO(xfree) char *value = calm_text(p.items[i].value);
        char *item = says_why(p.items[i].name) ? xasprintf("%s=%s", p.items[i].name, value)
                                               : xstrdup(p.items[i].name);
        if (strlist_has(&names, item))
            xfree(item);
        else
            strlist_take(&names, item);
    }
    strlist_sort(&names);
    AUTO(xfree) char *joined = strlist_join(&names, "&");
    buf_addf(out, "%c%s", mark, joined);
}

char *calm_location(const char *from, const char *location)
{
    AUTO(url_deinit) struct url asked = {0};
    AUTO(url_deinit) struct url to = {0};
    AUTO(xfree) char *absolute = NULL;
    if (url_parse(from, &asked, NULL) != 0 || url_resolve(from, location, &absolute, NULL) != 0 ||
        url_parse(absolute, &to, NULL) != 0)
        return calm_text(location);
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    AUTO(xfree) char *own = url_origin(&asked);
    AUTO(xfree) char *other = url_origin(&to);
    AUTO(xfree) char *origin = calm_text(other);
    if (strcmp(own, other) != 0)
        buf_adds(&out, origin);
    buf_adds(&out, to.path);
    if (to.query != NULL)
        add_names(&out, '?', str_of(to.query));
    if (to.fragment != NULL)
        add_names(&out, '#', str_of(to.fragment));
    return buf_take(&out);
}
