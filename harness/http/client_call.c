/*
 * One exchange through libcurl: the request's fields one by one, the answer's kept in order and
 * case, and every failure told in Go's words, because Dex and Argo CD show them to people.
 */
#include "harness/http/client_call.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "harness/base/buf.h"
#include "harness/http/libcurl.h"

#define MAX_FIELDS (512UL * 1024)
#define MAX_FIRST_LINE 80

struct handle {
    CURL *easy;
    const struct http_client_conf *conf;
    struct http_trust *trust;
    struct verify_result verify;
    int socket_error; /* why no socket could be had, or 0: libcurl does not tell */
    char problem[CURL_ERROR_SIZE];
};

/* The state of one call; lives on the caller's stack. */
struct call {
    struct handle *handle;
    struct http_response *resp;
    struct buf body;
    size_t fields_size;
    bool status_seen;
    bool head_complete;
    bool mocked;
    bool too_large;
    bool began;                    /* the request has been sent once */
    char not_http[MAX_FIRST_LINE]; /* the first line of an answer that is none */
};

/* ---- libcurl calls us ----------------------------------------------------------------------- */

/* The connection as it stands; a client that verifies would not have come this far with a problem.
 */
static void look_at_tls(struct call *c)
{
    struct curl_tlssessioninfo *info = NULL;
    if (libcurl.easy_getinfo(c->handle->easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK ||
        info == NULL || info->internals == NULL)
        return;
    c->resp->tls = verify_protocol(info->internals);
    xfree(c->resp->tls_problem);
    c->resp->tls_problem =
        c->handle->conf->insecure ? verify_look(info->internals, c->handle->verify.host) : NULL;
}

/* "HTTP/1.1 302 Found": a new head begins (after a 100 there are two). */
static void take_status_line(struct call *c, struct str line)
{
    struct str reason = line;
    struct str piece;
    params_deinit(&c->resp->headers);
    c->resp->headers = (struct params){0};
    c->resp->reason = xfree(c->resp->reason);
    c->status_seen = true;
    c->head_complete = false;
    look_at_tls(c);
    (void)str_next(&reason, ' ', &piece);
    (void)str_next(&reason, ' ', &piece);
    c->resp->reason = xstrndup(reason.len == 0 ? "" : reason.ptr, reason.len);
}

/* A line that starts with a blank goes on with the value before it (RFC 9112 5.2). */
static void take_folded(struct params *fields, struct str line)
{
    if (fields->len == 0)
        return;
    struct param *last = &fields->items[fields->len - 1];
    char *joined = xasprintf("%s %.*s", last->value, STR_ARG(line));
    xfree(last->value);
    last->value = joined;
}

static void take_field(struct params *fields, struct str line)
{
    struct str name;
    struct str value = line;
    if (!str_next(&value, ':', &name) || name.len == line.len)
        return;
    value = str_trim(value);
    AUTO(xfree) char *n = xstrndup(name.ptr, name.len);
    AUTO(xfree) char *v = xstrndup(value.len == 0 ? "" : value.ptr, value.len);
    params_add(fields, n, v);
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    struct call *c = arg;
    struct str raw = {p, size * n};
    struct str line = str_trim(raw);
    c->fields_size += raw.len;
    if (c->fields_size > MAX_FIELDS) {
        c->too_large = true;
        return 0;
    }
    if (str_starts(raw, "HTTP/"))
        take_status_line(c, line);
    else if (raw.len > 0 && (raw.ptr[0] == ' ' || raw.ptr[0] == '\t'))
        take_folded(&c->resp->headers, line);
    else if (line.len > 0)
        take_field(&c->resp->headers, line);
    else
        c->head_complete = true;
    return raw.len;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct call *c = arg;
    if (!c->status_seen) {
        size_t len = 0;
        while (len < size * n && len < MAX_FIRST_LINE - 1 && p[len] >= ' ' && p[len] < 0x7f)
            len++;
        snprintf(c->not_http, sizeof(c->not_http), "%.*s", (int)len, p);
        return 0;
    }
    buf_add(&c->body, p, size * n);
    c->too_large = !buf_ok(&c->body);
    return c->too_large ? 0 : size * n;
}

/* libcurl sends a request again when a kept connection dies before the answer. A mock's fault must
 * be seen, not healed, so for mocks the second attempt is refused. */
static int on_request_start(void *arg, char *remote, char *local, int remote_port, int local_port)
{
    struct call *c = arg;
    bool repeated = c->began && c->mocked;
    c->began = true;
    return repeated ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* The port is chosen when the connection is made, so that many can have the same one. */
static void come_from(int fd, const char *address, const struct curl_sockaddr *to)
{
    struct sockaddr_in target = {0};
    struct sockaddr_in own = {.sin_family = AF_INET};
    int on = 1;
    if (address == NULL || to->family != AF_INET || to->addrlen != sizeof(target))
        return;
    memcpy(&target, &to->addr, sizeof(target));
    if (target.sin_addr.s_addr != htonl(INADDR_LOOPBACK) ||
        inet_pton(AF_INET, address, &own.sin_addr) != 1)
        return;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    (void)bind(fd, (const struct sockaddr *)&own, sizeof(own)); /* else it is told twice */
}

static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct handle *h = arg;
    int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    if (fd >= 0)
        come_from(fd, h->conf->own_address, to);
    h->socket_error = fd < 0 ? errno : 0;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

static CURLcode on_ssl_ctx(CURL *easy, void *ssl_ctx, void *arg)
{
    struct handle *h = arg;
    verify_attach(ssl_ctx, h->trust, &h->verify);
    return CURLE_OK;
}

/* ---- the handle ----------------------------------------------------------------------------- */

/* What is the same for every call. The trusted certificates come from our store, so libcurl reads
 * none itself. */
static void set_constants(struct handle *h)
{
    CURL *e = h->easy;
    const struct http_client_conf *conf = h->conf;
    libcurl.easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    libcurl.easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    libcurl.easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    libcurl.easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 1L); /* so that we see what is no HTTP */
    libcurl.easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    libcurl.easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    libcurl.easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    libcurl.easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)conf->timeout_ms);
    libcurl.easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    libcurl.easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    libcurl.easy_setopt(e, CURLOPT_CAINFO, NULL);
    libcurl.easy_setopt(e, CURLOPT_CAPATH, NULL);
    libcurl.easy_setopt(e, CURLOPT_SSL_VERIFYPEER, conf->insecure ? 0L : 1L);
    libcurl.easy_setopt(e, CURLOPT_SSL_VERIFYHOST, conf->insecure ? 0L : 2L);
    libcurl.easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    libcurl.easy_setopt(e, CURLOPT_SSL_CTX_DATA, h);
    libcurl.easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    libcurl.easy_setopt(e, CURLOPT_OPENSOCKETDATA, h);
    libcurl.easy_setopt(e, CURLOPT_ERRORBUFFER, h->problem);
    libcurl.easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    libcurl.easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    libcurl.easy_setopt(e, CURLOPT_PREREQFUNCTION, on_request_start);
    libcurl.easy_setopt(e, CURLOPT_USERAGENT, conf->user_agent);
}

