#!/usr/bin/env python3
"""`rolecall check`: files of every kind from the outside, the formats, the exit status, and what it says
of files that are none."""

import json
import resource
import subprocess

import cli
from cli import DATA, FAIL, GUIDE, OK, USAGE, contains, equal, lacks, rolecall, true, write

BASE = DATA / "mistakes" / "base"
SHAPES = DATA / "shapes"
BROKEN = DATA / "broken"
PUBLISHED = cli.ROOT / "scenarios" / "guide-as-published"
FORMATS = ["text", "json", "sarif", "github"]


def case(rule):
    """The files of base/ with those of the rule in their place; NAME.absent is without that one."""
    own = DATA / "mistakes" / rule
    shared = [f for f in sorted(BASE.iterdir()) if not (own / f.name).exists() and not (own / (f.name + ".absent")).exists()]
    return shared + [f for f in sorted(own.iterdir()) if f.suffix != ".absent"]


# ---- what there is ----


def test_check__what_is_right(tmp):
    equal(rolecall("check", BASE, status=OK).out, "no mistakes found\n")
    equal(rolecall("check", BASE, "--format", "github", status=OK).out, "")
    equal(rolecall("check", "--setup", BASE, status=OK).out, "no mistakes found\n")
    doc = rolecall("check", BASE, "--format", "json", status=OK).json()
    equal(doc, {"schema": "rolecall.check/1", "summary": {"error": 0, "warning": 0, "note": 0}, "mistakes": []})


def test_check__status(tmp):
    rolecall("check", *case("issuer-slash"), status=FAIL)
    rolecall("check", *case("rbac-default-open"), status=OK)
    rolecall("check", *case("rbac-default-open"), "--strict", status=FAIL)
    rolecall("check", *case("scope-openid-twice"), "--strict", status=OK)
    rolecall("check", "--setup", GUIDE, status=OK)


def test_check__text_names_place_and_what_to_do(tmp):
    out = rolecall("check", *case("issuer-slash"), status=FAIL).out
    contains(out, "issuer-slash/argocd-cm.yaml:13:19: error: ")
    contains(out, "\n              issuer: https://authentik.company/application/o/argocd\n"
             "                      ^\n")
    contains(out, "    seen: did not match the issuer URL")
    contains(out, "    fix:  end it with a slash\n    shown by: rolecall run provider/issuer-without-slash\n")
    contains(out, "1 error, 0 warnings, 0 notes\n")


def test_check__json(tmp):
    doc = rolecall("check", *case("issuer-slash"), "--format", "json", status=FAIL).json()
    equal(doc["summary"], {"error": 1, "warning": 0, "note": 0})
    one = doc["mistakes"][0]
    equal((one["rule"], one["severity"], one["line"], one["column"]), ("issuer-slash", "error", 13, 19))
    equal(one["scenario"], "provider/issuer-without-slash")
    true(one["file"].endswith("issuer-slash/argocd-cm.yaml"), one["file"])


def test_check__github_escapes(tmp):
    odd = write(tmp, "a,b:c.yaml", (DATA / "mistakes/issuer-slash/argocd-cm.yaml").read_text())
    out = rolecall("check", odd, "--format", "github", status=FAIL).out
    contains(out, "::error file=%s," % str(odd).replace(":", "%3A").replace(",", "%2C"))
    contains(out, ",line=13,col=19,title=issuer-slash::")
    contains(out, "%0AFix: end it with a slash\n")
    equal(out.count("\n"), 1)


def test_check__proofs_are_scenarios(tmp):
    known = {s["id"] for s in rolecall("list", "scenarios", "--json", status=OK).json()}
    for rule in sorted(p.name for p in (DATA / "mistakes").iterdir() if p.name != "base"):
        text = (cli.ROOT / "tests/golden/mistakes" / (rule + ".txt")).read_text()
        for line in text.splitlines():
            if "shown by: rolecall run " in line:
                true(line.split()[-1] in known, "%s: no scenario %s" % (rule, line.split()[-1]))


def test_check__rules(tmp):
    out = rolecall("check", "--rules", status=OK).out
    equal(len(out.splitlines()), len(list((DATA / "mistakes").iterdir())) - 1)
    contains(out, "redirect-slash         error    ")


# ---- where it is from ----


def test_check__stream(tmp):
    stream = "---\n".join(f.read_text() for f in case("group-case") if f.suffix == ".yaml")
    ran = rolecall("check", "-", BASE / "argocd.tf", stdin=stream, status=FAIL)
    contains(ran.out, "<stdin>:")
    contains(ran.out, "[group-case]")


def test_check__guide_as_published(tmp):
    out = rolecall("check", SHAPES / "guide-as-published", status=FAIL).out
    for rule in ["terraform-undeclared", "placeholder", "scope-openid-twice", "redirect-unused"]:
        contains(out, "[%s]" % rule)
    found = {m["rule"]: m["severity"] for m in
             rolecall("check", "--setup", PUBLISHED, "--format", "json", status=FAIL).json()["mistakes"]}
    equal(found, {"terraform-undeclared": "error", "redirect-slash": "error", "redirect-cli-https": "error",
                  "scope-openid-twice": "note"})


def test_check__no_secret_in_any_format(tmp):
    for name in FORMATS:
        for rule in ["client-secret", "client-secret-plain", "secret-dollar", "secret-blank",
                     "client-secret-encoded"]:
            out = rolecall("check", *case(rule), "--format", name).out
            for secret in ["a-client-secret", "another-secret", "a-$ecret-one", "YS1jbGllbnQtc2VjcmV0"]:
                lacks(out, secret)


def test_check__patch(tmp):
    patch = '{"dex": {"connectors": {"authentik": {"config": {"issuer": "https://authentik.company/application/o/argocd"}}}}}'
    out = rolecall("check", BASE, "--patch", patch, status=FAIL).out
    contains(out, "--patch: error: 'https://authentik.company/application/o/argocd' lacks the slash at its end [issuer-slash]\n    seen:")
    rolecall("check", *case("issuer-slash"), "--patch", patch.replace("argocd\"", "argocd/\""), status=OK)
    contains(rolecall("check", BASE, "--patch", "[]", status=USAGE).err, "--patch: expected a JSON object, found array")


# ---- proving ----

# What no login of ours shows: Terraform or Kubernetes refuses it, or it is about pages, other replicas,
# or a right that nobody misses.
NO_LOGIN = ["argocd-additional-urls", "argocd-rootpath", "argocd-url-missing", "argocd-url-scheme", "blueprint-undeclared",
            "dex-replicas", "group-unknown", "manifest-not-text", "rbac-default-role", "rbac-effect", "rbac-match-mode",
            "redirect-cli-https", "redirect-regex", "terraform-duplicate", "terraform-undeclared", "provider-choice"]


def proofs(*args, status=FAIL):
    doc = rolecall("check", "--prove", "--format", "json", *args, status=status).json()
    equal((doc["schema"], len(doc["proofs"])), ("rolecall.check/1", doc["summary"]["error"]))
    return doc["proofs"]


