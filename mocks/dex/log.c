/*
 * The lines of Dex's log. The table has the words since 2.40 (log/slog: a message and fields) and
 * before (logrus: one sentence); the rest writes a line as the two libraries do.
 */
#include "mocks/dex/log.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "harness/base/buf.h"
#include "harness/base/clock.h"
#include "harness/base/str.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/dex_int.h"

struct level {
    const char *slog;
    const char *logrus;
};

enum { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR, LEVEL_MAX_ };

static const struct level levels[LEVEL_MAX_] = {
    [LEVEL_DEBUG] = {"DEBUG", "debug"},
    [LEVEL_INFO] = {"INFO", "info"},
    [LEVEL_WARN] = {"WARN", "warning"},
    [LEVEL_ERROR] = {"ERROR", "error"},
};

struct line {
    int level;
    const char *message;
    const char *sentence; /* before 2.40: {name} is that field, {name:q} the same quoted; NULL: as
                             the message */
};

static const struct line lines[DEX_LINE_MAX_] = {
    [DEX_LINE_AUTH_FORM] = {LEVEL_ERROR, "failed to parse arguments",
                            "Failed to parse arguments: {err}"},
    [DEX_LINE_AUTH_REQUEST] = {LEVEL_ERROR, "failed to parse authorization request",
                               "Failed to parse authorization request: {err}"},
    [DEX_LINE_CLIENT_ID] = {LEVEL_ERROR, "invalid client_id provided", NULL},
    [DEX_LINE_REDIRECT_URI] = {LEVEL_ERROR, "unregistered redirect_uri", NULL},
    [DEX_LINE_PATH] = {LEVEL_ERROR, "failed to parse connector", NULL},
    [DEX_LINE_OPEN_ANEW] = {LEVEL_ERROR, "Failed to get connector",
                            "Failed to get connector: {err}"},
    [DEX_LINE_OTHER_CONNECTOR] =
        {LEVEL_ERROR, "mismatched connector ID in auth request",
         "Mismatched connector ID in auth request: {auth_request_connector_id} vs {connector_id}"},
    [DEX_LINE_LOGIN_URL] =
        {LEVEL_ERROR, "connector returned error when creating callback",
         "Connector {connector_id:q} returned error when creating callback: {err}"},
    [DEX_LINE_STATE] = {LEVEL_ERROR, "invalid 'state' parameter provided",
                        "Invalid 'state' parameter provided: {err}"},
    [DEX_LINE_CALLBACK_MISMATCH] =
        {LEVEL_ERROR,
         "connector mismatch: callback triggered for different connector than authentication start",
         "Connector mismatch: authentication started with id {authentication_start_connector_id:q}"
         ", but callback for id {connector_id:q} was triggered"},
    [DEX_LINE_LOGIN_MISMATCH] =
        {LEVEL_ERROR,
         "connector mismatch: password login triggered for different connector from authentication "
         "start",
         "Connector mismatch: authentication started with id {start_connector_id:q}, but password "
         "login for id {password_connector_id:q} was triggered"},
    [DEX_LINE_GET_CONNECTOR] = {LEVEL_ERROR, "failed to get connector",
                                "Failed to get connector with id {connector_id:q} : {err}"},
    [DEX_LINE_NO_PASSWORD_CONNECTOR] =
        {LEVEL_ERROR, "expected password connector in handlePasswordLogin()",
         "Expected password connector in handlePasswordLogin(), but got {password_connector}"},
    [DEX_LINE_SAML] = {LEVEL_ERROR, "SAML request mapped to OAuth2 connector", NULL},
    [DEX_LINE_AUTHENTICATE] = {LEVEL_ERROR, "failed to authenticate",
                               "Failed to authenticate: {err}"},
    [DEX_LINE_LOGIN] = {LEVEL_INFO, "login successful",
                        "login successful: connector {connector_id:q}, username={username:q}, "
                        "preferred_username={preferred_username:q}, email={email:q}, "
                        "groups={groups:q}"},
    [DEX_LINE_APPROVAL_REQUEST] = {LEVEL_ERROR, "failed to get auth request",
                                   "Failed to get auth request: {err}"},
    [DEX_LINE_APPROVAL_EARLY] = {LEVEL_ERROR, "auth request does not have an identity for approval",
                                 "Auth request does not have an identity for approval"},
    [DEX_LINE_TOKEN_FORM] = {LEVEL_ERROR, "could not parse request body",
                             "Could not parse request body: {err}"},
    [DEX_LINE_GRANT_TYPE] = {LEVEL_ERROR, "unsupported grant type",
                             "unsupported grant type: {grant_type}"},
    [DEX_LINE_SECRET_MISSING] = {LEVEL_INFO, "missing client_secret on token request",
                                 "missing client_secret on token request for client: {client_id}"},
    [DEX_LINE_SECRET_INVALID] = {LEVEL_INFO, "invalid client_secret on token request",
                                 "invalid client_secret on token request for client: {client_id}"},
    [DEX_LINE_CODE] = {LEVEL_ERROR, "failed to get auth code", "failed to get auth code: {err}"},
    [DEX_LINE_ACCESS_TOKEN] = {LEVEL_ERROR, "failed to create new access token",
                               "failed to create new access token: {err}"},
    [DEX_LINE_REFRESH_TWICE] = {LEVEL_ERROR, "refresh token claimed twice",
                                "refresh token with id {token_id} claimed twice"},
    [DEX_LINE_REFRESH_CLIENT] = {LEVEL_ERROR, "trying to claim token for different client",
                                 "client {client_id} trying to claim token for client "
                                 "{refresh_client_id}"},
    [DEX_LINE_REFRESH_EXPIRED] = {LEVEL_ERROR, "refresh token expired",
                                  "refresh token with id {token_id} expired"},
    [DEX_LINE_REFRESH_IDLE] = {LEVEL_ERROR, "refresh token expired due to inactivity",
                               "refresh token with id {token_id} expired due to inactivity"},
    [DEX_LINE_REFRESH_SESSION] = {LEVEL_ERROR, "failed to get offline session",
                                  "failed to get offline session: {err}"},
    [DEX_LINE_REFRESH_CONNECTOR] = {LEVEL_ERROR, "connector not found",
                                    "connector with ID {connector_id:q} not found: {err}"},
    [DEX_LINE_REFRESH_IDENTITY] = {LEVEL_ERROR, "failed to refresh identity",
                                   "failed to refresh identity: {err}"},
    [DEX_LINE_REFRESH_UPDATE] = {LEVEL_ERROR, "failed to update refresh token",
                                 "failed to update refresh token: {err}"},
    [DEX_LINE_EXCHANGE_CONNECTOR] = {LEVEL_ERROR, "failed to get connector",
                                     "failed to get connector: {err}"},
    [DEX_LINE_EXCHANGE_TOKEN] = {LEVEL_ERROR, "failed to verify subject token",
                                 "failed to verify subject token: {err}"},
    [DEX_LINE_TOKEN_HINT] = {LEVEL_WARN, "token type hint doesn't match token type",
                             "Token type hint doesn't match token type: {request_token_type} != "
                             "{token_type}"},
    [DEX_LINE_ID_TOKEN] = {LEVEL_ERROR, "failed to verify ID token", NULL},
    [DEX_LINE_DEVICE] = {LEVEL_INFO, "received device request",
                         "Received device request for client {client_id} with scopes {scoped}"},
    [DEX_LINE_DEVICE_FORM] = {LEVEL_ERROR, "could not parse Device Request body",
                              "Could not parse Device Request body: {err}"},
    [DEX_LINE_DEVICE_DEPRECATED] =
        {LEVEL_WARN,
         "the /device/token endpoint was called. It will be removed, use /token instead.",
         "The deprecated \"/device/token\" endpoint was called. It will be removed, use \"/token\" "
         "instead."},
    [DEX_LINE_DEVICE_TOKEN_FORM] = {LEVEL_WARN, "could not parse Device Token Request body",
                                    "Could not parse Device Token Request body: {err}"},
    [DEX_LINE_DEVICE_UPDATE] = {LEVEL_ERROR, "failed to update device token",
                                "failed to update device token: {err}"},
    [DEX_LINE_USER_CODE_FORM] = {LEVEL_WARN, "could not parse user code verification request body",
                                 "Could not parse user code verification request body : {err}"},
    [DEX_LINE_OPEN] = {LEVEL_ERROR, "server: Failed to open connector",
                       "server: Failed to open connector {id}: {err}"},
    [DEX_LINE_OVERRIDES] = {LEVEL_WARN,
                            "overrides for connector are set, this can be a vulnerability when "
                            "not properly configured",
                            "overrides for connector {connector_id:q} are set, this can be a "
                            "vulnerability when not properly configured"},
    [DEX_LINE_NO_METADATA] = {LEVEL_WARN, "failed to parse provider metadata", NULL},
    [DEX_LINE_CHALLENGE] = {LEVEL_WARN,
                            "provided PKCEChallenge method not supported by the connector", NULL},
    [DEX_LINE_GROUPS_FILTER] = {LEVEL_WARN, "ignoring invalid", NULL},
    [DEX_LINE_START_ALG] = {LEVEL_ERROR, "failed to get signing algorithm", NULL},
};

