/*
 * `rolecall token inspect|verify`: shows one token, or judges it as an ID token. What the judgement
 * is lives in jose/jwt.h, how the arguments are read in token_args.c. The token itself is never
 * printed, nor any word that may be one.
 */
#include <stdio.h>
#include <string.h>

#include "harness/base/b64.h"
#include "harness/base/clock.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/cli/token_args.h"
#include "harness/jose/jwe.h"
#include "harness/jose/jwt.h"

/* inspect */

static const struct time_row {
    const char *claim;
    const char *past;
    const char *future;
} time_rows[] = {
    {"iat", "issued", "issued in the future:"},
    {"nbf", "valid since", "not valid yet:"},
    {"exp", "EXPIRED", "expires"},
    {"auth_time", "signed in", "signed in in the future:"},
    {NULL, NULL, NULL},
};

/* "3 days", "1 hour", …: the largest unit that is there at least once. */
static char *span_words(int64_t seconds)
{
    static const struct {
        int64_t size;
        const char *name;
    } units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    size_t i = 0;
    while (i < 3 && seconds < units[i].size) {
        i++;
    }
    int64_t n = seconds / units[i].size;
    return xasprintf("%lld %s%s", (long long)n, units[i].name, n == 1 ? "" : "s");
}

static void print_times(const struct js *claims, int64_t now_s)
{
    bool heading = false;
    for (const struct time_row *r = time_rows; r->claim; r++) {
        int64_t at = 0;
        char text[CLOCK_TEXT];
        if (js_get_number(claims, r->claim, &at) != 0 || at < 0 || at > INT64_C(253402300799)) {
            continue;
        }
        bool past = at <= now_s;
        AUTO(xfree) char *span = span_words(past ? now_s - at : at - now_s);
        printf("%s  %-9s %s  %s %s%s%s\n", heading ? "" : "times\n", r->claim,
               clock_rfc3339(at, text), past ? r->past : r->future, past ? "" : "in ", span,
               past ? " ago" : "");
        heading = true;
    }
}

/* One part, decoded and pretty; false when it is no JSON object. */
static bool print_part(const char *name, struct str part, struct js **ret)
{
    uint8_t *raw = NULL;
    size_t len = 0;
    size_t bad_at = 0;
    struct err err = {0};
    if (b64url_decode(part.ptr, part.len, &raw, &len, &bad_at) != 0) {
        printf("%s\n  not base64url at byte %zu\n", name, bad_at);
        return false;
    }
    int rc = js_parse((struct str){(const char *)raw, len}, name, ret, &err);
    xfree(raw);
    if (rc != 0) {
        printf("%s\n  not JSON: %s\n", name, err.msg);
        return false;
    }
    AUTO(xfree) char *text = js_pretty(*ret, 2);
    printf("%s\n%s\n", name, text);
    return js_is(*ret, JS_OBJECT);
}

static size_t split(const char *token, struct str parts[5])
{
    struct str rest = str_of(token);
    size_t n = 0;
    const char *dot = token;
    for (; dot && n < 5; n++) {
        dot = memchr(rest.ptr, '.', rest.len);
        size_t len = dot ? (size_t)(dot - rest.ptr) : rest.len;
        parts[n] = (struct str){rest.ptr, len};
        rest = (struct str){rest.ptr + len + (dot ? 1 : 0), rest.len - len - (dot ? 1 : 0)};
    }
    return dot ? 6 : n;
}

/* What can be said of an encrypted token without its key. */
static void print_encrypted(const char *token)
{
    AUTO(jwe_deinit) struct jwe strict = {0};
    struct err detail = {0};
    printf("claims\n  encrypted (JWE, five parts): only the holder of the key can read them\n");
    enum jwe_problem p = jwe_parse(token, &strict, &detail);
    if (p != JWE_OK) {
        printf("note\n  `token verify` does not decrypt this: %s: %s\n", jwe_problem_text(p),
               detail.msg);
    }
}

static int inspect(const struct token_args *a, int *ret_status, struct err *err)
{
    AUTO(xfree) char *token = NULL;
    AUTO(js_free) struct js *header = NULL;
    AUTO(js_free) struct js *claims = NULL;
    AUTO(jws_deinit) struct jws strict = {0};
    struct str parts[5];
    struct err detail = {0};
    int64_t now_s = 0;
    if (token_now(a, &now_s, err) != 0 || token_read(a, &token, err) != 0) {
        return -1;
    }
    size_t n = split(token, parts);
    if (n != 3 && n != 5) {
        return err_set(err, ERR_USAGE, "this is no token: %zu%s parts between dots, expected 3", n,
                       n == 6 ? " or more" : "");
    }
    printf("NOT VERIFIED: no signature was checked, anybody can write a token like this\n");
    bool ok = print_part("header", parts[0], &header);
    if (n == 5) {
        print_encrypted(token);
    } else {
        ok = print_part("claims", parts[1], &claims) && ok;
        print_times(claims, now_s);
        enum jws_problem p = jws_parse(token, &strict, &detail);
        if (p != JWS_OK) {
            printf("note\n  no verifier accepts this: %s: %s\n", jws_problem_text(p), detail.msg);
        }
    }
    *ret_status = ok ? STATUS_OK : STATUS_USAGE;
    return 0;
}

/* verify */

