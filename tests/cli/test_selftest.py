#!/usr/bin/env python3
"""The selftest proves the library, and would say so if it did not: each of its claims once on the
library, and once on a small library in which it does not hold."""

import pathlib
import re
import shutil
import subprocess
import tempfile

from cli import BINARY, FAIL, GUIDE, OK, ROOT, USAGE, contains, equal, lacks, report, rolecall, true, write

PROVEN = {}
RUN = {}


def proven():
    """One run on the library: its JSON, and its page."""
    if not PROVEN:
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "matrix.html"
            ran = rolecall("selftest", "--json", "--html", page)
            PROVEN["page"] = page.read_text(encoding="utf-8")
        PROVEN["json"] = ran.json()
        PROVEN["status"] = ran.status
    return PROVEN["json"]


def whole_run():
    """One run of the library, twins and all: the JSON report."""
    if not RUN:
        RUN.update(report("--callback-port", "0", status=OK))
    return RUN


def verdicts_of_checks(scenario, verdict):
    return {"%s/%s" % (c["of"], c["id"]) for step in scenario["steps"] for c in step["checks"]
            if c["verdict"] == verdict}


def listed(what):
    return [x["id"] for x in rolecall("list", what, "--json", status=OK).json()]


# ---- the library ----


def test_library__is_proven():
    problems = ["%(kind)s %(subject)s: %(text)s" % p for p in proven()["problems"]]
    equal(problems, [], "problems")
    equal(PROVEN["status"], OK)
    equal(proven()["schema"], "rolecall.selftest/1")


def test_checks__each_fails_alone_somewhere():
    rows = {r["scenario"]: r for r in proven()["rows"]}
    for column in proven()["checks"]:
        true(column["alone"], "%s fails alone nowhere" % column["check"])
        for scenario in column["alone"]:
            equal([c["check"] for c in rows[scenario]["fails"]], [column["check"]], scenario)


def test_checks__are_all_there():
    equal([c["check"] for c in proven()["checks"]], listed("checks"))


def test_cells__are_declared():
    for row in proven()["rows"]:
        kinds = [c["kind"] for c in row["fails"]]
        true(set(kinds) <= {"kill", "declared"}, "%s: %s" % (row["scenario"], kinds))
        true(kinds.count("declared") <= 3, row["scenario"])
        for cell in row["fails"]:
            true(cell["kind"] == "kill" or cell["because"], "%s: %s" % (row["scenario"], cell))


def test_cells__are_those_of_a_run():
    """The matrix is read off real runs: another run of the library has the same failing checks."""
    failing = {s["id"]: verdicts_of_checks(s, "fail") for s in whole_run()["scenarios"]
               if "twin_of" not in s}
    for row in proven()["rows"]:
        equal({c["check"] for c in row["fails"]}, failing.pop(row["scenario"]), row["scenario"])
    for scenario, names in failing.items():
        equal(names, set(), "%s is no row" % scenario)


def test_run__is_as_expected():
    for s in whole_run()["scenarios"]:
        equal(s["verdict"], "pass", s["id"])


def test_run__each_check_fails_and_passes_somewhere():
    for verdict in ("fail", "pass"):
        seen = set().union(*(verdicts_of_checks(s, verdict) for s in whole_run()["scenarios"]))
        equal(sorted(set(listed("checks")) - seen), [], "checks that never " + verdict)


def test_run__each_fault_is_played():
    text = "\n".join(p.read_text() for p in sorted((ROOT / "scenarios").rglob("*.yaml")))
    unused = [f for f in listed("faults") if not re.search(re.escape(f) + r"(?![\w.-])", text)]
    equal(unused, [], "faults that no scenario plays")


def test_faults__each_is_noticed():
    equal([f["fault"] for f in proven()["faults"]], listed("faults"))
    for fault in proven()["faults"]:
        true(fault["noticed"] and fault["noticed_by"], "%s is not noticed" % fault["fault"])


def test_twins__each_negative_scenario_has_one_that_works():
    for twin in proven()["twins"]:
        if twin["none"] is None:
            equal(twin["verdict"], "pass", twin["scenario"])
    true(proven()["summary"]["without_twin"] <= 5, "too many without a twin")
    true(proven()["summary"]["twins"] < proven()["summary"]["negatives"], "identical twins run once")


