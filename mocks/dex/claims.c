/*
 * From authentik's claims to a Dex identity (dex.md 4.4 steps 8 to 15, 4.6): mapping, groups,
 * modifications. Pure: no I/O, no state.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/regex.h"
#include "mocks/dex/connector_oidc.h"

static const char *option(const struct js *conf, const char *name)
{
    const char *s = js_get_text(conf, name);
    return s != NULL ? s : "";
}

static const char *mapping(const struct js *conf, const char *name)
{
    return option(js_get(conf, "claimMapping"), name);
}

static bool has_override(const struct js *conf)
{
    return js_get_bool(conf, "overrideClaimMapping", false);
}

static int missing(struct err *err, const char *claim)
{
    return err_set(err, ERR_PARSE, "missing \"%s\" claim", claim);
}

static int map_username(const struct js *conf, const struct js *claims, struct dex_identity *i,
                        struct err *err)
{
    const char *key = option(conf, "userNameKey");
    key = *key != '\0' ? key : "name";
    const char *name = js_get_text(claims, key);
    if (name == NULL)
        return missing(err, key);
    const char *preferred = js_get_text(claims, "preferred_username");
    const char *mapped = mapping(conf, "preferred_username");
    if (*mapped != '\0' && (preferred == NULL || has_override(conf)))
        preferred = js_get_text(claims, mapped);
    i->username = xstrdup(name);
    i->preferred_username = xstrdup(preferred != NULL ? preferred : "");
    return 0;
}

static int map_email(const struct dex_claim_rules *rules, const struct js *claims,
                     struct dex_identity *i, struct err *err)
{
    const char *key = "email";
    const char *email = js_get_text(claims, key);
    const char *mapped = mapping(rules->conf, "email");
    if (*mapped != '\0' && (email == NULL || has_override(rules->conf))) {
        key = mapped;
        email = js_get_text(claims, key);
    }
    if (email == NULL && rules->has_email_scope)
        return err_set(err, ERR_PARSE, "missing email claim, not found \"%s\" key", key);
    const struct js *verified = js_get(claims, "email_verified");
    bool is_bool = js_is(verified, JS_TRUE) || js_is(verified, JS_FALSE);
    if (!is_bool && !rules->skip_email_verified && rules->has_email_scope)
        return missing(err, "email_verified");
    i->email = xstrdup(email != NULL ? email : "");
    i->email_verified = is_bool ? js_is(verified, JS_TRUE) : rules->skip_email_verified;
    return 0;
}

/* ---- groups ---- */

static void keep_group(const struct dex_claim_rules *rules, const char *name, struct strlist *ret)
{
    if (rules->groups_filter == NULL || regex_search(rules->groups_filter, str_of(name)))
        strlist_add(ret, name);
}

static int read_group_list(const struct dex_claim_rules *rules, const struct js *list,
                           const char *key, struct strlist *ret, struct err *err)
{
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *v = js_at(list, i);
        bool is_object = js_is(v, JS_OBJECT) && !rules->no_groups_objects;
        const char *name = is_object ? js_get_text(v, "name") : js_text(v);
        if (!is_object && !js_is(v, JS_STRING))
            return err_set(err, ERR_PARSE, "malformed \"%s\" claim", key);
        if (name != NULL)
            keep_group(rules, name, ret);
    }
    return 0;
}

/* The result keeps the token's order. */
static int only_allowed(const struct js *allowed, struct strlist *groups, struct err *err)
{
    struct strlist kept = {0};
    for (size_t i = 0; i < groups->len; i++) {
        for (size_t k = 0; k < js_len(allowed); k++) {
            if (cstr_eq(js_text(js_at(allowed, k)), groups->items[i])) {
                strlist_add(&kept, groups->items[i]);
                break;
            }
        }
    }
    strlist_deinit(groups);
    *groups = kept;
    return kept.len > 0 ? 0 : err_set(err, ERR_PARSE, "user not a member of allowed groups");
}

static void rename_groups(const struct js *modify, struct strlist *groups)
{
    const char *prefix = option(modify, "prefix");
    const char *suffix = option(modify, "suffix");
    for (size_t i = 0; i < groups->len; i++) {
        char *name = xasprintf("%s%s%s", prefix, groups->items[i], suffix);
        xfree(groups->items[i]);
        groups->items[i] = name;
    }
}

