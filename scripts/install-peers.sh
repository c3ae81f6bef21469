#!/usr/bin/env bash
# Installs the programs of other projects that tests talk to (bullmq, moto, boto3, standardwebhooks, svix) from PyPI into
# a virtual environment, and prints its path. It has exactly the packages of peers/requirements.txt and is created again
# when that file changes.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=scripts/peers/requirements.txt
environment=$PWD/.build-assets/peers
if ! cmp -s "$requirements" "$environment/complete"; then
    rm -rf "$environment"
    mkdir -p "${environment%/*}"
    echo "installing the peers of tests from PyPI" >&2
    if ! { python3 -m venv "$environment" &&
        "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"; } \
        >"$environment.log" 2>&1; then
        tail -n 5 "$environment.log" >&2
        echo "the peers of tests could not be installed from PyPI; see $environment.log" >&2
        exit 1
    fi
    rm "$environment.log"
    cp "$requirements" "$environment/complete"
fi
echo "$environment"
