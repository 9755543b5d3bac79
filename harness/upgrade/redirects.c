/*
 * Every redirect URI that is registered is asked for under both versions, so that one that stops
 * matching is told though no login of the setup uses it: an authorization request with it, and with
 * near misses, which a version that reads the entry as a regular expression may take. A pattern is
 * asked for by an example made from it. Nobody signs in: /authorize says at once whether the URI is
 * one of the provider's (authentik.md 3.3).
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/data/regex.h"
#include "harness/upgrade/internal.h"

#define PROBES_MOST 3U /* URIs asked for an entry */

struct upgrade_probe {
    struct scenario scenario; /* its texts belong to it */
    struct scenario_step steps[PROBES_MOST];
    char *names[PROBES_MOST]; /* of the facts */
    bool near[PROBES_MOST];
};

/* ---- an example of a pattern ---- */

/* Skips "[…]" from its "[" and returns the first character that stands in it, or 'x' where the
 * class is one of what must not be there. */
static char of_class(const char **at)
{
    const char *p = *at + 1;
    bool other = *p == '^';
    p += other ? 1 : 0;
    char c = *p == '\\' && p[1] != '\0' ? p[1] : *p;
    if (*p == ']') /* the first one stands for itself */
        p++;
    while (*p != '\0' && *p != ']')
        p += *p == '\\' && p[1] != '\0' ? 2 : 1;
    *at = *p == ']' ? p : p - 1;
    return other || c == '\0' ? 'x' : c == 'd' && **at == ']' ? '1' : c;
}

/* What an escape stands for, the simplest of it. */
static char of_escape(char c)
{
    return c == 'd' ? '1' : c == 'w' || c == 'S' || c == 'D' ? 'x' : c;
}

/* Skips the alternatives after the first one up to the ")" of their group, or the end. */
static const char *skip_alternatives(const char *p)
{
    size_t depth = 0;
    for (; *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && depth-- == 0)
            return p;
    }
    return p;
}

static bool is_quantifier(char c)
{
    return c != '\0' && strchr("*+?{", c) != NULL;
}

/* A text that the pattern is likely to match: first alternatives, each repetition once. With
 * `near`, the first bare dot stands for a letter, as only a regular expression has it. The caller
 * tries it; caller frees. */
static char *example_of(const char *pattern, bool near)
{
    AUTO(buf_deinit) struct buf out;
    buf_init(&out, BUF_MAX_TEXT);
    for (const char *p = pattern; *p != '\0'; p++) {
        if (*p == '\\' && p[1] != '\0')
            buf_addc(&out, of_escape(*++p));
        else if (*p == '[')
            buf_addc(&out, of_class(&p));
        else if (*p == '(' && p[1] == '?' && p[2] == ':')
            p += 2;
        else if (*p == '|') {
            p = skip_alternatives(p);
            if (*p == '\0')
                break;
        } else if (*p == '{')
            p = strchr(p, '}') != NULL ? strchr(p, '}') : p;
        else if (*p == '.') {
            bool letter = near || is_quantifier(p[1]);
            near = near && is_quantifier(p[1]);
            buf_addc(&out, letter ? 'x' : '.');
        } else if (strchr("^$()*+?", *p) == NULL)
            buf_addc(&out, *p);
    }
    return buf_take(&out);
}

static bool matches(const char *pattern, const char *uri)
{
    return regex_fullmatch_once(pattern, REGEX_PYTHON, uri);
}

/* ---- a scenario an entry ---- */

static void add_uri(struct upgrade_probe *p, const char *uri, bool near, const char *of)
{
    size_t n = p->scenario.steps_len;
    AUTO(xfree) char *encoded = url_encode(str_of(uri), "");
    p->names[n] = strcmp(uri, of) == 0 ? xstrdup(uri) : xasprintf("%s (of %s)", uri, of);
    p->near[n] = near;
    for (size_t i = 0; i < n; i++)
        if (strcmp(p->names[i], p->names[n]) == 0) {
            p->names[n] = xfree(p->names[n]);
            return;
        }
    p->steps[n] = (struct scenario_step){
        .kind = SCENARIO_CALL,
        .text = xasprintf("authorize with %s", uri),
        .method = "GET",
        .path = xasprintf("${authentik.url}/application/o/authorize/?response_type=code"
                          "&client_id=${authentik.client_id}&scope=openid&state=s&nonce=n"
                          "&redirect_uri=%s",
                          encoded),
        .token = "none",
        .expect = {.present = true, .status = near ? 400 : 302},
    };
    p->scenario.steps_len++;
}

