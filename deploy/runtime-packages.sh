#!/bin/sh
# Installs what the programs need at run time, in the stage runtime-base of the Dockerfile, and leaves nothing else behind.
set -eu
export DEBIAN_FRONTEND=noninteractive

if [ -n "${DEBIAN_SNAPSHOT:-}" ]; then
    rm -f /etc/apt/sources.list.d/debian.sources
    for part in debian:bookworm debian:bookworm-updates debian-security:bookworm-security; do
        echo "deb [check-valid-until=no] http://snapshot.debian.org/archive/${part%:*}/$DEBIAN_SNAPSHOT ${part#*:} main"
    done >/etc/apt/sources.list
fi
apt-get update
# libpq for PostgreSQL, Pango and fonts for invoices, certificates for TLS to others, the domains that no tenant can hold, and the
# time zones in which subscriptions are billed.
# shellcheck disable=SC2086
apt-get install -y --no-install-recommends ca-certificates libpq5 libpangocairo-1.0-0 libstdc++6 publicsuffix tzdata zlib1g $FONTS

# The orchestrator moves and exports tenants' data with pg_dump. Its package depends on Perl for other programs, so only these two
# are taken; what is recorded of the package goes into the list of parts.
mkdir -p /tmp/client /usr/local/share/arc
cd /tmp/client
apt-get download -q postgresql-client-15
dpkg-deb --extract postgresql-client-15_*.deb .
dpkg-deb --field postgresql-client-15_*.deb Package Version Architecture >/usr/local/share/arc/extracted-packages
apt-get install -y --no-install-recommends liblz4-1 libzstd1
install -m 755 usr/lib/postgresql/15/bin/pg_dump usr/lib/postgresql/15/bin/pg_restore /usr/local/bin/
cd /
/usr/local/bin/pg_dump --version

printf 'arc:x:10001:10001::/nonexistent:/usr/sbin/nologin\n' >>/etc/passwd
printf 'arc:x:10001:\n' >>/etc/group
mkdir -p /etc/arc
# Where a tmpfs or a volume for mails can be mounted (NOTIFICATION_TRANSPORT=file); it gets this mode.
install -d -m 1777 /var/lib/arc/outbox

# What differs from build to build, and what nobody needs.
apt-get clean
rm -rf /tmp/client /var/lib/apt/lists/* /var/cache/* /var/log/* /usr/share/doc/* /usr/share/man/* /usr/share/info/* \
    /usr/share/locale/* /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-
