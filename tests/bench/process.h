/*
 * Child processes of the bench: started with their stdout at hand, measured through /proc, ended by
 * their own id. Owns the child until process_end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/base/err.h"
#include "harness/base/mem.h"

struct process {
    pid_t pid; /* 0 = none */
    int out;   /* read end of its stdout, -1 = none */
    int64_t started_ns;
};

/* argv[0] is a path or a name in PATH; more_env are "NAME=value", NULL-terminated, or NULL. stderr
 * goes nowhere when quiet. */
int process_start(struct process *p, const char *const *argv, const char *const *more_env,
                  bool quiet, struct err *err) MUST_USE;
/* One line of its stdout without the newline; caller frees; NULL when it ended before. */
char *process_line(struct process *p);
/* Waits for its end without asking for it. *ret_status: exit status, or 128 + signal. *ret_cpu_ns:
 * its user and system time. */
int process_wait(struct process *p, int *ret_status, int64_t *ret_cpu_ns, struct err *err) MUST_USE;
/* SIGTERM and wait. */
void process_end(struct process *p);
/* A figure of /proc/PID/status such as "VmRSS:", in kB; -1 when there is none. */
int64_t process_status_kb(const struct process *p, const char *field);
/* User and system time of the process until now. */
int64_t process_cpu_ns(const struct process *p);

DEFINE_AUTO_VALUE(struct process, process_end)
