/*
 * argocd-rbac-cm: lines, names, defaults, and the groups of authentik (argocd.md part 5).
 */
#include <ctype.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/data/regex.h"
#include "harness/data/yaml.h"
#include "harness/mistakes/rules.h"
#include "harness/rbac/words.h"

/* ---- lines ---- */

static bool is(const struct policy_line *l, const char *type, size_t fields)
{
    return l->fields.len == fields && strcmp(l->fields.items[0], type) == 0;
}

void find_line(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *type = l->fields.len > 0 ? l->fields.items[0] : "";
        bool known = strcmp(type, "p") == 0 || strcmp(type, "g") == 0;
        bool inert = strcmp(type, "r") == 0 || strcmp(type, "e") == 0 || strcmp(type, "m") == 0;
        size_t wanted = strcmp(type, "p") == 0 ? 6 : 3;
        if (l->problem != NULL)
            say_line(v, l, NULL, "this line does not parse: %s", l->problem);
        else if (!known && !inert)
            say_line(v, l, NULL, "'%s' begins no policy line; expected p or g", type);
        else if (known && l->fields.len != wanted)
            say_line(v, l, NULL, "%zu values after '%s', expected %zu", l->fields.len - 1, type,
                     wanted - 1);
    }
}

void find_effect(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *effect = is(l, "p", 6) ? l->fields.items[5] : "allow";
        if (strcmp(effect, "allow") != 0 && strcmp(effect, "deny") != 0)
            say_line(v, l, effect, "'%s' is neither allow nor deny, so the line does nothing",
                     effect);
    }
}

void find_resource(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *word = is(l, "p", 6) ? l->fields.items[2] : "*";
        AUTO(xfree) char *hint = near_hint(str_nearest(word, rbac_resources));
        if (!rbac_is_pattern(word) && !rbac_is_resource(word))
            say_line(v, l, word, "'%s' is no resource%s", word, hint);
    }
}

void find_action(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *word = is(l, "p", 6) ? l->fields.items[3] : "*";
        AUTO(xfree) char *first = xstrndup(word, strcspn(word, "/"));
        AUTO(xfree) char *hint = near_hint(str_nearest(first, rbac_actions));
        if (!rbac_is_pattern(first) && !rbac_is_action(word))
            say_line(v, l, word, "'%s' is no action%s", word, hint);
    }
}

static bool is_regex_mode(const struct view *v)
{
    return cstr_eq(js_get_text(v->rbac_cm, "policy.matchMode"), "regex");
}

/* applications and their kin have objects PROJECT/NAME. */
void find_object(struct view *v)
{
    bool regex = is_regex_mode(v);
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        if (!is(l, "p", 6) || !rbac_is_in_project(l->fields.items[2]))
            continue;
        const char *object = l->fields.items[4];
        if (strchr(object, '/') == NULL && strcmp(object, "*") != 0 && !regex)
            say_line(v, l, object, "the object of %s is PROJECT/NAME, and '%s' has no slash",
                     l->fields.items[2], object);
    }
}

/* ---- roles ---- */

void find_role(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *role = is(l, "g", 3) ? l->fields.items[2] : NULL;
        if (role == NULL || view_has_rights(v, role, NAMES_STEPS - 1)) /* this line is one */
            continue;
        AUTO(xfree) char *hint = near_hint(names_nearest_role(v->names, role));
        say_line(v, l, role, "no line says what '%s' may do%s", role, hint);
    }
}

void find_default_role(struct view *v)
{
    const char *role = js_get_text(v->rbac_cm, "policy.default");
    if (role != NULL && role[0] != '\0' && !view_has_rights(v, role, NAMES_STEPS)) {
        AUTO(xfree) char *hint = near_hint(names_nearest_role(v->names, role));
        say(v, "/argocd/rbac_cm/policy.default", "no line says what '%s' may do%s", role, hint);
    }
}

void find_default_admin(struct view *v)
{
    if (cstr_eq(js_get_text(v->rbac_cm, "policy.default"), "role:admin"))
        say(v, "/argocd/rbac_cm/policy.default", "everybody who can sign in is an admin");
}

void find_default_open(struct view *v)
{
    const char *role = js_get_text(v->rbac_cm, "policy.default");
    if (role != NULL && role[0] != '\0' && strcmp(role, "role:admin") != 0 &&
        view_has_rights(v, role, NAMES_STEPS))
        say(v, "/argocd/rbac_cm/policy.default",
            "everybody who can sign in has '%s', so a broken mapping of groups is not noticed",
            role);
}

/* ---- subjects ---- */

/* Groups count through g lines only (argocd.md 5.6). */
void find_p_group(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *name = is(l, "p", 6) ? l->fields.items[1] : NULL;
        if (name != NULL && names_have_group(v->names, name) && !names_in_g(v->names, name))
            say_line(v, l, name, "rights of the group '%s' count only with a 'g' line for it",
                     name);
    }
}

