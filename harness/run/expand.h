/*
 * Names of the setup in a scenario's texts: ${authentik.url} ${authentik.slug}
 * ${authentik.client_id} ${argocd.url}.
 */
#pragma once

#include "harness/setup/setup.h"

/* base is the setup before the scenario's own changes. Caller frees; NULL gives NULL. */
char *run_expand(const struct setup *base, const char *text);
struct js *run_expand_json(const struct setup *base,
                           const struct js *j); /* every string value; caller frees */
