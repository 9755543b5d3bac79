#!/usr/bin/env python3
"""The wire is all there is: one process serves, a second one takes its systems for live ones."""

import json
import tempfile
import urllib.parse

from cli import (ERROR, FAIL, OK, USAGE, contains, equal, report, rolecall, serve, true, verdicts, write)

LOGINS = ["login/admin-ui", "login/viewer-ui", "login/admin-cli", "login/viewer-cli",
          "login/admin-direct", "login/viewer-direct"]


def live_patch(served, *mocked):
    """The ready line's patch, with the systems named taken back into this process."""
    patch = json.loads(json.dumps(served.ready["setup_patch"]))
    for system in mocked:
        del patch["live"][system]
    return json.dumps(patch)


def judge(doc):
    """Logins pass; whatever was not run says why."""
    by_id = {s["id"]: s for s in doc["scenarios"]}
    for name in LOGINS:
        equal(by_id[name]["verdict"], "pass", name)
        checks = [c for step in by_id[name]["steps"] for c in step["checks"]]
        true(any(c["verdict"] == "pass" for c in checks), "no check was judged in " + name)
        for c in checks:
            true(c["verdict"] != "skip" or c["reason"], "a silent skip: %s" % c)
    for s in doc["scenarios"]:
        true(s["verdict"] in ("pass", "skip"), "%s is %s" % (s["id"], s["verdict"]))
        true(s["verdict"] != "skip" or s["reason"], s["id"] + " was skipped without a reason")
    true(doc["summary"]["skip"] > 0, "nothing was skipped: were these systems live?")


def test_live__all_three():
    with serve() as s:
        doc = report("--patch", live_patch(s), status=OK)
    equal(doc["setup"]["systems"], {"authentik": "live", "dex": "live", "argocd": "live"})
    judge(doc)


def test_live__authentik_alone():
    with serve() as s:
        doc = report("--patch", live_patch(s, "argocd"), status=OK)
    equal(doc["setup"]["systems"], {"authentik": "live", "dex": "mock", "argocd": "mock"})
    judge(doc)


def test_live__faults_of_a_live_system_are_skipped():
    with serve() as s:
        doc = report("tokens/wrong-audience", "login/admin-direct", "--patch", live_patch(s), status=OK)
    skipped = [x for x in doc["scenarios"] if x["verdict"] == "skip"]
    equal([x["id"] for x in skipped], ["tokens/wrong-audience"])
    contains(skipped[0]["reason"], "needs a mocked authentik")


def test_live__intrusive_steps_only_when_allowed():
    with serve() as s:
        plain = report("login/wrong-password", "login/admin-ui", "--patch", live_patch(s), status=OK)
        allowed = report("login/wrong-password", "--live-intrusive", "--patch", live_patch(s), status=OK)
    equal([x["verdict"] for x in plain["scenarios"]], ["pass", "skip"])
    equal(verdicts(allowed), {"login/wrong-password": "pass", "login/wrong-password+twin": "pass"})


SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_live__second_factor_from_the_environment():
    """The code is made here from ROLECALL_TOTP_<PERSON>; without it the login says what is missing."""
    with serve("--patch", json.dumps({"people": {"alice": {"totp": SECRET}}})) as s:
        without = report("login/admin-direct", "--patch", live_patch(s), status=FAIL)
        ran = rolecall("run", "login/admin-direct", "--patch", live_patch(s), "--report", "json",
                       env={"ROLECALL_TOTP_ALICE": SECRET}, status=OK)
    actual = json.dumps(without["scenarios"][0]["steps"][0]["actual"])
    contains(actual, "a second factor is asked of alice, one of totp, and no TOTP secret is given")
    equal(verdicts(ran.json()), {"login/admin-direct": "pass"})
    true(SECRET not in ran.out, "the report shows the secret")


