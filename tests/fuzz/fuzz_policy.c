/*
 * Policies from anywhere: load, then ask. The first byte chooses glob or regex and the built-in
 * policy; up to the first empty line stand the words of the question, a word a line; the rest is
 * the policy.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "harness/base/str.h"
#include "harness/rbac/rbac.h"

#define WORDS 4
#define MAX_INPUT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct rbac *r, const struct strlist *words)
{
    AUTO(strlist_deinit) struct strlist roles = {0};
    struct rbac_why why = {0};
    const char *subject = words->items[0], *resource = words->items[1];
    const char *action = words->items[2], *object = words->items[3];
    bool as_subject = rbac_can_subject(r, subject, resource, action, object, &why);

    /* What a subject may by itself or by default, it may as a user too: groups only add. Tokens of
     * projects are bound to theirs (argocd.md 5.6). */
    if (as_subject && !cstr_starts(subject, "proj:") &&
        !rbac_can_claims(r, subject, words, resource, action, object, &why)) {
        abort();
    }
    rbac_roles(r, subject, words, &roles);
}

/* Takes the words of the question off the input; there are always WORDS of them. */
static void read_words(struct str *rest, struct strlist *ret)
{
    struct str line = {0};

    while (ret->len < WORDS && str_next(rest, '\n', &line) && line.len > 0) {
        strlist_take(ret, xstrndup(line.ptr, line.len));
    }
    while (ret->len < WORDS) {
        strlist_add(ret, "applications");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(strlist_deinit) struct strlist words = {0};
    AUTO(rbac_free) struct rbac *r = NULL;
    struct err err = {0};

    if (size == 0 || size > MAX_INPUT) {
        return 0;
    }
    AUTO(xfree) char *text = xstrndup((const char *)data + 1, size - 1);
    struct str rest = str_of(text);
    read_words(&rest, &words);
    const struct rbac_conf conf = {
        .builtin = (data[0] & 1) != 0 ? rbac_builtin("3.5") : NULL,
        .policy = rest.ptr ? rest.ptr : "",
        .project_policy = rest.ptr && (data[0] & 2) != 0 ? rest.ptr : NULL,
        .match = (data[0] & 4) != 0 ? RBAC_REGEX : RBAC_GLOB,
    };
    if (rbac_new(&conf, &r, &err) == 0) {
        ask(r, &words);
    }
    return 0;
}
