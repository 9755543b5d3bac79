/*
 * The log writes to stderr what the level lets through, one line a message.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"

static void test_log__level_decides(void **state)
{
    char text[400] = "";
    int ends[2] = {-1, -1};
    int saved = dup(STDERR_FILENO);

    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    log_print(LOG_WARN, "setup", "kept %d", 1);
    log_print(LOG_INFO, "setup", "dropped");
    log_set_level(LOG_INFO);
    log_print(LOG_INFO, "run", "kept %d", 2);
    assert_int_equal(log_get_level(), LOG_INFO);
    log_set_level(LOG_WARN);
    (void)fflush(stderr);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    (void)close(ends[1]);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    (void)close(ends[0]);
    assert_string_equal(text, "rolecall: warning: setup: kept 1\nrolecall: info: run: kept 2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log__level_decides),
    };

    return TEST_MAIN(tests);
}