def test_prove__each_error_by_a_login(tmp):
    severities = {l.split()[0]: l.split()[1] for l in rolecall("check", "--rules", status=OK).out.splitlines()}
    for rule in sorted(r for r, s in severities.items() if s == "error"):
        folder = DATA / "mistakes" / rule
        args = ["--setup", folder] if (folder / "setup.yaml").exists() else case(rule)
        found = {p["proof"] for p in proofs(*args) if p["rule"] == rule}
        equal(found, {"no-login" if rule in NO_LOGIN else "confirmed"}, rule)


def test_prove__text(tmp):
    out = rolecall("check", "--prove", *case("issuer-slash"), status=FAIL).out
    contains(out, "proof, by 8 logins on mocks of this configuration:\n")
    contains(out, "[issuer-slash] confirmed: member1 ui: refused by argocd at start, with 'did not match the issuer'\n")
    contains(rolecall("check", "--prove", BASE, status=OK).out, "  there is no error to prove\n")


def test_prove__guide_as_published(tmp):
    found = {p["rule"]: (p["proof"], p["text"]) for p in proofs("--setup", PUBLISHED)}
    equal(found["redirect-slash"], ("confirmed", "member1 ui: refused by authentik at authorize, with 'mismatching redirection URI'"))
    equal({r: p[0] for r, p in found.items()}, {"redirect-slash": "confirmed", "redirect-cli-https": "no-login",
                                                "terraform-undeclared": "no-login"})


def test_prove__one_hides_the_other(tmp):
    files = [f for f in case("issuer-slash") if f.name != "argocd.tf"] + [DATA / "mistakes/signing-key/argocd.tf"]
    found = {p["rule"]: (p["proof"], p["text"]) for p in proofs(*files)}
    equal(found["issuer-slash"][0], "confirmed")
    equal(found["signing-key"], ("hidden", "not reached: member1 ui: refused by argocd at start"))


def test_prove__no_secret(tmp):
    for more in ([], ["--format", "json"]):
        lacks(rolecall("check", "--prove", *case("client-secret"), *more, status=FAIL).out, "another-secret")


# ---- mending ----


def copied(tmp, rule):
    return [write(tmp, f.name, f.read_text()) for f in case(rule)]


def test_fix__each_safe_one_is_mended(tmp):
    rows = [
        ("issuer-slash", "argocd-cm.yaml", "+          issuer: https://authentik.company/application/o/argocd/\n"),
        ("issuer-path", "argocd-cm.yaml", "+          issuer: https://authentik.company/application/o/argocd/\n"),
        ("argocd-url-slash", "argocd-cm.yaml", "+  url: https://argocd.company\n"),
        ("groups-off", "argocd-cm.yaml", "+          insecureEnableGroups: true\n"),
        ("redirect-slash", "argocd.tf", '+      url           = "https://argocd.company/api/dex/callback"\n'),
        ("redirect-scheme", "argocd.tf", '+      url           = "https://argocd.company/api/dex/callback"\n'),
        ("rbac-scopes-list", "argocd-rbac-cm.yaml", "+  scopes: '[groups]'\n"),
    ]
    for rule, name, line in rows:
        folder = tmp / rule
        files = copied(folder, rule)
        before = {f: f.read_text() for f in files}
        asked = rolecall("check", *files, "--fix", status=FAIL)
        contains(asked.out, "--- %s\n+++ %s\n@@ line " % (folder / name, folder / name))
        contains(asked.out, line)
        contains(asked.err, "nothing written; --fix --yes writes it")
        equal({f: f.read_text() for f in files}, before)
        contains(rolecall("check", *files, "--fix", "--yes", status=FAIL).err, "1 file written\n")
        equal(rolecall("check", *files, status=OK).out, "no mistakes found\n")
        equal([f.name for f in files if f.read_text() != before[f]], [name])


def test_fix__keeps_everything_else(tmp):
    text = (DATA / "mistakes/issuer-slash/argocd-cm.yaml").read_text()
    odd = text.replace("          issuer: https://authentik.company/application/o/argocd\n",
                       "          # our issuer\n\n"
                       "          issuer:   'https://authentik.company/application/o/argocd'  # no slash\n").rstrip("\n")
    path = write(tmp, "cm.yaml", odd)
    path.chmod(0o640)
    rolecall("check", path, "--fix", "--yes", status=FAIL)
    equal(path.read_text(), odd.replace("o/argocd'", "o/argocd/'"))
    equal(path.stat().st_mode & 0o777, 0o640)
    equal([p.name for p in tmp.iterdir()], ["cm.yaml"])


def test_fix__flow_map_gets_its_flag(tmp):
    head, _, _ = (BASE / "argocd-cm.yaml").read_text().partition("        config:\n")
    path = write(tmp, "cm.yaml", head + "        config: {issuer: 'https://a.b/application/o/argocd/', clientID: x, "
                 "clientSecret: $dex.authentik.clientSecret}\n")
    contains(rolecall("check", path, "--fix", "--yes", status=FAIL).out,
             "+          config: {insecureEnableGroups: true, issuer: ".replace("          ", "        "))
    rolecall("check", path, status=OK)


def test_fix__nothing_to_mend(tmp):
    contains(rolecall("check", *case("group-case"), "--fix", "--yes", status=FAIL).err,
             "nothing that can be changed without asking what is meant")


def test_fix__says_no_secret(tmp):
    path = write(tmp, "cm.yaml", "kind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n  url: https://a.b\n"
                 "  dex.config: |\n    connectors: [{type: oidc, id: a, name: a, config: {issuer: "
                 "'https://c.d/application/o/x', clientID: x, clientSecret: very-secret-text, "
                 "insecureEnableGroups: true}}]\n")
    out = rolecall("check", path, "--fix", status=FAIL).out
    contains(out, "/application/o/x/'")
    lacks(out, "very-secret-text")


# ---- whom the application lets in ----


def bound(tmp, policy, more=""):
    """base/ with its application bound to the admins, and another policy."""
    write(tmp, "bound/binding.tf", """resource "authentik_policy_binding" "admins" {
  target = authentik_application.argocd.uuid
  group  = authentik_group.groups["ArgoCD Admins"].id
  order  = 0
}
""" + more)
    rbac = write(tmp, "bound/argocd-rbac-cm.yaml", "kind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: |\n" +
                 "".join("    %s\n" % l for l in policy) + "  scopes: '[groups, email]'\n")
    write(tmp, "bound/argocd.tf", (BASE / "argocd.tf").read_text())
    return [BASE / n for n in ("argocd-cm.yaml", "argocd-secret.yaml")] + [tmp / "bound/argocd.tf", tmp / "bound/binding.tf", rbac]


def test_binding__a_group_in_other_letters_is_told_of_once(tmp):
    out = rolecall("check", *bound(tmp, ["g, argocd admins, role:admin"]), status=FAIL).out
    contains(out, "[group-case]")
    lacks(out, "[binding]")
    out = rolecall("check", *bound(tmp, ["g, argocd viewers, role:readonly"]), status=FAIL).out
    contains(out, "[group-case]")
    contains(out, "keep members of 'ArgoCD Viewers' out")
    out = rolecall("check", *bound(tmp, ["g, Nothing Like It, role:admin"]), status=FAIL).out
    contains(out, "[group-unknown]")
    lacks(out, "[binding]")


