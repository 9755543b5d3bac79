/*
 * Redaction by value (design.md 6): each known secret is replaced wherever it stands, in raw,
 * percent, JSON and Basic-base64 form. A token or code becomes a tag of 8 hex digits (HMAC under a
 * key of this run); passwords and client secrets become "[password]" and "[client-secret]" without
 * a tag.
 */
#pragma once

#include "harness/base/mem.h"
#include "harness/trace/trace.h"

struct redactor;

struct redactor *redactor_new(void); /* a new key from the kernel */
struct redactor *redactor_new_like(
    const struct redactor *other); /* the same key: the same tags; it knows nothing yet */
struct redactor *redactor_free(struct redactor *r);
void redactor_add(struct redactor *r, const char *kind,
                  const char *value); /* values under 6 bytes only whole-word */
/* All of trace_secret, plus what well-known places hold: Authorization, Cookie, Set-Cookie,
 * code/state/token/verifier/secret/password parameters and JSON members, anything of JWT shape. */
void redactor_learn(struct redactor *r, const struct trace *t);
char *redact_text(const struct redactor *r, const char *text); /* caller frees; NULL gives NULL */
struct js *redact_json(const struct redactor *r,
                       const struct js *j); /* deep copy with every string (and key) redacted */
/* The same with the keys as they are: of a document whose keys are of a known format, so that a
 * password like `secret` leaves `client_secret` its name. */
struct js *redact_json_values(const struct redactor *r, const struct js *j);

DEFINE_AUTO(struct redactor, redactor_free)
