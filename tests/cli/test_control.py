#!/usr/bin/env python3
"""`rolecall serve --control`: who is let in, what each endpoint does as somebody sees it who signs
in or asks the systems, and what is refused. One server for most of it; each test leaves it as it
was."""

import asyncio
import atexit
import base64
import contextlib
import http.client
import json
import re
import urllib.parse

import cli
import person
from cli import USAGE, contains, equal, lacks, rolecall, true
from person import Refused

SERVED = None


class Control:
    def __init__(self, ready):
        self.ready = ready
        self.url = urllib.parse.urlsplit(ready["control"]["url"])
        self.token = ready["control"]["token"]

    def raw(self, method, path, body=None, headers=None):
        """Status, headers and body of one request with exactly these headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.url.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        headers = dict({"Host": self.url.netloc}, **(headers or {}))
        if body is not None:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            if value is not None:
                connection.putheader(name, value)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.endheaders(body)  # who is refused early need not be read to the end
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, answer.headers, text

    def ask(self, method, path, value=None, text=None):
        body = text if value is None else json.dumps(value)
        status, headers, got = self.raw(
            method, path, body.encode() if body is not None else None,
            {"Authorization": "Bearer " + self.token})
        equal(headers["Content-Type"], "application/json", "%s %s: %s" % (method, path, got))
        equal(headers["Cache-Control"], "no-store")
        return status, json.loads(got)

    def do(self, method, path, value=None):
        status, got = self.ask(method, path, value)
        equal(status, 200, "%s %s: %s" % (method, path, got))
        return got

    def refuses(self, status, error, detail, method, path, value=None, text=None):
        got, said = self.ask(method, path, value, text)
        equal((got, sorted(said)), (status, ["detail", "error"]), "%s: %s" % (path, said))
        equal(said["error"], error)
        contains(said["detail"], detail)


@contextlib.contextmanager
def control(*args):
    """The shared server, or one with options of its own."""
    global SERVED  # pylint: disable=global-statement
    if args:
        with cli.serve("--control", *args) as served:
            yield Control(served.ready)
        return
    if SERVED is None:
        SERVED = contextlib.ExitStack()
        atexit.register(SERVED.close)  # also when some tests were chosen by name
        SERVED.ready = SERVED.enter_context(cli.serve("--control")).ready
    yield Control(SERVED.ready)


def direct(c, name="alice", password=None, agent=None, **more):
    """A direct login; the agent stays usable only within one event loop, so cookies are kept."""
    known = {p["person"]: p for p in c.ready["people"]}
    password = password or known[name]["password"]
    fresh = person.Agent(c.ready)
    fresh.cookies = agent.cookies if agent else {}

    async def sign_in():
        try:
            return await person.direct(c.ready, name, password, agent=fresh, **more)
        finally:
            fresh.close()

    return asyncio.run(sign_in())


def refused(c, text, *args, **more):
    try:
        direct(c, *args, **more)
    except Refused as e:
        contains(str(e), text)
        return
    raise AssertionError("signed in, expected: " + text)


def userinfo(signed):
    async def look():
        signed.agent.kept = {}
        try:
            return await signed.userinfo()
        finally:
            signed.agent.close()

    return asyncio.run(look())


def fetch(c, path):
    agent = person.Agent(c.ready)

    async def look():
        try:
            return await agent.ask("GET", c.ready["authentik"]["url"] + path)
        finally:
            agent.close()

    return asyncio.run(look()).json()


def kids(c):
    return [k["kid"] for k in fetch(c, "/application/o/argocd/jwks/")["keys"]]


# ---- who is let in ----


def test_off__unless_it_is_asked_for():
    with cli.serve() as served:
        equal(served.ready["control"], None)


def test_options__a_port_without_the_api():
    ran = rolecall("serve", "--control-port", "0", status=USAGE)
    contains(ran.err, "--control-port: without --control")


def test_options__no_port():
    ran = rolecall("serve", "--control", "--control-port", "70000", "--authentik-port", "0",
                   "--argocd-port", "0", status=USAGE)
    contains(ran.err, "'70000' is no number from 0 to 65535")


def test_ready__says_where_and_with_what():
    with control() as c:
        equal(sorted(c.ready["control"]), ["token", "url"])
        equal((c.url.scheme, c.url.hostname), ("http", "127.0.0.1"))
        true(re.fullmatch(r"[A-Za-z0-9_-]{43}", c.token), "256 bits: " + c.token)


def test_token__is_another_each_time():
    with control() as c, cli.serve("--control") as other:
        true(other.ready["control"]["token"] != c.token, "the same token twice")


def test_token__without_a_wrong_and_a_cut_one():
    with control() as c:
        for given in (None, "Bearer", "Bearer ", "Bearer x", "Bearer " + c.token[:-1],
                      "Bearer " + c.token + "x", "Basic " + c.token, c.token,
                      "Bearer " + c.token.swapcase()):
            for method, path in (("GET", "/state"), ("DELETE", "/trace"), ("GET", "/nowhere")):
                status, headers, text = c.raw(method, path, headers={"Authorization": given})
                equal(status, 401, "with %r" % given)
                equal(json.loads(text)["error"], "unauthorized")
                contains(headers["WWW-Authenticate"], "Bearer")
        equal(c.raw("GET", "/", headers={"Authorization": "bearer " + c.token})[0], 200)


def test_host__only_our_own_names():
    with control() as c:
        good = {"Authorization": "Bearer " + c.token}
        for host in ("evil.example", "evil.example:%d" % c.url.port, "127.0.0.1", "localhost:1",
                     "127.0.0.1.evil.example:%d" % c.url.port):
            status, _, text = c.raw("GET", "/state", headers=dict(good, Host=host))
            equal(status, 403, host)
            contains(json.loads(text)["detail"], "'%s'" % host)
        for host in (c.url.netloc, "localhost:%d" % c.url.port, "LOCALHOST:%d" % c.url.port):
            equal(c.raw("GET", "/", headers=dict(good, Host=host))[0], 200, host)


def test_origin__no_page_may_ask():
    with control() as c:
        for origin in ("https://evil.example", c.ready["control"]["url"], "null"):
            status, headers, text = c.raw(
                "POST", "/clock", b'{"advance": "1s"}',
                {"Authorization": "Bearer " + c.token, "Origin": origin})
            equal(status, 403, origin)
            equal(json.loads(text)["error"], "forbidden")
            lacks(str(headers), "Access-Control")
        equal(c.do("GET", "/state")["clock"]["offset_ms"], 0)


def test_loopback__is_all_it_listens_on():
    with control("--bind", "0.0.0.0") as c:
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [line.split()[1:4] for line in table][1:]
        listening = [local for local, _, state in rows
                     if state == "0A" and local.endswith(":%04X" % c.url.port)]
        equal(listening, ["0100007F:%04X" % c.url.port])


# ---- paths, methods, bodies ----


def test_index__lists_what_help_lists():
    with control() as c:
        index = c.do("GET", "/")
        equal(index["schema"], "rolecall.control/1")
        text = rolecall("serve", "--help", status=0).out
        for e in index["endpoints"]:
            contains(text, "  %-6s %s" % (e["method"], e["path"]))
        equal(sorted({e["path"] for e in index["endpoints"]}),
              ["/", "/clock", "/faults", "/restart", "/revoke", "/rotate-keys", "/sessions",
               "/setup", "/state", "/trace"])


def test_path__unknown_ones_get_the_nearest():
    with control() as c:
        c.refuses(404, "not-found", "'/stat'; did you mean '/state'?", "GET", "/stat")
        c.refuses(404, "not-found", "GET / lists them", "GET", "/frobnicate/x")


def test_method__says_which_there_are():
    with control() as c:
        for method, path, allow in (("POST", "/state", "GET"), ("GET", "/setup", "PATCH"),
                                    ("POST", "/faults", "GET, PUT, DELETE"),
                                    ("GET", "/clock", "POST"), ("PUT", "/trace", "GET, DELETE"),
                                    ("OPTIONS", "/sessions", "DELETE")):
            status, headers, text = c.raw(method, path,
                                          headers={"Authorization": "Bearer " + c.token})
            equal((status, headers["Allow"]), (405, allow), path)
            equal(json.loads(text)["error"], "method-not-allowed")


def test_body__that_is_no_json():
    with control() as c:
        for method, path in (("PATCH", "/setup"), ("POST", "/clock"), ("POST", "/rotate-keys"),
                             ("POST", "/restart"), ("POST", "/revoke"), ("PUT", "/faults")):
            c.refuses(400, "bad-request", "body:1:", method, path, text="{\"a\": }")
            c.refuses(400, "bad-request", "a body is missing; it is like {", method, path, text="")
            c.refuses(400, "bad-request", "", method, path, text="[]")


def test_body__too_large():
    with control() as c:
        for size in (256 * 1024 + 1, 1024 * 1024):
            c.refuses(413, "too-large", "262144 are the most", "PATCH", "/setup",
                      text='{"people": "%s"}' % ("x" * size))
        # The twin: as large as may be, and then judged.
        text = '{"peple": "%s"}' % ("x" * (256 * 1024 - 13))
        equal(len(text), 256 * 1024)
        c.refuses(400, "bad-request", "unknown key 'peple'", "PATCH", "/setup", text=text)


def test_query__unknown_parameters():
    with control() as c:
        c.refuses(400, "bad-request", "unknown parameter 'sinc'; /trace takes since limit", "GET",
                  "/trace?sinc=1")
        c.refuses(400, "bad-request", "/state takes none", "GET", "/state?a=b")


# ---- state ----


def test_state__has_no_secret():
    with control() as c:
        state = c.do("GET", "/state")
        equal(state["versions"], {"authentik": "2026.2", "dex": "2.45.0", "argocd": "3.5"})
        equal([p["person"] for p in state["people"]], ["alice", "bob", "carol", "dave"])
        equal(state["people"][0]["groups"], ["ArgoCD Admins"])
        equal(state["down"], [])
        equal(state["setup"]["people"]["alice"]["password"], "[password]")
        equal(state["setup"]["authentik"]["provider"]["client_secret"], "[client-secret]")
        text = json.dumps(state)
        for p in c.ready["people"]:
            lacks(text, p["password"])
        lacks(text, "my_client_secret")


def test_state__a_password_that_is_a_word_leaves_the_keys():
    with control() as c:
        got = c.do("PATCH", "/setup", {"people": {"erin": {"password": "secret"}}})
        equal(got["setup"]["people"]["erin"]["password"], "[password]")
        equal(got["setup"]["authentik"]["provider"]["client_secret"], "[client-secret]")


# ---- setup ----


def test_setup__a_person_added_can_sign_in():
    with control() as c:
        refused(c, "login:", "erin", password="long enough 7")
        got = c.do("PATCH", "/setup", {"people": {"erin": {
            "groups": ["ArgoCD Viewers"], "password": "long enough 7"}}})
        lacks(json.dumps(got), "long enough 7")
        signed = direct(c, "erin", password="long enough 7")
        equal(userinfo(signed).json()["groups"], ["ArgoCD Viewers"])
        c.do("PATCH", "/setup", {"people": {"erin": None}})
        refused(c, "login:", "erin", password="long enough 7")


def test_setup__no_secret_of_it_is_shown():
    """What a person has beside the password, and the private half of a federated source's key."""
    secrets = {"app_password": "app-password-of-erin", "totp": "JBSWY3DPEHPK3PXPJBSWY3DP",
               "static_codes": ["st4tic-one", "st4tic-two"], "password": "long enough 7"}
    key = {"kty": "EC", "crv": "P-256", "kid": "shown-kid", "x": "shown-x", "y": "shown-y",
           "d": "private-half-of-the-key"}
    with control() as c:
        patch = {"people": {"erin": dict(secrets, groups=["ArgoCD Viewers"])},
                 "authentik": {"provider": {"federation": {"ci": {"jwks": {"keys": [key]}}}}},
                 "dex": {"env": {"LDAP_PASSWORD": "ldap-of-the-environment", "LANG": "shown-lang"}}}
        got = [c.do("PATCH", "/setup", patch), c.do("GET", "/state")]
        c.do("PATCH", "/setup", {"people": {"erin": None},
                                 "authentik": {"provider": {"federation": None}},
                                 "dex": {"env": None}})
        for text in map(json.dumps, got):
            for secret in ["app-password-of-erin", "JBSWY3DPEHPK3PXPJBSWY3DP", "st4tic-one",
                           "st4tic-two", "long enough 7", "private-half-of-the-key", "ldap-of-the-environment"]:
                lacks(text, secret)
            for word in ("shown-kid", "shown-x", "shown-lang", "static_codes", "app_password"):
                contains(text, word)


