/*
 * What every cmocka program includes first: cmocka with the headers it needs, and one way to run a
 * group.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST_COUNT(tests_) (sizeof(tests_) / sizeof((tests_)[0]))

/* Runs one group and gives the number of failures as exit status (capped). Use a macro: cmocka
 * wants the array. */
#define TEST_MAIN(tests_) (cmocka_run_group_tests(tests_, NULL, NULL) == 0 ? 0 : 1)

/* Nobody listens there, and the system gives it to nobody who asks for any port: one that was just
 * closed may be another program's a moment later. */
#define TEST_CLOSED_PORT 1

/* "<root>/tests/data/<name>": the root comes from ROLECALL_ROOT or is the current folder. Caller
 * frees. */
char *test_data(const char *name);
/* The file's text; fails the test if it cannot be read. Caller frees. */
char *test_data_text(const char *name);
/* Fails, showing both, where the text is NULL or does not hold the part (has), or does (lacks). */
void test_has(const char *text, const char *part);
void test_lacks(const char *text, const char *part);
