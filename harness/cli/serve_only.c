/*
 * Choosing what is served. A URL that is needed and not given is a mistake told by name, and so is
 * one for which there is no use.
 */
#include "harness/cli/serve_only.h"

#include <string.h>

#include "harness/base/file.h"
#include "harness/base/str.h"

/* ---- --only ---- */

static int take_word(struct serve_only *o, struct str word, struct err *err)
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        if (!str_is(word, system_name((enum system)s)))
            continue;
        if (o->served[s])
            return err_set(err, ERR_USAGE, "--only: '%s' is named twice",
                           system_name((enum system)s));
        o->served[s] = true;
        return 0;
    }
    return err_set(err, ERR_USAGE, "--only: '%.*s' is no system; there are authentik, dex, argocd",
                   (int)word.len, word.ptr);
}

static int read_only(struct serve_only *o, struct err *err)
{
    struct str rest = str_of(o->only);
    struct str word;
    if (rest.len == 0)
        return err_set(err, ERR_USAGE, "--only: which of authentik, dex, argocd?");
    while (str_next(&rest, ',', &word))
        if (take_word(o, str_trim(word), err) != 0)
            return -1;
    return 0;
}

/* ---- the others ---- */

/* Argo CD's proxy is the only way to a Dex behind it; who is nowhere asked need be nowhere. */
static bool must_be_known(const struct serve_only *o, enum system s)
{
    return !o->served[s] && (s != SYSTEM_DEX || o->served[SYSTEM_ARGOCD]);
}

static int check_urls(const struct serve_only *o, const struct setup *setup, struct err *err)
{
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        const char *name = system_name((enum system)s);
        const char *url = o->urls[s] != NULL ? o->urls[s] : setup->live[s].url;
        if (must_be_known(o, (enum system)s) && url == NULL)
            return err_set(err, ERR_USAGE, "%s is not served here: say where it is (--%s-url)",
                           name, name);
        if (!o->served[s] && o->ports[s] != NULL)
            return err_set(err, ERR_USAGE, "--%s-port: %s is not served here", name, name);
    }
    if (o->served[SYSTEM_DEX] && o->urls[SYSTEM_DEX] != NULL)
        return err_set(err, ERR_USAGE,
                       "--dex-url: dex is served here; --dex-port says where it listens");
    return 0;
}

int serve_only_choose(struct serve_only *o, const struct setup *setup, struct err *err)
{
    size_t count = 0;
    if (o->only != NULL && read_only(o, err) != 0)
        return -1;
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        if (o->only == NULL)
            o->served[s] = !setup_is_live(setup, (enum system)s);
        count += o->served[s] ? 1 : 0;
    }
    if (count == 0)
        return err_set(err, ERR_USAGE,
                       "all systems of the setup are live: nothing is left to serve");
    if (count == SYSTEM_MAX_ && o->authorities->len > 0)
        return err_set(err, ERR_USAGE, "--ca: everything is served here, nobody else is trusted");
    return check_urls(o, setup, err);
}

/* ---- the document ---- */

static struct js *member(struct js *doc, const char *name)
{
    struct js *found = js_get(doc, name);
    if (js_is(found, JS_OBJECT))
        return found;
    js_set(doc, name, js_object());
    return js_get(doc, name);
}

/* All files, one after the other; NULL when there is none. */
static int read_authorities(const struct strlist *files, char **ret, struct err *err)
{
    AUTO(xfree) char *all = NULL;
    for (size_t i = 0; i < files->len; i++) {
        AUTO(xfree) char *text = NULL;
        AUTO(xfree) char *before = all;
        all = NULL;
        if (file_read(files->items[i], FILE_MAX_TEXT, &text, NULL, err) != 0) {
            err->code = ERR_USAGE; /* the person named the file */
            return err_wrap(err, "--ca");
        }
        if (!cstr_starts(text, "-----BEGIN"))
            return err_set(err, ERR_USAGE, "--ca: %s: no certificate in PEM", files->items[i]);
        all = xasprintf("%s%s\n", before != NULL ? before : "", text);
    }
    *ret = all;
    all = NULL;
    return 0;
}

/* Somebody else's, at the URL given, or else where the setup has it. */
static void place_other(const struct serve_only *o, enum system s, const char *ca, struct js *live)
{
    if (o->urls[s] == NULL && !js_is(js_get(live, system_name(s)), JS_OBJECT))
        return;
    struct js *one = member(live, system_name(s));
    if (o->urls[s] != NULL)
        js_set_text(one, "url", o->urls[s]);
    if (ca != NULL)
        js_set_text(one, "ca", ca);
}

/* A live Argo CD asks Dex where its flag says: here. */
static void place_dex(const struct serve_only *o, struct js *doc, uint16_t port)
{
    struct js *params = member(member(doc, "argocd"), "cmd_params_cm");
    js_set(params, "server.dex.server",
           js_stringf("%s://127.0.0.1:%u", o->plain ? "http" : "https", (unsigned)port));
    if (o->plain)
        js_set_text(params, "dexserver.disable.tls", "true");
}

int serve_only_place(const struct serve_only *o, struct js *doc, uint16_t dex_port, struct err *err)
{
    AUTO(xfree) char *ca = NULL;
    if (read_authorities(o->authorities, &ca, err) != 0)
        return -1;
    struct js *live = member(doc, "live");
    for (size_t s = 0; s < SYSTEM_MAX_; s++) {
        if (o->served[s])
            js_remove(live, system_name((enum system)s));
        else
            place_other(o, (enum system)s, ca, live);
    }
    if (o->served[SYSTEM_DEX] && !o->served[SYSTEM_ARGOCD])
        place_dex(o, doc, dex_port);
    return 0;
}