def test_setup__a_group_removed_shows_in_userinfo():
    with control() as c:
        signed = direct(c)
        equal(userinfo(signed).json()["groups"], ["ArgoCD Admins"])
        c.do("PATCH", "/setup", {"people": {"alice": {"groups": []}}})
        equal(userinfo(signed).json()["groups"], [])
        c.do("PATCH", "/setup", {"people": {"alice": {"groups": ["ArgoCD Admins"]}}})
        equal(userinfo(signed).json()["groups"], ["ArgoCD Admins"])


def test_setup__the_provider_changes():
    with control() as c:
        c.do("PATCH", "/setup", {"authentik": {"provider": {"signing_key": "ec"}}})
        signed = direct(c)
        equal(signed.part(0)["alg"], "ES256")
        c.do("PATCH", "/setup", {"authentik": {"provider": {"signing_key": "rsa"}}})
        equal(direct(c).part(0)["alg"], "RS256")


def test_setup__a_version_changes():
    with control() as c:
        true("jti" in direct(c).claims(), "2026.2 has a jti")
        c.do("PATCH", "/setup", {"authentik": {"version": "2025.12"}})
        true("jti" not in direct(c).claims(), "2025.12 has none")
        equal(c.do("GET", "/state")["versions"]["authentik"], "2025.12")
        c.do("PATCH", "/setup", {"authentik": {"version": "2026.2"}})


