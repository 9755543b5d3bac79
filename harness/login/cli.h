/*
 * What the files of the CLI's agent share, within this unit: one run of `argocd`, what it prints,
 * and the way to its provider (argocd.md part 3).
 */
#pragma once

#include "harness/login/agents.h"
#include "mocks/common/goidc.h"

/* One command from its start to its exit. */
struct cli {
    struct login_agents *agents;
    char *base;      /* Argo CD's URL without a slash at the end */
    char *host;      /* HOST of the command line: host[:port] */
    char *root_path; /* --grpc-web-root-path; "" */
    struct js *settings;
    struct goidc *provider; /* discovered */
    const char *system;     /* who the provider is: "dex" or "authentik"; static */
    char *issuer;
    char *client_id;
    char *scopes;
    char *redirect_uri;
    char *state;
    char *verifier;
    char *authorize_url;
};

#define CLI_EXIT_FATAL 1  /* log.Fatal, and usage */
#define CLI_EXIT_CHECK 20 /* errors.CheckError */

void cli_init(struct cli *c, struct login_agents *a);
void cli_deinit(struct cli *c);
/* Asks the settings over gRPC-web, chooses the provider and discovers it: steps 3 to 5. *ret_done:
 * the command has ended (r filled, with that exit status). */
int cli_provider(struct cli *c, int exit_status, struct login_result *r, bool *ret_done,
                 struct err *err) MUST_USE;
/* "HOST", or "HOST/rootpath". Caller frees. */
char *cli_context_name(const struct cli *c);

/* A line of the command's own, as the operator sees it: in the trace as a log line of "cli". */
void cli_print(const struct login_agents *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The end of a command: FATA with that text, and its exit status. */
void cli_exit(const struct login_agents *a, const char *fatal, int status);
/* The same, and the login is refused. Always 0. */
int cli_refuse(const struct login_agents *a, struct login_result *r, const char *by, const char *at,
               int status, char *take_text);
bool cli_quirk(const struct login_agents *a, enum argocd_quirk row);

DEFINE_AUTO_VALUE(struct cli, cli_deinit)
