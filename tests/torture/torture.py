#!/usr/bin/env python3
"""Lets one call of a login fail after the other and judges how the program ends.

    torture.py [KIND [FROM [TO [STRIDE]]]]

KIND is one of those below; without it all of them. Every login of LOGINS is run once undisturbed to
count its calls, then once for each call from FROM to TO (or each STRIDE-th of them) with that call
failing (torture.c). A failed allocation must end the program with one line and status 3; after any
other failure there must be a whole report whose verdict is an error that says what broke, and status
3.

Allocations are too many for a run each: they are rehearsed in children of one run, and only where a
child did not end as it must is there a run of its own that tells."""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("ROLECALL_ROOT") or pathlib.Path(__file__).parents[2]).resolve()
BINARY = os.environ.get("ROLECALL_TORTURE_BIN") or str(ROOT / "build/tests/torture/rolecall-torture")
LIMIT_S = 20
REHEARSAL_S = 600
REHEARSALS = 5000
ERROR = 3
OUT_OF_MEMORY = "rolecall: out of memory\n"
# The C library's own words, where it allocates for itself: for a folder, for a thread.
NO_MEMORY = re.compile(r"rolecall: [^\n]*: Cannot allocate memory\n")
NO_THREAD = r"Resource temporarily unavailable|EOF|the connection ended before the answer"

# What a run is started with. The last one binds the real port, as a person's does.
LOGINS = {
    "ui": ("login/admin-ui",),
    "cli": ("login/admin-cli", "--callback-port", "0"),
    "direct": ("login/admin-direct",),
    "cli-8085": ("login/admin-cli", "--callback-port", "8085"),
}

# The kinds of calls, and what a report may say about a failure of each: the system's own words, or
# those of the server or of Go's client for a connection that ended.
ENDED = r"EOF|[Cc]onnection reset by peer|the connection ended before the answer"
KINDS = {
    "alloc": None,
    "socket": r"[Tt]oo many open files",
    "connect": r"[Cc]annot assign requested address",
    "accept": r"Too many open files",
    "write": ENDED,
    "read": ENDED,
    "poll": r"Cannot allocate memory|the wait for it failed|" + ENDED,
    "thread": r"Resource temporarily unavailable|" + ENDED,
}
# What may go by without harm: a pool's second worker is a convenience, a kept connection that ends
# while nobody uses it is opened anew, and a question whether a socket is ready is asked again.
# Nothing is lost then, so the login may pass; it may not fail.
MAY_HEAL = ("thread", "read", "poll")


class Ended:
    """How one run ended; status None: it did not within the limit."""

    def __init__(self, status, out, err, log):
        self.status, self.out, self.err = status, out, err
        lines = [line.split() for line in log.split("\n")]
        # A library does without: the C library without a stream's buffer, without qsort's copy, and
        # without the time zone, which OpenSSL does not need for a certificate's times; OpenSSL
        # without openssl.cnf.
        self.does_without = re.search(
            r"\((_IO_file_doallocate|qsort_r|OPENSSL_gmtime|CONF_modules_load_file_ex)\+", log)
        self.fired = any(w[:1] == ["fired"] for w in lines)
        self.counts = {w[1]: int(w[2]) for w in lines if w[:1] == ["count"]}
        self.unclear = [int(w[2]) for w in lines if w[:1] == ["unclear"]]
        self.rehearsed = sum(int(w[2]) for w in lines if w[:1] == ["rehearsed"])


def run(login, plan=None):
    """One run of a login; plan "KIND:N" or None."""
    with tempfile.TemporaryDirectory(prefix="rolecall-torture-") as folder:
        log = pathlib.Path(folder) / "log"
        log.touch()
        env = dict(os.environ, ROLECALL_SCENARIOS=str(ROOT / "scenarios"),
                   ROLECALL_TORTURE_LOG=str(log))
        if plan:
            env.update(ROLECALL_TORTURE=plan, ROLECALL_TORTURE_WHERE="1")
        command = [BINARY, "run", *LOGINS[login], "--report", "json"]
        limit = REHEARSAL_S if plan and "/" in plan else LIMIT_S
        try:
            p = subprocess.run(command, env=env, cwd=ROOT, timeout=limit, check=False,
                               capture_output=True, text=True, errors="replace")
        except subprocess.TimeoutExpired as late:
            return Ended(None, str(late.stdout), str(late.stderr), log.read_text())
        return Ended(p.returncode, p.stdout, p.stderr, log.read_text())


def count(login):
    """How many calls of each kind an undisturbed login makes."""
    ended = run(login)
    if ended.status != 0:
        raise SystemExit("torture: %s does not even pass undisturbed: status %s\n%s%s" %
                         (login, ended.status, ended.out, ended.err))
    return ended.counts


# ---- judging ----


