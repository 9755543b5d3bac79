#!/usr/bin/env python3
"""`rolecall compare BEFORE.json AFTER.json`: the judgement of upgrade between two recorded runs, with
what is drawn set aside, and what it says of files that are no reports."""

import json

import cli
from cli import ERROR, FAIL, OK, USAGE, contains, equal, lacks, rolecall, true, write

WORDS = ["login/admin-ui", "login/admin-cli", "login/admin-direct", "login/wrong-password",
         "cli/refresh-with-offline-access"]


def record(tmp, name, *words, patch=None, scenarios=None):
    file = tmp / name
    patches = ["--patch", json.dumps(patch)] if patch else []
    rolecall("run", *(scenarios or WORDS), "--callback-port", "0", "--report", "json=%s" % file,
             *patches, *words)
    return file


def found(doc, harm, name):
    return [f for f in doc["findings"] if f["harm"] == harm and f["name"] == name]


def version(v):
    return {"authentik": {"version": v}}


# ---- runs ----


def test_same__a_report_with_itself(tmp):
    one = record(tmp, "one.json")
    contains(rolecall("compare", one, one, status=OK).out, "nothing changed\n")
    doc = rolecall("compare", one, one, "--json", status=OK).json()
    equal(doc["schema"], "rolecall.compare/1")
    equal(doc["findings"], [])
    equal(doc["compared"]["subjects"], "value")
    true(doc["compared"]["steps"] >= len(WORDS), str(doc["compared"]))


def test_same__another_seed_other_jobs(tmp):
    one = record(tmp, "one.json", "--jobs", "1")
    two = record(tmp, "two.json", "--seed", "7", "--jobs", "3")
    ran = rolecall("compare", one, two, status=OK)
    contains(ran.out, "nothing changed\n")
    contains(ran.out, "draw other subjects and keys")


def test_versions__what_upgrade_says_too(tmp):
    before = record(tmp, "before.json", patch=version("2025.8"))
    after = record(tmp, "after.json", patch=version("2026.8"))
    doc = rolecall("compare", before, after, "--json", status=OK).json()
    equal(doc["before"]["versions"]["authentik"], "2025.8")
    equal(found(doc, "claims", "jti")[0]["after"], "40 letters and digits")
    equal(found(doc, "discovery", "frontchannel_logout_supported")[0]["after"], True)
    verified = found(doc, "identity", "email_verified")[0]
    equal((verified["before"], verified["after"]), (True, False))
    back = rolecall("compare", after, before, "--json", status=OK).json()
    verified = found(back, "identity", "email_verified")[0]
    equal((verified["before"], verified["after"]), (False, True))


def test_breaks__a_login_that_worked(tmp):
    good = record(tmp, "good.json")
    bad = record(tmp, "bad.json", patch={"authentik": {"provider": {"signing_key": "none"}}})
    ran = rolecall("compare", good, bad, status=FAIL)
    true(ran.out.split("\n\n")[1].startswith("error: logins or refreshes that worked stop working"), ran.out)
    contains(ran.out, "refused by dex at callback")
    doc = rolecall("compare", good, bad, "--json", status=FAIL).json()
    equal(doc["breaks"], True)
    equal(doc["findings"][0]["harm"], "breaks")
    doc = rolecall("compare", bad, good, "--json", status=OK).json()
    equal(doc["breaks"], False)
    true(found(doc, "better", "outcome"), str(doc["findings"])[:500])


def test_lifetime__and_rights_and_types(tmp):
    words = [write(tmp, "alice.yaml", "title: t\nsteps:\n  - login: {as: alice, via: ui}\n"
                   "    expect: {outcome: signed-in, as_configured: yes}\n")]
    one = record(tmp, "one.json", scenarios=words,
                 patch={"people": {"alice": {"claims": {"team": ["a"]}}}})
    two = record(tmp, "two.json", scenarios=words, patch={
        "authentik": {"provider": {"access_token_validity": "hours=1"}},
        "people": {"alice": {"claims": {"team": "a"}}},
        "argocd": {"rbac_cm": {"policy.csv": "g, ArgoCD Admins, role:readonly\n"}}})
    doc = rolecall("compare", one, two, "--json").json()
    life = found(doc, "session", "(lifetime)")[0]
    equal((life["before"], life["after"]), ("600 s", "3600 s"))
    equal(found(doc, "session", "expires_in")[0]["after"], 3600)
    team = found(doc, "claims", "team")[0]
    equal((team["before"], team["after"]), (["a"], "a"))  # another type
    sync = found(doc, "rights", "applications/sync/default/guestbook")[0]
    equal((sync["group"], sync["before"], sync["after"]), ("right", "yes", "no"))
    equal(found(doc, "rights", "roles")[0]["after"], ["role:readonly"])


