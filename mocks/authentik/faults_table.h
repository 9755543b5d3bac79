/*
 * The faults of authentik: a new one is one function in faults.c and one row here, ROW(id, title,
 * rule it breaks, members of `with:`, point, function). A decision that the endpoint takes itself
 * (ak_fault_asked) has the function NULL.
 */
#pragma once

#include "mocks/authentik/faults.h"

/* clang-format off */
#define AK_FAULT_ROWS(ROW)                                                                         \
ROW("discovery.issuer-mismatch", "discovery names another issuer", "OIDC Discovery 4.3",           \
    "issuer", FAULT_DISCOVERY, play_issuer_mismatch)                                               \
ROW("discovery.no-jwks-uri", "discovery has no jwks_uri", "OIDC Discovery 3",                      \
    NULL, FAULT_DISCOVERY, play_no_jwks_uri)                                                       \
ROW("discovery.no-token-endpoint", "discovery has no token_endpoint", "OIDC Discovery 3",          \
    NULL, FAULT_DISCOVERY, play_no_token_endpoint)                                                 \
ROW("discovery.no-algs", "discovery lists no signing algorithm", "OIDC Discovery 3",               \
    NULL, FAULT_DISCOVERY, play_no_algs)                                                           \
ROW("discovery.alg-wrong", "discovery lists an algorithm that is not used", "OIDC Discovery 3",    \
    "alg", FAULT_DISCOVERY, play_discovery_alg)                                                    \
ROW("discovery.no-code", "discovery does not list response type code", "OIDC Discovery 3",         \
    NULL, FAULT_DISCOVERY, play_no_code_type)                                                      \
ROW("discovery.no-s256", "discovery does not list PKCE method S256", "RFC 8414 2",                 \
    NULL, FAULT_DISCOVERY, play_no_s256)                                                           \
ROW("discovery.no-subject-types", "discovery lists no subject type", "OIDC Discovery 3",           \
    NULL, FAULT_DISCOVERY, play_no_subject_types)                                                  \
ROW("discovery.http-endpoint", "discovery names an http endpoint on an https issuer",              \
    "RFC 9700 2.6", "endpoint", FAULT_DISCOVERY, play_http_endpoint)                               \
ROW("discovery.html", "discovery answers a login page", "OIDC Discovery 4.2",                      \
    NULL, FAULT_DISCOVERY_RESPONSE, play_html)                                                     \
ROW("discovery.http-500", "discovery answers 500", "OIDC Discovery 4.2",                           \
    "status", FAULT_DISCOVERY_RESPONSE, play_http_500)                                             \
ROW("discovery.content-type", "discovery says that it is a page", "OIDC Discovery 4.2",            \
    "type", FAULT_DISCOVERY_RESPONSE, ak_play_content_type)                                        \
ROW("discovery.endpoint-fragment", "an endpoint has a fragment", "RFC 6749 3.2",                   \
    "endpoint", FAULT_DISCOVERY, ak_play_discovery_fragment)                                       \
ROW("discovery.foreign-endpoint", "an endpoint is at another host", "RFC 8414 6.2",                \
    "endpoint url", FAULT_DISCOVERY, ak_play_discovery_foreign_endpoint)                           \
ROW("discovery.no-openid", "discovery does not list the scope openid", "OIDC Discovery 3",         \
    NULL, FAULT_DISCOVERY, ak_play_discovery_no_openid)                                            \
ROW("discovery.no-claims", "discovery lists no claims", "OIDC Discovery 3",                        \
    NULL, FAULT_DISCOVERY, ak_play_discovery_no_claims)                                            \
ROW("discovery.grant-types-wrong", "discovery does not list the grant of the code flow", "OIDC Discovery 3",\
    NULL, FAULT_DISCOVERY, ak_play_discovery_grant_types)                                          \
ROW("discovery.auth-methods-wrong", "discovery lists another way to authenticate clients", "OIDC Discovery 3",\
    NULL, FAULT_DISCOVERY, ak_play_discovery_auth_methods)                                         \
