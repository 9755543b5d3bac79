/*
 * The mock authentik (reference/authentik.md), as the setup's version answers.
 */
#pragma once

#include "mocks/common/mock.h"
#include "mocks/common/quirk.h"

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
