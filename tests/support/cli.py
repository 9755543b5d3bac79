"""What the tests of the command line share: running the program, comparing, and one TAP line for
each function `test_*` of a script. A test may take a fresh folder as its argument. Nothing here
knows what the program should answer."""

import contextlib
import fcntl
import inspect
import json
import os
import pathlib
import random
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import traceback
import urllib.request

ROOT = pathlib.Path(os.environ.get("ROLECALL_ROOT") or pathlib.Path(__file__).parents[2]).resolve()
BINARY = os.environ.get("ROLECALL_BIN") or str(ROOT / "build" / "rolecall")
GUIDE = ROOT / "scenarios" / "guide"
DATA = ROOT / "tests" / "data"
TIMEOUT = 240

OK, FAIL, USAGE, ERROR = 0, 1, 2, 3


class Ran:
    """What one run of the program left."""

    def __init__(self, args, status, out, err):
        self.args, self.status, self.out, self.err = args, status, out, err

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return "rolecall %s\nstatus %d\nstdout: %s\nstderr: %s" % (
            " ".join(self.args), self.status, self.out[:3000], self.err[:3000])


def environment(more=None):
    env = dict(os.environ, ROLECALL_SCENARIOS=str(ROOT / "scenarios"))
    env.update(more or {})
    return env


def rolecall(*args, status=None, stdin="", cwd=None, env=None):
    """Runs the program; with `status` it must end with that."""
    args = [str(a) for a in args]
    p = subprocess.run([BINARY, *args], input=stdin, capture_output=True, text=True,
                       cwd=cwd or ROOT, env=environment(env), timeout=TIMEOUT)
    ran = Ran(args, p.returncode, p.stdout, p.stderr)
    if status is not None and ran.status != status:
        raise AssertionError("expected status %d of %s" % (status, ran))
    return ran


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError("%s\nexpected %r\nactual   %r" % (what, expected, actual))


def contains(text, part):
    if part not in text:
        raise AssertionError("expected %r within\n%s" % (part, text))


def lacks(text, part):
    if part in text:
        raise AssertionError("did not expect %r within\n%s" % (part, text))


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def write(folder, name, text):
    path = pathlib.Path(folder) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def report(*args, status=None, **more):
    """The JSON report of a run."""
    return rolecall("run", *args, "--report", "json", status=status, **more).json()


def verdicts(doc):
    return {s["id"]: s["verdict"] for s in doc["scenarios"]}


# ---- rolecall serve ----


class Served:
    """A running `rolecall serve`, with its ready line as `ready`."""

    def __init__(self, process, ready):
        self.process, self.ready = process, ready
        self.err = ""  # what it said on stderr, once it has ended

    def fetch(self, url, ca=True):
        context = None
        if url.startswith("https:"):
            context = ssl.create_default_context(cafile=self.ready["ca_file"] if ca else None)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
        with opener.open(url, timeout=30) as answer:
            return answer.read().decode()

    def stop(self, how=signal.SIGTERM):
        """Ends it; gives its status as a shell would."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        told = self.process.communicate(timeout=TIMEOUT)[1]
        self.err = self.err or told or ""
        if told and "Sanitizer" in told:
            raise AssertionError("the server ended with a report: %s" % told[:4000])
        code = self.process.returncode
        return 128 - code if code < 0 else code


def read_line(stream, seconds=60):
    if not select.select([stream], [], [], seconds)[0]:
        raise AssertionError("no ready line within %d s" % seconds)
    return stream.readline()


@contextlib.contextmanager
def serve(*args, env=None, before=(), ports=True):
    """Serves on any ports, or on those of the arguments, until the block ends; `before` is a command
    that runs the program."""
    any_ = ["--authentik-port", "0", "--argocd-port", "0"] if ports else []
    command = [*before, BINARY, "serve", *any_, *map(str, args)]
    p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         cwd=ROOT, env=environment(env))
    served = Served(p, None)
    try:
        line = read_line(p.stdout)
        if not line:
            raise AssertionError("serve ended at once: %s" % p.communicate()[1])
        served.ready = json.loads(line)
        yield served
    finally:
        served.stop()


# ---- ports ----


def free_ports(count):
    """Ports that nobody has at this moment, for whoever must say where before they are taken; below those that the system
    gives to whoever asks for any, so that it does not give these meanwhile."""
    with contextlib.ExitStack() as held:
        ports = []
        while len(ports) < count:
            s = held.enter_context(socket.socket())
            port = random.randrange(20000, 32000)
            with contextlib.suppress(OSError):
                s.bind(("127.0.0.1", port))
                ports.append(port)
        return ports



@contextlib.contextmanager
def turn_on_8085():
    """Takes the machine's turn on the callback port, as the program does for a login; the block
    gets a function that gives it up."""
    path = "%s/rolecall-8085.lock" % (os.environ.get("XDG_RUNTIME_DIR") or "/tmp")
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield lambda: fcntl.flock(fd, fcntl.LOCK_UN)
    finally:
        os.close(fd)


# ---- TAP ----


def diagnostics(text):
    for line in text.rstrip().split("\n"):
        print("# " + line)


def run_one(function):
    if not inspect.signature(function).parameters:
        function()
        return
    with tempfile.TemporaryDirectory(prefix="rolecall-test-") as folder:
        function(pathlib.Path(folder))


def main():
    """Runs every test of the calling script, in the order in which they stand there. Words on the
    command line choose some by name."""
    module = sys.modules["__main__"]
    tests = [f for n, f in vars(module).items() if n.startswith("test_") and callable(f)]
    if sys.argv[1:]:
        tests = [f for f in tests if any(w in f.__name__ for w in sys.argv[1:])]
    print("1..%d" % len(tests))
    failed = 0
    for i, function in enumerate(tests, 1):
        try:
            run_one(function)
            print("ok %d - %s" % (i, function.__name__), flush=True)
        except Exception as e:  # pylint: disable=broad-except
            failed += 1
            print("not ok %d - %s" % (i, function.__name__))
            diagnostics(str(e) if isinstance(e, AssertionError) else traceback.format_exc())
            sys.stdout.flush()
    sys.exit(1 if failed else 0)
