/*
 * Claims of an ID token one by one: their types, and what OIDC Core 2 and 5 and RFC 7519 say of
 * each. What a relying party has to validate (OIDC Core 3.1.3.7) is judged in id_token.c.
 */
#include "harness/check/claims.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/check/judges.h"
#include "harness/check/seen.h"

#define YEAR_S (INT64_C(366) * 86400)

bool claims_has_word(const char *list, const char *word)
{
    struct str rest = str_of(list), one = {0};
    while (list != NULL && str_next(&rest, ' ', &one))
        if (str_is(one, word))
            return true;
    return false;
}

static void add_names(struct strlist *names, const struct js *value)
{
    if (js_text(value) != NULL)
        strlist_add(names, js_text(value));
    for (size_t i = 0; i < js_len(value); i++)
        if (js_text(js_at(value, i)) != NULL)
            strlist_add(names, js_text(js_at(value, i)));
}

char *claims_groups_text(const struct js *groups)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    add_names(&names, groups);
    return strlist_set_text((const char *const *)names.items, names.len);
}

char *claims_subjects_text(const struct js *claims, const char *const *scopes)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    add_names(&names, js_get(claims, "groups"));
    for (const char *const *s = scopes; *s != NULL; s++)
        if (strcmp(*s, "groups") != 0)
            add_names(&names, js_get(claims, *s));
    return strlist_set_text((const char *const *)names.items, names.len);
}

/* RFC 7519 2: a NumericDate is a JSON number. */
void judge_id_token_numeric_dates(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const dates[] = {"exp", "iat", "nbf", "auth_time", "updated_at", NULL};
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    for (size_t i = 0; dates[i] != NULL; i++) {
        const struct js *value = js_get(s.claims, dates[i]);
        if (value == NULL || js_is(value, JS_INTEGER) || js_is(value, JS_REAL))
            continue;
        AUTO(xfree) char *expected = xasprintf("%s as a number", dates[i]);
        AUTO(xfree) char *actual = js_compact(value);
        verdict_fail(ret, expected, actual);
    }
    verdict_pass(ret, "the times are numbers");
}

static bool is_good_text(const struct js *value)
{
    const char *text = js_text(value);
    return text != NULL && text[strspn(text, " \t")] != '\0' && strcmp(text, "null") != 0;
}

static bool is_boolean(const struct js *value)
{
    return js_is(value, JS_TRUE) || js_is(value, JS_FALSE);
}

static bool is_object(const struct js *value)
{
    return js_is(value, JS_OBJECT);
}

/* OIDC Core 5.1. email_verified and updated_at have checks of their own. */
static const struct {
    const char *claim;
    bool (*good)(const struct js *value);
    const char *what;
} standard[] = {
    {"name", is_good_text, "a text with something in it"},
    {"given_name", is_good_text, "a text with something in it"},
    {"family_name", is_good_text, "a text with something in it"},
    {"middle_name", is_good_text, "a text with something in it"},
    {"nickname", is_good_text, "a text with something in it"},
    {"preferred_username", is_good_text, "a text with something in it"},
    {"profile", is_good_text, "a text with something in it"},
    {"picture", is_good_text, "a text with something in it"},
    {"website", is_good_text, "a text with something in it"},
    {"email", is_good_text, "a text with something in it"},
    {"gender", is_good_text, "a text with something in it"},
    {"birthdate", is_good_text, "a text with something in it"},
    {"zoneinfo", is_good_text, "a text with something in it"},
    {"locale", is_good_text, "a text with something in it"},
    {"phone_number", is_good_text, "a text with something in it"},
    {"phone_number_verified", is_boolean, "a boolean"},
    {"address", is_object, "an object"},
    {NULL, NULL, NULL},
};

/* authentik stores "no address" as an empty one, and its mapping says so (authentik.md 6.4). */
static bool is_no_address(const struct check_view *v, const char *claim, const struct js *value)
{
    const char *as = evidence_as(v);
    const struct setup_person *person = as != NULL ? setup_person(v->setup, as) : NULL;
    bool has_none = person != NULL && (person->email == NULL || person->email[0] == '\0');
    return has_none && strcmp(claim, "email") == 0 && cstr_eq(js_text(value), "");
}

