/*
 * The wire below OAuth: certificates and protocol as the clients saw them (also those that do not
 * care), https everywhere, and answers that are whole (RFC 9110, 9112, 5280, 9325).
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"
#include "harness/login/place.h"

/* A kind of trouble with TLS, told by Go's words for it. */
struct trouble {
    const char *const *words; /* NULL-terminated; any of them */
    const char *expected;
};

static bool is_trouble(const struct trouble *t, const char *problem)
{
    for (size_t i = 0; problem != NULL && t->words[i] != NULL; i++)
        if (strstr(problem, t->words[i]) != NULL)
            return true;
    return false;
}

/* All handshakes with the system up to the end of the login: clients keep their connections, and
 * relying parties read their documents before anybody signs in. */
static void judge_tls(const struct check_view *v, enum check_of of, const struct trouble *t,
                      struct verdict *ret)
{
    size_t seen = 0;
    for (size_t i = 0; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (e->kind != TRACE_EXCHANGE || !cstr_eq(e->to, check_of_name(of)) ||
            (e->tls == NULL && e->tls_problem == NULL))
            continue;
        seen++;
        if (is_trouble(t, e->tls_problem)) {
            AUTO(xfree) char *actual = xasprintf("%s, says %s", e->tls_problem, e->from);
            verdict_fail(ret, t->expected, actual);
            return;
        }
    }
    if (seen > 0)
        verdict_pass(ret, "%s, in %zu exchange(s)", t->expected, seen);
    else
        verdict_skip(ret, "nobody spoke TLS with %s", check_of_name(of));
}

void judge_tls_name(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const words[] = {"certificate is valid for", "not valid for any names",
                                        "doesn't contain any IP SANs", NULL};
    static const struct trouble t = {words, "a certificate for the name that was asked"};
    judge_tls(v, of, &t, ret);
}

void judge_tls_chain(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const words[] = {"certificate signed by unknown authority", NULL};
    static const struct trouble t = {words, "a chain to an authority that is trusted"};
    judge_tls(v, of, &t, ret);
}

void judge_tls_valid(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const words[] = {"certificate has expired or is not yet valid", NULL};
    static const struct trouble t = {words, "a certificate whose time it is"};
    judge_tls(v, of, &t, ret);
}

void judge_tls_protocol(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const words[] = {"protocol version not supported", NULL};
    static const struct trouble t = {words, "TLS 1.2 or 1.3"};
    judge_tls(v, of, &t, ret);
}

/* ---- who answered what ---- */

static bool is_answer_of(const struct trace_event *e, enum check_of of)
{
    const char *by = e->kind == TRACE_EXCHANGE ? place_of(e->to, e->url).by : NULL;
    return cstr_eq(by, check_of_name(of));
}

/* RFC 8252 7.3: a program on the person's own machine is asked over plain HTTP, and rightly so. */
static bool is_loopback(const char *url)
{
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(url, &u, NULL) != 0)
        return false;
    return strcmp(u.host, "localhost") == 0 || cstr_starts(u.host, "127.") ||
           strcmp(u.host, "::1") == 0;
}

static const char *own_url(const struct check_view *v, enum check_of of)
{
    return of == CHECK_OF_AUTHENTIK ? v->setup->authentik.url : v->setup->argocd.url;
}

/* RFC 9700 2.6: no answer leads the browser to plain HTTP. */
void judge_https_everywhere(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    size_t led = 0;
    if (!cstr_starts(own_url(v, of), "https://")) {
        verdict_skip(ret, "%s is plain http by its own setup", check_of_name(of));
        return;
    }
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        const char *to = is_answer_of(e, of) ? params_get_ci(&e->headers, "Location") : NULL;
        if (to == NULL)
            continue;
        led++;
        if (cstr_starts(to, "http://") && !is_loopback(to)) {
            AUTO(xfree) char *where = xstrndup(to, strcspn(to, "?#"));
            verdict_fail(ret, "a way over https", where);
            return;
        }
    }
    if (led > 0)
        verdict_pass(ret, "%zu redirect(s), none to plain http", led);
    else
        verdict_skip(ret, "%s led the browser nowhere in this login", check_of_name(of));
}

/* RFC 9110 8.3: who sends content says what it is. */
void judge_content_type(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    size_t seen = 0;
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (!is_answer_of(e, of) || e->status == 0 || e->body_len == 0)
            continue;
        seen++;
        if (params_get_ci(&e->headers, "Content-Type") != NULL)
            continue;
        AUTO(xfree)
        char *actual = xasprintf("none in the answer to %s %.*s", e->method,
                                 (int)strcspn(e->url, "?"), e->url);
        verdict_fail(ret, "a Content-Type with every content", actual);
        return;
    }
    if (seen > 0)
        verdict_pass(ret, "in %zu answer(s)", seen);
    else
        verdict_skip(ret, "%s sent no content in this login", check_of_name(of));
}

/* RFC 9112 8: a message that ends too early, or that is none, is not to be taken. */
void judge_http_complete(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const words[] = {"unexpected EOF", "malformed HTTP response", NULL};
    static const struct trouble t = {words, "answers that are whole and HTTP"};
    size_t seen = 0;
    for (size_t i = v->from; i < v->to; i++) {
        const struct trace_event *e = trace_at(v->trace, i);
        if (!is_answer_of(e, of))
            continue;
        seen += e->status != 0;
        if (is_trouble(&t, e->error)) {
            verdict_fail(ret, t.expected, e->error);
            return;
        }
    }
    if (seen > 0)
        verdict_pass(ret, "%zu answer(s)", seen);
    else
        verdict_skip(ret, "%s answered nothing in this login", check_of_name(of));
}
