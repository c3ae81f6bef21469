#!/usr/bin/env bash
# Builds and runs the tests against a PostgreSQL and a Redis of their own. Arguments go to `swift test`.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-dependencies.sh
if [ "${CI:-}" = true ]; then scripts/lint.sh; fi
swift build --build-tests

. scripts/private-servers.sh
trap stop_servers EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Durability is not under test here (the fault tests run clusters of their own): no fsync, so that tests are quick.
start_servers -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=500 \
    -c shared_buffers=64MB -c log_min_messages=fatal

export ARC_TEST_POSTGRES_HOST=127.0.0.1 ARC_TEST_POSTGRES_PORT=$postgres_port ARC_TEST_POSTGRES_USER=postgres
export ARC_TEST_REDIS_HOST=127.0.0.1 ARC_TEST_REDIS_PORT=$redis_port
status=0
output=$(mktemp)
trap 'rm -f "$output"; stop_servers' EXIT
swift test --skip-build --parallel --experimental-maximum-parallelization-width 24 "$@" 2>&1 | tee "$output" || status=$?
if [ "$status" -ne 0 ]; then
    # Once more at the end: whoever sees only the last lines of thousands has to see why.
    printf '\nFailed with exit code %s:\n' "$status"
    grep -A 3 -E '^✘ .* recorded an issue|: Fatal error: |^error: ' "$output" | grep -vE '(✔|◇) ' | tail -n 60 || true
fi
exit "$status"
