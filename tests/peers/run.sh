#!/bin/sh
# Runs every peer after each other: they share localhost:8085. The last line counts all cases.
# Status 1 if one failed, or if a peer ended without its count.
cd "$(dirname "$0")" || exit 3
: "${ROLECALL_BIN:=$(cd ../.. && pwd)/build/rolecall}"
export ROLECALL_BIN

out=$(mktemp) || exit 3
trap 'rm -f "$out"' EXIT
peers=0

# A test in Python prints TAP, whose plan comes first.
counted() {
    PYTHONPATH=../support PYTHONDONTWRITEBYTECODE=1 python3 "$1" | awk '
        { print; fflush() }
        /^1\.\.[0-9]+/ { plan = substr($1, 4); planned = 1 }
        /^ok / { passed++ }
        END { if (planned) print passed + 0 " passed, " plan - passed " failed" }
    '
}

for peer in authentik.mjs sarif.mjs dex.mjs test_openidc.py browser.mjs casbin/compare.mjs; do
    echo "# $peer"
    case $peer in
    *.py) counted "$peer" ;;
    *) node "$peer" ;;
    esac | tee -a "$out"
    peers=$((peers + 1))
done
awk -v peers="$peers" '
    /^[0-9]+ passed, [0-9]+ failed$/ { passed += $1; failed += $3; ended++ }
    END { failed += peers - ended; print passed + 0 " passed, " failed + 0 " failed"; exit failed > 0 }
' "$out"
