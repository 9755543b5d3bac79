#!/usr/bin/env python3
"""`rolecall upgrade`: what an upgrade changes for a setup, the row behind it, and the exit status.
More rows of the version table may show than are named here; none of those named may be missing."""

import json

import cli
from cli import ERROR, FAIL, OK, USAGE, contains, equal, lacks, rolecall, true, write

ALONE = json.dumps({"people": {"bob": None, "carol": None, "dave": None}})
FEW = ["login/admin-ui"]  # of the library; alice's three ways come besides


def upgrade(before, after, *words, status=None, patch=None):
    patches = ["--patch", ALONE] + (["--patch", json.dumps(patch)] if patch else [])
    return rolecall("upgrade", "--from", before, "--to", after, *FEW, *patches, *words,
                    status=status)


def provider(**members):
    return {"authentik": {"provider": members}}


def found(doc, harm, name):
    return [f for f in doc["findings"] if f["harm"] == harm and f["name"] == name]


def cause(doc, harm, name):
    findings = found(doc, harm, name)
    true(findings, "no finding %s %s in %s" % (harm, name, json.dumps(doc["findings"])[:2000]))
    return [c["id"] for c in findings[0]["causes"]]


# ---- the guide's setup ----


def test_guide__2025_8_to_2026_8():
    doc = upgrade("2025.8", "2026.8", "--json", status=OK).json()
    equal(doc["schema"], "rolecall.upgrade/1")
    equal((doc["system"], doc["from"], doc["to"]), ("authentik", "2025.8", "2026.8"))
    equal(doc["breaks"], False)
    equal(cause(doc, "claims", "jti"), ["authentik/jti"])
    equal(cause(doc, "claims", "scope"), ["authentik/access-scope"])
    equal(cause(doc, "discovery", "frontchannel_logout_supported"), ["authentik/frontchannel-keys"])
    verified = found(doc, "identity", "email_verified")[0]
    equal((verified["before"], verified["after"]), (True, False))
    equal(cause(doc, "identity", "email_verified"), ["authentik/email-unverified"])
    equal(found(doc, "breaks", "outcome"), [])


def test_guide__everything_it_says_of_a_row():
    doc = upgrade("2025.8", "2026.8", "--json", status=OK).json()
    finding = found(doc, "claims", "jti")[0]
    lacks(json.dumps(list(finding)), "before")  # it was not there
    equal(finding["after"], "40 letters and digits")
    true({"scenario": "people/alice-ui", "step": "login as alice via ui"} in finding["in"],
         str(finding["in"]))
    row = finding["causes"][0]
    equal(row["since"], "2026.2")
    equal((row["from"], row["to"]), (False, True))
    equal(row["certainty"], "C")
    true(row["source"] and row["title"], str(row))
    seen = {r["id"]: r["seen"] for r in doc["rows"]}
    equal(seen["authentik/jti"], True)
    equal(seen["authentik/threshold-fixed"], False)  # no threshold in this setup


def test_guide__order_of_harm_and_counts():
    order = ["let-in", "breaks", "redirects", "rights", "identity", "rule", "verdict", "session", "claims",
             "people", "refusal", "errors", "discovery", "keys", "cookies", "headers", "better"]
    doc = upgrade("2023.10", "2026.8", "--json").json()
    harms = [order.index(f["harm"]) for f in doc["findings"]]
    equal(harms, sorted(harms))
    equal(sum(doc["summary"].values()), len(doc["findings"]))


VERSIONS = ["2023.10", "2024.2", "2024.4", "2024.6", "2024.8", "2024.10", "2024.12", "2025.2",
            "2025.4", "2025.6", "2025.8", "2025.10", "2025.12", "2026.2", "2026.5", "2026.8"]


def test_guide__every_neighbouring_pair_has_its_rows():
    """Nothing that changes for the guide hangs on a version without a row that says so."""
    pairs = list(zip(VERSIONS, VERSIONS[1:]))
    equal(len(pairs), 15)
    seen = set()
    for before, after in pairs:
        doc = upgrade(before, after, "logout/*", "cli/*", "provider/code-reuse", "--json").json()
        equal([f for f in doc["findings"] if not f["causes"]], [])
        equal(doc["compared"]["broken"], 0)
        equal(doc["breaks"], (before, after) == ("2023.10", "2024.2"))  # no refresh token any more
        seen.update(r["id"] for r in doc["rows"] if r["seen"])
    for row in ("offline-access", "id-token-short", "sid", "structured-redirects",
                "silent-authorize", "email-unverified", "login-direct", "jti"):
        true("authentik/" + row in seen, "%s shows in none: %s" % (row, sorted(seen)))


