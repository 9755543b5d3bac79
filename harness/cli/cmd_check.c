/*
 * `rolecall check`: what is wrong with a configuration, before anything runs.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/mistakes/fix.h"
#include "harness/mistakes/print.h"
#include "harness/proof/proof.h"
#include "harness/setup/setup.h"

struct check_args {
    const char *setup, *format;
    struct strlist words, patches;
    bool strict, rules, fix, yes, prove;
};

static void args_deinit(struct check_args *a)
{
    strlist_deinit(&a->words);
    strlist_deinit(&a->patches);
}
DEFINE_AUTO_VALUE(struct check_args, args_deinit)

static const char *format_at(const void *ctx, size_t i)
{
    (void)ctx;
    return mistakes_formats[i].name;
}

static int find_format(const char *name, const struct mistakes_format **ret, struct err *err)
{
    for (*ret = mistakes_formats; (*ret)->name != NULL; (*ret)++) {
        if (cstr_eq((*ret)->name, name))
            return 0;
    }
    const char *near = str_nearest_of(name, format_at, NULL);
    return err_set(err, ERR_USAGE, "--format: unknown format '%s'; %s%s%s", name,
                   near != NULL ? "did you mean '" : "there are text, json, sarif, github",
                   near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* The words are files, folders with a setup.yaml, folders of files, or "-". */
static int read_setup(const struct check_args *a, struct js **ret, struct places *at,
                      struct err *err)
{
    bool one_folder = a->words.len == 1 && file_is_dir(a->words.items[0]);
    const char *folder = a->setup == NULL && one_folder ? a->words.items[0] : a->setup;
    AUTO(xfree) char *source = NULL;
    if (a->setup != NULL && a->words.len > 0)
        return err_set(err, ERR_USAGE, "check: either --setup DIR or FILES, not both");
    if (a->setup == NULL && a->words.len == 0)
        return err_set(err, ERR_USAGE,
                       "check: nothing to look at; give --setup DIR, or your files: rolecall check "
                       "argocd-cm.yaml argocd-rbac-cm.yaml argocd.tf");
    if (folder != NULL)
        return cli_folder(folder, ret, &source, at, err);
    return setup_read_files((const char *const *)a->words.items, a->words.len, ret, at, err);
}

static bool is_confirmed(void)
{
    char answer[8] = "";
    if (isatty(STDIN_FILENO) == 0)
        return false;
    fputs("write these changes? [y/N] ", stderr);
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

/* Says of each file that stays as it is why. Gives how many changes are in such. */
static size_t say_kept(const struct fixes *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->len; i++) {
        const struct fix *x = &f->items[i];
        kept += x->kept != NULL ? 1 : 0;
        if (x->kept != NULL && (i == 0 || !cstr_eq(x->file, f->items[i - 1].file)))
            cli_note("%s is left as it is: %s", x->file, x->kept);
    }
    return kept;
}

/* Shows what it would change, and changes it when told so. */
static int fix(const struct check_args *a, const struct mistakes *found, const struct js *doc,
               struct err *err)
{
    AUTO(fixes_deinit) struct fixes fixes = {0};
    size_t files = 0;
    fixes_plan(found, doc, &fixes);
    AUTO(xfree) char *diff = fixes_diff(&fixes, doc);
    fputs(diff, stdout);
    (void)fflush(stdout);
    if (fixes.len == 0) {
        fputs("nothing that can be changed without asking what is meant\n", stderr);
        return 0;
    }
    if (say_kept(&fixes) == fixes.len)
        return 0;
    if (!a->yes && !is_confirmed()) {
        fputs("nothing written; --fix --yes writes it\n", stderr);
        return 0;
    }
    if (fixes_write(&fixes, &files, err) != 0)
        return -1;
    fprintf(stderr, "%zu file%s written\n", files, files == 1 ? "" : "s");
    return 0;
}

static int print_text(const char *text, struct err *err)
{
    fputs(text, stdout);
    if (fflush(stdout) != 0)
        return err_set(err, ERR_IO, "stdout: the result could not be written");
    return 0;
}

/* Mistakes and proofs are one document. */
static int print_proved_json(const struct mistakes *found, const struct proofs *proofs,
                             const struct js *doc, struct err *err)
{
    AUTO(js_free) struct js *root = mistakes_json(found, doc);
    js_set(root, "proofs", proofs_json(proofs, doc));
    AUTO(xfree) char *text = js_pretty(root, 2);
    AUTO(xfree) char *line = xasprintf("%s\n", text);
    return print_text(line, err);
}

