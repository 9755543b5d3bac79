/*
 * What must hold from one end of the chain to the other: who the person is, and in which groups.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "harness/check/claims.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"
#include "harness/data/protobuf.h"

static const struct js *claims_of(const struct check_view *v, enum check_of of)
{
    return evidence_id_token(v, of)->claims;
}

/* What userinfo told Dex, when it asked: that wins over the ID token (dex.md 4.5). Caller frees. */
static struct js *asked_userinfo(const struct check_view *v)
{
    const struct trace_event *e = evidence_exchange(v, "authentik", "userinfo", 0);
    return e != NULL && e->status == 200 && strcmp(e->from, "dex") == 0 ? evidence_json(e) : NULL;
}

/* dex: the groups in its token are authentik's; argocd: the groups it shows are those in Dex's
 * token, and what other claims hold that `scopes` names. */
void judge_groups_unchanged(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *dex = claims_of(v, CHECK_OF_DEX);
    const struct js *upstream = of == CHECK_OF_DEX ? claims_of(v, CHECK_OF_AUTHENTIK) : dex;
    if (dex == NULL || upstream == NULL) {
        verdict_skip(ret, "no token of %s was seen", dex == NULL ? "dex" : "authentik");
        return;
    }
    if (of == CHECK_OF_ARGOCD && !evidence_signed_in(v)) {
        verdict_skip(ret, "Argo CD has no session for this login");
        return;
    }
    const char *scope = params_get(&evidence_leg(v, CHECK_OF_DEX)->query, "scope");
    if (of == CHECK_OF_DEX && !cstr_contains(scope, "groups")) {
        verdict_skip(ret, "Dex was not asked for groups");
        return;
    }
    AUTO(js_free) struct js *info = of == CHECK_OF_DEX ? asked_userinfo(v) : NULL;
    if (js_get(info, "groups") != NULL)
        upstream = info;
    AUTO(xfree)
    char *expected = of == CHECK_OF_DEX
                         ? claims_groups_text(js_get(upstream, "groups"))
                         : claims_subjects_text(upstream, v->setup->argocd.rbac_scopes);
    AUTO(xfree)
    char *actual = claims_groups_text(of == CHECK_OF_DEX ? js_get(dex, "groups")
                                                         : js_get(evidence_result(v), "groups"));
    if (strcmp(expected, actual) == 0)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual);
}

/* The person who signed in, as the setup knows them; NULL if it does not. */
static const struct setup_person *who(const struct check_view *v)
{
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (e->kind == TRACE_LOGIN)
            return setup_person(v->setup, js_get_text(e->data, "as"));
    }
    return NULL;
}

static bool asks(const struct leg *l, const char *scope)
{
    struct str rest = str_of(params_get(&l->query, "scope")), word;
    while (str_next(&rest, ' ', &word))
        if (str_is(word, scope))
            return true;
    return false;
}

/* A mapping of the provider's own says what the groups are, or replaces the one that would. */
static bool maps_groups(const struct setup_authentik *ak)
{
    for (struct js_iter it = js_iter(ak->mappings); js_next(&it);)
        if (js_is(it.value, JS_OBJECT) &&
            (strcmp(it.key, "profile") == 0 || js_get(it.value, "groups") != NULL))
            return true;
    return false;
}

/* authentik.md 6.4: the groups in the token are those the person is in. What a live directory has,
 * the setup does not know. */
void judge_groups_of_directory(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *claims = claims_of(v, of);
    const struct setup_person *person = who(v);
    if (claims == NULL || person == NULL || v->live[SYSTEM_AUTHENTIK]) {
        verdict_skip(ret, claims == NULL   ? "no token of authentik was seen"
                          : person == NULL ? "the setup does not know who signed in"
                                           : "what a live directory has is not in the setup");
        return;
    }
    if (!asks(evidence_leg(v, of), "profile") || !v->setup->authentik.include_claims_in_id_token ||
        js_get(person->extra, "groups") != NULL || maps_groups(&v->setup->authentik)) {
        verdict_skip(ret, "the setup keeps the directory's groups out of the token");
        return;
    }
    AUTO(strlist_deinit) struct strlist l = {0};
    for (size_t i = 0; person->groups != NULL && person->groups[i] != NULL; i++)
        strlist_add(&l, person->groups[i]);
    AUTO(xfree) char *expected = strlist_set_text((const char *const *)l.items, l.len);
    AUTO(xfree) char *actual = claims_groups_text(js_get(claims, "groups"));
    if (strcmp(expected, actual) == 0)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual);
}

/* A connector may be told to take every address as verified (dex.md 4.1). */
static bool skips_email_verified(const struct check_view *v)
{
    const struct js *connectors = js_get(v->setup->argocd.dex_generated, "connectors");
    for (size_t i = 0; i < js_len(connectors); i++)
        if (js_get_bool(js_get(js_at(connectors, i), "config"), "insecureSkipEmailVerified", false))
            return true;
    return false;
}

/* The claim that Dex takes for the person's id: sub, or what userIDKey names (dex.md 4.1). */
static const char *user_id_key(const struct check_view *v)
{
    const char *key =
        js_text(js_path(setup_authentik_connector(v->setup), "config", "userIDKey", NULL));
    return key != NULL && key[0] != '\0' ? key : "sub";
}

/* Who Dex says it was at authentik: federated_claims.user_id, or where nobody asked for those, the
 * first of the two texts that Dex packs into sub (dex.md 6.2, 6.3). Caller frees; NULL: nobody. */
