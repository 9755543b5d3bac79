#!/usr/bin/env python3
"""`--known FILE`: a failure is pinned to scenario, check and text; what is not pinned counts, what no
longer fails counts too, and a failing run prints the lines for the file."""

import json
import re

import cli
from cli import ERROR, FAIL, OK, USAGE, contains, equal, lacks, report, rolecall, true, write

NO_KEY = '{"authentik": {"provider": {"signing_key": "none"}}}'
UI = "login/admin-ui"
REFUSED = UI + ' "refused by: dex at callback: Login failed."'
ALG = UI + " authentik/id-token.alg"
RS256 = UI + ' authentik/discovery.rs256'  # what the patch trips besides


def run(tmp, known, *words, status, patch=NO_KEY, scenario=UI):
    file = write(tmp, "known.txt", known)
    words = (scenario, *words) if scenario else words
    return report(*words, "--callback-port", "0", "--patch", patch, "--known", file, status=status)


def states(doc):
    return [k["state"] for k in doc["known"]]


# ---- what is pinned ----


def test_pin__scenario_check_and_text(tmp):
    for known in (UI, REFUSED + "\n" + ALG, REFUSED + "\n" + ALG + ' "HS256"',
                  UI + ' "outcome: refused"\n' + ALG):
        doc = run(tmp, known if known == UI else known + "\n" + RS256, status=OK)
        equal(doc["scenarios"][0]["verdict"], "fail", known)
        equal(doc["scenarios"][0]["known"], True)
        equal(set(states(doc)), {"failed"})
        equal(doc["summary"]["known"], 1)


def test_pin__the_rest_still_counts(tmp):
    for known, stale in ((REFUSED, 0),  # not the check
                         (ALG, 0),  # not the refusal
                         (ALG + ' "HS256"', 0),
                         (REFUSED + "\n" + ALG + ' "RS256"', 1),
                         (REFUSED.replace("dex", "argocd") + "\n" + ALG, 1),
                         (REFUSED + "\n" + UI + " dex/id-token.alg", 1)):
        doc = run(tmp, known + "\n" + RS256, status=FAIL)
        lacks(json.dumps(doc["scenarios"][0].get("known")), "true")
        equal(states(doc).count("stale"), stale, known)


def test_pin__of_another_scenario_excuses_nobody(tmp):
    doc = run(tmp, UI.replace("admin", "viewer"), status=FAIL)
    equal(states(doc), ["not-selected"])


# ---- what no longer fails ----


def test_stale__scenario_passes(tmp):
    for known in (UI, REFUSED, ALG, ALG + ' "HS256"'):
        file = write(tmp, "known.txt", "\n" + known + "\n")
        ran = rolecall("run", UI, "--known", file, status=FAIL)
        contains(ran.out, "stale %s\n" % known)
        contains(ran.out, "it no longer fails: the scenario passes (%s:2)" % file)
        contains(ran.out, "NOT as expected: what was known to fail does not")
        contains(ran.out, "scenarios      1:  1 pass, 0 fail")


def test_stale__fails_otherwise(tmp):
    known = UI + "\n" + UI + " dex/id-token.iss\n" + ALG + ' "none"\n'
    doc = run(tmp, known, status=FAIL)
    equal(states(doc), ["failed", "stale", "stale"])
    equal([k["reason"] for k in doc["known"]][1:],
          ["it no longer fails: the scenario fails otherwise, this check does not",
           "it no longer fails so: the text is not in what came"])


def test_stale__is_a_failing_case_for_ci(tmp):
    file = write(tmp, "known.txt", UI + "\n")
    out = rolecall("run", UI, "--known", file, "--report", "junit", status=FAIL).out
    contains(out, 'tests="2" failures="1" errors="0" skipped="0"')
    contains(out, '<testcase classname="known failures" name="login/admin-ui"')
    contains(out, '<failure message="it no longer fails: the scenario passes"/>')


def test_not_selected__is_told_and_fails_nobody(tmp):
    file = write(tmp, "known.txt", UI + "\n" + "login/viewer-ui\n")
    ran = rolecall("run", "login/viewer-direct", "--known", file, status=OK)
    contains(ran.out, "known          2:  0 fail as they say, 0 stale, 0 not judged, 2 not selected")
    contains(ran.out, "everything as expected")


def test_not_selected__so_shards_can_share_a_file(tmp):
    words = (UI, "login/viewer-ui", "login/viewer-direct")
    known = write(tmp, "known.txt", UI + "\n" + "login/viewer-ui\n")
    seen = []
    for shard in ("1/2", "2/2"):
        doc = report(*words, "--shard", shard, "--patch", NO_KEY, "--known", known)
        seen += [k["scenario"] for k in doc["known"] if k["state"] == "failed"]
        equal(states(doc).count("stale"), 0)
    equal(sorted(seen), [UI, "login/viewer-ui"])


