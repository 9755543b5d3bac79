#!/usr/bin/env python3
"""The tables of the reference that end in what a person sees: each row is a scenario of the library or a test, and
`tests/data/rows/` says which. What is named there exists, and no row of a counted table is left out."""

import pathlib
import re

import cli
from cli import OK, ROOT, equal, rolecall, true

ROWS = ROOT / "tests/data/rows"
# The rows of a table with numbers; the others are named.
LENGTH = {"dex-7": 75, "argocd-9": 44}
FUNCTION = re.compile(r"^(?:static void|def) (test_\w+)\(", re.MULTILINE)


def lines_of(path):
    lines = path.read_text().splitlines()
    return [tuple(line.split("\t")) for line in lines[1:]]


def tables():
    found = {path.stem: lines_of(path) for path in sorted(ROWS.glob("*.tsv"))}
    true(found, "no table in %s" % ROWS)
    return found


def functions():
    """Every test there is: of C by its function, of Python by its own."""
    found = set()
    for path in pathlib.Path(ROOT / "tests").rglob("test_*"):
        if path.suffix in (".c", ".py"):
            found |= set(FUNCTION.findall(path.read_text()))
    return found


def scenarios():
    return {s["id"] for s in rolecall("list", "scenarios", "--json", status=OK).json()}


def problems(table, lines, known):
    """What is wrong with a table, as texts: a name nobody has, a row that is missing, a line twice or out of order."""
    found = []
    for line in lines:
        row, kind, name = line if table in LENGTH else (line[0], "test", line[-1])
        if name not in known[kind]:
            found.append("row %s: there is no %s '%s'" % (row, kind, name))
    if table in LENGTH:
        there = {int(line[0]) for line in lines}
        found += ["row %d is missing" % n for n in range(1, LENGTH[table] + 1) if n not in there]
        found += ["row %d is no row" % n for n in sorted(there) if not 1 <= n <= LENGTH[table]]
    found += ["%s is there twice" % (line,) for line in sorted(set(lines)) if lines.count(line) > 1]
    order = [(int(line[0]),) + line[1:] if table in LENGTH else line for line in lines]
    if order != sorted(order):
        found.append("not in order")
    return found


def test_tables__are_complete_and_true():
    known = {"scenario": scenarios(), "test": functions()}
    for table, lines in tables().items():
        equal(problems(table, lines, known), [], table)


def test_problems__are_found():
    known = {"scenario": {"a/b"}, "test": {"test_x"}}
    good = [(str(n), "test", "test_x") for n in range(1, LENGTH["dex-7"] + 1)]
    equal(problems("dex-7", good, known), [])
    equal(problems("dex-7", good + [("75", "scenario", "a/b")], known), ["not in order"])
    equal(problems("dex-7", good[1:], known), ["row 1 is missing"])
    equal(problems("dex-7", good + [("76", "test", "test_x")], known), ["row 76 is no row"])
    equal(problems("dex-7", good[:1] + good, known), ["('1', 'test', 'test_x') is there twice"])
    equal(problems("dex-7", [("1", "scenario", "a/c")] + good[1:], known), ["row 1: there is no scenario 'a/c'"])
    equal(problems("dex-8", [("8.2 x", "test_y")], known), ["row 8.2 x: there is no test 'test_y'"])


# Looked at elsewhere: the CLI's flags where the CLI is driven, the policy's files where a setup is read.
ELSEWHERE = {"cli-callback": "tests/cli/test_argocd_cli.py", "cli-launch": "tests/cli/test_argocd_cli.py",
             "cli-logout": "tests/cli/test_argocd_cli.py", "overlays": "tests/unit/setup/test_people.c"}


def cases():
    """What tests in C name in the first place of a row: {"row", …}."""
    found = set()
    for path in pathlib.Path(ROOT / "tests").rglob("test_*.c"):
        found |= set(re.findall(r'\{\s*"([a-z0-9-]+)"', path.read_text()))
    for row, path in ELSEWHERE.items():
        if row in pathlib.Path(ROOT / path).read_text():
            found.add(row)
    return found


def test_version_tables__each_row_has_a_case():
    """A row of a version table is looked at around its release, and turned over, by some test."""
    rows = [r for r in rolecall("list", "versions", "--json", status=OK).json() if "certainty" in r]
    true(len(rows) > 150, len(rows))
    known = cases()
    equal(sorted(r["id"] for r in rows if r["id"].split("/")[1] not in known), [], "rows without a case")


if __name__ == "__main__":
    cli.main()
