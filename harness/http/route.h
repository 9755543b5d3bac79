/*
 * Inside this unit only: which route of a site answers a request.
 */
#pragma once

#include "harness/http/server.h"

/* The first route whose method and path fit; the captures go into req. NULL if none fits. */
const struct http_route *route_find(const struct http_route *routes, struct http_request *req);
