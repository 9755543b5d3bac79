#!/usr/bin/env python3
"""Debian's mod_auth_openidc, a certified relying party, signs people in at the mock authentik and at
the mock Dex of one `rolecall serve`. Each of its virtual hosts is a client; the application behind
them says what Apache told it of the person."""

import asyncio
import atexit
import base64
import contextlib
import json
import subprocess
import sys
import urllib.parse

import apache
import cli
import crowd
import person
from cli import contains, equal, lacks, true
from person import Refused

SCOPES = ["openid", "email", "profile", "offline_access"]
DEX_CLIENT = ("apache", "a-secret-of-apache")
NAMES = ("authentik", "authentik-secret", "authentik-stranger", "authentik-bent", "dex", "dex-secret")
SITES = dict(zip(NAMES, map(apache.Site, cli.free_ports(len(NAMES)))))
DEX, AUTHENTIK = SITES["dex"], SITES["authentik"]

# ---- what is served, and the relying parties ----


def dex_config():
    """The guide's, with a client for Apache, and a connector that may refresh."""
    text = (cli.GUIDE / "argocd-cm.yaml").read_text().split("  dex.config: |\n")[1]
    lines = [line[4:] for line in text.splitlines()]
    lines.insert(lines.index("      - email") + 1, "      - offline_access")
    uris = [SITES[name].redirect_uri for name in NAMES if name.startswith("dex")]
    return "\n".join(lines) + "\nstaticClients:\n- {id: %s, name: Apache, secret: %s, redirectURIs: %s}\n" % (
        *DEX_CLIENT, json.dumps(uris))


def setup():
    uris = ["https://argocd.company/api/dex/callback"]
    uris += [SITES[name].redirect_uri for name in NAMES if name.startswith("authentik")]
    strict = [{"matching_mode": "strict", "url": u} for u in uris]
    strict.append({"matching_mode": "strict", "url": AUTHENTIK.url + "/out",
                   "redirect_uri_type": "logout"})
    return {"authentik": {"provider": {
        "scopes": SCOPES, "redirect_uris": strict, "logout_method": "backchannel",
        "logout_uri": AUTHENTIK.redirect_uri + "?logout=backchannel"}},
            "argocd": {"cm": {"dex.config": dex_config()}}}


def directives(ready):
    """Each site's own part of its virtual host."""
    client = next(c for c in ready["clients"] if c["of"] == "authentik")
    authentik, dex = ready["authentik"], ready["dex"]

    def at(issuer, scope, name, secret, more=""):
        return ["OIDCProviderMetadataURL %s/.well-known/openid-configuration%s" % (
                    issuer.rstrip("/"), more),
                'OIDCScope "%s"' % scope, "OIDCClientID " + name, "OIDCClientSecret " + secret,
                "OIDCIDTokenSignedResponseAlg RS256"]

    def at_authentik(secret, more=""):
        return at(authentik["issuer"], " ".join(SCOPES), client["id"], secret, more)

    def at_dex(secret):
        return at(dex["issuer"], " ".join([*SCOPES, "groups"]), DEX_CLIENT[0], secret)

    trusting = "OIDCCABundlePath {ca}"
    # A bearer token is asked about at authentik, and verified with Dex's keys.
    asking = ["OIDCOAuthIntrospectionEndpoint %s/application/o/introspect/" % authentik["url"],
              "OIDCOAuthIntrospectionEndpointAuth client_secret_basic",
              "OIDCOAuthTokenIntrospectionInterval 0",
              "OIDCOAuthClientID " + client["id"], "OIDCOAuthClientSecret " + client["secret"],
              "OIDCOAuthRemoteUserClaim sub"]
    verifying = ["OIDCOAuthVerifyJwksUri %s/keys" % dex["issuer"], "OIDCOAuthRemoteUserClaim email"]
    # What a provider says of itself is kept by address: who is to ask anew asks another.
    return [(AUTHENTIK, [*at_authentik(client["secret"]), *asking, trusting]),
            (SITES["authentik-secret"], [*at_authentik("another"), trusting]),
            (SITES["authentik-stranger"], at_authentik(client["secret"], "?stranger")),
            (SITES["authentik-bent"], [*at_authentik(client["secret"], "?bent"), trusting]),
            (DEX, [*at_dex(DEX_CLIENT[1]), *verifying, trusting]),
            (SITES["dex-secret"], [*at_dex("another"), trusting])]


