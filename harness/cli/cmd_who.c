/*
 * `rolecall who`: one person's way from the directory to what Argo CD allows.
 */
#include <stdio.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/data/csv.h"
#include "harness/data/utf8.h"
#include "harness/setup/places.h"
#include "harness/who/who.h"

struct who_args {
    const char *setup, *seed, *groups, *can;
    struct strlist patches, words;
    bool cli, json, matrix, html;
};

static void args_deinit(struct who_args *a)
{
    strlist_deinit(&a->patches);
    strlist_deinit(&a->words);
}
DEFINE_AUTO_VALUE(struct who_args, args_deinit)

#define SOMEBODY "somebody"

/* --groups A,B, quoted like a line of the policy where a name has a comma: somebody who is in them,
 * and in nothing else. */
static int add_somebody(struct js *doc, const char *groups, struct err *err)
{
    AUTO(strlist_deinit) struct strlist names = {0};
    struct err why = {0};
    if (csv_parse_record(str_of(groups), &names, &why) != 0)
        return err_set(err, ERR_USAGE,
                       "--groups: '%s' is no list of names: %s; write A,B or \"A, with a comma\",B",
                       groups, why.msg);
    AUTO(js_free) struct js *patch = js_object();
    struct js *people = js_object();
    struct js *person = js_object();
    struct js *list = js_array();
    for (size_t i = 0; i < names.len; i++)
        if (names.items[i][0] != '\0')
            js_append_text(list, names.items[i]);
    js_set(person, "groups", list);
    js_set_text(person, "email", SOMEBODY "@company.example");
    js_set(people, SOMEBODY, person);
    js_set(patch, "people", people);
    js_merge(doc, patch);
    return 0;
}

static int check_words(const struct who_args *a, struct err *err)
{
    size_t asked = a->words.len + (a->groups != NULL ? 1 : 0) + (a->matrix ? 1 : 0);
    if (asked != 1)
        return err_set(err, ERR_USAGE,
                       "who: one of PERSON, --groups A,B and --matrix is needed, %zu given: "
                       "rolecall who alice",
                       asked);
    if (a->html && !a->matrix)
        return err_set(err, ERR_USAGE, "who: --html is for --matrix");
    if (a->can != NULL && a->matrix)
        return err_set(err, ERR_USAGE, "who: --can is about one person, not for --matrix");
    return 0;
}

static char *render(const struct who_args *a, const struct js *answer)
{
    AUTO(xfree) char *json = a->json ? js_pretty(answer, 2) : NULL;
    if (json != NULL)
        return xasprintf("%s\n", json);
    if (a->html)
        return who_matrix_html(answer);
    AUTO(xfree) char *text = a->matrix ? who_matrix_text(answer) : who_text(answer);
    return utf8_visible(str_of(text));
}

/* Of one person: refused, or the answer no. */
static int status_of(const struct js *answer)
{
    const char *can = js_text(js_path(answer, "can", "answer", NULL));
    return js_get(answer, "refused") != NULL || cstr_eq(can, "no") ? STATUS_FAIL : STATUS_OK;
}

static int who(const struct who_args *a, int *ret_status, struct err *err)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(js_free) struct js *answer = NULL;
    AUTO(xfree) char *source = NULL;
    AUTO(places_free) struct places *at = places_new();
    int64_t seed = 0;
    if (check_words(a, err) != 0 || cli_number(a->seed, "seed", 0, INT64_MAX, 1, &seed, err) != 0 ||
        cli_setup_placed(a->setup, &a->patches, &doc, &source, at, err) != 0)
        return -1;
    if (a->groups != NULL && add_somebody(doc, a->groups, err) != 0)
        return -1;
    const struct who_conf conf = {
        .setup_doc = doc,
        .setup_source = source,
        .at = at,
        .person = a->words.len == 1 ? a->words.items[0] : SOMEBODY,
        .via = a->cli ? "cli" : "ui",
        .can = a->can,
        .seed = (uint64_t)seed,
    };
    if ((a->matrix ? who_ask_all(&conf, &answer, err) : who_ask(&conf, &answer, err)) != 0)
        return -1;
    AUTO(xfree) char *text = render(a, answer);
    fputs(text, stdout);
    if (fflush(stdout) != 0)
        return err_set(err, ERR_IO, "stdout: the result could not be written");
    *ret_status = status_of(answer);
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
        {"groups", 0, OPTION_TEXT, &a.groups, "A,B",
         "somebody in these groups (CSV), instead of PERSON"},
        {"can", 0, OPTION_TEXT, &a.can, "QUESTION",
         "one question, with the line that decides: 'sync applications default/guestbook'"},
        {"matrix", 0, OPTION_FLAG, &a.matrix, NULL, "everybody of the setup, and what each may"},
        {"json", 0, OPTION_FLAG, &a.json, NULL, "everything, schema rolecall.who/1"},
        {"html", 0, OPTION_FLAG, &a.html, NULL, "the matrix as a page"},
        {"seed", 0, OPTION_TEXT, &a.seed, "N", "seed of all random draws (default 1)"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    struct err err = {0};
    int status = STATUS_ERROR;
    if (options_parse(argc, argv, table, &a.words, &help, &err) != 0)
        return cli_fail(&err);
    if (help) {
        options_help(
            "who", "PERSON | --groups A,B | --matrix [options]",
            "Signs a person of the setup in and shows the chain: groups in the directory,\n"
            "the claim in authentik's token and in Dex's, what Argo CD makes of them, the\n"
            "line of the policy, the roles, and what is allowed. PERSON is a name below\n"
            "people:, or admin, viewer, nobody, both: whoever has that role. It runs on\n"
            "mocks: nothing real is touched.\n\n"
            "Exit status: 0 signed in (and --can is yes), 1 refused or no, 2 usage or bad\n"
            "input, 3 something broke.",
            table);
        return STATUS_OK;
    }
    return who(&a, &status, &err) == 0 ? status : cli_fail(&err);
}