void claims_judge_types(const struct check_view *v, const struct js *claims, struct verdict *ret)
{
    size_t seen = 0;
    for (size_t i = 0; standard[i].claim != NULL; i++) {
        const struct js *value = js_get(claims, standard[i].claim);
        if (value == NULL)
            continue;
        seen++;
        if (standard[i].good(value) || is_no_address(v, standard[i].claim, value))
            continue;
        AUTO(xfree) char *expected = xasprintf("%s as %s", standard[i].claim, standard[i].what);
        AUTO(xfree) char *actual = js_compact(value);
        verdict_fail(ret, expected, actual);
    }
    verdict_pass(ret, "%zu standard claim(s), each of its type", seen);
}

void judge_id_token_claim_types(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (seen_id_token(v, of, &s, ret))
        claims_judge_types(v, s.claims, ret);
}

static bool is_client_of_dex(const struct check_view *v, const char *id)
{
    const struct js *clients = js_get(v->setup->argocd.dex_generated, "staticClients");
    for (size_t i = 0; i < js_len(clients); i++)
        if (cstr_eq(js_get_text(js_at(clients, i), "id"), id))
            return true;
    return false;
}

/* OIDC Core 3.1.3.7 (3): audiences that the client does not trust make the token void. Whom it
 * trusts: itself, and at Dex the other clients that Argo CD configures. */
void judge_id_token_aud_trusted(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    const struct js *aud = js_get(s.claims, "aud");
    AUTO(xfree) char *client = seen_client(v, of, &s);
    if (!js_is(aud, JS_ARRAY)) {
        verdict_pass(ret, "one audience");
        return;
    }
    for (size_t i = 0; i < js_len(aud); i++) {
        const char *id = js_text(js_at(aud, i));
        bool known = cstr_eq(id, client) || (of == CHECK_OF_DEX && is_client_of_dex(v, id));
        if (!known)
            verdict_fail(ret, "audiences that the client knows", id != NULL ? id : "no text");
    }
    verdict_pass(ret, "%zu audience(s), all known", js_len(aud));
}

/* A time in milliseconds is the usual mistake: it is thousands of years away. */
void judge_id_token_lifetime(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    int64_t exp = 0, iat = 0;
    if (!seen_id_token(v, of, &s, ret))
        return;
    if (js_get_number(s.claims, "exp", &exp) != 0 || js_get_number(s.claims, "iat", &iat) != 0) {
        verdict_skip(ret, "without exp and iat, which is for other checks");
        return;
    }
    AUTO(xfree) char *actual = xasprintf("%lld s after iat", (long long)(exp - iat));
    if (exp - iat <= YEAR_S)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, "an exp in seconds, within a year", actual);
}

/* The earliest time of authentication that the request allows: by max_age, or by prompt=login
 * (OIDC Core 3.1.2.1). Mocks have our clock; a live system has its own. */
static int64_t earliest(const struct check_view *v, const struct seen *s)
{
    int64_t begin_s = trace_at(v->trace, v->from)->at_ms / 1000, max_age_s = 0;
    int64_t skew_s = v->live[SYSTEM_AUTHENTIK] ? SKEW_S : 0;
    const char *max_age = params_get(&s->leg->query, "max_age");
    if (claims_has_word(params_get(&s->leg->query, "prompt"), "login"))
        return begin_s - skew_s;
    if (max_age != NULL && str_to_i64(str_of(max_age), 1, YEAR_S, &max_age_s) == 0)
        return begin_s - max_age_s - skew_s;
    return begin_s - YEAR_S;
}

/* When the person signed in: not in the future, not longer ago than was asked for (a year, if
 * nothing was), and there when max_age was sent. */
void judge_id_token_auth_time(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    int64_t at = 0;
    char text[CLOCK_TEXT];
    if (!seen_first_id_token(v, of, "refresh.auth-time", &s, ret))
        return;
    const struct js *value = js_get(s.claims, "auth_time");
    char from[CLOCK_TEXT];
    AUTO(xfree)
    char *expected = xasprintf("between %s and now", clock_rfc3339(earliest(v, &s), from));
    bool must = params_get(&s.leg->query, "max_age") != NULL;
    if (value == NULL && must)
        verdict_fail(ret, "auth_time, because max_age was sent", "absent");
    else if (value == NULL)
        verdict_pass(ret, "no auth_time, none asked for");
    else if (js_number(value, &at) != 0)
        verdict_skip(ret, "auth_time is no number, which is for another check");
    else if (at > s.at_s + SKEW_S || at < earliest(v, &s))
        verdict_fail(ret, expected, clock_rfc3339(at, text));
    else
        verdict_pass(ret, "%s", clock_rfc3339(at, text));
}

