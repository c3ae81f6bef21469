#!/bin/sh
# The entry point of the services in docker-compose.dev.yml: builds the source mounted in /src, runs `arc` with the given arguments,
# and builds and starts it again whenever a file has changed (scripts/dev.py). With --once it only builds and runs.
# All containers share /build: one builds at a time, and the others find everything built.
set -eu
once=
[ "${1:-}" != --once ] || { once=1; shift; }
cd /src
build='exec flock /build/lock sh -c "for program in arc arc-pdf; do swift build --scratch-path /build/products --product \$program || exit 1; done"'
if [ -n "$once" ]; then
    sh -c "$build"
    cd /etc/arc
    exec arc "$@"
fi
# Its lock is for one container.
export ARC_HOME=/tmp/develop
exec python3 scripts/dev.py --build "$build" --run "cd /etc/arc && exec arc $*"
