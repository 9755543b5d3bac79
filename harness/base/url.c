/*
 * URLs taken apart, put together and resolved. Parsing keeps every byte as written except the
 * scheme's case; whoever compares redirect URIs or issuers compares the original text.
 */
#include "harness/base/url.h"

#include <string.h>

#include "harness/base/buf.h"

#define URL_MAX (64UL * 1024)

static const struct {
    const char *scheme;
    uint16_t port;
} default_ports[] = {{"http", 80}, {"https", 443}, {NULL, 0}};

/* A reference cut into the five parts of RFC 3986 appendix B. ptr is NULL when a part is absent. */
struct parts {
    struct str scheme, authority, path, query, fragment;
};

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_unreserved(char c)
{
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static int hex_digit(char c)
{
    if (is_digit(c)) {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The length of "scheme" when the text starts with "scheme:", else 0 (RFC 3986 3.1). */
static size_t scheme_length(struct str s)
{
    size_t n = 0;

    if (s.len == 0 || !is_alpha(s.ptr[0])) {
        return 0;
    }
    while (n < s.len && (is_alpha(s.ptr[n]) || is_digit(s.ptr[n]) || s.ptr[n] == '+' ||
                         s.ptr[n] == '-' || s.ptr[n] == '.')) {
        n++;
    }
    return n < s.len && s.ptr[n] == ':' ? n : 0;
}

/* Cuts off everything before the first of `stops`. */
static struct str take_until(struct str *s, const char *stops)
{
    size_t n = s->len;

    for (const char *stop = stops; *stop != '\0' && n > 0; stop++) {
        const char *at = memchr(s->ptr, *stop, n);
        n = at ? (size_t)(at - s->ptr) : n;
    }
    struct str taken = {s->ptr, n};
    s->ptr += n;
    s->len -= n;
    return taken;
}

static void skip(struct str *s, size_t n)
{
    s->ptr += n;
    s->len -= n;
}

static struct parts split(struct str s)
{
    struct parts p = {0};
    size_t n = scheme_length(s);

    if (n > 0) {
        p.scheme = (struct str){s.ptr, n};
        skip(&s, n + 1);
    }
    if (str_starts(s, "//")) {
        skip(&s, 2);
        p.authority = take_until(&s, "/?#");
    }
    p.path = take_until(&s, "?#");
    if (s.len > 0 && s.ptr[0] == '?') {
        skip(&s, 1);
        p.query = take_until(&s, "#");
    }
    if (s.len > 0) {
        skip(&s, 1);
        p.fragment = s;
    }
    return p;
}

static char *dup_part(struct str s)
{
    return s.ptr ? xstrndup(s.ptr, s.len) : NULL;
}

static char *dup_lower(struct str s)
{
    char *text = xstrndup(s.ptr, s.len);

    for (char *c = text; *c != '\0'; c++) {
        if (*c >= 'A' && *c <= 'Z') {
            *c = (char)(*c - 'A' + 'a');
        }
    }
    return text;
}

static uint16_t default_port(const char *scheme)
{
    size_t i = 0;

    while (default_ports[i].scheme && strcmp(default_ports[i].scheme, scheme) != 0) {
        i++;
    }
    return default_ports[i].port;
}

/* RFC 3986 3.2.2: in brackets stands an IPv6 address (nobody has made an IPvFuture yet), and
 * nowhere else a bracket. */
static bool is_host(struct str host, bool bracketed)
{
    bool colon = false;

    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        colon = colon || c == ':';
        if (bracketed ? hex_digit(c) < 0 && c != ':' && c != '.' : c == '[' || c == ']') {
            return false;
        }
    }
    return !bracketed || colon;
}

/* Splits "host:port", where the host may stand in brackets (RFC 3986 3.2.2). */
static int parse_authority(struct str a, const char *text, struct url *u, struct err *err)
{
    struct str port = {0};
    struct str host = a;
    bool bracketed = a.len > 0 && a.ptr[0] == '[';

    if (a.len > 0 && memchr(a.ptr, '@', a.len)) {
        return err_set(err, ERR_PARSE, "user information is not supported in URL '%.200s'", text);
    }
    if (bracketed) {
        const char *end = memchr(a.ptr, ']', a.len);
        if (!end) {
            return err_set(err, ERR_PARSE, "missing ']' in the host of URL '%.200s'", text);
        }
        host = (struct str){a.ptr + 1, (size_t)(end - a.ptr) - 1};
        skip(&a, host.len + 2);
    } else {
        host = take_until(&a, ":");
    }
    if ((a.len > 0 && a.ptr[0] != ':') || !is_host(host, bracketed)) {
        return err_set(err, ERR_PARSE, "bad host in URL '%.200s'", text);
    }
    if (a.len > 1) {
        port = (struct str){a.ptr + 1, a.len - 1};
        int64_t n = 0;
        if (str_to_i64(port, 0, 65535, &n) < 0) {
            return err_set(err, ERR_PARSE, "bad port '%.*s' in URL '%.200s'",
                           port.len > 40 ? 40 : (int)port.len, port.ptr, text);
        }
        u->port = (uint16_t)n;
        u->has_port = true;
    }
    u->host = xstrndup(host.ptr, host.len);
    return 0;
}

static bool has_control(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c <= 0x20 || *c == 0x7f) {
            return true;
        }
    }
    return false;
}

