/*
 * The program with a surrounding that fails once: this executable defines the calls below before
 * the C library does, for itself and for every library in the process, counts them from main on,
 * and lets the nth of one kind fail. Nothing in the program knows of it.
 *
 * ROLECALL_TORTURE=KIND:N lets the Nth call of that kind fail, KIND:N+ every one from the Nth on.
 * ROLECALL_TORTURE=alloc:N-M/S rehearses: at the Nth allocation and every S-th after it up to the
 * Mth a child is forked in which it fails, while the program itself goes on. A child that does not
 * end at once with the one line and status 3 is noted as "unclear alloc N" and worth a run of its
 * own (the child has but one thread); "rehearsed alloc N" tells how many there were.
 * ROLECALL_TORTURE_LOG=FILE gets "fired KIND N" when it does and, when main returns, "count KIND N"
 * a kind. ROLECALL_TORTURE_WHERE=1 also writes the stack of the failing call there.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/str.h"

enum kind { ALLOC, SOCKET, CONNECT, ACCEPT, WRITE, READ, POLL, THREAD, KIND_MAX_ };

struct counted {
    const char *name;
    int error; /* what the system would say */
    atomic_long seen;
};

static struct counted kinds[KIND_MAX_] = {
    [ALLOC] = {.name = "alloc", .error = ENOMEM},
    [SOCKET] = {.name = "socket", .error = EMFILE},
    [CONNECT] = {.name = "connect", .error = EADDRNOTAVAIL},
    [ACCEPT] = {.name = "accept", .error = EMFILE},
    [WRITE] = {.name = "write", .error = ECONNRESET},
    [READ] = {.name = "read", .error = ECONNRESET},
    [POLL] = {.name = "poll", .error = ENOMEM},
    [THREAD] = {.name = "thread", .error = EAGAIN},
};

struct plan {
    bool armed;
    enum kind kind; /* KIND_MAX_: only counts */
    int64_t at;
    int64_t stride; /* 0: no rehearsal */
    int64_t last;   /* of a rehearsal */
    bool child;     /* of a rehearsal */
    bool onward;
    bool where;
    int log;
};

static struct plan plan = {.kind = KIND_MAX_, .log = -1};

static void say(const char *what, enum kind kind, long n)
{
    char line[64];
    int len = snprintf(line, sizeof line, "%s %s %ld\n", what, kinds[kind].name, n);

    if (plan.log >= 0)
        (void)syscall(SYS_write, plan.log, line, (size_t)len);
}

static void fired(enum kind kind, long n)
{
    static _Thread_local bool inside; /* what writes the stack may allocate */

    if (inside)
        return;
    inside = true;
    say("fired", kind, n);
    if (plan.where && plan.log >= 0) {
        void *stack[32];
        backtrace_symbols_fd(stack, backtrace(stack, 32), plan.log);
    }
    inside = false;
}

/* ---- rehearsals -------------------------------------------------------------------------------
 */

#define PATIENCE_MS 1000
#define GOES_ON 125

static const char last_line[] = "rolecall: out of memory\n";
static atomic_long rehearsed;

/* What a child wrote before it ended or patience did, cut to size. */
static size_t read_all(int fd, char *to, size_t size)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    size_t len = 0;
    ssize_t n = 1;

    while (n > 0 && len < size && syscall(SYS_poll, &wait, 1, PATIENCE_MS) > 0) {
        n = syscall(SYS_read, fd, to + len, size - len);
        len += n > 0 ? (size_t)n : 0;
    }
    return len;
}

