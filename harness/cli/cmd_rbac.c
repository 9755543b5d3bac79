/*
 * `rolecall rbac can|batch`: one question as `argocd admin settings rbac can` answers it, or a
 * whole table of them. What the words mean lies in rbac_request.c, the policy file in rbac_file.c,
 * the table in rbac_table.c.
 */
#include <stdio.h>
#include <string.h>

#include "harness/base/file.h"
#include "harness/base/log.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/cli/rbac_file.h"
#include "harness/cli/rbac_request.h"
#include "harness/cli/rbac_table.h"

#define DEFAULT_BUILTIN "3.5"

/* ---- can ---- */

struct can_args {
    const char *policy_file, *default_role, *match_mode, *builtin_version, *strict, *use_builtin;
    struct strlist groups, words;
    bool no_builtin, quiet, why, help;
};

static void can_args_deinit(struct can_args *a)
{
    strlist_deinit(&a->groups);
    strlist_deinit(&a->words);
}

DEFINE_AUTO_VALUE(struct can_args, can_args_deinit)

/* What Go's command lines take for a boolean. */
static int read_bool(const char *option, const char *text, bool otherwise, bool *ret,
                     struct err *err)
{
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True", NULL};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False", NULL};

    *ret = otherwise;
    if (!text) {
        return 0;
    }
    for (size_t i = 0; yes[i]; i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *ret = strcmp(text, yes[i]) == 0;
            return 0;
        }
    }
    return err_set(err, ERR_USAGE, "--%s: '%s' is neither true nor false", option, text);
}

/* --match-mode wins over the ConfigMap, where anything but "regex" is glob (argocd.md 5.5). */
static int read_mode(const struct can_args *a, const struct rbac_file *file, enum rbac_match *ret,
                     struct err *err)
{
    static const char *const modes[] = {"glob", "regex", NULL};
    const char *mode = a->match_mode;

    if (mode && !cstr_eq(mode, "glob") && !cstr_eq(mode, "regex")) {
        const char *near = str_nearest(mode, modes);
        return err_set(err, ERR_USAGE, "--match-mode: unknown '%s'; %s", mode,
                       !near                   ? "there are glob and regex"
                       : cstr_eq(near, "glob") ? "did you mean 'glob'?"
                                               : "did you mean 'regex'?");
    }
    *ret = cstr_eq(mode ? mode : file->match_mode, "regex") ? RBAC_REGEX : RBAC_GLOB;
    return 0;
}

static int read_builtin(const struct can_args *a, const char **ret, struct err *err)
{
    bool wanted = true;
    const char *version = a->builtin_version ? a->builtin_version : DEFAULT_BUILTIN;
    const char *text = rbac_builtin(version);

    if (read_bool("use-builtin-policy", a->use_builtin, true, &wanted, err) < 0) {
        return -1;
    }
    if (!text) {
        return err_set(err, ERR_USAGE,
                       "--builtin-version: no built-in policy for '%s'; there are 2.4 to 2.14 and "
                       "3.0 to " DEFAULT_BUILTIN,
                       version);
    }
    *ret = wanted && !a->no_builtin ? text : NULL;
    return 0;
}

/* Argo CD prints the whole policy and keeps the reason to itself; here the reason follows. */
static int refuse_policy(const struct rbac_file *file, const struct err *why)
{
    AUTO(xfree) char *whole = rbac_file_whole(file);
    char text[1024];

    cli_note("invalid user policy: policy syntax error: %s", whole);
    cli_note("%s", err_text(why, text, sizeof text));
    return STATUS_USAGE;
}

static void print_why(const struct rbac_why *why)
{
    fprintf(stderr, "by %s%s%s\n", why->by, why->role[0] != '\0' ? ", through " : "", why->role);
    if (why->line[0] != '\0') {
        fprintf(stderr, "%s: %s\n", why->place, why->line);
    }
}

