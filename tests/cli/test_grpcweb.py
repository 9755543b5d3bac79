#!/usr/bin/env python3
"""`argocd login --sso --grpc-web --skip-test-tls --insecure` against `rolecall serve`, with the frames
that the real CLI sends: settings, discovery, authorization in a browser, callback, token, and then
`account get-user-info` and `account can-i` with it (argocd.md part 3)."""

import asyncio
import base64
import hashlib
import json
import urllib.parse
import urllib.request

import person
from cli import contains, equal, lacks, main, serve, true
from grpcweb import TYPE, Client, Status, decode, encode, frame, text

CALLBACK = "http://localhost:8085/auth/callback"
VERIFIER = "aZ09-._~" * 5 + "abc"
SETTINGS = "/cluster.SettingsService/Get"
USER_INFO = "/session.SessionService/GetUserInfo"
CAN_I = "/account.AccountService/CanI"


def refused(code, message, call, *args, **more):
    try:
        call(*args, **more)
    except Status as e:
        equal((e.code, e.message), (code, message))
        return
    raise AssertionError("nobody refused; expected %d %s" % (code, message))


async def sign_in(s, name):
    """The CLI's part and the person's: the token answer."""
    cli = Client(s.ready["argocd"]["url"])
    settings = cli.settings()
    true(decode(settings[2][0]).get(1), "no connector in the settings")
    issuer = text(settings, 1) + "/api/dex"
    agent = person.Agent(s.ready)
    doc = (await agent.ask("GET", issuer + "/.well-known/openid-configuration")).json()
    equal(doc["issuer"], issuer)
    scopes = ["openid", "profile", "email", "groups", "federated:id"]
    if "offline_access" in doc["scopes_supported"]:
        scopes.append("offline_access")
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    query = sorted({
        "access_type": "offline", "client_id": "argo-cd-cli",
        "code_challenge": challenge.decode().rstrip("="), "code_challenge_method": "S256",
        "redirect_uri": CALLBACK, "response_type": "code", "scope": " ".join(scopes),
        "state": "abcdefghijklmnopqrstuvwx"}.items())
    who = person.person_of(s.ready, name)
    back, _ = await person.through_authentik(
        agent, doc["authorization_endpoint"] + "?" + urllib.parse.urlencode(query),
        who["username"], who["password"], (CALLBACK,))
    got = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    equal(got["state"], "abcdefghijklmnopqrstuvwx")
    answer = await agent.post_form(
        doc["token_endpoint"],
        {"code": got["code"], "code_verifier": VERIFIER, "grant_type": "authorization_code",
         "redirect_uri": CALLBACK}, [("Authorization", "Basic YXJnby1jZC1jbGk6")])
    equal(answer.status, 200, str(answer))
    cli.token = answer.json()["id_token"]
    return cli, answer.json()


def test_login__an_admin_signs_in_and_may():
    with serve() as s:
        cli, tokens = asyncio.run(sign_in(s, "alice"))
        true(tokens["refresh_token"], "offline_access was asked for")
        info = cli.user_info()
        equal(info[1], [1])
        equal(text(info, 2), "alice@company.example")
        equal(text(info, 3), s.ready["dex"]["issuer"])
        equal([g.decode() for g in info[4]], ["ArgoCD Admins"])
        equal(cli.can_i("sync", "applications", "default/guestbook"), "yes")


def test_login__a_viewer_signs_in_and_may_not():
    with serve() as s:
        cli, _ = asyncio.run(sign_in(s, "bob"))
        equal([g.decode() for g in cli.user_info()[4]], ["ArgoCD Viewers"])
        equal(cli.can_i("sync", "applications", "default/guestbook"), "no")
        equal(cli.can_i("get", "applications", "default/guestbook"), "yes")


def test_login__a_token_that_was_changed_is_nobodys():
    with serve() as s:
        cli, tokens = asyncio.run(sign_in(s, "alice"))
        head, body, signature = tokens["id_token"].split(".")
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        claims["groups"] = ["somebody's else"]
        forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        cli.token = ".".join((head, forged, signature))
        refused(16, "invalid session: failed to verify the token", cli.can_i, "get", "applications",
                "*")
        equal(cli.raw(USER_INFO), b"")


def test_login__plain_text():
    """--plaintext in the place of --insecure."""
    with serve("--plain") as s:
        cli, _ = asyncio.run(sign_in(s, "bob"))
        equal(text(cli.user_info(), 2), "bob@company.example")


