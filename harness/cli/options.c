/*
 * Reading arguments by a table, and printing the table as help.
 */
#include "harness/cli/options.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

static const char *name_at(const void *ctx, size_t i)
{
    const struct option *table = ctx;
    return table[i].name;
}

static int unknown(const struct option *table, const char *word, size_t name_len, struct err *err)
{
    AUTO(xfree) char *name = xstrndup(word, name_len);
    const char *near = str_nearest_of(name, name_at, table);
    if (near != NULL)
        return err_set(err, ERR_USAGE, "unknown option '--%s'; did you mean '--%s'?", name, near);
    return err_set(err, ERR_USAGE, "unknown option '--%s'; --help lists them", name);
}

static const struct option *find(const struct option *table, const char *name, size_t len)
{
    for (; table->name != NULL; table++)
        if (strlen(table->name) == len && strncmp(table->name, name, len) == 0)
            return table;
    return NULL;
}

static const struct option *find_letter(const struct option *table, char letter)
{
    for (; table->name != NULL; table++)
        if (table->letter != 0 && table->letter == letter)
            return table;
    return NULL;
}

static void more_verbose(void)
{
    if (log_get_level() + 1 < LOG_MAX_)
        log_set_level(log_get_level() + 1);
}

/* Stores one option; *i moves on when its value is the next argument. */
static int store(const struct option *o, const char *value, int argc, char **argv, int *i,
                 struct err *err)
{
    bool takes_value = o->kind == OPTION_TEXT || o->kind == OPTION_LIST;
    if (!takes_value && value != NULL)
        return err_set(err, ERR_USAGE, "--%s takes no value", o->name);
    if (takes_value && value == NULL) {
        if (*i + 1 >= argc)
            return err_set(err, ERR_USAGE, "--%s needs a value: %s", o->name, o->argument);
        value = argv[++*i];
    }
    if (o->kind == OPTION_FLAG)
        *(bool *)o->target = true;
    else if (o->kind == OPTION_COUNT)
        ++*(int *)o->target;
    else if (o->kind == OPTION_TEXT)
        *(const char **)o->target = value;
    else
        strlist_add(o->target, value);
    return 0;
}

static int long_option(const struct option *table, int argc, char **argv, int *i, bool *ret_help,
                       struct err *err)
{
    const char *name = argv[*i] + 2;
    const char *eq = strchr(name, '=');
    size_t len = eq != NULL ? (size_t)(eq - name) : strlen(name);
    if (strcmp(name, "help") == 0) {
        *ret_help = true;
        return 0;
    }
    const struct option *o = find(table, name, len);
    if (o == NULL)
        return unknown(table, name, len, err);
    return store(o, eq != NULL ? eq + 1 : NULL, argc, argv, i, err);
}

static int short_option(const struct option *table, int argc, char **argv, int *i, bool *ret_help,
                        struct err *err)
{
    const char *word = argv[*i];
    if (strspn(word + 1, "v") == strlen(word + 1)) {
        for (size_t n = strlen(word + 1); n > 0; n--)
            more_verbose();
        return 0;
    }
    if (strcmp(word, "-h") == 0) {
        *ret_help = true;
        return 0;
    }
    const struct option *o = find_letter(table, word[1]);
    if (o == NULL)
        return err_set(err, ERR_USAGE, "unknown option '%s'; --help lists them", word);
    return store(o, word[2] != '\0' ? word + 2 : NULL, argc, argv, i, err);
}

int options_parse(int argc, char **argv, const struct option *table, struct strlist *ret_words,
                  bool *ret_help, struct err *err)
{
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        int rc = 0;
        if (only_words || word[0] != '-' || word[1] == '\0')
            strlist_add(ret_words, word);
        else if (strcmp(word, "--") == 0)
            only_words = true;
        else if (word[1] == '-')
            rc = long_option(table, argc, argv, &i, ret_help, err);
        else
            rc = short_option(table, argc, argv, &i, ret_help, err);
        if (rc != 0)
            return -1;
    }
    return 0;
}

void options_help(const char *command, const char *usage, const char *title,
                  const struct option *table)
{
    printf("usage: rolecall %s %s\n\n%s\n", command, usage, title);
    if (table->name != NULL)
        printf("\noptions:\n");
    for (; table->name != NULL; table++) {
        AUTO(xfree)
        char *left = xasprintf("--%s%s%s", table->name, table->argument != NULL ? " " : "",
                               table->argument != NULL ? table->argument : "");
        printf("  %-28s %s\n", left, table->help);
    }
    printf("  %-28s %s\n  %-28s %s\n", "-v", "more log on stderr (twice: debug)", "--help",
           "this text");
}
