/*
 * ID tokens, rule by rule: OIDC Core 2, 3.1.3.6 and 3.1.3.7. Each judge looks at one thing, so that
 * one defect makes one check fail.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/check/judges.h"
#include "harness/check/seen.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwk_lenient.h"
#include "harness/jose/jwt.h"

bool seen_id_token(const struct check_view *v, enum check_of of, struct seen *s,
                   struct verdict *ret)
{
    const struct id_token *t = evidence_id_token(v, of);
    if (t->claims == NULL) {
        verdict_skip(ret, t->text == NULL ? "no ID token of %s was seen" : "that of %s is no JWT",
                     check_of_name(of));
        return false;
    }
    *s = (struct seen){.leg = evidence_leg(v, of), .jws = &t->jws, .claims = t->claims};
    const struct trace_event *at =
        s->leg->token != NULL ? s->leg->token : trace_at(v->trace, v->from);
    s->at_s = at->at_ms / 1000;
    return true;
}

bool seen_first_id_token(const struct check_view *v, enum check_of of, const char *instead,
                         struct seen *s, struct verdict *ret)
{
    if (!evidence_is_refresh(v))
        return seen_id_token(v, of, s, ret);
    verdict_skip(ret, "of a refreshed token %s judges it", instead);
    return false;
}

static char *alg_of(const struct seen *s)
{
    const char *alg = js_get_text(s->jws->header, "alg");
    return xstrdup(alg != NULL ? alg : "(no alg)");
}

/* Step 7: RS256 unless another was agreed. Who relies on it takes only asymmetric ones that are
 * advertised (dex.md 5). */
void judge_id_token_alg(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    const struct js *list =
        js_get(evidence_discovery(v, of)->json, "id_token_signing_alg_values_supported");
    AUTO(xfree) char *alg = alg_of(&s);
    bool asymmetric = strcmp(alg, "none") != 0 && !cstr_starts(alg, "HS");
    bool advertised = js_len(list) == 0 && strcmp(alg, "RS256") == 0;
    for (size_t i = 0; i < js_len(list); i++)
        advertised = advertised || cstr_eq(js_text(js_at(list, i)), alg);
    AUTO(xfree) char *names = list != NULL ? js_compact(list) : xstrdup("[\"RS256\"]");
    AUTO(xfree)
    char *expected = xasprintf("an asymmetric algorithm of those advertised, %s", names);
    if (asymmetric && advertised)
        verdict_pass(ret, "%s", alg);
    else
        verdict_fail(ret, expected, alg);
}

static const struct js *jwks_of(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *jwks = evidence_jwks(v, of)->json;
    if (jwks == NULL)
        verdict_skip(ret, "nobody asked %s for its keys before this login ended",
                     check_of_name(of));
    return jwks;
}

void judge_id_token_kid(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    const struct js *jwks = jwks_of(v, of, ret);
    if (jwks == NULL)
        return;
    const char *kid = js_get_text(s.jws->header, "kid");
    AUTO(vec_deinit) struct vec found = {0};
    size_t keys = js_len(js_get(jwks, "keys"));
    if (keys == 0)
        verdict_skip(ret, "the JWKS has no keys");
    else if (kid == NULL && keys > 1)
        verdict_fail(ret, "a kid, because the JWKS has several keys", "no kid");
    else if (kid != NULL && (!jwks_find(jwks, kid, &found) || found.len == 0))
        verdict_fail(ret, "a kid that is in the JWKS", kid);
    else
        verdict_pass(ret, "%s", kid != NULL ? kid : "one key, no kid needed");
}

/* A private member that was published by mistake is for another check. */
static struct js *public_part(const struct js *jwk)
{
    static const char *const members[] = {"kty", "n", "e", "crv", "x", "y", NULL};
    struct js *part = js_object();
    for (size_t i = 0; members[i] != NULL; i++)
        if (js_get_text(jwk, members[i]) != NULL)
            js_set_text(part, members[i], js_get_text(jwk, members[i]));
    struct js *trimmed = jwk_trimmed(part); /* so are zeros before a number */
    js_free(part);
    return trimmed;
}

