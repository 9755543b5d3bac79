#!/usr/bin/env python3
"""Runs a fuzz target until it is dry: at least LEAST_S seconds, and then until no edge of the program
was new for QUIET_S seconds.

    until_dry.py BINARY [ARGUMENTS]

Prints one line: the executions, the edges, how long it ran and when the last edge was new. The status
is that of the target; what it found is on stderr."""

import re
import signal
import subprocess
import sys
import time

LEAST_S = 300
QUIET_S = 60
COVERED = re.compile(rb"#(\d+)\s.*\bcov: (\d+)")


class Progress:
    def __init__(self):
        self.started = self.last_new = time.monotonic()
        self.executions = self.edges = 0

    def take(self, line):
        found = COVERED.match(line)
        if not found:
            return
        self.executions = int(found.group(1))
        if int(found.group(2)) > self.edges:
            self.edges = int(found.group(2))
            self.last_new = time.monotonic()

    def is_dry(self):
        now = time.monotonic()
        return now - self.started >= LEAST_S and now - self.last_new >= QUIET_S


def main():
    # A pulse every second comes only when something is new; the rest is told by -max_total_time,
    # asked for one quiet time after the other on the corpus the last round left.
    progress = Progress()
    total = 0
    while not progress.is_dry():
        fuzzer = subprocess.Popen([*sys.argv[1:], f"-max_total_time={QUIET_S}"],
                                  stderr=subprocess.PIPE)
        for line in fuzzer.stderr:
            progress.take(line)
            if line.startswith((b"==", b"SUMMARY", b"    #", b"artifact")) or b"rror" in line:
                sys.stderr.buffer.write(line)
        total += progress.executions
        if fuzzer.wait() != 0:
            return fuzzer.returncode if fuzzer.returncode > 0 else 128 + signal.SIGABRT
    name = sys.argv[1].rsplit("/", 1)[-1]
    now = time.monotonic()
    print(f"{name}: {total} executions, {progress.edges} edges, {now - progress.started:.0f} s, "
          f"nothing new for {now - progress.last_new:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
