#!/usr/bin/env python3
"""Proves that each rule of lint.py can fail, and that it passes the good twin.

A row of CASES: rule, name, the files of a small tree, and the path of the one finding that is
expected (None: no finding).
"""

import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import lint  # noqa: E402

HEAD = "/*\n * A made-up file that says what lives here.\n */\n"
H = HEAD + "#pragma once\n"
BASE = "harness/base/a.h"
JOSE = "harness/jose/b.h"


def call(text):
    return HEAD + "static void f(void)\n{\n    %s;\n}\n" % text


CASES = [
    ("layers", "upwards", {BASE: H + '\n#include "harness/jose/b.h"\n', JOSE: H}, BASE),
    ("layers", "downwards", {BASE: H, JOSE: H + '\n#include "harness/base/a.h"\n'}, None),
    ("layers", "sideways", {"mocks/dex/a.h": H + '#include "mocks/argocd/b.h"\n',
                            "mocks/argocd/b.h": H}, "mocks/dex/a.h"),
    ("layers", "own unit", {"mocks/dex/a.h": H + '#include "mocks/dex/b.h"\n',
                            "mocks/dex/b.h": H}, None),
    ("layers", "tests from the product", {BASE: H + '#include "tests/support/test.h"\n'}, BASE),
    ("layers", "relative path", {BASE: H + '#include "b.h"\n'}, BASE),
    ("layers", "folder without a rank", {"harness/odd/a.h": H}, "harness/odd/a.h"),
    ("cycles", "two headers", {BASE: H + '#include "harness/base/b.h"\n',
                               "harness/base/b.h": H + '#include "harness/base/a.h"\n'}, BASE),
    ("cycles", "a diamond", {BASE: H + '#include "harness/base/b.h"\n#include "harness/base/c.h"\n',
                             "harness/base/b.h": H + '#include "harness/base/d.h"\n',
                             "harness/base/c.h": H + '#include "harness/base/d.h"\n',
                             "harness/base/d.h": H}, None),
    ("banned", "in a string", {"harness/jose/a.c": call('puts("strcpy(a, b)")')}, None),
    ("banned", "in a comment", {"harness/jose/a.c": HEAD + "/* malloc(3) */\n"}, None),
    ("banned", "a member", {"harness/jose/a.c": call("x->free(y); z.time(w)")}, None),
    ("banned", "a longer name", {"harness/jose/a.c": call("xfree(p); js_free(q)")}, None),
    ("banned", "malloc in mem.c", {"harness/base/mem.c": call("p = malloc(1)")}, None),
    ("banned", "malloc beside mem.c", {"harness/base/a.c": call("p = malloc(1)")},
     "harness/base/a.c"),
    ("banned", "exit in main.c", {"harness/cli/main.c": call("exit(1)")}, None),
    ("banned", "exit in a command", {"harness/cli/cmd.c": call("exit(1)")}, "harness/cli/cmd.c"),
    ("banned", "time in clock.c", {"harness/base/clock.c": call("time(NULL)")}, None),
    ("banned", "free in a test", {"tests/unit/base/a.c": call("free(p)")}, None),
    ("banned", "strcpy in a test", {"tests/unit/base/a.c": call("strcpy(p, q)")},
     "tests/unit/base/a.c"),
    ("wrapped", "jansson in jose", {JOSE: H + "#include <jansson.h>\n"}, JOSE),
    ("wrapped", "jansson in data", {"harness/data/a.c": HEAD + "#include <jansson.h>\n"}, None),
    ("wrapped", "openssl in a mock", {"mocks/dex/a.c": HEAD + "#include <openssl/evp.h>\n"},
     "mocks/dex/a.c"),
    ("wrapped", "openssl in jose", {"harness/jose/a.c": HEAD + "#include <openssl/evp.h>\n"}, None),
    ("wrapped", "curl in login", {"harness/login/a.c": HEAD + "#include <curl/curl.h>\n"},
     "harness/login/a.c"),
    ("wrapped", "libevent in a mock", {"mocks/dex/a.c": HEAD + "#include <event2/http.h>\n"},
     "mocks/dex/a.c"),
    ("wrapped", "libyaml in setup", {"harness/setup/a.c": HEAD + "#include <yaml.h>\n"},
     "harness/setup/a.c"),
    ("wrapped", "pcre2 in rbac", {"harness/rbac/a.c": HEAD + "#include <pcre2.h>\n"},
     "harness/rbac/a.c"),
    ("wrapped", "libxml2 in reports", {"reports/a.c": HEAD + "#include <libxml/tree.h>\n"},
     "reports/a.c"),
    ("wrapped", "cmocka in the product", {"reports/a.c": HEAD + "#include <cmocka.h>\n"},
     "reports/a.c"),
    ("wrapped", "curl in a test", {"tests/integration/a.c": HEAD + "#include <curl/curl.h>\n"},
     None),
    ("pragma-once", "missing", {BASE: HEAD}, BASE),
    ("pragma-once", "in a comment only", {BASE: HEAD + "/*\n#pragma once\n*/\n"}, BASE),
    ("pragma-once", "there", {BASE: H}, None),
    ("opening", "missing", {BASE: "#pragma once\n"}, BASE),
    ("opening", "says nothing", {BASE: "/* a.h */\n#pragma once\n"}, BASE),
    ("opening", "there", {BASE: H}, None),
    ("comments", "two slashes", {"harness/base/a.c": call("f() // why")}, "harness/base/a.c"),
    ("comments", "a URL in a string", {"harness/base/a.c": call('f("https://a")')}, None),
    ("comments", "a URL in a comment", {"harness/base/a.c": HEAD + "/* https://a */\n"}, None),
    ("unfinished", "a mark", {"harness/base/a.c": HEAD + "/* TO" + "DO */\n"}, "harness/base/a.c"),
    ("unfinished", "a template of mkstemp", {"harness/base/a.c": call('f("/a.XXXXXX")')}, None),
    ("own-header", "second", {"harness/base/a.c": HEAD + '#include <stdio.h>\n#include "%s"\n' % BASE,
                              BASE: H}, "harness/base/a.c"),
    ("own-header", "first", {"harness/base/a.c": HEAD + '#include "%s"\n\n#include <stdio.h>\n' % BASE,
                             BASE: H}, None),
    ("format", "two blanks", {"harness/base/a.c": HEAD + "static int  x;\n"}, "harness/base/a.c"),
    ("format", "as it should be", {"harness/base/a.c": HEAD + "static int x;\n"}, None),
]

