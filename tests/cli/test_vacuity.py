#!/usr/bin/env python3
"""The ways in which testers of this kind were seen to pass without having looked (reference/peers.md
D.2, items 1 to 13). One group of tests an item; each makes the program meet that very situation."""

import base64
import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import ssl
import xml.etree.ElementTree as ElementTree

import cli
from cli import (BINARY, ERROR, FAIL, OK, ROOT, USAGE, contains, equal, lacks, report, rolecall,
                 serve, true, verdicts, write)

GOOD = """title: A good one
steps:
  - login: {as: viewer, via: direct}
    expect: {outcome: signed-in}
"""
BAD = GOOD.replace("signed-in", "refused, by: rp, at: token, shown: nothing")
BROKEN = GOOD + "faults: [cli/verifier.wrong]\n"  # nobody plays it: an error
SKIPPED = "setup: {people: {bob: {groups: []}}}\n" + GOOD  # nobody is a viewer then


def own(tmp, **scenarios):
    for name, text in scenarios.items():
        write(tmp, name + ".yaml", text)


def one(tmp, text, *words, status=None):
    """The report's only scenario, of a file with this text."""
    write(tmp, "x.yaml", text)
    doc = report("x.yaml", "--callback-port", "0", *words, status=status, cwd=tmp)
    return doc["scenarios"][0]


def login(expect, via="ui", who="admin", faults=(), setup=None, step_faults=()):
    text = "title: t\n"
    if setup:
        text += "setup: %s\n" % json.dumps(setup)
    if faults:
        text += "faults: %s\n" % json.dumps(list(faults))
    text += "steps:\n  - login: {as: %s, via: %s}\n" % (who, via)
    if step_faults:
        text += "    faults: %s\n" % json.dumps(list(step_faults))
    return text + "    expect: %s\n" % expect


# ---- 1. the run ends "finished" and nobody reads the verdict ----


def test_d2_01_finished_is_no_verdict__status_follows_it(tmp):
    own(tmp, good=GOOD, bad=BAD, broken=BROKEN, skipped=SKIPPED)
    for name, verdict, status in (("good", "pass", OK), ("bad", "fail", FAIL),
                                  ("broken", "error", ERROR), ("skipped", "skip", ERROR)):
        for words in ((), ("--report", "json=%s/r.json" % tmp), ("--report", "junit")):
            rolecall("run", name + ".yaml", *words, status=status, cwd=tmp)
        equal(list(verdicts(report(name + ".yaml", status=status, cwd=tmp)).values()), [verdict])


def test_d2_01_finished_is_no_verdict__a_report_nobody_got_is_an_error(tmp):
    """A pass that could not be written down is not handed on as one."""
    own(tmp, good=GOOD)
    with open("/dev/full", "w", encoding="utf-8") as full:
        p = subprocess.run([BINARY, "run", "good.yaml"], stdout=full, stderr=subprocess.PIPE,
                           cwd=tmp, env=cli.environment(), text=True, timeout=cli.TIMEOUT, check=False)
    equal(p.returncode, ERROR, p.stderr)
    rolecall("run", "good.yaml", "--report", "junit=/dev/full", status=ERROR, cwd=tmp)
    rolecall("run", "good.yaml", "--trace", "/proc", status=ERROR, cwd=tmp)


# ---- 2. failures rendered as success ----


def test_d2_02_failure_as_success__no_format_says_it_is_well(tmp):
    own(tmp, bad=BAD, good=GOOD)
    out = rolecall("run", "bad.yaml", "good.yaml", status=FAIL, cwd=tmp).out
    contains(out, "fail  bad.yaml")
    contains(out, "1 pass, 1 fail")
    contains(out, "NOT as expected")
    lacks(out, "everything as expected")
    junit = ElementTree.fromstring(rolecall("run", "bad.yaml", "good.yaml", "--report", "junit",
                                            status=FAIL, cwd=tmp).out.encode())
    equal((junit.get("tests"), junit.get("failures"), junit.get("errors")), ("2", "1", "0"))
    cases = {c.get("name"): [e.tag for e in c] for c in junit.iter("testcase")}
    equal(cases, {"bad.yaml": ["failure"], "good.yaml": []})
    doc = report("bad.yaml", "good.yaml", status=FAIL, cwd=tmp)
    equal([doc["summary"][k] for k in ("pass", "fail", "error", "skip")], [1, 1, 0, 0])
    equal(verdicts(doc), {"bad.yaml": "fail", "good.yaml": "pass"})


