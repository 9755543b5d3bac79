/*
 * The tokens Dex issues (dex.md 6.1 to 6.5): two RS256 JWTs with the same claims in Dex's order,
 * and the ids it draws. It does not know which grant asked.
 */
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/protobuf.h"
#include "harness/jose/jwt.h"
#include "mocks/dex/dex_int.h"

#define ID_TAIL 24
#define CROSS_CLIENT "audience:server:client_id:"

char *dex_new_id(struct dex *d, const char *purpose)
{
    AUTO(xfree) char *first = rnd_text(d->env->rnd, DEX_PARTY, purpose, DEX_ID_FIRST, 1);
    AUTO(xfree) char *tail = rnd_text(d->env->rnd, DEX_PARTY, purpose, DEX_ID_REST, ID_TAIL);
    return xasprintf("%s%s", first, tail);
}

void dex_audience(const char *client_id, const struct strlist *scopes, struct strlist *ret)
{
    for (size_t i = 0; i < scopes->len; i++) {
        if (cstr_starts(scopes->items[i], CROSS_CLIENT))
            strlist_add(ret, scopes->items[i] + strlen(CROSS_CLIENT));
    }
    if (!strlist_has(ret, client_id))
        strlist_add(ret, client_id);
}

struct js *dex_federated_claims(const struct dex_session *s)
{
    struct js *j = js_object();
    js_set_text(j, "connector_id", s->connector_id);
    js_set_text(j, "user_id", s->identity.user_id);
    return j;
}

static void set_nonempty(struct js *claims, const char *name, const char *value)
{
    if (*value != '\0')
        js_set_text(claims, name, value);
}

static struct js *text_array(const struct strlist *l)
{
    struct js *a = js_array();
    for (size_t i = 0; i < l->len; i++)
        js_append_text(a, l->items[i]);
    return a;
}

static void set_half_hash(struct js *claims, const char *name, const char *value)
{
    AUTO(xfree) char *hash = jwt_half_hash(JWS_RS256, value);
    js_set_text(claims, name, hash);
}

/* The claims before at_hash, then those after it: dex.md 6.2's order. */
static struct js *first_claims(struct dex *d, const struct dex_session *s,
                               const struct strlist *scopes, int64_t iat_s)
{
    struct js *c = js_object();
    AUTO(strlist_deinit) struct strlist aud = {0};
    AUTO(xfree) char *sub = protobuf_pair_encode(s->identity.user_id, s->connector_id);
    dex_audience(s->client_id, scopes, &aud);
    js_set_text(c, "iss", d->config.issuer);
    js_set_text(c, "sub", sub);
    if (aud.len == 1)
        js_set_text(c, "aud", aud.items[0]);
    else
        js_set(c, "aud", text_array(&aud));
    js_set(c, "exp", js_int(iat_s + d->config.id_token_ms / 1000));
    js_set(c, "iat", js_int(iat_s));
    if (aud.len > 1)
        js_set_text(c, "azp", s->client_id);
    set_nonempty(c, "nonce", s->nonce);
    return c;
}

static void scope_email(struct js *c, const struct dex_session *s)
{
    set_nonempty(c, "email", s->identity.email);
    js_set(c, "email_verified", js_bool(s->identity.email_verified));
}

static void scope_groups(struct js *c, const struct dex_session *s)
{
    if (s->identity.groups.len > 0)
        js_set(c, "groups", text_array(&s->identity.groups));
}

static void scope_profile(struct js *c, const struct dex_session *s)
{
    set_nonempty(c, "name", s->identity.username);
    set_nonempty(c, "preferred_username", s->identity.preferred_username);
}

static void scope_federated(struct js *c, const struct dex_session *s)
{
    js_set(c, "federated_claims", dex_federated_claims(s));
}

struct scope_claims {
    const char *scope;
    void (*add)(struct js *c, const struct dex_session *s);
};

