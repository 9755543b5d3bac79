#!/usr/bin/env python3
"""Each shape of `tests/data/shapes` put right: `check` has nothing left to say, and the library passes on it. What a run on
somebody's own files says beside its report."""

import json
import os
import shutil

import cli
from cli import DATA, FAIL, OK, contains, equal, lacks, rolecall, true

SHAPES = DATA / "shapes"

# file, what stands there, what is right
RIGHT = {
    'blueprint-groups-scope': [
        ('blueprint.yaml', '{matching_mode: regex, url: "https://argocd.example.com/.*"}', '{matching_mode: regex, url: "https://argocd\\\\.example\\\\.com/.*"}'),
        ('blueprint.yaml', '        - !KeyOf groups\n', '        - !Find [authentik_providers_oauth2.scopemapping, [managed, goauthentik.io/providers/oauth2/scope-profile]]\n        - !KeyOf groups\n'),
        ('rbac.yaml', 'g, argocd-admins , role:admin', 'g, argocd-admins, role:admin'),
    ],
    'bound-application': [
        ('argocd.yaml', 'scopes: "[email]"', 'scopes: "[groups, email]"'),
        ('main.tf', 'toset(["admins", "viewers"])', 'authentik_group.argocd'),
    ],
    'direct-oidc': [
        ('argocd.tf', 'url = "https://${local.host}/auth/callback" },\n', 'url = "https://${local.host}/auth/callback" },\n    { matching_mode = "strict", url = "http://localhost:8085/auth/callback" },\n'),
        ('argocd.tf', 'client_id = "argocd"\n', 'client_id = "argocd"\n  client_type = "public"\n'),
        ('argocd.tf', 'scope-profile",', 'scope-profile",\n    "goauthentik.io/providers/oauth2/scope-offline_access",'),
        ('cm.yaml', '    clientSecret: $oidc.authentik.clientSecret\n', ''),
        ('cm.yaml', 'email, groups, offline_access', 'email, offline_access'),
    ],
    'guide-as-published': [
        ('argocd-cm.yaml', '<application slug defined in step 2>', 'argocd'),
        ('argocd-cm.yaml', '<client ID from the Provider above>', 'my_client_id'),
        ('argocd.tf', 'default-provider-authorization-implicit_consent', 'default-provider-authorization-implicit-consent'),
    ],
    'guide-console': [
        ('setup.yaml', 'https://argocd.company/api/dex/callback/', 'https://argocd.company/api/dex/callback'),
        ('setup.yaml', 'https://localhost:8085/auth/callback/', 'http://localhost:8085/auth/callback'),
    ],
    'helm-umbrella': [
        ('values.yaml', '/application/o/argocd\n', '/application/o/argocd/\n'),
        ('values.yaml', '      policy.default: role:readonly\n', ''),
    ],
    'kustomize-stream': [
        ('all.yaml', '  users.anonymous.enabled: "true"\n', ''),
        ('all.yaml', '  name: argocd-oidc\n', '  name: argocd-oidc\n  labels: {app.kubernetes.io/part-of: argocd}\n'),
        ('all.yaml', 'scopes: groups', "scopes: '[groups]'"),
    ],
    'migrated-from-keycloak': [
        ('cm.yaml', 'https://argocd.example.com/\n', 'https://argocd.example.com\n'),
        ('cm.yaml', '        claimMapping: {groups: roles}\n', ''),
        ('cm.yaml', '[ArgoCDAdmins]', '[ArgoCDAdmins, ArgoCDViewers]'),
        ('rbac.yaml', '/ArgoCDAdmins', 'ArgoCDAdmins'),
    ],
    'old-terraform': [
        ('cm.yaml', '$dex.authentik.clientSecret\n', '$dex.authentik.clientSecret\n        insecureEnableGroups: true\n'),
        ('main.tf', '.argo.id', '.argocd.id'),
        ('main.tf', 'scope-openid"]', 'scope-openid", "goauthentik.io/providers/oauth2/scope-profile"]'),
        ('main.tf', '  property_mappings', '  signing_key       = data.authentik_certificate_key_pair.generated.id\n  property_mappings'),
        ('main.tf', 'resource "authentik_provider', 'data "authentik_certificate_key_pair" "generated" {\n  name = "authentik Self-signed Certificate"\n}\n\nresource "authentik_provider'),
    ],
    'policy-overlays': [
        ('rbac.yaml', '    g, dev@example.com, role:readonly\n', ''),
        ('rbac.yaml', ' # also exec', ''),
        ('rbac.yaml', 'role:team-A', 'role:team-a'),
        ('rbac.yaml', '    p, CgNhYmMSCWF1dGhlbnRpaw, applications, sync, */*, allow\n', ''),
        ('rbac.yaml', 'exec, create, team-a/*\n', 'exec, create, team-a/*, allow\n'),
    ],
    'root-path': [
        ('all.yaml', 'issuer: http://', 'issuer: https://'),
        ('all.yaml', 'url: https://tools.example.com\n', 'url: https://tools.example.com/argocd\n'),
        ('all.yaml', 'additionalUrls: https://tools.internal/argocd', 'additionalUrls: |\n    - https://tools.internal/argocd'),
        ('all.yaml', 'secret-in-the-open', '$dex.authentik.clientSecret'),
        ('all.yaml', '        insecureSkipVerify: true\n        insecureEnabledGroup: true\n', ''),
        ('all.yaml', '  server.dex.server.plaintext: "true"\n', ''),
    ],
    'secrets-elsewhere': [
        ('cm.yaml', 'clientsecret', 'clientSecret'),
    ],
    'terraform-apps': [
        ('k8s/argocd.yaml', 'g, argocd-admin,', 'g, argocd-admins,'),
        ('k8s/argocd.yaml', 'secretKey: client_secret', 'secretKey: clientSecret'),
        ('terraform/authentik/main.tf', '/auth/callback"', '/api/dex/callback"'),
    ],
    'terraform-environments': [
        ('infra/modules/argocd-sso/main.tf', 'callback/"', 'callback"'),
        ('infra/modules/argocd-sso/main.tf', 'var.viewers_group', 'var.viewer_group'),
        ('infra/envs/prod/main.tf', 'module.groups.viewers', 'module.groups.viewer'),
        ('infra/envs/dev/main.tf', 'module.groups.viewers', 'module.groups.viewer'),
    ],
    'terraform-plan': [
        ('plan.json', '"slug": "argo"', '"slug": "argocd"'),
        ('plan.json', 'https://argocd.example.com/auth/callback', 'https://argocd.example.com/api/dex/callback'),
        ('plan.json', '"sub_mode": "user_username"', '"signing_key": "7b7c0d9e-8f0a-4b1c-9d2e-3f4a5b6c7d8e",\n            "sub_mode": "hashed_user_id"'),
        ('rbac.yaml', 'ArgoCD-Admins', 'argocd-admins'),
        ('plan.json', '  "configuration": {', '  "configuration": {\n    "comment": "",'),
        ('plan.json', '"address": "authentik_application.argocd",\n          "expressions"', '"address": "authentik_provider_oauth2.argocd",\n          "expressions": {"property_mappings": {"references": ["data.authentik_property_mapping_provider_scope.all.ids", "data.authentik_property_mapping_provider_scope.all"]}}\n        },\n        {\n          "address": "authentik_application.argocd",\n          "expressions"'),
    ],
}
# Enough to see every way through the chain; with ROLECALL_WHOLE=1 the whole library.
SOME = [] if os.environ.get("ROLECALL_WHOLE") else ["login/*", "config/issuer-*", "connector/*", "defects/argocd-*"]