def test_counts__are_of_what_is_unlike_every_other():
    summary = proven()["summary"]
    same = lambda what: sum(x["same_as"] is not None for x in proven()[what])
    equal(summary["checks_counted"], len(proven()["checks"]) - same("checks"))
    equal(summary["faults_counted"], len(proven()["faults"]) - same("faults"))
    equal(summary["rows_different"], len(proven()["rows"]) - same("rows"))
    equal(summary["cells_failing"], sum(len(r["fails"]) for r in proven()["rows"]))


def test_page__needs_nothing_else():
    page = PROVEN["page"] if proven() else ""
    for foreign in ["<script", "<link", "@import", "src=", "url("]:
        lacks(page, foreign)
    equal(re.findall(r"(?:href|src)=", page), [])
    for name in ([c["check"] for c in proven()["checks"]] +
                 [f["fault"] for f in proven()["faults"]] +
                 [r["scenario"] for r in proven()["rows"]]):
        contains(page, name)
    equal(page.count('<td class="kill"'),
          sum(c["kind"] == "kill" for r in proven()["rows"] for c in r["fails"]))


def test_secrets__are_nowhere():
    text = str(proven()) + PROVEN["page"]
    for secret in ["my_client_secret"]:
        lacks(text, secret)
    equal(re.findall(r"eyJ[A-Za-z0-9_-]{20,}", text), [], "a token")


# ---- small libraries ----


def library(folder, **scenarios):
    """A library of these scenarios, with the guide's setup. `__` in a name is a slash."""
    shutil.copytree(GUIDE, folder / "guide")
    for name, text in scenarios.items():
        write(folder, name.replace("__", "/") + ".yaml", "title: T\n" + text)
    return {"ROLECALL_SCENARIOS": str(folder)}


def judged(env, *args):
    return rolecall("selftest", "--json", *args, status=FAIL, env=env).json()


def problems_of(doc, *kinds):
    return [(p["kind"], p["subject"]) for p in doc["problems"] if p["kind"] in kinds]


def text_of(doc, kind, subject):
    return next(p["text"] for p in doc["problems"]
                if p["kind"] == kind and p["subject"] == subject)


LOGIN = "steps:\n  - login: {as: admin, via: ui}\n    expect: "
CLEAN = LOGIN + "{outcome: signed-in, roles: [role:admin]}\n"
NO_STORE = "faults: [dex/token.cacheable]\n" + LOGIN + "{outcome: signed-in%s}\n"
DECLARED = ", checks: {fail: [dex/token.no-store]}"
# Kinds that a library of one scenario cannot be without.
FEW = ("no-killer", "not-played", "same-column")


def others(doc):
    return [(p["kind"], p["subject"]) for p in doc["problems"] if p["kind"] not in FEW]


def test_killer__missing(tmp):
    doc = judged(library(tmp, clean=CLEAN))
    true(("no-killer", "dex/token.no-store") in problems_of(doc, "no-killer"), "it has no killer")
    true(("not-played", "dex/token.cacheable") in problems_of(doc, "not-played"), "not played")
    equal(others(doc), [])


def test_killer__there(tmp):
    doc = judged(library(tmp, clean=CLEAN, one=NO_STORE % DECLARED))
    true(("no-killer", "dex/token.no-store") not in problems_of(doc, "no-killer"), "it has one")
    true(("not-played", "dex/token.cacheable") not in problems_of(doc, "not-played"), "played")
    equal(others(doc), [])


def test_killer__only_in_company(tmp):
    name = "enforcement/code-reusable"
    text = (ROOT / "scenarios" / (name + ".yaml")).read_text().split("\n", 1)[1]
    doc = judged(library(tmp, clean=CLEAN, enforcement__code_reusable=text))
    contains(text_of(doc, "no-killer", "authentik/code.single-use"), "in the company of others")
    equal(problems_of(doc, "same-column"), [("same-column", "rp/code.redeemed-once")])