def test_d2_02_failure_as_success__a_later_pass_heals_nothing(tmp):
    """The lattice within a scenario: a failed step and two good ones, in every order."""
    good = "  - login: {as: viewer, via: direct, fresh_browser: true}\n    expect: {outcome: signed-in}\n"
    bad = good.replace("signed-in", "signed-in, roles: [role:admin]").replace("direct", "ui")
    for steps in ((bad, good, good), (good, bad, good), (good, good, bad)):
        s = one(tmp, "title: t\nsteps:\n" + "".join(steps), status=FAIL)
        equal(s["verdict"], "fail")
        equal(sorted(x["verdict"] for x in s["steps"]), ["fail", "pass", "pass"])


# ---- 3. jobs green while every module threw ----


def test_d2_03_everything_threw__is_not_green(tmp):
    own(tmp, a=BROKEN, b=BROKEN, c=BROKEN)
    write(tmp, "known", "a.yaml\nb.yaml\nc.yaml\n")
    for words in ((), ("--jobs", "3"), ("--known", "known"), ("--fail-fast",), ("--deadline", "0")):
        ran = rolecall("run", "a.yaml", "b.yaml", "c.yaml", *words, status=ERROR, cwd=tmp)
        contains(ran.out, "NOT JUDGED")
        contains(ran.out, "0 pass, 0 fail")
    junit = ElementTree.fromstring(rolecall("run", "a.yaml", "b.yaml", "--report", "junit",
                                            status=ERROR, cwd=tmp).out.encode())
    equal((junit.get("tests"), junit.get("errors")), ("2", "2"))
    for error in junit.iter("error"):
        contains(error.get("message"), "was never played")


def test_d2_03_everything_threw__the_world_does_not_even_start(tmp):
    """A mock that cannot be built is the error of each scenario, not the end of the run."""
    doc = report("login/viewer-direct", "login/viewer-ui", "--sentinel", "authentik=closes",
                 status=ERROR)
    equal(set(verdicts(doc).values()), {"error"})


# ---- 4. presence tested, value not ----

SIGNED_IN = {"outcome": "signed-in", "user": "alice", "groups": ["ArgoCD Admins"],
             "roles": ["role:admin"]}
REFUSED = {"outcome": "refused", "by": "authentik", "at": "login", "shown": "Invalid password",
           "log": "password"}


def expectation(base, **changes):
    return json.dumps({**base, **changes})


def test_d2_04_presence_only__each_key_of_a_login(tmp):
    shown = one(tmp, login(expectation({"outcome": "signed-in"})), status=OK)["steps"][0]["actual"]
    base = {**SIGNED_IN, "user": shown["user"]}
    one(tmp, login(expectation(base)), status=OK)
    for key, value in (("outcome", None), ("user", "alicia"), ("user", {"id": "somebody"}),
                       ("groups", ["ArgoCD Viewers"]), ("groups", []),
                       ("groups", ["ArgoCD Admins", "ArgoCD Viewers"]),
                       ("roles", ["role:readonly"]), ("roles", [])):
        text = login(expectation(base, **{key: value})) if value is not None else \
            login('{outcome: refused, by: dex, at: token, shown: alice}')
        s = one(tmp, text, status=FAIL)
        contains(s["steps"][0]["difference"]["expected"], key)


def refused(**changes):
    return ("title: t\nsteps:\n  - login: {as: admin, via: ui, password: wrong}\n    expect: %s\n"
            % expectation(REFUSED, **changes))


def test_d2_04_presence_only__each_key_of_a_refusal(tmp):
    logs = one(tmp, refused(), status=None)["steps"][0]["actual"]["log"]
    word = logs.split("] ", 1)[1].split()[0]
    one(tmp, refused(log=word), status=OK)
    for key, value in (("outcome", "no-answer"), ("by", "dex"), ("at", "flow"),
                       ("shown", "Invalid passwords"), ("log", word + "-not")):
        s = one(tmp, refused(**{"log": word, key: value}), status=FAIL)
        contains(s["steps"][0]["difference"]["expected"], "%s: %s" % (key, value))


def call(expect):
    return ("title: t\nsteps:\n  - login: {as: admin, via: ui}\n    expect: {outcome: signed-in}\n"
            "  - call: {method: GET, path: /api/v1/session/userinfo}\n    expect: %s\n" % expect)


