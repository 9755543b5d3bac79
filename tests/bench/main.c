/*
 * `./dev bench [--json] [--quick]`: the parts in turn, then one report on stdout. ROLECALL_ROOT is
 * the source tree, ROLECALL_BIN the program; progress goes to stderr.
 */
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"

static int usage(void)
{
    fputs("usage: bench [--json] [--quick]\n"
          "  --json   one JSON document (rolecall.bench/1)\n"
          "  --quick  fewer rounds: under a minute, wider spread\n",
          stderr);
    return 2;
}

static int read_args(int argc, char **argv, struct bench_conf *conf)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            conf->json = true;
        else if (strcmp(argv[i], "--quick") == 0)
            conf->quick = true;
        else
            return -1;
    }
    conf->program = getenv("ROLECALL_BIN");
    conf->root = getenv("ROLECALL_ROOT");
    return conf->program != NULL && conf->root != NULL ? 0 : -1;
}

static void say(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
}

static int measure(const struct bench_conf *conf, struct costs *costs, struct logins *logins,
                   struct bench_figures *f, struct serve_figures *serve,
                   struct suite_figures *suite, struct peer_figures *peer, struct err *err)
{
    int rounds = conf->quick ? 3 : 5;
    int suite_rounds = conf->quick ? 1 : 3; /* the longest part */
    for (int i = 0; i < rounds; i++) {
        fprintf(stderr, "bench: round %d of %d\n", i + 1, rounds);
        if (costs_round(costs, err) != 0 || logins_round(logins, err) != 0 ||
            serve_starts(conf, serve, err) != 0 ||
            (i < suite_rounds && suite_round(conf, suite, err) != 0))
            return -1;
    }
    say("the suite, counted");
    if (suite_count(conf, suite, err) != 0)
        return -1;
    say("beside the bare issuer");
    if (peer_measure(conf, peer, err) != 0)
        return -1;
    say("memory");
    if (serve_memory(conf, serve, err) != 0)
        return -1;
    f->costs = costs;
    f->logins = logins;
    f->serve = serve;
    f->suite = suite;
    f->peer = peer;
    return 0;
}

static int bench(const struct bench_conf *conf, struct err *err)
{
    AUTO(costs_free) struct costs *costs = NULL;
    AUTO(logins_free) struct logins *logins = NULL;
    AUTO(serve_figures_deinit) struct serve_figures serve = {0};
    AUTO(suite_figures_deinit) struct suite_figures suite = {0};
    AUTO(peer_figures_deinit) struct peer_figures peer = {0};
    struct bench_figures f = {.conf = conf};
    int64_t start_ns = clock_mono_ns();
    if (costs_new(&costs, err) != 0 || logins_new(conf, &logins, err) != 0 ||
        measure(conf, costs, logins, &f, &serve, &suite, &peer, err) != 0)
        return -1;
    f.wall_s = (double)(clock_mono_ns() - start_ns) / 1e9;
    AUTO(xfree) char *text = bench_report(&f);
    printf("%s\n", text);
    return 0;
}

int main(int argc, char **argv)
{
    struct bench_conf conf = {0};
    struct err err = {0};
    char text[1024];
    if (read_args(argc, argv, &conf) != 0)
        return usage();
    if (bench(&conf, &err) == 0)
        return 0;
    fprintf(stderr, "bench: %s\n", err_text(&err, text, sizeof(text)));
    return 3;
}
