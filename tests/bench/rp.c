/*
 * One login is what the bare issuer's own client does: redirects one by one until the registered
 * URI comes back with code and state, PKCE S256, client_secret_post, signature, iss, aud, nonce and
 * exp of the ID token, the same sub from userinfo.
 */
#include "tests/bench/rp.h"

#include <pthread.h>
#include <string.h>

#include <curl/curl.h>

#include "harness/base/buf.h"
#include "harness/base/clock.h"
#include "harness/base/params.h"
#include "harness/base/rnd.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jws.h"
#include "harness/jose/pkce.h"

#define MAX_BODY (1024UL * 1024)
#define MAX_HOPS 10
#define TIMEOUT_MS 20000L

struct rp {
    char *issuer, *client_id, *client_secret, *redirect_uri, *ca_pem, *cookie;
    char *authorize, *token, *userinfo;
    struct key *key;
    struct rnd *rnd;
};

/* One thread's connection and what the last answer was. */
struct line {
    const struct rp *rp;
    CURL *curl;
    struct buf body;
    long status;
};

/* What one login remembers. */
struct attempt {
    char *state, *nonce, *verifier, *code;
    struct js *tokens, *claims;
};

static void attempt_deinit(struct attempt *a)
{
    xfree(a->state);
    xfree(a->nonce);
    xfree(a->verifier);
    xfree(a->code);
    js_free(a->tokens);
    js_free(a->claims);
}
DEFINE_AUTO_VALUE(struct attempt, attempt_deinit)

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct buf *b = arg;
    buf_add(b, p, size * n);
    return buf_ok(b) ? size * n : 0;
}

