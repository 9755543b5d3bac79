/*
 * The sink: one thread that accepts and closes. Shutting the listening socket down wakes it for its
 * end.
 */
#include "harness/http/sink.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/http/exchange.h"

struct http_sink {
    int fd;
    uint16_t port;
    pthread_t thread;
};

static bool is_passing(int code)
{
    return code == EINTR || code == ECONNABORTED || code == EAGAIN;
}

static void *take_and_close(void *arg)
{
    const struct http_sink *s = arg;
    for (;;) {
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            close(fd);
        else if (!is_passing(errno))
            return NULL;
    }
}

/* Signals go to the main thread (loop.c does the same). */
static int start_thread(struct http_sink *s)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&s->thread, NULL, take_and_close, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int http_sink_new(const char *addr, uint16_t port, struct http_sink **ret, struct err *err)
{
    struct http_sink *s = xcalloc(1, sizeof(*s));
    if (http_open_socket(addr, port, SOCK_CLOEXEC, &s->fd, &s->port, err) != 0) {
        xfree(s);
        return -1;
    }
    int rc = start_thread(s);
    if (rc != 0) {
        close(s->fd);
        xfree(s);
        return err_set(err, ERR_IO, "start the thread of a sink: %s", strerror(rc));
    }
    *ret = s;
    return 0;
}

uint16_t http_sink_port(const struct http_sink *s)
{
    return s->port;
}

struct http_sink *http_sink_free(struct http_sink *s)
{
    if (s == NULL)
        return NULL;
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    return xfree(s);
}
