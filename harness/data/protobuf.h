/*
 * The two-string protobuf message that Dex packs into `sub` and refresh tokens
 * (reference/dex.md 6.3, 6.5).
 */
#pragma once

/* base64url without padding of {1: a, 2: b}; caller frees. */
char *protobuf_pair_encode(const char *a, const char *b);
/* 0 and both strings (caller frees); -1 if it is no such message. */
int protobuf_pair_decode(const char *text, char **ret_a, char **ret_b);