static int line_open(struct line *l, const struct rp *rp, struct err *err)
{
    *l = (struct line){.rp = rp, .curl = curl_easy_init()};
    buf_init(&l->body, MAX_BODY);
    if (l->curl == NULL)
        return err_set(err, ERR_INTERNAL, "libcurl gave no handle");
    curl_easy_setopt(l->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(l->curl, CURLOPT_WRITEDATA, &l->body);
    curl_easy_setopt(l->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(l->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(l->curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(l->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    if (rp->ca_pem != NULL) {
        struct curl_blob blob = {rp->ca_pem, strlen(rp->ca_pem), CURL_BLOB_COPY};
        curl_easy_setopt(l->curl, CURLOPT_CAINFO_BLOB, &blob);
    }
    return 0;
}

static void line_close(struct line *l)
{
    if (l->curl != NULL)
        curl_easy_cleanup(l->curl);
    buf_deinit(&l->body);
}
DEFINE_AUTO_VALUE(struct line, line_close)

/* form NULL = GET; bearer may be NULL. */
static int ask(struct line *l, const char *url, const char *form, const char *bearer, bool cookie,
               struct err *err)
{
    AUTO(xfree) char *field = bearer != NULL ? xasprintf("Authorization: Bearer %s", bearer) : NULL;
    struct curl_slist *fields = field != NULL ? curl_slist_append(NULL, field) : NULL;
    buf_reset(&l->body);
    curl_easy_setopt(l->curl, CURLOPT_URL, url);
    if (form != NULL)
        curl_easy_setopt(l->curl, CURLOPT_POSTFIELDS, form);
    else
        curl_easy_setopt(l->curl, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(l->curl, CURLOPT_COOKIE, cookie ? l->rp->cookie : NULL);
    curl_easy_setopt(l->curl, CURLOPT_HTTPHEADER, fields);
    CURLcode rc = curl_easy_perform(l->curl);
    curl_easy_setopt(l->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(fields);
    if (rc != CURLE_OK)
        return err_set(err, ERR_NET, "%s: %s", url, curl_easy_strerror(rc));
    curl_easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &l->status);
    return 0;
}

static int ask_json(struct line *l, const char *url, const char *form, const char *bearer,
                    struct js **ret, struct err *err)
{
    if (ask(l, url, form, bearer, false, err) != 0)
        return -1;
    if (l->status != 200)
        return err_set(err, ERR_NET, "%s: %ld %.200s", url, l->status, l->body.ptr);
    return js_parse((struct str){l->body.ptr, l->body.len}, url, ret, err);
}

/* ---- discovery ---- */

static int take_text(const struct js *doc, const char *name, char **ret, struct err *err)
{
    const char *text = js_get_text(doc, name);
    if (text == NULL)
        return err_set(err, ERR_NET, "the discovery document has no %s", name);
    *ret = xstrdup(text);
    return 0;
}

static int discover(struct rp *rp, struct err *err)
{
    AUTO(line_close) struct line l = {0};
    AUTO(js_free) struct js *doc = NULL;
    AUTO(js_free) struct js *jwks = NULL;
    AUTO(xfree) char *keys = NULL;
    AUTO(xfree) char *url = xasprintf("%s.well-known/openid-configuration", rp->issuer);
    if (line_open(&l, rp, err) != 0 || ask_json(&l, url, NULL, NULL, &doc, err) != 0 ||
        take_text(doc, "authorization_endpoint", &rp->authorize, err) != 0 ||
        take_text(doc, "token_endpoint", &rp->token, err) != 0 ||
        take_text(doc, "userinfo_endpoint", &rp->userinfo, err) != 0 ||
        take_text(doc, "jwks_uri", &keys, err) != 0 ||
        ask_json(&l, keys, NULL, NULL, &jwks, err) != 0)
        return -1;
    return jwk_to_key(js_at(js_get(jwks, "keys"), 0), &rp->key, err);
}

static char *dup_or_null(const char *s)
{
    return s != NULL ? xstrdup(s) : NULL;
}

int rp_new(const struct rp_conf *conf, struct rp **ret, struct err *err)
{
    AUTO(rp_free) struct rp *rp = xcalloc(1, sizeof(*rp));
    rp->issuer = xstrdup(conf->issuer);
    rp->client_id = xstrdup(conf->client_id);
    rp->client_secret = xstrdup(conf->client_secret);
    rp->redirect_uri = xstrdup(conf->redirect_uri);
    rp->ca_pem = dup_or_null(conf->ca_pem);
    rp->cookie = dup_or_null(conf->cookie);
    rp->rnd = rnd_new_system();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (discover(rp, err) != 0)
        return -1;
    *ret = rp;
    rp = NULL;
    return 0;
}

struct rp *rp_free(struct rp *rp)
{
    if (rp == NULL)
        return NULL;
    xfree(rp->issuer);
    xfree(rp->client_id);
    xfree(rp->client_secret);
    xfree(rp->redirect_uri);
    xfree(rp->ca_pem);
    xfree(rp->cookie);
    xfree(rp->authorize);
    xfree(rp->token);
    xfree(rp->userinfo);
    key_free(rp->key);
    rnd_free(rp->rnd);
    return xfree(rp);
}

/* ---- one login ---- */

static char *authorize_url(const struct rp *rp, struct attempt *a)
{
    AUTO(params_deinit) struct params q = {0};
    a->state = rnd_text(rp->rnd, "rp", "state", RND_ALNUM, 22);
    a->nonce = rnd_text(rp->rnd, "rp", "nonce", RND_ALNUM, 22);
    a->verifier = rnd_text(rp->rnd, "rp", "verifier", RND_ALNUM, 43);
    AUTO(xfree) char *challenge = pkce_s256(a->verifier);
    params_add(&q, "response_type", "code");
    params_add(&q, "client_id", rp->client_id);
    params_add(&q, "redirect_uri", rp->redirect_uri);
    params_add(&q, "scope", "openid profile email");
    params_add(&q, "state", a->state);
    params_add(&q, "nonce", a->nonce);
    params_add(&q, "code_challenge", challenge);
    params_add(&q, "code_challenge_method", "S256");
    AUTO(xfree) char *query = params_form(&q);
    return xasprintf("%s?%s", rp->authorize, query);
}

static int take_code(struct attempt *a, const char *location, struct err *err)
{
    AUTO(params_deinit) struct params q = {0};
    const char *mark = strchr(location, '?');
    params_parse_form(&q, str_of(mark != NULL ? mark + 1 : ""));
    const char *code = params_get(&q, "code");
    if (code == NULL || !cstr_eq(params_get(&q, "state"), a->state))
        return err_set(err, ERR_NET, "no code, or another state: %s", location);
    a->code = xstrdup(code);
    return 0;
}

static int authorize(struct line *l, struct attempt *a, struct err *err)
{
    AUTO(xfree) char *url = authorize_url(l->rp, a);
    for (int hop = 0; hop < MAX_HOPS; hop++) {
        char *location = NULL;
        if (ask(l, url, NULL, NULL, true, err) != 0)
            return -1;
        curl_easy_getinfo(l->curl, CURLINFO_REDIRECT_URL, &location);
        if (l->status < 300 || l->status > 399 || location == NULL)
            return err_set(err, ERR_NET, "%s: %ld %.200s", url, l->status, l->body.ptr);
        if (cstr_starts(location, l->rp->redirect_uri))
            return take_code(a, location, err);
        xfree(url);
        url = xstrdup(location);
    }
    return err_set(err, ERR_NET, "more than %d redirects", MAX_HOPS);
}

static int redeem(struct line *l, struct attempt *a, struct err *err)
{
    AUTO(params_deinit) struct params form = {0};
    params_add(&form, "grant_type", "authorization_code");
    params_add(&form, "code", a->code);
    params_add(&form, "redirect_uri", l->rp->redirect_uri);
    params_add(&form, "code_verifier", a->verifier);
    params_add(&form, "client_id", l->rp->client_id);
    params_add(&form, "client_secret", l->rp->client_secret);
    AUTO(xfree) char *body = params_form(&form);
    return ask_json(l, l->rp->token, body, NULL, &a->tokens, err);
}

static int verify(const struct line *l, struct attempt *a, struct err *err)
{
    const struct rp *rp = l->rp;
    AUTO(jws_deinit) struct jws jws = {0};
    int64_t exp_s = 0;
    const char *token = js_get_text(a->tokens, "id_token");
    if (token == NULL || jws_parse(token, &jws, err) != JWS_OK ||
        jws_verify(&jws, rp->key) != JWS_OK)
        return err_set(err, ERR_NET, "the signature of the ID token");
    if (js_parse((struct str){jws.payload, jws.payload_len}, "id_token", &a->claims, err) != 0)
        return -1;
    AUTO(clock_free) struct clock *clock = clock_new_wall(0);
    bool good = cstr_eq(js_get_text(a->claims, "iss"), rp->issuer) &&
                cstr_eq(js_get_text(a->claims, "aud"), rp->client_id) &&
                cstr_eq(js_get_text(a->claims, "nonce"), a->nonce) &&
                js_get_number(a->claims, "exp", &exp_s) == 0 && exp_s > clock_now_s(clock);
    return good ? 0 : err_set(err, ERR_NET, "the claims of the ID token: %s", jws.payload);
}

static int sign_in(struct line *l, struct err *err)
{
    AUTO(attempt_deinit) struct attempt a = {0};
    AUTO(js_free) struct js *info = NULL;
    if (authorize(l, &a, err) != 0 || redeem(l, &a, err) != 0 || verify(l, &a, err) != 0 ||
        ask_json(l, l->rp->userinfo, NULL, js_get_text(a.tokens, "access_token"), &info, err) != 0)
        return -1;
    if (cstr_eq(js_get_text(info, "sub"), js_get_text(a.claims, "sub")))
        return 0;
    return err_set(err, ERR_NET, "userinfo has another sub than the ID token");
}

/* ---- many logins ---- */

struct seat {
    const struct rp *rp;
    pthread_barrier_t *begin; /* everybody's connection is open */
    size_t logins;
    struct err err;
    int rc;
};

static void *sit(void *arg)
{
    struct seat *s = arg;
    AUTO(line_close) struct line l = {0};
    s->rc = line_open(&l, s->rp, &s->err);
    if (s->rc == 0)
        s->rc = sign_in(&l, &s->err);
    pthread_barrier_wait(s->begin);
    for (size_t i = 0; s->rc == 0 && i < s->logins; i++)
        s->rc = sign_in(&l, &s->err);
    return NULL;
}

int rp_drive(struct rp *rp, size_t threads, size_t logins, int64_t *ret_wall_ns, struct err *err)
{
    struct seat *seats = xcalloc(threads, sizeof(*seats));
    pthread_t *ids = xcalloc(threads, sizeof(*ids));
    pthread_barrier_t begin;
    int rc = 0;
    pthread_barrier_init(&begin, NULL, (unsigned)threads + 1);
    for (size_t i = 0; i < threads; i++) {
        seats[i] = (struct seat){.rp = rp, .begin = &begin, .logins = logins / threads};
        if (pthread_create(&ids[i], NULL, sit, &seats[i]) != 0)
            return err_set(err, ERR_IO, "no thread for a login");
    }
    pthread_barrier_wait(&begin);
    int64_t start_ns = clock_mono_ns();
    for (size_t i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    *ret_wall_ns = clock_mono_ns() - start_ns;
    for (size_t i = 0; i < threads; i++) {
        if (rc == 0 && seats[i].rc != 0)
            *err = seats[i].err;
        rc = rc != 0 ? rc : seats[i].rc;
    }
    pthread_barrier_destroy(&begin);
    xfree(seats);
    xfree(ids);
    return rc;
}
