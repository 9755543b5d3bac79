/*
 * The documents a provider publishes: OpenID Connect Discovery 1.0 and the JWKS (RFC 7517).
 */
#include "harness/check/document.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "harness/check/judges.h"

#define SIGNING_ALGS "id_token_signing_alg_values_supported"

/* The document, or a written skip. That it is JSON at all is judged by one check of each kind. */
static const struct js *document(enum check_of of, const struct document *d, struct verdict *ret)
{
    if (d->answer == NULL)
        verdict_skip(ret, "nobody asked %s for this document before this login ended",
                     check_of_name(of));
    else if (!js_is(d->json, JS_OBJECT))
        verdict_skip(ret, "the document of %s is no JSON object", check_of_name(of));
    else
        return d->json;
    return NULL;
}

const struct js *document_discovery(const struct check_view *v, enum check_of of,
                                    struct verdict *ret)
{
    return document(of, evidence_discovery(v, of), ret);
}

const struct js *document_jwks(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    return document(of, evidence_jwks(v, of), ret);
}

bool document_is_of_type(const struct trace_event *answer, const char *type)
{
    struct str rest = str_of(params_get_ci(&answer->headers, "Content-Type")), found = {0};
    if (!str_next(&rest, ';', &found))
        return false;
    found = str_trim(found);
    return found.len == strlen(type) && strncasecmp(found.ptr, type, found.len) == 0;
}

static void judge_is_object(const struct document *d, struct verdict *ret)
{
    if (d->answer != NULL && !js_is(d->json, JS_OBJECT))
        verdict_fail(ret, "a JSON object", d->answer->body);
}

void judge_discovery_issuer(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_discovery(v, of, ret);
    if (doc == NULL)
        return;
    const char *issuer = evidence_issuer(v, of);
    const char *found = js_get_text(doc, "issuer");
    if (cstr_eq(issuer, found))
        verdict_pass(ret, "%s", found);
    else
        verdict_fail(ret, issuer, found);
}

void judge_discovery_required(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const required[] = {"issuer",
                                           "authorization_endpoint",
                                           "token_endpoint",
                                           "jwks_uri",
                                           "response_types_supported",
                                           "subject_types_supported",
                                           SIGNING_ALGS,
                                           NULL};
    judge_is_object(evidence_discovery(v, of), ret);
    const struct js *doc = document_discovery(v, of, ret);
    if (doc == NULL)
        return;
    AUTO(strlist_deinit) struct strlist missing = {0};
    for (size_t i = 0; required[i] != NULL; i++)
        if (js_get(doc, required[i]) == NULL)
            strlist_add(&missing, required[i]);
    AUTO(xfree) char *names = strlist_join(&missing, ", ");
    AUTO(xfree) char *actual = xasprintf("without %s", names);
    if (missing.len == 0)
        verdict_pass(ret, "all required members are there");
    else
        verdict_fail(ret, "all required members", actual);
}

bool document_is_address(const char *member)
{
    return str_ends(str_of(member), "_endpoint") || strcmp(member, "jwks_uri") == 0;
}

void judge_discovery_https(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_discovery(v, of, ret);
    if (doc == NULL)
        return;
    const char *issuer = evidence_issuer(v, of);
    if (!cstr_starts(issuer, "https://")) {
        verdict_skip(ret, "the setup itself has a plain http URL for %s", check_of_name(of));
        return;
    }
    for (struct js_iter it = js_iter(doc); js_next(&it);) {
        const char *url = js_text(it.value);
        if (document_is_address(it.key) && url != NULL && !cstr_starts(url, "https://")) {
            AUTO(xfree) char *expected = xasprintf("%s with https", it.key);
            verdict_fail(ret, expected, url);
            return;
        }
    }
    verdict_pass(ret, "all endpoints are https");
}

bool document_lists(const struct js *doc, const char *member, const char *value)
{
    const struct js *list = js_get(doc, member);
    for (size_t i = 0; i < js_len(list); i++)
        if (cstr_eq(js_text(js_at(list, i)), value))
            return true;
    return false;
}

void document_judge_member(const struct check_view *v, enum check_of of, const char *member,
                           const char *value, struct verdict *ret)
{
    const struct js *doc = document_discovery(v, of, ret);
    if (doc == NULL)
        return;
    const struct js *list = js_get(doc, member);
    AUTO(xfree) char *text = list != NULL ? js_compact(list) : xstrdup("absent");
    AUTO(xfree) char *expected = xasprintf("%s with \"%s\"", member, value);
    if (document_lists(doc, member, value))
        verdict_pass(ret, "%s: %s", member, text);
    else
        verdict_fail(ret, expected, text);
}

