#!/usr/bin/env python3
"""`rolecall serve --only …`: each system as a process of its own, in the place where a real one would
stand, and another rolecall that signs in through them, by the browser and by the CLI."""

import contextlib
import json
import os
import pathlib
import stat

from cli import (ERROR, OK, USAGE, contains, equal, free_ports, lacks, main, report, rolecall, serve, true,
                 verdicts)

LOGINS = ["login/admin-ui", "login/viewer-ui", "login/admin-cli", "login/viewer-cli"]


class Places:
    """Where everything will be."""

    def __init__(self, scheme="https"):
        self.authentik_port, self.dex_port, self.argocd_port = free_ports(3)
        self.authentik = "%s://127.0.0.1:%d" % (scheme, self.authentik_port)
        self.dex = "%s://127.0.0.1:%d" % (scheme, self.dex_port)
        self.argocd = "%s://localhost:%d" % (scheme, self.argocd_port)
        self.plain = ["--plain"] if scheme == "http" else []


def only(*args):
    return serve("--only", *args, ports=False)


def patches(*served):
    return [a for s in served for a in ("--patch", json.dumps(s.ready["setup_patch"]))]


def authorities(*served):
    return [a for s in served if s.ready["ca_file"] for a in ("--ca", s.ready["ca_file"])]


def signs_in(systems, *args):
    doc = report(*LOGINS, "--no-twins", "--callback-port", 0, *args, status=OK)
    equal(verdicts(doc), dict.fromkeys(LOGINS, "pass"))
    equal(doc["setup"]["systems"], systems)
    return doc


LIVE = {"authentik": "live", "dex": "live", "argocd": "live"}


# ---- three processes, or two, and a fourth that signs in ----


def each_alone(scheme):
    at = Places(scheme)
    with contextlib.ExitStack() as all_:
        authentik = all_.enter_context(only(
            "authentik", "--authentik-port", at.authentik_port, "--argocd-url", at.argocd, *at.plain))
        dex = all_.enter_context(only(
            "dex", "--dex-port", at.dex_port, "--argocd-url", at.argocd, *at.plain,
            *patches(authentik)))
        argocd = all_.enter_context(only(
            "argocd", "--argocd-port", at.argocd_port, "--dex-url", at.dex, *at.plain,
            *patches(authentik, dex)))
        equal([authentik.ready[s] is not None for s in ("authentik", "dex", "argocd")],
              [True, False, False])
        equal(dex.ready["dex"], {"url": at.dex + "/api/dex", "issuer": at.argocd + "/api/dex"})
        equal(argocd.ready["argocd"]["url"], at.argocd)
        return signs_in(LIVE, *patches(authentik, dex, argocd))


def test_each__three_processes():
    each_alone("https")


def test_each__three_processes_without_tls():
    each_alone("http")


def test_dex__between_our_authentik_and_our_argocd():
    """As a real Dex would stand there: it asks the one and is asked by the other."""
    at = Places()
    with contextlib.ExitStack() as all_:
        outer = all_.enter_context(only(
            "authentik,argocd", "--authentik-port", at.authentik_port, "--argocd-port",
            at.argocd_port, "--dex-url", at.dex))
        dex = all_.enter_context(only(
            "dex", "--dex-port", at.dex_port, *patches(outer)))
        equal(outer.ready["dex"], None)
        signs_in(LIVE, *patches(outer))
        signs_in(LIVE, *patches(outer, dex))


def test_argocd__in_front_of_our_dex():
    at = Places()
    with contextlib.ExitStack() as all_:
        inner = all_.enter_context(only(
            "authentik,dex", "--authentik-port", at.authentik_port, "--dex-port", at.dex_port,
            "--argocd-url", at.argocd))
        argocd = all_.enter_context(only(
            "argocd", "--argocd-port", at.argocd_port, *patches(inner)))
        equal(inner.ready["argocd"], None)
        signs_in(LIVE, *patches(inner, argocd))


def test_authentik__alone_behind_the_others():
    at = Places()
    with contextlib.ExitStack() as all_:
        authentik = all_.enter_context(only(
            "authentik", "--authentik-port", at.authentik_port, "--argocd-url", at.argocd))
        outer = all_.enter_context(only(
            "dex,argocd", "--argocd-port", at.argocd_port, "--authentik-url", at.authentik,
            *authorities(authentik), "--patch",
            json.dumps({"argocd": {"secret": {"server.secretkey": "the-same-for-both"}}})))
        signs_in(LIVE, *patches(outer, authentik))
        # People sign in at authentik: what another process would call their passwords is nobody's.
        equal({p["password"] for p in outer.ready["people"]}, {None})
        true(all(p["password"] for p in authentik.ready["people"]), "authentik's are told")


