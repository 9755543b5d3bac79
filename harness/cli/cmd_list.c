/*
 * `rolecall list`: what there is, from the same tables that the runs use.
 */
#include <stdio.h>
#include <string.h>

#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/cli/list_suite.h"
#include "harness/cli/options.h"
#include "harness/run/vocabulary.h"

static struct js *list_of(const struct scenario_list *l)
{
    struct js *list = js_array();
    for (size_t i = 0; i < l->len; i++)
        js_append_text(list, l->items[i]);
    return list;
}

static int list_scenarios(struct js *ret, struct err *err)
{
    AUTO(xfree) char *library = cli_library(err);
    AUTO(scenario_set_deinit) struct scenario_set set = {0};
    if (library == NULL || scenario_find(library, NULL, 0, NULL, run_vocabulary(), &set, err) != 0)
        return -1;
    for (size_t i = 0; i < set.len; i++) {
        const struct scenario *s = set.items[i];
        struct js *o = js_object();
        js_set_text(o, "id", s->id);
        js_set_text(o, "title", s->title);
        js_set(o, "tags", list_of(&s->tags));
        js_set(o, "refs", list_of(&s->refs));
        js_append(ret, o);
    }
    return 0;
}

static int list_checks(struct js *ret, struct err *err)
{
    (void)err;
    char *name = check_name_at(0);
    for (size_t i = 1; name != NULL; i++) {
        const struct check *c = NULL;
        enum check_of of = CHECK_OF_AUTHENTIK;
        struct js *o = js_object();
        if (check_find(name, &c, &of)) {
            js_set_text(o, "id", name);
            js_set_text(o, "of", check_of_name(of));
            js_set_text(o, "title", c->title);
            js_set_text(o, "severity", check_severity_name(c->severity));
            js_set_text(o, "spec", c->spec);
            js_set_text(o, "link", c->link);
        }
        js_append(ret, o);
        xfree(name);
        name = check_name_at(i);
    }
    return 0;
}

/* What `when:` may be: a defect is there or not, everything else can be counted. */
static struct js *often(const struct fault *f)
{
    static const char *const words[] = {"always", "once", "N", "nth N", NULL};
    struct js *list = js_array();
    for (size_t i = 0; words[i] != NULL && (i == 0 || !f->standing); i++)
        js_append_text(list, words[i]);
    return list;
}

static int list_faults(struct js *ret, struct err *err)
{
    (void)err;
    for (size_t i = 0; run_fault_at(i) != NULL; i++) {
        const struct fault *f = run_fault_at(i);
        struct js *o = js_object();
        js_set_text(o, "id", f->id);
        js_set_text(o, "title", f->title);
        AUTO(xfree) char *at = fault_at(f);
        js_set_text(o, "at", at);
        js_set(o, "when", often(f));
        js_set(o, "with", js_string(f->with));
        js_set(o, "ref", js_string(f->ref));
        js_append(ret, o);
    }
    return 0;
}

static void list_quirks(const struct run_quirks *of, struct js *ret)
{
    for (const struct quirk *q = of->rows; q->id != NULL; q++) {
        struct js *o = js_object();
        js_set(o, "id", js_stringf("%s/%s", system_name(of->system), q->id));
        js_set_text(o, "system", system_name(of->system));
        quirk_describe(q, o);
        js_append(ret, o);
    }
}

/* The versions there are mocks of, then what differs between them. */
static int list_versions(struct js *ret, struct err *err)
{
    (void)err;
    for (const struct run_version *v = run_versions; v->system != NULL; v++) {
        struct js *o = js_object();
        js_set(o, "id", js_stringf("%s %s", v->system, v->version));
        js_set_text(o, "system", v->system);
        js_set_text(o, "version", v->version);
        js_set_text(o, "title", v->note);
        js_append(ret, o);
    }
    for (const struct run_quirks *q = run_quirks; q->rows != NULL; q++)
        list_quirks(q, ret);
    return 0;
}

/* One line each: id, title; the id's column is as wide as the longest id. */
static void print_text(const struct js *list)
{
    size_t width = 0;
    for (size_t i = 0; i < js_len(list); i++) {
        size_t len = strlen(js_get_text(js_at(list, i), "id"));
        width = len > width ? len : width;
    }
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *o = js_at(list, i);
        printf("%-*s  %s\n", (int)width, js_get_text(o, "id"), js_get_text(o, "title"));
    }
}

/* Three lines a check, so that all of it fits 80 columns: name, severity and clause; what must
 * hold; where that is written. */
