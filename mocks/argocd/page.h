/*
 * Pages of the mock's own that show, without a script, what the real single-page application shows:
 * the login page (argocd.md 1.11), who is signed in, and what they may do. Ids that tests hold on
 * to: sso-login, local-login, login-error, who, groups, roles, may, applications, logout.
 */
#pragma once

#include "harness/base/buf.h"
#include "mocks/argocd/call.h"

/* The frame of every page: head, style, main. refresh is a URL to go to at once, or NULL. */
void page_begin(struct buf *b, const char *title, const char *refresh);
void page_end(struct buf *b);
void page_add(struct buf *b, const char *text); /* HTML-escaped */
/* encodeURIComponent; caller frees. */
char *page_encode(const char *text);

/* page_login.c */
bool page_has_sso(const struct js *settings); /* the application's own test for the SSO button */
void page_login(struct call *c, struct buf *b);
/* Nobody: what the application does when it learns a 401. */
void page_nobody(struct call *c, struct buf *b);

/* page_home.c */
void page_home(struct call *c, struct buf *b);