def connector(**config):
    return {"dex": {"connectors": {"authentik": {"config": config}}}}


def provider(**members):
    return {"authentik": {"provider": members}}


# Settings that are in order, on a setup that is: patch, and the scenarios that took another one for granted once.
SETTINGS = {
    "account": ({"argocd": {"cm": {"accounts.ci": "apiKey, login"}}}, ["login/local-*"]),
    "admin off": ({"argocd": {"cm": {"admin.enabled": "false"}}}, ["login/local-*"]),
    "addresses in scopes": ({"argocd": {"rbac_cm": {"scopes": "[groups, email]"}}}, ["login/*", "roles/*"]),
    "match mode of one's own": ({"argocd": {"rbac_cm": {
        "policy.matchMode": "regex", "policy.csv": "p, role:x, applications, get, .*/.*, allow\ng, ArgoCD Admins, role:x\n"}}},
        ["login/*", "roles/*", "defects/everybody-*"]),
    "getUserInfo": (connector(getUserInfo=True), ["tokens/no-*", "tokens/email-*", "config/*", "documents/http-endpoint"]),
    "claims in userinfo alone": (dict(provider(include_claims_in_id_token=False), **connector(getUserInfo=True)),
                                 ["login/*", "answers/userinfo-*", "provider/mapping-*"]),
    "offline_access": (dict(provider(scopes=["openid", "profile", "email", "offline_access"]),
                            **connector(scopes=["profile", "email", "offline_access"])), ["cli/refresh-*", "refresh/*"]),
    "promptType": (connector(promptType="login"), ["login/*", "enforcement/csrf-*", "factors/*"]),
    "userNameKey": (connector(userNameKey="preferred_username"), ["login/*", "config/*", "provider/mapping-*"]),
    "userIDKey": (connector(userIDKey="email"), ["login/*", "answers/userinfo-*", "tokens/long-subject"]),
    "insecureSkipEmailVerified": (connector(insecureSkipEmailVerified=True), ["tokens/email-*", "tokens/no-email*", "provider/email-*"]),
    "allowedGroups": (connector(allowedGroups=["ArgoCD Admins", "ArgoCD Viewers", "ArgoCD Deployers"]), ["login/*", "roles/*"]),
    "EC key": (provider(signing_key="ec"), ["tokens/unsigned*", "tokens/client-secret-as-key", "documents/*-alg*", "documents/jwks-*"]),
    "sub is the address": (provider(sub_mode="user_email"), ["login/*", "factors/*"]),
    "validity": (provider(access_code_validity="minutes=5", access_token_validity="hours=8"), ["provider/*code*", "refresh/*"]),
    "explicit consent": (provider(authorization_flow="explicit"), ["cli/relogin", "cli/callback-*", "enforcement/*redirect*"]),
    "ports": (dict(provider(redirect_uris=[{"matching_mode": "strict", "url": "https://argocd.company:8443/api/dex/callback"}]),
                   argocd={"cm": {"url": "https://argocd.company:8443"}}), ["login/*", "redirects/*"]),
    "old releases": ({"authentik": {"version": "2024.6"}, "argocd": {"version": "2.11"}}, ["login/*", "config/issuer-*"]),
}


