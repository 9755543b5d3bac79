/*
 * `rolecall token`: what it prints and how it ends, called as main() calls it, with stdout and
 * stderr caught in files. Tokens of the RFCs and of the test keys.
 */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/mem.h"
#include "harness/cli/cli.h"
#include "harness/http/server.h"
#include "harness/jose/jwk.h"
#include "harness/jose/jwt.h"

#define NOW "2026-01-01T00:00:00Z"
#define NOW_S INT64_C(1767225600)

struct fixture {
    char dir[64];
    char *jwks_file;
    char *token;  /* signed by rsa-2048-1 */
    char *secret; /* the same claims under HS256 */
};

/* What one call left behind. */
struct outcome {
    int status;
    char *out;
    char *err;
};

static void outcome_deinit(struct outcome *o)
{
    xfree(o->out);
    xfree(o->err);
}
DEFINE_AUTO_VALUE(struct outcome, outcome_deinit)

static char *in_dir(const struct fixture *f, const char *name)
{
    return path_join(f->dir, name);
}

static char *slurp(const char *path)
{
    char *text = NULL;
    size_t len = 0;
    assert_int_equal(file_read(path, FILE_MAX_TEXT, &text, &len, NULL), 0);
    return text;
}

/* Points fd at a file and gives the old one back. */
static int redirect(int fd, const char *path, int flags)
{
    int saved = dup(fd);
    int file = open(path, flags, 0600);
    assert_true(saved >= 0 && file >= 0 && dup2(file, fd) == fd);
    (void)close(file);
    return saved;
}

static void restore(int fd, int saved)
{
    (void)dup2(saved, fd);
    (void)close(saved);
}

/* Runs "token" with these words; input (may be NULL) is its stdin. */
static struct outcome run(const struct fixture *f, const char *input, const char *const *words)
{
    char *argv[32] = {xstrdup("token")};
    int argc = 1;
    for (; words[argc - 1]; argc++) {
        argv[argc] = xstrdup(words[argc - 1]);
    }
    AUTO(xfree) char *in = in_dir(f, "in");
    AUTO(xfree) char *out = in_dir(f, "out");
    AUTO(xfree) char *err = in_dir(f, "err");
    assert_int_equal(file_write(in, input ? input : "", input ? strlen(input) : 0, 0600, NULL), 0);
    (void)fflush(stdout);
    int saved_in = redirect(STDIN_FILENO, in, O_RDONLY);
    int saved_out = redirect(STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_TRUNC);
    int saved_err = redirect(STDERR_FILENO, err, O_WRONLY | O_CREAT | O_TRUNC);
    clearerr(stdin);
    struct outcome o = {.status = cmd_token(argc, argv)};
    (void)fflush(stdout);
    restore(STDIN_FILENO, saved_in);
    restore(STDOUT_FILENO, saved_out);
    restore(STDERR_FILENO, saved_err);
    o.out = slurp(out);
    o.err = slurp(err);
    for (int i = 0; i < argc; i++) {
        xfree(argv[i]);
    }
    return o;
}