/* ---- configuration ---- */

static int read_level(const char *text, int *ret, struct err *err)
{
    for (int i = 0; i < LEVEL_MAX_; i++) {
        if (strcasecmp(text, levels[i].slog) == 0) {
            *ret = i;
            return 0;
        }
    }
    AUTO(xfree) char *quoted = go_quoted(text);
    return err_set(err, ERR_USAGE, "invalid config: slog: level string %s: unknown name", quoted);
}

int dex_logger_read(const struct js *doc, struct dex_logger *ret, struct err *err)
{
    const struct js *logger = js_get(doc, "logger");
    const char *level = js_get_text(logger, "level");
    const char *format = js_get_text(logger, "format");
    *ret = (struct dex_logger){.least = LEVEL_INFO};
    if (level != NULL && *level != '\0' && read_level(level, &ret->least, err) != 0)
        return -1;
    if (format == NULL || *format == '\0' || strcasecmp(format, "text") == 0)
        return 0;
    ret->is_json = strcasecmp(format, "json") == 0;
    if (ret->is_json)
        return 0;
    return err_set(err, ERR_USAGE,
                   "invalid config: log format is not one of the supported values (json, text): %s",
                   format);
}

/* ---- values ---- */

static char *plain_list(const struct strlist *l)
{
    AUTO(xfree) char *joined = strlist_join(l, " ");
    return xasprintf("[%s]", joined);
}

