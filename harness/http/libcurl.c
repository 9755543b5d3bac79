/*
 * The table of libcurl's functions and its one start.
 */
#include "harness/http/libcurl.h"

#include <pthread.h>
#include <signal.h>

#include "harness/base/lazy.h"
#include "harness/http/client.h"

#define SONAME "libcurl.so.4"
#define SYMBOL(member_)                                                                            \
    {                                                                                              \
        "curl_" #member_, offsetof(struct libcurl, member_)                                        \
    }

struct libcurl libcurl;

static void give_back(void *p)
{
    xfree(p);
}

static void load(void)
{
    static const struct lazy_symbol symbols[] = {
        SYMBOL(global_init_mem), SYMBOL(easy_init),
        SYMBOL(easy_cleanup),    SYMBOL(easy_setopt),
        SYMBOL(easy_getinfo),    SYMBOL(easy_perform),
        SYMBOL(easy_strerror),   SYMBOL(slist_append),
        SYMBOL(slist_free_all),  {NULL, 0},
    };
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL); /* with CURLOPT_NOSIGNAL libcurl leaves it to us */
    lazy_load(SONAME, symbols, &libcurl);
    /* It allocates as we do, so that it never fails for lack of memory (mem.h). When it does not
     * start there are no handles, which is told (handle_call). */
    (void)libcurl.global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, give_back, xrealloc, xstrdup,
                                  xcalloc);
}

void libcurl_load(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
}

static void *load_ahead(void *arg)
{
    (void)arg;
    libcurl_load();
    return NULL;
}

struct http_preparation {
    pthread_t thread;
};

struct http_preparation *http_client_prepare(void)
{
    struct http_preparation *p = xcalloc(1, sizeof(*p));
    if (pthread_create(&p->thread, NULL, load_ahead, NULL) == 0)
        return p;
    return xfree(p);
}

struct http_preparation *http_preparation_free(struct http_preparation *p)
{
    if (p == NULL)
        return NULL;
    pthread_join(p->thread, NULL);
    return xfree(p);
}
