/*
 * Reads a table of questions and answers it. Columns are found by their names in the first line; a
 * policy is loaded once for neighbouring rows that name the same.
 */
#include "harness/cli/rbac_table.h"

#include <string.h>

#include "harness/base/file.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/rbac/rbac.h"

enum column {
    COLUMN_ID,
    COLUMN_POLICY,
    COLUMN_BUILTIN,
    COLUMN_PROJECT,
    COLUMN_DEFAULT,
    COLUMN_MODE, /* the last of those that say which policy it is */
    COLUMN_KIND,
    COLUMN_SUBJECT,
    COLUMN_GROUPS,
    COLUMN_RESOURCE,
    COLUMN_ACTION,
    COLUMN_OBJECT,
    COLUMNS_NEEDED,
    COLUMN_EXPECT = COLUMNS_NEEDED, /* for whoever compares; not read here */
    COLUMN_VERSIONS,
    COLUMN_SOURCE,
    COLUMNS,
};

static const char *const column_names[COLUMNS + 1] = {
    [COLUMN_ID] = "id",
    [COLUMN_POLICY] = "policy",
    [COLUMN_BUILTIN] = "builtin",
    [COLUMN_PROJECT] = "project_policy",
    [COLUMN_DEFAULT] = "default_role",
    [COLUMN_MODE] = "match_mode",
    [COLUMN_KIND] = "kind",
    [COLUMN_SUBJECT] = "subject",
    [COLUMN_GROUPS] = "groups",
    [COLUMN_RESOURCE] = "resource",
    [COLUMN_ACTION] = "action",
    [COLUMN_OBJECT] = "object",
    [COLUMN_EXPECT] = "expect",
    [COLUMN_VERSIONS] = "versions",
    [COLUMN_SOURCE] = "source",
};

#define MAX_WIDTH 64

struct reading {
    const char *name; /* of the table */
    const char *dir;
    int line;
    enum column order[MAX_WIDTH]; /* what each field of a row is */
    size_t width;
    struct strlist row;    /* by column */
    struct strlist loaded; /* the row whose policy is in rbac */
    struct rbac *rbac;     /* NULL: it does not load */
    struct err *err;
};

static void reading_deinit(struct reading *r)
{
    strlist_deinit(&r->row);
    strlist_deinit(&r->loaded);
    r->rbac = rbac_free(r->rbac);
}

DEFINE_AUTO_VALUE(struct reading, reading_deinit)

static const char *field(const struct reading *r, enum column c)
{
    return r->row.items[c];
}

static int fail(struct reading *r, const char *text)
{
    return err_set_at(r->err, ERR_USAGE, r->name, r->line, 0, "%s", text);
}

/* ---- the first line ---- */

static int add_column(struct reading *r, struct str name, bool *seen)
{
    size_t c = 0;

    while (c < COLUMNS && !str_is(name, column_names[c])) {
        c++;
    }
    if (c == COLUMNS || seen[c] || r->width == MAX_WIDTH) {
        AUTO(xfree) char *word = xstrndup(name.ptr, name.len);
        const char *near = c == COLUMNS ? str_nearest(word, column_names) : NULL;
        return err_set_at(r->err, ERR_USAGE, r->name, r->line, 0, "%s column '%s'%s%s%s",
                          c == COLUMNS ? "unknown" : "second", word, near ? "; did you mean '" : "",
                          near ? near : "", near ? "'?" : "");
    }
    seen[c] = true;
    r->order[r->width++] = (enum column)c;
    return 0;
}

static int read_head(struct reading *r, struct str line)
{
    bool seen[COLUMNS] = {0};
    struct str name = {0};

    while (str_next(&line, '\t', &name)) {
        if (add_column(r, name, seen) < 0) {
            return -1;
        }
    }
    for (size_t c = 0; c < COLUMNS_NEEDED; c++) {
        if (!seen[c]) {
            return err_set_at(r->err, ERR_USAGE, r->name, r->line, 0, "column '%s' is missing",
                              column_names[c]);
        }
    }
    return 0;
}

/* ---- a row ---- */

static int read_row(struct reading *r, struct str line)
{
    struct str text = {0};
    struct strlist fields = {0};
    size_t n = 0;

    for (size_t c = 0; c < COLUMNS; c++) {
        strlist_add(&fields, "");
    }
    for (; str_next(&line, '\t', &text); n++) {
        if (n < r->width) {
            char **slot = &fields.items[r->order[n]];
            xfree(*slot);
            *slot = xstrndup(text.ptr, text.len);
        }
    }
    strlist_deinit(&r->row);
    r->row = fields;
    if (n != r->width) {
        return err_set_at(r->err, ERR_USAGE, r->name, r->line, 0,
                          "%zu fields where the first line has %zu", n, r->width);
    }
    return 0;
}

static int is_one_of(struct reading *r, enum column c, const char *first, const char *second)
{
    const char *const names[] = {first, second, NULL};
    const char *value = field(r, c);

    if (cstr_eq(value, first) || cstr_eq(value, second)) {
        return 0;
    }
    const char *near = str_nearest(value, names);
    return err_set_at(r->err, ERR_USAGE, r->name, r->line, 0, "unknown %s '%s'; %s '%s'%s%s%s",
                      column_names[c], value, near ? "did you mean" : "there is",
                      near ? near : first, near ? "?" : " and '", near ? "" : second,
                      near ? "" : "'");
}