def test_d2_04_presence_only__each_key_of_a_call(tmp):
    one(tmp, call('{status: 200, body: "\\"loggedIn\\":true"}'), status=OK)
    for expect, key in (('{status: 401}', "status: 401"),
                        ('{status: 200, body: "\\"loggedIn\\":false"}', "body: ")):
        contains(one(tmp, call(expect), status=FAIL)["steps"][1]["difference"]["expected"], key)


def test_d2_04_presence_only__checks_judge_values():
    """Each of these faults leaves the member where it is and changes its value; the check that only
    asks whether it is there would pass."""
    for scenario, check in (("tokens/wrong-audience", "authentik/id-token.aud"),
                            ("tokens/wrong-issuer", "authentik/id-token.iss"),
                            ("tokens/expired", "authentik/id-token.exp"),
                            ("tokens/other-at-hash", "authentik/id-token.at-hash"),
                            ("tokens/foreign-nonce", "authentik/id-token.nonce"),
                            ("tokens/tampered", "authentik/id-token.signature")):
        doc = report(scenario, "--callback-port", "0", status=OK)
        failed = {"%s/%s" % (c["of"], c["id"]) for step in doc["scenarios"][0]["steps"]
                  for c in step["checks"] if c["verdict"] == "fail"}
        true(check in failed, "%s: %s" % (scenario, sorted(failed)))


# ---- 5. selection matches nothing, exit 0 ----


def test_d2_05_nothing_selected__is_bad_input(tmp):
    (tmp / "empty").mkdir()
    for words in (["nothing/*"], ["login/admin-uu"], ["--tag", "nope"],
                  ["login/*", "--tag", "nope"], ["login/viewer-direct", "--shard", "2/2"],
                  [tmp / "empty"], [tmp / "nope.yaml"], ["login/viewer-direct", "nothing/*"]):
        file = tmp / "report.json"
        ran = rolecall("run", *words, "--report", "json=%s" % file, status=USAGE)
        equal(ran.out, "", words)
        true(not file.exists(), "a report of nothing")


def test_d2_05_nothing_selected__all_skipped_is_no_success(tmp):
    own(tmp, skipped=SKIPPED, good=GOOD)
    contains(rolecall("run", "skipped.yaml", status=ERROR, cwd=tmp).out, "nothing was judged at all")
    rolecall("run", "skipped.yaml", "good.yaml", status=OK, cwd=tmp)


# ---- 6. a misspelled name is silently good ----


def test_d2_06_misspelled__no_word_is_ignored(tmp):
    base = login('{outcome: signed-in, roles: [role:admin]}')
    for wrong, told in ((("roles:", "rolls:"), "'rolls'"), (("outcome:", "outcom:"), "'outcom'"),
                        (("expect:", "expects:"), "'expects'"), (("signed-in", "signedin"), "'signedin'"),
                        (("via: ui", "via: gui"), "'gui'"), (("title:", "titel:"), "'titel'"),
                        (("roles:", "checks: {fial: []}, roles:"), "'fial'"),
                        (("roles:", "checks: {fail: [dex/id-token.ag]}, roles:"), "'dex/id-token.ag'"),
                        (("steps:", "faults: [dex/id-token.wrong-as]\nsteps:"), "'dex/id-token.wrong-as'"),
                        (("as: admin", "as: amdin"), "'amdin'")):
        true(wrong[0] in base, wrong)
        write(tmp, "x.yaml", base.replace(*wrong, 1))
        ran = rolecall("run", "x.yaml", status=USAGE, cwd=tmp)
        equal(ran.out, "", wrong)
        contains(ran.err, told)
        contains(ran.err, "x.yaml:")


def test_d2_06_misspelled__nor_on_the_command_line(tmp):
    write(tmp, "known", "login/viewer-direct dex/id-token.ag\n")
    for words in (("--report", "jsno"), ("--fail-fasts",), ("--sentinel", "dex=slient"),
                  ("--known", tmp / "known"), ("--tag", "smok"), ("--patch", '{"authentic": {}}'),
                  ("--patch", '{"authentik": {"provider": {"signing_kye": "ec"}}}')):
        equal(rolecall("run", "login/viewer-direct", *words, status=USAGE).out, "", words)


# ---- 7. any closed connection is right ----


