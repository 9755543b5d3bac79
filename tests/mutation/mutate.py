#!/usr/bin/env python3
"""Alters the literals of a mock one at a time and expects a test to fail for each.

    mutate.py BUILD UNIT [FILE…]

BUILD is a build without merged strings and jump tables (./dev mutate makes it), so that each literal
of a source file stands in the test programs on its own, apart from the literals of the tests. UNIT is
a folder of mocks/; FILE limits the run to sources of that name ("authorize"). A literal is altered in
the bytes of a test program, which takes no compiler. One that no test misses is a survivor, and the
status is 1, unless spared.tsv says why nobody outside can see it; a row there that spares nothing is
an error, too."""

import collections
import concurrent.futures
import errno
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPARED = pathlib.Path(__file__).with_name("spared.tsv")
LIMIT_S = 60
# What is proved elsewhere: each fault by `rolecall selftest`, which plays it by its name; each row of the version table by its
# own case.
OWN_PROOF = ("faults", "faults_table", "faults_documents", "faults_tokens", "faults_more",
             "jwks_faults", "goidc_defects", "quirks")
# Whose tests look at a unit, beside its own: what the Go side of Dex and Argo CD shares is seen in
# their answers.
SEEN_BY = {"common": ("dex", "argocd")}
TEXT = re.compile(rb"[\x09\x0a\x20-\x7e\xc2-\xf4\x80-\xbf]{2,}")


def rodata(object_file):
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(["objcopy", "-O", "binary", "--only-section=.rodata", object_file, out.name],
                       check=True)
        return pathlib.Path(out.name).read_bytes()


def literals(blob):
    """Offset and bytes of each text of two characters or more, with a letter in it."""
    for part in re.finditer(rb"[^\0]+", blob):
        if TEXT.fullmatch(part.group()) and re.search(rb"[A-Za-z0-9]", part.group()):
            yield part.start(), part.group()


class Source:
    """What the compiler wrote for assert() is no literal of the file: the condition, the function's
    name and the file's."""

    def __init__(self, unit, file):
        path = ROOT / "mocks" / unit / (file + ".c")
        self.path = str(path.relative_to(ROOT))
        self.code = path.read_text()

    def is_assertion(self, text):
        if "assert(" not in self.code or '"%s"' % text in self.code:
            return False
        function = re.search(r"^[\w *]*\b%s\(" % re.escape(text), self.code, re.M)
        return (text.endswith(self.path) or "assert(%s)" % text in self.code
                or (text.isidentifier() and function is not None))


def altered_at(text):
    """Where to alter: the last letter or digit that is no part of a conversion."""
    masked = re.sub(rb"%[-+ #0]*[0-9*]*(\.[0-9*]+)?[a-zA-Z]*", lambda m: b"\0" * len(m.group()), text)
    places = [m.start() for m in re.finditer(rb"[A-Za-z0-9]", masked)]
    return places[-1] if places else None


def other(byte):
    """Another letter for a letter, another digit for a digit."""
    if chr(byte).isalpha():
        return ord("y" if byte == ord("x") else "x")
    return ord("3" if byte == ord("7") else "7")


class Programs:
    """The test programs that look at the unit, the quick ones first, as copies that may be altered."""

    def __init__(self, build, unit, folder):
        self.folder = pathlib.Path(folder)
        self.originals = [
            p for of in (unit, *SEEN_BY.get(unit, ()))
            for pattern in ("test_unit_mocks_%s_*", "test_integration_%s*")
            for p in (build / "tests").glob(pattern % of)
            if p.is_file() and os.access(p, os.X_OK)]
        self.originals.sort(key=self.seconds)
        self.bytes = {p: p.read_bytes() for p in self.originals}
        self.hits = collections.Counter()

    @staticmethod
    def seconds(program):
        done = run(program)
        if done is None or done[0] != 0:
            sys.exit("mutate: %s fails unaltered" % program.name)
        return done[1]

    def in_order(self, file):
        """What missed most literals of this file so far comes first, then what missed most."""
        return sorted(self.originals, key=lambda p: (-self.hits[file, p], -self.hits[None, p]))

    def misses(self, file, blob, offset, byte, number):
        """Is there a program that fails when this byte of the blob is another?"""
        for program in self.in_order(file):
            whole = self.bytes[program]
            at = whole.find(blob)
            if at < 0:
                continue
            copy = self.folder / ("%s-%d" % (program.name, number))
            shutil.copy(program, copy)
            with open(copy, "r+b") as f:
                f.seek(at + offset)
                f.write(bytes([byte]))
            done = run(copy)
            copy.unlink()
            if done is None or done[0] != 0:
                self.hits[file, program] += 1
                self.hits[None, program] += 1
                return True
        return False


