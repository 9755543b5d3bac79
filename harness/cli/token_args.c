/*
 * Reading the token, the time and the keys that the person names. A file or a value that is wrong
 * is a usage error (exit status 2); a server that does not answer is not the person's fault.
 */
#include "harness/cli/token_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/base/buf.h"
#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/http/client.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwk_check.h"

#define TOKEN_MAX (1024UL * 1024)
#define LEEWAY_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)
#define TIME_MAX_S INT64_C(253402300799) /* the end of the year 9999 */

void token_args_deinit(struct token_args *a)
{
    strlist_deinit(&a->algs);
    strlist_deinit(&a->words);
}

static int read_stdin(char **ret, struct err *err)
{
    AUTO(buf_deinit) struct buf text = {0};
    char piece[4096];
    buf_init(&text, TOKEN_MAX);
    size_t n = fread(piece, 1, sizeof piece, stdin);
    while (n > 0 && buf_ok(&text)) {
        buf_add(&text, piece, n);
        n = fread(piece, 1, sizeof piece, stdin);
    }
    if (ferror(stdin)) {
        return err_set(err, ERR_IO, "stdin could not be read");
    }
    if (!buf_ok(&text) || strlen(text.ptr) != text.len) {
        return err_set(err, ERR_USAGE, "stdin: more than %lu bytes, or not text", TOKEN_MAX);
    }
    *ret = buf_take(&text);
    return 0;
}

int token_read(const struct token_args *a, char **ret, struct err *err)
{
    const struct strlist *words = &a->words;
    AUTO(xfree) char *raw = NULL;
    if (words->len > 1) {
        return err_set(err, ERR_USAGE, "one token at a time: %zu words were given", words->len);
    }
    if (words->len == 1 && strcmp(words->items[0], "-") != 0) {
        raw = xstrdup(words->items[0]);
    } else if (read_stdin(&raw, err) != 0) {
        return -1;
    }
    struct str token = str_trim(str_of(raw));
    if (token.len == 0) {
        return err_set(err, ERR_USAGE, "no token: give it as an argument or on stdin");
    }
    *ret = xstrndup(token.ptr, token.len);
    return 0;
}

/* The number at *at of exactly `digits` digits, followed by `after` (0: by anything). */
static bool take_digits(const char **at, size_t digits, char after, int *ret)
{
    int64_t v = 0;
    if (strspn(*at, "0123456789") < digits ||
        str_to_i64((struct str){*at, digits}, 0, 9999, &v) != 0 ||
        (after && (*at)[digits] != after)) {
        return false;
    }
    *ret = (int)v;
    *at += digits + (after ? 1 : 0);
    return true;
}

/* "Z" or "+02:00", in seconds. */
static bool take_zone(const char *at, int64_t *ret_s)
{
    int hours = 0;
    int minutes = 0;
    *ret_s = 0;
    if (strcmp(at, "Z") == 0 || strcmp(at, "z") == 0) {
        return true;
    }
    int64_t sign = at[0] == '-' ? -1 : 1;
    if (at[0] != '+' && at[0] != '-') {
        return false;
    }
    at++;
    if (!take_digits(&at, 2, ':', &hours) || !take_digits(&at, 2, 0, &minutes) || *at) {
        return false;
    }
    *ret_s = sign * (hours * 3600 + minutes * 60);
    return hours < 24 && minutes < 60;
}

