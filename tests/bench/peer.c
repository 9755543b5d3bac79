/*
 * Our authentik beside the bare C issuer with a signing pool (../shared/bench beside the source
 * tree): the same client, `direct` with the session kept, over https, eight at a time, in turn. The
 * bare issuer is built here in a folder of its own; what is missing for that is a reason to skip.
 */
#include "tests/bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "tests/bench/remote.h"
#include "tests/bench/rp.h"

#define AT_ONCE 8
#define WAIT_NS (INT64_C(10) * 1000000000)

/* The bare issuer: its folder, the process and the client in front of it. */
struct bare {
    char *dir;
    uint16_t port;
    struct process process;
    struct rp *rp;
};

static const char *const copied[] = {"Makefile", "servers/floor_issuer.c", NULL};
static const char *const made[] = {"build/floor_issuer", "build/rs256.pem", "build/tls-ec.pem",
                                   "build/tls-ec.key", NULL};

static void remove_in(const char *dir, const char *name)
{
    AUTO(xfree) char *path = path_join(dir, name);
    if (unlink(path) != 0 && errno == EISDIR)
        (void)rmdir(path);
}

static void bare_end(struct bare *b)
{
    rp_free(b->rp);
    process_end(&b->process);
    if (b->dir == NULL)
        return;
    for (size_t i = 0; copied[i] != NULL; i++)
        remove_in(b->dir, copied[i]);
    for (size_t i = 0; made[i] != NULL; i++)
        remove_in(b->dir, made[i]);
    remove_in(b->dir, "servers");
    remove_in(b->dir, "build");
    (void)rmdir(b->dir);
    b->dir = xfree(b->dir);
}
DEFINE_AUTO_VALUE(struct bare, bare_end)

static int copy(const char *from_dir, const char *to_dir, const char *name, struct err *err)
{
    AUTO(xfree) char *from = path_join(from_dir, name);
    AUTO(xfree) char *to = path_join(to_dir, name);
    AUTO(xfree) char *text = NULL;
    size_t len = 0;
    if (file_read(from, FILE_MAX_TEXT, &text, &len, err) != 0)
        return -1;
    return file_write(to, text, len, S_IRUSR | S_IWUSR, err);
}

/* -1 with the reason why there is no bare issuer here. */
static int bare_build(const struct bench_conf *conf, struct bare *b, struct err *err)
{
    AUTO(xfree) char *from = path_join(conf->root, "../shared/bench");
    AUTO(xfree) char *source = path_join(from, copied[1]);
    const char *tmp = getenv("TMPDIR");
    if (!file_exists(source))
        return err_set(err, ERR_IO, "there is no %s", source);
    b->dir = xasprintf("%s/rolecall-bench-XXXXXX", tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
    if (mkdtemp(b->dir) == NULL)
        return err_set(err, ERR_IO, "%s: %s", b->dir, strerror(errno));
    AUTO(xfree) char *servers = path_join(b->dir, "servers");
    if (mkdir(servers, S_IRWXU) != 0)
        return err_set(err, ERR_IO, "%s: %s", servers, strerror(errno));
    for (size_t i = 0; copied[i] != NULL; i++)
        if (copy(from, b->dir, copied[i], err) != 0)
            return -1;
    struct process make = {.out = -1};
    int status = 0;
    int64_t cpu_ns = 0;
    const char *const argv[] = {"make", "-s", "-C", b->dir, made[0], made[1], made[2], NULL};
    if (process_start(&make, argv, NULL, true, err) != 0 ||
        process_wait(&make, &status, &cpu_ns, err) != 0)
        return err_wrap(err, "the bare issuer needs make, gcc and openssl");
    if (status != 0)
        return err_set(err, ERR_IO,
                       "the bare issuer does not build (make, gcc, openssl and the packages in %s)",
                       from);
    return 0;
}

static int bind_any(struct sockaddr_in *a, struct err *err)
{
    socklen_t len = sizeof(*a);
    *a = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (const struct sockaddr *)a, len) == 0 &&
              getsockname(fd, (struct sockaddr *)a, &len) == 0;
    if (fd >= 0)
        close(fd);
    return ok ? 0 : err_set(err, ERR_IO, "no free port: %s", strerror(errno));
}

/* It says nothing when it is ready, so its port is knocked at. */
static int knock(const struct sockaddr_in *a, struct err *err)
{
    int64_t until_ns = clock_mono_ns() + WAIT_NS;
    do {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int rc = connect(fd, (const struct sockaddr *)a, sizeof(*a));
        close(fd);
        if (rc == 0)
            return 0;
        (void)poll(NULL, 0, 2);
    } while (clock_mono_ns() < until_ns);
    return err_set(err, ERR_NET, "the bare issuer does not listen");
}

