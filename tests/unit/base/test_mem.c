/*
 * Allocation: sizes of nothing, copies, and that running out of memory ends the program with status
 * 3 and one line (tried in a child that asks for too much).
 */
#include "tests/support/test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/mem.h"

/* Sanitizers end the program themselves when too much is asked for, unless they are told this. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void test_mem__nothing_is_something(void **state)
{
    AUTO(xfree) char *none = xmalloc(0);
    AUTO(xfree) char *zeroed = xcalloc(0, 8);

    assert_non_null(none);
    assert_non_null(zeroed);
    assert_null(xfree(NULL));
}

static void test_mem__copies(void **state)
{
    AUTO(xfree) char *whole = xstrdup("abc");
    AUTO(xfree) char *part = xstrndup("abcdef", 4);
    AUTO(xfree) char *short_one = xstrndup("ab", 9);
    AUTO(xfree) char *bytes = xmemdup("a\0b", 3);
    AUTO(xfree) char *made = xasprintf("%s-%d", "x", 7);

    assert_string_equal(whole, "abc");
    assert_string_equal(part, "abcd");
    assert_string_equal(short_one, "ab");
    assert_memory_equal(bytes, "a\0b", 3);
    assert_string_equal(made, "x-7");
}

/* The text fits the first try, just fits, just does not, and is far longer. */
static void test_mem__asprintf_of_any_length(void **state)
{
    static const int lengths[] = {0, 1, 254, 255, 256, 257, 5000};

    for (size_t i = 0; i < TEST_COUNT(lengths); i++) {
        AUTO(xfree) char *made = xasprintf("%*s", lengths[i], "");
        assert_int_equal(strlen(made), lengths[i]);
        assert_int_equal(strspn(made, " "), lengths[i]);
    }
}

/* In a child: asks for more than there is. Its stderr goes to the pipe. */
static void run_out(int out)
{
    (void)dup2(out, STDERR_FILENO);
    volatile size_t too_much = SIZE_MAX / 4;
    void *p = xmalloc(too_much);
    xfree(p);
    _exit(0);
}

static void test_mem__running_out_is_status_3(void **state)
{
    int ends[2] = {-1, -1};
    int status = 0;
    char line[16384] = "";

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        run_out(ends[1]);
    }
    (void)close(ends[1]);
    ssize_t n = 0;
    for (ssize_t got = 1; got > 0 && (size_t)n < sizeof line - 1; n += got) {
        got = read(ends[0], line + n, sizeof line - 1 - (size_t)n);
    }
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_non_null(strstr(line, "rolecall: out of memory\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mem__nothing_is_something),
        cmocka_unit_test(test_mem__copies),
        cmocka_unit_test(test_mem__asprintf_of_any_length),
        cmocka_unit_test(test_mem__running_out_is_status_3),
    };

    return TEST_MAIN(tests);
}
