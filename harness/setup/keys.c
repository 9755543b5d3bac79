/*
 * The keys that a setup may have, as a table: where, of what kind, with which values. Checks the
 * user's setup.yaml, the patches of scenarios and of --patch alike, and says which parts of a
 * document keep their YAML types. Reads nothing and changes nothing but types.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/cidr.h"
#include "harness/base/str.h"
#include "harness/crypto/totp.h"
#include "harness/data/yaml.h"
#include "harness/setup/setup_int.h"
#include "harness/setup/template.h"

#define MAX_GENERATED_GROUPS 5000
#define MAX_REPLICAS 5 /* more differ in nothing that two do not show */

struct walk;

struct key {
    const char *path; /* "*" stands for any name, or for each element of a list */
    int (*check)(struct walk *w, const struct key *k, const struct js *value);
    const char *values; /* for words: "a b c" */
};

/* One check: where we are in the document, and where that is in the file. */
struct walk {
    const char *file;
    const struct yaml_places *places;
    const char *pointer; /* of the document's root in the file */
    struct buf path;     /* "/people/alice/groups": in the document */
    struct buf rule;     /* "/people/" "*" "/groups": in the table */
    struct err *err;
};

static int check_members(struct walk *w, const struct key *k, const struct js *value);
static int check_elements(struct walk *w, const struct key *k, const struct js *value);
static int check_text(struct walk *w, const struct key *k, const struct js *value);
static int check_version(struct walk *w, const struct key *k, const struct js *value);
static int check_texts(struct walk *w, const struct key *k, const struct js *value);
static int check_bool(struct walk *w, const struct key *k, const struct js *value);
static int check_word(struct walk *w, const struct key *k, const struct js *value);
static int check_duration(struct walk *w, const struct key *k, const struct js *value);
static int check_count(struct walk *w, const struct key *k, const struct js *value);
static int check_replicas(struct walk *w, const struct key *k, const struct js *value);
static int check_text_or_map(struct walk *w, const struct key *k, const struct js *value);
static int check_typed(struct walk *w, const struct key *k, const struct js *value);
static int check_network(struct walk *w, const struct key *k, const struct js *value);
static int check_internal(struct walk *w, const struct key *k, const struct js *value);
static int check_mapping(struct walk *w, const struct key *k, const struct js *value);
static int check_totp(struct walk *w, const struct key *k, const struct js *value);
static int check_secret(struct walk *w, const struct key *k, const struct js *value);
static int check_epoch(struct walk *w, const struct key *k, const struct js *value);

#define PROVIDER "/authentik/provider"
#define ROLE "/argocd/projects/*/roles/*"