static bool asks_scope(const struct view *v, const char *scope)
{
    const char *text = js_get_text(v->rbac_cm, "scopes");
    AUTO(js_free) struct js *list = NULL;
    if (text == NULL || text[0] == '\0')
        return strcmp(scope, "groups") == 0;
    return yaml_parse(str_of(text), "scopes", 0, YAML_ALL_TEXT, &list, NULL, NULL) == 0 &&
           js_list_has(list, scope);
}

void find_scopes_list(struct view *v)
{
    const char *text = js_get_text(v->rbac_cm, "scopes");
    AUTO(js_free) struct js *list = NULL;
    if (text == NULL || text[0] == '\0')
        return;
    AUTO(xfree) char *quoted = xasprintf("[%s]", text);
    if (yaml_parse(str_of(text), "scopes", 0, YAML_ALL_TEXT, &list, NULL, NULL) != 0)
        say(v, "/argocd/rbac_cm/scopes", "'%s' is no YAML list", text);
    else if (!js_is(list, JS_ARRAY))
        say_edit(v, "/argocd/rbac_cm/scopes", text, quoted, "'%s' is no list; expected '[%s]'",
                 text, text);
}

void find_scopes_groups(struct view *v)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    const char *text = js_get_text(v->rbac_cm, "scopes");
    AUTO(js_free) struct js *list = NULL;
    view_policy_groups(v, &groups);
    if (groups.len == 0 || text == NULL || asks_scope(v, "groups") ||
        yaml_parse(str_of(text), "scopes", 0, YAML_ALL_TEXT, &list, NULL, NULL) != 0 ||
        !js_is(list, JS_ARRAY))
        return;
    say(v, "/argocd/rbac_cm/scopes", "scopes is '%s' without groups, and the policy names groups",
        text);
}

void find_user(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *name = is(l, "g", 3) ? l->fields.items[1] : "";
        if (strchr(name, '@') != NULL && !asks_scope(v, "email"))
            say_line(v, l, name, "'%s' is an e-mail address, and scopes lacks email", name);
    }
}

/* base64 of Dex's protobuf, which was the subject until Argo CD 3.0 ("Ci…", "CgN…"). */
void find_old_subject(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *name = is(l, "g", 3) || is(l, "p", 6) ? l->fields.items[1] : "";
        size_t n = strlen(name);
        size_t letters =
            strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                         "-_");
        if (n >= 14 && letters == n && name[0] == 'C' &&
            (name[1] == 'g' || name[1] == 'i' || name[1] == 'h' || name[1] == 'k'))
            say_line(v, l, name, "'%s' is Dex's sub, which is no subject since Argo CD 3.0", name);
    }
}

void find_group_admin(struct view *v)
{
    for (size_t i = 0; i < js_len(v->groups); i++) {
        const char *name = js_text(js_at(v->groups, i));
        AUTO(xfree) char *pointer = xasprintf("/authentik/groups/%zu", i);
        if (name != NULL && (strcmp(name, "admin") == 0 || view_is_builtin(name)))
            say(v, pointer, "members of a group called '%s' are admins by Argo CD's own policy",
                name);
    }
}

void find_match_mode(struct view *v)
{
    const char *mode = js_get_text(v->rbac_cm, "policy.matchMode");
    if (mode != NULL && mode[0] != '\0' && strcmp(mode, "glob") != 0 && strcmp(mode, "regex") != 0)
        say(v, "/argocd/rbac_cm/policy.matchMode", "'%s' is no match mode; expected glob or regex",
            mode);
}

/* Blanks before a field are passed over, those behind it are part of it. With authentik's groups at
 * hand find_group_blank says more. */
void find_blank(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *name = is(l, "g", 3) ? l->fields.items[1] : "";
        size_t n = strlen(name);
        if (n > 0 && name[n - 1] == ' ' && !js_is(v->groups, JS_ARRAY))
            say_line(v, l, name, "'%s' ends in a blank", name);
    }
}

/* Their lines are globs, "*" and "*" with a slash between, which are no regular expressions: each
 * question that comes to one is denied (argocd.md 5.5). */
void find_regex_builtin(struct view *v)
{
    const char *everybody = js_get_text(v->rbac_cm, "policy.default");
    for (size_t i = 0; is_regex_mode(v) && i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        const char *role = is(l, "g", 3) ? l->fields.items[2] : "";
        if (view_is_builtin(role))
            say_line(v, l, role,
                     "with policy.matchMode regex '%s' allows nothing, and takes away what other "
                     "lines allow",
                     role);
    }
    if (is_regex_mode(v) && everybody != NULL && view_is_builtin(everybody))
        say(v, "/argocd/rbac_cm/policy.default", "with policy.matchMode regex '%s' allows nothing",
            everybody);
}

void find_regex_pattern(struct view *v)
{
    for (size_t i = 0; is_regex_mode(v) && i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        for (size_t f = 2; is(l, "p", 6) && f < 5; f++) {
            AUTO(regex_free) struct regex *pattern = NULL;
            const char *text = l->fields.items[f];
            if (regex_new(str_of(text), REGEX_RE2, &pattern, NULL) != 0)
                say_line(v, l, text, "'%s' is no regular expression; for anything write '.*'",
                         text);
        }
    }
}

