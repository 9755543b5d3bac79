/*
 * What the files of this unit share. The document is one JSON value in which patches reach
 * everything; what was noticed while reading stands in its member "read":
 * {warnings: […], problems: [{rule, file, line, column, text}…], unreadable: {key: what},
 *  generated: [what…], unlabelled: {Secret: true}, incomplete: {list: true},
 *  mappings: {scope: name}, api_url: where Terraform speaks to authentik,
 *  places: {"cm": {key: {file, line, text}}}}.
 */
#pragma once

#include "harness/base/arena.h"
#include "harness/setup/places.h"
#include "harness/setup/setup.h"
#include "harness/setup/version.h"

/* ---- document.c ---- */

/* Brings a document after patches into one form: argocd.url goes to cm, argocd.secrets are read
 * from the environment, dex.config is taken apart. */
int document_normalise(struct js *doc, const char *source, struct err *err) MUST_USE;
/* Something noticed in a file (line 0 = the whole of it): a warning, and a problem that the
 * findings' rule of this name tells. */
void document_note(struct js *doc, const char *rule, const char *file, int line, int column,
                   const char *fmt, ...) PRINTF_LIKE(6, 7);
/* Where a text of argocd.MAP began, so that errors inside it can point there. */
void document_place(struct js *doc, const char *map, const char *key, const char *text,
                    const char *file, int line);
/* obj[key], made an empty object when it is none; borrowed. */
struct js *document_member(struct js *obj, const char *key);

/* ---- manifests.c ---- */

/* Adds the ConfigMaps and Secrets of one file to the document; at may be NULL. */
int manifests_read_text(const char *path, struct str text, struct js *doc, struct places *at,
                        struct err *err) MUST_USE;
/* Cuts the next YAML document off the text; ret_lines counts its line ends. */
struct str manifests_next_document(struct str *rest, int *ret_lines);

/* ---- helm.c ---- */

int helm_read(const char *name, struct str text, struct js *doc, struct places *at, struct err *err)
    MUST_USE;

/* ---- dexconfig.c: the configuration that Argo CD makes for Dex (dex.md 1) ---- */

/* Takes dex.config apart: the connectors become dex.connectors by id, the rest a map. Text of which
 * no map by id can be made stays text. */
void dexconfig_split(struct js *doc);
/* argocd-cm as Argo CD sees it: dex.config put together again. Caller frees. */
struct js *dexconfig_cm(const struct js *doc);

struct dexconfig {
    struct js *generated;   /* NULL: not configured, or an error */
    char *error;            /* Argo CD's text, or NULL */
    char *warning;          /* likewise */
    struct strlist missing; /* "$…" references without a key */
};

void dexconfig_generate(const struct js *cm, const struct js *secret, const struct js *dex_env,
                        const bool *argocd_quirks, struct dexconfig *ret);
void dexconfig_deinit(struct dexconfig *d);
/* Secret of client argo-cd (1.4); caller frees. */
char *dexconfig_client_secret(const char *server_secretkey);
/* The client secret that the user put into the connector whose clientID this is (NULL: any of type
 * oidc), the one that asks authentik before others, as Argo CD resolves it; caller frees; NULL if
 * there is none. */
char *dexconfig_connector_secret(const struct js *cm, const struct js *secret,
                                 const char *client_id, const char *authentik_url);
/* What of authentik's provider a connector or oidc.config takes from this key of the Secrets
 * ("argocd-dex:id"): "client_id", "client_secret", or NULL. */
const char *dexconfig_member_of_key(const struct js *cm, const char *key);

DEFINE_AUTO_VALUE(struct dexconfig, dexconfig_deinit)

/* ---- references.c: "$…" in strings (dex.md 1.5) ---- */

/* A copy of value in which every text that begins with "$" is looked up; what is not found is added
 * to missing. */
struct js *references_resolve(const struct js *value, const struct js *secret,
                              struct strlist *missing);
/* A copy with every "$" doubled, as Argo CD does since 3.3.12. keep: unknown references stay. */
struct js *references_double(const struct js *value, const struct js *secret, bool keep);
/* A copy with every text expanded as Go's os.ExpandEnv does. env is an object of texts. */
struct js *references_expand(const struct js *value, const struct js *env);

/* ---- build.c, people.c: the struct ---- */

enum role_class { ROLE_OTHER, ROLE_ADMIN, ROLE_VIEWER, ROLE_NOBODY, ROLE_BOTH };

/* Owner of a struct setup, which is its first member. */
struct setup_owner {
    struct setup pub;
    struct arena *arena;
    struct js *doc;
    struct js *cm;
    struct js *secret;
    struct dexconfig dex;
    struct rbac *rbac;
    enum role_class *roles; /* of each person */
};

/* One building: where texts go and what names the document in errors. */
struct building {
    struct setup_owner *owner;
    const char *source;
    struct rnd *rnd;
    struct strlist warnings;
    struct err *err;
};

const char *build_text(struct building *b, const struct js *obj, const char *key,
                       const char *otherwise);
const char *const *build_list(struct building *b, const struct strlist *list);
const char *const *build_texts(struct building *b, const struct js *array);
bool build_bool(const struct js *obj, const char *key, bool otherwise);
/* What was made up rather than given stands in the document's "read.generated", so that it is known
 * again after a change. */
void build_note_generated(struct building *b, const char *what);
bool build_was_generated(const struct building *b, const char *what);
int people_build(struct building *b) MUST_USE;
/* What there is in Argo CD's namespace; as the setup says, or examples. */
void inventory_build(struct building *b);
void rbac_build(struct building *b); /* needs the inventory */
/* Needs people and rbac_cm: which of admin, viewer, nobody, both each person is. */
void people_classify(struct building *b, const struct rbac *groups_only, bool has_default);

/* ---- keys.c ---- */

/* "true" "false" "yes" "no" or a JSON boolean. */
int keys_bool(const struct js *value, bool *ret) MUST_USE;
/* "minutes=1;seconds=30" or "10m". */
int keys_duration_s(const char *text, int64_t *ret) MUST_USE;
