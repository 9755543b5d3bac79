/*
 * The figures as text for people and as one JSON document, from the same numbers. A goal is a row.
 */
#include "tests/bench/bench.h"

#include <math.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

struct goal {
    const char *name;
    double bound;
    bool at_least; /* else at most */
    double found;
    bool measured;
};

#define GOALS 7

static double suite_wall_ms(const struct bench_figures *f)
{
    return samples_median(&f->suite->wall_ms[0]);
}

static double suite_floor_ms(const struct bench_figures *f)
{
    return tally_floor_us(&f->suite->tally, f->costs) / 1e3;
}

/* The worst ratio of all kinds of login: the goal is for each of them. */
static double worst_ratio(const struct login_row *rows)
{
    double worst = 0;
    for (const struct login_row *r = rows; r->via != NULL; r++)
        worst = r->ratio > worst ? r->ratio : worst;
    return worst;
}

/* The goals of the issue. */
static void set_goals(const struct bench_figures *f, const struct login_row *rows,
                      struct goal ret[GOALS + 1])
{
    const struct goal goals[GOALS + 1] = {
        {"CPU per login over its floor, the worst kind", 1.5, false, worst_ratio(rows), true},
        {"direct, session kept, https, 8 at a time: logins/s over the bare issuer's", 0.75, true,
         samples_median(&f->peer->ratio), f->peer->skipped == NULL},
        {"cold start of serve to the first answer, ms", 15, false,
         samples_median(&f->serve->start_ms), true},
        {"memory of serve, idle, MiB", 24, false, (double)f->serve->idle_kb / 1024, true},
        {"memory of serve after the logins, MiB", 48, false, (double)f->serve->after_kb / 1024,
         true},
        {"the suite over its floor, wall time, one job", 4, false,
         suite_wall_ms(f) / suite_floor_ms(f), true},
        {NULL, 0, false, 0, false},
    };
    for (size_t i = 0; i <= GOALS && (i == 0 || ret[i - 1].name != NULL); i++)
        ret[i] = goals[i];
}

static bool is_met(const struct goal *g)
{
    return g->measured && (g->at_least ? g->found >= g->bound : g->found <= g->bound);
}

/* ---- JSON ---- */

/* Three digits behind the point are more than the noise leaves. */
static struct js *real(double v)
{
    return js_real(round(v * 1000) / 1000);
}

static struct js *login_json(const struct login_row *r)
{
    struct js *o = js_object();
    struct js *counts = js_object();
    js_set(counts, "sign", real(r->signs));
    js_set(counts, "verify", real(r->verifies));
    js_set(counts, "hmac", real(r->hmacs));
    js_set(counts, "handshake", real(r->handshakes));
    js_set(counts, "exchange", real(r->exchanges));
    js_set_text(o, "via", r->via);
    js_set_text(o, "alg", r->alg);
    js_set(o, "tls", js_bool(r->tls));
    js_set_text(o, "session", r->kept ? "kept" : "fresh");
    js_set(o, "parallel", js_int(r->parallel));
    js_set(o, "per_s", real(r->per_s));
    js_set(o, "cpu_us", real(r->cpu_us));
    js_set(o, "wire_us", real(r->wire_us));
    js_set(o, "floor_us", real(r->floor_us));
    js_set(o, "ratio", real(r->ratio));
    js_set(o, "counts", counts);
    return o;
}

static struct js *suite_json(const struct bench_figures *f)
{
    struct js *o = js_object();
    js_set(o, "scenarios", js_int((int64_t)f->suite->scenarios));
    js_set(o, "wall_ms", real(suite_wall_ms(f)));
    js_set(o, "floor_ms", real(suite_floor_ms(f)));
    js_set(o, "ratio", real(suite_wall_ms(f) / suite_floor_ms(f)));
    js_set(o, "cpu_ms", real(samples_median(&f->suite->cpu_ms)));
    js_set(o, "wall_ms_two_jobs", real(samples_median(&f->suite->wall_ms[1])));
    js_set(o, "status", js_int(f->suite->exit_status));
    return o;
}

