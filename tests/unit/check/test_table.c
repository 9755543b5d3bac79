/* The table of checks, its names, and what evidence is found where. */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/check/evidence.h"
#include "tests/unit/check/story.h"

static void test_table__rows_are_complete(void **state)
{
    (void)state;
    for (const struct check *c = checks; c->id != NULL; c++) {
        assert_true(c->of != 0);
        assert_true(strlen(c->title) > 0 && strlen(c->title) < 80);
        assert_non_null(c->spec);
        assert_non_null(c->judge);
        for (const struct check *d = c + 1; d->id != NULL; d++)
            assert_string_not_equal(c->id, d->id);
    }
}

/* Two rows with one clause would be one rule twice. */
static void test_table__clauses_are_unique(void **state)
{
    (void)state;
    for (const struct check *c = checks; c->id != NULL; c++)
        for (const struct check *d = c + 1; d->id != NULL; d++) {
            if (strcmp(c->spec, d->spec) == 0)
                fail_msg("%s and %s both cite %s", c->id, d->id, c->spec);
            if (c->judge == d->judge)
                fail_msg("%s and %s are judged by the same function", c->id, d->id);
        }
}

static const char *severity_of(const char *id)
{
    for (const struct check *c = checks; c->id != NULL; c++)
        if (strcmp(c->id, id) == 0)
            return check_severity_name(c->severity);
    fail_msg("no check %s", id);
    return NULL;
}

/* By the specification's own word. */
static void test_table__severities(void **state)
{
    (void)state;
    assert_string_equal(severity_of("id-token.iss"), "must");       /* MUST exactly match */
    assert_string_equal(severity_of("jwks.kid-unique"), "should");  /* SHOULD use distinct */
    assert_string_equal(severity_of("token.expires-in"), "should"); /* RECOMMENDED */
    for (const struct check *c = checks; c->id != NULL; c++)
        assert_true(c->severity == CHECK_MUST || c->severity == CHECK_SHOULD);
}

static bool has_host(const struct url *u)
{
    return strcmp(u->scheme, "https") == 0 && strchr(u->host, '.') != NULL;
}

/* How the address of a document of specifications ends, for "RFC 6749 4.1.2 (code)" or "OIDC Core 2
 * (sub)"; NULL for other documents. Caller frees. */
static char *address_of(const char *spec)
{
    static const struct {
        const char *words;
        const char *address;
    } documents[] = {
        {"OIDC Core ", "openid-connect-core-1_0.html#rfc.section."},
        {"OIDC Discovery ", "openid-connect-discovery-1_0.html#rfc.section."},
        {"OIDC RP-Initiated Logout ", "openid-connect-rpinitiated-1_0.html#rfc.section."},
        {NULL, NULL},
    };
    for (size_t i = 0; documents[i].words != NULL; i++)
        if (cstr_starts(spec, documents[i].words)) {
            const char *section = spec + strlen(documents[i].words);
            return xasprintf("%s%.*s", documents[i].address, (int)strcspn(section, " "), section);
        }
    if (!cstr_starts(spec, "RFC "))
        return NULL;
    const char *number = spec + strlen("RFC "), *section = strchr(number, ' ') + 1;
    return xasprintf("rfc%.*s#section-%.*s", (int)strcspn(number, " "), number,
                     (int)strcspn(section, " "), section);
}

static void test_table__links_lead_to_the_clause(void **state)
{
    (void)state;
    for (const struct check *c = checks; c->id != NULL; c++) {
        AUTO(url_deinit) struct url u = {0};
        AUTO(xfree) char *address = address_of(c->spec);
        assert_int_equal(url_parse(c->link, &u, NULL), 0);
        assert_true(has_host(&u));
        if (address != NULL && !str_ends(str_of(c->link), address))
            fail_msg("%s: %s is not at %s", c->id, c->spec, c->link);
    }
}

static void test_names__each_is_found_again(void **state)
{
    (void)state;
    size_t n = 0;
    for (char *name = check_name_at(0); name != NULL; name = check_name_at(++n)) {
        const struct check *check = NULL;
        enum check_of of = CHECK_OF_AUTHENTIK;
        assert_true(check_find(name, &check, &of));
        AUTO(xfree) char *back = xasprintf("%s/%s", check_of_name(of), check->id);
        assert_string_equal(back, name);
        xfree(name);
    }
    assert_true(n > 100);
}

static void test_names__what_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {"id-token.alg",       "nobody/id-token.alg", "authentik/",
                                        "authentik/id-token", "cli/id-token.alg",    NULL};
    for (size_t i = 0; wrong[i] != NULL; i++) {
        const struct check *check = NULL;
        enum check_of of = CHECK_OF_AUTHENTIK;
        assert_false(check_find(wrong[i], &check, &of));
    }
}

struct seen {
    struct story story;
    struct check_view view;
    struct evidence *evidence;
};

static void look(struct seen *s, const char *patch)
{
    story_tell(&s->story, patch, false);
    s->view = story_view(&s->story);
    s->evidence = evidence_new(&s->view);
    s->view.evidence = s->evidence;
}

static void look_away(struct seen *s)
{
    evidence_free(s->evidence);
    story_end(&s->story);
}

