/*
 * The faults of the wire: one row in WIRE_ROWS for people, one in `kinds` (or `leaves`) for what it
 * does.
 */
#include "mocks/common/wire.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

#define OVERSIZE (INT64_C(5) * 1024 * 1024) /* more than a client here takes */

/* clang-format off */
#define HTTP_ROW(system_, what_, title_, ref_, with_)                                              \
    {.id = system_ "/http." what_, .title = title_, .ref = ref_, .with = with_,                    \
     .at = "any answer"}
#define TLS_ROW(system_, what_, title_, ref_)                                                      \
    {.id = system_ "/tls." what_, .title = title_, .ref = ref_,                                    \
     .at = "handshake", .standing = true}

#define WIRE_ROWS(system_)                                                                         \
    HTTP_ROW(system_, "status", "a server in front of it answers, 503 by default",                 \
             "RFC 9110 15.6.4", "path status"),                                                    \
    HTTP_ROW(system_, "header-missing", "a header is missing, Content-Type by default",            \
             "RFC 9110 8.3", "path name"),                                                         \
    HTTP_ROW(system_, "header-changed", "a header has another value",                              \
             "RFC 9110 5.3", "path name value"),                                                   \
    HTTP_ROW(system_, "content-type", "the right body calls itself something else",                \
             "RFC 9110 8.3", "path type"),                                                         \
    HTTP_ROW(system_, "location-plain", "it leads to http instead of https",                       \
             "RFC 9700 2.6", "path"),                                                              \
    HTTP_ROW(system_, "empty", "200 with nothing in it",                                           \
             "RFC 9110 15.3.1", "path"),                                                           \
    HTTP_ROW(system_, "delay", "the answer comes late on the scenario's clock",                    \
             "RFC 9110 15.5.9", "path seconds"),                                                   \
    HTTP_ROW(system_, "cut", "the connection ends in the middle of the body",                      \
             "RFC 9112 8", "path"),                                                                \
    HTTP_ROW(system_, "truncated", "the body is shorter than Content-Length says",                 \
             "RFC 9112 8", "path"),                                                                \
    HTTP_ROW(system_, "oversize", "the body is larger than anybody takes",                         \
             "RFC 9110 15.5.14", "path size"),                                                     \
    HTTP_ROW(system_, "malformed", "the head is no HTTP",                                          \
             "RFC 9112 2.2", "path"),                                                              \
    HTTP_ROW(system_, "reset", "the connection is reset before the answer",                        \
             "RFC 9112 9.5", "path"),                                                              \
    HTTP_ROW(system_, "close", "the connection is closed without an answer",                       \
             "RFC 9112 9.5", "path"),                                                              \
    TLS_ROW(system_, "wrong-name", "its certificate is somebody else's", "RFC 9110 4.3.4"),        \
    TLS_ROW(system_, "expired", "its certificate has expired", "RFC 5280 6.1.3 (a) (2)"),          \
    TLS_ROW(system_, "unknown-ca", "nobody knows who signed its certificate",                      \
            "RFC 5280 6.1.3 (a) (1)"),                                                             \
    TLS_ROW(system_, "incomplete-chain", "the intermediate certificate is not sent",               \
            "RFC 8446 4.4.2"),                                                                     \
    TLS_ROW(system_, "old-protocol", "it speaks TLS 1.1 at most", "RFC 9325 3.1.1")
/* clang-format on */

const struct fault faults_wire[] = {
    WIRE_ROWS("authentik"), WIRE_ROWS("dex"), WIRE_ROWS("argocd"), {0}};

/* One answer on its way out. */
struct wire {
    const struct mock_env *env;
    const char *system;
    const struct js *with;
    struct http_response *resp;
};

static void play_status(struct wire *w)
{
    int64_t status = fault_number(w->with, "status", 503);
    bool valid = status >= 400 && status <= 599;
    int code = valid ? (int)status : 503;
    const char *text = http_status_text(code);
    params_deinit(&w->resp->headers);
    w->resp->headers = (struct params){0};
    http_respondf(w->resp, code, "text/html",
                  "<html><head><title>%d %s</title></head><body><h1>%d %s</h1></body></html>", code,
                  text, code, text);
}

static void play_header_missing(struct wire *w)
{
    params_remove_ci(&w->resp->headers, fault_text(w->with, "name", "Content-Type"));
}

static void play_header_changed(struct wire *w)
{
    params_set_ci(&w->resp->headers, fault_text(w->with, "name", "Content-Type"),
                  fault_text(w->with, "value", "application/octet-stream"));
}

static void play_content_type(struct wire *w)
{
    params_set_ci(&w->resp->headers, "Content-Type",
                  fault_text(w->with, "type", "text/html; charset=utf-8"));
}

