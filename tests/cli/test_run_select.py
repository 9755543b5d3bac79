#!/usr/bin/env python3
"""What `rolecall run` takes: ids, globs, files, tags, shards; and what it says of scenarios that are
wrong. Bad input is status 2 with its place, before anything runs."""

import json
import shlex
import shutil

import cli
from cli import ERROR, FAIL, OK, USAGE, contains, equal, lacks, report, rolecall, true, verdicts, write

GOOD = """title: The viewer signs in
steps:
  - login: {as: viewer, via: direct}
    expect: {outcome: signed-in}
"""


def refused(words, *texts, cwd=None):
    ran = rolecall("run", *words, status=USAGE, cwd=cwd)
    equal(ran.out, "", "stdout of %s" % (words,))
    equal(ran.err.count("\n"), 1, "one line: " + ran.err)
    for text in texts:
        contains(ran.err, text)


def ids(*words):
    return sorted(s["id"] for s in rolecall("list", "--json", status=OK).json()
                  if any(s["id"].startswith(w) for w in words))


def test_select__one_id():
    equal(verdicts(report("login/viewer-direct", status=OK)), {"login/viewer-direct": "pass"})


def test_select__glob_and_id_together_count_once():
    doc = report("login/viewer-d*", "login/viewer-direct", "login/admin-direct", status=OK)
    equal(sorted(verdicts(doc)), ["login/admin-direct", "login/viewer-direct"])


def test_select__file_of_the_library_has_its_id():
    doc = report("scenarios/login/viewer-direct.yaml", status=OK)
    equal(list(verdicts(doc)), ["login/viewer-direct"])


def test_select__file_and_folder_of_the_person(tmp):
    write(tmp, "own/mine.yaml", GOOD)
    equal(verdicts(report("own/mine.yaml", status=OK, cwd=tmp)), {"own/mine.yaml": "pass"})
    equal(verdicts(report("own", status=OK, cwd=tmp)), {"own/mine.yaml": "pass"})


def test_select__setup_is_no_folder_of_scenarios():
    refused(["scenarios/guide"], "is a setup, not a folder of scenarios: --setup")


def test_select__unknown_id():
    refused(["login/admin-uu"], "unknown scenario 'login/admin-uu'; did you mean 'login/admin-ui'?")
    refused(["frobnicate"], "unknown scenario 'frobnicate'; `rolecall list scenarios` names them")


def test_select__no_match():
    refused(["nothing/*"], "no scenario fits 'nothing/*'")
    refused(["login/viewer-direct", "nothing/*"], "no scenario fits 'nothing/*'")


def test_select__empty_folder(tmp):
    (tmp / "empty").mkdir()
    refused(["empty"], "no scenario (a file *.yaml) below 'empty'", cwd=tmp)


def test_tag__selects():
    tagged = {s["id"] for s in rolecall("list", "--json", status=OK).json()
              if "smoke" in s["tags"] and "direct" in s["tags"] and "ui" not in s["tags"]}
    true(tagged, "there are some")
    doc = report("login/*-direct", "--tag", "smoke", status=OK)
    equal(set(verdicts(doc)), {i for i in tagged if i.startswith("login/")})


def test_tag__unknown():
    refused(["--tag", "nope"], "no scenario has the tag 'nope'")


def test_shard__all_together_are_all_and_none_twice():
    selected = ids("login/viewer-d", "login/admin-d", "login/wrong-password-d")
    seen = []
    for i in (1, 2):
        seen += list(verdicts(report(*selected, "--shard", "%d/2" % i)))
    twins = [x for x in seen if x.endswith("+twin")]
    equal(sorted(set(seen) - set(twins)), selected)
    equal(twins, ["login/wrong-password-direct+twin"], "a twin comes with its scenario")


def test_shard__empty():
    refused(["login/viewer-direct", "--shard", "2/2"], "nothing selected: this shard is empty")


# ---- twins ----