static const struct key keys[] = {
    {"", check_members, NULL},
    {"/authentik", check_members, NULL},
    {"/authentik/version", check_version, "authentik"},
    {"/authentik/quirks", check_members, NULL},
    {"/authentik/quirks/*", check_bool, NULL},
    {"/authentik/url", check_text, NULL},
    {"/authentik/from", check_texts, NULL},
    {"/authentik/application", check_members, NULL},
    {"/authentik/application/slug", check_text, NULL},
    {"/authentik/application/name", check_text, NULL},
    {"/authentik/application/entitlements", check_members, NULL},
    {"/authentik/application/entitlements/*", check_texts, NULL},
    {PROVIDER, check_members, NULL},
    {PROVIDER "/client_id", check_text, NULL},
    {PROVIDER "/client_secret", check_text, NULL},
    {PROVIDER "/client_type", check_word, "confidential public"},
    {PROVIDER "/signing_key", check_word, "rsa rsa-4096 ec ec-384 ec-521 none"},
    {PROVIDER "/encryption_key", check_word, "none rsa rsa-4096"},
    {PROVIDER "/issuer_mode", check_word, "per_provider global"},
    {PROVIDER "/sub_mode", check_word,
     "hashed_user_id user_id user_uuid user_username user_email user_upn"},
    {PROVIDER "/include_claims_in_id_token", check_bool, NULL},
    {PROVIDER "/access_code_validity", check_duration, NULL},
    {PROVIDER "/access_token_validity", check_duration, NULL},
    {PROVIDER "/refresh_token_validity", check_duration, NULL},
    {PROVIDER "/redirect_uris", check_elements, NULL},
    {PROVIDER "/redirect_uris/*", check_members, NULL},
    {PROVIDER "/redirect_uris/*/matching_mode", check_word, "strict regex"},
    {PROVIDER "/redirect_uris/*/url", check_text, NULL},
    {PROVIDER "/scopes", check_texts, NULL},
    {PROVIDER "/grant_types", check_texts, NULL},
    {PROVIDER "/email_verified", check_word, "true false absent"},
    {PROVIDER "/authorization_flow", check_word, "implicit explicit"},
    {PROVIDER "/password_in_identification", check_bool, NULL},
    {PROVIDER "/redirect_uris/*/redirect_uri_type", check_word, "authorization logout"},
    {PROVIDER "/invalidation_flow", check_word,
     "default-invalidation-flow default-provider-invalidation-flow"},
    {PROVIDER "/logout_uri", check_text, NULL},
    {PROVIDER "/logout_method", check_word, "backchannel frontchannel"},
    {PROVIDER "/refresh_token_threshold", check_duration, NULL},
    {PROVIDER "/mappings", check_members, NULL},
    {PROVIDER "/mappings/*", check_mapping, NULL},
    {PROVIDER "/federation", check_members, NULL},
    {PROVIDER "/federation/*", check_members, NULL},
    {PROVIDER "/federation/*/jwks", check_typed, NULL},
    {PROVIDER "/authentication_flow", check_text, NULL},
    {"/authentik/groups", check_texts, NULL},
    {"/authentik/brand", check_members, NULL},
    {"/authentik/brand/device_code_flow", check_bool, NULL},
    {"/authentik/flows", check_members, NULL},
    {"/authentik/flows/failed_attempts", check_count, NULL},
    {"/authentik/flows/remember_me", check_duration, NULL},
    {"/authentik/flows/pretend_user_exists", check_bool, NULL},
    {"/authentik/flows/mfa", check_word, "skip deny configure"},
    {"/authentik/flows/password_in_identification", check_bool, NULL},
    {"/authentik/application/bindings", check_elements, NULL},
    {"/authentik/application/bindings/*", check_members, NULL},
    {"/authentik/application/bindings/*/group", check_text, NULL},
    {"/authentik/application/bindings/*/user", check_text, NULL},
    {"/authentik/application/bindings/*/negate", check_bool, NULL},
    {"/authentik/application/policy_engine_mode", check_word, "any all"},
    {"/authentik/flags", check_members, NULL},
    {"/authentik/flags/core_default_app_access", check_bool, NULL},
    {"/authentik/brand/default_application", check_bool, NULL},
    {"/authentik/trusted_proxies", check_elements, NULL},
    {"/authentik/trusted_proxies/*", check_network, NULL},
    {"/argocd", check_members, NULL},
    {"/argocd/version", check_version, "argocd"},
    {"/argocd/quirks", check_members, NULL},
    {"/argocd/quirks/*", check_bool, NULL},
    {"/argocd/url", check_text, NULL},
    {"/argocd/from", check_texts, NULL},
    {"/argocd/cm", check_members, NULL},
    {"/argocd/cm/dex.config", check_text_or_map, NULL},
    {"/argocd/cm/*", check_text, NULL},
    {"/argocd/rbac_cm", check_members, NULL},
    {"/argocd/rbac_cm/*", check_text, NULL},
    {"/argocd/cmd_params_cm", check_members, NULL},
    {"/argocd/cmd_params_cm/*", check_text, NULL},
    {"/argocd/env", check_members, NULL},
    {"/argocd/env/*", check_text, NULL},
    {"/argocd/secret", check_members, NULL},
    {"/argocd/secret/*", check_text, NULL},
    {"/argocd/secrets", check_members, NULL},
    {"/argocd/secrets/*", check_members, NULL},
    {"/argocd/secrets/*/env", check_text, NULL},
    {"/argocd/projects", check_members, NULL},
    {"/argocd/projects/*", check_members, NULL},
    {"/argocd/projects/*/description", check_text, NULL},
    {"/argocd/projects/*/roles", check_members, NULL},
    {ROLE, check_members, NULL},
    {ROLE "/policies", check_texts, NULL},
    {ROLE "/groups", check_texts, NULL},
    {ROLE "/tokens", check_members, NULL},
    {ROLE "/tokens/*", check_members, NULL},
    {ROLE "/tokens/*/iat", check_epoch, NULL},
    {ROLE "/tokens/*/exp", check_epoch, NULL},
    {"/argocd/applications", check_members, NULL},
    {"/argocd/applications/*", check_members, NULL},
    {"/argocd/applications/*/name", check_text, NULL},
    {"/argocd/applications/*/namespace", check_text, NULL},
    {"/argocd/applications/*/project", check_text, NULL},
    {"/argocd/applicationsets", check_members, NULL},
    {"/argocd/applicationsets/*", check_members, NULL},
    {"/argocd/applicationsets/*/name", check_text, NULL},
    {"/argocd/applicationsets/*/namespace", check_text, NULL},
    {"/argocd/applicationsets/*/project", check_text, NULL},
    {"/argocd/clusters", check_members, NULL},
    {"/argocd/clusters/*", check_members, NULL},
    {"/argocd/clusters/*/server", check_text, NULL},
    {"/argocd/clusters/*/project", check_text, NULL},
    {"/argocd/repositories", check_members, NULL},
    {"/argocd/repositories/*", check_members, NULL},
    {"/argocd/repositories/*/url", check_text, NULL},
    {"/argocd/repositories/*/project", check_text, NULL},
    {"/argocd/certificates", check_texts, NULL},
    {"/argocd/gpgkeys", check_texts, NULL},
    {"/dex", check_members, NULL},
    {"/dex/version", check_version, "dex"},
    {"/dex/quirks", check_members, NULL},
    {"/dex/quirks/*", check_bool, NULL},
    {"/dex/replicas", check_replicas, NULL},
    {"/dex/env", check_members, NULL},
    {"/dex/env/*", check_text, NULL},
    {"/dex/connectors", check_members, NULL},
    {"/dex/connectors/*", check_typed, NULL},
    {"/people", check_members, NULL},
    {"/people/*", check_members, NULL},
    {"/people/*/groups", check_texts, NULL},
    {"/people/*/groups_count", check_count, NULL},
    {"/people/*/groups_prefix", check_text, NULL},
    {"/people/*/email", check_text, NULL},
    {"/people/*/name", check_text, NULL},
    {"/people/*/username", check_text, NULL},
    {"/people/*/password", check_text, NULL},
    {"/people/*/active", check_bool, NULL},
    {"/people/*/claims", check_typed, NULL},
    {"/people/*/attributes", check_typed, NULL},
    {"/people/*/app_password", check_secret, NULL},
    {"/people/*/totp", check_totp, NULL},
    {"/people/*/static_codes", check_texts, NULL},
    {"/live", check_members, NULL},
    {"/live/authentik", check_members, NULL},
    {"/live/authentik/url", check_text, NULL},
    {"/live/authentik/ca", check_text, NULL},
    {"/live/dex", check_members, NULL},
    {"/live/dex/url", check_text, NULL},
    {"/live/dex/ca", check_text, NULL},
    {"/live/argocd", check_members, NULL},
    {"/live/argocd/url", check_text, NULL},
    {"/live/argocd/ca", check_text, NULL},
    {"/read", check_internal, NULL},
    {NULL, NULL, NULL},
};

