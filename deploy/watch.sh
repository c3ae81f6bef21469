#!/usr/bin/env bash
# Development: builds the mounted source in /src, runs `arc` with the given arguments, and builds and starts it again whenever
# a file has changed. A build that fails leaves the running process alone.
#   watch.sh [--once] arguments of arc
# /build is shared by all containers: one builds at a time, the others use what it has built.
set -uo pipefail
once=
[ "${1:-}" != --once ] || { once=1; shift; }
binary=/build/bin/arc
mkdir -p /build/bin /build/source

build() {
    exec 9>/build/lock
    flock 9
    # A copy, because the build writes beside the source, and what is mounted belongs to somebody else.
    local changes
    changes=$(rsync -ai --delete --exclude=/.git --exclude='/.build*' --exclude=/.arc --exclude=/Package.resolved \
        --exclude=/deploy/secrets /src/ /build/source/) || return 1
    if [ -n "$changes" ] || [ ! -x "$binary" ]; then
        echo "watch: building" >&2
        if (cd /build/source && swift build --scratch-path /build/products --product arc &&
            swift build --scratch-path /build/products --product arc-pdf); then
            install /build/products/debug/arc-pdf /build/bin/arc-pdf
            # A new file, so that what runs keeps its own.
            install /build/products/debug/arc "$binary.new" && mv "$binary.new" "$binary"
        else
            echo "watch: the build failed; waiting for the next change" >&2
        fi
    fi
    exec 9>&-
    [ -x "$binary" ]
}
version() { stat -c '%i-%Y' "$binary" 2>/dev/null; }

if [ -n "$once" ]; then
    build && exec "$binary" "$@"
    exit 1
fi

process=
stop() {
    [ -n "$process" ] || return 0
    kill -TERM "$process" 2>/dev/null
    wait "$process"
    process=
}
trap 'stop; exit 0' TERM INT
running=
while :; do
    if build && { [ "$(version)" != "$running" ] || ! kill -0 "$process" 2>/dev/null; }; then
        stop
        running=$(version)
        echo "watch: starting arc $*" >&2
        (cd /etc/arc && exec "$binary" "$@") &
        process=$!
    fi
    sleep 2 &
    wait $!
done
