/*
 * posix_spawn, pipes and /proc.
 */
#include "tests/bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/buf.h"
#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/base/vec.h"

#define MAX_LINE (1024UL * 1024)

static void add_env(struct vec *to, const char *const *more)
{
    for (char **e = environ; *e != NULL; e++)
        vec_push(to, *e);
    for (size_t i = 0; more != NULL && more[i] != NULL; i++) {
        void *item = NULL;
        memcpy(&item, &more[i], sizeof(item)); /* posix_spawn takes char *const * */
        vec_push(to, item);
    }
    vec_push(to, NULL);
}

static int spawn(struct process *p, const char *const *argv, char *const *env, int out, bool quiet)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none;
    char *const *args = NULL;
    memcpy(&args, &argv, sizeof(args));
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (quiet)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    p->started_ns = clock_mono_ns();
    int rc = posix_spawnp(&p->pid, argv[0], &actions, &attr, args, env);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

int process_start(struct process *p, const char *const *argv, const char *const *more_env,
                  bool quiet, struct err *err)
{
    int ends[2];
    AUTO(vec_deinit) struct vec env = {0};
    *p = (struct process){.out = -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(err, ERR_IO, "no pipe: %s", strerror(errno));
    add_env(&env, more_env);
    int rc = spawn(p, argv, (char *const *)env.items, ends[1], quiet);
    close(ends[1]);
    if (rc != 0) {
        close(ends[0]);
        p->pid = 0;
        return err_set(err, ERR_IO, "%s: %s", argv[0], strerror(rc));
    }
    p->out = ends[0];
    return 0;
}

char *process_line(struct process *p)
{
    AUTO(buf_deinit) struct buf line;
    char piece[4096];
    buf_init(&line, MAX_LINE);
    while (buf_ok(&line)) {
        ssize_t n = read(p->out, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return NULL;
        const char *end = memchr(piece, '\n', (size_t)n);
        buf_add(&line, piece, end == NULL ? (size_t)n : (size_t)(end - piece));
        if (end != NULL)
            return buf_take(&line);
    }
    return NULL;
}

/* Reads what is left, so that the child never waits for us. */
static void drain(struct process *p)
{
    char piece[65536];
    ssize_t n = 0;
    do
        n = p->out < 0 ? 0 : read(p->out, piece, sizeof(piece));
    while (n > 0 || (n < 0 && errno == EINTR));
    if (p->out >= 0)
        close(p->out);
    p->out = -1;
}

static int64_t time_ns(const struct timeval *t)
{
    return (int64_t)t->tv_sec * 1000000000 + (int64_t)t->tv_usec * 1000;
}

int process_wait(struct process *p, int *ret_status, int64_t *ret_cpu_ns, struct err *err)
{
    int status = 0;
    struct rusage used = {0};
    drain(p);
    pid_t rc = 0;
    do
        rc = wait4(p->pid, &status, 0, &used);
    while (rc < 0 && errno == EINTR);
    p->pid = 0;
    if (rc < 0)
        return err_set(err, ERR_IO, "wait: %s", strerror(errno));
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    *ret_cpu_ns = time_ns(&used.ru_utime) + time_ns(&used.ru_stime);
    return 0;
}

void process_end(struct process *p)
{
    int status = 0;
    int64_t cpu_ns = 0;
    struct err err = {0};
    if (p->pid <= 0)
        return;
    kill(p->pid, SIGTERM);
    int ended = process_wait(p, &status, &cpu_ns, &err);
    (void)ended; /* it is gone either way */
}

int64_t process_status_kb(const struct process *p, const char *field)
{
    AUTO(xfree) char *path = xasprintf("/proc/%d/status", (int)p->pid);
    AUTO(xfree) char *text = NULL;
    size_t len = 0;
    int64_t kb = -1;
    if (file_read(path, FILE_MAX_TEXT, &text, &len, NULL) != 0)
        return -1;
    struct str rest = {text, len};
    struct str line;
    while (str_next(&rest, '\n', &line)) {
        if (!str_starts(line, field))
            continue;
        size_t skip = strlen(field);
        struct str number = str_trim((struct str){line.ptr + skip, line.len - skip});
        struct str unit = number;
        if (str_next(&unit, ' ', &number) && str_to_i64(str_trim(number), 0, INT64_MAX, &kb) == 0)
            return kb;
    }
    return -1;
}

int64_t process_cpu_ns(const struct process *p)
{
    clockid_t id = 0;
    struct timespec t = {0};
    if (clock_getcpuclockid(p->pid, &id) != 0 || clock_gettime(id, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