def test_setup__addresses_of_the_files_are_moved():
    """Who patches may write the names that stand in the files."""
    with control() as c:
        c.do("PATCH", "/setup", {"authentik": {"provider": {"redirect_uris": [
            {"matching_mode": "strict", "url": "https://argocd.company/api/dex/callback"},
            {"matching_mode": "strict", "url": "http://localhost:8085/auth/callback"}]}}})
        uris = c.do("GET", "/state")["setup"]["authentik"]["provider"]["redirect_uris"]
        equal(uris[0]["url"], c.ready["argocd"]["url"] + "/api/dex/callback")


def test_setup__argocd_and_dex_follow():
    with control() as c:
        bob = person.person_of(c.ready, "bob")

        def may_sync():
            async def look():
                agent = person.Agent(c.ready)
                try:
                    await person.ui(c.ready, "bob", bob["password"], agent)
                    answer = await agent.ask("GET", c.ready["argocd"]["url"] +
                                             "/api/v1/account/can-i/applications/sync/default/x")
                    return answer.json()["value"]
                finally:
                    agent.close()
            return asyncio.run(look())

        equal(may_sync(), "no")
        policy = c.do("GET", "/state")["setup"]["argocd"]["rbac_cm"]["policy.csv"]
        c.do("PATCH", "/setup", {"argocd": {"rbac_cm": {
            "policy.csv": policy + "g, ArgoCD Viewers, role:admin\n"}}})
        equal(may_sync(), "yes")
        c.do("PATCH", "/setup", {"argocd": {"rbac_cm": {"policy.csv": policy}}})
        equal(may_sync(), "no")


