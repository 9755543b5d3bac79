#!/usr/bin/env python3
"""What `argocd login --sso` prints, how it exits, and the file it writes (argocd.md 3.2 to 3.5), as a
scenario's raw trace has it; and the rows of the version table that change it, before and after."""

import json
import os
import pathlib
import re
import stat
import urllib.parse

from cli import ERROR, FAIL, OK, USAGE, contains, equal, lacks, main, report, rolecall, true, write

LOGIN = "  - login: {as: admin, via: cli%s}\n    expect: {outcome: signed-in}\n"
REFRESH = "  - refresh: {}\n    expect: {outcome: signed-in}\n"
OFFLINE = ("setup:\n  authentik: {provider: {scopes: [openid, email, profile, offline_access]}}\n"
           "  dex: {connectors: {authentik: {config: {scopes: [openid, profile, email, "
           "offline_access]}}}}\n")


class Done:
    """A scenario of one's own, run with its raw trace."""

    def __init__(self, tmp, steps, setup="", status=OK, patch=None):
        path = write(tmp, "own.yaml", "title: t\n%ssteps:\n%s" % (setup, steps))
        self.folder = pathlib.Path(tmp) / "traces"
        args = ["--patch", json.dumps(patch)] if patch else []
        self.ran = rolecall("run", path, "--no-twins", "--callback-port", 0, "--trace", self.folder,
                            *args, status=status)
        trace, = self.folder.glob("*.json")
        self.events = json.loads(trace.read_text())["events"]

    def printed(self):
        return [e["text"] for e in self.events if e["kind"] == "log" and e["from"] == "cli"]

    def asked(self, who="cli"):
        return [(e["request"]["method"], urllib.parse.urlsplit(e["request"]["url"]).path)
                for e in self.exchanges(who)]

    def exchanges(self, who):
        return [e for e in self.events if e["kind"] == "exchange" and e["from"] == who]

    def authorize(self):
        url = next(e["request"]["url"] for e in self.exchanges("browser")
                   if "client_id=" in e["request"]["url"])
        return url, urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)

    def tokens(self, nth=-1):
        answers = [json.loads(e["response"]["body"]) for e in self.exchanges("cli")
                   if e["request"]["url"].endswith("/token") and e["response"]["status"] == 200]
        return answers[nth]

    def config(self):
        path, = self.folder.glob("*.argocd-config")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        return path.read_text()


def config(token, refresh, name="argocd.company"):
    """Every byte of argocd.md 3.4's file."""
    text = ("contexts:\n- name: %s\n  server: argocd.company\n  user: %s\ncurrent-context: %s\n"
            "prompts-enabled: false\nservers:\n- grpc-web: true\n  grpc-web-root-path: \"\"\n"
            "  server: argocd.company\nusers:\n" % (name, name, name))
    text += "- auth-token: %s\n  name: %s\n" % (token, name) if token else "- name: %s\n" % name
    return text + ("  refresh-token: %s\n" % refresh if refresh else "")


# ---- the order of things ----


def test_login__what_is_printed_and_asked_in_order(tmp):
    done = Done(tmp, LOGIN % "")
    url, query = done.authorize()
    equal(done.printed(), [
        "Performing authorization_code flow login: " + url,
        "Opening system default browser for authentication",
        "Authentication successful",
        "'alice@company.example' logged in successfully",
        "Context 'argocd.company' updated",
        "exit status 0"])
    equal(done.asked()[:4], [
        ("POST", "/cluster.SettingsService/Get"),
        ("GET", "/api/dex/.well-known/openid-configuration"),
        ("POST", "/api/dex/token"),
        ("GET", "/api/v1/session/userinfo")])
    equal(list(query), sorted(query))
    equal(query["scope"], ["openid profile email groups federated:id offline_access"])
    equal((query["access_type"], query["client_id"], query["response_type"]),
          (["offline"], ["argo-cd-cli"], ["code"]))
    true(re.fullmatch("[A-Za-z]{24}", query["state"][0]), "the state: 24 letters")


