/*
 * The vectors on disk, for the tests of this unit: tests/data/jose/<name>, named by RFC and
 * section.
 */
#pragma once

#include <string.h>

#include "tests/support/test.h"

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/data/json.h"
#include "harness/jose/jwk.h"

/* The text without its final newline; caller frees. */
static inline char *vector_text(const char *name)
{
    AUTO(xfree) char *path = xasprintf("jose/%s", name);
    char *text = test_data_text(path);
    text[strcspn(text, "\n")] = text[0] == '{' || text[0] == '[' ? '\n' : '\0';
    return text;
}

static inline struct js *vector_json(const char *name)
{
    AUTO(xfree) char *text = vector_text(name);
    struct js *j = NULL;
    struct err err = {0};
    if (js_parse(str_of(text), name, &j, &err) != 0) {
        fail_msg("%s", err.msg);
    }
    return j;
}

static inline struct key *vector_key(const char *name)
{
    AUTO(js_free) struct js *jwk = vector_json(name);
    struct key *k = NULL;
    struct err err = {0};
    if (jwk_to_key(jwk, &k, &err) != 0) {
        fail_msg("%s: %s", name, err.msg);
    }
    return k;
}