/* ---- groups here and there ---- */

enum likeness { UNLIKE, LIKE_BLANK, LIKE_CASE, LIKE_SLASH, LIKE_QUOTES };

static bool same_trimmed(const char *a, const char *b)
{
    return str_eq(str_trim(str_of(a)), str_trim(str_of(b)));
}

static enum likeness like(const char *policy, const char *group)
{
    size_t n = strlen(policy);
    if (same_trimmed(policy, group))
        return LIKE_BLANK;
    if (strcasecmp(policy, group) == 0)
        return LIKE_CASE;
    if ((policy[0] == '/' && strcmp(policy + 1, group) == 0) ||
        (group[0] == '/' && strcmp(group + 1, policy) == 0))
        return LIKE_SLASH;
    return n > 2 && (policy[0] == '\'' && policy[n - 1] == '\'') &&
                   strncmp(policy + 1, group, n - 2) == 0 && group[n - 2] == '\0'
               ? LIKE_QUOTES
               : UNLIKE;
}

/* The group that a name of the policy is like, and in what they differ; for UNLIKE NULL. */
static enum likeness likeness_of(const struct view *v, const char *name, const char **ret)
{
    *ret = names_group_alike(v->names, name);
    return *ret != NULL ? like(name, *ret) : UNLIKE;
}

/* A g line's group that authentik does not have, and that may be said so; else NULL. */
static const char *missing_group(const struct view *v, const struct policy_line *l)
{
    const char *name = is(l, "g", 3) ? l->fields.items[1] : NULL;
    bool asked = name != NULL && js_is(v->groups, JS_ARRAY) && view_is_group_name(name) &&
                 !view_incomplete(v, "groups") && strcmp(name, "admin") != 0;
    return asked && !names_have_group(v->names, name) ? name : NULL;
}

/* Those that are like one of authentik's in this way; how says in which. */
static void like_groups(struct view *v, enum likeness wanted, const char *how)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const char *name = missing_group(v, &v->lines[i]);
        const char *near = NULL;
        if (name != NULL && likeness_of(v, name, &near) == wanted)
            say_line(v, &v->lines[i], name, "'%s' %s: authentik has '%s'", name, how, near);
    }
}

void find_group_unknown(struct view *v)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const char *name = missing_group(v, &v->lines[i]);
        const char *near = NULL;
        if (name == NULL || likeness_of(v, name, &near) != UNLIKE)
            continue;
        AUTO(xfree) char *hint = near_hint(names_nearest_group(v->names, name));
        say_line(v, &v->lines[i], name, "authentik has no group '%s'%s", name, hint);
    }
}

void find_group_case(struct view *v)
{
    like_groups(v, LIKE_CASE, "has other letters");
}

void find_group_blank(struct view *v)
{
    like_groups(v, LIKE_BLANK, "has a blank at its end");
}

void find_group_slash(struct view *v)
{
    like_groups(v, LIKE_SLASH, "differs by a slash");
}

void find_group_quotes(struct view *v)
{
    like_groups(v, LIKE_QUOTES, "has single quotes, which belong to the name");
}

/* Other groups are there for other programs. */
static bool is_for_argocd(const char *name)
{
    return strcasestr(name, "argo") != NULL;
}

/* The groups that the policy names, or means. */
static void read_used(const struct view *v, const struct strlist *names, struct map *ret)
{
    for (size_t i = 0; i < names->len; i++) {
        const char *meant = NULL;
        map_add(ret, names->items[i], v->lines);
        if (likeness_of(v, names->items[i], &meant) != UNLIKE)
            map_add(ret, meant, v->lines);
    }
}

/* Is it said in a line that is no policy as it stands? Another rule says what is wrong there. */
static bool in_broken_line(const struct view *v, const char *name)
{
    for (size_t i = 0; i < v->lines_len; i++) {
        const struct policy_line *l = &v->lines[i];
        if (!is(l, "p", 6) && !is(l, "g", 3) && strstr(l->text, name) != NULL)
            return true;
    }
    return false;
}

void find_group_unused(struct view *v)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    AUTO(map_deinit) struct map used = {0};
    view_policy_groups(v, &names);
    read_used(v, &names, &used);
    for (size_t i = 0; i < js_len(v->groups) && v->lines_len > 0; i++) {
        const char *name = js_text(js_at(v->groups, i));
        AUTO(xfree) char *pointer = xasprintf("/authentik/groups/%zu", i);
        if (name == NULL || !is_for_argocd(name) || map_get(&used, name) != NULL ||
            names_in_line(v->names, name) || in_broken_line(v, name))
            continue;
        say(v, pointer, "no line of the policy names the group '%s'", name);
    }
}

void find_no_policy(struct view *v)
{
    bool any = v->lines_len > 0 || js_get_text(v->rbac_cm, "policy.default") != NULL;
    if (v->rbac_cm != NULL && !any && v->clients_len > 0)
        say(v, "/argocd/rbac_cm", "argocd-rbac-cm has no policy.csv and no policy.default");
}