/* With the pattern's example, or NULL when none was found. */
static struct upgrade_probe *probe_new(const struct upgrade *u, size_t entry, const char *url,
                                       bool regex)
{
    AUTO(xfree) char *example = regex ? example_of(url, false) : xstrdup(url);
    AUTO(xfree) char *near = example_of(url, true);
    AUTO(xfree) char *longer = xasprintf("%s/x", example);
    if (regex && !matches(url, example))
        return NULL;
    struct upgrade_probe *p = xcalloc(1, sizeof(*p));
    p->scenario = (struct scenario){
        .id = xasprintf("redirect-uris/%zu", entry + 1),
        .file = u->conf->setup_source,
        .title = "a redirect URI of the setup",
        .about = "",
        .steps = p->steps,
    };
    add_uri(p, example, false, url);
    if (matches(url, near) && strcmp(near, example) != 0)
        add_uri(p, near, true, url);
    if (!matches(url, longer))
        add_uri(p, longer, true, url);
    return p;
}

static void probe_free(struct upgrade_probe *p)
{
    union {
        const void *borrowed;
        void *own;
    } text[2 * PROBES_MOST + 1] = {{p->scenario.id}};
    for (size_t i = 0; i < p->scenario.steps_len; i++) {
        text[2 * i + 1].borrowed = p->steps[i].text;
        text[2 * i + 2].borrowed = p->steps[i].path;
        xfree(p->names[i]);
    }
    for (size_t i = 0; i <= 2 * p->scenario.steps_len; i++)
        xfree(text[i].own);
    xfree(p);
}

void upgrade_add_probes(struct upgrade *u)
{
    const struct js *list =
        js_path(u->conf->setup_doc, "authentik", "provider", "redirect_uris", NULL);
    u->probes_from = u->scenarios.len;
    if (u->conf->system != SYSTEM_AUTHENTIK)
        return;
    for (size_t i = 0; i < js_len(list); i++) {
        const char *url = js_get_text(js_at(list, i), "url");
        const char *mode = js_get_text(js_at(list, i), "matching_mode");
        if (url == NULL || cstr_eq(js_get_text(js_at(list, i), "redirect_uri_type"), "logout"))
            continue;
        struct upgrade_probe *p = probe_new(u, i, url, cstr_eq(mode, "regex"));
        if (p == NULL) {
            strlist_take(&u->notes, xasprintf("redirect URI %zu, the pattern %s: no example of it "
                                              "was found, so it was not asked for; try the URIs "
                                              "your clients send",
                                              i + 1, url));
            continue;
        }
        vec_push(&u->probes, p);
        vec_push(&u->scenarios, &p->scenario);
    }
}

void upgrade_probes_free(struct upgrade *u)
{
    for (size_t i = 0; i < u->probes.len; i++)
        probe_free(u->probes.items[i]);
    vec_deinit(&u->probes);
}

/* ---- what came of it ---- */

static struct js *answer(const struct upgrade_probe *p, size_t i, const struct run_step *s)
{
    struct js *named = js_object();
    struct js *group = js_object();
    struct js *step = js_object();
    js_set(named, p->names[i], s->seen.status < 400 ? js_string("accepted") : js_string("refused"));
    js_set(group, p->near[i] ? NEAR_REDIRECT : OWN_REDIRECT, named);
    js_set_text(step, "step", s->text);
    js_set_text(step, "kind", "redirect-uri");
    if (s->verdict.kind == VERDICT_ERROR || s->seen.status == 0)
        js_set_text(step, "error", s->verdict.reason != NULL ? s->verdict.reason : "no answer");
    js_set(step, "facts", group);
    return step;
}

struct js *upgrade_probe_seen(const struct upgrade *u, size_t scenario, const struct run_result *r)
{
    size_t at = scenario - u->probes_from;
    if (scenario < u->probes_from || at >= u->probes.len)
        return NULL;
    const struct upgrade_probe *p = u->probes.items[at];
    struct js *list = js_array();
    for (size_t i = 0; i < r->steps_len && i < p->scenario.steps_len; i++)
        js_append(list, answer(p, i, &r->steps[i]));
    return list;
}
