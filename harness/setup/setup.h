/*
 * The setup: how the three systems are configured and who the people are. Read from the user's own
 * files into one JSON document (so that merge patches reach everything), then into this struct.
 * Immutable once built.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/base/rnd.h"
#include "harness/base/vec.h"
#include "harness/data/json.h"
#include "harness/rbac/project.h"
#include "harness/rbac/rbac.h"
#include "harness/setup/quirks_argocd.h"

enum system { SYSTEM_AUTHENTIK, SYSTEM_DEX, SYSTEM_ARGOCD, SYSTEM_MAX_ };
const char *system_name(enum system s); /* "authentik" "dex" "argocd" */

struct setup_redirect {
    bool regex;
    const char *url;
    bool logout; /* redirect_uri_type: logout; where end-session may lead, never an authorization */
};

/* Who may use the application: one group or one person. */
struct setup_binding {
    const char *group; /* NULL: it is a person */
    const char *user;  /* id of a person; NULL: it is a group */
    bool negate;
};

struct setup_authentik {
    const char *version;     /* "2026.2" */
    const struct js *quirks; /* {"jti": false}: rows of the version table that are otherwise here */
    const char *url;         /* "https://authentik.company", no trailing slash */
    const char *slug;        /* of the application; the provider may have none: NULL */
    const char *app_name;    /* shown on consent; default: the slug */
    const char *client_id;
    const char *client_secret; /* generated (128 alphanumerics) when absent */
    bool client_secret_generated;
    const char *client_type;    /* "confidential" or "public" */
    const char *signing_key;    /* "rsa" "rsa-4096" "ec" "ec-384" "ec-521" "none" */
    const char *encryption_key; /* "none" */
    const char *issuer_mode;    /* "per_provider" "global" */
    const char *sub_mode;       /* "hashed_user_id" … (reference/authentik.md 6.2) */
    bool include_claims_in_id_token;
    int64_t access_code_validity_s;   /* 60 */
    int64_t access_token_validity_s;  /* 3600 */
    int64_t refresh_token_validity_s; /* 30 days */
    const struct setup_redirect *redirects;
    size_t redirects_len;
    const char *const *scopes; /* scope mappings attached, NULL-terminated: openid email profile
                                  offline_access … */
    const char *const *grant_types; /* NULL-terminated; NULL = all */
    const char *email_verified;     /* of the default email mapping: "true" "false" "absent"; NULL =
                                       what the version's says */
    const char *authorization_flow; /* "implicit" or "explicit" consent */
    bool password_in_identification;   /* identification stage shows the password field too */
    int64_t refresh_token_threshold_s; /* 0: every refresh rotates */
    const struct js *mappings; /* {scope: {claim: …}} of the provider's own scope mappings, with
                                  names of template.h in their texts; NULL = none. Their scopes
                                  are among `scopes` */
    const struct js *entitlements; /* {name: [group or person…]} of the application, or NULL */
    const struct js *federation; /* {source: {jwks: …}} whose JWTs are client assertions, or NULL */
    const char *const *groups;   /* that exist, NULL-terminated */
    const char *invalidation_flow; /* slug; default: the guide's default-invalidation-flow */
    const char *logout_uri;        /* of the client, front or back channel; NULL = none */
    const char *logout_method;     /* "backchannel" "frontchannel" */
    bool brand_device_code_flow;   /* there is a flow for /device; authentik comes without one */
    int flow_failed_attempts;      /* wrong passwords until the login flow is cancelled: 5 */
    int64_t flow_remember_me_s;    /* remember-me offset of the login stage; 0 = it does not ask */
    bool flow_pretend_user_exists; /* an unknown user is asked for a password; default true */
    const char *flow_mfa; /* who has no device: "skip" (default) "deny" "configure"; NULL = skip */
    const char *authentication_flow; /* slug of the provider's own login flow; NULL: the brand's */
    const struct setup_binding *bindings; /* of the application; none: open to everybody */
    size_t bindings_len;
    bool policy_all;                    /* policy_engine_mode all: every binding must pass */
    bool no_default_access;             /* flag core_default_app_access is false */
    bool brand_default_application;     /* the application is the brand's default one */
    const char *const *trusted_proxies; /* CIDRs whose X-Forwarded-* count; NULL: authentik's own
                                           list (authentik.md 2.1) */
};

