/*
 * What stands in tokens and userinfo (authentik.md 6.2, 6.4): base claims in authentik's order,
 * then what the scope mappings return, merged in scope_name order. Signs nothing.
 */
#include "mocks/authentik/state.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwt.h"
#include "harness/setup/template.h"

struct mapping {
    const char *scope;
    const char *description; /* shown on the consent page */
    void (*add)(const struct mock *m, const struct setup_person *p, struct js *claims);
};

static void add_email(const struct mock *m, const struct setup_person *p, struct js *claims)
{
    js_set_text(claims, "email", p->email != NULL ? p->email : "");
    const char *given = m->conf.ak->email_verified;
    bool verified = given != NULL ? cstr_eq(given, "true") : !ak_quirk(m, QUIRK_EMAIL_UNVERIFIED);
    if (!cstr_eq(given, "absent"))
        js_set(claims, "email_verified", js_bool(verified));
}

static void add_profile(const struct mock *m, const struct setup_person *p, struct js *claims)
{
    (void)m;
    js_set_text(claims, "name", p->name);
    js_set_text(claims, "given_name", p->name);
    js_set_text(claims, "preferred_username", p->username);
    js_set_text(claims, "nickname", p->username);
    struct js *groups = js_array();
    for (const char *const *g = p->groups; g != NULL && *g != NULL; g++)
        js_append_text(groups, *g);
    js_set(claims, "groups", groups);
}

static bool entitled(const struct setup_person *p, const struct js *holders)
{
    for (size_t i = 0; i < js_len(holders); i++) {
        const char *holder = js_text(js_at(holders, i));
        if (cstr_eq(p->id, holder))
            return true;
        for (const char *const *g = p->groups; g != NULL && *g != NULL; g++)
            if (cstr_eq(*g, holder))
                return true;
    }
    return false;
}

static void add_entitlements(const struct mock *m, const struct setup_person *p, struct js *claims)
{
    struct js *names = js_array();
    for (struct js_iter it = js_iter(m->conf.ak->entitlements); js_next(&it);)
        if (entitled(p, it.value))
            js_append_text(names, it.key);
    js_set(claims, "entitlements", js_dup(names));
    js_set(claims, "roles", names);
}

/* blueprints/system/providers-oauth2.yaml, in scope_name order; openid has neither description nor
 * claims there. */
static const struct mapping mappings[] = {
    {"email", "Email address", add_email},
    {"entitlements", "Application entitlements", add_entitlements},
    {"goauthentik.io/api", "authentik API Access on behalf of your user", NULL},
    {"offline_access", "Access to request new tokens without interaction", NULL},
    {"profile", "General Profile Information", add_profile},
    {0}};

static const struct mapping *mapping_of(const char *scope)
{
    for (const struct mapping *x = mappings; x->scope != NULL; x++)
        if (strcmp(x->scope, scope) == 0)
            return x;
    return NULL;
}

const char *ak_claims_scope_description(const char *scope)
{
    const struct mapping *x = mapping_of(scope);
    return x != NULL ? x->description : "";
}

bool ak_claims_has_scope(const struct grant *g, const char *scope)
{
    return strlist_has(&g->scopes, scope);
}

char *ak_claims_scope_text(const struct grant *g)
{
    return strlist_join(&g->scopes, " ");
}

static char *hashed_sub(const struct mock *m, const struct setup_person *p)
{
    AUTO(xfree) char *text = xasprintf("%d-%s", p->pk, m->install_id);
    return hash_sha256_hex(text);
}

char *ak_claims_sub_hashed(const struct mock *m, const struct setup_person *p)
{
    return hashed_sub(m, p);
}

static char *sub_pk(const struct mock *m, const struct setup_person *p)
{
    (void)m;
    return xasprintf("%d", p->pk);
}