static int check_row(struct reading *r)
{
    if (field(r, COLUMN_ID)[0] == '\0') {
        return fail(r, "the id is empty");
    }
    return is_one_of(r, COLUMN_KIND, "subject", "claims") < 0 ||
                   is_one_of(r, COLUMN_MODE, "glob", "regex") < 0
               ? -1
               : 0;
}

static int read_groups(struct reading *r, struct strlist *ret)
{
    AUTO(js_free) struct js *list = NULL;
    struct err why = {0};

    if (js_parse(str_of(field(r, COLUMN_GROUPS)), r->name, &list, &why) < 0) {
        AUTO(xfree) char *text = xasprintf("groups: %s", why.msg);
        return fail(r, text);
    }
    bool ok = js_is(list, JS_ARRAY);
    for (size_t i = 0; ok && i < js_len(list); i++) {
        const char *group = js_text(js_at(list, i));
        ok = group != NULL;
        strlist_add(ret, group ? group : "");
    }
    return ok ? 0 : fail(r, "groups: expected a JSON array of strings");
}

/* ---- policies ---- */

/* The text of NAME.csv; NULL for an empty name. */
static int read_policy(struct reading *r, enum column c, char **ret)
{
    const char *name = field(r, c);
    struct err why = {0};
    size_t len = 0;

    if (name[0] == '\0') {
        return 0;
    }
    if (strchr(name, '/')) {
        AUTO(xfree) char *text = xasprintf("%s '%s' is no plain name", column_names[c], name);
        return fail(r, text);
    }
    AUTO(xfree) char *file = xasprintf("%s.csv", name);
    AUTO(xfree) char *path = path_join(r->dir, file);
    return file_read(path, FILE_MAX_TEXT, ret, &len, &why) < 0 ? fail(r, why.msg) : 0;
}

static bool is_loaded(const struct reading *r)
{
    bool same = r->loaded.len > 0;

    for (size_t c = COLUMN_POLICY; same && c <= COLUMN_MODE; c++) {
        same = strcmp(r->loaded.items[c], r->row.items[c]) == 0;
    }
    return same;
}

static int load(struct reading *r)
{
    AUTO(xfree) char *policy = NULL;
    AUTO(xfree) char *builtin = NULL;
    AUTO(xfree) char *project = NULL;

    if (read_policy(r, COLUMN_POLICY, &policy) < 0 ||
        read_policy(r, COLUMN_BUILTIN, &builtin) < 0 ||
        read_policy(r, COLUMN_PROJECT, &project) < 0) {
        return -1;
    }
    const struct rbac_conf conf = {
        .builtin = builtin,
        .policy = policy,
        .policy_name = field(r, COLUMN_POLICY),
        .project_policy = project,
        .default_role = field(r, COLUMN_DEFAULT),
        .match = cstr_eq(field(r, COLUMN_MODE), "regex") ? RBAC_REGEX : RBAC_GLOB,
    };
    r->rbac = rbac_free(r->rbac);
    if (rbac_new(&conf, &r->rbac, NULL) < 0) {
        r->rbac = NULL;
    }
    strlist_deinit(&r->loaded);
    for (size_t c = 0; c < COLUMNS; c++) {
        strlist_add(&r->loaded, r->row.items[c]);
    }
    return 0;
}

/* ---- answers ---- */

static bool ask(const struct reading *r, const struct strlist *groups)
{
    const char *subject = field(r, COLUMN_SUBJECT), *resource = field(r, COLUMN_RESOURCE);
    const char *action = field(r, COLUMN_ACTION), *object = field(r, COLUMN_OBJECT);

    return cstr_eq(field(r, COLUMN_KIND), "claims")
               ? rbac_can_claims(r->rbac, subject, groups, resource, action, object, NULL)
               : rbac_can_subject(r->rbac, subject, resource, action, object, NULL);
}

static int answer_row(struct reading *r, struct str line, struct buf *out)
{
    AUTO(strlist_deinit) struct strlist groups = {0};
    const char *answer = "load-error";

    if (read_row(r, line) < 0 || check_row(r) < 0 || read_groups(r, &groups) < 0 ||
        (!is_loaded(r) && load(r) < 0)) {
        return -1;
    }
    if (r->rbac) {
        answer = ask(r, &groups) ? "allow" : "deny";
    }
    buf_addf(out, "%s\t%s\n", field(r, COLUMN_ID), answer);
    return 0;
}

int rbac_table_answer(struct str table, const char *name, const char *dir, struct buf *out,
                      struct err *err)
{
    AUTO(reading_deinit) struct reading r = {.name = name, .dir = dir, .err = err};
    struct str line = {0};
    size_t rows = 0;

    while (str_next(&table, '\n', &line)) {
        r.line++;
        if (str_ends(line, "\r")) {
            line.len--;
        }
        if (r.line > 1 && line.len == 0) {
            continue;
        }
        if ((r.line == 1 ? read_head(&r, line) : answer_row(&r, line, out)) < 0) {
            return -1;
        }
        rows += r.line > 1;
    }
    return rows > 0 ? 0 : fail(&r, "the table has no rows");
}
