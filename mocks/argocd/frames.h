/*
 * Frames of gRPC-web: a byte that says what it is, the length in four, the bytes (argocd.md 3.6).
 * Both ends use it, the mock and the CLI's agent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/buf.h"
#include "harness/base/str.h"

#define GRPCWEB_TYPE "application/grpc-web+proto"
#define FRAME_HEAD 5

enum frame_kind { FRAME_DATA = 0, FRAME_COMPRESSED = 1, FRAME_TRAILERS = 0x80 };

void frame_put(struct buf *out, enum frame_kind kind, const void *p, size_t n);

struct frame {
    unsigned char kind; /* may be none of frame_kind */
    size_t wanted;      /* as its head says */
    struct str bytes;   /* what of it is there */
};
/* Takes the next frame off the text. False when its head is not whole; a frame whose bytes are
 * fewer than wanted is cut off. */
bool frame_next(struct str *rest, struct frame *ret);
