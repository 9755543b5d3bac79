/*
 * Dex's page "Log in to", which lists its connectors (dex.md 2.2 step 4): what a person who means
 * authentik clicks.
 */
#pragma once

#include "harness/login/browser.h"
#include "harness/setup/setup.h"

/* Where the button of authentik's connector leads, as an absolute URL; NULL when this is no such
 * page, or none of its buttons is authentik's. Caller frees. */
char *choice_of_authentik(const struct setup *s, const struct browser_page *page);
