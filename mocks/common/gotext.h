/*
 * Texts as the Go standard library writes them, because the real Dex and Argo CD show them to
 * operators: %q quoting, and the error of encoding/json for a text that is no JSON.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/str.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"

char *go_quoted(const char *s);               /* fmt %q of a string; caller frees */
char *go_quote_list(const struct strlist *l); /* fmt %q of a []string: ["a" "b"]; caller frees */
char *go_quote_array(const struct js *array); /* the same of a JSON array's strings */
char *go_query_escape(const char *s);         /* url.QueryEscape; caller frees */
/* encoding/json's syntax error of a text ("invalid character '<' looking for beginning of value");
 * caller frees; NULL when the text is well-formed. */
char *go_json_error(const char *text, size_t n);
/* json.Unmarshal: the value (caller frees), or NULL and encoding/json's text (caller frees). A
 * member that is there twice counts as the last one says; go-jose's reader (strict) refuses it. */
struct js *go_json_parse(struct str text, bool strict, char **ret_error);
/* base64.RawURLEncoding: no padding, line ends are skipped, stray bits do not matter. The bytes and
 * a NUL (caller frees), or NULL and Go's text (caller frees). */
char *go_base64url(struct str text, size_t *ret_len, char **ret_error);
/* url.ParseQuery's error of a query or form; caller frees; NULL when there is none. */
char *go_query_error(struct str text);
/* strconv.ParseBool; what it does not know, and NULL, is `otherwise`. */
bool go_bool(const char *text, bool otherwise);
/* The type word in "json: cannot unmarshal number into Go struct field …"; static. */
const char *go_json_kind(const struct js *j);
