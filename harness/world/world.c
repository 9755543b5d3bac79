/*
 * Setup + scenario -> running systems. Starts the mocks in the order in which they depend on each
 * other, says under which names they answer, and carries out what steps do to them. Knows nothing
 * of logins or checks.
 */
#include "harness/world/world.h"

#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/world/stage.h"
#include "mocks/argocd/argocd.h"
#include "mocks/authentik/authentik.h"
#include "mocks/common/wire.h"
#include "mocks/dex/dex.h"

#define LOOPBACK "127.0.0.1"
/* Where the mocks themselves come from while others are listened to. */
#define OWN_ADDRESS "127.0.0.2"
/* Where a Dex that is down "listens": a privileged port nobody has, so that connecting is refused.
 */
#define CLOSED_PORT 1

/* How the world handles each mock: one row a system, in the order of starting. */
struct mock_kind {
    enum system system;
    struct mock *(*start)(const struct mock_env *env, struct err *err);
    void (*site)(struct mock *m, struct http_site *ret);
    struct mock *(*end)(struct mock *m);
    int (*rotate)(struct mock *m, struct err *err);                             /* or NULL */
    int (*restart)(struct mock *m, const struct setup *setup, struct err *err); /* or NULL */
    int (*change)(struct mock *m, const struct setup *setup, struct err *err);  /* or NULL */
    const char *(*down)(const struct mock *m); /* or NULL: always up */
    size_t (*revoke)(struct mock *m, const struct mock_revocation *what);
    size_t (*drop_sessions)(struct mock *m, const char *username); /* or NULL */
    struct js *(*counts)(struct mock *m);
};

static const struct mock_kind kinds[SYSTEM_MAX_] = {
    [SYSTEM_AUTHENTIK] = {SYSTEM_AUTHENTIK, authentik_mock_new, authentik_mock_site,
                          authentik_mock_free, authentik_mock_rotate, NULL, authentik_mock_change,
                          NULL, authentik_mock_revoke, authentik_mock_drop_sessions,
                          authentik_mock_counts},
    [SYSTEM_DEX] = {SYSTEM_DEX, dex_mock_new, dex_mock_site, dex_mock_free, dex_mock_rotate,
                    dex_mock_restart, NULL, dex_mock_down, dex_mock_revoke, NULL, dex_mock_counts},
    [SYSTEM_ARGOCD] = {SYSTEM_ARGOCD, argocd_mock_new, argocd_mock_site, argocd_mock_free, NULL,
                       argocd_mock_restart, argocd_mock_change, argocd_mock_down,
                       argocd_mock_revoke, NULL, argocd_mock_counts},
};

struct part {
    struct mock *mock;         /* NULL when live or a sentinel */
    struct sentinel *sentinel; /* or NULL */
    struct http_client *client;
    struct http_client *direct;     /* of Argo CD, past Dex; or NULL */
    struct http_listener *listener; /* NULL when live or down */
    size_t name;                    /* index into names */
};

struct world {
    struct world_conf conf;
    const struct setup *setup;
    const struct http_ca *ca;
    char *ca_pem; /* own and live ones, one after the other */
    struct http_trust *trust;
    struct http_names names;
    struct part parts[SYSTEM_MAX_];
};

const struct setup *world_setup(const struct world *w)
{
    return w->setup;
}

const struct http_names *world_names(const struct world *w)
{
    return &w->names;
}

const char *world_ca_pem(const struct world *w)
{
    return w->ca_pem;
}

bool world_is_live(const struct world *w, enum system s)
{
    return setup_is_live(w->setup, s);
}

bool world_any_live(const struct world *w)
{
    return setup_any_live(w->setup);
}

enum sentinel_kind world_sentinel(const struct world *w, enum system s)
{
    return w->conf.sentinel[s];
}

uint16_t world_port(const struct world *w, enum system s)
{
    if (w->parts[s].sentinel != NULL)
        return sentinel_port(w->parts[s].sentinel);
    return w->parts[s].listener != NULL ? http_listener_port(w->parts[s].listener) : 0;
}