static struct js *claims(void)
{
    struct js *c = js_object();
    js_set_text(c, "iss", "https://authentik.company/");
    js_set_text(c, "sub", "alice");
    js_set_text(c, "aud", "argocd");
    js_set(c, "exp", js_int(NOW_S + 300));
    js_set(c, "iat", js_int(NOW_S - 3600));
    js_set_text(c, "nonce", "n-1");
    return c;
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    AUTO(key_free) struct key *rsa = key_test("rsa-2048-1");
    AUTO(key_free) struct key *secret = key_from_secret("client-secret", 13);
    AUTO(js_free) struct js *c = claims();
    AUTO(js_free) struct js *set = js_object();
    struct js *jwk = jwk_public(rsa);
    struct js *keys = js_array();
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/rolecall-token-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    js_set_text(jwk, "kid", "one");
    js_append(keys, jwk);
    js_set(set, "keys", keys);
    AUTO(xfree) char *text = js_compact(set);
    f->jwks_file = in_dir(f, "jwks.json");
    assert_int_equal(file_write(f->jwks_file, text, strlen(text), 0600, NULL), 0);
    assert_int_equal(jwt_sign(rsa, JWS_RS256, "JWT", "one", c, &f->token, NULL), 0);
    assert_int_equal(jwt_sign(secret, JWS_HS256, "JWT", NULL, c, &f->secret, NULL), 0);
    assert_int_equal(setenv("ROLECALL_TEST_SECRET", "client-secret", 1), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"in", "out", "err", "jwks.json", "jwk.json", "other.json"};
    struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        AUTO(xfree) char *path = in_dir(f, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(f->dir);
    xfree(f->jwks_file);
    xfree(f->token);
    xfree(f->secret);
    xfree(f);
    return 0;
}

static void check_never_says(const struct outcome *o, const char *token)
{
    AUTO(xfree) char *tail = xstrdup(strrchr(token, '.') + 1);
    assert_null(strstr(o->out, token));
    assert_null(strstr(o->err, token));
    assert_null(strstr(o->out, tail));
    assert_null(strstr(o->err, tail));
}

static void test_token_inspect__shows_and_says_nothing_is_verified(void **state)
{
    const struct fixture *f = *state;
    const char *words[] = {"inspect", f->token, "--now", NOW, NULL};
    AUTO(outcome_deinit) struct outcome o = run(f, NULL, words);
    assert_int_equal(o.status, STATUS_OK);
    assert_string_equal(
        o.out, "NOT VERIFIED: no signature was checked, anybody can write a token like this\n"
               "header\n{\n  \"alg\": \"RS256\",\n  \"typ\": \"JWT\",\n  \"kid\": \"one\"\n}\n"
               "claims\n{\n  \"iss\": \"https://authentik.company/\",\n  \"sub\": \"alice\",\n"
               "  \"aud\": \"argocd\",\n  \"exp\": 1767225900,\n  \"iat\": 1767222000,\n"
               "  \"nonce\": \"n-1\"\n}\n"
               "times\n"
               "  iat       2025-12-31T23:00:00Z  issued 1 hour ago\n"
               "  exp       2026-01-01T00:05:00Z  expires in 5 minutes\n");
    assert_string_equal(o.err, "");
    check_never_says(&o, f->token);
}

static void test_token_inspect__reads_stdin_and_tells_the_past(void **state)
{
    const struct fixture *f = *state;
    AUTO(xfree) char *input = xasprintf("  %s\n\n", f->token);
    const char *dash[] = {"inspect", "-", "--now", "2026-01-03T00:05:01+00:00", NULL};
    const char *none[] = {"inspect", "--now=1767398701", NULL};
    AUTO(outcome_deinit) struct outcome a = run(f, input, dash);
    AUTO(outcome_deinit) struct outcome b = run(f, input, none);
    assert_int_equal(a.status, STATUS_OK);
    assert_non_null(strstr(a.out, "exp       2026-01-01T00:05:00Z  EXPIRED 2 days ago\n"));
    assert_string_equal(a.out, b.out);
}

/* What a verifier refuses is shown all the same, with the reason. */
static const struct odd_row {
    const char *name;
    const char *token;
    int status;
    const char *says;
} odd_rows[] = {
    {"crit", "eyJhbGciOiJSUzI1NiIsImNyaXQiOltdfQ.e30.e30", STATUS_OK,
     "no verifier accepts this: critical header parameters"},
    {"no alg", "e30.e30.e30", STATUS_OK, "no verifier accepts this: no alg"},
    {"encrypted", "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d", STATUS_OK, "encrypted (JWE, five parts)"},
    {"payload no JSON", "eyJhbGciOiJSUzI1NiJ9.aGVsbG8.e30", STATUS_USAGE, "claims\n  not JSON"},
    {"payload no base64", "eyJhbGciOiJSUzI1NiJ9.a=.e30", STATUS_USAGE, "claims\n  not base64url"},
};

static void test_token_inspect__odd_tokens(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(odd_rows); i++) {
        const char *words[] = {"inspect", odd_rows[i].token, NULL};
        AUTO(outcome_deinit) struct outcome o = run(*state, NULL, words);
        if (o.status != odd_rows[i].status || !strstr(o.out, odd_rows[i].says)) {
            fail_msg("%s: %d: %s%s", odd_rows[i].name, o.status, o.out, o.err);
        }
    }
}

