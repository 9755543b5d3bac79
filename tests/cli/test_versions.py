#!/usr/bin/env python3
"""The library under every version of authentik: a scenario that is not about a version holds in all of them.
Where it needs what some versions do not do, it pins that row of the version table (`quirks:` in its setup), or names the version it is about.
ROLECALL_WHOLE=1 runs all scenarios instead of those that look at authentik most."""

import json
import os

import cli
from cli import OK, equal, rolecall, true

WHOLE = os.environ.get("ROLECALL_WHOLE") == "1"
PART = [part + "/*" for part in
        ("access", "factors", "login", "upgrades")]
ISSUED = ["2023.10", "2024.2", "2024.4", "2024.6", "2024.8", "2024.10", "2024.12", "2025.2", "2025.4", "2025.6", "2025.8",
          "2025.10", "2025.12", "2026.2", "2026.5", "2026.8"]


def run(version):
    patch = json.dumps({"authentik": {"version": version}})
    ran = rolecall("run", *([] if WHOLE else PART), "--callback-port", "0", "--patch", patch)
    bad = [line for line in ran.out.splitlines() if line.startswith(("fail ", "error "))]
    equal(bad, [], "under authentik " + version)
    equal(ran.status, OK, str(ran))
    true("authentik %s (mock)" % version in ran.out, ran.out[:500])


def of_version(version):
    def test():
        run(version)
    test.__name__ = "test_library__under_authentik_" + version
    return test


for v in ISSUED:
    globals()["test_library__" + v] = of_version(v)


def test_versions__are_all_there_are():
    rows = json.loads(rolecall("list", "versions", "--json", status=OK).out)
    known = {r["version"] for r in rows if r["system"] == "authentik" and r["id"] == "authentik " + r.get("version", "")}
    equal(known, set(ISSUED))


if __name__ == "__main__":
    cli.main()
