/*
 * The parts of the bench and what each measures. All of them run in one process and in one sitting,
 * round after round in turn, so that a machine whose speed drifts changes ratios little. What is
 * quoted is the median of the rounds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/crypto/count.h"
#include "harness/data/json.h"
#include "tests/bench/samples.h"

struct bench_conf {
    bool json;
    bool quick;
    const char *program; /* build/rolecall */
    const char *root;    /* the source tree */
};

/* ---- what each operation costs bare: CPU microseconds, user + system, all threads ---- */

enum cost {
    COST_RSA_SIGN,  /* RSA-2048, SHA-256 */
    COST_RSA4_SIGN, /* RSA-4096 */
    COST_EC_SIGN,   /* P-256 */
    COST_RSA_VERIFY,
    COST_EC_VERIFY,
    COST_HMAC,
    COST_SCRYPT,    /* of Argo CD's server.secretkey */
    COST_HANDSHAKE, /* TLS 1.3, P-256 leaf, client and server, in memory */
    COST_HTTPS,     /* one kept-alive exchange, client and server: libcurl and evhttp bare */
    COST_HTTP,
    COST_OUR_HTTPS, /* the same through harness/http; for comparison, in no floor */
    COST_OUR_HTTP,
    COST_MAX_
};
const char *cost_name(enum cost c);

struct costs;

int costs_new(struct costs **ret, struct err *err) MUST_USE;
struct costs *costs_free(struct costs *c);
/* One more round of samples. */
int costs_round(struct costs *c, struct err *err) MUST_USE;
double cost_us(const struct costs *c, enum cost which);

/* ---- counted operations ---- */

struct tally {
    uint64_t ops[CRYPTO_OP_MAX_];
};
struct tally tally_now(void);
struct tally tally_since(const struct tally *before);
void tally_add(struct tally *to, const struct tally *more);
uint64_t tally_signs(const struct tally *t);
uint64_t tally_verifies(const struct tally *t);
/* The operations but the exchanges at their bare cost. */
double tally_crypto_us(const struct tally *t, const struct costs *c);
/* The exchanges too, each as a typical one over TLS. */
double tally_floor_us(const struct tally *t, const struct costs *c);

/* ---- logins in this process: mocks and agents together ---- */

struct logins;

int logins_new(const struct bench_conf *conf, struct logins **ret, struct err *err) MUST_USE;
struct logins *logins_free(struct logins *l);
int logins_round(struct logins *l, struct err *err) MUST_USE;

struct login_row {
    const char *via;
    const char *alg;
    bool tls;
    bool kept; /* the browser was signed in already */
    int parallel;
    double per_s;
    double cpu_us;   /* of one login, as all that follows */
    double wire_us;  /* its exchanges held again by the bare libraries */
    double floor_us; /* that and its signatures, verifications and handshakes */
    double ratio;
    double signs, verifies, hmacs, handshakes, exchanges;
};

/* The rows, ended by one without via; caller frees with xfree. */
struct login_row *logins_rows(const struct logins *l, const struct costs *c);

/* ---- `serve`: start and memory ---- */

struct serve_figures {
    struct samples ready_ms; /* exec to the ready line */
    struct samples start_ms; /* exec to the first answered discovery request */
    int64_t idle_kb;
    int64_t after_kb;
    int64_t peak_kb;
    size_t logins; /* between idle and after */
};

int serve_starts(const struct bench_conf *conf, struct serve_figures *f, struct err *err) MUST_USE;
int serve_memory(const struct bench_conf *conf, struct serve_figures *f, struct err *err) MUST_USE;
void serve_figures_deinit(struct serve_figures *f);

/* ---- the scenario suite ---- */

struct suite_figures {
    size_t scenarios;
    struct tally tally;
    struct samples wall_ms[2]; /* by jobs - 1 */
    struct samples cpu_ms;     /* jobs 1 */
    int exit_status;
};

int suite_count(const struct bench_conf *conf, struct suite_figures *f, struct err *err) MUST_USE;
int suite_round(const struct bench_conf *conf, struct suite_figures *f, struct err *err) MUST_USE;
void suite_figures_deinit(struct suite_figures *f);

/* ---- beside the bare C issuer ---- */

struct peer_figures {
    char *skipped; /* why it was not measured, or NULL */
    struct samples ours_per_s;
    struct samples floor_per_s;
    struct samples ratio;       /* pair by pair */
    struct samples ours_cpu_us; /* the server's */
    struct samples floor_cpu_us;
};

int peer_measure(const struct bench_conf *conf, struct peer_figures *f, struct err *err) MUST_USE;
void peer_figures_deinit(struct peer_figures *f);

/* ---- the report ---- */

struct bench_figures {
    const struct bench_conf *conf;
    const struct costs *costs;
    const struct logins *logins;
    const struct serve_figures *serve;
    const struct suite_figures *suite;
    const struct peer_figures *peer;
    double wall_s;
};

/* Text for people, or JSON (rolecall.bench/1). */
char *bench_report(const struct bench_figures *f);

DEFINE_AUTO(struct costs, costs_free)
DEFINE_AUTO(struct logins, logins_free)
DEFINE_AUTO_VALUE(struct serve_figures, serve_figures_deinit)
DEFINE_AUTO_VALUE(struct suite_figures, suite_figures_deinit)
DEFINE_AUTO_VALUE(struct peer_figures, peer_figures_deinit)
