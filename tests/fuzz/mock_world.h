/*
 * All three mocks with the guide's setup on loopback, for the targets that send them requests. An
 * input is a request as a person would write it down: the method and target, fields a line each, an
 * empty line, the body.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "harness/setup/setup.h"

/* Sends the request to that system's origin, below `prefix`, and judges the form of the answer: an
 * answer comes, it is complete, what calls itself JSON is JSON, and nobody gets a token or a
 * secret of the setup who did not send it. Aborts else. */
void mock_world_ask(enum system system, const char *prefix, const uint8_t *data, size_t size);