def test_login__without_a_browser(tmp):
    done = Done(tmp, LOGIN % ", launch_browser: no")
    url, _ = done.authorize()
    equal(done.printed()[1], "To authenticate, copy-and-paste the following URL into your preferred "
                             "browser: " + url)
    lacks("\n".join(done.printed()), "Opening")


def test_login__name_is_shown_of_who_has_no_address(tmp):
    done = Done(tmp, LOGIN % "", setup="setup: {people: {alice: {email: null}}, dex: {connectors: "
                "{authentik: {config: {scopes: [openid, profile], "
                "insecureSkipEmailVerified: true}}}}}\n")
    contains("\n".join(done.printed()), "'Alice Admin' logged in successfully")


# ---- the file ----


def test_config__every_byte(tmp):
    done = Done(tmp, LOGIN % "")
    tokens = done.tokens()
    equal(done.config(), config(tokens["id_token"], tokens["refresh_token"]))


def test_config__named_context(tmp):
    done = Done(tmp, LOGIN % ", name: prod")
    tokens = done.tokens()
    equal(done.config(), config(tokens["id_token"], tokens["refresh_token"]).replace(
        "name: argocd.company", "name: prod").replace("user: argocd.company", "user: prod").replace(
        "current-context: argocd.company", "current-context: prod"))
    equal(done.printed()[-2], "Context 'prod' updated")


def test_config__two_contexts_of_one_server(tmp):
    done = Done(tmp, LOGIN % ", name: a" + LOGIN % ", name: b" + LOGIN % ", name: a")
    text = done.config()
    equal(re.findall(r"^- name: (\w+)$", text, re.M), ["a", "b"])
    equal(text.count("server: argocd.company\nusers"), 1)
    contains(text, "current-context: a\n")
    equal(re.findall(r"auth-token: (\S+)", text)[0], done.tokens()["id_token"])


def test_config__refreshed_tokens_are_stored_back(tmp):
    done = Done(tmp, LOGIN % "" + "  - advance: 1m\n" + REFRESH, setup=OFFLINE)
    first, second = done.tokens(0), done.tokens(1)
    true(first["id_token"] != second["id_token"], "a new token")
    equal(done.config(), config(second["id_token"], second["refresh_token"]))
    # Any command asks the settings again before it refreshes.
    equal(done.asked().count(("POST", "/cluster.SettingsService/Get")), 2)


def test_config__logged_out(tmp):
    done = Done(tmp, LOGIN % "" + "  - logout: {from: cli}\n    expect: {outcome: signed-in}\n")
    equal(done.config(), config(None, None))
    equal(done.printed()[-2:], ["Logged out from 'argocd.company'", "exit status 0"])


def test_config__is_a_temporary_file_that_goes(tmp):
    path = write(tmp, "own.yaml", "title: t\nsteps:\n" + LOGIN % "")
    folder = pathlib.Path(tmp) / "here"
    folder.mkdir()
    rolecall("run", path, "--callback-port", 0, env={"TMPDIR": str(folder)}, status=OK)
    equal(list(folder.iterdir()), [])


def test_config__where_none_can_be_written(tmp):
    path = write(tmp, "own.yaml", "title: t\nsteps:\n" + LOGIN % "")
    ran = rolecall("run", path, "--callback-port", 0, env={"TMPDIR": str(tmp) + "/nowhere"},
                   status=ERROR)
    contains(ran.out, "rolecall-argocd-")


def test_report__no_secret_of_the_file(tmp):
    """The file and the raw trace have the tokens; a report has not."""
    path = write(tmp, "own.yaml", "title: t\nsteps:\n" + LOGIN % "")
    folder = pathlib.Path(tmp) / "traces"
    out = rolecall("run", path, "--callback-port", 0, "--trace", folder, "--report", "json",
                   status=OK).out
    text = next(folder.glob("*.argocd-config")).read_text()
    for secret in re.findall(r"(?:auth|refresh)-token: (\S+)", text):
        lacks(out, secret)
    contains(out, "logged in successfully")


# ---- relogin, refusals and their exits ----