def test_d2_07_closed_connection__satisfies_no_refusal():
    """Scenarios that expect a refusal, against systems that hang up on everybody."""
    words = ("tokens/*", "provider/*", "redirects/*", "requests/*")
    for system in ("authentik", "dex", "argocd"):
        doc = report(*words, "--callback-port", "0", "--sentinel", system + "=closes", status=ERROR)
        equal(set(verdicts(doc).values()), {"error"}, system)
        for s in doc["scenarios"]:
            true(s["reason"].startswith(system + ", in whose place"), s["reason"])


def test_d2_07_closed_connection__is_told_from_a_refusal(tmp):
    """Expected silence is no answer of any kind, and an expected refusal is no silence."""
    silence = "{outcome: no-answer, by: authentik, at: token}"
    one(tmp, login(silence, via="direct"), status=FAIL)
    s = one(tmp, login(silence, via="direct", faults=["authentik/token.http-500"]), status=FAIL)
    contains(s["steps"][0]["difference"]["actual"], "outcome: refused")
    # Dex did not start, so that nobody listens where Argo CD asks: not Dex's refusal.
    wrong_slug = {"authentik": {"application": {"slug": "another"}}}
    s = one(tmp, login("{outcome: refused, by: dex, at: discovery, shown: connection refused}",
                       setup=wrong_slug), status=FAIL)
    contains(s["steps"][0]["difference"]["actual"], "by: argocd")


# ---- 8. the relying party's silence is right ----


def test_d2_08_silence__satisfies_no_refusal():
    """The token is wrong and the one who should refuse it says nothing."""
    for system in ("dex", "argocd"):
        doc = report("tokens/wrong-*", "tokens/expired*", "tokens/unsigned*", "--callback-port", "0",
                     "--jobs", "16", "--timeout", "500", "--sentinel", system + "=silent",
                     status=ERROR)
        equal(set(verdicts(doc).values()), {"error"}, system)
        for s in doc["scenarios"]:
            contains(s["reason"], "Client.Timeout exceeded")


def test_d2_08_silence__a_scenario_without_expectations_is_refused(tmp):
    write(tmp, "x.yaml", GOOD.split("    expect")[0])
    contains(rolecall("run", "x.yaml", status=USAGE, cwd=tmp).err, "silence never passes")


def test_d2_08_silence__a_refusal_says_with_which_words(tmp):
    for expect in ("{outcome: refused, by: dex, at: token}", "{outcome: refused, at: token, shown: x}",
                   "{outcome: refused, by: dex, shown: x}", "{}"):
        write(tmp, "x.yaml", login(expect))
        equal(rolecall("run", "x.yaml", status=USAGE, cwd=tmp).out, "", expect)


# ---- 9. a boolean of the wrong polarity ----


def test_d2_09_polarity__can_and_cannot(tmp):
    rights = {"admin": ("[sync applications default/x]", "[]"),
              "viewer": ("[get applications default/x]", "[sync applications default/x]"),
              "nobody": ("[]", "[get applications default/x]")}
    for who, (can, cannot) in rights.items():
        right = "{outcome: signed-in, can: %s, cannot: %s}" % (can, cannot)
        one(tmp, login(right, who=who), status=OK)
        wrong = "{outcome: signed-in, can: %s, cannot: %s}" % (cannot, can)
        s = one(tmp, login(wrong, who=who), status=FAIL)
        contains(s["steps"][0]["difference"]["expected"], "rights: can-i ")


def test_d2_09_polarity__checks_that_fail_and_checks_that_pass(tmp):
    names = [f["id"] for f in rolecall("list", "faults", "--json", status=OK).json()]
    fault = [f for f in names if f.startswith("authentik/") and "at-hash" in f][:1]
    true(fault, "a fault of at_hash")
    check = "authentik/id-token.at-hash"
    named = "{outcome: signed-in, checks: {fail: [%s]}}" % check
    one(tmp, login(named, faults=fault), status=OK)
    contains(one(tmp, login("{outcome: signed-in}", faults=fault),
                 status=FAIL)["steps"][0]["difference"]["expected"], "check " + check)
    contains(one(tmp, login(named), status=FAIL)["steps"][0]["difference"]["actual"],
             "check %s: pass" % check)


# ---- 10. order-dependent allow list ----


def by_id(doc):
    """What must not hang on who ran before: verdict and number of assertions."""
    return {s["id"]: (s["verdict"], s["evaluated"]) for s in doc["scenarios"]}


