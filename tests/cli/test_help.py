#!/usr/bin/env python3
"""Help, version, and what the program says of words it does not know."""

import cli
from cli import USAGE, contains, equal, rolecall, true

COMMANDS = ([], ["run"], ["list"], ["serve"], ["rbac"], ["rbac", "can"], ["rbac", "batch"],
            ["token"], ["token", "inspect"], ["token", "verify"], ["upgrade"], ["compare"])


def test_help__of_every_command_is_on_stdout():
    for words in COMMANDS:
        ran = rolecall(*words, "--help", status=0)
        contains(ran.out, "usage: rolecall" + "".join(" " + w for w in words))
        equal(ran.err, "", "stderr of %s" % words)
        equal(rolecall(*words, "-h", status=0).out, ran.out, "-h of %s" % words)


def test_help__fits_100_columns():
    for words in COMMANDS:
        wide = [l for l in rolecall(*words, "--help", status=0).out.split("\n") if len(l) > 100]
        equal(wide, [], "of %s" % words)


def test_help__of_what_people_meet_first_fits_a_terminal():
    for words in ([], ["run"], ["list"], ["serve"], ["upgrade"], ["compare"], ["selftest"]):
        wide = [l for l in rolecall(*words, "--help", status=0).out.split("\n") if len(l) > 80]
        equal(wide, [], "of %s" % words)


def test_help__names_every_command():
    text = rolecall("--help", status=0).out
    for words in COMMANDS[1:]:
        contains(text, "\n  " + words[0])


def test_help__names_the_exit_statuses():
    contains(rolecall("--help", status=0).out, "exit status: 0 as expected, 1 something failed")


def test_help__names_every_option_of_run():
    text = rolecall("run", "--help", status=0).out
    for option in ("setup", "patch", "tag", "jobs", "seed", "report", "trace", "known", "shard",
                   "deadline", "timeout", "sentinel", "callback-port", "fail-fast", "live-intrusive", "no-colour"):
        contains(text, "\n  --" + option)


def test_help__wins_over_nothing_else():
    """Help does nothing else: a run with --help runs nothing."""
    contains(rolecall("run", "login/admin-ui", "--help", status=0).out, "usage: rolecall run")


def test_version__is_one_line():
    text = rolecall("--version", status=0).out
    true(text.startswith("rolecall 0.") and text.count("\n") == 1, text)


def refused(words, text):
    ran = rolecall(*words, status=USAGE)
    equal(ran.out, "", "stdout of %s" % words)
    true(ran.err.startswith("rolecall: ") and ran.err.count("\n") == 1, "one line: " + ran.err)
    contains(ran.err, text)


def test_unknown__command():
    refused(["runn"], "unknown command 'runn'; did you mean 'run'?")
    refused(["frobnicate"], "unknown command 'frobnicate'; `rolecall --help` lists them")
    refused([], "a command is missing; `rolecall --help` lists them")


def test_unknown__subcommand():
    refused(["rbac", "cann"], "unknown rbac command 'cann'; did you mean 'can'?")
    refused(["rbac"], "a command is missing: can or batch")
    refused(["token", "verfy"], "did you mean 'verify'?")
    refused(["token"], "expected 'inspect' or 'verify'")


def test_unknown__option():
    refused(["run", "--sed", "1"], "unknown option '--sed'; did you mean '--seed'?")
    refused(["run", "--frobnicate"], "unknown option '--frobnicate'; --help lists them")
    refused(["run", "-x"], "unknown option '-x'")
    refused(["serve", "--pain"], "did you mean '--plain'?")
    refused(["list", "--jsn"], "did you mean '--json'?")
    refused(["token", "verify", "--jwsk", "x"], "did you mean '--jwks'?")
    refused(["rbac", "can", "--polcy-file", "x"], "did you mean '--policy-file'?")


def test_unknown__word():
    refused(["list", "checkz"], "did you mean 'checks'?")
    refused(["list", "checks", "faults"], "one word at most, found 'faults' after 'checks'")
    refused(["serve", "now"], "unexpected 'now'")


def test_unknown__report():
    refused(["run", "--report", "jsn"], "unknown format 'jsn'; did you mean 'json'?")
    refused(["run", "--report", "frobnicate"], "unknown format 'frobnicate'")


def test_option__lacks_its_value():
    refused(["run", "--seed"], "--seed needs a value: N")
    refused(["run", "--report", "json="], "a file name is missing after 'json='")
    refused(["list", "--json=yes"], "--json takes no value")


def test_option__value_is_out_of_range():
    refused(["run", "--jobs", "0"], "'0' is no number from 1 to 64")
    refused(["run", "--jobs", "many"], "'many' is no number from 1 to 64")
    refused(["run", "--seed", "-1"], "'-1' is no number from 0 to 9223372036854775807")
    refused(["run", "--shard", "3/2"], "'3/2' is no I/N with 1 <= I <= N")
    refused(["run", "--shard", "0/2"], "'0/2' is no I/N")
    refused(["run", "--shard", "1"], "'1' is no I/N")
    refused(["run", "--deadline", "soon"], "'soon' is no duration (90s, 5m)")
    refused(["run", "--callback-port", "8086"], "Dex registers only localhost:8085")
    refused(["serve", "--argocd-port", "70000"], "'70000' is no port")


cli.main()