const char *world_down(const struct world *w, enum system s)
{
    const struct mock *m = w->parts[s].mock;
    return m != NULL && kinds[s].down != NULL ? kinds[s].down(m) : NULL;
}

bool world_is_down(const struct world *w, enum system s)
{
    return world_down(w, s) != NULL;
}

/* The origin under which a system is known to those who ask it. */
static char *origin_of(const struct setup *setup, enum system s, struct err *err)
{
    AUTO(xfree) char *dex = argocd_dex_origin(setup);
    const char *url = s == SYSTEM_AUTHENTIK ? setup->authentik.url : setup->argocd.url;
    if (s == SYSTEM_DEX)
        url = dex;
    else if (setup->live[s].is_live && setup->live[s].url != NULL)
        url = setup->live[s].url;
    AUTO(url_deinit) struct url u = {0};
    if (url == NULL || url_parse(url, &u, err) != 0) {
        err_wrap(err, "the URL of %s", system_name(s));
        return NULL;
    }
    return url_origin(&u);
}

static int add_host(struct strlist *hosts, const char *origin, struct err *err)
{
    AUTO(url_deinit) struct url u = {0};
    if (url_parse(origin, &u, err) != 0)
        return -1;
    if (!strlist_has(hosts, u.host))
        strlist_add(hosts, u.host);
    return 0;
}

static int make_names(struct world *w, struct strlist *hosts, struct err *err)
{
    w->names.items = xcalloc(SYSTEM_MAX_, sizeof(*w->names.items));
    w->names.closed = w->conf.closed && !world_any_live(w);
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        char *origin = origin_of(w->setup, (enum system)s, err);
        if (origin == NULL)
            return -1;
        bool live = setup_is_live(w->setup, (enum system)s);
        w->parts[s].name = w->names.len;
        w->names.items[w->names.len++] = (struct http_name){
            .origin = origin,
            .system = system_name((enum system)s),
            .connect_host = live ? NULL : xstrdup(LOOPBACK),
            .connect_port = live ? 0 : CLOSED_PORT,
        };
        if (!live && add_host(hosts, origin, err) != 0)
            return -1;
    }
    for (size_t i = 0; w->conf.more_hosts != NULL && w->conf.more_hosts[i] != NULL; i++)
        if (!strlist_has(hosts, w->conf.more_hosts[i]))
            strlist_add(hosts, w->conf.more_hosts[i]);
    return 0;
}

/* Live systems without a CA of their own: the system's store. */
static int join_ca(struct world *w, struct err *err)
{
    AUTO(buf_deinit) struct buf pem;
    buf_init(&pem, BUF_MAX_TEXT);
    if (w->ca != NULL)
        buf_adds(&pem, http_ca_pem(w->ca));
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (w->setup->live[s].is_live && w->setup->live[s].ca != NULL)
            buf_addf(&pem, "\n%s", w->setup->live[s].ca);
    w->ca_pem = pem.len > 0 ? buf_take(&pem) : NULL;
    if (world_any_live(w))
        return http_trust_new(w->ca_pem, true, &w->trust, err);
    w->trust = http_trust_ref(http_ca_trust(w->ca));
    return 0;
}

#define TIMEOUT_MS 30000

/* How long each waits for one answer, really and on the scenario's clock. Really: longer than those
 * who wait behind it (the browser for the CLI's listener and Argo CD, they for Dex, Dex for
 * authentik), so that silence is told by the one who met it. On the clock (design.md 2.6): Go's
 * clients and the CLI have no time-out of their own (dex.md 4.2, argocd.md 3.2), so these are the
 * harness's; who is asked by others waits shorter than they do (Go asks for a token twice), so that
 * the one at the place of the delay gives up first. */
static const struct patience {
    const char *party;
    int percent;       /* of what a person waits */
    int64_t virtual_s; /* on the scenario's clock */
} patience[] = {
    {"authentik", 33, 10}, {"dex", 50, 30},       {"argocd", 65, 100},
    {"cli", 80, 30},       {"browser", 100, 300}, {NULL, 100, 30},
};

static const struct patience *patience_of(const char *party)
{
    const struct patience *p = patience;
    while (p->party != NULL && strcmp(p->party, party) != 0)
        p++;
    return p;
}