static void print_checks(const struct js *list)
{
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *o = js_at(list, i);
        printf("%s  %s  %s\n    %s\n    %s\n", js_get_text(o, "id"), js_get_text(o, "severity"),
               js_get_text(o, "spec"), js_get_text(o, "title"), js_get_text(o, "link"));
    }
}

/* Three lines a fault: its name and where it attaches; how often it may play, and with what; what
 * it does. */
static void print_faults(const struct js *list)
{
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *o = js_at(list, i);
        const char *with = js_get_text(o, "with");
        AUTO(strlist_deinit) struct strlist when = {0};
        for (size_t w = 0; w < js_len(js_get(o, "when")); w++)
            strlist_add(&when, js_text(js_at(js_get(o, "when"), w)));
        AUTO(xfree) char *words = strlist_join(&when, ", ");
        printf("%s  at %s\n    when: %s%s%s\n    %s\n", js_get_text(o, "id"), js_get_text(o, "at"),
               words, with != NULL ? "; with: " : "", with != NULL ? with : "",
               js_get_text(o, "title"));
    }
}

/* A line a version, then three lines a row of the version tables: since when and until when; what
 * is on the wire then; who says so. */
static void print_versions(const struct js *list)
{
    AUTO(js_free) struct js *versions = js_array();
    for (size_t i = 0; i < js_len(list); i++)
        if (js_get(js_at(list, i), "version") != NULL)
            js_append(versions, js_ref(js_at(list, i)));
    print_text(versions);
    for (size_t i = js_len(versions); i < js_len(list); i++) {
        const struct js *o = js_at(list, i);
        const char *since = js_get_text(o, "since");
        const char *until = js_get_text(o, "until");
        printf("\n%s  %s%s%s%s  [%s]\n    %s\n    %s\n", js_get_text(o, "id"),
               since != NULL ? "since " : "", since != NULL ? since : "",
               until != NULL ? (since != NULL ? " until " : "until ") : "",
               until != NULL ? until : "", js_get_text(o, "certainty"), js_get_text(o, "title"),
               js_get_text(o, "source"));
    }
}

static const struct {
    const char *name;
    int (*list)(struct js *ret, struct err *err);
    void (*print)(const struct js *list);
} kinds[] = {
    {"scenarios", list_scenarios, print_text},
    {"checks", list_checks, print_checks},
    {"faults", list_faults, print_faults},
    {"versions", list_versions, print_versions},
    {NULL, NULL, NULL},
};

static const char *kind_name_at(const void *ctx, size_t i)
{
    (void)ctx;
    return kinds[i].name;
}

static int list(const char *what, bool json, struct err *err)
{
    AUTO(js_free) struct js *all = js_array();
    for (size_t i = 0; kinds[i].name != NULL; i++) {
        if (strcmp(kinds[i].name, what) != 0)
            continue;
        if (kinds[i].list(all, err) != 0)
            return -1;
        if (!json) {
            kinds[i].print(all);
            return 0;
        }
        AUTO(xfree) char *text = js_pretty(all, 2);
        printf("%s\n", text);
        return 0;
    }
    const char *near = str_nearest_of(what, kind_name_at, NULL);
    return err_set(
        err, ERR_USAGE, "list: '%s' is none of scenarios, checks, faults, versions%s%s%s", what,
        near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
}

int cmd_list(int argc, char **argv)
{
    bool json = false, suite = false, help = false;
    AUTO(strlist_deinit) struct strlist words = {0};
    const struct option table[] = {
        {"suite", 0, OPTION_FLAG, &suite, NULL, "checks: what answers to the conformance suite"},
        {"json", 0, OPTION_FLAG, &json, NULL, "an array of objects"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    struct err err = {0};
    if (options_parse(argc, argv, table, &words, &help, &err) != 0)
        return cli_fail(&err);
    if (help) {
        options_help("list", "[scenarios|checks [--suite]|faults|versions] [--json]",
                     "Lists what there is (scenarios by default).", table);
        return STATUS_OK;
    }
    if (words.len > 1) {
        err_set(&err, ERR_USAGE, "list: one word at most, found '%s' after '%s'", words.items[1],
                words.items[0]);
        return cli_fail(&err);
    }
    if (suite && (words.len == 0 || strcmp(words.items[0], "checks") != 0)) {
        err_set(&err, ERR_USAGE, "list: --suite is about checks: list checks --suite");
        return cli_fail(&err);
    }
    if (suite) {
        list_suite(json);
        return STATUS_OK;
    }
    return list(words.len == 1 ? words.items[0] : "scenarios", json, &err) == 0 ? STATUS_OK
                                                                                : cli_fail(&err);
}
