#!/usr/bin/env python3
"""`./dev load`: `rolecall serve` under what a busy day or a bad client does to it, with numbers. Each
line says what was done, what came of it, and what it cost; the status is 1 when something did not
hold. A word chooses some parts by name."""

import concurrent.futures
import contextlib
import json
import os
import socket
import sys
import threading
import time

import cli
import crowd
import hostile

CROWD = int(os.environ.get("ROLECALL_LOAD_CROWD", "500"))
SESSIONS = int(os.environ.get("ROLECALL_LOAD_SESSIONS", "10000"))
KEYS = int(os.environ.get("ROLECALL_LOAD_KEYS", "50"))
TIMES = int(os.environ.get("ROLECALL_LOAD_TIMES", "20"))
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
    for _ in range(2):
        with cli.serve() as served:
            crowd_of("crowd-ui", CROWD, CROWD, served, crowd.sign_in_ui)
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


# ---- what Dex and Argo CD keep ----

REFRESHING = json.dumps({
    "authentik": {"provider": {"signing_key": "ec",
                               "scopes": ["openid", "email", "profile", "offline_access"]}},
    "dex": {"connectors": {"authentik": {"config": {
        "scopes": ["openid", "email", "profile", "offline_access"]}}}}})


def grows(part, served, at_once, kind, counted):
    """The same again and again: what was kept the first time bounds what is kept from then on."""
    pid = served.process.pid
    sizes, told = [crowd.rss_kb(pid)], []
    for _ in range(3):
        before = crowd.cpu_s(pid)
        some, took = crowd.again(served.ready, SESSIONS, at_once, kind)
        told += some
        sizes.append(crowd.rss_kb(pid))
        say(part, "        %d in %.1f s, %.0f/s, server's CPU %.1f s, RSS %.1f MiB, keeps %s" % (
            SESSIONS, took, SESSIONS / took, crowd.cpu_s(pid) - before, sizes[-1] / 1024,
            counted(crowd.control(served, "GET", "/state")["kept"])))
    grown = (sizes[3] - sizes[2]) / 1024
    holds(part, not told, "%d refused: %s" % (len(told), told[:1]))
    holds(part, grown <= FEW_MIB or crowd.is_sanitized(pid),
          "RSS %.1f MiB at the start, %+.1f MiB by the last %d" % (sizes[0] / 1024, grown, SESSIONS))
    return crowd.control(served, "GET", "/state")["kept"]


def part_dex_requests():
    """Logins that nobody brings to their end: each leaves an auth request at Dex."""
    with cli.serve("--plain", "--control", "--show-secrets") as served:
        kept = grows("dex-requests", served, 20, crowd.set_out, lambda kept: kept["dex"])["dex"]
        holds("dex-requests", kept["auth_requests"] + kept["evicted"] == 3 * SESSIONS,
              "kept and dropped before their time add up: %s" % kept)
    holds("dex-requests", ("auth requests is full" in served.err) == (kept["evicted"] > 0),
          "the log says so: %s" % served.err.strip().split("\n")[-1][:120])


def part_dex_refresh():
    """Logins that leave a refresh token; there is one a person and client (dex.md 4.7)."""
    with cli.serve("--plain", "--control", "--show-secrets", "--patch", REFRESHING) as served:
        kept = grows("dex-refresh", served, 20, crowd.sign_in_dex, lambda kept: kept["dex"])["dex"]
        holds("dex-refresh", kept["codes"] == 0 and kept["refresh_tokens"] <= len(crowd.PEOPLE),
              "of codes and refresh tokens few are left: %s" % kept)


def part_argocd_sessions():
    """Sessions of Argo CD that begin and end: each leaves a token that is taken back."""
    ec = '{"authentik": {"provider": {"signing_key": "ec"}}}'
    with cli.serve("--plain", "--control", "--show-secrets", "--patch", ec) as served:
        kept = grows("argocd", served, 20, crowd.in_and_out, lambda kept: kept["argocd"])["argocd"]
        holds("argocd", 0 < kept["revoked_tokens"] <= 3 * SESSIONS, "keeps %s" % kept)


def part_keys():
    """Another key for every login, at authentik and at Dex: neither the key sets nor what is kept of
    them grow."""
    with cli.serve("--plain", "--control") as served:
        pid, sizes = served.process.pid, []
        for _ in range(2):
            for number in range(KEYS):
                crowd.control(served, "POST", "/rotate-keys",
                              {"system": ("authentik", "dex")[number % 2]})
                told, _ = crowd.crowd(served.ready, 1, 1, crowd.sign_in_ui)
                if told:
                    holds("keys", False, "%d keys: %s" % (number + 1, told))
            sizes.append((crowd.rss_kb(pid), len(served.fetch(served.ready["dex"]["issuer"] + "/keys")),
                          len(served.fetch(served.ready["authentik"]["issuer"] + "jwks/"))))
        grown = (sizes[1][0] - sizes[0][0]) / 1024
        holds("keys", (grown <= FEW_MIB or crowd.is_sanitized(pid)) and sizes[0][1:] == sizes[1][1:],
              "%d keys: RSS %+.1f MiB by the second half, key sets of %d and %d bytes" % (
                  2 * KEYS, grown, *sizes[1][1:]))


def part_hostile():
    """What no sound client sends, many times over, by ten clients at once."""
    dex = cli.free_ports(1)[0]
    with cli.serve("--plain", "--dex-port", dex) as served:
        pid = served.process.pid
        for system, port, context in (("dex", dex, hostile.tls()),
                                      ("argocd", crowd.port_of(served.ready["argocd"]["url"]), None)):
            rows = hostile.OF[system]()
            sizes, found, before = [], [], crowd.cpu_s(pid)
            for _ in range(3):
                with concurrent.futures.ThreadPoolExecutor(10) as pool:
                    for some in pool.map(lambda _: hostile.wrong(port, rows, context), range(TIMES)):  # pylint: disable=cell-var-from-loop
                        found += some
                sizes.append(crowd.rss_kb(pid))
            grown = (sizes[2] - sizes[1]) / 1024
            holds("hostile", not found, "%s: %d requests, %d not as they should be answered %s, "
                  "server's CPU %.1f s" % (system, 3 * TIMES * len(rows), len(found), found[:2],
                                           crowd.cpu_s(pid) - before))
            holds("hostile", grown <= FEW_MIB or crowd.is_sanitized(pid),
                  "%s: RSS %.1f MiB, %+.1f by the last third" % (system, sizes[2] / 1024, grown))
        crowd_of("hostile", 50, 50, served, crowd.sign_in_ui)
        until = time.monotonic() + 5
        while crowd.descriptors(pid) >= 50 and time.monotonic() < until:
            time.sleep(0.1)  # the last to leave are still being waved off
        holds("hostile", crowd.descriptors(pid) < 50, "%d descriptors are in use" % crowd.descriptors(pid))


def part_half_open():
    for option in ([], ["--plain"]):
        dex = cli.free_ports(1)[0]
        with cli.serve(*option, "--dex-port", dex) as served:
            part = "half-open"
            for port in (crowd.port_of(served.ready["authentik"]["url"]), dex,
                         crowd.port_of(served.ready["argocd"]["url"])):
                before = time.monotonic()
                with crowd.silent_connections(port, CROWD) as silent:
                    crowd_of(part, 50, 50, served, crowd.sign_in_ui)
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