def test_twins__come_with_what_is_negative():
    doc = report("tokens/wrong-audience", "tokens/wrong-issuer", "login/wrong-password-direct",
                 status=OK)
    equal(verdicts(doc), {"tokens/wrong-audience": "pass", "tokens/wrong-issuer": "pass",
                          "login/wrong-password-direct": "pass",
                          "tokens/wrong-audience+twin": "pass",
                          "login/wrong-password-direct+twin": "pass"})
    equal([s.get("twin_of") for s in doc["scenarios"]][3:],
          ["login/wrong-password-direct", "tokens/wrong-audience"])
    equal((doc["summary"]["scenarios"], doc["summary"]["twins"]), (5, 2))


def test_twins__are_left_out_on_demand():
    equal(verdicts(report("tokens/wrong-audience", "--no-twins", status=OK)),
          {"tokens/wrong-audience": "pass"})


def test_twins__are_the_scenario_that_does_the_same():
    equal(list(verdicts(report("tokens/wrong-audience", "login/admin-ui", status=OK))),
          ["login/admin-ui", "tokens/wrong-audience"])


def test_twins__fail_where_everything_is_refused():
    """Nobody gets through with another client secret: what is to be refused is, and the rest too."""
    broken = '{"authentik": {"provider": {"client_secret": "another"}}}'
    ran = rolecall("run", "login/wrong-password", "--patch", broken, status=FAIL)
    contains(ran.out, "fail  login/wrong-password+twin\n")
    contains(ran.out, "again     rolecall run login/wrong-password --patch "
             "'{\"authentik\": {\"provider\": {\"client_secret\": \"[client-secret]\"}}}'\n")
    contains(ran.out, "scenarios      2:  1 pass, 1 fail")
    contains(ran.out, "twins          1 of them, where all is well\n")


def test_again__is_the_run_once_more():
    """The line can be pasted: the same options, as a shell takes them."""
    broken = """{"people": {"bob": {"name": "O'Hara"}}, "authentik": {"provider": {"signing_key": "none"}}}"""
    ran = rolecall("run", "login/viewer-direct", "--patch", broken, "--seed", "7", status=FAIL)
    line = next(l for l in ran.out.splitlines() if l.startswith("    again     "))
    words = shlex.split(line)[2:]
    equal(words, ["run", "login/viewer-direct", "--patch", broken, "--seed", "7"])
    again = rolecall(*words, status=FAIL)
    contains(again.out, line)
    # The twin: without options there are none.
    contains(rolecall("run", "login/viewer-direct", "--sentinel", "authentik=500", status=ERROR).out,
             "again     rolecall run login/viewer-direct --sentinel authentik=500\n")


# ---- the library on a setup of one's own ----


def test_library__who_is_not_in_the_setup_is_skipped():
    nobody = '{"people": {"alice": null, "bob": null, "carol": null, "dave": null, ' \
             '"erin": {"groups": ["ArgoCD Admins"]}}}'
    doc = report("roles/*", "factors/*", "login/admin-ui", "--patch", nobody, "--no-twins", status=OK)
    by_id = {s["id"]: s for s in doc["scenarios"]}
    equal(by_id["login/admin-ui"]["verdict"], "pass")
    equal(by_id["factors/none-denied"]["verdict"], "skip")
    contains(by_id["factors/none-denied"]["reason"], "as: alice: the setup has no such person")


OWN_SETUP = """authentik:
  version: "2026.2"
  url: https://sso.corp.example
  application: {slug: argo-cd, bindings: [{group: platform}, {group: readers}]}
  provider:
    client_id: corp-7f3a
    client_secret: my_client_secret
    signing_key: rsa
    authorization_flow: explicit
    redirect_uris:
      - {matching_mode: regex, url: 'https://argo\\.corp\\.example/.*'}
      - {matching_mode: strict, url: http://localhost:8085/auth/callback}
    scopes: [openid, email, profile, offline_access]
    mappings:
      profile: {name: "${user.name}", preferred_username: "${user.username}", groups: "${user.groups}"}
  groups: [platform, readers]
argocd:
  version: "3.5"
  from: [argocd-cm.yaml, argocd-rbac-cm.yaml, argocd-secret.yaml]
people:
  tina: {groups: [platform], email: tina@corp.example, name: Tina, totp: JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP}
  rob: {groups: [readers], email: rob@corp.example, name: Rob}
  con: {groups: [contractors], email: con@corp.example, name: Con}
"""


