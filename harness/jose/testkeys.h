/*
 * The table of the test keys, ended by a zero row. For key.c alone; others ask key_test().
 */
#pragma once

#define TEST_KEYS 16

struct test_key {
    const char *name;
    const char *pem; /* PKCS#8 */
};

extern const struct test_key test_keys[TEST_KEYS + 1];
