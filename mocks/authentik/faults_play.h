/*
 * The misbehaviours that have files of their own beside faults.c; faults_table.h names them. Each
 * changes only what it was lent.
 */
#pragma once

#include "mocks/authentik/faults.h"

/* faults_documents.c */
void ak_play_discovery_fragment(struct fault_call *c);
void ak_play_discovery_foreign_endpoint(struct fault_call *c);
void ak_play_discovery_no_openid(struct fault_call *c);
void ak_play_discovery_no_claims(struct fault_call *c);
void ak_play_discovery_grant_types(struct fault_call *c);
void ak_play_discovery_auth_methods(struct fault_call *c);
void ak_play_discovery_subject_types(struct fault_call *c);
void ak_play_discovery_alg_none(struct fault_call *c);
void ak_play_discovery_no_query(struct fault_call *c);
void ak_play_discovery_text_list(struct fault_call *c);
void ak_play_jwks_weak_key(struct fault_call *c);
void ak_play_jwks_leading_zero(struct fault_call *c);
void ak_play_jwks_symmetric_key(struct fault_call *c);
void ak_play_jwks_sha1(struct fault_call *c);
/* Any answer that is JSON: says that it is plain text. */
void ak_play_content_type(struct fault_call *c);

/* faults_tokens.c */
void ak_play_auth_time_text(struct fault_call *c);
void ak_play_auth_time_future(struct fault_call *c);
void ak_play_claim_type(struct fault_call *c);
void ak_play_aud_stranger(struct fault_call *c);
void ak_play_exp_milliseconds(struct fault_call *c);
void ak_play_acr_empty(struct fault_call *c);
void ak_play_sub_email(struct fault_call *c);
void ak_play_sub_other(struct fault_call *c);
void ak_play_jti_again(struct fault_call *c);
void ak_play_other_alg(struct fault_call *c);
void ak_play_typ(struct fault_call *c);
void ak_play_key_header(struct fault_call *c);
void ak_play_refresh_unasked(struct fault_call *c);
void ak_play_refresh_short(struct fault_call *c);
void ak_play_access_characters(struct fault_call *c);
