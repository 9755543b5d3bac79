/*
 * The CLI's file: one document, three lists whose items have a name, written whole each time.
 */
#include "harness/login/cli_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/str.h"
#include "harness/data/yaml.h"

struct cli_config {
    struct js *doc;
    char *path;
    char *folder; /* of its own, or NULL */
};

struct cli_config *cli_config_new(const char *path)
{
    struct cli_config *c = xcalloc(1, sizeof(*c));
    c->path = path != NULL ? xstrdup(path) : NULL;
    c->doc = js_object();
    js_set(c->doc, "contexts", js_array());
    js_set_text(c->doc, "current-context", "");
    js_set(c->doc, "prompts-enabled", js_bool(false));
    js_set(c->doc, "servers", js_array());
    js_set(c->doc, "users", js_array());
    return c;
}

struct cli_config *cli_config_free(struct cli_config *c)
{
    if (c == NULL)
        return NULL;
    if (c->folder != NULL) {
        unlink(c->path);
        rmdir(c->folder);
    }
    js_free(c->doc);
    xfree(c->path);
    xfree(c->folder);
    return xfree(c);
}

/* ---- the file ---- */

static int make_folder(struct cli_config *c, struct err *err)
{
    const char *tmp = getenv("TMPDIR");
    AUTO(xfree)
    char *folder =
        xasprintf("%s/rolecall-argocd-XXXXXX", tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL)
        return err_set(err, ERR_IO, "%s: %s", folder, strerror(errno));
    c->path = path_join(folder, "config");
    c->folder = folder;
    folder = NULL;
    return 0;
}

static int write_out(struct cli_config *c, struct err *err)
{
    if (c->path == NULL && make_folder(c, err) != 0)
        return -1;
    AUTO(xfree) char *text = yaml_print(c->doc);
    return file_write(c->path, text, strlen(text), S_IRUSR | S_IWUSR, err);
}

/* ---- its lists ---- */

/* The item of that name under `key`, anew and in its old place. Takes the item. */
static void upsert(struct cli_config *c, const char *list, const char *key, struct js *take)
{
    const struct js *old = js_get(c->doc, list);
    struct js *fresh = js_array();
    bool placed = false;
    for (size_t i = 0; i < js_len(old); i++) {
        const struct js *item = js_at(old, i);
        bool same = cstr_eq(js_get_text(item, key), js_get_text(take, key));
        placed = placed || same;
        js_append(fresh, same ? js_ref(take) : js_dup(item));
    }
    if (!placed)
        js_append(fresh, js_ref(take));
    js_free(take);
    js_set(c->doc, list, fresh);
}

static void put_user(struct cli_config *c, const struct cli_context *x)
{
    struct js *user = js_object();
    if (x->token != NULL)
        js_set_text(user, "auth-token", x->token);
    js_set_text(user, "name", x->name);
    if (x->refresh_token != NULL && x->refresh_token[0] != '\0')
        js_set_text(user, "refresh-token", x->refresh_token);
    upsert(c, "users", "name", user);
}

static void put_server(struct cli_config *c, const struct cli_context *x)
{
    struct js *server = js_object();
    js_set(server, "grpc-web", js_bool(true));
    js_set_text(server, "grpc-web-root-path", x->root_path);
    if (x->plain)
        js_set(server, "plain-text", js_bool(true));
    js_set_text(server, "server", x->server);
    upsert(c, "servers", "server", server);
}

int cli_config_put(struct cli_config *c, const struct cli_context *x, struct err *err)
{
    struct js *context = js_object();
    js_set_text(context, "name", x->name);
    js_set_text(context, "server", x->server);
    js_set_text(context, "user", x->name);
    put_server(c, x);
    put_user(c, x);
    upsert(c, "contexts", "name", context);
    js_set_text(c->doc, "current-context", x->name);
    return write_out(c, err);
}

int cli_config_forget(struct cli_config *c, const char *name, struct err *err)
{
    const struct cli_context nobody = {.name = name};
    put_user(c, &nobody);
    return write_out(c, err);
}

const char *cli_config_current(const struct cli_config *c)
{
    const char *name = js_get_text(c->doc, "current-context");
    return name[0] != '\0' ? name : NULL;
}

const char *cli_config_path(const struct cli_config *c)
{
    return c->path;
}
