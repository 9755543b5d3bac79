#!/usr/bin/env python3
"""`rolecall serve` and what no sound client sends to Dex and to Argo CD: each request has its answer,
and afterwards everybody is answered as before. `./dev load` sends them by the hundred."""

import cli
import crowd
import hostile
from cli import equal, true

PORT = cli.free_ports(1)[0]


def port_of(served, system):
    return PORT if system == "dex" else crowd.port_of(served.ready["argocd"]["url"])


def context_of(system):
    """Dex speaks TLS to Argo CD whatever the rest does, as it does in a cluster."""
    return hostile.tls() if system == "dex" else None


def holds(system):
    with cli.serve("--plain", "--control", "--dex-port", PORT) as served:
        rows = hostile.OF[system]()
        equal(hostile.wrong(port_of(served, system), rows, context_of(system)), [])
        true(served.process.poll() is None, "it still runs")
        told, _ = crowd.crowd(served.ready, 4, 4, crowd.sign_in_ui)
        equal(told, [], "people sign in as before")


def test_dex__answers_what_no_sound_client_sends():
    holds("dex")


def test_argocd__answers_what_no_sound_client_sends():
    holds("argocd")


def test_answers__are_compared():
    """The twin: an answer that is not in order is told."""
    with cli.serve("--plain") as served:
        rows = [("a page", hostile.head("GET", "/api/version"), "200"),
                ("a page that is none", hostile.head("GET", "/api/v1/none"), "200")]
        found = hostile.wrong(port_of(served, "argocd"), rows)
        equal([text.split(":")[0] for text in found], ["a page that is none"])


cli.main()
