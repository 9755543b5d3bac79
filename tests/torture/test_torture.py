#!/usr/bin/env python3
"""Torture, as far as every test run can afford it: each socket, connect, accept, write and thread of a
login fails once, and evenly chosen reads, waits and allocations. `./dev torture` does all of them."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import cli  # pylint: disable=wrong-import-position
import torture  # pylint: disable=wrong-import-position

ALL, READS, POLLS, ALLOCATIONS = 1, 13, 13, 53


def failing(kind, stride=ALL, logins=("ui", "cli", "direct")):
    """Every stride-th call of the kind fails once in each login; each time it must have failed."""
    for login in logins:
        counts = torture.count(login)
        cli.true(counts[kind] > 0, "%s makes no call of the kind %s" % (login, kind))
        numbers = range(1, counts[kind] + 1, stride)
        found, failed = torture.drive(login, kind, numbers)
        cli.equal(found, [], "%s %s" % (login, kind))
        # The last calls may not come when threads take other turns.
        cli.true(failed >= 1 and (failed + 2) * 10 >= len(numbers) * 9,
                 "%s %s: only %d of %d did fail" % (login, kind, failed, len(numbers)))


def test_socket__each():
    failing("socket", logins=("ui", "cli", "direct", "cli-8085"))


def test_connect__each():
    failing("connect")


def test_accept__each():
    failing("accept", logins=("ui", "cli", "direct", "cli-8085"))


def test_write__each():
    failing("write")


def test_thread__each():
    failing("thread")


def test_read__some():
    failing("read", READS, logins=("ui", "cli"))


def test_poll__some():
    failing("poll", POLLS, logins=("ui", "cli"))


def test_alloc__some():
    if torture.count("ui")["alloc"] == 0:
        return  # a sanitizer brings its own allocator, which is not ours to break
    failing("alloc", ALLOCATIONS)


def test_onward__nothing_works_any_more():
    """From the second one on every call fails: no retry may go on forever."""
    for kind in ("socket", "connect", "write", "thread"):
        found, failed = torture.drive("ui", kind, [2], onward="+")
        cli.equal(found, [], kind)
        cli.equal(failed, 1, kind)


def test_onward__a_loop_that_cannot_wait_ends_the_program():
    ended = torture.run("ui", "poll:1+")
    cli.equal((ended.status, ended.fired), (torture.ERROR, True), ended.err)
    cli.contains(ended.err, "rolecall: the event loop cannot wait for events\n")


# ---- the tests' own twins: what is judged, and that it can be found wanting ----


def ended(status, out="", err="", log="fired socket 1\n"):
    return torture.Ended(status, out, err, log)


def test_judge__undisturbed_login_passes():
    cli.equal(torture.run("ui").status, cli.OK)


def test_judge__finds_each_bad_end():
    passed = '{"schema": "rolecall.report/1", "summary": {"error": 0}, "scenarios": [{"verdict": "pass"}]}'
    other = passed.replace("pass", "error").replace('"error": 0', '"error": 1')
    for kind, run, part in (
            ("socket", ended(0, passed), "status 0 instead of 3"),
            ("socket", ended(1, passed), "status 1 instead of 3"),
            ("socket", ended(-6), "status -6 instead of 3"),
            ("socket", ended(None), "did not end"),
            ("socket", ended(3, "{"), "no JSON report"),
            ("socket", ended(3, passed), "the verdict is pass"),
            ("socket", ended(3, other), "does not say what broke"),
            ("read", ended(1, passed), "status 1 instead of 3"),
            ("alloc", ended(3, "", "rolecall: out of memory\nand more\n"), "neither"),
            ("alloc", ended(0, passed), "status 0 instead of 3"),
            ("socket", ended(3, log=""), "nothing failed, yet status 3"),
    ):
        cli.contains(torture.judge("ui", kind, "plan", run) or "nothing", part)


def test_plan__that_is_none():
    for plan in ("socket", "socket:0", "sockets:1", "socket:1-2/3", "alloc:1-2", "alloc:1/2", "alloc:"):
        p = subprocess.run([torture.BINARY, "--version"], capture_output=True, text=True, check=False,
                           env={"ROLECALL_TORTURE": plan}, timeout=torture.LIMIT_S)
        cli.equal((p.returncode, p.stdout), (2, ""), plan)
        cli.contains(p.stderr, "torture: '%s' is no KIND:N" % plan)


if __name__ == "__main__":
    cli.main()
