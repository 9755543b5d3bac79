/*
 * The last stage of an authorization: makes the code (and for implicit and hybrid requests the
 * tokens) and the URL that carries them (authentik.md 3.4). Decides nothing about who may.
 */
#include <string.h>

#include "harness/base/url.h"
#include "mocks/authentik/faults.h"
#include "mocks/authentik/flow.h"

static void grant_of(const struct visit *v, const struct authz *z, struct grant *ret)
{
    const struct grant g = {
        .person = v->session->person,
        .scopes = z->scopes,
        .nonce = z->nonce,
        .sid = v->session->sid,
        .auth_time_s = v->session->auth_time_s,
        .challenge = z->challenge,
        .challenge_method = z->challenge_method,
        .methods = v->session->methods,
    };
    ak_grant_copy(ret, &g);
}

static char *make_code(const struct visit *v, const struct authz *z)
{
    struct mock *m = v->m;
    struct code *c = xcalloc(1, sizeof(*c));
    grant_of(v, z, &c->grant);
    c->item.key = ak_mock_uuid(m, "code", false);
    if (ak_fault_asked(m, "authentik/code.short"))
        c->item.key[6] = '\0';
    c->item.expires_s = ak_mock_now_s(m) + m->conf.ak->access_code_validity_s;
    trace_secret(m->env.trace, "code", c->item.key);
    char *code = xstrdup(c->item.key);
    ak_store_put(&m->codes, &c->item, ak_mock_now_s(m));
    return code;
}

/* response_type=id_token alone leaked an access token until 2025.8. */
static bool gives_token(const struct mock *m, const struct response_type *type)
{
    bool leaks = !ak_quirk(m, QUIRK_ID_TOKEN_ALONE) && type->id_token && !type->code;
    return type->token || leaks;
}

/* Tokens straight from here are rare (no driver asks for them): signed with the lock held. */
static bool add_tokens(const struct visit *v, const struct authz *z, const char *code,
                       struct params *answer)
{
    struct mock *m = v->m;
    bool token = gives_token(m, z->type);
    AUTO(ak_mint_deinit)
    struct mint t = {
        .front = true,
        .with_id_token = z->type->id_token,
        .with_at_hash = token && z->type->id_token,
        .c_hash_of = z->type->code && z->type->id_token ? code : NULL,
    };
    grant_of(v, z, &t.grant);
    ak_mint_prepare(m, &t, v->req);
    struct err err = {0};
    if (!ak_mint_sign(m, &t, &err)) {
        trace_log(m->env.trace, AK_PARTY, "error", "Error when trying to create response uri: %s",
                  err.msg);
        return false;
    }
    ak_mint_store(m, &t);
    if (token)
        params_add(answer, "access_token", t.access_token);
    if (z->type->id_token)
        params_add(answer, "id_token", t.id_token);
    if (z->type->code)
        params_add(answer, "code", code);
    params_add(answer, "token_type", "Bearer");
    params_addf(answer, "expires_in", "%lld", (long long)m->conf.ak->access_token_validity_s);
    return true;
}

/* The redirect URI's own query is parsed and written anew; blank values are lost (3.4). */
static void take_own_query(struct str query, struct params *answer)
{
    struct params own = {0};
    params_parse_form(&own, query);
    for (size_t i = 0; i < own.len; i++)
        if (own.items[i].value[0] != '\0')
            params_add(answer, own.items[i].name, own.items[i].value);
    params_deinit(&own);
}

static char *answer_uri(const struct authz *z, const struct params *answer)
{
    const char *uri = z->redirect_uri;
    size_t base = strcspn(uri, z->mode == AUTHZ_QUERY ? "?#" : "#");
    const char *fragment = strchr(uri, '#');
    AUTO(params_deinit) struct params all = {0};
    if (z->mode == AUTHZ_QUERY && uri[base] == '?') {
        size_t n = strcspn(uri + base + 1, "#");
        take_own_query((struct str){uri + base + 1, n}, &all);
    }
    for (size_t i = 0; i < answer->len; i++)
        params_set(&all, answer->items[i].name, answer->items[i].value);
    AUTO(xfree) char *text = params_form(&all);
    if (z->mode == AUTHZ_QUERY)
        return xasprintf("%.*s?%s%s", (int)base, uri, text, fragment != NULL ? fragment : "");
    return xasprintf("%.*s#%s%s", (int)base, uri, fragment != NULL ? fragment + 1 : "", text);
}

struct step ak_authorize_autosubmit(const struct visit *v, const struct authz *z,
                                    const struct params *answer)
{
    struct js *c = js_object();
    const char *app = v->m->conf.ak->app_name;
    js_set_text(c, "component", "ak-stage-autosubmit");
    js_set(c, "title", js_stringf("Redirecting to %s...", app != NULL ? app : ""));
    js_set_text(c, "url", z->redirect_uri);
    struct js *attrs = js_object();
    for (size_t i = 0; i < answer->len; i++)
        if (answer->items[i].value[0] != '\0')
            js_set_text(attrs, answer->items[i].name, answer->items[i].value);
    js_set(c, "attrs", attrs);
    return ak_step_challenge(c);
}

static void log_authorized(const struct visit *v, const struct authz *z)
{
    AUTO(xfree) char *scopes = strlist_join(&z->scopes, " ");
    trace_log(v->m->env.trace, AK_PARTY, "info",
              "authorize_application username=%s authorized_application=%s scopes=\"%s\"",
              v->session->person, v->m->conf.ak->slug, scopes);
}

/* A query carries code and state, whatever else the type would answer. */
static bool collect(const struct visit *v, const struct authz *z, struct params *answer)
{
    AUTO(xfree) char *code = z->type->code ? make_code(v, z) : NULL;
    bool code_alone = strcmp(z->type->grant_type, "authorization_code") == 0;
    if (code_alone || z->mode == AUTHZ_QUERY)
        params_add(answer, "code", code);
    else if (!add_tokens(v, z, code, answer))
        return false;
    params_add(answer, "state", z->state);
    return true;
}

/* An implicit answer in a query has no code to put there: the exception of authentik (200 and
 * ak-stage-flow-error from the executor). */
static struct step no_code_to_send(const struct visit *v)
{
    trace_log(v->m->env.trace, AK_PARTY, "error",
              "System exception during flow execution: 'NoneType' object has no attribute 'code'");
    return ak_step_challenge(ak_flow_error_challenge(v->m, v->resp));
}

struct step ak_authorize_answer(struct visit *v, const struct authz *z)
{
    if (z->prompt_none && z->prompt_consent)
        return ak_authz_refuse_step(v, z, "consent_required");
    log_authorized(v, z);
    if (z->mode == AUTHZ_QUERY && !z->type->code)
        return no_code_to_send(v);
    AUTO(params_deinit) struct params answer = {0};
    if (!collect(v, z, &answer))
        return ak_authz_refuse_step(v, z, "server_error");
    struct fault_call call = {.m = v->m, .params = &answer};
    ak_faults_play(FAULT_AUTHORIZE, &call);
    if (z->mode == AUTHZ_FORM_POST)
        return ak_authorize_autosubmit(v, z, &answer);
    return ak_step_redirect(answer_uri(z, &answer));
}