/* Any key of the set will do here: whether the kid names the right one is another check. */
void judge_id_token_signature(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    AUTO(xfree) char *alg = alg_of(&s);
    if (strcmp(alg, "none") == 0 || cstr_starts(alg, "HS")) {
        verdict_skip(ret, "a token with alg %s has no signature that a public key could verify",
                     alg);
        return;
    }
    const struct js *jwks = jwks_of(v, of, ret);
    if (jwks == NULL)
        return;
    const struct js *keys = js_get(jwks, "keys");
    if (js_len(keys) == 0) {
        verdict_skip(ret, "the JWKS has no keys");
        return;
    }
    for (size_t i = 0; i < js_len(keys); i++) {
        AUTO(js_free) struct js *jwk = public_part(js_at(keys, i));
        AUTO(key_free) struct key *key = NULL;
        if (jwk_to_key(jwk, &key, NULL) == 0 && jws_verify(s.jws, key) == JWS_OK) {
            verdict_pass(ret, "verified with key %zu of the JWKS", i);
            return;
        }
    }
    AUTO(xfree) char *actual = xasprintf("none of the %zu key(s) verifies it", js_len(keys));
    verdict_fail(ret, "a signature by a key of the JWKS", actual);
}

void judge_id_token_iss(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_first_id_token(v, of, "refresh.iss", &s, ret))
        return;
    const char *issuer = evidence_issuer(v, of);
    const char *iss = js_get_text(s.claims, "iss");
    if (cstr_eq(issuer, iss))
        verdict_pass(ret, "%s", iss);
    else
        verdict_fail(ret, issuer, iss != NULL ? iss : "no iss");
}

char *seen_client(const struct check_view *v, enum check_of of, const struct seen *s)
{
    AUTO(xfree) char *secret = NULL;
    const char *id = params_get(&s->leg->query, "client_id");
    if (id != NULL)
        return xstrdup(id);
    char *asked = evidence_client_id(s->leg, &secret); /* a refresh has no authorization request */
    if (asked != NULL)
        return asked;
    return xstrdup(of == CHECK_OF_AUTHENTIK ? v->setup->authentik.client_id : "argo-cd");
}

static bool aud_has(const struct js *aud, const char *client)
{
    if (js_text(aud) != NULL)
        return strcmp(js_text(aud), client) == 0;
    for (size_t i = 0; i < js_len(aud); i++)
        if (cstr_eq(js_text(js_at(aud, i)), client))
            return true;
    return false;
}

void judge_id_token_aud(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_first_id_token(v, of, "refresh.aud", &s, ret))
        return;
    AUTO(xfree) char *client = seen_client(v, of, &s);
    const struct js *aud = js_get(s.claims, "aud");
    AUTO(xfree)
    char *actual = js_text(aud) != NULL ? xstrdup(js_text(aud))
                   : aud != NULL        ? js_compact(aud)
                                        : xstrdup("no aud");
    if (aud_has(aud, client))
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, client, actual);
}

void judge_id_token_azp(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_first_id_token(v, of, "refresh.azp", &s, ret))
        return;
    AUTO(xfree) char *client = seen_client(v, of, &s);
    const char *azp = js_get_text(s.claims, "azp");
    bool several = js_is(js_get(s.claims, "aud"), JS_ARRAY) && js_len(js_get(s.claims, "aud")) > 1;
    if (azp == NULL && !several)
        verdict_pass(ret, "one audience, no azp needed");
    else if (cstr_eq(azp, client))
        verdict_pass(ret, "%s", azp);
    else
        verdict_fail(ret, client, azp != NULL ? azp : "several audiences and no azp");
}

void judge_id_token_exp(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    int64_t exp = 0;
    char now[CLOCK_TEXT], until[CLOCK_TEXT];
    if (!seen_id_token(v, of, &s, ret))
        return;
    AUTO(xfree) char *expected = xasprintf("later than %s", clock_rfc3339(s.at_s, now));
    if (js_get_number(s.claims, "exp", &exp) != 0)
        verdict_fail(ret, expected, "no exp");
    else if (exp <= s.at_s)
        verdict_fail(ret, expected, clock_rfc3339(exp, until));
    else
        verdict_pass(ret, "%s", clock_rfc3339(exp, until));
}

void judge_id_token_iat(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    int64_t iat = 0;
    char now[CLOCK_TEXT], issued[CLOCK_TEXT];
    if (!seen_first_id_token(v, of, "refresh.iat", &s, ret))
        return;
    AUTO(xfree) char *expected = xasprintf("within 5 minutes of %s", clock_rfc3339(s.at_s, now));
    if (js_get_number(s.claims, "iat", &iat) != 0)
        verdict_fail(ret, expected, "no iat");
    else if (iat > s.at_s + SKEW_S || iat < s.at_s - SKEW_S)
        verdict_fail(ret, expected, clock_rfc3339(iat, issued));
    else
        verdict_pass(ret, "%s", clock_rfc3339(iat, issued));
}