static struct js *peer_json(const struct peer_figures *p)
{
    struct js *o = js_object();
    if (p->skipped != NULL) {
        js_set_text(o, "skipped", p->skipped);
        return o;
    }
    js_set(o, "per_s", real(samples_median(&p->ours_per_s)));
    js_set(o, "floor_pool_per_s", real(samples_median(&p->floor_per_s)));
    js_set(o, "ratio", real(samples_median(&p->ratio)));
    js_set(o, "server_cpu_us", real(samples_median(&p->ours_cpu_us)));
    js_set(o, "floor_pool_server_cpu_us", real(samples_median(&p->floor_cpu_us)));
    return o;
}

static struct js *goals_json(const struct goal *goals)
{
    struct js *list = js_array();
    for (const struct goal *g = goals; g->name != NULL; g++) {
        struct js *o = js_object();
        js_set_text(o, "goal", g->name);
        js_set(o, g->at_least ? "at_least" : "at_most", real(g->bound));
        js_set(o, "found", g->measured ? real(g->found) : js_null());
        js_set(o, "met", g->measured ? js_bool(is_met(g)) : js_null());
        js_append(list, o);
    }
    return list;
}

static char *as_json(const struct bench_figures *f, const struct login_row *rows,
                     const struct goal *goals)
{
    AUTO(js_free) struct js *o = js_object();
    struct js *logins = js_array();
    struct js *costs = js_object();
    for (const struct login_row *r = rows; r->via != NULL; r++)
        js_append(logins, login_json(r));
    for (int i = 0; i < COST_MAX_; i++)
        js_set(costs, cost_name((enum cost)i), real(cost_us(f->costs, (enum cost)i)));
    js_set_text(o, "schema", "rolecall.bench/1");
    js_set(o, "logins", logins);
    js_set(o, "cold_start_ms", real(samples_median(&f->serve->start_ms)));
    js_set(o, "ready_ms", real(samples_median(&f->serve->ready_ms)));
    js_set(o, "rss_idle_kb", js_int(f->serve->idle_kb));
    js_set(o, "rss_after_kb", js_int(f->serve->after_kb));
    js_set(o, "rss_peak_kb", js_int(f->serve->peak_kb));
    js_set(o, "rss_logins", js_int((int64_t)f->serve->logins));
    js_set(o, "suite", suite_json(f));
    js_set(o, "bare_issuer", peer_json(f->peer));
    js_set(o, "costs_us", costs);
    js_set(o, "goals", goals_json(goals));
    js_set(o, "quick", js_bool(f->conf->quick));
    js_set(o, "wall_s", real(f->wall_s));
    return js_pretty(o, 2);
}

/* ---- text ---- */

static void costs_text(struct buf *b, const struct costs *c)
{
    buf_adds(b, "bare costs (CPU us, user + system, all threads)\n");
    for (int i = 0; i < COST_MAX_; i++)
        buf_addf(b, "  %-20s %10.1f\n", cost_name((enum cost)i), cost_us(c, (enum cost)i));
}

static void logins_text(struct buf *b, const struct login_row *rows)
{
    buf_adds(b, "\nlogins, mocks and agents together (counts and CPU us are of one login)\n"
                "  via    alg   scheme session   at once  per s   CPU us   wire us  floor us ratio "
                "   sign verify handshake exchange\n");
    for (const struct login_row *r = rows; r->via != NULL; r++)
        buf_addf(
            b, "  %-6s %s %-6s %-7s   %7d %6.0f %8.0f %9.0f %9.0f %5.2f %7.2f %6.2f %9.2f %8.2f\n",
            r->via, r->alg, r->tls ? "https" : "http", r->kept ? "kept" : "fresh", r->parallel,
            r->per_s, r->cpu_us, r->wire_us, r->floor_us, r->ratio, r->signs, r->verifies,
            r->handshakes, r->exchanges);
}

