#!/usr/bin/env python3
"""Checks of the source tree that no compiler makes.

Each rule is a function `tree -> findings` in the table RULES at the end. A tree is a folder with
harness/, mocks/, reports/ and tests/ in it; test_lint.py hands over small made-up ones. With --tap
each rule is one TAP line. Knows nothing of git: what lies in the tree is checked.
"""

import os
import re
import shutil
import subprocess
import sys

TOP = ("harness", "mocks", "reports", "tests")
LAYERS = "tests/lint/layers.txt"

# Headers of third parties and the units that wrap them (design.md part 3 and 7).
WRAPPED = [
    (r"openssl/", ("harness/crypto", "harness/jose", "harness/http")),
    (r"jansson\.h", ("harness/data",)),
    (r"curl/", ("harness/http",)),
    (r"event2?/|event\.h|evhttp\.h", ("harness/http",)),
    (r"yaml\.h", ("harness/data",)),
    (r"pcre2\.h", ("harness/data",)),
    (r"libxml/", ("harness/data",)),
    (r"protobuf-c/", ("mocks/argocd",)),
    (r"cmocka\.h", ()),
]

# Calls that nobody makes, what to use instead, and the files that may after all.
EVERYWHERE = ("harness", "mocks", "reports", "tests")
PRODUCT = ("harness", "mocks", "reports")
BANNED = [
    ("strcpy strcat strncpy strncat stpcpy", "struct buf", EVERYWHERE, ()),
    ("sprintf vsprintf", "snprintf, buf_addf or xasprintf", EVERYWHERE, ()),
    ("strtok strtok_r", "str_next", EVERYWHERE, ()),
    ("atoi atol atoll atof strtol strtoll strtoul strtoull", "str_to_i64", EVERYWHERE, ()),
    ("gets scanf fscanf sscanf vscanf vfscanf vsscanf", "a parser", EVERYWHERE, ()),
    ("gmtime localtime gmtime_r localtime_r mktime strftime", "clock.h", EVERYWHERE, ()),
    ("system popen", "posix_spawn", EVERYWHERE, ()),
    ("rand srand random srandom rand_r drand48 getrandom getentropy", "rnd.h", PRODUCT,
     ("harness/base/",)),
    ("time gettimeofday clock_gettime times clock getrusage", "clock.h", PRODUCT,
     ("harness/base/",)),
    ("sleep usleep nanosleep clock_nanosleep", "a condition or a deadline", EVERYWHERE, ()),
    ("malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf", "mem.h", PRODUCT,
     ("harness/base/mem.c",)),
    ("exit _exit quick_exit", "an exit status handed up to main", PRODUCT,
     ("harness/cli/main.c", "harness/base/die.c")),
    ("alloca", "xmalloc", EVERYWHERE, ()),
]


class Tree:
    """The C files below a root, each as written and with comments and strings blanked out."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        for top in TOP:
            for folder, folders, names in os.walk(os.path.join(root, top)):
                folders.sort()
                for name in sorted(names):
                    if name.endswith((".c", ".h")):
                        path = os.path.join(folder, name)
                        with open(path, encoding="utf-8", errors="replace") as f:
                            self.files[os.path.relpath(path, root)] = f.read()
        self.code = {path: blank(text) for path, text in self.files.items()}

    def ranks(self):
        ranks = {}
        with open(os.path.join(self.root, LAYERS), encoding="utf-8") as f:
            for line in f:
                words = line.split("#")[0].split()
                if words:
                    ranks[words[0]] = int(words[1])
        return ranks


TOKEN = re.compile(
    r"""/\*.*?(?:\*/|\Z)|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def blank(text):
    """The text with comments and literals made of blanks; lines and columns stay."""
    def out(match):
        token = match.group(0)
        edge = token[0] if token[0] in "\"'" else " "
        inner = re.sub(r"[^\n]", " ", token[1:-1])
        return edge + inner + (edge if len(token) > 1 else "")
    return TOKEN.sub(out, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^">\n]+)[">]', re.M)


def includes(text):
    """(line, "<" or '"', name) of each include."""
    return [(line_of(text, m.start()), m.group(1), m.group(2)) for m in INCLUDE.finditer(text)]


def unit_of(path, ranks):
    folder = os.path.dirname(path)
    while folder and folder not in ranks:
        folder = os.path.dirname(folder)
    return folder


def rule_layers(tree):
    """a unit includes headers of its own or of lower rank only"""
    ranks = tree.ranks()
    for path, text in tree.files.items():
        if path.startswith("tests/"):
            continue
        unit = unit_of(path, ranks)
        if not unit:
            yield path, 1, "its folder has no rank in " + LAYERS
            continue
        for line, mark, name in includes(text):
            other = unit_of(name, ranks)
            if mark != '"':
                continue
            if name.startswith("tests/"):
                yield path, line, "includes a header of the tests: " + name
            elif not other:
                yield path, line, "not a path from the root: " + name
            elif other != unit and ranks[other] >= ranks[unit]:
                yield path, line, "%s [%d] includes %s [%d]" % (
                    unit, ranks[unit], name, ranks[other])


