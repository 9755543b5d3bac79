/*
 * Facts of tokens and of the documents around them. Reads claims without verifying: whether a token
 * is good is what the checks say.
 */
#include <string.h>

#include "harness/base/params.h"
#include "harness/base/str.h"
#include "harness/jose/jwt.h"
#include "harness/observe/calm.h"
#include "harness/observe/facts.h"

static struct js *body_object(const struct trace_event *e)
{
    struct js *j = NULL;
    if (e->status != 200 || e->body == NULL ||
        js_parse((struct str){e->body, e->body_len}, "body", &j, NULL) != 0)
        return NULL;
    if (js_is(j, JS_OBJECT))
        return j;
    return js_free(j);
}

static void add_members(const char *by, const char *what, const struct js *object, struct js *facts)
{
    for (struct js_iter it = js_iter(object); js_next(&it);) {
        struct js *value = calm_member(it.key, it.value);
        if (value != NULL)
            facts_add_of(facts, by, what, it.key, value);
    }
}

/* exp minus iat, in seconds: the times themselves say nothing. */
static void add_lifetime(const char *by, const char *what, const struct js *claims,
                         struct js *facts)
{
    int64_t iat = 0, exp = 0;
    if (js_get_number(claims, "exp", &exp) != 0)
        facts_add_of(facts, by, what, "(lifetime)",
                     js_get(claims, "exp") != NULL
                         ? js_stringf("exp is a %s", js_type_name(js_get(claims, "exp")))
                         : js_string("no exp"));
    else if (js_get_number(claims, "iat", &iat) != 0)
        facts_add_of(facts, by, what, "(lifetime)", js_string("no iat"));
    else
        facts_add_of(facts, by, what, "(lifetime)", js_stringf("%lld s", (long long)(exp - iat)));
}

static void add_token(const char *by, const char *what, const char *text, struct js *facts)
{
    AUTO(js_free) struct js *claims = text != NULL ? jwt_claims_unverified(text) : NULL;
    AUTO(jws_deinit) struct jws jws = {0};
    if (claims == NULL)
        return;
    if (jws_parse(text, &jws, NULL) == JWS_OK || jws.header != NULL)
        for (struct js_iter it = js_iter(jws.header); js_next(&it);) {
            AUTO(xfree) char *name = xasprintf("header %s", it.key);
            facts_add_of(facts, by, what, name, js_dup(it.value));
        }
    add_lifetime(by, what, claims, facts);
    add_members(by, what, claims, facts);
}

/* The answers to another grant are another thing: a refreshed ID token has other claims. */
static void add_answer(const struct trace_event *e, const char *by, struct js *facts)
{
    AUTO(js_free) struct js *answer = body_object(e);
    AUTO(params_deinit) struct params form = {0};
    if (answer == NULL)
        return;
    params_parse_form(&form, (struct str){e->request_body, e->request_body_len});
    const char *grant = params_get(&form, "grant_type");
    const char *after = cstr_eq(grant, "refresh_token") ? " after a refresh" : "";
    AUTO(xfree) char *members = xasprintf("token answer%s", after);
    AUTO(xfree) char *id = xasprintf("id token%s", after);
    AUTO(xfree) char *access = xasprintf("access token%s", after);
    add_members(by, members, answer, facts);
    add_token(by, id, js_get_text(answer, "id_token"), facts);
    add_token(by, access, js_get_text(answer, "access_token"), facts);
}

/* Each key by its kid; the order of the members is on the wire, too. */
static void add_keys(const struct trace_event *e, const char *by, struct js *facts)
{
    AUTO(js_free) struct js *set = body_object(e);
    const struct js *keys = js_get(set, "keys");
    if (set == NULL)
        return;
    AUTO(xfree) char *count = xasprintf("%zu", js_len(keys));
    facts_add_of(facts, by, "jwks", "keys",
                 js_is(keys, JS_ARRAY) ? js_string(count) : js_string("no member keys"));
    for (size_t i = 0; i < js_len(keys); i++) {
        AUTO(strlist_deinit) struct strlist order = {0};
        for (struct js_iter it = js_iter(js_at(keys, i)); js_next(&it);)
            strlist_add(&order, it.key);
        AUTO(xfree) char *joined = strlist_join(&order, " ");
        facts_add_of(facts, by, "jwks", "(order of members)", js_string(joined));
        add_members(by, "jwks", js_at(keys, i), facts);
    }
}

static void add_discovery(const struct trace_event *e, const char *by, struct js *facts)
{
    AUTO(js_free) struct js *document = body_object(e);
    add_members(by, "discovery", document, facts);
}

static void add_userinfo(const struct trace_event *e, const char *by, struct js *facts)
{
    AUTO(js_free) struct js *answer = body_object(e);
    add_members(by, "userinfo", answer, facts);
}

static const struct {
    const char *at;
    void (*add)(const struct trace_event *e, const char *by, struct js *facts);
} places[] = {
    {"token", add_answer},      {"jwks", add_keys}, {"discovery", add_discovery},
    {"userinfo", add_userinfo}, {NULL, NULL},
};

void observe_tokens(const struct trace_event *e, const struct place *p, struct js *facts)
{
    for (size_t i = 0; places[i].at != NULL; i++)
        if (strcmp(places[i].at, p->at) == 0)
            places[i].add(e, p->by, facts);
    if (strcmp(p->by, "argocd") == 0 && strstr(e->url, "/api/v1/session/userinfo") != NULL)
        add_userinfo(e, p->by, facts);
}