def own_setup(tmp):
    """Other names and other choices than the guide's, in everything the README tells of."""
    for old in (cli.ROOT / "scenarios/guide").glob("argocd-*.yaml"):
        text = old.read_text()
        for was, name in (("argocd.company", "argo.corp.example"), ("my_client_id", "corp-7f3a"),
                          ("authentik.company/application/o/argocd/",
                           "sso.corp.example/application/o/argo-cd/"),
                          ("ArgoCD Admins", "platform"), ("ArgoCD Viewers", "readers")):
            text = text.replace(was, name)
        write(tmp, old.name, text)
    write(tmp, "setup.yaml", OWN_SETUP)
    return tmp


def test_library__runs_on_a_setup_of_ones_own(tmp):
    """What the texts of the library name is the setup's; the rest is skipped, with its reason."""
    doc = report("--setup", own_setup(tmp), "--no-twins", "access/*", "documents/*", "redirects/*",
                 "roles/*", "login/*", "requests/*", "factors/*", "upgrades/*", "tokens/groups-*",
                 "tokens/no-audience", "wire/authentik-cut", "wire/authentik-oversize",
                 "provider/mapping-*", "defects/everybody-*", "refresh/*", status=OK)
    by_id = {s["id"]: s for s in doc["scenarios"]}
    for name in ("documents/other-issuer", "requests/rp-prompt-login", "roles/nobody-ui",
                 "tokens/groups-missing", "wire/authentik-cut"):
        equal(by_id[name]["verdict"], "pass", name)
    for name in ("tokens/groups-extra", "roles/two-hundred-groups"):
        equal(by_id[name]["verdict"], "skip", name)
        contains(by_id[name]["reason"], "it is about the guide's people, groups or redirect URIs")


def test_library__a_folder_without_setup_yaml():
    """ConfigMaps and Terraform alone: people are made for the groups, and a relying party of its own gets its code at
    Dex's redirect URI, where no other is registered."""
    base = cli.DATA / "mistakes/base"
    contains(rolecall("run", "--setup", base, "login/admin-ui", status=OK).err,
             "base: made to fit, as no file says it: people: one for each group (member1 …) and one for none (outsider)")
    doc = report("--setup", base, "--no-twins", "login/*", "roles/*", "cli/*", "connector/built-*", "requests/dex-*",
                 "enforcement/other-registered-redirect", status=OK)
    by_id = {s["id"]: s for s in doc["scenarios"]}
    equal((by_id["login/admin-ui"]["verdict"], by_id["login/viewer-direct"]["verdict"]), ("pass", "pass"))
    asked = [e["request"]["url"] for e in by_id["login/viewer-direct"]["trace"] if e["kind"] == "exchange"]
    true(any("redirect_uri=https%3A%2F%2Fargocd.company%2Fapi%2Fdex%2Fcallback" in url for url in asked), asked)
    equal([e["to"] for e in by_id["login/viewer-direct"]["trace"]
           if e["kind"] == "exchange" and "/api/dex/callback?" in e["request"]["url"]], ["rp"], "Dex does not see the code")
    contains(by_id["enforcement/other-registered-redirect"]["reason"], "the provider has one for Dex alone")
    patterns = json.dumps({"authentik": {"provider": {"redirect_uris": [{"matching_mode": "regex", "url": "https://argocd[.]company/.*"}]}}})
    doc = report("--setup", base, "--patch", patterns, "--no-twins", "login/viewer-direct", "login/viewer-ui", status=OK)
    equal(verdicts(doc), {"login/viewer-direct": "skip", "login/viewer-ui": "pass"})
    contains(doc["scenarios"][0]["reason"], "has nowhere to get its code: the provider registers patterns only")


