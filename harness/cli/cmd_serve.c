/*
 * `rolecall serve`: the mocks on fixed ports, reachable without DNS, until a signal. One JSON line
 * on stdout says that they are ready and how to reach them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"
#include "harness/base/url.h"
#include "harness/cli/cli.h"
#include "harness/cli/options.h"
#include "harness/cli/serve_ready.h"
#include "harness/control/control.h"
#include "harness/run/vocabulary.h"
#include "harness/world/world.h"

/* What the trace of the control API holds: some hundred logins. */
#define TRACE_EVENTS 4096
#define TRACE_BYTES (16UL * 1024 * 1024)
#define MOVES 2 /* authentik's origin, and Argo CD's */

struct serve_args {
    const char *setup, *authentik_port, *argocd_port, *dex_port, *bind, *authentik_url, *argocd_url;
    const char *control_port;
    struct strlist patches, words;
    bool plain, show_secrets, control;
};

/* What is running, and what must be cleaned up. */
struct serving {
    const struct serve_args *args;
    uint16_t ports[SYSTEM_MAX_];
    struct js *doc;
    char *source;
    char *ca_dir, *ca_file;
    struct http_preparation *preparation;
    struct control_move moves[MOVES + 1]; /* owned */
    struct clock *clock;
    struct trace *trace; /* with --control */
    struct rnd *rnd;
    struct setup *setup;
    struct fault_set *faults;
    struct stage *stage;
    struct world *world;
    struct control *control;
};

static void args_deinit(struct serve_args *a)
{
    strlist_deinit(&a->patches);
    strlist_deinit(&a->words);
}
DEFINE_AUTO_VALUE(struct serve_args, args_deinit)

static void free_text(const char *ours)
{
    AUTO(xfree) char *text = NULL;
    memcpy(&text, &ours, sizeof(text)); /* const only towards the control */
}

static void serving_deinit(struct serving *s)
{
    http_preparation_free(s->preparation);
    control_stop(s->control);
    world_free(s->world);
    control_free(s->control);
    stage_free(s->stage);
    trace_free(s->trace);
    fault_set_free(s->faults);
    setup_free(s->setup);
    rnd_free(s->rnd);
    clock_free(s->clock);
    for (size_t i = 0; i < MOVES; i++) {
        free_text(s->moves[i].from);
        free_text(s->moves[i].to);
    }
    if (s->ca_file != NULL)
        unlink(s->ca_file);
    if (s->ca_dir != NULL)
        rmdir(s->ca_dir);
    xfree(s->ca_file);
    xfree(s->ca_dir);
    xfree(s->source);
    js_free(s->doc);
}
DEFINE_AUTO_VALUE(struct serving, serving_deinit)

/* The URLs carry the ports, so an "any" port must be known before the setup is built. */
static int any_port(uint16_t *ret, struct err *err)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)&a, sizeof(a));
    if (rc == 0)
        rc = getsockname(fd, (struct sockaddr *)&a, &len);
    int why = errno;
    if (fd >= 0)
        close(fd);
    *ret = ntohs(a.sin_port);
    return rc == 0 ? 0 : err_set(err, ERR_IO, "no free port: %s", strerror(why));
}

static int read_port(const char *text, const char *option, uint16_t otherwise, uint16_t *ret,
                     struct err *err)
{
    int64_t port = otherwise;
    if (text != NULL && str_to_i64(str_of(text), 0, 65535, &port) != 0)
        return err_set(err, ERR_USAGE, "--%s: '%s' is no port (0 = any)", option, text);
    *ret = (uint16_t)port;
    return port != 0 ? 0 : any_port(ret, err);
}

static int read_ports(struct serving *s, struct err *err)
{
    const struct serve_args *a = s->args;
    if (read_port(a->authentik_port, "authentik-port", 9443, &s->ports[SYSTEM_AUTHENTIK], err) !=
            0 ||
        read_port(a->argocd_port, "argocd-port", 8443, &s->ports[SYSTEM_ARGOCD], err) != 0 ||
        read_port(a->dex_port, "dex-port", 0, &s->ports[SYSTEM_DEX], err) != 0)
        return -1;
    return 0;
}

