/*
 * One walk over a pattern. Go's regexp/syntax and Python's re each accept a fixed set of escapes
 * and groups; everything else would mean something in PCRE2 that it does not mean there. The walk
 * copies the pattern and rewrites the few escapes that differ (\v, \uXXXX, Python's \Z).
 */
#include "harness/data/regex_gate.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"

struct dialect {
    const char *escapes;       /* letters and digits allowed after a backslash */
    const char *class_escapes; /* the same inside [...] */
    const char *groups[12];    /* what may follow "(?" besides flags */
    const char *flags;
    bool possessive;
    int64_t max_repeat; /* 0 = PCRE2's own */
};

static const struct dialect dialects[] = {
    [REGEX_RE2] = {.escapes = "AbBdDsSwWzafnrtvxpPQ0",
                   .class_escapes = "dDsSwWafnrtvxpP0",
                   .groups = {":", "P<", "<", NULL},
                   .flags = "imsU",
                   .possessive = false,
                   .max_repeat = 1000},
    [REGEX_PYTHON] = {.escapes = "AbBdDsSwWZafnrtvxu0123456789",
                      .class_escapes = "bdDsSwWafnrtvxu0",
                      .groups = {":", "=", "!", "<=", "<!", ">", "P<", "P=", "#", "(", NULL},
                      .flags = "aiLmsux",
                      .possessive = true,
                      .max_repeat = 0},
};

struct walk {
    struct str in;
    size_t at;
    enum regex_dialect dialect;
    const struct dialect *d;
    struct buf out;
    size_t repeat_at; /* start of the quantifier just read, when `repeated` */
    bool repeated;
    struct err *err;
};

static void walk_deinit(struct walk *w)
{
    buf_deinit(&w->out);
}

DEFINE_AUTO_VALUE(struct walk, walk_deinit)

static char peek(const struct walk *w, size_t ahead)
{
    return w->at + ahead < w->in.len ? w->in.ptr[w->at + ahead] : '\0';
}

static struct str rest_of(const struct walk *w)
{
    return (struct str){w->in.ptr + w->at, w->in.len - w->at};
}

static void copy(struct walk *w, size_t n)
{
    buf_add(&w->out, w->in.ptr + w->at, n);
    w->at += n;
}

