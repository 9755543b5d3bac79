/*
 * `rolecall run`: selects scenarios, runs them, writes the reports.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/buf.h"
#include "harness/base/file.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/cli/own_setup.h"
#include "harness/run/known.h"
#include "harness/run/run.h"
#include "reports/report.h"

struct run_args {
    const char *setup, *tag, *jobs, *seed, *trace, *known, *shard, *deadline, *callback_port,
        *timeout;
    struct strlist patches, reports, sentinels, words;
    bool fail_fast, live_intrusive, no_colour, no_twins;
};

static void args_deinit(struct run_args *a)
{
    strlist_deinit(&a->patches);
    strlist_deinit(&a->reports);
    strlist_deinit(&a->sentinels);
    strlist_deinit(&a->words);
}
DEFINE_AUTO_VALUE(struct run_args, args_deinit)

/* --known, and that its scenarios exist: in the library or among those of this run. */
static int read_known(const char *path, const struct strlist *ids, struct known_list *ret,
                      struct err *err)
{
    if (path == NULL)
        return 0;
    return known_read(path, ret, err) != 0 ? -1 : known_check_ids(ret, ids, err);
}

/* --shard I/N keeps every N-th scenario, beginning with the I-th (1-based). */
static int apply_shard(const char *shard, struct scenario_set *set, struct err *err)
{
    if (shard == NULL)
        return 0;
    int64_t i = 0, n = 0;
    struct str rest = str_of(shard), first;
    if (!str_next(&rest, '/', &first) || str_to_i64(rest, 1, 1000, &n) != 0 ||
        str_to_i64(first, 1, n, &i) != 0)
        return err_set(err, ERR_USAGE, "--shard: '%s' is no I/N with 1 <= I <= N", shard);
    size_t kept = 0;
    for (size_t at = 0; at < set->len; at++) {
        if ((int64_t)(at % (size_t)n) == i - 1)
            set->items[kept++] = set->items[at];
        else
            scenario_free(set->items[at]);
    }
    set->len = kept;
    return 0;
}

/* --report FORMAT[=FILE]. */
struct wanted {
    const struct report *report;
    const char *file; /* NULL = stdout */
};

static const char *report_name_at(const void *ctx, size_t i)
{
    (void)ctx;
    return reports[i].name;
}

static int read_reports(const struct strlist *words, struct wanted **ret, struct err *err)
{
    AUTO(xfree) char *stdout_taken_by = NULL;
    struct wanted *list = xcalloc(words->len + 1, sizeof(*list));
    *ret = list;
    for (size_t i = 0; i < words->len; i++) {
        const char *eq = strchr(words->items[i], '=');
        AUTO(xfree)
        char *name = xstrndup(words->items[i], eq != NULL ? (size_t)(eq - words->items[i])
                                                          : strlen(words->items[i]));
        list[i] = (struct wanted){report_find(name), eq != NULL ? eq + 1 : NULL};
        if (list[i].report == NULL) {
            const char *near = str_nearest_of(name, report_name_at, NULL);
            if (near == NULL)
                return err_set(err, ERR_USAGE,
                               "--report: unknown format '%s'; there are console, junit, json",
                               name);
            return err_set(err, ERR_USAGE, "--report: unknown format '%s'; did you mean '%s'?",
                           name, near);
        }
        if (list[i].file != NULL && list[i].file[0] == '\0')
            return err_set(err, ERR_USAGE, "--report: a file name is missing after '%s'",
                           words->items[i]);
        if (list[i].file == NULL && stdout_taken_by != NULL)
            return err_set(
                err, ERR_USAGE,
                "--report: both %s and %s want stdout; give one a FILE: --report %s=FILE",
                stdout_taken_by, name, name);
        if (list[i].file == NULL)
            stdout_taken_by = xstrdup(name);
    }
    return 0;
}

static bool wants_colour(const struct run_args *a)
{
    return !a->no_colour && isatty(STDOUT_FILENO) == 1;
}