static const struct key *find_key(const char *path)
{
    for (const struct key *k = keys; k->path != NULL; k++) {
        if (strcmp(k->path, path) == 0)
            return k;
    }
    return NULL;
}

/* ---- errors ---- */

/* "authentik.provider" of "/authentik/provider". */
static char *shown(const char *path)
{
    char *text = xstrdup(path[0] == '/' ? path + 1 : path);
    for (char *p = text; *p != '\0'; p++)
        *p = *p == '/' ? '.' : *p;
    return text;
}

static int fail(struct walk *w, bool at_key, const char *fmt, ...) PRINTF_LIKE(3, 4);

static int fail(struct walk *w, bool at_key, const char *fmt, ...)
{
    AUTO(xfree) char *pointer = xasprintf("%s%s", w->pointer, w->path.ptr);
    AUTO(buf_deinit) struct buf text = {0};
    int line = 0;
    int column = 0;
    va_list args;
    buf_init(&text, BUF_MAX_TEXT);
    va_start(args, fmt);
    buf_vaddf(&text, fmt, args);
    va_end(args);
    (void)yaml_place(w->places, pointer, at_key, &line, &column);
    return err_set_at(w->err, ERR_USAGE, w->file, line, column, "%s", text.ptr);
}

/* The name at the end of the path. */
static const char *own_name(const struct walk *w)
{
    const char *slash = strrchr(w->path.ptr, '/');
    return slash != NULL ? slash + 1 : w->path.ptr;
}

