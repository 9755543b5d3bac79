#!/usr/bin/env python3
"""`rolecall who PERSON`: the chain from the directory to what Argo CD allows."""

import json
import shutil

import cli
from cli import FAIL, GUIDE, OK, USAGE, contains, equal, lacks, rolecall, true, write


def patched(person, patch, status=OK, *more):
    return rolecall("who", person, "--patch", json.dumps(patch), *more, status=status)


def rights(doc, part):
    return {"%(action)s %(resource)s" % r for r in doc[part]}


def test_who__admin(tmp):
    out = rolecall("who", "alice", status=OK).out
    contains(out, "alice, Alice Admin, alice@company.example\n  directory   ArgoCD Admins\n"
                  "  mapping     authentik default OAuth Mapping: OpenID 'profile'\n"
                  "  authentik   ArgoCD Admins\n  dex         ArgoCD Admins\n  argocd      ArgoCD Admins\n"
                  "  signed in   alice@company.example (")
    contains(out, "  policy      %s  g, ArgoCD Admins, role:admin\n  roles       role:admin\n  may         applications     "
                  "get create update delete sync override\n" % (GUIDE / "argocd-rbac-cm.yaml:11"))
    lacks(out, "may not")


def test_who__viewer_and_nobody(tmp):
    bob = rolecall("who", "bob", "--json", status=OK).json()
    equal((bob["schema"], bob["outcome"], bob["roles"]), ("rolecall.who/1", "signed-in", ["role:readonly"]))
    true("get applications" in rights(bob, "may") and "sync applications" in rights(bob, "may_not"), str(bob))
    equal([g["line"] for g in bob["given_by"]], ["g, ArgoCD Viewers, role:readonly"])
    carol = rolecall("who", "carol", "--json", status=OK).json()
    equal((carol["groups"], carol["may"], carol["given_by"]), ([], [], []))
    contains(rolecall("who", "carol", status=OK).out, "  dex         (no claim)\n")
    contains(rolecall("who", "carol", status=OK).out, "  policy      no line gives anything\n  roles       (none)\n")


def test_who__by_role(tmp):
    equal(rolecall("who", "admin", "--json", status=OK).json()["person"], "alice")
    equal(rolecall("who", "both", "--json", status=OK).json()["person"], "dave")


def test_who__groups_lost_on_the_way(tmp):
    doc = patched("alice", {"dex": {"connectors": {"authentik": {"config": {"insecureEnableGroups": False}}}}}, OK, "--json").json()
    equal([(h["of"], h["groups"]) for h in doc["hops"]], [("authentik", ["ArgoCD Admins"]), ("dex", None)])
    equal((doc["argocd_groups"], doc["roles"], doc["may"]), ([], [], []))


def test_who__refused(tmp):
    ran = patched("alice", {"authentik": {"provider": {"signing_key": "none"}}}, FAIL)
    contains(ran.out, "  not in      refused by dex at callback\n  seen        Login failed.\n  log         dex: failed to get signing algorithm err=no signing key found\n  log         dex: failed to authenticate")
    contains(ran.out, 'unexpected signature algorithm "HS256"; expected ["RS256"]')
    doc = patched("alice", {"authentik": {"provider": {"signing_key": "none"}}}, FAIL, "--json").json()
    equal((doc["outcome"], doc["refused"]["by"], doc["refused"]["at"]), ("refused", "dex", "callback"))


def test_who__own_lines_and_default(tmp):
    policy = {"argocd": {"rbac_cm": {"policy.csv": "p, role:dep, applications, sync, */*, allow\ng, ArgoCD Viewers, role:dep\n",
                                     "policy.default": "role:readonly"}}}
    out = patched("bob", policy).out
    contains(out, "  policy      policy.csv:2  g, ArgoCD Viewers, role:dep\n")
    contains(out, "              policy.csv:1  p, role:dep, applications, sync, */*, allow\n")
    contains(out, "              default role\n")
    contains(out, "  may         applications     get sync\n")


def test_who__policy_that_does_not_load(tmp):
    out = patched("alice", {"argocd": {"rbac_cm": {"policy.csv": "g, a\n"}}}, None).out
    contains(out, "error loading RBAC policy")


def test_who__cli(tmp):
    equal(rolecall("who", "alice", "--cli", "--json", status=OK).json()["roles"], ["role:admin"])