# ---- a part of them is mocked by the process that runs the scenarios ----


def without(served, **mocked):
    """The patch of what is served, with some of the live systems taken back."""
    patch = json.loads(json.dumps(served.ready["setup_patch"]))
    for name in mocked:
        patch["live"].pop(name, None)
    return patch


def test_run__a_live_dex_between_mocks():
    """Only Dex is a process of its own; it finds the mock authentik of the run at its URL."""
    at = Places("http")
    with contextlib.ExitStack() as first:
        authentik = first.enter_context(only(
            "authentik", "--authentik-port", at.authentik_port, "--argocd-url", at.argocd, "--plain"))
        patch = authentik.ready["setup_patch"]
        with only("dex", "--dex-port", at.dex_port, "--plain", "--argocd-url", at.argocd,
                  "--patch", json.dumps(patch)) as dex:
            authentik.stop()
            mine = json.dumps(dict(patch, live={"dex": {"url": at.dex}}))
            systems = {"authentik": "mock", "dex": "live", "argocd": "mock"}
            doc = signs_in(systems, "--patch", mine, "--jobs", 4)
            asked = {(e["from"], e["to"]) for s in doc["scenarios"] for e in s["trace"]
                     if e["kind"] == "exchange"}
            true(("argocd", "dex") in asked, "the mock Argo CD asked the live Dex")
            true(("dex", "authentik") not in asked, "what a live Dex asks is not seen")
            # A fault of our authentik is refused by whoever stands there.
            bad = report("tokens/wrong-audience", "--no-twins", "--callback-port", 0,
                         "--live-intrusive", "--patch", mine, status=OK)
            equal(verdicts(bad), {"tokens/wrong-audience": "pass"})
            # What Dex read when it started cannot be changed under it.
            skipped = report("keys/*", "tokens/*", "documents/*", "login/admin-ui", "--no-twins",
                             "--callback-port", 0, "--patch", mine, status=OK)
            for s in skipped["scenarios"]:
                true(s["verdict"] in ("pass", "skip"), "%s is %s: %s" % (
                    s["id"], s["verdict"], s.get("reason")))
                true(s["verdict"] != "skip" or s["reason"], s["id"] + " was skipped silently")
            del dex


def test_run__a_live_argocd_before_mocks():
    """Only Argo CD is a process of its own; it finds the mock Dex of the run at its address."""
    at = Places("http")
    with only("argocd", "--argocd-port", at.argocd_port, "--dex-url", at.dex, "--authentik-url",
              at.authentik, "--plain") as argocd:
        patch = without(argocd, authentik=1, dex=1)
        patch["argocd"]["cmd_params_cm"] = {"server.dex.server": at.dex,
                                            "dexserver.disable.tls": "true"}
        doc = signs_in({"authentik": "mock", "dex": "mock", "argocd": "live"}, "--patch",
                       json.dumps(patch))
        asked = {(e["from"], e["to"]) for s in doc["scenarios"] for e in s["trace"]
                 if e["kind"] == "exchange"}
        true(("dex", "authentik") in asked, "the mock Dex asked the mock authentik")
        true(("argocd", "dex") not in asked, "what a live Argo CD asks is not seen")


def test_run__a_live_authentik_behind_mocks():
    at = Places()
    with only("authentik", "--authentik-port", at.authentik_port, "--argocd-url", at.argocd) as s:
        signs_in({"authentik": "live", "dex": "mock", "argocd": "mock"}, "--patch",
                 json.dumps(without(s, argocd=1)))


def test_run__a_live_system_must_find_the_mock():
    for patch, told in (
            ({"live": {"dex": {"url": "https://127.0.0.1:1"}}},
             "dex is live and asks authentik, which is mocked here: give the mock an address of this "
             "machine (authentik.url: http://127.0.0.1:PORT), or make authentik live too"),
            ({"live": {"argocd": {"url": "https://127.0.0.1:1"}}},
             "dex is live and asks authentik"),
            ({"authentik": {"url": "http://127.0.0.1:1"}, "live": {"dex": {}}},
             "live.dex needs a 'url': where argocd, mocked here, asks it")):
        ran = rolecall("run", "login/admin-ui", "--patch", json.dumps(patch), "--report", "json",
                       status=ERROR)
        contains(ran.json()["scenarios"][0]["reason"], told)


# ---- what is written, and what is refused ----