static int ask(const struct can_args *a, const struct rbac *rbac, const struct rbac_request *q)
{
    struct rbac_why why = {0};
    const char *subject = a->words.items[0];
    bool yes =
        a->groups.len > 0
            ? rbac_can_claims(rbac, subject, &a->groups, q->resource, q->action, q->object, &why)
            : rbac_can_subject(rbac, subject, q->resource, q->action, q->object, &why);

    if (!a->quiet) {
        puts(yes ? "Yes" : "No");
    }
    if (a->why) {
        print_why(&why);
    }
    return yes ? STATUS_OK : STATUS_FAIL;
}

static int check_can_args(const struct can_args *a, struct err *err)
{
    if (a->words.len < 3 || a->words.len > 4) {
        return err_set(err, ERR_USAGE,
                       "expected SUBJECT ACTION RESOURCE [OBJECT], found %zu word%s; --help says "
                       "more",
                       a->words.len, a->words.len == 1 ? "" : "s");
    }
    if (!a->policy_file || a->policy_file[0] == '\0') {
        return err_set(err, ERR_USAGE, "please provide --policy-file (no cluster is asked here)");
    }
    return 0;
}

/* In Argo CD's order: the policy is judged before the question. */
static int can(const struct can_args *a)
{
    AUTO(rbac_file_deinit) struct rbac_file file = {0};
    AUTO(rbac_free) struct rbac *rbac = NULL;
    struct rbac_conf conf = {0};
    struct rbac_request q = {0};
    struct err err = {0};
    bool strict = true;

    if (check_can_args(a, &err) < 0 || read_bool("strict", a->strict, true, &strict, &err) < 0 ||
        read_builtin(a, &conf.builtin, &err) < 0 ||
        rbac_file_read(a->policy_file, &file, &err) < 0 ||
        read_mode(a, &file, &conf.match, &err) < 0) {
        return cli_fail(&err);
    }
    if (!file.has_data) {
        log_print(
            LOG_WARN, "rbac",
            "%s is a YAML mapping without data: argocd reads it as a ConfigMap with no policy",
            file.name);
    }
    conf.policy = file.policy.text;
    conf.policy_name = file.policy.name;
    conf.policy_line = file.policy.line;
    conf.overlays = file.overlays;
    conf.default_role =
        a->default_role && a->default_role[0] != '\0' ? a->default_role : file.default_role;
    if (rbac_new(&conf, &rbac, &err) < 0) {
        return refuse_policy(&file, &err);
    }
    const char *object = a->words.len > 3 ? a->words.items[3] : NULL;
    if (rbac_request_read(a->words.items[1], a->words.items[2], object, strict, &q, &err) < 0) {
        return cli_fail(&err);
    }
    return ask(a, rbac, &q);
}

