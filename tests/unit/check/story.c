/*
 * Telling the story: exchanges in the order in which a login makes them.
 */
#include "tests/unit/check/story.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jws.h"
#include "harness/jose/jwt.h"
#include "tests/support/test.h"

/* One side of the chain while it is told. */
struct teller {
    const struct story *s;
    const char *provider; /* "authentik" "dex" */
    const char *rp;
    const struct js *doc;
};

static const char *text(const struct js *o, const char *name, const char *otherwise)
{
    const char *t = js_get_text(o, name);
    return t != NULL ? t : otherwise;
}

static int64_t number(const struct js *o, const char *name, int64_t otherwise)
{
    int64_t n = otherwise;
    return js_get_number(o, name, &n) == 0 ? n : otherwise;
}

static char *form_of(const struct js *members)
{
    AUTO(params_deinit) struct params p = {0};
    for (struct js_iter it = js_iter(members); js_next(&it);)
        params_add(&p, it.key, js_text(it.value));
    return params_form(&p);
}

static void exchange(const struct story *s, const char *from, const char *to, const char *url,
                     const char *form, int status, const struct params *headers, const char *body)
{
    bool front = strcmp(from, "browser") == 0;
    AUTO(params_deinit) struct params usual = {0};
    params_add(&usual, "Content-Type", "application/json");
    size_t seq = trace_exchange_begin(s->trace, from, to, front, form != NULL ? "POST" : "GET", url,
                                      NULL, form, form != NULL ? strlen(form) : 0);
    trace_exchange_tls(s->trace, seq, cstr_starts(url, "https://") ? "TLSv1.3" : NULL, NULL);
    trace_exchange_end(s->trace, seq, status, headers != NULL ? headers : &usual, body,
                       body != NULL ? strlen(body) : 0, NULL, 0);
}

/* Every field as often as its value, a text or a list of texts, says. */
static void fields_of(const struct js *members, struct params *ret)
{
    for (struct js_iter it = js_iter(members); js_next(&it);) {
        if (js_text(it.value) != NULL)
            params_add(ret, it.key, js_text(it.value));
        for (size_t i = 0; js_is(it.value, JS_ARRAY) && i < js_len(it.value); i++)
            params_add(ret, it.key, js_text(js_at(it.value, i)));
    }
}

