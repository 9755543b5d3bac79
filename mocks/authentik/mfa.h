/*
 * Second factors (authentik.md 4.3): a person's TOTP device and static codes, what was used of
 * them, and the stages that ask for them and set them up. Internal to mocks/authentik.
 */
#pragma once

#include "mocks/authentik/flow.h"

void ak_factor_free_item(struct store_item *item);

/* stages_mfa.c */
struct step ak_mfa_ask(struct exec *x);
struct step ak_mfa_reply(struct exec *x);
bool ak_mfa_waits(const struct exec *x);
struct step ak_totp_setup_ask(struct exec *x);
struct step ak_totp_setup_reply(struct exec *x);

/* mfa.c: the devices of one person. Lock held. */
struct devices {
    const char *totp;                /* secret, or NULL */
    const char *const *static_codes; /* NULL-terminated, or NULL */
    struct factor *factor;           /* what was used; NULL when nothing was */
};
struct devices ak_devices_of(const struct mock *m, const struct setup_person *p);
bool ak_devices_any(const struct devices *d);
/* Is the code good now, by TOTP or as a static one? It is used up then. */
bool ak_devices_verify(struct mock *m, const struct setup_person *p, const char *code);
/* [{"device_class", "device_uid", "challenge", "last_used"}, …] Caller frees. */
struct js *ak_devices_challenges(const struct mock *m, const struct setup_person *p);
/* A TOTP device set up in a flow with the code of that step; the secret is the person's from now
 * on. */
void ak_devices_enrol(struct mock *m, const struct setup_person *p, const char *secret,
                      int64_t step);
/* Is this the code of the secret now, or one step before or after? *ret_step: which. */
bool ak_totp_matches(const struct mock *m, const char *secret, const char *code, int64_t *ret_step);
