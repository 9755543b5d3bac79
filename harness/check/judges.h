/*
 * The judging functions, by subject; table.c names them.
 */
#pragma once

#include "harness/check/check.h"

#define JUDGE(name_) void name_(const struct check_view *v, enum check_of of, struct verdict *ret)

/* document.c */
JUDGE(judge_discovery_issuer);
JUDGE(judge_discovery_required);
JUDGE(judge_discovery_https);
JUDGE(judge_discovery_code_flow);
JUDGE(judge_discovery_pkce);
JUDGE(judge_jwks_keys);
JUDGE(judge_jwks_no_private);
JUDGE(judge_jwks_kid_unique);
/* metadata.c */
JUDGE(judge_discovery_content_type);
JUDGE(judge_discovery_fragment);
JUDGE(judge_discovery_same_host);
JUDGE(judge_discovery_scopes);
JUDGE(judge_discovery_claims);
JUDGE(judge_discovery_grant_types);
JUDGE(judge_discovery_response_modes);
JUDGE(judge_discovery_auth_methods);
JUDGE(judge_discovery_subject_types);
JUDGE(judge_discovery_no_none);
JUDGE(judge_discovery_rs256);
JUDGE(judge_discovery_types);
/* keyset.c */
JUDGE(judge_jwks_content_type);
JUDGE(judge_jwks_use);
JUDGE(judge_jwks_key_size);
JUDGE(judge_jwks_integers);
JUDGE(judge_jwks_no_symmetric);
JUDGE(judge_jwks_x5t);
JUDGE(judge_jwks_certificate);
/* answer.c */
JUDGE(judge_token_content_type);
JUDGE(judge_token_refresh_token);
JUDGE(judge_token_scope);
JUDGE(judge_token_entropy);
JUDGE(judge_token_characters);
/* claims.c */
JUDGE(judge_id_token_numeric_dates);
JUDGE(judge_id_token_claim_types);
JUDGE(judge_id_token_aud_trusted);
JUDGE(judge_id_token_lifetime);
JUDGE(judge_id_token_auth_time);
JUDGE(judge_id_token_acr);
JUDGE(judge_id_token_sub_email);
JUDGE(judge_id_token_sub_stable);
JUDGE(judge_id_token_jti);
JUDGE(judge_id_token_typ);
JUDGE(judge_id_token_key_header);
/* userinfo.c */
JUDGE(judge_userinfo_answers);
JUDGE(judge_userinfo_content_type);
JUDGE(judge_userinfo_claim_types);
JUDGE(judge_userinfo_groups);
/* refresh.c */
JUDGE(judge_refresh_iss);
JUDGE(judge_refresh_sub);
JUDGE(judge_refresh_aud);
JUDGE(judge_refresh_azp);
JUDGE(judge_refresh_iat);
JUDGE(judge_refresh_auth_time);
JUDGE(judge_refresh_nonce);
JUDGE(judge_refresh_rotation);
/* token.c */
JUDGE(judge_token_id_token);
JUDGE(judge_token_access_token);
JUDGE(judge_token_type);
JUDGE(judge_token_no_store);
JUDGE(judge_token_expires_in);
JUDGE(judge_token_error_form);
/* id_token.c */
JUDGE(judge_id_token_alg);
JUDGE(judge_id_token_kid);
JUDGE(judge_id_token_signature);
JUDGE(judge_id_token_iss);
JUDGE(judge_id_token_aud);
JUDGE(judge_id_token_azp);
JUDGE(judge_id_token_exp);
JUDGE(judge_id_token_iat);
JUDGE(judge_id_token_nbf);
JUDGE(judge_id_token_sub);
JUDGE(judge_id_token_nonce);
JUDGE(judge_id_token_at_hash);
JUDGE(judge_id_token_c_hash);
JUDGE(judge_id_token_email_verified);
JUDGE(judge_id_token_groups_type);
/* request.c */
JUDGE(judge_request_response_type);
JUDGE(judge_request_scope);
JUDGE(judge_request_state);
JUDGE(judge_request_redirect_uri);
JUDGE(judge_request_pkce);
JUDGE(judge_request_verifier);
JUDGE(judge_request_nonce);
JUDGE(judge_token_request_redirect_uri);
/* response.c */
JUDGE(judge_response_state);
JUDGE(judge_response_code);
JUDGE(judge_response_redirect_uri);
JUDGE(judge_state_checked);
JUDGE(judge_code_single_use);
JUDGE(judge_code_redeemed_once);
JUDGE(judge_code_short_lived);
JUDGE(judge_pkce_enforced);
JUDGE(judge_client_auth_enforced);
JUDGE(judge_code_redirect_uri);
JUDGE(judge_code_client);
JUDGE(judge_prompt_consent);
/* chain.c */
JUDGE(judge_groups_unchanged);
JUDGE(judge_groups_of_directory);
JUDGE(judge_identity_unchanged);
JUDGE(judge_token_verified);
JUDGE(judge_userinfo_sub);
/* argocd.c */
JUDGE(judge_cookie_size);
JUDGE(judge_return_url);
JUDGE(judge_rbac_follows_policy);
JUDGE(judge_rbac_allows_policy);
JUDGE(judge_session_identity);
/* cookie.c */
JUDGE(judge_cookie_httponly);
JUDGE(judge_cookie_secure);
JUDGE(judge_cookie_samesite);
JUDGE(judge_cookie_path);
JUDGE(judge_cookie_domain);
JUDGE(judge_state_cookie_bound);
JUDGE(judge_state_cookie_short_lived);
JUDGE(judge_state_cookie_cleared);
JUDGE(judge_state_cookie_sealed);
/* transport.c */
JUDGE(judge_tls_name);
JUDGE(judge_tls_chain);
JUDGE(judge_tls_valid);
JUDGE(judge_tls_protocol);
JUDGE(judge_https_everywhere);
JUDGE(judge_content_type);
JUDGE(judge_http_complete);
/* refusal.c */
JUDGE(judge_response_error);
JUDGE(judge_response_description);
JUDGE(judge_response_one);
JUDGE(judge_response_iss);
JUDGE(judge_bearer_challenge);
JUDGE(judge_client_challenge);
/* secret.c */
JUDGE(judge_secret_client);
JUDGE(judge_secret_token);
JUDGE(judge_secret_verifier);
JUDGE(judge_secret_log);
JUDGE(judge_callback_leaves_code);
/* logout.c */
JUDGE(judge_logout_cookie);
JUDGE(judge_logout_token);
JUDGE(judge_logout_session);
JUDGE(judge_logout_redirect);