ROW("discovery.subject-types-wrong", "discovery lists a kind of subject nobody knows", "OIDC Discovery 3",\
    NULL, FAULT_DISCOVERY, ak_play_discovery_subject_types)                                        \
ROW("discovery.alg-none", "discovery offers unsigned ID tokens", "RFC 8725 3.2",                   \
    NULL, FAULT_DISCOVERY, ak_play_discovery_alg_none)                                             \
ROW("discovery.no-query", "discovery does not list the response mode query", "OIDC Discovery 3",   \
    NULL, FAULT_DISCOVERY, ak_play_discovery_no_query)                                             \
ROW("discovery.list-as-text", "a list of discovery is a text", "OIDC Discovery 3",                 \
    NULL, FAULT_DISCOVERY, ak_play_discovery_text_list)                                            \
ROW("jwks.empty", "the JWKS has no keys", "OIDC Core 10.1",                                        \
    NULL, FAULT_JWKS, play_jwks_empty)                                                             \
ROW("jwks.wrong-key", "the JWKS has another key under the kid", "OIDC Core 10.1",                  \
    NULL, FAULT_JWKS, play_jwks_wrong_key)                                                         \
ROW("jwks.no-kid", "the JWKS names no kid", "OIDC Core 10.1",                                      \
    NULL, FAULT_JWKS, play_jwks_no_kid)                                                            \
ROW("jwks.no-use", "the key does not say what it is for", "RFC 7517 4.2",                          \
    NULL, FAULT_JWKS, play_jwks_no_use)                                                            \
ROW("jwks.alg-wrong", "the key names another algorithm", "RFC 7517 4.4",                           \
    "alg", FAULT_JWKS, play_jwks_alg)                                                              \
ROW("jwks.duplicate-kid", "two keys have the same kid", "RFC 7517 4.5",                            \
    NULL, FAULT_JWKS, play_jwks_duplicate)                                                         \
ROW("jwks.private-key", "the JWKS shows a private member", "RFC 7517 9.2",                         \
    NULL, FAULT_JWKS, play_jwks_private)                                                           \
ROW("jwks.certificate-wrong", "x5t#S256 is not of the certificate in x5c", "RFC 7517 4.9",         \
    NULL, FAULT_JWKS, play_jwks_x5t)                                                               \
ROW("jwks.html", "the JWKS answers a login page", "OIDC Core 10.1",                                \
    NULL, FAULT_JWKS_RESPONSE, play_html)                                                          \
ROW("jwks.http-500", "the JWKS answers 500", "OIDC Core 10.1",                                     \
    "status", FAULT_JWKS_RESPONSE, play_http_500)                                                  \
ROW("jwks.content-type", "the JWKS says that it is a page", "RFC 7517 8.5",                        \
    "type", FAULT_JWKS_RESPONSE, ak_play_content_type)                                             \
ROW("jwks.weak-key", "the JWKS has an RSA key of 1024 bits", "RFC 7518 3.3",                       \
    NULL, FAULT_JWKS, ak_play_jwks_weak_key)                                                       \
ROW("jwks.leading-zero", "a modulus begins with an octet of zero", "RFC 7518 6.3.1.1",             \
    NULL, FAULT_JWKS, ak_play_jwks_leading_zero)                                                   \
ROW("jwks.symmetric-key", "the JWKS has a secret in it", "OIDC Discovery 3",                       \
    NULL, FAULT_JWKS, ak_play_jwks_symmetric_key)                                                  \
ROW("jwks.sha1-wrong", "x5t is not of the certificate in x5c", "RFC 7517 4.8",                     \
    NULL, FAULT_JWKS, ak_play_jwks_sha1)                                                           \
ROW("id-token.wrong-aud", "the ID token is for another client", "OIDC Core 3.1.3.7 step 3",        \
    "aud", FAULT_ID_CLAIMS, play_wrong_aud)                                                        \
ROW("id-token.no-aud", "the ID token has no aud", "OIDC Core 2",                                   \
    NULL, FAULT_ID_CLAIMS, play_no_aud)                                                            \
