#!/usr/bin/env bash
# Checks format, layering, wording and forbidden constructs. Prints a line for each problem and exits with 1 if there are any.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0

mapfile -t folders < <(ls -d Sources Tests Package.swift Benchmarks/Package.swift 2>/dev/null)
swift format lint --strict --parallel --recursive "${folders[@]}" || status=1
python3 scripts/lint.py || status=1
for script in .ci/run scripts/*.sh Benchmarks/*.sh deploy/provisioners/*/*.sh; do
    [ ! -e "$script" ] || bash -n "$script" || status=1
done

[ "$status" -eq 0 ] && echo "lint: OK"
exit "$status"