def rule_cycles(tree):
    """headers form no circle"""
    graph = {path: [(line, name) for line, mark, name in includes(text) if mark == '"']
             for path, text in tree.files.items() if path.endswith(".h")}
    done = set()

    def visit(path, trail):
        if path in trail:
            circle = trail[trail.index(path):] + [path]
            yield path, 1, "circle: " + " -> ".join(circle)
            return
        if path in done:
            return
        for _, name in graph.get(path, []):
            yield from visit(name, trail + [path])
        done.add(path)

    for path in sorted(graph):
        yield from visit(path, [])


def rule_banned(tree):
    """nobody calls what style.md 22, 23 and 32 ban"""
    for words, instead, where, allowed in BANNED:
        call = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(words.split()))
        for path, code in tree.code.items():
            if not path.startswith(where) or path.startswith(allowed or ("\0",)):
                continue
            for m in call.finditer(code):
                yield path, line_of(code, m.start()), "calls %s; use %s" % (m.group(1), instead)


def rule_wrapped(tree):
    """headers of libraries are included by the units that wrap them only"""
    for path, text in tree.files.items():
        if path.startswith("tests/"):
            continue
        for line, mark, name in includes(text):
            for pattern, units in WRAPPED:
                if mark == "<" and re.match(pattern, name) and not path.startswith(
                        tuple(u + "/" for u in units) or ("\0",)):
                    yield path, line, "<%s> belongs to %s" % (name, ", ".join(units) or "tests")


def rule_pragma_once(tree):
    """each header has #pragma once"""
    for path, code in tree.code.items():
        if path.endswith(".h") and not re.search(r"^#pragma once$", code, re.M):
            yield path, 1, "no #pragma once"


def rule_opening(tree):
    """each file opens with a comment that says what lives there"""
    for path, text in tree.files.items():
        opening = re.match(r"/\*(.*?)\*/", text, re.S)
        if not opening or len(opening.group(1).split()) < 3:
            yield path, 1, "no opening comment"


def rule_comments(tree):
    """comments are /* */"""
    for path, text in tree.files.items():
        for m in TOKEN.finditer(text):
            if m.group(0).startswith("//"):
                yield path, line_of(text, m.start()), "a // comment"


def rule_unfinished(tree):
    """nothing is marked as unfinished"""
    word = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    for path, text in tree.files.items():
        for m in word.finditer(text):
            yield path, line_of(text, m.start()), "marked " + m.group(1)


def rule_own_header(tree):
    """a .c file includes its own header first"""
    for path, text in tree.files.items():
        own = path[:-2] + ".h"
        if path.endswith(".c") and own in tree.files:
            found = includes(text)
            if not found or found[0][2] != own:
                yield path, found[0][0] if found else 1, "does not include %s first" % own


def clang_format():
    return shutil.which("clang-format-14") or ""


def rule_format(tree):
    """clang-format has nothing to change"""
    paths = sorted(tree.files)
    if not paths:
        return
    run = subprocess.run([clang_format(), "--dry-run", "-Werror"] + paths, cwd=tree.root,
                         stderr=subprocess.PIPE, text=True, check=False)
    seen = set()
    for m in re.finditer(r"^(.+?):(\d+):\d+: error:", run.stderr, re.M):
        if m.group(1) not in seen:
            seen.add(m.group(1))
            yield m.group(1), int(m.group(2)), "clang-format-14 -i would change it"
    if run.returncode != 0 and not seen:
        yield ".clang-format", 1, run.stderr.strip().split("\n")[0]


RULES = {
    "layers": rule_layers,
    "cycles": rule_cycles,
    "banned": rule_banned,
    "wrapped": rule_wrapped,
    "pragma-once": rule_pragma_once,
    "opening": rule_opening,
    "comments": rule_comments,
    "unfinished": rule_unfinished,
    "own-header": rule_own_header,
    "format": rule_format,
}


def main(arguments):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    tree = Tree(root)
    tap = "--tap" in arguments
    failed = 0
    if tap:
        print("1..%d" % len(RULES))
    for number, (name, rule) in enumerate(RULES.items(), 1):
        if name == "format" and not clang_format():
            print("ok %d - %s # SKIP clang-format-14 is not installed" % (number, name) if tap
                  else "lint: skipped format: clang-format-14 is not installed")
            continue
        findings = list(rule(tree))
        failed += len(findings)
        for path, line, what in findings:
            # Not on stdout beside TAP: Meson shows stderr when a test fails.
            print("%s:%d: %s [%s]" % (path, line, what, name), file=sys.stderr if tap else sys.stdout)
        if tap:
            print("%sok %d - %s" % ("not " if findings else "", number, name))
    if not tap:
        print("lint: %d files, %d rules, %d findings" % (len(tree.files), len(RULES), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