def put_right(tmp, shape):
    folder = tmp / shape
    shutil.copytree(SHAPES / shape, folder)
    for name, old, new in RIGHT[shape]:
        text = (folder / name).read_text()
        contains(text, old)
        (folder / name).write_text(text.replace(old, new))
    return folder


def test_shapes__each_is_put_right():
    equal(sorted(RIGHT), sorted(p.name for p in SHAPES.iterdir()))


def test_shapes__nothing_is_left_to_say(tmp):
    for shape in RIGHT:
        out = rolecall("check", "--setup", put_right(tmp, shape), "--format", "json", status=OK)
        summary = out.json()["summary"]
        equal((shape, summary["error"], summary["warning"]), (shape, 0, 0))


def test_shapes__library_passes(tmp):
    for shape in RIGHT:
        folder = put_right(tmp, shape)
        out = rolecall("run", *SOME, "--setup", folder, "--callback-port", "0", status=OK)
        contains(out.out, "everything as expected")
        lacks(out.err, "the configuration itself has")


def test_shapes__mistakes_are_told_of(tmp):
    out = rolecall("run", "login/admin-ui", "--setup", SHAPES / "helm-umbrella", status=FAIL)
    contains(out.err, "the configuration itself has 1 error and 1 warning: rolecall check --setup ")


def test_shapes__who_stands_in(tmp):
    folder = tmp / "own-roles"
    folder.mkdir()
    (folder / "rbac.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-rbac-cm}\ndata:\n  policy.csv: |\n"
        "    p, role:org-admin, *, *, *, allow\n    p, role:look, applications, get, *, allow\n"
        "    g, platform, role:org-admin\n    g, guests, role:look\n")
    out = rolecall("run", "login/*", "--setup", folder, "--callback-port", "0", status=OK)
    contains(out.err, "nobody has role:admin alone: 'member1', who is in a group, stands for 'admin'")
    contains(out.err, "nobody has role:readonly alone: 'member2', who may get applications, and not sync or delete them, "
             "stands for 'viewer'")
    doc = rolecall("run", "login/admin-ui", "--setup", folder, "--report", "json", status=OK).json()
    equal(doc["scenarios"][0]["steps"][0]["actual"]["roles"], ["role:org-admin"])


def test_shapes__a_role_for_everybody(tmp):
    """policy.default: role:readonly, which many have, is nobody's surplus, and what it allows nobody's right too many."""
    folder = put_right(tmp, "helm-umbrella")
    shutil.copy(SHAPES / "helm-umbrella/values.yaml", folder)
    text = (folder / "values.yaml").read_text()
    contains(text, "policy.default: role:readonly")
    (folder / "values.yaml").write_text(text.replace("/application/o/argocd\n", "/application/o/argocd/\n"))
    ran = rolecall("run", *SOME, "roles/*", "provider/mapping-without-groups", "tokens/groups-missing", "--setup", folder,
                   "--callback-port", "0", status=OK)
    contains(ran.out, "everything as expected")


def test_settings__library_passes():
    for name, (patch, some) in SETTINGS.items():
        words = some if SOME else []
        ran = rolecall("run", *words, "--setup", DATA / "mistakes/base", "--patch", json.dumps(patch), "--callback-port", "0")
        bad = [line for line in ran.out.splitlines() if line.startswith(("fail ", "error ", "cause "))]
        equal((name, ran.status, bad), (name, OK, []))


def test_shapes__one_cause_is_told_once(tmp):
    ran = rolecall("run", "login/*", "tokens/*", "--setup", SHAPES / "helm-umbrella", "--callback-port", "0", status=FAIL)
    causes = [line for line in ran.out.splitlines() if line.startswith("cause ")]
    contains(causes[0], "refused by argocd at start: failed to query provider \"https://argocd.example.com/api/dex\"")
    true(int(causes[0].split()[1]) > 50, causes[0])


def test_shapes__broken_login_is_a_failure_not_trouble(tmp):
    """A fault behind the place where the configuration ends every login was never played."""
    rolecall("run", "tokens/*", "documents/*", "--setup", SHAPES / "helm-umbrella", "--callback-port", "0", status=FAIL)


def test_shapes__nobody_else_is_asked(tmp):
    """A provider beside authentik's is no mock: no name server is asked for it, and Dex starts."""
    out = rolecall("run", "login/admin-ui", "--setup", put_right(tmp, "migrated-from-keycloak"), "--report", "json",
                   status=OK).json()
    true(out["scenarios"][0]["took_us"] < 2_000_000, "no wait for a name")


cli.main()