class World:
    """One server and one Apache for all tests; each leaves them as it found them."""

    def __init__(self, stack):
        self.served = stack.enter_context(
            cli.serve("--control", "--show-secrets", "--patch", json.dumps(setup())))
        self.ready = self.served.ready
        self.apache = stack.enter_context(
            apache.served(directives(self.ready), self.ready["ca_file"]))

    def control(self, method, path, value=None):
        return crowd.control(self.served, method, path, value)

    @contextlib.contextmanager
    def faults(self, *faults):
        self.control("PUT", "/faults", {"faults": list(faults)})
        try:
            yield
        finally:
            played = [f["played"] for f in self.control("GET", "/faults")["faults"]]
            self.control("DELETE", "/faults")
        true(all(played), "not every fault was played: %s" % played)


def world():
    if not hasattr(world, "is"):
        stack = contextlib.ExitStack()
        atexit.register(stack.close)  # also when some tests were chosen by name
        setattr(world, "is", World(stack))
    return getattr(world, "is")


# ---- people ----


class Browser(person.Agent):
    """A user agent that knows where it has been."""

    def __init__(self, name="alice", password=None):
        super().__init__(world().ready)
        self.name = name
        self.password = password or person.person_of(self.ready, name)["password"]
        self.asked = []

    async def ask(self, method, url, headers=(), body=b""):
        self.asked.append(url)
        return await super().ask(method, url, headers, body)

    async def walk(self, url, ends=()):
        """From an address through whatever login is asked to the last page, or to one of `ends`."""
        flow = self.ready["authentik"]["url"] + "/if/flow/"
        for _ in range(person.HOPS):
            at = await self.go(url, ends=(*ends, flow))
            if isinstance(at, person.Answer) or not at.startswith(flow):
                return at
            url = await person.walk_flow(self, at, self.name, self.password)
        raise Refused("the login has no end")

    def visit(self, url, ends=()):
        """What the person sees last; connections live as long as a visit, cookies longer."""
        async def visit():
            try:
                return await self.walk(url, ends)
            finally:
                self.close()
        return asyncio.run(visit())

    def typed_password(self):
        """Whether the last visits asked for it."""
        flows = [u for u in self.asked if "/flows/executor/default-authentication-flow" in u]
        self.asked.clear()
        return bool(flows)


def told(answer):
    """What the application was told; it was reached."""
    true(answer.status == 200 and answer.header("Content-Type") == "application/json", str(answer))
    return answer.json()["headers"]


def is_error_page(answer):
    """Apache's own page: the application was not reached."""
    contains(answer.body.decode(), "<p>Error:")
    equal(answer.header("Content-Type"), "text/html")


def signed_in(site, name="alice"):
    browser = Browser(name)
    return browser, told(browser.visit(site.page))


def knows(browser, site):
    """Whether Apache has a session for the browser, without asking for one."""
    async def ask():
        try:
            return await browser.ask("GET", site.page)
        finally:
            browser.close()
    return asyncio.run(ask()).status == 200


def query_of(browser, part):
    """The parameters of the last address asked that has this part."""
    url = next(u for u in reversed(browser.asked) if part in u)
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


@contextlib.contextmanager
def changed(patch, back):
    world().control("PATCH", "/setup", patch)
    try:
        yield
    finally:
        world().control("PATCH", "/setup", back)


def terse_id_token():
    """authentik's says no more than it must: all else is to be had of userinfo."""
    return changed(*({"authentik": {"provider": {"include_claims_in_id_token": v}}} for v in (False, None)))


# ---- signing in ----


