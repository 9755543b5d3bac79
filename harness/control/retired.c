/*
 * What was replaced while the mocks served: a handler that began before may still look at it. It is
 * kept until every exchange that was there has timed out many times over.
 */
#include "harness/control/internal.h"

/* A person waits 30 s for an answer, and what is behind it less (world.c). */
#define KEPT_MS INT64_C(600000)

struct retired {
    int64_t since_ms;
    struct setup *setup;
    struct js *json;
};

static int64_t now_ms(void)
{
    return clock_mono_ns() / 1000000;
}

static void release(struct retired *r)
{
    setup_free(r->setup);
    js_free(r->json);
    xfree(r);
}

static void release_old(struct control *c)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->retired.len; i++) {
        struct retired *r = c->retired.items[i];
        if (now_ms() - r->since_ms > KEPT_MS)
            release(r);
        else
            c->retired.items[kept++] = r;
    }
    c->retired.len = kept;
}

void control_retire(struct control *c, struct setup *take_setup, struct js *take_json)
{
    release_old(c);
    if (take_setup == NULL && take_json == NULL)
        return;
    struct retired *r = xcalloc(1, sizeof(*r));
    *r = (struct retired){.since_ms = now_ms(), .setup = take_setup, .json = take_json};
    vec_push(&c->retired, r);
}

void control_retired_deinit(struct control *c)
{
    for (size_t i = 0; i < c->retired.len; i++)
        release(c->retired.items[i]);
    vec_deinit(&c->retired);
}