/* The texts of Go's regexp/syntax; Python's error names only the position. */
static int refuse(struct walk *w, const char *go_text, size_t from, size_t n)
{
    n = from + n > w->in.len ? w->in.len - from : n;
    if (w->dialect == REGEX_RE2) {
        return err_set(w->err, ERR_PARSE, "error parsing regexp: %s: `%.*s`", go_text, (int)n,
                       w->in.ptr + from);
    }
    return err_set(w->err, ERR_PARSE, "%s '%.*s' at position %zu", go_text, (int)n,
                   w->in.ptr + from, from);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* \uXXXX of Python; PCRE2 writes \x{XXXX}. */
static int copy_unicode(struct walk *w)
{
    for (size_t i = 2; i < 6; i++) {
        if (!is_hex(peek(w, i))) {
            return refuse(w, "incomplete escape", w->at, i);
        }
    }
    buf_addf(&w->out, "\\x{%.4s}", w->in.ptr + w->at + 2);
    w->at += 6;
    return 0;
}

/* \xFF in both dialects, \x{10FFFF} in Go; PCRE2 would take fewer digits. */
static int copy_hex(struct walk *w)
{
    bool braces = w->dialect == REGEX_RE2 && peek(w, 2) == '{';

    if (braces || (is_hex(peek(w, 2)) && is_hex(peek(w, 3)))) {
        copy(w, braces ? 3 : 4);
        return 0;
    }
    return refuse(w, "invalid escape sequence", w->at, 3);
}

/* \Q...\E of Go: everything between is literal, and to the end when there is no \E. */
static int copy_literal(struct walk *w)
{
    struct str rest = rest_of(w);
    const char *end = memmem(rest.ptr, rest.len, "\\E", 2);

    copy(w, end ? (size_t)(end - rest.ptr) + 2 : rest.len);
    if (!end) {
        buf_adds(&w->out, "\\E");
    }
    return 0;
}

static int copy_escape(struct walk *w, bool in_class)
{
    const char *allowed = in_class ? w->d->class_escapes : w->d->escapes;
    char c = peek(w, 1);

    if (w->at + 1 >= w->in.len) {
        return refuse(w, "trailing backslash at end of expression", w->at, 0); /* as Go shows it */
    }
    if (is_word(c) && !strchr(allowed, c)) {
        return refuse(w, w->dialect == REGEX_RE2 ? "invalid escape sequence" : "bad escape", w->at,
                      2);
    }
    if (c == 'v' || (c == 'Z' && !in_class)) {
        buf_adds(&w->out, c == 'v' ? "\\x0b" : "\\z");
        w->at += 2;
        return 0;
    }
    if (c == 's' && w->dialect == REGEX_RE2) {
        /* Go's \s lacks the vertical tab that PCRE2's has. */
        buf_adds(&w->out, in_class ? "\\t\\n\\f\\r " : "[\\t\\n\\f\\r ]");
        w->at += 2;
        return 0;
    }
    if (c == 'u') {
        return copy_unicode(w);
    }
    if (c == 'x') {
        return copy_hex(w);
    }
    if (c == 'Q') {
        return copy_literal(w);
    }
    copy(w, 2);
    return 0;
}

/* "[:alpha:]" inside a class; its length or 0. */
static size_t posix_class(struct str s)
{
    if (!str_starts(s, "[:")) {
        return 0;
    }
    const char *end = memmem(s.ptr + 2, s.len - 2, ":]", 2);
    return end ? (size_t)(end - s.ptr) + 2 : 0;
}

static int copy_class(struct walk *w)
{
    size_t start = w->at;

    copy(w, peek(w, 1) == '^' ? 2 : 1);
    for (bool first = true; w->at < w->in.len; first = false) {
        char c = peek(w, 0);
        if (c == ']' && !first) {
            copy(w, 1);
            return 0;
        }
        size_t posix = w->dialect == REGEX_RE2 ? posix_class(rest_of(w)) : 0;
        if (c == '\\') {
            if (copy_escape(w, true) < 0) {
                return -1;
            }
        } else if (posix > 0) {
            copy(w, posix);
        } else if (c == '[') {
            buf_adds(&w->out, "\\["); /* PCRE2 might see a POSIX class here */
            w->at++;
        } else {
            copy(w, 1);
        }
    }
    return refuse(w, "missing closing ]", start, w->in.len - start);
}

/* "ims-U)" or "ims-U:" after "(?"; its length or 0. */
static size_t flags_length(const struct walk *w, struct str s)
{
    size_t n = 0;

    while (n < s.len && (s.ptr[n] == '-' || strchr(w->d->flags, s.ptr[n])) && s.ptr[n] != '\0') {
        n++;
    }
    return n > 0 && n < s.len && (s.ptr[n] == ')' || s.ptr[n] == ':') ? n + 1 : 0;
}

/* How much Go shows of a group that it does not know: up to the character that decided. */
static size_t shown_group(struct str s)
{
    return s.len > 3 && s.ptr[2] == '<' ? 4 : 3;
}

static int copy_group(struct walk *w)
{
    if (peek(w, 1) == '*') {
        return refuse(w, "missing argument to repetition operator", w->at + 1, 1);
    }
    if (peek(w, 1) != '?') {
        copy(w, 1);
        return 0;
    }
    struct str inside = {w->in.ptr + w->at + 2, w->in.len - w->at - 2};
    size_t flags = flags_length(w, inside);
    if (flags > 0) {
        copy(w, 2 + flags);
        return 0;
    }
    for (size_t i = 0; w->d->groups[i]; i++) {
        /* In Go "(?<" is a name, but "(?<=" and "(?<!" are the look-behind it has not. */
        bool behind = str_starts(inside, "<=") || str_starts(inside, "<!");
        bool exact = !behind || strcmp(w->d->groups[i], "<") != 0;
        if (exact && str_starts(inside, w->d->groups[i])) {
            copy(w, 2 + strlen(w->d->groups[i]));
            return 0;
        }
    }
    return refuse(w, "invalid or unsupported Perl syntax", w->at, shown_group(rest_of(w)));
}

/* "{2}", "{2,}", "{2,5}" at the start of s: its length, or 0 when it is literal text. */
static size_t braces_length(struct str s, int64_t *ret_min, int64_t *ret_max)
{
    struct str inside = {0};
    struct str low = {0};
    const char *end = s.len > 0 && s.ptr[0] == '{' ? memchr(s.ptr, '}', s.len) : NULL;

    if (!end) {
        return 0;
    }
    inside = (struct str){s.ptr + 1, (size_t)(end - s.ptr) - 1};
    (void)str_next(&inside, ',', &low);
    if (str_to_i64(low, 0, INT32_MAX, ret_min) < 0) {
        return 0;
    }
    *ret_max = *ret_min;
    if (inside.ptr && inside.len > 0 && str_to_i64(inside, 0, INT32_MAX, ret_max) < 0) {
        return 0;
    }
    return (size_t)(end - s.ptr) + 1;
}

/* A quantifier with its "?"; two in a row are an error in Go, and "+" after one makes it possessive
 * in Python 3.11. */
static int copy_repeat(struct walk *w, size_t n, int64_t min, int64_t max)
{
    size_t start = w->at;

    if (w->d->max_repeat > 0 && (min > w->d->max_repeat || max > w->d->max_repeat || max < min)) {
        return refuse(w, "invalid repeat count", start, n);
    }
    if (w->repeated && !(w->d->possessive && peek(w, 0) == '+' && n == 1)) {
        return refuse(
            w, w->dialect == REGEX_RE2 ? "invalid nested repetition operator" : "multiple repeat",
            w->repeat_at, start + n - w->repeat_at);
    }
    copy(w, n);
    if (peek(w, 0) == '?') {
        copy(w, 1);
    }
    w->repeated = true;
    w->repeat_at = start;
    return 0;
}

static int step(struct walk *w)
{
    char c = peek(w, 0);
    int64_t min = 0;
    int64_t max = 0;
    size_t braces = braces_length(rest_of(w), &min, &max);

    if (c == '*' || c == '+' || c == '?' || braces > 0) {
        return copy_repeat(w, braces > 0 ? braces : 1, min, max);
    }
    w->repeated = false;
    if (c == '\\') {
        return copy_escape(w, false);
    }
    if (c == '[') {
        return copy_class(w);
    }
    if (c == '(') {
        return copy_group(w);
    }
    copy(w, 1);
    return 0;
}

int regex_gate(struct str pattern, enum regex_dialect dialect, char **ret, struct err *err)
{
    AUTO(walk_deinit)
    struct walk w = {
        .in = pattern,
        .dialect = dialect,
        .d = &dialects[dialect],
        .err = err,
    };

    buf_init(&w.out, BUF_MAX_TEXT);
    while (w.at < pattern.len) {
        if (step(&w) < 0) {
            return -1;
        }
    }
    *ret = buf_take(&w.out);
    return 0;
}
