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
JUDGE(judge_jwks_certificate);
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
JUDGE(judge_prompt_consent);
/* chain.c */
JUDGE(judge_groups_unchanged);
JUDGE(judge_identity_unchanged);
JUDGE(judge_token_verified);
JUDGE(judge_userinfo_sub);
/* argocd.c */
JUDGE(judge_cookie_flags);
JUDGE(judge_cookie_size);
JUDGE(judge_return_url);
JUDGE(judge_rbac_follows_policy);
