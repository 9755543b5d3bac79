/*
 * One text after the other.
 */
#include "harness/rbac/lines.h"

/* The i-th text; false past the last. */
static bool text_at(const struct rbac_conf *c, size_t i, struct rbac_text *ret, bool *of_project)
{
    *of_project = false;
    if (i == 0) {
        *ret = (struct rbac_text){c->policy != NULL ? c->policy : "",
                                  c->policy_name != NULL ? c->policy_name : "policy.csv",
                                  c->policy_line};
        return true;
    }
    i--;
    for (const struct rbac_text *t = c->overlays; t != NULL && t->text != NULL; t++) {
        if (i-- == 0) {
            *ret = *t;
            return true;
        }
    }
    for (const struct rbac_project *p = c->projects; p != NULL && p->name != NULL; p++) {
        if (i-- == 0) {
            *ret = (struct rbac_text){p->policy != NULL ? p->policy : "", p->name, 1};
            *of_project = true;
            return true;
        }
    }
    return false;
}

bool rbac_lines_next(struct rbac_lines *it)
{
    struct rbac_text text = {0};
    struct str line = {0};
    for (;;) {
        while (!str_next(&it->rest, '\n', &line)) {
            if (!text_at(it->conf, it->next++, &text, &it->of_project))
                return false;
            it->rest = str_of(text.text);
            it->name = text.name;
            it->line = (text.line > 0 ? text.line : 1) - 1;
        }
        it->line++;
        it->text = str_trim(line);
        if (it->text.len > 0 && it->text.ptr[0] != '#')
            return true;
    }
}
