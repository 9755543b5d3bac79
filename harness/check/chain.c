/*
 * What must hold from one end of the chain to the other: who the person is, and in which groups.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"

/* Sorted names of a groups claim, joined; "[]" when absent. Caller frees. */
static char *groups_text(const struct js *groups)
{
    AUTO(strlist_deinit) struct strlist l = {0};
    if (js_text(groups) != NULL)
        strlist_add(&l, js_text(groups));
    for (size_t i = 0; i < js_len(groups); i++)
        if (js_text(js_at(groups, i)) != NULL)
            strlist_add(&l, js_text(js_at(groups, i)));
    strlist_sort(&l);
    AUTO(xfree) char *joined = strlist_join(&l, ", ");
    return xasprintf("[%s]", joined);
}

static const struct js *claims_of(const struct check_view *v, enum check_of of)
{
    return evidence_id_token(v, of)->claims;
}

/* dex: the groups in its token are authentik's; argocd: the groups it shows are those in Dex's
 * token. */
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
    AUTO(xfree) char *expected = groups_text(js_get(upstream, "groups"));
    AUTO(xfree)
    char *actual = groups_text(of == CHECK_OF_DEX ? js_get(dex, "groups")
                                                  : js_get(evidence_result(v), "groups"));
    if (strcmp(expected, actual) == 0)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual);
}

/* dex.md 6.2: federated_claims.user_id is the upstream sub, which Argo CD uses as the person's name
 * in policies. */
void judge_identity_unchanged(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct js *dex = claims_of(v, CHECK_OF_DEX);
    const struct js *upstream = claims_of(v, CHECK_OF_AUTHENTIK);
    if (dex == NULL || upstream == NULL) {
        verdict_skip(ret, "no token of %s was seen", dex == NULL ? "dex" : "authentik");
        return;
    }
    const char *expected = js_get_text(upstream, "sub");
    const char *actual = js_text(js_path(dex, "federated_claims", "user_id", NULL));
    if (cstr_eq(expected, actual))
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, expected, actual != NULL ? actual : "no federated_claims.user_id");
}

/* Judges a token as its relying party had to: signature, algorithm, issuer, audience, expiry. */
static void verify(const struct check_view *v, enum check_of provider, const struct leg *l,
                   const char *token, struct jwt_verdict *ret)
{
    const char *algs[16] = {NULL};
    const struct js *list =
        js_get(evidence_discovery(v, provider)->json, "id_token_signing_alg_values_supported");
    size_t n = 0;
    for (size_t i = 0; i < js_len(list) && n < 15; i++) {
        const char *name = js_text(js_at(list, i));
        if (name != NULL && strcmp(name, "none") != 0)
            algs[n++] = name;
    }
    const struct jwt_rules rules = {
        .jwks = evidence_jwks(v, provider)->json,
        .secret = provider == CHECK_OF_AUTHENTIK ? v->setup->authentik.client_secret : NULL,
        .algs = n > 0 ? algs : NULL,
        .issuer = evidence_issuer(v, provider),
        .audience = params_get(&l->query, "client_id"),
        .now_s = l->token->at_ms / 1000,
    };
    jwt_verify(token, &rules, ret);
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

/* OIDC Core 3.1.3.7: a token that does not hold is refused. */
void judge_token_verified(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    enum check_of provider = of == CHECK_OF_ARGOCD ? CHECK_OF_DEX : CHECK_OF_AUTHENTIK;
    const struct leg *l = evidence_leg(v, provider);
    const char *token = NULL;
    if (strcmp(l->rp, check_of_name(of)) == 0 && l->token != NULL)
        token = evidence_id_token(v, provider)->text;
    if (token == NULL) {
        verdict_skip(ret, "%s got no ID token in this login", check_of_name(of));
        return;
    }
    AUTO(jwt_verdict_deinit) struct jwt_verdict judged = {0};
    verify(v, provider, l, token, &judged);
    bool taken = was_taken(v, of);
    if (judged.reason == JWT_NO_KEY && evidence_jwks(v, provider)->answer == NULL)
        verdict_skip(ret, "the JWKS of %s was not seen", check_of_name(provider));
    else if (judged.reason == JWT_OK)
        verdict_pass(ret, "the token holds");
    else if (!taken)
        verdict_pass(ret, "a token that does not hold (%s) was not taken",
                     jwt_reason_name(judged.reason));
    else {
        AUTO(xfree)
        char *actual = xasprintf("taken although %s: expected %s, found %s",
                                 jwt_reason_name(judged.reason), judged.expected, judged.actual);
        verdict_fail(ret, "a refusal of the token", actual);
    }
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
