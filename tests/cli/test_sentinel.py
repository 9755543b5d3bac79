#!/usr/bin/env python3
"""Sentinels: the whole library against four servers that are none, in the place of each system. No
scenario passes against any of them, and each says which system it was."""

import collections
import json
import os
import pathlib
import time

import cli
from cli import ERROR, OK, USAGE, contains, equal, lacks, report, rolecall, true, verdicts, write

SYSTEMS = ("authentik", "dex", "argocd")
DOES = {"closes": "closes every connection at once",
        "empty": "answers 200 and an empty body to everything",
        "500": "answers 500 to everything",
        "silent": "never answers"}
# Only silence is waited for; whoever answers at all is given the time of a busy machine.
SILENT = ("--timeout", "1200", "--jobs", "64")
# A scenario meets one or two time-outs; the rest is work that 2 cores share between all runners.
SCENARIO_S = 30
ALL_S = 400
WHOLE = os.environ.get("ROLECALL_WHOLE") == "1"

# What a sentinel does is what these are about.
BREAK_THE_WIRE = ("tls/", "wire/", "connector/discovery-never-answers")


def library():
    return sorted(s["id"] for s in rolecall("list", "--json", status=OK).json())


def against(system, kind, *words, status=ERROR, **more):
    return report(*words, "--callback-port", "0", *(SILENT if kind == "silent" else ()),
                  "--sentinel", "%s=%s" % (system, kind), status=status, **more)


def asked(scenario, system):
    return [e for e in scenario["trace"] if e["kind"] == "exchange" and e.get("to") == system]


def goes_without_dex(scenario):
    """Argo CD signs in at authentik itself, or takes Dex for not configured."""
    text = pathlib.Path(scenario["file"]).read_text()
    return "oidc.config:" in text and "dex.config: null" in text or "invalid dex yaml config" in text


def is_argocds_alone(scenario):
    """Calls of Argo CD and no login: a password of a local account is nobody else's business."""
    return {step["kind"] for step in scenario["steps"]} == {"call"}


def ends_at_the_cli(scenario):
    """The CLI refused the command before it asked anybody, as where it does not know a flag."""
    actual = [step.get("actual") or {} for step in scenario["steps"]]
    return any((a.get("by"), a.get("at")) == ("cli", "start") for a in actual)


def does_not_start(scenario):
    """argocd-server ended over its own configuration, whoever would have answered it."""
    actual = [step.get("actual") or {} for step in scenario["steps"]]
    return any((a.get("outcome"), a.get("by"), a.get("at")) == ("no-answer", "argocd", "start") for a in actual)


def judge(scenario, system, kind):
    """What each scenario owes: an error, whose cause begins with the system and tells what it did."""
    name = scenario["id"]
    equal(scenario["verdict"], "error", name)
    reason = scenario["reason"]
    if not asked(scenario, system):
        true(reason.startswith("%s, in whose place is a sentinel that %s, was never asked: the "
                               "scenario says nothing about it" % (system, DOES[kind])),
             "%s: %s" % (name, reason))
        return
    # A broken wire in front of the sentinel ends the login as expected, and it is an error all the
    # same: nobody can say what would have been behind it.
    passed = "it passed although "
    hidden = (name.startswith(BREAK_THE_WIRE) or ends_at_the_cli(scenario)
              or is_argocds_alone(scenario) or (system != "argocd" and does_not_start(scenario)))
    if hidden and reason.startswith(passed):
        reason = reason[len(passed):]
    # A wire that the scenario breaks lets nothing through, whatever stands behind it.
    cut = name.startswith(BREAK_THE_WIRE) and "server gave HTTP response to HTTPS client" in reason
    did = "did not answer " if cut or kind in ("closes", "silent") else "said nothing of sense in "
    true(reason.startswith(system + ", in whose place is a sentinel, " + did),
         "%s: %s" % (name, reason))
    words = {"closes": ("EOF", "connection reset by peer"), "empty": ("200 and an empty body",),
             "500": ("500 and an empty body",), "silent": ("Client.Timeout exceeded",)}[kind]
    true(cut or any(w in reason for w in words), "%s: %s" % (name, reason))
    # Not the rule about silence alone: the steps themselves were not content either.
    true(hidden or {s["verdict"] for s in scenario["steps"]} - {"pass", "skip"},
         "%s: every step passed against a sentinel" % name)
    true(scenario["took_us"] < SCENARIO_S * 1000000, "%s took too long" % name)


def test_library__passes_against_no_sentinel():
    """Every scenario meets one of the twelve, its neighbour another; ROLECALL_WHOLE=1 has each meet
    all."""
    ids = library()
    met = collections.Counter()
    began = time.monotonic()
    pairs = [(s, k) for s in SYSTEMS for k in DOES]
    for i, (system, kind) in enumerate(pairs):
        shard = () if WHOLE else ("--shard", "%d/12" % (i + 1))
        doc = against(system, kind, *shard)
        met.update(s["id"] for s in doc["scenarios"] if "twin_of" not in s)
        equal(doc["summary"]["pass"], 0)
        equal(doc["setup"]["systems"][system], "sentinel: " + kind)
        for scenario in doc["scenarios"]:
            judge(scenario, system, kind)
    took = time.monotonic() - began
    print("# %d scenarios, %d runs against sentinels in %.1f s" % (len(ids), met.total(), took))
    equal(sorted(met), ids, "everything was run")
    equal(set(met.values()), {12 if WHOLE else 1})
    true(took < ALL_S, "%.1f s" % took)


