/*
 * An authorization request that passed the checks (authentik.md 3.2). Internal to mocks/authentik.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/mem.h"
#include "harness/base/vec.h"

enum authz_mode { AUTHZ_QUERY, AUTHZ_FRAGMENT, AUTHZ_FORM_POST };

struct response_type {
    const char *name;       /* exact spelling and word order */
    const char *grant_type; /* authorization_code implicit hybrid */
    bool code;
    bool token;
    bool id_token;
};

struct authz {
    const struct response_type *type;
    enum authz_mode mode;
    char *redirect_uri;
    char *state; /* NULL = none sent */
    char *nonce;
    char *challenge;
    char *challenge_method;
    char *login_hint;
    struct strlist scopes;
    bool prompt_none;
    bool prompt_login;
    bool prompt_consent;
    int64_t max_age_s; /* 0 = none */
};

const struct response_type *ak_authz_type(const char *name); /* NULL if there is none */
/* Where an error goes: redirect_uri, ? or #, error, description, raw state (3.1). Caller frees. */
char *ak_authz_error_uri(const struct authz *z, const char *error, const char *description);
struct authz *ak_authz_free(struct authz *z);

DEFINE_AUTO(struct authz, ak_authz_free)