static int origin(const char *url, const char *what, char **ret, struct err *err)
{
    AUTO(url_deinit) struct url u = {0};
    if (url == NULL)
        return err_set(err, ERR_USAGE, "%s: the setup has no URL for it", what);
    if (url_parse(url, &u, err) != 0) {
        err->code = ERR_USAGE;
        return err_wrap(err, "%s", what);
    }
    *ret = url_origin(&u);
    return 0;
}

/* Replaces the origin of every setup URL that is this system's, and says so. */
static int move(struct serving *s, const char *what, const char *url, const char *given,
                uint16_t port, const char *host, struct err *err)
{
    AUTO(xfree) char *from = NULL;
    AUTO(xfree) char *to = NULL;
    if (origin(url, what, &from, err) != 0)
        return -1;
    if (given != NULL) {
        if (origin(given, "the URL given", &to, err) != 0)
            return -1;
    } else {
        to = xasprintf("%s://%s:%u", s->args->plain ? "http" : "https", host, (unsigned)port);
    }
    struct js *moved = setup_move_origin(s->doc, from, to);
    js_free(s->doc);
    s->doc = moved;
    fprintf(stderr, "rolecall: serving %s as %s\n", from, to);
    struct control_move *m = s->moves[0].from == NULL ? &s->moves[0] : &s->moves[1];
    *m = (struct control_move){from, to};
    from = NULL;
    to = NULL;
    return 0;
}

/* Two hosts, because cookies ignore ports: authentik is 127.0.0.1 and Argo CD is localhost. */
static int move_origins(struct serving *s, struct err *err)
{
    AUTO(setup_free) struct setup *before = NULL;
    if (setup_build(s->doc, s->source, s->rnd, &before, err) != 0)
        return -1;
    const struct serve_args *a = s->args;
    if (move(s, "authentik", before->authentik.url, a->authentik_url, s->ports[SYSTEM_AUTHENTIK],
             "127.0.0.1", err) != 0)
        return -1;
    return move(s, "argocd", before->argocd.url, a->argocd_url, s->ports[SYSTEM_ARGOCD],
                "localhost", err);
}

