/*
 * AccountService: can-i (argocd.md 4.5). The action is judged before the resource, and the object
 * is taken verbatim.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "mocks/argocd/authz.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/faults.h"

/* A word of can-i's lists, and the row that brought it. */
struct word {
    const char *text;
    enum argocd_quirk since; /* MAX_: it has always been there */
};

static const struct word actions[] = {
    {"get", ARGOCD_QUIRK_MAX_},
    {"create", ARGOCD_QUIRK_MAX_},
    {"update", ARGOCD_QUIRK_MAX_},
    {"delete", ARGOCD_QUIRK_MAX_},
    {"sync", ARGOCD_QUIRK_MAX_},
    {"override", ARGOCD_QUIRK_MAX_},
    {"action", ARGOCD_QUIRK_CAN_I_LISTS},
    {"invoke", ARGOCD_QUIRK_CAN_I_LISTS},
    {NULL, ARGOCD_QUIRK_MAX_},
};
static const struct word resources[] = {
    {"clusters", ARGOCD_QUIRK_MAX_},
    {"projects", ARGOCD_QUIRK_MAX_},
    {"applications", ARGOCD_QUIRK_MAX_},
    {"applicationsets", ARGOCD_QUIRK_CAN_I_APPSETS},
    {"repositories", ARGOCD_QUIRK_MAX_},
    {"write-repositories", ARGOCD_QUIRK_CAN_I_LISTS},
    {"certificates", ARGOCD_QUIRK_MAX_},
    {"accounts", ARGOCD_QUIRK_CAN_I_LISTS},
    {"gpgkeys", ARGOCD_QUIRK_CAN_I_LISTS},
    {"logs", ARGOCD_QUIRK_MAX_},
    {"exec", ARGOCD_QUIRK_MAX_},
    {"extensions", ARGOCD_QUIRK_CAN_I_LISTS},
    {NULL, ARGOCD_QUIRK_MAX_},
};
/* Whose objects begin with a project, and may carry a namespace between it and the name. */
static const char *const project_scoped[] = {"applications", "applicationsets", "logs", "exec",
                                             "clusters",     "repositories",    NULL};

static bool has(const char *const *list, const char *word)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

/* False after the answer: Go's %v of the list and the word it lacks. */
static bool check_word(struct call *c, const struct word *list, const char *word)
{
    AUTO(buf_deinit) struct buf all = {0};
    buf_init(&all, BUF_MAX_TEXT);
    for (const struct word *w = list; w->text != NULL; w++) {
        if (w->since != ARGOCD_QUIRK_MAX_ && !c->setup->argocd.quirks[w->since])
            continue;
        if (strcmp(w->text, word) == 0)
            return true;
        buf_addf(&all, "%s%s", all.len > 0 ? " " : "", w->text);
    }
    call_fail(c, GRPC_INVALID_ARGUMENT, "[%s] does not contain %s", all.ptr, word);
    return false;
}

/* "project/argocd/name" is "project/name" when the middle is the server's own namespace (4.5). */
static char *normalised(const struct call *c, const char *resource, const char *object)
{
    const char *first = strchr(object, '/');
    const char *second = first != NULL ? strchr(first + 1, '/') : NULL;
    if (!c->setup->argocd.quirks[ARGOCD_QUIRK_CAN_I_SHORTENS] || second == NULL ||
        strchr(second + 1, '/') != NULL || !has(project_scoped, resource))
        return xstrdup(object);
    struct str middle = {first + 1, (size_t)(second - first) - 1};
    if (!str_is(middle, ARGOCD_NAMESPACE))
        return xstrdup(object);
    return xasprintf("%.*s%s", (int)(first - object), object, second);
}

void endpoint_can_i(struct call *c)
{
    const char *resource = c->args[0];
    const char *action = c->args[1];
    bool allow = false;
    struct err err = {0};
    if (!check_word(c, actions, action) || !check_word(c, resources, resource))
        return;
    AUTO(xfree) char *object = normalised(c, resource, c->args[2]);
    if (strcmp(resource, "logs") == 0 && !authz_logs_enforced(c->setup))
        allow = true;
    else if (authz_allows(c, resource, action, object, &allow, &err) != 0) {
        call_fail(c, GRPC_INTERNAL, "%s", err.msg);
        return;
    }
    struct js *answer = js_object();
    js_set_text(answer, "value", allow || fault_can_i_always_yes(c->m) ? "yes" : "no");
    call_answer(c, answer);
}
