/* Who plays admin and viewer where the policy has other roles: who suits, and what is said of it.
 */
#include "tests/support/test.h"

#include <string.h>

#include "harness/run/one.h"
#include "tests/unit/run/suite.h"

/* Roles of one's own; dora may all, rita may look, neil is in no group, gone is in one and locked.
 */
#define OWN_ROLES                                                                                  \
    "{\"argocd\":{\"rbac_cm\":{\"policy.default\":\"\",\"policy.csv\":"                            \
    "\"p, role:do, applications, *, */*, allow\\np, role:look, applications, get, */*, allow\\n"   \
    "g, doers, role:do\\ng, lookers, role:look\\n\"}},"                                            \
    "\"people\":{\"alice\":null,\"bob\":null,\"carol\":null,\"dave\":null,"                        \
    "\"neil\":{\"groups\":[]},\"rita\":{\"groups\":[\"lookers\"]},"                                \
    "\"gone\":{\"groups\":[\"doers\"],\"active\":false},\"dora\":{\"groups\":[\"doers\"]}}}"

struct played {
    struct bench_of b;
    struct setup *setup;
};

static void played_init(struct played *p, const char *patch, bool own)
{
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(1, "test");
    struct err err = {0};
    bench_init(&p->b);
    bench_patch(&p->b, patch);
    p->b.conf.own_setup = own;
    p->setup = NULL;
    if (setup_build(p->b.setup, "own", rnd, &p->setup, &err) != 0)
        fail_msg("%s", err.msg);
}

static void played_deinit(struct played *p)
{
    p->setup = setup_free(p->setup);
    bench_deinit(&p->b);
}

static void assert_plays(const struct played *p, const char *word, const char *username,
                         const char *role)
{
    struct run_cast cast = {0};
    struct err err = {0};
    if (run_cast(&p->b.conf, p->setup, word, &cast, &err) != 0)
        fail_msg("%s: %s", word, err.msg);
    assert_string_equal(cast.person->username, username);
    assert_true((cast.in_place_of == NULL && role == NULL) || strcmp(cast.in_place_of, role) == 0);
}

static void test_cast__whoever_suits_stands_in(void **state)
{
    (void)state;
    struct played p;
    played_init(&p, OWN_ROLES, true);
    assert_plays(&p, "admin", "dora", "role:admin"); /* not the one who is locked */
    assert_plays(&p, "viewer", "rita", "role:readonly");
    assert_plays(&p, "nobody", "neil", NULL); /* somebody is in no group, and plays himself */
    AUTO(xfree) char *admin = run_cast_note(&p.b.conf, p.setup, "admin");
    AUTO(xfree) char *viewer = run_cast_note(&p.b.conf, p.setup, "viewer");
    assert_string_equal(admin, "nobody has role:admin alone: 'dora', who is in a group, stands for "
                               "'admin', and has the roles that the policy gives");
    assert_string_equal(viewer,
                        "nobody has role:readonly alone: 'rita', who may get applications, and not "
                        "sync or delete them, stands for 'viewer', and has the roles that the "
                        "policy gives");
    played_deinit(&p);
}

/* The library's own setup has whom its scenarios need, or they are wrong. */
static void test_cast__nobody_stands_in_for_the_librarys_people(void **state)
{
    (void)state;
    struct played p;
    struct run_cast cast = {0};
    struct err err = {0};
    played_init(&p, OWN_ROLES, false);
    assert_int_equal(run_cast(&p.b.conf, p.setup, "admin", &cast, &err), -1);
    assert_null(run_cast_note(&p.b.conf, p.setup, "admin"));
    played_deinit(&p);
}

static void test_cast__who_has_the_role_plays(void **state)
{
    (void)state;
    struct played p;
    played_init(&p, "{}", true);
    assert_plays(&p, "admin", "alice", NULL);
    assert_null(run_cast_note(&p.b.conf, p.setup, "admin"));
    assert_null(run_cast_note(&p.b.conf, p.setup, "alice"));
    played_deinit(&p);
}

/* Whom nobody suits for nobody plays: a viewer who may sync is none. */
static void test_cast__nobody_suits(void **state)
{
    (void)state;
    struct played p;
    struct run_cast cast = {0};
    struct err err = {0};
    played_init(&p,
                "{\"argocd\":{\"rbac_cm\":{\"policy.default\":\"\",\"policy.csv\":"
                "\"p, role:do, applications, *, */*, allow\\ng, doers, role:do\\n\"}},"
                "\"people\":{\"alice\":{\"groups\":[\"doers\"]},\"bob\":{\"groups\":[\"doers\"]}}}",
                true);
    assert_int_equal(run_cast(&p.b.conf, p.setup, "viewer", &cast, &err), -1);
    assert_null(cast.person);
    played_deinit(&p);
}

static void test_stands_for__only_the_role_in_question(void **state)
{
    (void)state;
    const char *const roles[] = {"role:readonly"};
    struct scenario_expect e = {0};
    e.roles.items = roles;
    e.roles.len = 1;
    assert_true(run_stands_for("role:readonly", &e));
    assert_false(run_stands_for("role:admin", &e));
    assert_false(run_stands_for(NULL, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cast__whoever_suits_stands_in),
        cmocka_unit_test(test_cast__nobody_stands_in_for_the_librarys_people),
        cmocka_unit_test(test_cast__who_has_the_role_plays),
        cmocka_unit_test(test_cast__nobody_suits),
        cmocka_unit_test(test_stands_for__only_the_role_in_question),
    };
    return TEST_MAIN(tests);
}