/* fmt %v, or %q. Caller frees. */
static char *value_text(const struct dex_field *f, bool quoted)
{
    if (f->list != NULL)
        return quoted ? go_quote_list(f->list) : plain_list(f->list);
    if (f->is_true)
        return xstrdup("true");
    if (f->text == NULL)
        return xstrdup("<nil>");
    return quoted ? go_quoted(f->text) : xstrdup(f->text);
}

static struct js *value_json(const struct dex_field *f)
{
    if (f->list != NULL)
        return js_texts(f->list);
    return f->is_true ? js_bool(true) : js_string(f->text);
}

/* slog's needsQuoting and logrus' likewise, for the bytes that occur. */
static bool needs_quotes(const char *text)
{
    if (*text == '\0')
        return true;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p <= ' ' || *p == '"' || *p == '=' || *p == '\\' || *p >= 0x7f)
            return true;
    }
    return false;
}

static void add_pair(struct buf *b, const char *name, const char *value)
{
    AUTO(xfree) char *quoted = needs_quotes(value) ? go_quoted(value) : xstrdup(value);
    buf_addf(b, " %s=%s", name, quoted);
}

static const struct dex_field *field_named(const struct dex_field *fields, struct str name)
{
    for (; fields != NULL && fields->name != NULL; fields++) {
        if (str_is(name, fields->name))
            return fields;
    }
    return NULL;
}

static char *sentence_of(const struct line *l, const struct dex_field *fields)
{
    AUTO(buf_deinit) struct buf b;
    const char *p = l->sentence != NULL ? l->sentence : l->message;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t n = strcspn(p, "{"); *p != '\0'; n = strcspn(p, "{")) {
        buf_add(&b, p, n);
        p += n;
        if (*p == '\0')
            break;
        struct str name = {p + 1, strcspn(p + 1, "}")};
        p += name.len + 2;
        bool quoted = str_ends(name, ":q");
        name.len -= quoted ? 2 : 0;
        const struct dex_field *f = field_named(fields, name);
        AUTO(xfree) char *value = f != NULL ? value_text(f, quoted) : xstrdup("");
        buf_adds(&b, value);
    }
    return buf_take(&b);
}