struct handle *handle_new(const struct http_client_conf *conf, struct http_trust *trust)
{
    struct handle *h = xcalloc(1, sizeof(*h));
    h->conf = conf;
    h->trust = trust;
    h->easy = libcurl.easy_init();
    if (h->easy != NULL)
        set_constants(h);
    return h;
}

struct handle *handle_free(struct handle *h)
{
    if (h == NULL)
        return NULL;
    libcurl.easy_cleanup(h->easy);
    verify_result_reset(&h->verify);
    return xfree(h);
}

/* ---- one call ------------------------------------------------------------------------------- */

/* Fields that libcurl would add by itself, switched off unless the request has them. */
static const char *const UNASKED[] = {"Accept", "Content-Type", "Expect", NULL};

static struct curl_slist *append_field(struct curl_slist *list, const char *name, const char *value)
{
    /* libcurl's way to write an empty field is a semicolon */
    AUTO(xfree)
    char *line = value[0] == '\0' ? xasprintf("%s;", name) : xasprintf("%s: %s", name, value);
    return libcurl.slist_append(list, line);
}

static struct curl_slist *request_fields(const struct http_request *req)
{
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < req->headers.len; i++)
        list = append_field(list, req->headers.items[i].name, req->headers.items[i].value);
    for (size_t i = 0; UNASKED[i] != NULL; i++) {
        if (params_get_ci(&req->headers, UNASKED[i]) != NULL)
            continue;
        AUTO(xfree) char *off = xasprintf("%s:", UNASKED[i]);
        list = libcurl.slist_append(list, off);
    }
    return list;
}

