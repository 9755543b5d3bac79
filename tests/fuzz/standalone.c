/*
 * The main of a fuzz target without libFuzzer: replays each file of a corpus folder, one TAP line a
 * file.
 */
#include <stdio.h>

#include "harness/base/file.h"
#include "harness/base/mem.h"
#include "harness/base/vec.h"
#include "tests/fuzz/fuzz.h"

int main(int argc, char **argv)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    struct err err = {0};

    if (argc != 2 || file_find(argv[1], "", &names, &err) < 0) {
        (void)fprintf(stderr, "usage: %s CORPUS-FOLDER (%s)\n", argv[0], err.msg);
        return 2;
    }
    printf("1..%zu\n", names.len);
    for (size_t i = 0; i < names.len; i++) {
        AUTO(xfree) char *path = path_join(argv[1], names.items[i]);
        AUTO(xfree) char *text = NULL;
        size_t n = 0;
        if (file_read(path, FILE_MAX_TEXT, &text, &n, &err) < 0) {
            printf("not ok %zu - %s\n", i + 1, err.msg);
            return 1;
        }
        /* Only the bytes of the file: what reads past them is to be seen by ASan. */
        AUTO(xfree) char *exact = xmemdup(text, n);
        (void)LLVMFuzzerTestOneInput((const uint8_t *)exact, n);
        printf("ok %zu - %s\n", i + 1, names.items[i]);
    }
    return 0;
}
