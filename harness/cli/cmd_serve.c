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
#include "harness/cli/serve_only.h"
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
    const char *control_port, *only, *dex_url, *dex_config;
    struct strlist patches, words, authorities;
    bool plain, show_secrets, control;
};

/* What is running, and what must be cleaned up. */
struct serving {
    const struct serve_args *args;
    struct serve_only only;
    uint16_t ports[SYSTEM_MAX_];
    int held[SYSTEM_MAX_]; /* sockets that keep ports chosen freely until they are listened at; or
                              0 */
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
    strlist_deinit(&a->authorities);
}
DEFINE_AUTO_VALUE(struct serve_args, args_deinit)

static void free_text(const char *ours)
{
    AUTO(xfree) char *text = NULL;
    memcpy(&text, &ours, sizeof(text)); /* const only towards the control */
}

static void release_ports(struct serving *s);

static void serving_deinit(struct serving *s)
{
    release_ports(s);
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

/* The URLs carry the ports, so an "any" port must be known before the setup is built. Its socket
 * keeps it from everybody else until it is listened at, which SO_REUSEADDR allows beside a socket
 * that does not listen. */
static int any_port(uint16_t *ret, int *ret_fd, struct err *err)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(a);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = fd < 0 ? -1 : setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (rc == 0)
        rc = bind(fd, (const struct sockaddr *)&a, sizeof(a));
    if (rc == 0)
        rc = getsockname(fd, (struct sockaddr *)&a, &len);
    int why = errno;
    *ret = ntohs(a.sin_port);
    *ret_fd = fd > 0 ? fd : 0;
    return rc == 0 ? 0 : err_set(err, ERR_IO, "no free port: %s", strerror(why));
}

static void release_ports(struct serving *s)
{
    for (size_t i = 0; i < SYSTEM_MAX_; i++) {
        if (s->held[i] > 0)
            close(s->held[i]);
        s->held[i] = 0;
    }
}

static int read_port(const char *text, const char *option, uint16_t otherwise, uint16_t *ret,
                     int *ret_fd, struct err *err)
{
    int64_t port = otherwise;
    if (text != NULL && str_to_i64(str_of(text), 0, 65535, &port) != 0)
        return err_set(err, ERR_USAGE, "--%s: '%s' is no port (0 = any)", option, text);
    *ret = (uint16_t)port;
    return port != 0 ? 0 : any_port(ret, ret_fd, err);
}

