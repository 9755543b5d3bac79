/*
 * Challenges as pages for people. Internal to mocks/authentik.
 */
#pragma once

#include "mocks/authentik/state.h"

/* Answers with the page of a challenge; title is the flow's. */
void ak_flow_render(struct visit *v, const char *title, const struct js *challenge);
/* A page with nothing but a button, which the page's script presses at once. */
void ak_flow_render_continue(struct visit *v, const char *title);