def test_library__a_setup_without_people(tmp):
    """Somebody signs in there, too; with a live authentik nobody can be made up."""
    shutil.copytree(cli.ROOT / "scenarios/guide", tmp / "own")
    text = (tmp / "own/setup.yaml").read_text()
    (tmp / "own/setup.yaml").write_text(text[:text.index("people:")])
    ran = rolecall("run", "login/admin-ui", "--setup", tmp / "own", status=OK)
    contains(ran.err, "own/setup.yaml: made to fit, as no file says it: people: one for each group (member1 …) and one for none (outsider)")
    contains(rolecall("who", "member1", "--setup", tmp / "own", status=OK).out, "directory   ArgoCD Admins\n")
    live = json.dumps({"live": {"authentik": {"url": "https://127.0.0.1:1"}}})
    ran = rolecall("run", "login/admin-ui", "--setup", tmp / "own", "--patch", live)
    lacks(ran.err, "made to fit")
    contains(ran.out + ran.err, "nobody fits 'admin'")


def test_library__what_a_scenario_brings_about_is_no_reason_to_leave_it_out():
    """oidc.config and allowedGroups of the scenario's own are what it is about; of the setup they are a reason."""
    doc = report("--setup", cli.DATA / "mistakes/base", "cli/oidc-cli-client", "connector/allowed-groups-*", status=OK)
    equal({s["verdict"] for s in doc["scenarios"] if "guide" not in s.get("reason", "")}, {"pass"})
    own = json.dumps({"dex": {"connectors": {"authentik": {"config": {"allowedGroups": ["Others"]}}}}})
    doc = report("--setup", cli.DATA / "mistakes/base", "--patch", own, "login/admin-ui", "cli/oidc-cli-client", status=None)
    by_id = {s["id"]: s for s in doc["scenarios"]}
    contains(by_id["login/admin-ui"]["reason"], "none of the groups that Dex's allowedGroups let in")
    equal(by_id["cli/oidc-cli-client"]["verdict"], "pass")


PERSON = """resource "authentik_user" "%s" {
  username = "%s"
  email    = "%s@company.example"
  groups   = [authentik_group.groups["%s"].id]
}
"""
BINDING = """resource "authentik_policy_binding" "bound" {
  target = authentik_application.argocd.uuid
  user   = authentik_user.%s.id
  order  = 0
}
"""


def test_library__nobody_has_a_role(tmp):
    """Without anybody who could sign in nothing is shown to work, which is not the same as well."""
    shutil.copytree(cli.DATA / "mistakes/base", tmp / "own")
    (tmp / "own/people.tf").write_text(PERSON % ("ada", "ada", "ada", "ArgoCD Admins"))
    text = (tmp / "own/argocd-rbac-cm.yaml").read_text()
    (tmp / "own/argocd-rbac-cm.yaml").write_text(text.replace("g, ArgoCD", "g, argocd"))
    (tmp / "own/people.tf").write_text((PERSON % ("ada", "ada", "ada", "ArgoCD Admins")).replace('[authentik_group.groups["ArgoCD Admins"].id]', "[]"))
    ran = rolecall("run", "--setup", tmp / "own", "login/*", status=ERROR)
    contains(ran.out, "\nNOT JUDGED: nobody here fits who was to sign in; nothing was judged at all\n")
    contains(ran.err, "own: the configuration itself has ")


def test_library__who_may_open_the_application_is_chosen(tmp):
    """Of two who suit, the one whom the bindings let in; errors are told of after a run that went well, too."""
    shutil.copytree(cli.DATA / "mistakes/base", tmp / "own")
    (tmp / "own/people.tf").write_text(PERSON % ("ada", "ada", "ada", "ArgoCD Admins") + PERSON % ("zoe", "zoe", "zoe", "ArgoCD Admins"))
    for name in ("ada", "zoe"):
        (tmp / "own/binding.tf").write_text(BINDING % name)
        doc = report("--setup", tmp / "own", "--no-twins", "login/admin-ui", status=OK)
        contains(json.dumps(doc["scenarios"][0]), '"%s@company.example"' % name)
    (tmp / "own/groups.tf").write_text('resource "authentik_group" "more" {\n  name = local.none\n}\n')
    ran = rolecall("run", "--setup", tmp / "own", "login/admin-ui", status=OK)
    contains(ran.err, "own: the configuration itself has 1 error and 0 warnings: rolecall check --setup ")


