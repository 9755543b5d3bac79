/*
 * What the control API tells of the trace and the setup, and what it never shows: redacted as in
 * reports, with tags that stay the same as long as the process lives.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/control/internal.h"

#define LIMIT 500
#define LIMIT_MAX 2000
#define RELEARN 10000 /* events */

static void remember(struct strlist *list, const char *value)
{
    if (value != NULL && value[0] != '\0' && !strlist_has(list, value))
        strlist_add(list, value);
}

/* Members whose values are secrets, wherever they stand in a setup. */
static bool names_secret(const char *key)
{
    static const char *const names[] = {"clientSecret", "client_secret", "secret", "bindPW",
                                        "totp",         "app_password",  NULL};
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(names[i], key) == 0)
            return true;
    return false;
}

/* The private members of a key (RFC 7518 6.2.2, 6.3.2, 6.4.1): a setup needs none, but may have
 * them in a JWKS of a federated source. */
static bool names_private_key(const struct js *object, const char *key)
{
    return js_get_text(object, "kty") != NULL && control_has_word("d p q dp dq qi k", key);
}

static void learn_document(struct control *c, const struct js *j)
{
    for (struct js_iter it = js_iter(j); js_next(&it);) {
        if (names_secret(it.key) || names_private_key(j, it.key))
            remember(&c->secrets, js_text(it.value));
        for (size_t i = 0; strcmp(it.key, "static_codes") == 0 && i < js_len(it.value); i++)
            remember(&c->secrets, js_text(js_at(it.value, i)));
        if (strcmp(it.key, "password") == 0)
            remember(&c->passwords, js_text(it.value));
        learn_document(c, it.value);
    }
    for (size_t i = 0; js_is(j, JS_ARRAY) && i < js_len(j); i++)
        learn_document(c, js_at(j, i));
}

/* What Dex is given by its environment: anything, so the variable's name says whether it is one. */
static void learn_environment(struct control *c, const struct js *env)
{
    static const char *const words[] = {"SECRET", "PASSW", "TOKEN", "KEY", NULL};
    for (struct js_iter it = js_iter(env); js_next(&it);)
        for (size_t i = 0; words[i] != NULL; i++)
            if (strcasestr(it.key, words[i]) != NULL)
                remember(&c->secrets, js_text(it.value));
}

void control_learn(struct control *c, const struct setup *setup)
{
    remember(&c->secrets, setup->authentik.client_secret);
    remember(&c->secrets, setup->argocd.dex_client_secret);
    remember(&c->secrets, setup->argocd.server_secretkey);
    for (struct js_iter it = js_iter(setup->argocd.secret); js_next(&it);)
        remember(&c->secrets, js_text(it.value));
    for (size_t i = 0; i < setup->people_len; i++)
        remember(&c->passwords, setup->people[i].password);
    c->reader = redactor_free(c->reader); /* it does not know them */
    learn_document(c, setup->doc);
    learn_document(c, setup->argocd.dex_generated);
    learn_environment(c, js_path(setup->doc, "dex", "env", NULL));
}

struct redactor *control_redactor(const struct control *c)
{
    struct redactor *r = redactor_new_like(c->tags);
    redactor_add(r, "token", c->token);
    for (size_t i = 0; i < c->passwords.len; i++)
        redactor_add(r, "password", c->passwords.items[i]);
    for (size_t i = 0; i < c->secrets.len; i++)
        redactor_add(r, "client-secret", c->secrets.items[i]);
    return r;
}

static bool read_number(const struct http_request *req, const char *name, int64_t min, int64_t max,
                        int64_t otherwise, int64_t *ret, struct http_response *resp)
{
    const char *text = http_query(req, name);
    *ret = otherwise;
    if (text == NULL || str_to_i64(str_of(text), min, max, ret) == 0)
        return true;
    control_refuse(resp, 400, "'%s' is '%s'; it is a number from %lld to %lld", name, text,
                   (long long)min, (long long)max);
    return false;
}

/* Its answer is still to come; the one who asks comes again for it. */
static bool is_open(const struct trace_event *e)
{
    return e->kind == TRACE_EXCHANGE && e->status == 0 && e->error == NULL;
}

/* The position of the first event that is still open, or the end. */
static size_t end_of_closed(const struct trace *t, size_t from)
{
    size_t len = trace_len(t);
    while (from < len && !is_open(trace_at(t, from)))
        from++;
    return from;
}

/* A new one now and then, lest it knows for ever what nobody can read any more. */
static void renew_reader(struct control *c)
{
    if (c->reader != NULL && c->learned - c->reader_from < RELEARN)
        return;
    redactor_free(c->reader);
    c->reader = control_redactor(c);
    c->reader_from = trace_first(c->conf.trace);
    c->learned = c->reader_from;
    c->learned_secrets = 0;
}

/* Every event is learnt once, and again while it is open or comes behind one that is. */
static void learn_new(struct control *c, const struct trace *t, size_t secrets)
{
    redactor_learn(c->reader, t);
    c->learned_secrets = secrets;
    c->learned = end_of_closed(t, trace_first(t) > c->learned ? trace_first(t) : c->learned);
}

static struct js *events(const struct control *c, const struct trace *t, size_t from, size_t end)
{
    struct js *list = js_array();
    for (size_t i = from; i < end; i++) {
        AUTO(js_free) struct js *raw = trace_event_json(trace_at(t, i));
        js_append(list, redact_json(c->reader, raw));
    }
    return list;
}

void control_get_trace(struct control *c, const struct http_request *req,
                       struct http_response *resp)
{
    int64_t since = 0;
    int64_t limit = LIMIT;
    if (!read_number(req, "since", 0, INT64_MAX, 0, &since, resp) ||
        !read_number(req, "limit", 1, LIMIT_MAX, LIMIT, &limit, resp))
        return;
    renew_reader(c);
    size_t wanted = (size_t)since > c->cleared ? (size_t)since : c->cleared;
    size_t secrets = trace_secrets_named(c->conf.trace);
    AUTO(trace_free)
    struct trace *t =
        trace_copy(c->conf.trace, wanted < c->learned ? wanted : c->learned, c->learned_secrets);
    learn_new(c, t, secrets);
    size_t from = trace_first(t) > wanted ? trace_first(t) : wanted;
    from = from < trace_len(t) ? from : trace_len(t);
    size_t end = end_of_closed(t, from);
    end = end - from > (size_t)limit ? from + (size_t)limit : end;
    struct js *o = js_object();
    js_set(o, "events", events(c, t, from, end));
    js_set(o, "next", js_int((int64_t)end));
    js_set(o, "dropped", js_int(wanted < from ? (int64_t)(from - wanted) : 0));
    control_answer(resp, o);
}

void control_delete_trace(struct control *c, const struct http_request *req,
                          struct http_response *resp)
{
    (void)req;
    trace_clear(c->conf.trace);
    c->cleared = trace_first(c->conf.trace);
    struct js *o = js_object();
    js_set(o, "next", js_int((int64_t)c->cleared));
    control_answer(resp, o);
}
