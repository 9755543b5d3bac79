/*
 * Protocol buffer messages from JSON and back, by protobuf-c's descriptors: what an endpoint
 * answers is one document, and REST and gRPC-web write it each in their way (argocd.md 3.6).
 */
#pragma once

#include <stddef.h>

#include "harness/base/buf.h"
#include "harness/base/err.h"
#include "harness/data/json.h"

struct ProtobufCMessageDescriptor; /* generated from proto/ */

/* Members that the message has not are left out; an object may stand for a map field. */
void pb_write(struct buf *out, const struct js *json,
              const struct ProtobufCMessageDescriptor *kind);
/* The message as JSON, caller frees; fields that are absent, empty or unknown are left out. -1: the
 * bytes are no such message. */
int pb_read(const void *p, size_t n, const struct ProtobufCMessageDescriptor *kind, struct js **ret,
            struct err *err) MUST_USE;