/* $JWKS, $TOKEN and $SECRET stand for the fixture's. */
static const struct verify_row {
    const char *name;
    const char *words[12];
    int status;
    const char *out; /* whole */
    const char *err; /* a part of it */
} verify_rows[] = {
    {"signature only", {"$TOKEN", "--jwks", "$JWKS"}, 0, "valid\n", ""},
    {"all rules",
     {"$TOKEN", "--jwks", "$JWKS", "--issuer=https://authentik.company/", "--audience=argocd",
      "--nonce", "n-1", "--alg", "RS256", "--leeway", "5s"},
     0,
     "valid\n",
     ""},
    {"an alg among others",
     {"$TOKEN", "--jwks", "$JWKS", "--alg=ES256", "--alg=RS256"},
     0,
     "valid\n",
     ""},
    {"HS256 with its secret",
     {"$SECRET", "--secret-env", "ROLECALL_TEST_SECRET"},
     0,
     "valid\n",
     ""},
    {"HS256 with another secret",
     {"$SECRET", "--secret-env", "PATH"},
     1,
     "invalid: bad-signature: expected an HMAC made with the shared secret, found another one\n",
     ""},
    {"RS256 with a secret",
     {"$TOKEN", "--secret-env", "ROLECALL_TEST_SECRET"},
     1,
     "invalid: bad-alg: expected alg HS256, found alg RS256\n",
     ""},
    {"HS256 with a key set",
     {"$SECRET", "--jwks", "$JWKS"},
     1,
     "invalid: bad-alg: expected alg RS256, found alg HS256\n",
     ""},
    {"alg not allowed",
     {"$TOKEN", "--jwks", "$JWKS", "--alg", "ES256"},
     1,
     "invalid: bad-alg: expected alg ES256, found alg RS256\n",
     ""},
    {"issuer without slash",
     {"$TOKEN", "--jwks", "$JWKS", "--issuer=https://authentik.company"},
     1,
     "invalid: bad-iss: expected iss \"https://authentik.company\", "
     "found iss \"https://authentik.company/\"\n",
     ""},
    {"audience",
     {"$TOKEN", "--jwks", "$JWKS", "--audience", "grafana"},
     1,
     "invalid: bad-aud: expected aud \"grafana\", found aud \"argocd\"\n",
     ""},
    {"nonce",
     {"$TOKEN", "--jwks", "$JWKS", "--nonce", "n-2"},
     1,
     "invalid: bad-nonce: expected nonce \"n-2\", found nonce \"n-1\"\n",
     ""},
    {"expired",
     {"$TOKEN", "--jwks", "$JWKS", "--now", "2026-01-01T00:05:00Z"},
     1,
     "invalid: expired: expected exp after 2026-01-01T00:05:00Z, found exp 2026-01-01T00:05:00Z\n",
     ""},
    {"expired within leeway",
     {"$TOKEN", "--jwks", "$JWKS", "--now", "2026-01-01T00:05:00Z", "--leeway", "1m"},
     0,
     "valid\n",
     ""},
    {"issued in the future",
     {"$TOKEN", "--jwks", "$JWKS", "--now", "1767220000"},
     1,
     "invalid: iat-future: expected iat not after 2025-12-31T22:26:40Z, "
     "found iat 2025-12-31T23:00:00Z\n",
     ""},
    {"malformed",
     {"abc", "--jwks", "$JWKS"},
     1,
     "invalid: malformed: expected a compact JWS, found not three parts: 1 parts, expected 3\n",
     ""},
    {"no key", {"$TOKEN"}, 2, "", "one of --jwks and --secret-env is needed"},
    {"two keys", {"$TOKEN", "--jwks", "$JWKS", "--secret-env", "PATH"}, 2, "", "one of --jwks"},
    {"secret not set",
     {"$TOKEN", "--secret-env", "ROLECALL_TEST_NOTHING"},
     2,
     "",
     "--secret-env: the variable 'ROLECALL_TEST_NOTHING' is not set"},
    {"jwks not there", {"$TOKEN", "--jwks", "/nonexistent/jwks.json"}, 2, "", "--jwks"},
    {"jwks no JSON", {"$TOKEN", "--jwks", "/proc/self/cmdline"}, 2, "", "rolecall: "},
    {"alg unknown",
     {"$TOKEN", "--jwks", "$JWKS", "--alg", "RS265"},
     2,
     "",
     "--alg: unknown algorithm 'RS265'; did you mean 'RS256'?"},
    {"alg none", {"$TOKEN", "--jwks", "$JWKS", "--alg", "none"}, 2, "", "'none' is never valid"},
    {"option unknown",
     {"$TOKEN", "--jwks", "$JWKS", "--isuer", "x"},
     2,
     "",
     "unknown option '--isuer'; did you mean '--issuer'?"},
    {"option without value", {"$TOKEN", "--jwks"}, 2, "", "--jwks needs a value"},
    {"leeway no duration",
     {"$TOKEN", "--jwks", "$JWKS", "--leeway", "soon"},
     2,
     "",
     "--leeway: 'soon' is no duration"},
    {"two tokens", {"$TOKEN", "$SECRET", "--jwks", "$JWKS"}, 2, "", "one token at a time"},
    {"no token", {"--jwks", "$JWKS"}, 2, "", "no token"},
    {"help", {"--help"}, 0, NULL, ""},
};

