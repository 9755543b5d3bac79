/*
 * Files: what was written is read, the cap and the mode hold, folders are listed in order.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/mem.h"

/* A folder of its own for each test. */
static int make_folder(void **state)
{
    char *dir = xstrdup("/tmp/rolecall-test-XXXXXX");

    *state = dir;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"b.yaml",     "a.txt", "a.yaml", ".hidden.yaml",
                                        "sub/c.yaml", "sub",   "x",      NULL};
    char *dir = *state;

    for (size_t i = 0; names[i]; i++) {
        AUTO(xfree) char *path = path_join(dir, names[i]);
        (void)remove(path);
    }
    (void)rmdir(dir);
    xfree(dir);
    return 0;
}

static void write_text(const char *dir, const char *name)
{
    AUTO(xfree) char *path = path_join(dir, name);

    assert_int_equal(file_write(path, "text", 4, 0644, NULL), 0);
}

static void test_file__round_trip(void **state)
{
    AUTO(xfree) char *path = path_join(*state, "x");
    AUTO(xfree) char *text = NULL;
    size_t n = 0;

    assert_int_equal(file_write(path, "longer than that", 16, 0600, NULL), 0);
    assert_int_equal(file_write(path, "a\0b", 3, 0600, NULL), 0);
    assert_int_equal(file_read(path, 3, &text, &n, NULL), 0);
    assert_int_equal(n, 3);
    assert_memory_equal(text, "a\0b", 4);
}

static void test_file_read__is_capped(void **state)
{
    AUTO(xfree) char *path = path_join(*state, "x");
    char *text = NULL;
    struct err err = {0};

    assert_int_equal(file_write(path, "1234", 4, 0600, NULL), 0);
    assert_int_equal(file_read(path, 3, &text, NULL, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_null(text);
}

static void test_file__names_path_and_reason(void **state)
{
    char *text = NULL;
    struct err err = {0};
    struct strlist found = {0};

    assert_int_equal(file_read("/nowhere/x", 9, &text, NULL, &err), -1);
    assert_string_equal(err.msg, "cannot read '/nowhere/x': No such file or directory");
    assert_int_equal(file_write("/nowhere/x", "", 0, 0600, &err), -1);
    assert_string_equal(err.msg, "cannot write '/nowhere/x': No such file or directory");
    assert_int_equal(file_find("/nowhere", ".yaml", &found, &err), -1);
    assert_string_equal(err.msg, "cannot list '/nowhere': No such file or directory");
    assert_int_equal(file_read("/", 9, &text, NULL, &err), -1);
}

static void test_file_write__narrows_the_mode(void **state)
{
    AUTO(xfree) char *path = path_join(*state, "x");
    struct stat st = {0};

    assert_int_equal(file_write(path, "a", 1, 0644, NULL), 0);
    assert_int_equal(file_write(path, "a", 1, 0600, NULL), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_file_find__sorted_below(void **state)
{
    AUTO(strlist_deinit) struct strlist found = {0};
    AUTO(xfree) char *sub = path_join(*state, "sub");

    assert_int_equal(mkdir(sub, 0700), 0);
    write_text(*state, "b.yaml");
    write_text(*state, "a.txt");
    write_text(*state, "a.yaml");
    write_text(*state, ".hidden.yaml");
    write_text(*state, "sub/c.yaml");
    AUTO(xfree) char *back = path_join(sub, "back");
    assert_int_equal(symlink("..", back), 0);
    assert_int_equal(file_find(*state, ".yaml", &found, NULL), 0);
    AUTO(xfree) char *names = strlist_join(&found, " ");
    assert_string_equal(names, "a.yaml b.yaml sub/c.yaml");
    assert_true(file_is_dir(sub));
    assert_true(file_exists(sub));
    assert_false(file_exists("/nowhere"));
    assert_false(file_is_dir("/nowhere"));
}

static void test_path__joins_and_splits(void **state)
{
    AUTO(xfree) char *plain = path_join("a", "b");
    AUTO(xfree) char *slashed = path_join("a/", "b");
    AUTO(xfree) char *absolute = path_join("a", "/b");
    AUTO(xfree) char *parent = path_dir("a/b");
    AUTO(xfree) char *none = path_dir("a");
    AUTO(xfree) char *root = path_dir("/a");

    assert_string_equal(plain, "a/b");
    assert_string_equal(slashed, "a/b");
    assert_string_equal(absolute, "/b");
    assert_string_equal(parent, "a");
    assert_string_equal(none, ".");
    assert_string_equal(root, "/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file__round_trip, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_file_read__is_capped, make_folder, remove_folder),
        cmocka_unit_test(test_file__names_path_and_reason),
        cmocka_unit_test_setup_teardown(test_file_write__narrows_the_mode, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_file_find__sorted_below, make_folder, remove_folder),
        cmocka_unit_test(test_path__joins_and_splits),
    };

    return TEST_MAIN(tests);
}