def test_bytes__settings():
    """Every byte of the answer, as argocd.md 3.6 and protobuf's encoding have it."""
    with serve() as s:
        answer = Client(s.ready["argocd"]["url"]).exchange(SETTINGS, frame(b""))
        message = encode({1: s.ready["argocd"]["url"], 2: {1: [{1: "authentik", 2: "oidc"}]},
                          4: "app.kubernetes.io/instance", 7: {2: True}, 8: {1: "", 2: ""}, 9: {},
                          18: "annotation"})
        equal(answer.status, 200)
        equal(answer.header("Content-Type"), TYPE)
        equal(answer.body, frame(message) + frame(b"grpc-status: 0\r\n", 0x80))


def test_bytes__answers_of_a_session():
    with serve() as s:
        cli, _ = asyncio.run(sign_in(s, "alice"))
        equal(cli.raw("/version.VersionService/Version"), encode({1: "v3.5.1+109ca7c"}))
        equal(cli.raw(USER_INFO),
              encode({1: True, 2: "alice@company.example", 3: s.ready["dex"]["issuer"],
                      4: ["ArgoCD Admins"]}))
        equal(cli.raw(CAN_I, encode({1: "applications", 2: "get", 3: "*/*"})), encode({1: "yes"}))
        cli.token = None
        equal(cli.raw(USER_INFO), b"")


def test_frames__in_any_pieces():
    """A frame cut anywhere, each piece a chunk and a segment of its own."""
    with serve() as s:
        cli = Client(s.ready["argocd"]["url"])
        cli.token = "a.b.c"
        body = frame(encode({1: "applications", 2: "get", 3: "*/*"}))
        whole = cli.exchange(CAN_I, body)
        contains(whole.header("Grpc-Message"), "invalid session: ")
        for size in (1, 3, 5, 7):
            pieces = [body[i:i + size] for i in range(0, len(body), size)]
            answer = cli.exchange(CAN_I, body, pieces=pieces)
            equal((answer.status, answer.header("Grpc-Status"), answer.header("Grpc-Message")),
                  (200, "16", whole.header("Grpc-Message")))


def test_frames__broken():
    with serve() as s:
        cli = Client(s.ready["argocd"]["url"])
        rows = [
            (b"", "2", "EOF"),
            (b"\0\0", "2", "unexpected EOF"),
            (b"\0\0\0\0\x09abc", "2", "unexpected EOF"),
            (b"\x01\0\0\0\0", "13", "grpc: compressed flag set with identity or empty encoding"),
            (b"\x80\0\0\0\0", "13", "grpc: received unexpected payload format 128"),
            (b"\0\xff\xff\xff\xff", "8",
             "grpc: received message larger than max (4294967295 vs. 209715200)"),
            (frame(b"\x0a\xff"), "13", "grpc: error unmarshalling request: unexpected EOF"),
        ]
        for body, code, message in rows:
            answer = cli.exchange(CAN_I, body)
            equal((answer.status, answer.header("Grpc-Status"), answer.header("Grpc-Message"),
                   answer.body), (200, code, message, b""))
        refused(12, "unknown service application.ApplicationSetService", cli.raw,
                "/application.ApplicationSetService/List")
        refused(12, "unknown method Nothing for service session.SessionService", cli.raw,
                "/session.SessionService/Nothing")
        equal(cli.exchange(CAN_I, b"", verb="PUT").status, 405)


def test_frames__oversize():
    """More than the server takes is refused, and the next call is answered."""
    with serve() as s:
        cli = Client(s.ready["argocd"]["url"])
        equal(cli.exchange(CAN_I, frame(b"x" * (2 * 1024 * 1024))).status, 413)
        true(cli.settings(), "the server lives")


def test_content_type__other_ones_are_pages():
    with serve() as s:
        cli = Client(s.ready["argocd"]["url"])
        for kind in ("application/grpc-web", "application/grpc-web-text+proto", "text/plain"):
            answer = cli.exchange(SETTINGS, frame(b""), more={"Content-Type": kind})
            equal((answer.status, answer.header("Grpc-Status")), (404, None), kind)


def test_secrets__a_token_is_not_told():
    """Neither log nor trace of the server has the metadata in clear."""
    with serve("--control") as s:
        cli, tokens = asyncio.run(sign_in(s, "alice"))
        cli.user_info()
        control = s.ready["control"]
        ask = urllib.request.Request(control["url"] + "/trace",
                                     headers={"Authorization": "Bearer " + control["token"]})
        with urllib.request.urlopen(ask, timeout=30) as answer:
            trace = answer.read().decode()
        contains(trace, USER_INFO)
        for secret in (tokens["id_token"], tokens["access_token"], tokens["refresh_token"]):
            lacks(trace, secret)
        s.stop()
        lacks(s.err, tokens["id_token"])


main()
