/*
 * Inside this unit only: libcurl and libevent allocate as we do, so that they never fail for lack
 * of memory (mem.h). Each before the library's first use.
 */
#pragma once

/* Starts libcurl; -1 when it will not. */
int memory_start_curl(void);
void memory_for_libevent(void);