struct setup_person {
    const char *id;       /* key below people: */
    const char *username; /* default: id */
    const char *name;
    const char *email;    /* NULL = has none ("" as authentik stores it) */
    const char *password; /* generated when absent */
    bool password_generated;
    bool active;
    int pk;                      /* position, for hashed_user_id */
    const char *const *groups;   /* NULL-terminated */
    const struct js *attributes; /* authentik's attributes of the person, or NULL */
    const char *app_password;    /* an app password token, or NULL */
    const struct js *extra; /* claims: {…} merged by a mapping into userinfo/id_token, or NULL
                               (scenarios on odd claims) */
    const char *totp;       /* base32 secret of a TOTP device, or NULL */
    const char *const *static_codes; /* of a static device, each good once; NULL-terminated, or NULL
                                      */
};

/* An Application or ApplicationSet. */
struct setup_app {
    const char *name;
    const char *namespace; /* "argocd" is the server's own */
    const char *project;
};

/* A token that was made for a role of a project. */
struct setup_token {
    const char *role;
    const char *id;
    int64_t iat_s; /* 0: not said */
    int64_t exp_s; /* 0: never */
};

struct setup_project {
    const char *description; /* "" = none */
    struct rbac_project_spec spec;
    const struct setup_token *tokens;
    size_t tokens_len;
};

/* A cluster or a repository. */
struct setup_place {
    const char *name;
    const char *url;
    const char *project; /* "" = of none */
};

/* What lies in Argo CD's namespace besides its configuration. */
struct setup_inventory {
    const struct setup_app *applications;
    size_t applications_len;
    const struct setup_app *applicationsets;
    size_t applicationsets_len;
    const struct setup_project *projects; /* "default" is always among them */
    size_t projects_len;
    const struct setup_place *clusters;
    size_t clusters_len;
    const struct setup_place *repositories;
    size_t repositories_len;
    const char *const *certificates; /* server names, NULL-terminated */
    const char *const *gpgkeys;      /* key ids, NULL-terminated */
};

struct setup_argocd {
    const char *version;            /* "3.5" */
    bool quirks[ARGOCD_QUIRK_MAX_]; /* which rows of the version table hold */
    const char *url;                /* argocd-cm url, verbatim */
    const char *const *additional_urls;
    const char *server_secretkey;
    bool server_secretkey_generated;
    const struct js *cm; /* argocd-cm data */
    const struct js *rbac_cm;
    const struct js *secret;        /* argocd-secret data, decoded */
    const struct js *cmd_params;    /* argocd-cmd-params-cm data, or NULL */
    const struct js *env;           /* of the argocd-server container, or NULL */
    const struct js *dex_generated; /* the Dex configuration Argo CD generates, $ references
                                       resolved (dex.md 1.2-1.5); NULL: Dex not configured */
    const char
        *dex_error; /* generation error text ("malformed Dex configuration found"), or NULL */
    const char *dex_warning;       /* "invalid dex yaml config: …", or NULL */
    const char *dex_client_secret; /* of client argo-cd (dex.md 1.4) */
    const struct setup_inventory *inventory;
    struct rbac_conf rbac_conf;     /* what the policy was loaded from */
    const struct rbac *rbac;        /* loaded from rbac_cm; NULL when rbac_error */
    const char *rbac_error;         /* Argo CD's text, or NULL */
    const char *rbac_error_at;      /* the same with its place in the user's files, or NULL */
    const char *const *rbac_scopes; /* ["groups"] */
};

struct setup_live {
    bool is_live;
    const char *url; /* NULL = the setup's own */
    const char *ca;  /* PEM text, or NULL = the system's store */
};

struct setup {
    struct setup_authentik authentik;
    struct setup_argocd argocd;
    const char *dex_version; /* "2.45.0": bundled with argocd.version unless dex.version is given */
    const struct js
        *dex_quirks;  /* {"generic-pages": false}: rows that are otherwise here, or NULL */
    int dex_replicas; /* pods, each with its own memory storage; 1 */
    const struct setup_person *people;
    size_t people_len;
    struct setup_live live[SYSTEM_MAX_];
    const char *const *warnings; /* named warnings: unreadable sealed secrets, unknown references;
                                    NULL-terminated */
    const struct js *doc;        /* the document all this was built from */
};

/* Reads DIR/setup.yaml and the files it names into the document: argocd.cm, argocd.rbac_cm,
 * argocd.secret by key, dex.connectors by id are maps. Unknown keys are ERR_USAGE with place and
 * nearest name. Caller frees. */
int setup_read(const char *dir, struct js **ret_doc, struct err *err) MUST_USE;
/* The same, with the place of every value in the user's files. */
struct places;
int setup_read_placed(const char *dir, struct js **ret_doc, struct places *at, struct err *err)
    MUST_USE;