def test_d2_10_order__alone_together_apart_and_backwards(tmp):
    words = ["login/*", "tokens/*", "roles/*", "enforcement/*"]
    whole = by_id(report(*words, "--no-twins", "--callback-port", "0", "--jobs", "1", status=OK))
    true(len(whole) > 80, "many")
    equal(by_id(report(*reversed(words), "--no-twins", "--callback-port", "0", "--jobs", "5", status=OK)), whole)
    parts = {}
    for i in (4, 2, 1, 3):
        parts.update(by_id(report(*words, "--no-twins", "--callback-port", "0", "--shard", "%d/4" % i, status=OK)))
    equal(parts, whole)
    for name in list(whole)[::17]:
        equal(by_id(report(name, "--no-twins", "--callback-port", "0", status=OK)), {name: whole[name]})


def test_d2_10_order__known_failures_excuse_by_name_not_by_place(tmp):
    own(tmp, a=BAD, b=BAD)
    for known in ("a.yaml\nb.yaml\n", "b.yaml\na.yaml\n"):
        write(tmp, "known", known)
        for words in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")):
            rolecall("run", *words, "--known", "known", status=OK, cwd=tmp)
    write(tmp, "known", "b.yaml\n")
    doc = report("a.yaml", "b.yaml", "--known", "known", status=FAIL, cwd=tmp)
    equal({s["id"]: s.get("known", False) for s in doc["scenarios"]}, {"a.yaml": False, "b.yaml": True})


# ---- 11. the report writer loses the failure text (whole: tests/unit/reports/test_roundtrip.c) ----

NASTY = "<b>&amp; ]]> \"q\" 'a' \\ %s \x07\x1b[2J gr\u00fc\u00df \u20ac \U0001F511 end"


def test_d2_11_failure_text__in_every_format(tmp):
    text = login(json.dumps({"outcome": "refused", "by": "rp", "at": "token", "shown": NASTY}, ensure_ascii=False),
                 via="direct")
    write(tmp, "x.yaml", text)
    doc = report("x.yaml", status=FAIL, cwd=tmp)
    contains(doc["scenarios"][0]["steps"][0]["difference"]["expected"], "shown: " + NASTY)
    ran = rolecall("run", "x.yaml", "--report", "junit", status=FAIL, cwd=tmp)
    failure = next(ElementTree.fromstring(ran.out.encode()).iter("failure"))
    contains(failure.text, "shown: " + NASTY.replace("\x07", "\ufffd").replace("\x1b", "\ufffd"))
    out = rolecall("run", "x.yaml", status=FAIL, cwd=tmp).out
    contains(out, "shown: " + NASTY.replace("\x07", "\\x07").replace("\x1b", "\\x1b"))
    lacks(out, "\x1b")


def test_d2_11_failure_text__a_long_one_to_its_end(tmp):
    long = "x" * 100000 + " the end"
    write(tmp, "x.yaml", login(json.dumps({"outcome": "refused", "by": "rp", "at": "token",
                                           "shown": long}), via="direct"))
    contains(report("x.yaml", status=FAIL, cwd=tmp)["scenarios"][0]["steps"][0]["difference"]
             ["expected"], long)
    for words in ((), ("--report", "junit")):
        contains(rolecall("run", "x.yaml", *words, status=FAIL, cwd=tmp).out, long)


# ---- 12. a comparison that normalises the defect away ----


def test_d2_12_normalised_away__groups_users_and_texts(tmp):
    user = one(tmp, login("{outcome: signed-in}"), status=OK)["steps"][0]["actual"]["user"]
    for changes in ({"groups": ["argocd admins"]}, {"groups": ["ArgoCD Admins "]},
                    {"groups": ["ArgoCD  Admins"]}, {"user": user.upper()}, {"user": user + " "},
                    {"roles": ["role:Admin"]}):
        s = one(tmp, login(expectation({**SIGNED_IN, "user": user}, **changes)), status=FAIL)
        equal(len(s["steps"][0]["difference"]["expected"].split("\n")), 1, "one difference")


def test_d2_12_normalised_away__a_slash_of_the_issuer_or_of_a_redirect(tmp):
    for scenario in ("provider/issuer-without-slash", "redirects/trailing-slash"):
        report(scenario, "--callback-port", "0", status=OK)
        library = (ROOT / "scenarios" / (scenario + ".yaml")).read_text()
        steps = library.index("steps:")
        # The same setup, and the claim that the slash does not matter.
        s = one(tmp, library[:steps] + "steps:\n  - login: {as: admin, via: ui}\n"
                                       "    expect: {outcome: signed-in}\n")
        equal(s["verdict"], "fail", scenario)