def test_cell__undeclared(tmp):
    doc = judged(library(tmp, clean=CLEAN, one=NO_STORE % ""))
    equal(others(doc), [("not-as-expected", "one"), ("undeclared", "one"),
                        ("unnoticed", "dex/token.cacheable")])
    contains(text_of(doc, "undeclared", "one"), "dex/token.no-store fails and is not named")
    equal(next(r for r in doc["rows"] if r["scenario"] == "one")["fails"][0]["kind"], "undeclared")


def test_cell__declared_and_passing(tmp):
    doc = judged(library(tmp, one=LOGIN + "{outcome: signed-in%s}\n" % DECLARED,
                         two="faults: [dex/token.wrong-type]\n" + LOGIN +
                         "{outcome: signed-in, checks: {fail: [dex/token.type, {check: "
                         "dex/token.no-store, because: no reason}]}}\n"))
    equal(problems_of(doc, "not-as-expected"), [("not-as-expected", "one"),
                                                ("not-as-expected", "two")])
    contains(text_of(doc, "not-as-expected", "two"), "expected check dex/token.no-store: fail")


TWO = ("faults: [dex/token.cacheable, dex/token.wrong-type]\n" + LOGIN +
       "{outcome: signed-in, checks: {fail: [dex/token.type, %s]}}\n")


def test_cell__without_a_reason(tmp):
    doc = judged(library(tmp, clean=CLEAN, one=TWO % "dex/token.no-store"))
    equal(problems_of(doc, "no-reason", "undeclared", "too-many"), [("no-reason", "one")])
    contains(text_of(doc, "no-reason", "one"), "dex/token.no-store fails beside the first")


def test_cell__with_a_reason(tmp):
    doc = judged(library(tmp, clean=CLEAN,
                         one=TWO % "{check: dex/token.no-store, because: both are played}"))
    equal(problems_of(doc, "no-reason", "undeclared", "not-as-expected", "too-many"), [])


def test_cells__too_many(tmp):
    names = ["token.no-store", "token.type", "id-token.nonce", "id-token.at-hash", "id-token.azp"]
    faults = ["token.cacheable", "token.wrong-type", "id-token.nonce-wrong",
              "id-token.at-hash-wrong", "id-token.azp-wrong"]

    def scenario(n):
        items = ["dex/" + names[0]] + ["{check: dex/%s, because: r}" % x for x in names[1:n]]
        return "faults: [%s]\n" % ", ".join("dex/" + x for x in faults[:n]) + LOGIN + (
            "{outcome: signed-in, checks: {fail: [%s]}}\n" % ", ".join(items))

    doc = judged(library(tmp, clean=CLEAN, four=scenario(4), five=scenario(5)))
    equal(problems_of(doc, "too-many", "not-as-expected"), [("too-many", "five")])


def test_fault__unnoticed(tmp):
    """A fault that nobody looks at: the same expectations hold without it."""
    doc = judged(library(tmp, clean=CLEAN, one="faults: [browser/code.stolen]\n"
                         "steps:\n  - login: {as: admin, via: direct}\n"
                         "    expect: {outcome: signed-in, roles: [role:admin]}\n"))
    equal(others(doc), [("unnoticed", "browser/code.stolen")])
    contains(text_of(doc, "unnoticed", "browser/code.stolen"), "without it one is as expected too")


def test_fault__noticed_by_its_outcome_alone(tmp):
    """No check fails, but what comes is another thing with it than without it."""
    doc = judged(library(tmp, clean=CLEAN, one="faults: [authentik/code.expired-at-once]\n" + LOGIN
                         + "{outcome: refused, by: dex, at: callback, log: Code is expired}\n"))
    equal(others(doc), [])
    fault = next(f for f in doc["faults"] if f["fault"] == "authentik/code.expired-at-once")
    equal((fault["noticed"], fault["noticed_by"]), (True, ["one"]))


def test_fault__of_two_each_is_asked_for_itself(tmp):
    """The pair is noticed for the sake of one; the other is left out alone, and nobody sees it."""
    doc = judged(library(tmp, clean=CLEAN, one="faults: [authentik/token.cacheable]\n"
                         "steps:\n  - login: {as: admin, via: direct}\n"
                         "    faults: [browser/code.stolen]\n    expect: {outcome: signed-in, "
                         "checks: {fail: [authentik/token.no-store]}}\n"))
    equal(others(doc), [("unnoticed", "browser/code.stolen")])
    status = {f["fault"]: f["noticed"] for f in doc["faults"]}
    equal(status["authentik/token.cacheable"], True)


