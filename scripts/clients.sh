#!/usr/bin/env bash
# Generates clients from the OpenAPI documents with openapi-generator. Fails on any warning for TypeScript and Go; then runs
# the main job with the Python client against a private stack.
# Variables: CLIENTS_STACK=false only generates. Clients and logs: .build-clients/
set -euo pipefail
cd "$(dirname "$0")/.."

generator=7.26.0
languages=(python typescript-fetch go)
folder=$PWD/.build-clients

scripts/install-dependencies.sh --clients
mkdir -p "$folder"

# A virtual environment with the generator, and with what the generated Python client wants.
requirements="openapi-generator-cli==$generator urllib3 python-dateutil pydantic typing-extensions"
if [ "$(cat "$folder/venv/complete" 2>/dev/null)" != "$requirements" ]; then
    rm -rf "$folder/venv"
    # shellcheck disable=SC2086
    if ! { python3 -m venv "$folder/venv" &&
        "$folder/venv/bin/pip" install --quiet --disable-pip-version-check $requirements; } >"$folder/venv.log" 2>&1; then
        tail -n 5 "$folder/venv.log" >&2
        echo "clients: openapi-generator could not be installed from PyPI; see $folder/venv.log" >&2
        exit 1
    fi
    echo "$requirements" >"$folder/venv/complete"
fi
jar=$("$folder/venv/bin/python" -c 'import openapi_generator_cli, pathlib
print(pathlib.Path(openapi_generator_cli.__file__).parent / "openapi-generator.jar")')

# Warnings that do not depend on what a document says. The second appears once for each document with closed objects: the
# generator looks for a reference in `additionalProperties: false`, finds none, and goes on.
known='OpenAPI 3.1 support is still in beta|Failed to get the schema name: null'
status=0
for service in tenant-management subscription; do
    package=arc_${service//-/_}
    for language in "${languages[@]}"; do
        out=$folder/$language/$service
        rm -rf "$out"
        mkdir -p "${out%/*}"
        if ! java -jar "$jar" generate --input-spec "docs/openapi/$service.json" --generator-name "$language" \
            --output "$out" --package-name "$package" >"$out.log" 2>&1; then
            tail -n 20 "$out.log" >&2
            echo "clients: no $language client of $service" >&2
            status=1
            continue
        fi
        case $language in
            # It warns of every free object, and of patterns that it cannot make examples of. The client is run instead.
            python) warnings= ;;
            *) warnings=$(grep -E 'WARN|ERROR' "$out.log" | grep -vE "$known" || true) ;;
        esac
        if [ -n "$warnings" ]; then
            echo "$warnings" | sort | uniq -c >&2
            echo "clients: $language client of $service: warnings" >&2
            status=1
        else
            echo "clients: $language client of $service: generated"
        fi
    done
done
[ "$status" = 0 ] && [ "${CLIENTS_STACK:-true}" = true ] || exit "$status"

test -x .build/debug/arc || swift build
. scripts/private-servers.sh # for free_ports

work=$(mktemp -d "${TMPDIR:-/tmp}/arc-clients-XXXXXX")
chmod 711 "$work" # PostgreSQL runs as another user when we are root
stack=
finish() {
    if [ -n "$stack" ]; then
        kill -TERM "$stack" 2>/dev/null || true
        wait "$stack" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

export ARC_HOME=$work/home LOG_LEVEL=error ACCESS_LOG=false
read -r TENANT_MANAGEMENT_PORT SUBSCRIPTION_PORT ORCHESTRATOR_PORT < <(free_ports 3)
export TENANT_MANAGEMENT_PORT SUBSCRIPTION_PORT ORCHESTRATOR_PORT
.build/debug/arc up >"$work/up.log" 2>&1 &
stack=$!
for attempt in $(seq 600); do
    ! grep -q '^export ARC_TOKEN=' "$work/up.log" || break
    kill -0 "$stack" 2>/dev/null && [ "$attempt" -lt 600 ] || { cat "$work/up.log" >&2; exit 1; }
    sleep 0.2
done
ARC_TOKEN=$(.build/debug/arc token --permission all)
export ARC_TOKEN
PYTHONPATH=$folder/python/tenant-management:$folder/python/subscription "$folder/venv/bin/python" \
    scripts/clients/main_job.py
