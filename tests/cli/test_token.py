#!/usr/bin/env python3
"""`rolecall token`: tokens of the RFCs and of a run, verified with the right and the wrong keys."""

import base64
import json
import re

import cli
from cli import DATA, ERROR, FAIL, OK, USAGE, contains, equal, lacks, rolecall, true, write

JOSE = DATA / "jose"
THEN = "2011-03-22T18:00:00Z"  # while RFC 7515's tokens were valid
# RFC 7515's payloads are no ID tokens, so signatures are told from claims by the reason.
SIGNED = "invalid: bad-aud: "


def vector(name):
    return (JOSE / name).read_text().strip()


def verify(token, *words, status, env=None):
    return rolecall("token", "verify", "-", *words, stdin=token, status=status, env=env)


def test_inspect__shows_and_verifies_nothing():
    out = rolecall("token", "inspect", vector("rfc7515_A.2.jws"), status=OK).out
    true(out.startswith("NOT VERIFIED: "), out)
    contains(out, '"alg": "RS256"')
    contains(out, '"iss": "joe"')
    contains(out, "2011-03-22T18:43:00Z  EXPIRED")


def test_inspect__reads_stdin():
    token = vector("rfc7515_A.1.jws")
    for words in ((), ("-",)):
        contains(rolecall("token", "inspect", *words, stdin=token + "\n", status=OK).out, "HS256")


def test_inspect__never_prints_the_token():
    token = vector("rfc7515_A.2.jws")
    ran = rolecall("token", "inspect", token, status=OK)
    for part in token.split("."):
        lacks(ran.out + ran.err, part)


def test_inspect__what_is_no_token():
    for text in ("abc", "a.b", "", "!.!.!"):
        ran = rolecall("token", "inspect", stdin=text, status=USAGE)
        lacks(ran.out, "claims\n{")


def test_verify__each_algorithm_of_rfc7515():
    for name in ("rfc7515_A.2", "rfc7515_A.3"):
        alg = {"rfc7515_A.2": "RS256", "rfc7515_A.3": "ES256"}[name]
        words = ("--jwks", JOSE / (name + ".jwk"), "--now", THEN, "--alg", alg)
        contains(verify(vector(name + ".jws"), *words, "--audience", "a", status=FAIL).out, SIGNED)


def test_verify__another_key():
    words = ("--jwks", JOSE / "rfc7515_A.3.jwk", "--now", THEN)
    out = verify(vector("rfc7515_A.2.jws"), *words, status=FAIL).out
    true(out.startswith("invalid: ") and not out.startswith(SIGNED), out)


def test_verify__tampered():
    head, body, mac = vector("rfc7515_A.2.jws").split(".")
    changed = ".".join((head, body, ("A" if mac[9] != "A" else "B").join((mac[:9], mac[10:]))))
    out = verify(changed, "--jwks", JOSE / "rfc7515_A.2.jwk", "--now", THEN, status=FAIL).out
    true(out.startswith("invalid: bad-signature"), out)


def test_verify__unsigned():
    out = verify(vector("rfc7515_A.5.jws"), "--jwks", JOSE / "rfc7515_A.2.jwk", status=FAIL).out
    true(out.startswith("invalid: "), out)


def test_verify__expired():
    out = verify(vector("rfc7515_A.2.jws"), "--jwks", JOSE / "rfc7515_A.2.jwk", status=FAIL).out
    contains(out, "invalid: expired: ")


