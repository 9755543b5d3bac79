/*
 * The chain as lines, one a hop.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/who/who.h"

#define LABEL "  %-12s"
#define LAST_LINES 3 /* of a log: the cause stands before what comes of it */

/* One with a comma or a blank at an end is quoted, so that it is seen as one. */
static void add_name(struct buf *b, const char *name)
{
    size_t n = strlen(name);
    bool odd = strchr(name, ',') != NULL || n == 0 || name[0] == ' ' || name[n - 1] == ' ';
    buf_addf(b, "%s%s%s", odd ? "\"" : "", name, odd ? "\"" : "");
}

static void add_list(struct buf *b, const struct js *list)
{
    if (js_is(list, JS_STRING))
        buf_adds(b, js_text(list));
    if (js_is(list, JS_ARRAY) && js_len(list) == 0)
        buf_adds(b, "(none)");
    for (size_t i = 0; js_is(list, JS_ARRAY) && i < js_len(list); i++) {
        buf_adds(b, i > 0 ? ", " : "");
        add_name(b, js_text(js_at(list, i)) != NULL ? js_text(js_at(list, i)) : "?");
    }
    if (list == NULL || js_is(list, JS_NULL))
        buf_adds(b, "(no claim)");
}

static void add_texts(struct buf *b, const char *label, const struct js *list)
{
    buf_addf(b, LABEL, label);
    add_list(b, list);
    buf_addc(b, '\n');
}

static void add_head(struct buf *b, const struct js *who)
{
    const char *email = js_get_text(who, "email");
    buf_adds(b, js_get_text(who, "person"));
    if (js_get_text(who, "name") != NULL)
        buf_addf(b, ", %s", js_get_text(who, "name"));
    if (email != NULL)
        buf_addf(b, ", %s", email);
    buf_addc(b, '\n');
    add_texts(b, "directory", js_get(who, "groups"));
}

/* "argocd.tf:12  argocd groups: groups = ${user.groups}, scope groups"; or authentik's own by its
 * name. */
static void add_mapping(struct buf *b, const struct js *mapping)
{
    const char *place = js_get_text(mapping, "place");
    const char *name = js_get_text(mapping, "name");
    const char *value = js_get_text(mapping, "value");
    buf_addf(b, LABEL, "mapping");
    if (place != NULL)
        buf_addf(b, "%s  ", place);
    buf_adds(b, name != NULL ? name : "");
    if (value != NULL)
        buf_addf(b, "%sgroups = %s, scope %s", name != NULL ? ": " : "", value,
                 js_get_text(mapping, "scope"));
    if (js_is(js_get(mapping, "attached"), JS_NULL))
        buf_adds(b, ": taken to be attached; which are is not known here");
    else if (!js_get_bool(mapping, "attached", false))
        buf_adds(b, ": not attached to the provider");
    else if (js_is(js_get(mapping, "asked"), JS_FALSE))
        buf_addf(b, ": nobody asks for scope %s", js_get_text(mapping, "scope"));
    buf_addc(b, '\n');
}

static void add_mappings(struct buf *b, const struct js *list)
{
    for (size_t i = 0; i < js_len(list); i++)
        add_mapping(b, js_at(list, i));
}

static void add_hops(struct buf *b, const struct js *who)
{
    const struct js *hops = js_get(who, "hops");
    for (size_t i = 0; i < js_len(hops); i++) {
        const char *of = js_get_text(js_at(hops, i), "of");
        add_texts(b, of, js_get(js_at(hops, i), "groups"));
    }
}

static void add_refusal(struct buf *b, const struct js *who)
{
    const struct js *r = js_get(who, "refused");
    const char *shown = js_get_text(r, "shown");
    const struct js *logs = js_get(r, "logs");
    buf_addf(b, LABEL "%s by %s at %s\n", "not in", js_get_text(who, "outcome"),
             js_get_text(r, "by"), js_get_text(r, "at"));
    struct str seen = str_trim(str_of(shown != NULL ? shown : ""));
    if (seen.len > 0)
        buf_addf(b, LABEL "%.*s\n", "seen", STR_ARG(seen));
    /* Of who refused, and of those before: the cause may lie there. They come in order. */
    bool behind = false;
    for (struct js_iter it = js_iter(logs); js_next(&it) && !behind;) {
        size_t n = js_len(it.value);
        for (size_t i = n > LAST_LINES ? n - LAST_LINES : 0; i < n; i++) {
            const char *text = js_text(js_at(it.value, i));
            buf_addf(b, LABEL "%s: %.*s\n", "log", it.key, (int)strcspn(text, "\n"), text);
        }
        behind = cstr_eq(it.key, js_get_text(r, "by"));
    }
}