static int client_of(const struct world *w, const char *party, bool front, bool insecure,
                     const struct http_names *names, struct http_client **ret, struct err *err)
{
    const struct patience *p = patience_of(party);
    int64_t whole_ms = w->conf.timeout_ms > 0 ? w->conf.timeout_ms : TIMEOUT_MS;
    const struct http_client_conf conf = {
        .party = party,
        .front = front,
        .names = names,
        .trust = w->trust,
        .insecure = insecure,
        .user_agent = front ? "Mozilla/5.0 (X11; Linux x86_64) rolecall" : "Go-http-client/1.1",
        .timeout_ms = whole_ms * p->percent / 100,
        .trace = w->conf.trace,
        /* A wall clock that an operator moves says nothing of how long somebody waited. */
        .clock = w->conf.outside ? NULL : w->conf.clock,
        .patience_ms = p->virtual_s * 1000,
        .connections = w->conf.connections,
        .own_address = w->conf.outside ? OWN_ADDRESS : NULL,
    };
    return http_client_new(&conf, ret, err);
}

int world_client(const struct world *w, const char *party, bool front,
                 const struct http_names *names, struct http_client **ret, struct err *err)
{
    return client_of(w, party, front, false, names != NULL ? names : &w->names, ret, err);
}

struct http_host *world_host(const struct world *w)
{
    return stage_host(w->conf.stage);
}

/* Between Argo CD and Dex the setup says; else everybody knows the others by their URLs. */
static bool is_plain(const struct world *w, enum system s)
{
    const char *url = s == SYSTEM_AUTHENTIK ? w->setup->authentik.url : w->setup->argocd.url;
    if (s == SYSTEM_DEX)
        return argocd_dex_is_plain(w->setup);
    return w->conf.plain || cstr_starts(url, "http://");
}

/* Where the mock listens: where it is told to, or where a live system looks for it. */
static uint16_t port_of(const struct world *w, enum system s)
{
    return w->conf.ports[s] != 0 ? w->conf.ports[s] : setup_pinned_port(w->setup, s);
}

/* Listens when the mock is up and is not listening yet; stops when it is down. */
static int follow_up(struct world *w, enum system s, struct err *err)
{
    struct part *p = &w->parts[s];
    const struct mock_kind *kind = &kinds[s];
    struct http_name *name = &w->names.items[p->name];
    bool up = kind->down == NULL || kind->down(p->mock) == NULL;
    if (!up) {
        p->listener = http_listener_free(p->listener);
        name->connect_port = CLOSED_PORT;
        return 0;
    }
    if (p->listener != NULL)
        return 0;
    struct http_site site = {0};
    kind->site(p->mock, &site);
    AUTO(http_tls_free) struct http_tls *leaf = NULL;
    if (stage_leaf(w->conf.stage, w->ca, wire_leaf(w->conf.faults, system_name(s)), &leaf, err) !=
        0)
        return -1;
    site.tls = is_plain(w, s) ? NULL : leaf;
    site.clock = w->conf.clock;
    if (w->conf.outside) {
        site.trace = w->conf.trace;
        site.party = system_name(s);
        site.own_address = OWN_ADDRESS;
    }
    if (w->conf.workers > 0)
        site.workers = w->conf.workers;
    const char *addr = w->conf.bind != NULL ? w->conf.bind : LOOPBACK;
    if (http_listen(stage_host(w->conf.stage), &site, addr, port_of(w, s), &p->listener, err) != 0)
        return err_wrap(err, "mock %s", system_name(s));
    name->connect_port = http_listener_port(p->listener);
    return 0;
}

/* Argo CD does not verify Dex's certificate unless told to (dex.md 1.6), but that of a provider
 * which it asks itself (argocd.md 1.12). */
static int make_clients(struct world *w, enum system s, struct err *err)
{
    struct part *p = &w->parts[s];
    bool argocd = s == SYSTEM_ARGOCD;
    if (client_of(w, system_name(s), false, argocd && !argocd_verifies_dex(w->setup), &w->names,
                  &p->client, err) != 0)
        return -1;
    return argocd ? client_of(w, system_name(s), false, !argocd_verifies_provider(w->setup),
                              &w->names, &p->direct, err)
                  : 0;
}

