/*
 * The person's browser: a cookie jar, one page at a time, redirects followed and recorded one by
 * one. It plays the browser's own faults where an authorization response is delivered.
 */
#pragma once

#include "harness/http/client.h"
#include "harness/http/jar.h"
#include "harness/login/place.h"
#include "mocks/common/fault.h"

struct browser {
    struct http_client *client;     /* borrowed */
    const struct http_names *names; /* borrowed: who answers where */
    struct jar *jar;                /* borrowed: the profile of the person */
    struct fault_set *faults;
    struct clock *clock;
    struct trace *trace;
    const struct params *earlier; /* callbacks of the login before, or NULL */
    struct params
        callbacks; /* party -> the last callback URL delivered to it; browser_deinit frees */
};

void browser_deinit(struct browser *b);

struct browser_page {
    char *url;               /* what was asked last, or (stopped) what would have been */
    char *from_url;          /* the page whose redirect led here; NULL for the first */
    const char *system;      /* who answers at url; NULL: nobody of the world */
    const char *from_system; /* and at from_url */
    struct http_response response;
    bool stopped;  /* the URL began with the stop prefix and was not asked */
    char *problem; /* no usable answer: why; NULL otherwise */
};

#define BROWSER_MAX_HOPS 40
#define BROWSER_WAIT_S 300 /* how long a login is waited for that nobody answers */

/* Asks url and follows redirects until a page, a stop, or a problem. stop may be NULL. 0 unless the
 * harness itself broke. ret is filled anew. */
int browser_go(struct browser *b, const char *url, const char *stop, struct browser_page *ret,
               struct err *err) MUST_USE;
/* The same for where a script of the page `from` (may be NULL) leads: another system than that
 * page's is met as if a redirect had led there. */
int browser_go_from(struct browser *b, const char *from, const char *url, const char *stop,
                    struct browser_page *ret, struct err *err) MUST_USE;
/* One request without following; for scripts of a page (same_site = it comes from a page of that
 * system). */
int browser_ask(struct browser *b, struct http_request *req, bool same_site,
                struct http_response *ret, struct err *err) MUST_USE;
void browser_page_deinit(struct browser_page *p);
/* Who answers at this URL: "authentik" "dex" "argocd" "cli"; NULL if it is nobody of the world. */
const char *browser_system_at(const struct browser *b, const char *url);

/* The authorization response that lies in this URL as the browser's faults leave it; also plays
 * browser/callback.held. place says who is to get it. Caller frees. */
char *browser_tamper(struct browser *b, const char *url, const struct place *place);

/* The authorization request as browser/authorize.redirect-uri-changed leaves it, or NULL when that
 * fault is not on. Caller frees. */
char *browser_other_redirect(struct browser *b, const char *url, const struct place *place);
/* browser/callback.never is to be played at this place: nobody comes back. Also lets the time pass
 * that somebody waits for it. */
bool browser_stays_away(struct browser *b, const struct place *place);
/* browser/callback.replayed is to be played towards this party now. */
bool browser_replays(struct browser *b, const char *party);

DEFINE_AUTO_VALUE(struct browser, browser_deinit)
DEFINE_AUTO_VALUE(struct browser_page, browser_page_deinit)
