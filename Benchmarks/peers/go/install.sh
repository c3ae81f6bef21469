#!/usr/bin/env bash
# Builds the Go peer into the folder given, from Debian's Go and Debian's libraries.
set -euo pipefail
target=$1
cd "$(dirname "$0")"
command -v go >/dev/null || { echo "golang-go is not installed"; exit 1; }
for library in jackc/pgx/v4 gomodule/redigo; do
    [ -d "/usr/share/gocode/src/github.com/$library" ] || { echo "Debian's package of $library is not installed"; exit 1; }
done
mkdir -p "$target"
export GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode GOCACHE="$target/cache"
go build -o "$target/peer" main.go
