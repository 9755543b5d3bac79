"""People who sign in at a running `rolecall serve`, many at once: HTTP/1.1 over asyncio with cookies
and kept connections, the flow executor's challenges, and the relying party of a direct login. Nothing
here knows what the program should answer; who is refused is told by Refused."""

import asyncio
import base64
import hashlib
import json
import ssl
import urllib.parse

SEEN = 300  # so much of an answer is shown
HOPS = 30


class Refused(Exception):
    """The sign-in did not come to its end."""


class Answer:
    def __init__(self, url, status, headers, body):
        self.url, self.status, self.headers, self.body = url, status, headers, body

    def header(self, name):
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return "%d of %s: %s" % (self.status, self.url.split("?")[0],
                                 self.body[:SEEN].decode(errors="replace"))


def tls_context(ready):
    return ssl.create_default_context(cafile=ready["ca_file"]) if ready["ca_file"] else None


class Agent:
    """One person's user agent: cookies by host, a kept connection by origin."""

    def __init__(self, ready, context=None):
        self.ready = ready
        self.context = context or tls_context(ready)
        self.cookies = {}
        self.kept = {}

    async def connect(self, url):
        origin = url.scheme, url.hostname, url.port
        if origin not in self.kept:
            tls = self.context if url.scheme == "https" else None
            host = "127.0.0.1" if url.hostname == "localhost" else url.hostname
            self.kept[origin] = await asyncio.open_connection(
                host, url.port, ssl=tls, server_hostname=url.hostname if tls else None)
        return origin, self.kept[origin]

    def close(self):
        for _, writer in self.kept.values():
            writer.close()
        self.kept = {}

    def keep_cookies(self, host, headers):
        jar = self.cookies.setdefault(host, {})
        for name, value in headers:
            if name.lower() == "set-cookie":
                key, _, text = value.split(";")[0].partition("=")
                jar[key] = text

    async def ask(self, method, url, headers=(), body=b""):
        """One exchange, no redirect followed."""
        parts = urllib.parse.urlsplit(url)
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        fields = [("Host", parts.netloc), *headers]
        jar = self.cookies.get(parts.hostname)
        if jar:
            fields.append(("Cookie", "; ".join("%s=%s" % pair for pair in jar.items())))
        if body or method == "POST":
            fields.append(("Content-Length", str(len(body))))
        head = "%s %s HTTP/1.1\r\n%s\r\n" % (
            method, target, "".join("%s: %s\r\n" % pair for pair in fields))
        origin, (reader, writer) = await self.connect(parts)
        writer.write(head.encode() + body)
        await writer.drain()
        raw = await reader.readuntil(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")
        got = [tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line]
        length = next((int(v) for n, v in got if n.lower() == "content-length"), 0)
        answer = Answer(url, int(lines[0].split()[1]), got, await reader.readexactly(length))
        if (answer.header("Connection") or "").lower() == "close":
            writer.close()
            del self.kept[origin]
        self.keep_cookies(parts.hostname, got)
        return answer

    async def post_json(self, url, value, headers=()):
        return await self.ask("POST", url, [("Content-Type", "application/json"), *headers],
                              json.dumps(value).encode())

    async def post_form(self, url, form, headers=()):
        return await self.ask("POST", url,
                              [("Content-Type", "application/x-www-form-urlencoded"), *headers],
                              urllib.parse.urlencode(form).encode())

    async def go(self, url, ends=()):
        """Follows redirects until a page, or until an address begins with one of `ends`."""
        for _ in range(HOPS):
            if any(url.startswith(end) for end in ends):
                return url
            answer = await self.ask("GET", url, [("Accept", "text/html")])
            location = answer.header("Location")
            if location is None:
                return answer
            url = urllib.parse.urljoin(url, location)
        raise Refused("redirects without end, the last to " + url)


# ---- authentik's flow executor ----


def reply_to(challenge, username, password, asked):
    component = challenge["component"]
    if challenge.get("response_errors"):
        raise Refused("login: %s" % challenge["response_errors"])
    if component == "ak-stage-identification":
        return {"uid_field": username, "password": password}
    if component == "ak-stage-password" and "password" not in asked:
        asked.add("password")
        return {"password": password}
    if component == "ak-stage-user-login":
        return {"remember_me": False}
    if component == "ak-stage-consent":
        return {"token": challenge["token"]}
    raise Refused("a challenge '%s' is left: %s" % (component, json.dumps(challenge)[:SEEN]))


async def walk_flow(agent, page, username, password):
    """Answers the challenges of a flow page; gives the address it leads to."""
    parts = urllib.parse.urlsplit(page)
    slug = parts.path.split("/if/flow/")[1].strip("/")
    executor = "%s://%s/api/v3/flows/executor/%s/?%s" % (
        parts.scheme, parts.netloc, slug, urllib.parse.urlencode({"query": parts.query}))
    headers = [("Accept", "application/json"), ("Referer", page)]
    reply, asked = None, set()
    for _ in range(HOPS):
        if reply is None:
            answer = await agent.ask("GET", executor, headers)
        else:
            csrf = agent.cookies[parts.hostname].get("authentik_csrf", "")
            answer = await agent.post_json(executor, reply, [*headers, ("X-authentik-CSRF", csrf)])
        reply = None
        if answer.status in (301, 302, 303):
            continue
        if answer.status != 200:
            raise Refused("login: %s" % answer)
        challenge = answer.json()
        if challenge["component"] == "xak-flow-redirect":
            to = urllib.parse.urljoin(page, challenge["to"])
            if "/api/v3/flows/executor/" not in to:
                return to
            continue
        reply = dict(reply_to(challenge, username, password, asked),
                     component=challenge["component"])
    raise Refused("the flow has no end")


# ---- sign-ins ----


async def through_authentik(agent, url, username, password, ends):
    """From an address through the login, if it is asked, to one of `ends`; whether it was asked."""
    asked = False
    for _ in range(HOPS):
        at = await agent.go(url, ends=(*ends, agent.ready["authentik"]["url"] + "/if/flow/"))
        if isinstance(at, Answer):
            raise Refused("%s" % at)
        if not at.startswith(agent.ready["authentik"]["url"] + "/if/flow/"):
            return at, asked
        asked = asked or "authentication" in at
        url = await walk_flow(agent, at, username, password)
    raise Refused("the login has no end")


class Signed:
    """What came of a direct login."""

    def __init__(self, agent, tokens, asked):
        self.agent, self.tokens, self.asked = agent, tokens, asked

    def endpoint(self, name):
        return self.agent.ready["authentik"]["url"] + "/application/o/%s/" % name

    def part(self, i, token="id_token"):
        text = self.tokens[token].split(".")[i]
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))

    def claims(self):
        return self.part(1)

    async def userinfo(self):
        return await self.agent.ask(
            "GET", self.endpoint("userinfo"),
            [("Authorization", "Bearer " + self.tokens["access_token"])])