static int fail_kind(struct walk *w, const struct js *value, const char *wanted)
{
    return fail(w, false, "'%s' is %s, found %s", own_name(w), wanted, js_type_name(value));
}

/* The names that may stand below a path of the table, with NULL behind the last. */
static void collect_below(const char *rule, struct strlist *ret)
{
    size_t n = strlen(rule);
    for (const struct key *k = keys; k->path != NULL; k++) {
        if (strncmp(k->path, rule, n) == 0 && k->path[n] == '/' &&
            strchr(k->path + n + 1, '/') == NULL && strcmp(k->path, "/read") != 0)
            strlist_add(ret, k->path + n + 1);
    }
    strlist_take(ret, NULL);
    ret->len--;
}

static int fail_unknown(struct walk *w, const char *rule, const char *key)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    AUTO(xfree)
    char *parent = xstrndup(w->path.ptr, (size_t)(strrchr(w->path.ptr, '/') - w->path.ptr));
    AUTO(xfree) char *where = shown(parent);
    collect_below(rule, &names);
    const char *in = where[0] != '\0' ? where : "a setup";
    const char *near = str_nearest(key, (const char *const *)names.items);
    if (near != NULL)
        return fail(w, true, "unknown key '%s' in %s; did you mean '%s'?", key, in, near);
    AUTO(xfree) char *known = strlist_join(&names, ", ");
    return fail(w, true, "unknown key '%s' in %s; known are %s", key, in, known);
}

/* ---- walking ---- */

static void cut(struct buf *b, size_t len)
{
    b->len = len;
    b->ptr[len] = '\0';
}

static void add_pointer(struct buf *b, const char *key)
{
    buf_addc(b, '/');
    for (; *key != '\0'; key++) { /* RFC 6901 3 */
        if (*key == '~')
            buf_adds(b, "~0");
        else if (*key == '/')
            buf_adds(b, "~1");
        else
            buf_addc(b, *key);
    }
}

static int check_value(struct walk *w, const struct js *value);

static int check_at(struct walk *w, const char *key, const struct js *value)
{
    size_t path_len = w->path.len;
    size_t rule_len = w->rule.len;
    int rc = 0;
    add_pointer(&w->path, key);
    buf_addf(&w->rule, "/%s", key);
    if (find_key(w->rule.ptr) == NULL || strchr(key, '/') != NULL) {
        cut(&w->rule, rule_len);
        buf_adds(&w->rule, "/*");
    }
    if (find_key(w->rule.ptr) == NULL) {
        cut(&w->rule, rule_len);
        rc = fail_unknown(w, w->rule.ptr, key);
    } else {
        rc = check_value(w, value);
    }
    cut(&w->path, path_len);
    cut(&w->rule, rule_len);
    return rc;
}