static int start_mock(struct world *w, enum system s, struct err *err)
{
    struct part *p = &w->parts[s];
    if (make_clients(w, s, err) != 0)
        return -1;
    const struct mock_env env = {
        .setup = w->setup,
        .clock = w->conf.clock,
        .rnd = w->conf.rnd,
        .trace = w->conf.trace,
        .faults = w->conf.faults,
        .client = p->client,
        .direct = p->direct,
    };
    p->mock = kinds[s].start(&env, err);
    if (p->mock == NULL)
        return err_wrap(err, "mock %s", system_name(s));
    return follow_up(w, s, err);
}

static int start_sentinel(struct world *w, enum system s, struct err *err)
{
    AUTO(http_tls_free) struct http_tls *leaf = NULL;
    if (stage_leaf(w->conf.stage, w->ca, HTTP_LEAF_GOOD, &leaf, err) != 0)
        return -1;
    const struct sentinel_conf conf = {
        .kind = w->conf.sentinel[s],
        .host = stage_host(w->conf.stage),
        .addr = w->conf.bind != NULL ? w->conf.bind : LOOPBACK,
        .port = w->conf.ports[s],
        .tls = is_plain(w, s) ? NULL : leaf,
        .clock = w->conf.clock,
    };
    if (sentinel_new(&conf, &w->parts[s].sentinel, err) != 0)
        return err_wrap(err, "sentinel for %s", system_name(s));
    w->names.items[w->parts[s].name].connect_port = sentinel_port(w->parts[s].sentinel);
    return 0;
}

static int start(struct world *w, enum system s, struct err *err)
{
    bool sentinel = w->conf.sentinel[s] != SENTINEL_NONE;
    if (world_is_live(w, s))
        return !sentinel
                   ? 0
                   : err_set(err, ERR_USAGE, "no sentinel can stand in the place of %s: it is live",
                             system_name(s));
    return sentinel ? start_sentinel(w, s, err) : start_mock(w, s, err);
}

/* Who asks whom, on the way that no browser goes. */
static const struct asking {
    enum system who, whom;
    const char *where; /* what in the setup says where */
} askings[] = {
    {SYSTEM_DEX, SYSTEM_AUTHENTIK, "authentik.url"},
    {SYSTEM_ARGOCD, SYSTEM_DEX, "server.dex.server in argocd.cmd_params_cm"},
    {SYSTEM_MAX_, SYSTEM_MAX_, NULL},
};

/* A live system asks its neighbour by itself: a mock must be where it looks. */
static int check_live(const struct world *w, struct err *err)
{
    if (setup_is_live(w->setup, SYSTEM_DEX) && !setup_is_live(w->setup, SYSTEM_ARGOCD) &&
        w->setup->live[SYSTEM_DEX].url == NULL)
        return err_set(err, ERR_USAGE,
                       "live.dex needs a 'url': where argocd, mocked here, asks it");
    for (const struct asking *a = askings; a->where != NULL; a++)
        if (world_is_live(w, a->who) && !world_is_live(w, a->whom) && port_of(w, a->whom) == 0)
            return err_set(err, ERR_USAGE,
                           "%s is live and asks %s, which is mocked here: give the mock an address "
                           "of this machine (%s: http://127.0.0.1:PORT), or make %s live too",
                           system_name(a->who), system_name(a->whom), a->where,
                           system_name(a->whom));
    return 0;
}

int world_new(const struct world_conf *conf, struct world **ret, struct err *err)
{
    AUTO(world_free) struct world *w = xcalloc(1, sizeof(*w));
    w->conf = *conf;
    w->setup = conf->setup;
    if (check_live(w, err) != 0)
        return -1;
    AUTO(strlist_deinit) struct strlist hosts = {0};
    if (make_names(w, &hosts, err) != 0)
        return -1;
    if (hosts.len > 0 && stage_ca(conf->stage, &hosts, &w->ca, err) != 0)
        return -1;
    if (join_ca(w, err) != 0)
        return -1;
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (start(w, (enum system)s, err) != 0)
            return -1;
    *ret = w;
    w = NULL;
    return 0;
}

