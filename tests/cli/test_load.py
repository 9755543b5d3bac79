#!/usr/bin/env python3
"""`rolecall serve` with many at once, with clients that behave badly, and with few descriptors: a
small load. `./dev load` is the big one, with numbers."""

import time

import cli
import crowd
from cli import equal, serve, true

AT_ONCE = 60
LIMIT = 72


def all_sign_in(served, count=AT_ONCE, at_once=AT_ONCE, kind=crowd.sign_in_direct):
    told, _ = crowd.crowd(served.ready, count, at_once, kind)
    equal(told, [], "%d at once" % at_once)


def authentik(served):
    return crowd.port_of(served.ready["authentik"]["url"])


def test_crowd__signs_in_over_tls():
    with serve() as served:
        all_sign_in(served)
        all_sign_in(served, 15, 15, crowd.sign_in_ui)


def test_crowd__wrong_passwords_are_refused_each():
    """The twin: that the crowd signs in is no accident of its client."""
    with serve("--plain") as served:
        for p in served.ready["people"]:
            p["password"] = "wrong"
        told, _ = crowd.crowd(served.ready, 8, 8)
        equal(len(told), 8, told)
        true(all(text.startswith("Refused login:") for text in told), told)


def test_crowd__leaves_a_session_and_a_token_each():
    with serve("--plain", "--control") as served:
        all_sign_in(served)
        kept = crowd.control(served, "GET", "/state")["kept"]["authentik"]
        equal((kept["sessions"], kept["access_tokens"], kept["codes"], kept["evicted"]),
              (AT_ONCE, AT_ONCE, 0, 0))


def test_silent__connections_hold_up_nobody():
    for option in ([], ["--plain"]):
        with serve(*option) as served, crowd.silent_connections(authentik(served), 200):
            all_sign_in(served, 10, 10)


def test_large__requests_are_refused_with_bounded_memory():
    with serve("--plain") as served:
        before = crowd.rss_kb(served.process.pid)
        equal(crowd.post(authentik(served), 1 << 20), "HTTP/1.1 400 Bad Request", "may be read")
        for _ in range(8):
            equal(crowd.post(authentik(served), (1 << 20) + 1),
                  "HTTP/1.1 413 Request Entity Too Large")
            true(crowd.post(authentik(served), 32 << 20)[9:12] in ("413", ""), "far too large")
        grown = crowd.rss_kb(served.process.pid) - before
        true(grown < 24 * 1024 or crowd.is_sanitized(served.process.pid), "%d KiB more" % grown)
        all_sign_in(served, 4, 4)


def few_descriptors(*args):
    return serve(*args, before=["prlimit", "--nofile=%d:%d" % (LIMIT, LIMIT)])


def test_descriptors__limit_is_raised_as_far_as_it_may():
    with serve(before=["prlimit", "--nofile=128:600"]) as served:
        with open("/proc/%d/limits" % served.process.pid, encoding="ascii") as limits:
            line = next(x for x in limits if x.startswith("Max open files"))
        equal(line.split()[3:5], ["600", "600"])


def test_descriptors__too_few_for_all_who_come():
    """Who finds no descriptor waits; nothing spins; who has been silent makes room."""
    with few_descriptors("--plain") as served:
        pid = served.process.pid
        with crowd.silent_connections(authentik(served), 2 * LIMIT):
            before = crowd.cpu_s(pid)
            time.sleep(1)  # the time in which it might spin
            true(crowd.cpu_s(pid) - before < 0.3, "it spins")
            all_sign_in(served, 4, 2)
            true(crowd.descriptors(pid) <= LIMIT, "the limit")
        all_sign_in(served, 100, 100)


cli.main()