void judge_id_token_nbf(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    int64_t nbf = 0;
    char now[CLOCK_TEXT], from[CLOCK_TEXT];
    if (!seen_id_token(v, of, &s, ret))
        return;
    AUTO(xfree)
    char *expected =
        xasprintf("not after %s (5 minutes of skew allowed)", clock_rfc3339(s.at_s, now));
    if (js_get(s.claims, "nbf") == NULL)
        verdict_pass(ret, "no nbf, none needed");
    else if (js_get_number(s.claims, "nbf", &nbf) != 0 || nbf > s.at_s + SKEW_S)
        verdict_fail(ret, expected, clock_rfc3339(nbf, from));
    else
        verdict_pass(ret, "%s", clock_rfc3339(nbf, from));
}

/* OIDC Core 2: at most 255 ASCII characters. */
void judge_id_token_sub(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    const char *sub = js_get_text(s.claims, "sub");
    bool good = sub != NULL && sub[0] != '\0' && strlen(sub) <= 255;
    for (const char *p = sub; good && *p != '\0'; p++)
        good = *p >= 0x20 && *p <= 0x7e;
    if (good)
        verdict_pass(ret, "%s", sub);
    else
        verdict_fail(ret, "1 to 255 ASCII characters", sub != NULL ? sub : "no sub");
}

/* Step 11: what was sent comes back; what was not sent is not invented. */
void judge_id_token_nonce(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    if (s.leg->request == NULL) {
        verdict_skip(ret, "the authorization request was not seen");
        return;
    }
    const char *sent = params_get(&s.leg->query, "nonce");
    const char *found = js_get_text(s.claims, "nonce");
    if ((sent == NULL && found == NULL) || cstr_eq(sent, found))
        verdict_pass(ret, "%s", found != NULL ? found : "none sent, none in the token");
    else
        verdict_fail(ret, sent != NULL ? sent : "no nonce, because none was sent",
                     found != NULL ? found : "no nonce");
}

/* A hash claim that is there must be right; required says whether it must be there. */
static void judge_half_hash(const struct seen *s, const char *claim, const char *value,
                            bool required, struct verdict *ret)
{
    const char *found = js_get_text(s->claims, claim);
    if (found == NULL && !required) {
        verdict_pass(ret, "no %s; optional in the code flow", claim);
        return;
    }
    if (value == NULL) {
        verdict_skip(ret, "what %s is over was not seen", claim);
        return;
    }
    AUTO(xfree)
    char *expected = jwt_half_hash(
        s->jws->alg < JWS_ALG_MAX_ && s->jws->alg != JWS_NONE ? s->jws->alg : JWS_RS256, value);
    if (cstr_eq(expected, found))
        verdict_pass(ret, "%s", found);
    else
        verdict_fail(ret, expected, found != NULL ? found : "absent");
}

/* OIDC Core 3.1.3.6 makes it optional; Dex always sends it, and Argo CD revokes sessions by it
 * (argocd.md 4.2). */
void judge_id_token_at_hash(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    judge_half_hash(&s, "at_hash", js_get_text(s.leg->answer, "access_token"), of == CHECK_OF_DEX,
                    ret);
}

void judge_id_token_c_hash(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    judge_half_hash(&s, "c_hash", params_get(&s.leg->token_form, "code"), false, ret);
}

/* OIDC Core 5.1: a boolean. Dex refuses a login without it (dex.md 4.4 row 12). */
void judge_id_token_email_verified(const struct check_view *v, enum check_of of,
                                   struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    const char *scope = params_get(&s.leg->query, "scope");
    if (!cstr_contains(scope, "email")) {
        verdict_skip(ret, "the scope email was not asked for");
        return;
    }
    const struct js *value = js_get(s.claims, "email_verified");
    if (js_is(value, JS_TRUE) || js_is(value, JS_FALSE))
        verdict_pass(ret, "%s", js_is(value, JS_TRUE) ? "true" : "false");
    else
        verdict_fail(ret, "a boolean email_verified",
                     value != NULL ? js_type_name(value) : "absent");
}

/* Groups travel as an array of strings: what Dex and Argo CD read without loss (dex.md 4.6,
 * argocd.md 4.3). */
void judge_id_token_groups_type(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    const struct js *groups = js_get(s.claims, "groups");
    if (groups == NULL) {
        if (of == CHECK_OF_AUTHENTIK &&
            cstr_contains(params_get(&s.leg->query, "scope"), "profile"))
            verdict_fail(ret, "an array of group names", "no groups claim");
        else
            verdict_pass(ret, "no groups");
        return;
    }
    bool good = js_is(groups, JS_ARRAY);
    for (size_t i = 0; good && i < js_len(groups); i++)
        good = js_text(js_at(groups, i)) != NULL;
    AUTO(xfree) char *text = js_compact(groups);
    if (good)
        verdict_pass(ret, "%zu group(s)", js_len(groups));
    else
        verdict_fail(ret, "an array of group names", text);
}