def test_setup__dex_goes_down_and_comes_back():
    """A connector whose issuer is nobody's ends Dex, as it would the real one; mending it starts it
    again."""
    with control() as c:
        def patch(issuer):
            return c.do("PATCH", "/setup", {"dex": {"connectors": {"authentik": {"config": {
                "issuer": issuer}}}}})["down"]

        alice = person.person_of(c.ready, "alice")
        equal(patch(c.ready["authentik"]["issuer"] + "nobody/"), ["dex"])
        c.refuses(400, "bad-request", "dex is down", "POST", "/rotate-keys", {"system": "dex"})
        try:
            asyncio.run(person.ui(c.ready, "alice", alice["password"]))
            raise AssertionError("signed in without Dex")
        except Refused as e:
            contains(str(e), "50")
        equal(patch(c.ready["authentik"]["issuer"]), [])
        asyncio.run(person.ui(c.ready, "alice", alice["password"]))


def test_setup__a_mistake_changes_nothing_and_has_its_place():
    with control() as c:
        before = c.do("GET", "/state")["setup"]
        for value, told in (
                ({"people": {"erin": {}}, "peple": {}}, "unknown key 'peple'"),
                ({"people": {"erin": {"gruops": []}}}, "did you mean 'groups'?"),
                ({"people": {"erin": {}}, "authentik": {"version": "2026.3"}}, "2026.3"),
                ({"authentik": {"provider": {"signing_key": "rsb"}}}, "it is one of rsa, rsa-4096"),
                ({"people": {"erin": {}}, "authentik": {"quirks": {"jtj": False}}}, "'jti'"),
                ({"authentik": {"url": "https://elsewhere.example"}}, "cannot be 'https://else"),
                ({"argocd": {"url": "https://elsewhere.example"}}, "argocd.url is "),
                ({"live": {"authentik": {"url": "https://id.example"}}}, "live.authentik")):
            c.refuses(400, "bad-request", told, "PATCH", "/setup", value)
        c.refuses(400, "bad-request", "body:3:2: unknown key 'peple'", "PATCH", "/setup",
                  text='{"people":\n {"erin": {}},\n "peple": 1}')
        equal(c.do("GET", "/state")["setup"], before)
        refused(c, "login:", "erin", password="x")


