/*
 * A handful of figures of one kind and their median. Knows nothing of what was measured.
 */
#pragma once

#include <stddef.h>

#include "harness/base/mem.h"

struct samples {
    double *items;
    size_t len;
};

void samples_add(struct samples *s, double v);
double samples_median(const struct samples *s); /* 0 when there are none */
double samples_min(const struct samples *s);
double samples_max(const struct samples *s);
void samples_deinit(struct samples *s);

DEFINE_AUTO_VALUE(struct samples, samples_deinit)
