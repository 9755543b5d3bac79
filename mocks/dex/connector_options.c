/*
 * The oidc connector's options (dex.md 4.1): their types as Go's decoder wants them, since when
 * there are which (an unknown one is ignored without a word), and the removed ones. Go matches
 * member names without regard to case, so this does too.
 */
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/buf.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/connector_oidc.h"
#include "mocks/dex/dex.h"

enum option_type { OPTION_TEXT, OPTION_BOOL, OPTION_LIST, OPTION_OBJECT, OPTION_RULES };

#define ALWAYS DEX_QUIRK_MAX_

struct option {
    const char *parent; /* the object or the list of rules that it is in; NULL = the top */
    const char *name;
    enum option_type type;
    enum dex_quirk since; /* the row without which nobody knows it */
};

static const struct option options[] = {
    {NULL, "issuer", OPTION_TEXT, ALWAYS},
    {NULL, "issuerAlias", OPTION_TEXT, DEX_QUIRK_ISSUER_ALIAS},
    {NULL, "clientID", OPTION_TEXT, ALWAYS},
    {NULL, "clientSecret", OPTION_TEXT, ALWAYS},
    {NULL, "redirectURI", OPTION_TEXT, ALWAYS},
    {NULL, "providerDiscoveryOverrides", OPTION_OBJECT, DEX_QUIRK_OVERRIDES},
    {"providerDiscoveryOverrides", "tokenURL", OPTION_TEXT, ALWAYS},
    {"providerDiscoveryOverrides", "authURL", OPTION_TEXT, ALWAYS},
    {"providerDiscoveryOverrides", "jwksURL", OPTION_TEXT, DEX_QUIRK_OVERRIDE_JWKS},
    {NULL, "basicAuthUnsupported", OPTION_BOOL, ALWAYS},
    {NULL, "scopes", OPTION_LIST, ALWAYS},
    {NULL, "hostedDomains", OPTION_LIST, DEX_QUIRK_HOSTED_DOMAINS},
    {NULL, "hostedDomains", OPTION_LIST, DEX_QUIRK_NO_HOSTED_DOMAINS},
    {NULL, "rootCAs", OPTION_LIST, DEX_QUIRK_ROOT_CAS},
    {NULL, "insecureSkipVerify", OPTION_BOOL, DEX_QUIRK_ROOT_CAS},
    {NULL, "insecureSkipEmailVerified", OPTION_BOOL, ALWAYS},
    {NULL, "insecureEnableGroups", OPTION_BOOL, ALWAYS},
    {NULL, "allowedGroups", OPTION_LIST, DEX_QUIRK_ALLOWED_GROUPS},
    {NULL, "acrValues", OPTION_LIST, DEX_QUIRK_ACR_VALUES},
    {NULL, "getUserInfo", OPTION_BOOL, ALWAYS},
    {NULL, "userIDKey", OPTION_TEXT, ALWAYS},
    {NULL, "userNameKey", OPTION_TEXT, ALWAYS},
    {NULL, "promptType", OPTION_TEXT, ALWAYS},
    {NULL, "pkceChallenge", OPTION_TEXT, DEX_QUIRK_PKCE},
    {NULL, "overrideClaimMapping", OPTION_BOOL, DEX_QUIRK_OVERRIDE_CLAIMS},
    {NULL, "claimMapping", OPTION_OBJECT, ALWAYS},
    {"claimMapping", "preferred_username", OPTION_TEXT, ALWAYS},
    {"claimMapping", "email", OPTION_TEXT, ALWAYS},
    {"claimMapping", "groups", OPTION_TEXT, ALWAYS},
    {NULL, "claimModifications", OPTION_OBJECT, ALWAYS},
    {"claimModifications", "newGroupFromClaims", OPTION_RULES, DEX_QUIRK_NEW_GROUPS},
    {"newGroupFromClaims", "claims", OPTION_LIST, ALWAYS},
    {"newGroupFromClaims", "delimiter", OPTION_TEXT, ALWAYS},
    {"newGroupFromClaims", "clearDelimiter", OPTION_BOOL, ALWAYS},
    {"newGroupFromClaims", "prefix", OPTION_TEXT, ALWAYS},
    {"claimModifications", "filterGroupClaims", OPTION_OBJECT, DEX_QUIRK_GROUPS_FILTER},
    {"filterGroupClaims", "groupsFilter", OPTION_TEXT, ALWAYS},
    {"claimModifications", "modifyGroupNames", OPTION_OBJECT, DEX_QUIRK_MODIFY_GROUPS},
    {"modifyGroupNames", "prefix", OPTION_TEXT, ALWAYS},
    {"modifyGroupNames", "suffix", OPTION_TEXT, ALWAYS},
    {NULL, NULL, OPTION_TEXT, ALWAYS},
};