# ---- keys, processes, time ----


def test_keys__authentik_signs_with_another():
    with control() as c:
        before = kids(c)
        equal(c.do("POST", "/rotate-keys", {"system": "authentik"})["system"], "authentik")
        after = kids(c)
        true(len(after) == 1 and after != before, "%s after %s" % (after, before))
        equal(direct(c).part(0)["kid"], after[0])


def test_keys__of_dex_and_of_nobody():
    with control() as c:
        c.do("POST", "/rotate-keys", {"system": "dex"})
        c.refuses(400, "bad-request", "argocd has no signing keys", "POST", "/rotate-keys",
                  {"system": "argocd"})
        c.refuses(400, "bad-request", "did you mean 'authentik'?", "POST", "/rotate-keys",
                  {"system": "autentik"})
        c.refuses(400, "bad-request", "unknown member 'sytem'; did you mean 'system'?", "POST",
                  "/rotate-keys", {"sytem": "dex"})
        c.refuses(400, "bad-request", "expected 'system'", "POST", "/rotate-keys", {})
        c.refuses(400, "bad-request", "is a text, found", "POST", "/rotate-keys", {"system": 1})


def test_restart__dex_forgets_its_keys():
    with control() as c:
        def dex_kids():
            agent = person.Agent(c.ready)

            async def look():
                try:
                    return await agent.ask("GET", c.ready["dex"]["issuer"] + "/keys")
                finally:
                    agent.close()
            return [k["kid"] for k in asyncio.run(look()).json()["keys"]]

        before = dex_kids()
        c.do("POST", "/restart", {"system": "dex"})
        true(not set(before) & set(dex_kids()), "the keys are new")
        c.do("POST", "/restart", {"system": "argocd"})
        c.refuses(400, "bad-request", "authentik", "POST", "/restart", {"system": "authentik"})
        c.refuses(400, "bad-request", "did you mean 'dex'?", "POST", "/restart", {"system": "dx"})


