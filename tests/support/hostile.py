"""Requests that no sound client sends, as bytes on a socket: what is too large, what is malformed, and
what claims to be longer than it is. Each has the answers that are in order; "closed" is an end of the
connection without one. Knows the systems' paths, and nothing of how they are built."""

import base64
import contextlib
import json
import socket
import ssl
import struct

TIMEOUT_S = 30
KIB = 1024
# As a client would: the server may end the connection while it is still being told.
CUT = (ConnectionError, ssl.SSLError)


def head(method, path, *fields):
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: localhost", "Connection: close"]
    return "\r\n".join([*lines, *fields, "", ""]).encode("utf-8", "surrogateescape")


def post(path, body, content_type, *fields):
    return head("POST", path, "Content-Type: " + content_type,
                "Content-Length: %d" % len(body), *fields) + body


def form(path, body, *fields):
    return post(path, body if isinstance(body, bytes) else body.encode(),
                "application/x-www-form-urlencoded", *fields)


def jwt(header, claims, signature=b"x" * 256):
    parts = [json.dumps(p).encode() if not isinstance(p, bytes) else p for p in (header, claims)]
    return ".".join(base64.urlsafe_b64encode(p).decode().rstrip("=") for p in (*parts, signature))


def basic(text):
    return "Authorization: Basic " + base64.b64encode(text).decode()


NESTED = b"[" * (200 * KIB)
DEEP = b'{"a":' * (20 * KIB)
HUGE_TOKEN = jwt({"alg": "RS256", "kid": "k" * (20 * KIB)}, {"sub": "s" * (20 * KIB)})
DEEP_TOKEN = jwt(b'{"alg":"RS256","x":' + b"[" * (8 * KIB), b"{}")


# ---- HTTP itself, whoever is asked ----