def test_library__the_guides_folder_is_no_other_setup():
    guide = cli.ROOT / "scenarios/guide"
    equal(verdicts(report("tokens/groups-extra", "--no-twins", "--setup", guide, status=OK)),
          {"tokens/groups-extra": "pass"})


# ---- a scenario that is wrong ----


def wrong(tmp, text, *texts):
    write(tmp, "x.yaml", text)
    refused(["x.yaml"], *texts, cwd=tmp)
    # With a good one beside it, nothing runs either.
    refused(["login/viewer-direct", "x.yaml"], *texts, cwd=tmp)


def test_wrong__unknown_key(tmp):
    wrong(tmp, GOOD.replace("via:", "vai:"),
          "x.yaml:3:25: unknown key 'vai' in a login; did you mean 'via'?")
    wrong(tmp, GOOD.replace("steps:", "stpes:"),
          "x.yaml:2:1: unknown key 'stpes'", "did you mean 'steps'?")
    wrong(tmp, "setup: {authentik: {provider: {signing_keys: ec}}}\n" + GOOD,
          "x.yaml:1:32: unknown key 'signing_keys'", "did you mean 'signing_key'?")


def test_wrong__unknown_fault(tmp):
    wrong(tmp, GOOD + "faults: [authentik/id-token.wrong-adu]\n",
          "x.yaml:5:10: unknown fault 'authentik/id-token.wrong-adu'; "
          "did you mean 'authentik/id-token.wrong-aud'?")


def test_wrong__unknown_check(tmp):
    wrong(tmp, GOOD.replace("signed-in}", "signed-in, checks: {fail: [authentik/id-token.algo]}}"),
          "x.yaml:4:", "unknown check 'authentik/id-token.algo'", "'authentik/id-token.alg'?")


def test_wrong__unknown_person(tmp):
    wrong(tmp, GOOD.replace("viewer,", "alicia,"),
          "x.yaml:3:17: unknown person 'alicia'; did you mean 'alice'?")
    wrong(tmp, GOOD.replace("viewer,", "zebulon-the-third,"),
          "x.yaml:3:17: unknown person 'zebulon-the-third'")


def test_wrong__person_that_the_scenario_adds_is_known(tmp):
    write(tmp, "x.yaml", "setup: {people: {erin: {groups: [ArgoCD Viewers]}}}\n" +
          GOOD.replace("viewer,", "erin,"))
    equal(verdicts(report("x.yaml", status=OK, cwd=tmp)), {"x.yaml": "pass"})


def test_wrong__unknown_place_and_party(tmp):
    refusal = "{outcome: refused, by: authentik, at: login, shown: Invalid password}"
    base = GOOD.replace("{outcome: signed-in}", refusal)
    wrong(tmp, base.replace("at: login", "at: lgoin"), "x.yaml:4:", "'lgoin'",
          "did you mean 'login'?")
    wrong(tmp, base.replace("by: authentik", "by: authentic"), "x.yaml:4:", "'authentic'",
          "did you mean 'authentik'?")


def test_wrong__silence_is_no_expectation(tmp):
    wrong(tmp, GOOD.split("    expect")[0], "x.yaml:3:", "silence never passes")


def test_wrong__not_yaml(tmp):
    wrong(tmp, "title: [\n", "x.yaml:2:1: ")


def test_wrong__fault_that_never_played_is_an_error(tmp):
    write(tmp, "x.yaml", GOOD + "faults: [cli/verifier.wrong]\n")
    ran = rolecall("run", "x.yaml", status=ERROR, cwd=tmp)
    contains(ran.out, "the fault cli/verifier.wrong was never played")
    lacks(ran.out, "everything as expected")


def test_wrong__fault_of_a_step_that_never_played_is_an_error(tmp):
    write(tmp, "x.yaml", GOOD + "    faults: [cli/verifier.wrong]\n")
    contains(rolecall("run", "x.yaml", status=ERROR, cwd=tmp).out,
             "the fault cli/verifier.wrong was never played")


cli.main()
