/*
 * Work that several threads take from one place until none is left.
 */
#pragma once

/* Runs work(ctx) in n threads, this one among them, and waits for all; in fewer where no more can
 * be had. n below 2 is this thread alone. What work returns is not looked at. */
void threads_run(int n, void *(*work)(void *ctx), void *ctx);
