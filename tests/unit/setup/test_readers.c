/*
 * The readers of the user's own files: each folder of tests/data/readers becomes one document,
 * which is compared whole with tests/golden/readers, with the place of every value and what was
 * noticed.
 */
#include "tests/unit/setup/support.h"

#include "harness/base/buf.h"
#include "harness/base/file.h"
#include "harness/setup/places.h"
#include "tests/support/golden.h"

/* Values with their places, one a line. */
static void show(struct buf *b, const struct js *value, struct places *at, const char *pointer,
                 size_t cut)
{
    for (size_t i = 0; js_is(value, JS_ARRAY) && i < js_len(value); i++) {
        AUTO(xfree) char *below = xasprintf("%s/%zu", pointer, i);
        show(b, js_at(value, i), at, below, cut);
    }
    for (struct js_iter it = js_iter(value); js_is(value, JS_OBJECT) && js_next(&it);) {
        AUTO(xfree) char *below = places_below(pointer, it.key);
        show(b, it.value, at, below, cut);
    }
    if (js_len(value) > 0)
        return;
    AUTO(xfree) char *text = js_compact(value);
    const struct place *p = places_find(at, pointer);
    buf_addf(b, "%s = %s  ", pointer, text);
    if (p == NULL)
        buf_adds(b, "nowhere\n");
    else
        buf_addf(b, "%s:%d:%d%s\n", p->file + cut, p->line, p->column,
                 strcmp(p->pointer, pointer) == 0 ? "" : " (around it)");
}

static void show_problems(struct buf *b, const struct js *list, size_t cut)
{
    for (size_t i = 0; i < js_len(list); i++) {
        const struct js *p = js_at(list, i);
        int64_t line = 0;
        int64_t column = 0;
        (void)(js_get_number(p, "line", &line) + js_get_number(p, "column", &column));
        buf_addf(b, "%s %s:%d:%d %s\n", js_get_text(p, "rule"), js_get_text(p, "file") + cut,
                 (int)line, (int)column, js_get_text(p, "text"));
    }
}

static void read_like(const char *name)
{
    AUTO(xfree) char *below = xasprintf("readers/%s", name);
    AUTO(xfree) char *dir = test_data(below);
    AUTO(xfree) char *golden = xasprintf("readers/%s.txt", name);
    AUTO(js_free) struct js *doc = NULL;
    AUTO(places_free) struct places *at = places_new();
    AUTO(buf_deinit) struct buf b = {0};
    struct err err = {0};
    char text[1024];
    const char *paths[] = {dir};
    if (setup_read_files(paths, 1, &doc, at, &err) != 0)
        fail_msg("%s: %s", name, err_text(&err, text, sizeof text));
    buf_init(&b, BUF_MAX_TEXT);
    show_problems(&b, js_path(doc, "read", "problems", NULL), strlen(dir) + 1);
    if (js_path(doc, "read", "api_url", NULL) != NULL)
        show(&b, js_path(doc, "read", "api_url", NULL), at, "/read/api_url", strlen(dir) + 1);
    js_remove(doc, "read");
    show(&b, doc, at, "", strlen(dir) + 1);
    golden_check(golden, b.ptr);
}

static void test_readers__documents(void **state)
{
    (void)state;
    static const char *const names[] = {"guide-terraform",
                                        "terraform-idioms",
                                        "terraform-old",
                                        "plan",
                                        "state",
                                        "blueprint",
                                        "blueprint-tags",
                                        "helm",
                                        "helm-dependency",
                                        "helm-old",
                                        "stream",
                                        "folder",
                                        "plan-unknown",
                                        "terraform-each",
                                        "terraform-modules",
                                        "terraform-own",
                                        "plan-modules"};
    for (size_t i = 0; i < TEST_COUNT(names); i++)
        read_like(names[i]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_readers__documents),
};

int main(void)
{
    return TEST_MAIN(tests);
}