def test_clock__a_token_expires():
    with control("--plain") as c:
        signed = direct(c)
        equal(userinfo(signed).status, 200)
        before = c.do("GET", "/state")["clock"]
        equal(c.do("POST", "/clock", {"advance": "9m"})["clock"]["offset_ms"], 540000)
        equal(userinfo(signed).status, 200)
        c.do("POST", "/clock", {"advance": "2m"})
        equal(userinfo(signed).status, 401)
        after = c.do("GET", "/state")["clock"]
        true(after["now"] > before["now"] and after["offset_ms"] == 660000, after)
        for text in ("", "soon", "-5m", "0s"):
            c.refuses(400, "bad-request", "'advance' is '%s'" % text, "POST", "/clock",
                      {"advance": text})
        c.refuses(400, "bad-request", "ten years", "POST", "/clock", {"advance": "4000d"})
        c.refuses(400, "bad-request", "did you mean 'advance'?", "POST", "/clock",
                  {"advanced": "1m"})
        equal(c.do("GET", "/state")["clock"]["offset_ms"], 660000)


# ---- faults ----


def test_faults__are_played_and_end():
    with control() as c:
        put = c.do("PUT", "/faults", {"faults": [
            {"id": "authentik/id-token.wrong-aud", "when": "once"}]})
        equal(put["faults"][0]["left"], 1)
        true(direct(c).claims()["aud"] != "my_client_id", "the fault was not played")
        equal(direct(c).claims()["aud"], "my_client_id")
        equal([(f["left"], f["played"]) for f in c.do("GET", "/faults")["faults"]], [(0, 1)])
        c.do("PUT", "/faults", {"faults": ["authentik/id-token.wrong-aud"]})
        true(direct(c).claims()["aud"] != "my_client_id", "always")
        true(direct(c).claims()["aud"] != "my_client_id", "always, again")
        equal(c.do("DELETE", "/faults"), {"faults": []})
        equal(direct(c).claims()["aud"], "my_client_id")


def test_faults__mistakes_leave_what_there_is():
    with control() as c:
        c.do("PUT", "/faults", {"faults": ["authentik/id-token.wrong-aud"]})
        for value, told in (
                ({"faults": ["authentik/id-token.wrong-audd"]}, "did you mean 'authentik/id-token."),
                ({"faults": [{"id": "authentik/id-token.wrong-aud", "whne": "once"}]},
                 "did you mean 'when'?"),
                ({"faults": [{"id": "authentik/id-token.wrong-aud", "when": "never"}]}, "'when'"),
                ({"faults": [{"id": "authentik/id-token.wrong-aud", "with": {"x": 1}}]}, "with"),
                ({"faults": "authentik/id-token.wrong-aud"}, "is a list"),
                ({"fault": []}, "did you mean 'faults'?"), ({}, "without 'faults'")):
            c.refuses(400, "bad-request", told, "PUT", "/faults", value)
        known = [f["id"] for f in rolecall("list", "faults", "--json", status=0).json()]
        for party, why in (("browser/", "own client"), ("authentik/tls.", "begins to listen")):
            fault = next(f for f in known if f.startswith(party))
            c.refuses(400, "bad-request", why, "PUT", "/faults", {"faults": [fault]})
        equal([f["id"] for f in c.do("GET", "/faults")["faults"]], ["authentik/id-token.wrong-aud"])
        c.do("DELETE", "/faults")


# ---- tokens and sessions ----


def test_revoke__one_token():
    with control() as c:
        one, other = direct(c), direct(c)
        got = c.do("POST", "/revoke", {"token": one.tokens["access_token"]})
        equal(got["revoked"], {"authentik": 1, "dex": 0, "argocd": 0})
        equal((userinfo(one).status, userinfo(other).status), (401, 200))
        c.refuses(404, "not-found", "no system knows this token", "POST", "/revoke",
                  {"token": one.tokens["access_token"]})