static int write_reports(const struct run_args *a, const struct wanted *wanted,
                         const struct run_suite *suite, struct err *err)
{
    struct redactor *redactor = report_redactor(suite);
    bool stdout_taken = false;
    int rc = 0;
    for (const struct wanted *w = wanted; rc == 0 && w->report != NULL; w++) {
        AUTO(xfree)
        char *text = w->report->render(suite, redactor, w->file == NULL && wants_colour(a));
        if (w->file != NULL) {
            rc =
                file_write(w->file, text, strlen(text), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, err);
        } else {
            fputs(text, stdout);
            stdout_taken = true;
        }
    }
    if (rc == 0 && !stdout_taken) {
        AUTO(xfree) char *text = report_find("console")->render(suite, redactor, wants_colour(a));
        fputs(text, stdout);
    }
    redactor_free(redactor);
    if (rc == 0 && fflush(stdout) != 0)
        rc = err_set(err, ERR_IO, "stdout: the report could not be written");
    return rc;
}

static const char *sentinel_at(const void *ctx, size_t i)
{
    (void)ctx;
    return i + 1 < SENTINEL_MAX_ ? sentinel_name((enum sentinel_kind)(i + 1)) : NULL;
}

static const char *system_at(const void *ctx, size_t i)
{
    (void)ctx;
    return i < SYSTEM_MAX_ ? system_name((enum system)i) : NULL;
}

static int unknown_word(const char *what, const char *word, const char *near, struct err *err)
{
    return err_set(err, ERR_USAGE, "--sentinel: unknown %s '%s'%s%s%s", what, word,
                   near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                   near != NULL ? "'?" : "");
}

/* --sentinel SYSTEM=KIND */
static int read_sentinel(const char *word, enum sentinel_kind ret[SYSTEM_MAX_], struct err *err)
{
    struct str kind = str_of(word), name;
    if (!str_next(&kind, '=', &name) || kind.len == 0)
        return err_set(err, ERR_USAGE,
                       "--sentinel: '%s' is no SYSTEM=KIND, like dex=silent (closes, empty, 500, "
                       "silent)",
                       word);
    AUTO(xfree) char *system = xstrndup(name.ptr, name.len);
    size_t s = 0;
    while (s < SYSTEM_MAX_ && strcmp(system_name((enum system)s), system) != 0)
        s++;
    if (s == SYSTEM_MAX_)
        return unknown_word("system", system, str_nearest_of(system, system_at, NULL), err);
    ret[s] = sentinel_find(kind.ptr);
    if (ret[s] == SENTINEL_NONE)
        return unknown_word("kind", kind.ptr, str_nearest_of(kind.ptr, sentinel_at, NULL), err);
    return 0;
}

/* Whether the folder is another than the library's own. */
static bool is_own_setup(const char *dir)
{
    struct err err = {0};
    struct stat given = {0}, guide = {0};
    if (dir == NULL)
        return false;
    AUTO(xfree) char *library = cli_library(&err);
    AUTO(xfree) char *path = xasprintf("%s/guide", library != NULL ? library : "");
    return stat(dir, &given) != 0 || stat(path, &guide) != 0 || given.st_dev != guide.st_dev ||
           given.st_ino != guide.st_ino;
}

