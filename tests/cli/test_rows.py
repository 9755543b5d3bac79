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


def test_tables__name_what_exists():
    known = {"scenario": scenarios(), "test": functions()}
    for table, lines in tables().items():
        for line in lines:
            row, kind, name = line if table in LENGTH else (line[0], "test", line[-1])
            true(name in known[kind], "%s row %s: there is no %s '%s'" % (table, row, kind, name))


def test_tables__have_every_row():
    for table, lines in tables().items():
        numbers = {int(line[0]) for line in lines} if table in LENGTH else set()
        equal(numbers, set(range(1, LENGTH.get(table, 0) + 1)), table)


def test_tables__say_nothing_twice():
    """A row may have several proofs, but each once; and the lines are in order."""
    for table, lines in tables().items():
        equal(len(set(lines)), len(lines), table)
        order = [(int(line[0]),) + line[1:] if table in LENGTH else line for line in lines]
        equal(order, sorted(order), table)


def test_checks__find_what_is_wrong(tmp):
    """The same questions on tables that are wrong."""
    true("test_no_such_test" not in functions())
    true("no/such-scenario" not in scenarios())
    (tmp / "dex-7.tsv").write_text("row\tkind\tname\n1\tscenario\ta/b\n3\ttest\ttest_x\n")
    lines = lines_of(tmp / "dex-7.tsv")
    equal(lines, [("1", "scenario", "a/b"), ("3", "test", "test_x")])
    true({int(line[0]) for line in lines} != set(range(1, 4)))


if __name__ == "__main__":
    cli.main()
