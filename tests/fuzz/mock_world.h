/*
 * All three mocks with the guide's setup on loopback, for the targets that send them requests. An
 * input is requests as a person would write them down: the method and target, fields a line each,
 * an empty line, the body.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "harness/setup/setup.h"

/* Requests to that system, below `prefix`, one after the other, a line "---" between: what one
 * leaves (a session, a code) the next may use. Cookies are kept from request to request. "@NAME@"
 * stands for the cookie of that name, else for the last member of that name in a JSON answer or
 * parameter in an address that somebody was led to; "@location@" for that address itself; "@totp@"
 * for what the app of the person with a second factor shows. "!sign-in" in the place of a request
 * has a person follow that address through authentik's login. A target may name another system by
 * its origin. A first line "#N" has authentik be its Nth version, the newest being the 1st.
 *
 * Judges the form of each answer: it comes, it is complete, what calls itself JSON is JSON, and
 * nobody gets a token or a secret of the setup who neither signed in nor sent it. Aborts else. */
void mock_world_walk(enum system system, const char *prefix, const uint8_t *data, size_t size);
