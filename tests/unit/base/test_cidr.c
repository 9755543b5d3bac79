/*
 * Networks: what is one, and which addresses are in it.
 */
#include "tests/support/test.h"

#include "harness/base/cidr.h"

struct cidr_row {
    const char *net;
    const char *address;
    bool inside;
};

static const struct cidr_row rows[] = {
    {"10.0.0.0/8", "10.255.255.255", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.9.9.9/8", "10.0.0.1", true}, /* the host's bits do not count */
    {"172.16.0.0/12", "172.31.0.1", true},
    {"172.16.0.0/12", "172.32.0.1", false},
    {"192.168.7.5/32", "192.168.7.5", true},
    {"192.168.7.5/32", "192.168.7.4", false},
    {"0.0.0.0/0", "8.8.8.8", true},
    {"0.0.0.0/0", "::1", false},
    {"10.0.0.0/8", "::ffff:10.0.0.1", true},
    {"::/0", "8.8.8.8", false},
    {"::/0", "2001:db8::1", true},
    {"fe80::/10", "febf:ffff::1", true},
    {"fe80::/10", "fec0::1", false},
    {"::1/128", "::1", true},
    {"::1/128", "::2", false},
    {"10.0.0.0/8", "10.0.0", false},
    {"10.0.0.0/8", "", false},
    {"10.0.0.0/8", NULL, false},
};

static void test_cidr__contains(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct cidr net;
        assert_int_equal(cidr_parse(rows[i].net, &net), 0);
        if (cidr_contains(&net, rows[i].address) != rows[i].inside)
            fail_msg("%s in %s", rows[i].address, rows[i].net);
    }
}

static void test_cidr__no_network(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",       "/8",          "10.0.0.0",    "10.0.0.0/",    "10/8",
        "::/129", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "fe80::%1/10",
        "host/8", "10.0.0.0/ 8"};
    for (size_t i = 0; i < TEST_COUNT(bad); i++) {
        struct cidr net = {.bits = 77};
        if (cidr_parse(bad[i], &net) != -1)
            fail_msg("'%s' was taken", bad[i]);
        assert_int_equal(net.bits, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cidr__contains),
        cmocka_unit_test(test_cidr__no_network),
    };
    return TEST_MAIN(tests);
}
