#!/bin/sh
# Makes the databases and roles of all services on a new cluster, once; then `arc migrate up` fills them.
#   PGHOST=127.0.0.1 PGUSER=postgres PGPASSWORD=… databases.sh [folder of the passwords]     default: deploy/secrets
# The folder has a file for each role, as deploy/make-secrets.sh makes them (message_bus_… only where PostgreSQL carries the bus).
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
secrets=${1:-$here/secrets}

database() { # database, owner, role of the service, rights of the owner
    [ -s "$secrets/${2}_password" ] || return 0
    OWNER_PASSWORD_FILE=$secrets/${2}_password RUNTIME_PASSWORD_FILE=$secrets/${3}_password \
        psql -X --quiet --no-password --dbname postgres \
        -v database="$1" -v owner="$2" -v runtime="$3" -v rights="${4:-}" -f "$here/postgres/database.sql"
}

database tenant_mgmt_db tenant_mgmt_owner tenant_mgmt_app
database subscription_db subscription_owner subscription_app
database orchestrator_db orchestrator_owner orchestrator_app
database message_bus_db message_bus_owner message_bus_app
# The provisioner makes schemas, databases and roles of tenants.
database application_db provisioner "" "CREATEDB CREATEROLE"
# The above takes the right to connect to it from everybody. A former primary compares itself with the new one there.
psql -X --quiet --no-password --dbname postgres --set ON_ERROR_STOP=1 \
    --command 'GRANT CONNECT ON DATABASE postgres TO rewinder'
