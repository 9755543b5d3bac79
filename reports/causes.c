/*
 * What failures have in common: a mistake in a configuration breaks one login after the other in
 * the same words, and who reads the report wants to hear them once.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "reports/formats.h"

enum { TEXT_MAX = 160 };

/* Did the login end at another place than it should have? */
static bool ended_elsewhere(const struct run_step *s)
{
    const struct login_result *l = &s->seen.login;
    return s->seen.is_login && l->outcome != LOGIN_SIGNED_IN &&
           (!cstr_eq(js_get_text(s->expected, "by"), l->by) ||
            !cstr_eq(js_get_text(s->expected, "at"), l->at));
}

/* Where the login ended, or the first difference, or why it broke. */
static char *told(const struct run_result *r)
{
    const struct run_step *s = report_broken_step(r);
    if (r->verdict == VERDICT_ERROR || s == NULL)
        return xstrdup(r->reason != NULL ? r->reason : "no reason given");
    const struct login_result *l = &s->seen.login;
    if (ended_elsewhere(s))
        return xasprintf("%s by %s at %s: %s", login_outcome_name(l->outcome), l->by, l->at,
                         l->shown != NULL ? l->shown : "");
    const struct run_difference *d = s->differences_len > 0 ? &s->differences[0] : NULL;
    if (d == NULL)
        return xstrdup(s->verdict.actual != NULL ? s->verdict.actual : "");
    return xasprintf("%s: expected %s, found %s", d->what, d->expected, d->actual);
}

/* The first line, without what tells one secret from another: "[state 7fa059f8]" is "[state]". */
static char *alike(const char *text)
{
    static const char hex[] = "0123456789abcdef";
    AUTO(buf_deinit) struct buf out;
    size_t end = strcspn(text, "\n"), i = 0;
    buf_init(&out, BUF_MAX_TEXT);
    /* A character that has begun is ended. */
    for (; i < end && (out.len < TEXT_MAX || (text[i] & 0xC0) == 0x80); i++) {
        bool tag = text[i] == ' ' && strspn(text + i + 1, hex) == 8 && text[i + 9] == ']';
        i += tag ? 9 : 0;
        buf_addc(&out, text[i]);
    }
    if (i < end)
        buf_adds(&out, " …");
    return buf_take(&out);
}

static void count(struct vec *causes, char *take_text)
{
    for (size_t i = 0; i < causes->len; i++) {
        struct report_cause *c = causes->items[i];
        if (strcmp(c->text, take_text) == 0) {
            c->count++;
            xfree(take_text);
            return;
        }
    }
    struct report_cause *c = xcalloc(1, sizeof *c);
    c->text = take_text;
    c->count = 1;
    vec_push(causes, c);
}

static int more_first(const void *a, const void *b)
{
    const struct report_cause *const *x = a, *const *y = b;
    if ((*x)->count != (*y)->count)
        return (*x)->count > (*y)->count ? -1 : 1;
    return strcmp((*x)->text, (*y)->text);
}

void report_causes(const struct run_suite *suite, const struct redactor *redactor, struct vec *ret)
{
    for (size_t i = 0; i < suite->len; i++) {
        const struct run_result *r = &suite->results[i];
        if (r->verdict < VERDICT_FAIL || r->known)
            continue;
        AUTO(xfree) char *text = told(r);
        AUTO(xfree) char *safe = redact_text(redactor, text);
        count(ret, alike(safe));
    }
    if (ret->len > 1)
        qsort(ret->items, ret->len, sizeof *ret->items, more_first);
}

void report_causes_free(struct vec *causes)
{
    for (size_t i = 0; i < causes->len; i++) {
        struct report_cause *c = causes->items[i];
        xfree(c->text);
        xfree(c);
    }
    vec_deinit(causes);
}