static bool sends_body(const struct http_request *req)
{
    static const char *const with_body[] = {"POST", "PUT", "PATCH", NULL};
    for (size_t i = 0; with_body[i] != NULL; i++) {
        if (cstr_eq(with_body[i], req->method))
            return true;
    }
    return req->body_len > 0;
}

static void set_method(CURL *e, const struct http_request *req)
{
    bool head = cstr_eq(req->method, "HEAD");
    libcurl.easy_setopt(e, CURLOPT_HTTPGET, 1L); /* takes back what the call before set */
    if (sends_body(req)) {
        libcurl.easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body_len);
        libcurl.easy_setopt(e, CURLOPT_POSTFIELDS, req->body == NULL ? "" : req->body);
    }
    if (head)
        libcurl.easy_setopt(e, CURLOPT_NOBODY, 1L);
    libcurl.easy_setopt(e, CURLOPT_CUSTOMREQUEST, head ? NULL : req->method);
}

bool call_stays_here(const struct call_target *t)
{
    const char *host = t->url->host;
    return (t->name != NULL && t->name->connect_host != NULL) || strcmp(host, "localhost") == 0 ||
           (cstr_starts(host, "127.") && host[strspn(host, "0123456789.")] == '\0') ||
           strcmp(host, "::1") == 0;
}

/* Whether libcurl could find fault with a byte of it. */
static bool is_plain(const char *s)
{
    while (*s > ' ' && *s < 0x7f)
        s++;
    return *s == '\0';
}

/* Path and query as they stand in the request line; caller frees. NULL when libcurl must see them
 * in the URL: it may refuse them, or a proxy needs them there (RFC 9112 3.2.2). */
static char *request_target(const struct call_target *t)
{
    const char *path = t->url->path[0] == '\0' ? "/" : t->url->path;
    const char *query = t->url->query == NULL ? "" : t->url->query;
    if (!call_stays_here(t) || !is_plain(path) || !is_plain(query))
        return NULL;
    return xasprintf("%s%s%s", path, t->url->query == NULL ? "" : "?", query);
}

/* libcurl takes a URL apart and puts it together again letter by letter, twice for a redirect, and
 * a login's URLs are long: it gets the origin and the target apart. */
static void set_url(CURL *e, const struct http_request *req, const struct call_target *t)
{
    AUTO(xfree) char *target = request_target(t);
    AUTO(xfree) char *origin = target == NULL ? NULL : url_origin(t->url);
    libcurl.easy_setopt(e, CURLOPT_URL, origin == NULL ? req->url : origin);
    libcurl.easy_setopt(e, CURLOPT_REQUEST_TARGET, target);
}

static struct curl_slist *lead(const struct call_target *t)
{
    if (t->name == NULL || t->name->connect_host == NULL)
        return NULL;
    bool v6 = strchr(t->name->connect_host, ':') != NULL;
    AUTO(xfree)
    char *line = xasprintf("::%s%s%s:%u", v6 ? "[" : "", t->name->connect_host, v6 ? "]" : "",
                           (unsigned)t->name->connect_port);
    return libcurl.slist_append(NULL, line);
}

/* "host:port" as Go prints the address it dialled. */
static char *dialled(const struct call_target *t)
{
    bool led = t->name != NULL && t->name->connect_host != NULL;
    const char *host = led ? t->name->connect_host : t->url->host;
    uint16_t port = led ? t->name->connect_port : t->url->port;
    bool v6 = strchr(host, ':') != NULL;
    return xasprintf("%s%s%s:%u", v6 ? "[" : "", host, v6 ? "]" : "", (unsigned)port);
}

/* ---- Go's words for failures ---------------------------------------------------------------- */

