/*
 * Roles of a project: pure text, in the order in which Argo CD looks at it.
 */
#include "harness/rbac/project.h"

#include <ctype.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/rbac/gotext.h"
#include "harness/rbac/rbac.h"

#define PARTS 6

/* ---- the text ---- */

char *rbac_project_text(const struct rbac_project_spec *p)
{
    AUTO(strlist_deinit) struct strlist lines = {0};

    for (size_t i = 0; i < p->roles_len; i++) {
        const struct rbac_role *r = &p->roles[i];
        strlist_take(&lines, xasprintf("p, proj:%s:%s, projects, get, %s, allow", p->name, r->name,
                                       p->name));
        for (const char *const *line = r->policies; line && *line; line++) {
            strlist_add(&lines, *line);
        }
        for (const char *const *group = r->groups; group && *group; group++) {
            strlist_take(&lines, xasprintf("g, %s, proj:%s:%s", *group, p->name, r->name));
        }
    }
    return strlist_join(&lines, "\n");
}

bool rbac_project_subject(const char *subject, char **ret_project, char **ret_role)
{
    struct str rest = str_of(subject), kind = {0}, project = {0}, role = {0};

    if (!str_next(&rest, ':', &kind) || !str_is(kind, "proj") || !str_next(&rest, ':', &project) ||
        !str_next(&rest, ':', &role) || rest.ptr) {
        return false;
    }
    *ret_project = xstrndup(project.ptr, project.len);
    *ret_role = xstrndup(role.ptr, role.len);
    return true;
}

/* ---- the check ---- */

static bool is_one_of(struct str word, const char *const *list)
{
    for (; *list; list++) {
        if (str_is(word, *list)) {
            return true;
        }
    }
    return false;
}

/* strings.Trim(s, " "): blanks alone. */
static struct str trim_blanks(struct str s)
{
    while (s.len > 0 && s.ptr[0] == ' ') {
        s = (struct str){s.ptr + 1, s.len - 1};
    }
    while (s.len > 0 && s.ptr[s.len - 1] == ' ') {
        s.len--;
    }
    return s;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* [*\w-.]+ */
static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_word_char(s.ptr[i]) && !strchr("*-.", s.ptr[i])) {
            return false;
        }
    }
    return s.len > 0;
}

/* ^PROJECT(/[*\w-.]+)?/[*\w-.]+$ */
static bool is_object_of(struct str object, const char *project)
{
    struct str rest = object, part = {0};
    size_t n = 0;

    if (!str_next(&rest, '/', &part) || !str_is(part, project)) {
        return false;
    }
    while (str_next(&rest, '/', &part)) {
        n++;
        if (!is_name(part)) {
            return false;
        }
    }
    return n == 1 || n == 2;
}

static bool is_action(struct str action)
{
    static const char *const known[] = {"get",  "create",   "update", "delete",
                                        "sync", "override", "*",      NULL};
    static const char *const within[] = {"action/", "update/", "delete/", NULL};
    AUTO(xfree) char *text = xstrndup(action.ptr, action.len);

    for (const char *const *w = within; *w; w++) {
        if (cstr_contains(text, *w)) {
            return true;
        }
    }
    return is_one_of(action, known);
}

static size_t split(const char *line, struct str ret[PARTS])
{
    struct str rest = str_of(line), part = {0};
    size_t n = 0;

    for (; str_next(&rest, ',', &part); n++) {
        if (n < PARTS) {
            ret[n] = trim_blanks(part);
        }
    }
    return n;
}

static int check_line(const char *project, const char *role, const char *line, struct err *err)
{
    static const char *const resources[] = {
        "applications", "applicationsets", "repositories", "exec", "logs", "clusters", NULL};
    static const char *const effects[] = {"allow", "deny", NULL};
    AUTO(xfree) char *subject = xasprintf("proj:%s:%s", project, role);
    struct str part[PARTS] = {{0}};
    const size_t parts = split(line, part);

    if (parts != PARTS || !str_is(part[0], "p")) {
        return err_set(err, ERR_PARSE, "must be of the form: 'p, sub, res, act, obj, eft'");
    }
    if (!str_is(part[1], subject)) {
        return err_set(err, ERR_PARSE, "policy subject must be: '%s', not '%.*s'", subject,
                       STR_ARG(part[1]));
    }
    if (!is_one_of(part[2], resources)) {
        return err_set(err, ERR_PARSE,
                       "project resource must be: 'applications', 'applicationsets', "
                       "'repositories', 'exec', 'logs' or 'clusters', not '%.*s'",
                       STR_ARG(part[2]));
    }
    if (!is_action(part[3])) {
        return err_set(err, ERR_PARSE, "invalid action '%.*s'", STR_ARG(part[3]));
    }
    if (!is_object_of(part[4], project)) {
        return err_set(err, ERR_PARSE,
                       "object must be of form '%s/*', '%s[/<NAMESPACE>]/<APPNAME>' or "
                       "'%s/<APPNAME>', not '%.*s'",
                       project, project, project, STR_ARG(part[4]));
    }
    if (!is_one_of(part[5], effects)) {
        return err_set(err, ERR_PARSE, "effect must be: 'allow' or 'deny'");
    }
    return 0;
}

