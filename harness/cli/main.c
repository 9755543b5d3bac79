/*
 * rolecall: finds the subcommand and hands over. The only file that ends the process.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/crypto/memory.h"

const struct command commands[] = {
    {"run", "[ID|GLOB|PATH ...]", "run scenarios and report", cmd_run},
    {"list", "[scenarios|...|versions]", "what there is", cmd_list},
    {"check", "[FILE|DIR ...]", "what is wrong with a configuration", cmd_check},
    {"who", "PERSON", "what a person may do, and why", cmd_who},
    {"serve", "", "the mocks for a browser or argocd", cmd_serve},
    {"rbac", "can|batch ...", "ask a policy, as argocd admin does", cmd_rbac},
    {"token", "inspect|verify ...", "decode a token, or say what is wrong", cmd_token},
    {"upgrade", "--from V --to V ...", "what an upgrade changes for a setup", cmd_upgrade},
    {"compare", "BEFORE.json AFTER.json", "what changed between two recorded runs", cmd_compare},
    {"selftest", "", "prove that every check can fail", cmd_selftest},
    {NULL, NULL, NULL, NULL},
};

static const char *command_name_at(const void *ctx, size_t i)
{
    (void)ctx;
    return commands[i].name;
}

static int help(void)
{
    printf("usage: rolecall COMMAND ...\n\n"
           "Who may do what in Argo CD after signing in with authentik, and does every step\n"
           "on the way keep the standards? rolecall runs the sign-in chain (authentik, Dex,\n"
           "Argo CD) as mocks or against live systems, drives real logins through it and\n"
           "judges them.\n\n"
           "commands:\n");
    for (const struct command *c = commands; c->name != NULL; c++)
        printf("  %-8s %-24s %s\n", c->name, c->usage, c->title);
    printf("\n  --version, --help; `rolecall COMMAND --help` for each\n\n"
           "exit status: 0 as expected, 1 something failed, 2 usage or bad input, 3 the\n"
           "harness or its surroundings broke, or nothing was judged\n");
    return STATUS_OK;
}

static int unknown(const char *name)
{
    const char *near = str_nearest_of(name, command_name_at, NULL);
    fprintf(stderr, "rolecall: unknown command '%s'", name);
    if (near != NULL)
        fprintf(stderr, "; did you mean '%s'?\n", near);
    else
        fprintf(stderr, "; `rolecall --help` lists them\n");
    return STATUS_USAGE;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    crypto_use_own_memory();
    if (argc < 2) {
        fprintf(stderr, "rolecall: a command is missing; `rolecall --help` lists them\n");
        return STATUS_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help();
    if (strcmp(argv[1], "--version") == 0) {
        printf("rolecall %s\n", ROLECALL_VERSION);
        return STATUS_OK;
    }
    for (const struct command *c = commands; c->name != NULL; c++)
        if (strcmp(c->name, argv[1]) == 0)
            return c->run(argc - 1, argv + 1);
    return unknown(argv[1]);
}