def test_who__no_secret(tmp):
    for more in ([], ["--json"]):
        out = rolecall("who", "alice", "--setup", GUIDE, *more, status=OK).out
        for secret in ["my_client_secret", "eyJ", "a server key of the guide"]:
            lacks(out, secret)


def test_can__answers_with_the_line(tmp):
    yes = rolecall("who", "alice", "--can", "sync applications default/guestbook", status=OK).out
    contains(yes, "  can         sync applications default/guestbook: yes\n              group ArgoCD Admins has role:admin, by built-in  p, role:admin, applications, sync, */*, allow\n")
    no = rolecall("who", "bob", "--can", "sync applications default/guestbook", status=FAIL).out
    contains(no, "  can         sync applications default/guestbook: no\n"
                 "              no line of the policy, of a role or of policy.default allows it\n")
    deny = {"argocd": {"rbac_cm": {"policy.csv": "p, role:x, applications, sync, */*, deny\ng, ArgoCD Viewers, role:x\n"}}}
    doc = patched("bob", deny, FAIL, "--json", "--can", "sync applications default/guestbook").json()["can"]
    equal((doc["answer"], doc["line"], doc["place"]), ("no", "p, role:x, applications, sync, */*, deny", "policy.csv:1"))
    contains(rolecall("who", "bob", "--can", "sync", status=USAGE).err, "--can: 'sync' is no question; write ACTION RESOURCE OBJECT")


def test_can__words_that_no_policy_has(tmp):
    """A typing error must not come to a yes of role:admin, nor to a no."""
    rows = [("snyc applications a/b", "'snyc' is no action; did you mean 'sync'?"),
            ("sync aplications a/b", "'aplications' is no resource; did you mean 'applications'?"),
            ("fly applications a/b", "'fly' is no action; there are get, create, update, delete, sync, override, action, invoke"),
            ("get moons x", "'moons' is no resource; there are applications, applicationsets, clusters,"),
            ("sync applications guestbook", "objects of applications are PROJECT/NAME, found 'guestbook'; did you mean 'default/guestbook'?"),
            ("applications sync a/b", "the action comes first: 'sync applications a/b'")]
    for question, said in rows:
        contains(rolecall("who", "alice", "--can", question, status=USAGE).err, "rolecall: --can: " + said)
    for question in ("get clusters", "delete applications *", "action/apps/Deployment/restart applications a/b", "get write-repositories x"):
        contains(rolecall("who", "alice", "--can", question, status=OK).out, question + ": yes")


SINGLED_OUT = """kind: ConfigMap
metadata: {name: argocd-rbac-cm}
data:
  policy.csv: |
    p, role:dev, applications, get, team-a/*, allow
    p, role:dev, applications, action/apps/Deployment/restart, team-a/*, allow
    p, role:ops, applications, *, */*, allow
    p, role:ops, applications, delete, */db, deny
  policy.teams.csv: |
    # an overlay
    g, Devs, role:dev
    g, Ops, role:ops
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: team-b}
spec:
  roles:
    - name: deployer
      policies: ['p, proj:team-b:deployer, applications, sync, team-b/*, allow']
      groups: [Devs]
"""


def test_who__what_lines_single_out(tmp):
    """Rights in a project, exceptions, and lines of overlays and projects with their places."""
    file = write(tmp, "rbac.yaml", SINGLED_OUT)
    dev = rolecall("who", "member1", "--setup", tmp, status=OK).out
    contains(dev, "  policy      %s:11  g, Devs, role:dev\n" % file)
    contains(dev, "              AppProject team-b  g, Devs, proj:team-b:deployer\n")
    contains(dev, "  may         applications     team-a/*: get action/apps/Deployment/restart\n"
             "              applications     team-b/*: sync\n")
    contains(dev, "  may not     applications     get create update delete sync override")
    ops = rolecall("who", "member2", "--setup", tmp, status=OK).out
    contains(ops, "%s:8  p, role:ops, applications, delete, */db, deny\n" % file)
    contains(ops, "  may         applications     get create update delete sync override action/apps/Deployment/restart\n")
    contains(ops, "  may not     applications     */db: delete\n")
    table = rolecall("who", "--matrix", "--setup", tmp, status=OK).out.splitlines()
    equal([l.split() for l in table if "db" in l or "team-" in l],
          [["applications", "action/apps/Deployment/restart", "team-a/*", "yes", "yes", "-"], ["applications", "delete", "*/db", "-", "-", "-"],
           ["applications", "get", "team-a/*", "yes", "yes", "-"], ["applications", "sync", "team-b/*", "yes", "yes", "-"], ["projects", "get", "team-b", "yes", "-", "-"]])
    contains(rolecall("who", "--matrix", "--html", "--setup", tmp, status=OK).out, '<th scope="row">applications     delete */db</th>')
    many = "".join("    p, role:dev, applications, get, p%d/*, allow\n" % i for i in range(500))
    write(tmp, "rbac.yaml", SINGLED_OUT.replace("  policy.teams", many + "  policy.teams"))
    contains(rolecall("who", "member1", "--setup", tmp, status=OK).out, " more that lines of the policy single out; ask with --can\n")


