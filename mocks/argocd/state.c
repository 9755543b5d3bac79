/*
 * Sealing and opening the state cookie. The server keeps nothing: whoever brings cookie and state
 * back within the cookie's life may use them again (argocd.md 1.5).
 */
#include "mocks/argocd/state.h"

#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/str.h"
#include "harness/crypto/aead.h"
#include "harness/crypto/hash.h"
#include "mocks/argocd/cookies.h"
#include "mocks/argocd/faults.h"
#include "mocks/common/gotext.h"

#define STATE_LIFE_S 300

void app_state_deinit(struct app_state *s)
{
    xfree(s->state);
    xfree(s->return_url);
    xfree(s->verifier);
    *s = (struct app_state){0};
}

/* Attributes in the order of Go's http.Cookie. */
static char *attributes(struct mock *m, const struct sso *sso, const char *expires)
{
    bool open = fault_state_cookie_open(m);
    return xasprintf("%s%s%s%s%s%s", expires != NULL ? "Expires=" : "",
                     expires != NULL ? expires : "", expires != NULL && !open ? "; " : "",
                     open ? "" : "HttpOnly; ", sso->secure && !open ? "Secure; " : "",
                     open ? "" : "SameSite=Lax");
}

static void set_cookie(struct http_response *resp, const char *value, const char *attrs)
{
    params_addf(&resp->headers, "Set-Cookie", ARGOCD_STATE_COOKIE "=%s%s%s", value,
                attrs[0] != '\0' ? "; " : "", attrs);
}

int app_state_store(struct mock *m, const struct sso *sso, const struct app_state *s,
                    struct http_response *resp, struct err *err)
{
    uint8_t key[AEAD_KEY];
    uint8_t nonce[AEAD_NONCE];
    uint8_t *sealed = NULL;
    size_t n = 0;
    char expires[CLOCK_TEXT];
    const char *url = s->return_url[0] != '\0' ? s->return_url : sso->options.basehref;
    AUTO(xfree) char *plain = xasprintf("%s\n%s\n%s", s->state, url, s->verifier);
    if (kdf_argocd_key(sso->secretkey, key, err) != 0)
        return -1;
    rnd_fill(m->env.rnd, "argocd", "state-nonce", nonce, sizeof(nonce));
    if (aead_seal(key, nonce, plain, strlen(plain), &sealed, &n, err) != 0)
        return -1;
    AUTO(xfree) char *hex = hex_encode(sealed, n);
    xfree(sealed);
    trace_secret(m->env.trace, "cookie", hex);
    trace_secret(m->env.trace, "state", s->state);
    int64_t life_s = fault_state_cookie_long_lived(m) ? INT64_C(24) * 3600 : STATE_LIFE_S;
    clock_http_date(clock_now_s(m->env.clock) + life_s, expires);
    AUTO(xfree) char *attrs = attributes(m, sso, expires);
    set_cookie(resp, hex, attrs);
    if (fault_state_cookie_plain(m))
        params_addf(&resp->headers, "Set-Cookie", ARGOCD_STATE_COOKIE ".plain=%s; %s", s->state,
                    attrs);
    return 0;
}

/* encoding/hex's texts. */
static int decode_hex(const char *value, uint8_t **ret, size_t *ret_len, struct err *err)
{
    size_t n = strlen(value);
    size_t bad_at = 0;
    if (hex_decode(value, n, ret, ret_len, &bad_at) == 0)
        return 0;
    if (bad_at == n)
        return err_set(err, ERR_PARSE, "encoding/hex: odd length hex string");
    unsigned char c = (unsigned char)value[bad_at];
    return err_set(err, ERR_PARSE, "encoding/hex: invalid byte: U+%04X '%c'", (unsigned)c, c);
}

static int open_cookie(const struct sso *sso, const char *value, char **ret, struct err *err)
{
    uint8_t key[AEAD_KEY];
    uint8_t *bytes = NULL;
    size_t n = 0;
    size_t plain_len = 0;
    if (decode_hex(value, &bytes, &n, err) != 0)
        return -1;
    AUTO(xfree) char *sealed = (char *)bytes;
    if (n < AEAD_NONCE)
        return err_set(err, ERR_PARSE, "data length is less than nonce size");
    if (kdf_argocd_key(sso->secretkey, key, err) != 0)
        return -1;
    if (aead_open(key, sealed, n, ret, &plain_len, err) != 0)
        return err_set(err, ERR_CRYPTO, "cipher: message authentication failed");
    return 0;
}

/* "state LF return URL LF verifier", absent parts empty. */
static void split_plain(const char *plain, struct app_state *ret)
{
    struct str rest = str_of(plain);
    const char *lf = memchr(rest.ptr, '\n', rest.len);
    size_t n = lf != NULL ? (size_t)(lf - plain) : rest.len;
    ret->state = xstrndup(plain, n);
    const char *url = plain + n + (lf != NULL ? 1 : 0);
    ret->return_url = xstrndup(url, strcspn(url, "\n"));
    const char *verifier = url + strlen(ret->return_url);
    ret->verifier = xstrdup(*verifier == '\n' ? verifier + 1 : "");
}

static int check(struct mock *m, const struct sso *sso, const struct http_request *req,
                 const char *state, struct app_state *ret, struct err *err)
{
    AUTO(params_deinit) struct params cookies = {0};
    AUTO(xfree) char *plain = NULL;
    cookies_read(&req->headers, &cookies);
    const char *value = params_get(&cookies, ARGOCD_STATE_COOKIE);
    if (value == NULL)
        return err_set(err, ERR_PARSE, "http: named cookie not present");
    if (open_cookie(sso, value, &plain, err) != 0)
        return -1;
    split_plain(plain, ret);
    if (!fault_return_url_open(m) && !sso_return_url_is_valid(sso, ret->return_url, true)) {
        AUTO(xfree) char *quoted = go_quoted(ret->return_url);
        trace_log(m->env.trace, "argocd", "warning",
                  "Failed to verify app state - got invalid redirectURL %s", quoted);
        return err_set(err, ERR_PARSE, "failed to verify app state: invalid return URL");
    }
    if (!secret_text_equal(ret->state, state))
        return err_set(err, ERR_PARSE, "invalid state in '" ARGOCD_TOKEN_COOKIE "' cookie");
    return 0;
}

int app_state_verify(struct mock *m, const struct sso *sso, const struct http_request *req,
                     const char *state, struct http_response *resp, struct app_state *ret,
                     struct err *err)
{
    AUTO(app_state_deinit) struct app_state s = {0};
    bool careless = fault_state_not_checked(m);
    if (check(m, sso, req, state, &s, err) != 0) {
        if (!careless)
            return -1;
        if (s.state == NULL)
            split_plain("", &s);
    }
    if (s.return_url[0] == '\0') {
        xfree(s.return_url);
        s.return_url = xstrdup(sso->options.basehref);
    }
    AUTO(xfree) char *attrs = attributes(m, sso, NULL);
    if (!fault_state_cookie_kept(m))
        set_cookie(resp, "", attrs);
    *ret = s;
    s = (struct app_state){0};
    return 0;
}