def test_relogin__keeps_the_context(tmp):
    done = Done(tmp, LOGIN % ", name: prod" + LOGIN % ", relogin: yes")
    text = done.printed()
    i = text.index("Reinitiating SSO login")
    true(text[i + 1].startswith("Performing authorization_code flow login: "), text[i + 1])
    equal(text[i + 2:], ["Opening system default browser for authentication",
                         "Authentication successful", "Context 'prod' updated", "exit status 0"])


REFUSED = [
    ("fault: code", "", "[dex/callback.no-code]", "listener", r"FATA\[0000\] no code in request: "
     r'map\["state":\["[A-Za-z]{24}"\]\]', 1),
    ("fault: state", "", "[{id: browser/callback.state-changed, with: {at: cli}}]", "listener",
     r"FATA\[0000\] Unknown state nonce", 1),
    ("fault: verifier", "", "[cli/verifier.wrong]", "token",
     r'FATA\[0000\] oauth2: "invalid_grant" "Invalid code_verifier."', 1),
    ("port", "", "[cli/port.taken]", "listener",
     r"FATA\[0000\] Temporary HTTP server failed: listen tcp 127.0.0.1:8085: bind: address already in "
     "use", 1),
    ("no sso", "setup: {argocd: {cm: {dex.config: null}}}\n", "[]", "start",
     r"FATA\[0000\] argocd.company is not configured with SSO", 20),
    ("issuer", "", "[dex/discovery.issuer-mismatch]", "discovery",
     r'FATA\[0000\] failed to query provider "https://argocd.company/api/dex": oidc: issuer URL '
     "provided to client .*", 20),
]


def test_refused__fatal_text_and_exit_status(tmp):
    for i, (name, setup, faults, at, text, status) in enumerate(REFUSED):
        folder = pathlib.Path(tmp) / str(i)
        steps = ("  - login: {as: admin, via: cli}\n    faults: %s\n    expect: {outcome: refused, "
                 "by: cli, at: %s, shown: x}\n" % (faults, at))
        done = Done(folder, steps, setup=setup, status=FAIL)
        printed = done.printed()
        true(re.fullmatch(text, printed[-2]), "%s: %r" % (name, printed))
        equal(printed[-1], "exit status %d" % status, name)
        equal(list(done.folder.glob("*.argocd-config")), [], "nobody signed in, nothing is written")


def test_refused__a_page_leaves_the_command_waiting(tmp):
    """Dex refuses in the browser: the command prints nothing more and does not end."""
    done = Done(tmp, "  - login: {as: admin, via: cli, sso_port: 9999}\n    expect: {outcome: refused, "
                "by: dex, at: authorize, shown: Unregistered redirect_uri.}\n")
    equal(len(done.printed()), 2)
    notes = [e["text"] for e in done.events if e["kind"] == "note" and e["from"] == "cli"]
    equal(notes, ["argocd still waits for its callback, and would for ever"])


def test_settings__what_is_said_when_they_cannot_be_had(tmp):
    for i, (fault, text) in enumerate((
            ("argocd/http.close", "rpc error: code = Unknown desc = Post \"https://argocd.company/"
             "cluster.SettingsService/Get\": "),
            ("argocd/http.cut", "rpc error: code = Unknown desc = "))):
        steps = ("  - login: {as: admin, via: cli}\n    expect: {outcome: no-answer, by: argocd, "
                 "at: start, shown: 'rpc error: code = Unknown desc = '}\n")
        setup = "faults: [{id: %s, with: {path: /cluster.SettingsService/Get}}]\n" % fault
        done = Done(pathlib.Path(tmp) / str(i), steps, setup=setup, status=None)
        contains(done.printed()[0], "FATA[0000] " + text)
        equal(done.printed()[1:], ["exit status 20"])


# ---- the version table: in force, before, and taken out ----

ROWS = [
    # row, version before, version since
    ("cli-launch", "2.12", "2.13"),
    ("cli-callback", "3.1", "3.2"),
    ("cli-logout", "3.3", "3.4"),
    ("federated-scope", "2.14", "3.0"),
]


