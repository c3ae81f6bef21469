#!/usr/bin/env bash
# Installs the missing system packages that the project needs besides a Swift toolchain, on Debian or Ubuntu.
#   install-dependencies.sh             to build, run and test
#   install-dependencies.sh --test      also for `make test`
#   install-dependencies.sh --bench     also for `make bench`
#   install-dependencies.sh --fuzz      also for `make fuzz`
#   install-dependencies.sh --clients   also for `make clients`
#   install-dependencies.sh --compose   also for `make compose-test`
#   install-dependencies.sh --backup    also for `make backup-test`
#   install-dependencies.sh --nodes     also for `make scale-test`
#   install-dependencies.sh --ha        also for `make failover-test`
# Without root it prints the command to run and exits with 1.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
need() { # package, reason
    missing+=("$1")
    echo "needed: $1 ($2)"
}
has() { command -v "$1" >/dev/null 2>&1; }

has swift || { echo "a Swift 6.3 toolchain is needed (swift.org/install); \`swift\` is not in PATH" >&2; exit 1; }

has pkg-config || need pkg-config "SwiftPM finds C libraries with it"
[ -e /usr/include/postgresql/libpq-fe.h ] || need libpq-dev "the PostgreSQL client library that PostgresClient wraps"
[ -e /usr/share/zoneinfo/Europe/Paris ] || need tzdata "the time zones in which subscriptions are billed"
[ -e /usr/include/zlib.h ] || need zlib1g-dev "exported spans are compressed with it, if that is configured"
[ -e /usr/include/pango-1.0/pango/pangocairo.h ] || need libpango1.0-dev "arc-pdf lays out invoices with Pango and Cairo"
# Whether an installed font covers a fontconfig pattern, such as ":lang=ja".
covered() { has fc-list && [ -n "$(fc-list "$1" family 2>/dev/null)" ]; }
covered :lang=he && covered :lang=ar && covered :lang=hi && covered :lang=th && covered :lang=en ||
    need fonts-noto-core "fonts of invoices: Latin, Hebrew, Arabic, Indic scripts, Thai and many more"
covered :lang=ja && covered :lang=ko && covered :lang=zh-cn && covered :lang=zh-tw ||
    need fonts-noto-cjk "fonts of invoices: Japanese, Korean and Chinese"
covered :charset=1f389 || need fonts-noto-color-emoji "fonts of invoices: emoji"
has pdftotext || need poppler-utils "the tests read invoices with it"
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || has initdb ||
    need postgresql "\`make up\` and \`make test\` run a private PostgreSQL cluster"
has redis-server || need redis-server "\`make up\` and \`make test\` run a private Redis"
has promtool || need prometheus "the tests check metrics and alerts with its promtool; the server is not started"
[ -x /usr/sbin/dnsmasq ] || need dnsmasq-base "the tests look up records at it"
[ -e /usr/share/publicsuffix/public_suffix_list.dat ] ||
    need publicsuffix "the domains that no tenant can hold"
has curl || need curl "the scripts and the examples of the README use it"

assets=.build-assets/swagger-ui
if [ ! -e "$assets/swagger-ui-bundle.js" ]; then
    python3 -m pip --version >/dev/null 2>&1 ||
        need python3-pip "downloads Swagger UI for /explorer from PyPI, so that pages load nothing from a CDN"
elif ! has python3; then
    need python3 "\`make lint\` and \`make bench\` use it"
fi
if [ "${1:-}" = --bench ]; then
    has wrk || need wrk "the load generator of \`make bench\`"
    # The peer is skipped where these are missing, so only root, who can install them at once, gets them.
    for package in golang-go golang-github-jackc-pgx-v4-dev golang-github-gomodule-redigo-dev; do
        [ "$(id -u)" -ne 0 ] || dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            need "$package" "for the Go peer of \`make bench\`"
    done
fi
case "${1:-}" in --test | --fuzz | --clients)
    python3 -c 'import ensurepip, venv' 2>/dev/null || need python3-venv "\`make ${1#--}\` installs packages from PyPI in a virtual environment" ;;
esac
if [ "${1:-}" = --clients ]; then
    has java || need default-jre-headless "openapi-generator is a Java program"
fi

case "${1:-}" in --test | --nodes)
    has nginx || [ -x /usr/sbin/nginx ] || need nginx "balances two nodes in \`make scale-test\`, and checks deploy/nginx in \`make test\`"
    has openssl || need openssl "makes the certificate of nginx" ;;
esac
if [ "${1:-}" = --backup ]; then
    has pgbackrest || need pgbackrest "\`make backup-test\` backs a cluster up and restores it with it"
fi
if [ "${1:-}" = --ha ]; then
    has patroni || need patroni "watches the PostgreSQL servers of \`make failover-test\`, and lets another one take over"
    python3_of_system() { /usr/bin/python3 -c "import $1" 2>/dev/null; }
    python3_of_system etcd || need python3-etcd "Patroni talks to etcd with it"
    has etcd || need etcd-server "knows which PostgreSQL server is the primary"
    [ -x /usr/sbin/haproxy ] || need haproxy "leads the services to the primary"
    has unshare || need util-linux "machines of the test are namespaces"
    has ip || need iproute2 "and their network"
fi
case "${1:-}" in --test | --ha)
    [ -x /usr/sbin/pgbouncer ] || need pgbouncer "the tests run services and a pool behind it" ;;
esac
if [ "${1:-}" = --compose ]; then
    has podman || need podman "runs the containers of \`make compose-test\`, in separate storage"
    has runc || need runc "podman starts containers with it where there is no systemd"
    [ -x /usr/sbin/iptables ] || need iptables "podman's network publishes ports with it"
    [ -x /usr/lib/podman/netavark ] || need netavark "the network of the containers"
    [ -x /usr/lib/podman/aardvark-dns ] || need aardvark-dns "the names of the containers"
    has docker-compose || need docker-compose "reads deploy/docker-compose.yml"
    [ -x /usr/sbin/debootstrap ] || need debootstrap "makes the base of the images"
    has chromium || need chromium "opens pgAdmin"
    has chromedriver || need chromium-driver "drives the browser"
    dpkg-query -W -f '${Status}' python3-venv 2>/dev/null | grep -q 'ok installed' ||
        need python3-venv "installs pgAdmin and what drives the browser from PyPI"
fi

if [ ${#missing[@]} -gt 0 ]; then
    install=(apt-get install -y --no-install-recommends "${missing[@]}")
    if ! has apt-get; then
        echo "this is not Debian or Ubuntu; install the equivalents of: ${missing[*]}" >&2
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "not root, so nothing was installed. Run:" >&2
        echo "  sudo apt-get update && sudo ${install[*]}" >&2
        exit 1
    fi

    # The packages would start servers on the default ports. A policy forbids that while apt runs, unless the machine
    # already has a policy.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    "${install[@]}"
    if [ -d /run/systemd/system ]; then
        for name in postgresql redis-server prometheus nginx patroni etcd-server haproxy pgbouncer; do
            unit=${name/#etcd-server/etcd}
            case " ${missing[*]} " in *" $name "*) systemctl disable --quiet --now "$unit" || true ;; esac
        done
    fi
fi

if [ ! -e "$assets/swagger-ui-bundle.js" ]; then
    scripts/install-explorer.sh "$assets" ||
        echo "warning: Swagger UI could not be downloaded; /explorer is not available until \`make deps\` succeeds" >&2
fi
