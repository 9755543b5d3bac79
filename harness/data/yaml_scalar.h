/*
 * What a YAML scalar means: the typing rules of go-yaml v2 (which reads Argo CD's and Dex's files).
 * Knows text only, nothing of libyaml or of documents.
 */
#pragma once

#include <stdbool.h>

#include "harness/base/err.h"
#include "harness/base/str.h"
#include "harness/data/json.h"

#define YAML_TAG_PREFIX "tag:yaml.org,2002:"

/* The value of a scalar. tag is the long form or NULL; plain says it was written without quotes.
 * Fails with go-yaml's text when the tag and the text do not agree. */
int yaml_scalar(struct str text, const char *tag, bool plain, struct js **ret, struct err *err)
    MUST_USE;
/* True for the plain texts that mean null: "", ~, null, Null, NULL. */
bool yaml_scalar_is_null(struct str text);
/* As sigs.k8s.io/yaml turns a typed mapping key into text: 1 -> "1", yes -> "true". NULL when it
 * refuses (null); caller frees. */
char *yaml_scalar_key(const struct js *key);