def test_config__for_a_real_dex(tmp):
    at = Places()
    for url, web in (("http://127.0.0.1:5556", {"http": "0.0.0.0:5556"}),
                     ("https://127.0.0.1:7777", {"https": "0.0.0.0:7777"})):
        path = pathlib.Path(tmp) / "dex.json"
        with only("authentik,argocd", "--authentik-port", at.authentik_port, "--argocd-port",
                  at.argocd_port, "--dex-url", url, "--dex-config", path) as s:
            equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            config = json.loads(path.read_text())
            equal(config["issuer"], at.argocd + "/api/dex")
            equal(config["web"].items() >= web.items(), True, config["web"])
            connector = config["connectors"][0]["config"]
            equal(connector["issuer"], s.ready["authentik"]["issuer"])
            equal(connector["redirectURI"], at.argocd + "/api/dex/callback")
            clients = {c["id"]: c.get("secret") for c in config["staticClients"]}
            equal(clients["argo-cd"],
                  next(c["secret"] for c in s.ready["clients"] if c["id"] == "argo-cd"))
        path.unlink()


def test_ready__secrets_of_own_files_stay_untold():
    """A key that somebody wrote is null in the line, and not in the patch."""
    with serve("--patch", json.dumps({"argocd": {"secret": {"server.secretkey": "mine-alone"}}})) as s:
        lacks(json.dumps(s.ready), "mine-alone")
    with serve() as s:
        true(s.ready["setup_patch"]["argocd"]["secret"]["server.secretkey"], "generated: told")


def test_usage__clear_errors(tmp):
    no_pem = pathlib.Path(tmp) / "no.pem"
    no_pem.write_text("nothing")
    elsewhere = ["--argocd-url", "https://a.example"]
    for args, told in (
            (["--only", "dex"], "authentik is not served here: say where it is (--authentik-url)"),
            (["--only", "dex", "--authentik-url", "https://id.example"],
             "argocd is not served here: say where it is (--argocd-url)"),
            (["--only", "authentik,argocd"], "dex is not served here: say where it is (--dex-url)"),
            (["--only", "authentik"], "argocd is not served here"),
            (["--only", "kubernetes"],
             "--only: 'kubernetes' is no system; there are authentik, dex, argocd"),
            (["--only", "dex,authentik,dex"], "--only: 'dex' is named twice"),
            (["--only", ""], "--only: which of authentik, dex, argocd?"),
            (["--only", "authentik,"], "--only: '' is no system"),
            (["--dex-url", "https://d.example"], "--dex-url: dex is served here"),
            (["--only", "authentik", *elsewhere, "--dex-port", "5556"],
             "--dex-port: dex is not served here"),
            (["--dex-config", "x.json"], "--dex-config: without --dex-url there is no other Dex"),
            (["--only", "authentik", *elsewhere, "--ca", "nope.pem"], "nope.pem"),
            (["--only", "authentik", *elsewhere, "--ca", no_pem], "no certificate in PEM"),
            (["--ca", no_pem], "--ca: everything is served here"),
            (["--only", "authentik", "--argocd-url", "a.example"], "argocd"),
            (["--patch", json.dumps({"live": {s: {"url": "https://127.0.0.1:1"}
                                              for s in ("authentik", "argocd")}})],
             "all systems of the setup are live: nothing is left to serve")):
        ran = rolecall("serve", *args, status=USAGE)
        equal(ran.out, "")
        contains(ran.err, told)


def test_start__a_dex_that_finds_no_authentik():
    """A ready line would be a lie: it says what is missing and ends."""
    port, = free_ports(1)
    ran = rolecall("serve", "--only", "dex", "--authentik-url", "http://127.0.0.1:%d" % port,
                   "--argocd-url", "https://localhost:8443", status=ERROR)
    equal(ran.out, "")
    contains(ran.err, "dex does not start: ")
    contains(ran.err, "connection refused")


def test_start__a_dex_that_does_not_trust_authentik():
    at = Places()
    with only("authentik", "--authentik-port", at.authentik_port, "--argocd-url", at.argocd):
        ran = rolecall("serve", "--only", "dex", "--authentik-url", at.authentik, "--argocd-url",
                       at.argocd, status=ERROR)
        contains(ran.err, "dex does not start: ")
        contains(ran.err, "certificate")


def test_live__what_the_setup_says_is_live_is_not_served():
    at = Places()
    with only("authentik", "--authentik-port", at.authentik_port, "--argocd-url", at.argocd) as a:
        patch = {"live": {"authentik": a.ready["setup_patch"]["live"]["authentik"]}}
        with serve("--patch", json.dumps(patch), ports=False) as s:
            equal(s.ready["authentik"], None)
            true(s.ready["dex"] and s.ready["argocd"], s.ready)


main()
