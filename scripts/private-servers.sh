# To be sourced: private PostgreSQL and Redis instances on free ports of 127.0.0.1, in a temporary folder.
# `start_servers` sets $servers (the folder), $postgres_port, $postgres_bin and $redis_port; call `stop_servers` in a trap.
# PostgreSQL accepts every connection from 127.0.0.1 without a password: for tests and measurements only.

servers= postgres_pid= redis_pid=

# Different ports on which nobody listens. They are below those that the system gives to outgoing connections, one of which could
# have a port before a server does, and below those that tests (from 10000) and `arc up` (from 15000) choose.
free_ports() { # how many
    perl -MIO::Socket::INET -e 'my %probes;
    for (1 .. 500) {
        my $port = 7000 + int rand 3000;
        next if $probes{$port};
        my $probe = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => $port, ReuseAddr => 1) or next;
        $probes{$port} = $probe;
        if (keys %probes == $ARGV[0]) { print join(" ", keys %probes), "\n"; exit; }
    }
    die "there are no $ARGV[0] free ports from 7000 to 9999\n"' "$1"
}

# PostgreSQL refuses to run as root; setpriv execs, so that $! is the server itself.
as_server_user() {
    if [ "$(id -u)" -eq 0 ]; then
        exec setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
    else
        exec "$@"
    fi
}

# A new folder for servers. Whoever sets fsync=off does not need the data after a crash, so it is kept in memory if there is plenty:
# each database is some three hundred files, and most of what it costs on a disk is making and removing them.
servers_folder() { # settings of PostgreSQL
    local parent=${TMPDIR:-/tmp} available=0
    case " $* " in *" fsync=off "*)
        if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ]; then
            available=$(df -k --output=avail /dev/shm | tail -n 1)
            [ "$available" -lt 4194304 ] || [ "$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)" -lt 8388608 ] || parent=/dev/shm
        fi ;;
    esac
    mktemp -d "$parent/arc-servers-XXXXXX"
}

start_servers() { # settings of PostgreSQL, as -c name=value
    postgres_bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
    [ -n "$postgres_bin" ] || postgres_bin=$(dirname "$(command -v initdb)")
    servers=$(servers_folder "$@")
    # Tests put servers of their own there, too.
    case "$servers" in /dev/shm/*) export ARC_TEST_SERVERS_FOLDER=/dev/shm ;; esac
    chmod 755 "$servers"
    mkdir "$servers/postgresql" "$servers/redis"
    [ "$(id -u)" -ne 0 ] || chown postgres "$servers/postgresql"

    (cd "$servers/postgresql" && as_server_user "$postgres_bin/initdb" --pgdata data --username postgres --auth trust \
        --encoding UTF8 --locale C.UTF-8 --no-sync --no-instructions) >"$servers/initdb.log" 2>&1 ||
        { cat "$servers/initdb.log" >&2; return 1; }
    read -r postgres_port redis_port < <(free_ports 2)
    (cd "$servers/postgresql" && as_server_user "$postgres_bin/postgres" -D data -c listen_addresses=127.0.0.1 \
        -c port="$postgres_port" -c unix_socket_directories= -c timezone=UTC "$@") >"$servers/postgresql.log" 2>&1 &
    postgres_pid=$!
    (cd "$servers/redis" && exec redis-server --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no) \
        >"$servers/redis.log" 2>&1 &
    redis_pid=$!

    local attempt
    for attempt in $(seq 300); do
        if "$postgres_bin/pg_isready" -q -h 127.0.0.1 -p "$postgres_port" &&
            [ "$(redis-cli -h 127.0.0.1 -p "$redis_port" ping 2>/dev/null)" = PONG ]; then
            return 0
        fi
        kill -0 "$postgres_pid" 2>/dev/null && kill -0 "$redis_pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "the private servers did not start:" >&2
    tail -n 5 "$servers"/*.log >&2
    return 1
}

# Stops the servers by their process ids: first with SIGINT, then with SIGKILL.
stop_servers() {
    local pid attempt
    for pid in $redis_pid $postgres_pid; do
        kill -INT "$pid" 2>/dev/null || continue
        for attempt in $(seq 100); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.05
        done
        kill -KILL "$pid" 2>/dev/null || true
    done
    wait $redis_pid $postgres_pid 2>/dev/null || true
    redis_pid= postgres_pid=
    [ -z "$servers" ] || rm -rf "$servers"
    servers=
}