/* Without a setup.yaml: files of any kind that is known, folders of them, "-" for stdin. at may be
 * NULL. What they do not say is not there. */
int setup_read_files(const char *const *paths, size_t n, struct js **ret_doc, struct places *at,
                     struct err *err) MUST_USE;
/* Builds the struct from a document (after patches). `source` names it in errors. rnd makes what is
 * generated (person's passwords, client secret), the same for the same seed. */
int setup_build(const struct js *doc, const char *source, struct rnd *rnd, struct setup **ret,
                struct err *err) MUST_USE;
struct setup *setup_free(struct setup *s);
/* Gives a document without a server.secretkey the one that was made up for `from`; does nothing
 * where from was given its own. Argo CD makes the key once for an installation, and derives another
 * from it by scrypt, which is slow by intent (kdf_argocd_key): for worlds that are one installation
 * in turn. */
void setup_keep_secretkey(const struct setup *from, struct js *doc);

/* The scopes that a document's provider has a mapping for, added to ret: those of its list (without
 * one authentik's defaults), and those of its own mappings. */
void setup_provider_scopes(const struct js *provider, struct strlist *ret);
/* Of these the scopes whose mapping makes a groups claim, in the order in which authentik merges
 * them, by name (authentik.md 6.2): those of its own mappings with one, and "profile" as long as
 * the default mapping stands for it (authentik.md 6.4). Several: every group is there as often. */
void setup_groups_scopes(const struct js *provider, struct strlist *ret);

struct yaml_places;

/* Checks a document or a merge patch on one against the known keys. places (may be NULL) and
 * pointer
 * ("" = its root) say where it stands in `file`. null is accepted: it removes. */
int setup_check(const struct js *doc, const char *file, const struct yaml_places *places,
                const char *pointer, struct err *err) MUST_USE;
/* A setup read as text gets its numbers, booleans and nulls where they are Dex's or a claim's
 * (below dex.connectors, dex.config, people.*.claims, people.*.attributes, provider.mappings,
 * provider.federation). typed is the same document read as YAML_TYPED. */
void setup_take_types(struct js *text, const struct js *typed);
/* The versions that are known, newest first, NULL-terminated: "3.5" "3.4" … */
const char *const *setup_versions(enum system s);
/* Is this one of them, with or without a patch level? */
bool setup_knows_version(enum system s, const char *version);

/* Is it live? Dex is, too, behind a live Argo CD whose proxy is the only way to it; not when
 * argocd-cmd-params-cm says that Argo CD asks it at an address of this machine: there the mock
 * listens. */
bool setup_is_live(const struct setup *s, enum system which);
bool setup_any_live(const struct setup *s);
/* Where a mock that a live system asks must listen to be found: the port of its URL (of Dex: of
 * server.dex.server) when that is an address of this machine; 0 when it is none, and for a system
 * that is live or that no live one asks. */
uint16_t setup_pinned_port(const struct setup *s, enum system which);

const struct setup_person *setup_person(const struct setup *s,
                                        const char *id); /* NULL if unknown */
/* admin viewer nobody both (design.md 5: a person whom the policy gives role:admin only,
 * role:readonly only, nothing, both; of several one who may open the application), or a person's
 * id. -1 with the nearest name, or "no person has …". */
int setup_resolve_person(const struct setup *s, const char *as, const struct setup_person **ret,
                         struct err *err) MUST_USE;
/* Do the bindings of the application, of which there are some, let the person in (authentik.md
 * 3.2)? Without any everybody may open it. */
bool setup_is_bound(const struct setup_authentik *ak, const struct setup_person *p);
bool setup_may_open(const struct setup *s, const struct setup_person *p);
/* authentik's issuer for this setup, "https://authentik.company/application/o/argocd/"
 * (authentik.md 2.1); "" for a provider without application; caller frees. */
char *setup_authentik_issuer(const struct setup *s);
/* Is the address what this entry has, to the letter or by Python's re.fullmatch (authentik.md 3.3)?
 * What it is for is the caller's question. */
bool setup_redirect_matches(const struct setup_redirect *r, const char *url);
/* Dex's connector that asks authentik, as Argo CD generates it: {type, id, name, config}; NULL when
 * there is none. */
const struct js *setup_authentik_connector(const struct setup *s);
char *setup_dex_issuer(const struct setup *s); /* argocd url + "/api/dex"; caller frees */
/* The document with every URL whose origin is `from` moved to origin `to` (path and slash
 * untouched): for serve. Caller frees. */
struct js *setup_move_origin(const struct js *doc, const char *from, const char *to);

DEFINE_AUTO(struct setup, setup_free)
