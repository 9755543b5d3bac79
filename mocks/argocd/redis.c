/*
 * A map of {"value", "until_s"} under the mock's lock.
 */
#include "mocks/argocd/redis.h"

#define KEPT_MAX 4096

void redis_set(struct mock *m, const char *kind, const char *of, struct js *take, int64_t until_s)
{
    AUTO(xfree) char *key = xasprintf("%s_%s", kind, of);
    struct js *entry = js_object();
    js_set(entry, "value", take);
    js_set(entry, "until_s", js_int(until_s));
    pthread_mutex_lock(&m->lock);
    js_remove(m->redis, key); /* a new one is the youngest */
    struct js_iter it = js_iter(m->redis);
    if (js_len(m->redis) >= KEPT_MAX && js_next(&it)) {
        AUTO(xfree) char *oldest = xstrdup(it.key);
        js_remove(m->redis, oldest);
    }
    js_set(m->redis, key, entry);
    pthread_mutex_unlock(&m->lock);
}

struct js *redis_get(struct mock *m, const char *kind, const char *of)
{
    AUTO(xfree) char *key = xasprintf("%s_%s", kind, of);
    struct js *found = NULL;
    int64_t until_s = 0;
    pthread_mutex_lock(&m->lock);
    const struct js *entry = js_get(m->redis, key);
    if (entry != NULL && js_get_number(entry, "until_s", &until_s) == 0 &&
        until_s > clock_now_s(m->env.clock))
        found = js_dup(js_get(entry, "value"));
    pthread_mutex_unlock(&m->lock);
    return found;
}

void redis_del(struct mock *m, const char *kind, const char *of)
{
    AUTO(xfree) char *key = xasprintf("%s_%s", kind, of);
    pthread_mutex_lock(&m->lock);
    js_remove(m->redis, key);
    pthread_mutex_unlock(&m->lock);
}