def states(row, before, since):
    """(name, patch, does it hold?): at both ends of its range, and turned over at each."""
    return [("before", {"version": before}, False), ("since", {"version": since}, True),
            ("taken out", {"version": since, "quirks": {row: False}}, False),
            ("put in", {"version": before, "quirks": {row: True}}, True)]


def test_rows__flags(tmp):
    for row, flag, option in (("cli-launch", "--sso-launch-browser", ", launch_browser: no"),
                              ("cli-callback", "--callback", ", callback: 'http://localhost:8085'")):
        before, since = next((b, s) for r, b, s in ROWS if r == row)
        for name, patch, holds in states(row, before, since):
            folder = pathlib.Path(tmp) / ("%s-%s" % (row, name))
            done = Done(folder, LOGIN % option, patch={"argocd": patch}, status=None)
            known = done.printed()[:2] != ["Error: unknown flag: " + flag, "exit status 1"]
            equal(known, holds, "%s %s: %s" % (row, name, done.printed()))
            equal(bool(done.asked()), holds, "a command with an unknown flag asks nobody")


def test_rows__before_the_flag_the_browser_is_told_first(tmp):
    for name, patch, holds in states("cli-launch", "2.12", "2.13"):
        done = Done(pathlib.Path(tmp) / name, LOGIN % "", patch={"argocd": patch}, status=None)
        text = done.printed()
        if holds:
            true(text[0].startswith("Performing authorization_code flow login: "), text)
            equal(text[1], "Opening system default browser for authentication")
        else:
            equal(text[0], "Opening browser for authentication")
            true(text[1].startswith("Performing authorization_code flow login: "), text)
            lacks("\n".join(text), "system default browser")


def test_rows__logout(tmp):
    steps = LOGIN % "" + "  - logout: {from: cli}\n    expect: {outcome: signed-in}\n"
    for name, patch, holds in states("cli-logout", "3.3", "3.4"):
        done = Done(pathlib.Path(tmp) / name, steps, patch={"argocd": patch}, status=None)
        equal(("POST", "/auth/logout") in done.asked(), holds, name)
        equal("token successfully invalidated on server" in done.printed(), holds, name)
        equal(done.config(), config(None, None))


def test_rows__federated_scope(tmp):
    for name, patch, holds in states("federated-scope", "2.14", "3.0"):
        done = Done(pathlib.Path(tmp) / name, LOGIN % "", patch={"argocd": patch}, status=None)
        scopes = done.authorize()[1]["scope"][0].split()
        equal("federated:id" in scopes, holds, name)
        equal([s for s in scopes if s != "federated:id"],
              ["openid", "profile", "email", "groups", "offline_access"])


# ---- what a scenario may say ----


def test_scenario__flags_are_for_the_cli(tmp):
    for option, told in ((", sso_port: 0", "'sso_port' is '0'; it is a port"),
                         (", sso_port: 65536", "'sso_port' is '65536'; it is a port"),
                         (", sso_port: x", "'sso_port' is 'x'; it is a port"),
                         (", ssoport: 1", "unknown key 'ssoport'")):
        path = write(tmp, "own.yaml", "title: t\nsteps:\n" + LOGIN % option)
        contains(rolecall("run", path, status=USAGE).err, told)
    for option in ("sso_port: 8086", "callback: 'http://x'", "name: x", "launch_browser: no",
                   "relogin: yes"):
        path = write(tmp, "own.yaml", "title: t\nsteps:\n  - login: {as: admin, via: ui, %s}\n"
                     "    expect: {outcome: signed-in}\n" % option)
        contains(rolecall("run", path, status=USAGE).err,
                 "'%s' is for via cli" % option.split(":")[0])


def test_scenario__logout_from_cli_needs_a_login_by_it(tmp):
    path = write(tmp, "own.yaml", "title: t\nsteps:\n  - login: {as: admin, via: ui}\n"
                 "    expect: {outcome: signed-in}\n  - logout: {from: cli}\n"
                 "    expect: {outcome: signed-in}\n")
    doc = report(path, "--no-twins", status=ERROR)
    contains(doc["scenarios"][0]["reason"], "logout from cli before any login via cli")


main()
