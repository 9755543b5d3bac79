/*
 * Argo CD's version table. A row says what is so while it holds; the sources are parts of
 * argocd.md and dex.md, issues and pull requests of argoproj/argo-cd, or its upgrade notes.
 */
#include "harness/setup/quirks_argocd.h"

const struct quirk quirks_argocd[ARGOCD_QUIRK_MAX_ + 1] = {
    /* ---- what it makes of its ConfigMaps ---- */
    [ARGOCD_QUIRK_ADDITIONAL_URLS] =
        {"additional-urls", "2.13", NULL, 'C',
         "additionalUrls are read: a login may begin and end at each of them",
         "List every URL people use; before, only url counts", "argocd.md 1.2, dex.md 1.3"},
    [ARGOCD_QUIRK_PKCE_CLIENT] = {"pkce-client", "2.10", NULL, 'C',
                                  "Dex is given the public client argo-cd-pkce", NULL,
                                  "dex.md 1.3"},
    [ARGOCD_QUIRK_DEX_LOGGER] = {"dex-logger", "2.13", NULL, 'C',
                                 "Dex's logger section is filled in", NULL, "dex.md 1.2"},
    [ARGOCD_QUIRK_DEX_LOG_JSON] = {"dex-log-json", "3.0", NULL, 'C',
                                   "Dex's log is JSON where nothing else was said",
                                   "Let whatever reads Dex's log read JSON", "dex.md 1.2"},
    [ARGOCD_QUIRK_DOLLAR_DOUBLED] =
        {"dollar-doubled", "3.3.12 3.4.4 3.5", NULL, 'C',
         "A \"$\" in a connector's values is doubled before Dex expands it",
         "Use client secrets without \"$\": Dex knows no escape, so each is lost",
         "#28027 #27803, dex.md 1.5"},
    [ARGOCD_QUIRK_DOLLAR_ENV_DOUBLED] =
        {"dollar-env-doubled", "3.3.12 3.4.4 3.5", "3.3.13 3.4.5 3.5", 'C',
         "A reference to an environment variable of Dex is doubled too",
         "Do not stay on 3.3.12 or 3.4.4 with secrets from Dex's environment",
         "#28369, dex.md 1.5"},
    [ARGOCD_QUIRK_SECRET_UNNAMED] =
        {"secret-unnamed", "3.3.12 3.4.4 3.5", NULL, 'C',
         "The log does not name the secret key that a $ reference has not found", NULL,
         "argocd.md 7.3, dex.md 1.5"},
    [ARGOCD_QUIRK_ALLOWED_AUDIENCES] = {"allowed-audiences", "2.6", NULL, 'C',
                                        "oidc.config may name allowedAudiences", NULL,
                                        "argocd.md 7.2"},
    [ARGOCD_QUIRK_AUDIENCE_CHECKED] =
        {"audience-checked", "2.4.20 2.5.8 2.6", NULL, 'N',
         "A session's token must be for Argo CD; before, any of the provider was good",
         "Do not stay below: whoever holds a token for any application of the provider is let in",
         "CVE-2023-22482"},
    [ARGOCD_QUIRK_AUDIENCE_NEEDED] = {"audience-needed", "2.6", NULL, 'C',
                                      "A token without audience is refused",
                                      "Let the provider put an aud into its tokens, or set "
                                      "skipAudienceCheckWhenTokenHasNoAudience",
                                      "argocd.md 1.9"},
    [ARGOCD_QUIRK_USERINFO_BASE_URL] = {"userinfo-base-url", "3.5", NULL, 'C',
                                        "oidc.config may name userInfoBaseURL", NULL,
                                        "argocd.md 7.2"},
    /* ---- signing in ---- */
    [ARGOCD_QUIRK_STATE_SHORT] = {"state-short", NULL, "2.4.1 2.5", 'C',
                                  "The state of a login has 10 letters instead of 24", NULL,
                                  "argocd.md 1.3"},
    [ARGOCD_QUIRK_STATE_LINES] =
        {"state-lines", "3.1", NULL, 'C',
         "The state cookie holds lines and a PKCE verifier; before, state:returnURL", NULL,
         "argocd.md 1.5"},
    [ARGOCD_QUIRK_FEDERATED_SCOPE] = {"federated-scope", "3.0", NULL, 'C',
                                      "Logins ask Dex for the scope federated:id",
                                      "Rewrite policy lines that name a person by the long sub",
                                      "#21726, argocd.md 1.3"},
    [ARGOCD_QUIRK_PKCE_BROWSER] =
        {"pkce-browser", "2.10", "3.1", 'C',
         "enablePKCEAuthentication makes the browser redeem the code itself",
         "Make the provider's client one that needs no secret, or leave PKCE off", "argocd.md 1.3"},
    [ARGOCD_QUIRK_PKCE_SERVER] = {"pkce-server", "3.1", NULL, 'C',
                                  "enablePKCEAuthentication makes the server send a challenge",
                                  "Register /auth/callback with the provider, no longer "
                                  "/pkce/verify",
                                  "argocd.md 1.3"},
    [ARGOCD_QUIRK_PROVIDER_TEXT] = {"provider-text", "3.1", NULL, 'C',
                                    "\"failed to query provider\" begins with a small letter", NULL,
                                    "argocd.md 1.3"},
    [ARGOCD_QUIRK_VERIFY_MASKED] =
        {"verify-masked", "2.4.20 2.5.8 2.6", NULL, 'C',
         "A token that does not verify is refused without a cause; the log has it",
         "Look into argocd-server's log for what is wrong with a token", "argocd.md 1.6, 4.2"},
    [ARGOCD_QUIRK_LOGOUT_EMPTY] =
        {"logout-empty", "3.4", NULL, 'C',
         "Logging out with an empty session cookie is a 400; before, it broke", NULL,
         "argocd.md 1.10"},
    [ARGOCD_QUIRK_REVOKE] = {"revoke", "3.4", NULL, 'C',
                             "A token is refused once its session was logged out",
                             "Copies of a session's token stop working with its logout",
                             "argocd.md 1.10, 4.2"},
    [ARGOCD_QUIRK_REVOKE_UTI] = {"revoke-uti", "3.4.6 3.5", NULL, 'C',
                                 "A token without jti is revoked by its uti, then its at_hash",
                                 NULL, "argocd.md 4.2"},
    [ARGOCD_QUIRK_REFRESH_THRESHOLD] =
        {"refresh-threshold", "3.3", NULL, 'C',
         "With refreshTokenThreshold a session is refreshed before its token ends", NULL,
         "argocd.md 1.11, 7.2"},
    [ARGOCD_QUIRK_REFRESH_EXPIRED] =
        {"refresh-expired", "3.4.6 3.5", NULL, 'C',
         "A session whose token has ended is refreshed where there is a refresh token", NULL,
         "argocd.md 1.11"},
    [ARGOCD_QUIRK_NO_FORWARDED_FOR] = {"no-forwarded-for", "3.4", NULL, 'C',
                                       "The proxy before Dex drops X-Forwarded-* and adds none",
                                       NULL, "argocd.md 2, dex.md 1.6"},
    [ARGOCD_QUIRK_MUX_307] = {"mux-307", "3.4", NULL, 'D',
                              "A path that is not clean is redirected with 307; before, 301", NULL,
                              "argocd.md 2, 4.5"},
    /* ---- go-oidc ---- */
    [ARGOCD_QUIRK_SIGNATURE_FIRST] =
        {"signature-first", "3.4", NULL, 'C', "A token's signature is checked before its claims",
         "A token that has ended and whose key is gone is \"not verified\", no longer \"expired\"",
         "upgrading/3.3-3.4, argocd.md 1.9"},
    [ARGOCD_QUIRK_ISSUER_TEXT] = {"issuer-text", "3.4", NULL, 'C',
                                  "Another wording when discovery names another issuer", NULL,
                                  "coreos/go-oidc #469, argocd.md 1.3"},
    [ARGOCD_QUIRK_ALG_TEXT_GO_OIDC] =
        {"alg-text-go-oidc", NULL, "2.13", 'C',
         "A wrong algorithm is \"id token signed with unsupported algorithm\"", NULL,
         "dex.md 0.1, 5"},
    [ARGOCD_QUIRK_ALG_TEXT_GO_JOSE] = {"alg-text-go-jose", "2.13", "3.1", 'D',
                                       "The text of a wrong algorithm names go-jose", NULL,
                                       "dex.md 0.1, 5"},
    /* ---- the API ---- */
    [ARGOCD_QUIRK_USER_ID] = {"user-id", "3.0", NULL, 'C',
                              "People are known by federated_claims.user_id; before, by Dex's sub",
                              "Rewrite policy lines that name a person by the long sub",
                              "#23099 #17908"},
    [ARGOCD_QUIRK_INVALID_CLAIMS] =
        {"invalid-claims", "3.0", "3.1", 'C',
         "groups that is no list, or email_verified that is no boolean, is a 500",
         "Go on to 3.1, or let the provider send groups as a list and email_verified as a boolean",
         "#22979 #24869"},
    [ARGOCD_QUIRK_TRACKING_METHOD] = {"tracking-method", "3.0.2 3.1", NULL, 'C',
                                      "The settings name a tracking method where none is set", NULL,
                                      "argocd.md 4.6"},
    [ARGOCD_QUIRK_CAN_I_APPSETS] = {"can-i-appsets", "2.5", NULL, 'C',
                                    "can-i knows applicationsets", NULL, "argocd.md 4.5"},
    [ARGOCD_QUIRK_CAN_I_LISTS] =
        {"can-i-lists", "2.14", NULL, 'C',
         "can-i knows action, invoke, and accounts, gpgkeys, extensions, too", NULL,
         "argocd.md 4.5"},
    [ARGOCD_QUIRK_CAN_I_SHORTENS] = {"can-i-shortens", "3.4.4 3.5", NULL, 'C',
                                     "can-i drops the server's own namespace from an object", NULL,
                                     "argocd.md 4.5"},
    [ARGOCD_QUIRK_LOGS_ENFORCED] =
        {"logs-enforced", "3.0", NULL, 'C', "Reading logs needs logs, get",
         "Give logs, get to the roles that are to read them; before, only with "
         "server.rbac.log.enforce.enable",
         "upgrading/2.14-3.0, argocd.md 5.7"},
    [ARGOCD_QUIRK_FINE_FALLBACK] =
        {"fine-fallback", "2.12", NULL, 'C',
         "Changing a live resource may be granted by update/… and delete/… alone", NULL,
         "argocd.md 5.7"},
    [ARGOCD_QUIRK_FINE_KEY] = {"fine-key", "2.14", NULL, 'C',
                               "server.rbac.disableApplicationFineGrainedRBACInheritance is read",
                               NULL, "argocd.md 5.7"},
    [ARGOCD_QUIRK_FINE_ONLY] =
        {"fine-only", "3.0", NULL, 'C',
         "update and delete on an application no longer reach its live resources",
         "Give update/* and delete/* to the roles that are to change live resources, or set the "
         "key to \"false\"",
         "upgrading/2.14-3.0, argocd.md 5.7"},
    [ARGOCD_QUIRK_OVERRIDE_REVISION] =
        {"override-revision", "3.3", NULL, 'C',
         "application.sync.requireOverridePrivilegeForRevisionSync is read", NULL, "argocd.md 4.8"},
    [ARGOCD_QUIRK_EXTENSIONS] = {"extensions", "2.7", NULL, 'C',
                                 "There are extensions, and a resource for them", NULL,
                                 "argocd.md 5.9"},
    /* ---- the policy ---- */
    [ARGOCD_QUIRK_OVERLAYS] = {"overlays", "2.8", NULL, 'C',
                               "policy.*.csv are read after policy.csv", NULL, "argocd.md 5.3"},
    [ARGOCD_QUIRK_STRICT_LINES] =
        {"strict-lines", "2.8", NULL, 'C',
         "A line with too few or many values does not load; before, all were denied",
         "Try the policy with `rolecall rbac validate` first", "#14464, argocd.md 5.3"},
    [ARGOCD_QUIRK_ROLE_DEPTH] = {"role-depth", "2.6", NULL, 'C',
                                 "A role is reached over at most 10 rows; before, over 11", NULL,
                                 "argocd.md 5.1, 5.9"},
    [ARGOCD_QUIRK_APPSET_ROWS] = {"appset-rows", "2.5", NULL, 'C',
                                  "role:admin has rights on applicationsets", NULL,
                                  "argocd.md 5.2"},
    [ARGOCD_QUIRK_WRITE_REPOSITORY_ROWS] =
        {"write-repository-rows", "2.14", NULL, 'C',
         "Built-in roles know write-repositories, update/* and delete/*", NULL, "argocd.md 5.2"},
    [ARGOCD_QUIRK_READONLY_APPSETS] = {"readonly-appsets", "3.1.2 3.2", NULL, 'C',
                                       "role:readonly may read applicationsets", NULL,
                                       "argocd.md 5.2"},
    [ARGOCD_QUIRK_APPSET_PROJECTS] = {"appset-projects", "2.14.14 3.0.6 3.1", NULL, 'C',
                                      "The policy of a project counts for its applicationsets",
                                      NULL, "argocd.md 5.6"},
    [ARGOCD_QUIRK_UNDEFINED_ROLES] = {"undefined-roles", "3.0", NULL, 'C',
                                      "Roles that no line defines are named in the log", NULL,
                                      "argocd.md 5.9"},
    /* ---- the CLI ---- */
    [ARGOCD_QUIRK_CLI_LAUNCH] = {"cli-launch", "2.13", NULL, 'C',
                                 "argocd login has --sso-launch-browser", NULL, "argocd.md 3.1"},
    [ARGOCD_QUIRK_CLI_CALLBACK] = {"cli-callback", "3.2", NULL, 'C', "argocd login has --callback",
                                   NULL, "argocd.md 3.1"},
    [ARGOCD_QUIRK_CLI_LOGOUT] = {"cli-logout", "3.4", NULL, 'C',
                                 "argocd logout ends the session at the server too", NULL,
                                 "argocd.md 3.5"},
};