ROW("id-token.wrong-iss", "iss lacks the trailing slash", "OIDC Core 3.1.3.7 step 2",              \
    "iss", FAULT_ID_CLAIMS, play_wrong_iss)                                                        \
ROW("id-token.no-iss", "the ID token has no iss", "OIDC Core 2",                                   \
    NULL, FAULT_ID_CLAIMS, play_no_iss)                                                            \
ROW("id-token.expired", "the ID token has expired", "OIDC Core 3.1.3.7 step 9",                    \
    "seconds", FAULT_ID_CLAIMS, play_expired)                                                      \
ROW("id-token.no-exp", "the ID token has no exp", "OIDC Core 2",                                   \
    NULL, FAULT_ID_CLAIMS, play_no_exp)                                                            \
ROW("id-token.future-nbf", "the ID token is not valid yet", "RFC 7519 4.1.5",                      \
    "seconds", FAULT_ID_CLAIMS, play_future_nbf)                                                   \
ROW("id-token.no-iat", "the ID token has no iat", "OIDC Core 2",                                   \
    NULL, FAULT_ID_CLAIMS, play_no_iat)                                                            \
ROW("id-token.iat-future", "the ID token was issued in the future", "OIDC Core 3.1.3.7 step 10",   \
    "seconds", FAULT_ID_CLAIMS, play_iat_future)                                                   \
ROW("id-token.no-sub", "the ID token has no sub", "OIDC Core 2",                                   \
    NULL, FAULT_ID_CLAIMS, play_no_sub)                                                            \
ROW("id-token.no-email", "the ID token has no email", "OIDC Core 5.4",                             \
    NULL, FAULT_ID_CLAIMS, play_no_email)                                                          \
ROW("id-token.no-email-verified", "email_verified is missing", "OIDC Core 5.1",                    \
    NULL, FAULT_ID_CLAIMS, play_no_email_verified)                                                 \
ROW("id-token.email-verified-string", "email_verified is a string", "OIDC Core 5.1",               \
    "value", FAULT_ID_CLAIMS, play_email_verified_string)                                          \
ROW("id-token.no-name", "the ID token has no name", "OIDC Core 5.4",                               \
    NULL, FAULT_ID_CLAIMS, play_no_name)                                                           \
ROW("id-token.groups-string", "groups is a string, not a list", "authentik.md 6.4",                \
    NULL, FAULT_ID_CLAIMS, play_groups_string)                                                     \
ROW("id-token.groups-missing", "groups is missing", "authentik.md 6.4",                            \
    NULL, FAULT_ID_CLAIMS, play_groups_missing)                                                    \
ROW("id-token.groups-upper-case", "groups are spelt in upper case", "authentik.md 6.4",            \
    NULL, FAULT_ID_CLAIMS, play_groups_upper)                                                      \
ROW("id-token.groups-extra", "groups has one the person is not in", "authentik.md 6.4",            \
    "group", FAULT_ID_CLAIMS, play_groups_extra)                                                   \
ROW("id-token.wrong-nonce", "nonce is not the one sent", "OIDC Core 3.1.3.7 step 11",              \
    "nonce", FAULT_ID_CLAIMS, play_wrong_nonce)                                                    \
ROW("id-token.no-nonce", "nonce was sent but is missing", "OIDC Core 3.1.3.7 step 11",             \
    NULL, FAULT_ID_CLAIMS, play_no_nonce)                                                          \
ROW("id-token.azp-wrong", "azp names another client", "OIDC Core 3.1.3.7 step 5",                  \
    "azp", FAULT_ID_CLAIMS, play_azp_wrong)                                                        \
ROW("id-token.at-hash-wrong", "at_hash is not of the access token", "OIDC Core 3.1.3.8",           \
    NULL, FAULT_ID_CLAIMS, play_at_hash_wrong)                                                     \
ROW("id-token.c-hash-wrong", "c_hash is not of the code", "OIDC Core 3.3.2.11",                    \
    NULL, FAULT_ID_CLAIMS, play_c_hash_wrong)                                                      \
