/*
 * The fields of a reply to a challenge, validated as Django REST framework's serializers do: its
 * rules, its words, its codes (authentik.md 4.5). Internal to mocks/authentik.
 */
#pragma once

#include <stdbool.h>

#include "harness/data/json.h"

enum field_rule {
    FIELD_REQUIRED = 1,
    FIELD_BLANK_OK = 2,
    FIELD_NULL_OK = 4,
    FIELD_UNTRIMMED = 8,
};

/* CharField. False: an error was added to *errors (made when NULL). *ret_text is NULL when the
 * field is absent or null; caller frees. */
bool ak_reply_text(const struct js *reply, const char *name, unsigned rules, char **ret_text,
                   struct js **errors);
/* BooleanField(required=True). */
bool ak_reply_bool(const struct js *reply, const char *name, bool *ret, struct js **errors);
/* False, with an error, when the reply is no object. */
bool ak_reply_is_object(const struct js *reply, struct js **errors);
/* {field: [{"string", "code"}, …]} */
void ak_reply_error(struct js **errors, const char *field, const char *text, const char *code);