def test_authentik__signs_in_with_pkce_and_the_application_knows_who():
    browser, headers = signed_in(AUTHENTIK)
    equal(headers["X-Remote-User"], "alice")
    equal(headers["OIDC_CLAIM_groups"], "ArgoCD Admins")
    equal(headers["OIDC_CLAIM_email"], "alice@company.example")
    equal(headers["OIDC_CLAIM_iss"], browser.ready["authentik"]["issuer"])
    asked = query_of(browser, "/application/o/authorize/")
    equal((asked["code_challenge_method"], asked["response_type"]), ("S256", "code"))
    equal(headers["OIDC_CLAIM_nonce"], asked["nonce"])


def test_dex__signs_in_with_pkce_and_the_application_knows_who():
    browser, headers = signed_in(DEX)
    equal(headers["X-Remote-User"], "alice")
    equal(headers["OIDC_CLAIM_groups"], "ArgoCD Admins")
    equal(headers["OIDC_CLAIM_email"], "alice@company.example")
    equal(headers["OIDC_CLAIM_iss"], browser.ready["dex"]["issuer"])
    equal(headers["OIDC_CLAIM_aud"], DEX_CLIENT[0])
    asked = query_of(browser, "/api/dex/auth")
    equal((asked["code_challenge_method"], asked["response_type"]), ("S256", "code"))
    equal(headers["OIDC_CLAIM_nonce"], asked["nonce"])


def test_userinfo__is_what_the_application_is_told():
    """Both are asked for it, and what only userinfo says arrives."""
    world().control("DELETE", "/trace")
    for site, path in ((AUTHENTIK, "/application/o/userinfo/"), (DEX, "/api/dex/userinfo")):
        signed_in(site)
        events = json.dumps(world().control("GET", "/trace?limit=2000"))
        contains(events, path)
    with terse_id_token():
        _, headers = signed_in(AUTHENTIK, "dave")
        equal(headers["OIDC_CLAIM_groups"], "ArgoCD Admins,ArgoCD Viewers")


def test_groups__let_in_or_not():
    for site in (AUTHENTIK, DEX):
        for name, groups, status in (("alice", "ArgoCD Admins", 200), ("bob", "ArgoCD Viewers", 401),
                                     ("carol", None, 401),
                                     ("dave", "ArgoCD Admins,ArgoCD Viewers", 200)):
            browser, headers = signed_in(site, name)
            equal((headers["X-Remote-User"], headers.get("OIDC_CLAIM_groups") or None), (name, groups))
            equal(browser.visit(site.admins).status, status, name)


def test_groups__said_by_the_browser_are_not_believed():
    browser, _ = signed_in(AUTHENTIK, "bob")
    answer = asyncio.run(browser.ask("GET", AUTHENTIK.page,
                                     [("OIDC_CLAIM_groups", "ArgoCD Admins")]))
    equal(told(answer)["OIDC_CLAIM_groups"], "ArgoCD Viewers")


def versions(system):
    listed = json.loads(subprocess.run([cli.BINARY, "list", "versions", "--json"], check=True,
                                       capture_output=True, text=True).stdout)
    return [v["version"] for v in listed if v.get("system") == system and "version" in v]


def version(system, which):
    return changed({system: {"version": which}}, {system: {"version": None}})


def in_version(system, which, site):
    with version(system, which):
        _, headers = signed_in(site, "bob")
        equal(headers["OIDC_CLAIM_groups"], "ArgoCD Viewers", "%s %s" % (system, which))


def test_authentik__in_the_oldest_and_the_newest_version():
    known = versions("authentik")
    for which in (known[0], known[-1]):
        in_version("authentik", which, AUTHENTIK)


def test_dex__in_every_version():
    for which in versions("dex"):
        in_version("dex", which, DEX)


# ---- not signing in ----


def test_wrong_password__nobody_comes_back():
    for site in (AUTHENTIK, DEX):
        browser = Browser("alice", "wrong")
        try:
            answer = browser.visit(site.page)
        except Refused as e:
            contains(str(e), "Invalid password")
        else:
            raise AssertionError("let in: %s" % answer)
        lacks("\n".join(browser.asked), "redirect_uri?code=")


def test_wrong_client_secret__the_code_is_no_token():
    for site in (SITES["authentik-secret"], SITES["dex-secret"]):
        with world().apache.logged() as since:
            answer = Browser().visit(site.page)
            is_error_page(answer)
            contains(since(), "invalid_client")


