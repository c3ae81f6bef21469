#!/bin/sh
# Runs once, when the image prepares a new cluster.
set -eu

database() { # database, owner, role of the service, rights of the owner
    OWNER_PASSWORD_FILE=/run/secrets/${2}_password RUNTIME_PASSWORD_FILE=/run/secrets/${3}_password \
        psql --quiet --no-password --username "$POSTGRES_USER" --dbname postgres \
        -v database="$1" -v owner="$2" -v runtime="$3" -v rights="${4:-}" -f /etc/arc/database.sql
}

# The databases of the server of tenant management: its own, the orchestrator's, and the one with the tenants' schemas.
database tenant_mgmt_db tenant_mgmt_owner tenant_mgmt_app
database orchestrator_db orchestrator_owner orchestrator_app
# The provisioner makes schemas, databases and roles of tenants.
database application_db provisioner "" "CREATEDB CREATEROLE"