static int check_value(struct walk *w, const struct js *value)
{
    const struct key *k = find_key(w->rule.ptr);
    return js_is(value, JS_NULL) ? 0 : k->check(w, k, value);
}

static int check_members(struct walk *w, const struct key *k, const struct js *value)
{
    if (!js_is(value, JS_OBJECT))
        return k->path[0] == '\0' ? fail(w, false, "a setup is a map of keys")
                                  : fail_kind(w, value, "a map");
    for (struct js_iter it = js_iter(value); js_next(&it);) {
        if (check_at(w, it.key, it.value) != 0)
            return -1;
    }
    return 0;
}

static int check_elements(struct walk *w, const struct key *k, const struct js *value)
{
    if (!js_is(value, JS_ARRAY))
        return fail_kind(w, value, "a list");
    for (size_t i = 0; i < js_len(value); i++) {
        AUTO(xfree) char *number = xasprintf("%zu", i);
        if (check_at(w, number, js_at(value, i)) != 0)
            return -1;
    }
    return 0;
}

static int check_text(struct walk *w, const struct key *k, const struct js *value)
{
    if (js_is(value, JS_STRING))
        return 0;
    if (!js_is(value, JS_INTEGER) && !js_is(value, JS_REAL))
        return fail_kind(w, value, "text");
    AUTO(xfree) char *number = js_compact(value);
    return fail(w, false, "'%s' is the number %s, not text; put it in quotes: \"%s\"", own_name(w),
                number, number);
}

static enum system system_named(const char *name)
{
    int s = 0;
    while (s < SYSTEM_MAX_ - 1 && strcmp(system_name((enum system)s), name) != 0)
        s++;
    return (enum system)s;
}

static int check_version(struct walk *w, const struct key *k, const struct js *value)
{
    enum system s = system_named(k->values);
    if (!js_is(value, JS_STRING) || setup_knows_version(s, js_text(value)))
        return check_text(w, k, value);
    const char *near = str_nearest(js_text(value), setup_versions(s));
    if (near != NULL)
        return fail(w, false, "unknown version '%s' of %s; did you mean '%s'?", js_text(value),
                    k->values, near);
    return fail(w, false, "unknown version '%s' of %s; the newest known is '%s'", js_text(value),
                k->values, setup_versions(s)[0]);
}

static int check_texts(struct walk *w, const struct key *k, const struct js *value)
{
    if (!js_is(value, JS_ARRAY))
        return fail_kind(w, value, "a list");
    for (size_t i = 0; i < js_len(value); i++) {
        size_t len = w->path.len;
        buf_addf(&w->path, "/%zu", i);
        if (check_text(w, k, js_at(value, i)) != 0)
            return -1;
        cut(&w->path, len);
    }
    return 0;
}

int keys_bool(const struct js *value, bool *ret)
{
    const char *text = js_text(value);
    bool yes = js_is(value, JS_TRUE) || cstr_eq(text, "true") || cstr_eq(text, "yes");
    if (!yes && !js_is(value, JS_FALSE) && !cstr_eq(text, "false") && !cstr_eq(text, "no"))
        return -1;
    *ret = yes;
    return 0;
}

static int check_bool(struct walk *w, const struct key *k, const struct js *value)
{
    bool ignored = false;
    if (keys_bool(value, &ignored) == 0)
        return 0;
    if (js_text(value) == NULL)
        return fail_kind(w, value, "true or false");
    return fail(w, false, "'%s' is '%s'; it is true or false", own_name(w), js_text(value));
}

