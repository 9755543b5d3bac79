/*
 * Compiled patterns by text, in a table of buckets: policies repeat the same few.
 */
#include "harness/rbac/pattern.h"

#include <string.h>

#include "harness/data/regex.h"
#include "harness/rbac/glob.h"

#define BUCKETS 256

struct pattern {
    struct pattern *next; /* in the bucket */
    char *text;
    enum rbac_match mode;
    struct glob *glob;   /* NULL: never matches */
    struct regex *regex; /* NULL: breaks the query */
};

struct patterns {
    enum rbac_match mode;
    struct pattern *buckets[BUCKETS];
};

struct patterns *patterns_new(enum rbac_match mode)
{
    struct patterns *p = xcalloc(1, sizeof *p);

    p->mode = mode;
    return p;
}

static struct pattern *pattern_free(struct pattern *p)
{
    xfree(p->text);
    glob_free(p->glob);
    regex_free(p->regex);
    return xfree(p);
}

struct patterns *patterns_free(struct patterns *p)
{
    if (!p) {
        return NULL;
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        while (p->buckets[i]) {
            struct pattern *next = p->buckets[i]->next;
            pattern_free(p->buckets[i]);
            p->buckets[i] = next;
        }
    }
    return xfree(p);
}

/* FNV-1a */
static size_t bucket_of(const char *text)
{
    uint32_t h = 2166136261U;

    for (; *text != '\0'; text++) {
        h = (h ^ (unsigned char)*text) * 16777619U;
    }
    return h % BUCKETS;
}

static struct pattern *pattern_new(const char *text, enum rbac_match mode)
{
    struct pattern *p = xcalloc(1, sizeof *p);

    p->text = xstrdup(text);
    p->mode = mode;
    if (mode == RBAC_GLOB) {
        p->glob = glob_new(str_of(text));
    } else if (regex_new(str_of(text), REGEX_RE2, &p->regex, NULL) < 0) {
        p->regex = NULL;
    }
    return p;
}

const struct pattern *patterns_add(struct patterns *p, const char *text)
{
    struct pattern **bucket = &p->buckets[bucket_of(text)];

    for (struct pattern *known = *bucket; known; known = known->next) {
        if (strcmp(known->text, text) == 0) {
            return known;
        }
    }
    struct pattern *fresh = pattern_new(text, p->mode);
    fresh->next = *bucket;
    *bucket = fresh;
    return fresh;
}

enum match pattern_match(const struct pattern *p, const char *text)
{
    if (p->mode == RBAC_GLOB) {
        return p->glob && glob_match(p->glob, str_of(text)) ? MATCH_YES : MATCH_NO;
    }
    if (!p->regex) {
        return MATCH_BROKEN;
    }
    return regex_search(p->regex, str_of(text)) ? MATCH_YES : MATCH_NO;
}