def test_d2_12_normalised_away__a_certificate_nobody_signed():
    with serve() as s:
        patch = json.loads(json.dumps(s.ready["setup_patch"]))
        report("login/viewer-direct", "--patch", json.dumps(patch), status=OK)
        for live in patch["live"].values():
            live.pop("ca", None)
        doc = report("login/viewer-direct", "--patch", json.dumps(patch), status=ERROR)
    contains(doc["scenarios"][0]["reason"], "x509")


# ---- 13. the mock is too tolerant, so that a broken client passes ----

BROKEN_CLIENTS = (
    ("direct", "rp/verifier.missing"), ("direct", "rp/verifier.wrong"),
    ("direct", "rp/client-secret.wrong"), ("direct", "rp/code.reused"),
    ("direct", "rp/redirect-uri.changed"), ("direct", "rp/token-redirect-uri.changed"),
    ("direct", "rp/scope.no-openid"), ("direct", "rp/response-type.wrong"),
    ("cli", "cli/verifier.missing"), ("cli", "cli/verifier.wrong"),
    ("cli", "cli/client-secret.invented"), ("cli", "cli/redirect-uri.other"),
    ("cli", "cli/response-type.wrong"), ("cli", "cli/scope.no-openid"),
    ("ui", "browser/callback.state-changed"), ("ui", "browser/callback.state-dropped"),
    ("ui", "browser/callback.code-changed"), ("ui", "browser/callback.replayed"),
    ("ui", "browser/cookie.lost"), ("direct", "browser/callback.code-changed"),
)


def test_d2_13_tolerant_mock__no_broken_client_gets_in(tmp):
    write(tmp, "good.yaml", login("{outcome: signed-in}", via="cli"))
    rolecall("run", "good.yaml", "--callback-port", "0", status=OK, cwd=tmp)
    for via, fault in BROKEN_CLIENTS:
        s = one(tmp, login("{outcome: signed-in}", via=via, step_faults=[fault]), status=FAIL)
        contains(s["steps"][0]["difference"]["actual"], "outcome: refused")


class Endpoint:
    """A token endpoint of a served mock."""

    def __init__(self, served, url, client):
        self.context = ssl.create_default_context(cafile=served.ready["ca_file"])
        self.url, self.client = url, client

    def ask(self, secret=None, **form):
        name, known = self.client["id"], self.client["secret"]
        word = "%s:%s" % (name, known if secret is None else secret)
        request = urllib.request.Request(
            self.url, data=urllib.parse.urlencode(form).encode(),
            headers={"Authorization": "Basic " + base64.b64encode(word.encode()).decode()})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read())


def test_d2_13_tolerant_mock__token_endpoints_take_nothing_invented():
    with serve() as s:
        for system, client in (("authentik", "my_client_id"), ("dex", "argo-cd")):
            issuer = s.ready[system]["issuer"]
            doc = json.loads(s.fetch(issuer.rstrip("/") + "/.well-known/openid-configuration"))
            known = next(c for c in s.ready["clients"] if c["of"] == system and c["id"] == client)
            at = Endpoint(s, doc["token_endpoint"], known)
            redirect = known["redirect_uris"][0]
            for form, error in (
                    ({"grant_type": "authorization_code", "code": "invented",
                      "redirect_uri": redirect}, ("invalid_grant", "invalid_request")),
                    ({"grant_type": "refresh_token", "refresh_token": "invented"},
                     ("invalid_grant", "invalid_request")),
                    ({"grant_type": "refresh_token"}, ("invalid_grant", "invalid_request")),
                    ({"grant_type": "nonsense"}, ("unsupported_grant_type", "invalid_grant"))):
                status, answer = at.ask(**form)
                true(400 <= status < 500, "%s %s: %d %s" % (system, form, status, answer))
                true(answer["error"] in error, "%s %s: %s" % (system, form, answer))
                lacks(json.dumps(answer), "access_token")
            status, answer = at.ask(secret="wrong", grant_type="authorization_code", code="x",
                                    redirect_uri=redirect)
            true(status in (400, 401) and answer["error"] == "invalid_client",
                 "%s: %d %s" % (system, status, answer))


def test_d2__each_item_has_its_tests():
    items = {name.split("_")[2] for name in globals() if name.startswith("test_d2_") and name[8].isdigit()}
    equal(sorted(items), ["%02d" % i for i in range(1, 14)])


cli.main()
