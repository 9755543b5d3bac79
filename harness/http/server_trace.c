/*
 * What is asked from outside, told to a trace by the server, because no client of ours does: for
 * serve. Runs on the loop only.
 */
#include <event2/http.h>

#include "harness/base/str.h"
#include "harness/http/exchange.h"

#define OUTSIDE "client" /* somebody: a browser, a relying party, curl */

static bool is_own(const struct exchange *x)
{
    char *address = NULL;
    ev_uint16_t port = 0;
    evhttp_connection_get_peer(evhttp_request_get_connection(x->ev), &address, &port);
    return cstr_eq(address, x->listener->site.own_address);
}

void exchange_trace_begin(struct exchange *x)
{
    const struct http_site *site = &x->listener->site;
    if (site->trace == NULL || x->req.url == NULL || is_own(x))
        return;
    x->traced = true;
    x->began_ns = clock_mono_ns();
    x->seq = trace_exchange_begin(site->trace, OUTSIDE, site->party, true, x->req.method,
                                  x->req.url, &x->req.headers, x->req.body, x->req.body_len);
}

/* What is left of an answer after a fault, only the other side knows; here stands what was meant.
 */
void exchange_trace_end(struct exchange *x)
{
    const struct http_response *r = &x->resp;
    if (!x->traced)
        return;
    x->traced = false;
    trace_exchange_end(x->listener->site.trace, x->seq, r->status, &r->headers, r->body,
                       r->body_len, r->status == 0 ? "no answer" : NULL,
                       (clock_mono_ns() - x->began_ns) / 1000);
}
