/*
 * Go's time.ParseDuration with its error texts: lifetimes in the configurations of Dex and Argo CD.
 */
#include "mocks/common/goduration.h"

#include <string.h>

#include "harness/base/str.h"
#include "mocks/common/gotext.h"

#define NS_PER_MS INT64_C(1000000)
#define MAX_NS (INT64_MAX / 1000)

static const struct unit {
    const char *name;
    int64_t ns;
} units[] = {
    {"ns", 1},
    {"us", 1000},
    {"µs", 1000}, /* U+00B5 */
    {"μs", 1000}, /* U+03BC */
    {"ms", NS_PER_MS},
    {"s", 1000 * NS_PER_MS},
    {"m", 60 * 1000 * NS_PER_MS},
    {"h", 3600 * 1000 * NS_PER_MS},
    {NULL, 0},
};

static int refuse(const char *what, const char *text, struct err *err)
{
    AUTO(xfree) char *quoted = go_quoted(text);
    return err_set(err, ERR_USAGE, "time: %s duration %s", what, quoted);
}

static int unit_of(struct str name, const char *text, int64_t *ret_ns, struct err *err)
{
    for (const struct unit *u = units; u->name != NULL; u++) {
        if (str_is(name, u->name)) {
            *ret_ns = u->ns;
            return 0;
        }
    }
    if (name.len == 0)
        return refuse("missing unit in", text, err);
    AUTO(xfree) char *unit = xstrndup(name.ptr, name.len);
    AUTO(xfree) char *quoted = go_quoted(unit);
    AUTO(xfree) char *what = xasprintf("unknown unit %s in", quoted);
    return refuse(what, text, err);
}

/* One "1.5h" at *p. */
static int read_part(const char **p, const char *text, int64_t *sum_ns, struct err *err)
{
    static const char digits[] = "0123456789";
    size_t whole = strspn(*p, digits);
    int64_t n = 0;
    int64_t unit_ns = 0;
    size_t fraction = (*p)[whole] == '.' ? strspn(*p + whole + 1, digits) : 0;
    if (whole + fraction == 0 ||
        (whole > 0 && str_to_i64((struct str){*p, whole}, 0, MAX_NS, &n) != 0))
        return refuse("invalid", text, err);
    const char *decimals = *p + whole + 1;
    *p += whole + ((*p)[whole] == '.' ? 1 + fraction : 0);
    size_t len = strcspn(*p, ".0123456789");
    if (unit_of((struct str){*p, len}, text, &unit_ns, err) != 0)
        return -1;
    *p += len;
    if (n > MAX_NS / unit_ns)
        return refuse("invalid", text, err);
    *sum_ns += n * unit_ns;
    for (size_t i = 0; i < fraction && unit_ns > 0; i++) {
        *sum_ns += (decimals[i] - '0') * unit_ns / 10;
        unit_ns /= 10;
    }
    return *sum_ns > MAX_NS ? refuse("invalid", text, err) : 0;
}

int go_duration(const char *text, int64_t *ret_ms, struct err *err)
{
    int64_t sum_ns = 0;
    const char *p = text + (*text == '-' || *text == '+' ? 1 : 0);
    if (*p == '\0')
        return refuse("invalid", text, err);
    if (strcmp(p, "0") == 0)
        p++;
    while (*p != '\0') {
        if (read_part(&p, text, &sum_ns, err) != 0)
            return -1;
    }
    *ret_ms = (*text == '-' ? -sum_ns : sum_ns) / NS_PER_MS;
    return 0;
}
