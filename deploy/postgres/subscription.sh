#!/bin/sh
# Runs once, when the image prepares a new cluster.
set -eu

database() { # database, owner, role of the service, rights of the owner
    OWNER_PASSWORD_FILE=/run/secrets/${2}_password RUNTIME_PASSWORD_FILE=/run/secrets/${3}_password \
        psql --quiet --no-password --username "$POSTGRES_USER" --dbname postgres \
        -v database="$1" -v owner="$2" -v runtime="$3" -v rights="${4:-}" -f /etc/arc/database.sql
}

# The database of the subscription service.
database subscription_db subscription_owner subscription_app
