#!/usr/bin/env python3
"""`rolecall rbac`: one question with its exit status, and the whole table of cases."""

import cli
from cli import DATA, FAIL, GUIDE, OK, USAGE, contains, equal, rolecall, true, write

CONFIG_MAP = GUIDE / "argocd-rbac-cm.yaml"
CASES = DATA / "rbac" / "rbac-cases.tsv"
POLICIES = DATA / "rbac" / "rbac-policies"


def can(*words, status, policy=CONFIG_MAP):
    return rolecall("rbac", "can", *words, "--policy-file", policy, status=status)


def test_can__yes_and_no_with_their_status():
    equal(can("role:admin", "sync", "applications", "default/guestbook", status=OK).out, "Yes\n")
    equal(can("role:readonly", "sync", "applications", "default/guestbook", status=FAIL).out,
          "No\n")
    equal(can("role:readonly", "get", "applications", "default/guestbook", status=OK).out, "Yes\n")


def test_can__quiet_says_it_by_the_status_alone():
    for role, status in (("role:admin", OK), ("role:readonly", FAIL)):
        equal(can(role, "delete", "clusters", "*", "--quiet", status=status).out, "")


def test_can__groups_of_a_person():
    for group, status in (("ArgoCD Admins", OK), ("argocd admins", FAIL), ("Others", FAIL)):
        can("somebody", "sync", "applications", "default/guestbook", "--group", group,
            status=status)


def test_can__why_names_the_row():
    err = can("somebody", "sync", "applications", "default/guestbook", "--group", "ArgoCD Admins",
              "--why", status=OK).err
    contains(err, "role:admin")


def test_can__default_role():
    words = ("nobody", "get", "applications", "default/guestbook")
    can(*words, status=FAIL)
    can(*words, "--default-role", "role:readonly", status=OK)


def test_can__policy_that_does_not_load_is_bad_input(tmp):
    bad = write(tmp, "p.csv", "p, role:x, applications\n")
    contains(can("role:x", "get", "applications", status=USAGE, policy=bad).err,
             "invalid user policy")


def test_can__words_it_does_not_know():
    for words, text in ((("role:admin", "snyc", "applications"), "snyc"),
                        (("role:admin", "sync", "aplications"), "aplications"),
                        (("role:admin", "sync"), "expected SUBJECT ACTION RESOURCE [OBJECT]")):
        ran = can(*words, status=USAGE)
        equal(ran.out, "")
        contains(ran.err, text)


def test_can__policy_file_is_missing(tmp):
    contains(rolecall("rbac", "can", "a", "get", "applications", status=USAGE).err, "--policy-file")
    contains(can("a", "get", "applications", status=USAGE, policy=tmp / "nope").err, "nope")


def test_batch__every_case_answers_as_argocd_does():
    lines = [l.split("\t") for l in CASES.read_text(encoding="utf-8").splitlines() if l]
    head, rows = lines[0], lines[1:]
    at_id, at_expect = head.index("id"), head.index("expect")
    expected = [(r[at_id], r[at_expect]) for r in rows]
    equal(len(expected), 207, "rows of the table")
    out = rolecall("rbac", "batch", CASES, "--policies", POLICIES, status=OK).out
    actual = [tuple(l.split("\t")) for l in out.splitlines()]
    equal([a for a, e in zip(actual, expected) if a != e], [], "answers that differ")
    equal(len(actual), len(expected))


def test_batch__a_changed_policy_changes_answers(tmp):
    """The table is really asked: without its grants everything is denied or does not load."""
    for policy in POLICIES.iterdir():
        write(tmp, policy.name, "")
    out = rolecall("rbac", "batch", CASES, "--policies", tmp, status=OK).out
    true("\tallow\n" not in out.replace("default", ""), "an empty policy allows nothing") \
        if "role" not in out else None
    true(out != rolecall("rbac", "batch", CASES, "--policies", POLICIES, status=OK).out, "differs")


def test_batch__bad_input_has_its_line(tmp):
    lines = CASES.read_text(encoding="utf-8").splitlines()
    short = write(tmp, "short.tsv", "\n".join([lines[0], lines[1], "only-an-id"]) + "\n")
    ran = rolecall("rbac", "batch", short, "--policies", POLICIES, status=USAGE)
    equal(ran.out, "")
    contains(ran.err, "short.tsv:3: ")
    contains(rolecall("rbac", "batch", tmp / "nope.tsv", "--policies", POLICIES,
                      status=USAGE).err, "nope.tsv")
    contains(rolecall("rbac", "batch", CASES, status=USAGE).err, "--policies")


cli.main()
