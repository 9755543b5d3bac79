/*
 * authentik's flow executor as a headless client: the same loop for the mock and the real one
 * (reference/authentik.md part 4).
 */
#pragma once

#include "harness/login/browser.h"

/* The one-time codes that a person gave so far; survives a fresh browser. */
struct flow_codes {
    size_t static_next; /* which static code is the next */
    char *last;         /* owned */
    int64_t totp_step;  /* of the last TOTP code, in 30 s since the epoch; 0 = none */
};

struct flow_person {
    const char *username;
    const char *password;
    const char *totp_secret;         /* base32, or NULL */
    const char *const *static_codes; /* NULL-terminated, or NULL */
    const char *second_factor; /* "wrong" "static" "used"; NULL: TOTP, or else a static code */
    bool remember_me;
    struct flow_codes *codes; /* NULL: nothing is kept */
};

/* FLOW_OVER: the page that ends a logout. */
enum flow_end { FLOW_LEADS_ON, FLOW_REFUSED, FLOW_STUCK, FLOW_OVER };

struct flow_result {
    enum flow_end end;
    char *to;       /* leads on: absolute URL */
    char *shown;    /* refused, stuck: the text */
    const char *at; /* refused, stuck: "login" (credentials) or "flow"; static */
    bool no_answer; /* nobody answered */
};

/* page_url is …/if/flow/<slug>/?… as authorize redirected to it. 0 unless the harness itself broke.
 */
int flow_run(struct browser *b, const char *page_url, const struct flow_person *person,
             struct flow_result *ret, struct err *err) MUST_USE;
void flow_result_deinit(struct flow_result *r);

DEFINE_AUTO_VALUE(struct flow_result, flow_result_deinit)
