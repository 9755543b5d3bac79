/*
 * The file in which `argocd` keeps its contexts (argocd.md 3.4), within this unit: written after a
 * login, mode 0600, with the tokens in clear, as the CLI does.
 */
#pragma once

#include "harness/base/err.h"
#include "harness/base/mem.h"
#include "harness/data/json.h"

struct cli_config;

/* path NULL: a file of its own in the folder for temporary files, gone with the config. */
struct cli_config *cli_config_new(const char *path);
struct cli_config *cli_config_free(struct cli_config *c);

struct cli_context {
    const char *name;      /* --name, or the server with its root path */
    const char *server;    /* host[:port] */
    const char *root_path; /* --grpc-web-root-path; "" */
    bool plain;
    const char *token;
    const char *refresh_token; /* NULL = none */
};
/* Writes the context and makes it the current one. */
int cli_config_put(struct cli_config *c, const struct cli_context *context, struct err *err)
    MUST_USE;
/* Takes the tokens out of a context: `argocd logout`. */
int cli_config_forget(struct cli_config *c, const char *name, struct err *err) MUST_USE;
/* The name of the current context; NULL before the first login. Borrowed. */
const char *cli_config_current(const struct cli_config *c);
/* Where it is written; NULL before the first. Borrowed. */
const char *cli_config_path(const struct cli_config *c);

DEFINE_AUTO(struct cli_config, cli_config_free)
