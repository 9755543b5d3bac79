/*
 * A folder of the user's own files, as `rolecall check` takes it: main.tf, a line "--8<--", then
 * a.yaml, b.yaml, plan.json and m/main.tf, a module that is there if it is not empty. Whatever is
 * in them, the folder is read, looked at, and said in every format, and no secret of argocd-secret
 * is said.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/file.h"
#include "harness/mistakes/print.h"
#include "harness/setup/setup.h"

#define MARK "\n--8<--\n"
#define MAX_INPUT 65536

static const char *const names[] = {"main.tf", "a.yaml", "b.yaml", "plan.json", "m/main.tf", NULL};

static const char *folder(void)
{
    static char dir[] = "/tmp/fuzz_config_XXXXXX";
    static bool made;
    AUTO(xfree) char *module = NULL;
    if (!made && mkdtemp(dir) == NULL)
        abort();
    module = path_join(dir, "m");
    if (!made && mkdir(module, S_IRWXU) != 0)
        abort();
    made = true;
    return dir;
}

static void write_parts(const char *dir, struct str rest)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        struct err err = {0};
        const char *end = rest.len > 0 ? memmem(rest.ptr, rest.len, MARK, strlen(MARK)) : NULL;
        size_t n = end != NULL ? (size_t)(end - rest.ptr) : rest.len;
        AUTO(xfree) char *path = path_join(dir, names[i]);
        bool wanted = n > 0 || strchr(names[i], '/') == NULL;
        if (!wanted)
            (void)remove(path);
        else if (file_write(path, n > 0 ? rest.ptr : "", n, S_IRUSR | S_IWUSR, &err) != 0)
            abort();
        size_t skip = end != NULL ? n + strlen(MARK) : n;
        rest = (struct str){rest.len > 0 ? rest.ptr + skip : rest.ptr, rest.len - skip};
    }
}

static void look(const struct js *doc, struct places *at)
{
    AUTO(mistakes_deinit) struct mistakes found = {0};
    mistakes_find(doc, at, &found);
    for (const struct mistakes_format *f = mistakes_formats; f->name != NULL; f++) {
        AUTO(xfree) char *text = f->render(&found, doc, false);
        assert(text != NULL);
    }
    for (size_t i = 0; i < found.len; i++)
        assert(found.items[i].text[0] != '\0' && rule_find(found.items[i].rule->id) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(places_free) struct places *at = places_new();
    struct err err = {0};
    const char *const paths[] = {folder()};
    if (size > MAX_INPUT)
        return 0;
    write_parts(folder(), (struct str){(const char *)data, size});
    if (setup_read_files(paths, 1, &doc, at, &err) == 0)
        look(doc, at);
    else
        assert(err.msg[0] != '\0');
    return 0;
}
