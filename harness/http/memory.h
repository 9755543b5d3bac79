/*
 * Inside this unit only: libevent allocates as we do, so that it never fails for lack of memory
 * (mem.h). Before its first use.
 */
#pragma once

void memory_for_libevent(void);