static int check_word(struct walk *w, const struct key *k, const struct js *value)
{
    AUTO(strlist_deinit) struct strlist words = {0};
    struct str rest = str_of(k->values);
    struct str word = {0};
    bool truth = js_is(value, JS_TRUE);
    const char *given = truth ? "true" : js_is(value, JS_FALSE) ? "false" : js_text(value);
    while (str_next(&rest, ' ', &word))
        strlist_take(&words, xstrndup(word.ptr, word.len));
    if (given == NULL)
        return check_text(w, k, value);
    if (strlist_has(&words, given))
        return 0;
    AUTO(xfree) char *known = strlist_join(&words, ", ");
    return fail(w, false, "'%s' is '%s'; it is one of %s", own_name(w), given, known);
}

/* One "minutes=1" of authentik's timedelta text. */
static int duration_part(struct str part, int64_t *sum_s)
{
    static const struct unit {
        const char *name;
        int64_t seconds;
    } units[] = {{"weeks", 604800}, {"days", 86400}, {"hours", 3600},
                 {"minutes", 60},   {"seconds", 1},  {NULL, 0}};
    struct str name = {0};
    int64_t n = 0;
    part = str_trim(part);
    if (!str_next(&part, '=', &name) || str_to_i64(part, 0, 100000000, &n) != 0)
        return -1;
    for (const struct unit *u = units; u->name != NULL; u++) {
        if (str_is(name, u->name)) {
            *sum_s += n * u->seconds;
            return 0;
        }
    }
    return -1;
}

int keys_duration_s(const char *text, int64_t *ret)
{
    struct str rest = str_of(text);
    struct str part = {0};
    int64_t sum = 0;
    int64_t ms = 0;
    if (str_to_duration_ms(rest, &ms) == 0 && ms % 1000 == 0) {
        *ret = ms / 1000;
        return 0;
    }
    while (str_next(&rest, ';', &part)) {
        if (duration_part(part, &sum) != 0)
            return -1;
    }
    *ret = sum;
    return 0;
}

static int check_duration(struct walk *w, const struct key *k, const struct js *value)
{
    int64_t ignored = 0;
    if (!js_is(value, JS_STRING))
        return check_text(w, k, value);
    if (keys_duration_s(js_text(value), &ignored) == 0)
        return 0;
    return fail(w, false, "'%s' is '%s'; it is a duration like minutes=10 or 10m", own_name(w),
                js_text(value));
}

static int check_network(struct walk *w, const struct key *k, const struct js *value)
{
    struct cidr ignored;
    if (!js_is(value, JS_STRING) || cidr_parse(js_text(value), &ignored) == 0)
        return check_text(w, k, value);
    return fail(w, false, "'%s' is no network; write one like 10.0.0.0/8", js_text(value));
}

static bool is_number(const struct js *value, int64_t min, int64_t max)
{
    int64_t n = 0;
    return js_is(value, JS_STRING) ? str_to_i64(str_of(js_text(value)), min, max, &n) == 0
                                   : js_number(value, &n) == 0 && n >= min && n <= max;
}

/* Seconds since the epoch, as a token has them. */
static int check_epoch(struct walk *w, const struct key *k, const struct js *value)
{
    return is_number(value, 0, INT64_MAX)
               ? 0
               : fail(w, false, "'%s' is a time in seconds since 1970", own_name(w));
}

static int check_replicas(struct walk *w, const struct key *k, const struct js *value)
{
    return is_number(value, 1, MAX_REPLICAS)
               ? 0
               : fail(w, false, "'%s' is a number from 1 to %d", own_name(w), MAX_REPLICAS);
}

static int check_count(struct walk *w, const struct key *k, const struct js *value)
{
    return is_number(value, 0, MAX_GENERATED_GROUPS)
               ? 0
               : fail(w, false, "'%s' is a number from 0 to %d", own_name(w), MAX_GENERATED_GROUPS);
}

static int check_text_or_map(struct walk *w, const struct key *k, const struct js *value)
{
    return js_is(value, JS_OBJECT) ? 0 : check_text(w, k, value);
}