static int write_ca(struct serving *s, struct err *err)
{
    if (s->args->plain)
        return 0;
    const char *tmp = getenv("TMPDIR");
    s->ca_dir = xasprintf("%s/rolecall-XXXXXX", tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
    if (mkdtemp(s->ca_dir) == NULL) {
        int why = errno;
        err_set(err, ERR_IO, "%s: %s", s->ca_dir, strerror(why));
        s->ca_dir = xfree(s->ca_dir);
        return -1;
    }
    s->ca_file = path_join(s->ca_dir, "ca.pem");
    const char *pem = world_ca_pem(s->world);
    return file_write(s->ca_file, pem, strlen(pem), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, err);
}

/* Hundreds of people at once have a connection or two each. */
static void raise_descriptors(void)
{
    struct rlimit limit = {0};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int start_control(struct serving *s, struct err *err)
{
    int64_t port = 0;
    if (!s->args->control)
        return 0;
    if (cli_number(s->args->control_port, "control-port", 0, 65535, 0, &port, err) != 0)
        return -1;
    const struct control_conf conf = {
        .world = s->world,
        .setup = s->setup,
        .source = s->source,
        .moves = s->moves,
        .clock = s->clock,
        .rnd = s->rnd,
        .trace = s->trace,
        .faults = s->faults,
        .port = (uint16_t)port,
    };
    return control_new(&conf, &s->control, err);
}

static int start(struct serving *s, struct err *err)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", NULL};
    s->preparation = http_client_prepare();
    s->clock = clock_new_wall(0);
    s->rnd = rnd_new_system();
    if (read_ports(s, err) != 0 ||
        cli_setup(s->args->setup, &s->args->patches, &s->doc, &s->source, err) != 0 ||
        move_origins(s, err) != 0 || setup_build(s->doc, s->source, s->rnd, &s->setup, err) != 0 ||
        run_check_versions(s->setup, err) != 0)
        return -1;
    if (s->args->control)
        s->trace = trace_new_capped(s->clock, TRACE_EVENTS, TRACE_BYTES);
    s->faults = fault_set_new(s->trace);
    if (stage_new(&s->stage, err) != 0)
        return -1;
    struct world_conf conf = {
        .stage = s->stage,
        .setup = s->setup,
        .clock = s->clock,
        .rnd = s->rnd,
        .trace = s->trace,
        .faults = s->faults,
        .outside = s->args->control,
        .bind = s->args->bind,
        .more_hosts = hosts,
        .connections = 16,
        .workers = 2,
        .plain = s->args->plain,
    };
    memcpy(conf.ports, s->ports, sizeof(conf.ports));
    if (world_new(&conf, &s->world, err) != 0 || start_control(s, err) != 0)
        return -1;
    return write_ca(s, err);
}

static int print_ready(const struct serving *s, struct err *err)
{
    const struct ready_conf conf = {
        .setup = s->setup,
        .ca_file = s->ca_file,
        .show_secrets = s->args->show_secrets,
        .control_url = s->control != NULL ? control_url(s->control) : NULL,
        .control_token = s->control != NULL ? control_token(s->control) : NULL,
        .secrets_are_public = s->args->setup == NULL && s->args->patches.len == 0,
    };
    AUTO(js_free) struct js *line = ready_line(&conf);
    AUTO(xfree) char *text = js_compact(line);
    if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
        return err_set(err, ERR_IO, "stdout: the ready line could not be written");
    if (isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "rolecall: open %s in a browser; Ctrl-C ends\n", s->setup->argocd.url);
    return 0;
}

/* Blocks the ending signals before any thread starts, so that only sigwait sees them. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

static int serve(const struct serve_args *a)
{
    AUTO(serving_deinit) struct serving s = {.args = a};
    struct err err = {0};
    sigset_t set;
    int got = 0;
    block_signals(&set);
    raise_descriptors();
    if (start(&s, &err) != 0 || print_ready(&s, &err) != 0)
        return cli_fail(&err);
    sigwait(&set, &got);
    return 128 + got;
}

int cmd_serve(int argc, char **argv)
{
    AUTO(args_deinit) struct serve_args a = {0};
    const struct option table[] = {
        {"setup", 0, OPTION_TEXT, &a.setup, "DIR", "the setup to serve (default: the guide's)"},
        {"patch", 0, OPTION_LIST, &a.patches, "JSON|@FILE",
         "merge patch on the setup; the last one wins"},
        {"authentik-port", 0, OPTION_TEXT, &a.authentik_port, "P", "default 9443; 0 = any"},
        {"argocd-port", 0, OPTION_TEXT, &a.argocd_port, "P", "default 8443; 0 = any"},
        {"dex-port", 0, OPTION_TEXT, &a.dex_port, "P", "default any; reached through Argo CD"},
        {"bind", 0, OPTION_TEXT, &a.bind, "ADDR", "address to listen on (default 127.0.0.1)"},
        {"authentik-url", 0, OPTION_TEXT, &a.authentik_url, "U",
         "public URL (default https://127.0.0.1:PORT)"},
        {"argocd-url", 0, OPTION_TEXT, &a.argocd_url, "U",
         "public URL (default https://localhost:PORT)"},
        {"plain", 0, OPTION_FLAG, &a.plain, NULL, "plain HTTP"},
        {"show-secrets", 0, OPTION_FLAG, &a.show_secrets, NULL,
         "also secrets of your own files, in the ready line"},
        {"control", 0, OPTION_FLAG, &a.control, NULL,
         "a control API; the ready line has url and token"},
        {"control-port", 0, OPTION_TEXT, &a.control_port, "P", "where it listens (default any)"},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL},
    };
    struct err err = {0};
    bool help = false;
    if (options_parse(argc, argv, table, &a.words, &help, &err) != 0)
        return cli_fail(&err);
    if (help) {
        options_help("serve", "[options]",
                     "Runs the mocks until a signal. One JSON line on stdout says when they are "
                     "ready,\nwhere they are, and who may sign in.",
                     table);
        AUTO(xfree) char *endpoints = control_help();
        printf("\nThe control API takes `Authorization: Bearer TOKEN`, answers JSON, and refuses\n"
               "with {\"error\", \"detail\"}:\n%s",
               endpoints);
        return STATUS_OK;
    }
    if (a.words.len > 0) {
        err_set(&err, ERR_USAGE, "serve: unexpected '%s'", a.words.items[0]);
        return cli_fail(&err);
    }
    if (a.control_port != NULL && !a.control) {
        err_set(&err, ERR_USAGE, "--control-port: without --control there is nothing to listen");
        return cli_fail(&err);
    }
    return serve(&a);
}
