/*
 * killers LIBRARY TABLE DEPFILE: a step of the build. Writes the table of checks with their
 * declared killers, and fails when a check has none: such a check does not build. The depfile names
 * every scenario, so that the step is made again when one changes, comes or goes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/buf.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/run/run.h"
#include "harness/selftest/killers.h"

static int write_text(const char *path, const struct buf *b, struct err *err)
{
    return file_write(path, b->ptr, b->len, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, err);
}

/* The folders too: what comes or goes changes them. */
static void add_dependency(struct buf *b, struct strlist *folders, const char *file)
{
    AUTO(xfree) char *folder = path_dir(file);
    buf_addf(b, " %s", file);
    if (strlist_has(folders, folder))
        return;
    strlist_add(folders, folder);
    buf_addf(b, " %s", folder);
}

static int write_depfile(const char *path, const char *library, const char *table,
                         const struct scenario_set *set, struct err *err)
{
    AUTO(strlist_deinit) struct strlist folders = {0};
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_addf(&b, "%s: %s", table, library);
    for (size_t i = 0; i < set->len; i++)
        add_dependency(&b, &folders, set->items[i]->file);
    buf_addc(&b, '\n');
    return write_text(path, &b, err);
}

static int write_table(const char *path, const struct strlist *table, struct err *err)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < table->len; i++)
        buf_addf(&b, "%s\n", table->items[i]);
    return write_text(path, &b, err);
}

static int complain(const struct strlist *missing)
{
    for (size_t i = 0; i < missing->len; i++)
        fprintf(stderr,
                "harness/check/table.c: the check %s has no killer: no scenario names it alone "
                "under checks.fail\n",
                missing->items[i]);
    return missing->len == 0 ? 0 : 1;
}

static int make(const char *library, const char *table_path, const char *depfile, struct err *err)
{
    AUTO(scenario_set_deinit) struct scenario_set set = {0};
    AUTO(strlist_deinit) struct strlist table = {0};
    AUTO(strlist_deinit) struct strlist missing = {0};
    if (scenario_find(library, NULL, 0, NULL, run_vocabulary(), &set, err) != 0 ||
        write_depfile(depfile, library, table_path, &set, err) != 0)
        return -1;
    killers_list(&set, &table, &missing);
    if (complain(&missing) != 0)
        return 1;
    return write_table(table_path, &table, err);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    char text[1024];
    if (argc != 4) {
        fprintf(stderr, "usage: killers LIBRARY TABLE DEPFILE\n");
        return 2;
    }
    int rc = make(argv[1], argv[2], argv[3], &err);
    if (rc < 0)
        fprintf(stderr, "killers: %s\n", err_text(&err, text, sizeof(text)));
    return rc == 0 ? 0 : 1;
}
