/*
 * Making tokens (authentik.md 5.4, 6): claims are fixed under the lock, the two signatures are made
 * without it, then the tokens become known. Knows nothing of how the grant came about.
 */
#include "mocks/authentik/state.h"

#include <assert.h>
#include <string.h>

#include "harness/crypto/hash.h"
#include "harness/jose/jwt.h"
#include "mocks/authentik/faults.h"

void ak_grant_copy(struct grant *to, const struct grant *from)
{
    *to = (struct grant){
        .person = xstrdup(from->person),
        .nonce = from->nonce != NULL ? xstrdup(from->nonce) : NULL,
        .sid = from->sid != NULL ? xstrdup(from->sid) : NULL,
        .auth_time_s = from->auth_time_s,
        .challenge = from->challenge != NULL ? xstrdup(from->challenge) : NULL,
        .challenge_method = from->challenge_method != NULL ? xstrdup(from->challenge_method) : NULL,
    };
    for (size_t i = 0; i < from->scopes.len; i++)
        strlist_add(&to->scopes, from->scopes.items[i]);
}

void ak_grant_deinit(struct grant *g)
{
    xfree(g->person);
    strlist_deinit(&g->scopes);
    xfree(g->nonce);
    xfree(g->sid);
    xfree(g->challenge);
    xfree(g->challenge_method);
    *g = (struct grant){0};
}

void ak_code_free_item(struct store_item *item)
{
    struct code *c = (struct code *)(void *)item;
    ak_grant_deinit(&c->grant);
    xfree(c->item.key);
    xfree(c);
}

void ak_token_free_item(struct store_item *item)
{
    struct token *t = (struct token *)(void *)item;
    ak_grant_deinit(&t->grant);
    xfree(t->claims);
    xfree(t->item.key);
    xfree(t);
}

char *ak_token_key(const char *token)
{
    return hash_sha256_hex(token);
}

static struct js *access_claims(struct mock *m, const struct mint *t)
{
    struct js *claims = js_dup(t->id_claims);
    js_remove(claims, "c_hash");
    js_remove(claims, "at_hash");
    AUTO(xfree) char *uid = ak_mock_draw(m, "uid", RND_ALNUM, 40);
    AUTO(xfree) char *scope = ak_claims_scope_text(&t->grant);
    js_set_text(claims, "azp", m->conf.ak->client_id);
    js_set_text(claims, "uid", uid);
    /* a mapping may have set it (since 2025.12.1) */
    if (ak_quirk(m, QUIRK_ACCESS_SCOPE) && js_get(claims, "scope") == NULL)
        js_set_text(claims, "scope", scope);
    return claims;
}

void ak_mint_prepare(struct mock *m, struct mint *t, const struct http_request *req)
{
    const struct setup_authentik *ak = m->conf.ak;
    t->now_s = ak_mock_now_s(m);
    t->access_expires_s = t->now_s + ak->access_token_validity_s;
    t->refresh_expires_s = t->now_s + ak->refresh_token_validity_s;
    t->key = key_ref(m->conf.key);
    t->alg = m->conf.alg;
    t->kid = m->conf.kid != NULL ? xstrdup(m->conf.kid) : NULL;
    AUTO(xfree) char *base = ak_base(req);
    AUTO(xfree) char *issuer = ak_issuer(m, base);
    t->id_claims = ak_claims_id_token(m, t, issuer);
    t->access_claims = access_claims(m, t);
    if (t->with_refresh)
        t->refresh_token = ak_mock_draw(m, "refresh-token", RND_ALNUM, 128);
    t->id_key = key_ref(t->key);
    t->id_alg = t->alg;
    t->id_kid = t->kid != NULL ? xstrdup(t->kid) : NULL;
    struct fault_call call = {.m = m, .mint = t, .doc = t->id_claims};
    ak_faults_play(FAULT_ID_CLAIMS, &call);
    ak_faults_play(FAULT_ID_KEY, &call);
}

/* Turns the last character but one of the signature: a key that signs this kind otherwise is not at
 * hand, and nobody can tell the difference. */
static void spoil(char *compact)
{
    size_t n = strlen(compact);
    assert(n > 10);
    compact[n - 5] = compact[n - 5] == 'A' ? 'B' : 'A';
}

static bool sign_id_token(struct mock *m, struct mint *t, struct err *err)
{
    if (t->with_at_hash) {
        AUTO(xfree) char *hash = jwt_half_hash(JWS_RS256, t->access_token);
        js_set_text(t->id_claims, "at_hash", hash);
    }
    if (jwt_sign(t->id_key, t->id_alg, "JWT", t->id_kid, t->id_claims, &t->id_token, err) != 0)
        return false;
    if (t->id_spoiled)
        spoil(t->id_token);
    struct fault_call call = {.m = m, .mint = t};
    ak_faults_play(FAULT_ID_TOKEN, &call);
    return true;
}

bool ak_mint_sign(struct mock *m, struct mint *t, struct err *err)
{
    if (jwt_sign(t->key, t->alg, "JWT", t->kid, t->access_claims, &t->access_token, err) != 0)
        return false;
    return !t->with_id_token || sign_id_token(m, t, err);
}

static void keep(struct store *where, const struct mint *t, char *key, int64_t expires_s)
{
    struct token *kept = xcalloc(1, sizeof(*kept));
    kept->item.key = key;
    kept->item.expires_s = expires_s;
    kept->claims = js_compact(t->id_claims);
    ak_grant_copy(&kept->grant, &t->grant);
    ak_store_put(where, &kept->item, t->now_s);
}

void ak_mint_store(struct mock *m, struct mint *t)
{
    keep(&m->access, t, ak_token_key(t->access_token), t->access_expires_s);
    trace_secret(m->env.trace, "token", t->access_token);
    if (t->id_token != NULL)
        trace_secret(m->env.trace, "token", t->id_token);
    if (t->refresh_token == NULL)
        return;
    keep(&m->refresh, t, xstrdup(t->refresh_token), t->refresh_expires_s);
    trace_secret(m->env.trace, "token", t->refresh_token);
}

struct js *ak_mint_response(const struct mock *m, const struct mint *t)
{
    struct js *body = js_object();
    AUTO(xfree) char *scope = ak_claims_scope_text(&t->grant);
    js_set_text(body, "access_token", t->access_token);
    js_set_text(body, "token_type", "Bearer");
    js_set_text(body, "scope", scope);
    js_set(body, "expires_in", js_int(m->conf.ak->access_token_validity_s));
    js_set_text(body, "id_token", t->id_token);
    if (t->refresh_token != NULL)
        js_set_text(body, "refresh_token", t->refresh_token);
    return body;
}

void ak_mint_deinit(struct mint *t)
{
    key_free(t->key);
    key_free(t->id_key);
    xfree(t->kid);
    xfree(t->id_kid);
    js_free(t->id_claims);
    js_free(t->access_claims);
    ak_grant_deinit(&t->grant);
    xfree(t->id_token);
    xfree(t->access_token);
    xfree(t->refresh_token);
    *t = (struct mint){0};
}
