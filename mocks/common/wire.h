/*
 * Faults of the wire, the same for every system: what a broken server, proxy or certificate in
 * front of it does to any answer. Knows nothing of OAuth. The rows are faults_wire; `with: {path}`
 * says at which path (a part of it is enough), without it every answer is hit.
 */
#pragma once

#include "harness/http/tls.h"
#include "mocks/common/mock.h"

extern const struct fault faults_wire[];

/* Plays what is on of <system>/http.…: the last thing done to an answer. Moves the clock for a
 * delay; waits for real only where the clock is a wall clock. */
void wire_play(const struct mock_env *env, const char *system, const struct http_request *req,
               struct http_response *resp);
/* Which certificate a system shows: <system>/tls.…, counted as played when one is on. */
enum http_leaf_defect wire_leaf(struct fault_set *faults, const char *system);
