/*
 * Everybody signs in by the browser and by the CLI; each error's evidence is looked for in all that
 * was observable.
 */
#include "harness/proof/proof.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/data/csv.h"
#include "harness/data/utf8.h"
#include "harness/mistakes/secrets.h"
#include "harness/rbac/lines.h"
#include "harness/run/person.h"
#include "harness/run/run.h"

const char *proof_kind_name(enum proof_kind k)
{
    static const char *const names[PROOF_KIND_MAX_] = {
        [PROOF_CONFIRMED] = "confirmed",
        [PROOF_HIDDEN] = "hidden",
        [PROOF_NONE] = "no-login",
        [PROOF_WRONG] = "not-confirmed",
    };
    return k < PROOF_KIND_MAX_ ? names[k] : "";
}

/* ---- the logins ---- */

struct logins {
    struct vec scenarios; /* owned */
    struct run_suite suite;
};

static void logins_deinit(struct logins *l)
{
    run_suite_deinit(&l->suite);
    for (size_t i = 0; i < l->scenarios.len; i++)
        run_person_free(l->scenarios.items[i]);
    vec_deinit(&l->scenarios);
}

DEFINE_AUTO_VALUE(struct logins, logins_deinit)

static int run(struct logins *l, const struct js *doc, const char *source, uint64_t seed,
               struct err *err)
{
    static const char *const ways[] = {"ui", "cli", NULL};
    const struct run_conf conf = {
        .setup_doc = doc,
        .setup_source = source,
        .seed = seed,
        .jobs = 1,
        .callback_port = 0,
    };
    for (struct js_iter it = js_iter(js_get(doc, "people")); js_next(&it);) {
        for (const char *const *w = ways; *w != NULL; w++)
            vec_push(&l->scenarios, run_person_scenario(it.key, *w, false, source));
    }
    const struct scenario **list = xcalloc(l->scenarios.len + 1, sizeof(*list));
    for (size_t i = 0; i < l->scenarios.len; i++)
        list[i] = l->scenarios.items[i];
    int rc = run_suite(&conf, list, l->scenarios.len, NULL, &l->suite, err);
    xfree(list);
    return rc;
}

/* ---- what was seen ---- */

static const struct run_seen *seen_of(const struct run_result *r)
{
    return r->steps_len > 0 && r->steps[0].seen.is_login ? &r->steps[0].seen : NULL;
}

/* The roles of somebody who got in; NULL for who did not. */
static const struct strlist *roles_of(const struct run_result *r)
{
    const struct run_seen *s = seen_of(r);
    return s != NULL && s->login.outcome == LOGIN_SIGNED_IN ? &s->roles : NULL;
}

static bool trace_has(const struct trace *t, const char *text)
{
    for (size_t i = 0; t != NULL && i < trace_len(t); i++) {
        const struct trace_event *e = trace_at(t, i);
        if (cstr_contains(e->text, text) || cstr_contains(e->body, text) ||
            cstr_contains(e->error, text))
            return true;
    }
    return false;
}

/* "alice ui" of "people/alice-ui". Caller frees. */
static char *login_name(const struct run_result *r)
{
    char *name = xstrdup(r->id + strlen("people/"));
    char *dash = strrchr(name, '-');
    if (dash != NULL)
        *dash = ' ';
    return name;
}

/* "alice ui: refused by dex at callback". Caller frees. */
static char *refusal(const struct run_result *r)
{
    const struct run_seen *s = seen_of(r);
    AUTO(xfree) char *name = login_name(r);
    if (s == NULL)
        return xasprintf("%s: %s", name, r->reason != NULL ? r->reason : "not carried out");
    return xasprintf("%s: %s by %s at %s", name, login_outcome_name(s->login.outcome), s->login.by,
                     s->login.at);
}

/* "a|b": one of them in some login's trace, or in why it could not be carried out. */
static char *find_text(const struct run_suite *suite, const char *evidence)
{
    for (size_t i = 0; i < suite->len; i++) {
        const struct run_result *r = &suite->results[i];
        struct str rest = str_of(evidence);
        struct str one = {0};
        while (str_next(&rest, '|', &one)) {
            AUTO(xfree) char *text = xstrndup(one.ptr, one.len);
            if (!trace_has(r->trace, text) && !cstr_contains(r->reason, text))
                continue;
            AUTO(xfree) char *who = refusal(r);
            return xasprintf("%s, with '%s'", who, text);
        }
    }
    return NULL;
}