def test_binding__people_whom_the_policy_names_by_address(tmp):
    people = """resource "authentik_user" "eve" {
  username = "eve"
  email    = "eve@company.example"
}
resource "authentik_user" "ada" {
  username = "ada"
  email    = "ada@company.example"
  groups   = [authentik_group.groups["ArgoCD Admins"].id]
}
"""
    files = bound(tmp, ["g, eve@company.example, role:admin", "g, ada@company.example, role:admin", "g, ArgoCD Admins, role:admin"], people)
    out = rolecall("check", *files, status=OK).out
    contains(out, "warning: the application's bindings keep 'eve' (eve@company.example) out [binding]")
    contains(out, "0 errors, 1 warning, 2 notes\n")


# ---- what is not known is not taken for absent ----


def with_base(tmp, *names):
    """base/ without its Terraform; more of it by name."""
    return [BASE / n for n in ("argocd-cm.yaml", "argocd-rbac-cm.yaml", "argocd-secret.yaml") + names]


SCOPE = "goauthentik.io/providers/oauth2/scope-"


def plan_of(tmp, provider, application, configuration, prior):
    """A plan that makes provider and application, each by count."""
    def planned(kind, address, values):
        return {"type": "authentik_" + kind, "address": "authentik_" + address, "mode": "managed", "values": values}
    uris = [{"matching_mode": "strict", "url": "https://argocd.company/api/dex/callback"}]
    groups = [planned("group", "group.%s" % g, {"name": "ArgoCD " + g}) for g in ("Admins", "Viewers", "Deployers")]
    doc = {"planned_values": {"root_module": {"resources": [
        planned("provider_oauth2", "provider_oauth2.this[0]",
                {"name": "p", "client_id": "my_client_id", "signing_key": "k", "allowed_redirect_uris": uris, **provider}),
        planned("application", "application.this[0]", {"name": "a", "slug": "argocd", **application})] + groups}},
        "configuration": {"root_module": {"resources": [{"address": "authentik_" + a, "expressions": e} for a, e in configuration.items()]}},
        "prior_state": {"values": {"root_module": {"resources": prior}}}}
    return write(tmp, "plan.json", json.dumps(doc, indent=1))


def test_plan__a_reference_finds_its_instance(tmp):
    """Before the first apply the provider has no id; the configuration says of which instance it is."""
    instance = ["authentik_provider_oauth2.this[0].id", "authentik_provider_oauth2.this[0]", "authentik_provider_oauth2.this"]
    for references in (instance, ["authentik_provider_oauth2.this", "each.key"]):
        path = plan_of(tmp, {"property_mappings": ["m"]}, {}, {"application.this": {"protocol_provider": {"references": references}}},
                       [{"type": "authentik_property_mapping_provider_scope", "address": "data.authentik_property_mapping_provider_scope.s",
                         "mode": "data", "values": {"id": "m", "managed_list": [SCOPE + s for s in ("openid", "email", "profile")]}}])
        equal(rolecall("check", path, *with_base(tmp)).out, "no mistakes found\n", references)
    other = plan_of(tmp, {"property_mappings": ["m"]}, {}, {"application.this": {"protocol_provider": {"references": ["var.provider"]}}}, [])
    out = rolecall("check", other, *with_base(tmp), status=OK).out
    contains(out, "'provider' of authentik_application.this is not known here (known after apply); it is taken to be the one")
    contains(out, "which scope this mapping stands for is not known here")
    none = plan_of(tmp, {"property_mappings": ["m"]}, {"protocol_provider": 7}, {}, [])
    contains(rolecall("check", none, *with_base(tmp), status=FAIL).out, "[no-application]")


def test_plan__ids_of_mappings_that_are_looked_up(tmp):
    """A data source has the ids beside what was looked up; one that lacks a scope still lacks it."""
    linked = {"application.this": {"protocol_provider": {"references": ["authentik_provider_oauth2.this[0].id"]}}}
    linked["application.this"]["protocol_provider"]["references"] += ["authentik_provider_oauth2.this[0]"]
    for scopes, status in ((("openid", "email", "profile"), OK), (("openid", "email"), FAIL)):
        path = plan_of(tmp, {"property_mappings": ["u%d" % i for i in range(len(scopes))]}, {}, linked,
                       [{"type": "authentik_property_mapping_provider_scope", "address": "data.authentik_property_mapping_provider_scope.s",
                         "mode": "data", "values": {"id": "-1", "ids": ["u%d" % i for i in range(len(scopes))],
                                                    "managed_list": [SCOPE + s for s in scopes]}}])
        out = rolecall("check", path, *with_base(tmp), status=status).out
        contains(out, "no mistakes found" if status == OK else "[scope-mapping]")


def test_terraform__a_list_of_mappings_that_is_not_known(tmp):
    """A condition is not evaluated: nothing is said of scopes but that, and `who` does not say that none is attached."""
    text = (BASE / "argocd.tf").read_text()
    start = text.index("managed_list")
    known = text[start:text.index("]", start) + 1]
    file = write(tmp, "argocd.tf", text.replace(known, 'managed_list = [for s in setproduct(["openid"]) : "%s${s}"]' % SCOPE))
    ran = rolecall("check", file, *with_base(tmp), status=OK)
    contains(ran.out, "'managed_list' of data.")
    contains(ran.out, "0 errors, 0 warnings, 1 note\n")
    for one in with_base(tmp):
        write(tmp, one.name, one.read_text())
    contains(rolecall("who", "member1", "--setup", tmp).out, ": taken to be attached; which are is not known here\n")
    file = write(tmp, "argocd.tf", text.replace(known, known.replace("openid", "open-id")))
    contains(rolecall("check", file, *with_base(tmp), status=FAIL).out, "no mapping for scope 'openid'")


FOR = """locals {
  people = {
    ada = { mail = "ada@company.example", groups = ["admins"] }
    zoe = { mail = "zoe@company.example", groups = ["viewers", "admins"] }
  }
  names = { for key in ["Admins", "Viewers", "Deployers"] : "ArgoCD ${key}" => key }
}
resource "authentik_group" "groups" {
  for_each = { for title, key in local.names : key => title }
  name     = each.value
}
resource "authentik_group" "old" {
  for_each = toset([for g in ["admins", "viewers"] : g])
  name     = each.key
}
resource "authentik_user" "people" {
  for_each = local.people
  username = each.key
  email    = each.value.mail
  groups   = [for g in each.value.groups : authentik_group.old[g].id]
}
resource "authentik_group" "all" {
  name  = "all"
  users = [for i, u in authentik_user.people : u.id]
}
"""