struct world *world_free(struct world *w)
{
    if (w == NULL)
        return NULL;
    /* Who asks others stops first: no handler may wait for a listener that is gone. */
    for (size_t s = SYSTEM_MAX_; s-- > 0;) {
        http_listener_free(w->parts[s].listener);
        sentinel_free(w->parts[s].sentinel);
    }
    for (size_t s = SYSTEM_MAX_; s-- > 0;) {
        if (w->parts[s].mock != NULL)
            kinds[s].end(w->parts[s].mock);
        http_client_free(w->parts[s].client);
        http_client_free(w->parts[s].direct);
    }
    for (size_t i = 0; i < w->names.len; i++) {
        xfree(w->names.items[i].origin);
        xfree(w->names.items[i].connect_host);
    }
    xfree(w->names.items);
    http_trust_free(w->trust);
    xfree(w->ca_pem);
    return xfree(w);
}

static int refuse_live(const struct world *w, enum system s, const char *what, struct err *err)
{
    if (w->parts[s].sentinel != NULL)
        return err_set(err, ERR_NET, "cannot %s %s: in its place is a sentinel that %s", what,
                       system_name(s), sentinel_does(w->conf.sentinel[s]));
    if (!world_is_live(w, s))
        return 0;
    return err_set(err, ERR_USAGE, "cannot %s a live %s", what, system_name(s));
}

int world_rotate(struct world *w, enum system s, struct err *err)
{
    if (refuse_live(w, s, "rotate the keys of", err) != 0)
        return -1;
    if (kinds[s].rotate == NULL)
        return err_set(err, ERR_USAGE, "%s has no signing keys to rotate", system_name(s));
    return kinds[s].rotate(w->parts[s].mock, err);
}

int world_restart(struct world *w, enum system s, struct err *err)
{
    if (refuse_live(w, s, "restart", err) != 0)
        return -1;
    if (kinds[s].restart == NULL)
        return err_set(err, ERR_USAGE, "a restart of %s is not part of the mock", system_name(s));
    if (kinds[s].restart(w->parts[s].mock, w->setup, err) != 0)
        return -1;
    return follow_up(w, s, err);
}

/* What decides about Dex's own configuration: rundex restarts Dex only when these bytes change
 * (dex.md 1.1). */
static bool same_dex_config(const struct setup *a, const struct setup *b)
{
    const struct js *x = a->argocd.dex_generated;
    const struct js *y = b->argocd.dex_generated;
    return (x == NULL && y == NULL) || (x != NULL && y != NULL && js_equal(x, y));
}

int world_change(struct world *w, const struct setup *setup, struct err *err)
{
    const struct setup *before = w->setup;
    w->setup = setup;
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        struct part *p = &w->parts[s];
        if (p->mock == NULL || kinds[s].change == NULL)
            continue;
        if (kinds[s].change(p->mock, setup, err) != 0 || follow_up(w, (enum system)s, err) != 0)
            return -1;
    }
    if (w->parts[SYSTEM_DEX].mock != NULL && !same_dex_config(before, setup))
        return world_restart(w, SYSTEM_DEX, err);
    return 0;
}

void world_revoke(struct world *w, const struct mock_revocation *what,
                  size_t ret_revoked[SYSTEM_MAX_])
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        ret_revoked[s] = w->parts[s].mock != NULL ? kinds[s].revoke(w->parts[s].mock, what) : 0;
}

size_t world_drop_sessions(struct world *w, const char *username)
{
    size_t n = 0;
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (w->parts[s].mock != NULL && kinds[s].drop_sessions != NULL)
            n += kinds[s].drop_sessions(w->parts[s].mock, username);
    return n;
}

struct js *world_counts(struct world *w)
{
    struct js *o = js_object();
    for (size_t s = 0; s < SYSTEM_MAX_; s++)
        if (w->parts[s].mock != NULL)
            js_set(o, system_name((enum system)s), kinds[s].counts(w->parts[s].mock));
    return o;
}
