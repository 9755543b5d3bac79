/*
 * Writing and taking apart frames of gRPC-web. Knows nothing of what is in them.
 */
#include "mocks/argocd/frames.h"

void frame_put(struct buf *out, enum frame_kind kind, const void *p, size_t n)
{
    const unsigned char head[FRAME_HEAD] = {(unsigned char)kind, (unsigned char)(n >> 24),
                                            (unsigned char)(n >> 16), (unsigned char)(n >> 8),
                                            (unsigned char)n};
    buf_add(out, head, sizeof(head));
    buf_add(out, p, n);
}

bool frame_next(struct str *rest, struct frame *ret)
{
    if (rest->len < FRAME_HEAD)
        return false;
    const unsigned char *b = (const unsigned char *)rest->ptr;
    size_t wanted = (size_t)b[1] << 24 | (size_t)b[2] << 16 | (size_t)b[3] << 8 | (size_t)b[4];
    size_t there = rest->len - FRAME_HEAD;
    *ret = (struct frame){
        .kind = b[0],
        .wanted = wanted,
        .bytes = {rest->ptr + FRAME_HEAD, wanted < there ? wanted : there},
    };
    rest->ptr += FRAME_HEAD + ret->bytes.len;
    rest->len -= FRAME_HEAD + ret->bytes.len;
    return true;
}
