/*
 * Telling a row's login and looking at its verdict.
 */
#include "tests/unit/check/rows.h"

#include <string.h>

#include "harness/base/str.h"
#include "harness/base/vec.h"

char *rows_failing(const struct story *s)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    for (size_t i = 0; i < s->results_len; i++)
        if (s->results[i].verdict.kind == VERDICT_FAIL)
            strlist_take(&names, xasprintf("%s/%s", check_of_name(s->results[i].of),
                                           s->results[i].check->id));
    return strlist_join(&names, " ");
}

void rows_test(void **state)
{
    const struct row *row = *state;
    struct story s;
    story_tell(&s, row->patch, false);
    const struct verdict *v = story_verdict(&s, row->check);
    AUTO(xfree) char *names = rows_failing(&s);
    if (v->kind != row->kind)
        fail_msg("%s: %s (%s%s), not %s; failing: %s", row->check, verdict_name(v->kind),
                 v->actual != NULL ? v->actual : "", v->reason != NULL ? v->reason : "",
                 verdict_name(row->kind), names);
    if (row->says != NULL && !cstr_contains(v->expected, row->says) &&
        !cstr_contains(v->actual, row->says) && !cstr_contains(v->reason, row->says))
        fail_msg("%s does not say '%s': expected %s, actual %s, reason %s", row->check, row->says,
                 v->expected, v->actual, v->reason);
    if (row->alone)
        assert_string_equal(names, row->check);
    story_end(&s);
}

void rows_fill(const struct row *rows, size_t n, struct CMUnitTest *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = (struct CMUnitTest){.name = rows[i].name,
                                     .test_func = rows_test,
                                     .initial_state = (void *)(uintptr_t)&rows[i]};
}
