/*
 * What a discovery document promises, member by member: OpenID Connect Discovery 1.0 3 and 4.2, RFC
 * 8414, RFC 6749 3. The members that a login cannot do without are in document.c.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/check/document.h"
#include "harness/check/judges.h"

#define SIGNING_ALGS "id_token_signing_alg_values_supported"
#define AUTH_METHODS "token_endpoint_auth_methods_supported"

void judge_discovery_content_type(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    if (document_discovery(v, of, ret) == NULL)
        return;
    const struct trace_event *answer = evidence_discovery(v, of)->answer;
    const char *type = params_get_ci(&answer->headers, "Content-Type");
    if (document_is_of_type(answer, "application/json"))
        verdict_pass(ret, "%s", type);
    else
        verdict_fail(ret, "application/json", type != NULL ? type : "no Content-Type");
}

static bool ends(const char *name, const char *suffix)
{
    return str_ends(str_of(name), suffix);
}

/* RFC 6749 3.1 and 3.2: an endpoint's URI has no fragment. */
void judge_discovery_fragment(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_discovery(v, of, ret);
    for (struct js_iter it = js_iter(doc); doc != NULL && js_next(&it);) {
        const char *url = js_text(it.value);
        if (!document_is_address(it.key) || url == NULL || strchr(url, '#') == NULL)
            continue;
        AUTO(xfree) char *expected = xasprintf("%s without a fragment", it.key);
        verdict_fail(ret, expected, url);
    }
    if (doc != NULL)
        verdict_pass(ret, "no endpoint has a fragment");
}

/* Host and port as they are written; "" when it is no URL. Caller frees. */
static char *authority(const char *text)
{
    AUTO(url_deinit) struct url u = {0};
    if (text == NULL || url_parse(text, &u, NULL) != 0)
        return xstrdup("");
    return url_authority(&u);
}

/* Whoever publishes another's issuer with endpoints of his own gets the codes and secrets. Both
 * systems of this chain serve all endpoints themselves. */
void judge_discovery_same_host(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_discovery(v, of, ret);
    AUTO(xfree) char *home = authority(evidence_issuer(v, of));
    for (struct js_iter it = js_iter(doc); doc != NULL && js_next(&it);) {
        const char *url = js_text(it.value);
        AUTO(xfree) char *host = authority(url);
        if (!document_is_address(it.key) || host[0] == '\0' || strcmp(home, host) == 0)
            continue;
        AUTO(xfree) char *expected = xasprintf("%s at %s", it.key, home);
        verdict_fail(ret, expected, url);
    }
    if (doc != NULL)
        verdict_pass(ret, "all at %s", home);
}

void judge_discovery_scopes(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    document_judge_member(v, of, "scopes_supported", "openid", ret);
}

void judge_discovery_claims(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    document_judge_member(v, of, "claims_supported", "sub", ret);
}

/* An absent list has the specification's own default, which has what this chain needs. */
static bool is_defaulted(const struct js *doc, const char *member, struct verdict *ret)
{
    if (doc != NULL && js_get(doc, member) != NULL)
        return false;
    if (doc != NULL)
        verdict_pass(ret, "no %s, the default holds", member);
    return true;
}

void judge_discovery_grant_types(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    if (!is_defaulted(document_discovery(v, of, ret), "grant_types_supported", ret))
        document_judge_member(v, of, "grant_types_supported", "authorization_code", ret);
}

void judge_discovery_response_modes(const struct check_view *v, enum check_of of,
                                    struct verdict *ret)
{
    if (!is_defaulted(document_discovery(v, of, ret), "response_modes_supported", ret))
        document_judge_member(v, of, "response_modes_supported", "query", ret);
}

/* How the token request that was answered well showed who asks; NULL for a public client. */
static const char *method_of(const struct leg *l)
{
    AUTO(xfree) char *secret = NULL;
    AUTO(xfree) char *id = evidence_client_id(l, &secret);
    if (id == NULL || secret == NULL || secret[0] == '\0' || l->token->status != 200)
        return NULL;
    const char *header = params_get_ci(&l->token->request_headers, "Authorization");
    return header != NULL ? "client_secret_basic" : "client_secret_post";
}

