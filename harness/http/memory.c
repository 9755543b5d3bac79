/*
 * The allocator handed to libevent.
 */
#include "harness/http/memory.h"

#include <event2/event.h>

#include "harness/base/mem.h"

static void give_back(void *p)
{
    xfree(p);
}

void memory_for_libevent(void)
{
    event_set_mem_functions(xmalloc, xrealloc, give_back);
}
