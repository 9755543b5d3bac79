"""What the tests under load share: many sign-ins at once, connections that behave badly, and what
the server's process uses meanwhile."""

import asyncio
import contextlib
import json
import os
import resource
import socket
import ssl
import time
import urllib.parse
import urllib.request

import person
from person import Refused

PEOPLE = ("alice", "bob", "carol", "dave")


def raise_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def rss_kb(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def is_sanitized(pid):
    """ASan keeps what was freed, by the hundred MiB: its memory says nothing."""
    with open("/proc/%d/maps" % pid, encoding="ascii") as maps:
        return any("libasan" in line or "libtsan" in line for line in maps)


def cpu_s(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def port_of(url):
    return urllib.parse.urlsplit(url).port


async def one(ready, context, number, kind):
    """One login of a person of one's own; the text of a refusal, or None."""
    name = PEOPLE[number % len(PEOPLE)]
    password = person.person_of(ready, name)["password"]
    agent = person.Agent(ready, context)
    try:
        await kind(ready, name, password, agent, number)
        return None
    except (Refused, OSError, asyncio.IncompleteReadError, ssl.SSLError) as e:
        return "%s %s" % (type(e).__name__, e)
    finally:
        agent.close()


async def sign_in_direct(ready, name, password, agent, number):
    await person.direct(ready, name, password, agent=agent, number=number)


async def sign_in_ui(ready, name, password, agent, number):
    del number
    await person.ui(ready, name, password, agent)


async def sign_in_dex(ready, name, password, agent, number):
    """With a refresh token."""
    scope = "openid profile email groups offline_access"
    tokens = await person.dex(ready, name, password, agent, scope, number)
    if "refresh_token" not in tokens:
        raise Refused("no refresh token")


async def in_and_out(ready, name, password, agent, number):
    """Argo CD's session begins and ends."""
    await sign_in_ui(ready, name, password, agent, number)
    await person.log_out_of_argocd(agent)


async def set_out(ready, name, password, agent, number):
    """A login that nobody brings to its end."""
    query = {"client_id": "argo-cd-cli", "redirect_uri": "http://localhost:8085/auth/callback",
             "response_type": "code", "scope": "openid", "state": "s%d" % number}
    answer = await agent.ask("GET", "%s/auth/authentik?%s" % (
        ready["dex"]["issuer"], urllib.parse.urlencode(query)))
    if answer.status != 302:
        raise Refused("authorize: %s" % answer)


def again(ready, count, at_once, kind):
    """`count` logins by `at_once` people who stay signed in at authentik from one to the next, so
    that it costs what the systems behind it cost. What the refused ones were told, and seconds."""
    async def run():
        context, numbers, told = person.tls_context(ready), iter(range(count)), []

        async def one_after_the_other(who):
            name = PEOPLE[who % len(PEOPLE)]
            password = person.person_of(ready, name)["password"]
            agent = person.Agent(ready, context)
            try:
                for number in numbers:
                    await kind(ready, name, password, agent, number)
            except (Refused, OSError, asyncio.IncompleteReadError, ssl.SSLError) as e:
                told.append("%s %s" % (type(e).__name__, e))
            finally:
                agent.close()

        await asyncio.gather(*map(one_after_the_other, range(at_once)))
        return told

    before = time.monotonic()
    return asyncio.run(run()), time.monotonic() - before


def crowd(ready, count, at_once, kind=sign_in_direct):
    """`count` logins, `at_once` of them at a time. What the refused ones were told, and seconds."""
    async def run():
        context = person.tls_context(ready)
        turn = asyncio.Semaphore(at_once)

        async def take_turn(number):
            async with turn:
                return await one(ready, context, number, kind)

        return await asyncio.gather(*(take_turn(i) for i in range(count)))

    before = time.monotonic()
    told = [text for text in asyncio.run(run()) if text is not None]
    return told, time.monotonic() - before


@contextlib.contextmanager
def silent_connections(port, count):
    """Opened, and nothing more."""
    sockets = []
    try:
        for _ in range(count):
            sockets.append(socket.create_connection(("127.0.0.1", port), timeout=60))
        yield sockets
    finally:
        for s in sockets:
            s.close()


def closed_within(connection, seconds):
    """Whether the server ends it in time; what it says before is not looked at."""
    connection.settimeout(seconds)
    try:
        while connection.recv(65536):
            pass
        return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def post(port, body_size, path="/application/o/token/", declared=None):
    """A POST of so many bytes over plain HTTP; the status line, or "" when it was cut off."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
        s.sendall(("POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: "
                   "application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % (
                       path, declared if declared is not None else body_size)).encode())
        piece = b"x" * 65536
        with contextlib.suppress(ConnectionError):
            for left in range(body_size, 0, -len(piece)):
                s.sendall(piece[:left])
        try:
            return s.recv(65536).decode("latin-1").split("\r\n")[0]
        except ConnectionError:
            return ""


def control(served, method, path, value=None):
    """One request to the control API of a server."""
    url, token = served.ready["control"]["url"], served.ready["control"]["token"]
    body = json.dumps(value).encode() if value is not None else None
    request = urllib.request.Request(url + path, data=body, method=method,
                                     headers={"Authorization": "Bearer " + token})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as answer:
        return json.loads(answer.read())