def test_faults__that_look_alike_count_once(tmp):
    refused = LOGIN + ("{outcome: refused, by: argocd, at: callback, log: failed to verify id token "
                       "signature, checks: {fail: [dex/id-token.signature]}}\n")
    doc = judged(library(tmp, clean=CLEAN, one="faults: [dex/jwks.wrong-key]\n" + refused,
                         two="faults: [dex/id-token.tampered]\n" + refused))
    same = {f["fault"]: f["same_as"] for f in doc["faults"] if f["same_as"]}
    equal(same, {"dex/id-token.tampered": "dex/jwks.wrong-key"})
    equal(doc["summary"]["faults_counted"], 1)
    equal(others(doc), [], "to be alike is no mistake")


REFUSED = LOGIN + "{outcome: refused, by: dex, at: callback, shown: Login failed."
NO_KEY = ("setup: {authentik: {provider: {signing_key: none}}}\n" + REFUSED +
          ", checks: {fail: [authentik/id-token.alg, {check: authentik/discovery.rs256, because: r}]}"
          "}\n")


def test_twin__fails(tmp):
    doc = judged(library(tmp, one="twin: {steps: {1: {login: {as: admin}}}}\n" + NO_KEY))
    equal(others(doc), [("twin-fails", "one")])
    contains(text_of(doc, "twin-fails", "one"), "where all is well: fail")


def test_twin__works(tmp):
    doc = judged(library(tmp, one=NO_KEY,
                         two="twin: {setup: {authentik: {provider: {signing_key: ec}}}}\n" + NO_KEY))
    equal(others(doc), [])
    equal([(t["scenario"], t["verdict"]) for t in doc["twins"]], [("one", "pass"), ("two", "pass")])


def test_twin__missing(tmp):
    text = (ROOT / "scenarios/cli/refresh-without-offline-access.yaml").read_text()
    text = re.sub(r"(setup|twin):\n(  .*\n)+", "", text.split("\n", 1)[1])
    doc = judged(library(tmp, one=text, two="twin: {none: a reason}\n" + text))
    equal(problems_of(doc, "no-twin"), [("no-twin", "one")])
    equal(next(t for t in doc["twins"] if t["scenario"] == "two")["none"], "a reason")


def test_twin__too_many_without(tmp):
    many = {"s%d" % i: "twin: {none: a reason}\n" + NO_KEY for i in range(6)}
    doc = judged(library(tmp, **many))
    equal(problems_of(doc, "no-twin"), [("no-twin", "library")])
    contains(text_of(doc, "no-twin", "library"), "6 scenarios have no twin")


def test_twin__of_which_the_same_holds(tmp):
    nobody = ("steps:\n  - login: {as: nobody, via: ui}\n"
              "    expect: {outcome: signed-in, groups: [], roles: []}\n")
    doc = judged(library(tmp, one="twin: {steps: {1: {login: {as: nobody}}}}\n" + nobody,
                         two=nobody))
    equal(others(doc), [("twin-alike", "one")])


def test_twins__that_are_identical_run_once(tmp):
    doc = judged(library(tmp, clean=CLEAN, one=NO_KEY, two="tags: [x]\n" + NO_KEY))
    equal((doc["summary"]["negatives"], doc["summary"]["twins"]), (2, 1))


def test_clean__fails(tmp):
    doc = judged(library(tmp, one="steps:\n  - login: {as: viewer, via: ui}\n"
                         "    expect: {outcome: signed-in, roles: [role:admin]}\n"))
    equal(others(doc), [("not-as-expected", "one")])


def test_clean__runs_twice(tmp):
    doc = judged(library(tmp, clean=CLEAN))
    equal((doc["summary"]["clean"], doc["summary"]["runs"]), (1, 2))


# ---- the command ----


