"""Debian's Apache with mod_auth_openidc, in a folder of its own and on loopback: one virtual host a
relying party, and behind all of them one application that says what it was told of the request. Knows
the module's directives, nothing of the providers."""

import contextlib
import http.server
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time

PROGRAM = "/usr/sbin/apache2"
MODULES = pathlib.Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "headers", "proxy", "proxy_http",
          "auth_openidc")
START_S = 20


def missing():
    """What is not installed, or None."""
    absent = [PROGRAM] if not os.access(PROGRAM, os.X_OK) else []
    absent += [str(MODULES / ("mod_%s.so" % m)) for m in NEEDED
               if not (MODULES / ("mod_%s.so" % m)).exists()]
    return absent[0] if absent else None


class Told(http.server.BaseHTTPRequestHandler):
    """The application: its answer is what it was asked, as JSON."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = json.dumps({"path": self.path, "headers": dict(self.headers.items())}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


@contextlib.contextmanager
def application():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


class Site:
    """One relying party: a virtual host with its address, and directives of its own."""

    def __init__(self, port):
        self.port = port
        self.url = "http://localhost:%d" % port
        self.page = self.url + "/protected/page"
        self.admins = self.url + "/admins/page"
        self.redirect_uri = self.url + "/protected/redirect_uri"


HEAD = """
ServerRoot "{folder}"
PidFile "{folder}/pid"
ErrorLog "{folder}/error.log"
ErrorLogFormat "%M"
LogLevel error auth_openidc:{level}
DefaultRuntimeDir "{folder}"
Mutex file:{folder} default
ServerName localhost
{user}
{modules}
StartServers 1
ServerLimit 1
ThreadsPerChild 16
MaxRequestWorkers 16
MinSpareThreads 1
MaxSpareThreads 16
OIDCCacheType shm
"""

# What the application learns: the module's own headers, and who Apache says it is.
HOST = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    ServerName {url}
    OIDCRedirectURI {redirect_uri}
    OIDCCryptoPassphrase a-passphrase-of-the-test
    OIDCPKCEMethod S256
    OIDCRemoteUserClaim preferred_username
    OIDCSessionType server-cache
    OIDCPassRefreshToken On
    OIDCHTTPTimeoutLong 20
    {directives}
    <Location />
        AuthType openid-connect
        Require valid-user
        RequestHeader set X-Remote-User "expr=%{{REMOTE_USER}}"
    </Location>
    <Location /admins>
        Require claim "groups:ArgoCD Admins"
    </Location>
    <Location /api>
        AuthType oauth20
        Require valid-user
    </Location>
    <Location /out>
        Require all granted
        RequestHeader unset X-Remote-User
    </Location>
    ProxyPass /protected/redirect_uri !
    ProxyPass / http://127.0.0.1:{application}/
</VirtualHost>
"""


def user_line():
    """Root may not serve; anybody else serves as who they are."""
    if os.getuid() != 0:
        return ""
    user = pwd.getpwnam("www-data" if "www-data" in (p.pw_name for p in pwd.getpwall()) else "nobody")
    return "User %s\nGroup #%d" % (user.pw_name, user.pw_gid)


class Apache:
    def __init__(self, folder, process):
        self.folder, self.process = folder, process

    def log(self):
        return (self.folder / "error.log").read_text(errors="replace")

    @contextlib.contextmanager
    def logged(self):
        """Gives a function for what was logged since."""
        before = len(self.log())
        yield lambda: self.log()[before:]


def wait_until_open(process, port, folder):
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        time.sleep(0.02)
    log = folder / "error.log"
    raise AssertionError("apache2 does not serve: %s\n%s" % (
        (folder / "stderr").read_text(), log.read_text() if log.exists() else ""))


@contextlib.contextmanager
def served(sites, ca_file, level="error"):
    """`sites`: pairs of a Site and its directives; {ca} in them is the file of the CA."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rolecall-apache-"))
    folder.chmod(0o755)  # who serves is not who starts
    ca = folder / "ca.pem"
    shutil.copy(ca_file, ca)
    ca.chmod(0o644)
    process = None
    try:
        with application() as port:
            text = HEAD.format(folder=folder, user=user_line(), level=level, modules="\n".join(
                "LoadModule %s_module %s/mod_%s.so" % (m, MODULES, m) for m in NEEDED))
            for site, directives in sites:
                text += HOST.format(port=site.port, url=site.url, redirect_uri=site.redirect_uri,
                                    application=port, directives="\n    ".join(
                                        d.format(ca=ca) for d in directives))
            (folder / "apache.conf").write_text(text)
            with open(folder / "stderr", "w", encoding="utf-8") as told:
                process = subprocess.Popen(
                    [PROGRAM, "-D", "FOREGROUND", "-f", str(folder / "apache.conf")],
                    stdin=subprocess.DEVNULL, stdout=told, stderr=told)
            wait_until_open(process, sites[0][0].port, folder)
            yield Apache(folder, process)
    finally:
        if process is not None:
            process.terminate()
            process.wait(timeout=START_S)
        shutil.rmtree(folder, ignore_errors=True)
