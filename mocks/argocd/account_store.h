/*
 * The local accounts that argocd-cm and argocd-secret make (argocd.md 7.1, 7.6; Argo CD's
 * util/settings/accounts.go).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/vec.h"
#include "harness/setup/setup.h"

enum account_capability { ACCOUNT_LOGIN = 1, ACCOUNT_API_KEY = 2 };

struct account {
    const char *hash;  /* of its password, by bcrypt; "" = it has none */
    int64_t changed_s; /* when the password was changed; 0 = nobody knows */
    bool enabled;
    unsigned capabilities; /* bits of enum account_capability */
    struct js *tokens;     /* [{"id", "iat", "exp"}], or NULL */
};

/* False when there is no such account. */
bool account_find(const struct setup *setup, const char *name, struct account *ret);
void account_deinit(struct account *a);
bool account_has_token(const struct account *a, const char *id);
/* All of them by name, admin too. */
void account_names(const struct setup *setup, struct strlist *ret);
/* What it may, in the order of argocd-cm. Caller frees. */
struct js *account_capabilities(const struct setup *setup, const char *name);
/* "login", "apiKey" */
const char *account_capability_name(enum account_capability c);

DEFINE_AUTO_VALUE(struct account, account_deinit)
