/*
 * Views into text, checked numbers and the nearest known name. Nothing here owns memory beyond a
 * call, and nothing depends on the locale.
 */
#include "harness/base/str.h"

#include <string.h>

#include "harness/base/mem.h"

struct str str_of(const char *s)
{
    if (!s) {
        return (struct str){"", 0};
    }
    return (struct str){s, strlen(s)};
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_is(struct str a, const char *b)
{
    return b && str_eq(a, str_of(b));
}

bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.len >= n && (n == 0 || memcmp(s.ptr, prefix, n) == 0);
}

bool str_ends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);

    return s.len >= n && (n == 0 || memcmp(s.ptr + (s.len - n), suffix, n) == 0);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_space(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

bool str_next(struct str *rest, char sep, struct str *ret_piece)
{
    /* A NULL pointer marks the end, so that "a," still gives its empty last piece. */
    if (!rest->ptr) {
        return false;
    }
    const char *cut = rest->len > 0 ? memchr(rest->ptr, sep, rest->len) : NULL;
    if (!cut) {
        *ret_piece = *rest;
        *rest = (struct str){NULL, 0};
        return true;
    }
    size_t n = (size_t)(cut - rest->ptr);
    *ret_piece = (struct str){rest->ptr, n};
    rest->ptr += n + 1;
    rest->len -= n + 1;
    return true;
}

bool cstr_eq(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool cstr_starts(const char *s, const char *prefix)
{
    return s && prefix && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool cstr_contains(const char *haystack, const char *needle)
{
    return haystack && needle && strstr(haystack, needle) != NULL;
}

bool cstr_among(const char *word, const char *const *words)
{
    while (*words && !cstr_eq(*words, word)) {
        words++;
    }
    return *words != NULL;
}

/* Digits to their value, counted downwards so that INT64_MIN fits. */
static int parse_negative(struct str digits, int64_t *ret)
{
    int64_t v = 0;

    if (digits.len == 0) {
        return -1;
    }
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.ptr[i];
        if (c < '0' || c > '9') {
            return -1;
        }
        if (__builtin_mul_overflow(v, (int64_t)10, &v) ||
            __builtin_sub_overflow(v, (int64_t)(c - '0'), &v)) {
            return -1;
        }
    }
    *ret = v;
    return 0;
}

int str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    int64_t v = 0;

    if (negative) {
        s.ptr++;
        s.len--;
    }
    if (parse_negative(s, &v) < 0) {
        return -1;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, v, &v)) {
        return -1;
    }
    if (v < min || v > max) {
        return -1;
    }
    *ret = v;
    return 0;
}

static const struct {
    const char *suffix;
    int64_t ms;
} duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
};

int str_to_duration_ms(struct str s, int64_t *ret_ms)
{
    int64_t factor = 1000;
    int64_t v = 0;

    for (size_t i = 0; duration_units[i].suffix; i++) {
        if (str_ends(s, duration_units[i].suffix)) {
            factor = duration_units[i].ms;
            s.len -= strlen(duration_units[i].suffix);
            break;
        }
    }
    if (str_to_i64(s, 0, INT64_MAX, &v) < 0 || __builtin_mul_overflow(v, factor, &v)) {
        return -1;
    }
    *ret_ms = v;
    return 0;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* Edit distance in which two neighbours swapped count once (the commonest slip of the fingers);
 * `enough` or more is said as `enough`. */
static size_t distance(const char *a, const char *b, size_t enough)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    size_t w = m + 1;
    if ((n > m ? n - m : m - n) >= enough) {
        return enough;
    }
    AUTO(xfree) char *memory = xcalloc(3 * w, sizeof(size_t));
    size_t *older = (size_t *)(void *)memory;
    size_t *old = older + w;
    size_t *now = old + w;

    size_t least_before = 0;
    for (size_t j = 0; j <= m; j++) {
        old[j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        size_t least = now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = old[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = min3(change, old[j] + 1, now[j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                older[j - 2] + 1 < now[j]) {
                now[j] = older[j - 2] + 1;
            }
            least = now[j] < least ? now[j] : least;
        }
        if (least >= enough && least_before >= enough) {
            return enough; /* a swap reaches two lines back */
        }
        least_before = least;
        size_t *spare = older;
        older = old;
        old = now;
        now = spare;
    }
    return old[m] < enough ? old[m] : enough;
}

const char *str_nearest_of(const char *word, const char *(*name_at)(const void *ctx, size_t i),
                           const void *ctx)
{
    const char *best = NULL;
    size_t limit = strlen(word) / 3;
    size_t best_distance = (limit < 2 ? 2 : limit) + 1;

    /* Words longer than any name of ours are not worth the square of their length. */
    if (strlen(word) > 256) {
        return NULL;
    }
    for (size_t i = 0; name_at(ctx, i); i++) {
        size_t d = distance(word, name_at(ctx, i), best_distance);
        if (d < best_distance) {
            best_distance = d;
            best = name_at(ctx, i);
        }
    }
    return best;
}

static const char *name_in_list(const void *ctx, size_t i)
{
    const char *const *names = ctx;

    return names[i];
}

const char *str_nearest(const char *word, const char *const *names)
{
    return str_nearest_of(word, name_in_list, names);
}
