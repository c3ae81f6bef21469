#!/usr/bin/env bash
# Runs schemathesis against the OpenAPI documents of the services on a private stack. Exits with 1 on any finding.
# Variables: FUZZ_EXAMPLES (20 for each operation), FUZZ_SEED (1; `random` for a new one), FUZZ_SERVICE
# (tenant-management, subscription or orchestrator; default: all), FUZZ_PATH (prefix of paths, such as /plans), FUZZ_PHASES (all).
# What is checked and what is not, and why: scripts/fuzz/schemathesis.toml and hooks.py.
# Reports: .build-fuzz/<service>.{txt,xml,ndjson}
set -euo pipefail
cd "$(dirname "$0")/.."

examples=${FUZZ_EXAMPLES:-20}
phases=${FUZZ_PHASES:-examples,coverage,fuzzing,stateful}
seed=${FUZZ_SEED:-1}
[ "$seed" != random ] || seed=$((RANDOM * 32768 + RANDOM))
case "${FUZZ_SERVICE:-}" in
    '') services=(tenant-management subscription orchestrator) ;;
    tenant-management | subscription | orchestrator) services=("$FUZZ_SERVICE") ;;
    *) echo "fuzz: FUZZ_SERVICE must be tenant-management, subscription or orchestrator" >&2; exit 2 ;;
esac

scripts/install-dependencies.sh --fuzz

# A virtual environment with exactly the packages of requirements.txt; created again when the file changes.
environment=$PWD/.build-assets/schemathesis
if ! cmp -s scripts/fuzz/requirements.txt "$environment/complete"; then
    rm -rf "$environment"
    mkdir -p "${environment%/*}"
    if ! { python3 -m venv "$environment" &&
        "$environment/bin/pip" install --quiet --disable-pip-version-check -r scripts/fuzz/requirements.txt; } \
        >"$environment.log" 2>&1; then
        tail -n 5 "$environment.log" >&2
        echo "fuzz: nothing was tested: schemathesis could not be installed from PyPI; see $environment.log" >&2
        exit 1
    fi
    rm "$environment.log"
    cp scripts/fuzz/requirements.txt "$environment/complete"
fi

swift build
arc=.build/debug/arc

. scripts/private-servers.sh # for free_ports

work=$(mktemp -d "${TMPDIR:-/tmp}/arc-fuzz-XXXXXX")
chmod 711 "$work" # PostgreSQL runs as another user when we are root
stack= fuzzer=
finish() {
    local pid
    for pid in $fuzzer $stack; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Rate limits would hide the operations behind them; they have their own tests.
export ARC_HOME=$work/home LOG_LEVEL=error ACCESS_LOG=false
export PUBLIC_API_MAX_ATTEMPTS=1000000 WEBHOOK_API_MAX_ATTEMPTS=1000000
export EVENT_BRIDGE_API_KEY=fuzz-$RANDOM$RANDOM$RANDOM$RANDOM # what the orchestrator and schemathesis share
read -r TENANT_MANAGEMENT_PORT SUBSCRIPTION_PORT ORCHESTRATOR_PORT < <(free_ports 3)
export TENANT_MANAGEMENT_PORT SUBSCRIPTION_PORT ORCHESTRATOR_PORT
"$arc" up >"$work/up.log" 2>&1 &
stack=$!
for attempt in $(seq 600); do
    ! grep -q '^export ARC_TOKEN=' "$work/up.log" || break
    kill -0 "$stack" 2>/dev/null && [ "$attempt" -lt 600 ] || { cat "$work/up.log" >&2; exit 1; }
    sleep 0.2
done
FUZZ_TOKEN=$("$arc" token --permission all)
export FUZZ_TOKEN FUZZ_SEED=$seed SCHEMATHESIS_HOOKS=$PWD/scripts/fuzz/hooks.py
# Tenants for the subscription service, which knows them a moment after their creation.
FUZZ_TENANTS=
for domain in a.example.com b.example.com c.example.com d.example.com; do
    FUZZ_TENANTS+=" $(curl --silent --show-error --fail "http://127.0.0.1:$TENANT_MANAGEMENT_PORT/tenants" \
        -H "authorization: Bearer $FUZZ_TOKEN" -H 'content-type: application/json' \
        -d '{"name":"Fuzz","domains":["'$domain'"],"contact":{"firstName":"F","lastName":"Z","isPrimary":true,"email":"f@'$domain'"}}' |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')"
done
export FUZZ_TENANTS
process_of() { awk -v name="$1" '$1 == name { print $2 }' "$ARC_HOME/processes"; }

mkdir -p .build-fuzz
results=$PWD/.build-fuzz
status=0
for service in "${services[@]}"; do
    case $service in
        tenant-management) port=$TENANT_MANAGEMENT_PORT ;;
        subscription) port=$SUBSCRIPTION_PORT ;;
        orchestrator) port=$ORCHESTRATOR_PORT ;;
    esac
    before=$(process_of "$service")
    rm -f "$results/$service".*
    if ! "$environment/bin/python" -m openapi_spec_validator "docs/openapi/$service.json"; then
        echo "fuzz: docs/openapi/$service.json is not valid OpenAPI 3.1" >&2
        status=1
    fi
    echo "fuzz: $service, $examples examples for each operation, seed $seed"
    # In a temporary folder, because it leaves files where it runs.
    (cd "$work" && exec "$environment/bin/schemathesis" --config-file "$OLDPWD/scripts/fuzz/schemathesis.toml" run \
        "http://127.0.0.1:$port/openapi.json" --max-examples "$examples" --seed "$seed" \
        --phases "$phases" --no-color \
        ${FUZZ_PATH:+--include-path-regex "^$FUZZ_PATH"} \
        --report junit,ndjson --report-junit-path "$results/$service.xml" \
        --report-ndjson-path "$results/$service.ndjson") > >(tee "$results/$service.txt") 2>&1 &
    fuzzer=$!
    code=0
    wait "$fuzzer" || code=$?
    fuzzer=
    case $code in
        0) ;;
        1) echo "fuzz: $service: findings, listed in .build-fuzz/$service.txt" >&2; status=1 ;;
        *) echo "fuzz: $service: schemathesis failed with status $code" >&2; status=1 ;;
    esac
    # The orchestrator, or a subset of the paths, has no operations that depend on each other.
    if [[ ,$phases, == *,stateful,* && -z ${FUZZ_PATH:-} && $service != orchestrator ]] &&
        ! python3 scripts/fuzz/stateful.py "$results/$service.ndjson"; then
        status=1
    fi
    if [ "$(process_of "$service")" != "$before" ]; then
        echo "fuzz: $service crashed during the test and was restarted" >&2
        status=1
    fi
done
exit "$status"
