/*
 * One text behind one mutex.
 */
#include "harness/http/trouble.h"

#include <stdarg.h>

#include "harness/base/buf.h"

void trouble_init(struct trouble *t)
{
    *t = (struct trouble){0};
    pthread_mutex_init(&t->lock, NULL);
}

void trouble_deinit(struct trouble *t)
{
    xfree(t->first);
    pthread_mutex_destroy(&t->lock);
}

void trouble_note(struct trouble *t, const char *fmt, ...)
{
    AUTO(buf_deinit) struct buf b;
    buf_init(&b, BUF_MAX_TEXT);
    va_list args;
    va_start(args, fmt);
    buf_vaddf(&b, fmt, args);
    va_end(args);
    pthread_mutex_lock(&t->lock);
    if (t->first == NULL)
        t->first = buf_take(&b);
    pthread_mutex_unlock(&t->lock);
}

char *trouble_take(struct trouble *t)
{
    pthread_mutex_lock(&t->lock);
    char *first = t->first;
    t->first = NULL;
    pthread_mutex_unlock(&t->lock);
    return first;
}
