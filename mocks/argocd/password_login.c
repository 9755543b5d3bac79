/*
 * SessionService: signing in with a name and a password (Argo CD's server/session/session.go and
 * VerifyUsernamePassword of util/session/sessionmanager.go, in their order). The real server also
 * waits for half a second to a second before it answers; this one does not.
 */
#include <inttypes.h>
#include <string.h>

#include "harness/base/str.h"
#include "harness/crypto/bcrypt.h"
#include "mocks/argocd/account_store.h"
#include "mocks/argocd/call.h"
#include "mocks/argocd/local.h"

#define NAME_MAX_BYTES 32
#define FAILURES_MAX 10000
#define INVALID "Invalid username or password"

/* ---- failed tries, kept in Redis by name: {"count", "at_s"} ---- */

static bool is_old(const struct js *try, int64_t window_s, int64_t now_s)
{
    int64_t at_s = 0;
    return window_s > 0 && js_get_number(try, "at_s", &at_s) == 0 && now_s - at_s > window_s;
}

static int64_t count_of(const struct js *try)
{
    int64_t n = 0;
    return js_get_number(try, "count", &n) == 0 ? n : 0;
}

static void forget_old(struct mock *m, int64_t window_s, int64_t now_s)
{
    AUTO(js_free) struct js *kept = js_object();
    for (struct js_iter it = js_iter(m->failures); js_next(&it);)
        if (!is_old(it.value, window_s, now_s))
            js_set(kept, it.key, js_dup(it.value));
    js_free(m->failures);
    m->failures = kept;
    kept = NULL;
}

/* Neither admin's count nor the present one's makes room for others. */
static void make_room(struct mock *m, const char *name)
{
    for (struct js_iter it = js_iter(m->failures); js_next(&it);) {
        if (strcmp(it.key, "admin") == 0 || strcmp(it.key, name) == 0)
            continue;
        js_remove(m->failures, it.key);
        return;
    }
}

static void note_failure(struct mock *m, const char *name, int64_t now_s)
{
    struct js *try = js_object();
    int64_t count = count_of(js_get(m->failures, name)) + 1;
    if (js_len(m->failures) >= FAILURES_MAX)
        make_room(m, name);
    js_set(try, "count", js_int(count));
    js_set(try, "at_s", js_int(now_s));
    js_set(m->failures, name, try);
    trace_log(m->env.trace, "argocd", "warning", "User %s failed login %" PRId64 " time(s)", name,
              count);
}

static void update_failures(struct mock *m, const struct argocd_options *o, const char *name,
                            bool failed)
{
    int64_t now_s = clock_now_s(m->env.clock);
    pthread_mutex_lock(&m->lock);
    if (o->window_s > 0)
        forget_old(m, o->window_s, now_s);
    if (failed)
        note_failure(m, name, now_s);
    else
        js_remove(m->failures, name);
    pthread_mutex_unlock(&m->lock);
}

static bool failed_too_often(struct mock *m, const struct argocd_options *o, const char *name)
{
    int64_t now_s = clock_now_s(m->env.clock);
    pthread_mutex_lock(&m->lock);
    const struct js *try = js_get(m->failures, name);
    int64_t count = is_old(try, o->window_s, now_s) ? 0 : count_of(try);
    pthread_mutex_unlock(&m->lock);
    if (count < o->failures)
        return false;
    trace_log(m->env.trace, "argocd", "warning", "User %s had too many failed logins (%" PRId64 ")",
              name, count);
    return true;
}

/* ---- the password ---- */

static void verify(struct call *c, const struct argocd_options *o, const char *name,
                   const char *password)
{
    AUTO(account_deinit) struct account a = {0};
    if (strlen(name) > NAME_MAX_BYTES) {
        call_fail(c, GRPC_INVALID_ARGUMENT, "Username is too long (%d bytes max)", NAME_MAX_BYTES);
        return;
    }
    if (failed_too_often(c->m, o, name)) {
        call_fail(c, GRPC_UNAUTHENTICATED, INVALID);
        return;
    }
    if (!account_find(c->setup, name, &a) || !bcrypt_matches(password, a.hash)) {
        update_failures(c->m, o, name, true);
        call_fail(c, GRPC_UNAUTHENTICATED, INVALID);
    } else if (!a.enabled) {
        call_fail(c, GRPC_UNAUTHENTICATED, "Account %s is disabled", name);
    } else if ((a.capabilities & (unsigned)ACCOUNT_LOGIN) == 0) {
        call_fail(c, GRPC_UNAUTHENTICATED, "Account %s does not have %s capability", name,
                  account_capability_name(ACCOUNT_LOGIN));
    } else {
        update_failures(c->m, o, name, false);
    }
}

/* ---- the endpoints ---- */

/* Over REST the arguments are members of the body, over gRPC-web they are there already. */
static bool take_body(struct call *c)
{
    static const char *const names[] = {"username", "password", "token", NULL};
    AUTO(js_free) struct js *body = NULL;
    if (c->args[0] != NULL)
        return true;
    if (!call_body(c, &body))
        return false;
    for (size_t i = 0; names[i] != NULL; i++) {
        const char *text = js_get_text(body, names[i]);
        c->args[i] = xstrdup(text != NULL ? text : "");
    }
    return true;
}

static void answer_token(struct call *c, const char *token)
{
    struct js *answer = js_object();
    if (token[0] != '\0')
        js_set_text(answer, "token", token);
    call_answer(c, answer);
}

void endpoint_session_create(struct call *c)
{
    if (!take_body(c))
        return;
    AUTO(sso_unref) struct sso *sso = argocd_sso(c->m);
    const char *name = c->args[0];
    const char *password = c->args[1];
    trace_secret(c->m->env.trace, "password", password);
    if (c->args[2][0] != '\0')
        call_fail(c, GRPC_UNAUTHENTICATED,
                  "token-based session creation no longer supported. please upgrade argocd cli to "
                  "v0.7+");
    else if (name[0] == '\0' || password[0] == '\0')
        call_fail(c, GRPC_UNAUTHENTICATED, "no credentials supplied");
    else
        verify(c, &sso->options, name, password);
    if (c->message != NULL)
        return;
    c->new_token = local_create(c->m, name, local_session_s(c->m));
    answer_token(c, c->new_token);
}

/* An empty token makes no cookie, so nothing is taken back: /auth/logout does that. */
void endpoint_session_delete(struct call *c)
{
    answer_token(c, "");
}
