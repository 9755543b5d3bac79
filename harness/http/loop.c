/*
 * One event loop on one thread, woken through an eventfd when somebody posts a task. libevent runs
 * without its own locks, because only this thread calls it once it has started.
 */
#include "harness/http/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "harness/base/die.h"
#include "harness/base/mem.h"
#include "harness/http/memory.h"
#include "harness/http/trouble.h"

/* A wait that failed this often will not come back. */
#define MAX_FAILURES 100

struct loop {
    struct trouble *trouble;
    struct event_base *base;
    struct event *wake;
    int wake_fd;
    pthread_t thread;
    pthread_mutex_t lock;
    struct task *first; /* under lock */
    struct task **last;
};

static struct task *take_all(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    struct task *first = l->first;
    l->first = NULL;
    l->last = &l->first;
    pthread_mutex_unlock(&l->lock);
    return first;
}

static void run_tasks(evutil_socket_t fd, short what, void *arg)
{
    eventfd_t count;
    (void)eventfd_read(fd, &count);
    struct task *t = take_all(arg);
    while (t != NULL) {
        struct task *next = t->next; /* a task may free itself */
        t->run(t);
        t = next;
    }
}

static void *run_loop(void *arg)
{
    struct loop *l = arg;
    pthread_setname_np(pthread_self(), "http-loop");
    /* A loop that just ended would leave everybody waiting who waits for it. */
    for (int i = 0; event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0; i++) {
        trouble_note(l->trouble, "the event loop: wait for events: %s", strerror(errno));
        if (i == MAX_FAILURES)
            die("the event loop cannot wait for events");
    }
    return NULL;
}

/* Once, before libevent's first use. A peer that is gone must be an error of the write, not a
 * signal. */
static void prepare_process(void)
{
    memory_for_libevent();
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
}

static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    if (config == NULL)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static void release(struct loop *l)
{
    if (l->wake != NULL)
        event_free(l->wake);
    if (l->base != NULL)
        event_base_free(l->base);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    pthread_mutex_destroy(&l->lock);
    xfree(l);
}

/* Signals go to the main thread, so that a loop never runs somebody's handler. */
static int start_thread(struct loop *l)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&l->thread, NULL, run_loop, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int loop_new(struct trouble *trouble, struct loop **ret, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare_process);
    struct loop *l = xcalloc(1, sizeof(*l));
    l->trouble = trouble;
    pthread_mutex_init(&l->lock, NULL);
    l->last = &l->first;
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    l->base = l->wake_fd < 0 ? NULL : make_base();
    if (l->base != NULL)
        l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, run_tasks, l);
    if (l->wake == NULL || event_add(l->wake, NULL) < 0) {
        release(l);
        return err_set(err, ERR_IO, "start an event loop: %s", strerror(errno));
    }
    int rc = start_thread(l);
    if (rc != 0) {
        release(l);
        return err_set(err, ERR_IO, "start the event loop's thread: %s", strerror(rc));
    }
    *ret = l;
    return 0;
}

struct stop {
    struct task task;
    struct loop *loop;
};

static void stop_now(struct task *t)
{
    struct stop *s = (struct stop *)t;
    event_base_loopbreak(s->loop->base);
}

struct loop *loop_free(struct loop *l)
{
    if (l == NULL)
        return NULL;
    struct stop stop = {.task = {.run = stop_now}, .loop = l};
    loop_post(l, &stop.task);
    pthread_join(l->thread, NULL);
    release(l);
    return NULL;
}

struct event_base *loop_base(struct loop *l)
{
    return l->base;
}

bool loop_is_current(const struct loop *l)
{
    return pthread_equal(pthread_self(), l->thread) != 0;
}

void loop_post(struct loop *l, struct task *t)
{
    t->next = NULL;
    pthread_mutex_lock(&l->lock);
    bool was_empty = l->first == NULL;
    *l->last = t;
    l->last = &t->next;
    pthread_mutex_unlock(&l->lock);
    if (was_empty)
        (void)eventfd_write(l->wake_fd, 1);
}