def of_http(path, taker):
    """`path` answers a GET, `taker` takes a POST."""
    long = "x" * (140 * KIB)
    return [
        ("a field of 140 KiB", head("GET", path, "X-Long: " + long), "431"),
        ("cookies of 140 KiB", head("GET", path, "Cookie: a=" + long), "431"),
        ("a path of 140 KiB", head("GET", path + "?a=" + long), "431"),
        ("2,000 fields", head("GET", path, *("X-%d: y" % i for i in range(2000))), "200"),
        ("2,000 cookies", head("GET", path, "Cookie: " + "; ".join(
            "c%d=%d" % (i, i) for i in range(2000))), "200"),
        ("a body of 1 MiB and a byte", post(taker, b"x" * (1024 * KIB + 1), "text/plain"), "413"),
        ("a body that says it is of 4 GiB", head("POST", taker, "Content-Length: 4294967296"), "413 closed"),
        ("two lengths", head("POST", taker, "Content-Length: 1", "Content-Length: 2") + b"xx", "400"),
        ("a length below zero", head("POST", taker, "Content-Length: -1"), "400"),
        ("a length that is no number", head("POST", taker, "Content-Length: many"), "400"),
        ("a length beside chunks", head("POST", taker, "Content-Length: 3",
                                        "Transfer-Encoding: chunked") + b"0\r\n\r\n", "400"),
        ("a chunk of no number", head("POST", taker, "Transfer-Encoding: chunked") + b"zz\r\n",
         "400 413 closed"),
        ("a chunk below zero", head("POST", taker, "Transfer-Encoding: chunked") + b"-1\r\n",
         "400 413 closed"),
        ("chunks of 5 MiB", head("POST", taker, "Transfer-Encoding: chunked") +
         (b"100000\r\n" + b"x" * 0x100000 + b"\r\n") * 5 + b"0\r\n\r\n", "413 closed"),
        ("half a body, then an end", head("POST", taker, "Content-Length: 1000") + b"x" * 10, "closed"),
        ("half a head, then an end", b"GET " + path.encode() + b" HTTP/1.1\r\nHost: loc", "closed"),
        ("no Host", b"GET " + path.encode() + b" HTTP/1.1\r\n\r\n", "400"),
        ("two Hosts", head("GET", path, "Host: other"), "400"),
        ("a blank before a colon", head("GET", path, "X-Blank : y"), "400"),
        ("a NUL in a field", head("GET", path, "X-Nul: a\0b"), "400 closed 200"),
        ("a method of its own", head("BREW", path), "400 405 501 closed"),
        ("another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 300, "400 closed"),
        ("a line without an end", b"GET " + b"/" * (200 * KIB), "closed 400 431"),
        ("bytes without a meaning", bytes(range(256)) * 64 + b"\r\n\r\n", "400 closed"),
        ("NUL in a path", head("GET", "/%00"), "400 404"),
        ("no UTF-8 in a path", head("GET", "/%ff%fe"), "400 404"),
        ("a path that climbs", head("GET", "/../../../../etc/passwd"), "301 307 400 404"),
        ("a bad escape in a path", head("GET", "/%zz"), "400 404"),
    ]


# ---- Dex ----


def of_dex():
    token, auth = "/api/dex/token", "/api/dex/auth"
    client = "client_id=argo-cd-cli&redirect_uri=http%3A%2F%2Flocalhost%3A8085%2Fauth%2Fcallback"
    good = auth + "/authentik?response_type=code&" + client + "&scope=openid"
    return of_http("/api/dex/healthz", token) + [
        ("a form of 100,000 fields", form(token, "&".join("a%d=1" % i for i in range(90000))), "400 401"),
        ("a form that is none", form(token, bytes(range(256)) * 100), "400 401"),
        ("a form of bad escapes", form(token, "grant_type=%zz&code=%"), "400 401"),
        ("a code of 900 KiB", form(token, "grant_type=authorization_code&client_id=argo-cd-cli&code=" +
                                   "c" * (900 * KIB)), "400 401"),
        ("credentials that are no base64", form(token, "grant_type=x", "Authorization: Basic %%%"), "400 401"),
        ("credentials without a colon", form(token, "grant_type=x", basic(b"abc")), "400 401"),
        ("credentials of 60 KiB", form(token, "grant_type=x", basic(b"a" * (60 * KIB) + b":b")), "400 401"),
        ("credentials with NUL", form(token, "grant_type=x", basic(b"a\0b:\xff")), "400 401"),
        ("a refresh token that is no base64", form(token, "grant_type=refresh_token&client_id=argo-cd-cli"
                                                   "&refresh_token=%ff%00!"), "400 401"),
        ("a refresh token whose message never ends", form(
            token, "grant_type=refresh_token&client_id=argo-cd-cli&refresh_token=" +
            base64.urlsafe_b64encode(b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f").decode().rstrip("=")),
         "400 401"),
        ("a subject token of 900 KiB", form(
            token, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
            "&client_id=argo-cd-cli&connector_id=authentik&scope=openid&subject_token_type="
            "urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token&subject_token=" + "t" * (900 * KIB)),
         "400 401"),
        ("a bearer token of 80 KiB", head("GET", "/api/dex/userinfo", "Authorization: Bearer " +
                                          HUGE_TOKEN), "401 403"),
        ("a bearer token nested 8,192 deep", head("GET", "/api/dex/userinfo",
                                                  "Authorization: Bearer " + DEEP_TOKEN), "401 403"),
        ("a bearer token of dots", head("GET", "/api/dex/userinfo", "Authorization: Bearer " + "." * 5000),
         "401 403"),
        ("2,000 scopes", head("GET", good + "+" + "+".join("s%d" % i for i in range(2000))), "303"),
        ("a state of 100 KiB", head("GET", good + "&state=" + "s" * (100 * KIB)), "302 303"),
        ("a challenge of 100 KiB", head("GET", good + "&code_challenge_method=S256&code_challenge=" +
                                        "c" * (100 * KIB)), "302 303"),
        ("a redirect URI of 100 KiB", head("GET", auth + "?response_type=code&scope=openid&client_id="
                                           "argo-cd-cli&redirect_uri=http://localhost/" +
                                           "a" * (100 * KIB)), "302"),
        ("a redirect URI of 100 KiB at the connector", head(
            "GET", auth + "/authentik?response_type=code&scope=openid&client_id=argo-cd-cli&redirect_uri="
            "http://localhost/" + "a" * (100 * KIB)), "400"),
        ("an authorization as a form that is none", form(auth, b"\xff\x00=&&&=%"), "302 400"),
        ("a callback of nothing", head("GET", "/api/dex/callback?state=%00%ff&code=%ff"), "400"),
        ("a callback of much", head("GET", "/api/dex/callback?state=" + "s" * (100 * KIB)), "400"),
        ("an approval that is forged", head("GET", "/api/dex/approval?req=x&hmac=" + "A" * 5000),
         "400 401 404 500 303"),
        ("a connector of 50 KiB", head("GET", auth + "/" + "c" * (50 * KIB) + "?" + client), "303 400 404"),
        ("a device code that is none", form(token, "grant_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                                            "grant-type%3Adevice_code&device_code=%ff"), "400 401"),
        ("a device's code of 500 KiB", form("/api/dex/device/auth/verify_code", "user_code=" +
                                            "A" * (500 * KIB)), "400 404"),
        ("an introspection of nothing", form("/api/dex/token/introspect", "token=%ff%00"), "200 400 401"),
        ("an introspection of much", form("/api/dex/token/introspect", "token=" + HUGE_TOKEN), "200 400 401"),
    ]


# ---- Argo CD ----

GRPC_WEB = "application/grpc-web+proto"


def frame(message, flag=0, length=None):
    return struct.pack(">BI", flag, len(message) if length is None else length) + message


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def text_field(number, text):
    return varint(number << 3 | 2) + varint(len(text)) + text


def of_grpc_web():
    """Each is answered as gRPC answers: 200, and what went wrong as grpc-status."""
    can_i, who = "/account.AccountService/CanI", "/session.SessionService/GetUserInfo"
    bodies = [
        ("nothing", b""),
        ("half a frame's head", b"\0\0\0"),
        ("a frame that says 4 GiB", frame(b"", length=0xFFFFFFFF)),
        ("a frame that says 5 MiB", frame(b"", length=5 << 20)),
        ("a frame that says too much", frame(b"abc", length=100)),
        ("a frame of compressed bytes", frame(b"abc", flag=1)),
        ("trailers first", frame(b"grpc-status: 0\r\n", flag=0x80)),
        ("two frames", frame(b"") + frame(b"")),
        ("a number without an end", frame(b"\x08" + b"\xff" * 30)),
        ("field zero", frame(b"\x02\x01a")),
        ("a wire type that is none", frame(b"\x0f\x01\x02")),
        ("a group that never ends", frame(b"\x0b" * 5000)),
        ("the end of no group", frame(b"\x0c")),
        ("a text longer than its message", frame(b"\x0a\x7fabc")),
        ("a text of 2^63 bytes", frame(b"\x0a" + b"\xff" * 8 + b"\x7f")),
        ("no UTF-8", frame(text_field(1, b"\xff\xfe\x00"))),
        ("a text of 900 KiB", frame(text_field(1, b"a" * (900 * KIB)))),
        ("200,000 fields", frame(b"\x0a\x00" * 200000)),
    ]
    rows = [("gRPC-web: %s, to %s" % (name, path.split("/")[-1]), post(path, body, GRPC_WEB), "200")
            for name, body in bodies for path in (can_i, who)]
    return rows + [
        ("gRPC-web: a service that is none", post("/no.Such/Method", frame(b""), GRPC_WEB), "200 404"),
        ("gRPC-web: a token of 80 KiB", post(who, frame(b""), GRPC_WEB, "token: " + HUGE_TOKEN), "200"),
        ("gRPC-web: as text", post(who, base64.b64encode(frame(b"")), "application/grpc-web-text"),
         "200 404 415"),
        ("gRPC-web: to a GET", head("GET", who, "Content-Type: " + GRPC_WEB), "200 404 405 415"),
    ]


def of_argocd():
    session, who = "/api/v1/session", "/api/v1/session/userinfo"
    page = "Accept: text/html"
    bodies = [
        ("JSON nested 200,000 deep", NESTED), ("objects nested 20,000 deep", DEEP),
        ("JSON cut short", b'{"username": "adm'), ("JSON of another type", b'{"username": [1]}'),
        ("JSON that is no UTF-8", b'{"username": "\xff\xfe", "password": "\x00"}'),
        ("JSON with a name twice", b'{"username": "a", "username": "b", "password": "c"}'),
        ("a name of 900 KiB", b'{"username": "%s", "password": "p"}' % (b"u" * (900 * KIB))),
        ("a number beyond all", b'{"username": 1e999999}'), ("nothing", b""), ("no JSON", b"\x00\xff" * 9),
    ]
    cookies = ["4096:a", "99999999999999999999:a", "-1:a", ":", "0:", "2:", "a.b.c", "." * 5000,
               HUGE_TOKEN, DEEP_TOKEN]
    rows = of_http("/api/version", session)
    rows += [("session: " + name, post(session, body, "application/json"), "400 401 403 404 429 500")
             for name, body in bodies]
    rows += [("cookie %.30s" % c, head("GET", who, "Cookie: argocd.token=" + c), "200") for c in cookies]
    rows += [("bearer %.30s" % c, head("GET", "/api/v1/applications", "Authorization: Bearer " + c), "401")
             for c in cookies]
    rows += [
        ("a cookie in 300 pieces", head("GET", who, "Cookie: argocd.token=300:a; " + "; ".join(
            "argocd.token-%d=b" % i for i in range(1, 300))), "200"),
        ("can-i of 100 KiB", head("GET", "/api/v1/account/can-i/applications/get/" + "a" * (100 * KIB)),
         "401 403"),
        ("can-i of slashes", head("GET", "/api/v1/account/can-i/" + "/" * 5000), "301 307 401 404"),
        ("a return_url of 100 KiB", head("GET", "/auth/login?return_url=" + "a" * (100 * KIB)), "303 400"),
        ("a return_url that is none", head("GET", "/auth/login?return_url=%ff%00//"), "303 400"),
        ("a callback with a state that is no hex", head(
            "GET", "/auth/callback?code=c&state=s", "Cookie: argocd.oauthstate=xyz"), "400"),
        ("a callback with a state too short", head(
            "GET", "/auth/callback?code=c&state=s", "Cookie: argocd.oauthstate=ab"), "400"),
        ("a callback with a state of 100 KiB", head(
            "GET", "/auth/callback?code=c&state=s", "Cookie: argocd.oauthstate=" + "ab" * (50 * KIB)), "400"),
        ("a login page of 100 KiB", head("GET", "/login?return_url=" + "%3Cb%3E" * (14 * KIB), page), "200"),
        ("a logout without a session", head("GET", "/auth/logout", "Cookie: argocd.token=x"), "303 307 400"),
        ("a path of 10,000 slashes", head("GET", "/" * 10000, page), "200 301 307 404"),
        ("Dex by another way", head("GET", "/api/dex/../../etc"), "301 307 400 404"),
    ]
    return rows + of_grpc_web()


OF = {"dex": of_dex, "argocd": of_argocd}

# ---- asking ----


def tls():
    """Whoever it is: what is asked here is no secret."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def read_all(s):
    got = b""
    with contextlib.suppress(*CUT):
        while piece := s.recv(65536):
            got += piece
    return got


def status_of(port, data, ends=True, context=None, timeout=TIMEOUT_S):
    """The status of the answer, "closed" for none, "silent" when nothing comes in time. With `ends`
    the client says that it has nothing more to say."""
    with contextlib.ExitStack() as stack:
        plain = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=timeout))
        s = plain
        if context is not None:
            plain = stack.enter_context(plain.dup())
            s = stack.enter_context(context.wrap_socket(s))
        try:
            with contextlib.suppress(*CUT):
                s.sendall(data)
            with contextlib.suppress(OSError):
                if ends:
                    plain.shutdown(socket.SHUT_WR)
            got = read_all(s)
        except TimeoutError:
            return "silent"
    line = got.split(b"\r\n")[0].split()
    return line[1].decode() if len(line) > 1 and line[0].startswith(b"HTTP/") else "closed"


def wrong(port, rows, context=None):
    """The rows whose answer is not in order."""
    found = []
    for name, data, answers in rows:
        status = status_of(port, data, "closed" in answers, context)
        if status not in answers.split():
            found.append("%s: %s, not %s" % (name, status, answers))
    return found
