/*
 * Lines, not documents: what is not part of a change keeps its bytes, comments and layout with it.
 */
#include "harness/mistakes/fix.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/buf.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/data/utf8.h"
#include "harness/mistakes/secrets.h"

/* ---- one change ---- */

/* Bytes before the column, which counts characters. */
static size_t offset_of(const char *line, int column)
{
    size_t at = 0;
    for (int c = 1; c < column && line[at] != '\0'; c++) {
        at++;
        while (((unsigned char)line[at] & 0xc0U) == 0x80U)
            at++;
    }
    return at;
}

/* A list in a ConfigMap is a text: "[x]" needs quotes where the old value had none. */
static char *quoted(const struct edit *e, char before)
{
    AUTO(buf_deinit) struct buf b = {0};
    if (e->new_text[0] != '[' || before == '\'' || before == '"')
        return xstrdup(e->new_text);
    buf_init(&b, BUF_MAX_TEXT);
    buf_addc(&b, '\'');
    for (const char *p = e->new_text; *p != '\0'; p++)
        buf_adds(&b, *p == '\'' ? "''" : (char[]){*p, '\0'});
    buf_addc(&b, '\'');
    return buf_take(&b);
}

/* Only what stands at the column, or in quotes there: a comment or another value may say the same.
 */
static char *replaced(const char *line, int column, const struct edit *e)
{
    const char *at = line + offset_of(line, column);
    if (*at == '"' || *at == '\'')
        at++;
    if (!cstr_starts(at, e->old_text))
        return NULL;
    AUTO(xfree) char *new_text = quoted(e, at > line ? at[-1] : ' ');
    return xasprintf("%.*s%s%s", (int)(at - line), line, new_text, at + strlen(e->old_text));
}

/* A member more: before the first one of a block, behind the brace of a flow map. NULL: neither. */
static char *with_member(const char *line, int column, const char *member, bool *ret_own_line)
{
    size_t at = offset_of(line, column);
    *ret_own_line = strspn(line, " ") == at;
    if (*ret_own_line && line[at] != '{')
        return xasprintf("%.*s%s%s", (int)at, line, member,
                         str_ends(str_of(line), "\r") ? "\r" : "");
    *ret_own_line = false;
    return line[at] == '{' ? xasprintf("%.*s{%s, %s", (int)at, line, member, line + at + 1) : NULL;
}

/* They come by file and line. */
static struct fix *fix_at(struct fixes *f, const char *file, int line)
{
    for (size_t i = f->len; i > 0 && f->items[i - 1].line == line; i--) {
        if (strcmp(f->items[i - 1].file, file) == 0 && f->items[i - 1].old_line != NULL)
            return &f->items[i - 1];
    }
    return NULL;
}

static void add(struct fixes *f, const char *file, int line, char *take_old, char *take_new)
{
    f->items = xrealloc(f->items, (f->len + 1) * sizeof *f->items);
    f->items[f->len++] = (struct fix){xstrdup(file), line, take_old, take_new, NULL};
}

static void plan_one(struct fixes *f, struct sources *sources, const struct mistake *m)
{
    struct fix *before = fix_at(f, m->file, m->line);
    struct str now = {0};
    bool own_line = false;
    if (m->edit.new_text == NULL || !sources_line(sources, m->file, m->line, &now))
        return;
    AUTO(xfree)
    char *line = before != NULL ? xstrdup(before->new_line) : xstrndup(now.ptr, now.len);
    bool inserts = m->edit.old_text[0] == '\0';
    char *new_line = inserts ? with_member(line, m->column, m->edit.new_text, &own_line)
                             : replaced(line, m->column, &m->edit);
    if (new_line == NULL)
        return;
    if (before != NULL && !own_line) {
        xfree(before->new_line);
        before->new_line = new_line;
        return;
    }
    add(f, m->file, m->line, own_line ? NULL : xstrdup(line), new_line);
}