/* RFC 3339 5.6; a fraction is cut off. */
static bool parse_rfc3339(const char *text, int64_t *ret_s)
{
    struct tm tm = {0};
    int64_t zone_s = 0;
    const char *at = text;
    if (!take_digits(&at, 4, '-', &tm.tm_year) || !take_digits(&at, 2, '-', &tm.tm_mon) ||
        !take_digits(&at, 2, 0, &tm.tm_mday) || !strchr("Tt ", *at) || !*at) {
        return false;
    }
    at++;
    if (!take_digits(&at, 2, ':', &tm.tm_hour) || !take_digits(&at, 2, ':', &tm.tm_min) ||
        !take_digits(&at, 2, 0, &tm.tm_sec)) {
        return false;
    }
    if (*at == '.') {
        at += 1 + strspn(at + 1, "0123456789");
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    struct tm given = tm;
    int64_t utc = timegm(&tm);
    if (!take_zone(at, &zone_s) || tm.tm_mday != given.tm_mday || tm.tm_mon != given.tm_mon ||
        tm.tm_hour != given.tm_hour || tm.tm_min != given.tm_min || tm.tm_sec != given.tm_sec) {
        return false; /* timegm has moved a 30 February on */
    }
    *ret_s = utc - zone_s;
    return true;
}

int token_now(const struct token_args *a, int64_t *ret_s, struct err *err)
{
    const char *text = a->now;
    if (!text) {
        AUTO(clock_free) struct clock *wall = clock_new_wall(0);
        *ret_s = clock_now_s(wall);
        return 0;
    }
    if (str_to_i64(str_of(text), 0, TIME_MAX_S, ret_s) == 0 || parse_rfc3339(text, ret_s)) {
        return 0;
    }
    return err_set(err, ERR_USAGE,
                   "--now: '%s' is neither seconds since 1970 nor a time as 2026-01-01T00:00:00Z",
                   text);
}

static int read_leeway(const char *text, int64_t *ret_s, struct err *err)
{
    int64_t ms = 0;
    if (text && (str_to_duration_ms(str_of(text), &ms) != 0 || ms > LEEWAY_MAX_MS)) {
        return err_set(err, ERR_USAGE, "--leeway: '%s' is no duration up to a year (30s, 5m)",
                       text);
    }
    *ret_s = ms / 1000;
    return 0;
}

static bool is_url(const char *text)
{
    return cstr_starts(text, "https://") || cstr_starts(text, "http://");
}

/* A file the person names: what is wrong with it is theirs (exit status 2). */
static int read_file(const char *option, const char *path, char **ret, size_t *ret_len,
                     struct err *err)
{
    if (file_read(path, FILE_MAX_TEXT, ret, ret_len, err) == 0) {
        return 0;
    }
    (void)err_wrap(err, "--%s", option);
    if (err) {
        err->code = ERR_USAGE;
    }
    return -1;
}

static int fetch(const char *url, const char *ca_file, char **ret, size_t *ret_len, struct err *err)
{
    AUTO(xfree) char *ca = NULL;
    size_t ca_len = 0;
    if (ca_file && read_file("ca", ca_file, &ca, &ca_len, err) != 0) {
        return -1;
    }
    AUTO(http_trust_free) struct http_trust *trust = NULL;
    if (http_trust_new(ca, true, &trust, err) != 0) {
        return err_wrap(err, "--jwks");
    }
    struct http_client_conf conf = {
        .party = "rp", .trust = trust, .user_agent = "rolecall/" ROLECALL_VERSION};
    AUTO(http_client_free) struct http_client *client = NULL;
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    http_request_set(&req, "GET", url);
    if (http_client_new(&conf, &client, err) != 0 ||
        http_client_do(client, &req, &resp, err) != 0) {
        return err_wrap(err, "--jwks");
    }
    if (resp.status != 200) {
        return err_set(err, ERR_NET, "--jwks: '%s' answered %d, expected 200", url, resp.status);
    }
    *ret = xstrndup(resp.body ? resp.body : "", resp.body_len);
    *ret_len = resp.body_len;
    return 0;
}

/* The set, from a file or a URL; a single JWK counts as a set of one. */
static int read_jwks(const struct token_args *a, struct js **ret, struct err *err)
{
    AUTO(xfree) char *text = NULL;
    AUTO(js_free) struct js *doc = NULL;
    size_t len = 0;
    int rc = is_url(a->jwks) ? fetch(a->jwks, a->ca, &text, &len, err)
                             : read_file("jwks", a->jwks, &text, &len, err);
    if (rc != 0 || js_parse((struct str){text, len}, a->jwks, &doc, err) != 0) {
        return -1;
    }
    if (js_get_text(doc, "kty")) {
        struct js *keys = js_array();
        js_append(keys, doc);
        doc = js_object();
        js_set(doc, "keys", keys);
    }
    if (!js_is(js_get(doc, "keys"), JS_ARRAY)) {
        return err_set(err, ERR_USAGE, "--jwks: '%s' has no array 'keys'", a->jwks);
    }
    *ret = doc;
    doc = NULL;
    return 0;
}

static const char *alg_name_at(const void *ctx, size_t i)
{
    /* The row 0 is "none", which is never offered. */
    return i + 1 < JWS_ALG_MAX_ ? jws_alg_name((enum jws_alg)(i + 1)) : NULL;
}

static int check_algs(const struct strlist *algs, struct err *err)
{
    if (algs->len >= JWS_ALG_MAX_) {
        return err_set(err, ERR_USAGE, "--alg: given %zu times, there are %d algorithms", algs->len,
                       JWS_ALG_MAX_ - 1);
    }
    for (size_t i = 0; i < algs->len; i++) {
        enum jws_alg alg = JWS_NONE;
        const char *name = algs->items[i];
        if (cstr_eq(name, "none")) {
            return err_set(err, ERR_USAGE, "--alg: 'none' is never valid (RFC 8725 3.2)");
        }
        if (!jws_alg_from_name(name, &alg)) {
            const char *near = str_nearest_of(name, alg_name_at, NULL);
            return err_set(err, ERR_USAGE, "--alg: unknown algorithm '%s'%s%s%s", name,
                           near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
    }
    return 0;
}

static int read_key(const struct token_args *a, struct js **ret_jwks, struct jwt_rules *rules,
                    struct err *err)
{
    if (!a->jwks == !a->secret_env) {
        return err_set(err, ERR_USAGE, "one of --jwks and --secret-env is needed, to verify with");
    }
    if (a->jwks) {
        int rc = read_jwks(a, ret_jwks, err);
        rules->jwks = *ret_jwks;
        return rc;
    }
    rules->secret = getenv(a->secret_env);
    if (!rules->secret || !rules->secret[0]) {
        return err_set(err, ERR_USAGE, "--secret-env: the variable '%s' is not set", a->secret_env);
    }
    return 0;
}

int token_rules(const struct token_args *a, struct js **ret_jwks, struct jwt_rules *ret,
                struct err *err)
{
    struct jwt_rules rules = {.issuer = a->issuer, .audience = a->audience, .nonce = a->nonce};
    if (token_now(a, &rules.now_s, err) != 0 || read_leeway(a->leeway, &rules.leeway_s, err) != 0 ||
        check_algs(&a->algs, err) != 0 || read_key(a, ret_jwks, &rules, err) != 0) {
        return -1;
    }
    *ret = rules;
    return 0;
}

/* Of a set the one RSA key that may be for encryption; a JWK by itself is what it is. */
static int pick_jwk(const struct js *doc, const struct js **ret, struct err *err)
{
    static const struct jwk_want want = {.kty = "RSA", .use = "enc", .op = "unwrapKey"};
    AUTO(vec_deinit) struct vec found = {0};
    if (!jwks_select(doc, &want, &found)) {
        *ret = doc;
        return 0;
    }
    if (found.len != 1) {
        return err_set(err, ERR_USAGE, "the set has %zu RSA keys for encryption, expected 1",
                       found.len);
    }
    *ret = found.items[0];
    return 0;
}

static int read_private(const char *path, struct str text, struct key **ret, struct err *err)
{
    AUTO(js_free) struct js *doc = NULL;
    const struct js *jwk = NULL;
    if (!str_starts(str_trim(text), "{")) {
        return key_from_pem(text.ptr, ret, err);
    }
    if (js_parse(text, path, &doc, err) != 0 || pick_jwk(doc, &jwk, err) != 0) {
        return -1;
    }
    return jwk_to_key(jwk, ret, err);
}

int token_decryption_key(const struct token_args *a, struct key **ret, struct err *err)
{
    AUTO(xfree) char *text = NULL;
    AUTO(key_free) struct key *k = NULL;
    size_t len = 0;
    if (!a->decryption_key) {
        return 0;
    }
    if (read_file("decryption-key", a->decryption_key, &text, &len, err) != 0) {
        return -1;
    }
    int rc = read_private(a->decryption_key, (struct str){text, len}, &k, err);
    explicit_bzero(text, len);
    if (rc != 0) {
        (void)err_wrap(err, "--decryption-key: '%s'", a->decryption_key);
        if (err) {
            err->code = ERR_USAGE;
        }
        return -1;
    }
    if (key_kind(k) != KEY_RSA || !key_is_private(k)) {
        return err_set(err, ERR_USAGE,
                       "--decryption-key: '%s' holds a %s key of kind %s, expected "
                       "a private RSA key",
                       a->decryption_key, key_is_private(k) ? "private" : "public",
                       key_kind_name(key_kind(k)));
    }
    *ret = k;
    k = NULL;
    return 0;
}
