/*
 * `rolecall selftest`: runs the library against itself and prints what it proves.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/run/run.h"
#include "harness/selftest/selftest.h"

struct selftest_args {
    const char *jobs, *seed, *html;
    bool json;
};

static int fill_conf(const struct selftest_args *a, struct selftest_conf *conf, struct err *err)
{
    int64_t seed = 0, jobs = 0;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cli_number(a->seed, "seed", 0, INT64_MAX, 1, &seed, err) != 0 ||
        cli_number(a->jobs, "jobs", 1, 64, cores > 8 ? 8 : cores, &jobs, err) != 0)
        return -1;
    conf->seed = (uint64_t)seed;
    conf->jobs = (int)jobs;
    return 0;
}

static int print(const struct selftest_args *a, const struct selftest *t, struct err *err)
{
    AUTO(xfree) char *text = a->json ? selftest_json(t) : selftest_text(t);
    fputs(text, stdout);
    if (fflush(stdout) != 0)
        return err_set(err, ERR_IO, "stdout: the result could not be written");
    if (a->html == NULL)
        return 0;
    AUTO(xfree) char *page = selftest_html(t);
    return file_write(a->html, page, strlen(page), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, err);
}

static int prove(const struct selftest_args *a, int *ret_status, struct err *err)
{
    AUTO(scenario_set_deinit) struct scenario_set set = {0};
    AUTO(selftest_free) struct selftest *t = NULL;
    AUTO(js_free) struct js *doc = NULL;
    AUTO(xfree) char *source = NULL;
    const struct strlist no_patches = {0};
    struct selftest_conf conf = {0};
    AUTO(xfree) char *library = cli_library(err);
    if (library == NULL || fill_conf(a, &conf, err) != 0 ||
        cli_setup(NULL, &no_patches, &doc, &source, err) != 0 ||
        scenario_find(library, NULL, 0, NULL, run_vocabulary(), &set, err) != 0)
        return -1;
    conf.setup_doc = doc;
    conf.setup_source = source;
    conf.scenarios = (const struct scenario *const *)set.items;
    conf.len = set.len;
    if (selftest_run(&conf, &t, err) != 0 || print(a, t, err) != 0)
        return -1;
    *ret_status = selftest_problems(t) == 0 ? STATUS_OK : STATUS_FAIL;
    return 0;
}

int cmd_selftest(int argc, char **argv)
{
    struct selftest_args a = {0};
    AUTO(strlist_deinit) struct strlist words = {0};
    const struct option table[] = {
        {"json", 0, OPTION_FLAG, &a.json, NULL, "the whole matrix, schema rolecall.selftest/1"},
        {"html", 0, OPTION_TEXT, &a.html, "FILE", "the matrix as one page"},
        {"jobs", 'j', OPTION_TEXT, &a.jobs, "N", "runner threads (default: processors, at most 8)"},
        {"seed", 0, OPTION_TEXT, &a.seed, "N", "of the order and the draws (default 1)"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    struct err err = {0};
    bool help = false;
    int status = STATUS_ERROR;
    if (options_parse(argc, argv, table, &words, &help, &err) != 0)
        return cli_fail(&err);
    if (help) {
        options_help(
            "selftest", "[--json] [--html FILE] [options]",
            "Runs the library and proves that every check fails alone for some fault, that\n"
            "every fault is noticed, and that with no fault everything passes.",
            table);
        return STATUS_OK;
    }
    if (words.len > 0) {
        err_set(&err, ERR_USAGE, "selftest: no words expected, found '%s'", words.items[0]);
        return cli_fail(&err);
    }
    return prove(&a, &status, &err) == 0 ? status : cli_fail(&err);
}