def judge_report(words, ended):
    """What is wrong with a run in which a call failed; None when nothing is."""
    try:
        doc = json.loads(ended.out)
    except ValueError as e:
        return "no JSON report on stdout (%s)" % e
    if doc["schema"] != "rolecall.report/1" or len(doc["scenarios"]) != 1:
        return "no report about the one scenario"
    scenario = doc["scenarios"][0]
    if scenario["verdict"] != "error" or doc["summary"]["error"] != 1:
        return "the verdict is %s: %s" % (scenario["verdict"], scenario.get("reason"))
    if not re.search(words, scenario.get("reason") or ""):
        return "the reason does not say what broke: %r" % scenario.get("reason")
    return None


def judge_end(kind, ended):
    if not ended.fired:
        # Threads take turns as they like: the last calls of a kind may not happen this time.
        return None if ended.status == 0 else "nothing failed, yet status %s" % ended.status
    if kind in MAY_HEAL and ended.status == 0:
        return None
    if ended.does_without and ended.status == 0:
        return None
    if ended.status != ERROR:
        return "status %s instead of 3" % ended.status
    if kind != "alloc":
        return judge_report(KINDS[kind], ended)
    if ended.err == OUT_OF_MEMORY or NO_MEMORY.fullmatch(ended.err):
        return None
    if judge_report(NO_THREAD, ended) is None:
        return None
    return "neither one line on stderr nor a report"


def judge(login, kind, plan, ended):
    """None, or a text that shows the run."""
    if ended.status is None:
        wrong = "did not end within %d s" % LIMIT_S
    else:
        wrong = judge_end(kind, ended)
    if wrong is None:
        return None
    return "%s %s: %s\n  stderr: %s" % (login, plan, wrong, ended.err[-600:].rstrip())


# ---- driving ----


def workers_for(login):
    # The real port is one at a time anyway.
    return 1 if login == "cli-8085" else os.cpu_count() or 1


def slices(numbers):
    """The numbers, dealt out to runs that are not slowed down so much that exchanges time out."""
    runs = max(1, len(numbers) // REHEARSALS)
    return [numbers[i::runs] for i in range(runs)]


def rehearse(login, numbers):
    """Findings, the numbers of the allocations that need a run of their own, and how many do not."""
    with concurrent.futures.ThreadPoolExecutor(workers_for(login)) as pool:
        parts = list(pool.map(lambda part: rehearse_slice(login, part), slices(numbers)))
    return (sum((p[0] for p in parts), []), sorted(sum((p[1] for p in parts), [])),
            sum(p[2] for p in parts))


def rehearse_slice(login, numbers):
    plan = "alloc:%d-%d/%d" % (numbers.start, numbers.stop - 1, numbers.step)
    ended = run(login, plan)
    if ended.status != 0:
        return ["%s %s: the rehearsal ended with status %s\n  stderr: %s" % (
            login, plan, ended.status, ended.err)], [], 0
    return [], ended.unclear, ended.rehearsed - len(ended.unclear)


def drive(login, kind, numbers, onward=""):
    """Lets each call of these numbers fail; gives the findings and how often one did fail."""
    if kind == "alloc" and not onward:
        found, unclear, clear = rehearse(login, numbers)
        more, failed = drive_each(login, kind, unclear)
        return found + more, clear + failed
    return drive_each(login, kind, numbers, onward)


def drive_each(login, kind, numbers, onward=""):
    """As drive, by a run each."""
    plans = ["%s:%d%s" % (kind, n, onward) for n in numbers]
    with concurrent.futures.ThreadPoolExecutor(workers_for(login)) as pool:
        ends = list(pool.map(lambda plan: run(login, plan), plans))
    found = [judge(login, kind, plan, ended) for plan, ended in zip(plans, ends)]
    return [f for f in found if f], sum(ended.fired for ended in ends)


def number(words, at, otherwise):
    if len(words) <= at:
        return otherwise
    if not re.fullmatch("[1-9][0-9]*", words[at]):
        raise SystemExit("torture: '%s' is no number" % words[at])
    return int(words[at])


def main(words):
    if words and words[0] not in KINDS:
        print("torture: unknown kind '%s'; there are %s" % (words[0], " ".join(KINDS)),
              file=sys.stderr)
        return 2
    findings = []
    for login in LOGINS:
        counts = count(login)
        for kind in words[:1] or KINDS:
            if kind == "alloc" and login == "cli-8085":
                continue  # allocates as "cli" does, and can only be run one at a time
            first, last = number(words, 1, 1), number(words, 2, counts[kind])
            found, failed = drive(login, kind, range(first, last + 1, number(words, 3, 1)))
            print("%-8s  %-7s  %6d calls, %6d made to fail, %d findings" %
                  (login, kind, counts[kind], failed, len(found)), flush=True)
            for f in found:
                print(f, flush=True)
            findings += found
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
