/*
 * `rolecall list checks --suite`: what answers to each module of the OpenID conformance suite.
 */
#pragma once

#include <stdbool.h>

/* Prints the mapping and its counts; with json as one object. */
void list_suite(bool json);