static const struct scope_claims by_scope[] = {
    {"email", scope_email},
    {"groups", scope_groups},
    {"profile", scope_profile},
    {"federated:id", scope_federated},
    {NULL, NULL},
};

static struct js *build_claims(struct dex *d, const struct dex_session *s,
                               const struct strlist *scopes, int64_t iat_s, const char *hashed,
                               const char *code)
{
    struct js *c = first_claims(d, s, scopes, iat_s);
    if (*hashed != '\0')
        set_half_hash(c, "at_hash", hashed);
    if (*code != '\0')
        set_half_hash(c, "c_hash", code);
    for (const struct scope_claims *b = by_scope; b->scope != NULL; b++) {
        if (strlist_has(scopes, b->scope))
            b->add(c, s);
    }
    return c;
}

static int sign(const struct dex_draft *t, char **ret, struct err *err)
{
    AUTO(js_free) struct js *header = js_object();
    AUTO(xfree) char *payload = js_compact_html(t->claims);
    js_set_text(header, "alg", jws_alg_name(t->alg));
    if (t->kid != NULL) /* a fault takes it away */
        js_set_text(header, "kid", t->kid);
    if (t->header != NULL)
        js_merge(header, t->header);
    return jws_sign(t->key, t->alg, header, str_of(payload), ret, err);
}

static void draft_deinit(struct dex_draft *t)
{
    js_free(t->claims);
    js_free(t->header);
    key_free(t->key);
    xfree(t->kid);
    xfree(t->compact);
}

DEFINE_AUTO_VALUE(struct dex_draft, draft_deinit)

/* hashed "" means the access token itself, whose at_hash is over a random id (dex.md 6.4). */
static int issue(struct dex *d, struct js *take_claims, bool is_id_token, char **ret,
                 struct err *err)
{
    AUTO(draft_deinit) struct dex_draft t = {.claims = take_claims, .alg = JWS_RS256};
    t.key = dex_signing_key(d, &t.kid);
    if (is_id_token)
        dex_fault_before_signing(d, &t);
    if (sign(&t, &t.compact, err) != 0)
        return err_wrap(err, "dex: sign token");
    if (is_id_token)
        dex_fault_after_signing(d, &t);
    trace_secret(d->env->trace, "token", t.compact);
    *ret = t.compact;
    t.compact = NULL;
    return 0;
}

int dex_tokens_issue(struct dex *d, const struct dex_session *s, const struct strlist *scopes,
                     const char *code, struct dex_tokens *ret, struct err *err)
{
    AUTO(dex_tokens_deinit) struct dex_tokens t = {0};
    AUTO(xfree) char *throw_away = dex_new_id(d, "at-hash");
    int64_t iat_s = clock_now_s(d->env->clock);
    struct js *claims = build_claims(d, s, scopes, iat_s, throw_away, "");
    if (issue(d, claims, false, &t.access_token, err) != 0)
        return -1;
    claims = build_claims(d, s, scopes, iat_s, t.access_token, code);
    if (issue(d, claims, true, &t.id_token, err) != 0)
        return -1;
    t.expires_in_s = d->config.id_token_ms / 1000;
    *ret = t;
    t = (struct dex_tokens){0};
    return 0;
}

int dex_tokens_exchanged(struct dex *d, const struct dex_session *s, bool is_id_token,
                         struct dex_tokens *ret, struct err *err)
{
    AUTO(xfree) char *throw_away = is_id_token ? xstrdup("") : dex_new_id(d, "at-hash");
    struct js *claims = build_claims(d, s, &s->scopes, clock_now_s(d->env->clock), throw_away, "");
    if (issue(d, claims, is_id_token, &ret->access_token, err) != 0)
        return -1;
    ret->expires_in_s = d->config.id_token_ms / 1000;
    return 0;
}

void dex_tokens_deinit(struct dex_tokens *t)
{
    xfree(t->id_token);
    xfree(t->access_token);
}
