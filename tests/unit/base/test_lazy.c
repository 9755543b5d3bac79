/* Libraries loaded at their first use: found, and the broken installation's one line. */
#include "tests/support/test.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/lazy.h"

struct table {
    size_t (*length)(const char *text);
};

static const struct lazy_symbol good[] = {{"strlen", offsetof(struct table, length)}, {NULL, 0}};
static const struct lazy_symbol bad[] = {{"no_such_function", 0}, {NULL, 0}};

static void test_lazy__fills_the_table(void **state)
{
    (void)state;
    struct table t = {0};
    lazy_load("libc.so.6", good, &t);
    assert_int_equal(t.length("four"), 4);
}

/* What the child says and how it ends. */
static int end_of(const char *soname, const struct lazy_symbol *symbols, char *ret, size_t size)
{
    int ends[2];
    int status = 0;
    size_t len = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct table t = {0};
        dup2(ends[1], STDERR_FILENO);
        lazy_load(soname, symbols, &t);
        _exit(0);
    }
    close(ends[1]);
    ssize_t n = 0;
    while ((n = read(ends[0], ret + len, size - 1 - len)) > 0)
        len += (size_t)n;
    ret[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void test_lazy__what_is_missing_ends_the_program(void **state)
{
    (void)state;
    static const struct {
        const char *soname;
        const struct lazy_symbol *symbols;
        const char *named;
    } rows[] = {{"librolecall-none.so.9", good, "librolecall-none.so.9"},
                {"libc.so.6", bad, "no_such_function"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char said[512];
        assert_int_equal(end_of(rows[i].soname, rows[i].symbols, said, sizeof(said)), 3);
        assert_int_equal(strncmp(said, "rolecall: ", 10), 0);
        assert_non_null(strstr(said, rows[i].named));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lazy__fills_the_table),
        cmocka_unit_test(test_lazy__what_is_missing_ends_the_program),
    };
    return TEST_MAIN(tests);
}