/* The child has its own stderr and leaves the parent's output and sockets alone. */
static void begin_child(int err)
{
    plan.child = true;
    plan.log = -1;
    (void)dup2(err, STDERR_FILENO);
    (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
}

/* True in the child, where the allocation is to fail. */
static bool rehearse(enum kind kind, long n)
{
    char text[sizeof last_line + 1];
    int ends[2] = {-1, -1};
    int status = 0;

    if (pipe2(ends, O_CLOEXEC) != 0)
        abort();
    pid_t child = _Fork(); /* without handlers, whose locks another thread may hold */
    if (child < 0)
        abort();
    if (child == 0) {
        begin_child(ends[1]);
        return true;
    }
    (void)close(ends[1]);
    size_t len = read_all(ends[0], text, sizeof text);
    (void)close(ends[0]);
    (void)kill(child, SIGKILL); /* nothing, where it has ended */
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 3 && len == sizeof last_line - 1 &&
                memcmp(text, last_line, len) == 0;
    (void)atomic_fetch_add(&rehearsed, 1);
    if (!good)
        say("unclear", kind, n);
    return false;
}

/* A child that comes here survived its allocation: it may compute, but not touch the sockets and
 * the epoll set that it shares with the parent. */
static void keep_off(void)
{
    if (plan.child)
        _exit(GOES_ON);
}

/* Libraries that are loaded late start as those do that are loaded before main: what they do
 * without then is theirs to answer for (GnuTLS, which libcurl brings, logs it and goes on). */
static _Thread_local bool loading;

void *dlopen(const char *name, int flags)
{
    static void *(*real)(const char *name, int flags); /* the loader calls once at a time */
    void *found = real ? NULL : dlsym(RTLD_NEXT, "dlopen");

    if (found)
        memcpy(&real, &found, sizeof found); /* C has no cast from an object to a function */
    loading = true;
    void *library = real(name, flags);
    loading = false;
    return library;
}

/* Counts the call and says whether it is to fail; errno is set then. */
static bool strikes(enum kind kind)
{
    if (!plan.armed || loading)
        return false;
    if (kind != ALLOC)
        keep_off();
    long n = atomic_fetch_add(&kinds[kind].seen, 1) + 1;
    if (kind != plan.kind || n < plan.at || plan.child)
        return false;
    if (plan.stride > 0) {
        int before = errno;
        bool due = n <= plan.last && (n - plan.at) % plan.stride == 0;
        bool child = due && rehearse(kind, n);
        errno = child ? kinds[kind].error : before;
        return child;
    }
    if (n != plan.at && !plan.onward)
        return false;
    fired(kind, n);
    errno = kinds[kind].error;
    return true;
}

/* ---- allocations: everybody's; glibc's own take over from there -------------------------------
 */

#ifndef TORTURE_SANITIZED

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
    return strikes(ALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return strikes(ALLOC) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return strikes(ALLOC) ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return strikes(ALLOC) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *p = strikes(ALLOC) ? NULL : __libc_memalign(alignment, size);

    if (!p)
        return ENOMEM;
    *ret = p;
    return 0;
}

#endif

/* ---- sockets: internet streams only. Datagram sockets are a library's question whether the host
 * has IPv6, local ones wake a thread: no login depends on them. ----------------------------------
 */

static bool is_stream(int fd)
{
    int domain = 0;
    int type = 0;
    socklen_t len = sizeof domain;
    int before = errno;

    if (!plan.armed)
        return false;
    bool stream = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
                  getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM &&
                  (domain == AF_INET || domain == AF_INET6);
    errno = before;
    if (stream)
        keep_off();
    return stream;
}

int socket(int domain, int type, int protocol)
{
    bool stream = (domain == AF_INET || domain == AF_INET6) && (type & 0xf) == SOCK_STREAM;

    return stream && strikes(SOCKET) ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

/* AF_UNSPEC ends an association: so a mock plays a reset; it opens nothing. */
int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t len)
{
    const struct sockaddr *where = to.__sockaddr__;
    bool opens = where->sa_family != AF_UNSPEC && is_stream(fd);

    return opens && strikes(CONNECT) ? -1 : (int)syscall(SYS_connect, fd, where, len);
}

int accept4(int fd, __SOCKADDR_ARG from, socklen_t *len, int flags)
{
    return is_stream(fd) && strikes(ACCEPT)
               ? -1
               : (int)syscall(SYS_accept4, fd, from.__sockaddr__, len, flags);
}

int accept(int fd, __SOCKADDR_ARG from, socklen_t *len)
{
    return accept4(fd, from, len, 0);
}

/* TLS's close_notify (RFC 8446 6.1; an encrypted alert): a farewell that nobody waits for. */
static bool is_farewell(const void *p, size_t n)
{
    static const unsigned char head[] = {0x17, 0x03, 0x03, 0x00, 0x13};

    return n == sizeof head + 0x13 && memcmp(p, head, sizeof head) == 0;
}

static bool write_strikes(int fd, const void *p, size_t n)
{
    return is_stream(fd) && !is_farewell(p, n) && strikes(WRITE);
}

ssize_t write(int fd, const void *p, size_t n)
{
    return write_strikes(fd, p, n) ? -1 : syscall(SYS_write, fd, p, n);
}

ssize_t writev(int fd, const struct iovec *pieces, int n)
{
    return is_stream(fd) && strikes(WRITE) ? -1 : syscall(SYS_writev, fd, pieces, n);
}

ssize_t sendto(int fd, const void *p, size_t n, int flags, __CONST_SOCKADDR_ARG to, socklen_t len)
{
    const struct sockaddr *where = to.__sockaddr__;

    return write_strikes(fd, p, n) ? -1 : syscall(SYS_sendto, fd, p, n, flags, where, len);
}

ssize_t send(int fd, const void *p, size_t n, int flags)
{
    const struct sockaddr *nowhere = NULL;

    return sendto(fd, p, n, flags, nowhere, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    return is_stream(fd) && strikes(WRITE) ? -1 : syscall(SYS_sendmsg, fd, m, flags);
}

ssize_t read(int fd, void *p, size_t n)
{
    return is_stream(fd) && strikes(READ) ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t readv(int fd, const struct iovec *pieces, int n)
{
    return is_stream(fd) && strikes(READ) ? -1 : syscall(SYS_readv, fd, pieces, n);
}

ssize_t recvfrom(int fd, void *p, size_t n, int flags, __SOCKADDR_ARG from, socklen_t *len)
{
    struct sockaddr *who = from.__sockaddr__;

    return is_stream(fd) && strikes(READ) ? -1 : syscall(SYS_recvfrom, fd, p, n, flags, who, len);
}

ssize_t recv(int fd, void *p, size_t n, int flags)
{
    struct sockaddr *nobody = NULL;

    return recvfrom(fd, p, n, flags, nobody, NULL);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
    return is_stream(fd) && strikes(READ) ? -1 : syscall(SYS_recvmsg, fd, m, flags);
}

int shutdown(int fd, int how)
{
    keep_off();
    return (int)syscall(SYS_shutdown, fd, how);
}

/* ---- waiting and threads ----------------------------------------------------------------------
 */

int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    return strikes(POLL) ? -1 : (int)syscall(SYS_poll, fds, n, timeout_ms);
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
    return strikes(POLL) ? -1 : (int)syscall(SYS_epoll_wait, fd, events, max, timeout_ms);
}

int epoll_ctl(int fd, int what, int of, struct epoll_event *event)
{
    keep_off();
    return (int)syscall(SYS_epoll_ctl, fd, what, of, event);
}

typedef int (*create_thread)(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *),
                             void *arg);

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *arg)
{
    union {
        void *object;
        create_thread call;
    } next = {.object = dlsym(RTLD_NEXT, "pthread_create")};

    return strikes(THREAD) ? kinds[THREAD].error : next.call(thread, how, run, arg);
}

