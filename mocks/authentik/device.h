/*
 * The device flow (RFC 8628; authentik.md 5.5): codes that wait for a person at /device. Internal
 * to mocks/authentik.
 */
#pragma once

#include "harness/base/buf.h"
#include "mocks/authentik/flow.h"

#define FLOW_DEVICE_SLUG "default-device-code-flow" /* as authentik's documentation names it */
#define DEVICE_THROTTLE_MAX 20
#define DEVICE_THROTTLE_S 3600

struct device {
    struct store_item item; /* key: device_code */
    char *user_code;        /* 9 digits */
    struct grant grant;     /* person NULL until somebody has let it in */
};

/* How often an address without a session has asked /device/ within the hour. */
struct throttle {
    struct store_item item; /* key: the address */
    int64_t at_s[DEVICE_THROTTLE_MAX];
    size_t len;
};

void ak_device_free_item(struct store_item *item);
void ak_throttle_free_item(struct store_item *item);

/* Lock held. The grant of a code at the token endpoint: NULL, and *ret filled (the code is used
 * up), or the error. */
const char *ak_device_redeem(struct mock *m, const char *device_code, struct grant *ret);

/* Stages. */
struct step ak_stage_device_code_ask(struct exec *x);
struct step ak_stage_device_code_reply(struct exec *x);
struct step ak_stage_device_finish_ask(struct exec *x);
struct step ak_stage_device_finish_reply(struct exec *x);

/* /application/o/device/, for devices */
void ak_device_serve(void *ctx, const struct http_request *req, struct http_response *resp);
/* /device, for people */
void ak_device_entry_serve(void *ctx, const struct http_request *req, struct http_response *resp);
