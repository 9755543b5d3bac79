#!/usr/bin/env python3
"""Counts the single test cases of a Meson run: `count_tests.py testlog.json` prints
`N passed, N failed, N skipped`, and on stderr the failed cases with cmocka's reasons, which Meson leaves
out. A program that fails without a failed case (it crashed, or ran out of
time) counts as one failed case. Exit status 1 when something failed or nothing ran."""

import json
import re
import sys

CASE = re.compile(r"^(not )?ok\b[^#\n]*(#\s*SKIP)?", re.M | re.I)
WHOLE = re.compile(r"^1\.\.0\s*#\s*SKIP", re.M | re.I)
REASON = re.compile(r"^not ok\b[^\n]*(?:\n#[^\n]*)*", re.M)
GOOD = ("OK", "SKIP", "EXPECTEDFAIL")


def count(program):
    """(passed, failed, skipped) of one program."""
    out = program.get("stdout", "")
    if WHOLE.search(out):
        return 0, 0, 1
    passed = failed = skipped = 0
    for case in CASE.finditer(out):
        if case.group(2):
            skipped += 1
        elif case.group(1):
            failed += 1
        else:
            passed += 1
    if program["result"] not in GOOD and failed == 0:
        failed = 1
    return passed, failed, skipped


def explain(program):
    for reason in REASON.finditer(program.get("stdout", "")):
        print("%s: %s" % (program["name"], reason.group(0)), file=sys.stderr)


def main(path):
    total = (0, 0, 0)
    try:
        with open(path, encoding="utf-8") as f:
            for line in f:
                program = json.loads(line)
                explain(program)
                total = tuple(a + b for a, b in zip(total, count(program)))
    except FileNotFoundError:
        pass
    print("%d passed, %d failed, %d skipped" % total)
    return 1 if total[1] or total[0] == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