const char *dex_oidc_option(const char *parent, size_t i)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        bool own = parent == NULL ? o->parent == NULL : cstr_eq(o->parent, parent);
        if (own && i-- == 0)
            return o->name;
    }
    return NULL;
}

/* Go's names of the types; those of objects that have a name of their own (oidc.go). */
static const char *const type_names[] = {
    [OPTION_TEXT] = "string",
    [OPTION_BOOL] = "bool",
    [OPTION_LIST] = "[]string",
    [OPTION_OBJECT] = "struct",
    [OPTION_RULES] = "[]oidc.NewGroupFromClaims",
};

struct named_type {
    const char *option;
    const char *type;
};

static const struct named_type named_types[] = {
    {"providerDiscoveryOverrides", "ProviderDiscoveryOverrides"},
    {"newGroupFromClaims", "NewGroupFromClaims"},
    {"filterGroupClaims", "FilterGroupClaims"},
    {"modifyGroupNames", "ModifyGroupNames"},
    {NULL, NULL},
};

/* The struct that a member is said to be in; "" when it has no name. */
static const char *struct_name(const char *parent)
{
    const struct named_type *t = named_types;
    if (parent == NULL)
        return "Config";
    while (t->option != NULL && strcmp(t->option, parent) != 0)
        t++;
    return t->option != NULL ? t->type : "";
}

static bool has_type(const struct js *v, enum option_type type)
{
    const bool fits[] = {
        [OPTION_TEXT] = js_is(v, JS_STRING),
        [OPTION_BOOL] = js_is(v, JS_TRUE) || js_is(v, JS_FALSE),
        [OPTION_LIST] = js_is(v, JS_ARRAY),
        [OPTION_OBJECT] = js_is(v, JS_OBJECT),
        [OPTION_RULES] = js_is(v, JS_ARRAY),
    };
    return js_is(v, JS_NULL) || fits[type];
}

static bool is_same(const char *a, const char *b)
{
    return a == b || cstr_eq(a, b);
}

/* d NULL: of any release. */
static const struct option *find_option(const struct dex *d, const char *parent, const char *name)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        if (is_same(o->parent, parent) && strcasecmp(o->name, name) == 0 &&
            (o->since == ALWAYS || d == NULL || dex_quirk(d, o->since)))
            return o;
    }
    return NULL;
}

/* ---- types ---- */

static int wrong_type(const struct option *o, const char *path, const struct js *v,
                      const char *type, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "json: cannot unmarshal %s into Go struct field %s.%s%s of type %s",
                   go_json_kind(v), struct_name(o->parent), path, o->name, type);
}

static int check_object(const struct dex *d, const struct js *conf, const char *parent,
                        const char *path, struct err *err);

/* Strings in a list, objects in a list of rules. */
static int check_elements(const struct dex *d, const struct option *o, const struct js *list,
                          const char *path, struct err *err)
{
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *v = js_at(list, i);
        enum option_type type = o->type == OPTION_RULES ? OPTION_OBJECT : OPTION_TEXT;
        if (!has_type(v, type))
            return wrong_type(o, path, v,
                              type == OPTION_OBJECT ? "oidc.NewGroupFromClaims" : "string", err);
        AUTO(xfree) char *below = xasprintf("%s%s.", path, o->name);
        if (type == OPTION_OBJECT && check_object(d, v, o->name, below, err) != 0)
            return -1;
    }
    return 0;
}

static int check_option(const struct dex *d, const struct option *o, const struct js *v,
                        const char *path, struct err *err)
{
    if (!has_type(v, o->type)) {
        AUTO(xfree) char *named = xasprintf("oidc.%s", struct_name(o->name));
        bool is_named = o->type == OPTION_OBJECT && named[strlen("oidc.")] != '\0';
        return wrong_type(o, path, v, is_named ? named : type_names[o->type], err);
    }
    if (o->type == OPTION_LIST || o->type == OPTION_RULES)
        return check_elements(d, o, v, path, err);
    AUTO(xfree) char *below = xasprintf("%s%s.", path, o->name);
    return o->type == OPTION_OBJECT ? check_object(d, v, o->name, below, err) : 0;
}

