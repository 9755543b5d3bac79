/*
 * Running scenarios for tests.
 */
#include "tests/unit/run/suite.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "tests/support/test.h"

void bench_init(struct bench_of *b)
{
    const char *root = getenv("ROLECALL_ROOT");
    AUTO(xfree) char *guide = xasprintf("%s/scenarios/guide", root != NULL ? root : ".");
    struct err err = {0};
    *b = (struct bench_of){.dir = "/tmp/rolecall-test-XXXXXX"};
    assert_non_null(mkdtemp(b->dir));
    if (setup_read(guide, &b->setup, &err) != 0)
        fail_msg("%s", err.msg);
    b->conf = (struct run_conf){
        .setup_doc = b->setup, .setup_source = "guide", .seed = 1, .jobs = 1, .callback_port = 0};
}

static char *file_of(const struct bench_of *b, size_t i)
{
    return xasprintf("%s/%zu.yaml", b->dir, i);
}

void bench_add(struct bench_of *b, const char *id, const char *yaml)
{
    AUTO(xfree) char *path = file_of(b, b->len);
    struct err err = {0};
    assert_true(b->len < MAX_SCENARIOS);
    if (file_write(path, yaml, strlen(yaml), S_IRUSR | S_IWUSR, &err) != 0 ||
        scenario_load(path, id, run_vocabulary(), &b->scenarios[b->len], &err) != 0)
        fail_msg("%s: %d: %s", path, err.line, err.msg);
    b->len++;
}

void bench_patch(struct bench_of *b, const char *json)
{
    AUTO(js_free) struct js *patch = NULL;
    struct err err = {0};
    if (js_parse(str_of(json), "patch", &patch, &err) != 0)
        fail_msg("%s", err.msg);
    struct js *patched = js_merge_patch(b->setup, patch);
    js_free(b->setup);
    b->setup = patched;
    b->conf.setup_doc = patched;
}

void bench_known(struct bench_of *b, struct known_list *ret, const char *text)
{
    AUTO(xfree) char *path = xasprintf("%s/known", b->dir);
    struct err err = {0};
    if (file_write(path, text, strlen(text), S_IRUSR | S_IWUSR, &err) != 0 ||
        known_read(path, ret, &err) != 0)
        fail_msg("%s:%d:%d: %s", err.file, err.line, err.column, err.msg);
    unlink(path);
    b->conf.known = ret;
}

static void on_suite(void *ctx, size_t n)
{
    struct bench_of *b = ctx;
    strlist_take(&b->told, xasprintf("suite %zu", n));
}

static void on_begin(void *ctx, const struct scenario *s)
{
    struct bench_of *b = ctx;
    strlist_take(&b->told, xasprintf("begin %s", s->id));
}

static void on_end(void *ctx, const struct run_result *r)
{
    struct bench_of *b = ctx;
    strlist_take(&b->told, xasprintf("end %s %s", r->id, verdict_name(r->verdict)));
}

void bench_run(struct bench_of *b)
{
    const struct scenario *list[MAX_SCENARIOS];
    const struct run_observer observer = {b, on_suite, on_begin, on_end};
    struct err err = {0};
    for (size_t i = 0; i < b->len; i++)
        list[i] = b->scenarios[i];
    if (run_suite(&b->conf, list, b->len, &observer, &b->suite, &err) != 0)
        fail_msg("%s", err.msg);
}

void bench_deinit(struct bench_of *b)
{
    run_suite_deinit(&b->suite);
    for (size_t i = 0; i < b->len; i++) {
        AUTO(xfree) char *path = file_of(b, i);
        unlink(path);
        scenario_free(b->scenarios[i]);
    }
    rmdir(b->dir);
    strlist_deinit(&b->told);
    js_free(b->setup);
}