ROW("id-token.auth-time-old", "auth_time is before the login asked for", "OIDC Core 3.1.3.7 step 13", \
    "seconds", FAULT_ID_CLAIMS, play_auth_time_old)                                                \
ROW("id-token.claim", "one claim has another value", "authentik.md 6.2",                           \
    "name value", FAULT_ID_CLAIMS, play_claim)                                                     \
ROW("id-token.alg-none", "the ID token is not signed", "OIDC Core 3.1.3.7 step 6, RFC 8725 3.2",   \
    NULL, FAULT_ID_KEY, play_alg_none)                                                             \
ROW("id-token.alg-hs256", "the ID token is signed with the client secret", "OIDC Core 3.1.3.7 step 7", \
    "secret", FAULT_ID_KEY, play_alg_hs256)                                                        \
ROW("id-token.wrong-key", "signed by a key that is not in the JWKS", "OIDC Core 3.1.3.7 step 6",   \
    NULL, FAULT_ID_KEY, play_wrong_key)                                                            \
ROW("id-token.kid-unknown", "kid is not in the JWKS", "OIDC Core 10.1",                            \
    "kid", FAULT_ID_KEY, play_kid_unknown)                                                         \
ROW("id-token.no-kid", "the header has no kid", "OIDC Core 10.1",                                  \
    NULL, FAULT_ID_KEY, play_no_kid)                                                               \
ROW("id-token.tampered", "a claim was changed after signing", "OIDC Core 3.1.3.7 step 6",          \
    "name value", FAULT_ID_TOKEN, play_tampered)                                                   \
ROW("id-token.malformed", "the ID token has two parts", "RFC 7519 7.2",                            \
    NULL, FAULT_ID_TOKEN, play_malformed)                                                          \
ROW("id-token.auth-time-text", "auth_time is a text", "RFC 7519 2",                                \
    NULL, FAULT_ID_CLAIMS, ak_play_auth_time_text)                                                 \
ROW("id-token.auth-time-future", "auth_time is tomorrow", "OIDC Core 2",                           \
    "seconds", FAULT_ID_CLAIMS, ak_play_auth_time_future)                                          \
ROW("id-token.claim-type", "a standard claim is a number", "OIDC Core 5.1",                        \
    "name", FAULT_ID_CLAIMS, ak_play_claim_type)                                                   \
ROW("id-token.aud-stranger", "aud has a second, unknown client", "OIDC Core 3.1.3.7 step 3",       \
    "aud", FAULT_ID_CLAIMS, ak_play_aud_stranger)                                                  \
ROW("id-token.exp-milliseconds", "exp is in milliseconds", "RFC 7519 2",                           \
    NULL, FAULT_ID_CLAIMS, ak_play_exp_milliseconds)                                               \
ROW("id-token.acr-empty", "acr is empty", "OIDC Core 2",                                           \
    NULL, FAULT_ID_CLAIMS, ak_play_acr_empty)                                                      \
ROW("id-token.sub-email", "sub is the e-mail address", "OIDC Core 5.7",                            \
    NULL, FAULT_ID_CLAIMS, ak_play_sub_email)                                                      \
ROW("id-token.sub-other", "sub is another one than before", "OIDC Core 2",                         \
    "sub", FAULT_ID_CLAIMS, ak_play_sub_other)                                                     \
ROW("id-token.jti-again", "every token has the same jti", "RFC 7519 4.1.7",                        \
    NULL, FAULT_ID_CLAIMS, ak_play_jti_again)                                                      \
ROW("id-token.other-alg", "signed with another algorithm of the same key", "OIDC Core 3.1.3.7 step 7",\
    "alg", FAULT_ID_KEY, ak_play_other_alg)                                                        \
ROW("id-token.typ-wrong", "the header calls the ID token an access token", "RFC 7519 5.1",         \
    "typ", FAULT_ID_TOKEN, ak_play_typ)                                                            \
