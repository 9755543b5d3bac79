/*
 * The scope mappings of a provider, as a document has them. Knows which there are and which of them
 * make a groups claim; what their claims come to for a person is the mock's.
 */
#include "harness/setup/setup.h"

#include <string.h>

static const char *const default_scopes[] = {"openid", "email", "profile", NULL};

void setup_provider_scopes(const struct js *provider, struct strlist *ret)
{
    const struct js *given = js_get(provider, "scopes");
    for (size_t i = 0; i < js_len(given); i++)
        if (js_text(js_at(given, i)) != NULL)
            strlist_add(ret, js_text(js_at(given, i)));
    for (const char *const *s = default_scopes; given == NULL && *s != NULL; s++)
        strlist_add(ret, *s);
    for (struct js_iter it = js_iter(js_get(provider, "mappings")); js_next(&it);)
        if (js_is(it.value, JS_OBJECT) && !strlist_has(ret, it.key))
            strlist_add(ret, it.key);
}

void setup_groups_scopes(const struct js *provider, struct strlist *ret)
{
    AUTO(strlist_deinit) struct strlist all = {0};
    setup_provider_scopes(provider, &all);
    strlist_sort(&all);
    for (size_t i = 0; i < all.len; i++) {
        const struct js *own = js_path(provider, "mappings", all.items[i], NULL);
        bool gives = js_is(own, JS_OBJECT) ? js_get(own, "groups") != NULL
                                           : strcmp(all.items[i], "profile") == 0;
        if (gives && !strlist_has(ret, all.items[i]))
            strlist_add(ret, all.items[i]);
    }
}
