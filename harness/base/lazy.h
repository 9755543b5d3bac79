/*
 * Shared libraries that are loaded at their first use: for what brings many others along and most
 * commands do without. The unit that wraps the library has the table of its functions.
 */
#pragma once

#include <stddef.h>

struct lazy_symbol {
    const char *name;
    size_t offset; /* of the function's pointer in the table */
};

/* Loads the library and fills the table with its functions; symbols are ended by a zero row. A
 * library that is not there is a broken installation: one line on stderr and status 3, as for
 * memory. Callers make sure that it happens once (pthread_once). The library stays for the life of
 * the process. */
void lazy_load(const char *soname, const struct lazy_symbol *symbols, void *table);