ROW("id-token.key-in-header", "the header says where the key is", "OIDC Core 2",                   \
    "jku", FAULT_ID_TOKEN, ak_play_key_header)                                                     \
ROW("code.reusable", "a code is accepted again", "RFC 6749 4.1.2",                                 \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("code.never-expires", "an expired code is accepted", "RFC 6749 4.1.2",                         \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("code.expired-at-once", "a fresh code counts as expired", "RFC 6749 4.1.2",                    \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("code.short", "a code has six digits", "RFC 6749 10.10",                                       \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("refresh.reusable", "a rotated refresh token is accepted", "RFC 9700 4.14.2",                  \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("token.no-id-token", "the token answer has no id_token", "OIDC Core 3.1.3.3",                  \
    NULL, FAULT_TOKEN_BODY, play_no_id_token)                                                      \
ROW("token.no-access-token", "the token answer has no access_token", "RFC 6749 5.1",               \
    NULL, FAULT_TOKEN_BODY, play_no_access_token)                                                  \
ROW("token.no-refresh-token", "no refresh token in spite of offline_access", "OIDC Core 11",       \
    NULL, FAULT_TOKEN_BODY, play_no_refresh_token)                                                 \
ROW("token.wrong-type", "token_type is not Bearer", "OIDC Core 3.1.3.3",                           \
    "type", FAULT_TOKEN_BODY, play_wrong_type)                                                     \
ROW("token.expires-in-wrong", "expires_in is not the token's life", "RFC 6749 5.1",                \
    "seconds", FAULT_TOKEN_BODY, play_expires_in)                                                  \
ROW("token.scope-wrong", "scope lists more than was asked for", "RFC 6749 5.1",                    \
    "scope", FAULT_TOKEN_BODY, play_scope)                                                         \
ROW("token.cacheable", "the token answer may be cached", "RFC 6749 5.1",                           \
    NULL, FAULT_TOKEN_RESPONSE, play_cacheable)                                                    \
ROW("token.http-500", "the token endpoint answers 500", "RFC 6749 5.2",                            \
    "status", FAULT_TOKEN_RESPONSE, play_http_500)                                                 \
ROW("token.html", "the token endpoint answers a login page", "RFC 6749 5.1",                       \
    NULL, FAULT_TOKEN_RESPONSE, play_html)                                                         \
ROW("token.error-unknown", "a refusal names an error nobody knows", "RFC 6749 5.2",                \
    "error", FAULT_TOKEN_ERROR, play_error_unknown)                                                \
ROW("token.error-html", "a refusal is a page", "RFC 6749 5.2",                                     \
    NULL, FAULT_TOKEN_ERROR, play_error_html)                                                      \
ROW("token.content-type", "the token answer says that it is a page", "RFC 6749 5.1",               \
    "type", FAULT_TOKEN_RESPONSE, ak_play_content_type)                                            \
ROW("token.refresh-unasked", "a refresh token nobody asked for", "OIDC Core 11",                   \
    NULL, FAULT_TOKEN_BODY, ak_play_refresh_unasked)                                               \
ROW("token.refresh-short", "a refresh token of six digits", "RFC 6749 10.10",                      \
    NULL, FAULT_TOKEN_BODY, ak_play_refresh_short)                                                 \
ROW("token.access-characters", "an access token that no header can carry", "RFC 6750 2.1",         \
    NULL, FAULT_TOKEN_BODY, ak_play_access_characters)                                             \
ROW("authorize.state-changed", "state comes back changed", "RFC 6749 4.1.2",                       \
    "state", FAULT_AUTHORIZE, play_state_changed)                                                  \
ROW("authorize.state-dropped", "state does not come back", "RFC 6749 4.1.2",                       \
    NULL, FAULT_AUTHORIZE, play_state_dropped)                                                     \
ROW("authorize.no-code", "the answer has no code", "RFC 6749 4.1.2",                               \
    NULL, FAULT_AUTHORIZE, play_no_code)                                                           \
ROW("authorize.error", "the answer is an error", "RFC 6749 4.1.2.1",                               \
    "error description", FAULT_AUTHORIZE, play_error)                                              \
ROW("authorize.open-redirect", "any redirect_uri is accepted", "RFC 9700 4.1.3",                   \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("pkce.ignored", "a wrong code_verifier is accepted", "RFC 7636 4.6",                           \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("client-auth.ignored", "a wrong client secret is accepted", "RFC 6749 3.2.1",                  \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("userinfo.other-sub", "userinfo is of another person", "OIDC Core 5.3.2",                      \
    "sub", FAULT_USERINFO, play_other_sub)                                                         \
ROW("userinfo.no-sub", "userinfo has no sub", "OIDC Core 5.3.2",                                   \
    NULL, FAULT_USERINFO, play_no_sub)                                                             \
ROW("userinfo.groups-differ", "userinfo has other groups than the ID token", "OIDC Core 5.3.2",    \
    "group", FAULT_USERINFO, play_groups_extra)                                                    \
ROW("userinfo.http-401", "userinfo refuses a good token", "OIDC Core 5.3.3",                       \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("userinfo.content-type", "userinfo says that it is a page", "OIDC Core 5.3.2",                 \
    "type", FAULT_USERINFO_RESPONSE, ak_play_content_type)                                         \
ROW("userinfo.claim-type", "a standard claim of userinfo is a number", "OIDC Core 5.3.2",          \
    "name", FAULT_USERINFO, ak_play_claim_type)                                                    \
ROW("login.any-password", "a wrong password is accepted", "authentik.md 4.5",                      \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("login.no-csrf", "a signed-in reply without CSRF header is accepted", "authentik.md 4.6",      \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("consent.token-ignored", "a wrong consent token is accepted", "authentik.md 4.3",              \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("consent.skipped", "prompt=consent shows no consent", "OIDC Core 3.1.2.1",                     \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("session.no-httponly", "scripts can read the session cookie", "RFC 6265 4.1.2.6",             \
    NULL, FAULT_COOKIES, play_no_httponly)                                                         \
ROW("session.no-secure", "the session cookie goes over plain HTTP too", "RFC 6265 4.1.2.5",        \
    NULL, FAULT_COOKIES, play_no_secure)                                                           \
ROW("session.no-samesite", "the session cookie has no SameSite", "RFC 6265bis 4.1.2.7",            \
    NULL, FAULT_COOKIES, play_no_samesite)                                                         \
ROW("session.other-path", "the session cookie is for one path only", "RFC 6265 4.1.2.4",           \
    "path", FAULT_COOKIES, play_cookie_path)                                                       \
ROW("session.domain", "the session cookie goes to subdomains too", "RFC 6265 4.1.2.3",             \
    "domain", FAULT_COOKIES, play_cookie_domain)                                                   \
ROW("authorize.error-with-code", "the answer is an error and a code", "RFC 6749 4.1.2",            \
    NULL, FAULT_AUTHORIZE, play_error_with_code)                                                   \
ROW("authorize.iss", "the answer names an issuer, another one by default", "RFC 9207 2",         \
    "iss", FAULT_AUTHORIZE, play_iss)                                                              \
ROW("client-auth.challenge", "a refused client is told how to authenticate, unlike authentik's",   \
    "RFC 6749 5.2", NULL, FAULT_TOKEN_ERROR, play_client_challenge)                                \
ROW("userinfo.challenge", "a refusal names its scheme, unlike authentik's", "RFC 6750 3",          \
    NULL, FAULT_USERINFO_ERROR, play_bearer_challenge)                                             \
ROW("end-session.ignored", "a logout leaves the session as it was", "OIDC RP-Initiated Logout 2",  \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("end-session.open-redirect", "a logout ends at any address", "OIDC RP-Initiated Logout 3",     \
    NULL, FAULT_ASKED, NULL)                                                                       \
ROW("log.client-secret", "the log has the client secret", "CWE-532",                               \
    NULL, FAULT_TOKEN_RESPONSE, play_log_secret)
/* clang-format on */
