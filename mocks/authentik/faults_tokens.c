/*
 * Misbehaviours of tokens and of the answer that brings them, for checks to notice: types and
 * values of claims, the header, and the other tokens beside the ID token.
 */
#include <string.h>

#include "harness/base/str.h"
#include "mocks/authentik/faults_play.h"

/* ------------------------------------------------------------------ claims */

void ak_play_auth_time_text(struct fault_call *c)
{
    char text[CLOCK_TEXT];
    js_set_text(c->doc, "auth_time", clock_rfc3339(c->mint->now_s, text));
}

void ak_play_auth_time_future(struct fault_call *c)
{
    js_set(c->doc, "auth_time", js_int(c->mint->now_s + fault_number(c->with, "seconds", 86400)));
}

/* A claim that nobody in this chain reads. */
void ak_play_claim_type(struct fault_call *c)
{
    js_set(c->doc, fault_text(c->with, "name", "nickname"), js_int(7));
}

void ak_play_aud_stranger(struct fault_call *c)
{
    const char *client = c->m->conf.ak->client_id;
    struct js *aud = js_array();
    js_append_text(aud, client);
    js_append_text(aud, fault_text(c->with, "aud", "a-stranger"));
    js_set(c->doc, "aud", aud);
    js_set_text(c->doc, "azp", client);
}

void ak_play_exp_milliseconds(struct fault_call *c)
{
    js_set(c->doc, "exp", js_int(c->mint->access_expires_s * 1000));
}

void ak_play_acr_empty(struct fault_call *c)
{
    js_set_text(c->doc, "acr", "");
}

void ak_play_sub_email(struct fault_call *c)
{
    const char *email = js_get_text(c->doc, "email");
    AUTO(xfree) char *sub = xstrdup(email != NULL ? email : "");
    js_set_text(c->doc, "sub", sub);
}

void ak_play_sub_other(struct fault_call *c)
{
    js_set_text(c->doc, "sub", fault_text(c->with, "sub", "another-subject"));
}

void ak_play_jti_again(struct fault_call *c)
{
    js_set_text(c->doc, "jti", "the-one-and-only");
}

/* ------------------------------------------------------------------ algorithm and header */

void ak_play_other_alg(struct fault_call *c)
{
    enum jws_alg alg = JWS_RS512;
    if (jws_alg_from_name(fault_text(c->with, "alg", "RS512"), &alg))
        c->mint->id_alg = alg;
}

/* Signs anew under a header with one member more, or another value of one. */
static void sign_under(struct mint *t, const char *member, const char *value)
{
    AUTO(js_free) struct js *header = js_object();
    AUTO(xfree) char *payload = js_compact(t->id_claims);
    char *token = NULL;
    js_set_text(header, "alg", jws_alg_name(t->id_alg));
    js_set_text(header, "typ", "JWT");
    if (t->id_kid != NULL)
        js_set_text(header, "kid", t->id_kid);
    js_set_text(header, member, value);
    if (jws_sign(t->id_key, t->id_alg, header, str_of(payload), &token, NULL) != 0)
        return;
    xfree(t->id_token);
    t->id_token = token;
}

void ak_play_typ(struct fault_call *c)
{
    sign_under(c->mint, "typ", fault_text(c->with, "typ", "at+jwt"));
}

void ak_play_key_header(struct fault_call *c)
{
    sign_under(c->mint, "jku", fault_text(c->with, "jku", "https://attacker.example/jwks"));
}

/* ------------------------------------------------------------------ the other tokens */

void ak_play_refresh_unasked(struct fault_call *c)
{
    js_set_text(c->doc, "refresh_token", "nobody-asked-for-this-refresh-token");
}

void ak_play_refresh_short(struct fault_call *c)
{
    if (js_get(c->doc, "refresh_token") != NULL)
        js_set_text(c->doc, "refresh_token", "123456");
}

void ak_play_access_characters(struct fault_call *c)
{
    const char *token = js_get_text(c->doc, "access_token");
    AUTO(xfree) char *changed = xasprintf("%s \xc3\xa9", token != NULL ? token : "");
    js_set_text(c->doc, "access_token", changed);
}