def test_revoke__a_session_of_argocd():
    with control() as c:
        alice = person.person_of(c.ready, "alice")

        async def sign_in():
            agent, _ = await person.ui(c.ready, "alice", alice["password"])
            agent.close()
            return agent

        async def ask(agent):
            fresh = person.Agent(c.ready)
            fresh.cookies = agent.cookies
            try:
                return await fresh.ask("GET", c.ready["argocd"]["url"] + "/api/v1/applications")
            finally:
                fresh.close()

        agent = asyncio.run(sign_in())
        equal(asyncio.run(ask(agent)).status, 200)
        got = c.do("POST", "/revoke", {"token": agent.cookies["localhost"]["argocd.token"]})
        equal(got["revoked"]["argocd"], 1)
        equal(asyncio.run(ask(agent)).status, 401)


def test_revoke__all_of_a_person():
    with control() as c:
        mine, theirs = direct(c, "alice"), direct(c, "bob")
        got = c.do("POST", "/revoke", {"person": "alice"})
        true(got["revoked"]["authentik"] >= 1, got)
        equal((userinfo(mine).status, userinfo(theirs).status), (401, 200))
        c.refuses(404, "not-found", "did you mean 'alice'?", "POST", "/revoke", {"person": "alcie"})
        c.refuses(404, "not-found", "GET /state", "POST", "/revoke", {"person": "nobody at all"})
        c.refuses(400, "bad-request", "one of them", "POST", "/revoke", {})
        c.refuses(400, "bad-request", "one of them", "POST", "/revoke",
                  {"person": "alice", "token": "x"})


def test_sessions__who_is_dropped_signs_in_again():
    with control() as c:
        mine, theirs = direct(c, "alice"), direct(c, "bob")
        equal((mine.asked, theirs.asked), (True, True))
        equal(direct(c, "alice", agent=mine.agent).asked, False)
        equal(c.do("DELETE", "/sessions?person=alice")["dropped"] >= 1, True)
        equal(direct(c, "alice", agent=mine.agent).asked, True)
        equal(direct(c, "bob", agent=theirs.agent).asked, False)
        true(c.do("DELETE", "/sessions")["dropped"] >= 2, "those of all")
        equal(c.do("GET", "/state")["kept"]["authentik"]["sessions"], 0)
        equal(direct(c, "bob", agent=theirs.agent).asked, True)
        c.refuses(404, "not-found", "did you mean 'bob'?", "DELETE", "/sessions?person=bbo")


# ---- trace ----


def exchanges(got):
    return ["%s>%s %s" % (e["from"], e["to"], urllib.parse.urlsplit(e["request"]["url"]).path)
            for e in got["events"] if e["kind"] == "exchange"]


def test_trace__has_the_login_and_no_secret_of_it():
    with control() as c:
        since = c.do("DELETE", "/trace")["next"]
        alice = person.person_of(c.ready, "alice")

        async def sign_in():
            agent, _ = await person.ui(c.ready, "alice", alice["password"])
            agent.close()
            return agent

        agent = asyncio.run(sign_in())
        signed = direct(c)
        got = c.do("GET", "/trace?since=%d&limit=2000" % since)
        seen = exchanges(got)
        for line in ("client>authentik /application/o/authorize/",
                     "dex>authentik /application/o/token/", "argocd>dex /api/dex/token",
                     "client>argocd /auth/callback", "client>authentik /application/o/token/"):
            true(line in seen, line)
            if not line.endswith("/authorize/"):
                equal(seen.count(line), 1, line)
        true(seen.count("client>authentik /application/o/authorize/") >= 2, "both logins")
        true(any(e["kind"] == "log" and "login successful" in e["text"] for e in got["events"]),
             "Dex's log")
        text = json.dumps(got)
        for secret in (alice["password"], "my_client_secret", signed.tokens["access_token"],
                       signed.tokens["id_token"], signed.tokens["id_token"].split(".")[2],
                       agent.cookies["localhost"]["argocd.token"],
                       agent.cookies["127.0.0.1"]["authentik_session"], c.token):
            lacks(text, secret)