void judge_discovery_code_flow(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    document_judge_member(v, of, "response_types_supported", "code", ret);
}

void judge_discovery_pkce(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    document_judge_member(v, of, "code_challenge_methods_supported", "S256", ret);
}

/* The members every JWK of a kind needs (RFC 7518 6, RFC 8037 2). */
static const struct {
    const char *kty;
    const char *members[4];
} kinds[] = {{"RSA", {"n", "e", NULL}},
             {"EC", {"crv", "x", "y", NULL}},
             {"OKP", {"crv", "x", NULL}},
             {NULL, {NULL}}};

static const char *missing_member(const struct js *jwk)
{
    const char *kty = js_get_text(jwk, "kty");
    if (kty == NULL)
        return "kty";
    for (size_t i = 0; kinds[i].kty != NULL; i++)
        for (size_t m = 0; strcmp(kinds[i].kty, kty) == 0 && kinds[i].members[m] != NULL; m++)
            if (js_get_text(jwk, kinds[i].members[m]) == NULL)
                return kinds[i].members[m];
    return NULL;
}

/* RFC 7517 4.4: a key that names its algorithm is for no other; it must be one the tokens have. */
static void judge_key_algs(const struct check_view *v, enum check_of of, const struct js *keys,
                           struct verdict *ret)
{
    const struct js *doc = evidence_discovery(v, of)->json;
    for (size_t i = 0; i < js_len(keys); i++) {
        const char *alg = js_get_text(js_at(keys, i), "alg");
        const char *use = js_get_text(js_at(keys, i), "use");
        if (alg == NULL || (use != NULL && strcmp(use, "sig") != 0) ||
            js_get(doc, SIGNING_ALGS) == NULL || document_lists(doc, SIGNING_ALGS, alg))
            continue;
        AUTO(xfree) char *names = js_compact(js_get(doc, SIGNING_ALGS));
        AUTO(xfree) char *expected = xasprintf("a key for one of %s", names);
        AUTO(xfree) char *actual = xasprintf("key %zu is for %s", i, alg);
        verdict_fail(ret, expected, actual);
    }
}

void judge_jwks_keys(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    judge_is_object(evidence_jwks(v, of), ret);
    const struct js *doc = document_jwks(v, of, ret);
    if (doc == NULL)
        return;
    const struct js *keys = js_get(doc, "keys");
    if (js_len(keys) == 0 || !js_is(keys, JS_ARRAY)) {
        AUTO(xfree) char *text = js_compact(doc);
        verdict_fail(ret, "an array \"keys\" with at least one key", text);
        return;
    }
    judge_key_algs(v, of, keys, ret);
    for (size_t i = 0; i < js_len(keys); i++) {
        const char *missing = missing_member(js_at(keys, i));
        if (missing == NULL)
            continue;
        AUTO(xfree) char *actual = xasprintf("key %zu has no \"%s\"", i, missing);
        verdict_fail(ret, "complete keys", actual);
        return;
    }
    verdict_pass(ret, "%zu key(s)", js_len(keys));
}

void judge_jwks_no_private(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const private_members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", NULL};
    const struct js *doc = document_jwks(v, of, ret);
    if (doc == NULL)
        return;
    const struct js *keys = js_get(doc, "keys");
    for (size_t i = 0; i < js_len(keys); i++)
        for (size_t m = 0; private_members[m] != NULL; m++)
            if (js_get(js_at(keys, i), private_members[m]) != NULL) {
                AUTO(xfree) char *actual = xasprintf("key %zu has \"%s\"", i, private_members[m]);
                verdict_fail(ret, "public members only", actual);
                return;
            }
    verdict_pass(ret, "public members only");
}

void judge_jwks_kid_unique(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_jwks(v, of, ret);
    if (doc == NULL)
        return;
    AUTO(strlist_deinit) struct strlist seen = {0};
    const struct js *keys = js_get(doc, "keys");
    for (size_t i = 0; i < js_len(keys); i++) {
        const char *kid = js_get_text(js_at(keys, i), "kid");
        if (kid == NULL && js_len(keys) > 1) {
            verdict_fail(ret, "a kid for each of several keys", "a key without kid");
            return;
        }
        if (kid != NULL && strlist_has(&seen, kid)) {
            verdict_fail(ret, "each kid once", kid);
            return;
        }
        strlist_add(&seen, kid != NULL ? kid : "");
    }
    verdict_pass(ret, "each kid once");
}
