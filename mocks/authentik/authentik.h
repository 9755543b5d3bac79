/*
 * The mock authentik (reference/authentik.md), as the setup's version answers.
 */
#pragma once

#include "harness/setup/quirk.h"
#include "mocks/common/mock.h"

extern const struct quirk quirks_authentik[]; /* ended by a zero row */

struct mock *authentik_mock_new(const struct mock_env *env, struct err *err);
void authentik_mock_site(struct mock *m, struct http_site *ret);
struct mock *authentik_mock_free(struct mock *m);
/* Another signing key of the same kind takes the place of the present one at once (authentik.md 8:
 * no overlap). */
int authentik_mock_rotate(struct mock *m, struct err *err) MUST_USE;
/* The setup changed (a scenario's `change:` step): users, groups, provider; sessions and tokens
 * stay. */
int authentik_mock_change(struct mock *m, const struct setup *setup, struct err *err) MUST_USE;
/* An operator's hand: codes and tokens of a person, or one token; how many there were. */
size_t authentik_mock_revoke(struct mock *m, const struct mock_revocation *what);
/* Sessions of a person, or (NULL) all; how many people were signed in by them. */
size_t authentik_mock_drop_sessions(struct mock *m, const char *username);
struct js *authentik_mock_counts(struct mock *m); /* what it keeps; caller frees */
