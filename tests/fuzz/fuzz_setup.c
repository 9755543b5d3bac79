/*
 * Setups: setup.yaml, a line "--8<--", argocd-cm.yaml, the same, argocd-rbac-cm.yaml, the same,
 * argocd-secret.yaml. What is accepted is complete and moves to another origin and back; what is
 * refused says so.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/file.h"
#include "harness/setup/setup.h"

#define MARK "\n--8<--\n"
#define MAX_INPUT 65536

static const char *const names[] = {"setup.yaml", "argocd-cm.yaml", "argocd-rbac-cm.yaml",
                                    "argocd-secret.yaml", NULL};

static const char *folder(void)
{
    static char dir[] = "/tmp/fuzz_setup_XXXXXX";
    static bool made;
    if (!made && mkdtemp(dir) == NULL)
        abort();
    made = true;
    return dir;
}

static void write_parts(const char *dir, const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size};
    for (size_t i = 0; names[i] != NULL; i++) {
        struct err err = {0};
        const char *end = memmem(rest.ptr, rest.len, MARK, strlen(MARK));
        size_t n = end != NULL ? (size_t)(end - rest.ptr) : rest.len;
        AUTO(xfree) char *path = path_join(dir, names[i]);
        if (file_write(path, n > 0 ? rest.ptr : "", n, S_IRUSR | S_IWUSR, &err) != 0)
            abort();
        size_t skip = end != NULL ? n + strlen(MARK) : n;
        rest = (struct str){rest.ptr + skip, rest.len - skip};
    }
}

static void check(const struct setup *s)
{
    assert(s->authentik.url != NULL && s->authentik.client_id != NULL);
    for (size_t i = 0; i < s->people_len; i++)
        assert(s->people[i].username != NULL && s->people[i].password != NULL);
    AUTO(js_free)
    struct js *away = setup_move_origin(s->doc, s->authentik.url, "https://a.example");
    assert(away != NULL);
    AUTO(xfree) char *issuer = setup_authentik_issuer(s);
    assert(issuer != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(js_free) struct js *doc = NULL;
    AUTO(setup_free) struct setup *s = NULL;
    AUTO(rnd_free) struct rnd *rnd = rnd_new_seeded(1, "fuzz");
    struct err err = {0};
    if (size > MAX_INPUT)
        return 0;
    write_parts(folder(), data, size);
    if (setup_read(folder(), &doc, &err) == 0 && setup_build(doc, "fuzz", rnd, &s, &err) == 0)
        check(s);
    else
        assert(err.msg[0] != '\0');
    return 0;
}
