/*
 * Addresses of a setup: the issuers as authentik and Argo CD compute them, and moving everything of
 * one origin to another, for serving without DNS.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/regex.h"
#include "harness/setup/setup_int.h"

char *setup_authentik_issuer(const struct setup *s)
{
    const struct setup_authentik *a = &s->authentik;
    if (a->slug == NULL)
        return xstrdup("");
    if (cstr_eq(a->issuer_mode, "global"))
        return xasprintf("%s/", a->url);
    return xasprintf("%s/application/o/%s/", a->url, a->slug);
}

bool setup_redirect_matches(const struct setup_redirect *r, const char *url)
{
    return r->regex ? regex_fullmatch_once(r->url, REGEX_PYTHON, url) : strcmp(r->url, url) == 0;
}

/* The connector whose issuer begins so; NULL if none does. */
static const struct js *connector_at(const struct setup *s, const char *issuer)
{
    const struct js *connectors = js_get(s->argocd.dex_generated, "connectors");
    for (size_t i = 0; i < js_len(connectors); i++) {
        const struct js *c = js_at(connectors, i);
        if (cstr_eq(js_get_text(c, "type"), "oidc") &&
            cstr_starts(js_text(js_path(c, "config", "issuer", NULL)), issuer))
            return c;
    }
    return NULL;
}

/* By the issuer, and when that is written wrongly, by the address. */
const struct js *setup_authentik_connector(const struct setup *s)
{
    AUTO(xfree) char *issuer = setup_authentik_issuer(s);
    const struct js *exact = issuer[0] != '\0' ? connector_at(s, issuer) : NULL;
    return exact != NULL ? exact : connector_at(s, s->authentik.url);
}

char *setup_dex_issuer(const struct setup *s)
{
    return xasprintf("%s/api/dex", s->argocd.url != NULL ? s->argocd.url : "");
}

/* May an origin end before this character? A port or a longer host name would be another origin. */
static bool ends_origin(char c)
{
    return c == '\0' || strchr("/?#\"' \t\r\n,;)]}>\\$", c) != NULL;
}

static char *replace_origin(const char *text, const char *from, const char *to)
{
    AUTO(buf_deinit) struct buf out = {0};
    size_t n = strlen(from);
    const char *p = text;
    buf_init(&out, BUF_MAX_TEXT);
    for (const char *hit = strstr(p, from); hit != NULL; hit = strstr(hit + n, from)) {
        if (!ends_origin(hit[n]))
            continue;
        buf_add(&out, p, (size_t)(hit - p));
        buf_adds(&out, to);
        p = hit + n;
    }
    buf_adds(&out, p);
    return buf_take(&out);
}

/* "https://argocd\.company": the origin inside a regular expression. */
static char *escaped(const char *origin)
{
    AUTO(buf_deinit) struct buf out = {0};
    buf_init(&out, BUF_MAX_TEXT);
    for (const char *p = origin; *p != '\0'; p++) {
        if (*p == '.')
            buf_addc(&out, '\\');
        buf_addc(&out, *p);
    }
    return buf_take(&out);
}

struct move {
    const char *from;
    const char *to;
    char *from_escaped;
    char *to_escaped;
};

static struct js *moved(const struct move *m, const struct js *value)
{
    if (js_is(value, JS_STRING)) {
        AUTO(xfree) char *plain = replace_origin(js_text(value), m->from, m->to);
        AUTO(xfree) char *text = replace_origin(plain, m->from_escaped, m->to_escaped);
        return js_string(text);
    }
    if (js_is(value, JS_ARRAY)) {
        struct js *list = js_array();
        for (size_t i = 0; i < js_len(value); i++)
            js_append(list, moved(m, js_at(value, i)));
        return list;
    }
    if (!js_is(value, JS_OBJECT))
        return js_dup(value);
    struct js *obj = js_object();
    for (struct js_iter it = js_iter(value); js_next(&it);)
        js_set(obj, it.key, moved(m, it.value));
    return obj;
}

/* Where addresses stand; people, secrets and live systems are left alone. */
static const char *const movable[][2] = {
    {"authentik", NULL}, {"dex", NULL}, {"argocd", "cm"}, {"argocd", "url"}, {NULL, NULL}};

struct js *setup_move_origin(const struct js *doc, const char *from, const char *to)
{
    struct move m = {from, to, escaped(from), escaped(to)};
    struct js *ret = js_dup(doc);
    for (size_t i = 0; movable[i][0] != NULL; i++) {
        const char *outer = movable[i][0];
        const char *inner = movable[i][1];
        struct js *parent = inner != NULL ? js_get(ret, outer) : ret;
        const char *key = inner != NULL ? inner : outer;
        const struct js *value = js_get(parent, key);
        if (value != NULL)
            js_set(parent, key, moved(&m, value));
    }
    xfree(m.from_escaped);
    xfree(m.to_escaped);
    return ret;
}
