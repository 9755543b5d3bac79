/*
 * Reading, writing and finding files. Every error names the path and the system's reason; sizes are
 * capped before memory is asked for.
 */
#include "harness/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/buf.h"
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

/* The folders from the root to where one is: a link may lead back to any of them. */
struct way {
    const struct way *up;
    dev_t dev;
    ino_t ino;
    int depth;
};

static bool is_on(const struct way *way, const struct stat *st)
{
    while (way && (way->dev != st->st_dev || way->ino != st->st_ino)) {
        way = way->up;
    }
    return way;
}

static int find_below(const char *root, const char *below, const char *suffix, const struct way *up,
                      struct strlist *found, struct err *err)
{
    AUTO(xfree) char *path = below[0] == '\0' ? xstrdup(root) : path_join(root, below);
    AUTO(dir_close) DIR *dir = opendir(path);

    if (!dir) {
        return fail(err, "list", path, errno);
    }
    struct stat own = {0};
    if (fstat(dirfd(dir), &own) != 0) {
        return fail(err, "list", path, errno);
    }
    struct way way = {up, own.st_dev, own.st_ino, up ? up->depth + 1 : 0};
    if (is_on(up, &own)) {
        return 0;
    }
    if (way.depth > MAX_DEPTH) {
        return err_set(err, ERR_IO, "cannot list '%s': more than %d levels deep", path, MAX_DEPTH);
    }
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        if (e->d_name[0] == '.') {
            continue;
        }
        AUTO(xfree) char *relative = path_join(below, e->d_name);
        AUTO(xfree) char *full = path_join(root, relative);
        struct stat st = {0};
        if (stat(full, &st) != 0) {
            continue; /* gone meanwhile, or a link to nowhere */
        }
        if (S_ISDIR(st.st_mode)) {
            if (find_below(root, relative, suffix, &way, found, err) < 0) {
                return -1;
            }
        } else if (S_ISREG(st.st_mode) && str_ends(str_of(relative), suffix)) {
            strlist_add(found, relative);
        }
    }
    return 0;
}

int file_find(const char *dir, const char *suffix, struct strlist *ret, struct err *err)
{
    AUTO(strlist_deinit) struct strlist found = {0};

    if (find_below(dir, "", suffix, NULL, &found, err) < 0) {
        return -1;
    }
    strlist_sort(&found);
    for (size_t i = 0; i < found.len; i++) {
        strlist_add(ret, found.items[i]);
    }
    return 0;
}
