/*
 * bcrypt's own vectors (OpenBSD's, as jBCrypt lists them), and what is no hash of any password.
 */
#include "tests/support/test.h"

#include "harness/crypto/bcrypt.h"

struct row {
    const char *password;
    const char *hash;
    bool same;
};

static const struct row rows[] = {
    {"", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", true},
    {"a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", true},
    {"abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", true},
    {"abd", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", false},
    {"a", "", false},
    {"a", "a", false},
    {"a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfx", false},
    {"a", "$2a$31$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", false},
    {"a", "$2a$xx$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", false},
    {"a", "$1a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", false},
};

static void test_matches(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++)
        if (bcrypt_matches(rows[i].password, rows[i].hash) != rows[i].same)
            fail_msg("'%s' and '%s'", rows[i].password, rows[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_matches)};
    return TEST_MAIN(tests);
}