def test_not_judged__errors_stay_errors(tmp):
    doc = run(tmp, "provider/wrong-slug\n", "--sentinel", "authentik=500", status=ERROR,
              scenario="provider/wrong-slug")
    equal(states(doc), ["not-judged"])


def test_fail_fast__goes_on_after_what_is_known_only(tmp):
    words = ("login/viewer-ui", "--fail-fast", "--jobs", "1")
    doc = run(tmp, UI + "\n", *words, status=FAIL)
    equal([s["verdict"] for s in doc["scenarios"]], ["fail", "fail"])
    doc = run(tmp, REFUSED + "\n", *words, status=FAIL)
    equal([s["verdict"] for s in doc["scenarios"]], ["fail", "skip"])


# ---- lines to paste ----


def pasted(out):
    """The lines that the console offers, in their order."""
    found = []
    for block in re.findall(r"^    known     (.*(?:\n {14}\S.*)*)", out, re.M):
        found += [line.strip() for line in block.split("\n")]
    return found


def test_paste__what_is_printed_is_what_is_needed(tmp):
    ran = rolecall("run", UI, "--patch", NO_KEY, status=FAIL)
    lines = pasted(ran.out)
    equal(lines, [REFUSED, RS256 + ' "[\\"HS256\\"]"', ALG + ' "HS256"'])
    run(tmp, "\n".join(lines), status=OK)
    for left_out in range(len(lines)):
        rest = lines[:left_out] + lines[left_out + 1:]
        run(tmp, "\n".join(rest), status=FAIL)


def test_paste__many_scenarios_under_a_broken_setup(tmp):
    """Every failure of every scenario, with another seed, whose draws and ports are others."""
    words = ("login/*", "roles/*", "provider/*", "keys/*", "cli/*")
    doc = report(*words, "--callback-port", "0", "--patch", NO_KEY)
    failed = [s for s in doc["scenarios"] if s["verdict"] == "fail"]
    true(len(failed) > 5, "the patch breaks something")
    for s in failed:
        true(s["known_lines"], "no line for " + s["id"])
    lines = [line for s in failed for line in s["known_lines"]]
    again = run(tmp, "\n".join(lines), *words, "--seed", "77", status=None, scenario=None)
    equal([s["id"] for s in again["scenarios"] if s["verdict"] == "fail" and not s.get("known")],
          [], "not excused")
    equal(set(states(again)), {"failed"})


def test_paste__nothing_for_what_passed_or_broke():
    lacks(rolecall("run", UI, status=OK).out, "    known ")
    lacks(rolecall("run", UI, "--sentinel", "dex=500", status=ERROR).out, "    known ")


def test_paste__holds_no_secret():
    """The text ends where the redaction begins."""
    doc = report("login/*", "tokens/*", "--callback-port", "0", "--patch", NO_KEY)
    lines = "\n".join(line for s in doc["scenarios"] for line in s.get("known_lines", []))
    true(lines, "some")
    lacks(lines, "my_client_secret")
    equal(re.findall(r"eyJ[\w-]{10}|\[(?:token|code|state|cookie) [0-9a-f]{8}\]", lines), [])


def test_paste__own_file_with_a_blank_in_its_name(tmp):
    write(tmp, "my own.yaml", "title: t\nsteps:\n  - login: {as: viewer, via: direct}\n"
                              "    expect: {outcome: refused, by: rp, at: token, shown: x}\n")
    ran = rolecall("run", "my own.yaml", status=FAIL, cwd=tmp)
    lines = pasted(ran.out)
    equal(lines, ['"my own.yaml" "outcome: signed-in"'])
    write(tmp, "known.txt", lines[0])
    rolecall("run", "my own.yaml", "--known", "known.txt", status=OK, cwd=tmp)


# ---- mistakes ----


def test_wrong__line_with_its_place(tmp):
    for line, told in (
            ("login/admin-uu", ":2:1: unknown scenario 'login/admin-uu'; did you mean "
                               "'login/admin-ui'?"),
            ("frobnicate", ":2:1: unknown scenario 'frobnicate'; `rolecall list scenarios`"),
            (UI + " authentik/id-token.algo", ":2:16: unknown check 'authentik/id-token.algo'; did "
                                              "you mean 'authentik/id-token.alg'?"),
            (ALG + " HS256", ":2:39: 'HS256': the text of an entry stands in double quotes"),
            (UI + ' "open', ":2:16: the text has no closing"),
            (UI + ' "a" "b"', ":2:20: 'b': an entry ends after"),
            (UI + ' ""', ":2:16: an empty text is in everything")):
        file = write(tmp, "known.txt", "# one\n%s\n" % line)
        ran = rolecall("run", UI, "--known", file, status=USAGE)
        equal(ran.out, "", line)
        contains(ran.err, "%s%s" % (file, told))
        equal(ran.err.count("\n"), 1)


def test_empty__file_is_none(tmp):
    write(tmp, "known.txt", "# nothing is known\n\n")
    rolecall("run", "login/viewer-direct", "--known", tmp / "known.txt", status=OK)


cli.main()
