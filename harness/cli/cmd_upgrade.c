/*
 * `rolecall upgrade`: what an upgrade changes for a setup.
 */
#include <stdio.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/mem.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/run/run.h"
#include "harness/upgrade/upgrade.h"

struct upgrade_args {
    const char *from, *to, *system, *setup, *seed, *jobs;
    struct strlist patches, words;
    bool new_provider, json;
};

static void args_deinit(struct upgrade_args *a)
{
    strlist_deinit(&a->patches);
    strlist_deinit(&a->words);
}
DEFINE_AUTO_VALUE(struct upgrade_args, args_deinit)

static int fill_conf(const struct upgrade_args *a, struct upgrade_conf *conf, struct err *err)
{
    int64_t seed = 0, jobs = 0;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (a->from == NULL || a->to == NULL)
        return err_set(err, ERR_USAGE,
                       "upgrade: --%s is missing: upgrade --from 2025.8 --to 2026.8",
                       a->from == NULL ? "from" : "to");
    if (cli_number(a->seed, "seed", 0, INT64_MAX, 1, &seed, err) != 0 ||
        cli_number(a->jobs, "jobs", 1, 64, cores > 8 ? 8 : cores, &jobs, err) != 0 ||
        upgrade_system(a->system != NULL ? a->system : "authentik", &conf->system, err) != 0)
        return -1;
    conf->from = a->from;
    conf->to = a->to;
    conf->new_provider = a->new_provider;
    conf->seed = (uint64_t)seed;
    conf->jobs = (int)jobs;
    return 0;
}

static int compare(const struct upgrade_args *a, int *ret_status, struct err *err)
{
    AUTO(scenario_set_deinit) struct scenario_set set = {0};
    AUTO(upgrade_free) struct upgrade *u = NULL;
    AUTO(js_free) struct js *doc = NULL;
    AUTO(xfree) char *source = NULL;
    struct upgrade_conf conf = {0};
    if (fill_conf(a, &conf, err) != 0 || cli_setup(a->setup, &a->patches, &doc, &source, err) != 0)
        return -1;
    AUTO(xfree) char *library = cli_library(err);
    if (library == NULL || scenario_find(library, (const char *const *)a->words.items, a->words.len,
                                         NULL, run_vocabulary(), &set, err) != 0)
        return -1;
    conf.setup_doc = doc;
    conf.setup_source = source;
    conf.scenarios = (const struct scenario *const *)set.items;
    conf.len = set.len;
    if (upgrade_run(&conf, &u, err) != 0)
        return -1;
    AUTO(xfree)
    char *text = a->json ? upgrade_json(u) : upgrade_text(u, log_get_level() > LOG_WARN);
    fputs(text, stdout);
    if (fflush(stdout) != 0)
        return err_set(err, ERR_IO, "stdout: the result could not be written");
    *ret_status = upgrade_status(u);
    return 0;
}

int cmd_upgrade(int argc, char **argv)
{
    AUTO(args_deinit) struct upgrade_args a = {0};
    const struct option table[] = {
        {"from", 0, OPTION_TEXT, &a.from, "V", "the version you run, like 2025.8 or 2025.8.1"},
        {"to", 0, OPTION_TEXT, &a.to, "V", "the version you want to run"},
        {"system", 0, OPTION_TEXT, &a.system, "S", "authentik (default), dex or argocd"},
        {"setup", 0, OPTION_TEXT, &a.setup, "DIR", "your setup (default: the guide's)"},
        {"patch", 0, OPTION_LIST, &a.patches, "JSON|@FILE", "merge patch on the setup"},
        {"new-provider", 0, OPTION_FLAG, &a.new_provider, NULL,
         "as if provider and key were made anew after it"},
        {"json", 0, OPTION_FLAG, &a.json, NULL, "everything, schema rolecall.upgrade/1"},
        {"jobs", 'j', OPTION_TEXT, &a.jobs, "N", "runner threads (default: processors, at most 8)"},
        {"seed", 0, OPTION_TEXT, &a.seed, "N", "seed of all random draws (default 1)"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    struct err err = {0};
    bool help = false;
    int status = STATUS_ERROR;
    if (options_parse(argc, argv, table, &a.words, &help, &err) != 0)
        return cli_fail(&err);
    if (help) {
        options_help(
            "upgrade", "--from V --to V [ID|GLOB|PATH ...] [options]",
            "Says what an upgrade changes for your setup, the worst first: logins that break,\n"
            "refusals that no longer refuse, rights, claims, lifetimes, pages, metadata,\n"
            "cookies, header fields. Every person of the setup signs in on every way under\n"
            "both versions, and the scenarios of the library that are about the setup as it\n"
            "is are run (words select among them). Each change comes with the row of the\n"
            "version table that causes it, proved by turning rows over one at a time, and\n"
            "with what to do. All of it runs on mocks: nothing real is touched. -v shows\n"
            "whole values, every login, and the rows that make no difference.\n\n"
            "Exit status: 0 nothing breaks, 1 a login that worked stops working or something\n"
            "that was to be refused is let in, 2 usage or bad input, 3 something broke.",
            table);
        return STATUS_OK;
    }
    return compare(&a, &status, &err) == 0 ? status : cli_fail(&err);
}
