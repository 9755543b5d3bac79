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

/* Requests to authentik one after the other, a line "---" between: what one leaves (a session, a
 * code) the next may use. Cookies are kept from request to request. "@NAME@" stands for the cookie
 * of that name, else for the last member of that name in a JSON answer; "@totp@" for what the app
 * of the person with a second factor shows. A first line "#N" has authentik be its Nth version, the
 * newest being the 1st. */
void mock_world_walk(const uint8_t *data, size_t size);