/* ---- the program ------------------------------------------------------------------------------
 */

/* N-M/S */
static bool read_rehearsal(struct str text)
{
    struct str stride = text;
    struct str first;
    struct str last;

    (void)str_next(&stride, '/', &last);
    (void)str_next(&last, '-', &first);
    return last.ptr && str_to_i64(first, 1, INT64_MAX, &plan.at) == 0 &&
           str_to_i64(last, 1, INT64_MAX, &plan.last) == 0 &&
           str_to_i64(stride, 1, INT64_MAX, &plan.stride) == 0;
}

static bool read_plan(const char *text)
{
    struct str rest = str_of(text);
    struct str name;

    if (!str_next(&rest, ':', &name) || !rest.ptr)
        return false;
    for (int k = 0; k < KIND_MAX_; k++)
        if (str_is(name, kinds[k].name))
            plan.kind = (enum kind)k;
    if (plan.kind == KIND_MAX_)
        return false;
    if (plan.kind == ALLOC && memchr(rest.ptr, '/', rest.len))
        return read_rehearsal(rest);
    plan.onward = str_ends(rest, "+");
    rest.len -= plan.onward ? 1 : 0;
    return str_to_i64(rest, 1, INT64_MAX, &plan.at) == 0;
}

int rolecall_main(int argc, char **argv);

int main(int argc, char **argv)
{
    const char *wanted = getenv("ROLECALL_TORTURE");
    const char *log = getenv("ROLECALL_TORTURE_LOG");

    if (wanted && !read_plan(wanted)) {
        fprintf(stderr, "torture: '%s' is no KIND:N, KIND:N+ or alloc:N-M/S\n", wanted);
        return 2;
    }
    plan.where = getenv("ROLECALL_TORTURE_WHERE") != NULL;
    if (log)
        plan.log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (plan.where) {
        void *stack[1];
        (void)backtrace(stack, 1); /* loads what it needs while memory is there */
    }
    plan.armed = true;
    int status = rolecall_main(argc, argv);
    plan.armed = false;
    for (int k = 0; k < KIND_MAX_; k++)
        say("count", (enum kind)k, atomic_load(&kinds[k].seen));
    say("rehearsed", ALLOC, atomic_load(&rehearsed));
    return status;
}
