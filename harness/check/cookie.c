/*
 * Cookies by attribute: the sessions of authentik and Argo CD (RFC 6265 4.1.2), and Argo CD's state
 * cookie (argocd.md 1.5, RFC 9700 4.7). Sizes are argocd.c's.
 */
#include <string.h>

#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/check/evidence.h"
#include "harness/check/judges.h"

#define STATE_LIFE_S (INT64_C(10) * 60) /* longer than a login takes; Argo CD says 5 minutes */
#define STATE_COOKIE "argocd.oauthstate"

static const char *session_name(enum check_of of)
{
    return of == CHECK_OF_AUTHENTIK ? "authentik_session=" : "argocd.token";
}

/* Set-Cookie lines of the system's session, one after the other; *i and *h start at 0 (i counts
 * from the beginning of the login). NULL at the end. */
static const char *next_session(const struct check_view *v, enum check_of of, size_t *i, size_t *h,
                                const struct trace_event **ret)
{
    for (; v->from + *i < v->to; ++*i, *h = 0) {
        const struct trace_event *e = trace_at(v->trace, v->from + *i);
        if (e->kind != TRACE_EXCHANGE || !cstr_eq(e->to, check_of_name(of)))
            continue;
        while (*h < e->headers.len) {
            const struct param *p = &e->headers.items[(*h)++];
            if (strcasecmp(p->name, "Set-Cookie") != 0 || !cstr_starts(p->value, session_name(of)))
                continue;
            *ret = e;
            return p->value;
        }
    }
    return NULL;
}

/* The value of an attribute, "" when it has none, NULL when the cookie lacks it. Caller frees. */
static char *attribute(const char *cookie, const char *name)
{
    struct str rest = str_of(cookie), piece;
    (void)str_next(&rest, ';', &piece); /* name=value */
    while (str_next(&rest, ';', &piece)) {
        piece = str_trim(piece);
        size_t n = strlen(name);
        if (piece.len < n || strncasecmp(piece.ptr, name, n) != 0)
            continue;
        if (piece.len == n)
            return xstrdup("");
        if (piece.ptr[n] == '=')
            return xstrndup(piece.ptr + n + 1, piece.len - n - 1);
    }
    return NULL;
}

/* What one rule says of one cookie: what is wrong with it (caller frees), or NULL. */
typedef char *cookie_rule(const struct check_view *v, enum check_of of,
                          const struct trace_event *answer, const char *cookie);

static void judge_sessions(const struct check_view *v, enum check_of of, cookie_rule *rule,
                           const char *expected, struct verdict *ret)
{
    size_t i = 0, h = 0;
    const struct trace_event *e = NULL;
    for (const char *c = next_session(v, of, &i, &h, &e); c != NULL;
         c = next_session(v, of, &i, &h, &e)) {
        AUTO(xfree) char *wrong = rule(v, of, e, c);
        if (wrong != NULL)
            verdict_fail(ret, expected, wrong);
        else
            verdict_pass(ret, "%s", expected);
    }
    if (ret->kind == VERDICT_SKIP)
        verdict_skip(ret, "%s set no session cookie in this login", check_of_name(of));
}

static char *rule_httponly(const struct check_view *v, enum check_of of,
                           const struct trace_event *answer, const char *cookie)
{
    AUTO(xfree) char *value = attribute(cookie, "HttpOnly");
    return value != NULL ? NULL : xstrdup("without HttpOnly");
}

void judge_cookie_httponly(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    judge_sessions(v, of, rule_httponly, "HttpOnly", ret);
}

/* Where the system itself is plain HTTP there is nothing to secure. */
static char *rule_secure(const struct check_view *v, enum check_of of,
                         const struct trace_event *answer, const char *cookie)
{
    AUTO(xfree) char *value = attribute(cookie, "Secure");
    bool fits = value != NULL || !cstr_starts(answer->url, "https://");
    return fits ? NULL : xstrdup("without Secure");
}

void judge_cookie_secure(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    judge_sessions(v, of, rule_secure, "Secure", ret);
}

static char *rule_samesite(const struct check_view *v, enum check_of of,
                           const struct trace_event *answer, const char *cookie)
{
    static const char *const known[] = {"Strict", "Lax", "None", NULL};
    AUTO(xfree) char *value = attribute(cookie, "SameSite");
    for (size_t i = 0; value != NULL && known[i] != NULL; i++)
        if (strcasecmp(known[i], value) == 0)
            return NULL;
    return value != NULL ? xasprintf("SameSite=%s", value) : xstrdup("without SameSite");
}

void judge_cookie_samesite(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    judge_sessions(v, of, rule_samesite, "SameSite=Strict, Lax or None", ret);
}

/* The path below which the whole system lives. Caller frees. */
static char *home_path(const struct check_view *v, enum check_of of)
{
    const char *url = of == CHECK_OF_AUTHENTIK ? v->setup->authentik.url : v->setup->argocd.url;
    AUTO(url_deinit) struct url u = {0};
    if (url == NULL || url_parse(url, &u, NULL) != 0 || u.path[0] == '\0')
        return xstrdup("/");
    size_t len = strlen(u.path);
    return len > 1 && u.path[len - 1] == '/' ? xstrndup(u.path, len - 1) : xstrdup(u.path);
}

/* A narrower path leaves the session behind, RFC 6265 5.1.4. */
static char *rule_path(const struct check_view *v, enum check_of of,
                       const struct trace_event *answer, const char *cookie)
{
    AUTO(xfree) char *value = attribute(cookie, "Path");
    AUTO(xfree) char *home = home_path(v, of);
    if (value != NULL && (strcmp(value, "/") == 0 || strcmp(value, home) == 0))
        return NULL;
    return value != NULL ? xasprintf("Path=%s", value) : xstrdup("without Path");
}