def test_unregistered_redirect_uri__never_leaves_the_provider():
    for site, part, said in ((AUTHENTIK, "/application/o/authorize/", "Redirect URI Error"),
                             (DEX, "/api/dex/auth", "Unregistered redirect_uri")):
        browser = Browser()
        asyncio.run(browser.go(site.page, ends=(browser.ready["authentik"]["url"] + "/if/",)))
        start = next(u for u in browser.asked if part in u)
        other = start.replace("redirect_uri%3F", "x").replace("%2Fredirect_uri", "%2Fanother")
        true(other != start, start)
        answer = Browser().visit(other)
        equal(answer.status, 400)
        contains(answer.body.decode(), said)


def test_another_browsers_code__is_bound_to_its_verifier():
    for site in (AUTHENTIK, DEX):
        callbacks = []
        for name in ("alice", "bob"):
            browser = Browser(name)
            callbacks.append((browser, browser.visit(site.page, ends=(site.redirect_uri,))))
        (_, alices), (bob, bobs) = callbacks
        code = urllib.parse.parse_qs(urllib.parse.urlsplit(alices).query)["code"][0]
        mine = urllib.parse.parse_qs(urllib.parse.urlsplit(bobs).query)["code"][0]
        with world().apache.logged() as since:
            is_error_page(bob.visit(bobs.replace(mine, code)))
            contains(since(), "invalid_grant")


# What Apache finds wrong with a token, by the fault: of both, and of one.
WRONG_TOKENS = (
    ("id-token.wrong-aud", 'did not match the "aud" claim value (another-client)'),
    ("id-token.no-aud", 'did not contain an "aud" claim'),
    ("id-token.azp-wrong", 'the "azp" claim (another-client) is present'),
    ("id-token.expired", "JWT expired 3600 seconds ago"),
    ("id-token.no-exp", 'did not contain an "exp" number'),
    ("id-token.iat-future", "issued more than 600 seconds in the future"),
    ("id-token.no-iat", 'did not contain an "iat" number'),
    ("id-token.no-sub", 'required-by-spec "sub"'),
    ("id-token.tampered", "bad signature"),
    ("id-token.wrong-key", "padding check failed"),
    ("id-token.kid-unknown", "could not find key with kid"),
    ("id-token.alg-hs256", "not signed with the expected configured algorithm: HS256 != RS256"),
    ("id-token.at-hash-wrong", 'provided "at_hash" hash value'),
    ("id-token.c-hash-wrong", 'provided "c_hash" hash value'),
    ("token.no-id-token", 'no "id_token" parameter found'),
    ("token.no-access-token", 'no "access_token" parameter found'),
    ("token.wrong-type", 'token_type is "mac"'),
)
WRONG_OF_ONE = (
    (AUTHENTIK, {"id": "authentik/id-token.wrong-iss", "with": {"iss": "https://another.example/"}},
     'requested issuer (https://127.0.0.1:'),
    (DEX, {"id": "dex/id-token.wrong-iss", "with": {"iss": "https://another.example"}},
     'requested issuer (https://localhost:'),
    (AUTHENTIK, "authentik/id-token.wrong-nonce", "did not match the one stored"),
    (DEX, "dex/id-token.nonce-wrong", "did not match the one stored"),
    (AUTHENTIK, "authentik/id-token.no-nonce", 'did not contain a "nonce" string'),
    (AUTHENTIK, "authentik/id-token.malformed", "oidc_jwt_parse failed"),
    (AUTHENTIK, "authentik/token.html", "JSON parsing returned an error"),
    # Over TLS it takes a token without a signature, as OIDC Core 3.1.3.7 (6) lets it; the hash in
    # Dex's is then none that it could make.
    (DEX, "dex/id-token.alg-none", 'digest algorithm name found for algorithm "none"'),
)
# Of whom userinfo speaks of, when that is not who signed in; nothing of it is believed.
OTHER_USERINFO = (
    ("authentik/userinfo.other-sub", 'returned from userinfo endpoint does not match'),
    ("authentik/userinfo.no-sub", 'mandatory claim ("sub") was not returned'),
    ("authentik/id-token.sub-other", 'does not match the one in the id_token ("another-subject")'),
)