/* Runs the logins and says what they show. Lines for people are printed before the logins run. */
static int print_proved(const struct check_args *a, const struct mistakes *found,
                        const struct js *doc, int *ret_status, struct err *err)
{
    AUTO(proofs_deinit) struct proofs proofs = {0};
    const char *source = a->setup != NULL ? a->setup : a->words.items[0];
    bool json = cstr_eq(a->format, "json");
    AUTO(xfree)
    char *lines = mistakes_formats[0].render(found, doc, isatty(STDOUT_FILENO) == 1);
    if ((!json && print_text(lines, err) != 0) ||
        proof_run(found, doc, source, 1, &proofs, err) != 0)
        return -1;
    AUTO(xfree) char *text = proofs_text(&proofs, doc);
    if (proofs_count(&proofs, PROOF_WRONG) > 0)
        *ret_status = STATUS_ERROR;
    return json ? print_proved_json(found, &proofs, doc, err) : print_text(text, err);
}

static int print_found(const struct mistakes_format *format, const struct mistakes *found,
                       const struct js *doc, struct err *err)
{
    AUTO(xfree) char *text = format->render(found, doc, isatty(STDOUT_FILENO) == 1);
    return print_text(text, err);
}

/* What has a format that a machine reads stays one document. */
static int check_words(const struct check_args *a, struct err *err)
{
    bool lines = a->format == NULL || cstr_eq(a->format, "text");
    if (a->fix && !lines)
        return err_set(err, ERR_USAGE,
                       "check: --fix shows a diff, which --format %s has no place for; leave one "
                       "of them out",
                       a->format);
    if (a->prove && !lines && !cstr_eq(a->format, "json"))
        return err_set(err, ERR_USAGE,
                       "check: --prove writes text or json; --format %s has no place for a proof",
                       a->format);
    return 0;
}

static int status_of(const struct check_args *a, const struct mistakes *found)
{
    bool bad = mistakes_count(found, SEVERITY_ERROR) > 0 ||
               (a->strict && mistakes_count(found, SEVERITY_WARNING) > 0);
    return bad ? STATUS_FAIL : STATUS_OK;
}

static int check(const struct check_args *a, int *ret_status, struct err *err)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(places_free) struct places *at = places_new();
    AUTO(mistakes_deinit) struct mistakes found = {0};
    const struct mistakes_format *format = NULL;
    if (find_format(a->format != NULL ? a->format : "text", &format, err) != 0 ||
        check_words(a, err) != 0)
        return -1;
    if (read_setup(a, &doc, at, err) != 0 || cli_patch(&a->patches, &doc, at, err) != 0) {
        err->code = err->code == ERR_IO ? ERR_USAGE : err->code;
        return -1;
    }
    mistakes_find(doc, at, &found);
    *ret_status = status_of(a, &found);
    if ((a->prove ? print_proved(a, &found, doc, ret_status, err)
                  : print_found(format, &found, doc, err)) != 0)
        return -1;
    return a->fix ? fix(a, &found, doc, err) : 0;
}

static int print_rules(void)
{
    for (const struct rule *r = rules; r->id != NULL; r++)
        printf("%-22s %-8s %s\n", r->id, severity_name(r->severity), r->title);
    return STATUS_OK;
}

int cmd_check(int argc, char **argv)
{
    AUTO(args_deinit) struct check_args a = {0};
    bool help = false;
    const struct option table[] = {
        {"setup", 0, OPTION_TEXT, &a.setup, "DIR", "a folder, with a setup.yaml or without"},
        {"format", 0, OPTION_TEXT, &a.format, "F", "text (default), json, sarif or github"},
        {"patch", 0, OPTION_LIST, &a.patches, "JSON|@FILE", "merge patch on what the files say"},
        {"strict", 0, OPTION_FLAG, &a.strict, NULL, "warnings count as errors"},
        {"prove", 0, OPTION_FLAG, &a.prove, NULL,
         "sign in on mocks of this configuration, and show what becomes of each error"},
        {"fix", 0, OPTION_FLAG, &a.fix, NULL,
         "show the safe changes (slash, scheme, missing flag), and write them when told so"},
        {"yes", 0, OPTION_FLAG, &a.yes, NULL, "with --fix: write without asking"},
        {"rules", 0, OPTION_FLAG, &a.rules, NULL, "list the rules and end"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    struct err err = {0};
    int status = STATUS_ERROR;
    if (options_parse(argc, argv, table, &a.words, &help, &err) != 0)
        return cli_fail(&err);
    if (help) {
        options_help(
            "check", "[--setup DIR | FILE|DIR|- ...] [options]",
            "Names every mistake in a configuration with its place, what people would see,\n"
            "and what to do. Takes what you have: ConfigMaps and Secrets (also rendered\n"
            "charts, a folder, or a stream: kustomize build . | rolecall check -), Helm\n"
            "values of argo-cd, Terraform files or `terraform show -json`, authentik\n"
            "blueprints. A rule about two systems speaks only when the files of both are\n"
            "there. Nothing is run and nothing is sent anywhere.\n\n"
            "Exit status: 0 no errors, 1 errors, 2 usage or files that cannot be read.",
            table);
        return STATUS_OK;
    }
    if (a.rules)
        return print_rules();
    return check(&a, &status, &err) == 0 ? status : cli_fail(&err);
}
