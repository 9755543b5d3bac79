/*
 * dlopen and dlsym, and what to say when they fail.
 */
#include "harness/base/lazy.h"

#include <dlfcn.h>
#include <string.h>

#include "harness/base/die.h"

static void give_up(void)
{
    const char *why = dlerror();

    die(why ? why : "a library cannot be loaded");
}

void lazy_load(const char *soname, const struct lazy_symbol *symbols, void *table)
{
    void *library = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);

    if (!library) {
        give_up();
    }
    for (const struct lazy_symbol *s = symbols; s->name; s++) {
        void *function = dlsym(library, s->name);
        if (!function) {
            give_up();
        }
        /* POSIX gives functions as void *, which C has no conversion for. */
        memcpy((char *)table + s->offset, &function, sizeof function);
    }
}