def person_of(ready, name):
    return next(p for p in ready["people"] if p["person"] == name)


async def direct(ready, username, password, agent=None, scope="openid email profile", number=0):
    """rolecall's own kind of direct login: code flow with PKCE at authentik."""
    agent = agent or Agent(ready)
    client = ready["clients"][0]
    redirect = next(u for u in client["redirect_uris"] if "8085" in u)
    verifier = "v%042d" % number
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    query = {"client_id": client["id"], "redirect_uri": redirect, "response_type": "code",
             "scope": scope, "state": "state-%d" % number, "nonce": "nonce-%d" % number,
             "code_challenge": challenge.decode().rstrip("="), "code_challenge_method": "S256"}
    start = "%s/application/o/authorize/?%s" % (ready["authentik"]["url"],
                                                urllib.parse.urlencode(query))
    back, asked = await through_authentik(agent, start, username, password, (redirect,))
    got = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    if "code" not in got or got.get("state") != query["state"]:
        raise Refused("authorize: %s" % got)
    answer = await agent.post_form(ready["authentik"]["url"] + "/application/o/token/", {
        "grant_type": "authorization_code", "code": got["code"], "redirect_uri": redirect,
        "client_id": client["id"], "client_secret": client["secret"], "code_verifier": verifier})
    if answer.status != 200:
        raise Refused("token: %s" % answer)
    signed = Signed(agent, answer.json(), asked)
    if signed.claims()["nonce"] != query["nonce"]:
        raise Refused("another nonce")
    return signed


async def ui(ready, username, password, agent=None):
    """Through Argo CD and Dex; gives the agent that is signed in, and what Argo CD says of it."""
    agent = agent or Agent(ready)
    home = ready["argocd"]["url"]
    login = home + "/auth/login?" + urllib.parse.urlencode({"return_url": home + "/applications"})
    at, _ = await through_authentik(agent, login, username, password, (home + "/applications",))
    answer = await agent.ask("GET", home + "/api/v1/session/userinfo")
    if answer.status != 200 or not answer.json().get("loggedIn"):
        raise Refused("%s after %s" % (answer, at))
    return agent, answer.json()


async def dex(ready, username, password, agent=None, scope="openid profile email groups", number=0):
    """As the command line's client: code flow with PKCE at Dex. Gives the tokens."""
    agent = agent or Agent(ready)
    client, issuer = "argo-cd-cli", ready["dex"]["issuer"]
    redirect = "http://localhost:8085/auth/callback"
    verifier = "v%042d" % number
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    query = {"client_id": client, "redirect_uri": redirect, "response_type": "code",
             "scope": scope, "state": "state-%d" % number, "nonce": "nonce-%d" % number,
             "code_challenge": challenge.decode().rstrip("="), "code_challenge_method": "S256"}
    back, _ = await through_authentik(agent, "%s/auth?%s" % (issuer, urllib.parse.urlencode(query)),
                                      username, password, (redirect,))
    got = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    if "code" not in got or got.get("state") != query["state"]:
        raise Refused("authorize: %s" % got)
    answer = await agent.post_form(issuer + "/token", {
        "grant_type": "authorization_code", "code": got["code"], "redirect_uri": redirect,
        "client_id": client, "code_verifier": verifier})
    if answer.status != 200:
        raise Refused("token: %s" % answer)
    return answer.json()


async def log_out_of_argocd(agent):
    """The session's token is taken back; the person stays signed in at authentik."""
    home = agent.ready["argocd"]["url"]
    answer = await agent.ask("GET", home + "/auth/logout")
    if answer.status not in (302, 303):
        raise Refused("logout: %s" % answer)
