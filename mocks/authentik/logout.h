/*
 * The ways out (authentik.md 7): what a logout does to tokens and whom it tells, the stages of the
 * invalidation flows, and what happens when a person is deactivated or gone. Internal to
 * mocks/authentik.
 */
#pragma once

#include "harness/base/buf.h"
#include "mocks/authentik/flow.h"

#define FLOW_LEAVE_APP_SLUG "default-provider-invalidation-flow"

/* What a plan of an invalidation flow has to show at its end. */
struct leaving {
    char *to;               /* where the browser is led after it; NULL = to ak-stage-session-end */
    struct js *logout_urls; /* of ak-provider-iframe-logout; NULL = none */
};

struct leaving *ak_leaving_free(struct leaving *l); /* accepts NULL, returns NULL */
/* The plan's, made when it has none; borrowed. */
struct leaving *ak_plan_leaving(struct plan *p);

/* Lock held for all of these. */

/* The session ends: clients are told over the back channel, and its access tokens go, both as the
 * version has it. The session itself is the caller's. */
void ak_session_over(struct mock *m, const struct session *s);
/* 2026.5: end-session does that by itself, whatever its flow does. */
void ak_session_leaves_client(struct mock *m, const struct session *s);
/* After a change of the setup: who was deactivated or is gone loses tokens (and sessions). */
void ak_people_left(struct mock *m);
/* The provider logs out by iframes: adds what they load for the session. */
void ak_leaving_add_iframe(struct mock *m, struct leaving *l, const struct session *s,
                           const char *issuer);
bool ak_logs_out_by_iframe(const struct mock *m);

/* Stages. */
struct step ak_stage_logout_ask(struct exec *x);
struct step ak_stage_iframe_ask(struct exec *x);
struct step ak_stage_iframe_reply(struct exec *x);
struct step ak_stage_session_end_ask(struct exec *x);
/* The same as HTML. */
void ak_render_iframe_logout(struct buf *b, const struct js *challenge);
/* scheme://host of the first redirect URI, as authentik guesses it; NULL if there is none. Caller
 * frees. */
char *ak_launch_url(const struct mock *m);

/* /if/session-end/<slug>/, the page of 2024.8 and before. */
void ak_session_end_page_serve(void *ctx, const struct http_request *req,
                               struct http_response *resp);
