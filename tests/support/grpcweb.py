"""gRPC-web as the `argocd` CLI speaks it: one POST a call over HTTP/1.1, the request's message in one
frame, the answer's frames up to the trailers (argocd.md 3.6). Messages are dicts of field numbers,
encoded and decoded here by protobuf's own rules, so that nothing of the program is trusted."""

import socket
import ssl
import struct
import urllib.parse

TYPE = "application/grpc-web+proto"
TRAILERS = 0x80


class Status(Exception):
    """The call failed: gRPC's code and message."""

    def __init__(self, code, message):
        super().__init__("%d %s" % (code, message))
        self.code, self.message = code, message


# ---- protocol buffers ----


def varint(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def encode(fields):
    """{1: "text", 2: True, 3: ["a", "b"], 4: {1: …}} in the order given."""
    out = b""
    for number, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, bool):
                out += varint(number << 3) + varint(int(one))
                continue
            raw = encode(one) if isinstance(one, dict) else one.encode()
            out += varint(number << 3 | 2) + varint(len(raw)) + raw
    return out


def take_varint(raw, at):
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def decode(raw):
    """{number: [values]}: ints, and bytes for what has a length."""
    fields, at = {}, 0
    while at < len(raw):
        key, at = take_varint(raw, at)
        value, at = take_varint(raw, at)
        if key & 7 == 2:
            value, at = raw[at:at + value], at + value
            assert len(value) <= len(raw), "a length that is none"
        fields.setdefault(key >> 3, []).append(value)
    return fields


def text(fields, number):
    return fields.get(number, [b""])[-1].decode()


# ---- frames ----


def frame(message, kind=0):
    return bytes([kind]) + struct.pack(">I", len(message)) + message


def frames(body):
    out = []
    while body:
        if len(body) < 5:
            raise EOFError("unexpected EOF")
        size = struct.unpack(">I", body[1:5])[0]
        if len(body) < 5 + size:
            raise EOFError("unexpected EOF")
        out.append((body[0], body[5:5 + size]))
        body = body[5 + size:]
    return out


# ---- HTTP ----


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


def read_answer(stream):
    status = int(stream.readline().split()[1])
    headers = []
    while True:
        line = stream.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            break
        headers.append(tuple(line.split(": ", 1)))
    size = next((int(v) for n, v in headers if n.lower() == "content-length"), 0)
    return Answer(status, headers, stream.read(size))


class Client:
    """`argocd --grpc-web --insecure` at one server."""

    def __init__(self, url, version="v3.5.1"):
        self.url = urllib.parse.urlsplit(url)
        self.version = version
        self.token = None

    def connect(self):
        host = "127.0.0.1" if self.url.hostname == "localhost" else self.url.hostname
        plain = socket.create_connection((host, self.url.port or 443), timeout=30)
        if self.url.scheme == "http":
            return plain
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context.wrap_socket(plain, server_hostname=self.url.hostname)

    def headers(self, more):
        """What Go's client sends of the call's metadata, and its own."""
        fields = {"Host": self.url.netloc,
                  "User-Agent": "argocd-client/%s grpc-go/1.75.1" % self.version,
                  "Content-Type": TYPE, "Grpc-Accept-Encoding": "gzip", "Te": "trailers",
                  "Accept-Encoding": "gzip"}
        if self.token:
            fields["Token"] = self.token
        fields.update(more or {})
        return fields

    def exchange(self, method, body, more=None, pieces=None, verb="POST"):
        """One request as it stands; in `pieces`, chunked, each a segment of its own."""
        fields = self.headers(more)
        if pieces:
            fields["Transfer-Encoding"] = "chunked"
        else:
            fields["Content-Length"] = str(len(body))
        head = "%s %s%s HTTP/1.1\r\n" % (verb, self.url.path.rstrip("/"), method)
        head += "".join("%s: %s\r\n" % pair for pair in fields.items()) + "\r\n"
        with self.connect() as wire:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire.sendall(head.encode())
            if pieces:
                for piece in pieces:
                    wire.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
                wire.sendall(b"0\r\n\r\n")
            else:
                wire.sendall(body)
            return read_answer(wire.makefile("rb"))

    def raw(self, method, message=b"", **more):
        """The bytes of the answer's one message, as executeRequest and its proxy read them."""
        answer = self.exchange(method, frame(message), **more)
        if answer.header("Grpc-Status") not in (None, "0"):
            raise Status(int(answer.header("Grpc-Status")),
                         urllib.parse.unquote(answer.header("Grpc-Message") or ""))
        if answer.status != 200:
            raise Status(2, "POST %s failed with status code %d" % (method, answer.status))
        got = b""
        for kind, bytes_ in frames(answer.body):
            if kind == TRAILERS:
                return got
            got += bytes_
        raise EOFError("unexpected EOF")

    def call(self, method, fields=None, **more):
        return decode(self.raw(method, encode(fields or {}), **more))

    # -- what the CLI asks --

    def settings(self):
        return self.call("/cluster.SettingsService/Get")

    def user_info(self):
        return self.call("/session.SessionService/GetUserInfo")

    def can_i(self, action, resource, subresource):
        return text(self.call("/account.AccountService/CanI",
                              {1: resource, 2: action, 3: subresource}), 1)