static char *text_refused(const struct call *c, const struct call_target *t)
{
    long code = c->handle->socket_error;
    AUTO(xfree) char *where = dialled(t);
    const char *step = code != 0 ? "socket" : "connect";
    if (code == 0)
        libcurl.easy_getinfo(c->handle->easy, CURLINFO_OS_ERRNO, &code);
    /* libcurl keeps the reason of a connect, not that of a wait for it. */
    AUTO(xfree) char *why = xstrdup(code == 0 ? "the wait for it failed" : strerror((int)code));
    why[0] = (char)tolower((unsigned char)why[0]);
    return xasprintf("dial tcp %s: %s: %s", where, step, why);
}

static char *text_no_host(const struct call *c, const struct call_target *t)
{
    return xasprintf("dial tcp: lookup %s: no such host", t->url->host);
}

static char *text_timeout(const struct call *c, const struct call_target *t)
{
    return xstrdup(c->status_seen ? "context deadline exceeded (Client.Timeout or context "
                                    "cancellation while reading body)"
                                  : CLIENT_TIMEOUT_TEXT);
}

static char *text_certificate(const struct call *c, const struct call_target *t)
{
    if (c->handle->verify.code != 0)
        return verify_text(&c->handle->verify);
    return xasprintf("tls: failed to verify certificate: x509: %s", c->handle->problem);
}

/* The connection ended before or within the answer. */
static char *text_lost(const struct call *c, const struct call_target *t)
{
    if (cstr_contains(c->handle->problem, "reset by peer")) {
        AUTO(xfree) char *where = dialled(t);
        return xasprintf("read tcp %s: read: connection reset by peer", where);
    }
    return xstrdup(c->status_seen ? "unexpected EOF" : "EOF");
}

static char *text_handshake(const struct call *c, const struct call_target *t)
{
    const char *problem = c->handle->problem;
    if (c->handle->verify.code != 0)
        return verify_text(&c->handle->verify);
    if (cstr_contains(problem, "wrong version number"))
        return xstrdup("http: server gave HTTP response to HTTPS client");
    if (cstr_contains(problem, "alert protocol version"))
        return xstrdup("remote error: tls: protocol version not supported");
    if (cstr_contains(problem, "reset by peer") || cstr_contains(problem, "SSL_ERROR_SYSCALL") ||
        cstr_contains(problem, "unexpected eof"))
        return text_lost(c, t);
    return xasprintf("tls: handshake: %s", problem);
}

static char *text_stopped(const struct call *c, const struct call_target *t)
{
    if (c->too_large)
        return xasprintf("response larger than %zu bytes", c->handle->conf->max_body);
    return xasprintf("net/http: HTTP/1.x transport connection broken: malformed HTTP response "
                     "\"%s\"",
                     c->not_http);
}

static char *text_scheme(const struct call *c, const struct call_target *t)
{
    return xasprintf("unsupported protocol scheme \"%s\"", t->url->scheme);
}

/* libcurl says this of its arguments, which are ours and good, and when poll(2) fails. */
static char *text_no_wait(const struct call *c, const struct call_target *t)
{
    AUTO(xfree) char *where = dialled(t);
    return xasprintf("poll tcp %s: the wait for it failed", where);
}

static char *text_other(const struct call *c, const struct call_target *t)
{
    return xstrdup(c->handle->problem);
}

struct failure {
    CURLcode curl;
    enum err_code code;
    char *(*text)(const struct call *c, const struct call_target *t); /* caller frees */
    bool lost; /* the connection broke: what a mock does only when it plays a fault */
};

static const struct failure FAILURES[] = {
    {CURLE_COULDNT_CONNECT, ERR_NET, text_refused, true},
    {CURLE_COULDNT_RESOLVE_HOST, ERR_NET, text_no_host, true},
    {CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, text_timeout, true},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, text_certificate, false},
    {CURLE_SSL_CONNECT_ERROR, ERR_TLS, text_handshake, true},
    {CURLE_GOT_NOTHING, ERR_NET, text_lost, true},
    {CURLE_PARTIAL_FILE, ERR_NET, text_lost, true},
    {CURLE_RECV_ERROR, ERR_NET, text_lost, true},
    {CURLE_SEND_ERROR, ERR_NET, text_lost, true},
    {CURLE_ABORTED_BY_CALLBACK, ERR_NET, text_lost, true},
    {CURLE_WRITE_ERROR, ERR_NET, text_stopped, false},
    {CURLE_WEIRD_SERVER_REPLY, ERR_NET, text_stopped, false},
    {CURLE_BAD_FUNCTION_ARGUMENT, ERR_NET, text_no_wait, true},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_NET, text_scheme, false},
    {CURLE_OK, ERR_NET, text_other, true},
};

