/*
 * The cookie jar: RFC 6265 part 5 step by step, plus what browsers added in 6265bis (SameSite,
 * name prefixes, no control characters). Time is the scenario's clock, so a cookie expires when the
 * scenario says so. Owns its cookies; knows nothing of who sends them.
 */
#include "harness/http/jar.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/base/vec.h"

#define MAX_PER_DOMAIN 50 /* RFC 6265 6.1 */
#define MAX_COOKIES 3000
#define MAX_COOKIE 4096    /* name and value */
#define MAX_ATTRIBUTE 1024 /* 6265bis 5.6 */

enum same_site { SAME_SITE_LAX, SAME_SITE_STRICT, SAME_SITE_NONE }; /* absent counts as Lax */

struct cookie {
    char *name;
    char *value;
    char *domain; /* lower case, without a leading dot */
    char *path;
    int64_t expires_ms; /* INT64_MAX: with the browser's session */
    uint64_t created;   /* a counter: two cookies of one moment still have an order */
    uint64_t used;
    bool host_only;
    bool secure;
    bool http_only;
    enum same_site same_site;
};

struct jar {
    const struct clock *clock;
    struct vec cookies; /* struct cookie */
    uint64_t counter;
};

/* A request's URL as far as cookies care. */
struct place {
    char *host; /* lower case */
    char *path;
    bool https;
};

struct jar *jar_new(const struct clock *clock)
{
    struct jar *j = xcalloc(1, sizeof(*j));
    j->clock = clock;
    return j;
}

static struct cookie *cookie_free(struct cookie *c)
{
    if (c == NULL)
        return NULL;
    xfree(c->name);
    xfree(c->value);
    xfree(c->domain);
    xfree(c->path);
    return xfree(c);
}

DEFINE_AUTO(struct cookie, cookie_free)

struct jar *jar_free(struct jar *j)
{
    if (j == NULL)
        return NULL;
    for (size_t i = 0; i < j->cookies.len; i++)
        cookie_free(j->cookies.items[i]);
    vec_deinit(&j->cookies);
    return xfree(j);
}

static struct cookie *cookie_at(const struct jar *j, size_t i)
{
    return j->cookies.items[i];
}

static void remove_at(struct jar *j, size_t i)
{
    cookie_free(j->cookies.items[i]);
    j->cookies.len--;
    memmove(&j->cookies.items[i], &j->cookies.items[i + 1],
            (j->cookies.len - i) * sizeof(j->cookies.items[0]));
}

/* ---- places --------------------------------------------------------------------------------- */

static void lower(char *s)
{
    for (; *s != '\0'; s++)
        *s = (char)(*s >= 'A' && *s <= 'Z' ? *s + 32 : *s);
}

static void place_deinit(struct place *p)
{
    xfree(p->host);
    xfree(p->path);
}

DEFINE_AUTO_VALUE(struct place, place_deinit)

static bool place_of(const char *text, struct place *ret)
{
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(text, &u, NULL) < 0 || u.host[0] == '\0')
        return false;
    ret->host = xstrdup(u.host);
    lower(ret->host);
    ret->path = xstrdup(u.path[0] == '\0' ? "/" : u.path);
    ret->https = cstr_eq(u.scheme, "https");
    return true;
}

static bool is_ip(const char *host)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* RFC 6265 5.1.3 */
static bool domain_match(const char *host, const char *domain)
{
    size_t h = strlen(host);
    size_t d = strlen(domain);
    if (strcmp(host, domain) == 0)
        return true;
    return h > d && strcmp(host + h - d, domain) == 0 && host[h - d - 1] == '.' && !is_ip(host);
}

/* RFC 6265 5.1.4 */
static char *default_path(const char *path)
{
    const char *last = path[0] == '/' ? strrchr(path, '/') : NULL;
    return last == NULL || last == path ? xstrdup("/") : xstrndup(path, (size_t)(last - path));
}

static bool path_match(const char *path, const char *cookie_path)
{
    size_t n = strlen(cookie_path);
    if (strncmp(path, cookie_path, n) != 0)
        return false;
    return path[n] == '\0' || (n > 0 && cookie_path[n - 1] == '/') || path[n] == '/';
}

