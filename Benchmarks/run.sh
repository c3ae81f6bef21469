#!/usr/bin/env bash
# Measures the release build, its peers and pgbench in one run on this machine.
# Prints tables and writes Benchmarks/results/latest.json and billing.json. Variables: BENCH_SECONDS (5), BENCH_ROUNDS (3),
# BENCH_PART (tenants or billing; both), BENCH_SUBSCRIPTIONS (1000,100000).
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-dependencies.sh --bench
swift build -c release --product arc --scratch-path .build-release
arc=.build-release/release/arc
mkdir -p Benchmarks/results

measure_billing() {
    python3 Benchmarks/billing.py --arc "$arc" --seconds "${BENCH_SECONDS:-5}" --rounds "${BENCH_ROUNDS:-3}" \
        --subscriptions "${BENCH_SUBSCRIPTIONS:-1000,100000}" --output Benchmarks/results/billing.json
}

if [ "${BENCH_PART:-}" = billing ]; then
    measure_billing
    exit
fi
for peer in express go; do
    reason=$("Benchmarks/peers/$peer/install.sh" "$PWD/.build-peers/$peer" 2>&1 | tail -n 1) ||
        { echo "peer $peer is skipped: $reason"; rm -rf ".build-peers/$peer"; }
done

. scripts/private-servers.sh # for free_ports

# A private stack with tenant management only, so that nothing else uses the processor. Like the peers, it writes no
# access log.
work=$(mktemp -d "${TMPDIR:-/tmp}/arc-bench-XXXXXX")
chmod 711 "$work"
stack=
stop_stack() {
    if [ -n "$stack" ]; then
        kill -TERM "$stack" 2>/dev/null || true
        wait "$stack" 2>/dev/null || true
    fi
    stack=
}
finish() {
    stop_stack
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ARC_HOME="$work/home" TENANT_MANAGEMENT_PORT=$(free_ports 1) LOG_LEVEL=error ACCESS_LOG=false DB_MAX_CONNECTIONS=10 \
    "$arc" up tenant-management \
    >"$work/up.log" 2>&1 &
stack=$!
for attempt in $(seq 600); do
    grep -qs '^export ARC_TOKEN=' "$work/up.log" && break
    kill -0 "$stack" 2>/dev/null || { cat "$work/up.log" >&2; exit 1; }
    sleep 0.2
done

python3 Benchmarks/measure.py --arc "$arc" --home "$work/home" --peers .build-peers \
    --seconds "${BENCH_SECONDS:-5}" --rounds "${BENCH_ROUNDS:-3}" --output Benchmarks/results/latest.json

if [ "${BENCH_PART:-}" != tenants ]; then
    stop_stack
    measure_billing
fi