# ---- redirect URIs ----

PATTERNS = [{"matching_mode": "strict", "url": "https://argocd.company/api/dex/callback"},
            {"matching_mode": "regex", "url": "https://[a-z]+\\.company/(ui|cli)/.*"},
            {"matching_mode": "regex", "url": "http://localhost:8085/auth/callback"}]
PATTERN = "https://a.company/ui/x (of https://[a-z]+\\.company/(ui|cli)/.*)"
NEAR = "https://argocdxcompany/api/dex/callback (of https://argocd.company/api/dex/callback)"


def test_redirects__one_that_stops_matching_though_nobody_uses_it():
    ran = upgrade("2024.6", "2024.12", status=FAIL, patch=provider(redirect_uris=PATTERNS))
    contains(ran.out, "error: registered redirect URIs stop matching\n  " + PATTERN)
    doc = upgrade("2024.6", "2024.12", "--json", status=FAIL,
                  patch=provider(redirect_uris=PATTERNS)).json()
    equal(doc["breaks"], True)
    equal(doc["compared"]["redirect_uris"], 3)
    equal(found(doc, "breaks", "outcome"), [])
    equal([f["name"] for f in doc["findings"] if f["harm"] == "redirects"], [PATTERN])
    equal(cause(doc, "redirects", PATTERN), ["authentik/structured-redirects"])
    equal(found(doc, "redirects", PATTERN)[0]["in"],
          [{"scenario": "redirect-uris/2", "step": "authorize with https://a.company/ui/x"}])
    # both versions read entries
    doc = upgrade("2024.12", "2025.2", "--json", status=OK,
                  patch=provider(redirect_uris=PATTERNS)).json()
    equal([f for f in doc["findings"] if f["harm"] in ("redirects", "let-in")], [])


def test_redirects__near_misses():
    doc = upgrade("2024.6", "2024.12", "--json", status=OK).json()
    equal(cause(doc, "better", NEAR), ["authentik/structured-redirects"])
    doc = upgrade("2024.12", "2024.6", "--json", status=FAIL).json()
    equal(cause(doc, "let-in", NEAR), ["authentik/structured-redirects"])
    equal(doc["findings"][0]["name"], NEAR)


def test_redirects__of_a_logout_are_not_asked_for():
    uris = PATTERNS[:1] + [{"matching_mode": "strict", "url": "https://argocd.company/out",
                            "redirect_uri_type": "logout"}]
    doc = upgrade("2026.2", "2026.5", "--json", patch=provider(redirect_uris=uris)).json()
    equal(doc["compared"]["redirect_uris"], 1)


def test_redirects__a_pattern_without_example_is_said():
    uris = PATTERNS[:1] + [{"matching_mode": "regex", "url": "https://a{3}.company/(?=b)c"}]
    text = upgrade("2024.6", "2024.8.1", patch=provider(redirect_uris=uris)).out
    contains(text, "redirect URI 2, the pattern https://a{3}.company/(?=b)c: no")


# ---- what a setup does not show ----


def to_check(before, after, *words, patch=None):
    doc = upgrade(before, after, "--json", *words, patch=patch).json()
    return {c["id"]: c["look"] for c in doc["to_check"]}


def test_check__a_proxy_before_authentik():
    look = to_check("2026.5", "2026.8")["authentik/trusted-proxies"]
    contains(look, "10.0.0.0/8")
    contains(look, "https://authentik.company/application/o/argocd/.well-known/openid-configuration")
    own = {"authentik": {"trusted_proxies": ["192.0.2.0/24"]}}
    look = to_check("2026.5", "2026.8", patch=own)["authentik/trusted-proxies"]
    contains(look, '["192.0.2.0/24"]')
    lacks(look, "10.0.0.0/8")
    text = upgrade("2026.5", "2026.8", status=OK).out
    contains(text, "to check: what this setup does not show\n  look     does TLS end at")
    contains(text, "AUTHENTIK_LISTEN__TRUSTED_PROXY_CIDRS")
    equal(to_check("2025.12", "2026.2"), {})
    equal(to_check("2026.8", "2026.5"), {})  # the other way nothing is lost


def test_check__a_provider_made_anew():
    true("authentik/grant-types" in to_check("2026.2", "2026.5"), "not said")
    named = provider(grant_types=["authorization_code"])
    equal(to_check("2026.2", "2026.5", patch=named), {})
    # there it shows, so there is nothing to guess
    equal(to_check("2026.2", "2026.5", "--new-provider"), {})