int url_parse(const char *text, struct url *ret, struct err *err)
{
    AUTO(url_deinit) struct url u = {0};

    if (strnlen(text, URL_MAX + 1) > URL_MAX) {
        return err_set(err, ERR_PARSE, "URL longer than %lu bytes", URL_MAX);
    }
    if (has_control(text)) {
        return err_set(err, ERR_PARSE, "blank or control character in URL '%.200s'", text);
    }
    struct parts p = split(str_of(text));
    if (!p.scheme.ptr) {
        return err_set(err, ERR_PARSE, "no scheme in URL '%.200s'", text);
    }
    u.scheme = dup_lower(p.scheme);
    u.port = default_port(u.scheme);
    if (p.authority.ptr && parse_authority(p.authority, text, &u, err) < 0) {
        return -1;
    }
    if (!u.host) {
        u.host = xstrdup("");
    }
    if (u.host[0] == '\0' && default_port(u.scheme) != 0) {
        return err_set(err, ERR_PARSE, "no host in URL '%.200s'", text);
    }
    u.path = dup_part(p.path);
    u.query = dup_part(p.query);
    u.fragment = dup_part(p.fragment);
    *ret = u;
    u = (struct url){0};
    return 0;
}

void url_deinit(struct url *u)
{
    xfree(u->scheme);
    xfree(u->host);
    xfree(u->path);
    xfree(u->query);
    xfree(u->fragment);
    *u = (struct url){0};
}

char *url_authority(const struct url *u)
{
    bool brackets = strchr(u->host, ':') != NULL;

    if (!u->has_port) {
        return xasprintf(brackets ? "[%s]" : "%s", u->host);
    }
    return xasprintf(brackets ? "[%s]:%u" : "%s:%u", u->host, u->port);
}

char *url_origin(const struct url *u)
{
    AUTO(xfree) char *authority = url_authority(u);

    return xasprintf("%s://%s", u->scheme, authority);
}

char *url_text(const struct url *u)
{
    AUTO(xfree) char *authority = url_authority(u);
    bool slashes = u->host[0] != '\0' || cstr_starts(u->path, "//") ||
                   (cstr_eq(u->scheme, "file") && u->path[0] == '/');

    return xasprintf("%s:%s%s%s%s%s%s%s", u->scheme, slashes ? "//" : "", slashes ? authority : "",
                     u->path, u->query ? "?" : "", u->query ? u->query : "", u->fragment ? "#" : "",
                     u->fragment ? u->fragment : "");
}

/* Takes the last segment and its slash off what was written so far. */
static void drop_segment(struct buf *out)
{
    char *slash = memrchr(out->ptr, '/', out->len);

    out->len = slash ? (size_t)(slash - out->ptr) : 0;
    out->ptr[out->len] = '\0';
}

/* RFC 3986 5.2.4. */
static void remove_dots(struct str in, struct buf *out)
{
    while (in.len > 0) {
        if (str_starts(in, "../")) {
            skip(&in, 3);
        } else if (str_starts(in, "./") || str_starts(in, "/./")) {
            skip(&in, 2);
        } else if (str_is(in, "/.")) {
            in = STR("/");
        } else if (str_starts(in, "/../")) {
            skip(&in, 3);
            drop_segment(out);
        } else if (str_is(in, "/..")) {
            in = STR("/");
            drop_segment(out);
        } else if (str_is(in, ".") || str_is(in, "..")) {
            in.len = 0;
        } else {
            if (in.ptr[0] == '/') {
                buf_addc(out, '/');
                skip(&in, 1);
            }
            struct str segment = take_until(&in, "/");
            buf_add(out, segment.ptr, segment.len);
        }
    }
}