/* Roles that some line speaks of. */
static size_t defined(const struct run_suite *suite, const struct strlist *roles)
{
    AUTO(strlist_deinit) struct strlist undefined = {0};
    size_t n = 0;
    if (suite->setup->argocd.rbac != NULL)
        rbac_undefined_roles(suite->setup->argocd.rbac, &undefined);
    for (size_t i = 0; i < roles->len; i++)
        n += strlist_has(&undefined, roles->items[i]) ? 0 : 1;
    return n;
}

/* Somebody is signed in, is in a group of the directory, and has no role. */
static char *find_no_role(const struct run_suite *suite, const struct js *doc)
{
    for (size_t i = 0; i < suite->len; i++) {
        const struct run_result *r = &suite->results[i];
        AUTO(xfree) char *name = login_name(r);
        AUTO(xfree) char *person = xstrndup(name, strcspn(name, " "));
        const struct js *groups = js_path(doc, "people", person, "groups", NULL);
        const struct strlist *roles = roles_of(r);
        if (roles != NULL && js_len(groups) > 0 && defined(suite, roles) == 0)
            return xasprintf("%s: signed in, in '%s', without a role", name,
                             js_text(js_at(groups, 0)));
    }
    return NULL;
}

/* Somebody in no group is signed in, or has a role. */
static char *find_outsider(const struct run_suite *suite, const struct js *doc, bool with_role)
{
    for (size_t i = 0; i < suite->len; i++) {
        const struct run_result *r = &suite->results[i];
        AUTO(xfree) char *name = login_name(r);
        AUTO(xfree) char *person = xstrndup(name, strcspn(name, " "));
        const struct js *groups = js_path(doc, "people", person, "groups", NULL);
        const struct strlist *roles = roles_of(r);
        if (roles == NULL || js_len(groups) > 0 || (with_role && roles->len == 0))
            continue;
        return xasprintf("%s: signed in, in no group%s%s", name, with_role ? ", as " : "",
                         with_role ? roles->items[0] : "");
    }
    return NULL;
}

/* The pattern of a line as something to ask for: any is one of them. */
static char *example(const char *pattern, const char *any)
{
    return xstrdup(strcmp(pattern, "*") == 0 ? any : pattern);
}

/* Denied, though the line that stood against it allows: its pattern is no regular expression. */
static char *find_denied(const struct rbac *policy, const struct run_result *r,
                         const char *resource, const char *action, const char *object)
{
    const struct login_result *l = &r->steps[0].seen.login;
    struct rbac_why why = {0};
    if (rbac_can_claims(policy, l->user_id, &l->groups, resource, action, object, &why) ||
        !str_ends(str_of(why.line), "allow"))
        return NULL;
    AUTO(xfree) char *name = login_name(r);
    return xasprintf("%s: denied to %s %s %s by '%s'", name, action, resource, object, why.line);
}

/* What somebody with a role asks, by each line of the policy, and by a few of the built-in ones. */
static char *find_no_right(const struct run_suite *suite)
{
    const struct rbac *policy = suite->setup->argocd.rbac;
    char *found = NULL;
    for (size_t i = 0; policy != NULL && found == NULL && i < suite->len; i++) {
        const struct run_result *r = &suite->results[i];
        const struct strlist *roles = roles_of(r);
        if (roles == NULL || roles->len == 0 || r->steps[0].seen.login.user_id == NULL)
            continue;
        found = find_denied(policy, r, "applications", "get", "default/guestbook");
        struct rbac_lines lines = {.conf = &suite->setup->argocd.rbac_conf};
        while (found == NULL && rbac_lines_next(&lines)) {
            AUTO(strlist_deinit) struct strlist f = {0};
            if (csv_parse_record(lines.text, &f, NULL) != 0 || f.len != 6 ||
                strcmp(f.items[0], "p") != 0)
                continue;
            AUTO(xfree) char *resource = example(f.items[2], "applications");
            AUTO(xfree) char *action = example(f.items[3], "get");
            found = find_denied(policy, r, resource, action, f.items[4]);
        }
    }
    return found;
}