/* The list as a report shows it. Caller frees. */
static char *list_text(const struct js *list)
{
    return list != NULL ? js_compact(list) : xstrdup("absent");
}

/* What works must be listed: clients choose by this list. */
void judge_discovery_auth_methods(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_discovery(v, of, ret);
    const char *used = method_of(evidence_leg(v, of));
    if (doc == NULL)
        return;
    if (used == NULL)
        verdict_skip(ret, "no client authenticated itself at %s in this login", check_of_name(of));
    else if (js_get(doc, AUTH_METHODS) == NULL && strcmp(used, "client_secret_basic") == 0)
        verdict_pass(ret, "no list, the default is what was used");
    else
        document_judge_member(v, of, AUTH_METHODS, used, ret);
}

void judge_discovery_subject_types(const struct check_view *v, enum check_of of,
                                   struct verdict *ret)
{
    static const char member[] = "subject_types_supported";
    const struct js *doc = document_discovery(v, of, ret);
    const struct js *list = js_get(doc, member);
    if (doc == NULL)
        return;
    AUTO(xfree) char *text = list_text(list);
    if (list == NULL)
        verdict_skip(ret, "%s is missing, which is for another check", member);
    else if (document_lists(doc, member, "public") || document_lists(doc, member, "pairwise"))
        verdict_pass(ret, "%s", text);
    else
        verdict_fail(ret, "public or pairwise", text);
}

void judge_discovery_no_none(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_discovery(v, of, ret);
    if (doc == NULL)
        return;
    AUTO(xfree) char *text = list_text(js_get(doc, SIGNING_ALGS));
    if (js_get(doc, SIGNING_ALGS) == NULL)
        verdict_skip(ret, "%s is missing, which is for another check", SIGNING_ALGS);
    else if (document_lists(doc, SIGNING_ALGS, "none"))
        verdict_fail(ret, "algorithms that sign", text);
    else
        verdict_pass(ret, "%s", text);
}

/* Who gives the provider an EC key chose another algorithm: authentik offers what its key can do.
 */
void judge_discovery_rs256(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_discovery(v, of, ret);
    if (doc == NULL)
        return;
    if (cstr_starts(v->setup->authentik.signing_key, "ec")) {
        verdict_skip(ret, "the setup itself gives authentik an EC key");
        return;
    }
    if (js_get(doc, SIGNING_ALGS) == NULL)
        verdict_skip(ret, "%s is missing, which is for another check", SIGNING_ALGS);
    else
        document_judge_member(v, of, SIGNING_ALGS, "RS256", ret);
}

static bool is_list_of_texts(const struct js *list)
{
    bool good = js_is(list, JS_ARRAY);
    for (size_t i = 0; good && i < js_len(list); i++)
        good = js_text(js_at(list, i)) != NULL;
    return good;
}

static bool is_boolean(const struct js *value)
{
    return js_is(value, JS_TRUE) || js_is(value, JS_FALSE);
}

static bool is_text(const struct js *value)
{
    return js_text(value) != NULL;
}

/* The kind of value by the end of the name; the first that fits counts. */
static const struct {
    const char *suffix;
    bool (*good)(const struct js *value);
    const char *what;
} forms[] = {
    {"_parameter_supported", is_boolean, "a boolean"},
    {"logout_supported", is_boolean, "a boolean"},
    {"logout_session_supported", is_boolean, "a boolean"},
    {"_supported", is_list_of_texts, "an array of strings"},
    {"_endpoint", is_text, "a string"},
    {"_uri", is_text, "a string"},
    {"issuer", is_text, "a string"},
    {NULL, NULL, NULL},
};

void judge_discovery_types(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct js *doc = document_discovery(v, of, ret);
    for (struct js_iter it = js_iter(doc); doc != NULL && js_next(&it);) {
        size_t i = 0;
        while (forms[i].suffix != NULL && !ends(it.key, forms[i].suffix))
            i++;
        if (forms[i].suffix == NULL || forms[i].good(it.value))
            continue;
        AUTO(xfree) char *expected = xasprintf("%s as %s", it.key, forms[i].what);
        AUTO(xfree) char *actual = js_compact(it.value);
        verdict_fail(ret, expected, actual);
    }
    if (doc != NULL)
        verdict_pass(ret, "each member is of its type");
}
