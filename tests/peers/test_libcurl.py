#!/usr/bin/env python3
"""A bare libcurl client signs in at `rolecall serve`: authentik alone, as its relying party."""

import base64
import contextlib
import json
import os
import subprocess

import cli
from cli import contains, equal, true

CLIENT = os.environ["LIBCURL_LOGIN"]
SCOPES = {"authentik": {"provider": {"scopes": ["openid", "email", "profile", "offline_access"]}}}


@contextlib.contextmanager
def served(*patches):
    words = [w for p in (SCOPES, *patches) for w in ("--patch", json.dumps(p))]
    with cli.serve("--show-secrets", *words) as s:
        yield s


def login(s, person="alice", **other):
    ready = s.ready
    client = next(c for c in ready["clients"] if c["of"] == "authentik")
    who = next(p for p in ready["people"] if p["person"] == person)
    words = {"issuer": ready["authentik"]["issuer"], "ca": ready["ca_file"], "id": client["id"],
             "secret": client["secret"], "redirect_uri": client["redirect_uris"][-1],
             "user": who["username"], "password": who["password"], **other}
    done = subprocess.run([CLIENT, *words.values()], capture_output=True, text=True, timeout=60)
    true(done.returncode in (0, 1), "status %d: %s" % (done.returncode, done.stderr))
    return json.loads(done.stdout)


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def refused(seen, at, status, text):
    equal((seen["outcome"], seen["at"], seen["status"]), ("refused", at, status), json.dumps(seen))
    contains(seen["body"], text)


def test_login__claims_userinfo_and_refresh_agree():
    with served() as s:
        seen = login(s)
        first, again, info = claims(seen["id_token"]), claims(seen["refreshed_id_token"]), seen["userinfo"]
        equal(first["iss"], s.ready["authentik"]["issuer"])
        equal(first["nonce"], "a nonce")
        equal(first["groups"], ["ArgoCD Admins"])
        equal(info["sub"], first["sub"])
        equal(again["sub"], first["sub"])
        true(again["iat"] >= first["iat"], "the second is not older")


def test_login__refusals():
    with served() as s:
        refused(login(s, password="wrong"), "flow", 200, "Invalid password")
        refused(login(s, redirect_uri="http://localhost:8085/other"), "authorize", 400, "Redirect URI Error")
        refused(login(s, id="another"), "authorize", 400, "Client ID Error")
        refused(login(s, secret="another"), "token", 400, "invalid_client")
        refused(login(s, verifier="another-verifier-of-more-than-forty-three-characters"), "token", 400,
                "invalid_grant")


def test_login__without_offline_access_there_is_nothing_to_refresh_with():
    with served({"authentik": {"provider": {"scopes": ["openid", "email", "profile"]}}}) as s:
        refused(login(s), "refresh", 400, "invalid_grant")


def test_login__in_the_oldest_and_the_newest_version():
    for version in ("2023.10", "2026.8"):
        with served({"authentik": {"version": version}}) as s:
            equal(login(s, "bob")["outcome"], "signed-in", version)


cli.main()