def test_terraform__for(tmp):
    """Lists and objects of lists, objects and resources; the names of a `for` hold inside it only."""
    text = (BASE / "argocd.tf").read_text()
    known = text[text.index("managed_list"):text.index("]") + 1]
    looped = 'managed_list = [for s in [%s] : "' + SCOPE + '${s}"]'
    base = text[:text.index('resource "authentik_group"')]
    file = write(tmp, "argocd.tf", base.replace(known, looped % '"openid", "email", "profile"') + FOR)
    for one in with_base(tmp):
        write(tmp, one.name, one.read_text())
    equal(rolecall("check", tmp, status=OK).out, "no mistakes found\n")
    doc = rolecall("who", "--matrix", "--json", "--setup", tmp).json()
    equal({p["person"]: p["groups"] for p in doc["people"]}, {"ada": ["admins", "all"], "zoe": ["viewers", "admins", "all"]})
    file.write_text(base.replace(known, looped % '"openid", "email"') + FOR)
    contains(rolecall("check", tmp, status=FAIL).out, "no mapping for scope 'profile'")
    file.write_text(base + FOR.replace("authentik_group.old[g].id", "authentik_group.old[title].id"))
    contains(rolecall("check", tmp, status=FAIL).out, "[terraform-undeclared]")


FUNCTIONS = [  # what it is written as, the names of the groups; None: not worked out
    ('keys({ b = 1, a = 2 })', ["a", "b"]), ('values({ b = "x", a = "y" })', ["y", "x"]), ('keys("x")', None),
    ('keys(merge({ a = 1 }, { b = 2 }, null))', ["a", "b"]), ('keys(merge({ a = 1 }, ["x"]))', None),
    ('flatten([["a", ["b"]], [], "c"])', ["a", "b", "c"]), ('flatten("a")', None),
    ('compact(["a", "", null, "b"])', ["a", "b"]), ('compact({})', None),
    ('[lookup({ a = "x" }, "a", "y"), lookup({ a = "z" }, "b", "w")]', ["x", "w"]), ('lookup({ a = ["x"] }, "b")', None),
    ('[join("-", ["a", "b"])]', ["a-b"]), ('[join("-", [["a"]])]', None),
    ('[tostring(length(["a", "b"]) == 2 ? "x" : "y")]', ["x"]), ('[length("ä") == 1 ? "x" : "y"]', None),
    ('[contains(["a"], "a") && !contains(["a"], "b") ? "x" : "y"]', ["x"]), ('[contains({}, "a") ? "x" : "y"]', None),
    ('[coalesce("", null, "a", "b")]', ["a"]), ('[coalesce("", null)]', None), ('sort(["b", "a"])', ["a", "b"]), ('sort(["b", ["a"]])', None),
    ('[one(["a"]), coalesce(one([]), "b")]', ["a", "b"]), ('[one(["a", "b"])]', None),
    ('[replace("a-b-c", "-", ".")]', ["a.b.c"]), ('[replace("a", "/a/", "b")]', None), ('[replace("a", "", "b")]', None),
    ('[trimprefix("abc", "ab"), trimsuffix("abc", "bc"), trimspace(" x ")]', ["c", "a", "x"]), ('[trimprefix("a", 1)]', None),
    ('[startswith("abc", "ab") ? "x" : "y", endswith("abc", "ab") ? "x" : "z"]', ["x", "z"]), ('[startswith(1, "a") ? "x" : "y"]', None),
    # operators
    ('["a", "b"][1 - 1] == "a" ? ["x"] : ["y"]', ["x"]), ('1 + 2 * 3 == 7 && 7 % 4 == 3 && 6 / 3 == 2 && -1 < 0 ? ["x"] : ["y"]', ["x"]),
    ('1 <= 1 && 2 >= 3 ? ["x"] : ["y"]', ["y"]), ('7 / 2 == 3 ? ["x"] : ["y"]', None), ('1 / 0 == 1 ? ["x"] : ["y"]', None), ('"a" < "b" ? ["x"] : ["y"]', None),
    ('var.unset == "" && false ? ["x"] : ["y"]', ["y"]), ('true || var.unset ? ["x"] : ["y"]', ["x"]), ('var.unset || false ? ["x"] : ["y"]', None),
    ('var.unset == "prod" ? ["x"] : ["y"]', None), ('!("a" != "b") ? ["x"] : ["y"]', ["y"]), ('null == null ? ["x"] : ["y"]', ["x"]),
    ('"x" ? ["x"] : ["y"]', None), ('!"x" ? ["x"] : ["y"]', None), ('-"x" == 1 ? ["x"] : ["y"]', None), ('"true" ? ["x"] : ["y"]', ["x"]),
    ('authentik_group.other.id == "" || authentik_group.other.id == null ? ["x"] : ["y"]', ["y"]), ('authentik_group.other.id == "u" ? ["x"] : ["y"]', None),
    # what is picked
    ('[{ n = "a" }, { n = "b" }][*].n', ["a", "b"]), ('[[{ n = "a" }], [{ n = "b" }]][*][0].n', ["a", "b"]), ('null[*]', []), ('"a"[*]', ["a"]),
    ('[{ a = "x" }["a"]]', ["x"]), ('[{ a = "x" }[1 > 2 ? "b" : "a"]]', ["x"]), ('[{ a = "x" }[var.unset]]', None), ('[{ a = "x" }["b"]]', None), ('[{ a = "x" }[["a"]]]', None),
    ('[for n in ["a", "b", "c"] : n if n != "b"]', ["a", "c"]), ('[for n in ["a"] : n if var.unset]', None), ('[for n in ["a"] : n if "x"]', None),
    ('keys({ for k, v in { a = 1, b = 2 } : k => v if v > 1 })', ["b"]), ('[for n in authentik_group.other[*] : n.name]', ["other"]),
    ('[lower("ÄA")]', None), ('[lower("AB"), upper("cd")]', ["ab", "CD"]),
    ('[format("%s of %s, 100%%", "a", "b")]', ["a of b, 100%"]), ('[format("%s")]', None), ('[format("%d-%v%%", 1, "x")]', ["1-x%"]), ('[format("%d", "1")]', None), ('[format("%05d", 1)]', None), ('[format("%s", 1)]', None), ('[format("%")]', None),
    ('keys(merge([{ a = 1 }, { b = 2 }]...))', ["a", "b"]), ('concat([["a"], ["b"]]..., ["c"])', ["a", "b", "c"]), ('[join(["-", ["a", "b"]]...)]', ["a-b"]), ('keys(merge(var.unset...))', None), ('toset(["a"]...)', None), ('[["a"]...]', None),
    ('[try({ a = "x" }.b, "y")]', ["y"]), ('[try({ a = "x" }.a, "y")]', ["x"]), ('[try(var.unset, "y")]', None), ('[try({}.a)]', None),
    ('[for k, v in var.typed : "${k}-${v.mode == null ? "none" : v.mode}-${v.level}-${join("", v.list)}"]', ["p-none-3-", "q-m-4-z"]),
    ('[file("${path.module}/name.txt")]', ["from a file"]), ('[file("${path.module}/../name.txt")]', None), ('[file("/etc/hostname")]', None), ('[file("${path.root}/none.txt")]', None),
    ('[format("a", "b")]', None), ('keys({}, {})', None), ('flatten([for u in ["a", "b"] : [u, upper(u)]])', ["a", "A", "b", "B"]),
    ('keys(var.unset)', None), ('distinct(concat(["a"], keys({ b = 1 })))', ["a", "b"])]


