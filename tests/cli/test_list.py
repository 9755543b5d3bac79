#!/usr/bin/env python3
"""`rolecall list`: every row has an id and a title, in both forms, and what it names can be used."""

import re

import cli
from cli import OK, USAGE, contains, equal, rolecall, true

KINDS = {
    "scenarios": {"id", "title", "tags", "refs"},
    "checks": {"id", "of", "title", "severity", "spec", "link"},
    "faults": {"id", "title", "at", "when", "with", "ref"},
    "versions": {"id", "title", "system", "version"},
}
QUIRK = {"id", "system", "since", "until", "certainty", "title", "advice", "source"}


def rows(kind):
    return rolecall("list", kind, "--json", status=OK).json()


def test_json__is_an_array_of_objects():
    for kind, members in KINDS.items():
        listed = rows(kind)
        true(isinstance(listed, list) and listed, "%s: an array with something in it" % kind)
        for row in listed:
            equal(set(row), QUIRK if "since" in row else members, kind)
            true(row["id"] and row["title"], "%s: %s" % (kind, row))


def test_json__ids_are_unique():
    for kind in KINDS:
        ids = [r["id"] for r in rows(kind)]
        equal(len(set(ids)), len(ids), kind)


def test_text__has_the_same_rows_in_the_same_order():
    for kind in KINDS:
        text = rolecall("list", kind, status=OK).out
        entries = re.findall(r"^\S.*\n(?: .*\n)*", text, re.M)
        listed = rows(kind)
        equal(len(entries), len(listed), kind)
        for entry, row in zip(entries, listed):
            true(entry.startswith(row["id"] + " "), "%s within %s" % (row["id"], entry))
            contains(entry, row["title"])


def test_text__checks_tell_all_in_80_columns():
    text = rolecall("list", "checks", status=OK).out
    for line in text.splitlines():
        true(len(line) <= 80, line)
    for row in rows("checks"):
        contains(text, "%(id)s  %(severity)s  %(spec)s\n    %(title)s\n    %(link)s\n" % row)


def test_text__faults_tell_all_in_80_columns():
    text = rolecall("list", "faults", status=OK).out
    for line in text.splitlines():
        true(len(line) <= 80, line)
    for row in rows("faults"):
        with_ = "; with: %s" % row["with"] if row["with"] else ""
        contains(text, "%s  at %s\n    when: %s%s\n    %s\n"
                 % (row["id"], row["at"], ", ".join(row["when"]), with_, row["title"]))


def test_faults__say_where_and_how_often():
    listed = rows("faults")
    true(len(listed) >= 100, "at least 100")
    for row in listed:
        true(row["at"], row["id"])
        true(row["when"] in (["always"], ["always", "once", "N", "nth N"]), row["when"])
    often = {r["id"]: r["when"] for r in listed}
    equal(often["argocd/skip-signature"], ["always"])
    equal(often["authentik/http.status"], ["always", "once", "N", "nth N"])


def test_scenarios__are_the_default():
    equal(rolecall("list", status=OK).out, rolecall("list", "scenarios", status=OK).out)


def test_scenarios__have_the_tags_of_their_ways():
    for row in rows("scenarios"):
        true({"ui", "cli", "direct", "api"} & set(row["tags"]), "%s: %s" % (row["id"], row["tags"]))


def test_scenarios__enough_of_them():
    true(len(rows("scenarios")) >= 25, "at least 25")


def test_checks__name_party_and_rule():
    listed = rows("checks")
    true(len(listed) >= 25, "at least 25")
    for row in listed:
        true(row["id"].split("/")[0] in ("authentik", "dex", "argocd", "browser", "cli", "rp",
                                         "chain"), row["id"])
        equal(row["of"], row["id"].split("/")[0])
        true(row["severity"] in ("must", "should"), row["severity"])
        true(row["spec"], "%s cites its section" % row["id"])
        true(row["link"].startswith("https://"), row["link"])


def test_suite__names_scenarios_that_are_there():
    there = {row["id"] for row in rows("scenarios")}
    for row in rolecall("list", "checks", "--suite", "--json", status=OK).json()["modules"]:
        for scenario in row["scenarios"]:
            true(scenario in there, "%s: %s" % (row["module"], scenario))


def test_suite__each_module_has_an_answer_and_the_counts_add_up():
    suite = rolecall("list", "checks", "--suite", "--json", status=OK).json()
    counts = suite["counts"]
    modules = suite["modules"]
    kinds = [k for k in counts if k not in ("modules", "rows", "by_checks", "by_scenarios_alone")]
    for row in modules:
        covered = bool(row["checks"] or row["scenarios"])
        equal(covered, row["reason"] == "covered", row["module"])
        true(covered or row["text"], "%s: a reason in words" % row["module"])
        true(covered or row["reason"] in kinds, row["reason"])
    equal(counts["rows"], len(modules))
    equal(counts["modules"], len({row["module"] for row in modules}))
    equal(sum(counts[k] for k in kinds) + counts["by_checks"] + counts["by_scenarios_alone"], counts["rows"])


def test_suite__text_tells_the_same_in_80_columns():
    text = rolecall("list", "checks", "--suite", status=OK).out
    for line in text.splitlines():
        true(len(line) <= 80, line)
    flat = " ".join(text.split())
    for row in rolecall("list", "checks", "--suite", "--json", status=OK).json()["modules"]:
        contains(flat, row["module"])
        for word in row["checks"] + row["scenarios"] + (row["text"] or "").split():
            contains(flat, word)


def test_suite__is_about_checks():
    for words in (["faults", "--suite"], ["--suite"]):
        contains(rolecall("list", *words, status=USAGE).err, "list checks --suite")


def test_faults__name_their_party():
    for row in rows("faults"):
        true(row["id"].split("/")[0] in ("authentik", "dex", "argocd", "browser", "cli", "rp"),
             row["id"])


def test_versions__rows_say_since_when_until_when_and_who_says_so():
    text = rolecall("list", "versions", status=OK).out
    contains(text, "authentik/sid  since 2024.8.5 2024.10  [C]\n    ID tokens carry sid\n    c:3bdb287b7 #11780\n")
    contains(text, "authentik/challenge-type  until 2024.8  [C]\n")
    contains(text, "authentik/offline-forces-consent  since 2024.2.2 until 2025.4  [C]\n")
    for line in text.splitlines():
        true(len(line) <= 80, line)
    quirks = [r for r in rows("versions") if "since" in r]
    true(len(quirks) >= 70, len(quirks))
    for row in quirks:
        true(row["since"] or row["until"], row)
        true(row["certainty"] in ("C", "N", "D"), row)
        true(row["source"], row)


def test_versions__include_those_of_the_guide():
    ids = [r["id"] for r in rows("versions")]
    for version in ("authentik 2026.2", "argocd 3.5"):
        true(version in ids, "%s within %s" % (version, ids))


cli.main()
