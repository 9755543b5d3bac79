/*
 * `rolecall who`: one person's way from the directory to what Argo CD allows.
 */
#include <stdio.h>

#include "harness/base/mem.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/who/who.h"

struct who_args {
    const char *setup, *seed;
    struct strlist patches, words;
    bool cli, json;
};

static void args_deinit(struct who_args *a)
{
    strlist_deinit(&a->patches);
    strlist_deinit(&a->words);
}
DEFINE_AUTO_VALUE(struct who_args, args_deinit)

static int who(const struct who_args *a, int *ret_status, struct err *err)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(js_free) struct js *answer = NULL;
    AUTO(xfree) char *source = NULL;
    int64_t seed = 0;
    if (a->words.len != 1)
        return err_set(err, ERR_USAGE, "who: one person is needed, %zu given: rolecall who alice",
                       a->words.len);
    if (cli_number(a->seed, "seed", 0, INT64_MAX, 1, &seed, err) != 0 ||
        cli_setup(a->setup, &a->patches, &doc, &source, err) != 0)
        return -1;
    const struct who_conf conf = {
        .setup_doc = doc,
        .setup_source = source,
        .person = a->words.items[0],
        .via = a->cli ? "cli" : "ui",
        .seed = (uint64_t)seed,
    };
    if (who_ask(&conf, &answer, err) != 0)
        return -1;
    AUTO(xfree) char *text = a->json ? js_pretty(answer, 2) : who_text(answer);
    printf("%s%s", text, a->json ? "\n" : "");
    if (fflush(stdout) != 0)
        return err_set(err, ERR_IO, "stdout: the result could not be written");
    *ret_status = js_get(answer, "refused") != NULL ? STATUS_FAIL : STATUS_OK;
    return 0;
}

int cmd_who(int argc, char **argv)
{
    AUTO(args_deinit) struct who_args a = {0};
    bool help = false;
    const struct option table[] = {
        {"setup", 0, OPTION_TEXT, &a.setup, "DIR", "your setup (default: the guide's)"},
        {"patch", 0, OPTION_LIST, &a.patches, "JSON|@FILE", "merge patch on the setup"},
        {"cli", 0, OPTION_FLAG, &a.cli, NULL, "by argocd login --sso, not by the browser"},
        {"json", 0, OPTION_FLAG, &a.json, NULL, "everything, schema rolecall.who/1"},
        {"seed", 0, OPTION_TEXT, &a.seed, "N", "seed of all random draws (default 1)"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    struct err err = {0};
    int status = STATUS_ERROR;
    if (options_parse(argc, argv, table, &a.words, &help, &err) != 0)
        return cli_fail(&err);
    if (help) {
        options_help(
            "who", "PERSON [--setup DIR] [options]",
            "Signs a person of the setup in and shows the chain: groups in the directory,\n"
            "the claim in authentik's token and in Dex's, what Argo CD makes of them, the\n"
            "line of the policy, the roles, and what is allowed. PERSON is a name below\n"
            "people:, or admin, viewer, nobody, both: whoever has that role. It runs on\n"
            "mocks: nothing real is touched.\n\n"
            "Exit status: 0 signed in, 1 refused, 2 usage or bad input, 3 something broke.",
            table);
        return STATUS_OK;
    }
    return who(&a, &status, &err) == 0 ? status : cli_fail(&err);
}
