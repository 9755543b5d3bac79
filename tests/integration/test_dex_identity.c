/*
 * What the mock Dex makes of authentik's claims, row by row (dex.md 4.4, 4.6, 8.1), and what it
 * refuses.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "tests/support/dex_fixture.h"

/* ---- identity: dex.md 8.1 ---- */

struct identity_row {
    const char *name;
    const char *options;  /* merge patch on the connector's options */
    const char *claims;   /* merge patch on authentik's claims */
    const char *expected; /* members of Dex's ID token; null = absent. NULL = refused: */
    const char *literal;
};

#define GROUPS_12 "\"groups\":[\"group1\",\"group2\"]"

static const struct identity_row identity_rows[] = {
    {"simpleCase", "{}", "{" GROUPS_12 "}",
     "{\"name\":\"Jane Doe\",\"email\":\"jane@example.com\",\"email_verified\":true," GROUPS_12
     ",\"preferred_username\":\"jane\"}",
     NULL},
    {"customEmailClaim", "{\"claimMapping\":{\"email\":\"mail\"}}",
     "{\"email\":null,\"mail\":\"m@x\"}", "{\"email\":\"m@x\"}", NULL},
    {"mapping is no override", "{\"claimMapping\":{\"email\":\"mail\"}}", "{\"mail\":\"m@x\"}",
     "{\"email\":\"jane@example.com\"}", NULL},
    {"overrideWithCustomEmailClaim",
     "{\"claimMapping\":{\"email\":\"mail\"},\"overrideClaimMapping\":true}", "{\"mail\":\"m@x\"}",
     "{\"email\":\"m@x\"}", NULL},
    {"email_verified not in claims, configured to be skipped",
     "{\"insecureSkipEmailVerified\":true}", "{\"email_verified\":null}",
     "{\"email_verified\":true}", NULL},
    {"explicit false stays", "{\"insecureSkipEmailVerified\":true}", "{\"email_verified\":false}",
     "{\"email_verified\":false}", NULL},
    {"email_verified false", "{}", "{\"email_verified\":false}", "{\"email_verified\":false}",
     NULL},
    {"email_verified absent", "{}", "{\"email_verified\":null}", NULL, "cb-no-verified"},
    {"email_verified as a string", "{}", "{\"email_verified\":\"true\"}", NULL, "cb-no-verified"},
    {"withUserIDKey", "{\"userIDKey\":\"name\"}", "{}",
     "{\"federated_claims\":{\"connector_id\":\"authentik\",\"user_id\":\"Jane Doe\"}}", NULL},
    {"userIDKey absent", "{\"userIDKey\":\"zz\"}", "{}", NULL, "cb-user-id"},
    {"withUserNameKey", "{\"userNameKey\":\"user_name\"}", "{\"name\":null,\"user_name\":\"u\"}",
     "{\"name\":\"u\"}", NULL},
    {"userNameKey absent", "{\"userNameKey\":\"zz\"}", "{}", NULL, "cb-user-name"},
    {"withPreferredUsernameKey", "{\"claimMapping\":{\"preferred_username\":\"username_key\"}}",
     "{\"preferred_username\":null,\"username_key\":\"p\"}", "{\"preferred_username\":\"p\"}",
     NULL},
    {"withoutPreferredUsernameKeyAndBackendReturns", "{}", "{\"preferred_username\":\"p\"}",
     "{\"preferred_username\":\"p\"}", NULL},
    {"withoutPreferredUsernameKeyAndBackendNotReturn", "{}", "{\"preferred_username\":null}",
     "{\"preferred_username\":null}", NULL},
    {"emptyEmailScope", "{\"scopes\":[\"groups\"],\"insecureSkipEmailVerified\":true}",
     "{\"email\":null,\"email_verified\":null}", "{\"email\":null,\"email_verified\":true}", NULL},
    {"no email scope, nothing skipped", "{\"scopes\":[\"groups\"]}",
     "{\"email\":null,\"email_verified\":null}", "{\"email\":null,\"email_verified\":false}", NULL},
    {"emptyEmailScopeButEmailProvided", "{\"scopes\":[\"groups\"]}", "{}",
     "{\"email\":\"jane@example.com\"}", NULL},
    {"no email", "{}", "{\"email\":null}", NULL, "cb-no-email"},
    {"empty name passes", "{}", "{\"name\":\"\"}", "{\"name\":null}", NULL},
    {"no name", "{}", "{\"name\":null}", NULL, "cb-no-name"},
    {"no sub", "{}", "{\"sub\":null}", NULL, "cb-no-sub"},
    {"sub is a number", "{}", "{\"sub\":7}", NULL, "cb-sub-type"},
    {"other audience", "{}", "{\"aud\":[\"other\"]}", NULL, "cb-audience"},
    {"other issuer", "{}", "{\"iss\":\"B\"}", NULL, "cb-issuer"},
    {"customGroupsKey", "{\"claimMapping\":{\"groups\":\"cognito:groups\"}}",
     "{\"groups\":null,\"cognito:groups\":[\"g3\"]}", "{\"groups\":[\"g3\"]}", NULL},
    {"customGroupsKeyButGroupsProvided", "{\"claimMapping\":{\"groups\":\"cognito:groups\"}}",
     "{" GROUPS_12 ",\"cognito:groups\":[\"g3\"]}", "{" GROUPS_12 "}", NULL},
    {"customGroupsKeyDespiteGroupsProvidedButOverride",
     "{\"claimMapping\":{\"groups\":\"cognito:groups\"},\"overrideClaimMapping\":true}",
     "{" GROUPS_12 ",\"cognito:groups\":[\"g3\"]}", "{\"groups\":[\"g3\"]}", NULL},
    {"singularGroupResponseAsString", "{}", "{\"groups\":\"group1\"}", "{\"groups\":[\"group1\"]}",
     NULL},
    {"singularGroupResponseAsMap", "{}", "{\"groups\":[{\"name\":\"group1\"}]}",
     "{\"groups\":[\"group1\"]}", NULL},
    {"multipleGroupResponseAsMap", "{}",
     "{\"groups\":[{\"name\":\"group1\"},{\"name\":\"group2\"}]}", "{" GROUPS_12 "}", NULL},
    {"groups as objects with and without a name", "{}",
     "{\"groups\":[{\"name\":\"a\"},{\"x\":1},\"b\"]}", "{\"groups\":[\"a\",\"b\"]}", NULL},
    {"groups with a number", "{}", "{\"groups\":[\"a\",1]}", NULL, "cb-groups"},
    {"groups missing", "{}", "{\"groups\":null}", "{\"groups\":null}", NULL},
    {"groups an object", "{}", "{\"groups\":{\"a\":1}}", "{\"groups\":null}", NULL},
    {"groups empty", "{}", "{\"groups\":[]}", "{\"groups\":null}", NULL},
    {"groups disabled", "{\"insecureEnableGroups\":false}", "{}", "{\"groups\":null}", NULL},
    {"misspelt option", "{\"insecureEnableGroups\":null,\"insecureEnableGroup\":true}", "{}",
     "{\"groups\":null}", NULL},
    {"order and duplicates", "{}", "{\"groups\":[\"b\",\"a\",\"b\"]}",
     "{\"groups\":[\"b\",\"a\",\"b\"]}", NULL},
    {"newGroupFromClaims",
     "{\"claimModifications\":{\"newGroupFromClaims\":["
     "{\"prefix\":\"gh\",\"delimiter\":\"::\",\"claims\":[\"organization\",\"pipeline\"]},"
     "{\"prefix\":\"tfe\",\"delimiter\":\"::\",\"claims\":[\"no-a\",\"no-b\"]},"
     "{\"prefix\":\"clr_delim\",\"delimiter\":\"-\",\"clearDelimiter\":true,\"claims\":"
     "[\"organization\",\"claim-with-delimiter\"]},"
     "{\"prefix\":\"keep_delim\",\"delimiter\":\"-\",\"claims\":"
     "[\"organization\",\"claim-with-delimiter\"]},"
     "{\"prefix\":\"bk\",\"delimiter\":\"-\",\"claims\":[\"list\",\"number\",\"mail\"]}]}}",
     "{\"groups\":\"group1\",\"organization\":\"acme\",\"pipeline\":\"pipeline-one\","
     "\"claim-with-delimiter\":\"foo-bar\",\"list\":[\"l\"],\"number\":9,\"mail\":\"emailvalue\"}",
     "{\"groups\":[\"group1\",\"gh::acme::pipeline-one\",\"clr_delim-acme-foobar\","
     "\"keep_delim-acme-foo-bar\",\"bk-emailvalue\"]}",
     NULL},
    {"built group with groups disabled",
     "{\"insecureEnableGroups\":false,\"claimModifications\":{\"newGroupFromClaims\":"
     "[{\"prefix\":\"p\",\"delimiter\":\"-\",\"claims\":[\"name\"]}]}}",
     "{}", "{\"groups\":[\"p-Jane Doe\"]}", NULL},
    {"prefixGroupNames", "{\"claimModifications\":{\"modifyGroupNames\":{\"prefix\":\"pre-\"}}}",
     "{" GROUPS_12 "}", "{\"groups\":[\"pre-group1\",\"pre-group2\"]}", NULL},
    {"suffixGroupNames", "{\"claimModifications\":{\"modifyGroupNames\":{\"suffix\":\"-suf\"}}}",
     "{" GROUPS_12 "}", "{\"groups\":[\"group1-suf\",\"group2-suf\"]}", NULL},
    {"preAndSuffixGroupNames",
     "{\"claimModifications\":{\"modifyGroupNames\":{\"prefix\":\"pre-\",\"suffix\":\"-suf\"}}}",
     "{" GROUPS_12 "}", "{\"groups\":[\"pre-group1-suf\",\"pre-group2-suf\"]}", NULL},
    {"filterGroupClaims",
     "{\"claimModifications\":{\"filterGroupClaims\":{\"groupsFilter\":\"^.*\\\\d$\"}}}",
     "{\"groups\":[\"group1\",\"other\",\"group2\"]}", "{" GROUPS_12 "}", NULL},
    {"filterGroupClaimsMap",
     "{\"claimModifications\":{\"filterGroupClaims\":{\"groupsFilter\":\"^.*\\\\d$\"}}}",
     "{\"groups\":[{\"name\":\"group1\"},{\"name\":\"other\"},{\"name\":\"group2\"}]}",
     "{" GROUPS_12 "}", NULL},
    {"a filter that is no pattern is none",
     "{\"claimModifications\":{\"filterGroupClaims\":{\"groupsFilter\":\"(\"}}}", "{" GROUPS_12 "}",
     "{" GROUPS_12 "}", NULL},
    {"names of options in objects ignore case",
     "{\"CLAIMMODIFICATIONS\":{\"modifygroupnames\":{\"PREFIX\":\"x-\"}}}", "{" GROUPS_12 "}",
     "{\"groups\":[\"x-group1\",\"x-group2\"]}", NULL},
    {"filter is not for a single string",
     "{\"claimModifications\":{\"filterGroupClaims\":{\"groupsFilter\":\"^.*\\\\d$\"}}}",
     "{\"groups\":\"other\"}", "{\"groups\":[\"other\"]}", NULL},
    {"allowedGroups keep the token's order", "{\"allowedGroups\":[\"group2\",\"group1\",\"x\"]}",
     "{\"groups\":[\"group1\",\"y\",\"group2\"]}", "{" GROUPS_12 "}", NULL},
    {"allowedGroups exclude", "{\"allowedGroups\":[\"Group1\"]}", "{" GROUPS_12 "}", NULL,
     "cb-not-allowed"},
    {"allowedGroups without groups are not enforced",
     "{\"allowedGroups\":[\"x\"],\"insecureEnableGroups\":false}", "{}", "{\"groups\":null}", NULL},
    {"option names ignore case", "{\"insecureEnableGroups\":null,\"INSECUREENABLEGROUPS\":true}",
     "{" GROUPS_12 "}", "{" GROUPS_12 "}", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static void test_identity__rows(void **state)
{
    struct dex_fixture *f = *state;
    AUTO(js_free) struct js *good = js_dup(f->claims);
    for (const struct identity_row *r = identity_rows; r->name != NULL; r++) {
        js_free(f->claims);
        f->claims = js_dup(good);
        dex_patch_claims(f, r->claims);
        dex_restart(f, r->options, NULL);
        dex_say_token(f, NULL);
        dex_authorize(f, false);
        dex_mark(f);
        dex_callback(f);
        if (r->expected == NULL) {
            dex_assert_refused(f, r->literal, r->name);
            continue;
        }
        if (f->resp.status != 303)
            fail_msg("%s: refused", r->name);
        dex_redeem(f, false, NULL, NULL);
        AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
        dex_assert_members(claims, r->expected, r->name);
    }
}

static void test_identity__wrong_signatures(void **state)
{
    struct dex_fixture *f = *state;
    static const char *const keys[] = {"", "rsa-2048-2", NULL};
    static const char *const literals[] = {"cb-hs256", "cb-signature"};
    for (size_t i = 0; keys[i] != NULL; i++) {
        f->up_key = keys[i];
        dex_say_token(f, NULL);
        dex_authorize(f, false);
        dex_callback(f);
        dex_assert_refused(f, literals[i], literals[i]);
    }
}

static void test_identity__unverified_is_logged(void **state)
{
    struct dex_fixture *f = *state;
    dex_patch_claims(f, "{\"email_verified\":false}");
    dex_login(f, false);
    assert_int_equal(f->resp.status, 200);
    assert_true(dex_logged(f, dex_literal("unverified")));
}

static void test_identity__userinfo_wins(void **state)
{
    struct dex_fixture *f = *state;
    dex_restart(f, "{\"getUserInfo\":true}", NULL);
    upstream_say(f->up, UP_USERINFO, 200, "application/json",
                 "{\"sub\":\"other\",\"name\":\"From Userinfo\"}");
    dex_login(f, false);
    AUTO(js_free) struct js *claims = dex_claims(f, "id_token");
    dex_assert_members(claims,
                       "{\"name\":\"From Userinfo\",\"federated_claims\":{\"connector_id\":"
                       "\"authentik\",\"user_id\":\"other\"},\"email\":\"jane@example.com\"}",
                       "userinfo");
    AUTO(xfree) char *bearer = upstream_last_authorization(f->up, UP_USERINFO);
    assert_string_equal(bearer, "Bearer up-access");
    upstream_say(f->up, UP_USERINFO, 401, "text/plain", "no");
    dex_authorize(f, false);
    dex_callback(f);
    dex_assert_refused(f, "cb-userinfo", "userinfo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEX_TEST(test_identity__rows),
        DEX_TEST(test_identity__wrong_signatures),
        DEX_TEST(test_identity__unverified_is_logged),
        DEX_TEST(test_identity__userinfo_wins),
    };
    return TEST_MAIN(tests);
}
