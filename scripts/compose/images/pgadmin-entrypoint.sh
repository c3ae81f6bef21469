#!/bin/sh
# What the entry point of the official image does with the variables of deploy/docker-compose.yml.
set -eu
PGADMIN_SETUP_EMAIL=$PGADMIN_DEFAULT_EMAIL
PGADMIN_SETUP_PASSWORD=$(cat "$PGADMIN_DEFAULT_PASSWORD_FILE")
export PGADMIN_SETUP_EMAIL PGADMIN_SETUP_PASSWORD
if [ ! -f /var/lib/pgadmin/pgadmin4.db ]; then
    /venv/bin/python3 setup.py setup-db
    /venv/bin/python3 setup.py load-servers "$PGADMIN_SERVER_JSON_FILE" --user "$PGADMIN_DEFAULT_EMAIL"
    storage=/var/lib/pgadmin/storage/$(echo "$PGADMIN_DEFAULT_EMAIL" | sed 's/@/_/g')
    mkdir -p "$storage"
    cp "$PGPASS_FILE" "$storage/.pgpass"
    chmod 600 "$storage/.pgpass"
fi
unset PGADMIN_SETUP_EMAIL PGADMIN_SETUP_PASSWORD
exec /venv/bin/gunicorn --bind "[::]:$PGADMIN_LISTEN_PORT" --workers 1 --threads 25 --timeout 600 pgAdmin4:app
