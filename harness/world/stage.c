/*
 * The stage outlives scenarios: the event loop with its thread, and one certificate authority for
 * each set of host names that scenarios used, because making keys costs more than a login.
 */
#include "harness/world/stage.h"

#include <string.h>

#include "harness/base/vec.h"

struct stage_tls {
    char *key; /* the host names, joined */
    struct http_ca *ca;
    struct http_tls *leaves[HTTP_LEAF_MAX_]; /* NULL until the first use */
    struct stage_tls *next;
};

struct stage {
    struct http_host *host;
    struct stage_tls *tls;
};

int stage_new(struct stage **ret, struct err *err)
{
    AUTO(stage_free) struct stage *s = xcalloc(1, sizeof(*s));
    if (http_host_new(&s->host, err) != 0)
        return -1;
    *ret = s;
    s = NULL;
    return 0;
}

struct stage *stage_free(struct stage *s)
{
    if (s == NULL)
        return NULL;
    http_host_free(s->host);
    while (s->tls != NULL) {
        struct stage_tls *next = s->tls->next;
        for (size_t i = 0; i < HTTP_LEAF_MAX_; i++)
            http_tls_free(s->tls->leaves[i]);
        http_ca_free(s->tls->ca);
        xfree(s->tls->key);
        xfree(s->tls);
        s->tls = next;
    }
    return xfree(s);
}

struct http_host *stage_host(struct stage *s)
{
    return s->host;
}

int stage_ca(struct stage *s, const struct strlist *hosts, const struct http_ca **ret,
             struct err *err)
{
    AUTO(xfree) char *key = strlist_join(hosts, " ");
    struct stage_tls *t = s->tls;
    while (t != NULL && strcmp(t->key, key) != 0)
        t = t->next;
    if (t == NULL) {
        struct vec names = {0};
        for (size_t i = 0; i < hosts->len; i++)
            vec_push(&names, hosts->items[i]);
        vec_push(&names, NULL);
        AUTO(http_ca_free) struct http_ca *ca = NULL;
        int rc = http_ca_new((const char *const *)names.items, &ca, err);
        vec_deinit(&names);
        if (rc != 0)
            return -1;
        t = xcalloc(1, sizeof(*t));
        *t = (struct stage_tls){.key = key, .ca = ca, .next = s->tls};
        s->tls = t;
        key = NULL;
        ca = NULL;
    }
    *ret = t->ca;
    return 0;
}

int stage_leaf(struct stage *s, const struct http_ca *ca, enum http_leaf_defect defect,
               struct http_tls **ret, struct err *err)
{
    struct stage_tls *t = s->tls;
    while (t != NULL && t->ca != ca)
        t = t->next;
    if (t == NULL)
        return err_set(err, ERR_INTERNAL, "a certificate of an authority of another stage");
    if (t->leaves[defect] == NULL && http_ca_leaf(ca, defect, &t->leaves[defect], err) != 0)
        return -1;
    *ret = http_tls_ref(t->leaves[defect]);
    return 0;
}
