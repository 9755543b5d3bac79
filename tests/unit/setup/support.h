/*
 * What the programs of this folder share: a setup read from tests/data/setup, and one built from
 * the guide with a patch. Every function fails the test when the harness refuses.
 */
#pragma once

#include "tests/support/test.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/setup/setup.h"

static inline struct js *read_dir(const char *name)
{
    AUTO(xfree) char *dir = test_data(name);
    struct js *doc = NULL;
    struct err err = {0};
    char text[1024];
    if (setup_read(dir, &doc, &err) != 0)
        fail_msg("%s", err_text(&err, text, sizeof text));
    return doc;
}

static inline struct setup *build_doc(const struct js *doc)
{
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(1, "test");
    struct setup *s = NULL;
    struct err err = {0};
    char text[1024];
    if (setup_build(doc, "setup.yaml", rnd, &s, &err) != 0)
        fail_msg("%s", err_text(&err, text, sizeof text));
    return s;
}

static inline struct js *parse(const char *json)
{
    struct js *value = NULL;
    struct err err = {0};
    if (js_parse(str_of(json), "test", &value, &err) != 0)
        fail_msg("%s", err.msg);
    return value;
}

/* The guide's document with a merge patch on it. */
static inline struct js *guide_patched(const char *patch)
{
    AUTO(js_free) struct js *doc = read_dir("../../scenarios/guide");
    AUTO(js_free) struct js *change = parse(patch);
    return js_merge_patch(doc, change);
}

static inline struct setup *guide_with(const char *patch)
{
    AUTO(js_free) struct js *doc = guide_patched(patch);
    return build_doc(doc);
}

/* The error of building the guide with a patch; caller frees. */
static inline char *guide_error(const char *patch)
{
    AUTO(js_free) struct js *doc = guide_patched(patch);
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(1, "test");
    AUTO(setup_free) struct setup *s = NULL;
    struct err err = {0};
    char text[1024] = "";
    if (setup_build(doc, "setup.yaml", rnd, &s, &err) != 0)
        (void)err_text(&err, text, sizeof text);
    return xstrdup(text);
}

static inline size_t count(const char *const *list)
{
    size_t n = 0;
    while (list[n] != NULL)
        n++;
    return n;
}