/* The text people look for: the message, then its fields unescaped. */
static char *readable(const struct line *l, const struct dex_field *fields)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, l->message);
    for (; fields != NULL && fields->name != NULL; fields++) {
        AUTO(js_free) struct js *list = fields->list != NULL ? js_texts(fields->list) : NULL;
        AUTO(xfree) char *value = list != NULL ? js_compact(list) : value_text(fields, false);
        buf_addf(&b, " %s=%s", fields->name, value);
    }
    return buf_take(&b);
}

/* ---- the line on stderr ---- */

struct record {
    int64_t now_ms;
    const char *level;
    const char *message;
    const struct dex_field *fields;
    const char *request_id; /* NULL = none */
};

/* RFC 3339 with the fraction that time.Format leaves: all three digits, or as many as count. */
static char *time_text(int64_t now_ms, bool is_fixed)
{
    char seconds[CLOCK_TEXT];
    (void)clock_rfc3339(now_ms / 1000, seconds);
    seconds[strlen(seconds) - 1] = '\0'; /* the Z */
    AUTO(xfree) char *fraction = xasprintf(".%03d", (int)(now_ms % 1000));
    size_t len = strlen(fraction);
    while (!is_fixed && len > 0 && (fraction[len - 1] == '0' || fraction[len - 1] == '.'))
        fraction[--len] = '\0';
    return xasprintf("%s%sZ", seconds, fraction);
}

static char *slog_json(const struct record *r)
{
    AUTO(js_free) struct js *o = js_object();
    AUTO(xfree) char *at = time_text(r->now_ms, false);
    js_set_text(o, "time", at);
    js_set_text(o, "level", r->level);
    js_set_text(o, "msg", r->message);
    for (const struct dex_field *f = r->fields; f != NULL && f->name != NULL; f++)
        js_set(o, f->name, value_json(f));
    if (r->request_id != NULL)
        js_set_text(o, "request_id", r->request_id);
    return js_compact(o);
}

static char *slog_text(const struct record *r)
{
    AUTO(buf_deinit) struct buf b;
    AUTO(xfree) char *at = time_text(r->now_ms, true);
    buf_init(&b, BUF_MAX_TEXT);
    buf_addf(&b, "time=%s level=%s", at, r->level);
    add_pair(&b, "msg", r->message);
    for (const struct dex_field *f = r->fields; f != NULL && f->name != NULL; f++) {
        AUTO(xfree) char *value = value_text(f, false);
        add_pair(&b, f->name, value);
    }
    if (r->request_id != NULL)
        add_pair(&b, "request_id", r->request_id);
    return buf_take(&b);
}

static char *logrus_json(const struct record *r)
{
    char at[CLOCK_TEXT];
    AUTO(js_free) struct js *o = js_object();
    js_set_text(o, "level", r->level);
    js_set_text(o, "msg", r->message);
    js_set_text(o, "time", clock_rfc3339(r->now_ms / 1000, at));
    return js_compact_html(o);
}

static char *logrus_text(const struct record *r)
{
    char at[CLOCK_TEXT];
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_addf(&b, "time=\"%s\" level=%s", clock_rfc3339(r->now_ms / 1000, at), r->level);
    add_pair(&b, "msg", r->message);
    return buf_take(&b);
}

void dex_log(const struct dex *d, const struct http_request *req, enum dex_line line,
             const struct dex_field *fields)
{
    const struct line *l = &lines[line];
    bool is_slog = dex_quirk(d, DEX_QUIRK_SLOG);
    if (l->level < d->logger.least)
        return;
    AUTO(xfree) char *text = is_slog ? readable(l, fields) : sentence_of(l, fields);
    const struct record r = {
        .now_ms = clock_now_ms(d->env->clock),
        .level = is_slog ? levels[l->level].slog : levels[l->level].logrus,
        .message = is_slog ? l->message : text,
        .fields = is_slog ? fields : NULL,
        .request_id = req != NULL && dex_quirk(d, DEX_QUIRK_REQUEST_ID) ? req->id : NULL,
    };
    char *(*const writers[2][2])(const struct record *) = {{logrus_text, logrus_json},
                                                           {slog_text, slog_json}};
    AUTO(xfree) char *written = writers[is_slog][d->logger.is_json](&r);
    trace_log_line(d->env->trace, DEX_PARTY, r.level, text, written);
}

void dex_log_plain(const struct dex *d, const char *level, const char *text)
{
    trace_log_line(d->env->trace, DEX_PARTY, level, text, text);
}