/* The user's own lines behind rights and denials, and that a default role gives some. */
static void add_deciding(struct strlist *seen, const struct js *rights)
{
    for (size_t i = 0; i < js_len(rights); i++) {
        const struct js *one = js_at(rights, i);
        const char *place = js_get_text(one, "place");
        bool own = place != NULL && place[0] != '\0' && strcmp(place, "built-in") != 0;
        if (place == NULL)
            continue;
        AUTO(xfree)
        char *line = own ? xasprintf("%s  %s", place, js_get_text(one, "line"))
                         : xstrdup(js_get_text(one, "by"));
        if ((own || strcmp(line, "default role") == 0) && !strlist_has(seen, line))
            strlist_add(seen, line);
    }
}

/* The lines that give roles, and those of the user's own that decide. */
static void add_lines(struct buf *b, const struct js *who)
{
    const struct js *given = js_get(who, "given_by");
    AUTO(strlist_deinit) struct strlist seen = {0};
    for (size_t i = 0; i < js_len(given); i++)
        strlist_take(&seen, xasprintf("%s  %s", js_get_text(js_at(given, i), "place"),
                                      js_get_text(js_at(given, i), "line")));
    add_deciding(&seen, js_get(who, "may"));
    add_deciding(&seen, js_get(who, "may_not"));
    for (size_t i = 0; i < seen.len; i++)
        buf_addf(b, LABEL "%s\n", i == 0 ? "policy" : "", seen.items[i]);
    if (seen.len == 0)
        buf_addf(b, LABEL "no line gives anything\n", "policy");
}

static bool same(const struct js *a, const struct js *b, const char *key)
{
    return cstr_eq(js_get_text(a, key), js_get_text(b, key));
}

/* An action that is denied on what a line singles out says something where it is allowed else. */
static bool is_exception(const struct js *who, const struct js *one)
{
    const struct js *may = js_get(who, "may");
    for (size_t i = 0; i < js_len(may); i++) {
        const struct js *other = js_at(may, i);
        if (who_is_whole(other) && same(other, one, "resource") && same(other, one, "action"))
            return true;
    }
    return false;
}

/* Actions of one resource after each other; on what a line singles out in lines of their own. */
static void add_rights(struct buf *b, const struct js *who, const char *label, bool may)
{
    const struct js *list = js_get(who, may ? "may" : "may_not");
    const struct js *last = NULL;
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *one = js_at(list, i);
        bool whole = who_is_whole(one);
        if (!whole && is_exception(who, one) == may)
            continue;
        if (last == NULL || !same(last, one, "resource") || !same(last, one, "object")) {
            buf_adds(b, last != NULL ? "\n" : "");
            buf_addf(b, LABEL "%-16s", last == NULL ? label : "", js_get_text(one, "resource"));
            if (!whole)
                buf_addf(b, " %s:", js_get_text(one, "object"));
        }
        last = one;
        buf_addf(b, " %s", js_get_text(one, "action"));
    }
    if (last != NULL)
        buf_addc(b, '\n');
}

/* "yes" or "no", by whom, by which line. */
static void add_answer(struct buf *b, const struct js *can)
{
    const char *line = js_get_text(can, "line");
    const char *role = js_get_text(can, "role");
    if (can == NULL)
        return;
    buf_addf(b, LABEL "%s: %s", "can", js_get_text(can, "question"), js_get_text(can, "answer"));
    if (line[0] != '\0')
        buf_addf(b, "\n" LABEL "%s%s%s, by %s  %s", "", js_get_text(can, "by"),
                 role[0] != '\0' ? " has " : "", role, js_get_text(can, "place"), line);
    else if (cstr_eq(js_get_text(can, "answer"), "no"))
        buf_addf(b, "\n" LABEL "no line of the policy, of a role or of policy.default allows it",
                 "");
    buf_addc(b, '\n');
}

char *who_text(const struct js *who)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    add_head(&b, who);
    add_mappings(&b, js_get(who, "mappings"));
    add_hops(&b, who);
    if (js_get(who, "refused") != NULL) {
        add_refusal(&b, who);
        return buf_take(&b);
    }
    add_texts(&b, "argocd", js_get(who, "argocd_groups"));
    buf_addf(&b, LABEL "%s (%s)\n", "signed in", js_get_text(who, "user"),
             js_get_text(who, "user_id"));
    if (js_get_text(who, "policy_error") != NULL)
        buf_addf(&b, LABEL "%s\n", "policy", js_get_text(who, "policy_error"));
    else
        add_lines(&b, who);
    add_texts(&b, "roles", js_get(who, "roles"));
    if (js_get(who, "can") != NULL) {
        add_answer(&b, js_get(who, "can"));
        return buf_take(&b);
    }
    add_rights(&b, who, "may", true);
    add_rights(&b, who, "may not", false);
    who_add_not_asked(&b, who);
    return buf_take(&b);
}
