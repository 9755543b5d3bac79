/*
 * Reading, writing and finding files. Every error names the path and the system's reason; sizes are
 * capped before memory is asked for.
 */
#include "harness/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/buf.h"
#include "harness/base/map.h"
#include "harness/base/mem.h"
#include "harness/base/str.h"

#define MAX_DEPTH 32

/* Closes a descriptor held by a local. */
struct fd {
    int n;
};

static void fd_close(struct fd *f)
{
    if (f->n >= 0) {
        (void)close(f->n);
    }
}

DEFINE_AUTO_VALUE(struct fd, fd_close)

static int fail(struct err *err, const char *doing, const char *path, int reason)
{
    return err_set(err, ERR_IO, "cannot %s '%s': %s", doing, path, strerror(reason));
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_len, struct err *err)
{
    AUTO(fd_close) struct fd f = {open(path, O_RDONLY | O_CLOEXEC)};
    AUTO(buf_deinit) struct buf text = {0};
    char piece[16384];

    if (f.n < 0) {
        return fail(err, "read", path, errno);
    }
    buf_init(&text, max);
    for (;;) {
        ssize_t n = read(f.n, piece, sizeof piece);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fail(err, "read", path, errno);
        }
        if (n == 0) {
            break;
        }
        buf_add(&text, piece, (size_t)n);
        if (!buf_ok(&text)) {
            return err_set(err, ERR_IO, "cannot read '%s': larger than %zu bytes", path, max);
        }
    }
    if (ret_len) {
        *ret_len = text.len;
    }
    *ret = buf_take(&text);
    return 0;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, p, n);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            return -1;
        }
        p += written;
        n -= (size_t)written;
    }
    return 0;
}

int file_write(const char *path, const void *p, size_t n, mode_t mode, struct err *err)
{
    AUTO(fd_close) struct fd f = {open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};

    if (f.n < 0) {
        return fail(err, "write", path, errno);
    }
    struct stat st = {0};
    /* A file that was there keeps its mode otherwise, which matters for what holds tokens. */
    if (fstat(f.n, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 07777 & ~mode) != 0 &&
        fchmod(f.n, mode) != 0) {
        return fail(err, "set the mode of", path, errno);
    }
    if (write_all(f.n, p, n) < 0) {
        return fail(err, "write", path, errno);
    }
    int closed = close(f.n);
    f.n = -1;
    return closed == 0 ? 0 : fail(err, "write", path, errno);
}

bool file_exists(const char *path)
{
    struct stat st = {0};

    return stat(path, &st) == 0;
}

bool file_is_dir(const char *path)
{
    struct stat st = {0};

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *path_join(const char *dir, const char *name)
{
    size_t n = strlen(dir);

    if (name[0] == '/' || n == 0) {
        return xstrdup(name);
    }
    return xasprintf("%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

char *path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash) {
        return xstrdup(".");
    }
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

static void dir_close(DIR **d)
{
    if (*d) {
        (void)closedir(*d);
    }
}

DEFINE_AUTO_VALUE(DIR *, dir_close)

/* One look for files: each folder is listed once, whatever links lead to it. */
struct search {
    const char *root, *suffix;
    bool flat; /* nothing below folders */
    struct strlist *found;
    struct strlist links; /* to folders, which come last: what has a name of its own has that */
    struct map seen;      /* folders by device and inode */
    struct strlist keys;  /* of seen */
};

static bool is_seen(struct search *s, const struct stat *st)
{
    char *key = xasprintf("%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);

    strlist_take(&s->keys, key);
    return !map_add(&s->seen, key, s);
}

static bool is_link(const char *path)
{
    struct stat st = {0};

    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static int find_below(struct search *s, const char *below, int depth, struct err *err)
{
    AUTO(xfree) char *path = below[0] == '\0' ? xstrdup(s->root) : path_join(s->root, below);
    AUTO(dir_close) DIR *dir = opendir(path);

    if (!dir) {
        return fail(err, "list", path, errno);
    }
    struct stat own = {0};
    if (fstat(dirfd(dir), &own) != 0) {
        return fail(err, "list", path, errno);
    }
    if (is_seen(s, &own)) {
        return 0;
    }
    if (depth > MAX_DEPTH) {
        return err_set(err, ERR_IO, "cannot list '%s': more than %d levels deep", path, MAX_DEPTH);
    }
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (e->d_name[0] == '.') {
            continue;
        }
        AUTO(xfree) char *relative = path_join(below, e->d_name);
        AUTO(xfree) char *full = path_join(s->root, relative);
        struct stat st = {0};
        if (stat(full, &st) != 0) {
            continue; /* gone meanwhile, or a link to nowhere */
        }
        if (S_ISDIR(st.st_mode) && s->flat) {
            continue;
        }
        if (S_ISDIR(st.st_mode) && is_link(full)) {
            strlist_add(&s->links, relative);
        } else if (S_ISDIR(st.st_mode)) {
            if (find_below(s, relative, depth + 1, err) < 0) {
                return -1;
            }
        } else if (S_ISREG(st.st_mode) && str_ends(str_of(relative), s->suffix)) {
            strlist_add(s->found, relative);
        }
    }
    return 0;
}

static int search_files(const char *dir, const char *suffix, bool flat, struct strlist *ret,
                        struct err *err)
{
    AUTO(strlist_deinit) struct strlist found = {0};

    struct search search = {.root = dir, .suffix = suffix, .flat = flat, .found = &found};
    int rc = find_below(&search, "", 0, err);
    strlist_sort(&search.links);
    for (size_t i = 0; rc == 0 && i < search.links.len; i++) {
        AUTO(xfree) char *link = xstrdup(search.links.items[i]);
        rc = find_below(&search, link, 1, err);
    }

    strlist_deinit(&search.links);
    map_deinit(&search.seen);
    strlist_deinit(&search.keys);
    if (rc < 0) {
        return -1;
    }
    strlist_sort(&found);
    for (size_t i = 0; i < found.len; i++) {
        strlist_add(ret, found.items[i]);
    }
    return 0;
}

int file_find(const char *dir, const char *suffix, struct strlist *ret, struct err *err)
{
    return search_files(dir, suffix, false, ret, err);
}

int file_list(const char *dir, const char *suffix, struct strlist *ret, struct err *err)
{
    return search_files(dir, suffix, true, ret, err);
}