static int fill_conf(const struct run_args *a, struct run_conf *conf, struct err *err)
{
    int64_t seed = 0, jobs = 0, port = 0;
    for (size_t i = 0; i < a->sentinels.len; i++)
        if (read_sentinel(a->sentinels.items[i], conf->sentinel, err) != 0)
            return -1;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cli_number(a->seed, "seed", 0, INT64_MAX, 1, &seed, err) != 0 ||
        cli_number(a->jobs, "jobs", 1, 64, cores > 8 ? 8 : cores, &jobs, err) != 0 ||
        cli_number(a->callback_port, "callback-port", 0, 65535, 8085, &port, err) != 0 ||
        cli_number(a->timeout, "timeout", 1, INT64_C(3600) * 1000, 30000, &conf->timeout_ms, err) !=
            0)
        return -1;
    if (port != 0 && port != 8085)
        return err_set(err, ERR_USAGE,
                       "--callback-port: '%s': Dex registers only localhost:8085; give 0 for an "
                       "ephemeral port that "
                       "localhost:8085 is led to",
                       a->callback_port);
    if (a->deadline != NULL && str_to_duration_ms(str_of(a->deadline), &conf->deadline_ms) != 0)
        return err_set(err, ERR_USAGE, "--deadline: '%s' is no duration (90s, 5m)", a->deadline);
    if (a->trace != NULL && !file_is_dir(a->trace) && mkdir(a->trace, S_IRWXU) != 0)
        return err_set(err, ERR_USAGE, "--trace: the folder '%s' cannot be made", a->trace);
    conf->has_deadline = a->deadline != NULL;
    conf->seed = (uint64_t)seed;
    conf->jobs = (int)jobs;
    conf->callback_port = (int)port;
    conf->fail_fast = a->fail_fast;
    conf->live_intrusive = a->live_intrusive;
    conf->twins = !a->no_twins;
    conf->own_setup = is_own_setup(a->setup);
    conf->trace_dir = a->trace;
    return 0;
}

/* A twin's failure can be known too; whether there is such a twin the run will tell. */
static void add_twin_ids(struct strlist *ids)
{
    size_t len = ids->len;
    for (size_t i = 0; i < len; i++)
        strlist_take(ids, xasprintf("%s+twin", ids->items[i]));
}

/* ret_ids: of the library and of all that were named, this shard's or not, and of their twins. */
static int select_scenarios(const struct run_args *a, struct scenario_set *set,
                            struct strlist *ret_ids, struct err *err)
{
    AUTO(xfree) char *library = cli_library(err);
    if (library == NULL || scenario_ids(library, ret_ids, err) != 0)
        return -1;
    if (scenario_find(library, (const char *const *)a->words.items, a->words.len, a->tag,
                      run_vocabulary(), set, err) != 0)
        return -1;
    for (size_t i = 0; i < set->len; i++)
        if (!strlist_has(ret_ids, set->items[i]->id))
            strlist_add(ret_ids, set->items[i]->id);
    add_twin_ids(ret_ids);
    if (apply_shard(a->shard, set, err) != 0)
        return -1;
    if (set->len == 0)
        return err_set(err, ERR_USAGE, "nothing selected: this shard is empty");
    return 0;
}

static void add_option(struct buf *b, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buf_addf(b, " --%s ", name);
    cli_shell_word(b, value);
}

static void add_options(struct buf *b, const char *name, const struct strlist *values)
{
    for (size_t i = 0; i < values->len; i++)
        add_option(b, name, values->items[i]);
}

/* What one scenario of this run needs to come out again as it did. Caller frees. */
static char *options_again(const struct run_args *a)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    buf_adds(&b, "");
    add_option(&b, "setup", a->setup);
    add_options(&b, "patch", &a->patches);
    add_options(&b, "sentinel", &a->sentinels);
    add_option(&b, "timeout", a->timeout);
    add_option(&b, "callback-port", a->callback_port);
    add_option(&b, "seed", a->seed);
    if (a->live_intrusive)
        buf_adds(&b, " --live-intrusive");
    return buf_take(&b);
}