def test_live__the_served_one(tmp):
    """A live authentik and Argo CD, played by serve: two runs against the same are alike."""
    with cli.serve() as served:
        patch = served.ready["setup_patch"]
        one = record(tmp, "one.json", patch=patch, scenarios=["login/admin-direct"])
        two = record(tmp, "two.json", patch=patch, scenarios=["login/admin-direct"])
    doc = rolecall("compare", one, two, "--json", status=OK).json()
    equal(doc["before"]["systems"]["authentik"], "live")
    equal(doc["compared"]["subjects"], "value")
    equal(doc["findings"], [])


def test_pairs__what_only_one_has(tmp):
    one = record(tmp, "one.json", scenarios=["login/admin-ui", "login/viewer-ui"])
    two = record(tmp, "two.json", scenarios=["login/admin-ui", "roles/nobody-ui"])
    doc = rolecall("compare", one, two, "--json", status=OK).json()
    true("login/viewer-ui" in doc["only_before"] and "roles/nobody-ui" in doc["only_after"],
         str(doc))
    equal(doc["findings"], [])
    three = record(tmp, "three.json", scenarios=["roles/nobody-ui"])
    four = record(tmp, "four.json", scenarios=["login/admin-ui"])
    contains(rolecall("compare", three, four, status=ERROR).out, "nothing could be compared")


def test_report__carries_no_secret(tmp):
    one = record(tmp, "one.json")
    text = open(one, encoding="utf-8").read()
    observed = json.dumps([s["observed"] for s in json.loads(text)["scenarios"]])
    true(len(observed) > 1000, observed)
    for secret in ("eyJ", "my_client_secret"):
        lacks(observed, secret)


# ---- files that are none ----


def refused(words, *texts):
    ran = rolecall("compare", *words, status=USAGE)
    equal(ran.out, "")
    true(ran.err.count("\n") == 1, ran.err)
    for text in texts:
        contains(ran.err, text)


def test_files__how_many(tmp):
    refused([], "two reports are needed", "0 given")
    refused(["a"], "1 given")
    refused(["a", "b", "c"], "3 given")


def test_files__bad_ones(tmp):
    good = record(tmp, "good.json", scenarios=["login/admin-ui"])
    text = open(good, encoding="utf-8").read()
    cases = {
        "missing.json": (None, "cannot read"),
        "empty.json": ("", "the file is empty"),
        "text.json": ("hello", "no JSON"),
        "cut.json": (text[:len(text) // 2], "no JSON, or only a part of it"),
        "array.json": ("[]", "a JSON array, no report"),
        "selftest.json": ('{"schema": "rolecall.selftest/1"}', "rolecall.selftest/1"),
        "newer.json": ('{"schema": "rolecall.report/2"}', "this rolecall reads 'rolecall.report/1'"),
        "old.json": ('{"schema": "rolecall.report/1", "scenarios": [{"id": "a", "verdict": "pass"}]}',
                     "has no observations"),
    }
    for name, (content, says) in cases.items():
        path = write(tmp, name, content) if content is not None else tmp / name
        refused([path, good], str(path), says)
        refused([good, path], str(path), says)


def test_files__strange_facts_are_no_crash(tmp):
    """Members of any type in any place: compared, or nothing, but never a crash."""
    def with_facts(facts, **more):
        step = dict({"step": "s", "kind": "login", "facts": facts}, **more)
        return json.dumps({"schema": "rolecall.report/1",
                           "scenarios": [{"id": "a", "verdict": "pass", "observed": [step]}]})
    strange = [None, 7, "x", [], [1, [2]], {"result": 1}, {"result": {"outcome": 3}},
               {"g": {"n": {"various": 5}}}, {"g": {"n": {"various": [1, {}]}}},
               {"way": {"pages": {"a": "b"}}}, {"": {"": ""}},
               {"result": {"outcome": "signed-in", "shown": []}}]
    for i, left in enumerate(strange):
        for right in strange[i:]:
            a = write(tmp, "a.json", with_facts(left))
            b = write(tmp, "b.json", with_facts(right, refusal="yes", error=None))
            ran = rolecall("compare", a, b)
            true(ran.status in (OK, FAIL, ERROR), str(ran))


def test_files__larger_than_any_report(tmp):
    path = write(tmp, "large.json", "x")
    with open(path, "r+b") as f:
        f.truncate(300 * 1024 * 1024)  # a hole: it takes no room
    refused([path, path], "larger than")


def test_files__a_hundred_megabytes_of_nothing(tmp):
    path = write(tmp, "zeros.json", "x")
    with open(path, "r+b") as f:
        f.truncate(100 * 1024 * 1024)
    refused([path, path], "no JSON")


cli.main()