/* The parties' names live as long as the trace. */
static const char *party(const struct js *o, const char *member, const char *otherwise)
{
    static const char *const names[] = {"authentik", "dex", "argocd", "cli", "rp", "browser", NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (cstr_eq(js_get_text(o, member), names[i]))
            return names[i];
    return otherwise;
}

/* One event as it stands: a log line {"log", "of"}, or an exchange with all that a client sees. */
static void tell_event(const struct story *s, const struct js *o)
{
    if (js_get_text(o, "log") != NULL) {
        trace_log(s->trace, party(o, "of", "dex"), "info", "%s", js_get_text(o, "log"));
        return;
    }
    AUTO(params_deinit) struct params sent = {0};
    AUTO(params_deinit) struct params headers = {0};
    const char *from = party(o, "from", "browser");
    const char *body = text(o, "body", "");
    const char *tls = js_get_text(o, "tls");
    fields_of(js_get(o, "sent"), &sent);
    fields_of(js_get(o, "headers"), &headers);
    size_t seq = trace_exchange_begin(s->trace, from, party(o, "to", "argocd"),
                                      strcmp(from, "browser") == 0, text(o, "method", "GET"),
                                      text(o, "url", "https://argocd.company/"), &sent, NULL, 0);
    trace_exchange_tls(s->trace, seq, cstr_eq(tls, "none") ? NULL : "TLSv1.3",
                       js_get_text(o, "tls_problem"));
    trace_exchange_end(s->trace, seq, (int)number(o, "status", 200), &headers, body, strlen(body),
                       js_get_text(o, "error"), 0);
}

static void tell_events(const struct story *s, const struct js *list)
{
    for (size_t i = 0; i < js_len(list); i++)
        tell_event(s, js_at(list, i));
}

/* ---- documents ---- */

static char *jwks_text(const struct js *doc)
{
    AUTO(key_free) struct key *key = key_test("rsa-2048-1");
    AUTO(key_free) struct key *other = key_test("rsa-2048-3");
    bool first = strcmp(text(doc, "signed_with", ""), "rsa-2048-3") != 0;
    AUTO(js_free) struct js *public = jwk_public(first ? key : other);
    AUTO(js_free) struct js *set = js_object();
    struct js *keys = js_array();
    for (int64_t i = 0; i < number(doc, "keys", 1); i++)
        js_append(keys, js_merge_patch(public, js_get(doc, "key")));
    if (js_get(doc, "second_key") != NULL)
        js_append(keys, js_dup(js_get(doc, "second_key")));
    js_set(set, "keys", keys);
    return js_compact(set);
}

static void tell_documents(const struct teller *t)
{
    bool is_dex = strcmp(t->provider, "dex") == 0;
    const struct js *discovery = js_get(t->doc, "discovery");
    AUTO(xfree)
    char *body = js_text(discovery) != NULL ? xstrdup(js_text(discovery)) : js_compact(discovery);
    AUTO(xfree)
    char *keys = js_get_text(t->doc, "jwks") != NULL ? xstrdup(js_get_text(t->doc, "jwks"))
                                                     : jwks_text(t->doc);
    AUTO(params_deinit) struct params headers = {0};
    if (js_get_text(t->doc, "document_type") != NULL)
        params_add(&headers, "Content-Type", js_get_text(t->doc, "document_type"));
    if (discovery != NULL)
        exchange(t->s, t->rp, t->provider,
                 is_dex ? "https://dex/api/dex/.well-known/openid-configuration"
                        : "https://authentik.company/application/o/argocd/.well-known/"
                          "openid-configuration",
                 NULL, 200, &headers, body);
    if (number(t->doc, "keys", 1) >= 0)
        exchange(t->s, t->rp, t->provider,
                 is_dex ? "https://dex/api/dex/keys"
                        : "https://authentik.company/application/o/argocd/jwks/",
                 NULL, 200, &headers, keys);
}

/* ---- tokens ---- */

static void set_right_hash(struct js *claims, const char *name, const char *value)
{
    if (!cstr_eq(js_get_text(claims, name), "right"))
        return;
    AUTO(xfree) char *hash = jwt_half_hash(JWS_RS256, value);
    js_set_text(claims, name, hash);
}

static char *id_token(const struct teller *t)
{
    AUTO(key_free)
    struct key *key = key_test(text(t->doc, "forged_with", text(t->doc, "signed_with", "")));
    AUTO(js_free) struct js *claims = js_dup(js_get(t->doc, "claims"));
    const struct js *answer = js_get(t->doc, "answer");
    set_right_hash(claims, "at_hash", text(answer, "access_token", ""));
    set_right_hash(claims, "c_hash", text(js_get(t->doc, "form"), "code", ""));
    AUTO(xfree) char *payload = js_compact(claims);
    enum jws_alg alg = JWS_RS256;
    jws_alg_from_name(text(js_get(t->doc, "header"), "alg", "RS256"), &alg);
    struct err err = {0};
    char *token = NULL;
    if (alg == JWS_HS256) {
        key_free(key);
        key = key_from_secret("my_client_secret", 16);
    }
    if (jws_sign(key, alg, js_get(t->doc, "header"), str_of(payload), &token, &err) != 0)
        fail_msg("%s", err.msg);
    return token;
}

static char *token_answer(const struct teller *t)
{
    if (js_get_text(t->doc, "answer") != NULL)
        return xstrdup(js_get_text(t->doc, "answer"));
    AUTO(js_free) struct js *answer = js_dup(js_get(t->doc, "answer"));
    bool refused = js_get(answer, "error") != NULL;
    if (js_get(answer, "id_token") == NULL && !refused &&
        js_is(js_get(t->doc, "claims"), JS_OBJECT)) {
        AUTO(xfree) char *token = id_token(t);
        js_set_text(answer, "id_token", token);
    }
    return js_compact(answer);
}

static void tell_token(const struct teller *t)
{
    bool is_cli = strcmp(t->rp, "cli") == 0;
    const char *url = strcmp(t->provider, "authentik") == 0
                          ? "https://authentik.company/application/o/token/"
                      : is_cli ? "https://argocd.company/api/dex/token"
                               : "https://dex/api/dex/token";
    AUTO(js_free) struct js *members = js_dup(js_get(t->doc, "form"));
    if (members != NULL && cstr_eq(js_get_text(members, "client_id"), "argo-cd") &&
        js_get(members, "client_secret") == NULL)
        js_set_text(members, "client_secret", t->s->setup->argocd.dex_client_secret);
    AUTO(xfree) char *form = form_of(members);
    AUTO(xfree) char *body = token_answer(t);
    AUTO(params_deinit) struct params headers = {0};
    for (struct js_iter it = js_iter(js_get(t->doc, "token_headers")); js_next(&it);)
        params_add(&headers, it.key, js_text(it.value));
    clock_advance_ms(t->s->clock, number(t->doc, "waits_s", 0) * 1000);
    for (int64_t i = 0; i < number(t->doc, "asks", 1); i++)
        exchange(t->s, t->rp, is_cli ? "argocd" : t->provider, url, form,
                 (int)number(t->doc, "status", 200), &headers, body);
}

/* ---- the way of the browser ---- */

static char *with_query(const char *url, const struct js *members)
{
    AUTO(xfree) char *query = form_of(members);
    return xasprintf("%s?%s", url, query);
}

static char *response_url(const struct teller *t)
{
    return with_query(text(js_get(t->doc, "request"), "redirect_uri", ""),
                      js_get(t->doc, "response"));
}

/* An answer that leads the browser on, with a cookie or two. */
static void lead_with(const struct teller *t, const char *to, const char *url, const char *location,
                      const char *const cookies[2])
{
    AUTO(params_deinit) struct params headers = {0};
    if (location != NULL)
        params_add(&headers, "Location", location);
    for (size_t i = 0; i < 2; i++)
        if (cookies[i] != NULL)
            params_add(&headers, "Set-Cookie", cookies[i]);
    exchange(t->s, "browser", to, url, NULL, 303, &headers, "");
}

static void lead(const struct teller *t, const char *to, const char *url, const char *location,
                 const char *cookie)
{
    const char *const cookies[2] = {cookie, NULL};
    lead_with(t, to, url, location, cookies);
}

/* Argo CD remembers the state in a cookie and sends the person to Dex. */
static void tell_start(const struct teller *dex, const struct js *argocd)
{
    AUTO(xfree)
    char *to = with_query("https://argocd.company/api/dex/auth", js_get(dex->doc, "request"));
    lead(dex, "argocd", "https://argocd.company/auth/login?return_url=", to,
         js_get_text(argocd, "state_cookie"));
}

static void tell_authorize(const struct teller *t, bool answers)
{
    bool is_dex = strcmp(t->provider, "dex") == 0;
    AUTO(xfree)
    char *url = with_query(is_dex ? "https://argocd.company/api/dex/auth"
                                  : "https://authentik.company/application/o/authorize/",
                           js_get(t->doc, "request"));
    AUTO(xfree) char *location = response_url(t);
    if (js_get(t->doc, "request") == NULL)
        return;
    if (js_get_bool(t->doc, "shows_consent", false))
        exchange(t->s, "browser", "authentik",
                 "https://authentik.company/api/v3/flows/executor/consent/?query=", NULL, 200, NULL,
                 "{\"component\":\"ak-stage-consent\"}");
    lead(t, is_dex ? "argocd" : t->provider, url, answers ? location : NULL,
         js_get_text(t->doc, "cookie"));
}

/* The callback as it is delivered: with "delivered", other parameters than were given. */
static char *delivered_url(const struct teller *t)
{
    const struct js *other = js_get(t->doc, "delivered");
    return other != NULL ? with_query(text(js_get(t->doc, "request"), "redirect_uri", ""), other)
                         : response_url(t);
}

/* The token is shown in the header; "userinfo_status" and "userinfo_type" change the answer. */
static void tell_userinfo(const struct teller *t)
{
    const struct js *info = js_get(t->doc, "userinfo");
    if (info == NULL)
        return;
    AUTO(xfree) char *body = js_compact(info);
    AUTO(params_deinit) struct params sent = {0};
    AUTO(params_deinit) struct params headers = {0};
    const char *access = text(js_get(t->doc, "answer"), "access_token", "");
    params_addf(&sent, "Authorization", "Bearer %s", access);
    params_add(&headers, "Content-Type", text(t->doc, "userinfo_type", "application/json"));
    size_t seq =
        trace_exchange_begin(t->s->trace, t->rp, "authentik", false, "GET",
                             "https://authentik.company/application/o/userinfo/", &sent, NULL, 0);
    trace_exchange_end(t->s->trace, seq, (int)number(t->doc, "userinfo_status", 200), &headers,
                       body, strlen(body), NULL, 0);
}

static void tell_rights(const struct story *s, const struct js *argocd)
{
    for (struct js_iter it = js_iter(js_get(argocd, "can_i")); js_next(&it);) {
        AUTO(xfree)
        char *url = xasprintf("https://argocd.company/api/v1/account/can-i/%s", it.key);
        AUTO(xfree) char *body = xasprintf("{\"value\":\"%s\"}", js_text(it.value));
        exchange(s, "browser", "argocd", url, NULL, 200, NULL, body);
    }
}

static void tell_result(const struct story *s)
{
    struct js *o = js_object();
    js_set_text(o, "outcome", text(s->doc, "outcome", "signed-in"));
    js_set_text(o, "user_id", "the-subject");
    js_set_text(o, "user", text(s->doc, "user", "the-subject"));
    const struct js *groups = js_path(s->doc, "argocd", "groups", NULL);
    js_set(o, "groups", groups != NULL ? js_dup(groups) : js_array());
    trace_data(s->trace, TRACE_RESULT, "harness", o);
}

static void tell_login(struct story *s)
{
    const char *via = text(s->doc, "via", "ui");
    bool direct = strcmp(via, "direct") == 0;
    bool cli = strcmp(via, "cli") == 0;
    const struct teller authentik = {s, "authentik", direct ? "rp" : "dex",
                                     js_get(s->doc, "authentik")};
    const struct teller dex = {s, "dex", cli ? "cli" : "argocd", js_get(s->doc, "dex")};
    const struct js *argocd = js_get(s->doc, "argocd");
    struct js *begin = js_object();
    js_set_text(begin, "via", via);
    js_set_text(begin, "as", text(s->doc, "as", "alice"));
    trace_data(s->trace, TRACE_LOGIN, "harness", begin);
    if (js_get_text(s->doc, "note") != NULL)
        trace_note(s->trace, "harness", "%s", js_get_text(s->doc, "note"));
    tell_documents(&authentik);
    if (!direct) {
        tell_documents(&dex);
        if (!cli)
            tell_start(&dex, argocd);
        tell_authorize(&dex, false);
    }
    tell_authorize(&authentik, true);
    AUTO(xfree) char *callback = delivered_url(&authentik);
    AUTO(xfree) char *next = response_url(&dex);
    if (direct)
        lead(&authentik, "rp", callback, NULL, NULL);
    tell_token(&authentik);
    tell_userinfo(&authentik);
    if (!direct) {
        lead(&authentik, "argocd", callback, js_get(dex.doc, "response") != NULL ? next : NULL,
             NULL);
        AUTO(xfree) char *last = delivered_url(&dex);
        const char *const cookies[2] = {js_get_text(argocd, "cookie"),
                                        js_get_text(argocd, "state_cleared")};
        lead_with(&dex, cli ? "cli" : "argocd", last, js_get_text(argocd, "leads_to"), cookies);
        tell_token(&dex);
        tell_rights(s, argocd);
    }
    tell_events(s, js_get(s->doc, "also"));
    tell_result(s);
}

/* The login before, which is like this one but for the member "before". */
static void tell_earlier(struct story *s)
{
    struct js *own = s->doc;
    AUTO(js_free) struct js *none = js_object();
    const struct js *patch = js_get(own, "before");
    AUTO(js_free) struct js *before = js_merge_patch(own, patch != NULL ? patch : none);
    s->doc = before;
    tell_login(s);
    s->doc = own;
}

static void set_if_there(struct js *o, const char *name, const char *value)
{
    if (js_is(o, JS_OBJECT))
        js_set_text(o, name, value);
}

/* What the side is like when it is asked for new tokens, and nothing is wrong. */
static struct js *refreshing(const struct js *side)
{
    struct js *doc = js_dup(side);
    set_if_there(js_get(doc, "form"), "grant_type", "refresh_token");
    set_if_there(js_get(doc, "form"), "refresh_token", "a-refresh-token-long-enough");
    set_if_there(js_get(doc, "claims"), "jti", "the-second-token");
    set_if_there(js_get(doc, "answer"), "refresh_token", "another-refresh-token-long-enough");
    AUTO(js_free) struct js *gone = NULL;
    struct err err = {0};
    if (js_parse(STR("{\"form\":{\"code\":null},\"claims\":{\"c_hash\":null,\"nonce\":null}}"),
                 "gone", &gone, &err) != 0)
        fail_msg("%s", err.msg);
    struct js *ret = js_merge_patch(doc, gone);
    js_free(doc);
    return ret;
}

/* A refresh by the relying party nearest to the person. A patch that takes members away is a text:
 * the story's own patch would have dropped them. */
static void tell_refresh(struct story *s)
{
    bool direct = strcmp(text(s->doc, "via", "ui"), "direct") == 0;
    const char *side = direct ? "authentik" : "dex";
    AUTO(js_free) struct js *healthy = refreshing(js_get(s->doc, side));
    AUTO(js_free) struct js *patch = NULL;
    const char *as_text = js_get_text(s->doc, "refresh");
    struct err err = {0};
    if (as_text != NULL && js_parse(str_of(as_text), "refresh", &patch, &err) != 0)
        fail_msg("%s", err.msg);
    AUTO(js_free)
    struct js *doc = js_merge_patch(healthy, as_text != NULL ? patch : js_get(s->doc, "refresh"));
    const struct teller t = {s, side, direct ? "rp" : "cli", doc};
    tell_token(&t);
}

static void load_setup(struct story *s)
{
    const char *root = getenv("ROLECALL_ROOT");
    AUTO(xfree) char *dir = xasprintf("%s/scenarios/guide", root != NULL ? root : ".");
    AUTO(js_free) struct js *doc = NULL;
    struct err err = {0};
    s->rnd = rnd_new_seeded(1, "story");
    if (setup_read(dir, &doc, &err) != 0)
        fail_msg("%s", err.msg);
    AUTO(js_free) struct js *patched = js_merge_patch(doc, js_get(s->doc, "setup"));
    const struct js *patch = js_get(s->doc, "setup");
    if (setup_build(patch != NULL ? patched : doc, "guide", s->rnd, &s->setup, &err) != 0)
        fail_msg("%s", err.msg);
}

struct check_view story_view(const struct story *s)
{
    return (struct check_view){
        .trace = s->trace,
        .from = s->from,
        .to = trace_len(s->trace),
        .setup = s->setup,
        .step = js_get(s->doc, "logout") != NULL ? CHECK_LOGOUT : CHECK_LOGIN,
    };
}

void story_tell(struct story *s, const char *patch, bool again)
{
    AUTO(xfree) char *base = test_data_text("check/login.json");
    AUTO(js_free) struct js *healthy = NULL;
    AUTO(js_free) struct js *change = NULL;
    struct err err = {0};
    *s = (struct story){0};
    if (js_parse(str_of(base), "login.json", &healthy, &err) != 0 ||
        js_parse(str_of(patch != NULL ? patch : "{}"), "patch", &change, &err) != 0)
        fail_msg("%s", err.msg);
    s->doc = js_merge_patch(healthy, change);
    load_setup(s);
    s->clock = clock_new_virtual(CLOCK_START_S);
    s->trace = trace_new(s->clock);
    if (again || js_get(s->doc, "before") != NULL)
        tell_earlier(s);
    s->from = trace_len(s->trace);
    tell_login(s);
    for (int64_t i = 0; i < number(s->doc, "refreshes", js_get(s->doc, "refresh") != NULL); i++) {
        s->from = trace_len(s->trace);
        tell_refresh(s);
        tell_result(s);
    }
    for (struct js_iter it = js_iter(js_get(s->doc, "secrets")); js_next(&it);)
        trace_secret(s->trace, it.key, js_text(it.value)); /* keys are static words: see there */
    if (js_get(s->doc, "logout") != NULL) {
        s->from = trace_len(s->trace);
        tell_events(s, js_get(s->doc, "logout"));
    }
    const struct check_view view = story_view(s);
    check_login(&view, &s->results, &s->results_len);
}

void story_end(struct story *s)
{
    check_results_free(s->results, s->results_len);
    trace_free(s->trace);
    clock_free(s->clock);
    setup_free(s->setup);
    rnd_free(s->rnd);
    js_free(s->doc);
    *s = (struct story){0};
}

const struct verdict *story_verdict(const struct story *s, const char *full_name)
{
    const struct check *check = NULL;
    enum check_of of = CHECK_OF_AUTHENTIK;
    if (!check_find(full_name, &check, &of))
        fail_msg("no check %s", full_name);
    for (size_t i = 0; i < s->results_len; i++)
        if (s->results[i].check == check && s->results[i].of == of)
            return &s->results[i].verdict;
    fail_msg("%s was not judged", full_name);
    return NULL;
}