def test_who__regular_expressions_are_asked_about_everything_only(tmp):
    policy = {"argocd": {"rbac_cm": {"policy.matchMode": "regex", "policy.csv":
              "p, role:x, applications, get, team-a/.*, allow\np, role:y, applications, get, .*, allow\ng, ArgoCD Viewers, role:x\ng, ArgoCD Admins, role:y\n"}}}
    doc = patched("bob", policy, OK, "--json").json()
    equal({r["object"] for r in doc["may_not"] + doc["may"]}, {"*", "*/*"})
    equal(patched("bob", policy, OK, "--can", "get applications team-a/x", "--json").json()["can"]["answer"], "yes")


def test_who__nothing_is_said_of_what_was_not_reached(tmp):
    """Dex does not start: nobody has asked authentik for anything, and Dex's own words are there."""
    broken = {"dex": {"connectors": {"authentik": {"config": {"issuer": "https://authentik.company/application/o/other/"}}}}}
    out = patched("alice", broken, FAIL).out
    lacks(out, "nobody asks for scope")
    contains(out, "  log         dex: ")
    doc = patched("alice", broken, FAIL, "--json").json()
    equal(doc["mappings"][0]["asked"], None)
    contains(doc["refused"]["logs"]["dex"][0], "failed to get provider")


def test_groups__somebody(tmp):
    doc = rolecall("who", "--groups", "ArgoCD Viewers,Others", "--json", status=OK).json()
    equal((doc["person"], doc["groups"], doc["roles"]), ("somebody", ["ArgoCD Viewers", "Others"], ["role:readonly"]))


def test_matrix__says_why_there_is_nothing(tmp):
    """Nobody signs in, or the policy does not load: that is the answer then, in text and page."""
    lost = {"authentik": {"provider": {"redirect_uris": []}}, "dex": {"connectors": {"authentik": {"config": {"clientSecret": "wrong"}}}}}
    ran = rolecall("who", "--matrix", "--patch", json.dumps(lost), status=None)
    contains(ran.out, "alice: refused by dex at callback: failed to authenticate")
    page = rolecall("who", "--matrix", "--html", "--patch", json.dumps(lost), status=None).out
    contains(page, '<p class="refused">alice: refused by dex at callback: failed to authenticate')
    lacks(rolecall("who", "--matrix", status=OK).out, "alice:")


def test_groups__with_a_comma():
    """Quoted as in a line of the policy; shown so that it is seen as one."""
    policy = {"argocd": {"rbac_cm": {"policy.csv": 'g, "platform, core", role:admin\n'}}}
    ran = rolecall("who", "--groups", '"platform, core",Others', "--patch", json.dumps(policy), status=OK)
    contains(ran.out, '  directory   "platform, core", Others\n')
    contains(ran.out, "  roles       role:admin\n")
    ran = rolecall("who", "--groups", 'a"b,c', status=USAGE)
    contains(ran.err, "--groups: 'a\"b,c' is no list of names: ")
    contains(ran.err, 'write A,B or "A, with a comma",B')


DEFAULT = "authentik default OAuth Mapping: OpenID 'profile'"