TYPED = """variable "typed" {
  type    = map(object({ mode = optional(string), level = optional(number, 3), list = optional(list(string), []) }))
  default = { p = { mode = null, other = 1 }, q = { mode = "m", level = 4, list = ["z"] } }
}
"""


def test_terraform__functions(tmp):
    """Each of what lists of groups are put together with; what is none of its arguments is named, not guessed."""
    for text, names in FUNCTIONS:
        write(tmp, "name.txt", "from a file")
        write(tmp, "a.tf", TYPED + 'variable "unset" {}\nresource "authentik_group" "g" {\n  for_each = toset(%s)\n  name = each.key\n}\n'
              'resource "authentik_group" "other" {\n  name = "other"\n}\n' % text)
        write(tmp, "rbac.yaml", "kind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: |\n    g, ArgoCD Nobody, role:admin\n")
        out = rolecall("check", tmp, "--format", "json").json()["mistakes"]
        found = {m["rule"] for m in out}
        equal(found, {"not-evaluated"} if names is None else {"group-unknown"}, text)
        for name in names or []:
            write(tmp, "rbac.yaml", "kind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: |\n    g, \"%s\", role:admin\n" % name)
            equal(rolecall("check", tmp, status=OK).out, "no mistakes found\n", text + name)


def test_terraform__a_module_is_read_from_where_its_source_says(tmp):
    """One environment alone, named as a folder, as a file, or from within: its modules lie beside it. Twice is once."""
    shape = DATA / "shapes/terraform-environments"
    prod = shape / "infra/envs/prod"
    for args in ([prod], [prod / "main.tf"], [prod, prod / "main.tf"], [prod, shape / "infra/modules"]):
        ran = rolecall("check", *args, shape / "k8s", status=FAIL)
        contains(ran.out, "infra/modules/argocd-sso/main.tf:28:39: error: ")
        contains(ran.out, "3 errors, 0 warnings, 2 notes\n")
    ran = rolecall("check", ".", "../../../k8s", cwd=prod, status=FAIL)
    contains(ran.out, "\n../../modules/argocd-sso/main.tf:28:39: error: ")
    contains(rolecall("who", "--groups", "ArgoCD Admins", "--setup", shape).out, "redirect_uri=https://argocd.prod.example.com/api/dex/callback")


def test_terraform__what_is_about_other_things_is_not_looked_at(tmp):
    """A folder without anything of authentik, nor in what it calls, is none of ours; nor are override files."""
    for one in with_base(tmp, "argocd.tf"):
        write(tmp, "sso/" + one.name, one.read_text())
    write(tmp, "network/main.tf", 'resource "aws_vpc" "x" {\n  cidr = local.nowhere\n}\nmodule "m" {\n  source = "../m"\n}\n')
    write(tmp, "m/main.tf", 'output "x" {\n  value = aws_vpc.nowhere.id\n}\n')
    equal(rolecall("check", tmp, status=OK).out, "no mistakes found\n")
    write(tmp, "sso/x_override.tf", 'resource "authentik_group" "groups" {\n  name = "x"\n}\n')
    contains(rolecall("check", tmp, status=OK).out, "sso/x_override.tf:1:1: note: passed over: what an override file changes")
    write(tmp, "m/more.tf", 'resource "authentik_group" "g" {\n  name = "g"\n}\n')
    out = rolecall("check", tmp, status=FAIL).out
    contains(out, "'local.nowhere' is not declared")
    contains(out, "'aws_vpc.nowhere' is not declared")


def test_terraform__modules_are_bounded(tmp):
    """Each of them calls the next twice."""
    call = 'module "%s" {\n  source = "../%d"\n}\n'
    for i in range(25):
        write(tmp, "%d/main.tf" % i, call % ("a", i + 1) + call % ("b", i + 1) + 'resource "authentik_group" "g" {\n  name = "g"\n}\n')
    write(tmp, "25/main.tf", 'resource "authentik_group" "g" {\n  name = "g"\n}\n')
    ran = rolecall("check", tmp)
    contains(ran.out, "note: what 'module.b' makes is left out: the modules come to too much [not-evaluated]\n")
    contains(ran.out, "note: what 'module.a' makes is left out: modules lie too deep in modules here [not-evaluated]\n")


def test_terraform__a_key_that_is_not_there(tmp):
    """Terraform calls it an invalid index, unless it is tried; none there is of what is made no times."""
    groups = 'resource "authentik_group" "g" {\n  for_each = toset(["argocd-admins", "argocd-viewers"])\n  name = each.key\n}\n' \
        'resource "authentik_group" "none" {\n  count = 0\n  name = "none"\n}\n'
    user = 'resource "authentik_user" "u" {\n  username = "u"\n  groups = [%s]\n}\n'
    for text, told in (('authentik_group.g["argocd-admns"].id', "'authentik_group.g' has no [\"argocd-admns\"]; did you mean [\"argocd-admins\"]?"),
                       ('[for k in ["viewers"] : authentik_group.g[k].id][0]', "'authentik_group.g' has no [\"viewers\"]"),
                       ('authentik_group.none[0].id', "'authentik_group.none' has no [0]"),
                       ('try(authentik_group.none[0].id, authentik_group.g["argocd-admns"].id, authentik_group.g["argocd-admins"].id)', None),
                       ('try(authentik_group.nowhere.id, "x")', "'authentik_group.nowhere' is not declared"),
                       ('authentik_group.g["argocd-viewers"].id', None)):
        out = rolecall("check", write(tmp, "a.tf", groups + user % text), status=FAIL if told else OK).out
        contains(out, told + " [terraform-undeclared]\n" if told and "nowhere" not in told else told or "no mistakes found\n")


def test_terraform__for_is_bounded(tmp):
    """Loops in loops end in a note, soon."""
    many = ", ".join('"%d"' % i for i in range(3000))
    loops = "".join("[for %s in local.l : " % c for c in "abcd") + "d" + "]" * 4
    write(tmp, "a.tf", 'locals {\n  l = [%s]\n  x = %s\n}\nresource "authentik_group" "g" {\n  name = local.x\n}\n'
          'resource "authentik_group" "h" {\n  name = "h"\n}\n' % (many, loops))
    contains(rolecall("check", tmp / "a.tf", status=USAGE).err, "come to more than 32 MB of values")

CM = """kind: ConfigMap
metadata: {name: argocd-cm}
data:
  url: https://argocd.company
  dex.config: |
    connectors:
      - type: oidc
        id: authentik
        name: authentik
        config: {issuer: "https://authentik.company/application/o/argocd", clientID: %s, clientSecret: %s, insecureEnableGroups: true}
"""