def test_verify__token_of_a_run(tmp):
    """An ID token that the mocks made, judged against the JWKS that they published."""
    rolecall("run", "login/viewer-direct", "--trace", tmp, status=OK)
    events = json.loads((tmp / "login_viewer-direct.json").read_text())["events"]
    answers = [(e["request"]["url"], e["response"]["body"]) for e in events
               if e["kind"] == "exchange"]
    jwks = write(tmp, "jwks.json", next(b for u, b in answers if u.endswith("/jwks/")))
    token = json.loads(next(b for u, b in answers if u.endswith("/token/")))["id_token"]
    issuer = "https://authentik.company/application/o/argocd/"
    good = ("--jwks", jwks, "--issuer", issuer, "--audience", "my_client_id",
            "--now", "2026-01-01T00:00:30Z")
    equal(verify(token, *good, status=OK).out, "valid\n")
    for words, reason in ((("--issuer", issuer[:-1]), "bad-iss"),
                          (("--audience", "other"), "bad-aud"),
                          (("--nonce", "other"), "nonce"),
                          (("--now", "2027-01-01T00:00:00Z"), "expired"),
                          (("--alg", "ES256"), "alg")):
        out = verify(token, *good, *words, status=FAIL).out
        true(re.match(r"invalid: [\w-]*%s[\w-]*: expected .*, found " % reason, out), out)


def test_verify__secret_from_the_environment():
    token = vector("rfc7515_A.1.jws")
    out = verify(token, "--secret-env", "S", "--now", THEN, status=FAIL, env={"S": "wrong"}).out
    contains(out, "bad-signature")
    contains(verify(token, "--secret-env", "NOT_SET_HERE", status=USAGE).err, "NOT_SET_HERE")


def test_inspect__encrypted():
    """The outer header shows, what is inside does not; algorithms nobody here decrypts are named."""
    out = rolecall("token", "inspect", vector("jwcrypto_nested.jwe"), status=OK).out
    contains(out, '"enc": "A256CBC-HS512"')
    contains(out, "encrypted (JWE, five parts)")
    lacks(out, "does not decrypt")
    lacks(out, "alice")
    out = rolecall("token", "inspect", vector("rfc7516_A.2.jwe"), status=OK).out
    contains(out, "does not decrypt this: unknown key encryption: alg \"RSA1_5\"")


def set_of(*names):
    return json.dumps({"keys": [json.loads(vector(n)) for n in names]})


def test_verify__encrypted(tmp):
    """RFC 7520 6, where authentik's order of things is used: signed, then encrypted."""
    token, signer = vector("rfc7520_6.jwe"), JOSE / "rfc7520_6.jwk"
    key = JOSE / "rfc7520_5.2.jwk"
    good = ("--jwks", signer, "--alg", "PS256", "--now", THEN)
    inside = ("--audience", "nobody")  # the token inside has no aud: reached, then refused
    contains(verify(token, *good, *inside, "--decryption-key", key, status=FAIL).out, SIGNED)
    contains(verify(token, *good, status=FAIL).out, "invalid: encrypted: ")
    contains(verify(vector("rfc7520_6.jws"), *good, "--decryption-key", key, status=FAIL).out,
             "invalid: not-encrypted: ")
    contains(verify(vector("rfc7520_6.jws"), *good, *inside, status=FAIL).out, SIGNED)
    other = JOSE / "rfc7516_A.1.jwk"
    contains(verify(token, *good, "--decryption-key", other, status=FAIL).out,
             "invalid: undecryptable: expected a compact JWE for the decryption key, "
             "found does not decrypt")
    for at in range(5):
        parts = token.split(".")
        parts[at] = parts[at][:8] + ("A" if parts[at][8] != "A" else "B") + parts[at][9:]
        out = verify(".".join(parts), *good, "--decryption-key", key, status=FAIL).out
        contains(out, "invalid: undecryptable: ")
    wrong = ("--jwks", JOSE / "rfc7515_A.2.jwk", "--alg", "PS256", "--now", THEN)
    contains(verify(token, *wrong, "--decryption-key", key, status=FAIL).out, "bad-signature")
    everything = write(tmp, "set.json", set_of("rfc7515_A.3.jwk", "rfc7520_5.2.jwk"))
    contains(verify(token, *good, *inside, "--decryption-key", everything, status=FAIL).out, SIGNED)