def test_seed__changes_the_order_and_nothing_else(tmp):
    names = ["tokens/foreign-nonce", "answers/cacheable", "answers/dex-cacheable", "login/admin-ui"]
    env = library(tmp, **{n.replace("/", "__"): (ROOT / "scenarios" / (n + ".yaml")).read_text()
                          .split("\n", 1)[1] for n in names})
    first, second = judged(env, "--seed", "1", "--jobs", "1"), judged(env, "--seed", "77")
    equal((first["summary"].pop("seed"), second["summary"].pop("seed")), (1, 77))
    equal(first["summary"].pop("jobs"), 1)
    second["summary"].pop("jobs")
    first["summary"].pop("wall_ms")
    second["summary"].pop("wall_ms")
    equal(first, second)


def test_text__fits_a_terminal_and_ends_with_the_result(tmp):
    ran = rolecall("selftest", env=library(tmp, clean=CLEAN, one=NO_STORE % DECLARED), status=FAIL)
    table = ran.out.split("\nproblems\n")[0]
    equal([line for line in table.split("\n") if len(line) > 80], [])
    contains(table, "dex/token.no-store                   one\n")
    contains(table, "dex/token.cacheable                  dex/token.no-store\n")
    contains(table, "NOTHING PLAYS IT")
    contains(ran.out, "order and draws of seed 1")
    contains(ran.out.rstrip().split("\n")[-1], "NOT PROVEN: ")


def test_words__are_not_taken():
    contains(rolecall("selftest", "all", status=USAGE).err, "no words expected, found 'all'")
    contains(rolecall("selftest", "--jobs", "0", status=USAGE).err, "--jobs: '0' is no number")
    contains(rolecall("selftest", "--jason", status=USAGE).err, "did you mean '--json'")


def test_library__that_cannot_be_read(tmp):
    env = library(tmp, one="steps: []\n")
    contains(rolecall("selftest", env=env, status=USAGE).err, "one.yaml:2:8: ")


def test_page__that_cannot_be_written(tmp):
    env = library(tmp, clean=CLEAN)
    contains(rolecall("selftest", "--html", tmp / "no" / "x.html", env=env, status=3).err, "x.html")


# ---- the step of the build ----


def killers(library, folder):
    tool = pathlib.Path(BINARY).parent / "killers"
    return subprocess.run([tool, library, folder / "table.tsv", folder / "deps"], text=True,
                          capture_output=True, timeout=60)


def test_build__every_check_has_a_declared_killer(tmp):
    ran = killers(ROOT / "scenarios", tmp)
    equal((ran.returncode, ran.stderr), (OK, ""))
    table = dict(line.split("\t") for line in (tmp / "table.tsv").read_text().splitlines())
    equal(sorted(table), sorted(c["id"] for c in rolecall("list", "checks", "--json").json()))
    equal(table["dex/token.no-store"], "answers/dex-cacheable")
    contains((tmp / "deps").read_text(), "scenarios/answers/dex-cacheable.yaml")


def test_build__a_check_without_a_killer_does_not_build(tmp):
    shutil.copytree(ROOT / "scenarios", tmp / "all")
    (tmp / "all" / "answers" / "dex-cacheable.yaml").unlink()
    ran = killers(tmp / "all", tmp)
    equal(ran.returncode, 1)
    contains(ran.stderr, "harness/check/table.c: the check dex/token.no-store has no killer")
    true(not (tmp / "table.tsv").exists(), "no table of half the checks")


def test_build__company_is_no_killer(tmp):
    shutil.copytree(ROOT / "scenarios", tmp / "all")
    path = tmp / "all" / "answers" / "dex-cacheable.yaml"
    path.write_text(path.read_text().replace(
        "fail: [dex/token.no-store]",
        "fail: [dex/token.no-store, {check: dex/token.type, because: r}]"))
    contains(killers(tmp / "all", tmp).stderr, "the check dex/token.no-store has no killer")


def test_build__a_broken_scenario_does_not_build(tmp):
    library(tmp / "all", one="steps: []\n")
    ran = killers(tmp / "all", tmp)
    equal(ran.returncode, 1)
    contains(ran.stderr, "one.yaml:2:8: a scenario needs 'steps'")


if __name__ == "__main__":
    import cli
    cli.main()
