/*
 * serve's ready line, within this unit: where everything is, who may sign in, and the patch that
 * makes these systems another rolecall's live ones (design.md 6).
 */
#pragma once

#include "harness/setup/setup.h"

struct ready_conf {
    const struct setup *setup;
    const char *ca_file;     /* NULL when plain */
    bool show_secrets;       /* else secrets read from the user's own files are null */
    const char *control_url; /* NULL without a control API */
    const char *control_token;
    bool secrets_are_public; /* the setup is the guide's: nothing in it is anybody's secret */
    const bool *served;      /* by system: what runs here */
    uint16_t dex_port;       /* of a Dex that is served without Argo CD in front of it */
    bool plain;
};

struct js *ready_line(const struct ready_conf *conf); /* caller frees */
