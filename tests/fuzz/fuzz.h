/*
 * The entry point of every fuzz target, as libFuzzer calls it. A target aborts when a promise of
 * the unit under test does not hold.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
