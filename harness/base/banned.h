/*
 * What the project does not call, so that the compiler stops at it. Included by force in every
 * compilation (meson.build); the system headers that declare these names come first. The lint knows
 * the calls whose names are words of ours or of a library ("system", "rand") or that one file may
 * use (malloc, time).
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Macros of glibc's fortified headers under clang; a poisoned macro is a warning there. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy sprintf vsprintf strtok atoi atol atoll gets
#pragma GCC poison gmtime localtime popen
