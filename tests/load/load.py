#!/usr/bin/env python3
"""`./dev load`: `rolecall serve` under what a busy day or a bad client does to it, with numbers. Each
line says what was done, what came of it, and what it cost; the status is 1 when something did not
hold. A word chooses some parts by name."""

import contextlib
import os
import socket
import sys
import threading
import time

import cli
import crowd

CROWD = int(os.environ.get("ROLECALL_LOAD_CROWD", "500"))
SESSIONS = int(os.environ.get("ROLECALL_LOAD_SESSIONS", "10000"))
FEW_MIB = 6
DEADLINE_S = 20  # a whole first request must be here by then
FAILED = []


def say(part, text):
    print("%-12s %s" % (part, text), flush=True)


def holds(part, condition, text):
    say(part, ("ok      " if condition else "FAILED  ") + text)
    if not condition:
        FAILED.append(part)


def crowd_of(part, count, at_once, served, kind=crowd.sign_in_direct):
    pid = served.process.pid
    before = crowd.cpu_s(pid)
    told, took = crowd.crowd(served.ready, count, at_once, kind)
    holds(part, not told, "%d logins, %d at once: %d refused, %.1f s, %.0f/s, server's CPU %.1f s, "
          "RSS %.1f MiB" % (count, at_once, len(told), took, count / took,
                            crowd.cpu_s(pid) - before, crowd.rss_kb(pid) / 1024))
    for text in sorted(set(told))[:3]:
        say(part, "        " + text[:200])


