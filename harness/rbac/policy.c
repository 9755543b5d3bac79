/*
 * The loader: lines, CSV fields, row types by a table. Everything it builds lies in the policy's
 * arena.
 */
#include "harness/rbac/policy.h"

#include "harness/base/str.h"
#include "harness/data/csv.h"
#include "harness/rbac/gotext.h"

bool policy_counts(int source, int scope)
{
    return source <= POLICY_USER || source == scope || scope == POLICY_EVERYWHERE;
}

void policy_init(struct policy *p, bool lenient)
{
    *p = (struct policy){.arena = arena_new(), .lenient = lenient};
}

void policy_deinit(struct policy *p)
{
    vec_deinit(&p->rows);
    vec_deinit(&p->links);
    p->arena = arena_free(p->arena);
}

/* Any other effect is neither: the row has none (5.1). */
static enum policy_effect effect_of(const struct strlist *f)
{
    if (f->len != 6) {
        return EFFECT_MISFIT;
    }
    if (cstr_eq(f->items[5], "allow")) {
        return EFFECT_ALLOW;
    }
    return cstr_eq(f->items[5], "deny") ? EFFECT_DENY : EFFECT_NONE;
}

/* The value at i; of a misfit "" where it has none. */
static const char *value_at(struct policy *p, const struct strlist *f, size_t i)
{
    return i < f->len ? arena_strdup(p->arena, f->items[i]) : "";
}

static void add_row(struct policy *p, const struct strlist *f, const struct policy_place *place)
{
    struct policy_row *row = arena_alloc(p->arena, sizeof *row);

    *row = (struct policy_row){
        .place = *place,
        .index = p->rows.len,
        .subject = value_at(p, f, 1),
        .resource = value_at(p, f, 2),
        .action = value_at(p, f, 3),
        .object = value_at(p, f, 4),
        .effect = effect_of(f),
    };
    vec_push(&p->rows, row);
}

static void add_link(struct policy *p, const struct strlist *f, const struct policy_place *place)
{
    struct policy_link *link = arena_alloc(p->arena, sizeof *link);

    *link = (struct policy_link){
        .place = *place,
        .member = arena_strdup(p->arena, f->items[1]),
        .role = arena_strdup(p->arena, f->items[2]),
    };
    vec_push(&p->links, link);
}

/* The sections of Casbin's model file load as rows of any length and have no effect. */
static const struct row_type {
    const char *name;
    size_t fields; /* with the name; 0 = any number */
    void (*add)(struct policy *p, const struct strlist *fields, const struct policy_place *place);
} row_types[] = {
    {"p", 6, add_row}, {"g", 3, add_link}, {"r", 0, NULL},
    {"e", 0, NULL},    {"m", 0, NULL},     {NULL, 0, NULL},
};

/* Before v2.8 the loader wanted one value at least, and Casbin two for a grouping; what there is
 * more of a grouping, Casbin passes over (5.3). */
static bool count_is_wrong(const struct policy *p, const struct row_type *type, size_t fields)
{
    if (!p->lenient) {
        return type->fields > 0 && type->fields != fields;
    }
    return fields < 2;
}

static int load_line(struct policy *p, struct str line, struct policy_place *place, struct err *err)
{
    AUTO(strlist_deinit) struct strlist fields = {0};
    const struct row_type *type = row_types;

    if (csv_parse_record(line, &fields, err) < 0) {
        if (p->lenient) { /* the bare text of the CSV reader (5.3) */
            return -1;
        }
        AUTO(xfree) char *quoted = go_quote(line);
        return err_wrap(err, "error parsing policy line %s", quoted);
    }
    while (type->name && !cstr_eq(type->name, fields.items[0])) {
        type++;
    }
    if (!type->name || count_is_wrong(p, type, fields.len)) {
        return err_set(err, ERR_PARSE, "invalid RBAC policy: %.*s", STR_ARG(line));
    }
    if (type->add == add_link && fields.len < 3) {
        return err_set(err, ERR_PARSE, "grouping policy elements do not meet role definition");
    }
    if (type->add) {
        place->text = arena_strndup(p->arena, line.ptr, line.len);
        type->add(p, &fields, place);
    }
    return 0;
}

int policy_load(struct policy *p, const struct policy_text *text, struct err *err)
{
    const size_t rows = p->rows.len, links = p->links.len;
    struct policy_place place = {
        .source = text->source,
        .file = arena_strdup(p->arena, text->name),
        .line = text->line > 0 ? text->line : 1,
    };
    struct str rest = str_of(text->text), line = {0};

    for (; str_next(&rest, '\n', &line); place.line++) {
        struct err why = {0};
        line = go_trim_space(line);
        if (line.len == 0 || line.ptr[0] == '#') {
            continue;
        }
        if (load_line(p, line, &place, &why) < 0) {
            p->rows.len = rows;
            p->links.len = links;
            return err_set_at(err, ERR_PARSE, text->name, place.line, 0, "%s%s",
                              p->lenient ? "" : "error loading policy line: ", why.msg);
        }
    }
    return 0;
}
