/*
 * ${…} in a scenario's texts: names of the setup the scenario runs on, so that one file fits
 * everybody's setup.
 */
#include "harness/run/expand.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

/* The names, and where their values are. */
static const char *authentik_url(const struct setup *s)
{
    return s->authentik.url;
}

static const char *authentik_slug(const struct setup *s)
{
    return s->authentik.slug;
}

static const char *authentik_client_id(const struct setup *s)
{
    return s->authentik.client_id;
}

static const char *argocd_url(const struct setup *s)
{
    return s->argocd.url;
}

/* "/argocd" below a root path, else "": where Argo CD and Dex have all their own. */
static const char *argocd_path(const struct setup *s)
{
    const char *host = s->argocd.url != NULL ? strstr(s->argocd.url, "://") : NULL;
    const char *path = host != NULL ? strchr(host + 3, '/') : NULL;
    return path != NULL ? path : "";
}

static const struct {
    const char *name;
    const char *(*value)(const struct setup *s);
} names[] = {
    {"authentik.url", authentik_url},
    {"authentik.slug", authentik_slug},
    {"authentik.client_id", authentik_client_id},
    {"argocd.url", argocd_url},
    {"argocd.path", argocd_path},
    {NULL, NULL},
};

static const char *value_of(const struct setup *s, struct str name)
{
    for (size_t i = 0; names[i].name != NULL; i++)
        if (str_is(name, names[i].name))
            return names[i].value(s);
    return NULL;
}

char *run_expand(const struct setup *base, const char *text)
{
    if (text == NULL)
        return NULL;
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    for (const char *p = text; *p != '\0'; p++) {
        const char *end = p[0] == '$' && p[1] == '{' ? strchr(p, '}') : NULL;
        const char *value =
            end != NULL ? value_of(base, (struct str){p + 2, (size_t)(end - p - 2)}) : NULL;
        if (value == NULL) {
            buf_addc(&out, *p); /* a regular expression may have ${ too: what is no name stays */
            continue;
        }
        buf_adds(&out, value);
        p = end;
    }
    return buf_take(&out);
}

struct js *run_expand_json(const struct setup *base, const struct js *j)
{
    if (js_is(j, JS_OBJECT)) {
        struct js *o = js_object();
        for (struct js_iter it = js_iter(j); js_next(&it);)
            js_set(o, it.key, run_expand_json(base, it.value));
        return o;
    }
    if (js_is(j, JS_ARRAY)) {
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(j); i++)
            js_append(list, run_expand_json(base, js_at(j, i)));
        return list;
    }
    if (js_is(j, JS_STRING)) {
        AUTO(xfree) char *text = run_expand(base, js_text(j));
        return js_string(text);
    }
    return js_dup(j);
}
