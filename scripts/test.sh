#!/usr/bin/env bash
# Builds and runs the tests against a private PostgreSQL and Redis. Arguments go to `swift test`.
#   test.sh [--repeat N] [swift test arguments]
# With --repeat the tests run N times, or until a run fails.
set -euo pipefail
cd "$(dirname "$0")/.."

repeat=1
if [ "${1:-}" = --repeat ]; then
    repeat=${2:-}
    case "$repeat" in '' | *[!0-9]* | 0) echo "test.sh: --repeat needs a number of runs, such as 20" >&2; exit 64 ;; esac
    shift 2
fi

scripts/install-dependencies.sh --test
ARC_TEST_PEERS=$(scripts/install-peers.sh)
export ARC_TEST_PEERS
if [ "${CI:-}" = true ]; then scripts/lint.sh; fi
swift build --build-tests --explicit-target-dependency-import-check error

. scripts/private-servers.sh
trap stop_servers EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Durability is not under test here (the fault tests run their own clusters): no fsync, so that tests are quick.
start_servers -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=500 \
    -c shared_buffers=64MB -c log_min_messages=fatal

export ARC_TEST_POSTGRES_HOST=127.0.0.1 ARC_TEST_POSTGRES_PORT=$postgres_port ARC_TEST_POSTGRES_USER=postgres
export ARC_TEST_REDIS_HOST=127.0.0.1 ARC_TEST_REDIS_PORT=$redis_port
output=$(mktemp)
trap 'rm -f "$output"; stop_servers' EXIT

# Ten tests side by side keep two cores busy. More only make every single test slower.
run_once() {
    swift test --skip-build --parallel --experimental-maximum-parallelization-width 10 "$@" 2>&1
}

# The failures again, at the end of thousands of lines.
show_failures() { # exit code
    printf '\nFailed with exit code %s:\n' "$1"
    grep -A 3 -E '^✘ .* recorded an issue|: Fatal error: |^error: ' "$output" | grep -vE '(✔|◇) ' | tail -n 60 || true
}

status=0
if [ "$repeat" -eq 1 ]; then
    run_once "$@" | tee "$output" || status=$?
else
    for run in $(seq "$repeat"); do
        start=$SECONDS
        run_once "$@" >"$output" || status=$?
        [ "$status" -eq 0 ] || break
        echo "run $run of $repeat passed in $((SECONDS - start)) s: $(grep -E '^✔ Test run' "$output" | tail -n 1)"
    done
    [ "$status" -eq 0 ] || { cat "$output"; printf '\nRun %s of %s failed.\n' "$run" "$repeat"; }
fi
[ "$status" -eq 0 ] || show_failures "$status"
exit "$status"