def test_fix__what_is_no_file_of_ones_own_stays(tmp):
    """stdin and a plan are shown what would change, and are not written."""
    ran = rolecall("check", "-", "--fix", "--yes", status=FAIL, stdin=CM % ("x", "abcdef"))
    contains(ran.out, "--- <stdin>\n")
    contains(ran.out, "+        config: {issuer: \"https://authentik.company/application/o/argocd/\",")
    contains(ran.err, "rolecall: <stdin> is left as it is: it is no file; change what the text is made from\n")
    lacks(ran.err, "written")
    provider = {"type": "authentik_provider_oauth2", "address": "authentik_provider_oauth2.a", "mode": "managed",
                "values": {"client_id": "x", "signing_key": "k", "allowed_redirect_uris": [
                    {"matching_mode": "strict", "url": "https://argocd.company/api/dex/callback/"}]}}
    plan = write(tmp, "plan.json", json.dumps({"planned_values": {"root_module": {"resources": [provider]}}}, indent=1))
    own = write(tmp, "cm.yaml", CM % ("x", "abcdef"))
    before = plan.read_text()
    ran = rolecall("check", plan, own, "--fix", "--yes", status=FAIL)
    lacks(ran.out, "+++ %s" % plan)
    contains(ran.out, "+++ %s" % own)
    contains(ran.err, "plan.json is left as it is: Terraform makes it; change the .tf files\n1 file written\n")
    equal(plan.read_text(), before)
    contains(own.read_text(), "/application/o/argocd/\"")


DEX = "connectors:\\n- type: oidc\\n  id: a\\n  name: a\\n  config: {issuer: https://ak.company/application/o/argocd/, clientID: a, clientSecret: $x}\\n"


def test_fix__a_text_whose_lines_are_not_the_files(tmp):
    """Escaped or folded: nothing of it has a line of its own, and no other line is changed."""
    head = "kind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n  url: https://argocd.company\n"
    tail = "---\nkind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: \"g, a, role:nope\\ng, b, role:nope\\n\"\n"
    folded = "  dex.config: >\n" + "".join("    %s\n\n" % l for l in DEX.split("\\n"))
    for text in ('  dex.config: "%s"\n' % DEX, folded):
        path = write(tmp, "cm.yaml", head + text + tail)
        ran = rolecall("check", path, "--fix", "--yes", status=FAIL)
        contains(ran.out, "%s:%d:" % (path, 5 if text != folded else 6))
        contains(ran.out, "cm.yaml:%d:15: error: no line says what 'role:nope' may do" % ((head + text + tail).count("\n")))
        equal(path.read_text(), head + text + tail)
    policy = json.dumps({"kind": "ConfigMap", "metadata": {"name": "argocd-rbac-cm"}, "data": {"policy.csv": "g, Devs, role:admin\ng, Ops, role:readonly\n"}}, indent=1)
    write(tmp, "own/rbac.json", policy)
    contains(rolecall("who", "--groups", "Ops", "--setup", tmp / "own", status=OK).out, "  policy      policy.csv:2  g, Ops, role:readonly\n")


def test_fix__links_stay_and_nothing_beside_is_touched(tmp):
    cm = CM % ("x", "abcdef")
    real, beside = write(tmp, "real/cm.yaml", cm), write(tmp, "real/cm.yaml.rolecall", "mine")
    (tmp / "link.yaml").symlink_to("real/cm.yaml")
    contains(rolecall("check", tmp / "link.yaml", "--fix", "--yes", status=FAIL).err, "1 file written\n")
    true((tmp / "link.yaml").is_symlink(), "a link stays one")
    contains(real.read_text(), "/application/o/argocd/\"")
    equal(beside.read_text(), "mine")
    equal(sorted(p.name for p in (tmp / "real").iterdir()), ["cm.yaml", "cm.yaml.rolecall"])
    real.write_text(cm)
    (tmp / "hard.yaml").hardlink_to(real)
    contains(rolecall("check", real, "--fix", "--yes", status=FAIL).err, "cm.yaml is left as it is: it has a second name (a hard link)")
    (tmp / "hard.yaml").unlink()
    real.chmod(0o444)
    contains(rolecall("check", real, "--fix", "--yes", status=FAIL).err, "cm.yaml is left as it is: it may not be written\n")
    equal(real.read_text(), cm)


def test_fix__bytes_around_stay(tmp):
    """Quotes in quotes, ends of lines, and comments that say what the value says."""
    rbac = "kind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: g, a, role:admin\n  scopes: %s\n"
    path = write(tmp, "rbac.yaml", rbac % "groups'email")
    rolecall("check", path, "--fix", "--yes")
    equal(path.read_text(), rbac % "'[groups''email]'")
    cm = ("kind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n  url: https://argocd.company\n  dex.config: |\n    connectors:\n"
          "    - type: oidc\n      id: a\n      name: a\n      config:\n%s        issuer: https://ak.company/application/o/argocd/\n        clientID: a\n"
          "        clientSecret: $x\n")
    path = tmp / "cm.yaml"
    path.write_bytes((cm % "").replace("\n", "\r\n").encode())
    rolecall("check", path, "--fix", "--yes", status=FAIL)
    equal(path.read_bytes(), (cm % "        insecureEnableGroups: true\n").replace("\n", "\r\n").encode())
    flag = "        insecureEnableGroups: False # false is wrong\n"
    path.write_text(cm % flag)
    contains(rolecall("check", path, "--fix", "--yes", status=FAIL).err, "nothing that can be changed")
    equal(path.read_text(), cm % flag)


# ---- no secret ----


def test_secrets__whatever_way_they_are_written(tmp):
    """Known or not, quoted, escaped, numbers, in texts within texts, in expressions: none comes out."""
    secret = "hunter2-Zq9xW"
    oidc = "  oidc.config: |\n    name: a\n    issuer: https://ak.company/application/o/argocd\n    clientID: x\n    clientSecret: %s\n"
    dex = "  dex.config: |\n    connectors:\n    - {type: oidc, id: a, name: a, config: {issuer: https://ak.company/application/o/argocd, clientID: x, clientSecret: %s}}\n"
    head = "kind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n  url: https://argocd.company/\n"
    rows = [("cm.yaml", head + part % value, hidden) for part in (oidc, dex) for value, hidden in (
        (secret, secret), ("8812345678901", "8812345678901"), ('"pa\\"ss-Zq9xW"', "ss-Zq9xW"), ("'hunt''er2-Zq9xW'", "er2-Zq9xW"), ("x1z", "x1z"))]
    tf = 'resource "authentik_provider_oauth2" "a" {\n  name = "a"\n  client_id = "x"\n  client_secret = %s\n}\n'
    rows += [("a.tf", tf % value, secret) for value in (
        'var.y ? "%s" : "%s"' % (secret, secret), 'base64encode("%s")' % secret, 'nope("a, b", "%s")' % secret, '"pre-%s-${var.nope}"' % secret)]
    blueprint = ("version: 1\nmetadata: {name: x}\nentries:\n- model: authentik_providers_oauth2.oauth2provider\n  id: p\n  identifiers: {name: p}\n"
                 "  attrs:\n    client_id: x\n    client_secret: %s\n")
    rows += [("b.yaml", blueprint % value, secret) for value in ('!Format ["%%s-%s", !Env X]' % secret, '!Context [s, "%s"]' % secret)]
    helm = "configs:\n  cm:\n    url: https://argocd.company/\n  secret: {argocdServerAdminPassword: %s, extra: {a: b}}\n" % secret
    rows += [("values.yaml", helm, secret)]
    plan = {"planned_values": {"root_module": {"resources": [
        {"type": "authentik_provider_oauth2", "address": "authentik_provider_oauth2.%s" % n, "mode": "managed",
         "values": {"client_id": n, "client_secret": secret + n, "private_key": secret, "other_token": secret, "redirect_uris": [{"matching_mode": "x", "url": "x"}]}}
        for n in "ab"]}}}
    rows += [("plan.json", json.dumps(plan), secret), ("plan.json", json.dumps(plan).replace(secret, secret * 200), secret)]
    for name, text, hidden in rows:
        path = write(tmp, name, text)
        for more in ([], ["--format", "json"], ["--format", "sarif"], ["--format", "github"], ["--fix"]):
            ran = rolecall("check", path, *more)
            true(ran.status in (OK, FAIL), str(ran))
            lacks(ran.out + ran.err, hidden)
    shown = rolecall("check", write(tmp, "cm.yaml", head + dex % "$dex.a.clientSecret")).out
    contains(shown, "clientSecret: $dex…")
    contains(rolecall("check", write(tmp, "a.tf", tf % "var.secret")).out, "client_secret = var.secret")


