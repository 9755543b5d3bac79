/*
 * The table of the four kinds. Three speak HTTP as far as they speak at all, by a site without
 * routes; the one that closes does not even shake hands.
 */
#include "mocks/sentinel/sentinel.h"

#include <assert.h>
#include <string.h>

#include "harness/http/sink.h"

/* Longer than any run: its end drops the answer. */
#define NEVER_MS (INT64_C(1000) * 60 * 60 * 24 * 20)

struct sentinel {
    struct http_listener *listener; /* or */
    struct http_sink *sink;
};

static void answer_nothing(void *ctx, const struct http_request *req, struct http_response *resp)
{
    (void)ctx;
    (void)req;
    http_respond(resp, 200, NULL, "");
}

static void answer_500(void *ctx, const struct http_request *req, struct http_response *resp)
{
    (void)ctx;
    (void)req;
    http_respond(resp, 500, NULL, "");
}

static void answer_never(void *ctx, const struct http_request *req, struct http_response *resp)
{
    answer_nothing(ctx, req, resp);
    resp->fault.delay_ms = NEVER_MS;
}

static const struct {
    const char *name;
    const char *does;
    http_handler handler; /* NULL: no HTTP */
} kinds[SENTINEL_MAX_] = {
    [SENTINEL_NONE] = {"none", "is no sentinel", NULL},
    [SENTINEL_CLOSES] = {"closes", "closes every connection at once", NULL},
    [SENTINEL_EMPTY] = {"empty", "answers 200 and an empty body to everything", answer_nothing},
    [SENTINEL_FAILS] = {"500", "answers 500 to everything", answer_500},
    [SENTINEL_SILENT] = {"silent", "never answers", answer_never},
};

const char *sentinel_name(enum sentinel_kind k)
{
    return kinds[k].name;
}

const char *sentinel_does(enum sentinel_kind k)
{
    return kinds[k].does;
}

enum sentinel_kind sentinel_find(const char *name)
{
    for (enum sentinel_kind k = SENTINEL_NONE + 1; k < SENTINEL_MAX_; k++)
        if (strcmp(kinds[k].name, name) == 0)
            return k;
    return SENTINEL_NONE;
}

static int listen_for(const struct sentinel_conf *conf, struct sentinel *s, struct err *err)
{
    if (kinds[conf->kind].handler == NULL)
        return http_sink_new(conf->addr, conf->port, &s->sink, err);
    const struct http_site site = {
        .name = "sentinel",
        .fallback = kinds[conf->kind].handler,
        .tls = conf->tls,
        .clock = conf->clock,
    };
    return http_listen(conf->host, &site, conf->addr, conf->port, &s->listener, err);
}

int sentinel_new(const struct sentinel_conf *conf, struct sentinel **ret, struct err *err)
{
    assert(conf->kind != SENTINEL_NONE);
    AUTO(sentinel_free) struct sentinel *s = xcalloc(1, sizeof(*s));
    if (listen_for(conf, s, err) != 0)
        return -1;
    *ret = s;
    s = NULL;
    return 0;
}

uint16_t sentinel_port(const struct sentinel *s)
{
    return s->sink != NULL ? http_sink_port(s->sink) : http_listener_port(s->listener);
}

struct sentinel *sentinel_free(struct sentinel *s)
{
    if (s == NULL)
        return NULL;
    http_listener_free(s->listener);
    http_sink_free(s->sink);
    return xfree(s);
}