def part_crowd():
    for option in ([], ["--plain"]):
        with cli.serve(*option) as served:
            name = "plain" if option else "tls"
            crowd_of("crowd-" + name, CROWD, CROWD, served)
            crowd_of("crowd-" + name, CROWD, CROWD, served)
    with cli.serve() as served:
        crowd_of("crowd-ui", CROWD // 2, CROWD // 2, served, crowd.sign_in_ui)
    with cli.serve("--control") as served:
        crowd_of("crowd-traced", CROWD, CROWD, served)


def part_sessions():
    """Every login leaves a session and an access token."""
    ec = '{"authentik": {"provider": {"signing_key": "ec"}}}'
    with cli.serve("--plain", "--control", "--show-secrets", "--patch", ec) as served:
        sizes = [crowd.rss_kb(served.process.pid)]
        for _ in range(2):
            crowd_of("sessions", SESSIONS, 100, served)
            sizes.append(crowd.rss_kb(served.process.pid))
        grown = (sizes[2] - sizes[1]) / 1024
        holds("sessions", grown <= FEW_MIB or crowd.is_sanitized(served.process.pid),
              "RSS %.1f MiB at the start, %.1f after %d sessions, %.1f after %d: %+.1f MiB" % (
                  sizes[0] / 1024, sizes[1] / 1024, SESSIONS, sizes[2] / 1024, 2 * SESSIONS, grown))
        kept = crowd.control(served, "GET", "/state")["kept"]["authentik"]
        holds("sessions",
              kept["sessions"] + kept["access_tokens"] + kept["evicted"] == 4 * SESSIONS,
              "kept and dropped before their time add up: %s" % kept)
    holds("sessions", ("sessions is full" in served.err) == (kept["evicted"] > 0),
          "the log says so: %s" % served.err.strip().split("\n")[-1][:120])


def part_half_open():
    for option in ([], ["--plain"]):
        with cli.serve(*option) as served:
            part = "half-open"
            port = crowd.port_of(served.ready["authentik"]["url"])
            before = time.monotonic()
            with crowd.silent_connections(port, CROWD) as silent:
                crowd_of(part, 50, 50, served)
                closed = sum(crowd.closed_within(s, DEADLINE_S + 10) for s in silent)
            took = time.monotonic() - before
            holds(part, closed == CROWD and took < DEADLINE_S + 10,
                  "%d silent connections: %d closed by the server, the last after %.1f s" % (
                      CROWD, closed, took))


def part_slow():
    """A byte a second, in the head and in the body."""
    with cli.serve("--plain") as served:
        port = crowd.port_of(served.ready["authentik"]["url"])
        heads = (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
                 b"POST /application/o/token/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                 b"Content-Length: 100000\r\n\r\n")
        slow = []
        for head in heads:
            for _ in range(20):
                s = socket.create_connection(("127.0.0.1", port))
                s.sendall(head)
                slow.append(s)
        before = time.monotonic()
        left = list(slow)
        while left and time.monotonic() - before < 3 * DEADLINE_S:
            time.sleep(1)  # the client's own slowness, not a wait for the server
            for s in list(left):
                try:
                    s.sendall(b"x")
                except OSError:
                    left.remove(s)
            if time.monotonic() - before < 5:
                crowd_of("slow", 20, 20, served)
        took = time.monotonic() - before
        holds("slow", not left and took < DEADLINE_S + 10,
              "%d clients of a byte a second: %d left after %.0f s" % (len(slow), len(left), took))


def part_descriptors():
    """Fewer descriptors than clients: they wait, nobody spins, and it goes on afterwards."""
    limit = 96
    with limited(limit, "--plain") as served:
        pid = served.process.pid
        port = crowd.port_of(served.ready["authentik"]["url"])
        with crowd.silent_connections(port, 2 * limit):
            before = crowd.cpu_s(pid)
            time.sleep(3)  # the time in which it might spin
            spent = crowd.cpu_s(pid) - before
            holds("descriptors", spent < 0.3, "%d clients, %d descriptors: %.2f s of CPU in 3 s, "
                  "%d in use" % (2 * limit, limit, spent, crowd.descriptors(pid)))
            crowd_of("descriptors", 20, 4, served)
        crowd_of("descriptors", 200, 200, served)


def limited(soft, *args):
    """A server that cannot raise its limit."""
    return cli.serve(*args, before=["prlimit", "--nofile=%d:%d" % (soft, soft)])


# What an operator does while people sign in; none of it stops a direct login.
OPERATIONS = (
    ("PATCH", "/setup", {"people": {"erin": {"groups": ["ArgoCD Admins"], "password": "erin's"}}}),
    ("POST", "/rotate-keys", {"system": "authentik"}),
    ("PUT", "/faults", {"faults": [{"id": "dex/id-token.wrong-aud", "when": "nth 3"}]}),
    ("GET", "/state", None),
    ("POST", "/restart", {"system": "dex"}),
    ("PATCH", "/setup", {"argocd": {"rbac_cm": {"policy.default": "role:readonly"}}}),
    ("GET", "/trace?limit=50", None),
    ("POST", "/rotate-keys", {"system": "dex"}),
    ("POST", "/clock", {"advance": "1s"}),
    ("POST", "/restart", {"system": "argocd"}),
    ("PATCH", "/setup", {"people": {"erin": None},
                         "argocd": {"rbac_cm": {"policy.default": None}}}),
    ("DELETE", "/faults", None),
)


# Of these, what takes something away from who is on the way through Dex and Argo CD.
HARSH = ("/restart", "/faults", "/rotate-keys")


@contextlib.contextmanager
def operator(served, operations):
    """Carries them out one after the other, again and again, until the block ends."""
    done, stop = [], threading.Event()

    def operate():
        while not stop.is_set():
            for operation in operations:
                done.append(crowd.control(served, *operation))

    thread = threading.Thread(target=operate)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def part_changes():
    """The control API at work under a crowd."""
    many, at_once = CROWD // 5, CROWD // 10
    with cli.serve("--control") as served:
        with operator(served, OPERATIONS) as done:
            crowd_of("changes", many, at_once, served)
            told, _ = crowd.crowd(served.ready, many, at_once, crowd.sign_in_ui)
        say("changes", "        %d operations meanwhile, with restarts; of %d logins through Argo "
            "CD these refused %d" % (len(done), many, len(told)))
        with operator(served, [o for o in OPERATIONS if o[1] not in HARSH]) as done:
            crowd_of("changes", many, at_once, served, crowd.sign_in_ui)
        holds("changes", len(done) > 0, "%d operations meanwhile, without restarts" % len(done))


def part_large():
    with cli.serve("--plain") as served:
        pid = served.process.pid
        port = crowd.port_of(served.ready["authentik"]["url"])
        before = crowd.rss_kb(pid)
        for size, wanted in ((1024 * 1024, "400"), (1024 * 1024 + 1, "413"), (4 << 20, "413"),
                             (64 << 20, None)):
            got = {crowd.post(port, size) for _ in range(10)}
            fits = all(wanted is None and g[9:12] in ("", "413") or g[9:12] == wanted for g in got)
            holds("large", fits, "10 requests of %d bytes: %s" % (size, sorted(got)))
        grown = (crowd.rss_kb(pid) - before) / 1024
        holds("large", grown < 24 or crowd.is_sanitized(pid), "RSS %+.1f MiB" % grown)
        crowd_of("large", 20, 20, served)


def main():
    crowd.raise_descriptors()
    parts = {name[5:].replace("_", "-"): f for name, f in globals().items()
             if name.startswith("part_")}
    for word in sys.argv[1:]:
        if word not in parts:
            print("load: unknown part '%s'; there are %s" % (word, ", ".join(parts)),
                  file=sys.stderr)
            sys.exit(2)
    for name in sys.argv[1:] or parts:
        parts[name]()
    say("", "FAILED: " + ", ".join(FAILED) if FAILED else "everything held")
    sys.exit(1 if FAILED else 0)


main()