void judge_id_token_acr(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    const struct js *acr = js_get(s.claims, "acr");
    if (acr == NULL) {
        verdict_pass(ret, "no acr, none asked for");
        return;
    }
    AUTO(xfree) char *text = js_compact(acr);
    if (is_good_text(acr))
        verdict_pass(ret, "%s", text);
    else
        verdict_fail(ret, "a text with something in it", text);
}

/* OIDC Core 5.7: addresses change hands; the subject must not. */
void judge_id_token_sub_email(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    const char *sub = js_get_text(s.claims, "sub");
    const char *email = js_get_text(s.claims, "email");
    if (sub == NULL || email == NULL)
        verdict_skip(ret, "without sub and email there is nothing to compare");
    else if (strcasecmp(sub, email) == 0)
        verdict_fail(ret, "a subject that is not the e-mail address", sub);
    else
        verdict_pass(ret, "%s", sub);
}

/* OIDC Core 2: the same person has the same subject at every login. */
void judge_id_token_sub_stable(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    struct earlier_token t = {0};
    size_t i = 0, compared = 0;
    if (!seen_first_id_token(v, of, "refresh.sub", &s, ret))
        return;
    const char *sub = js_get_text(s.claims, "sub");
    while (sub != NULL && evidence_next_earlier(v, of, &i, &t)) {
        AUTO(js_free) struct js *claims = t.claims;
        const char *before = js_get_text(claims, "sub");
        if (!cstr_eq(t.as, evidence_as(v)) || before == NULL)
            continue;
        compared++;
        if (strcmp(before, sub) != 0)
            verdict_fail(ret, before, sub);
    }
    if (compared == 0)
        verdict_skip(ret, "no earlier login of the same person was seen");
    else
        verdict_pass(ret, "%s, as %zu time(s) before", sub, compared);
}

/* RFC 7519 4.1.7: no two tokens have one jti. */
void judge_id_token_jti(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    struct earlier_token t = {0};
    size_t i = 0, compared = 0;
    if (!seen_id_token(v, of, &s, ret))
        return;
    const char *jti = js_get_text(s.claims, "jti");
    while (jti != NULL && evidence_next_earlier(v, of, &i, &t)) {
        AUTO(js_free) struct js *claims = t.claims;
        compared++;
        if (cstr_eq(js_get_text(claims, "jti"), jti))
            verdict_fail(ret, "a jti that no token had before", jti);
    }
    if (compared == 0)
        verdict_skip(ret, jti == NULL ? "the token has no jti" : "no earlier token was seen");
    else
        verdict_pass(ret, "unlike that of %zu earlier token(s)", compared);
}

/* RFC 7519 5.1, RFC 8725 3.11: another type is another kind of token. */
void judge_id_token_typ(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    const struct js *typ = js_get(s.jws->header, "typ");
    const char *text = js_text(typ);
    if (typ == NULL)
        verdict_pass(ret, "no typ, none needed");
    else if (text != NULL && strcasecmp(text, "JWT") == 0)
        verdict_pass(ret, "%s", text);
    else
        verdict_fail(ret, "JWT", text != NULL ? text : js_type_name(typ));
}

/* OIDC Core 2: a token does not bring the key along by which it wants to be verified. */
void judge_id_token_key_header(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const members[] = {"x5u", "x5c", "jku", "jwk", NULL};
    struct seen s = {0};
    if (!seen_id_token(v, of, &s, ret))
        return;
    for (size_t i = 0; members[i] != NULL; i++)
        if (js_get(s.jws->header, members[i]) != NULL)
            verdict_fail(ret, "a header without x5u, x5c, jku and jwk", members[i]);
    verdict_pass(ret, "the header brings no key along");
}