def test_trace__holds_no_secret_of_the_other_ways_in():
    """Device and user codes, an app password, an assertion, hints and the codes that people type."""
    totp = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with control() as c:
        c.do("PATCH", "/setup", {"authentik": {"brand": {"device_code_flow": True}}, "people": {"erin": {
            "groups": [], "password": "long enough 7", "totp": totp, "static_codes": ["st4tic/one"],
            "app_password": "app+password&erin"}}})
        since = c.do("DELETE", "/trace")["next"]
        agent = person.Agent(c.ready)
        base = c.ready["authentik"]["url"]
        client = {"client_id": "my_client_id", "client_secret": "my_client_secret"}

        async def post(path, fields):
            return await agent.ask("POST", base + path, list(form.items()),
                                   urllib.parse.urlencode(dict(client, **fields)).encode())

        async def walk():
            try:
                device = (await post("/application/o/device/", {"scope": "openid"})).json()
                await post("/application/o/token/", {
                    "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                    "device_code": device["device_code"]})
                packed = (await post("/application/o/token/", {
                    "grant_type": "password", "username": "erin", "password": "app+password&erin",
                    "scope": "openid"})).json()
                await post("/application/o/token/", {
                    "grant_type": "client_credentials", "client_assertion": "foreign.assertion.x",
                    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"})
                await agent.ask("GET", base + "/application/o/argocd/end-session/?id_token_hint=foreign.hint.y")
                await agent.ask("GET", base + "/device?code=" + device["user_code"])
                flow = base + "/api/v3/flows/executor/default-authentication-flow/?query="
                await agent.ask("GET", flow)
                for reply in ({"uid_field": "erin"}, {"password": "long enough 7"}, {"code": "918273"},
                              {"code": "st4tic/one"}):
                    answer = await agent.post_json(flow, reply)
                    while answer.status == 302:
                        answer = await agent.ask("GET", flow)
                contains(str(answer.json()["response_errors"]), "Invalid Token")
                return device, packed
            finally:
                agent.close()

        device, packed = asyncio.run(walk())
        text = json.dumps(c.do("GET", "/trace?since=%d&limit=2000" % since))
        c.do("PATCH", "/setup", {"authentik": {"brand": None}, "people": {"erin": None}})
        contains(text, "/application/o/device/")
        for secret in (device["device_code"], device["user_code"], packed["access_token"], "app+password&erin",
                       "foreign.assertion.x", "foreign.hint.y", "long enough 7", "918273", "st4tic/one", totp,
                       c.token, *agent.cookies["127.0.0.1"].values()):
            for shown in (secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret),
                          base64.b64encode(secret.encode()).decode()):
                lacks(text, shown)


def test_trace__a_cursor_goes_on_and_tags_stay():
    with control() as c:
        since = c.do("DELETE", "/trace")["next"]
        direct(c)
        whole = c.do("GET", "/trace?since=%d" % since)
        equal(whole["dropped"], 0)
        parts, at = [], since
        while True:
            got = c.do("GET", "/trace?since=%d&limit=3" % at)
            true(len(got["events"]) <= 3, "three at most")
            if not got["events"]:
                break
            parts += got["events"]
            at = got["next"]
        equal(parts, whole["events"])
        equal([e["seq"] for e in parts], list(range(since, since + len(parts))))
        equal(c.do("GET", "/trace?since=%d" % at), {"events": [], "next": at, "dropped": 0})


def test_trace__forgets_and_says_what_fell_out():
    with control() as c:
        at = c.do("DELETE", "/trace")["next"]
        got = c.do("GET", "/trace")
        equal(got, {"events": [], "next": at, "dropped": 0})

        async def knock(n):
            agent = person.Agent(c.ready)
            for _ in range(n):
                await agent.ask("GET", c.ready["authentik"]["url"] + "/-/health/live/")
            agent.close()

        asyncio.run(knock(4100))
        got = c.do("GET", "/trace?since=%d&limit=1" % at)
        state = c.do("GET", "/state")["trace"]
        equal(got["dropped"], 4)
        equal((state["first"], state["next"]), (at + 4, at + 4100))
        for bad in ("-1", "x", ""):
            c.refuses(400, "bad-request", "'since' is '%s'" % bad, "GET", "/trace?since=" + bad)
        c.refuses(400, "bad-request", "'limit'", "GET", "/trace?limit=2001")


def test_end__the_server_stops_with_its_control():
    SERVED.close()


cli.main()