/* ^[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$ */
static bool is_role_name(const char *name)
{
    const size_t len = strlen(name);

    for (size_t i = 0; i < len; i++) {
        bool inside = i > 0 && i < len - 1;
        if (!isalnum((unsigned char)name[i]) && !(inside && strchr("-_", name[i]))) {
            return false;
        }
    }
    return len > 0;
}

/* A group may stand in quotes, and must where it has a comma. */
static int check_group(const char *group, struct err *err)
{
    struct str name = go_trim_space(str_of(group));

    if (name.len > 1 && name.ptr[0] == '"' && name.ptr[name.len - 1] == '"') {
        name = (struct str){name.ptr + 1, name.len - 2};
    } else if (name.len > 0 && memchr(name.ptr, ',', name.len)) {
        return err_set(err, ERR_PARSE, "group '%.*s' must be quoted", STR_ARG(name));
    }
    if (name.len == 0) {
        return err_set(err, ERR_PARSE, "group '%.*s' is empty", STR_ARG(name));
    }
    for (size_t i = 0; i < name.len; i++) {
        if (strchr("\"\n\r\t", name.ptr[i])) {
            return err_set(err, ERR_PARSE, "group '%.*s' contains invalid characters",
                           STR_ARG(name));
        }
    }
    if (name.ptr[0] == ' ') {
        return err_set(err, ERR_PARSE, "group '%.*s' contains a leading space", STR_ARG(name));
    }
    if (name.ptr[name.len - 1] == ' ') {
        return err_set(err, ERR_PARSE, "group '%.*s' contains a trailing space", STR_ARG(name));
    }
    return 0;
}

static bool stands_before(const char *const *list, size_t i)
{
    for (size_t before = 0; before < i; before++) {
        if (strcmp(list[before], list[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int check_role(const char *project, const struct rbac_role *r, struct err *err)
{
    if (!is_role_name(r->name)) {
        return err_set(err, ERR_PARSE,
                       "invalid role name '%s'. Must consist of alphanumeric characters, '-' or "
                       "'_', and must start and end with an alphanumeric character",
                       r->name);
    }
    for (size_t i = 0; r->policies && r->policies[i]; i++) {
        if (stands_before(r->policies, i)) {
            return err_set(err, ERR_PARSE, "policy '%s' already exists for role '%s'",
                           r->policies[i], r->name);
        }
        if (check_line(project, r->name, r->policies[i], err) < 0) {
            return err_wrap(err, "invalid policy rule '%s'", r->policies[i]);
        }
    }
    for (size_t i = 0; r->groups && r->groups[i]; i++) {
        if (stands_before(r->groups, i)) {
            return err_set(err, ERR_PARSE, "group '%s' already exists for role '%s'", r->groups[i],
                           r->name);
        }
        if (check_group(r->groups[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The text by itself must load, too. */
static int check_text(const struct rbac_project_spec *p, struct err *err)
{
    AUTO(xfree) char *text = rbac_project_text(p);
    AUTO(rbac_free) struct rbac *ignored = NULL;
    const struct rbac_conf conf = {.policy = text};
    struct err why = {0};

    if (rbac_new(&conf, &ignored, &why) < 0) {
        return err_set(err, ERR_PARSE, "policy syntax error: policy syntax error: %s", text);
    }
    return 0;
}

int rbac_project_check(const struct rbac_project_spec *p, struct err *err)
{
    for (size_t i = 0; i < p->roles_len; i++) {
        for (size_t before = 0; before < i; before++) {
            if (strcmp(p->roles[before].name, p->roles[i].name) == 0) {
                return err_set(err, ERR_PARSE, "role '%s' already exists", p->roles[i].name);
            }
        }
        if (check_role(p->name, &p->roles[i], err) < 0) {
            return -1;
        }
    }
    return check_text(p, err);
}