void judge_cookie_path(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    judge_sessions(v, of, rule_path, "a Path that covers the whole system", ret);
}

/* Without Domain a cookie goes to the host that set it and to nobody else. */
static char *rule_domain(const struct check_view *v, enum check_of of,
                         const struct trace_event *answer, const char *cookie)
{
    AUTO(xfree) char *value = attribute(cookie, "Domain");
    return value == NULL || value[0] == '\0' ? NULL : xasprintf("Domain=%s", value);
}

void judge_cookie_domain(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    judge_sessions(v, of, rule_domain, "no Domain", ret);
}

/* ---- Argo CD's state cookie ---- */

static const char *cookie_of(const struct trace_event *e, const char *name)
{
    for (size_t i = 0; e != NULL && i < e->headers.len; i++) {
        const struct param *p = &e->headers.items[i];
        size_t n = strlen(name);
        if (strcasecmp(p->name, "Set-Cookie") == 0 && strncmp(p->value, name, n) == 0 &&
            p->value[n] == '=')
            return p->value;
    }
    return NULL;
}

/* The answer of /auth/login that set the state cookie, or a written skip. */
static const struct trace_event *state_answer(const struct check_view *v, struct verdict *ret)
{
    const struct trace_event *e = NULL;
    for (size_t n = 0; (e = evidence_exchange(v, "argocd", "start", n)) != NULL; n++)
        if (cookie_of(e, STATE_COOKIE) != NULL)
            return e;
    verdict_skip(ret, "Argo CD set no state cookie in this login");
    return NULL;
}

/* What binds the state to this browser: out of scripts' reach, over TLS, not with others' posts. */
void judge_state_cookie_bound(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    static const char *const wanted[] = {"HttpOnly", "Secure", "SameSite", NULL};
    (void)of;
    const struct trace_event *e = state_answer(v, ret);
    if (e == NULL)
        return;
    for (size_t i = 0; wanted[i] != NULL; i++) {
        AUTO(xfree) char *value = attribute(cookie_of(e, STATE_COOKIE), wanted[i]);
        AUTO(xfree) char *actual = xasprintf("without %s", wanted[i]);
        bool plain = strcmp(wanted[i], "Secure") == 0 && !cstr_starts(e->url, "https://");
        if (value == NULL && !plain)
            verdict_fail(ret, "HttpOnly, Secure and SameSite", actual);
    }
    verdict_pass(ret, "HttpOnly, Secure and SameSite");
}

/* Max-Age goes before Expires (RFC 6265 5.3); false for a cookie without either. */
static bool lifetime_s(const struct trace_event *e, const char *cookie, int64_t *ret)
{
    AUTO(xfree) char *age = attribute(cookie, "Max-Age");
    AUTO(xfree) char *date = attribute(cookie, "Expires");
    int64_t at_s = 0;
    if (age != NULL)
        return str_to_i64(str_of(age), INT64_MIN, INT64_MAX, ret) == 0;
    if (date == NULL || clock_parse_cookie_date(date, &at_s) != 0)
        return false;
    *ret = at_s - e->at_ms / 1000;
    return true;
}

void judge_state_cookie_short_lived(const struct check_view *v, enum check_of of,
                                    struct verdict *ret)
{
    int64_t life_s = 0;
    (void)of;
    const struct trace_event *e = state_answer(v, ret);
    if (e == NULL)
        return;
    bool known = lifetime_s(e, cookie_of(e, STATE_COOKIE), &life_s);
    AUTO(xfree) char *actual = xasprintf("%lld s", (long long)life_s);
    if (known && life_s > 0 && life_s <= STATE_LIFE_S)
        verdict_pass(ret, "%s", actual);
    else
        verdict_fail(ret, "a lifetime of at most 600 s", known ? actual : "no end");
}

/* RFC 9700 2.1: CSRF tokens are good once. What brought somebody in is taken back. */
void judge_state_cookie_cleared(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct trace_event *e = NULL;
    for (size_t n = 0; (e = evidence_exchange(v, "argocd", "callback", n)) != NULL; n++) {
        if (e->status != 303)
            continue;
        const char *cookie = cookie_of(e, STATE_COOKIE);
        const char *value = cookie != NULL ? cookie + strlen(STATE_COOKIE "=") : NULL;
        if (value != NULL && (*value == ';' || *value == '\0'))
            verdict_pass(ret, "emptied");
        else
            verdict_fail(ret, "the state cookie emptied by the callback",
                         cookie != NULL ? "set anew" : "left as it was");
    }
    if (ret->kind == VERDICT_SKIP)
        verdict_skip(ret, "no callback of Argo CD succeeded in this login");
}

void judge_state_cookie_sealed(const struct check_view *v, enum check_of of, struct verdict *ret)
{
    (void)of;
    const struct trace_event *e = state_answer(v, ret);
    const char *state = params_get(&evidence_leg(v, CHECK_OF_DEX)->query, "state");
    if (e == NULL)
        return;
    if (state == NULL || state[0] == '\0') {
        verdict_skip(ret, "no state was sent");
        return;
    }
    for (size_t i = 0; i < e->headers.len; i++)
        if (strcasecmp(e->headers.items[i].name, "Set-Cookie") == 0 &&
            cstr_contains(e->headers.items[i].value, state)) {
            verdict_fail(ret, "no cookie that shows the state", "the state in the clear");
            return;
        }
    verdict_pass(ret, "no cookie shows the state");
}