def test_harm__what_breaks_is_not_called_better():
    doc = upgrade("2023.10", "2024.2", "cli/*", "tokens/*", "--json", status=FAIL).json()
    equal(found(doc, "better", "outcome"), [])
    equal(found(doc, "better", "verdict"), [])
    contains(upgrade("2023.10", "2024.2", status=FAIL).out, "stop working\n  step     refresh\n")


def test_kept__the_kid_of_an_existing_key():
    doc = upgrade("2025.12", "2026.2", "--json", status=OK).json()
    equal(found(doc, "keys", "kid"), [])
    equal([k["id"] for k in doc["kept"]], ["authentik/long-kid"])
    doc = upgrade("2025.12", "2026.2", "--json", "--new-provider").json()
    equal(cause(doc, "keys", "kid"), ["authentik/long-kid"])
    equal(doc["kept"], [])


def test_same_version__nothing_changes():
    contains(upgrade("2026.2", "2026.2", status=OK).out, "nothing changes for this setup\n")


# ---- what breaks ----


def breaks(before, after, row, *words, patch=None):
    ran = upgrade(before, after, *words, status=FAIL, patch=patch)
    true(ran.out.index("error: logins or refreshes that worked stop working") < ran.out.index("cause"), ran.out)
    contains(ran.out, "authentik/" + row)
    doc = upgrade(before, after, *words, "--json", status=FAIL, patch=patch).json()
    equal(doc["breaks"], True)
    equal(cause(doc, "breaks", "outcome"), ["authentik/" + row])
    equal(doc["findings"][0]["level"], "error")
    return ran.out


def test_breaks__no_redirect_uris():
    text = breaks("2026.2", "2026.5", "learns-redirect", patch=provider(redirect_uris=None))
    contains(text, "Register the redirect URIs")
    contains(text, "before   signed-in\n  after    refused by authentik at authorize\n")
    contains(text, "the provider has no redirect URIs in this setup")
    upgrade("2026.2", "2026.5", status=OK)  # the guide names them


def test_breaks__a_provider_made_new_without_grant_types():
    text = breaks("2026.2", "2026.5", "grant-types", "--new-provider",
                  patch=provider(grant_types=[]))
    contains(text, "Set grant_types on every provider")
    breaks("2026.2", "2026.5", "grant-types", "--new-provider")  # none named is none given
    upgrade("2026.2", "2026.5", "--new-provider", status=OK,
            patch=provider(grant_types=["authorization_code"]))


def test_breaks__not_for_a_provider_that_exists():
    text = upgrade("2026.2", "2026.5", status=OK, patch=provider(grant_types=[])).out
    contains(text, "the migration gives existing")


def test_breaks__regex_redirects_become_strict():
    uris = [{"matching_mode": "regex", "url": "https://argocd.company/.*"},
            {"matching_mode": "regex", "url": "http://localhost:8085/auth/callback"}]
    breaks("2024.6", "2024.12", "structured-redirects", patch=provider(redirect_uris=uris))
    # 2024.12 to 2025.2: what was written as regex is one
    upgrade("2024.12", "2025.2", status=OK, patch=provider(redirect_uris=uris))


def test_breaks__two_rows_together():
    doc = upgrade("2026.2", "2026.5", "--new-provider", "--json", status=FAIL,
                  patch=provider(redirect_uris=None)).json()
    equal(cause(doc, "breaks", "outcome"), ["authentik/grant-types", "authentik/learns-redirect"])
    contains(found(doc, "breaks", "outcome")[0]["why"], "together")


REFUSED = """title: nobody may come back to where nothing is registered
steps:
  - login: {as: alice, via: direct}
    expect:
      outcome: refused
      by: authentik
      at: authorize
      shown: 'The request fails due to a missing, invalid, or mismatching redirection URI (redirect_uri).'
"""


def test_let_in__what_was_to_be_refused(tmp):
    """The worst of all: a scenario of one's own that wants a refusal gets none. Its twin wants the
    login, and finds it better."""
    none = ["--patch", json.dumps(provider(redirect_uris=None)), "--patch", ALONE]
    own = write(tmp, "own.yaml", REFUSED)
    doc = rolecall("upgrade", "--from", "2026.5", "--to", "2026.2", own, *none, "--json",
                   status=FAIL).json()
    equal(doc["findings"][0]["harm"], "let-in")
    equal(doc["findings"][0]["in"], [{"scenario": str(own), "step": "login as alice via direct"}])
    equal(cause(doc, "let-in", "outcome"), ["authentik/learns-redirect"])
    text = rolecall("upgrade", "--from", "2026.5", "--to", "2026.2", own, *none, status=FAIL).out
    contains(text, "error: what was to be refused is let in\n")
    wanted = write(tmp, "own.yaml", "title: t\nsteps:\n  - login: {as: alice, via: direct}\n"
                   "    expect: {outcome: signed-in}\n")
    doc = rolecall("upgrade", "--from", "2026.5", "--to", "2026.2", wanted, *none, "--json",
                   status=OK).json()
    equal(found(doc, "let-in", "outcome"), [])
    true(found(doc, "better", "outcome"), str(doc["findings"])[:500])


