/*
 * `rolecall compare`: what changed between two recorded runs.
 */
#include <stdio.h>

#include "harness/base/log.h"
#include "harness/base/mem.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/observe/comparison.h"

static int compare(const struct strlist *files, bool json, int *ret_status, struct err *err)
{
    if (files->len != 2)
        return err_set(err, ERR_USAGE,
                       "compare: two reports are needed, BEFORE.json and AFTER.json; %zu given",
                       files->len);
    AUTO(comparison_deinit) struct comparison c = {0};
    if (comparison_make(files->items[0], files->items[1], &c, err) != 0)
        return -1;
    AUTO(xfree)
    char *text = json ? comparison_json(&c) : comparison_text(&c, log_get_level() > LOG_WARN);
    fputs(text, stdout);
    if (fflush(stdout) != 0)
        return err_set(err, ERR_IO, "stdout: the result could not be written");
    *ret_status = comparison_status(&c);
    return 0;
}

int cmd_compare(int argc, char **argv)
{
    AUTO(strlist_deinit) struct strlist files = {0};
    bool json = false, help = false;
    const struct option table[] = {
        {"json", 0, OPTION_FLAG, &json, NULL, "everything, schema rolecall.compare/1"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    struct err err = {0};
    int status = STATUS_ERROR;
    if (options_parse(argc, argv, table, &files, &help, &err) != 0)
        return cli_fail(&err);
    if (help) {
        options_help(
            "compare", "BEFORE.json AFTER.json [--json]",
            "Says what changed between two recorded runs, the worst first: of a live\n"
            "authentik before and after its upgrade, say. Record each with\n\n"
            "  rolecall run --setup DIR --report json=BEFORE.json\n\n"
            "Times, codes, identifiers and ports are set aside; claims, lifetimes, rights,\n"
            "metadata, pages, errors, cookies and header fields are compared. -v shows whole\n"
            "values and every scenario.\n\n"
            "Exit status: 0 nothing breaks, 1 a login that worked stops working or something\n"
            "that was to be refused is let in, 2 usage or bad input, 3 nothing was compared.",
            table);
        return STATUS_OK;
    }
    return compare(&files, json, &status, &err) == 0 ? status : cli_fail(&err);
}
