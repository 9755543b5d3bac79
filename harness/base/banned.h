/*
 * What the project does not call, and what to call instead. Included by force in every compilation
 * (meson.build), after the system headers that declare these names.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef ROLECALL_ALLOW_RAW_MEMORY
#pragma GCC poison strcpy strcat strncpy sprintf vsprintf strtok atoi atol atoll gets
#pragma GCC poison gmtime localtime rand srand system popen
#endif
