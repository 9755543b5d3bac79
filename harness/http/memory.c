/*
 * The allocators handed to libcurl and libevent.
 */
#include "harness/http/memory.h"

#include <curl/curl.h>
#include <event2/event.h>

#include "harness/base/mem.h"

static void give_back(void *p)
{
    xfree(p);
}

int memory_start_curl(void)
{
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, xmalloc, give_back, xrealloc, xstrdup,
                                xcalloc) == CURLE_OK
               ? 0
               : -1;
}

void memory_for_libevent(void)
{
    event_set_mem_functions(xmalloc, xrealloc, give_back);
}