static int run(const struct run_args *a, int *ret_status, struct err *err)
{
    AUTO(scenario_set_deinit) struct scenario_set set = {0};
    AUTO(run_suite_deinit) struct run_suite suite = {0};
    AUTO(known_list_deinit) struct known_list known = {0};
    AUTO(strlist_deinit) struct strlist ids = {0};
    AUTO(js_free) struct js *doc = NULL;
    AUTO(xfree) char *source = NULL;
    AUTO(xfree) char *again = options_again(a);
    struct wanted *wanted = NULL;
    struct run_conf conf = {.options = again};
    int rc = read_reports(&a->reports, &wanted, err);
    if (rc == 0 &&
        (fill_conf(a, &conf, err) != 0 ||
         cli_setup(a->setup, &a->patches, &doc, &source, err) != 0 ||
         select_scenarios(a, &set, &ids, err) != 0 || read_known(a->known, &ids, &known, err) != 0))
        rc = -1;
    if (rc == 0) {
        conf.setup_doc = doc;
        conf.setup_source = source;
        conf.known = a->known != NULL ? &known : NULL;
        bool terminal = isatty(STDERR_FILENO) == 1;
        struct report_progress *progress =
            report_progress_new(stderr, terminal, terminal && !a->no_colour);
        struct run_observer observer = {0};
        report_progress_observer(progress, &observer);
        rc = run_suite(&conf, (const struct scenario *const *)set.items, set.len, &observer, &suite,
                       err);
        report_progress_free(progress);
    }
    if (rc == 0)
        rc = write_reports(a, wanted, &suite, err);
    if (rc == 0)
        *ret_status = run_exit_status(&suite);
    if (rc == 0 && conf.own_setup)
        own_setup_note_cast(&conf, &suite);
    if (rc == 0 && conf.own_setup)
        own_setup_note_mistakes(a->setup, &a->patches, *ret_status == STATUS_OK);
    xfree(wanted);
    return rc;
}

int cmd_run(int argc, char **argv)
{
    AUTO(args_deinit) struct run_args a = {0};
    const struct option table[] = {
        {"setup", 0, OPTION_TEXT, &a.setup, "DIR", "the setup to run on (default: the guide's)"},
        {"patch", 0, OPTION_LIST, &a.patches, "JSON|@FILE",
         "merge patch on the setup; the last one wins"},
        {"tag", 0, OPTION_TEXT, &a.tag, "T", "only scenarios with this tag"},
        {"jobs", 'j', OPTION_TEXT, &a.jobs, "N", "runner threads (default: processors, at most 8)"},
        {"seed", 0, OPTION_TEXT, &a.seed, "N", "seed of all random draws (default 1)"},
        {"report", 0, OPTION_LIST, &a.reports, "FORMAT[=FILE]",
         "console, junit, json; may be repeated"},
        {"trace", 0, OPTION_TEXT, &a.trace, "DIR", "raw traces, with secrets, mode 0600"},
        {"known", 0, OPTION_TEXT, &a.known, "FILE",
         "known failures, a line each: ID [CHECK] [\"TEXT\"]"},
        {"shard", 0, OPTION_TEXT, &a.shard, "I/N", "only every N-th scenario"},
        {"deadline", 0, OPTION_TEXT, &a.deadline, "T", "end the run after T (90s, 5m)"},
        {"timeout", 0, OPTION_TEXT, &a.timeout, "MS",
         "a person waits for an answer (default 30000)"},
        {"callback-port", 0, OPTION_TEXT, &a.callback_port, "P",
         "8085 (default), or 0 for parallel CLI logins"},
        {"fail-fast", 0, OPTION_FLAG, &a.fail_fast, NULL, "begin nothing after the first failure"},
        {"live-intrusive", 0, OPTION_FLAG, &a.live_intrusive, NULL,
         "also what could lock a real account"},
        {"no-twins", 0, OPTION_FLAG, &a.no_twins, NULL,
         "without the positive twins of negative scenarios"},
        {"sentinel", 0, OPTION_LIST, &a.sentinels, "SYSTEM=KIND",
         "in a mock's place: closes|empty|500|silent"},
        {"no-colour", 0, OPTION_FLAG, &a.no_colour, NULL, "no colours on a terminal"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    struct err err = {0};
    bool help = false;
    if (options_parse(argc, argv, table, &a.words, &help, &err) != 0)
        return cli_fail(&err);
    if (help) {
        options_help("run", "[ID|GLOB|PATH ...] [options]",
                     "Runs scenarios (all, when none is named) and reports.", table);
        return STATUS_OK;
    }
    int status = STATUS_ERROR;
    if (run(&a, &status, &err) != 0)
        return cli_fail(&err);
    return status;
}
