/*
 * An authorization request that passed the checks (authentik.md 3.2). Internal to mocks/authentik.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/base/vec.h"

struct http_response;
struct mock;
struct params;
struct step;
struct visit;

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
    struct strlist scopes;
    bool form_post; /* response_mode, as it is asked for */
    bool prompt_none;
    bool prompt_login;
    bool prompt_consent;
    int64_t max_age_s; /* 0 = none */
};

/* authorize_read.c */
const struct response_type *ak_authz_type(const char *name); /* NULL if there is none */
/* redirect_uri ("" if absent), state, nonce, prompt and form_post; the rest is for the checks. */
struct authz *ak_authz_read(const struct params *all);
struct authz *ak_authz_free(struct authz *z);
/* Of several parameters of a name the last one counts (Django's QueryDict); NULL if there is none.
 */
const char *ak_authz_param(const struct params *all, const char *name);
/* Python's text.split(): the next word between any white space; false at the end. */
bool ak_authz_word(const char **rest, struct str *ret);

/* authorize_error.c */
/* What goes back to the client as an error (3.1): a redirect, a form, or a page when the redirect
 * URI has no scheme. description NULL: the one of the table. */
void ak_authz_refuse(const struct visit *v, const struct authz *z, const char *error,
                     const char *description);
/* The same as the end of a flow. */
struct step ak_authz_refuse_step(const struct visit *v, const struct authz *z, const char *error);

/* locales.c: what ui_locales does to an answer. */
void ak_authz_locales(const struct mock *m, const char *ui_locales, struct http_response *resp);

DEFINE_AUTO(struct authz, ak_authz_free)