static int bare_start(struct bare *b, struct err *err)
{
    struct sockaddr_in a;
    char *paths[4] = {NULL};
    if (bind_any(&a, err) != 0)
        return -1;
    b->port = ntohs(a.sin_port);
    for (size_t i = 0; made[i] != NULL; i++)
        paths[i] = path_join(b->dir, made[i]);
    AUTO(xfree) char *port = xasprintf("%u", (unsigned)b->port);
    const char *const argv[] = {paths[0], port, "RS256", paths[1], paths[2], paths[3], NULL};
    AUTO(xfree) char *ca = NULL;
    size_t len = 0;
    int rc =
        process_start(&b->process, argv, (const char *const[]){"SIGN_THREADS=2", NULL}, true, err);
    if (rc == 0)
        rc = knock(&a, err);
    if (rc == 0)
        rc = file_read(paths[2], FILE_MAX_TEXT, &ca, &len, err);
    for (size_t i = 0; i < 4; i++)
        xfree(paths[i]);
    if (rc != 0)
        return -1;
    AUTO(xfree) char *issuer = xasprintf("https://localhost:%s/application/o/argocd/", port);
    const struct rp_conf rp = {
        .issuer = issuer,
        .client_id = "bench",
        .client_secret = "bench-secret",
        .redirect_uri = "http://127.0.0.1:9/callback",
        .ca_pem = ca,
    };
    return rp_new(&rp, &b->rp, err);
}

/* One browser signs in once; its cookie is the kept session. */
static int ours_start(const struct bench_conf *conf, struct remote *r, struct rp **ret,
                      struct err *err)
{
    if (remote_start(conf, r, err) != 0 || remote_settle(conf, r, err) != 0 ||
        remote_sign_in(r, LOGIN_DIRECT, true, err) != 0)
        return -1;
    AUTO(xfree) char *cookie = remote_cookie(r);
    const struct rp_conf rp = {
        .issuer = remote_issuer(r),
        .client_id = remote_client_id(r),
        .client_secret = remote_client_secret(r),
        .redirect_uri = "http://localhost:8085/auth/callback",
        .ca_pem = r->ca_pem,
        .cookie = cookie,
    };
    return rp_new(&rp, ret, err);
}

static int drive(struct rp *rp, const struct process *server, size_t logins, struct samples *per_s,
                 struct samples *cpu_us, struct err *err)
{
    int64_t wall_ns = 0;
    int64_t before_ns = process_cpu_ns(server);
    if (rp_drive(rp, AT_ONCE, logins, &wall_ns, err) != 0)
        return -1;
    int64_t cpu_ns = process_cpu_ns(server) - before_ns;
    samples_add(per_s, (double)logins * 1e9 / (double)wall_ns);
    samples_add(cpu_us, (double)cpu_ns / 1e3 / (double)(logins + AT_ONCE));
    return 0;
}

int peer_measure(const struct bench_conf *conf, struct peer_figures *f, struct err *err)
{
    AUTO(bare_end) struct bare bare = {.process = {.out = -1}};
    AUTO(remote_end) struct remote remote = {.process = {.out = -1}};
    AUTO(rp_free) struct rp *ours = NULL;
    struct err why = {0};
    size_t logins = conf->quick ? 800 : 1600;
    if (bare_build(conf, &bare, &why) != 0) {
        f->skipped = xstrdup(why.msg);
        return 0;
    }
    if (bare_start(&bare, err) != 0 || ours_start(conf, &remote, &ours, err) != 0)
        return err_wrap(err, "beside the bare issuer");
    for (int round = 0; round < (conf->quick ? 3 : 5); round++) {
        if (drive(bare.rp, &bare.process, logins, &f->floor_per_s, &f->floor_cpu_us, err) != 0)
            return err_wrap(err, "the bare issuer");
        if (drive(ours, &remote.process, logins, &f->ours_per_s, &f->ours_cpu_us, err) != 0)
            return err_wrap(err, "beside the bare issuer, serve");
        size_t last = f->ours_per_s.len - 1;
        samples_add(&f->ratio, f->ours_per_s.items[last] / f->floor_per_s.items[last]);
    }
    return 0;
}

void peer_figures_deinit(struct peer_figures *f)
{
    xfree(f->skipped);
    samples_deinit(&f->ours_per_s);
    samples_deinit(&f->floor_per_s);
    samples_deinit(&f->ratio);
    samples_deinit(&f->ours_cpu_us);
    samples_deinit(&f->floor_cpu_us);
}
