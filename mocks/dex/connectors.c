/*
 * Dex's connectors: read from the configuration, opened at start, opened again when somebody comes
 * while one is broken (dex.md 4.2). Only oidc can be opened here; another type fails as a connector
 * whose provider does not answer.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/connector_oidc.h"

static char *dup_member(const struct js *obj, const char *name)
{
    const char *s = js_get_text(obj, name);
    return xstrdup(s != NULL ? s : "");
}

/* What it needs was looked at when the configuration was read. */
static void read_connector(const struct js *j, struct dex_connector *c)
{
    c->id = dup_member(j, "id");
    c->name = dup_member(j, "name");
    c->type = dup_member(j, "type");
    c->conf = js_get(j, "config");
    pthread_mutex_init(&c->open_lock, NULL);
}

static int open_connector(struct dex *d, struct dex_connector *c, struct err *err)
{
    if (!cstr_eq(c->type, "oidc"))
        err_set(err, ERR_USAGE, "connectors of type '%s' are not part of this mock", c->type);
    else if (dex_oidc_open(d, c, &c->oidc, err) == 0)
        return 0;
    return err_wrap(err, "failed to open connector: failed to create connector %s", c->id);
}

/* Before 2.44 one that cannot be opened ends Dex; then a variable of the container says whether it
 * does, and its default has changed with 2.45 (dex.md 4.2). */
static bool goes_on(const struct dex *d)
{
    const struct js *env = js_path(d->env->setup->doc, "dex", "env", NULL);
    const char *value = js_get_text(env, "DEX_CONTINUE_ON_CONNECTOR_FAILURE");
    bool otherwise = dex_quirk(d, DEX_QUIRK_CONTINUE);
    return dex_quirk(d, DEX_QUIRK_CONTINUE_OPTION) ? go_bool(value, otherwise) : otherwise;
}

/* Somebody else's provider beside authentik's connector: nobody of this chain asks it, and that it
 * is not to be reached from here says nothing about the cluster. */
static bool is_foreign(const struct dex *d, const struct dex_connector *c)
{
    const struct setup *s = d->env->setup;
    const char *own = js_get_text(setup_authentik_connector(s), "id");
    return own != NULL && strcmp(own, c->id) != 0 &&
           !cstr_starts(js_get_text(c->conf, "issuer"), s->authentik.url);
}

static int open_all(struct dex *d, size_t *ret_failed, struct err *ret_err)
{
    size_t failed = 0;
    for (size_t i = 0; i < d->connectors_len; i++) {
        struct dex_connector *c = &d->connectors[i];
        struct err err = {0};
        if (is_foreign(d, c) || open_connector(d, c, &err) == 0)
            continue;
        if (!goes_on(d))
            return err_set(ret_err, ERR_NET,
                           "failed to initialize server: server: Failed to open connector %s: %s",
                           c->id, err.msg);
        failed++;
        dex_log(d, NULL, DEX_LINE_OPEN, DEX_FIELDS({"id", c->id}, {"err", err.msg}));
    }
    *ret_failed = failed;
    return 0;
}

int dex_connectors_open(struct dex *d, struct err *err)
{
    const struct js *list = js_get(d->doc, "connectors");
    size_t n = js_len(list);
    size_t failed = 0;
    d->connectors = xcalloc(n + 1, sizeof *d->connectors);
    for (size_t i = 0; i < n; i++) {
        d->connectors_len = i + 1;
        read_connector(js_at(list, i), &d->connectors[i]);
    }
    if (n == 0)
        return err_set(err, ERR_USAGE,
                       "failed to initialize server: server: no connectors specified");
    if (open_all(d, &failed, err) != 0)
        return -1;
    if (failed == n)
        return err_set(err, ERR_NET,
                       "failed to initialize server: server: failed to open all connectors "
                       "(%zu/%zu)",
                       n, n);
    return 0;
}

void dex_connectors_deinit(struct dex *d)
{
    for (size_t i = 0; i < d->connectors_len; i++) {
        struct dex_connector *c = &d->connectors[i];
        xfree(c->id);
        xfree(c->name);
        xfree(c->type);
        dex_oidc_free(c->oidc);
        pthread_mutex_destroy(&c->open_lock);
    }
    xfree(d->connectors);
}

struct dex_connector *dex_connector(struct dex *d, const char *id)
{
    for (size_t i = 0; i < d->connectors_len; i++) {
        if (cstr_eq(d->connectors[i].id, id))
            return &d->connectors[i];
    }
    return NULL;
}

int dex_connector_get(struct dex *d, const char *id, struct dex_connector **ret, struct err *err)
{
    struct dex_connector *c = dex_connector(d, id);
    if (c == NULL) {
        AUTO(xfree) char *quoted = go_quoted(id);
        return err_set(err, ERR_PARSE, "failed to get connector %s from storage: not found",
                       quoted);
    }
    pthread_mutex_lock(&c->open_lock);
    int rc = c->oidc != NULL ? 0 : open_connector(d, c, err);
    pthread_mutex_unlock(&c->open_lock);
    if (rc == 0)
        *ret = c;
    return rc;
}