static int check_object(const struct dex *d, const struct js *conf, const char *parent,
                        const char *path, struct err *err)
{
    for (struct js_iter it = js_iter(conf); js_next(&it);) {
        const struct option *o = find_option(d, parent, it.key);
        if (o != NULL && check_option(d, o, it.value, path, err) != 0)
            return -1;
    }
    return 0;
}

char *dex_oidc_option_error(const char *name, const struct js *value)
{
    const struct option *o = find_option(NULL, NULL, name);
    struct err err = {0};
    return o != NULL && check_option(NULL, o, value, "", &err) != 0 ? xstrdup(err.msg) : NULL;
}

int dex_oidc_check_options(const struct dex *d, const struct js *conf, struct err *err)
{
    if (conf != NULL && !js_is(conf, JS_OBJECT) && !js_is(conf, JS_NULL))
        return err_set(err, ERR_USAGE,
                       "json: cannot unmarshal %s into Go value of type oidc.Config",
                       go_json_kind(conf));
    return check_object(d, conf, NULL, "", err);
}

/* ---- the options under their own names ---- */

static struct js *known_of(const struct dex *d, const char *parent, const struct js *conf);

static struct js *known_rules(const struct dex *d, const char *parent, const struct js *list)
{
    struct js *rules = js_array();
    for (size_t i = 0; i < js_len(list); i++)
        js_append(rules, known_of(d, parent, js_at(list, i)));
    return rules;
}

static struct js *known_of(const struct dex *d, const char *parent, const struct js *conf)
{
    struct js *known = js_object();
    for (struct js_iter it = js_iter(conf); js_next(&it);) {
        const struct option *o = find_option(d, parent, it.key);
        if (o == NULL || js_is(it.value, JS_NULL))
            continue;
        js_set(known, o->name,
               o->type == OPTION_OBJECT  ? known_of(d, o->name, it.value)
               : o->type == OPTION_RULES ? known_rules(d, o->name, it.value)
                                         : js_dup(it.value));
    }
    return known;
}

struct js *dex_oidc_options(const struct dex *d, const struct js *conf)
{
    return known_of(d, NULL, conf);
}

/* ---- root certificates ---- */

/* pkg/httpclient, extractCAs: a file if there is one, else base64, else the text itself. */
static char *root_ca_text(const char *ca)
{
    char *text = NULL;
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (strlen(ca) < PATH_MAX && file_read(ca, FILE_MAX_TEXT, &text, &len, NULL) == 0)
        return text;
    if (b64_decode(ca, strlen(ca), &bytes, &len) == 0)
        return (char *)bytes;
    return xstrdup(ca);
}

int dex_oidc_root_cas(const struct js *conf, char **ret_pem, struct err *err)
{
    const struct js *cas = js_get(conf, "rootCAs");
    AUTO(buf_deinit) struct buf all = {0};
    size_t index = 0;
    buf_init(&all, BUF_MAX_TEXT);
    for (size_t i = 0; i < js_len(cas); i++) {
        const char *ca = js_text(js_at(cas, i));
        if (ca == NULL || *ca == '\0') /* left out, and not counted */
            continue;
        AUTO(xfree) char *text = root_ca_text(ca);
        AUTO(http_trust_free) struct http_trust *readable = NULL;
        if (http_trust_new(text, false, &readable, NULL) != 0)
            return err_set(err, ERR_USAGE,
                           "rootCAs.%zu is not in PEM format, certificate must be a PEM encoded "
                           "string, a base64 encoded bytes that contain PEM encoded string, or a "
                           "path to a PEM encoded certificate",
                           index);
        buf_addf(&all, "%s\n", text);
        index++;
    }
    *ret_pem = index > 0 ? buf_take(&all) : NULL;
    return 0;
}

int dex_oidc_check_open(const struct dex *d, const struct js *conf, struct err *err)
{
    if (dex_quirk(d, DEX_QUIRK_NO_HOSTED_DOMAINS) && js_len(js_get(conf, "hostedDomains")) > 0)
        return err_set(err, ERR_USAGE,
                       "support for the Hosted domains option had been deprecated and removed, "
                       "consider switching to the Google connector");
    return 0;
}
