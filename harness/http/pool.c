/*
 * Worker threads behind one mutex. Knows nothing of HTTP: a job is a function and whatever it is
 * embedded in.
 */
#include "harness/http/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#define POOL_NAME 16 /* the kernel's limit, NUL included */

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    char name[POOL_NAME];
    pthread_t *threads;
    int max;
    int made;
    int idle;
    int waiting; /* jobs in the queue */
    bool stopping;
    struct job *first;
    struct job **last;
};

struct pool *pool_new(const char *name, int threads)
{
    struct pool *p = xcalloc(1, sizeof(*p));
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->more, NULL);
    snprintf(p->name, sizeof(p->name), "%s", name);
    p->max = threads;
    p->threads = xcalloc((size_t)threads, sizeof(*p->threads));
    p->last = &p->first;
    return p;
}

/* The next job, or NULL when the pool stops. Called and left with the lock held. */
static struct job *next_job(struct pool *p)
{
    p->idle++;
    while (p->first == NULL && !p->stopping)
        pthread_cond_wait(&p->more, &p->lock);
    p->idle--;
    if (p->stopping)
        return NULL;
    struct job *j = p->first;
    p->first = j->next;
    if (p->first == NULL)
        p->last = &p->first;
    p->waiting--;
    return j;
}

static void *work(void *arg)
{
    struct pool *p = arg;
    pthread_setname_np(pthread_self(), p->name);
    pthread_mutex_lock(&p->lock);
    for (struct job *j = next_job(p); j != NULL; j = next_job(p)) {
        pthread_mutex_unlock(&p->lock);
        j->run(j);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* With the lock held. The first thread must come up; more are a convenience. */
static bool ensure_thread(struct pool *p)
{
    if (p->idle > p->waiting || p->made == p->max)
        return true;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&p->threads[p->made], NULL, work, p) == 0)
        p->made++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return p->made > 0;
}

bool pool_submit(struct pool *p, struct job *j)
{
    pthread_mutex_lock(&p->lock);
    bool taken = !p->stopping && ensure_thread(p);
    if (taken) {
        j->next = NULL;
        *p->last = j;
        p->last = &j->next;
        p->waiting++;
    }
    pthread_mutex_unlock(&p->lock);
    if (taken)
        pthread_cond_signal(&p->more); /* unlocked, so that who wakes need not wait again */
    return taken;
}

void pool_stop(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    bool first = !p->stopping;
    p->stopping = true;
    pthread_cond_broadcast(&p->more);
    int made = p->made;
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; first && i < made; i++) {
        assert(!pthread_equal(p->threads[i], pthread_self()));
        pthread_join(p->threads[i], NULL);
    }
}

struct pool *pool_free(struct pool *p)
{
    if (p == NULL)
        return NULL;
    pool_stop(p);
    pthread_cond_destroy(&p->more);
    pthread_mutex_destroy(&p->lock);
    xfree(p->threads);
    return xfree(p);
}