# Every banned word has its own case.
for words, _, where, _ in lint.BANNED:
    for word in words.split():
        top = "mocks/dex/a.c"
        CASES.append(("banned", word, {top: call(word + "(1)")}, top))


def findings_of(rule, files):
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
                f.write(text)
        os.makedirs(os.path.join(folder, "tests/lint"), exist_ok=True)
        shutil.copy(os.path.join(root, lint.LAYERS), os.path.join(folder, lint.LAYERS))
        shutil.copy(os.path.join(root, ".clang-format"), folder)
        return list(lint.RULES[rule](lint.Tree(folder)))


def main():
    failed = 0
    print("1..%d" % (len(CASES) + 1))
    for number, (rule, name, files, expected) in enumerate(CASES, 1):
        if rule == "format" and not lint.clang_format():
            print("ok %d - %s: %s # SKIP clang-format-14 is not installed" % (number, rule, name))
            continue
        found = findings_of(rule, files)
        good = not found if expected is None else [f[0] for f in found] == [expected]
        failed += 0 if good else 1
        if not good:
            print("# found: %r" % found)
        print("%sok %d - %s: %s" % ("" if good else "not ", number, rule, name))
    unproven = set(lint.RULES) - {case[0] for case in CASES if case[3]}
    failed += len(unproven)
    print("%sok %d - every rule has a case that fails" % ("not " if unproven else "",
                                                         len(CASES) + 1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
