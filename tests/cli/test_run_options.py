#!/usr/bin/env python3
"""The options of `rolecall run`, and what its exit status says."""

import json
import os
import re
import socket
import stat

import cli
from cli import (ERROR, FAIL, OK, USAGE, contains, equal, lacks, report, rolecall, true, verdicts,
                 write)

GOOD = """title: The viewer signs in
steps:
  - login: {as: viewer, via: direct}
    expect: {outcome: signed-in}
"""
BAD = """title: A refusal that does not come
steps:
  - login: {as: viewer, via: direct}
    expect: {outcome: refused, by: authentik, at: login, shown: Invalid password}
"""


def own(tmp):
    write(tmp, "good.yaml", GOOD)
    write(tmp, "bad.yaml", BAD)


# ---- status ----


def test_status__failed_expectation_shows_both_sides(tmp):
    own(tmp)
    ran = rolecall("run", "bad.yaml", status=FAIL, cwd=tmp)
    contains(ran.out, "expected  outcome: refused\n              by: authentik\n")
    contains(ran.out, "actual    outcome: signed-in\n")
    contains(ran.out, "step      login as viewer via direct (bad.yaml:3)")
    contains(ran.out, "again     rolecall run bad.yaml")
    contains(ran.out, "NOT as expected")
    equal(ran.err, "fail bad.yaml\n", "progress")


def test_status__one_failure_among_others(tmp):
    own(tmp)
    equal(verdicts(report("good.yaml", "bad.yaml", status=FAIL, cwd=tmp)),
          {"bad.yaml": "fail", "good.yaml": "pass"})


def test_status__port_8085_taken_is_an_error_that_names_it():
    with cli.turn_on_8085() as give_up, socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 8085))
        taken.listen()
        give_up()
        doc = report("login/viewer-cli", "--callback-port", "8085", status=ERROR)
    equal(verdicts(doc), {"login/viewer-cli": "error", "login/viewer-cli+twin": "error"})
    contains(doc["scenarios"][0]["reason"], "127.0.0.1:8085: bind: address already in use")


def test_patch__an_unknown_row_of_the_versions_is_named():
    for command in ("run", "serve"):
        ran = rolecall(command, "--patch", '{"authentik": {"quirks": {"jit": true}}}', status=USAGE)
        contains(ran.err, "authentik.quirks has no row 'jit'; did you mean 'jti'?")


def test_status__error_outranks_failure(tmp):
    own(tmp)
    write(tmp, "unused.yaml", GOOD + "faults: [cli/verifier.wrong]\n")
    equal(verdicts(report(tmp, status=ERROR)),
          {"%s/%s.yaml" % (tmp, n): v
           for n, v in {"good": "pass", "bad": "fail", "unused": "error"}.items()})


# ---- reports ----


def test_report__three_at_once(tmp):
    ran = rolecall("run", "login/viewer-direct", "--report", "junit=" + str(tmp / "j.xml"),
                   "--report=json=" + str(tmp / "r.json"), "--report", "console", status=OK)
    contains(ran.out, "everything as expected")
    contains((tmp / "j.xml").read_text(), '<testcase classname="login" name="viewer-direct"')
    equal(json.loads((tmp / "r.json").read_text())["schema"], "rolecall.report/1")


def test_report__console_unless_one_takes_stdout(tmp):
    contains(rolecall("run", "login/viewer-direct", "--report", "json=" + str(tmp / "r"),
                      status=OK).out, "everything as expected")
    lacks(rolecall("run", "login/viewer-direct", "--report", "json", status=OK).out,
          "everything as expected")


def test_report__no_colours_off_a_terminal():
    lacks(rolecall("run", "login/viewer-direct", status=OK).out, "\033")


def test_report__two_on_stdout():
    ran = rolecall("run", "login/viewer-direct", "--report", "json", "--report", "junit",
                   status=USAGE)
    equal(ran.out, "")
    contains(ran.err, "both json and junit want stdout; give one a FILE: --report junit=FILE")


def test_report__file_cannot_be_written(tmp):
    ran = rolecall("run", "login/viewer-direct", "--report", "json=%s/no/such" % tmp, status=ERROR)
    contains(ran.err, "/no/such")


# ---- trace ----