def test_who__scope_of_the_groups(tmp):
    own = {"authentik": {"provider": {"scopes": ["openid", "email", "profile", "teams"], "mappings": {"teams": {"groups": "${user.groups}"}}}}}
    equal(patched("alice", own, OK, "--json").json()["mappings"],
          [{"scope": "profile", "name": DEFAULT, "attached": True, "asked": True},
           {"scope": "teams", "name": None, "value": "${user.groups}", "place": "--patch", "attached": True, "asked": False}])
    contains(patched("alice", own).out, "  mapping     %s\n"
             "  mapping     --patch  groups = ${user.groups}, scope teams: nobody asks for scope teams\n" % DEFAULT)
    lost = {"authentik": {"provider": {"scopes": ["openid", "email"]}}}
    contains(patched("alice", lost, FAIL).out, "OpenID 'profile': not attached to the provider\n  authentik   (no claim)\n")


def test_who__place_of_the_mapping(tmp):
    shutil.copytree(GUIDE, tmp, dirs_exist_ok=True)
    text = (tmp / "setup.yaml").read_text().replace("  provider:\n", "  provider:\n    mappings:\n      teams:\n        groups: [a, b]\n", 1)
    write(tmp, "setup.yaml", text.replace("[openid, email, profile]", "[openid, email, profile, teams]"))
    line = text.splitlines().index("        groups: [a, b]") + 1
    contains(rolecall("who", "alice", "--setup", tmp, status=None).out,
             "  mapping     %s:%d  groups = [\"a\",\"b\"], scope teams" % (tmp / "setup.yaml", line))


def test_who__mapping_by_its_name(tmp):
    """As authentik's own pages call it; two that give groups are both told of."""
    base, twice = cli.DATA / "mistakes/base", cli.DATA / "mistakes/groups-twice"
    out = rolecall("who", "member1", "--setup", base, status=OK).out
    contains(out, "  mapping     %s\n" % DEFAULT)
    files = [base / "argocd-rbac-cm.yaml", base / "argocd-secret.yaml", *twice.iterdir()]
    for file in files:
        shutil.copy(file, tmp)
    contains(rolecall("who", "member1", "--setup", tmp, status=OK).out,
             "  mapping     %s/argocd.tf:20  argocd groups: groups = ${user.groups}, scope groups\n"
             "  mapping     %s\n"
             "  authentik   ArgoCD Admins, ArgoCD Admins\n" % (tmp, DEFAULT))


def test_who__a_folder_without_setup_yaml(tmp):
    base = cli.DATA / "mistakes/base"
    ran = rolecall("who", "member1", "--setup", base, status=OK)
    contains(ran.err, "base: authentik is taken to be at https://authentik.company")
    contains(ran.out, "  policy      %s:8  g, ArgoCD Admins, role:admin\n" % (base / "argocd-rbac-cm.yaml"))
    write(tmp, "a.txt", "")
    contains(rolecall("who", "x", "--setup", tmp, status=USAGE).err, "no .yaml, .yml, .json, .tf or .tfvars file below it")


def test_matrix(tmp):
    out = rolecall("who", "--matrix", status=OK).out
    contains(out, "                           alice    bob      carol    dave\n")
    contains(out, "applications     sync      yes      -        -        yes\n")
    contains(out, "exec             create    yes      -        -        yes\n")
    doc = rolecall("who", "--matrix", "--json", status=OK).json()
    equal([p["person"] for p in doc["people"]], ["alice", "bob", "carol", "dave"])
    page = rolecall("who", "--matrix", "--html", "--patch", '{"people": {"<b>": {"groups": []}}}', status=OK).out
    contains(page, "<th scope=\"col\">&lt;b&gt;</th>")
    contains(page, '<td class="yes">yes</td>')


def test_matrix__names_in_eight_columns(tmp):
    """Columns are characters, and none is cut in two."""
    people = json.dumps({"people": {"Annalenä-Maria": {"groups": []}, "Zoë": {"groups": []}}})
    head = rolecall("who", "--matrix", "--patch", people, status=OK).out.splitlines()[0]
    contains(head, " dave     Annalenä Zoë")


def test_usage(tmp):
    contains(rolecall("who", status=USAGE).err, "who: one of PERSON, --groups A,B and --matrix is needed, 0 given")
    contains(rolecall("who", "alice", "--matrix", status=USAGE).err, "2 given")
    contains(rolecall("who", "alice", "--html", status=USAGE).err, "--html is for --matrix")
    contains(rolecall("who", "--matrix", "--can", "get projects x", status=USAGE).err, "not for --matrix")
    contains(rolecall("who", "alcie", status=USAGE).err, "did you mean 'alice'?")
    contains(rolecall("who", "alice", "--setup", tmp, status=USAGE).err, "setup.yaml")


cli.main()