def wrong_tokens():
    for name, why in WRONG_TOKENS:
        yield AUTHENTIK, "authentik/" + name, why
        yield DEX, "dex/" + name, why
    yield from WRONG_OF_ONE


def refusal(site, fault, why):
    """With the fault nobody is known at the application, for this reason. What is amiss, or None."""
    with world().faults(fault), world().apache.logged() as since:
        answer = Browser().visit(site.page)
        log = since()
    if answer.header("Content-Type") != "text/html" or why not in log:
        return "%s: expected %r\n%s\n%s" % (fault, why, answer, log)
    return None


def refusals(rows):
    wrong = [text for text in (refusal(*row) for row in rows) if text]
    true(not wrong, "\n".join(wrong))


def test_wrong_tokens__are_refused_for_the_reason():
    refusals(wrong_tokens())
    for site in (AUTHENTIK, DEX):
        signed_in(site)


def test_userinfo__of_somebody_else_is_not_believed():
    with terse_id_token():
        refusals((AUTHENTIK, *row) for row in OTHER_USERINFO)
        signed_in(AUTHENTIK)


def test_stranger__does_not_trust_the_certificate():
    with world().apache.logged() as since:
        answer = Browser().visit(SITES["authentik-stranger"].page)
        true(answer.header("Content-Type") != "application/json", str(answer))
        contains(since(), "SSL certificate problem")


def test_discovery__of_another_issuer_is_of_no_use():
    with world().faults("authentik/discovery.issuer-mismatch"), world().apache.logged() as since:
        is_error_page(Browser().visit(SITES["authentik-bent"].page))
        contains(since(), "issuer")


# ---- keys ----


def test_keys__rotated_are_fetched_anew():
    for site, system in ((AUTHENTIK, "authentik"), (DEX, "dex")):
        signed_in(site)
        world().control("POST", "/rotate-keys", {"system": system})
        signed_in(site)


# ---- refresh ----


def refreshed(browser, site, headers, ends=()):
    return browser.visit("%s?%s" % (site.redirect_uri, urllib.parse.urlencode(
        {"refresh": site.page, "access_token": headers["OIDC_access_token"]})), ends)


def test_refresh__gives_another_access_token():
    for site in (AUTHENTIK, DEX):
        browser, headers = signed_in(site)
        again = told(refreshed(browser, site, headers))
        true(again["OIDC_access_token"] != headers["OIDC_access_token"], "another access token")
        equal(again["OIDC_CLAIM_sub"], headers["OIDC_CLAIM_sub"])
        third = told(refreshed(browser, site, again))
        true(third["OIDC_access_token"] != again["OIDC_access_token"], "and another")


def test_refresh__of_what_was_taken_back_is_refused():
    for site, operation in ((AUTHENTIK, ("POST", "/revoke", {"person": "alice"})),
                            (DEX, ("POST", "/restart", {"system": "dex"}))):
        browser, headers = signed_in(site)
        world().control(*operation)
        with world().apache.logged() as since:
            at = refreshed(browser, site, headers, ends=(site.page,))
            equal(query_of(browser, "refresh=")["access_token"], headers["OIDC_access_token"])
            contains(at, "error_code=refresh_failed")
            contains(since(), "invalid_grant" if site is AUTHENTIK else "invalid")


# ---- logout ----


def log_out(browser, site):
    return browser.visit("%s?%s" % (site.redirect_uri, urllib.parse.urlencode(
        {"logout": site.url + "/out"})))


def test_logout__at_authentik_ends_both_sessions():
    """Since 2026.5 authentik leads back; before, its last page is where the person ends up."""
    for which, end in (("2026.2", None), ("2026.8", AUTHENTIK.url + "/out")):
        with version("authentik", which):
            browser, _ = signed_in(AUTHENTIK)
            browser.typed_password()
            told(browser.visit(AUTHENTIK.page))
            equal(browser.typed_password(), False, "a session of Apache's own")
            try:
                equal(log_out(browser, AUTHENTIK).url, end)
            except Refused as e:
                equal(end, None, str(e))
                contains(str(e), "ak-stage-session-end")
            asked = query_of(browser, "/end-session/")
            equal(asked["post_logout_redirect_uri"], AUTHENTIK.url + "/out")
            true("id_token_hint" in asked, "the ID token says whose session")
            browser.asked.clear()
            told(browser.visit(AUTHENTIK.page))
            equal(browser.typed_password(), True, "authentik's session has ended, too")


