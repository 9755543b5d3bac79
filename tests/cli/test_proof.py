#!/usr/bin/env python3
"""A check that cannot fail and a fault that nobody plays are defects: the library proves neither is there."""

import json
import re

from cli import OK, ROOT, equal, report, rolecall

LIBRARY = {}


def library():
    if not LIBRARY:
        LIBRARY.update(report("--callback-port", "0", status=OK))
    return LIBRARY


def listed(what):
    return [x["id"] for x in json.loads(rolecall("list", what, "--json", status=OK).out)]


def test_library__is_as_expected():
    for s in library()["scenarios"]:
        equal(s["verdict"], "pass", s["id"])


def test_checks__each_fails_somewhere():
    failed = {"%s/%s" % (c["of"], c["id"]) for s in library()["scenarios"] for step in s["steps"]
              for c in step["checks"] if c["verdict"] == "fail"}
    equal(sorted(set(listed("checks")) - failed), [], "checks that never fail")


def test_checks__each_passes_somewhere():
    passed = {"%s/%s" % (c["of"], c["id"]) for s in library()["scenarios"] for step in s["steps"]
              for c in step["checks"] if c["verdict"] == "pass"}
    equal(sorted(set(listed("checks")) - passed), [], "checks that never pass")


def test_faults__each_is_played():
    text = "\n".join(p.read_text() for p in sorted((ROOT / "scenarios").rglob("*.yaml")))
    unused = [f for f in listed("faults") if not re.search(re.escape(f) + r"(?![\w.-])", text)]
    equal(unused, [], "faults that no scenario plays")


if __name__ == "__main__":
    import cli
    cli.main()