/* A person's uuid is not in the setup: it is made from the hash, the same for the same person. */
static char *sub_uuid(const struct mock *m, const struct setup_person *p)
{
    AUTO(xfree) char *h = hashed_sub(m, p);
    return xasprintf("%.8s-%.4s-4%.3s-8%.3s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
}

static char *sub_username(const struct mock *m, const struct setup_person *p)
{
    (void)m;
    return xstrdup(p->username);
}

static char *sub_email(const struct mock *m, const struct setup_person *p)
{
    (void)m;
    return xstrdup(p->email != NULL ? p->email : "");
}

static char *sub_upn(const struct mock *m, const struct setup_person *p)
{
    const char *upn = js_get_text(p->attributes, "upn");
    if (upn == NULL)
        upn = js_get_text(p->extra, "upn");
    return upn != NULL ? xstrdup(upn) : hashed_sub(m, p);
}

struct sub_mode {
    const char *name;
    char *(*make)(const struct mock *m, const struct setup_person *p);
};

static const struct sub_mode sub_modes[] = {
    {"user_id", sub_pk},       {"user_uuid", sub_uuid}, {"user_username", sub_username},
    {"user_email", sub_email}, {"user_upn", sub_upn},   {0}};

char *ak_claims_sub(struct mock *m, const struct setup_person *p)
{
    for (const struct sub_mode *s = sub_modes; s->name != NULL; s++)
        if (cstr_eq(s->name, m->conf.ak->sub_mode))
            return s->make(m, p);
    return hashed_sub(m, p);
}

/* ------------------------------------------------------------------ scope mappings */

/* What ${user.…} stands for in a mapping of the provider's own. */
static struct js *user_values(const struct mock *m, const struct setup_person *p)
{
    AUTO(xfree) char *uuid = sub_uuid(m, p);
    struct js *groups = js_array();
    for (const char *const *g = p->groups; g != NULL && *g != NULL; g++)
        js_append_text(groups, *g);
    struct js *user = js_object();
    js_set_text(user, "username", p->username);
    js_set_text(user, "name", p->name);
    js_set_text(user, "email", p->email != NULL ? p->email : "");
    js_set(user, "pk", js_int(p->pk));
    js_set_text(user, "uuid", uuid);
    js_set(user, "groups", groups);
    js_set(user, "attributes", p->attributes != NULL ? js_dup(p->attributes) : js_object());
    return user;
}

/* One mapping after the other, as the library deepmerge does it that authentik calls
 * (authentik/providers/oauth2/views/userinfo.py, always_merger): objects member by member, a list
 * is appended to a list, everything else replaces. */
static void merge_mapping(struct js *into, const struct js *from)
{
    for (struct js_iter it = js_iter(from); js_next(&it);) {
        struct js *old = js_get(into, it.key);
        if (js_is(old, JS_OBJECT) && js_is(it.value, JS_OBJECT)) {
            merge_mapping(old, it.value);
        } else if (js_is(old, JS_ARRAY) && js_is(it.value, JS_ARRAY)) {
            for (size_t i = 0; i < js_len(it.value); i++)
                js_append(old, js_dup(js_at(it.value, i)));
        } else {
            js_set(into, it.key, js_dup(it.value));
        }
    }
}

static void add_scope(const struct mock *m, const struct setup_person *p, const char *scope,
                      struct js *claims)
{
    const struct js *own = js_get(m->conf.ak->mappings, scope);
    const struct mapping *x = mapping_of(scope);
    AUTO(js_free) struct js *returned = NULL;
    if (js_is(own, JS_OBJECT)) {
        AUTO(js_free) struct js *user = user_values(m, p);
        returned = template_fill(own, user);
    } else if (x != NULL && x->add != NULL) {
        returned = js_object();
        x->add(m, p, returned);
    }
    merge_mapping(claims, returned);
}

struct js *ak_claims_mapped(struct mock *m, const struct setup_person *p, const struct grant *g)
{
    struct js *claims = js_object();
    for (size_t i = 0; i < m->conf.scopes.len; i++)
        if (ak_claims_has_scope(g, m->conf.scopes.items[i]))
            add_scope(m, p, m->conf.scopes.items[i], claims);
    if (p->extra != NULL)
        js_merge(claims, p->extra);
    return claims;
}

/* ------------------------------------------------------------------ the tokens' own claims */

static void set_if(struct js *claims, const char *name, const char *value)
{
    if (value != NULL)
        js_set_text(claims, name, value);
}

/* Who did not sign in has neither amr nor sid (authentik.md 6.2). Until 2024.8.5 the login was
 * looked up by the request at hand, which on the back channel has no session. */
static void set_login(const struct mock *m, struct js *claims, const struct mint *t)
{
    js_set(claims, "auth_time", js_int(t->grant.auth_time_s));
    js_set_text(claims, "acr", "goauthentik.io/providers/oauth2/default");
    const struct strlist *methods = &t->grant.methods;
    if (methods->len == 0 || (!t->front && !ak_quirk(m, QUIRK_AMR_CODE)))
        return;
    struct js *amr = js_array();
    for (size_t i = 0; i < methods->len; i++)
        js_append_text(amr, methods->items[i]);
    js_set(claims, "amr", amr);
}

/* The tokens of one answer differ in these. */
struct variant {
    int64_t expires_s;
    bool nonce;
    bool c_hash;
    bool at_hash; /* its place; the value follows the access token */
};

static struct js *base_claims(struct mock *m, const struct mint *t, const char *issuer,
                              const char *jti, const struct variant *v)
{
    const struct setup_person *p = ak_conf_person(m, t->grant.person);
    struct js *claims = js_object();
    AUTO(xfree) char *sub = ak_claims_sub(m, p);
    set_if(claims, "iss", issuer);
    js_set_text(claims, "sub", sub);
    js_set_text(claims, "aud", m->conf.ak->client_id);
    js_set(claims, "exp", js_int(v->expires_s));
    js_set(claims, "iat", js_int(t->now_s));
    set_login(m, claims, t);
    if (v->c_hash && t->c_hash_of != NULL) {
        AUTO(xfree) char *hash = jwt_half_hash(JWS_RS256, t->c_hash_of); /* always SHA-256 */
        js_set_text(claims, "c_hash", hash);
    }
    if (v->nonce)
        set_if(claims, "nonce", t->grant.nonce);
    if (v->at_hash)
        js_set_text(claims, "at_hash", "");
    if (ak_quirk(m, QUIRK_SID))
        set_if(claims, "sid", t->grant.sid);
    if (ak_quirk(m, QUIRK_JTI))
        js_set_text(claims, "jti", jti);
    return claims;
}

/* Python's dict.update: what a mapping returns replaces a base claim whole. */
static void update(struct js *claims, const struct js *mapped)
{
    for (struct js_iter it = js_iter(mapped); js_next(&it);)
        js_set(claims, it.key, js_dup(it.value));
}

/* Until 2024.2 the ID token of an answer was the one kept with the refresh token, after a refresh
 * until 2024.4. */
static struct variant id_variant(const struct mock *m, const struct mint *t)
{
    bool wrong_one = t->refreshed && !ak_quirk(m, QUIRK_REFRESH_NO_NONCE);
    bool lasting = t->refreshable && (wrong_one || !ak_quirk(m, QUIRK_ID_TOKEN_SHORT));
    bool hashed = t->refreshable && (wrong_one || !ak_quirk(m, QUIRK_NO_AT_HASH));
    return (struct variant){.expires_s = lasting ? t->refresh_expires_s : t->access_expires_s,
                            .nonce = !t->refreshed || wrong_one,
                            .c_hash = true,
                            .at_hash = t->with_at_hash || hashed};
}

void ak_claims_make(struct mock *m, struct mint *t, const char *issuer)
{
    const struct setup_person *p = ak_conf_person(m, t->grant.person);
    AUTO(xfree) char *jti = ak_mock_draw(m, "jti", RND_ALNUM, 40);
    const struct variant id = id_variant(m, t);
    /* /authorize makes its access token of the ID token, all but at_hash
     * (authentik/providers/oauth2/views/authorize.py, create_implicit_response) */
    const struct variant access = {.expires_s = t->access_expires_s,
                                   .nonce = t->front ||
                                            (!t->refreshed && ak_quirk(m, QUIRK_NONCE_IN_ACCESS)),
                                   .c_hash = t->front};
    const struct variant refresh = {
        .expires_s = t->refresh_expires_s, .nonce = true, .at_hash = true};
    AUTO(js_free) struct js *mapped = NULL;
    if (m->conf.ak->include_claims_in_id_token)
        mapped = ak_claims_mapped(m, p, &t->grant);
    t->id_claims = base_claims(m, t, issuer, jti, &id);
    t->access_claims = base_claims(m, t, issuer, jti, &access);
    update(t->id_claims, mapped);
    update(t->access_claims, mapped);
    if (!t->with_refresh)
        return;
    AUTO(xfree) char *own_jti = ak_mock_draw(m, "refresh-jti", RND_ALNUM, 40);
    t->refresh_claims = base_claims(m, t, issuer, own_jti, &refresh);
    update(t->refresh_claims, mapped);
}