def test_library__unasked_only_where_the_login_goes_round_it():
    """`via: direct` alone has nothing to do with Dex and Argo CD, nor oidc.config with Dex; where Argo CD's own fault ends the
    login nobody gets as far as Dex, and a command that the CLI refuses asks nobody."""
    tags = {s["id"]: s["tags"] for s in rolecall("list", "--json", status=OK).json()}
    for system in ("dex", "argocd"):
        for scenario in against(system, "500", *(() if WHOLE else ("--shard", "1/3")))["scenarios"]:
            of = set(tags[scenario.get("twin_of", scenario["id"])])
            round_it = ("direct" in of and not {"ui", "cli"} & of
                        or system == "dex" and goes_without_dex(scenario))
            ended = system == "dex" and any(e.get("error") for e in asked(scenario, "argocd"))
            ended = ended or ends_at_the_cli(scenario) or is_argocds_alone(scenario)
            if asked(scenario, system) or not ended:
                equal(not asked(scenario, system), round_it, scenario["id"])


def test_all_three__at_once():
    doc = report("login/*", "--callback-port", "0", status=ERROR,
                 *(w for s in SYSTEMS for w in ("--sentinel", s + "=closes")))
    equal(set(verdicts(doc).values()), {"error"})


def test_console__says_what_stands_there():
    ran = rolecall("run", "login/viewer-direct", "--sentinel", "authentik=500", status=ERROR)
    contains(ran.out, "systems    authentik 2026.2 (sentinel: 500), dex 2.45.0 (mock), argocd")
    contains(ran.out, "reason    authentik, in whose place is a sentinel, said nothing of sense")
    lacks(ran.out, "everything as expected")


def test_expectation__that_a_sentinel_meets_is_no_pass(tmp):
    """A person may write down exactly what the sentinel does; it is still nobody's answer."""
    for kind, expect in (("closes", "{outcome: no-answer, by: argocd, at: start}"),
                         ("silent", "{outcome: no-answer, by: argocd, at: start}"),
                         ("500", "{outcome: refused, by: argocd, at: start, shown: '500'}"),
                         ("empty", "{outcome: refused, by: argocd, at: callback, "
                                   "shown: no session cookie}")):
        write(tmp, "x.yaml", "title: t\nsteps:\n  - login: {as: admin, via: ui}\n"
                             "    expect: %s\n" % expect)
        doc = against("argocd", kind, "x.yaml", cwd=tmp)
        equal(doc["scenarios"][0]["steps"][0]["verdict"], "pass", kind)
        equal(verdicts(doc), {"x.yaml": "error"}, kind)
        contains(doc["scenarios"][0]["reason"], "it passed although argocd, in whose place is a ")


def test_known__does_not_excuse_a_sentinel(tmp):
    write(tmp, "known", "login/viewer-direct\n")
    against("authentik", "500", "login/viewer-direct", "--known", tmp / "known")


def test_timeout__of_one_exchange():
    began = time.monotonic()
    doc = report("login/viewer-direct", "--sentinel", "authentik=silent", "--timeout", "300",
                 status=ERROR)
    true(time.monotonic() - began < 10, "300 ms are not 30 s")
    exchanges = asked(doc["scenarios"][0], "authentik")
    true(exchanges and all(100000 <= e["took_us"] < 5000000 for e in exchanges),
         json.dumps([e["took_us"] for e in exchanges]))


def test_timeout__is_no_hurry_for_those_who_answer():
    equal(verdicts(report("login/viewer-direct", "--timeout", "20000", status=OK)),
          {"login/viewer-direct": "pass"})


def test_wrong__words():
    for words, text in (
            (("--sentinel", "dex"), "--sentinel: 'dex' is no SYSTEM=KIND"),
            (("--sentinel", "dex="), "--sentinel: 'dex=' is no SYSTEM=KIND"),
            (("--sentinel", "dexx=500"), "unknown system 'dexx'; did you mean 'dex'?"),
            (("--sentinel", "dex=silence"), "unknown kind 'silence'; did you mean 'silent'?"),
            (("--sentinel", "dex=none"), "unknown kind 'none'"),
            (("--timeout", "0"), "--timeout: '0' is no number from 1 to 3600000"),
            (("--timeout", "1s"), "--timeout: '1s' is no number")):
        ran = rolecall("run", "login/viewer-direct", *words, status=USAGE)
        equal(ran.out, "")
        contains(ran.err, text)


def test_wrong__live_system_has_no_place_for_it():
    ran = rolecall("run", "login/viewer-direct", "--sentinel", "dex=500", "--patch",
                   '{"live": {"argocd": {"url": "https://localhost:1"}}}', status=USAGE)
    contains(ran.err, "no sentinel can stand in the place of dex: it is live")


cli.main()
