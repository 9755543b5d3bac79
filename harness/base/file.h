/*
 * Files: read whole with a cap, write whole, list a folder. Errors carry the path and the system's
 * reason.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "harness/base/err.h"
#include "harness/base/vec.h"

#define FILE_MAX_TEXT (8UL * 1024 * 1024)

int file_read(const char *path, size_t max, char **ret, size_t *ret_len, struct err *err)
    MUST_USE; /* NUL-terminated */
int file_write(const char *path, const void *p, size_t n, mode_t mode, struct err *err)
    MUST_USE; /* truncates */
bool file_exists(const char *path);
bool file_is_dir(const char *path);
char *path_join(const char *dir, const char *name); /* an absolute name wins; caller frees */
char *path_dir(const char *path);                   /* "." when there is none; caller frees */
/* Every regular file in dir whose name ends with suffix, names sorted. Skips dot files. */
int file_list(const char *dir, const char *suffix, struct strlist *ret, struct err *err) MUST_USE;
/* Every regular file below dir whose name ends with suffix, paths relative to dir, sorted. Skips
 * dot files. */
int file_find(const char *dir, const char *suffix, struct strlist *ret, struct err *err) MUST_USE;
