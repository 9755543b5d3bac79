/*
 * What else the token endpoint's answer must be: RFC 6749 5.1, 3.3 and 10.10, RFC 6750 2.1, OIDC
 * Core 11. What every client reads of it is judged in token.c.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/check/claims.h"
#include "harness/check/document.h"
#include "harness/check/judges.h"
#include "harness/check/seen.h"

#define LENGTH_MIN 22U /* characters that hold 128 bits, as for codes */

void judge_token_content_type(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    const char *type = params_get_ci(&l->token->headers, "Content-Type");
    if (document_is_of_type(l->token, "application/json"))
        verdict_pass(ret, "%s", type);
    else
        verdict_fail(ret, "application/json", type != NULL ? type : "no Content-Type");
}

/* Does the provider say which scopes it has, and not that it has this one? */
static bool scope_not_offered(const struct check_view *v, enum check_of of, const char *scope)
{
    const struct document *d = evidence_discovery(v, of);
    return js_is(js_get(d->json, "scopes_supported"), JS_ARRAY) &&
           !document_lists(d->json, "scopes_supported", scope);
}

/* OIDC Core 11: offline access is asked for, and then it is given. What was granted is said in the
 * answer's scope, or is what was asked for (RFC 6749 5.1). Whoever has no such scope may give
 * refresh tokens by rules of its own ("not exclusive to the offline_access use case"). */
void judge_token_refresh_token(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    if (l->request == NULL) {
        verdict_skip(ret, "the authorization request was not seen");
        return;
    }
    const char *scope = js_get_text(l->answer, "scope");
    bool granted =
        claims_has_word(scope != NULL ? scope : params_get(&l->query, "scope"), "offline_access");
    bool given = js_get_text(l->answer, "refresh_token") != NULL;
    if (given && !granted && scope_not_offered(v, of, "offline_access"))
        verdict_skip(ret, "%s has no scope offline_access that would decide it", check_of_name(of));
    else if (granted == given)
        verdict_pass(ret, given ? "offline_access, a refresh token"
                                : "no offline_access, no refresh token");
    else
        verdict_fail(ret,
                     granted ? "a refresh token, because offline_access was granted"
                             : "no refresh token, because offline_access was not granted",
                     given ? "a refresh token" : "none");
}

/* RFC 6749 3.3: the scope that is granted is part of what was asked for. */
void judge_token_scope(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    const char *scope = js_get_text(l->answer, "scope");
    const char *asked = params_get(&l->query, "scope");
    if (l->request == NULL || scope == NULL) {
        verdict_skip(ret, scope == NULL ? "the answer has no scope"
                                        : "the authorization request was not seen");
        return;
    }
    struct str rest = str_of(scope), one = {0};
    while (str_next(&rest, ' ', &one)) {
        AUTO(xfree) char *word = xstrndup(one.ptr, one.len);
        if (!claims_has_word(asked, word)) {
            AUTO(xfree) char *expected = xasprintf("scopes of \"%s\"", asked != NULL ? asked : "");
            verdict_fail(ret, expected, scope);
        }
    }
    verdict_pass(ret, "%s", scope);
}

static const char *const tokens[] = {"access_token", "refresh_token", NULL};

void judge_token_entropy(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    size_t seen = 0;
    for (size_t i = 0; tokens[i] != NULL; i++) {
        const char *token = js_get_text(l->answer, tokens[i]);
        if (token == NULL || token[0] == '\0')
            continue;
        seen++;
        if (strlen(token) >= LENGTH_MIN)
            continue;
        AUTO(xfree) char *actual = xasprintf("%s of %zu characters", tokens[i], strlen(token));
        verdict_fail(ret, "tokens of at least 22 characters", actual);
    }
    if (seen == 0)
        verdict_skip(ret, "the answer has no token that is a secret");
    else
        verdict_pass(ret, "%zu token(s), long enough", seen);
}

/* b64token: letters, digits and "-._~+/", then any number of "=". */
static bool is_b64token(const char *s)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    size_t n = strspn(s, letters);
    return n > 0 && s[n + strspn(s + n, "=")] == '\0';
}

/* RFC 6749 A.17: printable ASCII. */
static bool is_vschar(const char *s)
{
    for (; *s != '\0'; s++)
        if (*s < 0x20 || *s > 0x7e)
            return false;
    return true;
}

void judge_token_characters(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    const struct leg *l = seen_answer(v, of, ret);
    if (l == NULL)
        return;
    const char *access = js_get_text(l->answer, "access_token");
    const char *refresh = js_get_text(l->answer, "refresh_token");
    if (access != NULL && access[0] != '\0' && !is_b64token(access))
        verdict_fail(ret, "an access token of letters, digits and -._~+/=", access);
    if (refresh != NULL && !is_vschar(refresh))
        verdict_fail(ret, "a refresh token of printable ASCII", refresh);
    if (access == NULL && refresh == NULL)
        verdict_skip(ret, "the answer has no token that is a secret");
    else
        verdict_pass(ret, "characters that a header can carry");
}