/* ---- Set-Cookie (5.2) ----------------------------------------------------------------------- */

/* What the attributes said; the last of a name counts. */
struct attributes {
    const struct jar *jar;
    char *domain; /* NULL = absent or empty */
    char *path;   /* NULL = default */
    int64_t expires_ms;
    bool has_expires;
    int64_t max_age_ms; /* the moment it gives */
    bool has_max_age;
    bool secure;
    bool http_only;
    enum same_site same_site;
};

static void read_expires(struct attributes *a, struct str value)
{
    AUTO(xfree) char *text = xstrndup(value.ptr, value.len);
    int64_t at_s = 0;
    if (clock_parse_cookie_date(text, &at_s) < 0)
        return;
    a->has_expires = true;
    a->expires_ms = at_s * 1000;
}

/* 5.2.2: digits after an optional minus; not above zero means at once. */
static void read_max_age(struct attributes *a, struct str value)
{
    bool negative = value.len > 0 && value.ptr[0] == '-';
    size_t i = negative ? 1 : 0;
    int64_t seconds = 0;
    if (i == value.len)
        return;
    for (; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return;
        seconds = seconds > INT32_MAX ? seconds : seconds * 10 + (value.ptr[i] - '0');
    }
    a->has_max_age = true;
    a->max_age_ms =
        negative || seconds == 0 ? INT64_MIN : clock_now_ms(a->jar->clock) + seconds * 1000;
}

static void read_domain(struct attributes *a, struct str value)
{
    if (value.len == 0)
        return;
    if (value.ptr[0] == '.')
        value = (struct str){value.ptr + 1, value.len - 1};
    a->domain = xfree(a->domain);
    if (value.len == 0)
        return;
    a->domain = xstrndup(value.ptr, value.len);
    lower(a->domain);
}

static void read_path(struct attributes *a, struct str value)
{
    a->path = xfree(a->path);
    if (value.len > 0 && value.ptr[0] == '/')
        a->path = xstrndup(value.ptr, value.len);
}

static void read_secure(struct attributes *a, struct str value)
{
    a->secure = true;
}

static void read_http_only(struct attributes *a, struct str value)
{
    a->http_only = true;
}