static char *find_evidence(const struct run_suite *suite, const struct js *doc,
                           const char *evidence)
{
    struct str rest = str_of(evidence);
    struct str one = {0};
    while (str_next(&rest, '|', &one)) {
        char *found = str_is(one, "@no-role")     ? find_no_role(suite, doc)
                      : str_is(one, "@outsider")  ? find_outsider(suite, doc, false)
                      : str_is(one, "@everybody") ? find_outsider(suite, doc, true)
                      : str_is(one, "@no-right")  ? find_no_right(suite)
                                                  : NULL;
        if (found != NULL)
            return found;
    }
    return find_text(suite, evidence);
}

/* The first login that did not get in. Caller frees; NULL: all did. */
static char *first_refusal(const struct run_suite *suite)
{
    for (size_t i = 0; i < suite->len; i++) {
        if (roles_of(&suite->results[i]) == NULL)
            return refusal(&suite->results[i]);
    }
    return NULL;
}

static void judge(const struct run_suite *suite, const struct js *doc, struct proof *p)
{
    const char *evidence = p->mistake->rule->evidence;
    char *found = evidence != NULL ? find_evidence(suite, doc, evidence) : NULL;
    AUTO(xfree) char *before = found == NULL ? first_refusal(suite) : NULL;
    p->kind = evidence == NULL ? PROOF_NONE
              : found != NULL  ? PROOF_CONFIRMED
              : before != NULL ? PROOF_HIDDEN
                               : PROOF_WRONG;
    p->text = found != NULL           ? found
              : p->kind == PROOF_NONE ? xstrdup("no login can show it")
              : p->kind == PROOF_HIDDEN
                  ? xasprintf("not reached: %s", before)
                  : xstrdup("every login works; please report this as a defect of rolecall");
}

int proof_run(const struct mistakes *mistakes, const struct js *doc, const char *source,
              uint64_t seed, struct proofs *ret, struct err *err)
{
    AUTO(js_free) struct js *whole = proof_complete(doc);
    AUTO(logins_deinit) struct logins l = {0};
    *ret = (struct proofs){0};
    if (run(&l, whole, source, seed, err) != 0)
        return -1;
    ret->items = xcalloc(mistakes->len + 1, sizeof *ret->items);
    ret->logins = l.suite.len;
    for (size_t i = 0; i < mistakes->len; i++) {
        if (mistakes->items[i].rule->severity != SEVERITY_ERROR)
            continue;
        ret->items[ret->len].mistake = &mistakes->items[i];
        judge(&l.suite, whole, &ret->items[ret->len++]);
    }
    return 0;
}

void proofs_deinit(struct proofs *p)
{
    for (size_t i = 0; i < p->len; i++)
        xfree(p->items[i].text);
    xfree(p->items);
    *p = (struct proofs){0};
}

size_t proofs_count(const struct proofs *p, enum proof_kind k)
{
    size_t n = 0;
    for (size_t i = 0; i < p->len; i++)
        n += p->items[i].kind == k ? 1 : 0;
    return n;
}

/* ---- telling ---- */

char *proofs_text(const struct proofs *p, const struct js *doc)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    buf_addf(&b, "proof, by %zu logins on mocks of this configuration:\n", p->logins);
    for (size_t i = 0; i < p->len; i++) {
        const struct mistake *m = p->items[i].mistake;
        buf_addf(&b, "  %s:%d [%s] %s: %s\n", m->file, m->line, m->rule->id,
                 proof_kind_name(p->items[i].kind), p->items[i].text);
    }
    if (p->len == 0)
        buf_adds(&b, "  there is no error to prove\n");
    AUTO(secrets_free) struct secrets *secrets = secrets_new(doc);
    AUTO(xfree) char *masked = secrets_mask(secrets, b.ptr);
    return utf8_visible(str_of(masked));
}

struct js *proofs_json(const struct proofs *p, const struct js *doc)
{
    struct js *list = js_array();
    AUTO(secrets_free) struct secrets *secrets = secrets_new(doc);
    for (size_t i = 0; i < p->len; i++) {
        const struct mistake *m = p->items[i].mistake;
        struct js *one = js_object();
        AUTO(xfree) char *text = secrets_mask(secrets, p->items[i].text);
        js_set_text(one, "rule", m->rule->id);
        js_set_text(one, "file", m->file);
        js_set(one, "line", js_int(m->line));
        js_set_text(one, "proof", proof_kind_name(p->items[i].kind));
        js_set_text(one, "text", text);
        js_append(list, one);
    }
    return list;
}
