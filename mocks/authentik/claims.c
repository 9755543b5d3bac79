/*
 * What stands in tokens and userinfo (authentik.md 6.2, 6.4): base claims in authentik's order,
 * then what the scope mappings return, merged in scope_name order. Signs nothing.
 */
#include "mocks/authentik/state.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/crypto/hash.h"
#include "harness/jose/jwt.h"

struct mapping {
    const char *scope;
    const char *description; /* shown on the consent page */
    void (*add)(const struct mock *m, const struct setup_person *p, struct js *claims);
};

static void add_email(const struct mock *m, const struct setup_person *p, struct js *claims)
{
    js_set_text(claims, "email", p->email != NULL ? p->email : "");
    if (!m->conf.ak->email_verified_absent)
        js_set(claims, "email_verified", js_bool(m->conf.ak->email_verified));
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

/* No application entitlements are modelled, so both lists are empty, as for a person without any.
 */
static void add_entitlements(const struct mock *m, const struct setup_person *p, struct js *claims)
{
    (void)m;
    (void)p;
    js_set(claims, "entitlements", js_array());
    js_set(claims, "roles", js_array());
}

/* blueprints/system/providers-oauth2.yaml, in scope_name order */
static const struct mapping mappings[] = {
    {"email", "Email address", add_email},
    {"entitlements", "Application entitlements", add_entitlements},
    {"goauthentik.io/api", "authentik API Access on behalf of your user", NULL},
    {"offline_access", "Access to request new tokens without interaction", NULL},
    {"openid", "", NULL},
    {"profile", "General Profile Information", add_profile},
    {0}};

const char *ak_claims_scope_description(const char *scope)
{
    for (const struct mapping *x = mappings; x->scope != NULL; x++)
        if (strcmp(x->scope, scope) == 0)
            return x->description;
    return "";
}

bool ak_claims_has_scope(const struct grant *g, const char *scope)
{
    return strlist_has(&g->scopes, scope);
}

char *ak_claims_scope_text(const struct grant *g)
{
    return strlist_join(&g->scopes, " ");
}

struct js *ak_claims_mapped(struct mock *m, const struct setup_person *p, const struct grant *g)
{
    struct js *claims = js_object();
    for (const struct mapping *x = mappings; x->scope != NULL; x++)
        if (x->add != NULL && ak_claims_has_scope(g, x->scope))
            x->add(m, p, claims);
    if (p->extra != NULL)
        js_merge(claims, p->extra);
    return claims;
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
    const char *upn = js_get_text(p->extra, "upn");
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

static void set_if(struct js *claims, const char *name, const char *value)
{
    if (value != NULL)
        js_set_text(claims, name, value);
}

/* Django's anonymous service account has no login, so neither amr nor sid (authentik.md 6.2). */
static void set_login(struct js *claims, const struct mint *t)
{
    js_set(claims, "auth_time", js_int(t->grant.auth_time_s));
    js_set_text(claims, "acr", "goauthentik.io/providers/oauth2/default");
    if (t->grant.sid == NULL)
        return;
    struct js *amr = js_array();
    js_append_text(amr, "pwd");
    js_set(claims, "amr", amr);
}

struct js *ak_claims_id_token(struct mock *m, const struct mint *t, const char *issuer)
{
    const struct setup_person *p = ak_conf_person(m, t->grant.person);
    struct js *claims = js_object();
    AUTO(xfree) char *sub = ak_claims_sub(m, p);
    set_if(claims, "iss", issuer);
    js_set_text(claims, "sub", sub);
    js_set_text(claims, "aud", m->conf.ak->client_id);
    js_set(claims, "exp", js_int(t->access_expires_s));
    js_set(claims, "iat", js_int(t->now_s));
    set_login(claims, t);
    if (t->c_hash_of != NULL) {
        AUTO(xfree) char *hash = jwt_half_hash(JWS_RS256, t->c_hash_of); /* always SHA-256 */
        js_set_text(claims, "c_hash", hash);
    }
    set_if(claims, "nonce", t->grant.nonce);
    if (t->with_at_hash)
        js_set_text(claims, "at_hash", ""); /* its place; the value follows the access token */
    if (ak_quirk(m, QUIRK_SID))
        set_if(claims, "sid", t->grant.sid);
    AUTO(xfree) char *jti = ak_mock_draw(m, "jti", RND_ALNUM, 40);
    if (ak_quirk(m, QUIRK_JTI))
        js_set_text(claims, "jti", jti);
    if (m->conf.ak->include_claims_in_id_token) {
        AUTO(js_free) struct js *mapped = ak_claims_mapped(m, p, &t->grant);
        js_merge(claims, mapped);
    }
    return claims;
}