static const char *word_of(const struct fixture *f, const char *word)
{
    const struct {
        const char *name;
        const char *value;
    } names[] = {{"$JWKS", f->jwks_file}, {"$TOKEN", f->token}, {"$SECRET", f->secret}};
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        if (strcmp(names[i].name, word) == 0) {
            return names[i].value;
        }
    }
    return word;
}

static void test_token_verify__says_valid_or_why_not(void **state)
{
    const struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(verify_rows); i++) {
        const struct verify_row *r = &verify_rows[i];
        const char *words[16] = {"verify", "--now", NOW};
        for (size_t w = 0; r->words[w]; w++) {
            words[3 + w] = word_of(f, r->words[w]);
        }
        AUTO(outcome_deinit) struct outcome o = run(f, NULL, words);
        if (o.status != r->status || (r->out && strcmp(o.out, r->out) != 0) ||
            !strstr(o.err, r->err) || (r->err[0] == '\0' && o.err[0] != '\0')) {
            fail_msg("%s: %d: %s%s", r->name, o.status, o.out, o.err);
        }
        check_never_says(&o, f->token);
        check_never_says(&o, f->secret);
    }
}

static void test_token_verify__takes_a_single_jwk(void **state)
{
    const struct fixture *f = *state;
    AUTO(key_free) struct key *k = key_test("rsa-2048-1");
    AUTO(js_free) struct js *jwk = jwk_public(k);
    AUTO(xfree) char *path = in_dir(f, "jwk.json");
    AUTO(xfree) char *other = in_dir(f, "other.json");
    js_set_text(jwk, "kid", "one");
    AUTO(xfree) char *text = js_compact(jwk);
    assert_int_equal(file_write(path, text, strlen(text), 0600, NULL), 0);
    assert_int_equal(file_write(other, "{}", 2, 0600, NULL), 0);
    const char *good[] = {"verify", f->token, "--jwks", path, "--now", NOW, NULL};
    const char *bad[] = {"verify", f->token, "--jwks", other, "--now", NOW, NULL};
    AUTO(outcome_deinit) struct outcome a = run(f, NULL, good);
    AUTO(outcome_deinit) struct outcome b = run(f, NULL, bad);
    assert_string_equal(a.out, "valid\n");
    assert_int_equal(b.status, STATUS_USAGE);
    assert_non_null(strstr(b.err, "has no array 'keys'"));
}

static void serve_jwks(void *ctx, const struct http_request *req, struct http_response *resp)
{
    const struct fixture *f = ctx;
    AUTO(xfree) char *text = slurp(f->jwks_file);
    http_respond(resp, 200, "application/json", text);
}

static void serve_nothing(void *ctx, const struct http_request *req, struct http_response *resp)
{
    http_respond(resp, 404, "text/html", "<html>");
}

/* 200 is read, 404 and nobody there are status 3: the surroundings broke, the token was not judged.
 */
static void test_token_verify__fetches_the_keys(void **state)
{
    struct fixture *f = *state;
    static const struct http_route routes[] = {{"GET", "/jwks/", serve_jwks, false}, {NULL}};
    AUTO(clock_free) struct clock *clock = clock_new_wall(0);
    struct http_site site = {
        .name = "keys", .routes = routes, .fallback = serve_nothing, .ctx = f, .clock = clock};
    AUTO(http_host_free) struct http_host *host = NULL;
    struct http_listener *listener = NULL;
    assert_int_equal(http_host_new(&host, NULL), 0);
    assert_int_equal(http_listen(host, &site, "127.0.0.1", 0, &listener, NULL), 0);
    unsigned port = http_listener_port(listener);
    AUTO(xfree) char *good = xasprintf("http://127.0.0.1:%u/jwks/", port);
    AUTO(xfree) char *missing = xasprintf("http://127.0.0.1:%u/jwks", port);
    AUTO(xfree) char *closed = xasprintf("http://127.0.0.1:%d/jwks/", TEST_CLOSED_PORT);
    const char *words[] = {"verify", f->token, "--now", NOW, "--jwks", good, NULL};
    AUTO(outcome_deinit) struct outcome a = run(f, NULL, words);
    words[5] = missing;
    AUTO(outcome_deinit) struct outcome b = run(f, NULL, words);
    (void)http_listener_free(listener);
    words[5] = closed;
    AUTO(outcome_deinit) struct outcome c = run(f, NULL, words);
    assert_string_equal(a.out, "valid\n");
    assert_int_equal(a.status, STATUS_OK);
    assert_int_equal(b.status, STATUS_ERROR);
    assert_non_null(strstr(b.err, "answered 404, expected 200"));
    assert_int_equal(c.status, STATUS_ERROR);
    assert_non_null(strstr(c.err, "connection refused"));
}

