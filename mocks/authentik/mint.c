/*
 * Making tokens (authentik.md 5.4, 6): claims are fixed under the lock, the two signatures are made
 * without it, then the tokens become known. Knows nothing of how the grant came about.
 */
#include "mocks/authentik/state.h"

#include <assert.h>
#include <string.h>

#include "harness/crypto/hash.h"
#include "harness/jose/jwe.h"
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
    for (size_t i = 0; i < from->methods.len; i++)
        strlist_add(&to->methods, from->methods.items[i]);
}

void ak_grant_deinit(struct grant *g)
{
    xfree(g->person);
    strlist_deinit(&g->scopes);
    xfree(g->nonce);
    xfree(g->sid);
    xfree(g->challenge);
    xfree(g->challenge_method);
    strlist_deinit(&g->methods);
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

/* What the access token has beside the ID token's claims (authentik.md 6.3). */
static void extend_access(struct mock *m, struct mint *t)
{
    struct js *claims = t->access_claims;
    AUTO(xfree) char *uid = ak_mock_draw(m, "uid", RND_ALNUM, 40);
    AUTO(xfree) char *scope = ak_claims_scope_text(&t->grant);
    bool mapped = js_get(claims, "scope") != NULL && ak_quirk(m, QUIRK_SCOPE_OVERRIDE);
    t->access_known = js_compact(claims);
    js_set_text(claims, "azp", m->conf.ak->client_id);
    js_set_text(claims, "uid", uid);
    if (ak_quirk(m, QUIRK_ACCESS_SCOPE) && !mapped)
        js_set_text(claims, "scope", scope);
}

static void take_keys(const struct mock *m, struct mint *t)
{
    const struct conf *c = &m->conf;
    t->key = key_ref(c->key);
    t->alg = c->alg;
    t->kid = c->kid != NULL ? xstrdup(c->kid) : NULL;
    t->id_key = key_ref(t->key);
    t->id_alg = t->alg;
    t->id_kid = t->kid != NULL ? xstrdup(t->kid) : NULL;
    t->enc_key = c->enc_key != NULL ? key_ref(c->enc_key) : NULL;
    t->enc_kid = c->enc_kid != NULL ? xstrdup(c->enc_kid) : NULL;
}

void ak_mint_prepare(struct mock *m, struct mint *t, const struct http_request *req)
{
    const struct setup_authentik *ak = m->conf.ak;
    t->now_s = ak_mock_now_s(m);
    t->access_expires_s = t->now_s + ak->access_token_validity_s;
    t->refresh_expires_s = t->now_s + ak->refresh_token_validity_s;
    take_keys(m, t);
    AUTO(xfree) char *base = ak_base(req);
    AUTO(xfree) char *issuer = ak_issuer(m, base);
    ak_claims_make(m, t, issuer);
    extend_access(m, t);
    if (t->with_refresh)
        t->refresh_token = ak_mock_draw(m, "refresh-token", RND_ALNUM, 128);
    struct fault_call call = {.m = m, .mint = t, .doc = t->id_claims};
    ak_faults_play(FAULT_ID_CLAIMS, &call);
    ak_faults_play(FAULT_ID_KEY, &call);
}

int ak_seal(const struct key *enc_key, const char *enc_kid, char **token, struct err *err)
{
    if (enc_key == NULL)
        return 0;
    const struct jwe_how how = {.alg = JWE_RSA_OAEP_256, .enc = JWE_A256CBC_HS512};
    char *sealed = NULL;
    AUTO(js_free) struct js *header = js_object();
    js_set_text(header, "alg", jwe_alg_name(how.alg));
    js_set_text(header, "enc", jwe_enc_name(how.enc));
    js_set_text(header, "typ", "JWE");
    js_set_text(header, "kid", enc_kid);
    if (jwe_encrypt(enc_key, &how, header, str_of(*token), &sealed, err) != 0)
        return -1;
    xfree(*token);
    *token = sealed;
    return 0;
}

/* Turns the last character but one of the signature: a key that signs this kind otherwise is not at
 * hand, and nobody can tell the difference. */
static void spoil(char *compact)
{
    size_t n = strlen(compact);
    assert(n > 10);
    compact[n - 5] = compact[n - 5] == 'A' ? 'B' : 'A';
}

/* Of the access token as it goes out, and by SHA-256 whatever signs (authentik.md 6.2). A fault or
 * a mapping may have put another value there, which stays. */
static void set_at_hash(struct js *claims, const char *hash)
{
    if (cstr_eq(js_get_text(claims, "at_hash"), ""))
        js_set_text(claims, "at_hash", hash);
}

static bool sign_id_token(struct mock *m, struct mint *t, struct err *err)
{
    if (jwt_sign(t->id_key, t->id_alg, "JWT", t->id_kid, t->id_claims, &t->id_token, err) != 0)
        return false;
    if (t->id_spoiled)
        spoil(t->id_token);
    struct fault_call call = {.m = m, .mint = t};
    ak_faults_play(FAULT_ID_TOKEN, &call);
    return ak_seal(t->enc_key, t->enc_kid, &t->id_token, err) == 0;
}

bool ak_mint_sign(struct mock *m, struct mint *t, struct err *err)
{
    if (jwt_sign(t->key, t->alg, "JWT", t->kid, t->access_claims, &t->access_token, err) != 0 ||
        ak_seal(t->enc_key, t->enc_kid, &t->access_token, err) != 0)
        return false;
    AUTO(xfree) char *hash = jwt_half_hash(JWS_RS256, t->access_token);
    set_at_hash(t->id_claims, hash);
    set_at_hash(t->refresh_claims, hash);
    return !t->with_id_token || sign_id_token(m, t, err);
}

static struct token *keep(struct store *where, const struct mint *t, char *key, int64_t expires_s,
                          char *claims)
{
    struct token *kept = xcalloc(1, sizeof(*kept));
    kept->item.key = key;
    kept->item.expires_s = expires_s;
    kept->claims = claims;
    ak_grant_copy(&kept->grant, &t->grant);
    ak_store_put(where, &kept->item, t->now_s);
    return kept;
}

void ak_mint_store(struct mock *m, struct mint *t)
{
    struct token *access = keep(&m->access, t, ak_token_key(t->access_token), t->access_expires_s,
                                xstrdup(t->access_known));
    if (js_get(t->access_claims, "nonce") == NULL) /* then userinfo has none either */
        access->grant.nonce = xfree(access->grant.nonce);
    trace_secret(m->env.trace, "token", t->access_token);
    if (t->id_token != NULL)
        trace_secret(m->env.trace, "token", t->id_token);
    if (t->refresh_token == NULL)
        return;
    keep(&m->refresh, t, xstrdup(t->refresh_token), t->refresh_expires_s,
         js_compact(t->refresh_claims));
    trace_secret(m->env.trace, "token", t->refresh_token);
}

struct js *ak_mint_response(const struct mock *m, const struct mint *t)
{
    struct js *body = js_object();
    AUTO(xfree) char *scope = ak_claims_scope_text(&t->grant);
    bool always_refreshes = !ak_quirk(m, QUIRK_OFFLINE_ACCESS); /* and then it stood second */
    js_set_text(body, "access_token", t->access_token);
    if (t->refresh_token != NULL && always_refreshes)
        js_set_text(body, "refresh_token", t->refresh_token);
    js_set_text(body, "token_type", "Bearer");
    if (ak_quirk(m, QUIRK_SCOPE_IN_RESPONSE))
        js_set_text(body, "scope", scope);
    js_set(body, "expires_in", js_int(m->conf.ak->access_token_validity_s));
    js_set_text(body, "id_token", t->id_token);
    if (t->refresh_token != NULL && !always_refreshes)
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
    js_free(t->refresh_claims);
    xfree(t->access_known);
    key_free(t->enc_key);
    xfree(t->enc_kid);
    ak_grant_deinit(&t->grant);
    xfree(t->id_token);
    xfree(t->access_token);
    xfree(t->refresh_token);
    *t = (struct mint){0};
}
