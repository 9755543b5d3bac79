/* What is skipped when systems are live, with the reason, and what is not. */
#include "tests/support/test.h"

#include <string.h>

#include "harness/run/one.h"
#include "tests/unit/run/suite.h"

#define LIVE_AUTHENTIK "{\"live\":{\"authentik\":{\"url\":\"https://sso.example\"}}}"
#define LIVE_ARGOCD "{\"live\":{\"argocd\":{\"url\":\"https://cd.example\"}}}"
#define LIVE_DEX                                                                                   \
    "{\"authentik\":{\"url\":\"http://127.0.0.1:9000\"},"                                          \
    "\"live\":{\"dex\":{\"url\":\"http://127.0.0.1:5556\"}}}"
#define STEP(kind_)                                                                                \
    "steps:\n  - " kind_ "\n  - login: {as: admin, via: ui}\n    expect: {outcome: signed-in}\n"
#define PLAIN LOGIN_UI_STEP "{outcome: signed-in}\n"

struct row {
    const char *name;
    const char *live;   /* NULL = mocks only */
    const char *yaml;   /* after "title: t\n" */
    const char *reason; /* NULL = it runs */
    bool intrusive;
};

static const struct row rows[] = {
    {"a login", LIVE_AUTHENTIK, PLAIN, NULL, false},
    {"everything with mocks", NULL, "faults: [authentik/id-token.wrong-aud]\n" PLAIN, NULL, false},
    {"a fault of a live system", LIVE_AUTHENTIK, "faults: [authentik/id-token.wrong-aud]\n" PLAIN,
     "the fault authentik/id-token.wrong-aud needs a mocked authentik", true},
    {"a fault of a mock beside it", LIVE_AUTHENTIK, "faults: [dex/id-token.wrong-aud]\n" PLAIN,
     NULL, true},
    {"the same without leave", LIVE_AUTHENTIK, "faults: [dex/id-token.wrong-aud]\n" PLAIN,
     "could look like an attack", false},
    {"Dex belongs to a live Argo CD", LIVE_ARGOCD, "faults: [dex/id-token.wrong-aud]\n" PLAIN,
     "needs a mocked dex", true},
    {"a changed provider", LIVE_AUTHENTIK,
     "setup: {authentik: {provider: {signing_key: ec}}}\n" PLAIN,
     "it changes the configuration (authentik) of authentik, which is live here", true},
    {"a row of the version table", LIVE_AUTHENTIK,
     "setup: {authentik: {quirks: {jti: false}}}\n" PLAIN, NULL, false},
    {"a row and a changed provider", LIVE_AUTHENTIK,
     "setup: {authentik: {quirks: {jti: false}, provider: {signing_key: ec}}}\n" PLAIN,
     "configuration (authentik)", false},
    {"changed people", LIVE_AUTHENTIK, "setup: {people: {alice: {groups: []}}}\n" PLAIN,
     "configuration (people) of authentik", true},
    {"a provider that a live Dex has read", LIVE_DEX,
     "setup: {authentik: {provider: {signing_key: ec}}}\n" PLAIN,
     "it changes authentik, whose metadata dex, live here, read when it started", true},
    {"the same without Dex", LIVE_DEX,
     "setup: {authentik: {provider: {signing_key: ec}}}\nsteps:\n  - login: {as: admin, via: "
     "direct}\n    expect: {outcome: signed-in}\n",
     NULL, true},
    {"keys that a live Dex has read", LIVE_DEX, "faults: [authentik/jwks.empty]\n" PLAIN,
     "the fault authentik/jwks.empty is in what dex, live here, read before", true},
    {"a token for a live Dex", LIVE_DEX, "faults: [authentik/id-token.wrong-aud]\n" PLAIN, NULL,
     true},
    {"a certificate that is none", LIVE_DEX, "faults: [authentik/tls.expired]\n" PLAIN,
     "the fault authentik/tls.expired needs TLS, and authentik is http://127.0.0.1:9000 here",
     true},
    {"a changed policy of a mock", LIVE_AUTHENTIK,
     "setup: {argocd: {rbac_cm: {policy.default: role:readonly}}}\n" PLAIN, NULL, false},
    {"a changed policy of a live Argo CD", LIVE_ARGOCD,
     "setup: {argocd: {rbac_cm: {policy.default: role:readonly}}}\n" PLAIN,
     "configuration (argocd) of argocd", true},
    {"time", LIVE_AUTHENTIK, STEP("advance: 1h"), "the clock of a live system cannot be moved",
     true},
    {"a held callback", LIVE_AUTHENTIK, "faults: [browser/callback.held]\n" PLAIN,
     "the clock of a live system cannot be moved", true},
    {"a late answer of a mock beside it", LIVE_AUTHENTIK, "faults: [dex/http.delay]\n" PLAIN,
     "the clock of a live system cannot be moved", true},
    {"another fault of the wire", LIVE_AUTHENTIK, "faults: [dex/http.cut]\n" PLAIN, NULL, true},
    {"keys of a live system", LIVE_AUTHENTIK, STEP("rotate-keys: authentik"),
     "authentik is live here and only a mock can be told to rotate-keys", true},
    {"keys of a mock", LIVE_AUTHENTIK, STEP("rotate-keys: dex"), NULL, true},
    {"a restart", LIVE_ARGOCD, STEP("restart: argocd"), "only a mock can be told to restart", true},
    {"a change on the way", LIVE_ARGOCD,
     STEP("change: {argocd: {rbac_cm: {policy.default: role:readonly}}}"), "configuration (argocd)",
     true},
    {"a wrong password", LIVE_AUTHENTIK,
     "steps:\n  - login: {as: admin, via: ui, password: wrong}\n    expect: {outcome: refused, by: "
     "authentik, at: login, shown: Invalid}\n",
     "could lock a real account (--live-intrusive allows it)", false},
    {"a wrong password with leave", LIVE_AUTHENTIK,
     "steps:\n  - login: {as: admin, via: ui, password: wrong}\n    expect: {outcome: refused, by: "
     "authentik, at: login, shown: Invalid}\n",
     NULL, true},
    {"a wrong code", LIVE_AUTHENTIK,
     "steps:\n  - login: {as: admin, via: ui, second_factor: wrong}\n    expect: {outcome: "
     "refused, "
     "by: authentik, at: login, shown: Invalid}\n",
     "could lock a real account, or use up a code", false},
    {"a wrong code with leave", LIVE_AUTHENTIK,
     "steps:\n  - login: {as: admin, via: ui, second_factor: wrong}\n    expect: {outcome: "
     "refused, "
     "by: authentik, at: login, shown: Invalid}\n",
     NULL, true},
    {"a fault of the browser", LIVE_AUTHENTIK, "faults: [browser/callback.state-changed]\n" PLAIN,
     "could look like an attack", false},
    {"a fault of the browser with leave", LIVE_AUTHENTIK,
     "faults: [browser/callback.state-changed]\n" PLAIN, NULL, true},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void test_row(void **state)
{
    const struct row *row = *state;
    AUTO(xfree) char *yaml = xasprintf("title: t\n%s", row->yaml);
    struct bench_of b;
    struct err err = {0};
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(1, "");
    AUTO(setup_free) struct setup *setup = NULL;
    bench_init(&b);
    if (row->live != NULL)
        bench_patch(&b, row->live);
    bench_add(&b, "one", yaml);
    b.conf.live_intrusive = row->intrusive;
    if (setup_build(b.setup, "guide", rnd, &setup, &err) != 0)
        fail_msg("%s", err.msg);
    AUTO(xfree) char *reason = run_skip_reason(&b.conf, b.scenarios[0], setup);
    if (row->reason == NULL)
        assert_null(reason);
    else if (reason == NULL || strstr(reason, row->reason) == NULL)
        fail_msg("'%s' is not in '%s'", row->reason, reason);
    bench_deinit(&b);
}

int main(void)
{
    struct CMUnitTest tests[ROWS] = {0};
    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){.name = rows[i].name,
                                       .test_func = test_row,
                                       .initial_state = (void *)(uintptr_t)&rows[i]};
    return TEST_MAIN(tests);
}