static char *upstream_user(const struct check_view *v, const struct js *claims)
{
    const char *claimed = js_text(js_path(claims, "federated_claims", "user_id", NULL));
    const char *sub = js_get_text(claims, "sub");
    char *user = NULL;
    AUTO(xfree) char *connector = NULL;
    if (claimed != NULL || asks(evidence_leg(v, CHECK_OF_DEX), "federated:id"))
        return claimed != NULL ? xstrdup(claimed) : NULL;
    return sub != NULL && protobuf_pair_decode(sub, &user, &connector) == 0 ? user : NULL;
}

/* It is the upstream sub, which Argo CD uses as the person's name in policies; and nobody's address
 * becomes verified on the way. */
void judge_identity_unchanged(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct js *dex = claims_of(v, CHECK_OF_DEX);
    const struct js *upstream = claims_of(v, CHECK_OF_AUTHENTIK);
    if (dex == NULL || upstream == NULL) {
        verdict_skip(ret, "no token of %s was seen", dex == NULL ? "dex" : "authentik");
        return;
    }
    const char *key = user_id_key(v);
    AUTO(js_free) struct js *info = strcmp(key, "sub") != 0 ? asked_userinfo(v) : NULL;
    const char *expected = js_get_text(js_get_text(info, key) != NULL ? info : upstream, key);
    AUTO(xfree) char *actual = upstream_user(v, dex);
    bool verified = js_is(js_get(dex, "email_verified"), JS_TRUE);
    if (!cstr_eq(expected, actual))
        verdict_fail(ret, expected, actual != NULL ? actual : "no federated_claims.user_id");
    else if (verified && js_is(js_get(upstream, "email_verified"), JS_FALSE) &&
             !skips_email_verified(v))
        verdict_fail(ret, "email_verified false, as authentik says", "email_verified true");
    else
        verdict_pass(ret, "%s", actual);
}

/* The relying party took the token: the login went on past it. */
static bool was_taken(const struct check_view *v, enum check_of of)
{
    if (evidence_signed_in(v))
        return true;
    const struct js *result = evidence_result(v);
    /* Dex took it when it sent the browser on to its own client. */
    if (of == CHECK_OF_DEX)
        return params_get(&evidence_leg(v, CHECK_OF_DEX)->response_query, "code") != NULL;
    if (of == CHECK_OF_ARGOCD)
        return cstr_eq(js_get_text(result, "at"), "session");
    return false;
}

/* What every relying party has to look at. azp, iat, nonce and the hashes are judged too, but Dex
 * and Argo CD do not look at them (dex.md 5). */
static const struct {
    const char *what;
    void (*judge)(const struct check_view *v, enum check_of of, struct verdict *ret);
} musts[] = {
    {"algorithm", judge_id_token_alg},
    {"signature", judge_id_token_signature},
    {"issuer", judge_id_token_iss},
    {"audience", judge_id_token_aud},
    {"expiry", judge_id_token_exp},
    {"not before", judge_id_token_nbf},
    {NULL, NULL},
};

/* What does not hold of the provider's token, or NULL; caller frees. */
static char *defect_of(const struct check_view *v, enum check_of provider)
{
    if (evidence_jwks(v, provider)->answer == NULL)
        return xasprintf("signature: nobody asked %s for its keys", check_of_name(provider));
    for (size_t i = 0; musts[i].what != NULL; i++) {
        AUTO(verdict_deinit) struct verdict one = {0};
        musts[i].judge(v, provider, &one);
        if (one.kind == VERDICT_FAIL)
            return xasprintf("%s: expected %s, found %s", musts[i].what, one.expected, one.actual);
    }
    return NULL;
}

/* rolecall's relying party may agree on HS256 with the client secret; it is the provider's other
 * clients that may not (OIDC Core 3.1.3.7 step 8). */
static bool is_agreed_secret(const struct check_view *v, enum check_of of)
{
    const char *alg = js_get_text(evidence_id_token(v, CHECK_OF_AUTHENTIK)->jws.header, "alg");
    const struct js *list = js_get(evidence_discovery(v, CHECK_OF_AUTHENTIK)->json,
                                   "id_token_signing_alg_values_supported");
    for (size_t i = 0; of == CHECK_OF_RP && cstr_starts(alg, "HS") && i < js_len(list); i++)
        if (cstr_eq(js_text(js_at(list, i)), alg))
            return true;
    return false;
}

/* OIDC Core 3.1.3.7: a token that does not hold is refused. */
void judge_token_verified(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    enum check_of provider = of == CHECK_OF_ARGOCD ? CHECK_OF_DEX : CHECK_OF_AUTHENTIK;
    const struct leg *l = evidence_leg(v, provider);
    bool is_rp = strcmp(l->rp, check_of_name(of)) == 0;
    if (!is_rp || l->token == NULL || evidence_id_token(v, provider)->claims == NULL) {
        verdict_skip(ret, "%s got no ID token in this login", check_of_name(of));
        return;
    }
    AUTO(xfree) char *defect = is_agreed_secret(v, of) ? NULL : defect_of(v, provider);
    if (defect == NULL)
        verdict_pass(ret, "the token holds");
    else if (!was_taken(v, of))
        verdict_pass(ret, "a token that does not hold (%s) was not taken", defect);
    else
        verdict_fail(ret, "a refusal of the token", defect);
}

/* OIDC Core 5.3.2: the sub of userinfo is the ID token's. */
void judge_userinfo_sub(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct trace_event *e = evidence_exchange(v, check_of_name(of), "userinfo", 0);
    const struct js *claims = claims_of(v, of);
    AUTO(js_free) struct js *info = e != NULL && e->status == 200 ? evidence_json(e) : NULL;
    if (info == NULL || claims == NULL) {
        verdict_skip(ret, "nobody asked %s for userinfo with success", check_of_name(of));
        return;
    }
    const char *expected = js_get_text(claims, "sub");
    const char *actual = js_get_text(info, "sub");
    if (cstr_eq(expected, actual))
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual != NULL ? actual : "no sub");
}
