#!/usr/bin/env python3
"""No report holds a secret. The secrets are collected here anew, from the raw traces of much of the library, and looked
for in every report in every form they could take."""

import base64
import html
import json
import re
import urllib.parse

from cli import OK, ROOT, equal, rolecall, true

PARAMETERS = {"code", "access_token", "id_token", "refresh_token", "code_verifier", "client_secret", "password", "state",
              "device_code", "user_code", "logout_token", "id_token_hint", "client_assertion", "csrfmiddlewaretoken"}
MEMBERS = PARAMETERS - {"code", "state"}
JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
SHORTEST = 8


def of_query(text):
    return {v for k, v in urllib.parse.parse_qsl(text) if k in PARAMETERS}


def of_json(value):
    if isinstance(value, dict):
        for k, v in value.items():
            if k in MEMBERS and isinstance(v, str):
                yield v
            yield from of_json(v)
    elif isinstance(value, list):
        for v in value:
            yield from of_json(v)


def of_body(body):
    found = set(JWT.findall(body))
    try:
        found |= set(of_json(json.loads(body)))
    except ValueError:
        if re.fullmatch(r"[\w.~%+*-]+=[^\s<>]*", body):
            found |= of_query(body)
    return found


def of_header(name, value):
    name = name.lower()
    if name == "authorization":
        scheme, _, rest = value.partition(" ")
        found = {rest}
        if scheme == "Basic":
            found.add(urllib.parse.unquote_plus(base64.b64decode(rest).decode().partition(":")[2]))
        return found
    if name == "cookie":
        return {c.partition("=")[2] for c in value.split("; ")}
    if name == "set-cookie":
        return {value.partition(";")[0].partition("=")[2]}
    return of_query(urllib.parse.urlsplit(value).query) if name == "location" else set()


def of_exchange(e):
    found = of_query(urllib.parse.urlsplit(e["request"]["url"]).query)
    for side in (e["request"], e.get("response") or {"headers": [], "body": ""}):
        for name, value in side["headers"]:
            found |= of_header(name, value)
        found |= of_body(side["body"])
    return found


def secrets_of(folder):
    found = set()
    for path in folder.glob("*.json"):
        for e in json.loads(path.read_text())["events"]:
            if e["kind"] == "exchange":
                found |= of_exchange(e)
    # Words the faults put there on purpose are no secrets; neither are short values.
    return {s for s in found if len(s) >= SHORTEST and not re.fullmatch(r"[a-z]+(-[a-z]+)*", s)}


def forms(secret):
    yield secret
    yield urllib.parse.quote(secret, safe="")
    yield urllib.parse.quote_plus(secret)
    yield json.dumps(secret)[1:-1]
    yield html.escape(secret)
    yield base64.b64encode(secret.encode()).decode()


def runs_of(text):
    """What could hold a secret: the text's runs of word characters, each once."""
    return "\n".join(set(re.findall(r"[\w.~%+/=&;-]{8,}", text)))


def test_reports__hold_no_secret_of_the_library(tmp):
    names = {"json": tmp / "r.json", "junit": tmp / "r.xml", "console": tmp / "r.txt"}
    words = [w for n, p in names.items() for w in ("--report", "%s=%s" % (n, p))]
    rolecall("run", "login/*", "cli/*", "browser/*", "provider/*", "roles/two-hundred-groups", "factors/*", "--callback-port", "0",
             "--trace", tmp / "raw", *words, status=OK)
    secrets = secrets_of(tmp / "raw")
    true(len(secrets) > 300, "only %d secrets were found: the test looks in the wrong places" % len(secrets))
    for name, path in names.items():
        text = runs_of(path.read_text())
        for secret in secrets:
            for form in set(forms(secret)):
                true(form not in text, "the %s report shows a secret of %d characters beginning with %r, at …%s…"
                     % (name, len(secret), secret[:4], text[max(0, text.find(form) - 120):text.find(form)]))