def test_live__a_code_is_wrong_only_when_allowed():
    patch = json.dumps({"people": {"alice": {"totp": SECRET}}})
    own = ("title: t\nsteps:\n  - login: {as: alice, via: direct, second_factor: wrong}\n"
           "    expect: {outcome: refused, by: authentik, at: login, shown: Invalid Token.}\n")
    with serve("--patch", patch) as s, tempfile.TemporaryDirectory() as tmp:
        path = write(tmp, "own.yaml", own)
        env = {"ROLECALL_TOTP_ALICE": SECRET}
        plain = report(path, "--no-twins", "--patch", live_patch(s), env=env, status=ERROR)
        allowed = report(path, "--no-twins", "--live-intrusive", "--patch", live_patch(s), env=env, status=OK)
    contains(plain["scenarios"][0]["reason"], "could lock a real account, or use up a code")
    equal([x["verdict"] for x in allowed["scenarios"]], ["pass"])


def test_live__nothing_but_skips_is_not_success():
    with serve() as s:
        rolecall("run", "tokens/wrong-audience", "--patch", live_patch(s), status=ERROR)


def test_live__a_dead_system_is_an_error():
    with serve() as s:
        patch = live_patch(s)
    ran = rolecall("run", "login/admin-direct", "--patch", gone(patch), status=ERROR)
    contains(ran.out, "connection refused")


def gone(patch):
    """The CA file goes with the process that served; its ports may be another program's by then, so that the systems are
    looked for where nobody ever listens."""
    doc = json.loads(patch)
    ports = [urllib.parse.urlsplit(system["url"]).port for system in doc["live"].values()]
    for system in doc["live"].values():
        system.pop("ca", None)
    text = json.dumps(doc)
    for closed, port in enumerate(ports, start=1):
        text = text.replace(":%d" % port, ":%d" % closed)
    return text


def silent(doc, system):
    for s in doc["scenarios"]:
        equal(s["verdict"], "error", s["id"])
        contains(s["reason"], system + ", which is live here, did not answer")


def test_silent__the_system_is_named():
    with serve() as s:
        all_live = gone(live_patch(s))
        one_live = gone(live_patch(s, "argocd"))
    silent(report("login/admin-ui", "login/viewer-cli", "--patch", all_live, status=ERROR), "argocd")
    silent(report("login/admin-direct", "--patch", all_live, status=ERROR), "authentik")
    # Dex, mocked here, asked it before anybody signed in.
    silent(report("login/admin-ui", "--patch", one_live, status=ERROR), "authentik")


def test_silent__is_not_the_refusal_that_was_expected(tmp):
    write(tmp, "x.yaml", "title: A refusal\nsteps:\n  - login: {as: viewer, via: direct}\n"
          "    expect: {outcome: refused, by: authentik, at: discovery, shown: refused}\n")
    with serve() as s:
        patch = gone(live_patch(s, "argocd"))
    silent(report("x.yaml", "--patch", patch, status=ERROR, cwd=tmp), "authentik")


def test_silent__a_certificate_of_somebody_else():
    with serve() as s, serve() as other:
        patch = json.loads(live_patch(s))
        for system in patch["live"].values():
            system["ca"] = other.ready["ca_file"]
        doc = report("login/admin-direct", "--patch", json.dumps(patch), status=ERROR)
    contains(doc["scenarios"][0]["reason"], "certificate")


def test_silent__the_ca_file_is_missing(tmp):
    patch = {"live": {"authentik": {"url": "https://127.0.0.1:1", "ca": str(tmp / "nope.pem")}}}
    contains(rolecall("run", "login/admin-direct", "--patch", json.dumps(patch), status=USAGE).err,
             "nope.pem")


def parties(doc, kind):
    return {(e["from"], e.get("to")) for s in doc["scenarios"] for e in s["trace"]
            if e["kind"] == kind}


def test_trace__nothing_but_what_agents_see():
    """No verdict can rest on a back channel or a log of a live system: there is none."""
    with serve() as s:
        doc = report("login/admin-ui", "login/viewer-cli", "--patch", live_patch(s), status=OK)
    equal({sender for sender, _ in parties(doc, "exchange")}, {"browser", "cli"})
    equal({sender for sender, _ in parties(doc, "log")}, {"cli"})  # what the command printed
    equal(parties(doc, "decision"), set())


def test_trace__a_mocked_dex_is_seen_to_ask_a_live_authentik():
    with serve() as s:
        doc = report("login/viewer-ui", "--patch", live_patch(s, "argocd"), status=OK)
    true(("dex", "authentik") in parties(doc, "exchange"), parties(doc, "exchange"))


if __name__ == "__main__":
    import cli
    cli.main()