static int map_groups(const struct dex_claim_rules *rules, const struct js *claims,
                      struct strlist *groups, struct err *err)
{
    const struct js *conf = rules->conf;
    if (!js_get_bool(conf, "insecureEnableGroups", false))
        return 0;
    const char *key = "groups";
    const char *mapped = mapping(conf, "groups");
    if (*mapped != '\0' && (!js_is(js_get(claims, key), JS_ARRAY) || has_override(conf)))
        key = mapped;
    const struct js *value = js_get(claims, key);
    if (js_is(value, JS_STRING) && !rules->no_groups_string)
        strlist_add(groups, js_text(value));
    if (js_is(value, JS_ARRAY) && read_group_list(rules, value, key, groups, err) != 0)
        return -1;
    const struct js *allowed = js_get(conf, "allowedGroups");
    if (js_len(allowed) > 0 && only_allowed(allowed, groups, err) != 0)
        return -1;
    rename_groups(js_path(conf, "claimModifications", "modifyGroupNames", NULL), groups);
    return 0;
}

static void add_without(struct buf *b, const char *text, const char *delimiter)
{
    size_t n = strlen(delimiter);
    while (*text != '\0') {
        if (n > 0 && strncmp(text, delimiter, n) == 0)
            text += n;
        else
            buf_addc(b, *text++);
    }
}

/* newGroupFromClaims works with groups disabled too (dex.md row 73). */
static void add_built_group(const struct js *rule, const struct js *claims, struct strlist *groups)
{
    AUTO(buf_deinit) struct buf name = {0};
    const char *delimiter = option(rule, "delimiter");
    const struct js *names = js_get(rule, "claims");
    size_t found = 0;
    buf_init(&name, BUF_MAX_TEXT);
    buf_adds(&name, option(rule, "prefix"));
    for (size_t i = 0; i < js_len(names); i++) {
        const char *claim = js_text(js_at(names, i));
        const char *value = claim != NULL ? js_get_text(claims, claim) : NULL;
        if (value == NULL)
            continue;
        found++;
        buf_adds(&name, delimiter);
        add_without(&name, value, js_get_bool(rule, "clearDelimiter", false) ? delimiter : "");
    }
    if (found > 0)
        strlist_add(groups, name.ptr);
}

/* HostedDomain of Google, in the versions that looked at it here. */
static int check_domain(const struct js *conf, const struct js *claims, struct err *err)
{
    const struct js *domains = js_get(conf, "hostedDomains");
    const char *domain = option(claims, "hd");
    for (size_t i = 0; i < js_len(domains); i++) {
        if (cstr_eq(js_text(js_at(domains, i)), domain))
            return 0;
    }
    return js_len(domains) == 0 ? 0
                                : err_set(err, ERR_PARSE, "oidc: unexpected hd claim %s", domain);
}

static int map_user_id(const struct dex_claim_rules *rules, const struct js *claims,
                       struct dex_identity *i, struct err *err)
{
    const char *key = option(rules->conf, "userIDKey");
    const char *subject = rules->subject != NULL ? rules->subject : js_get_text(claims, "sub");
    const char *id = *key != '\0' ? js_get_text(claims, key) : subject;
    if (id == NULL)
        return err_set(err, ERR_PARSE, "oidc: not found %s claim", key);
    i->user_id = xstrdup(id);
    return 0;
}

int dex_claims_to_identity(const struct dex_claim_rules *rules, const struct js *claims,
                           struct dex_identity *ret, struct err *err)
{
    AUTO(dex_identity_deinit) struct dex_identity i = {0};
    if (rules->subject == NULL && js_get_text(claims, "sub") == NULL)
        return missing(err, "sub");
    if (map_username(rules->conf, claims, &i, err) != 0 || map_email(rules, claims, &i, err) != 0 ||
        map_groups(rules, claims, &i.groups, err) != 0)
        return -1;
    const struct js *built = js_path(rules->conf, "claimModifications", "newGroupFromClaims", NULL);
    for (size_t k = 0; k < js_len(built); k++)
        add_built_group(js_at(built, k), claims, &i.groups);
    if (check_domain(rules->conf, claims, err) != 0 || map_user_id(rules, claims, &i, err) != 0)
        return -1;
    dex_identity_copy(ret, &i);
    return 0;
}
