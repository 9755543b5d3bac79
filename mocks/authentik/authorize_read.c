/*
 * What an authorization request says, before anything is judged: parameters as Django and Python
 * read them, and what every refusal needs.
 */
#include <string.h>

#include "harness/base/params.h"
#include "mocks/authentik/authorize.h"

static const struct response_type response_types[] = {
    {"code", "authorization_code", .code = true},
    {"id_token", "implicit", .id_token = true},
    {"id_token token", "implicit", .id_token = true, .token = true},
    {"code token", "hybrid", .code = true, .token = true},
    {"code id_token", "hybrid", .code = true, .id_token = true},
    {"code id_token token", "hybrid", .code = true, .id_token = true, .token = true},
    {0}};

const struct response_type *ak_authz_type(const char *name)
{
    for (const struct response_type *t = response_types; t->name != NULL; t++)
        if (cstr_eq(t->name, name))
            return t;
    return NULL;
}

struct authz *ak_authz_free(struct authz *z)
{
    if (z == NULL)
        return NULL;
    xfree(z->redirect_uri);
    xfree(z->state);
    xfree(z->nonce);
    xfree(z->challenge);
    xfree(z->challenge_method);
    strlist_deinit(&z->scopes);
    return xfree(z);
}

const char *ak_authz_param(const struct params *all, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < all->len; i++)
        if (strcmp(all->items[i].name, name) == 0)
            found = all->items[i].value;
    return found;
}

bool ak_authz_word(const char **rest, struct str *ret)
{
    static const char blanks[] = " \t\n\r\f\v";
    const char *from = *rest != NULL ? *rest + strspn(*rest, blanks) : "";
    *ret = (struct str){from, strcspn(from, blanks)};
    *rest = from + ret->len;
    return ret->len > 0;
}

static char *dup_param(const struct params *all, const char *name)
{
    const char *text = ak_authz_param(all, name);
    return text != NULL ? xstrdup(text) : NULL;
}

/* Only none, consent and login are known; everything else is dropped silently. */
static void read_prompt(const struct params *all, struct authz *z)
{
    const char *rest = ak_authz_param(all, "prompt");
    struct str one = {0};
    while (ak_authz_word(&rest, &one)) {
        z->prompt_none |= str_is(one, "none");
        z->prompt_login |= str_is(one, "login");
        z->prompt_consent |= str_is(one, "consent");
    }
}

struct authz *ak_authz_read(const struct params *all)
{
    struct authz *z = xcalloc(1, sizeof(*z));
    const char *uri = ak_authz_param(all, "redirect_uri");
    z->redirect_uri = xstrdup(uri != NULL ? uri : "");
    z->state = dup_param(all, "state");
    z->nonce = dup_param(all, "nonce");
    z->form_post = cstr_eq(ak_authz_param(all, "response_mode"), "form_post");
    read_prompt(all, z);
    return z;
}