def test_trace__raw_and_for_nobody_else(tmp):
    folder = tmp / "traces"
    rolecall("run", "login/viewer-direct", "--trace", folder, status=OK)
    equal(os.listdir(folder), ["login_viewer-direct.json"])
    file = folder / "login_viewer-direct.json"
    equal(stat.S_IMODE(file.stat().st_mode), 0o600)
    equal(stat.S_IMODE(folder.stat().st_mode), 0o700)
    doc = json.loads(file.read_text())
    equal((doc["schema"], doc["scenario"]), ("rolecall.trace/1", "login/viewer-direct"))
    true(re.search(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", file.read_text()), "a token in the clear")


def test_trace__folder_cannot_be_made(tmp):
    contains(rolecall("run", "login/viewer-direct", "--trace", tmp / "a" / "b", status=USAGE).err,
             "cannot be made")


# ---- seed, jobs, deadline ----


def stable(doc):
    """The report without what real time makes: durations, and the ports of this run."""
    text = re.sub(r'"(took_us|wall_ms)": \d+', r'"\1": 0', json.dumps(doc))
    text = re.sub(r"\[(\w[\w-]*) [0-9a-f]{8}\]", r"[\1]", text)
    return re.sub(r"(127\.0\.0\.1|localhost):\d{4,5}", r"\1:PORT", text)


def test_seed__same_seed_same_report():
    words = ("login/viewer-direct", "login/admin-direct", "--seed", "7", "--jobs", "1")
    equal(stable(report(*words, status=OK)), stable(report(*words, status=OK)))


def test_seed__draws_follow_it(tmp):
    def codes(seed):
        folder = tmp / ("%s-%s" % (seed, len(os.listdir(tmp))))
        rolecall("run", "login/viewer-direct", "--seed", seed, "--trace", folder, status=OK)
        return re.findall(r"[?&]code=([\w-]+)", (folder / "login_viewer-direct.json").read_text())

    first = codes("7")
    true(first, "a code in the trace")
    equal(codes("7"), first)
    true(codes("8") != first, "another seed, other codes")


def test_jobs__same_verdicts_in_the_same_order():
    words = ("login/*-direct", "provider/*-direct", "tokens/expired", "roles/nobody-ui",
             "--callback-port", "0")
    one = verdicts(report(*words, "--jobs", "1", status=OK))
    two = verdicts(report(*words, "--jobs", "2", status=OK))
    equal(list(two.items()), list(one.items()))


def test_deadline__nothing_passes_after_it():
    for deadline in ("0", "1ms"):
        doc = report("login/admin-ui", "login/viewer-direct", "--deadline", deadline, status=ERROR)
        equal(set(verdicts(doc).values()), {"error"}, deadline)
        for s in doc["scenarios"]:
            contains(s["reason"], "the deadline of the run was reached")


def test_deadline__far_away_changes_nothing():
    report("login/viewer-direct", "--deadline", "10m", status=OK)


# ---- known failures, fail-fast ----


def test_known__failure_is_shown_and_forgiven(tmp):
    own(tmp)
    write(tmp, "known", "# why: issue 7\n\nbad.yaml  # with a comment\n")
    ran = rolecall("run", "good.yaml", "bad.yaml", "--known", "known", status=OK, cwd=tmp)
    contains(ran.out, "bad.yaml  (known)")
    doc = report("good.yaml", "bad.yaml", "--known", "known", status=OK, cwd=tmp)
    equal(verdicts(doc), {"bad.yaml": "fail", "good.yaml": "pass"})
    equal([s.get("known") for s in doc["scenarios"]], [True, None])
    equal(doc["summary"]["known"], 1)


def test_known__other_failures_still_count(tmp):
    own(tmp)
    write(tmp, "known", "good.yaml\n")
    report("good.yaml", "bad.yaml", "--known", "known", status=FAIL, cwd=tmp)


def test_known__errors_are_never_forgiven(tmp):
    write(tmp, "unused.yaml", GOOD + "faults: [cli/verifier.wrong]\n")
    write(tmp, "known", "unused.yaml\n")
    report("unused.yaml", "--known", "known", status=ERROR, cwd=tmp)


def test_known__file_is_missing(tmp):
    contains(rolecall("run", "--known", tmp / "nope", status=USAGE).err, "cannot read '%s" % tmp)


def test_fail_fast__the_rest_is_skipped_with_its_reason(tmp):
    for name, text in (("a", BAD), ("b", GOOD), ("c", GOOD)):
        write(tmp, "s/%s.yaml" % name, text)
    doc = report("s", "--fail-fast", "--jobs", "1", status=FAIL, cwd=tmp)
    equal(list(verdicts(doc).values()), ["fail", "skip", "skip"])
    contains(doc["scenarios"][2]["reason"], "not run: an earlier scenario failed")


def test_fail_fast__a_known_failure_stops_nothing(tmp):
    for name, text in (("a", BAD), ("b", GOOD)):
        write(tmp, "s/%s.yaml" % name, text)
    write(tmp, "known", "s/a.yaml\n")
    doc = report("s", "--fail-fast", "--jobs", "1", "--known", "known", status=OK, cwd=tmp)
    equal(list(verdicts(doc).values()), ["fail", "pass"])


# ---- patch ----


def test_patch__as_text_and_as_file(tmp):
    patch = '{"authentik": {"provider": {"signing_key": "ec"}}}'
    file = write(tmp, "p.json", patch)
    for word in (patch, "@%s" % file):
        rolecall("run", "login/viewer-direct", "--patch", word, "--trace", tmp / "t", status=OK)
        contains((tmp / "t" / "login_viewer-direct.json").read_text(), "ES256")


def test_patch__the_last_one_wins(tmp):
    rolecall("run", "login/viewer-direct", "--trace", tmp / "t", status=OK,
             *("--patch", '{"authentik": {"provider": {"signing_key": "ec"}}}'),
             *("--patch", '{"authentik": {"provider": {"signing_key": "rsa"}}}'))
    lacks((tmp / "t" / "login_viewer-direct.json").read_text(), "ES256")


def test_patch__wrong():
    for patch, text in (("{", "--patch:1:1: bad JSON"),
                        ("[]", "--patch: expected a JSON object, found array"),
                        ("@/no/such.json", "cannot read '/no/such.json'"),
                        ('{"authentik": {"provider": {"signing_keys": "ec"}}}', "signing_keys")):
        ran = rolecall("run", "login/viewer-direct", "--patch", patch, status=USAGE)
        equal(ran.out, "")
        contains(ran.err, text)


cli.main()
