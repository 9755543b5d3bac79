/*
 * The table of formats, and the redactor that stands between a suite and every report.
 */
#include "reports/report.h"

#include <string.h>

#include "reports/formats.h"

const struct report reports[] = {
    {"console", "for people, at a terminal", report_console},
    {"junit", "JUnit XML, for CI", report_junit},
    {"json", "whole verdicts and redacted traces", report_json},
    {NULL, NULL, NULL},
};

const struct report *report_find(const char *name)
{
    for (const struct report *r = reports; r->name != NULL; r++)
        if (strcmp(r->name, name) == 0)
            return r;
    return NULL;
}

/* What the setup itself knows, so that a secret shows nowhere even if no party ever sent it. */
static void learn_setup(struct redactor *r, const struct setup *s)
{
    if (s == NULL)
        return;
    redactor_add(r, "client-secret", s->authentik.client_secret);
    redactor_add(r, "client-secret", s->argocd.dex_client_secret);
    redactor_add(r, "client-secret", s->argocd.server_secretkey);
    for (size_t i = 0; i < s->people_len; i++) {
        redactor_add(r, "password", s->people[i].password);
        redactor_add(r, "password", s->people[i].app_password);
    }
}

struct redactor *report_redactor(const struct run_suite *suite)
{
    struct redactor *r = redactor_new();
    learn_setup(r, suite->setup);
    for (size_t i = 0; i < suite->len; i++)
        if (suite->results[i].trace != NULL)
            redactor_learn(r, suite->results[i].trace);
    return r;
}

char *report_system_kind(const struct run_suite *suite, enum system s)
{
    if (suite->sentinel[s] != SENTINEL_NONE)
        return xasprintf("sentinel: %s", sentinel_name(suite->sentinel[s]));
    return xstrdup(suite->live[s] ? "live" : "mock");
}

char *report_check_name(const struct check_result *c)
{
    return xasprintf("%s/%s", check_of_name(c->of), c->check->id);
}

const struct run_step *report_broken_step(const struct run_result *r)
{
    for (size_t i = 0; i < r->steps_len; i++)
        if (r->steps[i].verdict.kind >= VERDICT_FAIL)
            return &r->steps[i];
    return NULL;
}