static int verify(const struct token_args *a, int *ret_status, struct err *err)
{
    static const char *const hmac_algs[] = {"HS256", NULL};
    const char *given[JWS_ALG_MAX_ + 1] = {NULL};
    AUTO(xfree) char *token = NULL;
    AUTO(js_free) struct js *jwks = NULL;
    AUTO(key_free) struct key *decryption = NULL;
    AUTO(jwt_verdict_deinit) struct jwt_verdict v = {0};
    struct jwt_rules rules = {0};
    if (token_rules(a, &jwks, &rules, err) != 0 || token_decryption_key(a, &decryption, err) != 0 ||
        token_read(a, &token, err) != 0) {
        return -1;
    }
    rules.decryption_key = decryption;
    for (size_t i = 0; i < a->algs.len; i++) {
        given[i] = a->algs.items[i];
    }
    rules.algs = a->algs.len > 0 ? given : rules.secret ? hmac_algs : NULL;
    jwt_verify(token, &rules, &v);
    if (v.reason == JWT_OK) {
        printf("valid\n");
    } else {
        printf("invalid: %s: expected %s, found %s\n", jwt_reason_name(v.reason), v.expected,
               v.actual);
    }
    *ret_status = v.reason == JWT_OK ? STATUS_OK : STATUS_FAIL;
    return 0;
}

static int run_inspect(int argc, char **argv)
{
    AUTO(token_args_deinit) struct token_args a = {0};
    struct err err = {0};
    bool help = false;
    int status = STATUS_OK;
    const struct option table[] = {
        {"now", 0, OPTION_TEXT, &a.now, "T", "the time to tell ages by (RFC 3339 or seconds)"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    if (options_parse(argc, argv, table, &a.words, &help, &err) != 0) {
        return cli_fail(&err);
    }
    if (help) {
        options_help("token inspect", "[TOKEN|-] [options]",
                     "Shows header and claims of a token and verifies nothing. Without TOKEN, or "
                     "with -,\nit is read from stdin, where other processes cannot see it.",
                     table);
        return STATUS_OK;
    }
    return inspect(&a, &status, &err) == 0 ? status : cli_fail(&err);
}

static int run_verify(int argc, char **argv)
{
    AUTO(token_args_deinit) struct token_args a = {0};
    struct err err = {0};
    bool help = false;
    int status = STATUS_OK;
    const struct option table[] = {
        {"jwks", 0, OPTION_TEXT, &a.jwks, "FILE|URL", "the issuer's keys"},
        {"ca", 0, OPTION_TEXT, &a.ca, "FILE", "PEM to trust for that URL besides the system's"},
        {"secret-env", 0, OPTION_TEXT, &a.secret_env, "VAR", "variable with the HMAC secret"},
        {"decryption-key", 0, OPTION_TEXT, &a.decryption_key, "FILE",
         "private RSA key (PEM, JWK, JWKS); the token must be encrypted for it"},
        {"issuer", 0, OPTION_TEXT, &a.issuer, "I", "what iss must be, byte for byte"},
        {"audience", 0, OPTION_TEXT, &a.audience, "A", "what aud must hold (and azp be)"},
        {"alg", 0, OPTION_LIST, &a.algs, "A",
         "allowed algorithm, repeatable; RS256, or HS256 with a secret"},
        {"nonce", 0, OPTION_TEXT, &a.nonce, "N", "what nonce must be"},
        {"now", 0, OPTION_TEXT, &a.now, "T", "the time to judge at (RFC 3339 or seconds)"},
        {"leeway", 0, OPTION_TEXT, &a.leeway, "T", "clock difference allowed, as 30s (default 0)"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    if (options_parse(argc, argv, table, &a.words, &help, &err) != 0) {
        return cli_fail(&err);
    }
    if (help) {
        options_help("token verify", "[TOKEN|-] --jwks FILE|URL | --secret-env VAR [options]",
                     "Judges a token as an ID token (OIDC Core 3.1.3.7): signature, then claims. "
                     "Prints\n'valid', or 'invalid: REASON: expected …, found …'. Without TOKEN, "
                     "or with -, it is\nread from stdin. Exit status: 0 valid, 1 invalid, 2 usage "
                     "or bad input, 3 the keys\ncould not be fetched.",
                     table);
        return STATUS_OK;
    }
    return verify(&a, &status, &err) == 0 ? status : cli_fail(&err);
}

static const struct action {
    const char *name;
    const char *title;
    int (*run)(int argc, char **argv);
} actions[] = {
    {"inspect", "show header and claims, verify nothing", run_inspect},
    {"verify", "judge signature and claims, say why not", run_verify},
    {NULL, NULL, NULL},
};

static const char *action_name_at(const void *ctx, size_t i)
{
    return actions[i].name;
}

static int help_actions(void)
{
    printf("usage: rolecall token inspect|verify [TOKEN|-] [options]\n\n");
    for (const struct action *a = actions; a->name; a++) {
        printf("  %-8s %s\n", a->name, a->title);
    }
    printf(
        "\n`rolecall token inspect --help` and `rolecall token verify --help` for the options\n");
    return STATUS_OK;
}

int cmd_token(int argc, char **argv)
{
    struct err err = {0};
    const char *name = argc > 1 ? argv[1] : NULL;
    if (cstr_eq(name, "--help") || cstr_eq(name, "-h")) {
        return help_actions();
    }
    for (const struct action *a = actions; name && a->name; a++) {
        if (strcmp(a->name, name) == 0) {
            return a->run(argc - 1, argv + 1);
        }
    }
    /* The word is not repeated: it may be the token. */
    const char *near = name ? str_nearest_of(name, action_name_at, NULL) : NULL;
    (void)err_set(&err, ERR_USAGE, "token: expected 'inspect' or 'verify'%s%s%s",
                  near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return cli_fail(&err);
}