static void play_location_plain(struct wire *w)
{
    const char *location = params_get_ci(&w->resp->headers, "Location");
    if (!cstr_starts(location, "https://"))
        return;
    AUTO(xfree) char *plain = xasprintf("http://%s", location + strlen("https://"));
    params_set_ci(&w->resp->headers, "Location", plain);
}

static void play_empty(struct wire *w)
{
    params_deinit(&w->resp->headers);
    w->resp->headers = (struct params){0};
    http_respond(w->resp, 200, NULL, "");
}

/* How long who asks this system waits at most, and a little more (harness/world, patience). */
static int64_t too_long_s(const char *system)
{
    static const struct {
        const char *system;
        int64_t seconds;
    } rows[] = {{"authentik", 40}, {"dex", 110}, {"argocd", 310}, {NULL, 310}};
    size_t i = 0;
    while (rows[i].system != NULL && strcmp(rows[i].system, system) != 0)
        i++;
    return rows[i].seconds;
}

/* The clock moves and the answer leaves: its client finds that it waited too long (design.md 2.6).
 */
static void play_delay(struct wire *w)
{
    int64_t ms = fault_number(w->with, "seconds", too_long_s(w->system)) * 1000;
    if (!clock_is_virtual(w->env->clock)) {
        w->resp->fault.delay_ms = ms;
        return;
    }
    clock_advance_ms(w->env->clock, ms);
    trace_note(w->env->trace, "harness", "clock moved by %lld ms", (long long)ms);
}

static void play_oversize(struct wire *w)
{
    int64_t size = fault_number(w->with, "size", OVERSIZE);
    w->resp->fault.kind = HTTP_FAULT_OVERSIZE;
    w->resp->fault.size = size > 0 ? (size_t)size : (size_t)OVERSIZE;
}

static void play_cut(struct wire *w)
{
    w->resp->fault.kind = HTTP_FAULT_CUT;
}

static void play_truncated(struct wire *w)
{
    w->resp->fault.kind = HTTP_FAULT_TRUNCATE;
}

static void play_malformed(struct wire *w)
{
    w->resp->fault.kind = HTTP_FAULT_MALFORMED;
}

static void play_reset(struct wire *w)
{
    w->resp->fault.kind = HTTP_FAULT_RESET;
}

static void play_close(struct wire *w)
{
    w->resp->fault.kind = HTTP_FAULT_CLOSE;
}

static const struct {
    const char *what;
    void (*play)(struct wire *w);
} kinds[] = {
    {"status", play_status},
    {"empty", play_empty},
    {"content-type", play_content_type},
    {"header-changed", play_header_changed},
    {"header-missing", play_header_missing},
    {"location-plain", play_location_plain},
    {"delay", play_delay},
    {"oversize", play_oversize},
    {"cut", play_cut},
    {"truncated", play_truncated},
    {"malformed", play_malformed},
    {"reset", play_reset},
    {"close", play_close},
    {NULL, NULL},
};

/* Location-plain bites only where there is one to spoil. */
static bool bites(const char *what, const struct http_response *resp)
{
    return strcmp(what, "location-plain") != 0 ||
           cstr_starts(params_get_ci(&resp->headers, "Location"), "https://");
}

void wire_play(const struct mock_env *env, const char *system, const struct http_request *req,
               struct http_response *resp)
{
    AUTO(xfree) char *prefix = xasprintf("%s/http.", system);
    if (!fault_any(env->faults, prefix))
        return;
    for (size_t i = 0; kinds[i].what != NULL; i++) {
        struct wire w = {.env = env, .system = system, .resp = resp};
        AUTO(xfree) char *id = xasprintf("%s%s", prefix, kinds[i].what);
        if (!fault_peek(env->faults, id, &w.with))
            continue;
        const char *path = js_get_text(w.with, "path");
        if ((path == NULL || cstr_contains(req->path, path)) && bites(kinds[i].what, resp) &&
            fault_fires(env->faults, id, &w.with))
            kinds[i].play(&w);
    }
}

enum http_leaf_defect wire_leaf(struct fault_set *faults, const char *system)
{
    static const struct {
        const char *what;
        enum http_leaf_defect leaf;
    } leaves[] = {
        {"wrong-name", HTTP_LEAF_OTHER_NAME},     {"expired", HTTP_LEAF_EXPIRED},
        {"unknown-ca", HTTP_LEAF_OTHER_CA},       {"incomplete-chain", HTTP_LEAF_INCOMPLETE},
        {"old-protocol", HTTP_LEAF_OLD_PROTOCOL}, {NULL, HTTP_LEAF_GOOD},
    };
    for (size_t i = 0; leaves[i].what != NULL; i++) {
        AUTO(xfree) char *id = xasprintf("%s/tls.%s", system, leaves[i].what);
        if (fault_fires(faults, id, NULL))
            return leaves[i].leaf;
    }
    return HTTP_LEAF_GOOD;
}