/* RFC 3339 with its zones; what is no date is refused. */
static const struct now_row {
    const char *text;
    const char *expired_at; /* the token of the fixture judged then; NULL = refused */
} now_rows[] = {
    {"2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"},
    {"2026-01-02t00:00:00z", "2026-01-02T00:00:00Z"},
    {"2026-01-02 00:00:00.75Z", "2026-01-02T00:00:00Z"},
    {"2026-01-02T02:30:00+02:30", "2026-01-02T00:00:00Z"},
    {"2026-01-01T22:00:00-02:00", "2026-01-02T00:00:00Z"},
    {"2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"},
    {"1767312000", "2026-01-02T00:00:00Z"},
    {"2026-02-30T00:00:00Z", NULL},
    {"2027-02-29T00:00:00Z", NULL},
    {"2026-13-01T00:00:00Z", NULL},
    {"2026-01-02T24:00:00Z", NULL},
    {"2026-01-02T00:60:00Z", NULL},
    {"2026-01-02T00:00:00", NULL},
    {"2026-01-02T00:00:00+2:30", NULL},
    {"2026-01-02T00:00:00+02:30x", NULL},
    {"2026-01-02", NULL},
    {"26-01-02T00:00:00Z", NULL},
    {"-5", NULL},
    {"tomorrow", NULL},
    {"", NULL},
};

static void test_token_verify__reads_the_time(void **state)
{
    const struct fixture *f = *state;
    for (size_t i = 0; i < TEST_COUNT(now_rows); i++) {
        AUTO(xfree) char *now = xasprintf("--now=%s", now_rows[i].text);
        const char *words[] = {"verify", f->token, "--jwks", f->jwks_file, now, NULL};
        AUTO(outcome_deinit) struct outcome o = run(f, NULL, words);
        AUTO(xfree)
        char *wanted = xasprintf("expected exp after %s,",
                                 now_rows[i].expired_at ? now_rows[i].expired_at : "");
        bool ok = now_rows[i].expired_at ? o.status == 1 && strstr(o.out, wanted)
                                         : o.status == 2 && strstr(o.err, "--now: ");
        if (!ok) {
            fail_msg("'%s': %d: %s%s", now_rows[i].text, o.status, o.out, o.err);
        }
    }
}

static void test_token__needs_an_action(void **state)
{
    const struct fixture *f = *state;
    const char *wrong[] = {"verfy", NULL};
    const char *forgotten[] = {f->token, NULL};
    const char *nothing[] = {NULL};
    const char *help[] = {"--help", NULL};
    AUTO(outcome_deinit) struct outcome a = run(f, NULL, wrong);
    AUTO(outcome_deinit) struct outcome b = run(f, NULL, forgotten);
    AUTO(outcome_deinit) struct outcome c = run(f, NULL, nothing);
    AUTO(outcome_deinit) struct outcome d = run(f, NULL, help);
    assert_int_equal(a.status, STATUS_USAGE);
    assert_non_null(strstr(a.err, "did you mean 'verify'?"));
    assert_int_equal(b.status, STATUS_USAGE);
    check_never_says(&b, f->token);
    assert_int_equal(c.status, STATUS_USAGE);
    assert_int_equal(d.status, STATUS_OK);
    assert_non_null(strstr(d.out, "usage: rolecall token"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_token_inspect__shows_and_says_nothing_is_verified, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(test_token_inspect__reads_stdin_and_tells_the_past, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(test_token_inspect__odd_tokens, setup, teardown),
    cmocka_unit_test_setup_teardown(test_token_verify__says_valid_or_why_not, setup, teardown),
    cmocka_unit_test_setup_teardown(test_token_verify__takes_a_single_jwk, setup, teardown),
    cmocka_unit_test_setup_teardown(test_token_verify__fetches_the_keys, setup, teardown),
    cmocka_unit_test_setup_teardown(test_token_verify__reads_the_time, setup, teardown),
    cmocka_unit_test_setup_teardown(test_token__needs_an_action, setup, teardown),
};

int main(void)
{
    return TEST_MAIN(tests);
}