# ---- what a terminal gets ----


def test_text__stdin_has_source_lines(tmp):
    out = rolecall("check", "-", status=FAIL, stdin=CM % ("x", "abcdef")).out
    contains(out, "<stdin>:10:26: error: ")
    contains(out, "    config: {issuer: \"https://authentik.company/application/o/argocd\", clientID: x, clientSecret: ***")
    contains(out, "\n                     ^\n")


def test_text__a_line_of_megabytes_is_shown_around_the_place(tmp):
    uris = [{"matching_mode": "strict", "url": "https://other.company/%d" % i} for i in range(20000)]
    provider = {"type": "authentik_provider_oauth2", "address": "authentik_provider_oauth2.a", "mode": "managed",
                "values": {"client_id": "x", "allowed_redirect_uris": uris + [
                    {"matching_mode": "strict", "url": "https://argocd.company/api/dex/callback/"}]}}
    plan = write(tmp, "plan.json", json.dumps({"planned_values": {"root_module": {"resources": [provider]}}}))
    out = rolecall("check", plan, write(tmp, "cm.yaml", CM % ("x", "abcdef")), status=FAIL).out
    shown = [l for l in out.splitlines() if "/api/dex/callback/" in l and l.startswith("    …")]
    true(shown and len(shown[0]) < 130, out[:2000])
    true(all(len(l) < 700 for l in out.splitlines()), "a line is cut")


def test_text__nothing_that_a_terminal_obeys(tmp):
    """What stands in files is shown, not carried out: escapes, C1 controls, marks that turn the writing."""
    odd = "\x1b[31m\u009b1m\u202e\x07"
    policy = "kind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: %s\n  scopes: %s\n" % (
        json.dumps("p, a%s, aplications, get, *, allow\ng, x, role:%s\n" % (odd, odd)), json.dumps(odd))
    named = tmp / "a\x1b[31m.yaml"
    named.write_text(policy)
    for fmt in ("text", "github"):
        out = rolecall("check", named, "--format", fmt, status=FAIL).out
        contains(out, "\\x1b[31m\\x9b1m\\u202e\\x07")
        true(not any(c in out for c in "\x1b\u009b\u202e\x07"), repr(out))
    for name, text in (("q.tf", "a = \x1b[31m\n"), ("\x1b[31m.yaml", "kind: ConfigMap\n\x1b: [\n"), ("r.yaml", "kind: X\nx: !\u009b31m y\n")):
        (tmp / name).write_text(text)
        err = rolecall("check", tmp / name, status=USAGE).err
        true(not any(c in err for c in "\x1b\u009b"), repr(err))
    contains(rolecall("who", "\x1b[31m", status=USAGE).err, "unknown person '\\x1b[31m'")


def test_text__a_secret_that_is_a_word(tmp):
    """Who calls a secret "secret" finds it masked where it stands, and not in the names of keys."""
    cm = write(tmp, "cm.yaml", CM % ("secret", "secret"))
    tf = write(tmp, "a.tf", 'resource "authentik_provider_oauth2" "a" {\n  name = "a"\n  client_id = "secret"\n'
               '  client_secret = "secret"\n  sub_mode = "hashed_user_secret"\n}\n')
    out = rolecall("check", cm, tf, status=FAIL).out
    contains(out, "clientSecret: ***, insecure")
    lacks(out, "client_***")
    lacks(out, "*** ***")
    lacks(out, ": secret")


def test_text__a_link_back_is_not_followed_again(tmp):
    folder = tmp / "k"
    (folder / "sub").mkdir(parents=True)
    (folder / "cm.yaml").write_text(CM % ("x", "abcdef"))
    (folder / "sub/back").symlink_to("..")
    equal(rolecall("check", folder, status=FAIL).out.count("[issuer-slash]"), 1)
    for i in range(8):
        (folder / ("d%d" % i)).mkdir()
    for i in range(8):
        for k in range(8):
            (folder / ("d%d/l%d" % (i, k))).symlink_to("../d%d" % k)
    (folder / "a-link").symlink_to("d3")
    (folder / "d3/rbac.yaml").write_text("kind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: g, a, role:none\n")
    out = rolecall("check", folder, status=FAIL).out
    contains(out, "k/d3/rbac.yaml:4:")
    equal(out.count("[rbac-role]"), 1)


# ---- what is wrong with the asking ----


def test_usage__nothing(tmp):
    contains(rolecall("check", status=USAGE).err, "nothing to look at; give --setup DIR, or your files")


def test_usage__both(tmp):
    contains(rolecall("check", "--setup", GUIDE, BASE, status=USAGE).err, "not both")


def test_usage__format(tmp):
    contains(rolecall("check", BASE, "--format", "sarf", status=USAGE).err, "did you mean 'sarif'?")
    contains(rolecall("check", BASE, "--format", "yaml", status=USAGE).err, "there are text, json, sarif, github")


def test_usage__one_document(tmp):
    for args in (["--prove", "--format", "sarif"], ["--prove", "--format", "github"]):
        contains(rolecall("check", BASE, *args, status=USAGE).err, "--prove writes text or json; --format %s has no place" % args[-1])
    contains(rolecall("check", BASE, "--fix", "--format", "json", status=USAGE).err, "--fix shows a diff, which --format json has no place for")


def test_usage__broken_files(tmp):
    """One file for each thing that a reader refuses, and the whole of what it says of it."""
    rows = [l.split("\t") for l in (BROKEN / "expected.tsv").read_text().splitlines()]
    equal(sorted(f.name for f in BROKEN.iterdir() if f.suffix != ".tsv"), sorted(name for name, _ in rows))
    for name, message in rows:
        equal(rolecall("check", BROKEN / name, status=USAGE).err, "rolecall: %s%s\n" % (BROKEN / name, message))