/* A handshake that broke off is a lost connection; one that a certificate, an alert or plain HTTP
 * ended is what the mock was told to show. */
static bool is_lost(const struct call *c, const struct failure *f)
{
    return c->mocked && f->lost && c->handle->verify.code == 0 &&
           !cstr_contains(c->handle->problem, "wrong version number") &&
           !cstr_contains(c->handle->problem, " alert ");
}

/* libcurl's words, with the system's reason where they lack it. */
static char *what_broke(const struct call *c, CURLcode code)
{
    const char *problem = c->handle->problem;
    long reason = 0;
    libcurl.easy_getinfo(c->handle->easy, CURLINFO_OS_ERRNO, &reason);
    const char *words = problem[0] != '\0' ? problem : libcurl.easy_strerror(code);
    const char *why = reason != 0 ? strerror((int)reason) : "";
    return cstr_contains(words, why) ? xstrdup(words) : xasprintf("%s: %s", words, why);
}

static int report(const struct call *c, const struct call_target *t, CURLcode code, struct err *err)
{
    const struct failure *f = FAILURES;
    while (f->curl != CURLE_OK && f->curl != code)
        f++;
    AUTO(xfree) char *text = f->text(c, t);
    if (f->code == ERR_TLS) {
        xfree(c->resp->tls_problem);
        c->resp->tls_problem = xstrdup(text);
    }
    if (is_lost(c, f))
        c->resp->lost = what_broke(c, code);
    if (text[0] == '\0')
        return err_set(err, f->code, "%s", libcurl.easy_strerror(code));
    return err_set(err, f->code, "%s", text);
}

static void prepare(struct call *c, const struct http_request *req, const struct call_target *t,
                    struct curl_slist *fields, struct curl_slist *led)
{
    CURL *e = c->handle->easy;
    verify_result_reset(&c->handle->verify);
    c->handle->verify.host = xstrdup(t->url->host);
    c->handle->problem[0] = '\0';
    c->handle->socket_error = 0;
    set_method(e, req);
    set_url(e, req, t);
    libcurl.easy_setopt(e, CURLOPT_HTTPHEADER, fields);
    libcurl.easy_setopt(e, CURLOPT_CONNECT_TO, led);
    libcurl.easy_setopt(e, CURLOPT_PROXY, call_stays_here(t) ? "" : NULL);
    libcurl.easy_setopt(e, CURLOPT_HEADERDATA, c);
    libcurl.easy_setopt(e, CURLOPT_WRITEDATA, c);
    libcurl.easy_setopt(e, CURLOPT_PREREQDATA, c);
}

static void take_answer(struct call *c)
{
    long status = 0;
    long connects = 0;
    libcurl.easy_getinfo(c->handle->easy, CURLINFO_RESPONSE_CODE, &status);
    libcurl.easy_getinfo(c->handle->easy, CURLINFO_NUM_CONNECTS, &connects);
    c->resp->status = (int)status;
    c->resp->fresh_connection = connects > 0;
    c->resp->body_len = c->body.len;
    c->resp->body = buf_take(&c->body);
}

int handle_call(struct handle *h, const struct http_request *req, const struct call_target *target,
                struct http_response *ret, struct err *err)
{
    if (h->easy == NULL)
        return err_set(err, ERR_INTERNAL, "libcurl gave no handle");
    struct call c = {.handle = h, .resp = ret};
    c.mocked = target->name != NULL && target->name->connect_host != NULL;
    buf_init(&c.body, h->conf->max_body);
    struct curl_slist *fields = request_fields(req);
    struct curl_slist *led = lead(target);
    prepare(&c, req, target, fields, led);
    CURLcode code = libcurl.easy_perform(h->easy);
    take_answer(&c);
    libcurl.slist_free_all(fields);
    libcurl.slist_free_all(led);
    buf_deinit(&c.body);
    if (code == CURLE_OK && c.head_complete)
        return 0;
    return report(&c, target, code == CURLE_OK ? CURLE_PARTIAL_FILE : code, err);
}