static int run_can(int argc, char **argv)
{
    AUTO(can_args_deinit) struct can_args a = {0};
    struct err err = {0};
    const struct option table[] = {
        {"policy-file", 0, OPTION_TEXT, &a.policy_file, "FILE",
         "a policy, or the ConfigMap argocd-rbac-cm"},
        {"group", 0, OPTION_LIST, &a.groups, "GROUP",
         "a group of the person (repeatable); SUBJECT is then the user's id"},
        {"default-role", 0, OPTION_TEXT, &a.default_role, "ROLE",
         "instead of the ConfigMap's policy.default"},
        {"match-mode", 0, OPTION_TEXT, &a.match_mode, "MODE",
         "glob or regex, instead of the ConfigMap's policy.matchMode"},
        {"builtin-version", 0, OPTION_TEXT, &a.builtin_version, "VERSION",
         "Argo CD version of the built-in policy (" DEFAULT_BUILTIN ")"},
        {"no-builtin", 0, OPTION_FLAG, &a.no_builtin, NULL, "without the built-in policy"},
        {"use-builtin-policy", 0, OPTION_TEXT, &a.use_builtin, "BOOL", "as argocd writes it"},
        {"strict", 0, OPTION_TEXT, &a.strict, "BOOL",
         "false: ask for unknown resources and actions too"},
        {"why", 0, OPTION_FLAG, &a.why, NULL, "who and which row decided, on stderr"},
        {"quiet", 'q', OPTION_FLAG, &a.quiet, NULL, "only the exit status"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };

    if (options_parse(argc, argv, table, &a.words, &a.help, &err) < 0) {
        return cli_fail(&err);
    }
    if (!a.help) {
        return can(&a);
    }
    options_help(
        "rbac can", "SUBJECT ACTION RESOURCE [OBJECT] --policy-file FILE [options]",
        "May this subject do it? Answers Yes (exit status 0) or No (1) as `argocd admin\n"
        "settings rbac can` does; what cannot be read or asked is 2. SUBJECT is a user, a\n"
        "group or a role. A missing OBJECT, or *, of what lies in a project is */*.",
        table);
    return STATUS_OK;
}

/* ---- batch ---- */

static int batch(const struct strlist *words, const char *dir, struct err *err)
{
    AUTO(xfree) char *text = NULL;
    AUTO(buf_deinit) struct buf out = {0};
    size_t len = 0;

    if (words->len != 1) {
        return err_set(err, ERR_USAGE, "expected one table, found %zu words; --help says more",
                       words->len);
    }
    if (!dir) {
        return err_set(err, ERR_USAGE, "please provide --policies DIR, where the policies are");
    }
    if (file_read(words->items[0], FILE_MAX_TEXT, &text, &len, err) < 0) {
        err->code = ERR_USAGE;
        return -1;
    }
    buf_init(&out, BUF_MAX_TEXT);
    if (rbac_table_answer((struct str){text, len}, words->items[0], dir, &out, err) < 0) {
        return -1;
    }
    (void)fwrite(out.ptr, 1, out.len, stdout);
    return 0;
}

static int run_batch(int argc, char **argv)
{
    AUTO(strlist_deinit) struct strlist words = {0};
    const char *dir = NULL;
    struct err err = {0};
    bool help = false;
    const struct option table[] = {
        {"policies", 0, OPTION_TEXT, &dir, "DIR",
         "folder of the policies that rows name (NAME.csv)"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };

    if (options_parse(argc, argv, table, &words, &help, &err) < 0) {
        return cli_fail(&err);
    }
    if (!help) {
        return batch(&words, dir, &err) < 0 ? cli_fail(&err) : STATUS_OK;
    }
    options_help(
        "rbac batch", "CASES.tsv --policies DIR",
        "Answers a table of questions: a line `ID<TAB>allow|deny|load-error` for each row.\n"
        "The first line names the columns: id policy builtin project_policy default_role\n"
        "match_mode kind subject groups resource action object, and, not read, expect\n"
        "versions source. kind is subject or claims; groups is a JSON array.",
        table);
    return STATUS_OK;
}

/* ---- rbac ---- */

static const struct command rbac_commands[] = {
    {"can", "SUBJECT ACTION RESOURCE [OBJECT] --policy-file FILE", "one question: Yes or No",
     run_can},
    {"batch", "CASES.tsv --policies DIR", "a table of questions", run_batch},
    {NULL, NULL, NULL, NULL},
};

static const char *name_at(const void *ctx, size_t i)
{
    const struct command *list = ctx;

    return list[i].name;
}

static int help_rbac(void)
{
    printf("usage: rolecall rbac can|batch ...\n\n"
           "Asks an Argo CD policy without a server.\n\ncommands:\n");
    for (const struct command *c = rbac_commands; c->name; c++) {
        printf("  %-6s %-52s %s\n", c->name, c->usage, c->title);
    }
    printf("\n`rolecall rbac can --help` and `rolecall rbac batch --help` say more\n");
    return STATUS_OK;
}

static int unknown(const char *word)
{
    struct err err = {0};
    const char *near = str_nearest_of(word, name_at, rbac_commands);

    (void)err_set(&err, ERR_USAGE, "unknown rbac command '%s'; %s%s%s", word,
                  near ? "did you mean '" : "there are can and batch", near ? near : "",
                  near ? "'?" : "");
    return cli_fail(&err);
}

int cmd_rbac(int argc, char **argv)
{
    struct err err = {0};

    if (argc < 2) {
        (void)err_set(&err, ERR_USAGE, "rbac: a command is missing: can or batch");
        return cli_fail(&err);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        return help_rbac();
    }
    for (const struct command *c = rbac_commands; c->name; c++) {
        if (strcmp(c->name, argv[1]) == 0) {
            return c->run(argc - 1, argv + 1);
        }
    }
    return unknown(argv[1]);
}
