#!/usr/bin/env python3
"""The library under every version of each system: a scenario that is not about a version holds in all of them.
Where it needs what some versions do not do, it pins that row of the version table (`quirks:` in its setup), or names the version it is about.
ROLECALL_WHOLE=1 runs all scenarios instead of those that look at the system most."""

import json
import os

import cli
from cli import OK, contains, equal, rolecall

WHOLE = os.environ.get("ROLECALL_WHOLE") == "1"
PART = {
    "authentik": ("access", "factors", "login", "upgrades"),
    "dex": ("login", "cli"),
    "argocd": ("login", "roles"),
}


def versions(system):
    rows = rolecall("list", "versions", "--json", status=OK).json()
    return [r["version"] for r in rows if r["system"] == system and "version" in r]


def run(system, version):
    patch = json.dumps({system: {"version": version}})
    words = [] if WHOLE else [part + "/*" for part in PART[system]]
    ran = rolecall("run", *words, "--callback-port", "0", "--patch", patch)
    bad = [line for line in ran.out.splitlines() if line.startswith(("fail ", "error "))]
    equal(bad, [], "under %s %s" % (system, version))
    equal(ran.status, OK, str(ran))
    contains(ran.out, "%s %s (mock)" % (system, version))


def of_version(system, version):
    def test():
        run(system, version)
    test.__name__ = "test_library__%s_%s" % (system, version)
    return test


for one in PART:
    for v in versions(one):
        globals()["test_library__%s_%s" % (one, v)] = of_version(one, v)


def test_versions__those_that_the_tables_name():
    """A release that some row begins or ends with is of a line that can be run."""
    rows = rolecall("list", "versions", "--json", status=OK).json()
    for system in PART:
        known = [v.split(".")[:2] for v in versions(system)]
        for row in rows:
            if row["system"] != system or "certainty" not in row:
                continue
            for release in " ".join(filter(None, (row["since"], row["until"]))).split():
                older = release.split(".")[:2] < min(known, key=lambda v: [int(n) for n in v])
                if not older and release.split(".")[:2] not in known:
                    equal(system, "dex", row)  # never bundled: 2.31, 2.34


if __name__ == "__main__":
    cli.main()
