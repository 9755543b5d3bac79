/*
 * The loader: lines, CSV fields, row types by a table. Everything it builds lies in the policy's
 * arena.
 */
#include "harness/rbac/policy.h"

#include "harness/base/str.h"
#include "harness/data/csv.h"
#include "harness/rbac/gotext.h"

void policy_init(struct policy *p)
{
    *p = (struct policy){.arena = arena_new()};
}

void policy_deinit(struct policy *p)
{
    vec_deinit(&p->rows);
    vec_deinit(&p->links);
    p->arena = arena_free(p->arena);
}

/* Any other effect is neither: the row has none (5.1). */
static enum policy_effect effect_of(const char *word)
{
    if (cstr_eq(word, "allow")) {
        return EFFECT_ALLOW;
    }
    return cstr_eq(word, "deny") ? EFFECT_DENY : EFFECT_NONE;
}

static void add_row(struct policy *p, const struct strlist *f, const struct policy_place *place)
{
    struct policy_row *row = arena_alloc(p->arena, sizeof *row);

    *row = (struct policy_row){
        .place = *place,
        .index = p->rows.len,
        .subject = arena_strdup(p->arena, f->items[1]),
        .resource = arena_strdup(p->arena, f->items[2]),
        .action = arena_strdup(p->arena, f->items[3]),
        .object = arena_strdup(p->arena, f->items[4]),
        .effect = effect_of(f->items[5]),
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

static int load_line(struct policy *p, struct str line, struct policy_place *place, struct err *err)
{
    AUTO(strlist_deinit) struct strlist fields = {0};
    const struct row_type *type = row_types;

    if (csv_parse_record(line, &fields, err) < 0) {
        AUTO(xfree) char *quoted = go_quote(line);
        return err_wrap(err, "error parsing policy line %s", quoted);
    }
    while (type->name && !cstr_eq(type->name, fields.items[0])) {
        type++;
    }
    if (!type->name || (type->fields > 0 && type->fields != fields.len)) {
        return err_set(err, ERR_PARSE, "invalid RBAC policy: %.*s", STR_ARG(line));
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
            return err_set_at(err, ERR_PARSE, text->name, place.line, 0,
                              "error loading policy line: %s", why.msg);
        }
    }
    return 0;
}