def run(program):
    """Status and seconds; None for a time-out."""
    before = os.times().elapsed
    try:
        done = subprocess.run([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=LIMIT_S, env={**os.environ, "ROLECALL_ROOT": str(ROOT)})
    except subprocess.TimeoutExpired:
        return None
    except OSError as e:
        # A child that another thread is just starting still has the copy open for writing.
        if e.errno != errno.ETXTBSY:
            raise
        time.sleep(0.01)
        return run(program)
    return done.returncode, os.times().elapsed - before


def fault_names(build):
    """A fault that is asked for by another name is never played, which `rolecall selftest` tells."""
    done = subprocess.run([build / "rolecall", "list", "faults", "--json"], check=True,
                          capture_output=True, cwd=ROOT,
                          env={**os.environ, "ROLECALL_SCENARIOS": str(ROOT / "scenarios")})
    return {fault["id"] for fault in json.loads(done.stdout)}


def is_draw(code, text):
    """Nothing but the purpose of random draws, wherever the file has it: another gives other random
    values."""
    quoted = '"%s"' % text
    draws = re.findall(r"\b(?:rnd_\w+|dex_new_id)\([^;]*?%s" % re.escape(quoted), code)
    return bool(draws) and len(draws) == code.count(quoted)


def is_secret_kind(code, text):
    """Nothing but the word under which a secret is hidden in reports, which the reports' own tests
    look at (tests/cli/test_redaction.py)."""
    quoted = '"%s"' % text
    kinds = re.findall(r"\btrace_secret\([^;]*?%s\s*," % re.escape(quoted), code)
    return bool(kinds) and len(kinds) == code.count(quoted)


def spared(unit):
    """(file, text) → reason, of this unit."""
    rows = {}
    if SPARED.exists():
        for line in SPARED.read_text().splitlines():
            if line and not line.startswith("#"):
                of, file, text, reason = line.split("\t")
                if of == unit:
                    rows[(file, text)] = reason
    return rows


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, unit, only = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    objects = sorted((build / "librolecall.a.p").glob("mocks_%s_*.c.o" % unit))
    if not objects:
        sys.exit("mutate: %s has no objects of mocks/%s" % (build, unit))
    excuses, faults = spared(unit), fault_names(build)
    survivors, used, tried = [], set(), 0
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        programs = Programs(build, unit, folder)
        work = []
        for object_file in objects:
            file = object_file.name[len("mocks_%s_" % unit):-len(".c.o")]
            if file in OWN_PROOF or (only and file not in only):
                continue
            blob = rodata(object_file)
            source = Source(unit, file)
            for offset, text in literals(blob):
                shown = text.decode("utf-8", "replace").replace("\n", "\\n").replace("\t", "\\t")
                at = altered_at(text)
                if (at is None or shown in faults or source.is_assertion(shown)
                        or ((file, shown) not in excuses
                            and (is_draw(source.code, shown)
                                 or is_secret_kind(source.code, shown)))):
                    continue
                if (file, shown) in excuses:
                    used.add((file, shown))
                    continue
                work.append((file, shown, pool.submit(programs.misses, file, blob, offset + at,
                                                      other(text[at]), len(work))))
        for file, shown, missed in work:
            tried += 1
            if not missed.result():
                survivors.append((file, shown))
                print("survived  %s.c  %s" % (file, shown), flush=True)
    stale = [row for row in excuses if row not in used and (not only or row[0] in only)]
    for file, text in stale:
        print("spared for nothing  %s.c  %s" % (file, text))
    print("%d literals altered, %d survived, %d spared" % (tried, len(survivors), len(used)))
    return 1 if survivors or stale else 0


if __name__ == "__main__":
    sys.exit(main())
