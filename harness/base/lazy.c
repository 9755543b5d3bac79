/*
 * dlopen and dlsym, and what to say when they fail.
 */
#include "harness/base/lazy.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void die(void) __attribute__((noreturn));

static void die(void)
{
    const char *why = dlerror();

    fprintf(stderr, "rolecall: %s\n", why ? why : "a library cannot be loaded");
    _exit(3);
}

void lazy_load(const char *soname, const struct lazy_symbol *symbols, void *table)
{
    void *library = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);

    if (!library) {
        die();
    }
    for (const struct lazy_symbol *s = symbols; s->name; s++) {
        void *function = dlsym(library, s->name);
        if (!function) {
            die();
        }
        /* POSIX gives functions as void *, which C has no conversion for. */
        memcpy((char *)table + s->offset, &function, sizeof function);
    }
}