def test_usage__no_file(tmp):
    contains(rolecall("check", tmp / "none.yaml", status=USAGE).err, "none.yaml': No such file or directory")
    (tmp / "k").mkdir()
    contains(rolecall("check", tmp / "k", status=USAGE).err, "no .yaml, .yml, .json, .tf or .tfvars file below it")


def test_usage__nothing_understood(tmp):
    """A folder whose only file is passed over has not been looked at, which must not pass for right."""
    write(tmp, "a/values.yaml", "configs: {cm: text}\n")
    contains(rolecall("check", tmp / "a", status=USAGE).err,
             "a: nothing of authentik or Argo CD is in it; %s:1: passed over: 'configs/cm' is a map of texts" % (tmp / "a/values.yaml"))
    write(tmp, "b.tf", "a = 1\n")
    contains(rolecall("check", tmp / "b.tf", status=USAGE).err, "b.tf: nothing of authentik or Argo CD is in it\n")


def test_check__roles_and_groups_of_projects(tmp):
    """An AppProject defines roles and gives them to groups; one that is in no file is taken to."""
    project = ("apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: team-a}\nspec:\n  roles:\n"
               "    - name: deployer\n      policies: ['p, proj:team-a:deployer, applications, sync, team-a/*, allow']\n"
               "      groups: [argocd-team-a]\n---\n")
    rbac = ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: |\n"
            "    g, devs, proj:%s\n    g, argocd-admins, role:admin\n")
    groups = "".join('resource "authentik_group" "%s" {\n  name = "%s"\n}\n' % (g, g) for g in ("devs", "argocd-admins", "argocd-team-a"))
    write(tmp, "groups.tf", groups)
    for role, said in (("team-a:deployer", None), ("team-b:anything", None), ("team-a:deploy", "no line says what 'proj:team-a:deploy' may do")):
        write(tmp, "rbac.yaml", project + rbac % role)
        ran = rolecall("check", tmp, status=OK if said is None else FAIL)
        contains(ran.out, said or "no mistakes found")


def test_roles__as_far_as_the_enforcer_goes(tmp):
    """A role that is too many lines away from rights gives none, which is an error as it is a no."""
    for n in (9, 10, 11, 12):
        policy = "g, Devs, role:r1\n" + "".join("g, role:r%d, role:r%d\n" % (i, i + 1) for i in range(1, n)) + "p, role:r%d, applications, get, */*, allow\n" % n
        write(tmp, "rbac.json", json.dumps({"kind": "ConfigMap", "metadata": {"name": "argocd-rbac-cm"}, "data": {"policy.csv": policy}}))
        can = rolecall("who", "--groups", "Devs", "--can", "get applications a/b", "--setup", tmp)
        equal(can.status, OK if n <= 10 else FAIL)
        equal("no line says what 'role:r1' may do" in rolecall("check", tmp).out, n > 10, str(n))


def test_usage__huge(tmp):
    """100 MB, and documents that name themselves again and again, to billions: an error, in little memory and time."""
    with open(tmp / "big.yaml", "wb") as f:
        f.truncate(100 * 1024 * 1024)
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        "a%d: &a%d [%s]\n" % (i, i, ", ".join(["*a%d" % (i - 1)] * 10)) for i in range(1, 10))
    write(tmp, "laughs.yaml", "kind: List\n" + laughs)
    write(tmp, "laughs.tf", "locals {\n" + "".join("  a%d = [local.a%d, local.a%d]\n" % (i, i + 1, i + 1) for i in range(30)) +
          '  a30 = "x"\n}\nresource "authentik_group" "g" {\n  for_each = local.a0\n  name = local.a0\n}\n')
    rows = [("big.yaml", "larger than 8388608 bytes"), ("laughs.yaml", "document contains excessive aliasing"),
            ("laughs.tf", "nothing of authentik or Argo CD is in it")]
    for name, message in rows:
        p = subprocess.run([cli.BINARY, "check", str(tmp / name)], capture_output=True, text=True, timeout=20,
                           preexec_fn=None if "asan" in cli.BINARY or "tsan" in cli.BINARY else limit_memory)
        equal(p.returncode, USAGE, p.stderr)
        contains(p.stderr, message)


def test_usage__many(tmp):
    """Thousands of each thing take a moment: nothing looks through all of them for each of them."""
    def resource_(kind, i, values):
        return {"type": "authentik_" + kind, "address": "authentik_%s.x%d" % (kind, i), "mode": "managed", "values": values}
    n = 8000
    plan = [resource_("group", i, {"name": "argocd %d" % i, "id": "g%d" % i, "users": ["u%d" % i]}) for i in range(n)]
    plan += [resource_("user", i, {"username": "p%d" % i, "id": "u%d" % i}) for i in range(n)]
    plan += [resource_("provider_oauth2", i, {"client_id": "c%d" % i, "id": "v%d" % i}) for i in range(n)]
    plan += [resource_("application", i, {"slug": "s%d" % i, "protocol_provider": "v%d" % i}) for i in range(n)]
    write(tmp, "plan.json", json.dumps({"planned_values": {"root_module": {"resources": plan}}}))
    policy = "".join("g, argocd %d, role:r%d\n" % (i + 10, i) for i in range(n)) + "".join("g, role:r%d, role:r%d\n" % (i, i + 1) for i in range(n))
    write(tmp, "rbac.json", json.dumps({"kind": "ConfigMap", "metadata": {"name": "argocd-rbac-cm"}, "data": {"policy.csv": policy}}))
    write(tmp, "a.tf", "locals {\n  big = {\n" + "".join("    k%d = { name = \"n%d\" }\n" % (i, i) for i in range(n)) + "  }\n}\n"
          'resource "authentik_group" "more" {\n  for_each = local.big\n  name = local.big[each.key].name\n}\n')
    all_ = ["authentik_group.x%d.id" % i for i in range(n // 4)]
    instances = [dict(resource_("group", i, {"name": "of %d" % i}), address="authentik_group.of[%d]" % i) for i in range(n // 4)]
    write(tmp, "more/plan.json", json.dumps({"planned_values": {"root_module": {"resources": instances}}, "configuration": {"root_module": {
        "resources": [{"address": "authentik_group.of", "expressions": {"users": {"references": all_}}}]}}}))
    secret = {"kind": "Secret", "metadata": {"name": "argocd-secret"}, "stringData": {"k%d" % i: "value of %d" % i for i in range(n)}}
    write(tmp, "secret.json", json.dumps(secret))
    p = subprocess.run([cli.BINARY, "check", str(tmp)], capture_output=True, text=True, timeout=100)
    contains(p.stdout, "authentik has no group 'argocd 8000'; did you mean 'argocd ")
    contains(p.stdout, "no line says what 'role:r0' may do")
    equal(p.returncode, FAIL, p.stderr)


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


cli.main()
