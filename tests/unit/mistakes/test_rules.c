/*
 * Every rule has a folder in tests/data/mistakes of its name: files that stand in the place of
 * those in base/ (NAME.absent: without that one). Each makes that rule speak and no other; base/
 * makes none speak. What is said is compared whole with tests/golden/mistakes.
 */
#include "tests/support/test.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/buf.h"
#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/mistakes/print.h"
#include "harness/setup/setup.h"
#include "tests/support/golden.h"

#define DATA "mistakes"

static void all_below(const char *dir, struct strlist *ret)
{
    struct err err = {0};
    if (file_find(dir, "", ret, &err) != 0)
        fail_msg("%s", err.msg);
}

/* The files of base/ that the case does not replace or leave out, and the case's own. */
static void overlay(const char *base, const char *own, struct strlist *ret)
{
    AUTO(strlist_deinit) struct strlist shared = {0};
    AUTO(strlist_deinit) struct strlist mine = {0};
    all_below(base, &shared);
    all_below(own, &mine);
    strlist_sort(&shared);
    strlist_sort(&mine);
    for (size_t i = 0; i < shared.len; i++) {
        AUTO(xfree) char *absent = xasprintf("%s.absent", shared.items[i]);
        if (!strlist_has(&mine, shared.items[i]) && !strlist_has(&mine, absent))
            strlist_take(ret, path_join(base, shared.items[i]));
    }
    for (size_t i = 0; i < mine.len; i++)
        if (!str_ends(str_of(mine.items[i]), ".absent") && strchr(mine.items[i], '/') == NULL)
            strlist_take(ret, path_join(own, mine.items[i]));
        else if (strchr(mine.items[i], '/') != NULL) /* a folder, where what is odd is skipped */
            strlist_take(ret, xstrndup(own, strlen(own)));
}

/* A folder with a setup.yaml, or these files. */
static struct js *read_any(const char *own, const struct strlist *paths, struct places *at)
{
    AUTO(xfree) char *setup = path_join(own, "setup.yaml");
    struct js *doc = NULL;
    struct err err = {0};
    char text[1024];
    int rc = file_exists(setup)
                 ? setup_read_placed(own, &doc, at, &err)
                 : setup_read_files((const char *const *)paths->items, paths->len, &doc, at, &err);
    if (rc != 0)
        fail_msg("%s: %s", own, err_text(&err, text, sizeof text));
    return doc;
}

static struct js *read_case(const char *own, struct places *at)
{
    AUTO(strlist_deinit) struct strlist paths = {0};
    AUTO(xfree) char *base = test_data(DATA "/base");
    overlay(base, own, &paths);
    return read_any(own, &paths, at);
}

static struct js *read_folder(const char *own, struct places *at)
{
    AUTO(strlist_deinit) struct strlist paths = {0};
    strlist_add(&paths, own);
    return read_any(own, &paths, at);
}

/* Without the folder before the names, which is another on each machine. */
static char *shown(const char *text, const char *data)
{
    AUTO(buf_deinit) struct buf b = {0};
    buf_init(&b, BUF_MAX_TEXT);
    for (const char *p = text; *p != '\0';) {
        size_t n = cstr_starts(p, data) ? strlen(data) + 1 : 0;
        if (n == 0)
            buf_addc(&b, *p);
        p += n > 0 ? n : 1;
    }
    return buf_take(&b);
}

static void only_this_one(const struct rule *r)
{
    AUTO(xfree) char *name = xasprintf(DATA "/%s", r->id);
    AUTO(xfree) char *own = test_data(name);
    AUTO(xfree) char *data = test_data(DATA);
    AUTO(xfree) char *golden = xasprintf(DATA "/%s.txt", r->id);
    AUTO(places_free) struct places *at = places_new();
    AUTO(mistakes_deinit) struct mistakes found = {0};
    if (!file_is_dir(own))
        fail_msg("rule %s has no folder %s", r->id, own);
    AUTO(js_free) struct js *doc = read_case(own, at);
    mistakes_find(doc, at, &found);
    AUTO(xfree) char *text = mistakes_formats[0].render(&found, doc, false);
    AUTO(xfree) char *cut = shown(text, data);
    if (found.len == 0)
        fail_msg("rule %s says nothing about %s", r->id, own);
    for (size_t i = 0; i < found.len; i++)
        if (found.items[i].rule != r)
            fail_msg("%s: %s speaks, too:\n%s", own, found.items[i].rule->id, cut);
    golden_check(golden, cut);
}

static void test_rules__each_speaks_alone(void **state)
{
    (void)state;
    for (const struct rule *r = rules; r->id != NULL; r++)
        only_this_one(r);
}

static void test_rules__nothing_about_what_is_right(void **state)
{
    (void)state;
    AUTO(xfree) char *base = test_data(DATA "/base");
    AUTO(places_free) struct places *at = places_new();
    AUTO(js_free) struct js *doc = read_case(base, at);
    AUTO(mistakes_deinit) struct mistakes found = {0};
    mistakes_find(doc, at, &found);
    AUTO(xfree) char *text = mistakes_formats[0].render(&found, doc, false);
    if (found.len > 0)
        fail_msg("%s", text);
    assert_string_equal(text, "no mistakes found\n");
}

/* Configurations as people have them, after reference/bugs.md: all that is said of each. */
static void test_rules__real_shapes(void **state)
{
    (void)state;
    static const char *const names[] = {"guide-as-published",     "guide-console",
                                        "helm-umbrella",          "kustomize-stream",
                                        "terraform-plan",         "direct-oidc",
                                        "blueprint-groups-scope", "migrated-from-keycloak",
                                        "secrets-elsewhere",      "root-path",
                                        "old-terraform",          "policy-overlays",
                                        "bound-application",      "terraform-environments",
                                        "terraform-apps"};
    AUTO(xfree) char *data = test_data("shapes");
    for (size_t i = 0; i < TEST_COUNT(names); i++) {
        AUTO(xfree) char *own = path_join(data, names[i]);
        AUTO(xfree) char *golden = xasprintf("shapes/%s.txt", names[i]);
        AUTO(places_free) struct places *at = places_new();
        AUTO(mistakes_deinit) struct mistakes found = {0};
        AUTO(js_free) struct js *doc = read_folder(own, at);
        mistakes_find(doc, at, &found);
        AUTO(xfree) char *text = mistakes_formats[0].render(&found, doc, false);
        AUTO(xfree) char *cut = shown(text, data);
        golden_check(golden, cut);
    }
}

static void test_rules__ids_are_unique_and_said_whole(void **state)
{
    (void)state;
    for (const struct rule *r = rules; r->id != NULL; r++) {
        assert_ptr_equal(rule_find(r->id), r);
        assert_true(r->title[0] != '\0' && r->shown[0] != '\0' && r->fix[0] != '\0' &&
                    r->sources[0] != '\0');
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rules__each_speaks_alone),
    cmocka_unit_test(test_rules__nothing_about_what_is_right),
    cmocka_unit_test(test_rules__real_shapes),
    cmocka_unit_test(test_rules__ids_are_unique_and_said_whole),
};

int main(void)
{
    return TEST_MAIN(tests);
}
