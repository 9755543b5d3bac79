/*
 * The oidc connector's options (dex.md 4.1): their types as Go's decoder wants them, and the
 * removed ones. Go matches member names without regard to case, so this does too.
 */
#include <string.h>
#include <strings.h>

#include "harness/base/b64.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "mocks/common/gotext.h"
#include "mocks/dex/connector_oidc.h"

enum option_type { OPTION_TEXT, OPTION_BOOL, OPTION_LIST, OPTION_OBJECT };

struct option {
    const char *name;
    enum option_type type;
};

static const struct option options[] = {
    {"issuer", OPTION_TEXT},
    {"issuerAlias", OPTION_TEXT},
    {"clientID", OPTION_TEXT},
    {"clientSecret", OPTION_TEXT},
    {"redirectURI", OPTION_TEXT},
    {"providerDiscoveryOverrides", OPTION_OBJECT},
    {"basicAuthUnsupported", OPTION_BOOL},
    {"scopes", OPTION_LIST},
    {"hostedDomains", OPTION_LIST},
    {"rootCAs", OPTION_LIST},
    {"insecureSkipVerify", OPTION_BOOL},
    {"insecureSkipEmailVerified", OPTION_BOOL},
    {"insecureEnableGroups", OPTION_BOOL},
    {"allowedGroups", OPTION_LIST},
    {"acrValues", OPTION_LIST},
    {"getUserInfo", OPTION_BOOL},
    {"userIDKey", OPTION_TEXT},
    {"userNameKey", OPTION_TEXT},
    {"promptType", OPTION_TEXT},
    {"pkceChallenge", OPTION_TEXT},
    {"overrideClaimMapping", OPTION_BOOL},
    {"claimMapping", OPTION_OBJECT},
    {"claimModifications", OPTION_OBJECT},
    {NULL, OPTION_TEXT},
};

static const char *const type_names[] = {[OPTION_TEXT] = "string",
                                         [OPTION_BOOL] = "bool",
                                         [OPTION_LIST] = "[]string",
                                         [OPTION_OBJECT] = "struct"};

static bool has_type(const struct js *v, enum option_type type)
{
    const bool fits[] = {
        [OPTION_TEXT] = js_is(v, JS_STRING),
        [OPTION_BOOL] = js_is(v, JS_TRUE) || js_is(v, JS_FALSE),
        [OPTION_LIST] = js_is(v, JS_ARRAY),
        [OPTION_OBJECT] = js_is(v, JS_OBJECT),
    };
    return js_is(v, JS_NULL) || fits[type];
}

static const struct option *find_option(const char *name)
{
    for (const struct option *o = options; o->name != NULL; o++) {
        if (strcasecmp(o->name, name) == 0)
            return o;
    }
    return NULL;
}

static int check_type(const struct option *o, const struct js *v, struct err *err)
{
    if (!has_type(v, o->type))
        return err_set(err, ERR_USAGE,
                       "json: cannot unmarshal %s into Go struct field Config.%s of type %s",
                       go_json_kind(v), o->name, type_names[o->type]);
    for (size_t i = 0; o->type == OPTION_LIST && i < js_len(v); i++) {
        if (!js_is(js_at(v, i), JS_STRING))
            return err_set(err, ERR_USAGE,
                           "json: cannot unmarshal %s into Go struct field Config.%s of type "
                           "string",
                           go_json_kind(js_at(v, i)), o->name);
    }
    return 0;
}

int dex_oidc_check_options(const struct js *conf, struct err *err)
{
    for (struct js_iter it = js_iter(conf); js_next(&it);) {
        const struct option *o = find_option(it.key);
        if (o != NULL && check_type(o, it.value, err) != 0)
            return -1;
    }
    return 0;
}

struct js *dex_oidc_options(const struct js *conf)
{
    struct js *known = js_object();
    for (struct js_iter it = js_iter(conf); js_next(&it);) {
        const struct option *o = find_option(it.key);
        if (o != NULL && !js_is(it.value, JS_NULL))
            js_set(known, o->name, js_dup(it.value));
    }
    return known;
}

static bool is_pem(const char *text)
{
    return cstr_contains(text, "-----BEGIN CERTIFICATE-----");
}

/* A path, base64 of PEM, or PEM. */
static bool is_root_ca(const char *text)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    if (is_pem(text))
        return true;
    if (b64_decode(text, strlen(text), &bytes, &len) == 0) {
        bool ok = is_pem((const char *)bytes);
        xfree(bytes);
        return ok;
    }
    char *file = NULL;
    if (file_read(text, FILE_MAX_TEXT, &file, &len, NULL) != 0)
        return false;
    bool ok = is_pem(file);
    xfree(file);
    return ok;
}

int dex_oidc_check_open(const struct js *conf, struct err *err)
{
    const struct js *cas = js_get(conf, "rootCAs");
    if (js_len(js_get(conf, "hostedDomains")) > 0)
        return err_set(err, ERR_USAGE,
                       "support for the Hosted domains option had been deprecated and removed, "
                       "consider switching to the Google connector");
    for (size_t i = 0; i < js_len(cas); i++) {
        if (!is_root_ca(js_text(js_at(cas, i))))
            return err_set(err, ERR_USAGE,
                           "rootCAs.%zu is not in PEM format, certificate must be a PEM encoded "
                           "string, a base64 encoded bytes that contain PEM encoded string, or a "
                           "path to a PEM encoded certificate",
                           i);
    }
    return 0;
}