static void serve_text(struct buf *b, const struct serve_figures *s)
{
    buf_addf(b, "\nserve\n  ready line after      %6.1f ms (%.1f..%.1f, %zu starts)\n",
             samples_median(&s->ready_ms), samples_min(&s->ready_ms), samples_max(&s->ready_ms),
             s->ready_ms.len);
    buf_addf(b, "  first answer after    %6.1f ms (%.1f..%.1f)\n", samples_median(&s->start_ms),
             samples_min(&s->start_ms), samples_max(&s->start_ms));
    buf_addf(b, "  memory idle           %6.1f MiB\n", (double)s->idle_kb / 1024);
    buf_addf(b, "  memory after %zu logins, half ui, half direct: %.1f MiB (peak %.1f)\n",
             s->logins, (double)s->after_kb / 1024, (double)s->peak_kb / 1024);
}

static void suite_text(struct buf *b, const struct bench_figures *f)
{
    const struct tally *t = &f->suite->tally;
    buf_addf(b, "\nsuite: %zu scenarios, exec to exit, JSON report\n", f->suite->scenarios);
    buf_addf(b, "  one job  %7.0f ms, CPU %.0f ms, floor %.0f ms, ratio %.2f\n", suite_wall_ms(f),
             samples_median(&f->suite->cpu_ms), suite_floor_ms(f),
             suite_wall_ms(f) / suite_floor_ms(f));
    buf_addf(b, "  two jobs %7.0f ms\n", samples_median(&f->suite->wall_ms[1]));
    buf_addf(b,
             "  counted: %llu signatures, %llu verifications, %llu handshakes, %llu exchanges, "
             "%llu scrypt\n",
             (unsigned long long)tally_signs(t), (unsigned long long)tally_verifies(t),
             (unsigned long long)t->ops[CRYPTO_TLS_HANDSHAKE],
             (unsigned long long)t->ops[CRYPTO_HTTP_EXCHANGE],
             (unsigned long long)t->ops[CRYPTO_SCRYPT]);
}

static void peer_text(struct buf *b, const struct peer_figures *p)
{
    buf_adds(b, "\nbeside the bare C issuer with a signing pool (direct, kept, https, 8 at a time, "
                "the same client)\n");
    if (p->skipped != NULL) {
        buf_addf(b, "  not measured: %s\n", p->skipped);
        return;
    }
    buf_addf(b, "  rolecall serve %6.0f logins/s, server CPU %.0f us a login\n",
             samples_median(&p->ours_per_s), samples_median(&p->ours_cpu_us));
    buf_addf(b, "  bare issuer    %6.0f logins/s, server CPU %.0f us a login\n",
             samples_median(&p->floor_per_s), samples_median(&p->floor_cpu_us));
    buf_addf(b, "  ratio %.2f (%.2f..%.2f, pair by pair)\n", samples_median(&p->ratio),
             samples_min(&p->ratio), samples_max(&p->ratio));
}

static void goals_text(struct buf *b, const struct goal *goals)
{
    buf_adds(b, "\ngoals\n");
    for (const struct goal *g = goals; g->name != NULL; g++)
        buf_addf(b, "  %-12s %s: %.2f (%s %g)\n",
                 !g->measured ? "not measured" : (is_met(g) ? "met" : "MISSED"), g->name, g->found,
                 g->at_least ? "at least" : "at most", g->bound);
}

char *bench_report(const struct bench_figures *f)
{
    AUTO(buf_deinit) struct buf b;
    struct goal goals[GOALS + 1] = {0};
    struct login_row *rows = logins_rows(f->logins, f->costs);
    set_goals(f, rows, goals);
    buf_init(&b, BUF_MAX_TEXT);
    if (f->conf->json) {
        char *json = as_json(f, rows, goals);
        xfree(rows);
        return json;
    }
    costs_text(&b, f->costs);
    logins_text(&b, rows);
    serve_text(&b, f->serve);
    suite_text(&b, f);
    peer_text(&b, f->peer);
    goals_text(&b, goals);
    buf_addf(&b, "\nmedians of rounds in turn; the bench took %.0f s%s", f->wall_s,
             f->conf->quick ? " (quick: wider spread)" : "");
    xfree(rows);
    return buf_take(&b);
}
