/*
 * Dex's log: which lines there are, of which level, with which words. Since 2.45 it is the only
 * place that names a cause. A line is kept in the trace twice: as a text to look for, and as the
 * process writes it to stderr in the configured format.
 */
#pragma once

#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/http/message.h"

struct dex;

enum dex_line {
    /* authorization */
    DEX_LINE_AUTH_FORM,
    DEX_LINE_AUTH_REQUEST,
    DEX_LINE_CLIENT_ID,
    DEX_LINE_REDIRECT_URI,
    DEX_LINE_PATH,
    DEX_LINE_OPEN_ANEW,
    DEX_LINE_OTHER_CONNECTOR,
    DEX_LINE_LOGIN_URL,
    /* the way back */
    DEX_LINE_STATE,
    DEX_LINE_CALLBACK_MISMATCH,
    DEX_LINE_LOGIN_MISMATCH,
    DEX_LINE_GET_CONNECTOR,
    DEX_LINE_NO_PASSWORD_CONNECTOR,
    DEX_LINE_SAML,
    DEX_LINE_AUTHENTICATE,
    DEX_LINE_LOGIN,
    DEX_LINE_APPROVAL_REQUEST,
    DEX_LINE_APPROVAL_EARLY,
    /* tokens */
    DEX_LINE_TOKEN_FORM,
    DEX_LINE_GRANT_TYPE,
    DEX_LINE_SECRET_MISSING,
    DEX_LINE_SECRET_INVALID,
    DEX_LINE_CODE,
    DEX_LINE_ACCESS_TOKEN,
    DEX_LINE_REFRESH_TWICE,
    DEX_LINE_REFRESH_CLIENT,
    DEX_LINE_REFRESH_EXPIRED,
    DEX_LINE_REFRESH_IDLE,
    DEX_LINE_REFRESH_SESSION,
    DEX_LINE_REFRESH_CONNECTOR,
    DEX_LINE_REFRESH_IDENTITY,
    DEX_LINE_REFRESH_UPDATE,
    DEX_LINE_EXCHANGE_CONNECTOR,
    DEX_LINE_EXCHANGE_TOKEN,
    DEX_LINE_TOKEN_HINT,
    DEX_LINE_ID_TOKEN,
    /* devices */
    DEX_LINE_DEVICE,
    DEX_LINE_DEVICE_FORM,
    DEX_LINE_DEVICE_DEPRECATED,
    DEX_LINE_DEVICE_TOKEN_FORM,
    DEX_LINE_DEVICE_UPDATE,
    DEX_LINE_USER_CODE_FORM,
    /* the start */
    DEX_LINE_OPEN,
    DEX_LINE_OVERRIDES,
    DEX_LINE_NO_METADATA,
    DEX_LINE_CHALLENGE,
    DEX_LINE_GROUPS_FILTER,
    DEX_LINE_START_ALG,
    DEX_LINE_MAX_,
};

/* One field of a line: a text (NULL = Go's nil), a list of texts, or true. */
struct dex_field {
    const char *name;
    const char *text;
    const struct strlist *list;
    bool is_true;
};

#define DEX_FIELDS(...) ((const struct dex_field[]){__VA_ARGS__, {NULL, NULL, NULL, false}})
#define DEX_NO_FIELDS NULL

/* How the process logs: `logger` of its configuration. */
struct dex_logger {
    int least; /* of dex_levels; what is below is not written */
    bool is_json;
};
/* -1 and the text with which `dex serve` ends. */
int dex_logger_read(const struct js *doc, struct dex_logger *ret, struct err *err) MUST_USE;

/* Writes one line. req (may be NULL) is what was being answered: since 2.41 its request_id is in
 * the line. fields end with a zero one. */
void dex_log(const struct dex *d, const struct http_request *req, enum dex_line line,
             const struct dex_field *fields);
/* What a process writes to stderr outside its logger: the error it ends with. */
void dex_log_plain(const struct dex *d, const char *level, const char *text);
