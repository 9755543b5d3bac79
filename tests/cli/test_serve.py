#!/usr/bin/env python3
"""`rolecall serve`: the ready line, the systems as another client sees them, and the end."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import urllib.error

import cli
from cli import ERROR, GUIDE, USAGE, contains, equal, free_ports, lacks, rolecall, serve, true, write

MEMBERS = ["schema", "authentik", "dex", "argocd", "ca_file", "clients", "people", "setup_patch",
           "control"]


def own_setup(tmp):
    """The guide's files as somebody's own."""
    folder = tmp / "setup"
    shutil.copytree(GUIDE, folder)
    return folder


def test_ready__has_its_schema():
    with serve() as s:
        ready = s.ready
        equal(list(ready), MEMBERS)
        equal(ready["schema"], "rolecall.serve/1")
        equal(sorted(ready["authentik"]), ["issuer", "url"])
        equal(sorted(ready["dex"]), ["issuer", "url"])
        equal(list(ready["argocd"]), ["url"])
        for client in ready["clients"]:
            equal(sorted(client), ["id", "of", "redirect_uris", "secret"])
        for person in ready["people"]:
            equal(sorted(person), ["groups", "password", "person", "username"])
        true(ready["authentik"]["url"].startswith("https://127.0.0.1:"), "authentik by address")
        true(ready["argocd"]["url"].startswith("https://localhost:"), "argocd by name")
        equal(ready["authentik"]["issuer"],
              ready["authentik"]["url"] + "/application/o/argocd/")
        equal([p["person"] for p in ready["people"]], ["alice", "bob", "carol", "dave"])
        equal([(c["of"], c["id"]) for c in ready["clients"]],
              [("authentik", "my_client_id"), ("dex", "argo-cd"), ("dex", "argo-cd-cli"),
               ("dex", "argo-cd-pkce")])


def test_ready__generated_and_public_secrets_are_told():
    with serve() as s:
        true(all(p["password"] for p in s.ready["people"]), "passwords")
        equal(s.ready["clients"][0]["secret"], "my_client_secret")


def test_ready__secrets_of_a_persons_own_files_are_null(tmp):
    with serve("--setup", own_setup(tmp)) as s:
        equal(s.ready["clients"][0]["secret"], None)
        lacks(json.dumps(s.ready), "my_client_secret")
        true(all(p["password"] for p in s.ready["people"]), "these were generated")


def test_ready__show_secrets_tells_them(tmp):
    with serve("--setup", own_setup(tmp), "--show-secrets") as s:
        equal(s.ready["clients"][0]["secret"], "my_client_secret")


def test_ready__password_of_a_persons_own_files_is_null(tmp):
    folder = own_setup(tmp)
    setup = folder / "setup.yaml"
    setup.write_text(setup.read_text().replace("alice: {", "alice: {password: hunter2hunter2, "))
    with serve("--setup", folder) as s:
        passwords = {p["person"]: p["password"] for p in s.ready["people"]}
        equal(passwords["alice"], None)
        true(passwords["bob"], "generated")
        lacks(json.dumps(s.ready), "hunter2")


def test_wire__discovery_of_both_issuers():
    with serve() as s:
        for system in ("authentik", "dex"):
            issuer = s.ready[system]["issuer"]
            doc = json.loads(s.fetch(issuer.rstrip("/") + "/.well-known/openid-configuration"))
            equal(doc["issuer"], issuer)
            true(json.loads(s.fetch(doc["jwks_uri"]))["keys"], "keys of " + system)


def test_wire__without_the_ca_nobody_is_believed():
    with serve() as s:
        try:
            s.fetch(s.ready["argocd"]["url"] + "/api/v1/settings", ca=False)
        except urllib.error.URLError as e:
            true(isinstance(e.reason, ssl.SSLCertVerificationError), repr(e))
            return
        raise AssertionError("a certificate that nobody signed was accepted")


def test_wire__argocd_says_how_to_sign_in():
    with serve() as s:
        settings = json.loads(s.fetch(s.ready["argocd"]["url"] + "/api/v1/settings"))
        equal(settings["dexConfig"]["connectors"][0]["type"], "oidc")


def test_ports__any_are_nobody_elses():
    """A port that is chosen freely is held until it is listened at: without, the next one chosen, here or in another
    process, now and then was the same."""
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serve("--plain")) for _ in range(12)]
        ports = [s.ready[system]["url"].rsplit(":", 1)[1].split("/")[0] for s in servers for system in ("authentik", "argocd")]
        equal(len(set(ports)), len(ports))


def test_plain__http_without_a_ca():
    with serve("--plain") as s:
        equal(s.ready["ca_file"], None)
        true(s.ready["authentik"]["url"].startswith("http://127.0.0.1:"), s.ready["authentik"])
        issuer = s.ready["authentik"]["issuer"]
        equal(json.loads(s.fetch(issuer + ".well-known/openid-configuration"))["issuer"], issuer)


def test_urls__those_given_are_used():
    with serve("--argocd-url", "https://argocd.example:444", "--authentik-url",
               "https://id.example") as s:
        equal(s.ready["argocd"]["url"], "https://argocd.example:444")
        equal(s.ready["authentik"]["issuer"], "https://id.example/application/o/argocd/")
        equal(s.ready["clients"][0]["redirect_uris"][0],
              "https://argocd.example:444/api/dex/callback")


def test_patch__is_applied():
    with serve("--patch", '{"authentik": {"application": {"slug": "cd"}}}') as s:
        equal(s.ready["authentik"]["issuer"], s.ready["authentik"]["url"] + "/application/o/cd/")


def ends(how, status):
    with serve() as s:
        ca = pathlib.Path(s.ready["ca_file"])
        true(ca.exists(), "the CA is there")
        equal(s.stop(how), status)
        true(not ca.exists() and not ca.parent.exists(), "the CA is gone with its folder")


def test_end__sigterm():
    ends(signal.SIGTERM, 143)


def test_end__sigint():
    ends(signal.SIGINT, 130)


def test_end__ports_are_free_again():
    port, = free_ports(1)
    with serve("--argocd-port", port) as s:
        s.stop()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))


def test_end__port_taken_is_an_error_that_names_it(tmp):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = rolecall("serve", "--argocd-port", port, "--authentik-port", 0, status=ERROR,
                       env={"TMPDIR": str(tmp)})
    equal(ran.out, "")
    contains(ran.err, "127.0.0.1:%d" % port)
    contains(ran.err, "address already in use")
    equal(os.listdir(tmp), [])


def test_setup__mistakes_are_told_with_their_place(tmp):
    folder = own_setup(tmp)
    text = (folder / "setup.yaml").read_text()
    for change, told in ((("people:\n", "peple:\n"), ":22:1: unknown key 'peple'"),
                         (("url: https:", "url: [https:"), "setup.yaml:5:"),
                         (("argocd-secret.yaml", "nope.yaml"), "nope.yaml")):
        write(folder, "setup.yaml", text.replace(*change, 1))
        for command in (("serve", "--authentik-port", "0", "--argocd-port", "0"),
                        ("run", "login/viewer-direct")):
            ran = rolecall(*command, "--setup", folder, status=USAGE)
            equal(ran.out, "")
            contains(ran.err, told)
            contains(ran.err, "setup.yaml:")


def test_setup__missing(tmp):
    for command in ("serve", "run"):
        ran = rolecall(command, "--setup", tmp / "nope", status=USAGE)
        file = cli.ROOT / "scenarios/guide/setup.yaml"
        contains(rolecall(command, "--setup", file, status=USAGE).err,
                 "--setup: '%s' is a file; the folder it is in is wanted" % file)
        contains(ran.err, "nope/setup.yaml")


cli.main()
