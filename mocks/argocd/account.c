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

static const char *const actions[] = {"get",      "create", "update", "delete", "sync",
                                      "override", "action", "invoke", NULL};
static const char *const resources[] = {"clusters",
                                        "projects",
                                        "applications",
                                        "applicationsets",
                                        "repositories",
                                        "write-repositories",
                                        "certificates",
                                        "accounts",
                                        "gpgkeys",
                                        "logs",
                                        "exec",
                                        "extensions",
                                        NULL};
/* Whose objects begin with a project, and may carry a namespace between it and the name. */
static const char *const project_scoped[] = {"applications", "applicationsets", "logs", "exec",
                                             NULL};

static bool has(const char *const *list, const char *word)
{
    for (; *list != NULL; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

/* False after the answer: Go's %v of the list and the word it lacks. */
static bool check_word(struct call *c, const char *const *list, const char *word)
{
    if (has(list, word))
        return true;
    AUTO(buf_deinit) struct buf all = {0};
    buf_init(&all, BUF_MAX_TEXT);
    for (const char *const *w = list; *w != NULL; w++)
        buf_addf(&all, "%s%s", w == list ? "" : " ", *w);
    call_fail(c, GRPC_INVALID_ARGUMENT, "[%s] does not contain %s", all.ptr, word);
    return false;
}

/* "project/argocd/name" is "project/name" when the middle is the server's own namespace (v3.5). */
static char *normalised(const char *resource, const char *object)
{
    const char *first = strchr(object, '/');
    const char *second = first != NULL ? strchr(first + 1, '/') : NULL;
    if (second == NULL || strchr(second + 1, '/') != NULL || !has(project_scoped, resource))
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
    AUTO(xfree) char *object = normalised(resource, c->args[2]);
    if (authz_allows(c, resource, action, object, &allow, &err) != 0) {
        call_fail(c, GRPC_INTERNAL, "%s", err.msg);
        return;
    }
    struct js *answer = js_object();
    js_set_text(answer, "value", allow || fault_can_i_always_yes(c->m) ? "yes" : "no");
    call_answer(c, answer);
}