/* Why nobody may write there; NULL: a file of the user's own. Caller frees. */
static char *kept_as_it_is(const struct js *doc, const char *file)
{
    const char *made = js_text(js_path(doc, "read", "generated", file, NULL));
    struct stat st = {0};
    if (cstr_starts(file, "<"))
        return xstrdup("it is no file; change what the text is made from");
    if (made != NULL)
        return xstrdup(made);
    if (stat(file, &st) != 0 || (st.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0 ||
        access(file, W_OK) != 0)
        return xstrdup("it may not be written");
    return st.st_nlink > 1 ? xstrdup("it has a second name (a hard link), which would be left")
                           : NULL;
}

void fixes_plan(const struct mistakes *f, const struct js *doc, struct fixes *ret)
{
    *ret = (struct fixes){0};
    for (size_t i = 0; i < f->len; i++)
        plan_one(ret, f->sources, &f->items[i]);
    for (size_t i = 0; i < ret->len; i++)
        ret->items[i].kept = kept_as_it_is(doc, ret->items[i].file);
}

void fixes_deinit(struct fixes *f)
{
    for (size_t i = 0; i < f->len; i++) {
        xfree(f->items[i].file);
        xfree(f->items[i].old_line);
        xfree(f->items[i].new_line);
        xfree(f->items[i].kept);
    }
    xfree(f->items);
    *f = (struct fixes){0};
}

static void add_diff_line(struct buf *b, char mark, const char *line)
{
    size_t n = line != NULL ? strlen(line) : 0;
    if (line != NULL)
        buf_addf(b, "%c%.*s\n", mark, (int)(n > 0 && line[n - 1] == '\r' ? n - 1 : n), line);
}

char *fixes_diff(const struct fixes *f, const struct js *doc)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    for (size_t i = 0; i < f->len; i++) {
        const struct fix *x = &f->items[i];
        if (js_path(doc, "read", "generated", x->file, NULL) != NULL)
            continue; /* perhaps megabytes in a line */
        if (i == 0 || strcmp(x->file, f->items[i - 1].file) != 0)
            buf_addf(&b, "--- %s\n+++ %s\n", x->file, x->file);
        buf_addf(&b, "@@ line %d @@\n", x->line);
        add_diff_line(&b, '-', x->old_line);
        add_diff_line(&b, '+', x->new_line);
    }
    AUTO(secrets_free) struct secrets *secrets = secrets_new(doc);
    size_t mark = 0;
    AUTO(xfree) char *masked = secrets_mask_source(secrets, (struct str){b.ptr, b.len}, &mark);
    return utf8_visible(str_of(masked));
}

/* ---- files ---- */

static void add_line(struct buf *b, const struct fixes *f, const char *file, int number,
                     struct str line)
{
    bool written = false;
    for (size_t i = 0; i < f->len; i++) {
        const struct fix *x = &f->items[i];
        if (strcmp(x->file, file) != 0 || x->line != number)
            continue;
        buf_adds(b, x->new_line);
        written = written || x->old_line != NULL;
        if (x->old_line == NULL)
            buf_addc(b, '\n');
    }
    if (!written)
        buf_add(b, line.ptr, line.len);
}

/* Into a file that nobody else has, and then in the old one's place: a full disk leaves the old
 * one. A link stays one. */
static int put(const char *file, const struct buf *b, struct err *err)
{
    char target[PATH_MAX];
    struct stat st = {0};
    if (realpath(file, target) == NULL || stat(target, &st) != 0)
        return err_set(err, ERR_IO, "cannot write '%s': %s", file, strerror(errno));
    AUTO(xfree) char *beside = xasprintf("%s.XXXXXX", target);
    int fd = mkstemp(beside);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot write '%s': %s", beside, strerror(errno));
    bool owned = fchown(fd, st.st_uid, st.st_gid) == 0;
    (void)close(fd);
    int rc = owned ? file_write(beside, b->ptr, b->len, st.st_mode & 07777, err)
                   : err_set(err, ERR_IO, "cannot write '%s': its owner is somebody else", file);
    if (rc == 0 && (chmod(beside, st.st_mode & 07777) != 0 || rename(beside, target) != 0))
        rc = err_set(err, ERR_IO, "cannot write '%s': %s", file, strerror(errno));
    if (rc != 0)
        (void)unlink(beside);
    return rc;
}

static int write_one(const struct fixes *f, const char *file, struct err *err)
{
    AUTO(xfree) char *text = NULL;
    AUTO(buf_deinit) struct buf b = {0};
    size_t len = 0;
    struct str line = {0};
    if (file_read(file, FILE_MAX_TEXT, &text, &len, err) != 0)
        return -1;
    struct str rest = {text, len};
    buf_init(&b, BUF_MAX_TEXT);
    for (int number = 1; str_next(&rest, '\n', &line); number++) {
        if (number > 1)
            buf_addc(&b, '\n');
        add_line(&b, f, file, number, line);
    }
    return put(file, &b, err);
}

int fixes_write(const struct fixes *f, size_t *ret_files, struct err *err)
{
    *ret_files = 0;
    for (size_t i = 0; i < f->len; i++) {
        if (f->items[i].kept != NULL ||
            (i > 0 && strcmp(f->items[i].file, f->items[i - 1].file) == 0))
            continue;
        if (write_one(f, f->items[i].file, err) != 0)
            return -1;
        (*ret_files)++;
    }
    return 0;
}