# ---- what is said besides ----


def test_idle__logins_that_do_not_work_before_cannot_break():
    none = provider(redirect_uris=[{"matching_mode": "regex", "url": "https://other[.]company/.*"}])
    ran = upgrade("2025.8", "2026.8", status=ERROR, patch=none)
    contains(ran.out, "3 of the 3 logins of its people do not work before the upgrade, nor")
    doc = upgrade("2025.8", "2026.8", "--json", status=ERROR, patch=none).json()
    equal(len(doc["not_working_before"]), 3)
    equal(upgrade("2025.8", "2026.8", "--json", status=OK).json()["not_working_before"], [])


def test_version__of_the_setup_counts_for_nothing():
    for version in ("2024.2", "1999.1"):
        doc = upgrade("2025.12", "2026.2", "--json", status=OK,
                      patch={"authentik": {"version": version}}).json()
        equal(cause(doc, "claims", "jti"), ["authentik/jti"])


def test_downgrade__is_said():
    contains(upgrade("2026.2", "2025.12", status=OK).out, "this is a downgrade")


def test_verbose__lists_rows_without_effect():
    few = upgrade("2026.2", "2026.5", status=OK).out
    contains(few, "made no difference for this setup (-v lists them)")
    lacks(few, "threshold-fixed")
    contains(upgrade("2026.2", "2026.5", "-v", status=OK).out, "authentik/threshold-fixed  since")


def test_text__fits_80_columns():
    text = upgrade("2025.8", "2026.8", status=OK).out
    wide = [l for l in text.split("\n") if len(l) > 80 and " " in l[11:].strip()]
    equal(wide, [])


def test_text__shows_no_secret():
    text = upgrade("2025.8", "2026.8", "-v", status=OK).out
    for secret in ("my_client_secret", "eyJ"):
        lacks(text, secret)


def test_select__scenarios_of_another_setup_are_left_out():
    doc = upgrade("2026.2", "2026.5", "provider/ec-key", "tokens/*", "--json", status=OK).json()
    equal(doc["compared"]["scenarios"], 1)
    true(doc["compared"]["left_out"] > 10, str(doc["compared"]))


def test_select__attacks_of_a_browser_are_compared():
    doc = rolecall("upgrade", "--from", "2026.2", "--to", "2026.5", "redirects/path-added",
                   "browser/state-tampered", "--patch", ALONE, "--json", status=OK).json()
    equal(doc["compared"]["scenarios"], 2)
    equal(doc["skipped"], [])


# ---- bad words ----


def refused(words, text):
    ran = rolecall("upgrade", *words, status=USAGE)
    equal(ran.out, "")
    contains(ran.err, text)


def test_usage__versions():
    refused(["--to", "2026.8"], "--from is missing")
    refused(["--from", "2025.8"], "--to is missing")
    refused(["--from", "2025.9", "--to", "2026.8"],
            "--from: there is no mock of authentik 2025.9; did you mean '2025.8'?")
    refused(["--from", "2025.8", "--to", "newest"], "there are 2026.8, 2026.5, 2026.2")


def test_usage__systems():
    for system, known in (("dex", "2.45, 2.44"), ("argocd", "3.5, 3.4")):
        refused(["--from", "newest", "--to", "2", "--system", system],
                "--from: there is no mock of %s newest; there are %s" % (system, known))
    refused(["--from", "1", "--to", "2", "--system", "authentic"], "did you mean 'authentik'?")


def test_usage__live_systems():
    live = json.dumps({"live": {"authentik": {"url": "https://authentik.company"}}})
    refused(["--from", "2025.8", "--to", "2026.8", "--patch", live], "this setup has a live authentik")
    refused(["--from", "2025.8", "--to", "2026.8", "--patch", live], "rolecall compare")


def test_usage__scenarios(tmp):
    refused(["--from", "2025.8", "--to", "2026.8", "login/admin-iu"], "did you mean")
    broken = write(tmp, "broken.yaml", "title: 1\nsteps: [\n")
    refused(["--from", "2025.8", "--to", "2026.8", broken], "broken.yaml")


cli.main()
