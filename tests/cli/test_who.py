#!/usr/bin/env python3
"""`rolecall who PERSON`: the chain from the directory to what Argo CD allows."""

import json

import cli
from cli import FAIL, GUIDE, OK, USAGE, contains, equal, lacks, rolecall, true


def patched(person, patch, status=OK, *more):
    return rolecall("who", person, "--patch", json.dumps(patch), *more, status=status)


def rights(doc, part):
    return {"%(action)s %(resource)s" % r for r in doc[part]}


def test_who__admin(tmp):
    out = rolecall("who", "alice", status=OK).out
    contains(out, "alice, Alice Admin, alice@company.example\n  directory   ArgoCD Admins\n"
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
    contains(ran.out, "  not in      refused by dex at callback\n  seen        Login failed.\n  log         failed to authenticate")
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


def test_usage(tmp):
    contains(rolecall("who", status=USAGE).err, "who: one person is needed, 0 given")
    contains(rolecall("who", "alcie", status=USAGE).err, "did you mean 'alice'?")
    contains(rolecall("who", "alice", "--setup", tmp, status=USAGE).err, "setup.yaml")


cli.main()