static int check_typed(struct walk *w, const struct key *k, const struct js *value)
{
    return js_is(value, JS_OBJECT) ? 0 : fail_kind(w, value, "a map");
}

/* The texts of a scope mapping, however deep they are. */
static int check_templates(struct walk *w, const struct js *value)
{
    size_t len = w->path.len;
    struct err problem = {0};
    if (js_text(value) != NULL && template_check(js_text(value), &problem) != 0)
        return fail(w, false, "%s", problem.msg);
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++) {
        buf_addf(&w->path, "/%zu", i);
        if (check_templates(w, js_at(value, i)) != 0)
            return -1;
        cut(&w->path, len);
    }
    if (!js_is(value, JS_OBJECT))
        return 0;
    for (struct js_iter it = js_iter(value); js_next(&it);) {
        add_pointer(&w->path, it.key);
        if (check_templates(w, it.value) != 0)
            return -1;
        cut(&w->path, len);
    }
    return 0;
}

static int check_mapping(struct walk *w, const struct key *k, const struct js *value)
{
    return check_typed(w, k, value) == 0 ? check_templates(w, value) : -1;
}

static int check_totp(struct walk *w, const struct key *k, const struct js *value)
{
    if (js_text(value) == NULL)
        return check_text(w, k, value);
    AUTO(xfree) char *code = totp_code(js_text(value), 0);
    return code != NULL
               ? 0
               : fail(w, false, "'%s' is a secret in base32: A to Z and 2 to 7", own_name(w));
}

/* An empty one would let in whoever leaves the field empty. */
static int check_secret(struct walk *w, const struct key *k, const struct js *value)
{
    bool empty = js_text(value) != NULL && js_text(value)[0] == '\0';
    return empty ? fail(w, false, "'%s' is empty: leave it out for none", own_name(w))
                 : check_text(w, k, value);
}

/* Only setup_read writes it, and a document has no place in a file. */
static int check_internal(struct walk *w, const struct key *k, const struct js *value)
{
    return w->places == NULL ? 0 : fail_unknown(w, "", "read");
}

int setup_check(const struct js *doc, const char *file, const struct yaml_places *places,
                const char *pointer, struct err *err)
{
    struct walk w = {.file = file, .places = places, .pointer = pointer, .err = err};
    buf_init(&w.path, BUF_MAX_TEXT);
    buf_init(&w.rule, BUF_MAX_TEXT);
    int rc = check_value(&w, doc);
    buf_deinit(&w.path);
    buf_deinit(&w.rule);
    return rc;
}

/* ---- types ---- */

static const struct key *find_below(const char *rule, const char *key, char **ret_rule)
{
    AUTO(xfree) char *exact = xasprintf("%s/%s", rule, key);
    AUTO(xfree) char *any = xasprintf("%s/*", rule);
    const struct key *k = find_key(exact);
    *ret_rule = xstrdup(k != NULL ? exact : any);
    return k != NULL ? k : find_key(any);
}

static void take_types(const char *rule, struct js *text, const struct js *typed)
{
    AUTO(js_free) struct js *changes = js_object();
    for (struct js_iter it = js_iter(text); js_next(&it);) {
        AUTO(xfree) char *below = NULL;
        const struct key *k = find_below(rule, it.key, &below);
        struct js *other = js_get(typed, it.key);
        bool takes = k != NULL && (k->check == check_typed || k->check == check_text_or_map ||
                                   k->check == check_mapping);
        if (takes && other != NULL && js_is(it.value, JS_OBJECT))
            js_set(changes, it.key, js_dup(other));
        else if (k != NULL && js_is(it.value, JS_OBJECT))
            take_types(below, it.value, other);
    }
    for (struct js_iter it = js_iter(changes); js_next(&it);)
        js_set(text, it.key, js_dup(it.value));
}

void setup_take_types(struct js *text, const struct js *typed)
{
    take_types("", text, typed);
}