def test_verify__encrypted_whole():
    """A token of the library authentik uses, with authentik's header: valid, and one bit away."""
    jwks, key = JOSE / "jwcrypto_nested.jwk", JOSE / "jwcrypto_nested.pem"
    token = vector("jwcrypto_nested.jwe")
    good = ("--jwks", jwks, "--issuer", "https://authentik.company/application/o/argocd/",
            "--audience", "my_client_id", "--now", "2026-01-01T00:00:30Z", "--decryption-key", key)
    equal(verify(token, *good, status=OK).out, "valid\n")
    ran = verify(token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:], *good, status=FAIL)
    contains(ran.out, "invalid: undecryptable: ")
    lacks(ran.out + ran.err, "alice")


def test_verify__decryption_key_that_is_none(tmp):
    token = vector("rfc7520_6.jwe")
    two = set_of("rfc7520_5.2.jwk", "rfc7520_5.1.jwk")
    for path, text in (("/no/such", "/no/such"),
                       (JOSE / "rfc7520_3.3.jwk", "a public key of kind RSA"),
                       (JOSE / "rfc7520_3.2.jwk", "a private key of kind P-521"),
                       (JOSE / "rfc7520_3.5.jwk", "of kind secret"),
                       (JOSE / "rfc7520_6.jws", "no PEM key"),
                       (JOSE / "rfc7517_B.jwk", "a public key of kind RSA"),
                       (write(tmp, "two.json", two), "2 RSA keys for encryption"),
                       (write(tmp, "none.json", '{"keys": []}'), "0 RSA keys for encryption"),
                       (write(tmp, "bad.json", '{"kty": "RSA", "n": 1}'), "member 'n'")):
        ran = verify(token, "--jwks", JOSE / "rfc7520_6.jwk", "--decryption-key", path,
                     status=USAGE)
        equal(ran.out, "")
        contains(ran.err, text)
        contains(ran.err, "decryption-key")


def test_verify__unsecured_in_every_spelling():
    for name in ("none", "None", "NONE", "nOnE"):
        head = base64.urlsafe_b64encode(json.dumps({"alg": name}).encode()).decode().rstrip("=")
        out = verify(head + ".e30.", "--jwks", JOSE / "rfc7515_A.2.jwk", status=FAIL).out
        contains(out, "invalid: unsecured: expected alg RS256, found alg " + name)


def test_verify__key_inside_the_token():
    head = {"alg": "RS256", "jwk": json.loads(vector("rfc7515_A.2.jwk"))}
    text = base64.urlsafe_b64encode(json.dumps(head).encode()).decode().rstrip("=")
    rest = vector("rfc7515_A.2.jws").split(".", 1)[1]
    out = verify(text + "." + rest, "--jwks", JOSE / "rfc7515_A.2.jwk", status=FAIL).out
    contains(out, "invalid: embedded-key: ")


def test_verify__bad_input():
    token = vector("rfc7515_A.2.jws")
    for words, text in (((), "one of --jwks and --secret-env"),
                        (("--jwks", "/no/such"), "/no/such"),
                        (("--jwks", JOSE / "rfc7515_A.2.jws"), "rfc7515_A.2.jws:1:"),
                        (("--jwks", JOSE / "rfc7515_A.2.jwk", "--alg", "RS265"), "'RS256'?"),
                        (("--jwks", JOSE / "rfc7515_A.2.jwk", "--alg", "none"), "'none'"),
                        (("--jwks", JOSE / "rfc7515_A.2.jwk", "--now", "soon"), "'soon'"),
                        (("--jwks", JOSE / "rfc7515_A.2.jwk", "--leeway", "x"), "'x'")):
        ran = verify(token, *words, status=USAGE)
        equal(ran.out, "")
        contains(ran.err, text)


def test_verify__server_that_does_not_answer_is_no_verdict():
    ran = verify(vector("rfc7515_A.2.jws"), "--jwks", "http://127.0.0.1:1/jwks", status=ERROR)
    equal(ran.out, "")
    contains(ran.err, "127.0.0.1:1")


cli.main()