/* RFC 3986 5.2.3: the base's path up to its last slash, then the reference's. */
static char *merge_paths(const struct parts *base, struct str reference)
{
    if (base->authority.ptr && base->path.len == 0) {
        return xasprintf("/%.*s", STR_ARG(reference));
    }
    size_t n = base->path.len;
    while (n > 0 && base->path.ptr[n - 1] != '/') {
        n--;
    }
    return xasprintf("%.*s%.*s", (int)n, base->path.ptr, STR_ARG(reference));
}

static void add_part(struct buf *out, const char *mark, struct str part)
{
    if (!part.ptr) {
        return;
    }
    buf_adds(out, mark);
    buf_add(out, part.ptr, part.len);
}

/* RFC 3986 5.3. */
static void recompose(const struct parts *p, struct str path, struct buf *out)
{
    buf_add(out, p->scheme.ptr, p->scheme.len);
    buf_addc(out, ':');
    add_part(out, "//", p->authority);
    AUTO(buf_deinit) struct buf clean = {0};
    buf_init(&clean, 3 * URL_MAX);
    remove_dots(path, &clean);
    buf_add(out, clean.ptr, clean.len);
    add_part(out, "?", p->query);
    add_part(out, "#", p->fragment);
}

/* RFC 3986 5.2.2, strict: a reference with a scheme stands alone. */
static void transform(const struct parts *base, const struct parts *r, struct buf *out)
{
    struct parts t = {.fragment = r->fragment};

    t.scheme = r->scheme.ptr ? r->scheme : base->scheme;
    if (r->scheme.ptr || r->authority.ptr) {
        t.authority = r->authority;
        t.query = r->query;
        recompose(&t, r->path, out);
        return;
    }
    t.authority = base->authority;
    if (r->path.len == 0) {
        t.query = r->query.ptr ? r->query : base->query;
        recompose(&t, base->path, out);
        return;
    }
    t.query = r->query;
    if (r->path.ptr[0] == '/') {
        recompose(&t, r->path, out);
        return;
    }
    AUTO(xfree) char *merged = merge_paths(base, r->path);
    recompose(&t, str_of(merged), out);
}

int url_resolve(const char *base, const char *reference, char **ret, struct err *err)
{
    AUTO(buf_deinit) struct buf out = {0};

    if (strnlen(base, URL_MAX + 1) > URL_MAX || strnlen(reference, URL_MAX + 1) > URL_MAX) {
        return err_set(err, ERR_PARSE, "URL longer than %lu bytes", URL_MAX);
    }
    struct parts b = split(str_of(base));
    struct parts r = split(str_of(reference));
    if (!b.scheme.ptr) {
        return err_set(err, ERR_PARSE, "no scheme in base URL '%.200s'", base);
    }
    buf_init(&out, 4 * URL_MAX);
    transform(&b, &r, &out);
    *ret = buf_take(&out);
    return 0;
}

static void add_percent(struct buf *b, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const unsigned char byte = (unsigned char)c;
    const char text[] = {'%', digits[byte >> 4], digits[byte & 0xf]};

    buf_add(b, text, sizeof text);
}

/* What may stay is copied a run at a time. */
static char *encode(struct str s, const char *safe, bool plus)
{
    AUTO(buf_deinit) struct buf b = {0};
    size_t from = 0;

    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (is_unreserved(c) || (c != '\0' && safe && strchr(safe, c))) {
            continue;
        }
        buf_add(&b, s.ptr + from, i - from);
        if (c == ' ' && plus) {
            buf_addc(&b, '+');
        } else {
            add_percent(&b, c);
        }
        from = i + 1;
    }
    if (from < s.len) {
        buf_add(&b, s.ptr + from, s.len - from);
    }
    return buf_take(&b);
}

char *url_encode(struct str s, const char *safe)
{
    return encode(s, safe, false);
}

char *url_encode_plus(struct str s)
{
    return encode(s, NULL, true);
}

bool url_decode(struct str s, bool plus, char **ret)
{
    char *text = xmalloc(s.len + 1);
    size_t n = 0;
    bool good = true;

    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            int high = i + 2 < s.len ? hex_digit(s.ptr[i + 1]) : -1;
            int low = i + 2 < s.len ? hex_digit(s.ptr[i + 2]) : -1;
            if (high < 0 || low < 0) {
                good = false;
            } else {
                c = (char)(high << 4 | low);
                i += 2;
            }
        } else if (c == '+' && plus) {
            c = ' ';
        }
        text[n++] = c;
    }
    text[n] = '\0';
    *ret = text;
    return good;
}
