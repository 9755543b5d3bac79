/*
 * What an operator of Argo CD does by hand: revokes the token of a session, looks how many are
 * revoked. Not part of the wire.
 */
#include "mocks/argocd/server.h"
#include "mocks/argocd/session.h"

size_t argocd_mock_revoke(struct mock *m, const struct mock_revocation *what)
{
    AUTO(js_free) struct js *claims = NULL;
    struct err err = {0};
    int64_t exp_s = 0;
    if (what->token == NULL || session_verify(m, what->token, &claims, &err) != 0)
        return 0;
    const char *id = session_revocation_id(m, claims);
    if (id[0] == '\0' || js_get_number(claims, "exp", &exp_s) != 0)
        return 0;
    argocd_revoke(m, id, exp_s);
    return 1;
}

struct js *argocd_mock_counts(struct mock *m)
{
    struct js *o = js_object();
    pthread_mutex_lock(&m->lock);
    js_set(o, "redis", js_int((int64_t)js_len(m->redis)));
    js_set(o, "failed_logins", js_int((int64_t)js_len(m->failures)));
    js_set(o, "revoked_tokens", js_int((int64_t)m->revoked_len));
    pthread_mutex_unlock(&m->lock);
    return o;
}