static bool is_word(struct str s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

static void read_same_site(struct attributes *a, struct str value)
{
    a->same_site = is_word(value, "none")     ? SAME_SITE_NONE
                   : is_word(value, "strict") ? SAME_SITE_STRICT
                                              : SAME_SITE_LAX;
}

struct attribute_row {
    const char *name;
    void (*read)(struct attributes *a, struct str value);
};

static const struct attribute_row ATTRIBUTES[] = {
    {"Expires", read_expires},    {"Max-Age", read_max_age},
    {"Domain", read_domain},      {"Path", read_path},
    {"Secure", read_secure},      {"HttpOnly", read_http_only},
    {"SameSite", read_same_site}, {NULL, NULL},
};

/* "name=value" parted at the first "="; value is empty when there is none. */
static void split_pair(struct str pair, struct str *ret_name, struct str *ret_value)
{
    const char *equals = pair.len == 0 ? NULL : memchr(pair.ptr, '=', pair.len);
    size_t name_len = equals == NULL ? pair.len : (size_t)(equals - pair.ptr);
    *ret_name = str_trim((struct str){pair.ptr, name_len});
    *ret_value = (struct str){"", 0};
    if (equals != NULL)
        *ret_value = str_trim((struct str){equals + 1, pair.len - name_len - 1});
}

static void read_attributes(struct attributes *a, struct str rest)
{
    struct str piece;
    while (str_next(&rest, ';', &piece)) {
        struct str name;
        struct str value;
        split_pair(piece, &name, &value);
        for (const struct attribute_row *r = ATTRIBUTES; r->name != NULL; r++) {
            if (is_word(name, r->name) && value.len <= MAX_ATTRIBUTE)
                r->read(a, value);
        }
    }
}

static void attributes_deinit(struct attributes *a)
{
    xfree(a->domain);
    xfree(a->path);
}

DEFINE_AUTO_VALUE(struct attributes, attributes_deinit)

static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

/* ---- storing (5.3) -------------------------------------------------------------------------- */

/* 5.3 steps 5 and 6: whose cookie it is. A Domain without a dot inside would reach a whole public
 * suffix: only the host itself may name it, and then the cookie is its own. False: ignore it. */
static bool settle_domain(struct cookie *c, const struct attributes *a, const struct place *at)
{
    bool suffix = a->domain != NULL && strchr(a->domain, '.') == NULL && !is_ip(a->domain);
    c->host_only = a->domain == NULL || suffix;
    c->domain = xstrdup(c->host_only ? at->host : a->domain);
    if (suffix)
        return strcmp(a->domain, at->host) == 0;
    return domain_match(at->host, c->domain);
}

/* 6265bis 5.7: what Secure, SameSite=None and the name prefixes demand. */
static bool promises_kept(const struct cookie *c, const struct attributes *a,
                          const struct place *at)
{
    if (c->secure && !at->https)
        return false;
    if (c->same_site == SAME_SITE_NONE && !c->secure)
        return false;
    if (strncasecmp(c->name, "__Secure-", 9) == 0 && !c->secure)
        return false;
    if (strncasecmp(c->name, "__Host-", 7) != 0)
        return true;
    return c->secure && c->host_only && a->path != NULL && strcmp(a->path, "/") == 0;
}

static struct cookie *parse(const struct jar *j, const char *field, const struct place *at)
{
    struct str rest = str_of(field);
    struct str pair = {0};
    struct str name;
    struct str value;
    if (has_control(rest) || !str_next(&rest, ';', &pair))
        return NULL;
    split_pair(pair, &name, &value);
    if (memchr(pair.ptr, '=', pair.len) == NULL || name.len == 0 ||
        name.len + value.len > MAX_COOKIE)
        return NULL;
    AUTO(attributes_deinit) struct attributes a = {.jar = j};
    read_attributes(&a, rest);
    AUTO(cookie_free) struct cookie *c = xcalloc(1, sizeof(*c));
    c->name = xstrndup(name.ptr, name.len);
    c->value = xstrndup(value.ptr, value.len);
    c->path = a.path == NULL ? default_path(at->path) : xstrdup(a.path);
    c->expires_ms = a.has_max_age ? a.max_age_ms : a.has_expires ? a.expires_ms : INT64_MAX;
    c->secure = a.secure;
    c->http_only = a.http_only;
    c->same_site = a.same_site;
    if (!settle_domain(c, &a, at) || !promises_kept(c, &a, at))
        return NULL;
    struct cookie *ret = c;
    c = NULL;
    return ret;
}

/* The position of the cookie with the same name, domain and path, or the length. */
static size_t find_same(const struct jar *j, const struct cookie *c)
{
    size_t i = 0;
    for (; i < j->cookies.len; i++) {
        const struct cookie *o = cookie_at(j, i);
        if (strcmp(o->name, c->name) == 0 && strcmp(o->domain, c->domain) == 0 &&
            strcmp(o->path, c->path) == 0 && o->host_only == c->host_only)
            break;
    }
    return i;
}

static void drop_expired(struct jar *j)
{
    int64_t now_ms = clock_now_ms(j->clock);
    for (size_t i = j->cookies.len; i-- > 0;) {
        if (cookie_at(j, i)->expires_ms <= now_ms)
            remove_at(j, i);
    }
}

/* Removes the one used longest ago while there are more than max (of that domain; NULL = of all).
 */
static void evict(struct jar *j, const char *domain, size_t max)
{
    size_t count = 0;
    size_t oldest = 0;
    for (size_t i = 0; i < j->cookies.len; i++) {
        const struct cookie *c = cookie_at(j, i);
        if (domain != NULL && strcmp(c->domain, domain) != 0)
            continue;
        if (count++ == 0 || c->used < cookie_at(j, oldest)->used)
            oldest = i;
    }
    if (count > max)
        remove_at(j, oldest);
}

static void store(struct jar *j, const char *field, const struct place *at)
{
    AUTO(cookie_free) struct cookie *c = parse(j, field, at);
    if (c == NULL)
        return;
    size_t i = find_same(j, c);
    c->used = c->created = ++j->counter;
    if (i < j->cookies.len) {
        if (cookie_at(j, i)->secure && !at->https)
            return; /* 6265bis 5.7 step 12: plain http does not touch a secure cookie */
        c->created = cookie_at(j, i)->created;
        remove_at(j, i);
    }
    AUTO(xfree) char *domain = xstrdup(c->domain);
    vec_push(&j->cookies, c);
    c = NULL;
    drop_expired(j);
    evict(j, domain, MAX_PER_DOMAIN);
    evict(j, NULL, MAX_COOKIES);
}

void jar_store(struct jar *j, const char *url, const struct http_response *resp)
{
    AUTO(place_deinit) struct place at = {0};
    if (params_get_ci(&resp->headers, "Set-Cookie") == NULL || !place_of(url, &at))
        return;
    for (size_t i = 0; i < resp->headers.len; i++) {
        if (strcasecmp(resp->headers.items[i].name, "Set-Cookie") == 0)
            store(j, resp->headers.items[i].value, &at);
    }
}

/* ---- sending (5.4) -------------------------------------------------------------------------- */

static bool applies(const struct cookie *c, const struct place *at)
{
    bool host = c->host_only ? strcmp(c->domain, at->host) == 0 : domain_match(at->host, c->domain);
    return host && path_match(at->path, c->path) && (!c->secure || at->https);
}

/* 6265bis 5.8.3: what goes along with a request that another site began. */
static bool crosses(const struct cookie *c, bool top_level_get)
{
    return c->same_site == SAME_SITE_NONE || (c->same_site == SAME_SITE_LAX && top_level_get);
}

/* Longer paths first, then the older. */
static int compare(const void *a, const void *b)
{
    const struct cookie *x = *(struct cookie *const *)a;
    const struct cookie *y = *(struct cookie *const *)b;
    size_t px = strlen(x->path);
    size_t py = strlen(y->path);
    if (px != py)
        return px > py ? -1 : 1;
    return x->created < y->created ? -1 : x->created > y->created;
}

char *jar_header(struct jar *j, const char *url, bool cross_site, bool top_level_get)
{
    AUTO(place_deinit) struct place at = {0};
    AUTO(vec_deinit) struct vec sent = {0};
    if (j->cookies.len == 0 || !place_of(url, &at))
        return NULL;
    drop_expired(j);
    for (size_t i = 0; i < j->cookies.len; i++) {
        struct cookie *c = cookie_at(j, i);
        if (applies(c, &at) && (!cross_site || crosses(c, top_level_get)))
            vec_push(&sent, c);
    }
    if (sent.len == 0)
        return NULL;
    qsort(sent.items, sent.len, sizeof(sent.items[0]), compare);
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    j->counter++;
    for (size_t i = 0; i < sent.len; i++) {
        struct cookie *c = sent.items[i];
        c->used = j->counter;
        buf_adds(&b, i == 0 ? "" : "; ");
        buf_adds(&b, c->name);
        buf_addc(&b, '=');
        buf_adds(&b, c->value);
    }
    return buf_take(&b);
}

/* ---- looking and meddling ------------------------------------------------------------------- */

/* The one of that name that would be sent first to the URL, or NULL. */
static struct cookie *find(const struct jar *j, const char *url, const char *name)
{
    AUTO(place_deinit) struct place at = {0};
    if (!place_of(url, &at))
        return NULL;
    struct cookie *best = NULL;
    int64_t now_ms = clock_now_ms(j->clock);
    for (size_t i = 0; i < j->cookies.len; i++) {
        struct cookie *c = cookie_at(j, i);
        if (strcmp(c->name, name) != 0 || c->expires_ms <= now_ms || !applies(c, &at))
            continue;
        if (best == NULL || compare(&c, &best) < 0)
            best = c;
    }
    return best;
}

const char *jar_get(const struct jar *j, const char *url, const char *name)
{
    const struct cookie *c = find(j, url, name);
    return c == NULL ? NULL : c->value;
}

void jar_remove(struct jar *j, const char *name)
{
    for (size_t i = j->cookies.len; i-- > 0;) {
        if (strcmp(cookie_at(j, i)->name, name) == 0)
            remove_at(j, i);
    }
}

void jar_set(struct jar *j, const char *url, const char *name, const char *value)
{
    struct cookie *c = find(j, url, name);
    if (c == NULL)
        return;
    xfree(c->value);
    c->value = xstrdup(value);
}
