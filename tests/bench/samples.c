/*
 * Medians. The few figures are sorted anew for each question.
 */
#include "tests/bench/samples.h"

#include <stdlib.h>

void samples_add(struct samples *s, double v)
{
    s->items = xrealloc(s->items, (s->len + 1) * sizeof(*s->items));
    s->items[s->len++] = v;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The item at this share of the way from the least to the greatest. */
static double at(const struct samples *s, double share)
{
    if (s->len == 0)
        return 0;
    double *sorted = xmemdup(s->items, s->len * sizeof(*s->items));
    qsort(sorted, s->len, sizeof(*sorted), by_size);
    double place = share * (double)(s->len - 1);
    size_t low = (size_t)place;
    size_t high = low + 1 < s->len ? low + 1 : low;
    double v = sorted[low] + (sorted[high] - sorted[low]) * (place - (double)low);
    xfree(sorted);
    return v;
}

double samples_median(const struct samples *s)
{
    return at(s, 0.5);
}

double samples_min(const struct samples *s)
{
    return at(s, 0);
}

double samples_max(const struct samples *s)
{
    return at(s, 1);
}

void samples_deinit(struct samples *s)
{
    xfree(s->items);
    *s = (struct samples){0};
}