def test_logout__at_dex_is_of_apache_alone():
    """Dex has no session to end: authentik's outlives it."""
    browser, _ = signed_in(DEX)
    browser.asked.clear()
    equal(log_out(browser, DEX).url, DEX.url + "/out")
    true(not knows(browser, DEX), "Apache's session has ended")
    told(browser.visit(DEX.page))
    contains("\n".join(browser.asked), "/api/dex/auth")
    lacks("\n".join(browser.asked), "end-session")
    equal(browser.typed_password(), False, "authentik still knows who it is")


def until(condition, what):
    """authentik tells relying parties of a logout beside what it answers."""
    for _ in range(100):
        if condition():
            return
        asyncio.run(asyncio.sleep(0.05))
    raise AssertionError(what)


def test_backchannel_logout__ends_apaches_session_and_of_nobody_else():
    alice, _ = signed_in(AUTHENTIK)
    bob, _ = signed_in(AUTHENTIK, "bob")
    true(knows(alice, AUTHENTIK) and knows(bob, AUTHENTIK), "both are signed in")
    world().control("DELETE", "/sessions?person=alice")
    until(lambda: not knows(alice, AUTHENTIK), "Apache was told that alice has logged out")
    true(knows(bob, AUTHENTIK), "bob has not")


def test_backchannel_logout__is_refused_when_not_authentiks():
    browser, headers = signed_in(AUTHENTIK)
    forged = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                      for part in ({"alg": "RS256"}, {
                          "iss": headers["OIDC_CLAIM_iss"], "aud": headers["OIDC_CLAIM_aud"],
                          "iat": int(headers["OIDC_CLAIM_iat"]), "jti": "x",
                          "sid": headers.get("OIDC_CLAIM_sid", ""), "sub": headers["OIDC_CLAIM_sub"],
                          "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}))
    async def post():
        agent = person.Agent(browser.ready)
        try:
            return await agent.post_form(AUTHENTIK.redirect_uri + "?logout=backchannel",
                                         {"logout_token": forged + ".AAAA"})
        finally:
            agent.close()
    equal(asyncio.run(post()).status, 400)
    true(knows(browser, AUTHENTIK), "alice is still signed in")


# ---- bearer tokens ----


def called(site, token):
    agent = person.Agent(world().ready)

    async def call():
        try:
            return await agent.ask("GET", site.url + "/api/x", [("Authorization", "Bearer " + token)])
        finally:
            agent.close()
    return asyncio.run(call())


def bent(token):
    """One bit of its signature turned."""
    head, body, signature = token.split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
    raw[len(raw) // 2] ^= 1
    return ".".join((head, body, base64.urlsafe_b64encode(raw).decode().rstrip("=")))


def test_bearer__an_access_token_is_known_to_introspection_until_taken_back():
    _, headers = signed_in(AUTHENTIK)
    token = headers["OIDC_access_token"]
    equal(told(called(AUTHENTIK, token))["X-Remote-User"], headers["OIDC_CLAIM_sub"])
    equal(called(AUTHENTIK, bent(token)).status, 401)
    world().control("POST", "/revoke", {"person": "alice"})
    equal(called(AUTHENTIK, token).status, 401)


def test_bearer__an_access_token_of_dex_is_verified_with_its_keys():
    _, headers = signed_in(DEX)
    token = headers["OIDC_access_token"]
    equal(told(called(DEX, token))["X-Remote-User"], "alice@company.example")
    equal(called(DEX, bent(token)).status, 401)
    _, others = signed_in(AUTHENTIK)
    equal(called(DEX, others["OIDC_access_token"]).status, 401, "authentik's token is not Dex's")


if apache.missing():
    print("1..0 # SKIP mod_auth_openidc is not installed: no %s" % apache.missing())
    sys.exit(0)
cli.main()
