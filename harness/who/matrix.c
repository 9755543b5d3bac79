/*
 * People across, permissions down.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/http/html.h"
#include "harness/who/who.h"

/* The permissions in order: those of anybody who was asked about them. */
static void add_questions(const struct js *people, struct strlist *ret)
{
    static const char *const parts[] = {"may", "may_not", NULL};
    for (size_t i = 0; i < js_len(people); i++) {
        for (const char *const *p = parts; *p != NULL; p++) {
            const struct js *list = js_get(js_at(people, i), *p);
            for (size_t k = 0; k < js_len(list); k++) {
                AUTO(xfree)
                char *text = xasprintf("%-16s %s", js_get_text(js_at(list, k), "resource"),
                                       js_get_text(js_at(list, k), "action"));
                if (!strlist_has(ret, text))
                    strlist_add(ret, text);
            }
        }
    }
    strlist_sort(ret);
}

static bool may(const struct js *person, const char *question)
{
    const struct js *list = js_get(person, "may");
    for (size_t k = 0; k < js_len(list); k++) {
        AUTO(xfree)
        char *text = xasprintf("%-16s %s", js_get_text(js_at(list, k), "resource"),
                               js_get_text(js_at(list, k), "action"));
        if (strcmp(text, question) == 0)
            return true;
    }
    return false;
}

static bool is_in(const struct js *person)
{
    return js_get(person, "refused") == NULL;
}

/* Why a column says nothing of rights: no sign-in, or a policy that does not load. Caller frees;
 * NULL: it does. */
static char *trouble_of(const struct js *person)
{
    const struct js *r = js_get(person, "refused");
    const char *log = js_get_text(r, "log");
    const char *policy = js_get_text(person, "policy_error");
    const char *seen = log != NULL ? log : js_get_text(r, "shown");
    const char *outcome =
        cstr_eq(js_get_text(person, "outcome"), "no-answer") ? "no answer" : "refused";
    if (r == NULL)
        return policy != NULL ? xasprintf("the policy does not load: %s", policy) : NULL;
    size_t line = strcspn(seen != NULL ? seen : "", "\n");
    return xasprintf("%s by %s at %s: %.*s", outcome, js_get_text(r, "by"), js_get_text(r, "at"),
                     (int)line, seen != NULL ? seen : "");
}

/* Without blanks at its end. */
static void end_line(struct buf *b)
{
    while (b->len > 0 && b->ptr[b->len - 1] == ' ')
        b->ptr[--b->len] = '\0';
    buf_addc(b, '\n');
}

char *who_matrix_text(const struct js *all)
{
    const struct js *people = js_get(all, "people");
    AUTO(buf_deinit) struct buf b = {0};
    AUTO(strlist_deinit) struct strlist questions = {0};
    add_questions(people, &questions);
    buf_init(&b, BUF_MAX_TEXT);
    buf_addf(&b, "%-26s", "");
    for (size_t i = 0; i < js_len(people); i++)
        buf_addf(&b, " %-8.8s", js_get_text(js_at(people, i), "person"));
    end_line(&b);
    for (size_t q = 0; q < questions.len; q++) {
        buf_addf(&b, "%-26s", questions.items[q]);
        for (size_t i = 0; i < js_len(people); i++)
            buf_addf(&b, " %-8s",
                     !is_in(js_at(people, i))                    ? "refused"
                     : may(js_at(people, i), questions.items[q]) ? "yes"
                                                                 : "-");
        end_line(&b);
    }
    for (size_t i = 0; i < js_len(people); i++) {
        AUTO(xfree) char *trouble = trouble_of(js_at(people, i));
        if (trouble != NULL)
            buf_addf(&b, "%s: %s\n", js_get_text(js_at(people, i), "person"), trouble);
    }
    return buf_take(&b);
}

static void add_cell(struct buf *b, const struct js *person, const char *question)
{
    bool yes = may(person, question);
    buf_addf(b, "<td class=\"%s\">%s</td>",
             !is_in(person) ? "refused"
             : yes          ? "yes"
                            : "no",
             !is_in(person) ? "refused"
             : yes          ? "yes"
                            : "&ndash;");
}

char *who_matrix_html(const struct js *all)
{
    const struct js *people = js_get(all, "people");
    AUTO(buf_deinit) struct buf b = {0};
    AUTO(strlist_deinit) struct strlist questions = {0};
    add_questions(people, &questions);
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b,
             "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<title>Who may do what</title><style>\n"
             "body{font:15px/1.4 system-ui,sans-serif;margin:2rem}\n"
             "table{border-collapse:collapse}th,td{padding:.2rem .7rem;text-align:left}\n"
             "thead th{border-bottom:2px solid #888}tbody tr:nth-child(even){background:#8881}\n"
             ".yes{color:#0a6b2c;font-weight:600}.no{color:#777}.refused{color:#a40000}\n"
             "</style></head><body>\n<h1>Who may do what</h1>\n<table><thead><tr><th></th>");
    for (size_t i = 0; i < js_len(people); i++) {
        AUTO(xfree) char *name = html_escape(js_get_text(js_at(people, i), "person"));
        buf_addf(&b, "<th scope=\"col\">%s</th>", name);
    }
    buf_adds(&b, "</tr></thead><tbody>\n");
    for (size_t q = 0; q < questions.len; q++) {
        AUTO(xfree) char *name = html_escape(questions.items[q]);
        buf_addf(&b, "<tr><th scope=\"row\">%s</th>", name);
        for (size_t i = 0; i < js_len(people); i++)
            add_cell(&b, js_at(people, i), questions.items[q]);
        buf_adds(&b, "</tr>\n");
    }
    buf_adds(&b, "</tbody></table>\n");
    for (size_t i = 0; i < js_len(people); i++) {
        AUTO(xfree) char *trouble = trouble_of(js_at(people, i));
        AUTO(xfree) char *name = html_escape(js_get_text(js_at(people, i), "person"));
        AUTO(xfree) char *text = html_escape(trouble != NULL ? trouble : "");
        if (trouble != NULL)
            buf_addf(&b, "<p class=\"refused\">%s: %s</p>\n", name, text);
    }
    buf_adds(&b, "</body></html>\n");
    return buf_take(&b);
}
