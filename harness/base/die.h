/*
 * The end that leaves no report: for what is so broken that nothing can be said about any login.
 */
#pragma once

/* Prints "rolecall: text" as one line on stderr and ends the process with status 3, without
 * cleaning up: other threads may be anywhere. Allocates nothing. */
void die(const char *text) __attribute__((noreturn));