def test_reports__failures_hold_no_secret(tmp):
    scenario = tmp / "failing.yaml"
    scenario.write_text("title: expected to be refused\nsteps:\n"
                        "  - login: {as: admin, via: cli}\n"
                        "    expect: {outcome: refused, by: dex, at: token, shown: nothing of the kind}\n"
                        "  - login: {as: admin, via: ui, password: wrong}\n    expect: {outcome: signed-in}\n")
    names = {"json": tmp / "r.json", "junit": tmp / "r.xml", "console": tmp / "r.txt"}
    words = [w for n, p in names.items() for w in ("--report", "%s=%s" % (n, p))]
    rolecall("run", scenario, "--callback-port", "0", "--trace", tmp / "raw", *words, status=1)
    for name, path in names.items():
        text = path.read_text()
        for secret in secrets_of(tmp / "raw"):
            for form in set(forms(secret)):
                true(form not in text, "the %s report shows a secret beginning with %r" % (name, secret[:4]))


TOTP, STATIC, APP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "static/one 1", "app+password&of \"alice\""


def test_reports__second_factors_and_sealed_tokens(tmp):
    """Each in its raw, percent, JSON, HTML and base64 form, and what was typed as a code of six digits."""
    scenarios = []
    for name, login in {"app": "via: ui", "static": "via: direct, second_factor: static",
                        "wrong": "via: direct, second_factor: wrong"}.items():
        scenarios.append(tmp / (name + ".yaml"))
        scenarios[-1].write_text("title: sealed tokens that nobody opens\nsteps:\n  - login: {as: alice, %s}\n"
                                 "    expect: {outcome: signed-in}\n" % login)
    patch = json.dumps({"authentik": {"provider": {"encryption_key": "rsa"}},
                        "people": {"alice": {"totp": TOTP, "static_codes": [STATIC, "static-two"], "app_password": APP}}})
    names = {"json": tmp / "r.json", "junit": tmp / "r.xml", "console": tmp / "r.txt"}
    words = [w for n, p in names.items() for w in ("--report", "%s=%s" % (n, p))]
    ran = rolecall("run", *scenarios, "--patch", patch, "--trace", tmp / "raw", "-v", *words)
    raw = "".join(p.read_text() for p in (tmp / "raw").glob("*.json"))
    typed = set(re.findall(r'\\"code\\":\s*\\"([0-9]{6})\\"', raw))
    true(typed, "codes in the raw trace: %r" % typed)
    true("static/one 1" in raw or "static-two" in raw, "a static code in the raw trace")
    texts = {n: p.read_text() for n, p in names.items()}
    texts["stdout"], texts["stderr"] = ran.out, ran.err
    for name, text in texts.items():
        for secret in [TOTP, STATIC, APP, "static-two", *secrets_of(tmp / "raw")]:
            for form in set(forms(secret)):
                true(form not in text, "%s shows %r" % (name, secret[:12]))
        for code in typed:
            true(not re.search(r"(?<![\w-])%s(?![\w-])" % code, text), "%s shows a code" % name)


def test_reports__words_are_left_alone(tmp):
    out = tmp / "r.json"
    rolecall("run", "login/*", "--callback-port", "0", "--report", "json=%s" % out, status=OK)
    doc = json.loads(out.read_text())
    for s in doc["scenarios"]:
        true("[" not in s["id"] + s["title"], "a tag in %s: %s" % (s["id"], s["title"]))
        equal(s["file"], str(pathlib_of(s.get("twin_of", s["id"]))))


def test_reports__a_password_that_is_a_word_breaks_no_report():
    """Ids and verdicts stay readable whatever people choose for a password."""
    for word in ("viewer", "direct", "pass", "verdict", "signed-in"):
        patch = json.dumps({"people": {"bob": {"password": word}}})
        doc = rolecall("run", "login/viewer-direct", "--patch", patch, "--report", "json", status=OK).json()
        scenario = doc["scenarios"][0]
        equal((scenario["id"], scenario["verdict"]), ("login/viewer-direct", "pass"))
        equal((scenario["steps"][0]["step"], scenario["steps"][0]["verdict"]), ("login as viewer via direct", "pass"))
        sent = [e["request"]["body"] for e in scenario["trace"] if e["kind"] == "exchange"]
        true(not any('"password":"%s"' % word in b.replace(" ", "") for b in sent), "the password shows")


def pathlib_of(name):
    return ROOT / "scenarios" / (name + ".yaml")


if __name__ == "__main__":
    import cli
    cli.main()