static int read_ports(struct serving *s, struct err *err)
{
    const struct serve_args *a = s->args;
    if (read_port(a->authentik_port, "authentik-port", 9443, &s->ports[SYSTEM_AUTHENTIK],
                  &s->held[SYSTEM_AUTHENTIK], err) != 0 ||
        read_port(a->argocd_port, "argocd-port", 8443, &s->ports[SYSTEM_ARGOCD],
                  &s->held[SYSTEM_ARGOCD], err) != 0 ||
        read_port(a->dex_port, "dex-port", 0, &s->ports[SYSTEM_DEX], &s->held[SYSTEM_DEX], err) !=
            0)
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

/* Replaces the origin of every setup URL that is this system's, and says so. `live` is where it is
 * when it is somebody else's. */
static int move(struct serving *s, enum system which, const char *url, const char *live,
                const char *host, struct err *err)
{
    AUTO(xfree) char *from = NULL;
    AUTO(xfree) char *to = NULL;
    bool served = s->only.served[which];
    const char *given = s->only.urls[which] != NULL || served ? s->only.urls[which] : live;
    if (origin(url, system_name(which), &from, err) != 0)
        return -1;
    if (given != NULL) {
        AUTO(xfree) char *what = xasprintf("the URL of %s", system_name(which));
        if (origin(given, what, &to, err) != 0)
            return -1;
    } else {
        to = xasprintf("%s://%s:%u", s->args->plain ? "http" : "https", host,
                       (unsigned)s->ports[which]);
    }
    struct js *moved = setup_move_origin(s->doc, from, to);
    js_free(s->doc);
    s->doc = moved;
    cli_note(served ? "serving %s as %s" : "%s is at %s", from, to);
    struct control_move *m = s->moves[0].from == NULL ? &s->moves[0] : &s->moves[1];
    *m = (struct control_move){from, to};
    from = NULL;
    to = NULL;
    return 0;
}

/* Two hosts, because cookies ignore ports: authentik is 127.0.0.1 and Argo CD is localhost. */
static int move_origins(struct serving *s, const struct setup *before, struct err *err)
{
    if (move(s, SYSTEM_AUTHENTIK, before->authentik.url, before->live[SYSTEM_AUTHENTIK].url,
             "127.0.0.1", err) != 0)
        return -1;
    return move(s, SYSTEM_ARGOCD, before->argocd.url, before->live[SYSTEM_ARGOCD].url, "localhost",
                err);
}

/* What is served here, what is somebody else's, and under which URLs. */
static int place(struct serving *s, struct err *err)
{
    const struct serve_args *a = s->args;
    AUTO(setup_free) struct setup *before = NULL;
    s->only = (struct serve_only){
        .only = a->only,
        .urls = {a->authentik_url, a->dex_url, a->argocd_url},
        .ports = {a->authentik_port, a->dex_port, a->argocd_port},
        .authorities = &a->authorities,
        .plain = a->plain,
    };
    if (setup_build(s->doc, s->source, s->rnd, &before, err) != 0 ||
        serve_only_choose(&s->only, before, err) != 0 ||
        serve_only_place(&s->only, s->doc, s->ports[SYSTEM_DEX], err) != 0)
        return -1;
    return move_origins(s, before, err);
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

/* What Dex's log would say: authentik is asked once more, as Dex asks it. Caller frees. */
static char *why_no_discovery(const struct serving *s)
{
    AUTO(http_client_free) struct http_client *client = NULL;
    AUTO(http_request_deinit) struct http_request req = {0};
    AUTO(http_response_deinit) struct http_response resp = {0};
    AUTO(xfree) char *issuer = setup_authentik_issuer(s->setup);
    AUTO(xfree) char *url = xasprintf("%s.well-known/openid-configuration", issuer);
    struct err err = {0};
    http_request_set(&req, "GET", url);
    if (world_client(s->world, "dex", false, NULL, &client, &err) != 0 ||
        http_client_do(client, &req, &resp, &err) != 0)
        return xasprintf("%s: %s", url, err.msg);
    return xasprintf("%s: %d %s", url, resp.status, http_status_text(resp.status));
}

/* Dex asks authentik when it starts; where that is somebody else's, silence is no scenario. */
static int check_dex(const struct serving *s, struct err *err)
{
    const char *why = world_down(s->world, SYSTEM_DEX);
    if (why == NULL || s->only.served[SYSTEM_AUTHENTIK])
        return 0;
    AUTO(xfree) char *cause = why_no_discovery(s);
    return err_set(err, ERR_NET, "dex does not start: %s; %s", why, cause);
}

/* The configuration that Argo CD generates, for a real Dex: listening where --dex-url says. */
static int write_dex_config(const struct serving *s, struct err *err)
{
    const struct js *generated = s->setup->argocd.dex_generated;
    AUTO(url_deinit) struct url at = {0};
    if (s->args->dex_config == NULL)
        return 0;
    if (generated == NULL)
        return err_set(err, ERR_USAGE, "--dex-config: the setup has no dex.config");
    if (url_parse(s->args->dex_url, &at, err) != 0)
        return -1;
    AUTO(js_free) struct js *config = js_dup(generated);
    struct js *web = js_get(config, "web");
    bool plain = cstr_eq(at.scheme, "http");
    if (plain) {
        web = js_object();
        js_set(config, "web", web);
    }
    js_set(web, plain ? "http" : "https", js_stringf("0.0.0.0:%u", (unsigned)at.port));
    AUTO(xfree) char *text = js_pretty(config, 2);
    /* It holds the clients' secrets. */
    return file_write(s->args->dex_config, text, strlen(text), S_IRUSR | S_IWUSR, err);
}

static int start(struct serving *s, struct err *err)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", NULL};
    s->preparation = http_client_prepare();
    s->clock = clock_new_wall(0);
    s->rnd = rnd_new_system();
    if (read_ports(s, err) != 0 ||
        cli_setup(s->args->setup, &s->args->patches, &s->doc, &s->source, err) != 0 ||
        place(s, err) != 0 || setup_build(s->doc, s->source, s->rnd, &s->setup, err) != 0 ||
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
    if (world_new(&conf, &s->world, err) != 0)
        return -1;
    release_ports(s);
    if (check_dex(s, err) != 0 || start_control(s, err) != 0 || write_ca(s, err) != 0)
        return -1;
    return write_dex_config(s, err);
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
        .served = s->only.served,
        .dex_port = s->ports[SYSTEM_DEX],
        .plain = s->args->plain,
    };
    AUTO(js_free) struct js *line = ready_line(&conf);
    AUTO(xfree) char *text = js_compact(line);
    if (printf("%s\n", text) < 0 || fflush(stdout) != 0)
        return err_set(err, ERR_IO, "stdout: the ready line could not be written");
    if (isatty(STDERR_FILENO) == 1 && s->only.served[SYSTEM_ARGOCD])
        cli_note("open %s in a browser; Ctrl-C ends", s->setup->argocd.url);
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
        {"only", 0, OPTION_TEXT, &a.only, "SYSTEMS", "of authentik,dex,argocd; the others by URL"},
        {"authentik-port", 0, OPTION_TEXT, &a.authentik_port, "P", "default 9443; 0 = any"},
        {"argocd-port", 0, OPTION_TEXT, &a.argocd_port, "P", "default 8443; 0 = any"},
        {"dex-port", 0, OPTION_TEXT, &a.dex_port, "P", "default any; reached through Argo CD"},
        {"bind", 0, OPTION_TEXT, &a.bind, "ADDR", "address to listen on (default 127.0.0.1)"},
        {"authentik-url", 0, OPTION_TEXT, &a.authentik_url, "U",
         "public URL (default https://127.0.0.1:PORT)"},
        {"argocd-url", 0, OPTION_TEXT, &a.argocd_url, "U",
         "public URL (default https://localhost:PORT)"},
        {"dex-url", 0, OPTION_TEXT, &a.dex_url, "U", "where Argo CD asks a Dex not served here"},
        {"dex-config", 0, OPTION_TEXT, &a.dex_config, "FILE",
         "writes that Dex's configuration, mode 0600"},
        {"ca", 0, OPTION_LIST, &a.authorities, "FILE", "trusted CA of the others; repeatable"},
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
    if (a.dex_config != NULL && a.dex_url == NULL) {
        err_set(&err, ERR_USAGE, "--dex-config: without --dex-url there is no other Dex");
        return cli_fail(&err);
    }
    if (a.control_port != NULL && !a.control) {
        err_set(&err, ERR_USAGE, "--control-port: without --control there is nothing to listen");
        return cli_fail(&err);
    }
    return serve(&a);
}
