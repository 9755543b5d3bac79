/*
 * Clusters, repositories, certificates and GnuPG keys: lists that leave out what the caller may not
 * see, each with its own object for the policy (argocd.md 4.8).
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"

/* "project/url", or the URL alone for what is of no project. */
static char *object_of(const struct setup_place *p)
{
    return p->project[0] != '\0' ? xasprintf("%s/%s", p->project, p->url) : xstrdup(p->url);
}

static struct js *connection(void)
{
    struct js *state = js_object();
    js_set_text(state, "status", "Successful");
    js_set_text(state, "message", "");
    js_set(state, "attemptedAt", js_null());
    return state;
}

static struct js *cluster_json(const struct setup_place *p)
{
    struct js *tls = js_object();
    struct js *config = js_object();
    struct js *info = js_object();
    struct js *o = js_object();
    js_set(tls, "insecure", js_bool(false));
    js_set(config, "tlsClientConfig", tls);
    js_set(info, "connectionState", connection());
    js_set_text(o, "server", p->url);
    js_set_text(o, "name", p->name);
    js_set(o, "config", config);
    js_set(o, "connectionState", connection());
    js_set(o, "info", info);
    if (p->project[0] != '\0')
        js_set_text(o, "project", p->project);
    return o;
}

static struct js *repository_json(const struct setup_place *p)
{
    struct js *o = js_object();
    js_set_text(o, "repo", p->url);
    js_set(o, "connectionState", connection());
    js_set_text(o, "type", "git");
    js_set_text(o, "name", p->name);
    if (p->project[0] != '\0')
        js_set_text(o, "project", p->project);
    return o;
}

static bool is_asked_for(const struct call *c, const char *parameter, const char *value)
{
    const char *asked = call_query(c, parameter);
    return asked[0] == '\0' || strcmp(asked, value) == 0;
}

static void answer_repositories(struct call *c, const char *resource)
{
    const struct setup_inventory *inv = c->setup->argocd.inventory;
    AUTO(js_free) struct js *items = js_array();
    for (size_t i = 0; i < inv->repositories_len; i++) {
        const struct setup_place *p = &inv->repositories[i];
        AUTO(xfree) char *object = object_of(p);
        bool allow = false;
        if (!is_asked_for(c, "repo", p->url) || !is_asked_for(c, "appProject", p->project))
            continue;
        if (!authz_filter(c, resource, object, &allow))
            return;
        if (allow)
            js_append(items, repository_json(p));
    }
    call_answer_plain_list(c, items);
}

void endpoint_repositories(struct call *c)
{
    answer_repositories(c, "repositories");
}

void endpoint_write_repositories(struct call *c)
{
    answer_repositories(c, "write-repositories");
}

void endpoint_clusters(struct call *c)
{
    const struct setup_inventory *inv = c->setup->argocd.inventory;
    AUTO(js_free) struct js *items = js_array();
    for (size_t i = 0; i < inv->clusters_len; i++) {
        const struct setup_place *p = &inv->clusters[i];
        AUTO(xfree) char *object = object_of(p);
        bool allow = false;
        if (!is_asked_for(c, "name", p->name) || !is_asked_for(c, "server", p->url))
            continue;
        if (!authz_filter(c, "clusters", object, &allow))
            return;
        if (allow)
            js_append(items, cluster_json(p));
    }
    call_answer_plain_list(c, items);
}

/* By server URL, or by name where id.type says so. */
void endpoint_cluster(struct call *c)
{
    static const char doing[] = "error verifying access to update cluster: ";
    static const char looking[] = "failed to get cluster with permissions check: ";
    const struct setup_inventory *inv = c->setup->argocd.inventory;
    bool by_name = cstr_starts(call_query(c, "id.type"), "name");
    const struct setup_place *found = NULL;
    bool allow = false;
    for (size_t i = 0; i < inv->clusters_len; i++)
        if (strcmp(by_name ? inv->clusters[i].name : inv->clusters[i].url, c->args[0]) == 0)
            found = &inv->clusters[i];
    AUTO(xfree) char *object = found != NULL ? object_of(found) : NULL;
    if (found != NULL && !authz_filter(c, "clusters", object, &allow))
        return;
    if (allow)
        call_answer(c, cluster_json(found));
    else
        call_fail(c, GRPC_PERMISSION_DENIED,
                  "%s%srpc error: code = PermissionDenied desc = permission denied", doing,
                  found == NULL ? looking : "");
}

/* The object of certificates and keys is empty: whoever may see one sees all. */
void endpoint_certificates(struct call *c)
{
    AUTO(js_free) struct js *items = js_array();
    if (!authz_enforce(c, "certificates", "get", ""))
        return;
    for (const char *const *name = c->setup->argocd.inventory->certificates; *name != NULL;
         name++) {
        struct js *o = js_object();
        js_set_text(o, "serverName", *name);
        js_set_text(o, "certType", "ssh");
        js_set_text(o, "certSubType", "ssh-ed25519");
        js_set(o, "certData", js_null());
        js_set_text(o, "certInfo", "");
        js_append(items, o);
    }
    call_answer_plain_list(c, items);
}

static struct js *key_json(const char *id)
{
    struct js *o = js_object();
    js_set_text(o, "keyID", id);
    js_set_text(o, "fingerprint", id);
    return o;
}

void endpoint_gpgkeys(struct call *c)
{
    AUTO(js_free) struct js *items = js_array();
    if (!authz_enforce(c, "gpgkeys", "get", ""))
        return;
    for (const char *const *id = c->setup->argocd.inventory->gpgkeys; *id != NULL; id++)
        js_append(items, key_json(*id));
    call_answer_plain_list(c, items);
}

void endpoint_gpgkey(struct call *c)
{
    if (!authz_enforce(c, "gpgkeys", "get", ""))
        return;
    for (const char *const *id = c->setup->argocd.inventory->gpgkeys; *id != NULL; id++) {
        if (strcmp(*id, c->args[0]) != 0)
            continue;
        call_answer(c, key_json(*id));
        return;
    }
    call_fail(c, GRPC_NOT_FOUND, "No such key: %s", c->args[0]);
}
