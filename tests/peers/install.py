#!/usr/bin/env python3
"""Puts the packages of package-lock.json into node_modules, without npm.

    install.py [PACKAGE…]

With names, only those and what they need. Each archive must have the digest that the lock gives; no
script of a package is run. Where the registry is, npm_config_registry says, else npm's own."""

import base64
import hashlib
import io
import json
import os
import pathlib
import shutil
import sys
import tarfile
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
TIMEOUT_S = 60
ARCHIVE_MAX = 64 * 1024 * 1024


def wanted(packages, names):
    """The entries of the lock for these names and all below them."""
    todo, done = list(names or packages[""]["dependencies"]), {}
    while todo:
        name = todo.pop()
        if name in done:
            continue
        entry = packages.get("node_modules/" + name)
        if entry is None:
            sys.exit("install: package-lock.json has no package '%s'" % name)
        done[name] = entry
        todo += entry.get("dependencies", {})
    return done


def fetch(name, entry):
    registry = os.environ.get("npm_config_registry") or "https://registry.npmjs.org/"
    url = "%s/%s/-/%s-%s.tgz" % (registry.rstrip("/"), name, name.split("/")[-1], entry["version"])
    with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
        body = answer.read(ARCHIVE_MAX + 1)
    algorithm, _, digest = entry["integrity"].partition("-")
    if len(body) > ARCHIVE_MAX or hashlib.new(algorithm, body).digest() != base64.b64decode(digest):
        sys.exit("install: %s is not what package-lock.json names" % url)
    return body


def unpack(body, folder):
    """The archive's one top folder becomes `folder`; only plain files below it."""
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        for member in archive.getmembers():
            parts = pathlib.PurePosixPath(member.name).parts[1:]
            if not member.isfile() or not parts or ".." in parts:
                continue
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.extractfile(member).read())


def is_there(folder, entry):
    try:
        return json.loads((folder / "package.json").read_text())["version"] == entry["version"]
    except (OSError, ValueError, KeyError):
        return False


def main():
    packages = json.loads((HERE / "package-lock.json").read_text())["packages"]
    for name, entry in sorted(wanted(packages, sys.argv[1:]).items()):
        folder = HERE / "node_modules" / name
        if not is_there(folder, entry):
            unpack(fetch(name, entry), folder)


if __name__ == "__main__":
    try:
        main()
    except (OSError, urllib.error.URLError) as why:
        sys.exit("install: %s" % why)
