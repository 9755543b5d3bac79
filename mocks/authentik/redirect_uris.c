/*
 * Which redirect URIs an authorization may name (authentik.md 3.3): strict and regex entries, and
 * how it was before CVE-2024-52289, when each line was a regular expression. Compiled once a setup;
 * entries for logout are nobody's here.
 */
#include "mocks/authentik/state.h"

#include <ctype.h>
#include <string.h>

static void add_line(struct conf *c, const char *url, size_t n, bool regex)
{
    c->lines = xrealloc(c->lines, (c->lines_len + 1) * sizeof(*c->lines));
    struct redirect_line *to = &c->lines[c->lines_len++];
    *to = (struct redirect_line){.url = xstrndup(url, n), .regex = regex};
    if (regex && regex_new(str_of(to->url), REGEX_PYTHON, &to->pattern, NULL) != 0)
        to->pattern = NULL;
}

/* The old field is one text: what white space parts is a line of its own. */
static void add_old_lines(struct conf *c, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, " \t\r\n\f\v");
        if (n > 0)
            add_line(c, text, n, true);
        text += n + (text[n] != '\0' ? 1 : 0);
    }
}

/* "*" counts as ".*" when it is all there is. */
static void widen_star(struct conf *c)
{
    if (c->lines_len != 1 || strcmp(c->lines[0].url, "*") != 0)
        return;
    ak_redirects_free(c);
    add_line(c, ".*", 2, true);
}

void ak_redirects_compile(struct conf *c)
{
    bool structured = c->quirks[QUIRK_STRUCTURED_REDIRECTS];
    for (size_t i = 0; i < c->ak->redirects_len; i++) {
        const struct setup_redirect *r = &c->ak->redirects[i];
        if (r->logout)
            continue;
        if (structured)
            add_line(c, r->url, strlen(r->url), r->regex);
        else
            add_old_lines(c, r->url);
    }
    if (!structured)
        widen_star(c);
}

void ak_redirects_free(struct conf *c)
{
    for (size_t i = 0; i < c->lines_len; i++) {
        xfree(c->lines[i].url);
        regex_free(c->lines[i].pattern);
    }
    c->lines = xfree(c->lines);
    c->lines_len = 0;
}

/* An invalid pattern is logged and skipped. */
static bool fits(const struct redirect_line *l, const char *uri)
{
    if (!l->regex)
        return strcmp(l->url, uri) == 0;
    return l->pattern != NULL && regex_fullmatch(l->pattern, str_of(uri));
}

/* The first pattern that does not compile, before one that matches, turns the whole comparison into
 * one of equal texts. */
static bool fits_old(const struct conf *c, const char *uri)
{
    size_t i = 0;
    while (i < c->lines_len && c->lines[i].pattern != NULL) {
        if (fits(&c->lines[i], uri))
            return true;
        i++;
    }
    if (i == c->lines_len)
        return false;
    for (i = 0; i < c->lines_len; i++)
        if (strcmp(c->lines[i].url, uri) == 0)
            return true;
    return false;
}

bool ak_conf_redirect_allowed(struct mock *m, const char *uri)
{
    const struct conf *c = &m->conf;
    if (!ak_quirk(m, QUIRK_STRUCTURED_REDIRECTS))
        return fits_old(c, uri);
    for (size_t i = 0; i < c->lines_len; i++)
        if (fits(&c->lines[i], uri))
            return true;
    return false;
}

/* Kept over a change of the setup as long as the provider has no redirect URIs. */
static void add_learned(struct mock *m)
{
    struct conf *c = &m->conf;
    const char *uri = m->learned_redirect;
    if (ak_quirk(m, QUIRK_STRUCTURED_REDIRECTS))
        add_line(c, uri, strlen(uri), false);
    else
        add_old_lines(c, uri); /* a regular expression from now on, as every line */
}

void ak_redirects_learn(struct mock *m, const char *uri)
{
    if (m->conf.lines_len > 0 || !ak_quirk(m, QUIRK_LEARNS_REDIRECT))
        return;
    trace_log(m->env.trace, AK_PARTY, "info",
              "Setting redirect for blank redirect_uris redirect=%s", uri);
    xfree(m->learned_redirect);
    m->learned_redirect = xstrdup(uri);
    add_learned(m);
}

void ak_redirects_relearn(struct mock *m)
{
    if (m->learned_redirect != NULL && m->conf.lines_len == 0 && ak_quirk(m, QUIRK_LEARNS_REDIRECT))
        add_learned(m);
}