static void test_evidence__both_legs_of_ui(void **state)
{
    (void)state;
    struct seen s;
    look(&s, NULL);
    const struct leg *up = evidence_leg(&s.view, CHECK_OF_AUTHENTIK);
    const struct leg *down = evidence_leg(&s.view, CHECK_OF_DEX);
    assert_string_equal(up->rp, "dex");
    assert_string_equal(down->rp, "argocd");
    assert_string_equal(params_get(&up->query, "client_id"), "my_client_id");
    assert_string_equal(params_get(&down->query, "client_id"), "argo-cd");
    assert_string_equal(params_get(&up->response_query, "code"),
                        "0123456789abcdef0123456789abcdef");
    assert_true(cstr_starts(down->response, "https://argocd.company/auth/callback?"));
    assert_int_equal(down->token->status, 200);
    assert_string_equal(evidence_via(&s.view), "ui");
    assert_true(evidence_signed_in(&s.view));
    look_away(&s);
}

static void test_evidence__direct_has_no_dex(void **state)
{
    (void)state;
    struct seen s;
    look(&s, "{\"via\":\"direct\"}");
    assert_string_equal(evidence_leg(&s.view, CHECK_OF_AUTHENTIK)->rp, "rp");
    assert_null(evidence_leg(&s.view, CHECK_OF_DEX)->request);
    assert_null(evidence_id_token(&s.view, CHECK_OF_DEX)->text);
    assert_null(evidence_discovery(&s.view, CHECK_OF_DEX)->answer);
    look_away(&s);
}

static void test_evidence__the_good_token_answer_counts(void **state)
{
    (void)state;
    struct seen s;
    look(&s, "{\"authentik\":{\"status\":400,\"answer\":{\"error\":\"invalid_grant\"}}}");
    assert_int_equal(evidence_leg(&s.view, CHECK_OF_AUTHENTIK)->token->status, 400);
    assert_null(evidence_id_token(&s.view, CHECK_OF_AUTHENTIK)->text);
    assert_non_null(evidence_id_token(&s.view, CHECK_OF_DEX)->claims);
    look_away(&s);
}

/* Of a live Argo CD only the cookie shows the token. */
static void test_evidence__token_from_the_cookie(void **state)
{
    (void)state;
    struct seen s;
    look(&s, "{\"dex\":{\"asks\":0},\"argocd\":{\"cookie\":\"argocd.token=e30.e30.x; path=/\"}}");
    assert_string_equal(evidence_id_token(&s.view, CHECK_OF_DEX)->text, "e30.e30.x");
    look_away(&s);
    look(&s, "{\"dex\":{\"asks\":0},\"argocd\":{\"cookie\":\"argocd.token=2:e30; path=/\"}}");
    assert_null(evidence_id_token(&s.view, CHECK_OF_DEX)->text); /* cut into several */
    look_away(&s);
}

static void test_evidence__client_of_form_and_basic(void **state)
{
    (void)state;
    struct seen s;
    char *secret = NULL;
    look(&s, NULL);
    char *id = evidence_client_id(evidence_leg(&s.view, CHECK_OF_AUTHENTIK), &secret);
    assert_string_equal(id, "my_client_id");
    assert_string_equal(secret, "my_client_secret");
    xfree(id);
    xfree(secret);
    struct leg basic = *evidence_leg(&s.view, CHECK_OF_AUTHENTIK);
    struct trace_event token = *basic.token;
    token.request_headers = (struct params){0};
    params_add(&token.request_headers, "authorization", "Basic YSUyMGI6YyUzQWQ="); /* a%20b:c%3Ad */
    basic.token = &token;
    id = evidence_client_id(&basic, &secret);
    assert_string_equal(id, "a b");
    assert_string_equal(secret, "c:d");
    xfree(id);
    xfree(secret);
    params_set(&token.request_headers, "authorization", "Basic !");
    params_deinit(&token.request_headers);
    look_away(&s);
}

static void test_evidence__exchanges_in_order(void **state)
{
    (void)state;
    struct seen s;
    look(&s, "{\"authentik\":{\"asks\":3}}");
    const struct trace_event *one = evidence_exchange(&s.view, "authentik", "token", 0);
    const struct trace_event *three = evidence_exchange(&s.view, "authentik", "token", 2);
    assert_true(one->seq < three->seq);
    assert_null(evidence_exchange(&s.view, "authentik", "token", 3));
    assert_null(evidence_exchange(&s.view, "cli", "listener", 0));
    look_away(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table__rows_are_complete),
        cmocka_unit_test(test_table__clauses_are_unique),
        cmocka_unit_test(test_table__severities),
        cmocka_unit_test(test_table__links_lead_to_the_clause),
        cmocka_unit_test(test_names__each_is_found_again),
        cmocka_unit_test(test_names__what_is_none),
        cmocka_unit_test(test_evidence__both_legs_of_ui),
        cmocka_unit_test(test_evidence__direct_has_no_dex),
        cmocka_unit_test(test_evidence__the_good_token_answer_counts),
        cmocka_unit_test(test_evidence__token_from_the_cookie),
        cmocka_unit_test(test_evidence__client_of_form_and_basic),
        cmocka_unit_test(test_evidence__exchanges_in_order),
    };
    return TEST_MAIN(tests);
}
